# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QueryPlan the hosts of the inventory: backup servers and the machines that they back up. Private to the collection.

Machines are what task sessions were seen of, so one that no job has ever touched is not among them. The number of requests
follows the rows in the window of time, never the machines.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, compare
from .._errors import AccessDenied, NotFound, RequestRejected, SettingsError
from .._protection import rows
from .._protection.codes import AGENT_TYPES
from .._protection.facts import FactsBuilder
from .._protection.identity import HierarchyRoots
from .._protection.policy import Policy
from .._records.build import Record, RecordOptions
from .._times import parse_when, to_iso
from .ageing import aged
from .hosts import VARIABLES, agent_hosts, is_vm, server_host, vm_host
from .verdicts import add_verdicts, policy_moment, read_protection

__all__ = ["KINDS", "VARIABLES", "InventoryRequest", "gather_machines"]

KINDS = ("backup_servers", "vms", "agents")
# A job session starts before its tasks, a restore point may be a little older than the task that made it.
_SESSION_MARGIN = dt.timedelta(days=1)
_POINT_MARGIN = dt.timedelta(hours=1)
_OLD_OR_FORBIDDEN = (AccessDenied, NotFound, RequestRejected)


@dataclasses.dataclass(frozen=True)
class InventoryRequest:
    """Which hosts are asked for; ``text`` is the question itself, the same for the same question at any time."""

    include: tuple[str, ...]
    since: dt.datetime
    protection: t.Mapping[str, t.Any] | None
    now: dt.datetime
    text: str

    @classmethod
    def read(cls, include: t.Any, since: t.Any, protection: t.Any, now: dt.datetime) -> InventoryRequest:
        """The options of the inventory plugin, checked. Raises SettingsError."""
        unknown = [kind for kind in include if kind not in KINDS]
        if unknown or not include:
            raise SettingsError(
                f"include has the value {unknown[0]!r}" if unknown else "include is empty",
                hint=f"use some of {', '.join(KINDS)}",
            )
        start = parse_when(since, now, "since")
        if start >= now:
            raise SettingsError(
                f"since has the value {since!r}, which is not in the past", hint="write an age such as 30d"
            )
        if protection is not None:
            read_protection(protection, now)
        kinds = tuple(kind for kind in KINDS if kind in include)
        text = json.dumps([kinds, str(since), protection], sort_keys=True, default=str)
        return cls(kinds, start, protection, now, text)

    def aged(self, hosts: t.Sequence[Record], gathered_at: str) -> list[Record]:
        """The hosts that were read at some time, with the verdicts that they have now."""
        if self.protection is None or gathered_at == to_iso(self.now):
            return list(hosts)
        policy = read_protection(self.protection, self.now)
        needed_at = policy_moment(self.protection, self.now)
        return [aged(host, policy, needed_at) for host in hosts]


def gather_machines(client: EnterpriseManagerClient, wanted: InventoryRequest) -> dict[str, t.Any]:
    """``hosts`` (records in a fixed order), ``warnings`` about what is missing, ``gathered_at``. Raises an EmError."""
    snapshot = Snapshot(client)
    snapshot.read_data_collection()
    machines = snapshot.read_machines(wanted) if {"vms", "agents"} & set(wanted.include) else []
    hosts: list[Record] = []
    if "backup_servers" in wanted.include:
        servers = client.query("backup_server").records
        hosts += [server_host(record, snapshot.data_as_of(record["name"])) for record in servers]
    if "vms" in wanted.include:
        hosts += [vm_host(seen, snapshot.root_records) for seen in machines if is_vm(seen)]
    if "agents" in wanted.include:
        hosts += agent_hosts(snapshot.read_computers(), machines)
    for host in hosts:
        host["data_as_of"] = host["data_as_of"] or _latest(snapshot, host)
        host["gathered_at"] = to_iso(wanted.now)
    hosts.sort(key=lambda host: (host["kind"], host["name"] or "", host["identity"]))
    if wanted.protection is not None:
        snapshot.warnings += add_verdicts(client, hosts, wanted.protection, wanted.now)
    return {"hosts": hosts, "warnings": snapshot.warnings, "gathered_at": to_iso(wanted.now)}


def _latest(snapshot: Snapshot, host: Record) -> str | None:
    known = [snapshot.data_as_of(name) for name in host["backup_server_names"]]
    return to_iso(min(moment for moment in known if moment)) if known and all(known) else None


class Snapshot:
    """Everything that was read of all machines, in the shape that the join of a verification takes."""

    def __init__(self, client: EnterpriseManagerClient) -> None:
        self._client = client
        self.warnings: list[str] = []
        self.roots = HierarchyRoots()
        self.root_records: dict[str, Record] = {}
        self.sessions: dict[str, rows.SessionRow] = {}
        self.tasks: dict[str, rows.TaskRow] = {}
        self.points: dict[str, rows.PointRow] = {}
        self.agent_points: dict[str, rows.PointRow] = {}
        self.inventory: list[rows.InventoryRow] = []
        self.newest_seen: dict[str, dt.datetime] = {}
        self.data_collected_at: dt.datetime | None = None
        self.collection_known = False

    def is_wanted(self, names: t.Iterable[str]) -> bool:
        """Every machine is."""
        return True

    def data_as_of(self, backup_server_name: str | None) -> dt.datetime | None:
        """When Enterprise Manager collected its data; without the log of that, the newest thing seen of the backup server."""
        return self.data_collected_at if self.collection_known else self.newest_seen.get(backup_server_name or "")

    def read_data_collection(self) -> None:
        """The log of collections: not every version has it, and not every account may read it."""
        try:
            found = self._client.list("system_session").records
        except _OLD_OR_FORBIDDEN:
            return
        self.collection_known = True
        done = [one for one in found if one["session_type"] == "CollectJob" and one["state"] == "CompletedSuccessfully"]
        self.data_collected_at = max((rows.moment(one) for one in done), default=None)

    def read_machines(self, wanted: InventoryRequest) -> list[t.Any]:
        """Every machine that tasks were seen of."""
        self._read_roots()
        self._client.query("backup_task_session", _since(wanted.since, "Completed"), keep=self._take_task)
        self._client.query("backup_session", _since(wanted.since - _SESSION_MARGIN, "Stopped"), keep=self._take_session)
        lost = [task.session_uid for task in self.tasks.values() if task.session_key not in self.sessions]
        missing = sorted({uid for uid in lost if uid})
        if missing:
            self._client.query("backup_session", FilterSet(lists=(("UID", tuple(missing)),)), keep=self._take_session)
        if any(self._is_nameless(task) for task in self.tasks.values()):
            # Servers before version 10 tell the machine only at its restore point.
            start = compare("CreationTime", ">=", to_iso(wanted.since - _POINT_MARGIN))
            self._client.query("vm_restore_point", FilterSet(start), keep=self._take_point)
        return list(FactsBuilder(self, Policy((), wanted.now)).everything())

    def read_computers(self) -> list[Record]:
        """The discovered computers; who may not read them gets a warning instead."""
        try:
            return self._client.query("discovered_computer", options=RecordOptions(include_links=True)).records
        except _OLD_OR_FORBIDDEN as error:
            self.warnings.append(
                "Agents are known by their backups only, so their addresses, operating systems and states are missing, and so are "
                f"computers without any backup: the list of discovered computers can't be read, because {error}"
            )
            return []

    def _is_nameless(self, task: rows.TaskRow) -> bool:
        session = self.sessions.get(task.session_key)
        return task.vm_uid is None and bool(task.point_uid) and (session is None or session.job_type not in AGENT_TYPES)

    def _read_roots(self) -> None:
        for record in self._client.query("hierarchy_root").records:
            guid = record["hierarchy_root_id"] or record["id"]
            if guid:
                self.root_records[guid.lower()] = record
        self.roots = HierarchyRoots(
            {guid: (record["unique_id"] or guid).lower() for guid, record in self.root_records.items()}
        )

    def _take_task(self, record: Record) -> bool:
        row = rows.task_row(record)
        self._saw(row.backup_server_name, row.end or row.start)
        if row.uid:
            self.tasks.setdefault(row.uid, row)
        return False

    def _take_session(self, record: Record) -> bool:
        row = rows.session_row(record)
        self._saw(row.backup_server_name, row.end or row.start)
        self.sessions.setdefault(row.key, row)
        return False

    def _take_point(self, record: Record) -> bool:
        row = rows.point_row(record)
        self.points.setdefault(row.uid.lower(), row)
        return False

    def _saw(self, backup_server_name: str | None, moment: dt.datetime) -> None:
        server = backup_server_name or ""
        self.newest_seen[server] = max(moment, self.newest_seen.get(server, moment))


def _since(start: dt.datetime, done: str) -> FilterSet:
    """What started in the window, and what started before it and is not done."""
    started, open_ended = compare("CreationTime", ">=", to_iso(start)), compare("State", "!=", done)
    return FilterSet(FilterExpr(f"{started.text},{open_ended.text}", compound=True))
