# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore points, backups and their files, replicas."""

from __future__ import annotations

from conformance.notation import Entity, links, members

ENTITIES = (
    Entity(
        source="06 section 1",
        type="RestorePoint", plural="RestorePoints", path="/restorePoints",
        members=members("BackupDateUTC time"),
        links=links("""
            Up BackupReference /backups/{} name
            Up BackupServerReference /backupServers/{} name
            Alternate RestorePointReference {self} name
            Down VmRestorePointReferenceList {self}/vmRestorePoints
            Down VAppRestorePointReferenceList {self}/vAppRestorePoints
            Related RestorePointReferenceList {self}/backupFiles
        """),
        below={"vmRestorePoints": "VmRestorePoint", "backupFiles": "BackupFile"},
    ),
    Entity(
        source="06 section 2",
        type="VmRestorePoint", plural="VmRestorePoints", path="/vmRestorePoints",
        members=members("""
            CreationTimeUTC time
            VmName text
            Algorithm Full|ReversedIncremental|Incremental|SyntheticFull
            PointType Full|Increment|ReverseIncrement
            HierarchyObjRef ref
            SqlInfo complex ?
        """),
        vm_display_name=True,
        links=links("""
            Restore - {self}?action=restore
            Up BackupServerReference /backupServers/{} name
            Up RestorePointReference /restorePoints/{} name
            Up BackupFileReference /backupFiles/{} name
            Alternate VmRestorePointReference {self} name
            Down VmRestorePointMountList {self}/mounts
            Create VmRestorePointMount {self}/mounts
        """),
    ),
    Entity(
        source="06 section 7",
        type="Backup", plural="Backups", path="/backups",
        members=members("""
            Platform VMware|HyperV|vCloud|AgentForLinux|AgentForWindows|CustomPlatform
            BackupType Standard|ParentBackup|ChildBackup
        """),
        links=links("""
            Up RepositoryReference /repositories/{} name
            Up BackupServerReference /backupServers/{} name
            Alternate BackupReference {self} name
            Down RestorePointReferenceList {self}/restorePoints
            Down BackupFileReferenceList {self}/backupFiles
            Up BackupList {self}/childbackups?format=Entity ~ ?
        """),
        below={"restorePoints": "RestorePoint", "backupFiles": "BackupFile"},
    ),
    Entity(
        source="06 section 7",
        type="BackupFile", plural="BackupFiles", path="/backupFiles",
        members=members("""
            FilePath text
            BackupSize int
            DataSize int
            DeduplicationRatio number
            CompressRatio number
            CreationTimeUtc time
            FileType vbk|vib|vrb
        """),
        links=links("""
            Up BackupReference /backups/{} name
            Up BackupServerReference /backupServers/{} name
            Alternate BackupFileReference {self} name
            Related BackupFileReferenceList {self}/restorePoints
            Down VmRestorePointReferenceList {self}/vmRestorePoints
        """),
        below={"restorePoints": "RestorePoint", "vmRestorePoints": "VmRestorePoint"},
    ),
    Entity(
        source="06 section 9",
        type="Replica", plural="Replicas", path="/replicas",
        members=members("Platform VMware|HyperV|vCloud"),
        links=links("""
            Up RepositoryReference /repositories/{} name
            Up BackupServerReference /backupServers/{} name
            Alternate ReplicaReference {self} name
            Down VmReplicaPointReferenceList {self}/vmReplicaPoints
        """),
        below={"vmReplicaPoints": "VmReplicaPoint"},
    ),
    Entity(
        source="06 section 9",
        type="VmReplicaPoint", plural="VmReplicaPoints", path="/vmReplicaPoints",
        members=members("""
            CreationTimeUTC time
            VmName text
            Algorithm Full|ReversedIncremental|Incremental|SyntheticFull
            PointType Full|Increment|ReverseIncrement
        """),
        vm_display_name=True,
        links=(),
    ),
)
