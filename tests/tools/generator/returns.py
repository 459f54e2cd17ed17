# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented return values: ansible-core takes no fragments for them before 2.20, so the blocks stand in every module."""

from __future__ import annotations

import functools
import re
from pathlib import Path

TEXTS = Path(__file__).resolve().parents[1] / "texts"
_ENTRY = re.compile(r"^(?P<name>\w+):\n(?:(?: .*)?\n)+", re.MULTILINE)


@functools.cache
def table() -> dict[str, str]:
    """Key -> its block, as it is written."""
    text = (TEXTS / "returns.yml").read_text(encoding="utf-8")
    return {match["name"]: match[0].rstrip("\n") for match in _ENTRY.finditer(text)}


def returns(*names: str) -> str:
    """The blocks of these keys."""
    return "\n".join(table()[name] for name in names)
