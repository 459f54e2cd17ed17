#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The development tool behind the Makefile: needs nothing but Python; everything else goes into .build/."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
PYTHON = BUILD / "venv" / "bin" / "python"
TREE = BUILD / "tree"


def prepare() -> None:
    """The virtual environment, and the tree in which Ansible finds the collection."""
    if not PYTHON.exists():
        venv.create(BUILD / "venv", with_pip=True)
    requirements = ROOT / "tests" / "tools" / "requirements.txt"
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    link = TREE / "ansible_collections" / "backup_ops" / "veeam_em"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT)


def run(*command: str | Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(TREE), "ANSIBLE_COLLECTIONS_PATH": str(TREE)}
    return subprocess.run([PYTHON, "-m", *command], cwd=ROOT, env=environment, check=False).returncode


def units() -> tuple[int, int, int]:
    report = BUILD / "units.xml"
    report.unlink(missing_ok=True)
    tests = TREE / "ansible_collections" / "backup_ops" / "veeam_em" / "tests" / "unit"
    run("pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", tests)
    if not report.exists():
        return 0, 1, 0
    suite = ET.parse(report).getroot()[0]
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return total - failed - skipped, failed if total else 1, skipped


def main() -> int:
    prepare()
    passed = failed = skipped = 0
    for command in (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "--config-file", "mypy.ini", "-p", "ansible_collections.backup_ops.veeam_em.plugins"),
    ):
        code = run(*command)
        passed, failed = passed + (code == 0), failed + (code != 0)
    counts = units()
    passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
