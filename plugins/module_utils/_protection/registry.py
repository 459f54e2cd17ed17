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
from .lookups import Lookups, Near, Shown, first_label
from .machines import COMPUTER, COPY, LOOKUP, POINT, TASK, KnownMachine
from .names import fold
from .roots import AGENT, NAME_ONLY, Key, is_agent
from .rows import PointRow, SessionRow, TaskRow, uid_key
from .sessions import Sessions
from .snapshot import ANSWERED, Snapshot


class Registry:
    """All machines of a snapshot; with ``near`` only those that a question can mean, and what their rows lead to."""

    def __init__(self, snapshot: Snapshot, lookups: Lookups | None = None, near: Near | None = None) -> None:
        self.snapshot = snapshot
        self.sessions = Sessions(snapshot)
        self.lookups = lookups or Lookups(snapshot)
        self.roots = self.lookups.roots
        self.machines: dict[Key, KnownMachine] = {}
        self._as_of = snapshot.names_as_of
        self._by_name: dict[str, list[KnownMachine]] = collections.defaultdict(list)
        for shown in self._needed(near):
            self._add_shown(shown)
        self._add_sightings()
        self._add_points()
        self._add_tasks()
        self._mark_gone()

    def _needed(self, near: Near | None) -> t.Iterator[Shown]:
        """What the lookup service shows of the machines in question, and of those that rows are of or could be of."""
        if near is None:
            yield from self.lookups.everything()
            return
        yield from self.lookups.near(near)
        found: list[TaskRow | PointRow] = [*self.sessions.tasks, *self.snapshot.points.values()]
        for label in {first_label(name) for row in found for name in row.names}:
            yield from self.lookups.named(label)
        for vm_uid in {row.vm_uid for row in found if row.vm_uid}:
            key = self.roots.key(vm_uid)
            yield from self.lookups.by_key.get(key, ()) if key else ()

    @property
    def surely_there(self) -> t.Container[Key]:
        """Machines that are known whatever was asked for: where lookups tell all that there are, those of which only some rows tell are not."""
        return self.lookups.by_key if self.lookups.tell_all else self.machines

    def named_at(self, name: str, server: str | None) -> list[KnownMachine]:
        """The machines that have or had a name, without regard to case, at a backup server (None: at any)."""
        return [one for one in self._by_name.get(fold(name), ()) if server is None or one.is_at(server)]

    def _machine(self, key: Key) -> KnownMachine:
        found = self.machines.get(key)
        if found is None:
            found = self.machines[key] = KnownMachine(key, self._as_of)
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

    def _add_shown(self, shown: Shown) -> None:
        machine = self._machine(shown.key)
        if shown.root.guid in machine.in_lookup:
            return
        machine.refs.add(shown.item.vm_uid)
        machine.in_lookup.add(shown.root.guid)
        machine.is_weak = False
        machine.root_servers.add(shown.root.backup_server_name or "")
        self._saw(machine, LOOKUP, [shown.item.name], self._as_of, True)

    def _add_sightings(self) -> None:
        for seen, time in self.snapshot.sightings.items():
            machine = self._vm(seen.vm_uid, seen.backup_server_name) if seen.vm_uid else None
            if machine is not None:
                self._saw(machine, seen.source, seen.names, time, True)
                machine.is_weak = machine.is_weak and seen.source == POINT

    def _add_points(self) -> None:
        whole = self.snapshot.is_whole
        loose = []
        copied = {uid_key(task.point_uid) for task in self.sessions.tasks if is_copy(self.sessions.of(task))}
        for point in sorted(self.snapshot.points.values(), key=lambda one: (one.time, one.uid)):
            machine = self._vm(point.vm_uid, point.backup_server_name) if point.vm_uid else None
            if machine is None:
                loose.append(point)
                continue
            machine.points.append(point)
            self._saw(machine, COPY if uid_key(point.uid) in copied else POINT, point.names, point.time, whole)
        for point in sorted(self.snapshot.agent_points.values(), key=lambda one: (one.time, one.uid)):
            machine = self._agent(point.names[0], point.backup_server_name)
            machine.points.append(point)
            self._saw(machine, POINT, point.names, point.time, True)
        self._loose_points = loose

    def _add_tasks(self) -> None:
        self._telling = {task.backup_server_name for task in self.sessions.tasks if task.vm_uid}
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
            homes = self.named_at(point.names[0], point.backup_server_name) or [self._nameless(point, "")]
            for machine in homes:
                machine.points.append(point)
                names = _called(machine, point, homes)
                self._saw(machine, POINT, names, point.time, self.snapshot.is_whole)

    def _own_machine(self, task: TaskRow) -> KnownMachine | None:
        """The machine that a task names by a reference of its own, or its point's; agents are their names."""
        machine = self._vm(task.vm_uid, task.backup_server_name) if task.vm_uid else None
        if machine is not None:
            return machine
        session = self.sessions.of(task)
        if is_agent(task.vm_uid) or (session is not None and session.job_type in codes.AGENT_TYPES):
            return self._agent(task.names[0], task.backup_server_name)
        point = self.snapshot.points.get(task.point_uid.lower()) if task.point_uid else None
        if point and point.vm_uid:
            return self._vm(point.vm_uid, task.backup_server_name)
        # Where tasks tell references, one that does not is an agent's, also when the session that would say so is lost.
        if session is None and not task.point_uid and task.backup_server_name in self._telling:
            return self._agent(task.names[0], task.backup_server_name)
        return None

    def _take(self, machine: KnownMachine, task: TaskRow, names: t.Sequence[str] | None = None) -> None:
        """``names`` are what the task calls the machine, where that is not what it calls its own."""
        session = self.sessions.of(task)
        whole = (
            self.snapshot.is_whole or task.running or (session is not None and session.job_type in codes.AGENT_TYPES)
        )
        machine.tasks.append(task)
        if task.backup_server_name and not is_second_hand(session):
            machine.servers.add(task.backup_server_name)
        # A copy names what it copies, which proves no machine; a replication of a machine with a reference does.
        if not is_second_hand(session) or (machine.key[0] != NAME_ONLY and not is_copy(session)):
            machine.is_weak = False
        called = task.names if names is None else names
        self._saw(machine, COPY if is_copy(session) else TASK, called, task.start, whole)

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
        # Replications are of virtual machines.
        agents_too = not is_replica(self.sessions.of(first))
        homes = [one for one in homes if one.key not in taken and (agents_too or not one.is_agent)]
        if not second_hand or not homes:
            homes += [self._nameless(first, f"#{n}" if n else "") for n in range(len(homes), len(tasks))]
        for task in tasks:
            is_open = task.result in codes.SUCCESSFUL and not task.running and len(homes) > 1 and not second_hand
            for machine in homes:
                names = _called(machine, task, homes)
                if is_open:
                    self._saw(machine, TASK, names, task.start, self.snapshot.is_whole)
                elif second_hand and len(homes) > 1:
                    # It works on one of them, and proves nothing about any.
                    machine.tasks.append(task)
                else:
                    self._take(machine, task, names)

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
                self._saw(found, COMPUTER, [name], self._as_of, True)
                return

    def _mark_gone(self) -> None:
        """Gone is what the lookup of every root of its hypervisor misses, for an account that sees everything; for another it is missing."""
        for machine in self.machines.values():
            if not machine.is_vm or machine.key in self.lookups.by_key:
                continue
            roots = self.roots.of_scope(machine.key[1])
            answered = [root for root in roots if self.lookups.states[root.guid].state == ANSWERED]
            # What is at work on it may be newer than the lookup; whatever does not make it running must not make it there either.
            running = any(self.sessions.is_at_work(task) for task in machine.tasks)
            missing = bool(roots) and len(answered) == len(roots) and not running
            machine.is_gone = missing and bool(self.snapshot.sees_everything)
            machine.is_missing = missing and not self.snapshot.sees_everything


def _called(machine: KnownMachine, row: TaskRow | PointRow, homes: t.Sequence[KnownMachine]) -> t.Sequence[str]:
    """What a row without reference calls a machine: what may be another one's renames none."""
    return row.names if len(homes) == 1 else machine.own_spellings(row.names)


def is_second_hand(session: SessionRow | None) -> bool:
    return session is not None and session.job_type in codes.SECOND_HAND_TYPES


def is_replica(session: SessionRow | None) -> bool:
    return session is not None and session.job_type == codes.REPLICA_TYPE


def is_copy(session: SessionRow | None) -> bool:
    return session is not None and session.job_type in codes.COPY_TYPES
