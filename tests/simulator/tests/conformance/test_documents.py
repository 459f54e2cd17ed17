# SPDX-License-Identifier: GPL-3.0-or-later
"""The root document, logon sessions, services, reports, catalog, lookup, objects in jobs, and the known oddities."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from conformance import checks
from conformance.notation import GUID, key
from conformance.tables.documents import ENTITY_LISTS, REFERENCE_LISTS, REPORTS, SERVICES
from conformance.tables.queries import TYPES
from conformance.wire import JSON, Visitor, find, tag

VERSIONS = {"v95u4": "v1_4", "v12": "v1_7", "v13": "v1_7"}
ADVERTISED = ["v1_5", "v1_6", "v1_7"]


def links_of(row: dict[str, Any], profile: str) -> list[dict[str, Any]]:
    return [checks.json_link(link, profile) for link in row[key("Links", profile)]]


@pytest.mark.parametrize("path", ["", "/"])
def test_root_in_json(stranger: Visitor, profile: str, path: str) -> None:
    """01 section 3: without logging on."""
    document = stranger.json(path)
    base = f"{stranger.em.url}/api"
    wanted = ["SupportedVersions", "Links"] if profile == "v95u4" else ["SupportedVersions", "Links", "Href", "Type"]
    assert list(document) == [key(name, profile) for name in wanted]
    versions = document[key("SupportedVersions", profile)]
    assert list(versions) == [key("SupportedVersions", profile)]
    rows = versions[key("SupportedVersions", profile)]
    names = [row[key("Name", profile)] for row in rows]
    assert names == ADVERTISED if profile != "v95u4" else "v1_4" in names
    for row in rows:
        assert list(row) == [key("Links", profile), key("Name", profile)]
        assert links_of(row, profile) == [
            {"Rel": "Create", "Href": f"{base}/sessionMngr/?v={row[key('Name', profile)]}", "Name": None, "Type": "LogonSession"}
        ]
    assert links_of(document, profile) == [
        {"Rel": "Down", "Href": f"{base}/logonSessions", "Name": None, "Type": "LogonSessionList"},
        {"Rel": "Create", "Href": f"{base}/sessionMngr/?v=latest", "Name": None, "Type": "LogonSession"},
    ]


def test_root_in_xml(stranger: Visitor) -> None:
    root = stranger.xml("/")
    assert (tag(root), [tag(child) for child in root]) == ("EnterpriseManager", ["Links", "SupportedVersions"])
    assert [(link.get("Rel"), link.get("Type")) for link in root[0]] == [("Down", "LogonSessionList"), ("Create", "LogonSession")]
    for version in root[1]:
        assert (tag(version), [tag(child) for child in version]) == ("SupportedVersion", ["Links"])
        assert str(version[0][0].get("Href")).endswith(f"/api/sessionMngr/?v={version.get('Name')}")


def test_logon_session(visitor: Visitor, profile: str) -> None:
    """02 sections 1 and 4: the same document at logon, alone and in the list."""
    document = visitor.json(f"/logonSessions/{visitor.session_id}")
    assert list(document) == [key(name, profile) for name in ("UserName", "SessionId", "Links", "Href", "Type")]
    assert document[key("UserName", profile)] == visitor.em.username
    assert document[key("SessionId", profile)] == visitor.session_id
    assert document[key("Type", profile)] == "LogonSession"
    assert document[key("Href", profile)] == f"{visitor.em.url}/api/logonSessions/{visitor.session_id}"
    element = visitor.xml(f"/logonSessions/{visitor.session_id}")
    assert (tag(element), [tag(child) for child in element]) == ("LogonSession", ["Links", "UserName", "SessionId"])
    assert set(element.attrib) == {"Type", "Href"}
    assert [checks.xml_link(link) for link in element[0]] == links_of(document, profile)
    listed = visitor.json("/logonSessions")
    assert listed == {key("LogonSessions", profile): [document]}
    root = visitor.xml("/logonSessions")
    assert (tag(root), [tag(child) for child in root]) == ("LogonSessions", ["LogonSession"])


def test_links_of_the_logon_session(visitor: Visitor, profile: str) -> None:
    found = links_of(visitor.json(f"/logonSessions/{visitor.session_id}"), profile)
    base = f"{visitor.em.url}/api"
    told = [(link["Rel"], link["Href"].removeprefix(f"{base}/"), link["Type"]) for link in found]
    assert told[0] == ("Up", "", "EnterpriseManager")
    assert told[1:19] == [("Down", path, kind) for path, kind in REFERENCE_LISTS]
    assert told[-1] == ("Delete", f"logonSessions/{visitor.session_id}", None if profile != "v95u4" else told[-1][2])
    services = [("Down", path, kind) for path, kind in SERVICES]
    assert [row for row in told if row in services] == services
    assert [link["Href"] for link in found if link["Name"]] == [f"{base}/reports/summary"]
    create = told.index(("Create", "backupServers?action=create", None))
    listed = [("Down", path, kind) for path, kind in ENTITY_LISTS]
    assert [row for row in told if row in listed] == listed
    managed = told.index(("Down", "managedServers?format=Entity", "ManagedServerList"))
    assert told.index(("Down", "backupServers?format=Entity", "BackupServerList")) < managed
    assert abs(create - managed) == 1
    if profile == "v95u4":
        assert not [row for row in told if "cdp" in row[1] or "nas" in row[1] or "systemSessions" in row[1]]
    else:
        assert len(told) == 68
        assert ("Down", "systemSessions", "BackupJobSessionReferenceList") in told, "sic"
        assert ("Down", "systemSessions?format=Entity", "BackupJobSessionList") in told, "sic"
        assert ("Down", "nas", "NasService") in told
    assert ("Down", "agents", "AgentsService") in told


def test_every_link_of_the_logon_session_answers(visitor: Visitor, profile: str) -> None:
    for link in links_of(visitor.json(f"/logonSessions/{visitor.session_id}"), profile):
        if link["Rel"] in ("Up", "Down"):
            for accept in (JSON, None):
                assert visitor.get(link["Href"], accept).status == 200, link


@pytest.mark.parametrize(("path", "root", "kind"), [("agents", "Agents", "AgentsService"), ("nas", "NASService", None)])
def test_services(visitor: Visitor, profile: str, path: str, root: str, kind: str | None) -> None:
    if path == "nas" and profile == "v95u4":
        pytest.skip("came with v10")
    element = visitor.xml(f"/{path}")
    assert (tag(element), [tag(child) for child in element]) == (root, ["Links"])
    assert kind is None or element.get("Type") == kind
    document = visitor.json(f"/{path}")
    assert [checks.xml_link(link) for link in element[0]] == links_of(document, profile)
    for link in links_of(document, profile):
        if link["Rel"] == "Down":
            assert visitor.get(link["Href"]).status == 200, link


def test_summary(visitor: Visitor, profile: str) -> None:
    document = visitor.json("/reports/summary")
    names = ["Overview", "VmsOverview", "JobStatistics", "ProcessedVms", "Repositories"]
    paths = ["overview", "vms_overview", "job_statistics", "processed_vms", "repository"]
    base = f"{visitor.em.url}/api/reports/summary"
    wanted = [{"Rel": "Down", "Href": f"{base}/{path}", "Name": name, "Type": "ReportFrame"} for path, name in zip(paths, names, strict=True)]
    assert links_of(document, profile) == wanted
    root = visitor.xml("/reports/summary")
    assert (tag(root), [checks.xml_link(link) for link in root[0]]) == ("SummaryReport", wanted)


@pytest.mark.parametrize("path", REPORTS)
def test_reports(visitor: Visitor, profile: str, path: str) -> None:
    root, _, text, strings = REPORTS[path]
    names = text.split()
    element = visitor.xml(f"/reports/summary/{path}")
    assert (tag(element), [tag(child) for child in element]) == (root, names)
    document = visitor.json(f"/reports/summary/{path}")
    extra = [] if profile == "v95u4" else ["Links", "Href", "Type"]
    assert list(document) == [key(name, profile) for name in (*names, *extra)]
    for name in names:
        value = document[key(name, profile)]
        assert type(value) is (str if name in strings.split() else int), (name, value)
        child = find(element, name)
        assert child is not None
        assert (child.text or "") == str(value)
    assert [document[key(name, profile)] for name in extra] == [None] * len(extra)


def test_report_of_repositories(visitor: Visitor, profile: str) -> None:
    element = visitor.xml("/reports/summary/repository")
    assert tag(element) == "RepositoryReportFrame"
    assert set(element.attrib) == {"CapacityPlanningReportLink"}
    document = visitor.json("/reports/summary/repository")
    assert list(document)[:2] == [key(name, profile) for name in ("Periods", "CapacityPlanningReportLink")]
    names = ["Name", "Capacity", "FreeSpace", "BackupSize"]
    rows = document[key("Periods", profile)]
    assert [[tag(child) for child in period] for period in element] == [names] * len(rows)
    assert [list(row) for row in rows] == [[key(name, profile) for name in names]] * len(rows)
    assert [[child.text for child in period] for period in element] == [[str(value) for value in row.values()] for row in rows]
    assert -1 in [row[key("Capacity", profile)] for row in rows], "unknown is -1, never 0"


def test_report_of_processed_machines(visitor: Visitor, profile: str) -> None:
    element = visitor.xml("/reports/summary/processed_vms")
    assert tag(element) == "ProcessedVmsReportFrame"
    assert {(tag(day), *sorted(day.attrib)) for day in element} == {("Day", "BackupedVms", "ReplicatedVms", "Timestamp")}
    times = [str(day.get("Timestamp")) for day in element]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00[+-]\d\d:\d\d", time) for time in times)
    assert times == sorted(times, reverse=True), "newest first"
    rows = visitor.json("/reports/summary/processed_vms")[key("Days", profile)]
    names = ("Timestamp", "ReplicatedVms", "BackupedVms")
    assert [list(row) for row in rows] == [[key(name, profile) for name in names]] * len(rows)
    assert [[day.get(name) for name in names] for day in element] == [[str(value) for value in row.values()] for row in rows]


def test_catalog(visitor: Visitor, profile: str) -> None:
    """06 section 3: machines whose files are indexed, by name."""
    refs = visitor.json("/catalog/vms")[key("Refs", profile)]
    assert {ref[key("UID", profile)] for ref in refs} == {f"urn:veeam:CatalogVm:srv0{n}" for n in (1, 2, 3)}
    for ref in refs:
        assert list(ref) == [key(name, profile) for name in ("Links", "UID", "Name", "Href", "Type")]
        assert ref[key("Type", profile)] == "CatalogVmReference"
    element = visitor.xml("/catalog/vms/srv01?format=Entity")
    assert tag(element) == "CatalogVm"
    assert element.get("VmDisplayName") == "srv01"
    assert [(link.get("Rel"), link.get("Type")) for link in element[0]] == [
        ("Alternate", "CatalogVmReference"), ("Down", "CatalogVmRestorePointReferenceList"),
    ]
    points = visitor.xml("/catalog/vms/srv01/vmRestorePoints?format=Entity")
    assert len(points) > 3
    for point in points:
        assert (tag(point), [tag(child) for child in point]) == ("CatalogVmRestorePoint", ["Links", "BackupDateUTC"])
        assert [(link.get("Rel"), link.get("Type")) for link in point[0]] == [
            ("Alternate", "CatalogVmRestorePointReference"), ("Up", "CatalogVm"), ("Browse", None), ("Related", "VmRestorePoint"),
        ]
        assert str(point[0][3].get("Href")).partition("?")[0].endswith(str(point.get("UID")).rpartition(":")[2])
        assert re.fullmatch(r"[1-9]\d?/[1-9]\d?/\d{4} [1-9]\d?:\d\d:\d\d [AP]M", str(point.get("Name")))


def test_lookup(visitor: Visitor, profile: str) -> None:
    """04 section 6, following the links of /lookupSvc."""
    service = visitor.xml("/lookupSvc")
    assert (tag(service), service.get("Type")) == ("LookupSvc", "LookupService")
    first, *presets = service[0]
    assert (first.get("Rel"), first.get("Type")) == ("Up", "LogonSession")
    assert {(link.get("Rel"), link.get("Type")) for link in presets} == {("Down", "HierarchyItemList")}
    href = next(str(link.get("Href")) for link in presets if str(link.get("Href")).endswith("type=Vm"))
    assert re.search(rf"/lookup\?host=urn:veeam:HierarchyRoot:{GUID}&name=\*&type=Vm$", href)
    items = visitor.xml(href)
    assert tag(items) == "HierarchyItems"
    assert {(tag(item), item.get("Type")) for item in items} == {("HierarchyItem", "HierarchyItem")}
    rows = [{tag(child): child.text for child in item} for item in items]
    assert {tuple(row) for row in rows} == {("ObjectRef", "ObjectType", "ObjectName")}
    assert {"srv01", "dbserver01", 'Büro "Nord"; Test, 1'} <= {row["ObjectName"] for row in rows}
    document = visitor.json(href)
    listed = document[key("HierarchyItems", profile)]
    assert [row[key("ObjectRef", profile)] for row in listed] == [row["ObjectRef"] for row in rows]
    if profile != "v95u4":
        wanted = [key(name, profile) for name in ("ObjectRef", "ObjectType", "ObjectName", "Links", "Href", "Type")]
        assert {tuple(row) for row in listed} == {tuple(wanted)}
    one = next(row for row in rows if row["ObjectName"] == "srv01")
    found = visitor.xml(href.replace("name=*", "name=SRV01"))
    assert [item[0].text for item in found] == [one["ObjectRef"]]
    assert [item[2].text for item in visitor.xml(f"/lookup?hierarchyRef={quote(str(one['ObjectRef']))}")] == ["srv01"]
    assert visitor.get("/lookup?name=x").status == 400


def test_objects_in_a_job(visitor: Visitor, profile: str) -> None:
    """05 section 4."""
    jobs = visitor.json("/jobs?format=Entity")[key("Jobs", profile)]
    job = next(job for job in jobs if job[key("Name", profile)] == "Web Tier")
    guid = job[key("UID", profile)].rpartition(":")[2]
    root = visitor.xml(f"/jobs/{guid}/includes")
    assert tag(root) == "ObjectsInJob"
    assert len(root) == 3
    for element in root:
        assert (tag(element), element.get("Type")) == ("ObjectInJob", "ObjectInJob")
        names = [tag(child) for child in element]
        assert names[:5] == ["Links", "ObjectInJobId", "HierarchyObjRef", "Name", "DisplayName"]
        assert set(names[5:]) <= {"Order", "GuestProcessingOptions"}
        assert [link.get("Rel") for link in element[0]] == ["Up", "Delete"]
        one = visitor.xml(str(element.get("Href")))
        assert one[1].text == element[1].text
    rows = visitor.json(f"/jobs/{guid}/includes")
    assert list(rows) == [key("ObjectsInJob", profile)] or list(rows) == [key("ObjectInJobs", profile)]
    includes = job[key("JobInfo", profile)][key("BackupJobInfo", profile)][key("Includes", profile)]
    assert [row[key("Name", profile)] for row in includes[key("ObjectInJobs", profile)]] == [element[3].text for element in root]


def test_backup_and_copy_jobs_have_their_own_links(visitor: Visitor, profile: str) -> None:
    """05 section 4."""
    jobs = visitor.json("/jobs?format=Entity")[key("Jobs", profile)]
    rels = {job[key("JobType", profile)]: [link["Rel"] for link in links_of(job, profile)] for job in jobs}
    assert rels["Backup"] == [
        "Up", "Alternate", "Edit", "Clone", "ToggleScheduleEnabled", "Down", "Down", "Create", "Start", "Stop", "Retry",
    ]
    copy = rels["ImmediateBackupCopy"]
    assert "Sync" in copy
    assert not {"Edit", "Start", "Stop", "Retry"} & set(copy)
    downs = {job[key("JobType", profile)]: {link["Type"] for link in links_of(job, profile)} for job in jobs}
    assert "ReplicaJobSessionReferenceList" in downs["Replica"] - downs["Backup"]
    assert {"LinkedJobObjectList", "LinkedJobObject", "LinkedBackupRepositoryList"} <= downs["ImmediateBackupCopy"]


def test_exactly_one_kind_of_job_info(visitor: Visitor, profile: str) -> None:
    for element in visitor.xml("/jobs?format=Entity"):
        info = find(element, "JobInfo")
        kind = find(element, "JobType")
        assert info is not None
        assert kind is not None
        assert [tag(child) for child in info] == [f"{kind.text}JobInfo"]


def test_agent_sessions_have_two_levels(visitor: Visitor, profile: str) -> None:
    """05 section 2, 06 section 8."""
    rows = visitor.json("/agents/backupSessions?format=Entity")[key("BackupJobSessions", profile)]
    assert {row[key("JobType", profile)] for row in rows} == {"AgentBackup", "AgentManagement"}
    children = 0
    for row in rows:
        found = links_of(row, profile)
        lists = [link["Href"] for link in found if (link["Rel"], link["Type"]) == ("Alternate", "BackupJobSessionReferenceList")]
        parents = [link for link in found if (link["Rel"], link["Type"]) == ("Up", "BackupJobSessionReference")]
        job = next(link["Href"] for link in found if link["Type"] == "JobReference")
        assert "/agents/jobs/" in job
        if row[key("JobType", profile)] == "AgentBackup":
            (href,) = lists
            assert href.endswith("/agentManagementSessions")
            below = visitor.json(f"{href}?format=Entity")[key("BackupJobSessions", profile)]
            assert {child[key("JobType", profile)] for child in below} <= {"AgentManagement"}
            children += len(below)
            assert not parents
        else:
            assert [parent["Name"] for parent in parents] == ["Parent session"]
            assert not lists
    assert children == sum(row[key("JobType", profile)] == "AgentManagement" for row in rows) > 0


def test_references_of_agent_containers_have_a_second_alternate(visitor: Visitor, profile: str) -> None:
    """03 section 2: since v10."""
    if profile == "v95u4":
        pytest.skip("came with v10")
    containers = visitor.json("/query?type=BackupJobSession&filter=JobType==AgentBackup")[key("Refs", profile)][key("Refs", profile)]
    assert containers
    for ref in containers:
        kinds = [link["Type"] for link in links_of(ref, profile) if link["Rel"] == "Alternate"]
        assert sorted(kinds) == ["BackupJobSession", "BackupJobSessionReferenceList"]


@pytest.mark.parametrize(("path", "plural"), [
    ("agents/backups", "Backups"), ("agents/backupFiles", "BackupFiles"), ("agents/restorePoints", "RestorePoints"),
    ("agents/protectionGroups", "AgentProtectionGroups"), ("restoreSessions", "RestoreSessions"),
])
def test_more_collections(visitor: Visitor, profile: str, path: str, plural: str) -> None:
    """06 sections 8 and 13."""
    rows = visitor.json(f"/{path}?format=Entity")
    assert list(rows) == [key(plural, profile)]
    root = visitor.xml(f"/{path}?format=Entity")
    assert tag(root) == plural
    uids = [row[key("UID", profile)] for row in rows[key(plural, profile)]]
    assert [element.get("UID") for element in root] == uids
    assert uids
    assert sorted(str(ref.get("UID")) for ref in visitor.xml(f"/{path}")) == sorted(uids)
    if path == "agents/protectionGroups":
        below = visitor.json(f"/{path}/{uids[0].rpartition(':')[2]}/discoveredComputers")[key("Refs", profile)]
        assert {ref[key("Name", profile)] for ref in below} == {"lap01", "lap02"}
    if path == "restoreSessions":
        names = [tag(child) for child in root[0]]
        assert names[0] == "Links"
        assert {"CreationTimeUTC", "State", "Result", "RestoredObjRef"} <= set(names)
        assert "VmDisplayName" in root[0].attrib


def test_nas_sessions_point_to_nas_jobs(visitor: Visitor, profile: str) -> None:
    if profile == "v95u4":
        pytest.skip("came with v10")
    rows = visitor.json("/nas/backupSessions?format=Entity")[key("BackupJobSessions", profile)]
    assert rows
    everything = visitor.json("/backupSessions")[key("Refs", profile)]
    assert {row[key("UID", profile)] for row in rows} < {ref[key("UID", profile)] for ref in everything}
    for row in rows:
        assert row[key("JobType", profile)] == "NasBackup"
        assert row[key("JobUid", profile)].startswith("urn:veeam:Job:")
        up = next(link for link in links_of(row, profile) if link["Type"] == "JobReference")
        assert "/api/nas/jobs/" in up["Href"]
        assert not [link for link in links_of(row, profile) if link["Rel"] == "Related"]


def test_replica_task_sessions_answer_under_both_spellings(visitor: Visitor, profile: str) -> None:
    """06 section 9, 07 question 40."""
    right, wrong = (visitor.json(f"/{name}") for name in ("replicaTaskSessions", "repicaTaskSessions"))
    assert right == wrong
    href = right[key("Refs", profile)][0][key("Href", profile)]
    assert ("/repicaTaskSessions/" in href) == (profile != "v13")
    assert visitor.get(href).status == 200


def test_names_hold_times(visitor: Visitor, profile: str) -> None:
    """01 section 6."""
    for row in visitor.json("/backupSessions?format=Entity")[key("BackupJobSessions", profile)]:
        moment = row[key("CreationTimeUTC", profile)].removesuffix("Z").replace("T", " ")
        if profile == "v13":
            assert row[key("Name", profile)].endswith(f"@{moment}"), row[key("Name", profile)]
        else:
            assert f"@{moment[:19]}" in row[key("Name", profile)]
    style = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?" if profile == "v13" else r"[A-Z][a-z]{2} [ \d]\d \d{4} [ \d]\d:\d\d[AP]M"
    for row in visitor.json("/restorePoints")[key("Refs", profile)]:
        assert re.fullmatch(style, row[key("Name", profile)]), row[key("Name", profile)]


def test_running_rows_have_no_end(visitor: Visitor, profile: str) -> None:
    """07 questions 10 and 11."""
    for path, kind, busy in (("backupSessions", "BackupJobSession", {"Starting", "Working"}),
                             ("backupTaskSessions", "BackupTaskSession", {"InProgress", "Pending"})):
        running = 0
        for row in visitor.json(f"/{path}?format=Entity")[key(f"{kind}s", profile)]:
            open_end = row.get(key("EndTimeUTC", profile)) is None
            assert open_end == (row[key("State", profile)] in busy) == (row[key("Result", profile)] == "None")
            running += open_end
        assert running


def test_collections_of_sessions_show_thirty_days_in_no_order(visitor: Visitor, profile: str) -> None:
    """07 sections 2 and 3, question 37: the query service sees what is older."""
    rows = visitor.json("/backupTaskSessions?format=Entity")[key("BackupTaskSessions", profile)]
    times = [row[key("CreationTimeUTC", profile)] for row in rows]
    assert times not in (sorted(times), sorted(times, reverse=True))
    path = "/query?type=BackupTaskSession&format=Entities&pageSize=1000&sortAsc=CreationTime"
    asked = visitor.json(path)[key("Entities", profile)][key("BackupTaskSessions", profile)][key("BackupTaskSessions", profile)]
    older = [row[key("CreationTimeUTC", profile)] for row in asked if row[key("UID", profile)] not in {r[key("UID", profile)] for r in rows}]
    assert older
    assert max(older)[:10] <= min(times)[:10]


def test_discovered_computers_keep_the_wrong_href(visitor: Visitor, profile: str) -> None:
    for row in visitor.json("/agents/discoveredComputers?format=Entity")[key("DiscoveredComputers", profile)]:
        assert "/api/backupTaskSessions/" in row[key("Href", profile)]
        alternate = next(link["Href"] for link in links_of(row, profile) if link["Rel"] == "Alternate")
        assert visitor.json(f"{alternate}?format=Entity") == row


def test_task_queries_are_under_resources(visitor: Visitor, profile: str) -> None:
    """03 section 4: types without a UID."""
    root = visitor.xml("/query?type=Task&format=Entities")
    assert [tag(child) for child in root] == ["Resources", "PagingInfo"]
    assert tag(root[0][0]) == "Tasks"
    document = visitor.json("/query?type=Task&format=Entities")
    assert document[key("Resources", profile)][key("Tasks", profile)] == {key("Tasks", profile): []}
    assert "Task" not in {kind.type for kind in TYPES}
