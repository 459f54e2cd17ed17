# SPDX-License-Identifier: GPL-3.0-or-later
"""The project that users copy, run as AWX runs it, on the oldest and the newest core."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from support import leaks, loopback
from support.awx.inventories import Inventory
from support.awx.jobs import Controller, Ended

from .conftest import PROJECT
from .receivers import Web

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
DATE = "2026-11-25"
"""A text of a survey that newer cores make a date of."""

Credential = t.Tuple[t.Dict[str, t.Any], t.Dict[str, str]]


@pytest.fixture
def em(simulators: t.Any) -> t.Any:
    return simulators.get(estate="demo")


@pytest.fixture
def credential(em: t.Any, credential_type: dict[str, t.Any]) -> Credential:
    """The credential of a site with a certificate authority of its own."""
    inputs = {
        "host": em.host,
        "port": str(em.port),
        "username": em.username,
        "password": em.password,
        "ca_cert": Path(em.ca_path).read_text(encoding="utf-8"),
        "ca_fingerprint": "",
    }
    return credential_type, inputs


@pytest.fixture
def patching(controller: Controller) -> None:
    """Patching at this site is a message."""
    assert (controller.project / "tasks" / "patch.yml").exists()
    (controller.project / "tasks" / "patch.yml").write_text(
        '- {name: Patch, ansible.builtin.debug: {msg: "patched"}}\n'
    )


def window(*hosts: str, besides: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """An inventory of AWX with one group, and hosts that are in none."""
    everything = [*hosts, *besides]
    return {
        "window": {"hosts": list(hosts)},
        "all": {"hosts": everything},
        "_meta": {"hostvars": {name: dict(LOCAL) for name in everything}},
    }


def patched(ended: Ended) -> set[str]:
    done = [each["event_data"] for each in ended.events if each["event"] == "runner_on_ok"]
    return {each["host"] for each in done if each["task"] == "Patch"}


@pytest.mark.usefixtures("patching")
def test_go_for_some_and_the_next_node_patches_those(controller: Controller, credential: Credential) -> None:
    gate = controller.job(
        "gate.yml",
        window("web01", "web02", "db02", besides=["web03"]),
        credential=credential,
        template_vars={
            "verify_backups_on_not_ok": "exclude",
            "verify_backups_report_dir": "",
            "verify_backups_artifact_format": "html",
        },
        answers={
            "verify_backups_group": "window",
            "verify_backups_max_age": "24h",
            "verify_backups_change_number": DATE,
            "verify_backups_hosts": "",
        },
    )
    assert (gate.status, gate.rc) == ("successful", 0), gate.output
    assert gate.artifacts["veeam_gate_excluded"] == ["db02"]
    assert gate.artifacts["veeam_gate_change_number"] == DATE
    assert "db02" in gate.artifacts["veeam_gate_report"]
    assert not list((controller.project).glob("backup-evidence*"))
    patch = controller.job("patch.yml", window("web01", "web02", "db02", besides=["web03"]), answers=gate.artifacts)
    assert patch.status == "successful", patch.output
    assert patched(patch) == {"web01", "web02"}


@pytest.mark.usefixtures("patching")
def test_the_next_node_patches_hosts_and_not_names_of_machines(controller: Controller, credential: Credential) -> None:
    """A host may be called as another one's machine is."""
    hosts = window("web01", "frontend", "web02")
    for name, machine in (("web01", "db02"), ("frontend", "web01")):
        hosts["_meta"]["hostvars"][name]["verify_backups_machine_name"] = machine
    gate = controller.job(
        "gate.yml",
        hosts,
        credential=credential,
        template_vars={"verify_backups_on_not_ok": "exclude", "verify_backups_report_dir": "evidence"},
        answers={"verify_backups_group": "window"},
    )
    assert gate.status == "successful", gate.output
    assert gate.artifacts["veeam_gate_hosts"] == {"failed": ["db02"], "ok": ["web01", "web02"]}
    assert "ends with the container of the job" in gate.text
    patch = controller.job("patch.yml", hosts, answers=gate.artifacts)
    assert patch.status == "successful", patch.output
    assert patched(patch) == {"frontend", "web02"}
    gate = controller.job(
        "gate.yml",
        hosts,
        credential=credential,
        template_vars={"verify_backups_report_dir": ""},
        answers={"verify_backups_machines": "web01"},
    )
    assert (gate.status, gate.artifacts["veeam_gate_go_hosts"]) == ("successful", [])
    patch = controller.job("patch.yml", hosts, answers=gate.artifacts)
    assert (patch.status, patched(patch)) == ("failed", set()), "machines are no hosts"


@pytest.mark.usefixtures("patching")
def test_no_go_reaches_the_failure_path_with_its_evidence(controller: Controller, credential: Credential) -> None:
    leaks.remember(secret := "address-of-a-webhook")
    gate = controller.job(
        "gate.yml",
        window("web01"),
        credential=credential,
        template_vars={"verify_backups_report_dir": "", "verify_backups_artifact_format": "markdown"},
        answers={
            "verify_backups_machines": "web01\ndb02, file01",
            "verify_backups_change_number": "12345",
            "verify_backups_group": "",
        },
    )
    assert (gate.status, gate.artifacts["veeam_gate_ok"]) == ("failed", False)
    assert gate.artifacts["veeam_gate_change_number"] == "12345"
    assert gate.artifacts["veeam_gate_hosts"]["failed"] == ["db02"]
    chat = Web("12345")
    with loopback.serve(chat.application()) as url:
        notify = controller.job(
            "notify.yml",
            window("web01"),
            template_vars={"send_evidence_ways": ["webhook"], "send_evidence_webhook_url": f"{url}/hooks/{secret}"},
            answers=gate.artifacts,
        )
    assert notify.status == "successful", notify.output
    assert not leaks.found_in(f"{notify.output}{notify.events}")
    (card,) = chat.cards
    assert (card["ok"], card["change_number"]) == (False, "12345")
    patch = controller.job("patch.yml", window("web01", "db02"), answers=gate.artifacts)
    assert (patch.status, patched(patch)) == ("failed", set())
    assert gate.artifacts["veeam_gate_summary"] in patch.message


@pytest.mark.usefixtures("patching")
def test_patch_without_a_gate(controller: Controller) -> None:
    patch = controller.job("patch.yml", window("web01"))
    assert (patch.status, patched(patch)) == ("failed", set())
    assert "There is no answer of a gate." in patch.message


def test_a_group_that_does_not_exist(controller: Controller, credential: Credential) -> None:
    gate = controller.job(
        "gate.yml", window("web01"), credential=credential, answers={"verify_backups_group": "windwo"}
    )
    assert (gate.status, gate.artifacts["veeam_gate_ok"]) == ("failed", False)
    assert "windwo" in gate.artifacts["veeam_gate_summary"]


def test_an_empty_inventory(controller: Controller, credential: Credential) -> None:
    gate = controller.job("gate.yml", {"_meta": {"hostvars": {}}}, credential=credential)
    assert (gate.status, gate.artifacts["veeam_gate_ok"]) == ("failed", False)


def test_no_credential(controller: Controller) -> None:
    gate = controller.job("gate.yml", window("web01"), answers={"verify_backups_group": "window"})
    assert gate.status == "failed"
    assert "VEEAM_EM_HOST, VEEAM_EM_USERNAME and VEEAM_EM_PASSWORD" in gate.message
    assert "the credential sets them" in gate.message


def test_a_certificate_in_the_environment_would_not_arrive(controller: Controller, credential: Credential) -> None:
    """Why the credential type gives it as a file."""
    kind, inputs = credential
    env = {**kind["injectors"]["env"], "VEEAM_EM_CA_CERT": "{{ ca_cert }}"}
    del env["VEEAM_EM_CA_PATH"]
    done = controller.sync("enterprise_manager.yml", ({"injectors": {"env": env}}, inputs))
    assert done.returncode != 0
    assert "no certificate" in done.stderr


def test_a_sync_is_what_awx_wants_and_groups_follow(controller: Controller, credential: Credential, em: t.Any) -> None:
    def sync() -> str:
        done = controller.sync("enterprise_manager.yml", credential)
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = sync()
    inventory = Inventory(overwrite=True, overwrite_vars=True, enabled_var="veeam_em_verdict", enabled_value="ok")
    careless = Inventory(overwrite=False, overwrite_vars=False)
    for each in (inventory, careless):
        each.load(first)
    assert "web01" in inventory.groups["veeam_em_ok"]
    assert inventory.hosts["db02"]["veeam_em_verdict"] == "failed"
    assert (inventory.enabled["web01"], inventory.enabled["db02"]) == (True, False)
    assert "veeam_em_backup_servers" not in inventory.groups
    # It is the gate's fact: a later job without a gate must not find the verdict of the last sync there.
    assert not any("veeam_em_protection" in variables for variables in inventory.hosts.values())
    em.advance("3d")
    second = sync()
    for each in (inventory, careless):
        each.load(second)
    assert "web01" not in inventory.groups.get("veeam_em_ok", set())
    # Seen in AWX, and why the source says overwrite.
    assert "web01" in careless.groups["veeam_em_ok"]


def test_texts_of_a_hostile_estate_are_plain(
    controller: Controller, credential_type: dict[str, t.Any], simulators: t.Any
) -> None:
    em = simulators.get(estate="hostile-names")
    inputs = {"host": em.host, "port": str(em.port), "username": em.username, "password": em.password}
    done = controller.sync(
        "enterprise_manager.yml", (credential_type, {**inputs, "ca_cert": Path(em.ca_path).read_text()})
    )
    assert done.returncode == 0, done.stderr
    inventory = Inventory(overwrite=True, overwrite_vars=True)
    inventory.load(done.stdout)
    assert inventory.hosts
    values = [value for variables in inventory.hosts.values() for value in variables.values()]
    marked = [value["__ansible_unsafe"] for value in values if isinstance(value, dict) and "__ansible_unsafe" in value]
    # Only what some setting could take for a template: braces, hashes, pairs of signs.
    assert [text for text in marked if not re.search(r"[{#]|[^\w\s]{2}", text)] == []


def test_the_project_has_what_the_templates_name() -> None:
    assert {path.name for path in PROJECT.iterdir()} >= {
        "gate.yml",
        "report.yml",
        "patch.yml",
        "notify.yml",
        "enterprise_manager.yml",
    }
