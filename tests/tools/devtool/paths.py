# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are. Everything that the tool makes is below BUILD and may be deleted at any time."""

from __future__ import annotations

import shutil
from pathlib import Path

NAMESPACE = "backup_ops"
NAME = "veeam_em"
ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / ".build"
LOGS = BUILD / "logs"
REQUIREMENTS = ROOT / "tests" / "tools" / "requirements"
SIMULATOR = ROOT / "tests" / "simulator"
TREE = BUILD / "tree"
"""A collections path whose collection is a link to the work tree: for pytest, mypy and documentation, not for ansible-test."""
IN_TREE = TREE / "ansible_collections" / NAMESPACE / NAME


def link_tree() -> Path:
    IN_TREE.parent.mkdir(parents=True, exist_ok=True)
    if not IN_TREE.is_symlink() or IN_TREE.resolve() != ROOT:
        IN_TREE.unlink(missing_ok=True)
        IN_TREE.symlink_to(ROOT)
    return IN_TREE


def fresh_folder(name: str) -> Path:
    """An empty folder for the files of a step."""
    folder = BUILD / "steps" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
