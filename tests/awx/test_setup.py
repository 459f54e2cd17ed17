# SPDX-License-Identifier: GPL-3.0-or-later
"""The role awx_setup on the stand-in, started as the guide says."""

from __future__ import annotations

import json
import re
import textwrap
import typing as t

import pytest
import yaml

from support.awx import fields, rules
from support.awx.api import Awx
from support.commands import Ansible, Run

from .conftest import EM_PASSWORD, PEM, PROJECT, ROOT, TABLE, TOKEN, others, read_table

SetUp = t.Callable[..., Run]
SPEC = yaml.safe_load((ROOT / "roles" / "awx_setup" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
OPTIONS = {
    name.removeprefix("awx_setup_"): option for name, option in SPEC["argument_specs"]["main"]["options"].items()
}
CONFIGURATION = ROOT / "docs" / "awx" / "aap_configuration.yml"
PARTS = {
    "organizations": ("aap_organizations", "organization"),
    "teams": ("aap_teams", "team"),
    "execution_environments": ("controller_execution_environments", "execution_environment"),
    "credential_types": ("controller_credential_types", "credential_type"),
    "credentials": ("controller_credentials", "credential"),
    "notifications": ("controller_notifications", "notification_template"),
    "projects": ("controller_projects", "project"),
    "inventories": ("controller_inventories", "inventory"),
    "inventory_sources": ("controller_inventory_sources", "inventory_source"),
    "templates": ("controller_templates", "job_template"),
    "workflows": ("controller_workflows", "workflow_job_template"),
    "roles": ("controller_roles", "role"),
}
"""Part of the role's table -> its name in infra.aap_configuration, and the module that makes it."""
SUMMARY = "NO-GO: 1 of 1 machines is not ready"
SITE: dict[str, t.Any] = {
    "organization": "Operations",
    "galaxy_credentials": ["Ansible Galaxy"],
    "execution_environment": "EE of the gate",
    "execution_environment_image": "registry.example.test/ee-gate:7",
    "execution_environment_credential": "Registry",
    "execution_environment_pull": "always",
    "credential_type": "EM type",
    "credential": "EM account",
    "update_secrets": True,
    "em_host": "em07.example.test",
    "em_port": "9399",
    "em_username": "EXAMPLE\\gate",
    "em_password": EM_PASSWORD,
    "em_ca_cert": PEM,
    "em_ca_fingerprint": "AB:CD:EF",
    "project": "Gate project",
    "project_scm_url": "https://git.example.test/gate.git",
    "project_scm_branch": "stable",
    "project_scm_credential": "Repository",
    "em_inventory": "EM machines",
    "em_inventory_source": "EM source",
    "em_inventory_path": "sites/enterprise_manager.yml",
    "em_inventory_cache_timeout": 1234,
    "cmdb_inventory": "Our CMDB",
    "window_inventory": "Our window",
    "gate_template": "Our gate",
    "report_template": "Our report",
    "patch_template": "Our patching",
    "patch_credentials": ["Machines"],
    "notify_template": "Our evidence",
    "notify_credentials": ["Mail"],
    "notify_variables": {"send_evidence_ways": ["mail"]},
    "group": "tonight",
    "max_ages": ["12h", "48h"],
    "on_not_ok": "exclude",
    "report_dir": "/evidence",
    "workflow": "Our workflow",
    "approval_timeout": 4321,
    "notification": "Our notification",
    "notification_type": "webhook",
    "notification_configuration": {"url": "https://chat.example.test/hook", "headers": {}, "http_method": "POST"},
    "operators": "Our operators",
    "check_host": "web01",
}
"""A value of its own for each option, which must be found in AWX afterwards."""
BY_THEMSELVES = {
    "notification_messages",
    "check_timeout",
    *(name for name in OPTIONS if name.startswith(("controller_", "validate_"))),
}
"""Options that are looked at otherwise."""


def state(awx: Awx) -> str:
    """Everything that is in AWX."""
    return json.dumps([awx.objects, list(awx.surveys.values()), awx.launches])


def leaves(value: t.Any) -> list[t.Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    return [leaf for each in value for leaf in leaves(each)] if isinstance(value, list) else [value]


def changed(run: Run) -> list[str]:
    return [each["task"].partition(" : ")[2] for each in run.results if each["result"].get("changed")]


def test_every_option_has_a_value() -> None:
    assert {*SITE, *BY_THEMSELVES} == set(OPTIONS)


def test_everything_is_made_and_a_second_run_changes_nothing(awx: Awx, set_up: SetUp) -> None:
    for name in ("Registry", "Repository", "Machines", "Mail"):
        awx.have_credential(name)
    awx.answer = {"status": "failed", "artifacts": {"veeam_gate_summary": SUMMARY, "veeam_gate_ok": False}}
    first = set_up(**SITE)
    assert first.rc == 0, first.output
    assert "Make the workflow" in changed(first)
    found = state(awx)
    assert [leaf for leaf in leaves(SITE) if json.dumps(leaf)[1:-1] not in found] == []
    launched = awx.launches[0]
    assert (launched["template"], launched["limit"]) == ("Our gate", "web01")
    # A no-go is an answer too.
    assert SUMMARY in first.result("backup_ops.veeam_em.awx_setup : Say what it answered")["msg"]
    second = set_up(**SITE)
    assert second.rc == 0, second.output
    assert changed(second) == ["Make the credential"]
    assert state(awx) != found
    _look_at_the_inventories(awx)
    _look_at_the_templates(awx)
    _look_at_the_workflow(awx)
    _look_at_the_rest(awx)


def _look_at_the_inventories(awx: Awx) -> None:
    source = awx.all("inventory_sources")["EM source"]
    assert (source["overwrite"], source["overwrite_vars"], source["update_on_launch"]) == (True, True, True)
    assert source["inventory"] == awx.all("inventories")["EM machines"]["id"]
    window = awx.all("inventories")["Our window"]
    assert window["kind"] == "constructed"
    assert awx.related("inventories", "Our window", "input_inventories") == ["EM machines", "Our CMDB"]


def _look_at_the_templates(awx: Awx) -> None:
    templates = awx.all("job_templates")
    assert {name: each["playbook"] for name, each in templates.items()} == {
        "Our gate": "gate.yml",
        "Our report": "report.yml",
        "Our patching": "patch.yml",
        "Our evidence": "notify.yml",
    }
    gate = templates["Our gate"]
    assert (gate["job_slice_count"], gate["allow_simultaneous"]) == (1, True)
    asked = {name for name, value in gate.items() if name.startswith("ask_") and value}
    assert asked == {"ask_limit_on_launch"}
    questions = {each["variable"]: each for each in awx.survey("job_templates", "Our gate")["spec"]}
    assert set(questions) == {"verify_backups_change_number", "verify_backups_max_age", "verify_backups_group"}
    assert questions["verify_backups_max_age"]["type"] == "multiplechoice"
    with pytest.raises(rules.Refused):
        rules.check_answers(awx.survey("job_templates", "Our gate"), {"verify_backups_max_age": "90d"})
    assert awx.related("job_templates", "Our gate", "credentials") == ["EM account"]
    assert awx.related("job_templates", "Our gate", "notification_templates_error") == ["Our notification"]
    assert awx.related("job_templates", "Our patching", "credentials") == ["Machines"]


def _look_at_the_workflow(awx: Awx) -> None:
    nodes = awx.all("workflow_job_template_nodes")
    links = {
        (name, kind.removesuffix("_nodes")): awx.related("workflow_job_template_nodes", name, kind)
        for name in nodes
        for kind in ("success_nodes", "failure_nodes", "always_nodes")
    }
    assert {key: value for key, value in links.items() if value} == {
        ("gate", "success"): ["approval", "evidence"],
        ("gate", "failure"): ["notify"],
        ("approval", "success"): ["patch"],
    }
    runs = {
        each["id"]: name
        for kind in ("job_templates", "workflow_approval_templates")
        for name, each in awx.all(kind).items()
    }
    assert {name: runs[node["unified_job_template"]] for name, node in nodes.items()} == {
        "gate": "Our gate",
        "approval": "Patch what the gate let go?",
        "patch": "Our patching",
        "evidence": "Our evidence",
        "notify": "Our evidence",
    }
    assert awx.survey("workflow_job_templates", "Our workflow") == awx.survey("job_templates", "Our gate")


def _look_at_the_rest(awx: Awx) -> None:
    env = awx.all("credential_types")["EM type"]["injectors"]["env"]
    assert env["VEEAM_EM_PASSWORD"] == "{{ password }}"
    assert env["VEEAM_EM_CA_PATH"] == "{{ tower.filename.ca if ca_cert else '' }}"
    assert awx.related("organizations", "Operations", "galaxy_credentials") == ["Ansible Galaxy"]
    assert "job.artifacts.get(" in awx.all("notification_templates")["Our notification"]["messages"]["error"]["body"]
    assert awx.granted("Our operators") == {
        ("Our gate", "execute"),
        ("Our report", "execute"),
        ("Our workflow", "execute"),
        ("Our workflow", "approval"),
    }


def test_names_that_awx_can_not_tell_apart(awx: Awx, set_up: SetUp) -> None:
    done = set_up(project="Backup gate", controller_password="another-secret-of-awx")
    assert done.rc == 2
    assert "need different names" in done.output
    assert awx.writes == []


def test_the_stand_in_refuses_what_awx_refuses() -> None:
    awx = Awx([path.name for path in PROJECT.glob("*.yml")], TOKEN)
    awx.have_project("Project")
    template: dict[str, t.Any] = {"name": "Gate", "project": awx.all("projects")["Project"]["id"]}
    with pytest.raises(rules.Refused, match="Playbook not found for project"):
        awx.check("job_templates", {**template, "playbook": "backup_ops.veeam_em.verify_backups"})
    awx.check("job_templates", {**template, "playbook": "gate.yml"})
    with pytest.raises(rules.Refused, match="no such field"):
        awx.check("job_templates", {**template, "playbook": "gate.yml", "slices": 1})
    text = {"notification_type": "slack", "messages": {"error": {"message": "{{ job.artifacts.veeam_gate_summary }}"}}}
    with pytest.raises(rules.Refused, match="veeam_gate_summary"):
        awx.check("notification_templates", text)


def test_configuration_as_code(ansible: Ansible) -> None:
    """The same objects for infra.aap_configuration: with fields of the modules only, and templates for AWX left alone."""
    play = {
        "name": "Play",
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(CONFIGURATION), str(TABLE)],
        "tasks": [{"name": "Show", "ansible.builtin.debug": {"msg": "{{ shown }}"}}],
        "vars": {
            "shown": {
                name: f"{{{{ {name} }}}}"
                for name in (
                    *(name for name, _module in PARTS.values()),
                    "__awx_setup_connection",
                    "__awx_setup_lookup",
                )
            },
            "awx_setup_controller_host": "https://awx.example.test",
            "awx_setup_controller_username": "admin",
            "awx_setup_controller_password": "pw",
            "awx_setup_validate_certs": False,
        },
    }
    done = ansible.playbook(
        f"{json.dumps([play])}\n", env={"VEEAM_EM_PASSWORD": "x", "ANSIBLE_COLLECTIONS_PATH": others()}
    )
    assert done.rc == 0, done.output
    shown = done.result("Show")["msg"]
    for name, module in PARTS.values():
        assert shown[name]
        assert {key for item in shown[name] for key in item} <= fields.options(module), name
    assert shown["controller_credential_types"][0]["injectors"]["env"]["VEEAM_EM_HOST"] == "{{ host }}"
    assert shown["controller_templates"][0]["name"] == "Backup gate"
    assert shown["__awx_setup_connection"] == {
        "controller_host": "https://awx.example.test",
        "controller_username": "admin",
        "controller_password": "pw",
        "validate_certs": False,
    }
    assert shown["__awx_setup_lookup"] == {
        "host": "https://awx.example.test",
        "username": "admin",
        "password": "pw",
        "verify_ssl": False,
    }


def test_every_field_of_the_table_reaches_a_module() -> None:
    """A field that no task hands on would be left out in silence."""
    tasks = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "roles" / "awx_setup" / "tasks").glob("*.yml")
    )
    table = read_table()
    for part in PARTS:
        for key in {key for item in table[f"__awx_setup_{part}"] for key in item} - {"workflow_nodes"}:
            assert f'{key}: "{{{{ item.{key}' in tasks or f'{key}: "{{{{ item.0.{key}' in tasks, (part, key)


def test_the_guide_and_the_readme_say_what_the_role_does(credential_type: dict[str, t.Any]) -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
    shown = [
        yaml.safe_load(textwrap.dedent(block))
        for block in re.findall(r"^\.\. code-block:: yaml(?:\+jinja)?\n\n((?:    .*\n|\n)+)", guide, re.MULTILINE)
    ]
    assert credential_type["inputs"] in shown
    assert credential_type["injectors"] in shown
    readme = (ROOT / "roles" / "awx_setup" / "README.md").read_text(encoding="utf-8")
    example = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0])
    given = {name.removeprefix("awx_setup_") for name in example[0]["tasks"][0]["vars"]}
    assert {name for name, option in OPTIONS.items() if option.get("required")} <= given <= set(OPTIONS)
