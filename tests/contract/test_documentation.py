# SPDX-License-Identifier: GPL-3.0-or-later
"""What is documented is what the code takes: options, defaults, choices, environment variables, lists of content."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from .plugins import COLLECTION, ROOT, actions, documentation, modules, others, playbooks, roles, specification

FACTS = ("type", "default", "choices", "elements", "required", "aliases")


def told(options: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """The facts of documented options, down to the suboptions."""
    return {
        name: {
            **{fact: option[fact] for fact in FACTS if option.get(fact) not in (None, False, [])},
            "options": told(option.get("suboptions")),
        }
        for name, option in (options or {}).items()
    }


def taken(spec: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """The same facts of an argument spec."""
    return {
        name: {
            "type": "str",
            **{
                fact: list(option[fact]) if fact == "choices" else option[fact]
                for fact in FACTS
                if option.get(fact) not in (None, False, [])
            },
            "options": taken(option.get("options")),
        }
        for name, option in (spec or {}).items()
    }


@pytest.mark.parametrize("name", modules())
def test_documented_options_are_the_options(name: str) -> None:
    documented, implemented = told(documentation(name)[0]["options"]), taken(specification(name)["argument_spec"])
    assert documented.keys() == implemented.keys()
    for option, facts in implemented.items():
        assert documented[option] == facts, f"option {option}"


@pytest.mark.parametrize("name", modules())
def test_environment_variables_are_documented(name: str) -> None:
    options = documentation(name)[0]["options"]
    for option, spec in specification(name)["argument_spec"].items():
        variables = spec["fallback"][1] if "fallback" in spec else []
        text = "\n".join(map(str, options[option]["description"]))
        assert re.findall(r"E\((\w+)\)", text) == list(variables)


@pytest.mark.parametrize("name", modules())
def test_rules_between_options_name_options(name: str) -> None:
    rules = specification(name)
    assert rules["supports_check_mode"] is True
    for kind in ("mutually_exclusive", "required_together", "required_one_of"):
        for group in rules.get(kind, []):
            assert set(group) <= rules["argument_spec"].keys()


@pytest.mark.parametrize("name", modules())
def test_examples_use_what_they_show(name: str) -> None:
    text = (ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
    tasks = yaml.safe_load(text.partition('EXAMPLES = r"""')[2].partition('"""')[0])
    calls = [task for task in tasks if f"{COLLECTION}.{name}" in task]
    assert calls
    registered = {task["register"] for task in calls if "register" in task}
    assert registered, "at least one example uses its result"
    options = documentation(name)[0]["options"]
    for task in calls:
        assert (task[f"{COLLECTION}.{name}"] or {}).keys() <= options.keys()


def test_action_group_is_complete() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["em"] == sorted([*modules(), *actions()])


def test_the_gate_takes_what_its_documentation_says() -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.action.gate import STEPS
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._module import CONNECTION_SPEC
    from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.ask import CONNECTION

    options = documentation("gate")[0]["options"]
    assert options.keys() == {*CONNECTION_SPEC, "step", "answer", "window"}
    assert options["step"]["choices"] == list(STEPS)
    assert CONNECTION_SPEC.keys() <= CONNECTION


@pytest.mark.parametrize("name", [name for name, kind in others().items() if kind == "inventory"])
def test_inventory_has_the_connection_of_the_modules(name: str) -> None:
    mine, theirs = documentation(name, "inventory")[0]["options"], documentation("backup_server_info")[0]["options"]
    connection = documentation("backup_server_info")
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._module import CONNECTION_SPEC

    assert connection
    for option in CONNECTION_SPEC:
        assert {fact: mine[option].get(fact) for fact in ("type", "default", "choices")} == {
            fact: theirs[option].get(fact) for fact in ("type", "default", "choices")
        }
        assert [each["name"] for each in mine[option]["env"]] == [f"VEEAM_EM_{option.upper()}"]


@pytest.mark.parametrize("name", roles())
def test_role_defaults_are_its_arguments(name: str) -> None:
    folder = ROOT / "roles" / name
    specs = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {option: facts for entry in specs.values() for option, facts in entry["options"].items()}
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text())
    # An option without a default of its own takes its value from elsewhere.
    assert defaults.keys() <= options.keys()
    for option, facts in options.items():
        assert option.startswith(f"{name}_")
        if "default" in facts:
            assert defaults.get(option, facts["default"]) == facts["default"], option


def test_one_version() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    code = (ROOT / "plugins" / "module_utils" / "_client" / "settings.py").read_text(encoding="utf-8")
    assert f'VERSION = "{galaxy["version"]}"' in code
    newest = max(
        yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"],
        key=lambda version: [int(part) for part in version.split(".")],
    )
    assert newest == galaxy["version"] or list((ROOT / "changelogs" / "fragments").glob("*.y*ml"))


def test_everything_has_the_version_that_brought_it() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    added = {name: documentation(name)[0]["version_added"] for name in modules()}
    assert {name: each for name, each in added.items() if _numbers(each) > _numbers(version)} == {}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in str(version).split(".")]


def test_playbooks_name_their_plays() -> None:
    for name in playbooks():
        plays = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))
        assert all(play.get("name") for play in plays)


@pytest.mark.parametrize("name", modules())
def test_lists_of_names_say_what_commas_do(name: str) -> None:
    free = {"name", "job_name", "backup_server_name", "vm_display_name", "reason", "machines"}
    options = documentation(name)[0]["options"]
    told = {
        option: " ".join(facts["description"])
        for option, facts in options.items()
        if option in free and facts["type"] == "list"
    }
    assert [option for option, text in told.items() if "Ansible splits plain text at commas" not in text] == []


def test_examples_give_names_as_lists() -> None:
    for name in modules():
        options = documentation(name)[0]["options"]
        text = (ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
        for task in yaml.safe_load(text.partition('EXAMPLES = r"""')[2].partition('"""')[0]):
            for option, value in (task.get(f"{COLLECTION}.{name}") or {}).items():
                given = isinstance(value, list) or "{{" in str(value)
                assert given or options[option]["type"] != "list", (name, option)


@pytest.mark.parametrize("name", modules())
def test_no_backslash_is_shown_twice(name: str) -> None:
    """In C() a backslash stands for itself."""
    assert not re.search(r"C\([^)]*\\\\[^)]*\)", str(documentation(name)).replace("\\\\", "\\"))


def test_the_guide_lists_every_kind_of_error() -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils import _errors

    kinds = {
        each.kind for each in vars(_errors).values() if isinstance(each, type) and issubclass(each, _errors.EmError)
    }
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_messages.rst").read_text(encoding="utf-8")
    assert [kind for kind in sorted(kinds - {_errors.EmError.kind}) if f"``{kind}``" not in guide] == []
