# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that other rows lead to: points that tasks link to, their job sessions, and what running jobs did before. Private to the collection."""

from __future__ import annotations

import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, compare
from .._protection import codes, rows
from .._protection.policy import Policy
from .._protection.snapshot import Snapshot
from .._records.build import Record, RecordOptions
from .._times import to_iso
from .frame import PLAIN, WITH_LINKS, Counter, FrameReader
from .plan import SESSION_MARGIN, NameFilter, Span, Wanted, missing_sessions, reach, sessions_by_job


class LinkedRows:
    """Fills a snapshot with rows, and with those that they lead to."""

    def __init__(self, client: EnterpriseManagerClient, policy: Policy, keep_all: bool, page_size: int) -> None:
        self.snapshot = Snapshot(policy.now)
        self._client = client
        self._policy = policy
        self._keep_all = keep_all
        self._page_size = page_size
        self._frame = FrameReader(client, policy, self.snapshot, Counter(policy.max_rows), roots_required=keep_all)
        self._near_names = NameFilter(policy)
        self._filter_works = True
        self._asked_points: set[str | None] = set()
        self._asked_sessions: set[str] = set()
        self._asked_runs: dict[bool, tuple[tuple[str, ...], Wanted | None]] = {}

    def _read_linked_points(
        self, wanted: Wanted | None, concerns: t.Callable[[rows.TaskRow], bool] = lambda task: True
    ) -> None:
        """Points that tasks link to and that no filter brought: of another name, or made since."""
        linked = {
            rows.uid_key(task.point_uid): task.point_uid
            for task in self.snapshot.tasks.values()
            if task.point_uid and concerns(task)
        }
        left = {
            key: uid for key, uid in linked.items() if key not in self.snapshot.points and key not in self._asked_points
        }
        self._asked_points.update(left)
        uids = tuple(sorted(uid for uid in left.values() if uid))
        if uids:
            self._query("vm_restore_point", FilterSet(lists=(("UID", uids),)), self._keep_point, WITH_LINKS)
            new = [self.snapshot.points[key] for key in left if key in self.snapshot.points]
            if wanted and any(
                point.vm_uid and point.vm_uid in wanted.refs and point.time < self._policy.now - codes.POINT_MARGIN
                for point in new
            ):
                # The server does not find by reference what it has.
                self._filter_works = False

    def _read_missing_sessions(self) -> None:
        """Job sessions that tasks point to: of a few jobs that ran many times by job, else by UID, or as a window when these are too many."""
        missing = self._missing_sessions()
        by_job = sessions_by_job(missing)
        if by_job:
            self._query("backup_session", FilterSet(lists=(("JobName", by_job),)), self._frame.take_session)
        elif len(missing) > self._page_size:
            since = Span(missing[0].start).wider(SESSION_MARGIN)
            self._query("backup_session", FilterSet(since.where), self._frame.take_session)
        self._read_sessions(self._missing_sessions())

    def _missing_sessions(self) -> list[rows.TaskRow]:
        found = missing_sessions(self.snapshot.tasks.values(), self.snapshot.sessions)
        return [one for one in found if one.session_key not in self._asked_sessions]

    def _read_sessions(self, tasks: t.Iterable[rows.TaskRow]) -> None:
        uids = {one.session_key: one.session_uid for one in tasks}
        self._asked_sessions.update(uids)
        if uids:
            listed = tuple(sorted(uid for uid in uids.values() if uid))
            self._query("backup_session", FilterSet(lists=(("UID", listed),)), self._frame.take_session)

    def _read_running_jobs(self, wanted: Wanted | None) -> None:
        """What jobs that run now did before: whose machines they may still come to, and whether they ran again since."""
        floor = reach(self._policy).since
        since = compare("CreationTime", ">=", to_iso(floor))
        # A session without end has lost it when its job ran again since, however short the look back is.
        runs = compare("CreationTime", ">=", to_iso(min(floor, self._policy.now - codes.LONGEST_SESSION)))
        running = [
            one
            for one in self.snapshot.sessions.values()
            if one.touches_machines and one.job_type not in codes.AGENT_TYPES
        ]
        for is_replica in (False, True):
            jobs = tuple(
                sorted(
                    {
                        one.job_uid
                        for one in running
                        if one.job_uid and (one.job_type == codes.REPLICA_TYPE) is is_replica
                    }
                )
            )
            if not jobs or self._asked_runs.get(is_replica) == (jobs, wanted):
                continue
            self._asked_runs[is_replica] = (jobs, wanted)
            lists: list[tuple[str, tuple[str | FilterExpr, ...]]] = [("JobUid", jobs)]
            if is_replica:
                self._query("replica_session", FilterSet(runs, tuple(lists)), self._frame.take_replica_session)
            else:
                self._query("backup_session", FilterSet(runs, tuple(lists)), self._frame.take_session)
            # A reference that nothing has carries no name: then the rows of the job tell.
            if wanted is not None and wanted.is_plain and 0 < len(wanted.names) < self._page_size // 2:
                lists.append(("VmDisplayName", tuple(sorted(wanted.names))))
            if is_replica:
                self._query("replica_task_session", FilterSet(since, tuple(lists)), self._take_replica(wanted))
            elif wanted is not None:
                self._query("backup_task_session", FilterSet(since, tuple(lists)), self._take_task(wanted))

    def _take_task(self, wanted: Wanted) -> t.Callable[[Record], None]:
        def take(record: Record) -> None:
            if wanted.has(rows.task_names(record), record["vm_uid"]):
                self._frame.take_task(record)

        return take

    def _take_replica(self, wanted: Wanted | None) -> t.Callable[[Record], None]:
        near = self._near_names if wanted is None else wanted

        def take(record: Record) -> None:
            names = rows.task_names(record)
            if self._keep_all or near.has(names, None):
                self._frame.take_replica(record)

        return take

    def _take_point(self, wanted: Wanted) -> t.Callable[[Record], None]:
        def take(record: Record) -> None:
            if wanted.has(rows.point_names(record), record["hierarchy_obj_ref"]):
                self._keep_point(record)

        return take

    def _keep_point(self, record: Record) -> None:
        row = rows.point_row(record)
        self.snapshot.points.setdefault(row.uid.lower(), row)

    def _query(
        self,
        name: str,
        selection: FilterSet,
        take: t.Callable[[Record], None],
        options: RecordOptions = PLAIN,
    ) -> None:
        self._frame.query(name, selection, take, options)
