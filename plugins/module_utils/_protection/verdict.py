# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on one machine: a pure function of facts, policy and time (design section 3.4). Private to the collection.

The rules, in short. A backup is good when it has ended, its result is good, its job is of a counted type, its restore point
exists (if that is asked for) and its data is not older than the limit at the moment that counts. One good backup is enough,
whichever of the machine's jobs made it. Without one, the newest completed attempt of all counted jobs decides between ``failed`` and
``stale``. Whatever can't be known makes the verdict ``unknown``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import codes
from .policy import Machine, Policy, Waiver

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.timezone.utc)


@dataclasses.dataclass(frozen=True)
class RestorePoint:
    """A restore point that exists."""

    uid: str
    time: dt.datetime


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One attempt to back up the machine, from its task session and the job session around it; or other work on it.

    ``job_type`` is None when the job session can't be read; ``point`` is there only when the restore point still exists. A whole job
    session that runs has no ``task_session_uid``. ``kind`` is ``backup`` or ``restore``; ``state`` tells of work whether it is ``running``,
    ``endless`` by design, or ``lost`` its end. ``session_failure`` is what the server says of a job session that failed as a whole.
    """

    start: dt.datetime
    end: dt.datetime | None = None
    result: str | None = None
    reason: str | None = None
    running: bool = False
    job_name: str | None = None
    job_type: str | None = None
    backup_server_name: str | None = None
    task_session_uid: str | None = None
    job_session_uid: str | None = None
    point: RestorePoint | None = None
    vm_uid: str | None = None
    kind: str = "backup"
    state: str = "running"
    session_failure: str | None = None

    @property
    def data_time(self) -> dt.datetime:
        """The moment whose data it holds: that of the restore point, unless that is later than the attempt itself."""
        if self.point is None or (self.end is not None and self.point.time > self.end):
            return self.start
        return self.point.time

    @property
    def completed_at(self) -> dt.datetime:
        return self.end or self.start

    @property
    def is_success(self) -> bool:
        return self.result in codes.SUCCESSFUL


@dataclasses.dataclass(frozen=True)
class Facts:
    """What Enterprise Manager knows about one machine.

    ``work`` is what has no end yet: tasks, restores, and job sessions that are still to come to the machine or not done with the rest.
    ``newest_point`` is the newest restore point that no attempt tells about; ``data_age`` is ``known`` when the data is fresh enough or nobody asked,
    ``old``, or ``unknown``; ``newest_seen`` is the latest time at the machine's backup servers; ``truncated`` tells that rows which may concern
    the machine were not read; ``is_visible`` that the account would see if there was anything;
    ``is_missing`` that its hypervisor does not show it.
    """

    attempts: tuple[Attempt, ...] = ()
    work: tuple[Attempt, ...] = ()
    newest_point: RestorePoint | None = None
    vm_uid: str | None = None
    data_as_of: dt.datetime | None = None
    data_age: str = "known"
    newest_seen: dt.datetime | None = None
    repositories_known: bool = True
    truncated: bool = False
    is_visible: bool = True
    is_missing: bool = False

    @property
    def nothing_seen(self) -> bool:
        """Whether Enterprise Manager shows nothing that was done for the machine."""
        return not (self.attempts or self.work or self.newest_point)


@dataclasses.dataclass(frozen=True)
class Decision:
    """``blocking`` are the reasons for the verdict, ``notes`` what else is worth knowing."""

    verdict: str
    underlying: str
    blocking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    last_good: Attempt | None = None
    last_attempt: Attempt | None = None
    running: tuple[Attempt, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*self.blocking, *(code for code in self.notes if code not in self.blocking))


def decide(machine: Machine, facts: Facts, policy: Policy, *, restores_count: bool = True) -> Decision:
    """The verdict without waivers, first match wins: unknown, running, failed, stale, unprotected, ok."""
    counted = [attempt for attempt in facts.attempts if attempt.job_type in machine.job_types]
    completed = [attempt for attempt in counted if not attempt.running]
    successes = [attempt for attempt in completed if attempt.is_success]
    usable = [attempt for attempt in successes if not set(flaws(machine, attempt)) - {codes.AGE_OVER_LIMIT}]
    last_good = max(usable, key=_freshness, default=None)
    last_attempt = max(completed, key=_recency, default=None)
    is_good = last_good is not None and not flaws(machine, last_good)
    running = tuple(one for one in facts.work if one.state == "running" and (restores_count or one.kind != "restore"))
    notes = _notes(machine, facts, policy, successes, last_good if is_good else None, last_attempt)

    def verdict(underlying: str, blocking: t.Iterable[str]) -> Decision:
        return Decision(underlying, underlying, codes.in_order(blocking), notes, last_good, last_attempt, running)

    unknown = _unknown(machine, facts, policy, is_good, last_attempt)
    if unknown:
        return verdict(codes.UNKNOWN, unknown)
    if running:
        kinds = {"restore": codes.RESTORE_RUNNING, "backup": codes.BACKUP_RUNNING}
        return verdict(codes.RUNNING, {kinds[one.kind] for one in running})
    may_be_snapshots = not facts.repositories_known and codes.SNAPSHOT_TYPE not in machine.job_types
    if is_good:
        if may_be_snapshots and not _good_elsewhere(machine, usable):
            return verdict(codes.UNKNOWN, [codes.REPOSITORY_UNREADABLE])
        return verdict(codes.OK, [])
    blocking = _blocking(machine, facts, successes, bool(usable))
    if may_be_snapshots and any(one.job_type not in codes.AGENT_TYPES for one in successes):
        # Else a waiver for backups that are too old would cover a machine that has snapshots only.
        blocking.add(codes.REPOSITORY_UNREADABLE)
    if last_attempt is not None and not last_attempt.is_success:
        return verdict(codes.FAILED, [codes.LAST_ATTEMPT_FAILED, *blocking])
    return verdict(codes.STALE if successes or codes.POINT_WITHOUT_TASK in blocking else codes.UNPROTECTED, blocking)


def _recency(attempt: Attempt) -> tuple[dt.datetime, dt.datetime, bool, str]:
    """The order of completed attempts; of two at the same time the failed one counts as the newer."""
    return attempt.completed_at, attempt.start, not attempt.is_success, attempt.task_session_uid or ""


def _freshness(attempt: Attempt) -> tuple[dt.datetime, dt.datetime, str]:
    """By age of the data; of two of one age the choice must not depend on the order in which the server sent them."""
    return (attempt.data_time, attempt.start, attempt.task_session_uid or "")


def flaws(machine: Machine, attempt: Attempt) -> list[str]:
    """Why a successful attempt is not a good backup; empty when it is one."""
    found = []
    if attempt.result == "Warning" and not machine.accept_warning:
        found.append(codes.WARNING_NOT_ACCEPTED)
    if machine.require_restore_point and attempt.point is None:
        found.append(codes.RESTORE_POINT_MISSING)
    if attempt.data_time > machine.needed_at + codes.CLOCK_TOLERANCE:
        found.append(codes.NEWER_THAN_NEEDED)
    if attempt.data_time < machine.oldest:
        found.append(codes.AGE_OVER_LIMIT)
    return found


def _good_elsewhere(machine: Machine, usable: t.Sequence[Attempt]) -> bool:
    """Whether a good backup can't be a storage snapshot, whatever its repository: agents have none."""
    return any(one.job_type in codes.AGENT_TYPES and not flaws(machine, one) for one in usable)


def _unknown(machine: Machine, facts: Facts, policy: Policy, is_good: bool, last_attempt: Attempt | None) -> list[str]:
    """Why nothing can be said about the machine."""
    found = []
    if facts.data_age == "old":
        found.append(codes.EM_DATA_STALE)
    elif facts.data_age == "unknown" and policy.data_age_on_purpose:
        found.append(codes.DATA_AGE_UNKNOWN)
    if facts.truncated:
        found.append(codes.ANSWER_TRUNCATED)
    elif not is_good and _unreadable_attempt(machine, facts, last_attempt):
        found.append(codes.SESSION_UNREADABLE)
    if _clock_is_wrong(facts, policy.now):
        found.append(codes.IN_FUTURE)
    if facts.is_missing:
        found.append(codes.MACHINE_GONE)
    if facts.nothing_seen and not facts.is_visible:
        found.append(codes.NOT_VISIBLE)
    return found


def _unreadable_attempt(machine: Machine, facts: Facts, last_attempt: Attempt | None) -> bool:
    """Whether an attempt whose type of job is not known could be the good backup or the attempt that decides."""
    since = last_attempt.completed_at if last_attempt else _LONG_AGO
    return any(
        attempt.completed_at > since or (attempt.is_success and not flaws(machine, attempt))
        for attempt in facts.attempts
        if attempt.job_type is None and not attempt.running
    )


def _clock_is_wrong(facts: Facts, now: dt.datetime) -> bool:
    """Whether something happened later than now: then every age is wrong, perhaps to the dangerous side."""
    times = [facts.data_as_of or _LONG_AGO, facts.newest_seen or _LONG_AGO]
    for attempt in (*facts.attempts, *facts.work):
        times += [attempt.start, attempt.completed_at, attempt.data_time]
    return max(times) > now + codes.CLOCK_TOLERANCE


def _notes(
    machine: Machine, facts: Facts, policy: Policy, successes: list[Attempt], good: Attempt | None, last_attempt: Attempt | None
) -> tuple[str, ...]:  # fmt: skip
    """What is worth knowing beside the verdict; ``good`` is the good backup, if there is one."""
    found: set[str] = set()
    recent = [one for one in facts.attempts if one.completed_at >= machine.oldest]
    if good is not None:
        newer = [attempt for attempt in successes if attempt.data_time > good.data_time]
        found.update(flaw for attempt in newer for flaw in flaws(machine, attempt))
        if last_attempt is not None and not last_attempt.is_success:
            found.add(codes.LAST_ATTEMPT_FAILED)
    if any(one.session_failure and one.is_success and one.job_type in machine.job_types for one in recent):
        found.add(codes.JOB_SESSION_FAILED)
    if not facts.truncated and any(one.job_type is None and not one.running for one in recent):
        found.add(codes.SESSION_UNREADABLE)
    if facts.data_age == "unknown" and not policy.data_age_on_purpose:
        found.add(codes.DATA_AGE_UNKNOWN)
    found.update(
        {"endless": codes.ENDLESS_WORK, "lost": codes.SESSION_WITHOUT_END}[one.state]
        for one in facts.work
        if one.state != "running"
    )
    return codes.in_order(found)


def _blocking(machine: Machine, facts: Facts, successes: list[Attempt], has_usable: bool) -> set[str]:
    """Why there is no good backup, beside a failed last attempt, which changes nothing about it."""
    all_flaws = {attempt: flaws(machine, attempt) for attempt in successes}
    recent = [found for found in all_flaws.values() if codes.AGE_OVER_LIMIT not in found]
    if recent:
        return {flaw for some in recent for flaw in some}
    if has_usable:
        return {codes.AGE_OVER_LIMIT}
    if successes:
        return set(all_flaws[max(successes, key=_freshness)])
    others = (one for one in facts.attempts if one.is_success and one.job_type not in machine.job_types)
    types = {one.job_type for one in others if one.job_type is not None}
    if not types:
        return {codes.POINT_WITHOUT_TASK if facts.newest_point else codes.NO_BACKUP_FOUND}
    if types - codes.SECOND_HAND_TYPES - {codes.SNAPSHOT_TYPE}:
        return {codes.TYPE_NOT_COUNTED}
    return {code for code, kinds in _OTHERS.items() if types & kinds}


_OTHERS = {codes.ONLY_COPY_FOUND: codes.SECOND_HAND_TYPES, codes.ONLY_SNAPSHOT_FOUND: frozenset({codes.SNAPSHOT_TYPE})}
