# SPDX-License-Identifier: GPL-3.0-or-later
"""The query service: types, where their rows are in an answer, and what can be filtered and sorted by (03 section 4, 04 section 5)."""

from __future__ import annotations

from dataclasses import dataclass

WRAPPERS = ["Jobs", "FailoverPlans", "Backups", "Replicas", "Repositories", "RestorePoints", "VmRestorePoints", "VAppRestorePoints", "VmReplicaPoints", "BackupJobSessions", "ReplicaJobSessions", "ReplicaTaskSessions", "RestoreSessions", "HierarchyRoots", "BackupTaskSessions", "BackupServers", "ManagedServers", "EnterpiseRoles", "EnterpiseAccounts", "WanAccelerators", "CloudGateways", "CloudTenants", "CloudReplicas", "VCloudOrganizationConfigs", "BackupFiles", "VSphereSelfServiceConfigs", "CloudPublicIps", "CloudHardwarePlans", "CloudVmReplicaPoints", "AgentRestorePoints", "AgentBackupJob", "CloudGatewayPools", "CloudFailoverPlans", "ExternalRepositories", "VlanConfigurations", "CloudFailoverSessions", "AgentProtectionGroups", "DiscoveredComputers", "FileServers", "NASJobs", "CdpReplicas", "CdpReplicaVms", "CdpPolicies", "CdpReplicaSessions", "CdpReplicaTaskSessions", "VAppReplicaPoints", "VmCdpReplicas", "VAppCdpReplicas", "VAppCdpReplicaVms", "SystemSessions"]
"""03 section 4, RECORDED: the keys of Entities in their order, with the vendor's spelling."""

ENUMERATIONS = {
    "Result": ["None", "Success", "Warning", "Failed"],
    "State:BackupTaskSession": ["InProgress", "Pending", "Completed"],
}


@dataclass(frozen=True)
class QueryType:
    type: str
    wrapper: str
    inner: str
    element: str
    fields: dict[str, str | None]
    """Filter field to the key of the entity that holds the value; None when no key does."""
    since: str = "v95u4"


def _type(text: str, names: dict[str, str | None] | None = None, since: str = "v95u4", inner: str = "") -> QueryType:
    kind, wrapper, element, *fields = text.split()
    renamed = {"CreationTime": "CreationTimeUTC", "EndTime": "EndTimeUTC"} | (names or {})
    values = {field: renamed.get(field, field) for field in fields}
    return QueryType(kind, wrapper, inner or wrapper, element, values, since)


_SERVER: dict[str, str | None] = {"BackupServerUid": None, "BackupServerName": None}
_JOB: dict[str, str | None] = {"JobUid": None, "JobName": None}
_BACKUP: dict[str, str | None] = {"BackupUid": None, "BackupName": None}
_REPOSITORY: dict[str, str | None] = {"RepositoryUid": None, "RepositoryName": None}
_POINT: dict[str, str | None] = {"RestorePointId": None, "RestorePointName": None}
_FILE: dict[str, str | None] = {"BackupFileUid": None, "BackupFileName": None}

TYPES = (
    _type("BackupServer BackupServers BackupServer UID Name Description IpOrDnsName Port Version", {"IpOrDnsName": None}),
    _type(
        "BackupJobSession BackupJobSessions BackupJobSession UID Name JobType JobUid JobName CreationTime EndTime State Result IsRetry"
        " BackupServerUid BackupServerName", _SERVER
    ),
    _type(
        "BackupTaskSession BackupTaskSessions BackupTaskSession UID Name CreationTime EndTime State Result Reason TotalSize JobSessionUid"
        " JobUid JobName BackupServerUid BackupServerName VmDisplayName", _SERVER | _JOB
    ),
    _type(
        "ReplicaJobSession ReplicaJobSessions ReplicaJobSession UID Name JobType JobUid JobName CreationTime EndTime State Result IsRetry"
        " BackupServerUid BackupServerName", _SERVER
    ),
    _type(
        "ReplicaTaskSession ReplicaTaskSessions ReplicaTaskSession UID Name CreationTime EndTime State Result Reason TotalSize"
        " JobSessionUid JobUid JobName BackupServerUid BackupServerName VmDisplayName", _SERVER | _JOB
    ),
    _type(
        "Job Jobs Job UID Name Description NextRun JobType Platform ScheduleConfigured ScheduleEnabled BackupServerUid BackupServerName",
        _SERVER
    ),
    _type(
        "AgentBackupJob AgentBackupJob AgentBackupJob UID Name Description JobType Platform ScheduleConfigured ScheduleEnabled"
        " BackupServerUid BackupServerName", _SERVER, inner="AgentBackupJobs"
    ),
    _type(
        "NasJob NASJobs NASJob UID Name Description NextRun ScheduleConfigured ScheduleEnabled BackupServerUid BackupServerName",
        _SERVER, since="v12"
    ),
    _type(
        "RestorePoint RestorePoints RestorePoint UID Name CreationTime BackupUid BackupName BackupServerUid BackupServerName",
        _SERVER | _BACKUP | {"CreationTime": "BackupDateUTC"}
    ),
    _type(
        "VmRestorePoint VmRestorePoints VmRestorePoint UID Name CreationTime Type Algorithm RestorePointId RestorePointName VmDisplayName"
        " BackupServerUid BackupServerName", _SERVER | _POINT | {"Type": "PointType"}
    ),
    _type(
        "AgentRestorePoint AgentRestorePoints AgentRestorePoint UID Name CreationTime ComputerName Type Algorithm RestorePointId"
        " RestorePointName BackupUid BackupName BackupFileUid BackupFileName BackupServerUid BackupServerName",
        _SERVER | _POINT | _BACKUP | _FILE | {"Type": "PointType", "ComputerName": None}
    ),
    _type(
        "Backup Backups Backup UID Name JobUid JobName RepositoryUid RepositoryName Platform BackupType", _JOB | _REPOSITORY
    ),
    _type(
        "BackupFile BackupFiles BackupFile UID Name CreationTimeUTC BackupSize DataSize CompressRatio FileType BackupUid BackupName"
        " BackupServerUid BackupServerName", _SERVER | _BACKUP | {"CreationTimeUTC": "CreationTimeUtc"}
    ),
    _type("Repository Repositories Repository UID Name FreeSpace Capacity BackupServerUid BackupServerName", _SERVER),
    _type("HierarchyRoot HierarchyRoots HierarchyRoot UID Name UniqueId HostType BackupServerUid BackupServerName", _SERVER),
    _type("ManagedServer ManagedServers ManagedServer UID Name Description ManagedServerType"),
    _type("Replica Replicas Replica UID Name JobUid JobName RepositoryUid RepositoryName", _JOB | _REPOSITORY),
    _type(
        "DiscoveredComputer DiscoveredComputers DiscoveredComputer UID Name BackupServerUid BackupServerName AgentVersion AgentStatus"
        " OsVersion IpAddress ProtectionGroupUid ProtectionGroupName",
        _SERVER | {"ProtectionGroupUid": None, "ProtectionGroupName": None}
    ),
)

EMPTY_TYPES = ["AgentProtectionGroup", "CdpPolicy", "CdpReplica", "CdpReplicaSession", "CdpReplicaTaskSession", "CloudGateway", "CloudGatewayPool", "CloudTenant", "CloudReplica", "FailoverPlan", "FileServer", "RestoreSession", "VAppReplicaPoint", "VAppRestorePoint", "VCloudOrganizationConfig", "VmReplicaPoint", "VSphereSelfServiceConfig", "WanAccelerator"]
"""Types that a client may ask for and whose rows, if any, are not followed here."""

NOT_QUERYABLE = ("CatalogVm", "SystemSession")
