# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: of jobs, of their objects, of replicas, of restores, of Enterprise Manager itself."""

from __future__ import annotations

from conformance.notation import Entity, links, members

_JOB_SESSION = """
    JobUid uid:Job
    JobName text
    JobType {types}
    CreationTimeUTC time
    EndTimeUTC time ?
    State Starting|Stopping|Working|Pausing|Resuming|Stopped
    Result Success|Warning|Failed|None
    Progress int
    FailureMessage text ?
    IsRetry bool
"""
_JOB_SESSION_KEYS = (
    "IsRetry", "JobUid", "JobName", "JobType", "CreationTimeUTC", "EndTimeUTC", "State", "Result", "Progress", "FailureMessage",
)
_TASK_SESSION = """
    JobSessionUid uid:{session}
    CreationTimeUTC time
    EndTimeUTC time ?
    State InProgress|Pending|Completed
    Result Success|Warning|Failed|None
    Reason text
    TotalSize int
"""

JOB_SESSION = Entity(
    source="05 section 2",
    type="BackupJobSession", plural="BackupJobSessions", path="/backupSessions",
    members=members(_JOB_SESSION.format(
        types="Backup|BackupCopy|ImmediateBackupCopy|ImmediateBackupCopyWorker|AgentBackup|AgentManagement|NasBackup"
    )),
    json_order=_JOB_SESSION_KEYS,
    links=links("""
        Up BackupServerReference /backupServers/{} name
        Up JobReference /jobs/{} name ?
        Up JobReference /agents/jobs/{} name ?
        Up JobReference /nas/jobs/{} name ?
        Up BackupJobSessionReference /backupSessions/{} name ?
        Alternate BackupJobSessionReference {self} name
        Alternate BackupJobSessionReferenceList {self}/agentManagementSessions ?
        Down BackupTaskSessionReferenceList {self}/taskSessions
        Stop - {self}?action=stop
        Related RestorePointReference /restorePoints/{} name *
    """),
    below={"taskSessions": "BackupTaskSession"},
    last_30_days=True,
)

ENTITIES = (
    JOB_SESSION,
    Entity(
        source="05 section 3",
        type="BackupTaskSession", plural="BackupTaskSessions", path="/backupTaskSessions",
        members=members(_TASK_SESSION.format(session="BackupJobSession") + "    VmUid ref ? v12"),
        vm_display_name=True,
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Up BackupJobSessionReference /backupSessions/{} name
            Alternate BackupTaskSessionReference {self} name
            Related VmRestorePoint /vmRestorePoints/{}?format=Entity name ?
        """),
        reference_links=links("""
            Up BackupServerReference /backupServers/{} name
            Up BackupJobSessionReference /backupSessions/{} name
            Alternate BackupTaskSession {self}?format=Entity name
        """),
        last_30_days=True,
    ),
    Entity(
        source="06 section 9",
        type="ReplicaJobSession", plural="ReplicaJobSessions", path="/replicaSessions",
        members=members(_JOB_SESSION.format(types="Replica")),
        json_order=_JOB_SESSION_KEYS,
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Up JobReference /jobs/{} name
            Alternate ReplicaJobSessionReference {self} name
            Down ReplicaTaskSessionReferenceList {self}/{any}
        """),
        below={"repicaTaskSessions": "ReplicaTaskSession", "replicaTaskSessions": "ReplicaTaskSession"},
        last_30_days=True,
    ),
    Entity(
        source="06 section 9",
        type="ReplicaTaskSession", plural="ReplicaTaskSessions", path="/replicaTaskSessions", href="/repl?icaTaskSessions",
        members=members(_TASK_SESSION.format(session="ReplicaJobSession")),
        vm_display_name=True,
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Up ReplicaJobSessionReference /replicaSessions/{} name
            Alternate ReplicaTaskSessionReference {self} name
            Related VmReplicaPoint /vmReplicaPoints/{}?format=Entity name ?
        """),
        last_30_days=True,
    ),
    Entity(
        source="06 section 12",
        type="SystemSession", plural="SystemSessions", path="/systemSessions",
        members=members("""
            SessionType CollectJob|CatalogReplicationJob|CatalogCrawlJob|DatabaseMaintenance|HistoryCollectJob
            CreationTimeUTC time
            EndTimeUTC time ?
            State InProgress|CompletedSuccessfully|CompletedWarning|Failed
            Result complex
        """),
        nested={"Result": ("Result", "Message", "IsCanceled")},
        links=links("""
            Alternate BackupJobSessionReference {self} name
            Down SystemSessionEvents {self}/events
        """),
        since="v12",
        last_30_days=True,
    ),
)
