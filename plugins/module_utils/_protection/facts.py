# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From rows to facts: what was tried for one machine, what it left behind, and what is at work on it. Pure. Private to the collection."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import typing as t

from . import codes
from .machines import KnownMachine
from .names import fold
from .policy import Machine, Policy
from .registry import Registry
from .resolve import in_any_case, spellings
from .rows import NOT_ON_MACHINES, PointRow, RestoreRow, SessionRow, TaskRow
from .sessions import AGENT_SESSION
from .verdict import Attempt, Facts, RestorePoint


class FactsBuilder:
    """Facts about the machines of a registry."""

    def __init__(self, registry: Registry, policy: Policy) -> None:
        self._registry = registry
        self._snapshot = registry.snapshot
        self._sessions = registry.sessions
        self._policy = policy
        self._domains = policy.name_domains
        self._collected = self._snapshot.data_collected_at
        self._log_tells = self._told_by_the_log()
        self._restores_by_key: dict[t.Any, list[RestoreRow]] = collections.defaultdict(list)
        self._loose_restores: list[tuple[t.Any, RestoreRow]] = []
        for restore in self._snapshot.restores:
            key = registry.roots.key(restore.vm_uid) if restore.vm_uid else None
            if key in registry.machines:
                self._restores_by_key[key].append(restore)
            if key not in registry.surely_there:
                self._loose_restores.append((key, restore))

    def facts(self, entry: Machine, machine: KnownMachine) -> Facts:
        """All that is known about a machine that an entry means."""
        tasks, points = self.rows_of(entry, machine)
        work = self.work(entry, machine, tasks)
        if entry.backup_server_name is not None:
            server = fold(entry.backup_server_name)
            tasks = [task for task in tasks if fold(task.backup_server_name or "") == server]
        attempts = tuple(self.attempt(task, points) for task in tasks)
        linked = {one.point.uid for one in attempts if one.point}
        others = [point for point in points if point.uid not in linked and point.is_ready]
        newest = max(others, key=lambda point: (point.time, point.uid), default=None)
        as_of, proven = self.data_as_of(machine)
        return Facts(
            attempts=attempts,
            work=work,
            newest_point=RestorePoint(newest.uid, newest.time) if newest else None,
            vm_uid=machine.vm_uid,
            data_as_of=as_of,
            data_age=proven,
            newest_seen=max((seen for seen in self._seen_at(machine).values() if seen), default=None),
            repositories_known=self._snapshot.repositories_known,
            truncated=entry.key in self._snapshot.truncated,
            is_visible=bool(self._snapshot.sees_everything),
            is_missing=machine.is_missing,
        )

    def rows_of(self, entry: Machine, machine: KnownMachine) -> tuple[list[TaskRow], list[PointRow]]:
        """The rows of a machine. Where they were asked for by name, only those that this entry alone would have led to."""
        if self._snapshot.is_whole:
            return machine.tasks, machine.points
        known = set(spellings(entry.name, self._domains))
        known |= in_any_case(name for times in machine.names.values() for name in times if name in machine.whole)
        known |= in_any_case(name for point in machine.points for name in point.names)
        left, found = machine.tasks, set()
        while True:
            new = {id(task) for task in left if task.running or known.intersection(task.names)}
            known |= in_any_case(name for task in left if id(task) in new for name in task.names)
            found |= new
            left = [task for task in left if id(task) not in new]
            if not new:
                return [task for task in machine.tasks if id(task) in found], machine.points

    def attempt(self, task: TaskRow, points: list[PointRow]) -> Attempt:
        session = self._sessions.of(task)
        point = self._point_of(task, session, points)
        # A task that never got its end, in a session that is over, does not run any more.
        running = task.running and (session is None or session.running)
        failed = session is not None and session.result == "Failed" and not session.running
        return Attempt(
            start=task.start,
            end=task.end,
            result=None if running else _result_of(task, session),
            reason=task.reason
            or (session.failure_message if failed and session and session.job_type == AGENT_SESSION else None),
            running=running,
            job_name=session.job_name if session else task.job_name,
            job_type=self._type_of(task, session, point),
            backup_server_name=task.backup_server_name,
            task_session_uid=task.uid,
            job_session_uid=session.uid if session else task.session_uid,
            point=RestorePoint(point.uid, point.time) if point else None,
            vm_uid=task.vm_uid or (point.vm_uid if point else None),
            # Any failed task makes its session failed; only a message of its own tells that more went wrong.
            session_failure=session.failure_message if failed and session else None,
        )

    def _type_of(self, task: TaskRow, session: SessionRow | None, point: PointRow | None) -> str | None:
        """The type of the job; what it wrote decides whether that was a backup."""
        if session is None or session.job_type not in ("Backup", None):
            return session.job_type if session else None
        job = (fold(task.backup_server_name or ""), fold(session.job_name or ""))
        on_array = (
            point.run_uid in self._snapshot.snapshot_runs
            if point and point.run_uid
            else job in self._snapshot.snapshot_jobs
        )
        return codes.SNAPSHOT_TYPE if on_array else session.job_type

    def _point_of(self, task: TaskRow, session: SessionRow | None, points: list[PointRow]) -> PointRow | None:
        """The restore point that a task made, if it exists.

        Tasks of agents have no link to it: theirs is the computer's part of a point that the job session made, or, when that names
        none, the computer's point from the time of the attempt.
        """
        linked = self._snapshot.points.get(task.point_uid.lower()) if task.point_uid else None
        if linked or session is None or session.job_type not in codes.AGENT_TYPES:
            return linked if linked and linked.is_ready else None
        runs = self._run_points(session)
        if runs:
            made = [point for point in points if point.run_uid in runs]
        else:
            end = task.end or task.start
            made = [point for point in points if task.start <= point.time <= end + codes.CLOCK_TOLERANCE]
        return max((one for one in made if one.is_ready), key=lambda point: (point.time, point.uid), default=None)

    def _run_points(self, session: SessionRow) -> frozenset[str]:
        parent = self._sessions.parent_of(session)
        return session.point_uids or (parent.point_uids if parent else frozenset())

    def work(self, entry: Machine, machine: KnownMachine, tasks: list[TaskRow] | None = None) -> tuple[Attempt, ...]:
        """What is at work on a machine, at whatever backup server."""
        tasks = self.rows_of(entry, machine)[0] if tasks is None else tasks
        running = [self.attempt(task, []) for task in tasks if task.running]
        found = [one for one in running if one.running and one.job_type not in NOT_ON_MACHINES]
        found += self._job_runs(tasks)
        restores = [*self._restores_by_key.get(machine.key, ()), *self._loose_restores_of(machine)]
        return tuple(self._judged(one) for one in (*found, *map(_restore, restores)))

    def _loose_restores_of(self, machine: KnownMachine) -> list[RestoreRow]:
        """Restores of a machine that can't be told, which may be this one."""
        if not self._loose_restores:
            return []
        names = {fold(name) for name in machine.present_names()}
        return [one for key, one in self._loose_restores if key != machine.key and names & set(map(fold, one.names))]

    def loose_work(self, entry: Machine) -> tuple[Attempt, ...]:
        """Restores of a machine that can't be told, by name."""
        near = [one for _key, one in self._loose_restores if any(self._names_fit(entry, name) for name in one.names)]
        return tuple(self._judged(_restore(one)) for one in near)

    def _names_fit(self, entry: Machine, name: str) -> bool:
        return any(self._domains.same(level, entry.name, name) for level in self._policy.name_match)

    def _judged(self, attempt: Attempt) -> Attempt:
        """Work that never ends by design, or whose end was lost, is no running work."""
        session = self._snapshot.sessions.get((attempt.job_session_uid or "").lower())
        state = "running"
        if codes.is_endless(attempt.job_type):
            state = "endless"
        elif attempt.kind != "restore" and self._sessions.lost_its_end(session, attempt.start):
            state = "lost"
        return dataclasses.replace(attempt, state=state)

    def _job_runs(self, tasks: list[TaskRow]) -> t.Iterator[Attempt]:
        """Running job sessions that are not done with the machine, or may come to it: it was in this job before."""
        if not self._sessions.runs:
            return
        by_session = collections.defaultdict(list)
        for task in tasks:
            session = self._sessions.of(task)
            if session:
                by_session[session.key].append(task)
                if session.parent_key:
                    by_session[session.parent_key].append(task)
        for run in self._sessions.runs:
            inside = by_session.get(run.key, [])
            at_work = any(task.running and task.session_key == run.key for task in tasks)
            if at_work or any(task.running for task in inside) or (run.job_type == AGENT_SESSION and not inside):
                continue
            # A computer with a session of its own is done when that is; a machine of a job only when the job is.
            done = bool(inside) and all(task.session_key != run.key for task in inside)
            if not done and (inside or self._may_come(run, tasks)):
                yield Attempt(
                    start=run.start, running=True, job_name=run.job_name, job_type=run.job_type,
                    backup_server_name=run.backup_server_name, job_session_uid=run.uid,
                )  # fmt: skip

    def _may_come(self, run: SessionRow, tasks: list[TaskRow]) -> bool:
        """A retry comes only to machines that did not succeed before."""
        earlier = [task for task in tasks if self._is_of_job(task, run)]
        if not earlier:
            return False
        newest = max(earlier, key=lambda task: (task.start, task.result != "Success"))
        return not run.is_retry or newest.result != "Success"

    def _is_of_job(self, task: TaskRow, run: SessionRow) -> bool:
        """By the job's UID, or by its name at its server where one of the two sessions can't be read."""
        session = self._sessions.of(task)
        if session is None or run.job_key is None:
            names = {task.job_name, session.job_name if session else None} - {None}
            return run.job_name in names and fold(task.backup_server_name or "") == fold(run.backup_server_name or "")
        parent = self._sessions.parent_of(session)
        return any(one.job_key == run.job_key for one in (session, parent) if one)

    def _seen_at(self, machine: KnownMachine) -> dict[str, dt.datetime | None]:
        """The newest time at each of its backup servers: of whatever is read anyway, and of its own rows."""
        servers = machine.all_servers or {task.backup_server_name or "" for task in machine.tasks}
        found = {server: self._snapshot.newest_seen.get(server) for server in servers}
        for task in machine.tasks:
            server, time = task.backup_server_name or "", task.end or task.start
            known = found.get(server)
            # Where it is only copied or replicated is none of them.
            if server in found and (known is None or time > known):
                found[server] = time
        return found

    def data_as_of(self, machine: KnownMachine) -> tuple[dt.datetime | None, str]:
        """When the data of a machine was collected, and how good the proof for the age limit is: ``known``, ``old``, ``unknown``."""
        if self._snapshot.collections is not None and self._log_tells is not None:
            return self._collected, self._log_tells
        seen = self._seen_at(machine)
        limit = self._policy.max_data_age
        oldest = self._policy.now - limit if limit is not None else None
        times = [time for time in seen.values() if time] or list(self._snapshot.newest_seen.values())
        fresh = oldest is None or (bool(seen) and all(time is not None and time >= oldest for time in seen.values()))
        if self._snapshot.collections is None:
            return min(times, default=None), "known" if fresh else "unknown"
        return self._collected, "known" if fresh else "unknown"

    def _told_by_the_log(self) -> str | None:
        """What the log of collections proves for all machines; nothing where it is up to each one's backup server."""
        if self._policy.max_data_age is None:
            return "known"
        oldest, log = self._policy.now - self._policy.max_data_age, self._snapshot.collections or ()
        if any(one.complete and self._counts_from(one) >= oldest for one in log):
            return "known"
        return None if any(one.end >= oldest for one in log) else "old"

    def _counts_from(self, collection: t.Any) -> dt.datetime:
        """A limit set on purpose is about the age of the data; the default one is about whether Enterprise Manager collects at all."""
        moment: dt.datetime = collection.start if self._policy.data_age_on_purpose else collection.end
        return moment


def _restore(restore: RestoreRow) -> Attempt:
    return Attempt(
        start=restore.start, running=True, job_name=restore.job_name, job_type=restore.job_type or "Restore",
        backup_server_name=restore.backup_server_name, job_session_uid=restore.uid, kind="restore",
    )  # fmt: skip


def _result_of(task: TaskRow, session: SessionRow | None) -> str | None:
    """The session of a single computer can fail after its task was done: the worse of the two counts."""
    if session is None or session.job_type != AGENT_SESSION or session.running or session.result == "Success":
        return task.result
    return session.result if task.result in codes.SUCCESSFUL else task.result
