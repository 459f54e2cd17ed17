# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QueryPlan the query service to its end, or as far as a limit needs it. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._errors import ProtocolError, RequestRejected, SettingsError
from .._records.nodes import Node, pick, wrapped_rows
from .._records.record_set import Order, RecordSet, Result
from .._records.resources import Resource
from . import paging
from .decoding import decode
from .filters import GRAMMAR, OPERATORS, FilterSet, split_for_url
from .query_plan import QueryPlan, SortedBy, size_for, sorted_by

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings

EVERYTHING = FilterSet()
# Below this many pages, reading slices of time side by side could cost more requests than it saves time.
_PAGES_WORTH_SLICING = 10


GetPage = t.Callable[
    [str, t.Sequence[t.Tuple[str, t.Any]], bool, t.Callable[[t.Iterable[bytes]], paging.Page]], paging.Page
]
"""Reads one document below ``/api``: path, parameters, whether only administrators may, and what makes a page of the body."""


class QueryReader:
    """Reads queries; ``get`` sends one request, ``now`` bounds what is read while sessions are being added."""

    def __init__(self, get: GetPage, settings: ConnectionSettings, now: t.Callable[[], dt.datetime]) -> None:
        self._get = get
        self._settings = settings
        self._now = now

    def read(
        self,
        resource: Resource,
        selection: FilterSet,
        representation: str,
        order: Order | None,
        new_set: t.Callable[[], RecordSet],
        limit: int | None,
    ) -> Result:
        """Every row once, sorted; the first ``limit`` of them when there is one. Raises an EmError."""
        found = new_set()
        way = sorted_by(resource, representation, order)
        if way is SortedBy.TIME and order is None:
            order = Order(resource.time_key, resource.time_field or "")
        complete = True
        expressions = split_for_url(selection, paging.TARGET_RESERVE * 3)
        if limit is not None and way is SortedBy.SERVER and len(expressions) > 1:
            raise SettingsError(
                "the filters are too long for one request, and the server sorts each answer for itself, so a limit can't hold for all of them together",
                hint="give fewer or shorter values, leave out limit, or choose another sort_by and representation entity",
            )
        for where in expressions:
            whole = QueryPlan(
                resource, where, representation, order if way is SortedBy.SERVER else None, self._settings.page_size
            )
            if limit is None or way is SortedBy.CLIENT:
                self._read_all(whole, found, selection)
                continue
            part = new_set()
            first = dataclasses.replace(whole, order=order, page_size=size_for(limit, self._settings.page_size))
            enough = self._read_first(first, way, part, limit)
            if enough is None:
                self._read_all(whole, found, selection)
                continue
            complete = complete and not enough
            found.merge(part)
        return found.result(order, limit, complete)

    def _read_first(self, reading: QueryPlan, way: SortedBy, part: RecordSet, limit: int) -> bool | None:
        """Reads until the first ``limit`` records are known: true; false when these are all; None when it takes all to know."""
        if way is SortedBy.NUMBER:
            # Of more than one page in this order, rows would be lost when others before them are removed meanwhile.
            page = self._fetch(reading)(paging.PageRequest(reading.where, 1))
            part.add(page.rows)
            return False if page.is_last else part.settled(reading.order, limit, page.rows) or None
        for rows in self._pages(reading):
            part.add(rows)
            if part.settled(reading.order, limit, rows):
                return True
        return False

    def _read_all(self, reading: QueryPlan, found: RecordSet, selection: FilterSet) -> None:
        if not reading.by_time:
            for rows in self._pages(reading):
                found.add(rows)
            return
        fetch, order = self._fetch(reading), reading.time_order
        first = fetch(paging.PageRequest(reading.where, 1))
        if first.is_last:
            for rows in paging.by_time(fetch, reading.where, order, first):
                found.add(rows)
            return
        workers = self._settings.parallel_requests if first.pages_count > _PAGES_WORTH_SLICING and first.rows else 1
        until = min(selection.until or self._now(), self._now())
        parts = paging.slices(reading.where, first, order, until, workers) if workers > 1 else [reading.where]
        # Most answers are one page: they need not pay for threads.
        from .parallel import side_by_side

        side_by_side(fetch, parts, order, first, found.add)

    def _pages(self, reading: QueryPlan) -> t.Iterator[list[Node]]:
        fetch = self._fetch(reading)
        if reading.by_time:
            return paging.by_time(fetch, reading.where, reading.time_order)
        return paging.by_number(fetch, reading.where)

    def _fetch(self, reading: QueryPlan) -> paging.Fetch:
        def fetch(ask: paging.PageRequest) -> paging.Page:
            parameters: list[tuple[str, t.Any]] = [
                ("type", reading.resource.query_type),
                *format_of(reading.representation, "Entities"),
                reading.sort,
                ("pageSize", reading.page_size + ask.more),
                ("page", ask.page),
                ("filter", ask.where.text if ask.where else None),
            ]
            try:
                return self._get("query", parameters, reading.resource.admin_only, _page)
            except RequestRejected as error:
                if ask.where and reading.resource.fields:
                    error.hint = (
                        f"check the filter; its fields are {', '.join(reading.resource.fields)}, its operators {' '.join(OPERATORS)}; "
                        + GRAMMAR
                    )
                raise

        return fetch


def format_of(representation: str, value: str) -> list[tuple[str, t.Any]]:
    """References are the default of the server; entities must be asked for."""
    return [("format", value)] if representation == "entity" else []


def _page(chunks: t.Iterable[bytes]) -> paging.Page:
    document = decode(b"".join(chunks))
    info = pick(document, "paging_info")
    if info is None:
        raise ProtocolError(
            "the answer is not a query result", hint="check that host and port are Enterprise Manager's"
        )
    number, count = pick(info, "page_num"), pick(info, "pages_count")
    try:
        return paging.Page(wrapped_rows(document), int(number), int(count))
    except (TypeError, ValueError) as error:
        raise ProtocolError("the answer's paging information can't be read") from error
