# SPDX-License-Identifier: GPL-3.0-or-later
"""The index of messages: a row for each kind of error and each reason code that the code has."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils import _errors
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from generator.returns import TEXTS

_COLUMNS = ("cause", "check", "cure")
_HEADS = ("Code", "Cause", "Check", "Cure")


def _kinds(error: type[_errors.EmError]) -> t.Iterator[str]:
    for each in error.__subclasses__():
        yield each.kind
        yield from _kinds(each)


def code_lists() -> dict[str, list[str]]:
    """What the collection can say. Reasons in the order in which they are told."""
    return {"kinds": sorted(set(_kinds(_errors.EmError))), "reasons": list(codes.REASONS)}


def message_index(which: str) -> str:
    """A table for reStructuredText. KeyError names the code that has no text."""
    texts = yaml.safe_load((TEXTS / "messages.yml").read_text(encoding="utf-8"))[which]
    lines = ["", ".. list-table::", "   :header-rows: 1", "   :widths: 20 30 30 30", ""]
    rows = [_HEADS, *((f"``{code}``", *(texts[code][column] for column in _COLUMNS)) for code in code_lists()[which])]
    for row in rows:
        lines += [f"   {'* -' if not number else '  -'} {cell}" for number, cell in enumerate(row)]
    return "\n".join([*lines, "", ""])
