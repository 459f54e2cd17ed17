# SPDX-License-Identifier: GPL-3.0-or-later
"""Job sessions and task sessions, of backups and of replicas."""

from __future__ import annotations

from collections.abc import Sequence

from veeam_em_simulator.identifiers import urn
from veeam_em_simulator.resources.base import TAIL, USERS, Context, Resource
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.wire.model import Child, Link

_JOB_PATHS = {"vm": "jobs", "agent": "agents/jobs", "nas": "nas/jobs"}


def _job_path(context: Context, row: Row) -> str:
    job = context.site.job(row["job_id"])
    return _JOB_PATHS[job.family] if job else "jobs"


def _session_fields(context: Context, row: Row) -> list[Child]:
    return [
        ("JobUid", urn("Job", row["job_id"]) if row["job_id"] else None),
        ("JobName", row["job_name"]),
        ("JobType", row["job_type"]),
        ("CreationTimeUTC", context.time(row["creation_time"])),
        ("EndTimeUTC", context.time(row["end_time"])),
        ("State", row["state"]),
        ("Result", row["result"]),
        ("Progress", row["progress"]),
        ("FailureMessage", row["failure_message"]),
        ("IsRetry", bool(row["is_retry"])),
    ]


SESSION_ORDER = (
    "IsRetry", "JobUid", "JobName", "JobType", "CreationTimeUTC", "EndTimeUTC", "State", "Result", "Progress", "FailureMessage", *TAIL
)


def _up_links(context: Context, row: Row) -> list[Link]:
    links = [
        context.server_link(row),
        Link("Up", f"{context.base}/{_job_path(context, row)}/{row['job_id']}", _job_name(context, row), "JobReference"),
    ]
    if row["parent_id"] and row["job_type"] == "AgentManagement":
        links.append(Link("Up", f"{context.base}/backupSessions/{row['parent_id']}", "Parent session", "BackupJobSessionReference"))
    return links


def _job_name(context: Context, row: Row) -> str:
    job = context.site.job(row["job_id"])
    return job.name if job else row["job_name"]


def _children_link(context: Context, row: Row) -> list[Link]:
    if row["job_type"] != "AgentBackup":
        return []
    href = f"{context.base}/backupSessions/{row['id']}/agentManagementSessions"
    return [Link("Alternate", href, None, "BackupJobSessionReferenceList")]


def _prepare_sessions(context: Context, rows: Sequence[Row]) -> None:
    context.relate(
        "restore points",
        "SELECT id, name, session_id FROM restore_points WHERE session_id IN ({}) ORDER BY creation_time, id",
        [row["id"] for row in rows],
        "session_id",
    )


def _session_links(context: Context, row: Row) -> list[Link]:
    href = f"{context.base}/backupSessions/{row['id']}"
    points = context.related.get("restore points", {}).get(row["id"], ())
    return [
        *_up_links(context, row),
        Link("Alternate", href, row["name"], "BackupJobSessionReference"),
        *_children_link(context, row),
        Link("Down", f"{href}/taskSessions", None, "BackupTaskSessionReferenceList"),
        Link("Stop", f"{href}?action=stop"),
        *(Link("Related", f"{context.base}/restorePoints/{p['id']}", p["name"], "RestorePointReference") for p in points),
    ]


def _session_reference_links(context: Context, row: Row) -> list[Link]:
    href = f"{context.base}/backupSessions/{row['id']}"
    return [
        *_up_links(context, row),
        Link("Alternate", f"{href}?format=Entity", row["name"], "BackupJobSession"),
        *_children_link(context, row),
        Link("Down", f"{href}/taskSessions", None, "BackupTaskSessionReferenceList"),
    ]


BACKUP_SESSIONS: Resource = Resource(
    "BackupJobSession", "BackupJobSessions", "backupSessions", "backup_sessions", USERS,
    _session_fields, _session_links, _session_reference_links,
    windowed=True, json_order=SESSION_ORDER, prepare=_prepare_sessions,
)  # fmt: skip


def _replica_session_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = f"{context.base}/replicaSessions/{row['id']}/{replica_tasks(context)}"
    return [*_up_links(context, row), other, Link("Down", href, None, "ReplicaTaskSessionReferenceList")]


def replica_tasks(context: Context) -> str:
    """The segment as links spell it: the vendor's slip of the pen up to v12."""
    return "replicaTaskSessions" if context.profile.camel_keys else "repicaTaskSessions"


REPLICA_SESSIONS: Resource = Resource(
    "ReplicaJobSession", "ReplicaJobSessions", "replicaSessions", "replica_sessions", USERS,
    _session_fields,
    lambda context, row: _replica_session_links(context, row, REPLICA_SESSIONS.alternate_reference(context, row)),
    lambda context, row: _replica_session_links(context, row, REPLICA_SESSIONS.alternate_entity(context, row)),
    windowed=True, json_order=SESSION_ORDER,
)  # fmt: skip


def _task_fields(context: Context, row: Row) -> list[Child]:
    fields: list[Child] = [
        ("JobSessionUid", urn("BackupJobSession", row["session_id"])),
        ("CreationTimeUTC", context.time(row["creation_time"])),
        ("EndTimeUTC", context.time(row["end_time"])),
        ("State", row["state"]),
        ("Result", row["result"]),
        ("Reason", row["reason"]),
        ("TotalSize", row["total_size"]),
    ]
    if context.profile.task_vm_uid:
        fields.append(("VmUid", row["vm_uid"]))
    return fields


_TASK_ORDER = (
    "JobSessionUid", "CreationTimeUTC", "EndTimeUTC", "State", "Result", "Reason", "TotalSize", "VmUid", "VmDisplayName", *TAIL
)


def _prepare_tasks(context: Context, rows: Sequence[Row]) -> None:
    ids = list({row["session_id"] for row in rows})
    context.relate("sessions", "SELECT id, name FROM backup_sessions WHERE id IN ({})", ids, "id")


def _task_up_links(context: Context, row: Row) -> list[Link]:
    session = context.one_related("sessions", row["session_id"])
    name = session["name"] if session else None
    return [
        context.server_link(row),
        Link("Up", f"{context.base}/backupSessions/{row['session_id']}", name, "BackupJobSessionReference"),
    ]


def _task_links(context: Context, row: Row) -> list[Link]:
    links = _task_up_links(context, row)
    links.append(Link("Alternate", f"{context.base}/backupTaskSessions/{row['id']}", row["name"], "BackupTaskSessionReference"))
    if row["point_id"]:
        href = f"{context.base}/vmRestorePoints/{row['point_id']}?format=Entity"
        links.append(Link("Related", href, row["point_name"], "VmRestorePoint"))
    return links


BACKUP_TASK_SESSIONS: Resource = Resource(
    "BackupTaskSession", "BackupTaskSessions", "backupTaskSessions", "task_sessions", USERS,
    _task_fields, _task_links,
    lambda context, row: [*_task_up_links(context, row), BACKUP_TASK_SESSIONS.alternate_entity(context, row)],
    windowed=True, display_name=True, json_order=_TASK_ORDER, prepare=_prepare_tasks,
)  # fmt: skip


def _prepare_replica_tasks(context: Context, rows: Sequence[Row]) -> None:
    ids = list({row["session_id"] for row in rows})
    context.relate("sessions", "SELECT id, name FROM replica_sessions WHERE id IN ({})", ids, "id")


def _replica_task_fields(context: Context, row: Row) -> list[Child]:
    fields = [field for field in _task_fields(context, row) if field[0] != "VmUid"]
    fields[0] = ("JobSessionUid", urn("ReplicaJobSession", row["session_id"]))
    return fields


def _replica_task_links(context: Context, row: Row, *, entity: bool) -> list[Link]:
    session = context.one_related("sessions", row["session_id"])
    name = session["name"] if session else None
    href = f"{context.base}/{replica_tasks(context)}/{row['id']}"
    links = [
        context.server_link(row),
        Link("Up", f"{context.base}/replicaSessions/{row['session_id']}", name, "ReplicaJobSessionReference"),
    ]
    if not entity:
        return [*links, Link("Alternate", f"{href}?format=Entity", row["name"], "ReplicaTaskSession")]
    links.append(Link("Alternate", href, row["name"], "ReplicaTaskSessionReference"))
    if row["point_id"]:
        point = f"{context.base}/vmReplicaPoints/{row['point_id']}?format=Entity"
        links.append(Link("Related", point, row["point_name"], "VmReplicaPoint"))
    return links


class _ReplicaTasks(Resource):
    """Its own addresses are spelt like its links."""

    def href(self, context: Context, row: Row) -> str:
        return f"{context.base}/{replica_tasks(context)}/{row['id']}"


REPLICA_TASK_SESSIONS: Resource = _ReplicaTasks(
    "ReplicaTaskSession", "ReplicaTaskSessions", "replicaTaskSessions", "replica_task_sessions", USERS,
    _replica_task_fields,
    lambda context, row: _replica_task_links(context, row, entity=True),
    lambda context, row: _replica_task_links(context, row, entity=False),
    windowed=True, display_name=True, json_order=_TASK_ORDER, prepare=_prepare_replica_tasks,
)  # fmt: skip


def _restore_links(context: Context, row: Row, other: Link) -> list[Link]:
    return [context.server_link(row), other]


RESTORE_SESSIONS: Resource = Resource(
    "RestoreSession", "RestoreSessions", "restoreSessions", "restore_sessions", USERS | {"VM Restore Operator", "File Restore Operator"},
    lambda context, row: [
        *(f for f in _session_fields(context, row) if f[0] not in ("JobUid", "IsRetry")), ("RestoredObjRef", row["restored_ref"])
    ],
    lambda context, row: _restore_links(context, row, RESTORE_SESSIONS.alternate_reference(context, row)),
    lambda context, row: _restore_links(context, row, RESTORE_SESSIONS.alternate_entity(context, row)),
    windowed=True, display_name=True,
)  # fmt: skip
