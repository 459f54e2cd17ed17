# SPDX-License-Identifier: GPL-3.0-or-later
"""Services, the catalog and the lists that hang below other resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from veeam_em_simulator.clock import to_datetime
from veeam_em_simulator.identifiers import urn
from veeam_em_simulator.resources.base import ADMIN, EVERYONE, REFERENCE_ORDER, USERS, Context
from veeam_em_simulator.resources.infrastructure import BACKUP_SERVERS, SYSTEM_SESSIONS
from veeam_em_simulator.resources.jobs import (
    AGENT_JOBS,
    JOBS,
    NAS_JOBS,
    linked_jobs,
    nas_object,
    object_element,
    objects,
)
from veeam_em_simulator.resources.points import AGENT_RESTORE_POINTS, BACKUPS, RESTORE_POINTS, VM_RESTORE_POINTS
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.web import documents
from veeam_em_simulator.web.call import ApiError
from veeam_em_simulator.web.lookup import lookup, lookup_service
from veeam_em_simulator.web.reading import find
from veeam_em_simulator.wire.model import Element, Link, Repeat

if TYPE_CHECKING:
    from veeam_em_simulator.web.routes import Visit


def _includes(visit: Visit) -> Element:
    row = find(JOBS, visit.ids[0], visit.context)
    items = [object_element(visit.context, item, row) for item in objects(visit.context, row["id"])]
    return Element("ObjectsInJob", children=[("ObjectInJobs", Repeat("ObjectInJob", items))])


def _include(visit: Visit) -> Element:
    row = find(JOBS, visit.ids[0], visit.context)
    for item in objects(visit.context, row["id"]):
        if item["id"] == visit.ids[1].lower():
            return object_element(visit.context, item, row)
    raise ApiError(404, f"The object {visit.ids[1]} is not in the job.")


def _linked_jobs(visit: Visit) -> Element:
    row = find(JOBS, visit.ids[0], visit.context)
    items = linked_jobs(visit.context, row)
    return Element("LinkedJobObjects", children=[("LinkedJobObjects", Repeat("LinkedJobObject", items))])


def _agent_includes(visit: Visit) -> Element:
    row = find(AGENT_JOBS, visit.ids[0], visit.context)
    tag = "ObjectInAgentBackupJob"
    items = [object_element(visit.context, item, row, tag=tag, path="agents/jobs") for item in objects(visit.context, row["id"])]
    return Element("ObjectsInAgentBackupJob", children=[("ObjectInAgentBackupJobs", Repeat(tag, items))])


def _nas_includes(visit: Visit) -> Element:
    row = find(NAS_JOBS, visit.ids[0], visit.context)
    items = [nas_object(item) for item in objects(visit.context, row["id"])]
    return Element("NASObjects", children=[("NASObjects", Repeat("NASObject", items))])


def _empty(tag: str, item_tag: str, parent: str = "") -> Callable[[Visit], Element]:
    """A list of which no estate has anything."""

    def build(visit: Visit) -> Element:
        if parent:
            find(_PARENTS[parent], visit.ids[0], visit.context)
        if tag in _NO_REFERENCES or visit.call.wants_entities:
            return Element(tag, children=[(tag, Repeat(item_tag, []))])
        return Element("EntityReferences", children=[("Refs", Repeat("Ref", []))])

    return build


_PARENTS = {
    found.path: found for found in (BACKUP_SERVERS, JOBS, BACKUPS, RESTORE_POINTS, VM_RESTORE_POINTS, AGENT_RESTORE_POINTS)
}
_NO_REFERENCES = frozenset({"CredentialsInfoList", "PasswordKeyInfoList", "VmRestorePointMounts", "LinkedBackupRepositories"})


def _catalog_rows(context: Context) -> list[Row]:
    return context.database.rows("SELECT DISTINCT vm_name AS name FROM vm_restore_points WHERE indexed = 1 ORDER BY name")


def _catalog_path(context: Context, name: str) -> str:
    return f"{context.base}/catalog/vms/{quote(name, safe='')}"


def _catalog_vm(context: Context, name: str, *, entity: bool, tag: str = "CatalogVm") -> Element:
    href = _catalog_path(context, name)
    down = Link("Down", f"{href}/vmRestorePoints", None, "CatalogVmRestorePointReferenceList")
    uid = f"urn:veeam:CatalogVm:{name}"
    if entity:
        attributes = {"Type": "CatalogVm", "Href": f"{href}?format=Entity", "Name": name, "UID": uid, "VmDisplayName": name}
        return Element(tag, attributes, [Link("Alternate", href, name, "CatalogVmReference"), down])
    attributes = {"Type": "CatalogVmReference", "Href": href, "Name": name, "UID": uid}
    links = [Link("Alternate", f"{href}?format=Entity", name, "CatalogVm"), down]
    return Element(tag, attributes, links, json_order=REFERENCE_ORDER)


def _catalog(visit: Visit) -> Element:
    rows = _catalog_rows(visit.context)
    if visit.call.wants_entities:
        items = [_catalog_vm(visit.context, row["name"], entity=True) for row in rows]
        return Element("CatalogVms", children=[("CatalogVms", Repeat("CatalogVm", items))])
    items = [_catalog_vm(visit.context, row["name"], entity=False) for row in rows]
    return Element("EntityReferences", children=[("Refs", Repeat("Ref", items))])


def _catalog_name(visit: Visit) -> str:
    for row in _catalog_rows(visit.context):
        if row["name"].lower() == visit.ids[0].lower():
            return str(row["name"])
    raise ApiError(404, f"CatalogVm with the name {visit.ids[0]} is not found.")


def _catalog_single(visit: Visit) -> Element:
    entity = visit.call.wants_entities
    return _catalog_vm(visit.context, _catalog_name(visit), entity=entity, tag="CatalogVm" if entity else "EntityRef")


def _catalog_point(context: Context, row: Row, *, entity: bool, tag: str) -> Element:
    vm = _catalog_path(context, row["vm_name"])
    href = f"{vm}/vmRestorePoints/{row['id']}"
    time = to_datetime(row["creation_time"])
    # US style without leading zeros, as the product writes it
    name = f"{time.month}/{time.day}/{time.year} {time.hour % 12 or 12}:{time:%M:%S %p}"
    uid = urn("CatalogVmRestorePoint", row["id"])
    kind = "CatalogVmRestorePoint"
    up = Link("Up", f"{vm}?format=Entity", row["vm_name"], "CatalogVm")
    browse = Link("Browse", f"{href}?action=browse")
    related = Link("Related", f"{context.base}/vmRestorePoints/{row['id']}?format=Entity", row["name"], "VmRestorePoint")
    if entity:
        links = [Link("Alternate", href, name, f"{kind}Reference"), up, browse, related]
        attributes = {"Type": kind, "Href": f"{href}?format=Entity", "Name": name, "UID": uid}
        return Element(tag, attributes, links, [("BackupDateUTC", context.time(row["creation_time"]))])
    attributes = {"Type": f"{kind}Reference", "Href": href, "Name": name, "UID": uid}
    links = [Link("Alternate", f"{href}?format=Entity", name, kind), up, browse, related]
    return Element(tag, attributes, links, json_order=REFERENCE_ORDER)


def _catalog_points(visit: Visit) -> Element:
    rows = visit.context.database.rows(
        "SELECT * FROM vm_restore_points WHERE indexed = 1 AND vm_name = ? ORDER BY id", (_catalog_name(visit),)
    )
    kind = "CatalogVmRestorePoint"
    if visit.call.wants_entities:
        items = [_catalog_point(visit.context, row, entity=True, tag=kind) for row in rows]
        return Element(f"{kind}s", children=[(f"{kind}s", Repeat(kind, items))])
    items = [_catalog_point(visit.context, row, entity=False, tag="Ref") for row in rows]
    return Element("EntityReferences", children=[("Refs", Repeat("Ref", items))])


def _catalog_single_point(visit: Visit) -> Element:
    row = visit.context.database.one(
        "SELECT * FROM vm_restore_points WHERE indexed = 1 AND vm_name = ? AND id = ?", (_catalog_name(visit), visit.ids[1].lower())
    )
    if row is None:
        raise ApiError(404, f"CatalogVmRestorePoint with the id {visit.ids[1]} is not found.")
    entity = visit.call.wants_entities
    return _catalog_point(visit.context, row, entity=entity, tag="CatalogVmRestorePoint" if entity else "EntityRef")


def _bare_service(tag: str, path: str) -> Callable[[Visit], Element]:
    """A service of which no estate uses anything: all it has is the way back."""
    return lambda visit: documents.bare_service(visit.context.base, visit.session.id, tag, path)


def _events(visit: Visit) -> Element:
    row = find(SYSTEM_SESSIONS, visit.ids[0], visit.context)
    event = Element(
        "SystemSessionEvent",
        children=[("CreationTimeUTC", visit.context.time(row["end_time"])), ("Status", row["result"]), ("Message", row["message"])],
    )
    return Element("SystemSessionEvents", children=[("SystemSessionEvents", Repeat("SystemSessionEvent", [event]))])


SERVICES: tuple[tuple[str, frozenset[str], Callable[[Visit], Element]], ...] = (
    ("agents", USERS, lambda visit: documents.agents_service(visit.context.base)),
    ("nas", USERS, lambda visit: documents.nas_service(visit.context.base)),
    ("security", ADMIN, _bare_service("EnterpriseSecuritySettings", "security")),
    ("vCloud", USERS, _bare_service("VCloudService", "vCloud")),
    ("selfService/vSphere", USERS, _bare_service("VSphereSelfService", "selfService/vSphere")),
    ("querySvc", EVERYONE, lambda visit: documents.query_service(visit.context.base, visit.session.id, visit.context.profile)),
    ("lookupSvc", USERS, lookup_service),
    ("lookup", USERS, lookup),
    ("jobs/{id}/linkedJobs", ADMIN, _linked_jobs),
    ("jobs/{id}/linkedBackupRepositories", ADMIN, _empty("LinkedBackupRepositories", "LinkedBackupRepository", "jobs")),
    ("jobs/{id}/includes", ADMIN, _includes),
    ("jobs/{id}/includes/{id}", ADMIN, _include),
    ("agents/jobs/{id}/includes", ADMIN, _agent_includes),
    ("nas/jobs/{id}/includes", ADMIN, _nas_includes),
    ("systemSessions/{id}/events", USERS, _events),
    ("catalog/vms", EVERYONE, _catalog),
    ("catalog/vms/{id}", EVERYONE, _catalog_single),
    ("catalog/vms/{id}/vmRestorePoints", EVERYONE, _catalog_points),
    ("catalog/vms/{id}/vmRestorePoints/{id}", EVERYONE, _catalog_single_point),
    ("backupServers/{id}/externalRepositories", USERS, _empty("ExternalRepositories", "ExternalRepository", "backupServers")),
    ("backupServers/{id}/credentials", ADMIN, _empty("CredentialsInfoList", "CredentialsInfo", "backupServers")),
    ("backupServers/{id}/passwords", ADMIN, _empty("PasswordKeyInfoList", "PasswordKeyInfo", "backupServers")),
    ("vmRestorePoints/{id}/mounts", EVERYONE, _empty("VmRestorePointMounts", "VmRestorePointMount", "vmRestorePoints")),
    (
        "agents/agentRestorePoints/{id}/mounts",
        EVERYONE,
        _empty("VmRestorePointMounts", "VmRestorePointMount", "agents/agentRestorePoints"),
    ),
    ("restorePoints/{id}/vAppRestorePoints", EVERYONE, _empty("VAppRestorePoints", "VAppRestorePoint", "restorePoints")),
    ("backups/{id}/childBackups", EVERYONE, _empty("Backups", "Backup", "backups")),
    ("externalRepositories", USERS, _empty("ExternalRepositories", "ExternalRepository")),
    ("failoverPlans", EVERYONE - {"Portal User"}, _empty("FailoverPlans", "FailoverPlan")),
    ("vAppRestorePoints", EVERYONE, _empty("VAppRestorePoints", "VAppRestorePoint")),
    ("vAppReplicaPoints", EVERYONE, _empty("VAppReplicaPoints", "VAppReplicaPoint")),
    ("wanAccelerators", USERS, _empty("WanAccelerators", "WanAccelerator")),
    ("cdpPolicies", ADMIN, _empty("CdpPolicies", "CdpPolicy")),
    ("cdpReplica/vms", ADMIN, _empty("VmCdpReplicas", "VmCdpReplica")),
    ("cdpReplica/vApps", ADMIN, _empty("VAppCdpReplicas", "VAppCdpReplica")),
    ("cdpReplicaSessions", USERS, _empty("CdpReplicaSessions", "CdpReplicaSession")),
    ("cdpReplicaTaskSessions", USERS, _empty("CdpReplicaTaskSessions", "CdpReplicaTaskSession")),
)
