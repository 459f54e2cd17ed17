# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklist and what single checks make of an answer."""

from __future__ import annotations

import datetime as dt
import types
import typing as t
from email.utils import format_datetime

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.check import (
    Check,
    Status,
    headline,
    worst_first,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.recorder import Answer
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.server import check_clock
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.visitor import Seen
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import UTC, to_iso

NOW = dt.datetime(2026, 1, 6, 6, 0, 0, tzinfo=UTC)


def test_the_worst_comes_first_and_the_rest_keeps_its_order() -> None:
    checks = [
        Check("a", Status.OK, "fine"),
        Check("b", Status.WARNING, "so-so", "do this"),
        Check("c", Status.FAILED, "bad"),
        Check("d", Status.OK, "fine too"),
    ]
    assert [check.name for check in worst_first(checks)] == ["c", "b", "a", "d"]
    assert headline(checks) == "2 of 4 checks are ok, 1 failed, 1 warning."
    assert checks[1].line == "WARNING  b                  so-so. -> do this."


def clock(skew: dt.timedelta | None, newest: dt.timedelta | None = None) -> Check:
    date = {} if skew is None else {"date": format_datetime(NOW + skew, usegmt=True)}
    answer = Answer("GET", "/api/query", 200, date)
    rows = [] if newest is None else [{"CreationTimeUTC": to_iso(NOW + newest)}]
    visitor: t.Any = types.SimpleNamespace(now=NOW, last=answer)
    return check_clock(visitor, Seen(rows, {}, answer))


@pytest.mark.parametrize(
    ("skew", "newest", "status", "words"),
    [
        (dt.timedelta(seconds=3), None, Status.OK, "agrees"),
        (dt.timedelta(minutes=2), None, Status.WARNING, "2m ahead of this machine's"),
        (dt.timedelta(minutes=-2), None, Status.WARNING, "2m behind this machine's"),
        (dt.timedelta(minutes=6), None, Status.FAILED, "6m ahead of"),
        (dt.timedelta(hours=-1, minutes=-30), None, Status.FAILED, "1h 30m behind"),
        (dt.timedelta(0), dt.timedelta(hours=1), Status.FAILED, "reports a backup at 2026-01-06T07:00:00Z, which is in the future"),
        (dt.timedelta(0), dt.timedelta(minutes=4), Status.OK, "agrees"),
        (None, None, Status.SKIPPED, "carry no date"),
    ],
)  # fmt: skip
def test_clocks(skew: dt.timedelta | None, newest: dt.timedelta | None, status: Status, words: str) -> None:
    check = clock(skew, newest)
    assert check.status is status
    assert words in check.message
    assert ("check the clocks" in check.advice) is (status in (Status.WARNING, Status.FAILED))
