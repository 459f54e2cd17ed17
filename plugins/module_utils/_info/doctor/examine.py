# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All checks in their order, as far as each lets the next begin. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ..._client.client import EnterpriseManagerClient
from ..._client.settings import ConnectionSettings
from ..._client.transport import RequestsTransport
from ..._errors import (
    AuthenticationFailed,
    CheckFailed,
    ConnectionFailed,
    EmError,
    NotEnterpriseManager,
    ProtocolError,
    ServerBusy,
    SessionExpired,
    TimedOut,
    TlsFailed,
)
from ..._times import UTC
from . import behaviour, network, server
from .bundle import make_bundle
from .check import Check, Status, failed, headline, summary, worst_first
from .recorder import Recorder
from .rights import REFUSALS, check_rights
from .visitor import Seen, Visitor

_CAUSES = {TlsFailed: "tls", ConnectionFailed: "port", TimedOut: "port"}
_HOPELESS = (
    ConnectionFailed,
    TlsFailed,
    TimedOut,
    AuthenticationFailed,
    CheckFailed,
    SessionExpired,
    NotEnterpriseManager,
    ServerBusy,
)
"""After these the next request would end in the same way."""
_NEWEST = 100
T = t.TypeVar("T")


def _cause(error: EmError) -> str:
    """The check that an error belongs to which ended the examination."""
    return _CAUSES.get(type(error)) or ("logon" if error.method == "POST" else "server")


class Doctor:
    """What the module hands to its frame: a transport that remembers, and the examination of what it remembers."""

    def transport(self, settings: ConnectionSettings) -> Recorder:
        self._settings = settings
        self._recorder = Recorder(RequestsTransport(settings))
        return self._recorder

    def examine(self, client: EnterpriseManagerClient, params: dict[str, t.Any]) -> dict[str, t.Any]:
        now = dt.datetime.now(UTC)
        return Examination(client, self._settings, self._recorder, now).run(params["bundle"])


class Examination:
    """One run of all checks."""

    def __init__(
        self, client: EnterpriseManagerClient, settings: ConnectionSettings, recorder: Recorder, now: dt.datetime
    ) -> None:
        self._client = client
        self._settings = settings
        self._recorder = recorder
        self._now = now
        self._visitor = Visitor(client, recorder, now)
        self._checks: list[Check] = []

    def run(self, bundle: bool) -> dict[str, t.Any]:
        """The result of the module; with ``failure`` when a check has failed."""
        self._look_around()
        try:
            self._talk()
        except EmError as error:
            self._take(failed(_cause(error), error))
        checks = worst_first(self._checks)
        result: dict[str, t.Any] = {
            "ok": not any(check.status is Status.FAILED for check in checks),
            "checks": [check.to_result() for check in checks],
            "checklist": [check.line for check in checks],
            "summary": summary(checks),
            "questions": sorted(self._visitor.questions, key=lambda each: t.cast(int, each["number"])),
            "msg": headline(checks),
        }
        if bundle:
            result["bundle"] = make_bundle(self._recorder.answers)
        if not result["ok"]:
            result["failure"] = self._failure(checks)
        return result

    def _failure(self, checks: t.Sequence[Check]) -> EmError:
        """Of the failed checks the first that was an error, else one that says what the check says."""
        bad = [check for check in checks if check.status is Status.FAILED]
        errors = [check.error for check in bad if check.error is not None]
        return errors[0] if errors else CheckFailed(bad[0].message, hint=bad[0].advice or None)

    def _take(self, *checks: Check) -> None:
        """An error takes the place of what was said under its name before it was tried, and keeps what was found then."""
        for check in checks:
            earlier = [one for one in self._checks if one.name == check.name and one.error is None]
            if check.error is not None and earlier:
                self._checks = [one for one in self._checks if one not in earlier]
                check = dataclasses.replace(check, details={**earlier[0].details, **check.details})
            self._checks.append(check)

    def _look_around(self) -> None:
        proxy, seen = self._recorder.look()
        name = network.resolve(self._settings, proxy)
        self._take(name)
        if name.status is Status.FAILED:
            return
        port = network.reach(self._settings, proxy)
        self._take(port)
        self._take(network.in_between(proxy))
        if port.status is not Status.FAILED:
            self._take(network.certificate(self._settings, seen, self._now))

    def _talk(self) -> None:
        if any(check.name in ("name", "port") and check.status is Status.FAILED for check in self._checks):
            # A second look through the client's eyes would take its retries' time and say the same.
            return
        root = self._try("version", lambda: self._visitor.document(""))
        self._take(Check("logon", Status.OK, f"{self._settings.username} has logged on, and is logged off at the end"))
        if root:
            self._take(server.check_versions(self._visitor, root))
        self._take(*check_rights(self._client))
        tasks = self._newest("BackupTaskSession")
        sessions = self._newest("BackupJobSession")
        self._take(server.check_clock(self._visitor, tasks))
        visitor = self._visitor
        self._each("backup_servers", lambda: [server.check_backup_servers(visitor)])
        self._each("data_age", lambda: [server.check_data_age(visitor)])
        self._each("paging", lambda: [behaviour.check_paging(visitor)])
        self._each("lookup", lambda: behaviour.check_lookup(visitor, tasks))
        self._each("filter_case", lambda: behaviour.check_filters(visitor, tasks))
        self._quietly(lambda: behaviour.ask_questions(self._visitor, sessions, tasks))
        self._quietly(lambda: behaviour.count_sessions(self._visitor))

    def _each(self, name: str, checks: t.Callable[[], list[Check]]) -> None:
        self._take(*(self._try(name, checks) or []))

    def _newest(self, kind: str) -> Seen | None:
        try:
            return self._visitor.query(kind, _NEWEST, sort=("sortDesc", "CreationTime"))
        except REFUSALS:
            return None

    def _try(self, name: str, check: t.Callable[[], T]) -> T | None:
        """What the check says; an error that concerns only this one becomes its finding."""
        try:
            return check()
        except _HOPELESS:
            raise
        except (*REFUSALS, ProtocolError) as error:
            if error.method == "POST":
                # The logon itself: whatever comes next would try it again.
                raise
            if not any(one.error is not None and one.error.kind == error.kind for one in self._checks):
                self._take(failed(name, error))
        return None

    @staticmethod
    def _quietly(ask: t.Callable[[], None]) -> None:
        """Questions that a server does not want to answer stay open."""
        try:
            ask()
        except _HOPELESS:
            raise
        except (*REFUSALS, ProtocolError):
            return
