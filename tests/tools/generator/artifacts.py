# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate passes on to a workflow: a list in the guides."""

from __future__ import annotations

import yaml

from generator.returns import TEXTS


def artifacts_list() -> str:
    table = yaml.safe_load((TEXTS / "artifacts.yml").read_text(encoding="utf-8"))
    return "\n".join(["", *(f"* ``{name}``: {text}" for name, text in table.items()), "", ""])
