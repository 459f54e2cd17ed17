# SPDX-License-Identifier: GPL-3.0-or-later
"""How the generator is run: it reads the tables of the collection under their full names."""

from __future__ import annotations

from pathlib import Path

from devtool import environments
from devtool.paths import ROOT, TREE, link_tree


def command(*arguments: str) -> tuple[list[str | Path], dict[str, str]]:
    link_tree()
    env = {"PYTHONPATH": f"{ROOT / 'tests' / 'tools'}:{TREE}"}
    return [environments.ensure("dev").python, "-m", "generator", ROOT, *arguments], env
