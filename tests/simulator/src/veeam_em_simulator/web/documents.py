# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that are no key resources: the root, logon sessions, errors, services."""

from __future__ import annotations

from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.query.fields import PRESET_TYPES
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.web.logon import LogonSession
from veeam_em_simulator.wire.model import Element, Link, Repeat, wrapped

_DOWN = (
    ("backupServers", "BackupServerReferenceList"), ("managedServers", "ManagedServerReferenceList"), ("jobs", "JobReferenceList"),
    ("failoverPlans", "FailoverPlanReferenceList"), ("hierarchyRoots", "HierarchyRootReferenceList"),
    ("repositories", "RepositoryReferenceList"), ("backups", "BackupReferenceList"), ("restorePoints", "RestorePointReferenceList"),
    ("vmRestorePoints", "VmRestorePointReferenceList"), ("vAppRestorePoints", "VAppRestorePointReferenceList"),
    ("replicas", "ReplicaReferenceList"), ("vmReplicaPoints", "VmReplicaPointReferenceList"), ("catalog/vms", "CatalogVmReferenceList"),
    ("backupSessions", "BackupJobSessionReferenceList"), ("restoreSessions", "RestoreSessionReferenceList"),
    ("replicaSessions", "ReplicaJobSessionReferenceList"), ("backupTaskSessions", "BackupTaskSessionReferenceList"),
    ("replicaTaskSessions", "ReplicaTaskSessionReferenceList"), ("security", "EnterpriseSecuritySettings"),
    ("wanAccelerators", "WanAcceleratorReferenceList"), ("backupFiles", "BackupFileReferenceList"),
    ("externalRepositories", "ExternalRepositoryReferenceList"), ("cdpPolicies", "CdpPolicyReferenceList"),
    ("cdpReplicaSessions", "CdpReplicaSessionReferenceList"), ("cdpReplicaTaskSessions", "CdpReplicaTaskSessionReferenceList"),
    ("vAppReplicaPoints", "VAppReplicaPointReferenceList"), ("cdpReplica/vms", "VmCdpReplicaReferenceList"),
    ("cdpReplica/vApps", "VAppCdpReplicaReferenceList"), ("systemSessions", "BackupJobSessionReferenceList"),
    ("tasks", "TaskList"), ("querySvc", "QueryService"), ("lookupSvc", "LookupService"),
)  # fmt: skip
_ENTITIES = (
    ("jobs", "JobList"), ("failoverPlans", "FailoverPlanList"), ("hierarchyRoots", "HierarchyRootList"),
    ("repositories", "RepositoryList"), ("backups", "BackupList"), ("restorePoints", "RestorePointList"),
    ("vmRestorePoints", "VmRestorePointList"), ("vAppRestorePoints", "VAppRestorePointList"), ("replicas", "ReplicaList"),
    ("vmReplicaPoints", "VmReplicaPointList"), ("catalog/vms", "CatalogVmList"), ("backupSessions", "BackupJobSessionList"),
    ("restoreSessions", "RestoreSessionList"), ("replicaSessions", "ReplicaJobSessionList"),
    ("backupTaskSessions", "BackupTaskSessionList"), ("replicaTaskSessions", "ReplicaTaskSessionList"),
    ("wanAccelerators", "WanAcceleratorList"),
)  # fmt: skip
_CDP_ENTITIES = (
    ("cdpPolicies", "CdpPolicyList"), ("cdpReplicaSessions", "CdpReplicaSessionList"),
    ("cdpReplicaTaskSessions", "CdpReplicaTaskSessionList"), ("vAppReplicaPoints", "VAppReplicaPointList"),
    ("cdpReplica/vms", "VmCdpReplicaList"), ("cdpReplica/vApps", "VAppCdpReplicaList"),
)  # fmt: skip
_NEW_PATHS = frozenset(
    {"cdpPolicies", "cdpReplicaSessions", "cdpReplicaTaskSessions", "vAppReplicaPoints", "cdpReplica/vms", "cdpReplica/vApps", "systemSessions"}
)


def error_document(status: int, message: str) -> Element:
    return Element(
        "Error",
        {"Message": message, "StatusCode": status, "Status": None},
        children=[("FirstChanceExceptionMessage", message if status == 500 else None), ("StackTrace", None)],
        json_order=("FirstChanceExceptionMessage", "Message", "StackTrace", "Status", "StatusCode"),
        json_nulls=True,
    )


def root_document(base: str, profile: Profile) -> Element:
    def create(version: str) -> Link:
        return Link("Create", f"{base}/sessionMngr/?v={version}", None, "LogonSession")

    versions = [Element("SupportedVersion", {"Name": version}, [create(version)], json_order=("Links", "Name")) for version in profile.api_versions]
    return Element(
        "EnterpriseManager",
        {"Href": None, "Type": None},
        [Link("Down", f"{base}/logonSessions", None, "LogonSessionList"), create("latest")],
        [("SupportedVersions", wrapped("SupportedVersions", "SupportedVersion", versions))],
    )


def logon_document(base: str, session: LogonSession, profile: Profile) -> Element:
    href = f"{base}/logonSessions/{session.id}"
    return Element(
        "LogonSession",
        {"Type": "LogonSession", "Href": href},
        _logon_links(base, href, profile),
        [("UserName", session.account.username), ("SessionId", session.id)],
    )


def _logon_links(base: str, href: str, profile: Profile) -> list[Link]:
    def new(path: str) -> bool:
        return path in _NEW_PATHS and not profile.system_sessions

    def entities(path: str, kind: str) -> Link:
        return Link("Down", f"{base}/{path}?format=Entity", None, kind)

    links = [Link("Up", f"{base}/", None, "EnterpriseManager")]
    links += [Link("Down", f"{base}/{path}", None, kind) for path, kind in _DOWN if not new(path)]
    links.append(Link("Down", f"{base}/reports/summary", "Summary", "Report"))
    links += [entities("backupServers", "BackupServerList"), entities("managedServers", "ManagedServerList")]
    links.append(Link("Create", f"{base}/backupServers?action=create"))
    links += [entities(path, kind) for path, kind in _ENTITIES]
    links.append(Link("Down", f"{base}/vCloud", None, "VCloudService"))
    links.append(entities("backupFiles", "BackupFileList"))
    links.append(Link("Down", f"{base}/agents", None, "AgentsService"))
    links.append(Link("Down", f"{base}/selfService/vSphere", None, "VSphereSelfService"))
    links.append(entities("externalRepositories", "ExternalRepositoryList"))
    if profile.nas:
        links.append(Link("Down", f"{base}/nas", None, "NasService"))
    links += [entities(path, kind) for path, kind in _CDP_ENTITIES if not new(path)]
    if profile.system_sessions:
        links.append(entities("systemSessions", "BackupJobSessionList"))
    links.append(Link("Delete", href))
    return links


def logon_list(base: str, sessions: list[LogonSession], profile: Profile) -> Element:
    items = [logon_document(base, session, profile) for session in sessions]
    return Element("LogonSessions", children=[("LogonSessions", Repeat("LogonSession", items))])


def _service(tag: str, kind: str | None, href: str, links: list[Link]) -> Element:
    return Element(tag, {"Type": kind, "Href": href}, links)


def agents_service(base: str) -> Element:
    links = [Link("Up", f"{base}/logonSessions", None, "LogonSessionList")]
    for path, kind in (
        ("jobs", "AgentBackupJob"), ("discoveredComputers", "DiscoveredComputer"), ("protectionGroups", "AgentProtectionGroup"),
        ("backupSessions", "BackupJobSession"), ("backups", "Backup"), ("backupFiles", "BackupFile"),
        ("restorePoints", "RestorePoint"), ("agentRestorePoints", "AgentRestorePoint"),
    ):  # fmt: skip
        links.append(Link("Down", f"{base}/agents/{path}", None, f"{kind}ReferenceList"))
        links.append(Link("Down", f"{base}/agents/{path}?format=Entity", None, f"{kind}List"))
    return _service("Agents", "AgentsService", f"{base}/agents", links)


def nas_service(base: str) -> Element:
    links = []
    for path, kind in (("jobs", "NasJob"), ("fileServers", "FileServer"), ("backupSessions", "BackupJobSession")):
        links.append(Link("Down", f"{base}/nas/{path}", None, f"{kind}ReferenceList"))
        links.append(Link("Down", f"{base}/nas/{path}?format=Entity", None, f"{kind}List"))
    return _service("NASService", "NasService", f"{base}/nas", links)


def bare_service(base: str, session_id: str, tag: str, path: str) -> Element:
    return _service(tag, tag, f"{base}/{path}", [_up(base, session_id)])


def _up(base: str, session_id: str) -> Link:
    return Link("Up", f"{base}/logonSessions/{session_id}", None, "LogonSession")


def query_service(base: str, session_id: str, profile: Profile) -> Element:
    links = [_up(base, session_id)]
    sort = {"Task": "TaskUid", "Passwords": "BackupServerUid", "Credentials": "BackupServerUid"}
    later = () if profile.nas else ("FileServer", "NasJob", "NasObject")
    for kind in (kind for kind in PRESET_TYPES if kind not in later):
        href = f"{base}/query?type={kind}&format=Entities&sortAsc={sort.get(kind, 'name')}&pageSize=15&page=1"
        links.append(Link("Down", href, None, None))
    return _service("QuerySvc", "QueryService", f"{base}/querySvc", links)


def lookup_service(base: str, session_id: str, roots: list[Row]) -> Element:
    links = [_up(base, session_id)]
    for root in roots:
        kinds = ["Vm"]
        if root["host_type"] in ("VC", "ESX", "ESXi"):
            kinds += ["Tag", "StoragePod"]
        for kind in kinds:
            href = f"{base}/lookup?host=urn:veeam:HierarchyRoot:{root['id']}&name=*&type={kind}"
            links.append(Link("Down", href, root["name"], "HierarchyItemList"))
    return _service("LookupSvc", "LookupService", f"{base}/lookupSvc", links)


def hierarchy_items(rows: list[Row]) -> Element:
    items = [
        Element(
            "HierarchyItem",
            {"Type": "HierarchyItem", "Href": None},
            None,
            [("ObjectRef", row["ref"]), ("ObjectType", row["type"]), ("ObjectName", row["name"])],
        )
        for row in rows
    ]
    return Element("HierarchyItems", children=[("HierarchyItems", Repeat("HierarchyItem", items))])
