# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QueryPlan what verdicts rest on. The number of requests follows the rows in the window of time, never the machines. Private.

Order matters: restore points are read after the tasks, so that a task that ends meanwhile does not seem to have lost its point.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, all_of, build_target, compare
from .._errors import AccessDenied, NotFound, RequestRejected
from .._protection import codes, rows
from .._protection.identity import HierarchyRoots
from .._protection.policy import Policy
from .._records.build import Record
from .._times import parse_moment, to_iso

# A job session starts before its tasks; queued tasks can wait for hours.
_SESSION_MARGIN = dt.timedelta(days=1)
_POINT_MARGIN = dt.timedelta(hours=1)


class RowLimitReached(Exception):
    """More rows than the policy allows."""


class Snapshot:
    """Everything that was read and may concern a wanted machine."""

    def __init__(self, client: EnterpriseManagerClient, policy: Policy) -> None:
        self._client = client
        self._policy = policy
        self._left = policy.max_rows
        self._wanted = rows.MachineFilter(policy.machines)
        self.roots = HierarchyRoots()
        self.sessions: dict[str, rows.SessionRow] = {}
        self.tasks: dict[str, rows.TaskRow] = {}
        self.points: dict[str, rows.PointRow] = {}
        self.agent_points: dict[str, rows.PointRow] = {}
        self.inventory: list[rows.InventoryRow] = []
        self.newest_seen: dict[str, dt.datetime] = {}
        self.data_collected_at: dt.datetime | None = None
        self.collection_known = False
        self._linked_points: set[str] = set()
        # Job sessions that worked on any machine, wanted or not.
        self._worked: set[str] = set()
        # Times of records compare as text; only new ones are parsed.
        self._newest_text: dict[str, str] = {}

    def read_frame(self) -> None:
        """The hypervisors, and when Enterprise Manager collected its data last."""
        self._read_roots()
        self._read_data_collection()

    def read(self, since: dt.datetime, until: dt.datetime | None) -> None:
        """Everything that started in a window of time; without an end also what started before and still runs.

        Raises RowLimitReached; what was read until then stays.
        """
        self._query("backup_task_session", _window(since, until, "Completed"), self._take_task, until)
        margin = until - _SESSION_MARGIN if until else None
        self._query("backup_session", _window(since - _SESSION_MARGIN, margin, "Stopped"), self._take_session, margin)
        if until is None:
            self._read_members_of_running_jobs()
        self._read_missing_sessions()
        self._linked_points = {uid for uid in (rows.uid_key(task.point_uid) for task in self.tasks.values()) if uid}
        edge = until - _POINT_MARGIN if until else None
        points = _window(since - _POINT_MARGIN, edge)
        self._query("vm_restore_point", points, self._take_point, edge)
        if until is None:
            working = FilterSet(compare("State", "!=", "Completed"))
            self._query("replica_task_session", working, self._take_replica, None)
        if any(session.job_type in codes.AGENT_TYPES for session in self.sessions.values()):
            self._query("agent_restore_point", points, self._take_agent_point, edge)

    def is_wanted(self, names: t.Iterable[str]) -> bool:
        return self._wanted.has(names, None)

    def sees_everything(self) -> bool:
        """Whether the account is a Portal Administrator: only then the absence of a machine means something."""
        try:
            self._client.query("job", representation="reference", limit=1)
        except AccessDenied:
            return False
        return True

    def _read_roots(self) -> None:
        try:
            found = self._client.query("hierarchy_root").records
        except AccessDenied:
            if self._policy.ask_hypervisors:
                raise
            return
        guids = {record["uid"]: (record["hierarchy_root_id"] or record["id"]).lower() for record in found}
        self.roots = HierarchyRoots(
            {guids[one["uid"]]: (one["unique_id"] or guids[one["uid"]]).lower() for one in found}
        )
        if self._policy.ask_hypervisors:
            for record in found:
                self._read_inventory(record)

    def _read_inventory(self, root: Record) -> None:
        """The virtual machines of one hypervisor that may be wanted, whether they were ever backed up or not."""

        def keep(record: Record) -> bool:
            names = rows.names_of(record["object_name"])
            if record["object_ref"] and self._wanted.has(names, record["object_ref"]):
                self.inventory.append(rows.InventoryRow(names, record["object_ref"], root["backup_server_name"]))
            return False

        # The wildcard is the one that EM itself uses in the links of its lookup service (EM page lookupsvc).
        query = build_target("lookup", [("host", root["uid"]), ("name", "*"), ("type", "Vm")])
        self._client.list("hierarchy_item", [query], representation="reference", keep=keep)

    def _read_data_collection(self) -> None:
        """The log of collections: not every version has it, and not every account may read it."""
        try:
            found = self._client.list("system_session").records
        except (AccessDenied, NotFound, RequestRejected):
            return
        self.collection_known = True
        # A collection with warnings may have left out a backup server. What it saw is from after its start.
        done = [one for one in found if one["session_type"] == "CollectJob" and one["state"] == "CompletedSuccessfully"]
        self.data_collected_at = max((rows.moment(one) for one in done), default=None)

    def _read_members_of_running_jobs(self) -> None:
        """Earlier tasks of jobs that run now and did no whole run in the window: whose machines they may still come to."""
        running = {one.job_key: one.job_uid for one in self.sessions.values() if one.touches_machines and one.job_uid}
        worked = (self.sessions[key] for key in self._worked if key in self.sessions)
        done = {one.job_key for one in worked if not one.running and not one.is_retry}
        jobs = tuple(sorted(uid for key, uid in running.items() if uid and key not in done))
        if jobs:
            earlier = compare("CreationTime", ">=", to_iso(self._policy.now - self._policy.lookback))
            self._query("backup_task_session", FilterSet(earlier, (("JobUid", jobs),)), self._take_task, None)

    def _read_missing_sessions(self) -> None:
        """Job sessions that tasks point to but that started before the window."""
        tasks = [task for task in self.tasks.values() if task.session_uid and task.session_key not in self.sessions]
        missing = sorted({task.session_uid for task in tasks if task.session_uid})
        if missing:
            self._query("backup_session", FilterSet(lists=(("UID", tuple(missing)),)), self._take_session, None)

    def _query(
        self, name: str, selection: FilterSet, take: t.Callable[[Record], None], until: dt.datetime | None
    ) -> None:
        def keep(record: Record) -> bool:
            self._left -= 1
            if self._left < 0:
                raise RowLimitReached
            take(record)
            return False

        self._client.query(name, FilterSet(selection.always, selection.lists, until), keep=keep)

    def _take_task(self, record: Record) -> None:
        self._saw(record)
        self._worked.add(rows.uid_key(record["job_session_uid"]) or "")
        if self._wanted.may_have(rows.task_names(record), record["vm_uid"]):
            row = rows.task_row(record)
            self.tasks.setdefault(row.uid or "", row)

    def _take_replica(self, record: Record) -> None:
        if self._wanted.may_have(rows.task_names(record), record["vm_uid"]):
            row = rows.task_row(record)
            self.tasks.setdefault(row.uid or "", row)
            session = rows.replica_session(row)
            self.sessions.setdefault(session.key, session)

    def _take_session(self, record: Record) -> None:
        self._saw(record)
        row = rows.session_row(record)
        self.sessions.setdefault(row.key, row)

    def _take_point(self, record: Record) -> None:
        self._saw(record)
        # The name of a point can differ from that of its task (inventory and display name).
        wanted = self._wanted.has(rows.point_names(record), record["hierarchy_obj_ref"])
        if wanted or rows.uid_key(record["uid"]) in self._linked_points:
            row = rows.point_row(record)
            self.points.setdefault(row.uid.lower(), row)

    def _take_agent_point(self, record: Record) -> None:
        if self._wanted.has(rows.point_names(record), None):
            row = rows.point_row(record)
            self.agent_points.setdefault(row.uid.lower(), row)

    def _saw(self, record: Record) -> None:
        """Enterprise Manager has seen this, so its data of this backup server is at least as new."""
        server, time = record["backup_server_name"] or "", record.get("end_time") or record["creation_time"] or ""
        if time <= self._newest_text.get(server, ""):
            return
        moment = parse_moment(time)
        if moment is not None:
            self._newest_text[server], self.newest_seen[server] = time, moment


def _window(since: dt.datetime, until: dt.datetime | None, done: str | None = None) -> FilterSet:
    """Rows that started in the window; with ``done`` and an open end also all that are not in this state."""
    start = compare("CreationTime", ">=", to_iso(since))
    if until is not None:
        return FilterSet(all_of([start, compare("CreationTime", "<", to_iso(until))]))
    if done is None:
        return FilterSet(start)
    return FilterSet(FilterExpr(f"{start.text},{compare('State', '!=', done).text}", compound=True))
