# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of docs/images anew, from the evidence that 'make demo' left."""

from __future__ import annotations

import subprocess

from devtool import environments, process, pytests
from devtool.paths import BUILD, LOGS, ROOT


def main(_arguments: list[str]) -> int:
    evidence = sorted((BUILD / "demo" / "evidence").glob("*.json"))
    program = environments.chromium(process.Log(LOGS / "pictures.log"))
    if not evidence or program is None:
        raise process.ToolError("the pictures need the evidence of 'make demo', and Chromium")
    env = {**process.environment(), **pytests.variables(), "DEV_CHROMIUM": str(program)}
    python = environments.ensure("browser").python
    command: list[process.Argument] = [python, "-m", "browser.pictures", evidence[-1], ROOT / "docs" / "images"]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
