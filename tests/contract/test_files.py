# SPDX-License-Identifier: GPL-3.0-or-later
"""Licence lines, top-level folders, and what may never be in a file."""

from __future__ import annotations

import functools
import importlib
import re
import runpy
import subprocess
import sys
import types
import typing as t
from pathlib import Path

import pytest

from .plugins import ROOT, modules, others, roles

SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
HEADER = (
    "# Copyright (c) backup_ops.veeam_em contributors\n"
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    f"# {SPDX}\n"
)
# Files that can't hold a comment, or that a tool writes.
BARE = ("LICENSE", "tests/simulator/README.md", "CHANGELOG.md", "changelogs/fragments/.keep")
BARE_SUFFIXES = (".json", ".j2.txt", ".png", ".svg", ".pem")
TOP = {
    *("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests", ".ci"),
    *(
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "CODE_OF_CONDUCT.md",
        "LICENSE",
        "Makefile",
        "SECURITY.md",
        "galaxy.yml",
    ),
    *(".ansible-lint", ".gitignore", ".yamllint", "mypy.ini", "noxfile.py", "ruff.toml"),
}


def files() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [Path(name) for name in sorted(set(names)) if name and (ROOT / name).is_file()]


def test_every_file_names_its_licence() -> None:
    found = [path for path in files() if str(path) not in BARE and not path.name.endswith(BARE_SUFFIXES)]
    assert len(found) > 100
    missing = [
        str(path)
        for path in found
        if SPDX not in "".join((ROOT / path).read_text().splitlines(True)[:12]) and (ROOT / path).stat().st_size
    ]
    assert missing == []


@pytest.mark.parametrize(
    "path", [path for path in files() if path.parts[0] == "plugins" and path.suffix == ".py"], ids=str
)
def test_plugins_begin_with_the_header(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text.removeprefix("#!/usr/bin/python\n").startswith(HEADER)
    assert text.startswith("#!/usr/bin/python\n") is (path.parts[1] == "modules")


def test_top_level_is_what_it_should_be() -> None:
    assert {path.parts[0] for path in files()} <= TOP


ELSEWHERE = {"awx_setup", "send_evidence"}
"""Roles on collections of others, which ansible-test has not: tests/awx has their tests."""


def test_everything_has_an_integration_target() -> None:
    targets = {path.name for path in (ROOT / "tests" / "integration" / "targets").iterdir()}
    inventories = [f"inventory_{name}" for name, kind in others().items() if kind == "inventory"]
    assert {*modules(), *inventories, *(f"role_{name}" for name in roles() if name not in ELSEWHERE)} <= targets


def test_nox_has_a_session_for_every_step() -> None:
    """With a stand-in for nox, which is nobody's duty to have."""
    sessions: dict[str, t.Any] = {}
    stand_in = types.ModuleType("nox")
    stand_in.options = types.SimpleNamespace()  # type: ignore[attr-defined]
    stand_in.session = lambda name, **_rules: functools.partial(sessions.__setitem__, name)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "nox", stand_in)
        patch.setattr(sys, "path", [*sys.path])
        runpy.run_path(str(ROOT / "noxfile.py"))
        steps = {step.name for step in importlib.import_module("devtool.running").all_steps()}
    assert sessions.keys() == {"quick", *steps}
    called: list[t.Any] = []
    session = types.SimpleNamespace(run=lambda *command, **_how: called.append(command), posargs=["mypy"])
    sessions["ruff"](session)
    assert [str(part) for part in called[0][1:]] == [str(ROOT / "tests" / "tools" / "dev.py"), "test", "ruff", "mypy"]


def test_every_mistake_of_the_tool_can_still_be_made() -> None:
    """``dev.py mutate`` takes long, so nobody would see at once that the code it changes has moved."""
    mutations = runpy.run_path(str(ROOT / "tests" / "tools" / "devtool" / "mutations.py"))["MUTATIONS"]
    assert [
        each.name for each in mutations if (ROOT / each.file).read_text(encoding="utf-8").count(each.old) != 1
    ] == []


def test_the_map_for_newcomers_names_files_that_are_there() -> None:
    """Below the name of a folder stand its files."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (drawn,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    named = re.findall(r"[a-z_/]+\.py\b", drawn)
    assert len(named) > 25
    there = [str(path.relative_to(ROOT)) for path in (ROOT / "plugins").rglob("*.py")]
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []
    folders = set(re.findall(r"(?<![\w/])_[a-z]+(?=/)", drawn))
    assert folders >= {"_info", "_client", "_records", "_protection", "_verify"}
    assert [name for name in folders if not (ROOT / "plugins" / "module_utils" / name).is_dir()] == []
