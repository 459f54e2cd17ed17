# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of the role promises is what its defaults do, and what the module takes."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import GATE_DEFAULTS, POLICY_SPEC
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.settings import PREFIX, SETTINGS

ROLE = Path(__file__).resolve().parents[2] / "roles" / "verify_backups"
OPTIONS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["verify"]["options"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


def test_documented_defaults_are_the_defaults() -> None:
    assert {name: option["default"] for name, option in OPTIONS.items() if "default" in option} == DEFAULTS


def test_policy_is_that_of_the_module() -> None:
    for name, spec in POLICY_SPEC.items():
        if name == "machines":  # by default those of the hosts
            continue
        option = OPTIONS[f"verify_backups_{name}"]
        assert option["type"] == spec["type"]
        assert option.get("elements") == spec.get("elements")
        assert option.get("choices") == spec.get("choices")
        assert option.get("default") == GATE_DEFAULTS.get(name, spec.get("default"))


def test_defaults_are_those_of_the_gate() -> None:
    for name, value in DEFAULTS.items():
        setting = SETTINGS[name.removeprefix(PREFIX)]
        assert setting.parse(value, None) == (setting.default if value != "" else ""), name


def test_every_variable_is_documented() -> None:
    assert {name.removeprefix(PREFIX) for name in OPTIONS} == SETTINGS.keys()
    shared = {
        name
        for name, setting in SETTINGS.items()
        if setting.default not in (None, []) and f"{PREFIX}{name}" not in DEFAULTS
    }
    assert shared == set(), "a default that nobody can read"
