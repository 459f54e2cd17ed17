# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter expressions of the query service, built in one place. Private to the collection.

Grammar (EM pages: filter, query_comparison, query_and_or, query_grouping): ``;`` is AND, ``,`` is OR, parentheses group, values
with anything but letters and digits stand in double quotes with inner quotes doubled. Values are always quoted and groups
always parenthesised here, because the precedence of ``;`` and ``,`` is not documented.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
from urllib.parse import quote

from ._errors import SettingsError

# Kestrel, the server below v13 on Linux, refuses request lines over 8 KiB; HTTP.sys takes 16 KiB.
MAX_TARGET_LENGTH = 7500


@dataclasses.dataclass(frozen=True)
class Expr:
    """A filter expression as text, and whether it must be put in parentheses inside another one."""

    text: str
    compound: bool = False

    @property
    def grouped(self) -> str:
        return f"({self.text})" if self.compound else self.text


def literal(value: str | int | bool) -> str:
    """A value as it stands in a filter. Raises SettingsError for control characters, which no quoting protects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if any(ord(character) < 32 or ord(character) == 127 or 0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise SettingsError(
            f"{value!r} holds a control character", hint="remove it; no name in Enterprise Manager has one"
        )
    return '"' + value.replace('"', '""') + '"'


def compare(field: str, operator: str, value: str | int | bool) -> Expr:
    return Expr(f"{field}{operator}{literal(value)}")


def any_of(field: str, values: t.Sequence[str | int | bool | Expr]) -> Expr:
    """The field has one of the values; a value that is an expression stands for itself."""
    return any_of_exprs([_alternative(field, value) for value in values])


def any_of_exprs(parts: t.Sequence[Expr | None]) -> Expr:
    """OR over the parts that are there."""
    present = [part for part in parts if part is not None]
    if len(present) == 1:
        return present[0]
    return Expr(",".join(part.grouped for part in present), compound=True)


def _alternative(field: str, value: str | int | bool | Expr) -> Expr:
    return value if isinstance(value, Expr) else compare(field, "==", value)


def raw(text: str) -> Expr:
    """An expression written by the user. Raises SettingsError when it would not stay inside its parentheses."""
    literal(text)
    depth = lowest = 0
    for position, part in enumerate(text.split('"')):
        if position % 2 == 0:
            for character in part:
                depth += (character == "(") - (character == ")")
                lowest = min(lowest, depth)
    if not text.strip() or text.count('"') % 2 or depth or lowest < 0:
        raise SettingsError(
            f"filter has the value {text!r}, which is not an expression",
            hint='write it as Field=="value", close every quote and parenthesis',
        )
    return Expr(text, compound=True)


def all_of(parts: t.Iterable[Expr | None]) -> Expr | None:
    """AND over the parts that are there; None when there is none."""
    present = [part for part in parts if part is not None]
    if len(present) < 2:
        return present[0] if present else None
    return Expr(";".join(part.grouped for part in present), compound=True)


@dataclasses.dataclass(frozen=True)
class Selection:
    """What to ask for: ``always`` holds for every request; ``lists`` are fields of which any value may match.

    ``until`` is the newest time asked for, if any: it only helps to share out the work.
    """

    always: Expr | None = None
    lists: tuple[tuple[str, tuple[str | Expr, ...]], ...] = ()
    until: dt.datetime | None = None

    def where(self, *more: Expr | None) -> Selection:
        return dataclasses.replace(self, always=all_of([self.always, *more]))


def encoded_length(expression: Expr | None) -> int:
    return len(quote(expression.text, safe="")) if expression else 0


def requests_for(selection: Selection, reserve: int) -> list[Expr | None]:
    """The expressions that together ask for the selection, each short enough for one URL.

    Only the longest list is cut into pieces: together with the shorter ones every combination is still asked for once.
    ``reserve`` is the length of everything else in the request target. Raises SettingsError when even that is too long.
    """
    lists = [[_alternative(field, value) for value in dict.fromkeys(values)] for field, values in selection.lists]
    lists.sort(key=lambda parts: sum(len(part.text) for part in parts))
    base = all_of([selection.always, *(any_of_exprs(parts) for parts in lists[:-1])])
    if not lists:
        return [base]
    room = MAX_TARGET_LENGTH - reserve - encoded_length(base) - len(quote("();")) * 3
    pieces: list[list[Expr]] = [[]]
    used = 0
    for part in lists[-1]:
        cost = encoded_length(part) + 9
        if cost > room:
            raise SettingsError(
                "the filters together are too long for one request", hint="give fewer or shorter values"
            )
        if used + cost > room:
            pieces.append([])
            used = 0
        pieces[-1].append(part)
        used += cost
    return [all_of([base, any_of_exprs(piece)]) for piece in pieces]


def target(path: str, parameters: t.Iterable[tuple[str, t.Any]]) -> str:
    """Path and query with every value percent-encoded; parameters that are None are left out."""
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters if value is not None)
    return f"{path}?{query}" if query else path
