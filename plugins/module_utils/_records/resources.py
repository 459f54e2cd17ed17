# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of Enterprise Manager's resources: paths, query types, elements and filter fields. Private to the collection.

A new resource is one entry here. Elements stand in the order of their EM page; ``time_field`` is the filter field that a
resource can be paged by and ``time_key`` the record key that goes with it (filter ``CreationTime``, element
``CreationTimeUTC``). The field tables are those of the ``get_query_*`` pages.
"""

from __future__ import annotations

import dataclasses
import enum


class Kind(enum.Enum):
    """How the text of an element is read."""

    TEXT = "text"  # free text: kept as it is, empty is null
    WORD = "word"  # one of a set of words: empty and "None" are null
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TIME = "time"
    SIZE = "size"  # bytes, -1 is null
    NESTED = "nested"  # a structure of its own


TEXT, WORD, INT, FLOAT, BOOL, TIME, SIZE, NESTED = (
    Kind.TEXT, Kind.WORD, Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.TIME, Kind.SIZE, Kind.NESTED,
)  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Resource:
    """One kind of thing that Enterprise Manager knows. Compared by identity: tables are looked up by it for every record."""

    name: str
    plural: str
    type_name: str
    path: str | None
    elements: tuple[tuple[str, Kind], ...]
    query_type: str | None = None
    fields: tuple[str, ...] = ()
    time_field: str | None = None
    time_key: str = "creation_time"
    admin_only: bool = False
    urn_types: tuple[str, ...] = ()

    @property
    def urns(self) -> tuple[str, ...]:
        """The type parts that an UID of this resource may carry."""
        return self.urn_types or (self.type_name,)


_SERVER = ("BackupServerUid", "BackupServerName")
_SESSION_ELEMENTS = (
    ("JobUid", TEXT), ("JobName", TEXT), ("JobType", WORD), ("CreationTimeUTC", TIME), ("EndTimeUTC", TIME),
    ("State", WORD), ("Result", WORD), ("Progress", INT), ("FailureMessage", TEXT), ("IsRetry", BOOL),
)  # fmt: skip
_SESSION_FIELDS = (
    "UID", "Name", "JobType", "JobUid", "JobName", "CreationTime", "EndTime", "State", "Result", "IsRetry", *_SERVER,
)  # fmt: skip
_TASK_ELEMENTS = (
    ("VmDisplayName", TEXT), ("JobSessionUid", TEXT), ("CreationTimeUTC", TIME), ("EndTimeUTC", TIME), ("State", WORD),
    ("Result", WORD), ("Reason", TEXT), ("TotalSize", INT), ("VmUid", TEXT),
)  # fmt: skip
_TASK_FIELDS = (
    "UID", "Name", "CreationTime", "EndTime", "State", "Result", "Reason", "TotalSize", "JobSessionUid", "JobUid",
    "JobName", *_SERVER, "VmDisplayName",
)  # fmt: skip
_JOB_ELEMENTS = (
    ("JobType", WORD), ("Platform", WORD), ("Description", TEXT), ("ScheduleConfigured", BOOL), ("ScheduleEnabled", BOOL),
    ("NextRun", TIME), ("JobScheduleOptions", NESTED), ("JobInfo", NESTED),
)  # fmt: skip

_ALL = (
    Resource(
        "backup_server", "backup_servers", "BackupServer", "backupServers",
        (("Description", TEXT), ("Port", INT), ("Version", TEXT), ("WcfPort", INT), ("VbrCertificateThumbprint", TEXT)),
        "BackupServer", ("UID", "Name", "Description", "IpOrDnsName", "Port", "Version"),
    ),
    Resource(
        "backup_session", "backup_sessions", "BackupJobSession", "backupSessions", _SESSION_ELEMENTS,
        "BackupJobSession", _SESSION_FIELDS, "CreationTime",
    ),
    Resource(
        "backup_task_session", "backup_task_sessions", "BackupTaskSession", "backupTaskSessions", _TASK_ELEMENTS,
        "BackupTaskSession", _TASK_FIELDS, "CreationTime",
    ),
    Resource(
        "replica_session", "replica_sessions", "ReplicaJobSession", "replicaSessions", _SESSION_ELEMENTS,
        "ReplicaJobSession", _SESSION_FIELDS, "CreationTime",
    ),
    Resource(
        "replica_task_session", "replica_task_sessions", "ReplicaTaskSession", "replicaTaskSessions", _TASK_ELEMENTS,
        "ReplicaTaskSession", _TASK_FIELDS, "CreationTime",
    ),
    Resource(
        "job", "jobs", "Job", "jobs", _JOB_ELEMENTS, "Job",
        ("UID", "Name", "Description", "NextRun", "JobType", "Platform", "ScheduleConfigured", "ScheduleEnabled", *_SERVER),
        admin_only=True,
    ),
    Resource(
        "agent_job", "agent_jobs", "AgentBackupJob", "agents/jobs", _JOB_ELEMENTS, "AgentBackupJob",
        ("UID", "Name", "Description", "JobType", "Platform", "ScheduleConfigured", "ScheduleEnabled", *_SERVER),
        admin_only=True, urn_types=("AgentBackupJob", "Job"),
    ),
    Resource(
        "nas_job", "nas_jobs", "NASJob", "nas/jobs",
        (
            ("Description", TEXT), ("Includes", NESTED), ("StorageOptions", NESTED), ("ScheduleConfigured", BOOL),
            ("ScheduleEnabled", BOOL), ("NextRun", TIME), ("JobScheduleOptions", NESTED),
        ),
        "NasJob", ("UID", "Name", "Description", "NextRun", "ScheduleConfigured", "ScheduleEnabled", *_SERVER),
        admin_only=True, urn_types=("NasJob", "NASJob", "Job"),
    ),
    Resource(
        "repository", "repositories", "Repository", "repositories",
        (("Capacity", SIZE), ("FreeSpace", SIZE), ("Kind", WORD)),
        "Repository", ("UID", "Name", "FreeSpace", "Capacity", *_SERVER),
    ),
    Resource(
        "restore_point", "restore_points", "RestorePoint", "restorePoints", (("BackupDateUTC", TIME),), "RestorePoint",
        ("UID", "Name", "CreationTime", "BackupUid", "BackupName", *_SERVER), "CreationTime", "backup_date",
    ),
    Resource(
        "vm_restore_point", "vm_restore_points", "VmRestorePoint", "vmRestorePoints",
        (
            ("VmDisplayName", TEXT), ("CreationTimeUTC", TIME), ("VmName", TEXT), ("Algorithm", WORD), ("PointType", WORD),
            ("HierarchyObjRef", TEXT), ("SqlInfo", NESTED),
        ),
        "VmRestorePoint",
        (
            "UID", "Name", "CreationTime", "Type", "Algorithm", "RestorePointId", "RestorePointName", "VmDisplayName",
            *_SERVER,
        ),
        "CreationTime",
    ),
    Resource(
        "agent_restore_point", "agent_restore_points", "AgentRestorePoint", "agents/agentRestorePoints",
        (("CreationTimeUTC", TIME), ("Algorithm", WORD), ("PointType", WORD)), "AgentRestorePoint",
        (
            "UID", "Name", "CreationTime", "ComputerName", "Type", "Algorithm", "RestorePointId", "RestorePointName",
            "BackupUid", "BackupName", "BackupFileUid", "BackupFileName", *_SERVER,
        ),
        "CreationTime",
    ),
    Resource(
        "hierarchy_root", "hierarchy_roots", "HierarchyRoot", "hierarchyRoots",
        (("HierarchyRootId", TEXT), ("UniqueId", TEXT), ("HostType", WORD)), "HierarchyRoot",
        ("UID", "Name", "UniqueId", "HostType", *_SERVER),
    ),
    Resource(
        "managed_server", "managed_servers", "ManagedServer", "managedServers",
        (("Description", TEXT), ("ManagedServerType", WORD)), "ManagedServer",
        ("UID", "Name", "Description", "ManagedServerType"),
    ),
    Resource(
        "discovered_computer", "discovered_computers", "DiscoveredComputer", "agents/discoveredComputers",
        (
            ("HostStatus", WORD), ("AgentVersion", TEXT), ("AgentStatus", WORD), ("OsVersion", TEXT), ("IpAddress", TEXT),
            ("HierarchyObjRef", TEXT),
        ),
        "DiscoveredComputer",
        ("UID", "Name", *_SERVER, "AgentVersion", "AgentStatus", "OsVersion", "IpAddress", "ProtectionGroupUid", "ProtectionGroupName"),
        admin_only=True,
    ),
    Resource(
        "backup", "backups", "Backup", "backups", (("Platform", WORD), ("BackupType", WORD)), "Backup",
        ("UID", "Name", "JobUid", "JobName", "RepositoryUid", "RepositoryName", "Platform", "BackupType"),
    ),
    Resource(
        "backup_file", "backup_files", "BackupFile", "backupFiles",
        (
            ("FilePath", TEXT), ("BackupSize", INT), ("DataSize", INT), ("DeduplicationRatio", FLOAT),
            ("CompressRatio", FLOAT), ("CreationTimeUtc", TIME), ("FileType", WORD),
        ),
        "BackupFile",
        ("UID", "Name", "CreationTimeUTC", "BackupSize", "DataSize", "CompressRatio", "FileType", "BackupUid", "BackupName", *_SERVER),
        "CreationTimeUTC",
    ),
    Resource(
        "replica", "replicas", "Replica", "replicas", (("Platform", WORD),), "Replica",
        ("UID", "Name", "JobUid", "JobName", "RepositoryUid", "RepositoryName"),
    ),
    Resource(
        "object_in_job", "objects_in_job", "ObjectInJob", None,
        (
            ("ObjectInJobId", TEXT), ("HierarchyObjRef", TEXT), ("Name", TEXT), ("DisplayName", TEXT), ("Order", INT),
            ("GuestProcessingOptions", NESTED),
        ),
        "ObjectInJob", ("UID", "Name", "JobUid", "JobName", *_SERVER), admin_only=True,
    ),
    Resource(
        "hierarchy_item", "hierarchy_items", "HierarchyItem", None,
        (("ObjectRef", TEXT), ("ObjectType", WORD), ("ObjectName", TEXT)),
    ),
    Resource(
        "restore_session", "restore_sessions", "RestoreSession", "restoreSessions",
        (*_SESSION_ELEMENTS, ("RestoredObjRef", TEXT), ("VmDisplayName", TEXT)), urn_types=("RestoreSession", "RestoreJobSession"),
    ),
    Resource(
        "system_session", "system_sessions", "SystemSession", "systemSessions",
        (("SessionType", WORD), ("CreationTimeUTC", TIME), ("EndTimeUTC", TIME), ("State", WORD), ("Result", NESTED)),
    ),
)  # fmt: skip

JOB_TYPES = (
    "Backup", "BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker", "AgentBackup", "AgentManagement", "NasBackup",
)  # fmt: skip
"""The values of ``JobType`` that the EM page backupsessions_id lists; servers have more."""

RESOURCES: dict[str, Resource] = {resource.name: resource for resource in _ALL}
"""Resources by their snake_case singular name."""

BY_QUERY_TYPE: dict[str, Resource] = {resource.query_type.lower(): resource for resource in _ALL if resource.query_type}
"""Resources by the lower-case name of their query type."""

_OTHER_TYPES = (
    "AgentProtectionGroup", "CdpPolicy", "CdpReplica", "CdpReplicaSession", "CdpReplicaTaskSession", "CloudGateway",
    "CloudGatewayPool", "CloudTenant", "CloudFailoverPlan", "CloudFailoverSession", "CloudHardwarePlan",
    "CloudPublicIpAddress", "CloudReplica", "CloudSubtenant", "CloudVmReplicaPoint", "Credentials", "ExternalRepository",
    "FailoverPlan",
    "FileServer", "NasObject", "Passwords", "RestoreSession", "Task", "VAppReplicaPoint", "VAppRestorePoint",
    "VCloudOrganizationConfig", "VlanConfiguration", "VmReplicaPoint", "VSphereSelfServiceConfig", "WanAccelerator",
)  # fmt: skip
_ADMIN_ONLY = frozenset({"AgentProtectionGroup", "CdpPolicy", "CdpReplica", "FailoverPlan", "NasObject"})
# The fields of types that have no name, the one they are sorted by first (EM pages querysvc, get_query_task). Of all other
# types without a table no page tells more fields than the name.
_WITHOUT_NAME = {
    "Task": ("TaskId", "State", "Operation"), "Passwords": ("BackupServerUid",), "Credentials": ("BackupServerUid",),
}  # fmt: skip
QUERY_TYPES: tuple[str, ...] = tuple(
    sorted([*(r.query_type for r in _ALL if r.query_type), *_OTHER_TYPES], key=str.lower)
)
"""All types that the query service knows (EM pages ``get_query_*`` and querysvc)."""


def queryable(query_type: str) -> Resource:
    """The resource of a query type; of types that this table does not describe, every element is taken as it comes."""
    known = BY_QUERY_TYPE.get(query_type.lower())
    if known is not None:
        return dataclasses.replace(known, plural="records")
    return Resource(
        query_type, "records", query_type, None, (), query_type, _WITHOUT_NAME.get(query_type, ("Name",)),
        admin_only=query_type in _ADMIN_ONLY,
    )  # fmt: skip
