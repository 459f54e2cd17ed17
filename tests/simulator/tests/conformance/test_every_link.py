# SPDX-License-Identifier: GPL-3.0-or-later
"""No link leads nowhere: from the logon session along every kind of link, and each leads to what its Type tells (03 section 6)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter, deque

from conformance.notation import GUID
from conformance.wire import NAMESPACE, Visitor, find, tag

READ = {"Up", "Down", "Related", "Alternate", "First", "Previous", "Next", "Last"}
OF_EACH_KIND = 2
"""How many links are followed of those that have the same Rel, Type and path but for the ids."""

LISTS = {
    "CredentialsList": "CredentialsInfoList",
    "PasswordKeyList": "PasswordKeyInfoList",
    "HierarchyItemList": "HierarchyItems",
    "TaskList": "Tasks",
    "NasJobList": "NASJobs",
    "CdpPolicyList": "CdpPolicies",
    "RepositoryList": "Repositories",
    "ExternalRepositoryList": "ExternalRepositories",
    "LinkedBackupRepositoryList": "LinkedBackupRepositories",
    "ObjectInJobList": "ObjectsInJob",
}
"""Plurals that are not the Type with an s (03 sections 4 and 6)."""
ROOTS = {
    "QueryService": "QuerySvc",
    "LookupService": "LookupSvc",
    "AgentsService": "Agents",
    "NasService": "NASService",
    "NasJob": "NASJob",
    "Report": "SummaryReport",
}
ODD = {
    # 02 section 1, sic
    ("BackupJobSessionList", "SystemSessions"),
    # 06 section 8: the link's Type is that of jobs of virtual machines
    ("ObjectInJobList", "ObjectsInAgentBackupJob"),
    # 05 section 4 does not tell a list of its own for objects of NAS jobs
    ("NasObjectList", "NASObjects"),
}


def root_of(kind: str) -> str:
    if kind.endswith("ReferenceList"):
        return "EntityReferences"
    if kind.endswith("Reference"):
        return "EntityRef"
    if kind.endswith("List"):
        return LISTS.get(kind, f"{kind.removesuffix('List')}s")
    return ROOTS.get(kind, kind)


def fits(kind: str | None, root: str) -> bool:
    if kind is None or (kind, root) in ODD:
        return True
    return root.endswith("ReportFrame") if kind == "ReportFrame" else root == root_of(kind)


def kind_of(href: str) -> str:
    """The path and the query without what differs from row to row."""
    path = re.sub(r"catalog/vms/[^/?]+", "catalog/vms/{}", re.sub(GUID, "{}", href))
    return re.sub(r"&page=\d+", "&page={}", path)


def test_every_link_leads_to_what_it_tells(visitor: Visitor) -> None:
    waiting: deque[tuple[str, str, str | None, str]] = deque()
    waiting.append(("Alternate", f"{visitor.em.url}/api/logonSessions/{visitor.session_id}", "LogonSession", ""))
    followed: set[str] = set()
    kinds: Counter[tuple[str, ...]] = Counter()
    wrong: list[tuple[str, str, str | None, str, object]] = []
    while waiting:
        rel, href, kind, source = waiting.popleft()
        what = (source, rel, kind or "", kind_of(href))
        if href in followed or kinds[what] == OF_EACH_KIND:
            continue
        kinds[what] += 1
        followed.add(href)
        answer = visitor.get(href, None)
        if answer.status != 200:
            wrong.append((source, rel, kind, href, answer.status))
            continue
        root = answer.xml
        if not fits(kind, tag(root)):
            wrong.append((source, rel, kind, href, tag(root)))
        waiting.extend(_links(root))
    assert wrong == []
    assert len(kinds) > 150, "the walk did not get far"


def _links(root: ElementTree.Element) -> list[tuple[str, str, str | None, str]]:
    found = []
    for element in root.iter():
        links = find(element, "Links")
        for link in () if links is None else links:
            if link.get("Rel") in READ:
                source = element.get("Type") or element.tag.removeprefix(NAMESPACE)
                found.append((str(link.get("Rel")), str(link.get("Href")), link.get("Type"), source))
    return found


def test_the_way_up_from_the_services_is_the_own_session(visitor: Visitor) -> None:
    """04 sections 4 and 6."""
    for path in ("querySvc", "lookupSvc"):
        ups = [link for link in visitor.xml(f"/{path}")[0] if link.get("Rel") == "Up"]
        assert [(link.get("Type"), link.get("Href")) for link in ups] == [
            ("LogonSession", f"{visitor.em.url}/api/logonSessions/{visitor.session_id}")
        ]


def test_linked_jobs_of_a_copy_job(visitor: Visitor) -> None:
    """05 section 4: the same objects below the job as inside it."""
    jobs = visitor.xml("/jobs?format=Entity")
    copy = next(job for job in jobs if job.get("Name") == "Copy to object storage")
    inside = copy.findall(f".//{NAMESPACE}LinkedJobIncludes/{NAMESPACE}LinkedJobObject")
    href = next(link.get("Href") for link in copy[0] if link.get("Type") == "LinkedJobObjectList")
    below = visitor.xml(str(href))
    assert tag(below) == "LinkedJobObjects"

    def uids(items: list[ElementTree.Element]) -> list[str | None]:
        return [item.findtext(f"{NAMESPACE}LinkedJobUid") for item in items]

    assert uids(list(below)) == uids(inside)
    names = {job.get("UID"): job.get("Name") for job in jobs}
    assert [names[uid] for uid in uids(inside)] == ["Web Tier", "Exchange Backup"]
