# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests in Python: units, the client against the simulator, the simulator itself, contracts, and the real commands."""

from __future__ import annotations

from devtool import counts, environments, pytests
from devtool.process import Log
from devtool.running import Step


def unit(log: Log) -> counts.Counts:
    return pytests.run(log, "unit", "tests/unit", options=["-n", "2"])


def playbooks(log: Log) -> counts.Counts:
    env = pytests.installed(environments.MAIN_CORE, log)
    return pytests.run(log, "playbooks", "tests/playbooks", env=env, options=["-n", "2"])


STEPS = [
    Step("unit", unit, quick=True),
    Step("playbooks", playbooks, whole=True),
]
