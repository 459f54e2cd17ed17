# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the machines of a snapshot to one plain record per host of the inventory. Pure functions. Private to the collection.

Records hold nothing but JSON types, because they are cached. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._protection.codes import COPY_TYPES, NAS_TYPE, REPLICA_TYPE, SUCCESSFUL
from .._protection.facts import FactsBuilder
from .._protection.machines import KnownMachine
from .._protection.names import fold
from .._protection.registry import Registry
from .._protection.roots import AGENT, unique_id
from .._protection.rows import RootRow, TaskRow, root_id
from .._records.build import Record
from .._records.derived import split_object_ref
from .._times import iso_or_none

COMMON = (
    "kind", "kinds", "name", "uid", "identity", "backup_server_names", "enterprise_managers", "data_as_of", "gathered_at",
)  # fmt: skip
BACKUPS = ("job_names", "running", "last_attempt", "last_success")
VM = (
    "vm_uid", "vm_uids", "vm_ref", "platform", "hierarchy_root_name", "hierarchy_root_type", "hierarchy_unique_id", "join_key",
)  # fmt: skip
AGENT_FACTS = (
    "hierarchy_obj_ref", "ip_address", "os_version", "agent_version", "agent_status", "host_status", "protection_groups",
)  # fmt: skip
SERVER = ("version", "port", "description")
VERDICT = ("verdict", "inventory_protection")
VARIABLES = (*COMMON, *BACKUPS, *VM, *AGENT_FACTS, *SERVER, *VERDICT)
"""Every key that is a variable of hosts; the documentation of the inventory plugin tells what they mean."""
NO_TEXT = frozenset({
    "kinds", "backup_server_names", "enterprise_managers", "job_names", "running", "last_attempt", "last_success", "vm_uids", "protection_groups",
    "inventory_protection",
})  # fmt: skip
"""Variables that are lists, dictionaries or true and false, so that no host can be called by them."""
HIDDEN = ("groups", "present")
"""What a record has besides: the kinds of groups that it goes into, and whether its hypervisor still has the machine."""


def server_host(record: Record, data_as_of: dt.datetime | None) -> Record:
    """A backup server; several Enterprise Managers may know it, and only a full name is one name everywhere."""
    name = record["name"] or ""
    return {
        "kind": "backup_server",
        "groups": ["backup_servers"],
        "name": record["name"],
        "uid": record["uid"],
        "identity": f"backup_server/{fold(name) if '.' in name else record['id']}",
        "backup_server_names": [record["name"]],
        "data_as_of": iso_or_none(data_as_of),
        **{key: record[key] for key in SERVER},
    }


class HostMaker:
    """Makes hosts of the machines of a registry that something was done with since a moment."""

    def __init__(self, registry: Registry, builder: FactsBuilder, since: dt.datetime) -> None:
        self._registry = registry
        self._builder = builder
        self._since = since

    def vms(self) -> list[tuple[KnownMachine, Record]]:
        """Virtual machines that a job worked on: neither computers with an agent nor file shares."""
        found = []
        for machine in self._registry.machines.values():
            if machine.is_agent:
                continue
            tasks = self._tasks(machine)
            if tasks and not all(self._type(task) == NAS_TYPE for task in tasks):
                found.append((machine, self._vm_host(machine, tasks, "vms")))
        return found

    def not_backed_up(self) -> list[tuple[KnownMachine, Record]]:
        """Virtual machines that their hypervisors show and that no job worked on."""
        return [
            (machine, self._vm_host(machine, [], "not_backed_up"))
            for machine in self._registry.machines.values()
            if machine.is_vm and machine.in_lookup and not self._tasks(machine)
        ]

    def only_points(self) -> list[tuple[KnownMachine, Record]]:
        """Machines of which no more than restore points is left, such as imported backups."""
        return [
            (machine, self._vm_host(machine, [], "vms"))
            for machine in self._registry.machines.values()
            if not machine.is_agent and machine.points and not machine.in_lookup and not self._tasks(machine)
        ]

    def agents(self, computers: t.Sequence[Record]) -> list[tuple[KnownMachine | None, Record]]:
        """Computers with an agent: those that were discovered, with their backups, and those that only their backups tell of."""
        left = {one.key: one for one in self._registry.machines.values() if one.is_agent and self._tasks(one)}
        found: list[tuple[KnownMachine | None, Record]] = []
        for group in _same_computer(computers):
            machines = [left.pop(key) for key in dict.fromkeys(self._agent_key(one) for one in group) if key in left]
            found.append((machines[0] if machines else None, self._agent_host(group, machines)))
        return [*found, *((one, self._agent_host([], [one])) for one in left.values())]

    def _tasks(self, machine: KnownMachine) -> list[TaskRow]:
        """Newest first. Replications that are over are no backups, and are read for verdicts only: hosts are the same without."""
        tasks = [
            task
            for task in machine.tasks
            if task.running or (task.start >= self._since and self._type(task) != REPLICA_TYPE)
        ]
        return sorted(tasks, key=lambda task: (task.start, task.uid or ""), reverse=True)

    def _type(self, task: TaskRow) -> str | None:
        session = self._registry.sessions.of(task)
        return session.job_type if session else None

    def _vm_host(self, machine: KnownMachine, tasks: list[TaskRow], group: str) -> Record:
        vm_uid = next((task.vm_uid for task in tasks if task.vm_uid), None) or machine.vm_uid
        platform, vm_ref = split_object_ref(vm_uid)
        root = self._root(vm_uid)
        unique = unique_id(root.unique_id) if root else None
        return {
            "kind": "vm",
            "groups": [group],
            "present": not machine.is_gone,
            "name": _name(machine, tasks),
            "uid": vm_uid,
            "identity": "/".join(machine.key),
            **self._backups([machine], tasks),
            "vm_uid": vm_uid,
            "vm_uids": sorted(machine.refs),
            "vm_ref": vm_ref,
            "platform": platform,
            "hierarchy_root_name": root.name if root else None,
            "hierarchy_root_type": root.host_type if root else None,
            "hierarchy_unique_id": unique,
            "join_key": f"{unique}_{vm_ref.lower()}" if unique and vm_ref else None,
        }

    def _root(self, vm_uid: str | None) -> RootRow | None:
        found = root_id(vm_uid) if vm_uid else None
        return self._registry.roots.listed(found) if found else None

    def _agent_key(self, computer: Record) -> t.Any:
        """The machine that the computer's sessions name, perhaps without the domain."""
        server, name = fold(computer["backup_server_name"] or ""), fold(computer["name"] or "")
        whole, short = (AGENT, server, name), (AGENT, server, name.partition(".")[0])
        return whole if whole in self._registry.machines else short

    def _agent_host(self, group: t.Sequence[Record], machines: t.Sequence[KnownMachine]) -> Record:
        facts: Record = group[0] if group else {}
        # The same whether the account may read the list of computers or not, as far as the computer has backups.
        keys = sorted(one.key for one in machines) or sorted(
            (AGENT, fold(one["backup_server_name"] or ""), fold(one["name"] or one["uid"])) for one in group
        )
        tasks = [task for one in machines for task in self._tasks(one)]
        tasks.sort(key=lambda task: (task.start, task.uid or ""), reverse=True)
        backups = self._backups(machines, tasks)
        servers = {*backups["backup_server_names"], *(one["backup_server_name"] for one in group)} - {None}
        return {
            "kind": "agent",
            "groups": ["agents"],
            "name": facts["name"] if group else tasks[0].names[0],
            "uid": facts.get("uid"),
            "identity": "/".join(keys[0]),
            **backups,
            "backup_server_names": sorted(servers),
            **{key: facts.get(key) for key in AGENT_FACTS},
            "protection_groups": sorted({name for one in group for name in _protection_groups(one)}),
        }

    def _backups(self, machines: t.Sequence[KnownMachine], tasks: list[TaskRow]) -> Record:
        """What was tried. Copies are jobs that know the machine, but no backups of it."""
        sessions = [self._registry.sessions.of(task) for task in tasks]
        jobs = {session.job_name if session else task.job_name for task, session in zip(tasks, sessions)}
        own = [
            (task, session)
            for task, session in zip(tasks, sessions)
            if not session or session.job_type not in COPY_TYPES
        ]
        running = [task for task, session in own if task.running and (session is None or session.running)]
        completed = [task for task, _session in own if task not in running]
        completed.sort(key=lambda task: (task.end or task.start, task.start, task.uid or ""), reverse=True)
        points = [point for machine in machines for point in machine.points]
        attempts = (self._backup(task, self._builder.attempt(task, points)) for task in completed)
        last = next(attempts, None)
        success = last
        while success is not None and success["result"] not in SUCCESSFUL:
            success = next(attempts, None)
        ages = [self._builder.data_as_of(machine)[0] for machine in machines]
        return {
            "backup_server_names": sorted(
                {task.backup_server_name for task in tasks if task.backup_server_name}
                or {server for machine in machines for server in machine.all_servers if server}
            ),
            "job_names": sorted(name for name in jobs if name),
            "running": bool(running),
            "last_attempt": last,
            "last_success": success,
            "data_as_of": iso_or_none(min((age for age in ages if age), default=None)),
        }

    def _backup(self, task: TaskRow, attempt: t.Any) -> Record:
        return {
            "creation_time": iso_or_none(attempt.start),
            "end_time": iso_or_none(attempt.end),
            "result": attempt.result,
            "reason": attempt.reason,
            "job_name": attempt.job_name,
            "job_type": attempt.job_type,
            "backup_server_name": attempt.backup_server_name,
            "task_session_uid": attempt.task_session_uid,
            "vm_restore_point_uid": task.point_uid,
        }


def _name(machine: KnownMachine, tasks: t.Sequence[TaskRow]) -> str:
    """What the newest task calls it, unless it has another name since."""
    called = tasks[0].names[0] if tasks else None
    return called if called is not None and called in machine.present_names() else machine.name


def _same_computer(computers: t.Sequence[Record]) -> list[list[Record]]:
    """A computer may be in several protection groups and at several backup servers."""
    groups: dict[str, list[Record]] = {}
    for one in computers:
        groups.setdefault(one["hierarchy_obj_ref"] or one["uid"], []).append(one)
    return list(groups.values())


def _protection_groups(computer: Record) -> list[str]:
    return [
        link["name"]
        for link in computer.get("links", ())
        if link["type"] == "AgentProtectionGroupReference" and link["name"]
    ]
