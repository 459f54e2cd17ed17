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
from .codes import AGENT_TYPES, COPY_TYPES, NAS_TYPE, REPLICA_TYPE

_NAMELESS = ("",)
NOT_ON_MACHINES = COPY_TYPES | {NAS_TYPE}
# Links of a restore point to where it is stored; another Rel than Up means that it is still being written.
_STORED_IN = ("BackupFileReference", "RestorePointReference")


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
    failure_message: str | None = None

    @property
    def key(self) -> str:
        return uid_key(self.uid) or ""

    @property
    def job_key(self) -> str | None:
        return uid_key(self.job_uid)

    @property
    def touches_machines(self) -> bool:
        """Whether it runs now and reads machines themselves, and not only what other jobs left."""
        return self.running and self.job_type not in NOT_ON_MACHINES


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
        return self.session_uid.lower() if self.session_uid else ""


class PointRow(t.NamedTuple):
    """A restore point of a machine; ``run_uid`` is the restore point of the whole job run that it is part of."""

    uid: str
    names: tuple[str, ...]
    time: dt.datetime
    vm_uid: str | None
    run_uid: str | None
    backup_server_name: str | None
    is_ready: bool = True


class RootRow(t.NamedTuple):
    """A hypervisor as one backup server knows it; ``guid`` is in lower case."""

    guid: str
    uid: str
    name: str | None
    host_type: str | None
    unique_id: str | None
    backup_server_name: str | None


class ItemRow(t.NamedTuple):
    """A virtual machine as its hypervisor knows it now."""

    name: str
    vm_uid: str


class LookupRow(t.NamedTuple):
    """What the lookup service said about one hierarchy root: ``answered``, ``empty``, ``failed`` or ``not_asked``."""

    guid: str
    state: str
    items: tuple[ItemRow, ...] = ()
    message: str | None = None


class ComputerRow(t.NamedTuple):
    """A computer with an agent, or one that could have it."""

    name: str
    backup_server_name: str | None


class RestoreRow(t.NamedTuple):
    """A restore that is running."""

    uid: str | None
    names: tuple[str, ...]
    vm_uid: str | None
    start: dt.datetime
    job_name: str | None
    job_type: str | None
    backup_server_name: str | None


class CollectionRow(t.NamedTuple):
    """A data collection of Enterprise Manager that brought data; ``complete`` when it ended without a warning."""

    start: dt.datetime
    end: dt.datetime
    complete: bool


class Sighting(t.NamedTuple):
    """The newest task or point (``source``) that called a machine so, where the row itself is not kept."""

    source: str
    names: tuple[str, ...]
    vm_uid: str | None
    backup_server_name: str | None


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
        failure_message=record.get("failure_message"),
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
    """The session around a replication task, as far as the task tells."""
    return SessionRow(
        task.session_uid or "", task.job_name, None, task.job_name, REPLICA_TYPE, task.start, task.end, task.result, task.running, False,
        None, frozenset(), task.backup_server_name,
    )  # fmt: skip


def root_id(vm_uid: str) -> str | None:
    """The part of a reference that names the hypervisor, in lower case; quick, because it is asked for every row."""
    parts = vm_uid.split(":", 3)
    if len(parts) < 4 or parts[1].lower().startswith("agent"):
        return None
    return parts[3].rpartition(".")[0].lower() or None


def point_row(record: Record) -> PointRow:
    """A ``vm_restore_point`` or ``agent_restore_point`` record."""
    return PointRow(
        uid=record["uid"],
        names=point_names(record),
        time=moment(record),
        vm_uid=record.get("hierarchy_obj_ref"),
        run_uid=uid_key(record["restore_point_uid"]),
        backup_server_name=record["backup_server_name"],
        is_ready=all(link["rel"] == "Up" for link in record.get("links") or () if link["type"] in _STORED_IN),
    )


def root_row(record: Record) -> RootRow | None:
    """None for a root without any id: nothing can refer to it."""
    guid = record["hierarchy_root_id"] or record["id"]
    if not guid:
        return None
    return RootRow(
        guid.lower(), record["uid"] or "", record.get("name"), record.get("host_type"), record.get("unique_id"),
        record["backup_server_name"],
    )  # fmt: skip


def restore_row(record: Record) -> RestoreRow:
    return RestoreRow(
        record["uid"], task_names(record), record.get("restored_obj_ref"), moment(record), record.get("job_name"),
        record.get("job_type"), record["backup_server_name"],
    )  # fmt: skip


def collection_row(record: Record) -> CollectionRow | None:
    """None for what is no collection, brought nothing, or has not ended."""
    states = {"CompletedSuccessfully": True, "CompletedWarning": False}
    if record["session_type"] != "CollectJob" or record["state"] not in states:
        return None
    start = moment(record)
    return CollectionRow(start, optional_moment(record, "end_time") or start, states[record["state"]])
