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

_SUCCESSFUL = ("Success", "Warning")
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.timezone.utc)


@dataclasses.dataclass(frozen=True)
class RestorePoint:
    """A restore point that exists."""

    uid: str
    time: dt.datetime


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One attempt to back up the machine, from its task session and the job session around it.

    ``job_type`` is None when the job session can't be read; ``point`` is there only when the restore point still exists. A whole job
    session that runs has no ``task_session_uid``.
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

    @property
    def data_time(self) -> dt.datetime:
        """The moment whose data it holds: that of the restore point, unless that is later than the attempt itself."""
        if self.point is None or (self.end is not None and self.point.time > self.end):
            return self.start
        return self.point.time

    @property
    def completed_at(self) -> dt.datetime:
        return self.end or self.start


@dataclasses.dataclass(frozen=True)
class Facts:
    """What Enterprise Manager knows about one machine.

    ``job_runs`` are running job sessions that are still to come to the machine, or came to it and are not done with the rest.
    ``namesakes`` describe the machines that the name could mean, when they are several; ``truncated`` tells that rows which
    may concern this machine were not read; ``data_proven`` that ``data_as_of`` tells how old the data is at most, and not only
    that something of that age was seen; ``newest_seen`` is the latest time at the machine's backup servers; ``visible`` that the account would
    see the machine if there was anything to see.
    """

    attempts: tuple[Attempt, ...] = ()
    job_runs: tuple[Attempt, ...] = ()
    newest_point: RestorePoint | None = None
    matched_by: str | None = None
    vm_uid: str | None = None
    namesakes: tuple[str, ...] = ()
    truncated: bool = False
    data_as_of: dt.datetime | None = None
    data_proven: bool = True
    newest_seen: dt.datetime | None = None
    visible: bool = False

    @property
    def nothing_seen(self) -> bool:
        """Whether Enterprise Manager shows no sighting of the machine."""
        return not (self.attempts or self.job_runs or self.newest_point or self.namesakes)


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
        return (*self.blocking, *self.notes)


def decide(machine: Machine, facts: Facts, policy: Policy) -> Decision:
    """The verdict, first match wins: unknown, running, waived, failed, stale, unprotected, ok."""
    counted = [attempt for attempt in facts.attempts if attempt.job_type in machine.job_types]
    completed = [attempt for attempt in counted if not attempt.running]
    successes = [attempt for attempt in completed if attempt.result in _SUCCESSFUL]
    usable = [attempt for attempt in successes if not set(flaws(machine, attempt)) - {codes.AGE_OVER_LIMIT}]
    last_good = max(usable, key=_freshness, default=None)
    last_attempt = max(completed, key=_recency, default=None)
    running = (
        *(one for one in facts.attempts if one.running and one.job_type not in codes.COPY_TYPES),
        *facts.job_runs,
    )
    is_good = last_good is not None and not flaws(machine, last_good)

    def verdict(underlying: str, blocking: t.Sequence[str], notes: t.Sequence[str] = ()) -> Decision:
        return Decision(underlying, underlying, tuple(blocking), tuple(notes), last_good, last_attempt, running)

    unknown = _unknown(machine, facts, policy, is_good, last_attempt)
    if unknown:
        return verdict(codes.UNKNOWN, unknown)
    if running:
        return verdict(codes.RUNNING, [codes.BACKUP_RUNNING])
    if is_good and last_good is not None:
        return verdict(codes.OK, [], _notes(machine, successes, last_good, last_attempt))
    blocking = _blocking(machine, facts, successes, bool(usable), bool(completed))
    if last_attempt is not None and last_attempt.result not in _SUCCESSFUL:
        decision = verdict(codes.FAILED, [codes.LAST_ATTEMPT_FAILED, *blocking])
    elif successes or (facts.newest_point is not None and not facts.attempts):
        decision = verdict(codes.STALE, blocking)
    else:
        decision = verdict(codes.UNPROTECTED, blocking)
    return _waived(machine, decision, policy)


def _recency(attempt: Attempt) -> tuple[dt.datetime, dt.datetime, bool, str]:
    """The order of completed attempts; of two at the same time the failed one counts as the newer."""
    failed = attempt.result not in _SUCCESSFUL
    return attempt.completed_at, attempt.start, failed, attempt.task_session_uid or ""


def flaws(machine: Machine, attempt: Attempt) -> list[str]:
    """Why a successful attempt is not a good backup; empty when it is one."""
    found = []
    if attempt.result == "Warning" and not machine.accept_warning:
        found.append(codes.WARNING_NOT_ACCEPTED)
    if machine.require_restore_point and attempt.point is None:
        found.append(codes.RESTORE_POINT_MISSING)
    if attempt.data_time > machine.needed_at + codes.CLOCK_TOLERANCE:
        found.append(codes.IN_FUTURE)
    if attempt.data_time < machine.oldest:
        found.append(codes.AGE_OVER_LIMIT)
    return found


def _unknown(machine: Machine, facts: Facts, policy: Policy, is_good: bool, last_attempt: Attempt | None) -> list[str]:
    """Why nothing can be said about the machine."""
    found = []
    if facts.namesakes:
        found.append(codes.AMBIGUOUS_NAME)
    if policy.max_data_age is not None:
        too_old = facts.data_as_of is None or policy.now - facts.data_as_of > policy.max_data_age
        if too_old:
            found.append(codes.EM_DATA_STALE if facts.data_proven else codes.DATA_AGE_UNKNOWN)
    if facts.truncated or (not is_good and _unreadable_attempt(machine, facts, last_attempt)):
        found.append(codes.ANSWER_TRUNCATED)
    if _clock_is_wrong(facts, policy.now):
        found.append(codes.IN_FUTURE)
    if facts.nothing_seen and not facts.visible:
        found.append(codes.NOT_VISIBLE)
    return found


def _unreadable_attempt(machine: Machine, facts: Facts, last_attempt: Attempt | None) -> bool:
    """Whether an attempt whose type of job is not known could be the good backup or the attempt that decides."""
    since = last_attempt.completed_at if last_attempt else _LONG_AGO
    return any(
        attempt.completed_at > since or (attempt.result in _SUCCESSFUL and not flaws(machine, attempt))
        for attempt in facts.attempts
        if attempt.job_type is None and not attempt.running
    )


def _clock_is_wrong(facts: Facts, now: dt.datetime) -> bool:
    """Whether something happened later than now: then every age is wrong, perhaps to the dangerous side."""
    times = [facts.data_as_of or _LONG_AGO, facts.newest_seen or _LONG_AGO]
    for attempt in (*facts.attempts, *facts.job_runs):
        times += [attempt.start, attempt.completed_at, attempt.data_time]
    return max(times) > now + codes.CLOCK_TOLERANCE


def _notes(machine: Machine, successes: list[Attempt], last_good: Attempt, last_attempt: Attempt | None) -> list[str]:
    """What went wrong after the good backup."""
    newer = [attempt for attempt in successes if attempt.data_time > last_good.data_time]
    found = {flaw for attempt in newer for flaw in flaws(machine, attempt)}
    if last_attempt is not None and last_attempt.result not in _SUCCESSFUL:
        found.add(codes.LAST_ATTEMPT_FAILED)
    return [code for code in codes.REASONS if code in found]


def _freshness(attempt: Attempt) -> tuple[dt.datetime, dt.datetime, str]:
    """By age of the data; of two of one age the choice must not depend on the order in which the server sent them."""
    return (attempt.data_time, attempt.start, attempt.task_session_uid or "")


def _blocking(machine: Machine, facts: Facts, successes: list[Attempt], has_usable: bool, tried: bool) -> list[str]:
    """Why there is no good backup, beside a failed last attempt."""
    all_flaws = {attempt: flaws(machine, attempt) for attempt in successes}
    recent = [found for found in all_flaws.values() if codes.AGE_OVER_LIMIT not in found]
    if recent:
        found = {flaw for some in recent for flaw in some}
    elif has_usable:
        found = {codes.AGE_OVER_LIMIT}
    elif successes:
        found = set(all_flaws[max(successes, key=_freshness)])
    elif not tried and facts.attempts and all(one.job_type in codes.SECOND_HAND_TYPES for one in facts.attempts):
        found = {codes.ONLY_COPY_FOUND}
    else:
        found = {codes.NO_BACKUP_FOUND}
    return [code for code in codes.REASONS if code in found]


def _waived(machine: Machine, decision: Decision, policy: Policy) -> Decision:
    """Waived only when each single reason has a waiver that still holds at the moment that counts."""
    moment = max(policy.now, machine.needed_at)
    waivers = tuple(
        waiver
        for waiver in policy.waivers
        if waiver.machine == machine.name and waiver.reason_code in decision.blocking and waiver.until > moment
    )
    if set(decision.blocking) - {waiver.reason_code for waiver in waivers}:
        return decision
    return dataclasses.replace(decision, verdict=codes.WAIVED, waivers=waivers)
