# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What records carry beyond the elements of the server: told by links, or worked out. Pure functions. Private to the collection."""

from __future__ import annotations

import functools
import re
import typing as t

from .._times import seconds_between
from .converters import session_name
from .nodes import Link

Record = t.Dict[str, t.Any]
ByType = t.Dict[t.Optional[str], Link]

_DONE_STATES = frozenset({"Stopped", "Completed"})
_RUNNING_STATES = frozenset({"Starting", "Stopping", "Working", "Pausing", "Resuming", "InProgress", "Pending"})
STATUSES = ("success", "warning", "failed", "running", "unknown")
"""What ``status`` of a session or task session can be; never null, so that lists can be grouped by it."""
_CHILDREN = "/agentManagementSessions"
_BACKSLASHES = re.compile(r"\\+")
_OBJECT_LISTS = frozenset({
    "object_in_jobs", "object_in_agent_backup_jobs", "nas_objects", "linked_job_objects", "linked_backups",
    "linked_backup_repositorys",
})  # fmt: skip
_JOB_KINDS = {"Backup": "backup", "BackupCopy": "copy", "ImmediateBackupCopy": "copy", "Replica": "replica"}


def path_of(href: t.Any) -> str | None:
    """The path of an address that the server wrote: its host may be one that the client can't reach."""
    if not href or not isinstance(href, str):
        return None
    path: str = href.partition("?")[0]
    start = path.find("://")
    if start < 0:
        return path
    start = path.find("/", start + 3)
    return path[start:] if start >= 0 else "/"


def guid_of(href: str | None) -> str | None:
    """The id at the end of an address."""
    return href.partition("?")[0].rstrip("/").rpartition("/")[2] or None if href else None


def split_object_ref(ref: str | None) -> tuple[str | None, str | None]:
    """``urn:VMware:Vm:<root>.vm-1042`` is (``VMware``, ``vm-1042``)."""
    if not ref:
        return None, None
    parts = ref.split(":", 3)
    if len(parts) < 4 or parts[0] != "urn":
        return None, ref
    return parts[1], parts[3].partition(".")[2] or None


def _uid(kind: str, link: Link | None) -> str | None:
    guid = guid_of(link.href) if link else None
    return f"urn:veeam:{kind}:{guid}" if guid else None


def _href(link: Link | None) -> str | None:
    return path_of(link.href) if link else None


def _add_progress(record: Record) -> None:
    state, end, start = record["state"], record["end_time"], record["creation_time"]
    record["status"] = "unknown"
    if state is None and start is None:
        # A reference does not tell.
        record["running"] = record["duration_seconds"] = None
        return
    running = state in _RUNNING_STATES or (state not in _DONE_STATES and end is None)
    record["running"] = running
    result = (record["result"] or "").lower()
    if running or result in STATUSES:
        record["status"] = "running" if running else result
    record["duration_seconds"] = None if running or not start or not end else seconds_between(start, end)


def _session(record: Record, links: list[Link], by_type: ByType) -> None:
    _add_progress(record)
    record["is_retry"] = None if record["running"] is None else bool(record["is_retry"])
    up = next((link for link in links if link.rel == "Up" and link.type == "BackupJobSessionReference"), None)
    record["parent_session_uid"] = _uid("BackupJobSession", up)
    children = next((link for link in links if (link.href or "").partition("?")[0].endswith(_CHILDREN)), None)
    record["agent_sessions_href"] = _href(children)
    record["agent_role"] = _agent_role(record)
    record["copy_job_name"], record["source_job_name"] = _copy_worker(record)
    record["job_href"] = _href(by_type.get("JobReference"))
    record["task_sessions_href"] = _href(
        by_type.get("BackupTaskSessionReferenceList") or by_type.get("ReplicaTaskSessionReferenceList")
    )
    points = (f"urn:veeam:RestorePoint:{guid_of(link.href)}" for link in links if link.type == "RestorePointReference")
    record["restore_point_uids"] = None if record["running"] is None else sorted(points)


def _agent_role(record: Record) -> str | None:
    if record["parent_session_uid"] or record["job_type"] == "AgentManagement":
        return "child"
    return "parent" if record["agent_sessions_href"] or record["job_type"] == "AgentBackup" else None


def _copy_worker(record: Record) -> tuple[str | None, str | None]:
    """Copy job and source job of a copy worker, whose sessions are named ``copy job\\source job``."""
    if record["job_type"] != "ImmediateBackupCopyWorker" or not record["job_name"]:
        return None, None
    parts = _BACKSLASHES.split(record["job_name"], maxsplit=1)
    return (parts[0], parts[1]) if len(parts) == 2 else (None, None)


@functools.lru_cache(maxsize=1024)
def _job_session(name: str | None) -> tuple[str | None, str | None]:
    """Name of the session and of its job; tasks of one session share them."""
    return session_name(name), (name.rpartition("@")[0] or None) if name else None


def _task(record: Record, links: list[Link], by_type: ByType) -> None:
    _add_progress(record)
    session = by_type.get("BackupJobSessionReference") or by_type.get("ReplicaJobSessionReference")
    record["job_session_name"], record["job_name"] = _job_session(session.name) if session else (None, None)
    record["vm_restore_point_uid"] = _uid("VmRestorePoint", by_type.get("VmRestorePoint"))
    record["platform"], record["vm_ref"] = split_object_ref(record["vm_uid"])


def _restore_session(record: Record, links: list[Link], by_type: ByType) -> None:
    _add_progress(record)


def _job(record: Record, links: list[Link], by_type: ByType) -> None:
    record["kind"] = _JOB_KINDS.get(record["job_type"], "other")


def _agent_job(record: Record, links: list[Link], by_type: ByType) -> None:
    record["kind"] = "agent"


def _nas_job(record: Record, links: list[Link], by_type: ByType) -> None:
    record["kind"] = "nas"
    record.setdefault("job_type", None)
    record.setdefault("platform", None)


def objects_of(record: Record) -> list[Record]:
    """What a job is about, as far as its own record tells: machines, containers, computers, shares, or other jobs."""
    found: list[Record] = []
    waiting = [record.get("job_info"), record.get("includes")]
    while waiting:
        node = waiting.pop(0)
        for key, value in node.items() if isinstance(node, dict) else ():
            if key in _OBJECT_LISTS and isinstance(value, list):
                found += [job_object(item) for item in value if isinstance(item, dict)]
            elif isinstance(value, dict):
                waiting.append(value)
    return found


def job_object(node: Record) -> Record:
    """An object of a job, in the same form whatever the kind of the job."""
    ref = node.get("hierarchy_obj_ref") or node.get("file_server_uid")
    platform, vm_ref = split_object_ref(ref)
    linked = node.get("linked_job_uid") or node.get("linked_backup_repository_uid") or node.get("linked_backup_uid")
    return {
        "name": node.get("display_name") or node.get("name") or node.get("file_or_folder"),
        "hierarchy_obj_ref": ref,
        "platform": platform,
        "object_type": ref.split(":", 3)[2] if platform and ref else None,
        "vm_ref": vm_ref,
        "linked_uid": linked,
    }


def _repository(record: Record, links: list[Link], by_type: ByType) -> None:
    capacity, free = record["capacity"], record["free_space"]
    record["unlimited"] = capacity is None
    known = isinstance(capacity, int) and isinstance(free, int) and capacity > 0
    record["used_space"] = capacity - free if known else None
    record["free_percent"] = round(100 * free / capacity, 1) if known else None


def _vm_restore_point(record: Record, links: list[Link], by_type: ByType) -> None:
    record["platform"], record["vm_ref"] = split_object_ref(record["hierarchy_obj_ref"])
    _agent_restore_point(record, links, by_type)


def _agent_restore_point(record: Record, links: list[Link], by_type: ByType) -> None:
    record["restore_point_uid"] = _uid("RestorePoint", by_type.get("RestorePointReference"))
    file = by_type.get("BackupFileReference")
    record["backup_file_name"] = file.name if file else None


def _discovered_computer(record: Record, links: list[Link], by_type: ByType) -> None:
    # The server writes the address of a task session there.
    record["href"] = _href(by_type.get("DiscoveredComputerReference")) or record["href"]


EXTRAS: dict[str, t.Callable[[Record, list[Link], ByType], None]] = {
    "backup_session": _session,
    "replica_session": _session,
    "backup_task_session": _task,
    "replica_task_session": _task,
    "restore_session": _restore_session,
    "job": _job,
    "agent_job": _agent_job,
    "nas_job": _nas_job,
    "repository": _repository,
    "vm_restore_point": _vm_restore_point,
    "agent_restore_point": _agent_restore_point,
    "discovered_computer": _discovered_computer,
}
"""By the name of the resource: adds to the record what its links (all, and the first of each type) tell."""
