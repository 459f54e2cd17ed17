# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of the rows that a verification reads. Pure. Private to the collection.

Rows are looked at page by page and only those that may concern a wanted machine are kept, in a few fields, so that memory
follows the machines asked for and not the size of the site.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._errors import ProtocolError
from .._records.build import Record
from .._times import parse_moment
from .codes import AGENT_TYPES, COPY_TYPES, REPLICA_TYPE
from .identity import fold, short
from .policy import Machine

_NAMELESS = ("",)


class SessionRow(t.NamedTuple):
    """A job session; ``point_uids`` only for agents. Keys are UIDs to compare (see ``uid_key``)."""

    uid: str
    name: str | None
    job_uid: str | None
    job_name: str | None
    job_type: str | None
    start: dt.datetime
    end: dt.datetime | None
    result: str | None
    running: bool
    is_retry: bool
    parent_key: str | None
    point_uids: frozenset[str]
    backup_server_name: str | None

    @property
    def key(self) -> str:
        return uid_key(self.uid) or ""

    @property
    def job_key(self) -> str | None:
        return uid_key(self.job_uid)

    @property
    def touches_machines(self) -> bool:
        """Whether it runs now and reads machines themselves, and not only what other jobs left."""
        return self.running and self.job_type not in COPY_TYPES


class TaskRow(t.NamedTuple):
    """A task session; ``uid`` is None for the work of an agent that only a job session tells about."""

    uid: str | None
    names: tuple[str, ...]
    session_uid: str | None
    job_name: str | None
    start: dt.datetime
    end: dt.datetime | None
    result: str | None
    reason: str | None
    running: bool
    vm_uid: str | None
    point_uid: str | None
    backup_server_name: str | None

    @property
    def session_key(self) -> str:
        return uid_key(self.session_uid) or ""


class PointRow(t.NamedTuple):
    """A restore point of a machine; ``run_uid`` is the restore point of the whole job run that it is part of."""

    uid: str
    names: tuple[str, ...]
    time: dt.datetime
    vm_uid: str | None
    run_uid: str | None
    backup_server_name: str | None


class InventoryRow(t.NamedTuple):
    """A virtual machine as its hypervisor knows it now."""

    names: tuple[str, ...]
    vm_uid: str
    backup_server_name: str | None


class MachineFilter:
    """Whether a row may concern one of the machines; generous, because identities are decided later."""

    def __init__(self, machines: t.Iterable[Machine]) -> None:
        self._names: set[str] = set()
        self._refs: set[str] = set()
        for machine in machines:
            self._names.update((fold(machine.name), short(machine.name)))
            ref = machine.vm_ref or (machine.vm_uid.rpartition(".")[2] if machine.vm_uid else None)
            if ref:
                self._refs.add(ref.lower())

    def has(self, names: t.Iterable[str], vm_uid: str | None) -> bool:
        if vm_uid is not None and self._refs and vm_uid.rpartition(".")[2].lower() in self._refs:
            return True
        return any(fold(name) in self._names or short(name) in self._names for name in names)

    def may_have(self, names: t.Iterable[str], vm_uid: str | None) -> bool:
        """As ``has``; a row without a reference may belong to a machine that is wanted by its reference."""
        if vm_uid is None and self._refs:
            return True
        return self.has(names, vm_uid)


def moment(record: Record, key: str = "creation_time") -> dt.datetime:
    """A time that every row has. Raises ProtocolError: a row without it must not get lost."""
    found = optional_moment(record, key)
    if found is None:
        raise ProtocolError(f"{record['uid'] or 'a row'} has no {key}", hint="report this with the server's version")
    return found


def optional_moment(record: Record, key: str) -> dt.datetime | None:
    value = record.get(key)
    if value is None:
        return None
    found = parse_moment(value) if isinstance(value, str) else None
    if found is None:
        raise ProtocolError(f"{record['uid'] or 'a row'} has the unreadable {key} {str(value)[:40]!r}")
    return found


def uid_key(uid: str | None) -> str | None:
    """UIDs in elements and those taken from addresses may differ in case."""
    return uid.lower() if uid else None


def names_of(*names: str | None) -> tuple[str, ...]:
    """The names that are there, each once, in order."""
    return tuple(dict.fromkeys(name for name in names if name))


def before_time(name: str | None) -> str | None:
    """``srv01`` of ``srv01@2026-01-05 20:02:31``."""
    return (name.rpartition("@")[0] or name) if name else None


def task_names(record: Record) -> tuple[str, ...]:
    return names_of(record["vm_display_name"], before_time(record["name"])) or _NAMELESS


def point_names(record: Record) -> tuple[str, ...]:
    return names_of(record.get("vm_display_name"), record.get("vm_name"), before_time(record["name"])) or _NAMELESS


def session_row(record: Record) -> SessionRow:
    # Only tasks of agents carry no link to their own restore point; elsewhere these many links would only fill the memory.
    is_agent = record["job_type"] in AGENT_TYPES
    return SessionRow(
        uid=record["uid"] or "",
        name=record["name"],
        job_uid=record["job_uid"],
        job_name=record["job_name"],
        job_type=record["job_type"],
        start=moment(record),
        end=optional_moment(record, "end_time"),
        result=record["result"],
        running=record["running"],
        is_retry=record["is_retry"],
        parent_key=uid_key(record["parent_session_uid"]),
        point_uids=frozenset(uid.lower() for uid in record["restore_point_uids"]) if is_agent else frozenset(),
        backup_server_name=record["backup_server_name"],
    )


def task_row(record: Record) -> TaskRow:
    return TaskRow(
        uid=record["uid"],
        names=task_names(record),
        session_uid=record["job_session_uid"],
        job_name=record["job_name"],
        start=moment(record),
        end=optional_moment(record, "end_time"),
        result=record["result"],
        reason=record["reason"],
        running=record["running"],
        vm_uid=record["vm_uid"],
        point_uid=record["vm_restore_point_uid"],
        backup_server_name=record["backup_server_name"],
    )


def replica_session(task: TaskRow) -> SessionRow:
    """The session around a running replication task, as far as the task tells."""
    return SessionRow(
        uid=task.session_uid or "",
        name=task.job_name,
        job_uid=None,
        job_name=task.job_name,
        job_type=REPLICA_TYPE,
        start=task.start,
        end=None,
        result=None,
        running=True,
        is_retry=False,
        parent_key=None,
        point_uids=frozenset(),
        backup_server_name=task.backup_server_name,
    )


def point_row(record: Record) -> PointRow:
    """A ``vm_restore_point`` or ``agent_restore_point`` record."""
    return PointRow(
        uid=record["uid"],
        names=point_names(record),
        time=moment(record),
        vm_uid=record.get("hierarchy_obj_ref"),
        run_uid=uid_key(record["restore_point_uid"]),
        backup_server_name=record["backup_server_name"],
    )
