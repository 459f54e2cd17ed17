# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes requirements/NAME.txt from NAME.in: every package of an environment with its version; 'dev.py lock [NAME…]'."""

from __future__ import annotations

from devtool import environments, process
from devtool.paths import LOGS, REQUIREMENTS

_HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by 'dev.py lock' from the file of this name that ends in .in.\n"
_OPTIONS = ("--universal", "--upgrade", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")


def main(arguments: list[str]) -> int:
    names = arguments or sorted(path.stem for path in REQUIREMENTS.glob("*.in"))
    for name in names:
        log = process.Log(LOGS / f"lock-{name}.log")
        target = REQUIREMENTS / f"{name}.txt"
        source = REQUIREMENTS / f"{name}.in"
        lowest = min(environments.pythons_for(name), key=lambda version: int(version.partition(".")[2]))
        code = log.run(
            *environments.uv(), "pip", "compile", "--quiet", *_OPTIONS, "--python-version", lowest, source, "-o", target
        )
        if code:
            raise process.ToolError(f"{name} can't be resolved:\n{log.tail(20)}")
        target.write_text(_HEAD + target.read_text())
        print(f"{name}: {len(target.read_text().splitlines()) - 2} packages")
    return 0
