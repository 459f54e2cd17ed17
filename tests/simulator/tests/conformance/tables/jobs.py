# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: of virtual machines, of agents, of file shares."""

from __future__ import annotations

from conformance.notation import Entity, links, members

_SCHEDULE = {
    "JobScheduleOptions/Standart/RetryOptions": ("RetryTimes", "RetryTimeout", "RetrySpecified"),
    "JobScheduleOptions/Standart": (
        "RetryOptions", "WaitForBackupCompletion", "BackupCompetitionWaitingPeriodMin", "OptionsDaily", "OptionsMonthly",
        "OptionsPeriodically", "OptionsContinuous", "OptionsBackupWindow", "OptionsDaisyChaining",
    ),
    "JobScheduleOptions/Standart/OptionsDaily": ("Kind", "Days", "Time", "TimeOffsetUtc"),
}
_RETENTION = ("RetainCycles", "RetainDaysToKeep", "RetainLimitType")

ENTITIES = (
    Entity(
        source="05 section 4",
        type="Job", plural="Jobs", path="/jobs",
        members=members("""
            JobType Backup|BackupCopy|ImmediateBackupCopy|Replica
            Platform VMware|HyperV|vCloud|CustomPlatform
            Description text
            ScheduleConfigured bool
            ScheduleEnabled bool
            NextRun time ?
            JobScheduleOptions complex
            JobInfo complex
        """),
        nested=_SCHEDULE | {
            "JobInfo": ("BackupJobInfo", "ReplicaJobInfo", "BackupCopyJobInfo", "ImmediateBackupCopyJobInfo"),
            "JobInfo/BackupJobInfo": (
                "Includes", "GuestProcessingOptions", "AdvancedStorageOptions", "GfsRetentionPolicy", "SimpleRetentionPolicy",
            ),
            "JobInfo/BackupJobInfo/SimpleRetentionPolicy": _RETENTION,
            "JobInfo/ImmediateBackupCopyJobInfo": ("LinkedJobIncludes", "LinkedBackupIncludes", "LinkedBackupRepositoryIncludes"),
        },
        # Which of them a backup job has and which a copy job is checked in test_oddities.
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate JobReference {self} name
            Edit JobReference {self} ~ ?
            Clone - {self}?action=clone ?
            ToggleScheduleEnabled - {self}?action=toggleScheduleEnabled
            Down ObjectInJobList {self}/includes ?
            Down BackupJobSessionReferenceList {self}/backupSessions ?
            Down ReplicaJobSessionReferenceList {self}/replicaSessions ?
            Create ObjectInJob {self}/includes ?
            Start - {self}?action=start ?
            Stop - {self}?action=stop ?
            Retry - {self}?action=retry ?
            Sync - {self}?action=sync ?
            Down LinkedJobObjectList {self}/linkedJobs ?
            Create LinkedJobObject {self}/linkedJobs ?
            Down LinkedBackupRepositoryList {self}/linkedBackupRepositories ?
            Create LinkedBackupRepository {self}/linkedBackupRepositories ?
        """),
        reference_links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate Job {self}?format=Entity name
            Down BackupJobSessionReferenceList {self}/backupSessions ?
            Down ReplicaJobSessionReferenceList {self}/replicaSessions ?
        """),
        below={"backupSessions": "BackupJobSession"},
    ),
    Entity(
        source="06 section 8",
        type="AgentBackupJob", plural="AgentBackupJobs", path="/agents/jobs",
        members=members("""
            JobType AgentBackup
            Platform AgentForWindows|AgentForLinux
            Description text
            ScheduleConfigured bool
            ScheduleEnabled bool
            NextRun time ?
            JobScheduleOptions complex
            JobInfo complex
        """),
        nested=_SCHEDULE | {"JobInfo": ("Includes", "GuestProcessingOptions", "GfsRetentionPolicy", "SimpleRetentionPolicy")},
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate JobReference {self} name
            Down ObjectInJobList {self}/includes
            ToggleScheduleEnabled - {self}?action=toggleScheduleEnabled
            Down BackupJobSessionReferenceList {self}/backupSessions
            Start - {self}?action=start
            Stop - {self}?action=stop
            Retry - {self}?action=retry
        """),
        below={"backupSessions": "BackupJobSession"},
    ),
    Entity(
        source="06 section 10",
        type="NasJob", plural="NASJobs", path="/nas/jobs", tag="NASJob",
        members=members("""
            Description text
            Includes complex
            StorageOptions complex
            ScheduleConfigured bool
            ScheduleEnabled bool
            NextRun time ?
            JobScheduleOptions complex
        """),
        nested=_SCHEDULE | {
            "StorageOptions": (
                "BackupRepositoryUid", "ShorttermRetentionType", "ShorttermRetentionPeriod", "LongtermRetentionEnabled",
                "KeepFileVersionsHistoryOptions", "AdvancedStorageOptions",
            ),
        },
        links=(),
        below={"backupSessions": "BackupJobSession"},
        since="v12",
    ),
)
