# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on one machine: every rule as a row of a table, and what must never happen as properties."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import Machine, Policy, Waiver
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.rows import NOT_ON_MACHINES
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.verdict import (
    Attempt,
    Decision,
    Facts,
    RestorePoint,
    decide,
    flaws,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.waiving import waived

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
MACHINE = Machine("web01", max_age=DAY, needed_at=NOW)
UID = "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001"


def hours(number: float) -> dt.datetime:
    return NOW - number * HOUR


def attempt(age: float = 8, result: str | None = "Success", **changes: t.Any) -> Attempt:
    """An attempt of a backup job that started ``age`` hours ago, took half an hour and left a restore point."""
    start = hours(age)
    values: dict[str, t.Any] = {
        "start": start,
        "end": start + HOUR / 2,
        "result": result,
        "job_name": "Daily VMs",
        "job_type": "Backup",
        "point": RestorePoint(UID, start + MINUTE) if result in ("Success", "Warning") else None,
    }
    return Attempt(**{**values, **changes})


def copy(age: float = 2, **changes: t.Any) -> Attempt:
    return attempt(age, job_type="ImmediateBackupCopy", job_name="Offsite", **changes)


def at_work(age: float = 0.1, **changes: t.Any) -> Attempt:
    return attempt(age, None, end=None, running=True, **changes)


def verdict(
    *attempts: Attempt, machine: Machine = MACHINE, policy: dict[str, t.Any] | None = None, **facts: t.Any
) -> Decision:
    work = (*(one for one in attempts if one.running and one.job_type not in NOT_ON_MACHINES), *facts.pop("work", ()))
    whole = Policy(machines=(machine,), now=NOW, **(policy or {}))
    return waived(decide(machine, Facts(attempts=attempts, work=work, **facts), whole), machine, whole)


def with_rules(**changes: t.Any) -> Machine:
    return dataclasses.replace(MACHINE, **changes)


OLD_POINT = RestorePoint(UID, hours(40))
TABLE: list[tuple[str, Decision, str, tuple[str, ...]]] = [
    ("good last night", verdict(attempt()), "ok", ()),
    ("good with a warning", verdict(attempt(result="Warning")), "ok", ()),
    ("exactly as old as allowed", verdict(attempt(24, point=RestorePoint(UID, hours(24)))), "ok", ()),
    ("a second too old", verdict(attempt(25, end=hours(20), point=RestorePoint(UID, hours(24) - MINUTE / 60))), "stale", ("age_over_limit",)),
    ("started too early, but its data is young enough", verdict(attempt(25, end=hours(20), point=RestorePoint(UID, hours(23)))), "ok", ()),
    ("ended late with old data", verdict(attempt(30, end=hours(1))), "stale", ("age_over_limit",)),
    (
        "a restore point that is younger than the end of the attempt proves nothing about the age",
        verdict(attempt(30, point=RestorePoint(UID, hours(2)))), "stale", ("age_over_limit",),
    ),
    ("last good backup two days old", verdict(attempt(40)), "stale", ("age_over_limit",)),
    ("failed last night, good before that", verdict(attempt(20), attempt(4, "Failed")), "ok", ("last_attempt_failed",)),
    ("failed, then good on retry", verdict(attempt(9, "Failed"), attempt(8)), "ok", ()),
    ("good in one job, failed earlier in another", verdict(attempt(9, "Failed", job_name="Other"), attempt(8)), "ok", ()),
    ("failed and nothing good in time", verdict(attempt(40), attempt(4, "Failed")), "failed", ("last_attempt_failed", "age_over_limit")),
    ("only failures", verdict(attempt(28, "Failed"), attempt(4, "Failed")), "failed", ("last_attempt_failed", "no_backup_found")),
    ("ended without a result", verdict(attempt(4, None)), "failed", ("last_attempt_failed", "no_backup_found")),
    ("a result nobody knows", verdict(attempt(4, "Partial")), "failed", ("last_attempt_failed", "no_backup_found")),
    (
        "a long attempt that failed ended after a short good one",
        verdict(attempt(10, "Failed", end=hours(2)), attempt(8)), "ok", ("last_attempt_failed",),
    ),
    ("restore point gone", verdict(attempt(point=None)), "stale", ("restore_point_missing",)),
    (
        "restore point gone, an older good one is too old",
        verdict(attempt(point=None), attempt(40)), "stale", ("restore_point_missing",),
    ),
    ("restore point gone, an older one is in time", verdict(attempt(4, point=None), attempt(20)), "ok", ("restore_point_missing",)),
    ("restore point gone, long ago", verdict(attempt(40, point=None)), "stale", ("age_over_limit", "restore_point_missing")),
    (
        "restore points not asked for",
        verdict(attempt(point=None), machine=with_rules(require_restore_point=False)), "ok", (),
    ),
    (
        "warning not accepted",
        verdict(attempt(result="Warning"), machine=with_rules(accept_warning=False)), "stale", ("warning_not_accepted",),
    ),
    (
        "warning not accepted, a clean one is in time",
        verdict(attempt(4, "Warning"), attempt(20), machine=with_rules(accept_warning=False)), "ok", ("warning_not_accepted",),
    ),
    (
        "failed after a warning that is not accepted",
        verdict(attempt(8, "Warning"), attempt(4, "Failed"), machine=with_rules(accept_warning=False)),
        "failed", ("last_attempt_failed", "warning_not_accepted"),
    ),
    ("never seen", verdict(), "unprotected", ("no_backup_found",)),
    ("never seen by an account that may not see it", verdict(is_visible=False), "unknown", ("not_visible",)),
    ("only copies", verdict(copy(), copy(30)), "unprotected", ("only_copy_found",)),
    ("only a replication", verdict(attempt(job_type="Replica")), "unprotected", ("only_copy_found",)),
    ("only copies, seen by an account that may not see all", verdict(copy(), is_visible=False), "unprotected", ("only_copy_found",)),
    ("only snapshots on the array", verdict(attempt(job_type="StorageSnapshot")), "unprotected", ("only_snapshot_found",)),
    ("snapshots and copies", verdict(attempt(job_type="StorageSnapshot"), copy()), "unprotected", ("only_copy_found", "only_snapshot_found")),
    ("a fresh copy beside an old backup", verdict(copy(), attempt(40)), "stale", ("age_over_limit",)),
    ("a failed copy beside a good backup", verdict(copy(result="Failed"), attempt()), "ok", ()),
    (
        "copies asked for",
        verdict(copy(), machine=with_rules(job_types=frozenset({"ImmediateBackupCopy"}))), "ok", (),
    ),
    ("a backup of a type that does not count", verdict(attempt(job_type="NasBackup")), "unprotected", ("type_not_counted",)),
    ("an old restore point, no session", verdict(newest_point=OLD_POINT), "stale", ("point_without_task",)),
    ("a restore point and copies", verdict(copy(), newest_point=OLD_POINT), "unprotected", ("only_copy_found",)),
    ("running", verdict(attempt(), at_work()), "running", ("backup_running",)),
    ("running for the first time", verdict(at_work()), "running", ("backup_running",)),
    ("a running job of a type that does not count", verdict(attempt(), at_work(job_type="NewKind")), "running", ("backup_running",)),
    ("a replication is running", verdict(attempt(), at_work(job_type="Replica")), "running", ("backup_running",)),
    ("a running task of an unreadable session", verdict(attempt(), at_work(job_type=None)), "running", ("backup_running",)),
    ("a running copy", verdict(attempt(), at_work(job_type="ImmediateBackupCopyWorker")), "ok", ()),
    ("a job that is not done", verdict(attempt(), work=(at_work(),)), "running", ("backup_running",)),
    ("a copy asked for is running", verdict(
        at_work(job_type="BackupCopy"), machine=with_rules(job_types=frozenset({"BackupCopy"}))),
        "unprotected", ("no_backup_found",)),
    ("a restore is running", verdict(attempt(), work=(at_work(kind="restore"),)), "running", ("restore_running",)),
    ("work that never ends", verdict(attempt(), work=(at_work(state="endless"),)), "ok", ("endless_work",)),
    ("work whose end was lost", verdict(attempt(), work=(at_work(state="lost"),)), "ok", ("session_without_end",)),
    ("a job session that failed as a whole", verdict(attempt(session_failure="health check")), "ok", ("job_session_failed",)),
    ("repositories can't be read", verdict(attempt(), repositories_known=False), "unknown", ("repository_unreadable",)),
    ("repositories don't matter to agents", verdict(attempt(job_type="AgentBackup"), repositories_known=False), "ok", ()),
    ("incomplete answer", verdict(attempt(), truncated=True), "unknown", ("answer_truncated",)),
    ("type of the job unreadable", verdict(attempt(job_type=None)), "unknown", ("session_unreadable",)),
    ("type of an older job unreadable", verdict(attempt(), attempt(30, job_type=None)), "ok", ()),
    ("type of a newer failed job unreadable", verdict(attempt(40), attempt(2, "Failed", job_type=None)), "unknown", ("session_unreadable",)),
    ("type of an old job unreadable", verdict(attempt(40), attempt(41, job_type=None)), "stale", ("age_over_limit",)),
    (
        "type of the job with the only good backup unreadable, another failed since",
        verdict(attempt(8, job_type=None), attempt(4, "Failed")), "unknown", ("session_unreadable",),
    ),
    ("a backup from the future", verdict(attempt(-1)), "unknown", ("in_future",)),
    ("clocks differ by minutes", verdict(attempt(-0.05, end=None)), "ok", ()),
    ("a running job from the future", verdict(attempt(), work=(at_work(-1),)), "unknown", ("in_future",)),
    ("data from the future", verdict(attempt(), data_as_of=hours(-1)), "unknown", ("in_future",)),
    (
        "the backup server's clock is wrong",
        verdict(attempt(), newest_seen=hours(-1)), "unknown", ("in_future",),
    ),
    (
        "a moment in the past: only later backups",
        verdict(attempt(8), machine=with_rules(needed_at=hours(12))), "stale", ("newer_than_needed",),
    ),
    (
        "a moment in the past: one before, one after",
        verdict(attempt(8), attempt(20), machine=with_rules(needed_at=hours(12))), "ok", ("newer_than_needed",),
    ),
    ("too old tomorrow", verdict(attempt(8), machine=with_rules(needed_at=hours(-20))), "stale", ("age_over_limit",)),
    ("good until tomorrow", verdict(attempt(8), machine=with_rules(needed_at=hours(-15))), "ok", ()),
    ("data of unknown age is only reported", verdict(attempt(), data_as_of=None), "ok", ()),
    ("data too old", verdict(attempt(), data_age="old"), "unknown", ("em_data_stale",)),
    ("nothing proves that the data is fresh", verdict(attempt(), data_age="unknown"), "ok", ("data_age_unknown",)),
    (
        "nothing proves that the data is fresh, and somebody asked for it",
        verdict(attempt(), data_age="unknown", policy={"data_age_on_purpose": True}), "unknown", ("data_age_unknown",),
    ),
    (
        "several reasons at once",
        verdict(truncated=True, is_visible=False, data_age="old"), "unknown", ("not_visible", "answer_truncated", "em_data_stale"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("decision", "expected", "reasons"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(decision: Decision, expected: str, reasons: tuple[str, ...]) -> None:
    assert (decision.verdict, decision.reasons) == (expected, reasons)
    assert decision.underlying == expected


def test_the_table_reaches_every_verdict_and_reason() -> None:
    assert {row[2] for row in TABLE} | {codes.WAIVED} == set(codes.VERDICTS)
    # Which machine is meant is decided elsewhere.
    others = {
        codes.AMBIGUOUS_NAME,
        codes.CLAIMED_TWICE,
        codes.MACHINE_RENAMED,
        codes.MACHINE_GONE,
        codes.REFERENCE_NOT_FOUND,
    }
    others |= {codes.NAMESAKE_NOT_COUNTED, codes.LOOKUP_UNANSWERED}
    assert {reason for row in TABLE for reason in row[3]} == set(codes.REASONS) - others


def test_last_good_and_last_try_are_the_newest() -> None:
    attempts = (attempt(30), attempt(8), attempt(20), attempt(4, "Failed"), attempt(6, "Failed"), copy(1))
    decision = verdict(*attempts)
    assert decision.last_good is attempts[1]
    assert decision.last_attempt is attempts[3]


def test_what_runs_is_told_with_any_verdict_above_it() -> None:
    decision = verdict(at_work(), at_work(job_type="BackupCopy"), truncated=True)
    assert [one.job_type for one in decision.running] == ["Backup"]


def waiver(reason: str, **changes: t.Any) -> Waiver:
    return dataclasses.replace(Waiver("web01", reason, NOW + DAY), **changes)


@pytest.mark.parametrize(
    ("attempts", "waivers", "expected"),
    [
        ((attempt(40),), [waiver("age_over_limit")], "waived"),
        ((attempt(40),), [], "stale"),
        ((attempt(40),), [waiver("last_attempt_failed")], "stale"),
        ((attempt(40),), [waiver("age_over_limit", machine="web02")], "stale"),
        ((attempt(40),), [waiver("age_over_limit", machine="WEB01")], "stale"),
        ((attempt(40),), [waiver("age_over_limit", until=NOW)], "stale"),
        ((attempt(40),), [waiver("age_over_limit", until=NOW - DAY), waiver("age_over_limit")], "waived"),
        ((attempt(40), attempt(4, "Failed")), [waiver("last_attempt_failed")], "failed"),
        ((attempt(40), attempt(4, "Failed")), [waiver("age_over_limit")], "failed"),
        ((attempt(40), attempt(4, "Failed")), [waiver("last_attempt_failed"), waiver("age_over_limit")], "waived"),
        ((attempt(point=None),), [waiver("restore_point_missing")], "waived"),
        ((), [waiver("no_backup_found")], "waived"),
        ((copy(),), [waiver("only_copy_found")], "waived"),
        ((attempt(40), at_work()), [waiver("age_over_limit")], "running"),
        ((attempt(20), attempt(4, "Failed")), [waiver("last_attempt_failed")], "ok"),
    ],
)
def test_waivers(attempts: tuple[Attempt, ...], waivers: list[Waiver], expected: str) -> None:
    decision = verdict(*attempts, policy={"waivers": tuple(waivers)})
    assert decision.verdict == expected
    if expected == "waived":
        assert decision.underlying in ("stale", "failed", "unprotected")
        assert {one.reason_code for one in decision.waivers} == set(decision.blocking)
        assert all(one.until > NOW for one in decision.waivers)
    else:
        assert decision.waivers == ()


def test_a_waiver_must_hold_at_the_moment_that_counts() -> None:
    machine = with_rules(needed_at=NOW + 2 * DAY)
    assert verdict(attempt(), machine=machine, policy={"waivers": (waiver("age_over_limit"),)}).verdict == "stale"
    later = waiver("age_over_limit", until=NOW + 3 * DAY)
    assert verdict(attempt(), machine=machine, policy={"waivers": (later,)}).verdict == "waived"


def test_a_waiver_never_covers_the_unknown() -> None:
    everything = tuple(waiver(code) for code in codes.REASONS)
    for row in TABLE:
        if row[2] in ("unknown", "running"):
            assert not set(row[3]) & set(codes.WAIVABLE) - {"restore_running"}
    assert verdict(is_visible=False, policy={"waivers": everything}).verdict == "unknown"


AGES = st.floats(min_value=0.5, max_value=100, allow_nan=False)
RESULTS = st.sampled_from(["Success", "Warning", "Failed", None, "Partial"])
TYPES = st.sampled_from(
    ["Backup", "AgentManagement", "BackupCopy", "ImmediateBackupCopyWorker", "Replica", "NasBackup", None]
)


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    age = draw(AGES)
    if draw(st.integers(0, 9)) == 0:
        return at_work(age, job_type=draw(TYPES))
    made = attempt(age, draw(RESULTS), job_type=draw(TYPES))
    if draw(st.booleans()):
        made = dataclasses.replace(made, point=None)
    return made


MACHINES = st.builds(
    Machine,
    name=st.just("web01"),
    max_age=st.sampled_from([HOUR, DAY, 3 * DAY]),
    needed_at=st.sampled_from([NOW, NOW + DAY, NOW - 12 * HOUR]),
    accept_warning=st.booleans(),
    require_restore_point=st.booleans(),
)
MANY = st.lists(attempts(), max_size=6).map(tuple)


@given(MANY, MACHINES)
def test_ok_needs_a_good_backup(some: tuple[Attempt, ...], machine: Machine) -> None:
    decision = verdict(*some, machine=machine)
    if decision.verdict != "ok":
        return
    good = decision.last_good
    assert good is not None
    assert good in some
    assert not good.running
    assert good.result in (("Success", "Warning") if machine.accept_warning else ("Success",))
    assert good.job_type in machine.job_types
    assert good.point is not None or not machine.require_restore_point
    assert machine.needed_at - machine.max_age <= good.data_time <= machine.needed_at + codes.CLOCK_TOLERANCE
    assert not any(one.running and one.job_type not in codes.COPY_TYPES for one in some)


@given(MANY, MACHINES, AGES, RESULTS, st.sampled_from(sorted(codes.SECOND_HAND_TYPES)))
def test_a_copy_never_makes_anything_ok(
    some: tuple[Attempt, ...], machine: Machine, age: float, result: str | None, kind: str
) -> None:
    before = verdict(*some, machine=machine).verdict
    after = verdict(*some, attempt(age, result, job_type=kind), machine=machine).verdict
    assert (after == "ok") == (before == "ok")


@given(MANY, MACHINES, st.floats(min_value=0, max_value=100))
def test_an_older_backup_never_makes_anything_ok(some: tuple[Attempt, ...], machine: Machine, more: float) -> None:
    machine = dataclasses.replace(machine, needed_at=max(machine.needed_at, NOW))
    decision = verdict(*some, machine=machine)
    good = decision.last_good
    if good is None or decision.verdict == "ok":
        return
    older = dataclasses.replace(
        good,
        start=good.start - more * HOUR,
        end=good.end - more * HOUR if good.end else None,
        point=RestorePoint(UID, good.point.time - more * HOUR) if good.point else None,
    )
    changed = tuple(older if one is good else one for one in some)
    assert verdict(*changed, machine=machine).verdict != "ok"


@given(MANY, MACHINES)
def test_a_failure_never_makes_anything_ok(some: tuple[Attempt, ...], machine: Machine) -> None:
    before = verdict(*some, machine=machine).verdict
    after = verdict(*some, attempt(0.6, "Failed"), machine=machine).verdict
    assert before == "ok" or after != "ok"


@given(MANY, MACHINES)
def test_stricter_rules_never_make_anything_ok(some: tuple[Attempt, ...], machine: Machine) -> None:
    before = verdict(*some, machine=machine).verdict
    stricter = dataclasses.replace(
        machine, max_age=machine.max_age / 2, accept_warning=False, require_restore_point=True
    )
    assert before == "ok" or verdict(*some, machine=stricter).verdict != "ok"


@given(MANY, MACHINES)
def test_the_order_of_the_tries_does_not_matter(some: tuple[Attempt, ...], machine: Machine) -> None:
    one, other = verdict(*some, machine=machine), verdict(*reversed(some), machine=machine)
    assert (one.verdict, one.reasons) == (other.verdict, other.reasons)


def test_of_two_backups_of_one_age_the_same_one_is_chosen_in_any_order() -> None:
    no_point = attempt(40, point=None, task_session_uid="a")
    with_warning = attempt(40, "Warning", point=OLD_POINT, task_session_uid="b")
    for pair in ((no_point, with_warning), (with_warning, no_point)):
        found = verdict(*pair, machine=with_rules(accept_warning=False))
        assert set(found.reasons) == {"age_over_limit", "warning_not_accepted"}


@given(MANY, MACHINES)
def test_every_no_has_a_reason(some: tuple[Attempt, ...], machine: Machine) -> None:
    decision = verdict(*some, machine=machine)
    assert bool(decision.blocking) == (decision.verdict != "ok")
    assert set(decision.reasons) <= set(codes.REASONS)
    assert len(set(decision.reasons)) == len(decision.reasons)


def test_flaws_are_none_for_a_good_try() -> None:
    assert flaws(MACHINE, attempt()) == []
