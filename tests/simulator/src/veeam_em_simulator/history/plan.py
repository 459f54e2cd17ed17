# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of a job consists of, from its start to its end, before anything of it is written to the database.

The same plans serve the past of an estate, jobs started by an action and a site that lives: only the moment differs up to which
they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from veeam_em_simulator.clock import SECOND
from veeam_em_simulator.estate.infrastructure import Member
from veeam_em_simulator.estate.model import Job, Point

CANCELLED = "Operation was canceled by user"


@dataclass(slots=True)
class PointPlan:
    """A restore point of one machine."""

    id: str
    created: int
    full: bool
    present: bool
    """It can still be found."""
    linked: bool
    """The task still links to it."""
    state: Point = "kept"
    """`writing` while it is not complete, `unlinked` where nothing leads from it to its backup."""


@dataclass(slots=True)
class TaskPlan:
    id: str
    member: Member
    created: int
    ended: int | None
    """None: it runs for ever, as far as anybody knows."""
    result: str
    reason: str
    size: int
    point: PointPlan | None = None
    missing: bool = False
    """Enterprise Manager has no row of it."""


@dataclass(slots=True)
class SessionPlan:
    id: str
    job: Job
    job_name: str
    job_type: str
    created: int
    ended: int | None
    result: str
    is_retry: bool = False
    failure_message: str | None = None
    point_id: str | None = None
    """The restore point of the whole run where there is no chain per machine."""
    tasks: list[TaskPlan] = field(default_factory=list)
    children: list[SessionPlan] = field(default_factory=list)
    missing: bool = False
    """Enterprise Manager has no row of it, but those of its tasks."""
    above: dict[str, tuple[str | None, str | None, bool]] = field(default_factory=dict)
    """By task id, for the sessions of single machines: result, failure message, missing."""

    def running(self, moment: int) -> bool:
        return self.ended is None or self.ended > moment

    def stop(self, moment: int) -> None:
        """Ends what still runs, as an operator's stop does."""
        for child in self.children:
            child.stop(moment)
        if not self.running(moment):
            return
        for task in self.tasks:
            if task.ended is None or task.ended > moment:
                task.ended, task.result, task.reason, task.point, task.size = moment, "Failed", CANCELLED, None, 0
        self.tasks = [task for task in self.tasks if task.created <= moment]
        self.ended, self.result = moment + 2 * SECOND, "Failed"


def end_at(sessions: list[SessionPlan], moment: int) -> None:
    """Gives what runs for ever an end."""
    for session in sessions:
        end_at(session.children, moment)
        for task in session.tasks:
            if task.ended is None:
                task.ended = moment
                if task.point is not None:
                    task.point.state = "kept"
        if session.ended is None:
            session.ended = moment + 10 * SECOND


_WORST = ("Success", "Warning", "Failed")


def worst(results: list[str]) -> str:
    return max(results, key=_WORST.index, default="Success")


def clone(sessions: list[SessionPlan]) -> list[SessionPlan]:
    """Plans that can be stopped without changing the ones they come from."""
    return [
        replace(
            session,
            tasks=[replace(task, point=task.point and replace(task.point)) for task in session.tasks],
            children=clone(session.children),
        )
        for session in sessions
    ]


@dataclass(frozen=True)
class Underway:
    """What of the past is not over."""

    newest: dict[str, list[SessionPlan]]
    """By job id the run that counts as the job's: one that still runs, else the newest."""
    uncollected: list[list[SessionPlan]]
    """The runs that were not finished when Enterprise Manager last looked."""

    def copy(self) -> Underway:
        """Plans that can be changed; a run that is in both is one run there, too."""
        copies = {id(run): clone(run) for run in (*self.newest.values(), *self.uncollected)}
        newest = {job_id: copies[id(run)] for job_id, run in self.newest.items()}
        return Underway(newest, [copies[id(run)] for run in self.uncollected])


def finished(sessions: list[SessionPlan], moment: int) -> bool:
    return not any(session.running(moment) for session in sessions)
