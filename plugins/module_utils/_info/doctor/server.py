# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server itself: versions, clocks, how old its data is. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t
from email.utils import parsedate_to_datetime

from ..._errors import ProtocolError
from ..._records.nodes import Node, pick, rows_of, snake_case
from ..._times import UTC, iso_or_none, to_iso
from .check import Check, Status
from .rights import REFUSALS
from .visitor import Seen, Visitor, text_of, time_of

CLOCK_TOLERANCE = dt.timedelta(minutes=5)
"""The same as that of verdicts."""
_SLIGHT = dt.timedelta(minutes=1)
_OLD_DATA = dt.timedelta(hours=1)
_STALE_DATA = dt.timedelta(hours=4)
_COLLECT = "in Enterprise Manager, start the collection of data from all backup servers, and check its schedule"


def check_versions(visitor: Visitor, root: Node) -> Check:
    """What the root document and the headers say of the server."""
    answer = visitor.last
    listed = [text_of(each, "name") for each in rows_of(pick(root, "supported_versions"))]
    keys = {key for key in root if not key.startswith("@")}
    xml = b"<" in answer.body.lstrip(b"\xef\xbb\xbf")[:1]
    casing = "XML" if xml else "camelCase" if any(key[:1].islower() for key in keys) else "PascalCase"
    visitor.learn(1, "How are keys written in JSON?", casing)
    visitor.learn(
        24, "Does Content-Type name a charset?", answer.headers.get("content-type", "there is no Content-Type")
    )
    visitor.learn(25, "Do bodies begin with a byte order mark?", _yes(answer.body.startswith(b"\xef\xbb\xbf")))
    visitor.learn(26, "Are answers compressed?", answer.headers.get("content-encoding", "no"))
    details = {"api_versions": listed, "server": answer.headers.get("server"), "keys": casing}
    return Check(
        "version", Status.OK, f"API versions {', '.join(listed) or 'unknown'}, answers in {casing}", details=details
    )


def check_backup_servers(visitor: Visitor) -> Check:
    """Their names and versions."""
    seen = visitor.query("BackupServer", 100)
    servers = {text_of(row, "name"): text_of(row, "version") for row in seen.rows}
    if not servers:
        return Check(
            "backup_servers",
            Status.WARNING,
            "Enterprise Manager shows no backup server",
            "add the backup servers to Enterprise Manager, or give the account a scope that has them",
        )
    listed = ", ".join(f"{name} ({version or 'unknown version'})" for name, version in sorted(servers.items()))
    return Check("backup_servers", Status.OK, listed, details={"backup_servers": servers})


def check_clock(visitor: Visitor, newest: Seen | None) -> Check:
    """The server's clock, by its Date header, and times in its data, against the clock of this machine."""
    try:
        server = parsedate_to_datetime(visitor.last.headers.get("date", ""))
    except (TypeError, ValueError):
        server = None
    if server is not None and server.tzinfo is None:
        server = server.replace(tzinfo=UTC)
    skew = server - visitor.now if server else dt.timedelta(0)
    latest = max(filter(None, (time_of(row) for row in newest.rows)), default=None) if newest else None
    details = {
        "server_time": iso_or_none(server),
        "skew_seconds": round(skew.total_seconds()) if server else None,
        "newest_row": iso_or_none(latest),
    }
    repair = "check the clocks of this machine, of Enterprise Manager and of the backup servers"
    if abs(skew) > CLOCK_TOLERANCE:
        return Check("clock", Status.FAILED, f"the server's clock is {_apart(skew)} this machine's", repair, details)
    if latest is not None and latest - visitor.now > CLOCK_TOLERANCE:
        what = f"Enterprise Manager reports a backup at {to_iso(latest)}, which is in the future"
        return Check("clock", Status.FAILED, what, repair, details)
    if abs(skew) > _SLIGHT:
        return Check("clock", Status.WARNING, f"the server's clock is {_apart(skew)} this machine's", repair, details)
    if server is None:
        return Check("clock", Status.SKIPPED, "the server's answers carry no date", details=details)
    return Check("clock", Status.OK, "the server's clock agrees with this machine's", details=details)


def check_data_age(visitor: Visitor) -> Check:
    """When Enterprise Manager collected its data last."""
    try:
        found = rows_of(visitor.document("systemSessions", [("format", "Entity")]))
    except (*REFUSALS, ProtocolError) as error:
        return Check(
            "data_age",
            Status.WARNING,
            f"the log of collections can't be read (HTTP {error.status}), so the age of the data is unknown",
            "servers before version 10 have no such log; otherwise give the account the role Portal User",
        )
    ended = [
        moment
        for row in found
        if text_of(row, "session_type") == "CollectJob" and text_of(row, "state").startswith("Completed")
        for moment in [time_of(row, "end_time")]
        if moment is not None
    ]
    if not ended:
        return Check("data_age", Status.WARNING, "no collection of data has ended in the last 30 days", _COLLECT)
    last = max(ended)
    age = visitor.now - last
    details = {"collected_at": to_iso(last), "age_seconds": round(age.total_seconds())}
    text = f"the data was collected at {to_iso(last)}, {_span(age)} ago"
    if age > _STALE_DATA:
        return Check("data_age", Status.FAILED, f"{text}; verify_backups refuses data older than 4h", _COLLECT, details)
    return Check(
        "data_age", Status.WARNING if age > _OLD_DATA else Status.OK, text, _COLLECT if age > _OLD_DATA else "", details
    )


def elements(rows: t.Iterable[Node], name: str) -> list[str]:
    """The different words that rows have for an element."""
    return sorted({text_of(row, name) for row in rows} - {""})


def keys_of(rows: t.Iterable[Node]) -> list[str]:
    return sorted({snake_case(key) for row in rows for key in row})


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _apart(skew: dt.timedelta) -> str:
    return f"{_span(abs(skew))} {'ahead of' if skew > dt.timedelta(0) else 'behind'}"


def _span(span: dt.timedelta) -> str:
    seconds = max(round(span.total_seconds()), 0)
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    filled = [f"{number}{unit}" for number, unit in parts if number]
    return " ".join(filled[:2]) or "0s"
