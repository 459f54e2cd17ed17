# SPDX-License-Identifier: GPL-3.0-or-later
"""The past of an estate: when each job ran, and the plans of those runs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from veeam_em_simulator.clock import DAY, MINUTE, SECOND, midnight, to_datetime
from veeam_em_simulator.estate.infrastructure import Share
from veeam_em_simulator.estate.model import Estate, ExplicitSession, Job, Schedule
from veeam_em_simulator.history.plan import PointPlan, SessionPlan, TaskPlan, worst
from veeam_em_simulator.history.planner import RunContext, mark, plan_run, split_agents
from veeam_em_simulator.history.reasons import FAILURE_DEFAULT, WARNING_DEFAULT, spelt
from veeam_em_simulator.identifiers import random_guid

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FULL_EVERY = 7


def past_runs(schedule: Schedule, since: int, now: int) -> list[int]:
    """The starts of the runs in that time, newest first."""
    if schedule.every is not None:
        assert schedule.last is not None
        newest = min(schedule.last, now)
        return list(range(newest, since - 1, -schedule.every))
    if schedule.daily is None:
        return []
    starts = []
    moment = midnight(now) + schedule.daily
    while moment >= since:
        if moment <= now and _on_day(schedule, moment):
            starts.append(moment)
        moment -= DAY
    return starts


def next_run(schedule: Schedule | None, now: int) -> int | None:
    """The first start after now; None for a job without a time of its own."""
    if schedule is None or schedule.continuous:
        return None
    if schedule.every is not None:
        assert schedule.last is not None
        return schedule.last + ((now - schedule.last) // schedule.every + 1) * schedule.every
    assert schedule.daily is not None
    moment = midnight(now) + schedule.daily
    while moment <= now or not _on_day(schedule, moment):
        moment += DAY
    return moment


def _on_day(schedule: Schedule, moment: int) -> bool:
    return not schedule.days or _DAY_NAMES[to_datetime(moment).weekday()] in schedule.days


def past_sessions(estate: Estate, now: int, copy_type: str) -> Iterator[list[SessionPlan]]:
    """The plans of everything that happened, run by run."""
    for job in estate.jobs:
        if job.history:
            yield from _history(estate, job, now, copy_type)
    for explicit in estate.sessions:
        yield [_explicit(estate, explicit, now, copy_type)]


def _history(estate: Estate, job: Job, now: int, copy_type: str) -> Iterator[list[SessionPlan]]:
    schedule = job.schedule or Schedule(every=DAY, last=now - 8 * 60 * MINUTE)
    if schedule.continuous:
        schedule = Schedule(every=DAY, last=now - 5 * 60 * MINUTE)
    for number, start in enumerate(past_runs(schedule, now - job.history, now)):
        rng = Random(f"{estate.seed}|run|{job.name}|{number}")
        context = RunContext(
            job,
            number,
            rng,
            full=number % _FULL_EVERY == _FULL_EVERY - 1,
            kept=number < job.retention,
            copy_type=copy_type,
            members=job.members_at(start),
        )
        yield plan_run(context, start + rng.randrange(9 * SECOND))


def _explicit(estate: Estate, told: ExplicitSession, now: int, copy_type: str) -> SessionPlan:
    job = told.job
    rng = Random(f"{estate.seed}|told|{job.name}|{estate.sessions.index(told)}")
    job_type = copy_type if job.type == "BackupCopy" else job.type
    session = SessionPlan(
        random_guid(rng), job, job.name, job_type, told.created, None, "Success", told.is_retry, told.failure_message,
        missing=told.missing,
    )
    for number, item in enumerate(told.tasks):
        created = item.created if item.created is not None else told.created + (15 + number) * SECOND
        ended = None if item.running else created + (item.duration if item.duration is not None else job.task_duration)
        reason = item.reason
        if reason is None:
            reason = {"Warning": WARNING_DEFAULT, "Failed": FAILURE_DEFAULT}.get(item.result, "")
        called = item.member.at(created).display_name
        failed = item.result == "Failed"
        size = item.total_size if item.total_size is not None else (0 if failed else item.member.size)
        task = TaskPlan(random_guid(rng), item.member, created, ended, item.result, spelt(reason, called), size)
        if not failed and item.point != "none" and not isinstance(item.member, Share):
            present = item.point != "removed"
            task.point = PointPlan(random_guid(rng), created + 30 * SECOND, True, present, True, item.point)
        session.tasks.append(task)
    ends = [task.ended for task in session.tasks]
    if not told.running and None not in ends:
        last = max((end for end in ends if end is not None), default=told.created)
        session.ended = told.created + told.duration if told.duration is not None else last + 10 * SECOND
    session.result = worst([task.result for task in session.tasks])
    for item, task in zip(told.tasks, session.tasks, strict=True):
        mark(session, task, item)
    if job.type == "AgentBackup":
        split_agents(session, rng)
    session.result = told.result or session.result
    return session
