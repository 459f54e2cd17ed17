# SPDX-License-Identifier: GPL-3.0-or-later
"""The types that can be queried and the fields that filters and sorting may name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

RESULTS = ("None", "Success", "Warning", "Failed")
SESSION_STATES = ("Stopped", "Starting", "Stopping", "Working", "Pausing", "Resuming")
TASK_STATES = ("InProgress", "Pending", "Completed")
JOB_TYPES = (
    "Backup", "Replica", "BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker", "AgentBackup", "AgentManagement",
    "NasBackup",
)
PLATFORMS = ("VMware", "HyperV", "vCloud", "CustomPlatform", "AgentForWindows", "AgentForLinux")
POINT_TYPES = ("Full", "Increment", "ReverseIncrement")
ALGORITHMS = ("Full", "ReversedIncremental", "Incremental", "SyntheticFull")
AGENT_STATUSES = ("NotInstalled", "Installed", "UnsupportedOs", "Failed", "Exclude")
HOST_TYPES = ("ESX", "VC", "ESXi", "HvServer", "HvCluster", "Scvmm", "VcdSystem")


class Kind(Enum):
    TEXT = "text"
    UID = "uid"
    TIME = "time"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ENUM = "enum"


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind
    column: str
    """An SQL expression over the table `t`."""
    values: tuple[str, ...] = ()
    open: bool = False
    """Rows may hold other words than `values`: a plain text to the product, which only compares it by their order."""
    via: tuple[str, str] | None = None
    """The name of another row: the column that holds its id, and its table."""


@dataclass(frozen=True)
class QueryType:
    name: str
    table: str
    fields: dict[str, Field]
    """By lower-case name."""
    where: str = "1"


def _text(name: str, column: str) -> Field:
    return Field(name, Kind.TEXT, f"t.{column}")


def _uid(name: str, column: str) -> Field:
    return Field(name, Kind.UID, f"t.{column}")


def _name_of(name: str, column: str, table: str) -> Field:
    """A field that is the name of the row of `table` whose id the SQL expression `column` gives."""
    return Field(name, Kind.TEXT, f"(SELECT v.name FROM {table} v WHERE v.id = {column})", via=(column, table))


def _time(name: str, column: str) -> Field:
    return Field(name, Kind.TIME, f"t.{column}")


def _number(name: str, column: str) -> Field:
    return Field(name, Kind.NUMBER, f"t.{column}")


def _flag(name: str, column: str) -> Field:
    return Field(name, Kind.BOOLEAN, f"t.{column}")


def _enum(name: str, column: str, values: tuple[str, ...], *, open: bool = False) -> Field:
    return Field(name, Kind.ENUM, f"t.{column}", values, open)


_BASE = (_uid("UID", "id"), _text("Name", "name"))
_SERVER = (_uid("BackupServerUid", "server_id"), _name_of("BackupServerName", "t.server_id", "backup_servers"))
_SESSION = (
    *_BASE, _enum("JobType", "job_type", JOB_TYPES, open=True), _uid("JobUid", "job_id"), _text("JobName", "job_name"),
    _time("CreationTime", "creation_time"), _time("EndTime", "end_time"), _enum("State", "state", SESSION_STATES),
    _enum("Result", "result", RESULTS), _flag("IsRetry", "is_retry"), *_SERVER,
)
_TASK = (
    *_BASE, _time("CreationTime", "creation_time"), _time("EndTime", "end_time"), _enum("State", "state", TASK_STATES),
    _enum("Result", "result", RESULTS), _text("Reason", "reason"), _number("TotalSize", "total_size"),
    _uid("JobSessionUid", "session_id"), _uid("JobUid", "job_id"), _text("JobName", "job_name"), *_SERVER,
    _text("VmDisplayName", "vm_display_name"),
)
_JOB = (
    *_BASE, _text("Description", "description"), _enum("JobType", "job_type", JOB_TYPES, open=True),
    _enum("Platform", "platform", PLATFORMS), _flag("ScheduleConfigured", "schedule_configured"),
    _flag("ScheduleEnabled", "schedule_enabled"), *_SERVER,
)
_RESTORE_POINT_NAME = _name_of("RestorePointName", "t.restore_point_id", "restore_points")
_POINT = (
    *_BASE, _time("CreationTime", "creation_time"), _enum("Type", "point_type", POINT_TYPES),
    _enum("Algorithm", "algorithm", ALGORITHMS), *_SERVER,
)
_BACKUP_OF_POINT = "(SELECT r.backup_id FROM restore_points r WHERE r.id = t.restore_point_id)"
_BACKUP = (_uid("BackupUid", "backup_id"), _name_of("BackupName", "t.backup_id", "backups"))
_REPOSITORY = (
    _uid("RepositoryUid", "repository_id"),
    _name_of("RepositoryName", "t.repository_id", "repositories"),
)


def _type(name: str, table: str, fields: tuple[Field, ...], where: str = "1") -> tuple[str, QueryType]:
    return name.lower(), QueryType(name, table, {field.name.lower(): field for field in fields}, where)


QUERY_TYPES: dict[str, QueryType] = dict(
    (
        _type(
            "BackupServer", "backup_servers",
            (*_BASE, _text("Description", "description"), _text("IpOrDnsName", "name"), _number("Port", "port"), _text("Version", "version")),
        ),
        _type("BackupJobSession", "backup_sessions", _SESSION),
        _type("BackupTaskSession", "task_sessions", _TASK),
        _type("ReplicaJobSession", "replica_sessions", _SESSION),
        _type("ReplicaTaskSession", "replica_task_sessions", _TASK),
        _type("RestoreSession", "restore_sessions", (*_SESSION, _text("VmDisplayName", "vm_display_name"))),
        _type("Job", "jobs", (*_JOB, _time("NextRun", "next_run")), "t.family = 'vm'"),
        _type("AgentBackupJob", "jobs", _JOB, "t.family = 'agent'"),
        _type(
            "NasJob", "jobs",
            (*_BASE, _text("Description", "description"), _time("NextRun", "next_run"),
             _flag("ScheduleConfigured", "schedule_configured"), _flag("ScheduleEnabled", "schedule_enabled"), *_SERVER),
            "t.family = 'nas'",
        ),
        _type(
            "ObjectInJob", "job_objects",
            (*_BASE, _uid("JobUid", "job_id"), _name_of("JobName", "t.job_id", "jobs"), *_SERVER),
            "t.job_id IN (SELECT id FROM jobs WHERE family = 'vm')",
        ),
        _type("RestorePoint", "restore_points", (*_BASE, _time("CreationTime", "creation_time"), *_BACKUP, *_SERVER)),
        _type(
            "VmRestorePoint", "vm_restore_points",
            (*_POINT, _uid("RestorePointId", "restore_point_id"), _RESTORE_POINT_NAME, _text("VmDisplayName", "vm_display_name"),
             # Undocumented, but real servers take them
             _text("VmName", "vm_name"), _text("HierarchyObjRef", "hierarchy_ref")),
        ),
        _type(
            "AgentRestorePoint", "agent_restore_points",
            (*_POINT, _text("ComputerName", "computer_name"), _uid("RestorePointId", "restore_point_id"), _RESTORE_POINT_NAME,
             Field("BackupUid", Kind.UID, _BACKUP_OF_POINT), _name_of("BackupName", _BACKUP_OF_POINT, "backups"),
             _uid("BackupFileUid", "backup_file_id"),
             _name_of("BackupFileName", "t.backup_file_id", "backup_files")),
        ),
        _type(
            "Backup", "backups",
            (*_BASE, _uid("JobUid", "job_id"), _text("JobName", "job_name"), *_REPOSITORY, _enum("Platform", "platform", PLATFORMS),
             _enum("BackupType", "backup_type", ("Standard", "ParentBackup", "ChildBackup"))),
        ),
        _type(
            "BackupFile", "backup_files",
            (*_BASE, _time("CreationTimeUTC", "creation_time"), _number("BackupSize", "backup_size"), _number("DataSize", "data_size"),
             _number("CompressRatio", "compress_ratio"), _enum("FileType", "file_type", ("vbk", "vib", "vrb")), *_BACKUP, *_SERVER),
        ),
        _type("Repository", "repositories", (*_BASE, _number("FreeSpace", "free_space"), _number("Capacity", "capacity"), *_SERVER)),
        _type("HierarchyRoot", "hierarchy_roots", (*_BASE, _text("UniqueId", "unique_id"), _enum("HostType", "host_type", HOST_TYPES), *_SERVER)),
        _type("ManagedServer", "managed_servers", (*_BASE, _text("Description", "description"), _text("ManagedServerType", "type"))),
        _type("Replica", "replicas", (*_BASE, _uid("JobUid", "job_id"), _text("JobName", "job_name"), *_REPOSITORY)),
        _type("VmReplicaPoint", "vm_replica_points", (*_POINT, _text("VmDisplayName", "vm_display_name"))),
        _type(
            "DiscoveredComputer", "discovered_computers",
            (*_BASE, *_SERVER, _text("AgentVersion", "agent_version"), _enum("AgentStatus", "agent_status", AGENT_STATUSES),
             _text("OsVersion", "os_version"), _text("IpAddress", "ip_address"), _uid("ProtectionGroupUid", "group_id"),
             _name_of("ProtectionGroupName", "t.group_id", "protection_groups")),
        ),
        _type("AgentProtectionGroup", "protection_groups", (*_BASE, *_SERVER)),
        _type("FileServer", "file_servers", (*_BASE, *_SERVER)),
    )
)

PRESET_TYPES: tuple[str, ...] = (
    "BackupServer", "ManagedServer", "Job", "FailoverPlan", "HierarchyRoot", "Repository", "Backup", "RestorePoint", "VmRestorePoint",
    "VAppRestorePoint", "Replica", "VmReplicaPoint", "BackupJobSession", "RestoreSession", "ReplicaJobSession", "BackupTaskSession",
    "ReplicaTaskSession", "WanAccelerator", "CloudGateway", "CloudTenant", "CloudReplica", "VCloudOrganizationConfig", "BackupFile",
    "VSphereSelfServiceConfig", "CloudPublicIpAddress", "CloudHardwarePlan", "CloudVmReplicaPoint", "AgentRestorePoint",
    "AgentBackupJob", "CloudGatewayPool", "CloudFailoverPlan", "ExternalRepository", "VlanConfiguration", "CloudFailoverSession",
    "AgentProtectionGroup", "DiscoveredComputer", "FileServer", "NasJob", "CdpReplica", "CdpPolicy", "CdpReplicaSession",
    "CdpReplicaTaskSession", "VAppReplicaPoint", "CloudSubtenant", "NasObject", "ObjectInJob", "Task", "Passwords", "Credentials",
)
"""In the order of the preset queries; those that are no key of QUERY_TYPES are always empty here."""

WRAPPERS: tuple[str, ...] = (
    "Jobs", "FailoverPlans", "Backups", "Replicas", "Repositories", "RestorePoints", "VmRestorePoints", "VAppRestorePoints",
    "VmReplicaPoints", "BackupJobSessions", "ReplicaJobSessions", "ReplicaTaskSessions", "RestoreSessions", "HierarchyRoots",
    "BackupTaskSessions", "BackupServers", "ManagedServers", "EnterpiseRoles", "EnterpiseAccounts", "WanAccelerators", "CloudGateways",
    "CloudTenants", "CloudReplicas", "VCloudOrganizationConfigs", "BackupFiles", "VSphereSelfServiceConfigs", "CloudPublicIps",
    "CloudHardwarePlans", "CloudVmReplicaPoints", "AgentRestorePoints", "AgentBackupJob", "CloudGatewayPools", "CloudFailoverPlans",
    "ExternalRepositories", "VlanConfigurations", "CloudFailoverSessions", "AgentProtectionGroups", "DiscoveredComputers",
    "FileServers", "NASJobs", "CdpReplicas", "CdpReplicaVms", "CdpPolicies", "CdpReplicaSessions", "CdpReplicaTaskSessions",
    "VAppReplicaPoints", "VmCdpReplicas", "VAppCdpReplicas", "VAppCdpReplicaVms", "SystemSessions",
)
"""The keys below Entities, verbatim, the vendor's spelling included."""
