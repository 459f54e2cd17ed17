# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, their files and restore points."""

from __future__ import annotations

from collections.abc import Sequence

from veeam_em_simulator.resources.base import EVERYONE, USERS, Context, Resource
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.wire.model import Child, Link


def _prepare_backup(context: Context, rows: Sequence[Row]) -> None:
    ids = list({row["backup_id"] for row in rows})
    context.relate("backups", "SELECT id, name FROM backups WHERE id IN ({})", ids, "id")


def _backup_link(context: Context, row: Row) -> Link:
    backup = context.one_related("backups", row["backup_id"])
    return Link("Up", f"{context.base}/backups/{row['backup_id']}", backup["name"] if backup else None, "BackupReference")


def _restore_point_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = RESTORE_POINTS.href(context, row)
    return [
        _backup_link(context, row),
        context.server_link(row),
        other,
        Link("Down", f"{href}/vmRestorePoints", None, "VmRestorePointReferenceList"),
        Link("Down", f"{href}/vAppRestorePoints", None, "VAppRestorePointReferenceList"),
        Link("Related", f"{href}/backupFiles", None, "RestorePointReferenceList"),
    ]


RESTORE_POINTS: Resource = Resource(
    "RestorePoint", "RestorePoints", "restorePoints", "restore_points", EVERYONE,
    lambda context, row: [("BackupDateUTC", context.time(row["creation_time"]))],
    lambda context, row: _restore_point_links(context, row, RESTORE_POINTS.alternate_reference(context, row)),
    lambda context, row: _restore_point_links(context, row, RESTORE_POINTS.alternate_entity(context, row)),
    prepare=_prepare_backup,
)  # fmt: skip


def _prepare_points(context: Context, rows: Sequence[Row]) -> None:
    points = list({row["restore_point_id"] for row in rows})
    files = list({row["backup_file_id"] for row in rows})
    context.relate("restore points by id", "SELECT id, name FROM restore_points WHERE id IN ({})", points, "id")
    context.relate("backup files", "SELECT id, name FROM backup_files WHERE id IN ({})", files, "id")


def _point_parents(context: Context, row: Row) -> list[Link]:
    """Links to where the point is stored: of another kind while it is being written, none in the odd row."""
    if row["readiness"] == "unlinked":
        return []
    rel = "Related" if row["readiness"] == "writing" else "Up"
    point = context.one_related("restore points by id", row["restore_point_id"])
    file = context.one_related("backup files", row["backup_file_id"])
    return [
        Link(rel, f"{context.base}/restorePoints/{row['restore_point_id']}", point["name"] if point else None, "RestorePointReference"),
        Link(rel, f"{context.base}/backupFiles/{row['backup_file_id']}", file["name"] if file else None, "BackupFileReference"),
    ]


def _vm_point_fields(context: Context, row: Row) -> list[Child]:
    return [
        ("CreationTimeUTC", context.time(row["creation_time"])),
        ("VmName", row["vm_name"]),
        ("Algorithm", row["algorithm"]),
        ("PointType", row["point_type"]),
        ("HierarchyObjRef", row["hierarchy_ref"]),
        ("SqlInfo", None),
    ]


def _vm_point_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = VM_RESTORE_POINTS.href(context, row)
    return [
        Link("Restore", f"{href}?action=restore"),
        context.server_link(row),
        *_point_parents(context, row),
        other,
        Link("Down", f"{href}/mounts", None, "VmRestorePointMountList"),
        Link("Create", f"{href}/mounts", None, "VmRestorePointMount"),
    ]


VM_RESTORE_POINTS: Resource = Resource(
    "VmRestorePoint", "VmRestorePoints", "vmRestorePoints", "vm_restore_points", EVERYONE,
    _vm_point_fields,
    lambda context, row: _vm_point_links(context, row, VM_RESTORE_POINTS.alternate_reference(context, row)),
    lambda context, row: _vm_point_links(context, row, VM_RESTORE_POINTS.alternate_entity(context, row)),
    display_name=True, prepare=_prepare_points,
)  # fmt: skip


def _agent_point_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = AGENT_RESTORE_POINTS.href(context, row)
    return [
        context.server_link(row),
        *_point_parents(context, row),
        other,
        Link("Down", f"{href}/mounts", None, "VmRestorePointMountList"),
        Link("Create", f"{href}/mounts", None, "VmRestorePointMount"),
    ]


AGENT_RESTORE_POINTS: Resource = Resource(
    "AgentRestorePoint", "AgentRestorePoints", "agents/agentRestorePoints", "agent_restore_points", USERS,
    lambda context, row: [
        ("CreationTimeUTC", context.time(row["creation_time"])), ("Algorithm", row["algorithm"]), ("PointType", row["point_type"])
    ],
    lambda context, row: _agent_point_links(context, row, AGENT_RESTORE_POINTS.alternate_reference(context, row)),
    lambda context, row: _agent_point_links(context, row, AGENT_RESTORE_POINTS.alternate_entity(context, row)),
    prepare=_prepare_points,
)  # fmt: skip


def _prepare_repositories(context: Context, rows: Sequence[Row]) -> None:
    ids = list({row["repository_id"] for row in rows})
    context.relate("repositories", "SELECT id, name FROM repositories WHERE id IN ({})", ids, "id")


def _repository_link(context: Context, row: Row) -> Link:
    found = context.one_related("repositories", row["repository_id"])
    href = f"{context.base}/repositories/{row['repository_id']}"
    return Link("Up", href, found["name"] if found else None, "RepositoryReference")


def _backup_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = BACKUPS.href(context, row)
    return [
        _repository_link(context, row),
        context.server_link(row),
        other,
        Link("Down", f"{href}/restorePoints", None, "RestorePointReferenceList"),
        Link("Down", f"{href}/backupFiles", None, "BackupFileReferenceList"),
    ]


BACKUPS: Resource = Resource(
    "Backup", "Backups", "backups", "backups", EVERYONE,
    lambda context, row: [("Platform", row["platform"]), ("BackupType", row["backup_type"])],
    lambda context, row: _backup_links(context, row, BACKUPS.alternate_reference(context, row)),
    lambda context, row: _backup_links(context, row, BACKUPS.alternate_entity(context, row)),
    prepare=_prepare_repositories,
)  # fmt: skip


def _file_fields(context: Context, row: Row) -> list[Child]:
    return [
        ("FilePath", row["file_path"]),
        ("BackupSize", row["backup_size"]),
        ("DataSize", row["data_size"]),
        ("DeduplicationRatio", row["deduplication_ratio"]),
        ("CompressRatio", row["compress_ratio"]),
        ("CreationTimeUtc", context.time(row["creation_time"])),
        ("FileType", row["file_type"]),
    ]


def _file_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = BACKUP_FILES.href(context, row)
    return [
        _backup_link(context, row),
        context.server_link(row),
        other,
        Link("Related", f"{href}/restorePoints", None, "BackupFileReferenceList"),
        Link("Down", f"{href}/vmRestorePoints", None, "VmRestorePointReferenceList"),
    ]


BACKUP_FILES: Resource = Resource(
    "BackupFile", "BackupFiles", "backupFiles", "backup_files", USERS,
    _file_fields,
    lambda context, row: _file_links(context, row, BACKUP_FILES.alternate_reference(context, row)),
    lambda context, row: _file_links(context, row, BACKUP_FILES.alternate_entity(context, row)),
    prepare=_prepare_backup,
)  # fmt: skip


def _replica_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = f"{REPLICAS.href(context, row)}/vmReplicaPoints"
    return [_repository_link(context, row), context.server_link(row), other, Link("Down", href, None, "VmReplicaPointReferenceList")]


REPLICAS: Resource = Resource(
    "Replica", "Replicas", "replicas", "replicas", EVERYONE,
    lambda context, row: [("Platform", row["platform"])],
    lambda context, row: _replica_links(context, row, REPLICAS.alternate_reference(context, row)),
    lambda context, row: _replica_links(context, row, REPLICAS.alternate_entity(context, row)),
    prepare=_prepare_repositories,
)  # fmt: skip


def _replica_point_links(context: Context, row: Row, other: Link) -> list[Link]:
    up = Link("Up", f"{context.base}/replicas/{row['replica_id']}", None, "ReplicaReference")
    return [context.server_link(row), up, other]


VM_REPLICA_POINTS: Resource = Resource(
    "VmReplicaPoint", "VmReplicaPoints", "vmReplicaPoints", "vm_replica_points", EVERYONE,
    lambda context, row: [
        ("CreationTimeUTC", context.time(row["creation_time"])), ("VmName", row["vm_name"]), ("Algorithm", row["algorithm"]),
        ("PointType", row["point_type"]),
    ],
    lambda context, row: _replica_point_links(context, row, VM_REPLICA_POINTS.alternate_reference(context, row)),
    lambda context, row: _replica_point_links(context, row, VM_REPLICA_POINTS.alternate_entity(context, row)),
    display_name=True,
)  # fmt: skip
