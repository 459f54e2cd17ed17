# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what stands in many files and comes from one table: 'dev.py generate'; the step 'generated' checks it."""

from __future__ import annotations

import subprocess

from devtool import generated, process


def main(arguments: list[str]) -> int:
    command, env = generated.command()
    return subprocess.run(command, env={**process.environment(), **env}, check=False).returncode
