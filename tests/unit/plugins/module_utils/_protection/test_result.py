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
    warnings_of,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.verdict import Attempt, RestorePoint

from .assessed import assessment

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
    machine = Machine(**{"name": "web01", "max_age": DAY, "needed_at": NOW, "max_age_text": "24h", **(rules or {})})
    whole = Policy(machines=(machine,), now=NOW, **(policy or {}))
    return t.cast("str", machine_result(assessment(machine, whole, *attempts, **facts), whole)["message"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (message(attempt()), "8h old backup by Daily (vbr01)."),
        (message(attempt(backup_server_name=None)), "8h old backup by Daily."),
        (message(attempt(-0.05, end=NOW)), "0m old backup by Daily (vbr01)."),
        (
            message(attempt(20), attempt(4, "Failed", reason="Disk  full.\nSee log.")),
            "20h old backup by Daily (vbr01); the last attempt by Daily (vbr01) at 2026-01-06T02:00:00Z failed: Disk full. See log.",
        ),
        (message(attempt(50)), "The last good backup is 2d 2h old, more than 24h."),
        (
            message(attempt(50, point=False)),
            "All existing backups are older than 24h; the restore point of a backup does not exist.",
        ),
        (
            message(attempt(4, "Failed", job_name=None)),
            "The last attempt by an unknown job (vbr01) at 2026-01-06T02:00:00Z failed; no successful backup was found.",
        ),
        (
            message(attempt(result="Warning"), rules={"accept_warning": False}),
            "A backup ended with a warning, which is not accepted.",
        ),
        (
            message(attempt(2), rules={"needed_at": NOW - DAY / 4}),
            "The backup is newer than needed_at.",
        ),
        (
            message(attempt(job_type="BackupCopy")),
            "Only copies or replicas were found (BackupCopy; the last by Daily (vbr01) at 2026-01-05T22:00:00Z).",
        ),
        (message(), "No backup was found."),
        (
            message(is_visible=False),
            "Nothing was found, and this account may not see everything (Portal Administrator does).",
        ),
        (
            message(attempt(result=None, end=None, running=True)),
            "The job Daily (vbr01) is running and has not finished its machines.",
        ),
        (
            message(data_as_of=NOW - 2 * HOUR, data_age="old"),
            "Enterprise Manager has collected no new data since 2026-01-06T04:00:00Z; start a collection under Configuration, Backup Servers,"
            " or by the API.",
        ),
        (
            message(data_age="unknown", policy={"data_age_on_purpose": True}),
            "Nothing proves that Enterprise Manager's data of its backup server is recent; start a data collection.",
        ),
        (
            message(truncated=True),
            "Incomplete answer: more rows than max_rows allows; raise max_rows or ask for less.",
        ),
        (
            message(attempt(-2)),
            "Enterprise Manager reports events in the future (now is 2026-01-06T06:00:00Z); check the clocks.",
        ),
        (
            message(attempt(50), policy={"waivers": (Waiver("web01", "age_over_limit", NOW + DAY, "CHG 7."),)}),
            "Waived until 2026-01-07T06:00:00Z (CHG 7); the last good backup is 2d 2h old, more than 24h.",
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
    assert f": {'x' * 157}...; no successful backup was found." in text
    assert text.isascii()


def test_headlines() -> None:
    assert headline([("a", "ok"), ("b", "ok")]) == "2 of 2 machines meet the policy."
    assert headline([("a", "ok")]) == "1 of 1 machine meets the policy."
    assert headline([("a", "ok"), ("b", "stale")]) == "1 of 2 machines meets the policy; not OK: b (stale)."
    assert headline([("a", "stale"), ("b", "stale")]).startswith("0 of 2 machines meet the policy")
    assert headline([("a", "ok"), ("b", "waived"), ("c", "failed"), ("d", "unknown")]) == (
        "2 of 4 machines meet the policy, 1 of them by a waiver; not OK: c (failed), d (unknown)."
    )
    many = headline([(f"m{number}", "stale") for number in range(12)])
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
