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
import re
import typing as t
from urllib.parse import quote

from .._errors import SettingsError

# Kestrel, the server below v13 on Linux, refuses request lines over 8 KiB; HTTP.sys takes 16 KiB.
MAX_TARGET_LENGTH = 7500
OPERATORS = ("==", "!=", ">=", "<=", ">", "<")
GRAMMAR = 'text stands in double quotes, ";" is AND and "," is OR'
_QUOTED = re.compile(r'"[^"]*"')
_LONE_EQUALS = re.compile(r"(?<![=!<>])=(?!=)")


@dataclasses.dataclass(frozen=True)
class FilterExpr:
    """A filter expression as text, and whether it must be put in parentheses inside another one."""

    text: str
    compound: bool = False

    @property
    def grouped(self) -> str:
        return f"({self.text})" if self.compound else self.text


def literal(value: str | int | bool) -> str:
    """A value as it stands in a filter. Raises SettingsError for control characters: no EM page tells how they are written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if any(ord(character) < 32 or ord(character) == 127 or 0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise SettingsError(
            f"{value!r} holds a line break or another control character, which a filter of the server can't be asked for",
            hint="remove it, or select by other options and compare the records",
        )
    return '"' + value.replace('"', '""') + '"'


def compare(field: str, operator: str, value: str | int | bool) -> FilterExpr:
    return FilterExpr(f"{field}{operator}{literal(value)}")


def any_of(field: str, values: t.Sequence[str | int | bool | FilterExpr]) -> FilterExpr:
    """The field has one of the values; a value that is an expression stands for itself."""
    return any_of_exprs([_alternative(field, value) for value in values])


def any_of_exprs(parts: t.Sequence[FilterExpr | None]) -> FilterExpr:
    """OR over the parts that are there."""
    present = [part for part in parts if part is not None]
    if len(present) == 1:
        return present[0]
    return FilterExpr(",".join(part.grouped for part in present), compound=True)


def _alternative(field: str, value: str | int | bool | FilterExpr) -> FilterExpr:
    return value if isinstance(value, FilterExpr) else compare(field, "==", value)


def raw(text: str) -> FilterExpr:
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
    if _LONE_EQUALS.search(_QUOTED.sub('""', text)):
        raise SettingsError(
            f"filter has the value {text!r}, in which a single = stands where an operator belongs",
            hint=f"compare with one of {' '.join(OPERATORS)}; {GRAMMAR}",
        )
    return FilterExpr(text, compound=True)


def all_of(parts: t.Iterable[FilterExpr | None]) -> FilterExpr | None:
    """AND over the parts that are there; None when there is none."""
    present = [part for part in parts if part is not None]
    if len(present) < 2:
        return present[0] if present else None
    return FilterExpr(";".join(part.grouped for part in present), compound=True)


@dataclasses.dataclass(frozen=True)
class FilterSet:
    """What to ask for: ``always`` holds for every request; ``lists`` are fields of which any value may match.

    ``until`` is the newest time asked for, if any: it only helps to share out the work.
    """

    always: FilterExpr | None = None
    lists: tuple[tuple[str, tuple[str | FilterExpr, ...]], ...] = ()
    until: dt.datetime | None = None

    def where(self, *more: FilterExpr | None) -> FilterSet:
        return dataclasses.replace(self, always=all_of([self.always, *more]))


def encoded_length(expression: FilterExpr | None) -> int:
    return len(quote(expression.text, safe="")) if expression else 0


def split_for_url(selection: FilterSet, reserve: int) -> list[FilterExpr | None]:
    """The expressions that together ask for the selection, each short enough for one URL.

    The longest list is cut into pieces, and the second-longest too when both are long: every combination is asked for once.
    ``reserve`` is the length of everything else in the request target. Raises SettingsError when even that is too long.
    """
    lists = [
        [_Sized(part, encoded_length(part) + _SEPARATOR) for part in _alternatives(field, values)]
        for field, values in selection.lists
    ]
    lists.sort(key=_size)
    whole, cut = lists[:-2], lists[-2:]
    base = all_of([selection.always, *(_any_of(parts) for parts in whole)])
    room = MAX_TARGET_LENGTH - reserve - encoded_length(base) - _GROUPING
    groups = _groups(cut, room) if cut else [[]]
    found = [all_of([base, *(_any_of(parts) for parts in group)]) for group in groups]
    if not found or any(encoded_length(each) > MAX_TARGET_LENGTH - reserve for each in found):
        raise SettingsError("the filters together are too long for one request", hint="give fewer or shorter values")
    return found


class _Sized(t.NamedTuple):
    """One value of a list as an expression, and what it takes up in an URL together with others."""

    part: FilterExpr
    size: int


# A comma, and the parentheses of a value that is a compound expression itself.
_SEPARATOR = len(quote(",()"))
# The parentheses of the groups and the semicolons between them.
_GROUPING = len(quote("();")) * 3


def _alternatives(field: str, values: t.Sequence[str | FilterExpr]) -> list[FilterExpr]:
    return [_alternative(field, value) for value in dict.fromkeys(values)]


def _any_of(parts: t.Sequence[_Sized]) -> FilterExpr:
    return any_of_exprs([each.part for each in parts])


def _size(parts: t.Sequence[_Sized]) -> int:
    return sum(each.size for each in parts)


def _groups(lists: list[list[_Sized]], room: int) -> list[list[list[_Sized]]]:
    """One or two lists cut so that a piece of each fits together; none when a value is too long.

    The shorter one gets half the room if it needs as much. Looking for the best shares would save requests only where both are
    long: none for 100 names of machines and 100 of jobs, 8 of 32 for 400 and 200.
    """
    *shorter, longest = lists
    few = _pieces(shorter[0], max([room // 2, *(each.size for each in shorter[0])])) if shorter else [[]]
    many = _pieces(longest, room - max(map(_size, few)))
    return [[*([first] if shorter else []), second] for first in few for second in many]


def _pieces(parts: t.Sequence[_Sized], room: int) -> list[list[_Sized]]:
    """The values in as few pieces of this size as their order allows; none when one of them is larger."""
    pieces: list[list[_Sized]] = [[]]
    used = 0
    for each in parts:
        if each.size > room:
            return []
        if used + each.size > room:
            pieces.append([])
            used = 0
        pieces[-1].append(each)
        used += each.size
    return pieces


def build_target(path: str, parameters: t.Iterable[tuple[str, t.Any]]) -> str:
    """Path and query with every value percent-encoded; parameters that are None are left out."""
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters if value is not None)
    return f"{path}?{query}" if query else path
