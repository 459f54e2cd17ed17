# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what backup servers did into the database, as far as it had come at the moment of the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from veeam_em_simulator.clock import DAY, format_time, quantise, to_datetime
from veeam_em_simulator.estate.infrastructure import Computer, Machine, Member, Server
from veeam_em_simulator.estate.model import Job, LoosePoint
from veeam_em_simulator.history.derive import past_runs
from veeam_em_simulator.history.plan import PointPlan, SessionPlan, TaskPlan
from veeam_em_simulator.history.planner import walk
from veeam_em_simulator.identifiers import stable_guid
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.store.database import Database

_BATCH = 20_000


@dataclass(frozen=True)
class _Place:
    """Where a restore point is: the backup's server, id, name and family."""

    server: Server
    backup: str
    name: str
    family: str


class Writer:
    """Collects rows and writes them in batches."""

    def __init__(self, database: Database, profile: Profile, seed: int) -> None:
        self._database = database
        self._digits = profile.fraction_digits
        self._profile = profile
        self._seed = seed
        self._pending: dict[str, list[tuple[Any, ...]]] = {}
        self._count = 0
        self._backup_ids: dict[str, str] = {}

    def add(self, table: str, *values: Any) -> None:
        self._pending.setdefault(table, []).append(values)
        self._count += 1
        if self._count >= _BATCH:
            self.flush()

    def flush(self) -> None:
        for table, rows in self._pending.items():
            self._database.insert(table, rows)
        self._pending.clear()
        self._count = 0

    def time(self, moment: int | None) -> int | None:
        return None if moment is None else quantise(moment, self._digits)

    def at(self, name: str, moment: int) -> str:
        """`web01@2026-01-05 20:00:07.62`."""
        return f"{name}@{format_time(moment, self._digits, ' ')}"

    def restore_point_name(self, moment: int) -> str:
        if self._profile.iso_restore_point_names:
            return format_time(moment, self._digits, " ")
        time = to_datetime(moment)
        return f"{time:%b} {time.day:2d} {time.year} {(time.hour % 12) or 12:2d}:{time:%M%p}"

    def backup_id(self, job: Job) -> str:
        found = self._backup_ids.get(job.name)
        if found is None:
            found = self._backup_ids[job.name] = stable_guid(self._seed, "backup", job.name)
        return found

    def replica_id(self, job: Job) -> str:
        return stable_guid(self._seed, "replica", job.name)

    def run(self, sessions: Iterable[SessionPlan], moment: int) -> None:
        """The sessions of a run as they stood at that moment."""
        for session, parent in walk(list(sessions)):
            if session.created <= moment:
                self._session(session, parent, moment)

    def _session(self, session: SessionPlan, parent: SessionPlan | None, moment: int) -> None:
        job = session.job
        replica = job.type == "Replica"
        tasks = [*session.tasks, *(task for child in session.children for task in child.tasks)]
        if not session.missing:
            self._session_row(session, parent, moment, tasks)
        if session.point_id and any(_made(task, moment) for task in tasks):
            self._run_point(session)
        for task in session.tasks:
            if task.created <= moment:
                self._task(session, task, moment, replica=replica)

    def _session_row(self, session: SessionPlan, parent: SessionPlan | None, moment: int, tasks: list[TaskPlan]) -> None:
        job, running = session.job, session.running(moment)
        self.add(
            "replica_sessions" if job.type == "Replica" else "backup_sessions",
            session.id,
            self.at(session.job_name, session.created),
            job.server.id,
            job.id,
            session.job_name,
            session.job_type,
            self.time(session.created),
            None if running else self.time(session.ended),
            "Working" if running else "Stopped",
            "None" if running else session.result,
            _progress(session, tasks, moment, running=running),
            None if running else session.failure_message,
            session.is_retry,
            None if parent is None else parent.id,
        )

    def _run_point(self, session: SessionPlan) -> None:
        assert session.point_id is not None
        job = session.job
        points = [task.point for task in session.tasks if task.point is not None]
        if any(point.present for point in points):
            size = sum(task.size for task in session.tasks)
            self._restore_point(job, session.point_id, session.id, session.created, size, points[0], job.name)

    def _task(self, session: SessionPlan, task: TaskPlan, moment: int, *, replica: bool) -> None:
        member, job = as_of(session, task), session.job
        running = task.ended is None or task.ended > moment
        point = task.point if _made(task, moment) else None
        if not task.missing:
            self._task_row(session, task, member, None if running else point, running=running, replica=replica)
        if point is not None and point.present:
            if replica:
                self._replica_point(job, member, point)
            else:
                self._point(session, task, member, point)

    def _task_row(
        self, session: SessionPlan, task: TaskPlan, member: Member, point: PointPlan | None, *, running: bool, replica: bool
    ) -> None:
        job = session.job
        machine = member if isinstance(member, Machine) else None
        self.add(
            "replica_task_sessions" if replica else "task_sessions",
            task.id,
            self.at(member.display_name, task.created),
            job.server.id,
            session.id,
            job.id,
            session.job_name,
            member.display_name,
            self.time(task.created),
            None if running else self.time(task.ended),
            "InProgress" if running else "Completed",
            "None" if running else task.result,
            "" if running else task.reason,
            0 if running else task.size,
            machine.uid(job.server) if machine else None,
            point.id if point and point.linked and not isinstance(member, Computer) else None,
            self.at(member.name, point.created) if point else None,
        )

    def _point(self, session: SessionPlan, task: TaskPlan, member: Member, point: PointPlan) -> None:
        restore_point = session.point_id
        if restore_point is None:
            restore_point = _sibling(point.id, "1")
            size = task.size or member.size
            self._restore_point(session.job, restore_point, session.id, point.created, size, point, member.name)
        self._machine_point(session.job.server, member, point, restore_point)

    def loose_point(self, told: LoosePoint, point: PointPlan, backup: str) -> None:
        """A restore point that no task made, in the backup of that id."""
        member = told.machine.at(told.created)
        restore_point = _sibling(point.id, "1")
        family = "vm" if isinstance(member, Machine) else "agent"
        place = _Place(told.server, backup, told.backup, family)
        self._backup_point(place, restore_point, None, told.created, member.size, point, member.name)
        self._machine_point(told.server, member, point, restore_point)

    def _machine_point(self, server: Server, member: Member, point: PointPlan, restore_point: str) -> None:
        file_id = _sibling(restore_point, "2")
        algorithm = "Full" if point.full else "Incremental"
        kind = "Full" if point.full else "Increment"
        name, created = self.at(member.name, point.created), self.time(point.created)
        if isinstance(member, Machine):
            self.add(
                "vm_restore_points", point.id, name, server.id, created, member.name, member.display_name, algorithm,
                kind, member.uid(server), restore_point, file_id, member.indexed, point.state,
            )
        else:
            self.add(
                "agent_restore_points", point.id, name, server.id, created, member.name, algorithm, kind, restore_point, file_id, point.state
            )

    def _restore_point(
        self, job: Job, guid: str, session_id: str, created: int, size: int, point: PointPlan, prefix: str
    ) -> None:
        family = "agent" if job.family == "agent" else "vm"
        self._backup_point(_Place(job.server, self.backup_id(job), job.name, family), guid, session_id, created, size, point, prefix)

    def _backup_point(
        self, place: _Place, guid: str, session_id: str | None, created: int, size: int, point: PointPlan, prefix: str
    ) -> None:
        server_id, family = place.server.id, place.family
        self.add(
            "restore_points", guid, self.restore_point_name(created), server_id, place.backup, session_id, self.time(created), family
        )
        kind = "vbk" if point.full else "vib"
        data = size if point.full else size // 25
        stamp = to_datetime(created).strftime("%Y-%m-%dT%H%M%S")
        file_name = f"{prefix}D{stamp}.{kind}"
        self.add(
            "backup_files", _sibling(guid, "2"), file_name, server_id, place.backup, guid,
            f"D:\\Backup\\{place.name}\\{file_name}", data * 11 // 20, data, 1.0, 1.82, self.time(created), kind, family,
        )

    def _replica_point(self, job: Job, member: Member, point: PointPlan) -> None:
        assert isinstance(member, Machine)
        self.add(
            "vm_replica_points", point.id, self.at(member.name, point.created), job.server.id, self.time(point.created),
            member.name, member.display_name, "Incremental", "Increment", member.uid(job.server), self.replica_id(job),
        )


def _made(task: TaskPlan, moment: int) -> bool:
    """There is a restore point to be seen: most are when their task is done."""
    if task.point is None:
        return False
    if task.point.state == "writing" and task.point.created <= moment:
        return True
    return task.ended is not None and task.ended <= moment


def as_of(session: SessionPlan, task: TaskPlan) -> Member:
    """The machine as it was when its turn came, or, where a copy was made, when the backup was that it copies."""
    if session.job.copies:
        return task.member.at(_backed_up_at(session.job, task))
    member = task.member.at(task.created)
    if isinstance(member, Machine) and session.job.server.id not in member.root.ids:
        # It moved out of the backup server's sight while the run waited
        return task.member.at(session.created)
    return member


def _backed_up_at(job: Job, task: TaskPlan) -> int:
    """When the copied jobs ran last before."""
    found = [task.created - job.history - DAY]
    for source in job.source_jobs:
        if source.schedule and any(each is task.member for each in source.members):
            newest = max(source.schedule.last or 0, task.created)
            found += [run for run in past_runs(source.schedule, found[0], newest) if run <= task.created]
    return max(found) if len(found) > 1 else task.created


def _sibling(guid: str, digit: str) -> str:
    """Another id for a thing that belongs to this one; the version digit of our own ids is always 4."""
    return f"{guid[:14]}{digit}{guid[15:]}"


def _progress(session: SessionPlan, tasks: list[TaskPlan], moment: int, *, running: bool) -> int:
    if session.job_type == "ImmediateBackupCopy":
        return 0
    if not running:
        return 100
    done = sum(1 for task in tasks if task.ended is not None and task.ended <= moment)
    return done * 100 // max(1, len(tasks))
