# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest with all fixtures, such as: dev.py pytest [--core 2.20] tests/client -k query."""

from __future__ import annotations

import subprocess

from devtool import environments, process, pytests
from devtool.paths import IN_TREE, LOGS, ROOT


def main(arguments: list[str]) -> int:
    core = environments.MAIN_CORE
    if "--core" in arguments:
        position = arguments.index("--core")
        core = arguments[position + 1]
        del arguments[position : position + 2]
    log = process.Log(LOGS / "pytest.log")
    # Paths below the linked tree, so that the collection has its full name.
    placed = [str(IN_TREE / part) if (ROOT / part.partition("::")[0]).exists() else part for part in arguments]
    needs = pytests.with_controllers if any("tests/awx" in part for part in arguments) else pytests.installed
    env = {**process.environment(), **pytests.variables(), **needs(core, log)}
    return subprocess.run([*pytests.command(), *placed], cwd=ROOT, env=env, check=False).returncode
