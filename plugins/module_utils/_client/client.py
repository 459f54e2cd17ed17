# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of the Enterprise Manager REST API, for modules and the inventory plugin alike. Private to the collection.

It gives records, never raw answers, and raises nothing but EmError. Use it as a context manager: it logs on at the first
request and logs its own sessions off in every outcome.
"""

from __future__ import annotations

import datetime as dt
import time
import types
import typing as t

from .._errors import NotEnterpriseManager, NotFound, ProtocolError
from .._records.build import Record, RecordOptions, build, own_row
from .._records.nodes import Node
from .._records.record_set import Order, RecordSet, Result
from .._records.resources import RESOURCES, Resource
from .._times import UTC
from .decoding import decode, stream
from .filters import FilterSet, build_target
from .logon_session import API, Session
from .query_reader import EVERYTHING, QueryReader, format_of
from .status_errors import PORTAL_ADMINISTRATOR, PORTAL_USER
from .transport import RequestsTransport

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings
    from .transport import Transport

T = t.TypeVar("T")
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

    @property
    def page_size(self) -> int:
        """Rows in one answer of the query service, at most."""
        return self._settings.page_size

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
        return self._session.get(build_target(f"{API}/{path}", parameters), role=role, read=read)

    def detail(
        self, name: str, guid: str, *, representation: str = "entity", options: RecordOptions = _PLAIN
    ) -> Record | None:
        """The record with this bare GUID, or None when the server has none."""
        resource = RESOURCES[name]
        try:
            node = self.document(
                f"{resource.path}/{guid}", format_of(representation, "Entity"), admin_only=resource.admin_only
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

    def list(
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
        found = RecordSet(resource, keep, options)

        def read(chunks: t.Iterable[bytes]) -> RecordSet:
            part = RecordSet(resource, keep, options)
            stream(chunks, lambda row: part.add([own_row(resource, row)]))
            return part

        for path in paths or [resource.path or ""]:
            found.merge(self._get(path, format_of(representation, "Entity"), resource.admin_only, read))
        return found.result(order, limit)

    def query(
        self,
        name: str | Resource,
        selection: FilterSet = EVERYTHING,
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

        def new_set() -> RecordSet:
            return RecordSet(resource, keep, options)

        reader = QueryReader(self._get, self._settings, self._now)
        return reader.read(resource, selection, representation, order, new_set, limit)
