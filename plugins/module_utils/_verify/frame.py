# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is read whatever machines are asked for: hypervisors, agents, what runs now, and how old the data is. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, all_of, any_of, any_of_exprs, build_target, compare
from .._errors import (
    AccessDenied,
    EmError,
    NotFound,
    ProtocolError,
    RequestRejected,
    ServerBusy,
    ServerFailed,
    SettingsError,
    TimedOut,
)
from .._protection import codes, rows
from .._protection.names import fold
from .._protection.policy import ALWAYS, NEVER, Policy
from .._protection.snapshot import ANSWERED, EMPTY, LOOKUP_FAILED, Snapshot
from .._records.build import Record, RecordOptions
from .._times import parse_moment, to_iso

PLAIN = RecordOptions()
WITH_LINKS = RecordOptions(include_links=True)
_OLD_OR_FORBIDDEN = (AccessDenied, NotFound, RequestRejected)
_UNANSWERED = (AccessDenied, NotFound, RequestRejected, ServerBusy, ServerFailed, TimedOut, ProtocolError)


class RowLimitReached(Exception):
    """More rows than the policy allows."""


class Counter:
    """How many rows may still be read."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise RowLimitReached


def backup_servers_named(client: EnterpriseManagerClient, policy: Policy) -> dict[str, str]:
    """The backup servers that entries name, as they are called; a short name will do. Raises SettingsError."""
    asked = {entry.backup_server_name for entry in policy.machines if entry.backup_server_name}
    if not asked:
        return {}
    known = sorted(record["name"] or "" for record in client.query("backup_server").records)
    found = {}
    for name in asked:
        fitting = [one for one in known if fold(one) == fold(name)] or [
            one for one in known if fold(one).partition(".")[0] == fold(name)
        ]
        if len(fitting) != 1:
            what = "fits several backup servers" if fitting else "is the name of no backup server"
            raise SettingsError(f"backup_server_name {name!r} {what}", hint=f"there are {', '.join(fitting or known)}")
        found[name] = fitting[0]
    return found


class FrameReader:
    """Fills a snapshot with what no name is needed for."""

    def __init__(
        self,
        client: EnterpriseManagerClient,
        policy: Policy,
        snapshot: Snapshot,
        counter: Counter,
        roots_required: bool,
    ) -> None:
        self._client = client
        self._policy = policy
        self._snapshot = snapshot
        self.counter = counter
        self._roots_required = roots_required or policy.ask_hypervisors == ALWAYS
        self._newest_text: dict[str, str] = {}
        self._look_back = to_iso(policy.now - policy.lookback)
        self._stand_ins: set[str] = set()
        self.computer_records: list[Record] = []

    def read(self, floor: dt.datetime) -> None:
        """``floor`` is how far back agents are read."""
        self._read_roots()
        self.read_collections()
        self._read_visibility()
        self._read_lookups()
        self._read_repositories(floor)
        self._read_work(floor)
        self._read_agent_points(floor)

    def saw(self, record: Record) -> None:
        """Enterprise Manager has seen this, so its data of this backup server is at least as new."""
        server, time = record["backup_server_name"] or "", record.get("end_time") or record["creation_time"] or ""
        if time <= self._newest_text.get(server, ""):
            return
        moment = parse_moment(time)
        if moment is not None:
            self._newest_text[server], self._snapshot.newest_seen[server] = time, moment

    def saw_root(self, server: str | None, vm_uid: str | None, time: str | None = None) -> None:
        """A reference carries the id of this root; rows from before the look back, which some entry brought, tell nothing about the others."""
        if vm_uid and (time is None or time >= self._look_back):
            found = rows.root_id(vm_uid)
            if found:
                self._snapshot.roots_seen.setdefault(server or "", set()).add(found)

    def query(
        self,
        name: str,
        selection: FilterSet,
        take: t.Callable[[Record], None],
        options: RecordOptions = PLAIN,
    ) -> None:
        """Hands every row to ``take``. Raises RowLimitReached."""

        def keep(record: Record) -> bool:
            self.counter.count()
            take(record)
            return False

        self._client.query(name, selection, keep=keep, options=options)

    def _read_roots(self) -> None:
        try:
            found = self._client.query("hierarchy_root").records
        except AccessDenied:
            if self._roots_required:
                raise
            self._snapshot.roots_known = False
            return
        for record in found:
            row = rows.root_row(record)
            if row is not None:
                self._snapshot.roots.append(row)

    def read_collections(self) -> None:
        """The log of collections: not every version has it, and not every account may read it."""
        try:
            found = self._client.list("system_session").records
        except _OLD_OR_FORBIDDEN:
            return
        self._snapshot.collections = [row for row in map(rows.collection_row, found) if row]

    def _read_visibility(self) -> None:
        """Only a Portal Administrator surely sees every machine, and may read discovered computers and jobs."""
        snapshot = self._snapshot
        try:
            self.computer_records = self._client.query("discovered_computer", options=WITH_LINKS).records
            snapshot.sees_everything = True
        except AccessDenied:
            snapshot.sees_everything = self._policy.full_visibility
        except (NotFound, RequestRejected):
            snapshot.sees_everything = self._policy.full_visibility or self._may_read_jobs()
        snapshot.computers = [
            rows.ComputerRow(one["name"], one["backup_server_name"]) for one in self.computer_records if one["name"]
        ]

    def _may_read_jobs(self) -> bool:
        try:
            self._client.query("job", representation="reference", limit=1)
        except AccessDenied:
            return False
        return True

    def _read_lookups(self) -> None:
        if self._policy.ask_hypervisors == NEVER:
            return
        for root in self._snapshot.roots:
            try:
                self._snapshot.lookups[root.guid] = self._lookup(root)
            except _UNANSWERED as error:
                if self._policy.ask_hypervisors == ALWAYS:
                    raise
                self._snapshot.lookups[root.guid] = rows.LookupRow(root.guid, LOOKUP_FAILED, message=str(error))

    def _lookup(self, root: rows.RootRow) -> rows.LookupRow:
        """The virtual machines of one hypervisor, whether they were ever backed up or not."""
        items: list[rows.ItemRow] = []

        def keep(record: Record) -> bool:
            if record["object_ref"] and record["object_name"]:
                items.append(rows.ItemRow(record["object_name"], record["object_ref"]))
            return False

        # The wildcard is the one that EM itself uses in the links of its lookup service (EM page lookupsvc).
        query = build_target("lookup", [("host", root.uid), ("name", "*"), ("type", "Vm")])
        self._client.list("hierarchy_item", [query], representation="reference", keep=keep)
        return rows.LookupRow(root.guid, ANSWERED if items else EMPTY, tuple(items))

    def _read_repositories(self, floor: dt.datetime) -> None:
        """What is stored as a snapshot on an array, and is no backup: told by the kind of the repository."""
        try:
            found = self._client.query("repository").records
        except AccessDenied:
            self._snapshot.repositories_known = False
            return
        arrays = tuple(sorted(one["uid"] for one in found if one["uid"] and codes.is_snapshot_kind(one["kind"])))
        if not arrays:
            return
        stored = FilterSet(lists=(("RepositoryUid", arrays),))
        backups = self._client.query("backup", stored, options=WITH_LINKS).records
        for record in backups:
            server = next((one["name"] for one in record["links"] if one["type"] == "BackupServerReference"), None)
            self._snapshot.snapshot_jobs.add((fold(server or ""), fold(record["name"] or "")))
        uids = tuple(sorted(record["uid"] for record in backups if record["uid"]))
        if uids:
            points = FilterSet(compare("CreationTime", ">=", to_iso(floor)), (("BackupUid", uids),))
            found = self._client.query("restore_point", points, representation="reference").records
            self._snapshot.snapshot_runs.update(rows.uid_key(one["uid"]) or "" for one in found)

    def _read_work(self, floor: dt.datetime) -> None:
        """What runs now, whole; the job sessions of the last hours, which tell how fresh the data of each backup server is; and those of agents."""
        self.query("backup_task_session", FilterSet(compare("State", "!=", "Completed")), self._take_running_task)
        recent = to_iso(self._policy.now - max(codes.DEFAULT_DATA_AGE, self._policy.max_data_age or dt.timedelta()))
        times = [compare("CreationTime", ">=", recent), compare("EndTime", ">=", recent)]
        running = compare("State", "!=", "Stopped")
        self._read_sessions([running, *times], floor)
        self.query("replica_session", FilterSet(running), self.take_replica_session)
        self.query("replica_task_session", FilterSet(compare("State", "!=", "Completed")), self.take_replica)
        found = self._client.list("restore_session", keep=lambda record: bool(record["running"])).records
        self._snapshot.restores = [rows.restore_row(record) for record in found]

    def _read_sessions(self, recent: list[FilterExpr], floor: dt.datetime) -> None:
        """In one request: recent job sessions, and those of agents, which tell which computers there are."""
        agents = any_of("JobType", [*sorted(codes.AGENT_TYPES)])
        try:
            wanted = any_of_exprs([*recent, all_of([compare("CreationTime", ">=", to_iso(floor)), agents])])
            self.query("backup_session", FilterSet(wanted), self.take_fresh_session)
        except (NotFound, RequestRejected) as error:
            self.query("backup_session", FilterSet(any_of_exprs([*recent])), self.take_fresh_session)
            self._no_agents(error)

    def _read_agent_points(self, floor: dt.datetime) -> None:
        since = FilterSet(compare("CreationTime", ">=", to_iso(floor)))
        try:
            self.query("agent_restore_point", since, self._take_agent_point, WITH_LINKS)
        except (NotFound, RequestRejected) as error:
            self._no_agents(error)

    def _no_agents(self, error: EmError) -> None:
        """Servers before version 9.5 update 4 know nothing of agents."""
        if any(one.job_type in codes.AGENT_TYPES for one in self._snapshot.sessions.values()):
            raise error

    def _take_running_task(self, record: Record) -> None:
        self.saw(record)
        self.saw_root(record["backup_server_name"], record["vm_uid"])
        self.take_task(record)

    def take_task(self, record: Record) -> None:
        row = rows.task_row(record)
        self._snapshot.tasks.setdefault(row.uid or "", row)

    def take_session(self, record: Record) -> None:
        row = rows.session_row(record)
        self._snapshot.sessions.setdefault(row.key, row)

    def take_fresh_session(self, record: Record) -> None:
        self.saw(record)
        self.take_session(record)

    def take_replica_session(self, record: Record) -> None:
        row = rows.session_row(record)
        if row.key not in self._snapshot.sessions or row.key in self._stand_ins:
            self._stand_ins.discard(row.key)
            self._snapshot.sessions[row.key] = row._replace(job_type=row.job_type or codes.REPLICA_TYPE)

    def take_replica(self, record: Record) -> None:
        row = rows.task_row(record)
        self._snapshot.tasks.setdefault(row.uid or "", row)
        # What the task tells of its session, until that is read itself.
        session = rows.replica_session(row)
        if session.key not in self._snapshot.sessions:
            self._stand_ins.add(session.key)
            self._snapshot.sessions[session.key] = session

    def _take_agent_point(self, record: Record) -> None:
        row = rows.point_row(record)
        self._snapshot.agent_points.setdefault(row.uid.lower(), row)
