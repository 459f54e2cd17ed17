# SPDX-License-Identifier: GPL-3.0-or-later
"""The inner loop: the steps that take seconds."""

from __future__ import annotations

import dataclasses

from devtool import running


def main(arguments: list[str]) -> int:
    steps = [dataclasses.replace(step, run=step.quick) for step in running.all_steps() if step.quick]
    return running.run_steps(steps)
