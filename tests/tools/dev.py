#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The development tool behind the Makefile. It needs Python 3.11 or newer and nothing else; what it makes goes into .build/.

Every file in commands/ is one command, every file in steps/ holds steps of ``test``; devtool/ is what they share.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …")

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True


def _commands() -> dict[str, str]:
    names = sorted(path.stem for path in (TOOLS / "commands").glob("[a-z]*.py"))
    return {name: (importlib.import_module(f"commands.{name}").__doc__ or "").partition("\n")[0] for name in names}


def main() -> int:
    name, *arguments = sys.argv[1:] or ["help"]
    commands = _commands()
    if name not in commands:
        print("usage: dev.py COMMAND [ARGUMENT…]")
        for command, summary in commands.items():
            print(f"  {command:12} {summary}")
        return 0 if name in ("help", "-h", "--help") else 2
    from devtool.process import ToolError

    try:
        return int(importlib.import_module(f"commands.{name}").main(arguments))
    except ToolError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
