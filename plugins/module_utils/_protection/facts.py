# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From rows to facts: which attempts belong to which machine, and what each of them left behind. Pure. Private to the collection."""

from __future__ import annotations

import collections
import datetime as dt
import re
import typing as t

from . import codes
from .identity import HierarchyRoots, Key, MachineIndex, Match, Sighting, fold, resolve
from .policy import Machine, Policy
from .rows import InventoryRow, PointRow, SessionRow, TaskRow, names_of
from .verdict import Attempt, Facts, RestorePoint

# What stands between the name of an agent job and that of the computer in the name of a computer's own session.
_SEPARATORS = re.compile(r"[\s\\/:?_-]+")


class Snapshot(t.Protocol):
    """What was read, by key."""

    roots: HierarchyRoots
    sessions: dict[str, SessionRow]
    tasks: dict[str, TaskRow]
    points: dict[str, PointRow]
    agent_points: dict[str, PointRow]
    inventory: list[InventoryRow]
    newest_seen: dict[str, dt.datetime]
    data_collected_at: dt.datetime | None
    collection_known: bool

    def is_wanted(self, names: t.Iterable[str]) -> bool:
        """Whether a machine of these names may be asked for."""


class ObservedMachine(t.NamedTuple):
    """A machine that tasks were seen of, each with its reference to the machine and what it tried."""

    key: Key
    tasks: list[tuple[TaskRow, str | None, Attempt]]
    data_as_of: dt.datetime | None


_AGENT = "AgentManagement"


class FactsBuilder:
    """The snapshot, sorted by machine."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self._snapshot = snapshot
        self._policy = policy
        self._sessions = snapshot.sessions
        # Rows that were read side by side come in any order; results must not depend on it.
        self._tasks = sorted([*self._tasks_once(), *self._agent_sessions()], key=lambda one: (one.start, one.uid or ""))
        vm_points = sorted(snapshot.points.values(), key=lambda one: (one.time, one.uid))
        agent_points = sorted(snapshot.agent_points.values(), key=lambda one: (one.time, one.uid))
        points = [
            *(Sighting(one.names, one.backup_server_name, one.vm_uid, None, True) for one in vm_points),
            *(Sighting(one.names, one.backup_server_name, None, _AGENT, True) for one in agent_points),
        ]
        inventory = [Sighting(one.names, one.backup_server_name, one.vm_uid, None) for one in snapshot.inventory]
        # The rows behind the sightings, by the same numbers.
        self._rows: list[TaskRow | PointRow | InventoryRow] = [
            *self._tasks, *vm_points, *agent_points, *snapshot.inventory,
        ]  # fmt: skip
        self._known = MachineIndex([*map(self._sighting, self._tasks), *points, *inventory], snapshot.roots)
        runs = (one for one in self._sessions.values() if one.touches_machines)
        self._runs = sorted(runs, key=lambda one: (one.start, one.key))

    def facts(self, machine: Machine, *, truncated: bool) -> Facts:
        """All that is known about a machine, as seen by an account that sees everything."""
        match = resolve(machine, self._known, self._policy.name_match)
        tasks, points = self._of(match)
        if machine.backup_server_name is not None:
            server = fold(machine.backup_server_name)
            tasks = [task for task in tasks if fold(task.backup_server_name or "") == server]
        attempts = tuple(self._attempt(task, points) for task in tasks)
        newest = max(points, key=lambda point: point.time, default=None)
        data_as_of, proven = self._data_as_of(attempts)
        return Facts(
            attempts=attempts,
            job_runs=tuple(self._job_runs(tasks)),
            newest_point=RestorePoint(newest.uid, newest.time) if newest else None,
            matched_by=match.matched_by,
            vm_uid=match.candidate.vm_uid if match.candidate else None,
            namesakes=match.namesakes,
            truncated=truncated,
            data_as_of=data_as_of,
            newest_seen=max((self._snapshot.newest_seen[one] for one in self._servers(attempts)), default=None),
            data_proven=proven,
            visible=True,
        )

    def everything(self) -> t.Iterator[ObservedMachine]:
        """All machines that tasks were seen of."""
        for candidate in self._known.by_key.values():
            tasks, points = self._of(Match(candidate))
            if tasks:
                attempts = [self._attempt(task, points) for task in tasks]
                references = [self._sighting(task).vm_uid for task in tasks]
                yield ObservedMachine(
                    candidate.key, list(zip(tasks, references, attempts)), self._data_as_of(tuple(attempts))[0]
                )

    def _tasks_once(self) -> t.Iterator[TaskRow]:
        """The tasks, less those of an agent job's container for a computer that has a session of its own in it."""
        children = [one for one in self._sessions.values() if one.job_type == _AGENT and one.parent_key]
        own = {(child.parent_key, fold(name)) for child in children for name in self._computer_names(child)}
        parents = {child.key: child.parent_key for child in children}
        for task in self._snapshot.tasks.values():
            if task.session_key in parents:
                own.add((parents[task.session_key], fold(task.names[0])))
        for task in self._snapshot.tasks.values():
            if (task.session_key, fold(task.names[0])) not in own:
                yield task

    def _agent_sessions(self) -> t.Iterator[TaskRow]:
        """Sessions of single computers that have no task sessions: the session itself is the attempt."""
        with_tasks = {task.session_key for task in self._snapshot.tasks.values()}
        for session in self._sessions.values():
            if session.job_type != _AGENT or session.key in with_tasks:
                continue
            names = self._computer_names(session)
            if self._snapshot.is_wanted(names):
                yield TaskRow(
                    None, names, session.uid, session.job_name, session.start, session.end, session.result, None,
                    session.running, None, None, session.backup_server_name,
                )  # fmt: skip

    def _computer_names(self, session: SessionRow) -> tuple[str, ...]:
        """The computer in the name of its session, which is its own or stands behind that of the job."""
        whole = session.job_name or (session.name or "").rpartition("@")[0]
        parent = self._sessions.get(session.parent_key or "")
        if parent and parent.job_name and whole.startswith(parent.job_name):
            rest = whole[len(parent.job_name) :]
            gap = _SEPARATORS.match(rest)
            if gap and rest[gap.end() :]:
                return names_of(rest[gap.end() :])
        return names_of(whole) or ("",)

    def _session_of(self, task: TaskRow) -> SessionRow | None:
        return self._sessions.get(task.session_key)

    def _sighting(self, task: TaskRow) -> Sighting:
        session = self._session_of(task)
        vm_uid = task.vm_uid
        if vm_uid is None and task.point_uid:
            # Servers before version 10 tell the machine only at its restore point.
            point = self._snapshot.points.get(task.point_uid.lower())
            vm_uid = point.vm_uid if point else None
        return Sighting(
            task.names,
            task.backup_server_name,
            vm_uid,
            session.job_type if session else None,
            is_successful=task.result in ("Success", "Warning"),
        )

    def _of(self, match: Match) -> tuple[list[TaskRow], list[PointRow]]:
        tasks: list[TaskRow] = []
        points: list[PointRow] = []
        for number in match.candidate.sightings if match.candidate else ():
            row = self._rows[number]
            if isinstance(row, TaskRow):
                tasks.append(row)
            elif isinstance(row, PointRow):
                points.append(row)
        return tasks, points

    def _attempt(self, task: TaskRow, points: list[PointRow]) -> Attempt:
        session = self._session_of(task)
        point = self._point_of(task, session, points)
        # A task that never got its end, in a session that is over, does not run any more.
        running = task.running and (session is None or session.running)
        return Attempt(
            start=task.start,
            end=task.end,
            result=None if running else _result_of(task, session),
            reason=task.reason,
            running=running,
            job_name=session.job_name if session else task.job_name,
            job_type=session.job_type if session else None,
            backup_server_name=task.backup_server_name,
            task_session_uid=task.uid,
            job_session_uid=session.uid if session else task.session_uid,
            point=RestorePoint(point.uid, point.time) if point else None,
            vm_uid=self._sighting(task).vm_uid,
        )

    def _point_of(self, task: TaskRow, session: SessionRow | None, points: list[PointRow]) -> PointRow | None:
        """The restore point that a task made, if it exists.

        Tasks of agents have no link to it: theirs is the computer's part of a point that the job session made, or, when that names
        none, the computer's point from the time of the attempt.
        """
        linked = self._snapshot.points.get(task.point_uid.lower()) if task.point_uid else None
        if linked or session is None or session.job_type not in codes.AGENT_TYPES:
            return linked
        runs = self._run_points(session)
        if runs:
            made = [point for point in points if point.run_uid in runs]
        else:
            end = task.end or task.start
            made = [point for point in points if task.start <= point.time <= end + codes.CLOCK_TOLERANCE]
        return max(made, key=lambda point: point.time, default=None)

    def _run_points(self, session: SessionRow) -> frozenset[str]:
        parent = self._sessions.get(session.parent_key or "")
        return session.point_uids or (parent.point_uids if parent else frozenset())

    def _job_runs(self, tasks: list[TaskRow]) -> t.Iterator[Attempt]:
        """Running job sessions that are not done with the machine, or may come to it: it was in this job before."""
        by_session = collections.defaultdict(list)
        for task in tasks:
            session = self._session_of(task)
            if session:
                by_session[session.key].append(task)
                if session.parent_key:
                    by_session[session.parent_key].append(task)
        for run in self._runs:
            inside = by_session.get(run.key, [])
            if any(task.running for task in inside) or (run.job_type == _AGENT and not inside):
                continue
            # A computer with a session of its own is done when that is; a machine of a job only when the job is.
            done = bool(inside) and all(task.session_key != run.key for task in inside)
            if not done and (inside or self._may_come(run, tasks)):
                yield Attempt(
                    start=run.start, running=True, job_name=run.job_name, job_type=run.job_type,
                    backup_server_name=run.backup_server_name, job_session_uid=run.uid,
                )  # fmt: skip

    def _may_come(self, run: SessionRow, tasks: list[TaskRow]) -> bool:
        """A retry comes only to machines that failed before."""
        earlier = [task for task in tasks if run.job_key is not None and run.job_key in self._jobs_of(task)]
        if not earlier:
            return False
        newest = max(earlier, key=lambda task: task.start)
        return not run.is_retry or newest.result != "Success"

    def _jobs_of(self, task: TaskRow) -> set[str | None]:
        session = self._session_of(task)
        parent = self._sessions.get(session.parent_key or "") if session else None
        return {one.job_key for one in (session, parent) if one}

    def _data_as_of(self, attempts: tuple[Attempt, ...]) -> tuple[dt.datetime | None, bool]:
        """When the data was collected; without the log of collections the newest thing seen at the machine's servers."""
        if self._snapshot.collection_known:
            return self._snapshot.data_collected_at, True
        seen = self._snapshot.newest_seen
        return min((seen[one] for one in self._servers(attempts) or seen), default=None), False

    def _servers(self, attempts: tuple[Attempt, ...]) -> set[str]:
        return {one.backup_server_name or "" for one in attempts}


def _result_of(task: TaskRow, session: SessionRow | None) -> str | None:
    """The session of a single computer can fail after its task was done: the worse of the two counts."""
    if session is None or session.job_type != _AGENT or session.running or session.result == "Success":
        return task.result
    return session.result if task.result in ("Success", "Warning") else task.result
