# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that are no rows: the root, the logon session, the reports."""

from __future__ import annotations

_LISTS = """
    managedServers ManagedServer
    jobs Job
    failoverPlans FailoverPlan
    hierarchyRoots HierarchyRoot
    repositories Repository
    backups Backup
    restorePoints RestorePoint
    vmRestorePoints VmRestorePoint
    vAppRestorePoints VAppRestorePoint
    replicas Replica
    vmReplicaPoints VmReplicaPoint
    catalog/vms CatalogVm
    backupSessions BackupJobSession
    restoreSessions RestoreSession
    replicaSessions ReplicaJobSession
    backupTaskSessions BackupTaskSession
    replicaTaskSessions ReplicaTaskSession
"""
NAMED = [(path, kind) for path, kind in (line.split() for line in _LISTS.strip().splitlines())]

REFERENCE_LISTS = [("backupServers", "BackupServerReferenceList"), *((path, f"{kind}ReferenceList") for path, kind in NAMED)]
"""02 section 4: the first links below Up, in order, as far as their Types are told."""

SERVICES = [("tasks", "TaskList"), ("querySvc", "QueryService"), ("lookupSvc", "LookupService"), ("reports/summary", "Report")]

ENTITY_LISTS = [(f"{path}?format=Entity", f"{kind}List") for path, kind in NAMED]
"""02 section 4: after backupServers?action=create, in this order."""

REPORTS = {
    "overview": (
        "OverviewReportFrame", "Overview",
        "BackupServers ProxyServers RepositoryServers RunningJobs ScheduledJobs SuccessfulVmLastestStates WarningVmLastestStates"
        " FailedVmLastestStates", "",
    ),
    "vms_overview": (
        "VmsOverviewReportFrame", "VmsOverview",
        "ProtectedVms BackedUpVms ReplicatedVms RestorePoints FullBackupPointsSize IncrementalBackupPointsSize ReplicaRestorePointsSize"
        " SourceVmsSize SuccessBackupPercents ProtectedVmsReportLink", "ProtectedVmsReportLink",
    ),
    "job_statistics": (
        "JobStatisticsReportFrame", "JobStatistics",
        "RunningJobs ScheduledJobs ScheduledBackupJobs ScheduledReplicaJobs TotalJobRuns SuccessfulJobRuns WarningsJobRuns FailedJobRuns"
        " MaxJobDuration MaxBackupJobDuration MaxReplicaJobDuration MaxDurationBackupJobName MaxDurationReplicaJobName"
        " BackupJobStatusReportLink", "MaxDurationBackupJobName MaxDurationReplicaJobName BackupJobStatusReportLink",
    ),
}
"""06 section 11: path to root, Name of the link, members in order, and which of them are text."""
