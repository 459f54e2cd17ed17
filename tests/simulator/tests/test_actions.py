# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions change the estate, and Enterprise Manager learns of it at its next collection."""

from __future__ import annotations

from typing import Any

import pytest
from visiting import Simulators, Visitor


def job(visitor: Visitor, name: str, path: str = "jobs") -> dict[str, Any]:
    found: list[dict[str, Any]] = next(iter(visitor.get(f"/api/{path}?format=Entity").values()))
    return next(item for item in found if item["Name"] == name)


def link(entity: dict[str, Any], rel: str) -> str:
    return str(next(link["Href"] for link in entity["Links"] if link["Rel"] == rel))


def do(visitor: Visitor, href: str, **options: Any) -> dict[str, Any]:
    answer = visitor.post(href, **options)
    assert answer.status_code == 202, answer.text
    task: dict[str, Any] = answer.json()
    assert task["State"] == "Running"
    assert task["Result"] is None
    return task


def newest(visitor: Visitor, name: str) -> dict[str, Any]:
    return visitor.query("BackupJobSession", filter=f'JobName=="{name}"', sortDesc="CreationTime")[0]


def test_a_started_job_goes_its_whole_way(visitor: Visitor) -> None:
    em = visitor.em
    before = newest(visitor, "Web Tier")
    task = do(visitor, link(job(visitor, "Web Tier"), "Start"))
    assert task["Operation"] == "StartJob"
    assert newest(visitor, "Web Tier")["UID"] == before["UID"]
    em.advance("5s")
    task = visitor.get(task["Href"])
    assert (task["State"], task["Result"]["Message"]) == ("OperationFinished", "OperationFinished")
    em.collect()
    task = visitor.get(task["Href"])
    assert (task["State"], task["Result"]["Success"], task["Result"]["Message"]) == ("Finished", True, 'Job "Web Tier" triggered to start.')
    running = newest(visitor, "Web Tier")
    assert running["UID"] != before["UID"]
    assert (running["State"], running["Result"], running["EndTimeUTC"]) == ("Working", "None", None)
    em.advance("14m")
    visitor.get("/api/tasks")
    em.advance("14m")
    visitor.get("/api/tasks")
    em.advance("14m")
    tasks = visitor.query("BackupTaskSession", filter=f"JobSessionUid=={running['UID']}")
    assert {task["State"] for task in tasks} <= {"Completed", "InProgress"}
    em.advance("14m")
    em.collect()
    done = visitor.get(link(running, "Alternate") + "?format=Entity")
    assert (done["State"], done["Result"], done["Progress"]) == ("Stopped", "Success", 100)
    tasks = visitor.get(link(done, "Down") + "?format=Entity")["BackupTaskSessions"]
    assert sorted(task["VmDisplayName"] for task in tasks) == [f"web0{n}" for n in range(1, 9)]
    point = visitor.get(next(link["Href"] for link in tasks[0]["Links"] if link["Type"] == "VmRestorePoint"))
    assert point["VmName"] == tasks[0]["VmDisplayName"]
    assert visitor.query("VmRestorePoint", filter=f'VmDisplayName=="{point["VmName"]}";BackupServerName=="vbr01.example.test"')


def test_new_sessions_come_with_the_fifteen_minute_collection_by_itself(visitor: Visitor) -> None:
    before = newest(visitor, "Web Tier")
    collections = len(visitor.get("/api/systemSessions")["Refs"])
    do(visitor, link(job(visitor, "Web Tier"), "Start"))
    visitor.em.advance("10m")
    assert newest(visitor, "Web Tier")["UID"] == before["UID"]
    visitor.em.advance("5m")
    visitor.log_on()
    assert newest(visitor, "Web Tier")["UID"] != before["UID"]
    assert len(visitor.get("/api/systemSessions")["Refs"]) > collections


def test_a_job_that_runs_is_not_started_again_but_can_be_stopped(visitor: Visitor) -> None:
    em = visitor.em
    mail = job(visitor, "Mail")
    task = do(visitor, link(mail, "Start"))
    em.advance("5s")
    refused = visitor.get(task["Href"])
    assert (refused["State"], refused["Result"]["Success"]) == ("Finished", False)
    assert "already running" in refused["Result"]["Message"]
    session = newest(visitor, "Mail")
    task = do(visitor, link(session, "Stop"))
    assert task["Operation"] == "StopJobSession"
    em.advance("5s")
    em.collect()
    assert visitor.get(task["Href"])["Result"]["Message"] == f'Job Session "{session["Name"]}" triggered to stop.'
    stopped = newest(visitor, "Mail")
    assert (stopped["UID"], stopped["State"], stopped["Result"]) == (session["UID"], "Stopped", "Failed")
    tasks = visitor.query("BackupTaskSession", filter=f"JobSessionUid=={session['UID']}")
    assert [(task["Result"], task["Reason"]) for task in tasks] == [("Failed", "Operation was canceled by user")]
    task = do(visitor, link(mail, "Stop"))
    em.advance("5s")
    assert visitor.get(task["Href"])["Result"]["Success"] is False


def test_retry_takes_only_what_failed(visitor: Visitor) -> None:
    databases = job(visitor, "Databases, twice a day")
    do(visitor, link(databases, "Retry"))
    visitor.em.advance("12m")
    visitor.em.collect()
    session = newest(visitor, "Databases, twice a day")
    assert (session["IsRetry"], session["Result"]) == (True, "Success")
    assert [t["VmDisplayName"] for t in visitor.query("BackupTaskSession", filter=f"JobSessionUid=={session['UID']}")] == ["db02"]
    task = do(visitor, link(databases, "Retry"))
    visitor.em.advance("5s")
    assert visitor.get(task["Href"])["Result"]["Success"] is False


@pytest.mark.parametrize(("name", "path"), [("Web Tier", "jobs"), ("Laptops & physical", "agents/jobs"), ("Shares of nas01", "nas/jobs")])
def test_toggle_flips_at_the_next_collection(visitor: Visitor, name: str, path: str) -> None:
    before = job(visitor, name, path)
    assert before["ScheduleEnabled"] is True
    assert before["NextRun"]
    task = do(visitor, link(before, "ToggleScheduleEnabled"))
    assert task["Operation"] == "UpdateJob"
    assert job(visitor, name, path)["ScheduleEnabled"] is True
    visitor.em.advance("5s")
    visitor.em.collect()
    after = job(visitor, name, path)
    assert (after["ScheduleEnabled"], after["NextRun"]) == (False, None)
    assert visitor.get(task["Href"])["Result"]["Message"] == "Ok"


def test_agent_and_nas_jobs_start_in_their_own_url_form(visitor: Visitor) -> None:
    agents, nas = job(visitor, "Laptops & physical", "agents/jobs"), job(visitor, "Shares of nas01", "nas/jobs")
    assert link(agents, "Start").endswith("?action=start")
    assert link(nas, "Start").endswith("/start")
    do(visitor, link(agents, "Start"))
    do(visitor, link(nas, "Start"))
    visitor.em.advance("14m")
    visitor.em.collect()
    kinds = [s["JobType"] for s in visitor.query("BackupJobSession", sortDesc="CreationTime")[:5]]
    assert sorted(kinds) == ["AgentBackup", "AgentManagement", "AgentManagement", "AgentManagement", "NasBackup"]


def quick(visitor: Visitor, server: str, vm_ref: str, *, xml: bool) -> dict[str, Any]:
    href = next(ref["Href"] for ref in visitor.get("/api/backupServers")["Refs"] if ref["Name"] == server)
    if xml:
        body = f'<QuickBackupStartupSpec xmlns="http://www.veeam.com/ent/v1.0"><VmRef>{vm_ref}</VmRef></QuickBackupStartupSpec>'
        return do(visitor, f"{href}?action=quickbackup", data=body, headers={"Content-Type": "application/xml"})
    return do(visitor, f"{href}?action=quickbackup", json={"VmRef": vm_ref})


@pytest.mark.parametrize("xml", [True, False])
def test_quick_backup_makes_a_point_seen_after_the_collection(simulators: Simulators, *, xml: bool) -> None:
    visitor = simulators.visitor(account=1)
    point = visitor.query("VmRestorePoint", filter='VmDisplayName=="web03"', sortDesc="CreationTime")[0]
    task = quick(visitor, "vbr01.example.test", point["HierarchyObjRef"], xml=xml)
    assert task["Operation"] == "QuickBackup"
    visitor.em.advance("1m")
    assert visitor.get(task["Href"])["State"] == "Running"
    visitor.em.advance("12m")
    visitor.em.collect()
    task = visitor.get(task["Href"])
    assert (task["State"], task["Result"]["Success"]) == ("Finished", True)
    session = visitor.get(next(link["Href"] for link in task["Links"] if link["Rel"] == "Related"))
    assert (session["JobName"], session["Result"]) == ("Web Tier", "Success")
    after = visitor.query("VmRestorePoint", filter='VmDisplayName=="web03"', sortDesc="CreationTime")[0]
    assert after["CreationTimeUTC"] > point["CreationTimeUTC"]
    assert after["PointType"] == "Increment"


def test_quick_backup_of_what_no_job_has_fails(visitor: Visitor) -> None:
    items = visitor.get("/api/lookupSvc")["Links"]
    href = next(link["Href"] for link in items if "type=Vm" in link["Href"] and "vcenter01" in (link["Name"] or ""))
    legacy = next(item for item in visitor.get(href)["HierarchyItems"] if item["ObjectName"] == "legacy01")
    task = quick(visitor, "vbr01.example.test", legacy["ObjectRef"], xml=False)
    visitor.em.advance("5s")
    assert visitor.get(task["Href"])["Result"]["Success"] is False
    server = visitor.get("/api/backupServers")["Refs"][0]["Href"]
    for body in (b"", b"<", b"{}", b"{", b"[1]"):
        assert visitor.post(f"{server}?action=quickbackup", data=body).status_code == 400


def test_collect_is_ordered_and_not_waited_for(visitor: Visitor) -> None:
    server = next(ref["Href"] for ref in visitor.get("/api/backupServers")["Refs"] if ref["Name"] == "vbr01.example.test")
    before = newest(visitor, "Print")
    do(visitor, link(job(visitor, "Print"), "Start"))
    task = do(visitor, f"{server}?action=collect")
    assert task["Operation"] == "CollectingBackupServer"
    visitor.em.advance("3s")
    task = visitor.get(task["Href"])
    assert (task["State"], task["Result"]["Success"]) == ("Finished", True)
    assert newest(visitor, "Print")["UID"] == before["UID"]
    visitor.em.advance("5s")
    assert newest(visitor, "Print")["UID"] != before["UID"]


def test_tasks_belong_to_their_logon_session(visitor: Visitor) -> None:
    task = do(visitor, link(job(visitor, "Print"), "Start"))
    other = Visitor(visitor.em)
    other.log_on()
    assert other.send("GET", task["Href"]).status_code == 404
    assert other.get("/api/tasks") == {"Tasks": []}
    assert [t["TaskId"] for t in visitor.get("/api/tasks")["Tasks"]] == [task["TaskId"]]
    queried = visitor.get("/api/query?type=Task&format=Entities")
    assert [t["TaskId"] for t in queried["Resources"]["Tasks"]["Tasks"]] == [task["TaskId"]]
    for expression, found in [("State==running", 1), ("Operation==StopJob", 0), ("TaskId!=x;(State==Finished,State==Running)", 1)]:
        assert len(visitor.get("/api/query", params={"type": "Task", "filter": expression})["Resources"]["Tasks"]["Tasks"]) == found
    assert visitor.send("GET", "/api/query?type=Task&filter=Name==x").status_code == 400
    assert visitor.send("DELETE", task["Href"]).status_code == 204
    assert visitor.send("GET", task["Href"]).status_code == 404


def test_unknown_actions_are_refused(visitor: Visitor) -> None:
    copy = job(visitor, "Copy to object storage")
    href = link(copy, "Alternate")
    assert visitor.post(f"{href}?action=start").status_code == 400
    assert visitor.post(f"{href}?action=sync").status_code == 202
    assert visitor.post(href).status_code == 400


def test_a_lagging_estate_learns_only_from_servers_that_it_reaches(simulators: Simulators) -> None:
    visitor = simulators.visitor("v12", "lagging")
    before = {name: newest(visitor, name)["CreationTimeUTC"] for name in ("Web", "Applications")}
    visitor.em.advance("3h")
    visitor.log_on()
    assert newest(visitor, "Web")["CreationTimeUTC"] == before["Web"]
    visitor.em.collect()
    assert newest(visitor, "Web")["CreationTimeUTC"] > before["Web"]
    assert newest(visitor, "Applications")["CreationTimeUTC"] == before["Applications"]


def test_a_ticking_estate_lives(simulators: Simulators) -> None:
    visitor = simulators.visitor("v13", "demo", ticking=True)

    def count() -> int:
        answer = visitor.get("/api/query?type=BackupJobSession&pageSize=1&filter=JobName==%22Web Tier%22;IsRetry==false")
        return int(answer["pagingInfo"]["pagesCount"])

    before = count()
    visitor.em.advance("3d")
    visitor.log_on()
    assert count() == before + 3
    disabled = visitor.get("/api/query?type=BackupJobSession&format=Entities&filter=JobName==%22Altsysteme (außer Betrieb)%22&sortDesc=CreationTime")
    newest_run = disabled["entities"]["backupJobSessions"]["backupJobSessions"][0]
    assert newest_run["creationTimeUTC"] < visitor.em.now()[:10]
    mail = visitor.get("/api/query?type=BackupJobSession&format=Entities&filter=JobName==%22Mail%22&sortDesc=CreationTime&pageSize=7")
    sessions = mail["entities"]["backupJobSessions"]["backupJobSessions"]
    assert {session["state"] for session in sessions} == {"Stopped"}
    visitor.em.reset()
    visitor.log_on()
    assert count() == before


def test_a_quiet_estate_does_not_run_jobs_by_itself(visitor: Visitor) -> None:
    before = newest(visitor, "Web Tier")["UID"]
    visitor.em.advance("3d")
    visitor.log_on()
    assert newest(visitor, "Web Tier")["UID"] == before
