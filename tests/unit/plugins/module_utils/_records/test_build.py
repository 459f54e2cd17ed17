# SPDX-License-Identifier: GPL-3.0-or-later
"""Records: equal whatever format and version they come from, typed, and complete."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.decoding import decode
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import ProtocolError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.build import Record, RecordOptions, build
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.derived import guid_of, objects_of, path_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.nodes import rows_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES, queryable

from .. import wire

GUID = "99999999-aaaa-4bbb-8ccc-000000000001"
SERVER = wire.link(
    "Up", "/backupServers/22222222-aaaa-4bbb-8ccc-000000000001", "BackupServerReference", "vbr01.example.test"
)


def thing(kind: str, path: str, name: str, *links: wire.Thing, **elements: t.Any) -> wire.Thing:
    return {
        **elements, "Name": name, "UID": f"urn:veeam:{kind}:{GUID}", "Links": [SERVER, *links],
        "Href": f"{wire.BASE}/{path}/{GUID}?format=Entity", "Type": kind,
    }  # fmt: skip


SCHEDULE = {
    "Standart": {
        "RetryOptions": {"RetryTimes": 3, "RetryTimeout": 10, "RetrySpecified": True},
        "OptionsDaily": {"Enabled": True, "Kind": "Everyday"},
    }
}
INCLUDED = {
    "ObjectInJobId": GUID,
    "HierarchyObjRef": "urn:VMware:Folder:33333333-aaaa-4bbb-8ccc-000000000001.group-v9",
    "Name": "Web",
}
THINGS: dict[str, wire.Thing] = {
    "backup_session": wire.session(),
    "backup_task_session": wire.task(),
    "backup_server": thing("BackupServer", "backupServers", "vbr01.example.test", Description="", Port=9392, Version="12.3.2.4465"),
    "repository": thing("Repository", "repositories", "Büro & <Süd>", Capacity=-1, FreeSpace=-1, Kind="AmazonS3Compatible"),
    "vm_restore_point": thing(
        "VmRestorePoint", "vmRestorePoints", "srv01@2026-01-05 20:03:15",
        wire.link("Up", f"/restorePoints/{GUID}", "RestorePointReference", "x"),
        wire.link("Up", f"/backupFiles/{GUID}", "BackupFileReference", "Daily VMs.vib"),
        wire.link("Restore", f"/vmRestorePoints/{GUID}?action=restore", None),
        CreationTimeUTC="2026-01-05T20:03:15Z", VmName="srv01", Algorithm="Incremental", PointType="Increment",
        HierarchyObjRef="urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042", VmDisplayName="srv01",
    ),
    "job": thing(
        "Job", "jobs", 'Web; Tier "A", Köln', JobType="Backup", Platform="VMware", Description=" two\nlines ",
        ScheduleConfigured=True, ScheduleEnabled=False, NextRun="2026-01-06T20:00:00Z", JobScheduleOptions=SCHEDULE,
    ),
    "discovered_computer": thing(
        "DiscoveredComputer", "backupTaskSessions", "lap01",
        wire.link("Alternate", f"/agents/discoveredComputers/{GUID}", "DiscoveredComputerReference", "lap01"),
        HostStatus="Online", AgentStatus="Installed", IpAddress="192.0.2.7",
    ),
    "backup_file": thing(
        "BackupFile", "backupFiles", "a.vbk", FilePath="D:\\a.vbk", BackupSize=10**15, DataSize=0, CompressRatio=1.5,
        CreationTimeUtc="2026-01-05T20:03:15Z",
    ),
}  # fmt: skip


def forms(name: str, one: wire.Thing) -> dict[str, Record]:
    resource = RESOURCES[name]
    bodies = {
        "v12": wire.json_list(resource.type_name + "s", [one]),
        "v13": wire.json_list(resource.type_name + "s", [one], v13=True),
        "9.5": wire.json_list(
            resource.type_name + "s", [{key: value for key, value in one.items() if value is not None}]
        ),
        "xml": wire.xml_list(resource.type_name + "s", resource.type_name, [one]),
    }
    return {form: build(resource, rows_of(decode(body))[0]) for form, body in bodies.items()}


@pytest.mark.parametrize("name", THINGS)
def test_records_are_equal_whatever_they_are_read_from(name: str) -> None:
    records = forms(name, THINGS[name])
    assert records["xml"] == records["v12"] == records["v13"] == records["9.5"]
    assert records["xml"]["uid"] == THINGS[name]["UID"]
    assert records["xml"]["href"].startswith("/api/")


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1))
def test_any_name_is_kept(name: str) -> None:
    for record in forms("backup_task_session", wire.task(VmDisplayName=name, Reason=name)).values():
        assert record["vm_display_name"] == name
        assert record["reason"] == name


def test_a_task() -> None:
    record = forms("backup_task_session", wire.task())["v13"]
    assert record == {
        "name": "srv01@2026-01-05 20:02:31",
        "uid": "urn:veeam:BackupTaskSession:66666666-aaaa-4bbb-8ccc-000000000001",
        "id": "66666666-aaaa-4bbb-8ccc-000000000001",
        "href": "/api/backupTaskSessions/66666666-aaaa-4bbb-8ccc-000000000001",
        "vm_display_name": "srv01",
        "job_session_uid": f"urn:veeam:BackupJobSession:{wire.GUID}",
        "creation_time": "2026-01-05T20:02:31Z",
        "end_time": "2026-01-05T20:13:09Z",
        "state": "Completed",
        "result": "Success",
        "reason": None,
        "total_size": 64424509440,
        "vm_uid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042",
        "backup_server_name": "vbr01.example.test",
        "backup_server_uid": "urn:veeam:BackupServer:22222222-aaaa-4bbb-8ccc-000000000001",
        "running": False,
        "status": "success",
        "duration_seconds": 638,
        "job_session_name": "Daily VMs@2026-01-05 20:00:07",
        "job_name": "Daily VMs",
        "vm_restore_point_uid": "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001",
        "platform": "VMware",
        "vm_ref": "vm-1042",
    }


def test_a_session() -> None:
    record = forms("backup_session", wire.session())["xml"]
    assert record["restore_point_uids"] == [
        f"urn:veeam:RestorePoint:55555555-aaaa-4bbb-8ccc-00000000000{n}" for n in (1, 2)
    ]
    assert record["job_href"] == "/api/jobs/11111111-aaaa-4bbb-8ccc-000000000001"
    assert record["task_sessions_href"] == f"/api/backupSessions/{wire.GUID}/taskSessions"
    assert (record["is_retry"], record["running"], record["duration_seconds"]) == (False, False, 1774)
    assert [record[key] for key in ("agent_role", "parent_session_uid", "copy_job_name", "source_job_name")] == [
        None
    ] * 4


PARENT = wire.link("Up", f"/backupSessions/{GUID}", "BackupJobSessionReference", "Parent session")
CHILDREN = wire.link(
    "Alternate", f"/backupSessions/{wire.GUID}/agentManagementSessions", "BackupJobSessionReferenceList"
)


@pytest.mark.parametrize(
    ("kind", "extra", "role", "parent", "children"),
    [
        ("AgentBackup", CHILDREN, "parent", None, f"/api/backupSessions/{wire.GUID}/agentManagementSessions"),
        ("AgentManagement", PARENT, "child", f"urn:veeam:BackupJobSession:{GUID}", None),
        ("AgentBackup", SERVER, "parent", None, None),
        ("NasBackup", SERVER, None, None, None),
    ],
)
def test_agent_parents_and_children_are_told_apart(
    kind: str, extra: wire.Thing, role: str | None, parent: str | None, children: str | None
) -> None:
    links = [*wire.session()["Links"], extra]
    for record in forms("backup_session", wire.session(JobType=kind, Links=links)).values():
        assert record["agent_role"] == role
        assert record["parent_session_uid"] == parent
        assert record["agent_sessions_href"] == children


@pytest.mark.parametrize("name", ["Copy A\\Daily VMs", "Copy A\\\\Daily VMs"])
def test_copy_workers_name_their_copy_job_and_their_source(name: str) -> None:
    record = forms("backup_session", wire.session(JobType="ImmediateBackupCopyWorker", JobName=name))["v12"]
    assert (record["job_name"], record["copy_job_name"], record["source_job_name"]) == (name, "Copy A", "Daily VMs")


@pytest.mark.parametrize(
    ("changes", "running"),
    [
        ({"State": "Working", "EndTimeUTC": None, "Result": "None"}, True),
        ({"State": "Stopping", "EndTimeUTC": "0001-01-01T00:00:00Z", "Result": None}, True),
        ({"State": "WaitingTape", "EndTimeUTC": None}, True),
        ({"State": "Idle"}, False),
        ({"State": "Stopped", "EndTimeUTC": None}, False),
    ],
)
def test_running_is_told_by_state_and_end(changes: dict[str, t.Any], running: bool) -> None:
    for record in forms("backup_session", wire.session(**changes)).values():
        assert record["running"] is running
        if changes.get("EndTimeUTC", "") in (None, "0001-01-01T00:00:00Z"):
            assert record["end_time"] is None
            assert record["duration_seconds"] is None
        if changes.get("Result", "x") in (None, "None"):
            assert record["result"] is None


@pytest.mark.parametrize("fraction", ["", ".8", ".407", ".418207"])
def test_fractions_of_a_second_differ_by_version_and_are_left_out(fraction: str) -> None:
    one = wire.task(
        CreationTimeUTC=f"2026-01-05T20:02:31{fraction}Z",
        EndTimeUTC=f"2026-01-05T20:13:09{fraction}Z",
        Name=f"srv01@2026-01-05 20:02:31{fraction}",
        Links=[
            wire.link(
                "Up",
                f"/backupSessions/{wire.GUID}",
                "BackupJobSessionReference",
                f"A@b.c@2026-01-05 20:00:07{fraction}",
            )
        ],
    )
    for record in forms("backup_task_session", one).values():
        assert record["name"] == "srv01@2026-01-05 20:02:31"
        assert record["creation_time"] == "2026-01-05T20:02:31Z"
        assert record["job_session_name"] == "A@b.c@2026-01-05 20:00:07"
        assert record["job_name"] == "A@b.c"
        assert record["duration_seconds"] == 638


def test_a_reference_tells_only_what_it_has() -> None:
    reference = {**wire.without(wire.session(), *(key for key in wire.session() if key not in ("Name", "UID", "Href", "Links"))),
                 "Type": "BackupJobSessionReference"}  # fmt: skip
    record = build(RESOURCES["backup_session"], reference)
    assert record["name"] == "Daily VMs@2026-01-05 20:00:07"
    assert record["backup_server_name"] == "vbr01.example.test"
    assert [record[key] for key in ("running", "is_retry", "duration_seconds", "state", "result")] == [None] * 5


def test_sizes_that_are_not_known() -> None:
    record = forms("repository", THINGS["repository"])["xml"]
    assert (record["capacity"], record["free_space"], record["unlimited"]) == (None, None, True)
    assert (record["used_space"], record["free_percent"]) == (None, None)
    known = forms("repository", {**THINGS["repository"], "Capacity": 3 * 10**12, "FreeSpace": 10**12})["xml"]
    assert (known["used_space"], known["free_percent"], known["unlimited"]) == (2 * 10**12, 33.3, False)


@pytest.mark.parametrize(
    ("name", "job_type", "kind"),
    [
        ("job", "Backup", "backup"), ("job", "BackupCopy", "copy"), ("job", "ImmediateBackupCopy", "copy"),
        ("job", "Replica", "replica"), ("job", "Future", "other"), ("agent_job", "AgentBackup", "agent"), ("nas_job", None, "nas"),
    ],
)  # fmt: skip
def test_kinds_of_jobs(name: str, job_type: str | None, kind: str) -> None:
    record = build(
        RESOURCES[name], thing("Job", "jobs", "x", JobType=job_type) if job_type else thing("NasJob", "nas/jobs", "x")
    )
    assert record["kind"] == kind
    assert record["job_type"] == job_type


def test_what_a_job_backs_up_is_told_alike_by_every_kind() -> None:
    for info in (
        {"BackupJobInfo": {"Includes": {"ObjectInJobs": [INCLUDED]}}},
        {"Includes": {"ObjectInAgentBackupJobs": [INCLUDED]}},
    ):
        record = build(RESOURCES["job"], {**THINGS["job"], "JobInfo": info})
        assert objects_of(record) == [{
            "name": "Web", "hierarchy_obj_ref": INCLUDED["HierarchyObjRef"], "platform": "VMware", "object_type": "Folder",
            "vm_ref": "group-v9", "linked_uid": None,
        }]  # fmt: skip
    xml = wire.xml_list(
        "Jobs", "Job", [{**THINGS["job"], "JobInfo": {"BackupJobInfo": {"Includes": {"ObjectInJob": INCLUDED}}}}]
    )
    assert objects_of(build(RESOURCES["job"], rows_of(decode(xml))[0]))[0]["vm_ref"] == "group-v9"
    nas = thing(
        "NasJob",
        "nas/jobs",
        "x",
        Includes={"NASObjects": [{"FileOrFolder": "\\\\nas\\share", "HierarchyObjRef": None}]},
    )
    assert objects_of(build(RESOURCES["nas_job"], nas))[0]["name"] == "\\\\nas\\share"


def test_elements_that_nobody_knows_are_kept_and_typed() -> None:
    for record in forms(
        "backup_server", {**THINGS["backup_server"], "NewFlag": True, "NewSizeUTC": "2027-01-01T00:00:00.5Z"}
    ).values():
        assert record["new_flag"] is True
        assert record["new_size"] == "2027-01-01T00:00:00Z"
    record = build(
        queryable("CloudTenant"),
        thing("CloudTenant", "cloud/tenants", "t1", Enabled=True, Limits={"A": None, "B": "5"}),
    )
    assert record["enabled"] is True
    assert record["limits"] == {"b": 5}


def test_links_and_raw_come_on_request() -> None:
    node = wire.task()
    record = build(RESOURCES["backup_task_session"], node, RecordOptions(include_links=True, include_raw=True))
    assert record["raw"] is node
    assert record["links"][0] == {
        "rel": "Up", "href": f"{wire.BASE}/backupServers/22222222-aaaa-4bbb-8ccc-000000000001",
        "name": "vbr01.example.test", "type": "BackupServerReference",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["UID", "Name", "State", "VmUid"])
def test_a_structure_where_a_text_belongs_is_an_error(key: str) -> None:
    with pytest.raises(ProtocolError, match="structure"):
        build(RESOURCES["backup_task_session"], wire.task(**{key: {"A": 1}}))


@pytest.mark.parametrize("text", [None, 5, ["a"], {"a": "b"}])
def test_a_structure_in_the_place_of_text_is_an_error(text: t.Any) -> None:
    with pytest.raises(ProtocolError, match="text"):
        build(RESOURCES["backup_task_session"], wire.task(Future={"#text": text}))


@pytest.mark.parametrize("key", ["a", "Time"])
def test_what_is_nested_too_deeply_is_an_error(key: str) -> None:
    deep: t.Any = {}
    for _level in range(200):
        deep = {key: deep}
    for options in (RecordOptions(), RecordOptions(include_raw=True)):
        with pytest.raises(ProtocolError, match="nested"):
            build(RESOURCES["backup_task_session"], wire.task(Future=deep), options)


@pytest.mark.parametrize(
    ("href", "path", "guid"),
    [
        (f"https://other:9398/api/jobs/{GUID}?format=Entity", f"/api/jobs/{GUID}", GUID),
        (f"/api/jobs/{GUID}/", f"/api/jobs/{GUID}/", GUID),
        ("https://other", "/", None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_addresses(href: str | None, path: str | None, guid: str | None) -> None:
    assert path_of(href) == path
    assert guid_of(href if path and path != "/" else None) == guid
    assert json.dumps(path_of(7)) == "null"
