# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machine and which job rows are of, by identity and not by name. Private to the collection.

Rows that a reference identifies cost one request for the hierarchy roots, and none where all are of one root. Only rows without
reference need more: their restore points and job sessions.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterSet, all_of, compare
from .._errors import AccessDenied
from .._protection import rows
from .._protection.codes import AGENT_TYPES
from .._protection.registry import Registry
from .._protection.roots import is_agent, root_of
from .._protection.snapshot import Snapshot
from .._records.build import Record
from .._times import shifted, to_iso

_FEW = 40
"""So many UIDs fit into the filter of one request; of more, the window of time is read."""
_MARGIN = dt.timedelta(days=1)
"""A job session starts before its tasks, and a restore point may be older than the task that wrote it."""


class Identities:
    """Rows of one question, of which it is to be told what they are of."""

    def __init__(self, client: EnterpriseManagerClient, now: dt.datetime) -> None:
        self._client = client
        self._snapshot = Snapshot(now)
        self._sessions: dict[str, rows.SessionRow] = {}
        self._asked: set[str] = set()
        self._roots_asked = False

    def machines_of_tasks(self, tasks: t.Iterable[Record]) -> list[list[str]]:
        """For each machine the UIDs of the tasks that are surely or possibly its. A task that may be of several is named for each."""
        found = [rows.task_row(record) for record in tasks]
        loose = [row for row in found if not row.vm_uid or is_agent(row.vm_uid)]
        self.read_sessions(loose)
        self._snapshot.sessions = dict(self._sessions)
        self._snapshot.tasks = {row.uid or "": row for row in found}
        self._read_points([row for row in loose if row.point_uid])
        self._read_roots([*(row.vm_uid for row in found), *(point.vm_uid for point in self._snapshot.points.values())])
        registry = Registry(self._snapshot)
        groups = [[task.uid for task in machine.tasks if task.uid] for machine in registry.machines.values()]
        placed = {uid for group in groups for uid in group}
        # A success that may be of several machines is of none for sure, but it must not get lost.
        by_name: dict[tuple[str | None, str], list[str]] = {}
        for task in registry.sessions.tasks:
            if task.uid and task.uid not in placed:
                by_name.setdefault((task.backup_server_name, task.names[0]), []).append(task.uid)
        return [group for group in (*groups, *by_name.values()) if group]

    def machines_of_points(self, vms: t.Iterable[Record], agents: t.Iterable[Record]) -> list[list[str]]:
        """For each machine the UIDs of its restore points."""
        self._snapshot.points = {row.uid.lower(): row for row in map(rows.point_row, vms)}
        self._snapshot.agent_points = {row.uid.lower(): row for row in map(rows.point_row, agents)}
        self._read_roots(point.vm_uid for point in self._snapshot.points.values())
        return [[point.uid for point in machine.points] for machine in Registry(self._snapshot).machines.values()]

    def read_sessions(self, tasks: t.Iterable[rows.TaskRow]) -> None:
        """The job sessions of tasks."""
        missing = {
            task.session_uid: task.start
            for task in tasks
            if task.session_uid and task.session_key not in self._sessions
        }
        for record in self._by_uid("backup_session", missing):
            row = rows.session_row(record)
            self._sessions[row.key] = row

    def job_of(self, task: Record) -> tuple[str, str]:
        """The identity of a task's job; where its session is gone, the name of the job at its server."""
        session = self._sessions.get(rows.uid_key(task["job_session_uid"]) or "")
        if session is not None and session.job_key:
            return job_key(session.job_uid, session.job_name, session.job_type)
        return task["backup_server_name"] or "", task["job_name"] or ""

    def job_uid_of(self, task: Record) -> str | None:
        session = self._sessions.get(rows.uid_key(task["job_session_uid"]) or "")
        return session.job_uid if session else None

    def read_points_named(self, tasks: t.Iterable[Record], back: dt.timedelta) -> bool:
        """Restore points of the names of tasks that tell no reference: they may say which machines had these names. False: there are no such tasks."""
        loose = [task for task in tasks if not task["vm_uid"] and not self._is_of_agent(task)]
        names = {task["vm_display_name"] for task in loose if task["vm_display_name"]}
        if not names:
            return False
        since = shifted(min(rows.moment(task) for task in loose), -back)
        by_name = FilterSet(compare("CreationTime", ">=", to_iso(since)), (("VmDisplayName", tuple(sorted(names))),))
        for record in self._client.query("vm_restore_point", by_name).records:
            row = rows.point_row(record)
            self._snapshot.points[row.uid.lower()] = row
        return True

    def _is_of_agent(self, task: Record) -> bool:
        session = self._sessions.get(rows.uid_key(task["job_session_uid"]) or "")
        return session is not None and session.job_type in AGENT_TYPES

    def _read_points(self, tasks: t.Sequence[rows.TaskRow]) -> None:
        for record in self._by_uid(
            "vm_restore_point", {task.point_uid: task.start for task in tasks if task.point_uid}
        ):
            row = rows.point_row(record)
            self._snapshot.points[row.uid.lower()] = row

    def _by_uid(self, kind: str, tasks: t.Mapping[str, dt.datetime]) -> t.Iterator[Record]:
        """The records of these UIDs, each given with the start of a task that it goes with."""
        missing = {uid.lower(): uid for uid in tasks if uid.lower() not in self._asked}
        self._asked.update(missing)
        if len(missing) > _FEW:
            times = [tasks[uid] for uid in missing.values()]
            first, last = shifted(min(times), -_MARGIN), shifted(max(times), _MARGIN)
            bounds = [compare("CreationTime", ">=", to_iso(first)), compare("CreationTime", "<", to_iso(last))]
            window = FilterSet(all_of(bounds), until=last)
            found = self._client.query(
                kind, window, keep=lambda record: (record["uid"] or "").lower() in missing
            ).records
            for record in found:
                missing.pop(record["uid"].lower())
            yield from found
        if missing:
            yield from self._client.query(kind, FilterSet(lists=(("UID", tuple(sorted(missing.values()))),))).records

    def _read_roots(self, refs: t.Iterable[str | None]) -> None:
        """What joins the references that two backup servers have for one machine; needless where all are of one root."""
        if self._roots_asked or len({root_of(ref) for ref in refs if ref} - {None}) < 2:
            return
        self._roots_asked = True
        try:
            found = self._client.query("hierarchy_root").records
        except AccessDenied:
            return
        self._snapshot.roots = [row for row in map(rows.root_row, found) if row]


def job_key(job_uid: str | None, job_name: str | None, job_type: str | None) -> tuple[str, str]:
    """The identity of a job. A copy job has a session for each job that it copies, whose names tell them apart."""
    is_worker = (job_type or "").endswith("CopyWorker")
    return rows.uid_key(job_uid) or "", (job_name or "") if is_worker or not job_uid else ""
