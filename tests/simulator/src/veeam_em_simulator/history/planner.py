# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the runs of a job: how long each machine takes, what comes out of it, which retries follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from veeam_em_simulator.clock import MINUTE, SECOND
from veeam_em_simulator.estate.infrastructure import Member, Share
from veeam_em_simulator.estate.model import ExplicitTask, Job, Outcome, Point
from veeam_em_simulator.estate.names import run_matches
from veeam_em_simulator.history.plan import PointPlan, SessionPlan, TaskPlan, worst
from veeam_em_simulator.history.reasons import FAILURE_DEFAULT, FAILURES, WARNING_DEFAULT, WARNINGS, spelt
from veeam_em_simulator.identifiers import random_guid

_RETRY_WAIT = 10 * MINUTE


@dataclass(frozen=True)
class RunContext:
    """Where a run stands in the job's life."""

    job: Job
    run: int
    """0 is the newest of the history; runs that are still to come have no outcome of their own (-1)."""
    rng: Random
    full: bool
    kept: bool
    """Young enough for its restore points to be kept."""
    copy_type: str
    members: tuple[Member, ...]


def plan_run(context: RunContext, created: int) -> list[SessionPlan]:
    """The session of a run and the retries after it, in order of time."""
    job, rng = context.job, context.rng
    outcomes = {id(member): _outcome(context, member, created) for member in context.members}
    taking_part = [member for member in context.members if not outcomes[id(member)].skipped]
    if not taking_part and context.run >= 0:
        return []
    first = _session(context, created, taking_part, lambda member: outcomes[id(member)], is_retry=False)
    sessions = [first]
    attempt = 0
    while first.ended is not None:
        again = [member for member in taking_part if len(outcomes[id(member)].retry) > attempt]
        if not again:
            break
        previous_end = sessions[-1].ended
        assert previous_end is not None
        start = previous_end + _RETRY_WAIT + rng.randrange(20 * SECOND)
        number = attempt
        results = {
            id(member): Outcome(
                result=outcomes[id(member)].retry[number],
                reason=outcomes[id(member)].reason if outcomes[id(member)].retry[number] != "Success" else None,
            )
            for member in again
        }
        sessions.append(_session(context, start, again, lambda member, r=results: r[id(member)], is_retry=True))  # type: ignore[misc]
        attempt += 1
    if job.type == "AgentBackup":
        for session in sessions:
            split_agents(session, rng)
    elif job.type == "ImmediateBackupCopy":
        for session in sessions:
            _split_copies(session, rng)
    return sessions


def _outcome(context: RunContext, member: Member, created: int) -> Outcome:
    """The last outcome that names the run and the machine, else what chance brings.

    A machine that is not there takes no part, unless an outcome calls it by its very name.
    """
    job, exists = context.job, member.exists(created)
    found: Outcome | None = None
    for outcome in job.outcomes:
        if context.run >= 0 and run_matches(outcome.runs, context.run) and _named(outcome, member):
            found = outcome if exists or member.label in outcome.machines else None
    if found is not None:
        return found
    if not exists:
        return Outcome(skipped=True)
    if context.run >= job.chance.spare or context.run < 0:
        luck = context.rng.random()
        if luck < job.chance.failed:
            reason = context.rng.choice(FAILURES)
            retried = context.rng.random() < job.chance.retried
            return Outcome(result="Failed", reason=reason, retry=("Success",) if retried else ("Failed",))
        if luck < job.chance.failed + job.chance.warning:
            return Outcome(result="Warning", reason=context.rng.choice(WARNINGS))
    return _FINE


_FINE = Outcome(result="Success")


def _named(outcome: Outcome, member: Member) -> bool:
    return any(pattern == member.label or fnmatchcase(member.label, pattern) for pattern in outcome.machines)


def _session(
    context: RunContext, created: int, members: list[Member], outcome_of: Callable[[Member], Outcome], *, is_retry: bool
) -> SessionPlan:
    job, rng = context.job, context.rng
    job_type = context.copy_type if job.type == "BackupCopy" else job.type
    session = SessionPlan(random_guid(rng), job, job.name, job_type, created, None, "Success", is_retry)
    if not job.per_machine:
        session.point_id = random_guid(rng)
    # So many at a time that a run of any size takes about an hour
    slots = max(3, len(members) // 9)
    free = [created + 12 * SECOND + rng.randrange(18 * SECOND) for _ in range(min(slots, len(members)))]
    for member in members:
        slot = free.index(min(free))
        took = int(job.task_duration * (0.6 + rng.random() * 0.8))
        task = _task(context, member, free[slot] + rng.randrange(2 * SECOND), took, outcome_of(member))
        free[slot] += took + 3 * SECOND
        session.tasks.append(task)
    ends = [task.ended for task in session.tasks]
    if None not in ends:
        session.ended = max((end for end in ends if end is not None), default=created + 20 * SECOND) + rng.randrange(5 * SECOND, 40 * SECOND)
    session.result = worst([task.result for task in session.tasks])
    for member, task in zip(members, session.tasks, strict=True):
        mark(session, task, outcome_of(member))
    return session


def mark(session: SessionPlan, task: TaskPlan, told: Outcome | ExplicitTask) -> None:
    """What is told of a machine and concerns more than its task; what concerns the session waits for `split_agents`."""
    task.missing = "task" in told.missing
    if session.job.type == "AgentBackup":
        session.above[task.id] = (told.session, told.failure_message, "session" in told.missing)
        return
    session.result = told.session or session.result
    session.failure_message = told.failure_message or session.failure_message
    session.missing = session.missing or "session" in told.missing


def _task(context: RunContext, member: Member, created: int, took: int, outcome: Outcome) -> TaskPlan:
    result = outcome.result or "Success"
    reason = outcome.reason
    if reason is None:
        reason = {"Warning": WARNING_DEFAULT, "Failed": FAILURE_DEFAULT}.get(result, "")
    ended = None if outcome.running else created + (took if result != "Failed" else took // 3)
    called = member.at(created).display_name
    task = TaskPlan(random_guid(context.rng), member, created, ended, result, spelt(reason, called), 0)
    if result != "Failed":
        task.size = 0 if context.job.platform == "CustomPlatform" else member.size
        task.point = make_point(context, task, outcome.point)
    return task


def make_point(context: RunContext, task: TaskPlan, point: Point) -> PointPlan | None:
    """The restore point that a task makes, if it makes one."""
    rng = context.rng
    if isinstance(task.member, Share) or point == "none":
        return None
    created = task.created + 25 * SECOND + rng.randrange(30 * SECOND)
    present = context.kept and point != "removed"
    return PointPlan(random_guid(rng), created, context.full, present, present or point == "removed", point)


def split_agents(session: SessionPlan, rng: Random) -> None:
    """An agent job has a container session, and a session of its own for every machine."""
    for task in session.tasks:
        result, message, missing = session.above.get(task.id, (None, None, False))
        child = SessionPlan(
            random_guid(rng),
            session.job,
            f"{session.job.name} - {task.member.name}",
            "AgentManagement",
            task.created - 4 * SECOND,
            None if task.ended is None else task.ended + 3 * SECOND,
            result or task.result,
            session.is_retry,
            message,
            tasks=[task],
            missing=missing,
        )
        session.children.append(child)
        session.result = worst([session.result, child.result])
    session.tasks = []


def _split_copies(session: SessionPlan, rng: Random) -> None:
    """An immediate copy job has a worker session for every job that it copies."""
    if not session.job.source_jobs:
        return
    for source in session.job.source_jobs:
        names = {id(member) for member in source.members}
        tasks = [task for task in session.tasks if id(task.member) in names]
        if not tasks:
            continue
        ends = [task.ended for task in tasks]
        session.children.append(
            SessionPlan(
                random_guid(rng),
                session.job,
                f"{session.job.name}\\{source.name}",
                "ImmediateBackupCopyWorker",
                session.created + 3 * SECOND,
                None if None in ends else max(end for end in ends if end is not None) + SECOND,
                worst([task.result for task in tasks]),
                session.is_retry,
                tasks=tasks,
            )
        )
    moved = {task.id for child in session.children for task in child.tasks}
    session.tasks = [task for task in session.tasks if task.id not in moved]


def walk(sessions: list[SessionPlan]) -> Iterator[tuple[SessionPlan, SessionPlan | None]]:
    """Every session with its parent, parents first."""
    for session in sessions:
        yield session, None
        for child in session.children:
            yield child, session
