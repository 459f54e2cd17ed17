# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of the Enterprise Manager REST API, for modules and the inventory plugin alike. Private to the collection.

It gives records, never raw answers, and raises nothing but EmError. Use it as a context manager: it logs on at the first
request and logs its own sessions off in every outcome.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
import types
import typing as t

from . import _paging
from ._codec import decode, stream
from ._collect import Collector, Order, Result
from ._errors import NotEnterpriseManager, NotFound, ProtocolError, RequestRejected, SettingsError
from ._nodes import Node, pick, wrapped_rows
from ._query import Selection, requests_for, target
from ._reading import Reading, Way, size_for, way_of
from ._records import Record, RecordOptions, build, own_row
from ._resources import RESOURCES, Resource
from ._session import API, Session
from ._statuses import PORTAL_ADMINISTRATOR, PORTAL_USER
from ._times import UTC
from ._transport import RequestsTransport

if t.TYPE_CHECKING:
    from ._settings import ConnectionSettings
    from ._transport import Transport

# Below this many pages, reading slices of time side by side could cost more requests than it saves time.
_PAGES_WORTH_SLICING = 10
T = t.TypeVar("T")
_EVERYTHING = Selection()
_PLAIN = RecordOptions()


def _ignore(_text: str) -> None:
    """The default for messages that nobody listens to."""


def _utc_now() -> dt.datetime:
    return dt.datetime.now(UTC)


class EnterpriseManagerClient:
    """One account at one Enterprise Manager."""

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        transport: Transport | None = None,
        sleep: t.Callable[[float], None] = time.sleep,
        monotonic: t.Callable[[], float] = time.monotonic,
        now: t.Callable[[], dt.datetime] = _utc_now,
        on_warning: t.Callable[[str], None] = _ignore,
        on_secret: t.Callable[[str], None] = _ignore,
    ) -> None:
        self._settings = settings
        self._transport = RequestsTransport(settings) if transport is None else transport
        self._now = now
        self._on_warning = on_warning
        self._session = Session(settings, self._transport, sleep=sleep, monotonic=monotonic, on_secret=on_secret)

    def __enter__(self) -> EnterpriseManagerClient:
        if not self._settings.encrypted:
            self._on_warning(
                "protocol is http: the password and all data travel unencrypted. Use it only for old servers without https."
            )
        elif not self._settings.validate_certs:
            self._on_warning("validate_certs is false: anybody on the way to the server can read the password.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        try:
            for problem in self._session.log_off():
                self._on_warning(problem)
        finally:
            self._transport.close()

    @property
    def request_count(self) -> int:
        """HTTP requests sent so far; logon and retries count, and after the end of the context the logoff."""
        return self._session.request_count

    def document(self, path: str, parameters: t.Sequence[tuple[str, t.Any]] = (), *, admin_only: bool = False) -> Node:
        """One decoded document below ``/api``. Raises an EmError, NotFound for 404."""
        return self._get(path, parameters, admin_only, lambda chunks: decode(b"".join(chunks)))

    def _get(
        self,
        path: str,
        parameters: t.Sequence[tuple[str, t.Any]],
        admin_only: bool,
        read: t.Callable[[t.Iterable[bytes]], T],
    ) -> T:
        role = PORTAL_ADMINISTRATOR if admin_only else PORTAL_USER
        return self._session.get(target(f"{API}/{path}", parameters), role=role, read=read)

    def detail(
        self, name: str, guid: str, *, representation: str = "entity", options: RecordOptions = _PLAIN
    ) -> Record | None:
        """The record with this bare GUID, or None when the server has none."""
        resource = RESOURCES[name]
        try:
            node = self.document(
                f"{resource.path}/{guid}", _format(representation, "Entity"), admin_only=resource.admin_only
            )
        except NotFound as error:
            if error.server_message is not None:
                return None
            # Only what Enterprise Manager itself says is believed; a missing object could make a check pass.
            raise NotEnterpriseManager(
                "the answer is not Enterprise Manager's (HTTP 404)",
                hint="check host, port, and any proxy between",
                method=error.method,
                path=error.path,
                status=error.status,
            ) from error
        record = build(resource, node, options)
        if (record["id"] or "").lower() != guid.lower():
            raise ProtocolError(
                "the answer is not the object that was asked for",
                hint="check that host and port are Enterprise Manager's",
                path=f"{API}/{resource.path}/{guid}",
            )
        return record

    def collection(
        self,
        name: str,
        paths: t.Sequence[str] = (),
        *,
        representation: str = "entity",
        order: Order | None = None,
        keep: t.Callable[[Record], bool] | None = None,
        limit: int | None = None,
        options: RecordOptions = _PLAIN,
    ) -> Result:
        """A plain collection, or several below other things, which the server neither pages nor sorts.

        Sessions reach back 30 days only. Raises NotFound when a parent does not exist.
        """
        resource = RESOURCES[name]
        found = Collector(resource, keep, options)

        def read(chunks: t.Iterable[bytes]) -> Collector:
            part = Collector(resource, keep, options)
            stream(chunks, lambda row: part.add([own_row(resource, row)]))
            return part

        for path in paths or [resource.path or ""]:
            found.merge(self._get(path, _format(representation, "Entity"), resource.admin_only, read))
        return found.result(order, limit)

    def query(
        self,
        name: str | Resource,
        selection: Selection = _EVERYTHING,
        *,
        representation: str = "entity",
        order: Order | None = None,
        keep: t.Callable[[Record], bool] | None = None,
        limit: int | None = None,
        options: RecordOptions = _PLAIN,
    ) -> Result:
        """The query service, read to its end or as far as ``limit`` needs it, every row once.

        ``keep`` looks at each record once more: servers differ in whether text is compared with regard to case.
        """
        resource = RESOURCES[name] if isinstance(name, str) else name
        found = Collector(resource, keep, options)
        way = way_of(resource, representation, order)
        if way is Way.TIME and order is None:
            order = Order(resource.time_key, resource.time_field or "")
        complete = True
        expressions = requests_for(selection, _paging.TARGET_RESERVE * 3)
        if limit is not None and way is Way.SERVER and len(expressions) > 1:
            raise SettingsError(
                "the filters are too long for one request, and the server sorts each answer for itself, so there is no limit over all",
                hint="give fewer or shorter values, leave out limit, or choose another sort_by and representation entity",
            )
        for where in expressions:
            whole = Reading(
                resource, where, representation, order if way is Way.SERVER else None, self._settings.page_size
            )
            if limit is None or way is Way.CLIENT:
                self._read_all(whole, found, selection)
                continue
            part = Collector(resource, keep, options)
            first = dataclasses.replace(whole, order=order, page_size=size_for(limit, self._settings.page_size))
            enough = self._read_first(first, way, part, limit)
            if enough is None:
                self._read_all(whole, found, selection)
                continue
            complete = complete and not enough
            found.merge(part)
        return found.result(order, limit, complete)

    def _read_first(self, reading: Reading, way: Way, part: Collector, limit: int) -> bool | None:
        """Reads until the first ``limit`` records are known: true; false when these are all; None when it takes all to know."""
        if way is Way.NUMBER:
            # Of more than one page in this order, rows would be lost when others before them are removed meanwhile.
            page = self._fetch(reading)(_paging.Ask(reading.where, 1))
            part.add(page.rows)
            return False if page.is_last else part.settled(reading.order, limit, page.rows) or None
        for rows in self._pages(reading):
            part.add(rows)
            if part.settled(reading.order, limit, rows):
                return True
        return False

    def _read_all(self, reading: Reading, found: Collector, selection: Selection) -> None:
        if not reading.by_time:
            for rows in self._pages(reading):
                found.add(rows)
            return
        fetch, order = self._fetch(reading), reading.time_order
        first = fetch(_paging.Ask(reading.where, 1))
        if first.is_last:
            for rows in _paging.by_time(fetch, reading.where, order, first):
                found.add(rows)
            return
        workers = self._settings.parallel_requests if first.pages_count > _PAGES_WORTH_SLICING and first.rows else 1
        until = min(selection.until or self._now(), self._now())
        parts = _paging.slices(reading.where, first, order, until, workers) if workers > 1 else [reading.where]
        # Most answers are one page: they need not pay for threads.
        from ._parallel import side_by_side

        side_by_side(fetch, parts, order, first, found.add)

    def _pages(self, reading: Reading) -> t.Iterator[list[Node]]:
        fetch = self._fetch(reading)
        if reading.by_time:
            return _paging.by_time(fetch, reading.where, reading.time_order)
        return _paging.by_number(fetch, reading.where)

    def _fetch(self, reading: Reading) -> _paging.Fetch:
        def fetch(ask: _paging.Ask) -> _paging.Page:
            parameters: list[tuple[str, t.Any]] = [
                ("type", reading.resource.query_type),
                *_format(reading.representation, "Entities"),
                reading.sort,
                ("pageSize", reading.page_size + ask.more),
                ("page", ask.page),
                ("filter", ask.where.text if ask.where else None),
            ]
            try:
                return self._get("query", parameters, reading.resource.admin_only, _page)
            except RequestRejected as error:
                if ask.where and reading.resource.fields:
                    error.hint = f"check the filter; its fields are {', '.join(reading.resource.fields)}"
                raise

        return fetch


def _format(representation: str, value: str) -> list[tuple[str, t.Any]]:
    """References are the default of the server; entities must be asked for."""
    return [("format", value)] if representation == "entity" else []


def _page(chunks: t.Iterable[bytes]) -> _paging.Page:
    document = decode(b"".join(chunks))
    info = pick(document, "paging_info")
    if info is None:
        raise ProtocolError(
            "the answer is not a query result", hint="check that host and port are Enterprise Manager's"
        )
    number, count = pick(info, "page_num"), pick(info, "pages_count")
    try:
        return _paging.Page(wrapped_rows(document), int(number), int(count))
    except (TypeError, ValueError) as error:
        raise ProtocolError("the answer's paging information can't be read") from error
