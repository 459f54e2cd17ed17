# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that people know from other collections: each is a step of 'make test', which makes its own environments."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

TOOLS = Path(__file__).parent / "tests" / "tools"
sys.path.insert(0, str(TOOLS))

from devtool.running import all_steps

nox.needs_version = ">=2022.1.7"
nox.options.sessions = ["quick"]


def add(name: str, about: str, *arguments: str) -> None:
    """A session without an environment of nox's own."""

    def run(session: nox.Session) -> None:
        session.run(sys.executable, TOOLS / "dev.py", *arguments, *session.posargs, external=True)

    run.__doc__ = about
    nox.session(name=name, venv_backend="none")(run)


add("quick", "what takes seconds: format, lint, types, unit tests", "quick")
for step in all_steps():
    add(step.name, f"make test STEP={step.name}", "test", step.name)
