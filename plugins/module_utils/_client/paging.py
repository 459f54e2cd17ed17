# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QueryPlan a query to its end, page by page. Private to the collection.

Offset paging loses rows when rows before the page are removed meanwhile (retention, a deleted job). So resources with a time are
paged by that time: the next request asks for what is not older than the last row seen, less the rows already seen there, and
is always page 1. Whatever is added or removed at the server, a row that exists during the whole call comes back once.
Only resources without a time, references and foreign sort orders are paged by page number.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
from functools import partial

from .._errors import ProtocolError
from .._records.nodes import Node, snake_case, uid_of
from .._times import LAST_MOMENT, parse_moment, shifted, to_iso
from .filters import MAX_TARGET_LENGTH, FilterExpr, all_of, compare, encoded_length

MAX_PAGES = 20000
TARGET_RESERVE = 400
# Databases round what they print: SQL Server to 3.3 ms. Asking from a little earlier costs a few exclusions and loses nothing.
_MARGIN = dt.timedelta(milliseconds=10)
_STALLED_PAGES = 2


@dataclasses.dataclass(frozen=True)
class Page:
    """Rows as the server sent them, the number of the page, and how many there are."""

    rows: list[Node]
    number: int
    pages_count: int

    @property
    def is_last(self) -> bool:
        return self.number >= self.pages_count


class PageRequest(t.NamedTuple):
    """One request of a query; ``more`` is how many rows beyond the usual size the page shall have."""

    where: FilterExpr | None
    page: int
    more: int = 0


Fetch = t.Callable[[PageRequest], Page]
Start = t.Callable[[Fetch, PageRequest], t.Callable[[], Page]]


@dataclasses.dataclass(frozen=True)
class TimeOrder:
    """The filter field and the record key of the time that a resource is paged by."""

    field: str
    key: str
    descending: bool = False


def by_number(fetch: Fetch, where: FilterExpr | None) -> t.Iterator[list[Node]]:
    """Pages 1 to the last one. Raises ProtocolError when the server goes in circles."""
    previous: list[t.Any] = []
    for number in range(1, MAX_PAGES + 1):
        page = fetch(PageRequest(where, number))
        uids = _uids(page.rows)
        if page.number != number or (any(uids) and uids == previous):
            page = fetch(PageRequest(where, number))
            if page.number != number or (previous and _uids(page.rows) == previous):
                raise ProtocolError(f"the server sends the same page again instead of page {number}")
            uids = _uids(page.rows)
        previous = uids
        yield page.rows
        if page.is_last:
            return
    raise ProtocolError(f"the answer has more than {MAX_PAGES} pages", hint="narrow the time window or raise page_size")


def by_time(
    fetch: Fetch, where: FilterExpr | None, order: TimeOrder, first: Page | None = None, start: Start = partial
) -> t.Iterator[list[Node]]:
    """All rows in the order of their time; ``first`` is a first page that was fetched already. Raises ProtocolError.

    ``start`` may send the request for the next page while the rows of this one are being used; by default it waits until they were.
    """
    cursor = Cursor(order)
    stalled = 0
    page = first or fetch(PageRequest(where, 1))
    for _number in range(MAX_PAGES):
        new = cursor.take(page.rows)
        if page.is_last:
            yield new
            return
        stalled = 0 if new else stalled + 1
        if stalled >= _STALLED_PAGES:
            raise ProtocolError("the server sends the same page again and again")
        following = start(fetch, cursor.next_request(where))
        yield new
        page = following()
    raise ProtocolError(f"the answer has more than {MAX_PAGES} pages", hint="narrow the time window or raise page_size")


class Cursor:
    """How far a reading by time has come: the last time seen and the rows at and around it."""

    def __init__(self, order: TimeOrder) -> None:
        self._order = order
        self._time_keys: dict[str, bool] = {}
        self._near: dict[str, dt.datetime] = {}
        self._bound: dt.datetime | None = None

    def take(self, rows: list[Node]) -> list[Node]:
        """The rows not seen before; remembers those that the next page could repeat."""
        new = []
        # Rows that the server got meanwhile may be older than the last one seen, but never lie before the bound.
        last = to_iso(self._bound) if self._bound else ""
        for row in rows:
            text, uid = self.time_of(row), uid_of(row)
            if uid is None:
                raise ProtocolError("a row has no UID")
            if uid in self._near:
                continue
            if last and (text[:19] > last[:19] if self._order.descending else text[:19] < last[:19]):
                raise ProtocolError(
                    "the rows are not in the order that was asked for", hint="report this with the server's version"
                )
            last = text
            new.append(row)
        if new:
            self._remember(new, _moment(last))
        return new

    def _remember(self, new: list[Node], last: dt.datetime) -> None:
        if self._order.descending:
            bound = shifted(shifted(last, _MARGIN).replace(microsecond=0), dt.timedelta(seconds=1))
            self._bound = min(bound, self._bound or bound)
        else:
            bound = shifted(last, -_MARGIN).replace(microsecond=0)
            self._bound = max(bound, self._bound or bound)
        near = {uid: time for uid, time in self._near.items() if self._within(time, bound)}
        for row in reversed(new):
            time = _moment(self.time_of(row))
            if not self._within(time, bound):
                break
            near[str(uid_of(row))] = time
        self._near = near

    def _within(self, time: dt.datetime, bound: dt.datetime) -> bool:
        return time <= bound if self._order.descending else time >= bound

    def next_request(self, where: FilterExpr | None) -> PageRequest:
        """What comes after the rows taken so far."""
        if self._bound is None:
            raise ProtocolError("the server sends an empty page, but says that more pages follow")
        operator = "<=" if self._order.descending else ">="
        # Nothing lies beyond the last moment there is.
        since = compare(self._order.field, operator, to_iso(self._bound)) if self._bound < LAST_MOMENT else None
        room = MAX_TARGET_LENGTH - TARGET_RESERVE - encoded_length(all_of([where, since])) - 20
        seen = [compare("UID", "!=", uid) for uid in self._near]
        fitting = [
            unseen for index, unseen in enumerate(seen) if encoded_length(unseen) * (index + 1) + 3 * (index + 1) < room
        ]
        # Rows at one moment that no longer fit into the URL come again, so the page must have room for them.
        return PageRequest(all_of([where, since, *fitting]), 1, len(seen) - len(fitting))

    def time_of(self, row: Node) -> str:
        for key in self._time_keys:
            if key in row:
                return self._checked(row[key])
        for key in row:
            name = snake_case(key)
            if name in (self._order.key, f"{self._order.key}_utc"):
                self._time_keys[key] = True
                return self._checked(row[key])
        raise ProtocolError(f"a row has no {self._order.field}")

    def _checked(self, text: t.Any) -> str:
        if not isinstance(text, str) or not text:
            raise ProtocolError(f"a row has no readable {self._order.field}")
        return text


def _moment(text: str) -> dt.datetime:
    moment = parse_moment(text)
    if moment is None:
        raise ProtocolError(f"a row has the unreadable time {text[:40]!r}")
    return moment


def _uids(rows: list[Node]) -> list[t.Any]:
    return [uid_of(row) for row in rows]


def slices(
    where: FilterExpr | None, first: Page, order: TimeOrder, until: dt.datetime, count: int
) -> list[FilterExpr | None]:
    """The expression cut into ``count`` pieces of time after the first page; the first and the last piece are open.

    Each piece is complete whatever happens to the others, so they can be read side by side.
    """
    start = _moment(Cursor(order).time_of(first.rows[-1]))
    step = (until - start) / count
    if count < 2 or step < dt.timedelta(seconds=10):
        return [where]
    edges = [to_iso(start + step * number) for number in range(1, count)]
    lower = [None, *(compare(order.field, ">=", edge) for edge in edges)]
    upper = [*(compare(order.field, "<", edge) for edge in edges), None]
    return [all_of([where, *pair]) for pair in zip(lower, upper)]
