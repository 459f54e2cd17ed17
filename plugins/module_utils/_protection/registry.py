# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines that a snapshot shows: who is who, before anything is decided. Pure. Private to the collection.

A machine is an identity, never a name: hypervisor and reference; for an agent its name at its backup server; and what has neither is a machine
without reference. ``Registry(snapshot).machines`` has them by key, each with names, sightings, backup servers and whether it is gone.
"""

from __future__ import annotations

import collections
import typing as t

from . import codes
from .machines import COMPUTER, LOOKUP, POINT, TASK, KnownMachine
from .names import fold
from .roots import AGENT, NAME_ONLY, HierarchyRoots, Key, is_agent, root_of
from .rows import LookupRow, PointRow, SessionRow, TaskRow
from .sessions import Sessions
from .snapshot import ANSWERED, EMPTY, LOOKUP_FAILED, NOT_ASKED, Snapshot

MISMATCHED = "mismatched"


class Registry:
    """All machines of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.sessions = Sessions(snapshot)
        self.mismatched = _mismatched(snapshot)
        self.roots = HierarchyRoots(snapshot.roots, _aliases(snapshot, self.mismatched))
        self.machines: dict[Key, KnownMachine] = {}
        self._by_name: dict[str, list[KnownMachine]] = collections.defaultdict(list)
        self._add_lookups()
        self._add_sightings()
        self._add_points()
        self._add_tasks()
        self._mark_gone()
        self.contained = self.roots.contained(self._names_by_root())

    def lookup_states(self) -> dict[str, LookupRow]:
        """What each root's lookup told, by GUID, with the state ``mismatched`` for one that identifies nothing."""
        found = {}
        for guid in self.roots.by_guid:
            answer = self.snapshot.lookups.get(guid) or LookupRow(guid, NOT_ASKED)
            if guid in self.mismatched:
                answer = answer._replace(state=MISMATCHED)
            elif answer.state == EMPTY and not self._is_empty(guid):
                answer = answer._replace(
                    state=LOOKUP_FAILED, message="it shows no machine, although backups of its machines exist"
                )
            found[guid] = answer
        return found

    def _is_empty(self, guid: str) -> bool:
        return not any(guid in seen for seen in self.snapshot.roots_seen.values())

    def named_at(self, name: str, server: str | None) -> list[KnownMachine]:
        """The machines that have or had a name, without regard to case, at a backup server (None: at any)."""
        return [one for one in self._by_name.get(fold(name), ()) if server is None or one.is_at(server)]

    def _machine(self, key: Key) -> KnownMachine:
        found = self.machines.get(key)
        if found is None:
            found = self.machines[key] = KnownMachine(key, self.snapshot.names_as_of)
        return found

    def _saw(self, machine: KnownMachine, source: str, names: t.Iterable[str], time: t.Any, whole: bool) -> None:
        for name in names:
            if machine not in self._by_name[fold(name)]:
                self._by_name[fold(name)].append(machine)
            machine.saw(source, name, time, whole)

    def _vm(self, vm_uid: str, server: str | None) -> KnownMachine | None:
        """The virtual machine of a reference that a backup server told."""
        key = self.roots.key(vm_uid)
        if key is None:
            return None
        machine = self._machine(key)
        machine.refs.add(vm_uid)
        if server:
            machine.servers.add(server)
        return machine

    def _agent(self, name: str, server: str | None) -> KnownMachine:
        machine = self._machine((AGENT, fold(server or ""), fold(name)))
        if server:
            machine.servers.add(server)
        return machine

    def _add_lookups(self) -> None:
        for guid, root in self.roots.by_guid.items():
            if guid in self.mismatched:
                continue
            for item in self.snapshot.items(guid):
                key = self.roots.key(item.vm_uid)
                if key is not None:
                    machine = self._machine(key)
                    machine.refs.add(item.vm_uid)
                    machine.in_lookup.add(guid)
                    machine.is_weak = False
                    machine.root_servers.add(root.backup_server_name or "")
                    self._saw(machine, LOOKUP, [item.name], self.snapshot.names_as_of, True)

    def _add_sightings(self) -> None:
        for seen, time in self.snapshot.sightings.items():
            machine = self._vm(seen.vm_uid, seen.backup_server_name) if seen.vm_uid else None
            if machine is not None:
                self._saw(machine, seen.source, seen.names, time, True)
                machine.is_weak = machine.is_weak and seen.source == POINT

    def _add_points(self) -> None:
        whole = self.snapshot.is_whole
        loose = []
        for point in sorted(self.snapshot.points.values(), key=lambda one: (one.time, one.uid)):
            machine = self._vm(point.vm_uid, point.backup_server_name) if point.vm_uid else None
            if machine is None:
                loose.append(point)
                continue
            machine.points.append(point)
            self._saw(machine, POINT, point.names, point.time, whole)
        for point in sorted(self.snapshot.agent_points.values(), key=lambda one: (one.time, one.uid)):
            machine = self._agent(point.names[0], point.backup_server_name)
            machine.points.append(point)
            self._saw(machine, POINT, point.names, point.time, True)
        self._loose_points = loose

    def _add_tasks(self) -> None:
        loose: list[TaskRow] = []
        in_session: dict[tuple[str, str], set[Key]] = collections.defaultdict(set)
        for task in self.sessions.tasks:
            machine = self._own_machine(task)
            if machine is None:
                loose.append(task)
                continue
            in_session[task.session_key, fold(task.names[0])].add(machine.key)
            self._take(machine, task)
        for computer in self.snapshot.computers:
            self._add_computer(computer.name, computer.backup_server_name)
        groups: dict[tuple[str, str], list[TaskRow]] = collections.defaultdict(list)
        for task in loose:
            groups[task.session_key, fold(task.names[0])].append(task)
        for place, tasks in groups.items():
            self._place(tasks, in_session[place] if place[0] else set())
        for point in self._loose_points:
            homes = self.named_at(point.names[0], point.backup_server_name)
            for machine in homes or [self._nameless(point, "")]:
                machine.points.append(point)
                self._saw(machine, POINT, point.names, point.time, self.snapshot.is_whole)

    def _own_machine(self, task: TaskRow) -> KnownMachine | None:
        """The machine that a task names by a reference of its own, or its point's; agents are their names."""
        machine = self._vm(task.vm_uid, task.backup_server_name) if task.vm_uid else None
        if machine is not None:
            return machine
        session = self.sessions.of(task)
        if is_agent(task.vm_uid) or (session is not None and session.job_type in codes.AGENT_TYPES):
            return self._agent(task.names[0], task.backup_server_name)
        point = self.snapshot.points.get(task.point_uid.lower()) if task.point_uid else None
        return self._vm(point.vm_uid, task.backup_server_name) if point and point.vm_uid else None

    def _take(self, machine: KnownMachine, task: TaskRow) -> None:
        session = self.sessions.of(task)
        whole = (
            self.snapshot.is_whole or task.running or (session is not None and session.job_type in codes.AGENT_TYPES)
        )
        machine.tasks.append(task)
        if task.backup_server_name and not is_second_hand(session):
            machine.servers.add(task.backup_server_name)
        if machine.key[0] != NAME_ONLY or not is_second_hand(session):
            machine.is_weak = False
        self._saw(machine, TASK, task.names, task.start, whole)

    def _place(self, tasks: list[TaskRow], taken: set[Key]) -> None:
        """Tasks of one name in one session that tell no reference (servers before version 10, replications).

        Failed or running ones count for every machine that they can be of, a success only when that is one. There are at least as many machines
        as tasks: those that are missing are machines without reference.
        """
        first = tasks[0]
        second_hand = is_second_hand(self.sessions.of(first))
        homes = self.named_at(first.names[0], first.backup_server_name)
        if second_hand and not homes:
            # A copy or replication may run at another backup server and proves nothing.
            homes = self.named_at(first.names[0], None)
            tasks, taken = tasks if homes else tasks[:1], set()
        homes = [one for one in homes if one.key not in taken]
        if not second_hand or not homes:
            homes += [self._nameless(first, f"#{n}" if n else "") for n in range(len(homes), len(tasks))]
        for task in tasks:
            is_open = task.result in codes.SUCCESSFUL and not task.running and len(homes) > 1 and not second_hand
            for machine in homes:
                if is_open:
                    self._saw(machine, TASK, task.names, task.start, self.snapshot.is_whole)
                else:
                    self._take(machine, task)

    def _nameless(self, row: TaskRow | PointRow, suffix: str) -> KnownMachine:
        machine = self._machine((NAME_ONLY, fold(row.backup_server_name or ""), fold(row.names[0]) + suffix))
        if row.backup_server_name:
            machine.servers.add(row.backup_server_name)
        return machine

    def _add_computer(self, name: str, server: str | None) -> None:
        """A computer gives its name to the agent whose sessions name it, perhaps without the domain, and is no machine by itself."""
        near = [fold(name), fold(name).partition(".")[0]]
        for text in near:
            found = self.machines.get((AGENT, fold(server or ""), text))
            if found is not None:
                self._saw(found, COMPUTER, [name], self.snapshot.names_as_of, True)
                return

    def _mark_gone(self) -> None:
        """Gone is what the lookup of every root of its hypervisor misses, for an account that sees everything."""
        if not self.snapshot.sees_everything:
            return
        states = self.lookup_states()
        for machine in self.machines.values():
            if machine.is_agent or machine.in_lookup or machine.key[0] == NAME_ONLY:
                continue
            roots = self.roots.of_scope(machine.key[1])
            answered = [root for root in roots if states[root.guid].state == ANSWERED]
            running = any(task.running for task in machine.tasks)
            machine.is_gone = bool(roots) and len(answered) == len(roots) and not running

    def _names_by_root(self) -> dict[str, frozenset[str]]:
        states = self.lookup_states()
        return {
            guid: frozenset(fold(item.name) for item in self.snapshot.items(guid))
            for guid in self.roots.by_guid
            if states[guid].state == ANSWERED
        }


def is_second_hand(session: SessionRow | None) -> bool:
    return session is not None and session.job_type in codes.SECOND_HAND_TYPES


def _aliases(snapshot: Snapshot, mismatched: t.Collection[str]) -> dict[str, str]:
    """Ids by which the lookup service knows roots that are listed under another one."""
    listed = {root.guid for root in snapshot.roots}
    return {
        text: guid
        for guid in listed - set(mismatched)
        for text in {root_of(item.vm_uid) for item in snapshot.items(guid)}
        if text and text not in listed
    }


def _mismatched(snapshot: Snapshot) -> frozenset[str]:
    """Roots whose lookup identifies nothing: their server's tasks and points carry ids of roots that are not listed, and theirs in none."""
    by_server: dict[str | None, list[str]] = collections.defaultdict(list)
    for root in snapshot.roots:
        by_server[root.backup_server_name].append(root.guid)
    own = {
        root.guid: {root.guid, *(text for text in {root_of(item.vm_uid) for item in snapshot.items(root.guid)} if text)}
        for root in snapshot.roots
    }
    found = set()
    for server, guids in by_server.items():
        seen = snapshot.roots_seen.get(server or "", set())
        strange = seen - set().union(*(own[guid] for guid in guids))
        if strange:
            found |= {guid for guid in guids if not own[guid] & seen and snapshot.items(guid)}
    return frozenset(found)
