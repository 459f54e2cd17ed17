# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents: computers, groups, restore points, and their share of the sessions."""

from __future__ import annotations

from conformance.notation import Entity, links, members

ENTITIES = (
    Entity(
        source="06 section 8",
        type="DiscoveredComputer", plural="DiscoveredComputers", path="/agents/discoveredComputers", href="/backupTaskSessions",
        members=members("""
            HostStatus Online|Offline
            AgentVersion text
            AgentStatus NotInstalled|Installed|UnsupportedOs|Failed|Exclude
            OsVersion text
            IpAddress text
            HierarchyObjRef ref
        """),
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate DiscoveredComputerReference /agents/discoveredComputers/{} name
            Up AgentProtectionGroupReference /agents/protectionGroups/{} name
        """),
    ),
    Entity(
        source="06 section 8",
        type="AgentRestorePoint", plural="AgentRestorePoints", path="/agents/agentRestorePoints",
        members=members("""
            CreationTimeUTC time
            Algorithm Full|Incremental|SyntheticFull
            PointType Full|Increment
        """),
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Up RestorePointReference /{any} name
            Up BackupFileReference /{any} name
            Alternate AgentRestorePointReference {self} name
            Down any {self}/mounts
            Create any {self}/mounts
        """),
    ),
)
