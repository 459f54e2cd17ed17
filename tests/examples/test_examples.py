# SPDX-License-Identifier: GPL-3.0-or-later
"""Each block is a test; what it needs to be run has been run once for all of them.

A block of a new kind fails here and says so: teach it to ``outcome``, or name it in NOT_RUN with the reason.
"""

from __future__ import annotations

import configparser
import os
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.certificates import look
from support.commands import Ansible
from support.simulators import Simulators

from . import running
from .blocks import COLLECTION, ROOT, Block, blocks
from .running import Place, commands_of, faults, shows

BLOCKS = blocks()
NOT_RUN = {
    "Get-ChildItem Cert:": "PowerShell is only on the Windows server",
    "git clone": "there is no network; the tests run in a clone",
    "name: backup_ops.veeam_em.awx_setup": "it needs awx.awx and an AWX; tests/awx runs docs/awx/setup.yml, which is the same",
    "name: backup_ops.veeam_em.send_evidence": "tests/awx runs it, against small servers",
    "collection install awx.awx": "there is no network; tests/awx runs the playbook that follows",
    "cp -r ~/.ansible/collections": "nothing is installed there",
    "ansible-builder build": "the step builder makes its context; an image needs a container engine",
}
"""What can't be run here, by a piece of its text. An entry that fits no block fails."""
SHOWN = {
    "docs/docsite/rst/guide_cookbook.rst": "tests/commands/test_cookbook.py compares it with what the tasks before it show",
}
"""Pages whose plain text is what a block shows, and where that is compared."""
EXPECTED = {
    "duplicates: fail": "twin01",
}
"""What an inventory says that is meant to fail on the demo estate, by a piece of its text."""
_SHELL_ONLY = re.compile(r"^(cd|export|read)\b")
_VARIABLE = re.compile(r"\bVEEAM_EM_(\w+)")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, _all_simulators: Simulators) -> Place:
    folder = tmp_path_factory.mktemp("examples") / "work"
    folder.mkdir()
    ansible = Ansible(
        Path(os.environ["DEV_ANSIBLE_BIN"]),
        Path(os.environ["DEV_COLLECTIONS"]),
        folder,
        os.environ["DEV_ANSIBLE_CORE"],
        os.environ["DEV_MODULE_PYTHON"],
    )
    em, old = _all_simulators.get(), _all_simulators.get(profile="v95u4", http=True)
    seen = look(em.host, em.port, 5)
    assert seen is not None
    found = Place(ansible, em, old, seen.fingerprint)
    for block in BLOCKS:
        if block.file_name and not foreign(block.data):
            (folder / block.file_name).write_text(found.reachable(block.text))
    return found


@pytest.fixture(scope="module")
def ran(place: Place) -> dict[str, list[str]]:
    """Blocks of tasks, which need one process together."""
    return place.tasks(
        [block for block in BLOCKS if block.language.startswith("yaml") and running.is_tasks(block.data)]
    )


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_block(block: Block, place: Place, request: pytest.FixtureRequest) -> None:
    assert outcome(block, place, request) == []
    assert place.em.open_sessions() == []


def outcome(block: Block, place: Place, request: pytest.FixtureRequest) -> list[str]:
    """What is wrong with a block."""
    if any(piece in block.text for piece in NOT_RUN):
        return []
    if block.language == "console":
        return [fault for command, shown in commands_of(block) for fault in console(command, shown, place)]
    if block.language == "ini":
        return settings(block.text)
    if block.language == "text" and block.name.partition(":")[0] in SHOWN:
        return []
    if not block.language.startswith("yaml"):
        return [f"nobody knows how to run {block.language!r}"]
    data = yaml.safe_load(place.reachable(block.text))
    if running.is_tasks(data):
        # Only when it is needed: a single block should not wait for all.
        ran: dict[str, list[str]] = request.getfixturevalue("ran")
        return ran[block.name]
    if running.is_play(data):
        return faults(place.playbook([running.safe_play(play) if "hosts" in play else play for play in data]))
    if not isinstance(data, dict):
        return ["it is neither a list nor a dictionary"]
    return of_mapping(block, data, place)


def of_mapping(block: Block, data: dict[str, t.Any], place: Place) -> list[str]:
    role = running.role_of(data)
    if foreign(data):
        return []
    if data.get("plugin") == f"{COLLECTION}.enterprise_manager" or data.keys() <= running.own_options():
        return inventory(block, {"plugin": f"{COLLECTION}.enterprise_manager", **data}, place)
    if role is not None:
        unknown = sorted(set(data) - running.arguments_of(role))
        return [f"the role {role} has no {unknown}"] if unknown else variables(role, data, place)
    if "module_defaults" in data:
        task = {"name": "Ask", f"{COLLECTION}.backup_server_info": {}, "delegate_to": "localhost"}
        return faults(place.playbook([running.safe_play({"hosts": "localhost", "tasks": [task], **data})]))
    if "collections" in data:
        return faults_of_names([each["name"] for each in data["collections"]])
    if "dependencies" in data:
        galaxy = data["dependencies"]["galaxy"]["collections"]
        return faults_of_names([each["name"] if isinstance(each, dict) else each for each in galaxy])
    if "fields" in data or "env" in data or "extra_vars" in data:
        return credential_type(data)
    return [f"nobody knows what a dictionary with {sorted(data)} is for"]


def foreign(data: t.Any) -> bool:
    """An inventory file of another collection, beside which ours is shown: that collection is not installed."""
    plugin = str(data.get("plugin", "")) if isinstance(data, dict) else ""
    return bool(plugin) and not plugin.startswith(f"{COLLECTION}.")


def inventory(block: Block, data: dict[str, t.Any], place: Place) -> list[str]:
    run = place.inventory(data)
    expected = next((words for piece, words in EXPECTED.items() if piece in block.text), None)
    if expected is not None:
        return [] if run.rc and expected in " ".join(run.output.split()) else [run.output[:1500]]
    # Filters and hostnames of an example may leave nobody of this site.
    return [] if not run.rc and (run.json["_meta"]["hostvars"] or "filters" in data) else [run.output[:1500]]


def variables(role: str, data: dict[str, t.Any], place: Place) -> list[str]:
    """Of a role that asks Enterprise Manager; those of others are only compared with what they take."""
    if role != "verify_backups":
        return []
    play = {"hosts": "web01", "roles": [{"role": f"{COLLECTION}.{role}"}], "vars": data}
    return faults(place.playbook([running.safe_play(play)]))


def settings(text: str) -> list[str]:
    """Each is one that Ansible knows at that place."""
    from ansible import constants

    definitions = constants.config.get_configuration_definitions().values()
    known = {(ini["section"], ini["key"]) for each in definitions for ini in each.get("ini") or []}
    parser = configparser.ConfigParser()
    parser.read_string(text)
    given = [(section, key) for section in parser.sections() for key in parser[section]]
    unknown = [f"Ansible has no setting {key} in [{section}]" for section, key in given if (section, key) not in known]
    return unknown if given else ["it sets nothing"]


def faults_of_names(names: list[str]) -> list[str]:
    return [] if COLLECTION in names else [f"{COLLECTION} is not among {names}"]


def credential_type(data: dict[str, t.Any]) -> list[str]:
    """The variables are ours, and what is injected are fields."""
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._module import CONNECTION_SPEC

    known = set(CONNECTION_SPEC)
    fields = {each["id"] for each in data.get("fields", [])}
    named = {name.removeprefix("VEEAM_EM_").lower() for name in data.get("env", {}) if name.startswith("VEEAM_EM_")}
    return [f"the connection has no {each}" for each in sorted((fields | named) - known)]


def console(command: str, shown: list[str], place: Place) -> list[str]:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._module import CONNECTION_SPEC

    known = {name.upper() for name in CONNECTION_SPEC}
    strangers = [name for name in _VARIABLE.findall(command) if name not in known]
    if strangers:
        return [f"there is no variable VEEAM_EM_{strangers[0]}"]
    if _SHELL_ONLY.match(command):
        return []
    if command.startswith("make "):
        target = command.split()[1]
        return [] if target in running.make_targets() else [f"there is no make {target}"]
    if command.startswith("pip install"):
        wanted = set(re.findall(r"^\w+", (ROOT / "meta" / "ee-requirements.txt").read_text(), re.MULTILINE))
        packages = set(command.split()[2:]) - {"ansible-core"}
        return [] if packages == wanted else [f"{packages} are not what meta/ee-requirements.txt names: {wanted}"]
    if command.startswith("ansible-galaxy collection install"):
        return galaxy(command.split()[3:], place)
    if not re.match(r"(\w+=\S+ )*(ansible(-\w+)?|openssl) ", command):
        return [f"nobody knows how to run {command!r}"]
    run = place.console(command)
    found = faults(run) if run.results else ([run.output[-800:]] if run.rc else [])
    missing = shows(run.output, shown)
    return [*found, *([f"the output has no line {missing!r}: {run.output[-3000:]}"] if missing else [])]


def galaxy(words: list[str], place: Place) -> list[str]:
    """Without a server to download from: it is installed already, and what is named is the collection."""
    if words == ["."]:
        return [] if (ROOT / "galaxy.yml").is_file() else ["this is no collection"]
    run = place.ansible.run("ansible-galaxy", "collection", "install", "--offline", *words)
    return [] if not run.rc and "Nothing to do" in run.output else [run.output]


def test_there_are_blocks_of_every_kind() -> None:
    """None is overlooked by the search for them: as many as a plain count finds."""
    assert {block.path.partition("/")[0] for block in BLOCKS} >= {"README.md", "docs", "plugins", "roles"}
    for path in {block.path for block in BLOCKS if block.path.endswith((".md", ".rst"))}:
        text = (ROOT / path).read_text(encoding="utf-8")
        counted = text.count("\n```") // 2 if path.endswith(".md") else text.count(".. code-block::")
        assert len([block for block in BLOCKS if block.path == path]) == counted, path


@pytest.mark.parametrize("piece", NOT_RUN)
def test_what_is_not_run_exists(piece: str) -> None:
    assert any(piece in block.text for block in BLOCKS), f"no block has {piece!r} any more"


def test_output_that_differs_is_noticed() -> None:
    output = "PLAY [x]\nweb01 is ok, 3 h old\nall good\n"
    assert shows(output, ["web01 is ok, 17 h old", "...", "all ..."]) is None
    assert shows(output, ["all good", "web01 is ok, 3 h old"]) == "web01 is ok, 3 h old"
    assert shows(output, ["db02 is ok, 3 h old"]) is not None


def test_nothing_dangerous_is_run() -> None:
    task = {"name": "Patch", "ansible.builtin.package": {"name": "*"}, "block": [{"ansible.builtin.shell": "rm -rf /"}]}
    assert "package" not in str(running.without_danger([task])[0].keys())
    assert "shell" not in str(running.without_danger([task])[0]["block"][0].keys())


def test_a_setting_that_does_not_exist_is_noticed() -> None:
    assert settings("[inventory]\nunparsed_is_failed = true\n") == []
    assert settings("[inventory]\nunparsed_fails = true\n") == ["Ansible has no setting unparsed_fails in [inventory]"]
