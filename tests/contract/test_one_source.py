# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in several places says the same in all of them, however it came there."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

import pytest
import yaml

from .plugins import ROOT, documentation, modules
from .test_documentation import told

TEXTS = ROOT / "tests" / "tools" / "texts"
RETURNS = yaml.safe_load((TEXTS / "returns.yml").read_text(encoding="utf-8"))
RECORD_KEYS = {"backup_server_name", "backup_server_uid", "links", "raw"}
OF_THEIR_OWN = {
    ("protection_info", "msg"),
    ("doctor", "msg"),
    ("backup_server_info", "backup_server_name"),
    ("backup_server_info", "backup_server_uid"),
}
"""Keys that mean something else, or more, in one module."""


def _role() -> dict[str, t.Any]:
    path = ROOT / "roles" / "verify_backups" / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    return t.cast("dict[str, t.Any]", next(iter(specs.values()))["options"])


@pytest.mark.parametrize("name", modules())
def test_return_values_of_one_name_are_told_alike(name: str) -> None:
    returned = documentation(name)[1]
    found = {key: facts for key, facts in returned.items() if key in RETURNS.keys() - RECORD_KEYS}
    for facts in returned.values():
        if facts["type"] == "list" and "links" in facts.get("contains", {}):
            found.update({key: told for key, told in facts["contains"].items() if key in RECORD_KEYS})
    assert {"request_count", "error", "msg"} <= found.keys()
    assert [key for key, facts in found.items() if facts != RETURNS[key] and (name, key) not in OF_THEIR_OWN] == []


def test_protection_of_the_inventory_is_that_of_the_module() -> None:
    mine = documentation("enterprise_manager", "inventory")[0]["options"]["protection"]["suboptions"]
    theirs = told(_policy_options())
    assert told(mine) == {name: facts for name, facts in theirs.items() if name != "machines"}


def test_the_role_takes_every_option_of_a_verdict() -> None:
    role = _role()
    for name, facts in told(_policy_options()).items():
        if name == "machines":
            continue
        mine = told(
            {name: {**role[f"verify_backups_{name}"], "suboptions": role[f"verify_backups_{name}"].get("options")}}
        )
        # The role may have a default of its own, and its table says so.
        assert _without_default(mine[name]) == _without_default(facts), name


def _policy_options() -> dict[str, t.Any]:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import POLICY_SPEC

    options = documentation("protection_info")[0]["options"]
    return {name: options[name] for name in POLICY_SPEC}


def _without_default(facts: dict[str, t.Any]) -> dict[str, t.Any]:
    return {fact: value for fact, value in facts.items() if fact not in ("default", "options")}


def test_defaults_of_a_policy_are_those_of_the_options() -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import Policy, read_policy

    now = dt.datetime(2026, 1, 6, 6, tzinfo=dt.timezone.utc)
    read = read_policy({"machines": ["web01"]}, now)
    assert read == Policy(machines=read.machines, now=now)


def test_the_gate_passes_on_what_the_guides_tell() -> None:
    """The names of groups begin alike, and so does what the playbooks register for themselves."""
    folders = [
        ROOT / "roles" / "verify_backups" / "tasks",
        ROOT / "plugins" / "action",
        ROOT / "plugins" / "plugin_utils",
    ]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".yml", ".py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    found = set(re.findall(r"\bveeam_gate_\w+", text)) - {"veeam_gate_go", "veeam_gate_no_go", "veeam_gate_window"}
    assert found == yaml.safe_load((TEXTS / "artifacts.yml").read_text(encoding="utf-8")).keys()
