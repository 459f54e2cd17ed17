# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup servers, managed servers, hierarchy roots, repositories, protection groups, computers, file servers, system sessions."""

from __future__ import annotations

from collections.abc import Sequence

from veeam_em_simulator.resources.base import ADMIN, USERS, Context, Resource
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.wire.model import Child, Element, Link


def _server_fields(context: Context, row: Row) -> list[Child]:
    fields: list[Child] = [("Description", row["description"]), ("Port", row["port"]), ("Version", row["version"])]
    if context.profile.backup_server_details:
        fields += [("WcfPort", 9405), ("VbrCertificateThumbprint", row["thumbprint"])]
    return fields


def _server_links(context: Context, row: Row) -> list[Link]:
    href = BACKUP_SERVERS.href(context, row)
    return [
        Link("Alternate", href, row["name"], "BackupServerReference"),
        Link("Edit", href, row["name"], "BackupServerReference"),
        Link("Delete", href, row["name"], "BackupServerReference"),
        Link("Down", f"{href}/jobs", None, "JobReferenceList"),
        Link("Down", f"{href}/managedServers", None, "ManagedServerReferenceList"),
        Link("Down", f"{href}/repositories", None, "RepositoryReferenceList"),
        Link("Down", f"{href}/externalRepositories", None, "ExternalRepositoryReferenceList"),
        Link("Down", f"{href}/credentials", None, "CredentialsList"),
        Link("Create", f"{href}/credentials?action=create"),
        Link("Down", f"{href}/passwords", None, "PasswordKeyList"),
        Link("Create", f"{href}/passwords?action=create"),
        Link("VeeamZip", f"{href}?action=veeamzip"),
        Link("QuickBackup", f"{href}?action=quickbackup"),
        Link("Start", f"{href}?action=collect"),
    ]


def _server_reference_links(context: Context, row: Row) -> list[Link]:
    href = BACKUP_SERVERS.href(context, row)
    return [
        Link("Down", f"{href}/jobs", None, "JobReferenceList"),
        Link("Down", f"{href}/repositories", None, "RepositoryReferenceList"),
        Link("Down", f"{href}/externalRepositories", None, "ExternalRepositoryReferenceList"),
        Link("Down", f"{href}/credentials", None, "CredentialsList"),
        Link("Down", f"{href}/passwords", None, "PasswordKeyList"),
        BACKUP_SERVERS.alternate_entity(context, row),
        Link("Down", f"{href}/managedServers", None, "ManagedServerReferenceList"),
    ]


BACKUP_SERVERS: Resource = Resource(
    "BackupServer", "BackupServers", "backupServers", "backup_servers", USERS, _server_fields, _server_links, _server_reference_links
)


def _managed_links(context: Context, row: Row, other: Link) -> list[Link]:
    server = f"{context.base}/backupServers/{row['server_id']}?format=Entity"
    links = [Link("Up", server, context.server_name(row["server_id"]), "BackupServer"), other]
    if row["type"] != "BackupServer":
        links.append(Link("Related", f"{context.base}/hierarchyRoots/{row['id']}?format=Entity", row["name"], "HierarchyRoot"))
    return links


MANAGED_SERVERS: Resource = Resource(
    "ManagedServer", "ManagedServers", "managedServers", "managed_servers", USERS,
    lambda context, row: [("Description", row["description"]), ("ManagedServerType", row["type"])],
    lambda context, row: _managed_links(context, row, MANAGED_SERVERS.alternate_reference(context, row)),
    lambda context, row: _managed_links(context, row, MANAGED_SERVERS.alternate_entity(context, row)),
)  # fmt: skip


def _root_links(context: Context, row: Row, other: Link) -> list[Link]:
    related = f"{context.base}/managedServers/{row['id']}?format=Entity"
    return [context.server_link(row), other, Link("Related", related, row["name"], "ManagedServer")]


HIERARCHY_ROOTS: Resource = Resource(
    "HierarchyRoot", "HierarchyRoots", "hierarchyRoots", "hierarchy_roots", USERS,
    lambda context, row: [("HierarchyRootId", row["id"]), ("UniqueId", row["unique_id"]), ("HostType", row["host_type"])],
    lambda context, row: _root_links(context, row, HIERARCHY_ROOTS.alternate_reference(context, row)),
    lambda context, row: _root_links(context, row, HIERARCHY_ROOTS.alternate_entity(context, row)),
)  # fmt: skip


def _repository_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = REPOSITORIES.href(context, row)
    return [
        context.server_link(row),
        other,
        Link("Down", f"{href}/backups", None, "BackupReferenceList"),
        Link("Down", f"{href}/replicas", None, "ReplicaReferenceList"),
    ]


REPOSITORIES: Resource = Resource(
    "Repository", "Repositories", "repositories", "repositories", USERS,
    lambda context, row: [("Capacity", row["capacity"]), ("FreeSpace", row["free_space"]), ("Kind", row["kind"])],
    lambda context, row: _repository_links(context, row, REPOSITORIES.alternate_reference(context, row)),
    lambda context, row: _repository_links(context, row, REPOSITORIES.alternate_entity(context, row)),
)  # fmt: skip


def _group_links(context: Context, row: Row, other: Link) -> list[Link]:
    href = f"{PROTECTION_GROUPS.href(context, row)}/discoveredComputers"
    return [context.server_link(row), other, Link("Down", href, None, "DiscoveredComputerReferenceList")]


PROTECTION_GROUPS: Resource = Resource(
    "AgentProtectionGroup", "AgentProtectionGroups", "agents/protectionGroups", "protection_groups", ADMIN,
    lambda context, row: [],
    lambda context, row: _group_links(context, row, PROTECTION_GROUPS.alternate_reference(context, row)),
    lambda context, row: _group_links(context, row, PROTECTION_GROUPS.alternate_entity(context, row)),
)  # fmt: skip


def _prepare_computers(context: Context, rows: Sequence[Row]) -> None:
    ids = list({row["group_id"] for row in rows})
    context.relate("groups", "SELECT id, name FROM protection_groups WHERE id IN ({})", ids, "id")


def _computer_links(context: Context, row: Row, other: Link) -> list[Link]:
    group = context.one_related("groups", row["group_id"])
    href = f"{context.base}/agents/protectionGroups/{row['group_id']}"
    return [context.server_link(row), other, Link("Up", href, group["name"] if group else None, "AgentProtectionGroupReference")]


DISCOVERED_COMPUTERS: Resource = Resource(
    "DiscoveredComputer", "DiscoveredComputers", "agents/discoveredComputers", "discovered_computers", ADMIN,
    lambda context, row: [
        ("HostStatus", row["host_status"]), ("AgentVersion", row["agent_version"]), ("AgentStatus", row["agent_status"]),
        ("OsVersion", row["os_version"]), ("IpAddress", row["ip_address"]), ("HierarchyObjRef", row["ref"]),
    ],
    lambda context, row: _computer_links(context, row, DISCOVERED_COMPUTERS.alternate_reference(context, row)),
    lambda context, row: _computer_links(context, row, DISCOVERED_COMPUTERS.alternate_entity(context, row)),
    prepare=_prepare_computers,
    entity_path=lambda row: f"backupTaskSessions/{row['id']}",
)  # fmt: skip

FILE_SERVERS: Resource = Resource(
    "FileServer", "FileServers", "nas/fileServers", "file_servers", USERS,
    lambda context, row: [("FileServerType", row["kind"])],
    lambda context, row: [context.server_link(row), FILE_SERVERS.alternate_reference(context, row)],
    lambda context, row: [context.server_link(row), FILE_SERVERS.alternate_entity(context, row)],
)  # fmt: skip


def _system_fields(context: Context, row: Row) -> list[Child]:
    result = Element("Result", children=[("Result", row["result"]), ("Message", row["message"]), ("IsCanceled", False)])
    return [
        ("SessionType", row["session_type"]),
        ("CreationTimeUTC", context.time(row["creation_time"])),
        ("EndTimeUTC", context.time(row["end_time"])),
        ("State", row["state"]),
        ("Result", result),
    ]


def _system_links(context: Context, row: Row, other: Link) -> list[Link]:
    return [other, Link("Down", f"{SYSTEM_SESSIONS.href(context, row)}/events", None, "SystemSessionEvents")]


SYSTEM_SESSIONS: Resource = Resource(
    "SystemSession", "SystemSessions", "systemSessions", "system_sessions", USERS,
    _system_fields,
    # The type of a job session: so it is in the product
    lambda context, row: _system_links(
        context, row, Link("Alternate", SYSTEM_SESSIONS.href(context, row), row["name"], "BackupJobSessionReference")
    ),
    lambda context, row: _system_links(context, row, SYSTEM_SESSIONS.alternate_entity(context, row)),
    windowed=True,
)  # fmt: skip
