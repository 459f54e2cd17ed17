# SPDX-License-Identifier: GPL-3.0-or-later
"""The inner loop: the steps that take seconds."""

from __future__ import annotations

from devtool import running


def main(arguments: list[str]) -> int:
    return running.run_steps([step for step in running.all_steps() if step.quick])
