# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all steps, or those named (patterns such as 'sanity-*'); --list names them."""

from __future__ import annotations

from devtool import running


def main(arguments: list[str]) -> int:
    steps = running.all_steps()
    if arguments == ["--list"]:
        print("\n".join(step.name for step in steps))
        return 0
    patterns = [pattern for argument in arguments for pattern in argument.replace(",", " ").split()]
    return running.run_steps(running.choose(patterns, steps) if patterns else steps)
