# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection as users give it, in modules and in inventory files: other names of options, and what is said when one is missing."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from support import connection

from . import calls
from .options import CONNECTED

ALIASES = {"hostname": "host", "user": "username"}


def called(plugin: str, em: t.Any, folder: Path, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The outcome of a plugin with these options and no others of the connection."""
    given = {**dict.fromkeys(connection.options(em)), **options}
    if plugin == "module":
        return calls.module(CONNECTED, em, given, {}).result
    return calls.inventory(em, {"include": ["backup_servers"], **given}, {}, folder, False).result


@pytest.mark.parametrize("plugin", ["module", "inventory"])
def test_options_have_the_names_that_users_expect(plugin: str, simulator: t.Any, tmp_path: Path) -> None:
    options = connection.options(simulator)
    renamed = {alias: options.pop(option) for alias, option in ALIASES.items()}
    assert not called(plugin, simulator, tmp_path, {**options, **renamed})["failed"]


@pytest.mark.parametrize("plugin", ["module", "inventory"])
@pytest.mark.parametrize("missing", [["host"], ["password"], ["host", "username", "password"]], ids=len)
def test_what_is_missing_is_named_with_what_would_set_it(
    plugin: str, missing: list[str], simulator: t.Any, tmp_path: Path
) -> None:
    options = {name: value for name, value in connection.options(simulator).items() if name not in missing}
    result = called(plugin, simulator, tmp_path, options)
    assert result["failed"]
    listed = {1: "{}", 3: "{}, {} and {}"}[len(missing)]
    text = str(result["msg"])
    assert f"{listed.format(*missing)} {'is' if len(missing) == 1 else 'are'} not set" in text
    assert listed.format(*(f"VEEAM_EM_{name.upper()}" for name in missing)) in text
    for place in ("in the task", "module_defaults", "verify_backups_connection", "the inventory file"):
        assert place in text
    assert simulator.requests() == []


@pytest.mark.parametrize("plugin", ["module", "inventory"])
@pytest.mark.parametrize("option", ["host", "username"])
def test_blanks_at_the_end_are_said(plugin: str, option: str, simulator: t.Any, tmp_path: Path) -> None:
    options = connection.options(simulator)
    result = called(plugin, simulator, tmp_path, {**options, option: f"{options[option]} "})
    assert result["failed"]
    assert f"{option} has the value '{options[option]} ', which begins or ends with a blank" in str(
        result["msg"]
    ).replace("\\\\", "\\")
    assert simulator.requests() == []
