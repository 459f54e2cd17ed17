# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read: sentences, headlines, warnings."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import Machine, Policy, Waiver
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.result import (
    headline,
    machine_result,
    span,
    warnings_of,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.verdict import (
    Attempt,
    Facts,
    RestorePoint,
    decide,
)

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def attempt(age: float = 8, result: str | None = "Success", point: bool = True, **changes: t.Any) -> Attempt:
    start = NOW - age * HOUR
    values: dict[str, t.Any] = {
        "start": start, "end": start + HOUR / 4, "result": result, "job_name": "Daily", "job_type": "Backup",
        "backup_server_name": "vbr01", "point": RestorePoint("urn:point", start) if point and result != "Failed" else None,
    }  # fmt: skip
    return Attempt(**{**values, **changes})


def message(
    *attempts: Attempt, rules: dict[str, t.Any] | None = None, policy: dict[str, t.Any] | None = None, **facts: t.Any
) -> str:
    machine = Machine(**{"name": "web01", "max_age": DAY, "needed_at": NOW, **(rules or {})})
    known = Facts(attempts=attempts, **{"visible": True, **facts})
    whole = Policy(machines=(machine,), now=NOW, **(policy or {}))
    return t.cast("str", machine_result(machine, known, decide(machine, known, whole), whole)["message"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (message(attempt()), "8 h old backup by Daily (vbr01)."),
        (message(attempt(backup_server_name=None)), "8 h old backup by Daily."),
        (message(attempt(-0.05, end=NOW)), "0 min old backup by Daily (vbr01)."),
        (
            message(attempt(20), attempt(4, "Failed", reason="Disk  full.\nSee log.")),
            "20 h old backup by Daily (vbr01); the last attempt by Daily (vbr01) at 2026-01-06T02:00:00Z failed: Disk full. See log.",
        ),
        (message(attempt(50)), "The last good backup is 2 d 2 h old, more than 1 d."),
        (
            message(attempt(50, point=False)),
            "What there is is older than 1 d; the restore point of a backup does not exist.",
        ),
        (
            message(attempt(4, "Failed", job_name=None)),
            "The last attempt by an unknown job (vbr01) at 2026-01-06T02:00:00Z failed; no backup was found.",
        ),
        (
            message(attempt(result="Warning"), rules={"accept_warning": False}),
            "A backup ended with a warning, which is not accepted.",
        ),
        (
            message(attempt(2), rules={"needed_at": NOW - DAY / 4}),
            "A backup is younger than the moment it is needed at.",
        ),
        (message(attempt(job_type="BackupCopy")), "Only copies were found, no backup."),
        (message(), "No backup was found."),
        (
            message(visible=False),
            "Nothing is known about it, and this account may not see everything (Portal Administrator does).",
        ),
        (message(attempt(result=None, end=None, running=True)), "Daily (vbr01) is at work on it."),
        (message(namesakes=("one", "two")), "It could be one or two, so give its vm_uid or its backup_server_name."),
        (
            message(data_as_of=NOW - 2 * HOUR, policy={"max_data_age": HOUR}),
            "Enterprise Manager collected no new data since 2026-01-06T04:00:00Z.",
        ),
        (message(policy={"max_data_age": HOUR}), "Enterprise Manager collected no new data in the last 30 days."),
        (
            message(data_proven=False, policy={"max_data_age": HOUR}),
            "This account can't see when Enterprise Manager collected its data, and nothing proves that it is recent.",
        ),
        (
            message(truncated=True),
            "Not everything that concerns it could be read from Enterprise Manager, so raise max_rows or ask for less.",
        ),
        (
            message(attempt(-2)),
            "Something happened later than now (2026-01-06T06:00:00Z), so a clock is wrong and no age can be trusted.",
        ),
        (
            message(attempt(50), policy={"waivers": (Waiver("web01", "age_over_limit", NOW + DAY, "CHG 7."),)}),
            "Waived until 2026-01-07T06:00:00Z (CHG 7); the last good backup is 2 d 2 h old, more than 1 d.",
        ),
        (
            message(policy={"waivers": (Waiver("web01", "no_backup_found", NOW + DAY),)}),
            "Waived until 2026-01-07T06:00:00Z; no backup was found.",
        ),
    ],
)
def test_messages(text: str, expected: str) -> None:
    assert text == expected


def test_long_reasons_are_shortened() -> None:
    text = message(attempt(4, "Failed", reason="x" * 5000))
    assert "x" * 150 in text
    assert "…" in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 min"),
        (59, "0 min"),
        (60, "1 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86400, "1 d"),
        (90000, "1 d 1 h"),
        (86460, "1 d"),
    ],
)
def test_spans(seconds: int, text: str) -> None:
    assert span(dt.timedelta(seconds=seconds)) == text


def test_headlines() -> None:
    assert headline({"a": "ok", "b": "ok"}) == "2 of 2 machines are protected as asked."
    assert headline({"a": "ok", "b": "waived", "c": "failed", "d": "unknown"}) == (
        "2 of 4 machines are protected as asked, 1 of them by a waiver; not protected: c (failed), d (unknown)."
    )
    many = headline({f"m{number}": "stale" for number in range(12)})
    assert many.endswith("m9 (stale) and 2 more.")
    assert "m10" not in many


def warnings(data_as_of: str | None, *whys: str, **policy: t.Any) -> list[str]:
    unused = [{"machine": f"m{number}", "reason_code": "age_over_limit", "why": why} for number, why in enumerate(whys)]
    return warnings_of({"unused_waivers": unused, "data_as_of": data_as_of}, Policy(machines=(), now=NOW, **policy))


def test_warnings() -> None:
    assert warnings(None, "not_needed") == []
    assert warnings("2026-01-06T04:00:00Z") == []
    assert warnings("2026-01-06T03:59:59Z", max_data_age=DAY) == []
    [old] = warnings("2026-01-06T03:59:59Z")
    assert "2026-01-06T03:59:59Z" in old
    assert "max_data_age" in old
    assert warnings(None, "expired", "not_asked", "expired") == [
        "Waivers for machines that were not asked for: m1 (age_over_limit).",
        "Waivers that have expired: m0 (age_over_limit), m2 (age_over_limit).",
    ]
