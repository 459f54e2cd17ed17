# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, their tasks, and what is seen of them after the next collection (05 sections 4 to 6)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from conformance.notation import GUID, key
from conformance.wire import Visitor, find, tag

ODD = 'Odd ones; quoted "daily", with comma'
STEPS = ["Running", "OperationFinished", "Finished"]


def job_of(visitor: Visitor, profile: str, path: str, name: str) -> dict[str, Any]:
    (rows,) = visitor.json(f"{path}?format=Entity").values()
    return next(small(row) for row in rows if row[key("Name", profile)] == name)


def small(row: dict[str, Any]) -> dict[str, Any]:
    """Keys without case, for tests that are not about it."""
    return {name.lower(): value for name, value in row.items()}


def sessions_of(visitor: Visitor, profile: str, name: str, rest: str = "") -> list[dict[str, Any]]:
    quoted = name.replace('"', '""')
    expression = quote(f'JobName=="{quoted}"', safe="")
    path = f"/query?type=BackupJobSession&format=Entities&pageSize=1000&filter={expression}{rest}"
    (rows,) = (value for value in visitor.json(path)[key("Entities", profile)].values() if value is not None)
    return [small(row) for row in next(iter(rows.values()))]


def watch(visitor: Visitor, task: str) -> list[tuple[str, bool | None, str | None]]:
    """State, success and message, each time one of them changes, on the simulator's clock."""
    seen: list[tuple[str, bool | None, str | None]] = []
    for _ in range(120):
        element = visitor.xml(task)
        state = find(element, "State")
        result = find(element, "Result")
        message = find(result, "Message") if result is not None else None
        assert state is not None
        now = (str(state.text), None if result is None else result.get("Success") == "true", None if message is None else message.text)
        if not seen or seen[-1] != now:
            seen.append(now)
        if now[0] == "Finished":
            break
        visitor.em.advance("30s")
    return seen


def start(visitor: Visitor, url: str) -> dict[str, Any]:
    answer = visitor.send("POST", url, accept="application/json")
    assert answer.status == 202, answer.body[:300]
    return small(answer.json)


def test_shape_of_a_task(fresh: Visitor, profile: str) -> None:
    job = job_of(fresh, profile, "/jobs", "Web Tier")
    answer = fresh.send("POST", f"{job['href'].partition('?')[0]}?action=start")
    element = answer.xml
    assert answer.status == 202
    assert (tag(element), [tag(child) for child in element]) == ("Task", ["Links", "TaskId", "State", "Operation"])
    assert (element.get("Type"), set(element.attrib)) == ("Task", {"Type", "Href"})
    assert re.fullmatch(r".*/api/tasks/task-\d+", str(element.get("Href")))
    assert [(link.get("Rel"), link.get("Type"), link.get("Href")) for link in element[0]] == [("Delete", "Task", element.get("Href"))]
    assert [child.text for child in element[1:]] == [str(element.get("Href")).rpartition("/")[2], "Running", "StartJob"]
    document = fresh.json(str(element.get("Href")))
    wanted = ["TaskId", "State", "Operation", "Result", "Links", "Href", "Type"]
    assert list(document) == [key(name, profile) for name in wanted if profile != "v95u4" or name != "Result"]
    assert document.get(key("Result", profile)) is None
    watch(fresh, str(element.get("Href")))
    element = fresh.xml(str(element.get("Href")))
    assert [tag(child) for child in element] == ["Links", "TaskId", "State", "Operation", "Result"]
    result = fresh.json(str(element.get("Href")))[key("Result", profile)]
    assert result[key("Success", profile)] is True
    listed = fresh.xml("/tasks")
    assert (tag(listed), [tag(child) for child in listed]) == ("Tasks", ["Task"])
    assert list(fresh.json("/tasks")) == [key("Tasks", profile)]


def test_a_started_job_is_seen_after_the_next_collection(fresh: Visitor, profile: str) -> None:
    """The states of the task, then a session with its tasks that runs and ends."""
    before = {row["uid"] for row in sessions_of(fresh, profile, "Web Tier")}
    job = job_of(fresh, profile, "/jobs", "Web Tier")
    task = start(fresh, f"{job['href'].partition('?')[0]}?action=start")
    assert {row["uid"] for row in sessions_of(fresh, profile, "Web Tier")} == before
    seen = watch(fresh, task["href"])
    assert [state for state, _, _ in seen] == STEPS
    assert seen[1] == ("OperationFinished", True, "OperationFinished")
    assert seen[2] == ("Finished", True, 'Job "Web Tier" triggered to start.')
    fresh.em.collect()
    (new,) = [row for row in sessions_of(fresh, profile, "Web Tier") if row["uid"] not in before]
    for _ in range(30):
        if new["state"] == "Stopped":
            break
        fresh.em.advance("10m")
        assert fresh.get("/").status == 200
        fresh.get("/tasks")
        fresh.em.collect()
        (new,) = [row for row in sessions_of(fresh, profile, "Web Tier") if row["uid"] == new["uid"]]
    assert (new["state"], new["result"]) == ("Stopped", "Success")
    rows = fresh.json(f"/backupSessions/{new['uid'].rpartition(':')[2]}/taskSessions?format=Entity")[key("BackupTaskSessions", profile)]
    assert {row[key("VmDisplayName", profile)] for row in rows} == {"srv01", "srv02", "srv03"}


def test_the_lag_of_a_collection(fresh: Visitor, profile: str) -> None:
    """07 section 5 item 10: without a forced collection, EM learns of it within a quarter of an hour."""
    before = {row["uid"] for row in sessions_of(fresh, profile, "Switched off")}
    fresh.em.collect()
    job = job_of(fresh, profile, "/jobs", "Switched off")
    start(fresh, f"{job['href'].partition('?')[0]}?action=start")
    fresh.em.advance("1m")
    assert {row["uid"] for row in sessions_of(fresh, profile, "Switched off")} == before
    for _ in range(3):
        fresh.em.advance("7m")
        fresh.get("/tasks")
    assert len({row["uid"] for row in sessions_of(fresh, profile, "Switched off")} - before) == 1


def test_toggle_changes_the_job(fresh: Visitor, profile: str) -> None:
    job = job_of(fresh, profile, "/jobs", "Switched off")
    assert job["scheduleenabled"] is False
    task = start(fresh, f"{job['href'].partition('?')[0]}?action=toggleScheduleEnabled")
    assert task["operation"] == "UpdateJob"
    seen = watch(fresh, task["href"])
    assert seen[-1] == ("Finished", True, "Ok")
    fresh.em.collect()
    assert job_of(fresh, profile, "/jobs", "Switched off")["scheduleenabled"] is True


@pytest.mark.parametrize(("path", "name", "actions"), [
    ("/agents/jobs", "Laptops daily", "{}?action=start {}?action=stop {}?action=toggleScheduleEnabled"),
    ("/nas/jobs", "Shares of nas01", "{}/start {}/stop {}/toggleScheduleEnabled"),
    ("/jobs", "Exchange Backup", "{}?action=retry"),
])
def test_every_kind_of_job_has_its_own_form(fresh: Visitor, profile: str, path: str, name: str, actions: str) -> None:
    if path == "/nas/jobs" and profile == "v95u4":
        pytest.skip("came with v10")
    base = job_of(fresh, profile, path, name)["href"].partition("?")[0]
    tasks = {}
    for action in actions.split():
        tasks[action] = start(fresh, action.format(base))["href"]
        fresh.em.advance("1m")
    for action, task in tasks.items():
        seen = watch(fresh, task)
        assert seen[-1][:2] == ("Finished", True), (action, seen)
    wrong = f"{base}?action=start" if path == "/nas/jobs" else f"{base}/start"
    assert fresh.send("POST", wrong).status in (400, 404, 405)


def test_an_action_that_cannot_be_done(fresh: Visitor, profile: str) -> None:
    """07 questions 29 and 31: 202, then a task that failed; HTTP stays 200."""
    base = job_of(fresh, profile, "/jobs", ODD)["href"].partition("?")[0]
    seen = watch(fresh, start(fresh, f"{base}?action=start")["href"])
    assert seen[-1][:2] == ("Finished", False)
    assert seen[-1][2]


def test_stop_of_a_session(fresh: Visitor, profile: str) -> None:
    running = next(row for row in sessions_of(fresh, profile, ODD) if row["state"] == "Working")
    task = start(fresh, f"{running['href'].partition('?')[0]}?action=stop")
    assert task["operation"] == "StopJobSession"
    seen = watch(fresh, task["href"])
    assert seen[-1] == ("Finished", True, f'Job Session "{running["name"]}" triggered to stop.')
    for _ in range(4):
        fresh.em.advance("10m")
        fresh.get("/tasks")
    fresh.em.collect()
    (after,) = [row for row in sessions_of(fresh, profile, ODD) if row["uid"] == running["uid"]]
    assert after["state"] == "Stopped"
    assert after["result"] != "Success"


@pytest.mark.parametrize("form", ["xml", "json"])
def test_quick_backup_leads_to_its_session(fresh: Visitor, profile: str, form: str) -> None:
    """05 section 6: Related of the finished task is the session's entity; a restore point appears."""
    servers = fresh.json("/backupServers")[key("Refs", profile)]
    server = next(row for row in servers if row[key("Name", profile)] == "vbr01.example.test")
    tasks = fresh.json("/query?type=VmRestorePoint&format=Entities&pageSize=500&filter=VmDisplayName==srv02;BackupServerName==vbr01.example.test")
    (points,) = (value for value in tasks[key("Entities", profile)].values() if value)
    before = points[key("VmRestorePoints", profile)]
    ref = before[0][key("HierarchyObjRef", profile)]
    name = key("VmRef", profile)
    xml = f'<QuickBackupStartupSpec xmlns="http://www.veeam.com/ent/v1.0"><VmRef>{ref}</VmRef></QuickBackupStartupSpec>'
    body = xml if form == "xml" else f'{{"{name}": "{ref}"}}'
    url, headers = f"{server[key('Href', profile)]}?action=quickbackup", {"Content-Type": f"application/{form}"}
    answer = fresh.send("POST", url, headers, body.encode(), accept=f"application/{form}")
    assert answer.status == 202
    href = str(answer.xml.get("Href")) if form == "xml" else answer.json[key("Href", profile)]
    assert [state for state, _, _ in watch(fresh, href)] == STEPS
    element = fresh.xml(href)
    assert element[3].text == "QuickBackup"
    related = next(link for link in element[0] if link.get("Rel") == "Related")
    assert related.get("Type") == "BackupJobSession"
    assert re.search(rf"/backupSessions/{GUID}\?format=Entity$", str(related.get("Href")))
    assert tag(fresh.xml(str(related.get("Href")))) == "BackupJobSession"
    for _ in range(6):
        fresh.em.advance("10m")
        fresh.get("/tasks")
    fresh.em.collect()
    tasks = fresh.json("/query?type=VmRestorePoint&format=Entities&pageSize=500&filter=VmDisplayName==srv02;BackupServerName==vbr01.example.test")
    (points,) = (value for value in tasks[key("Entities", profile)].values() if value)
    assert len(points[key("VmRestorePoints", profile)]) == len(before) + 1
    assert fresh.send("POST", f"{server[key('Href', profile)]}?action=quickbackup", {"Content-Type": "application/xml"}, b"<x/>").status == 400


def test_old_servers_read_a_body_as_json_when_they_answer_in_json(fresh: Visitor, profile: str) -> None:
    """01 section 4, RECORDED."""
    server = fresh.json("/backupServers")[key("Refs", profile)][0][key("Href", profile)]
    body = b'<QuickBackupStartupSpec xmlns="http://www.veeam.com/ent/v1.0"><VmRef>urn:VMware:Vm:x.vm-1</VmRef></QuickBackupStartupSpec>'
    answer = fresh.send(
        "POST", f"{server}?action=quickbackup", {"Content-Type": "application/xml"}, body, accept="application/xml, application/json"
    )
    if profile == "v95u4":
        assert (answer.status, answer.json["Message"]) == (400, "Node [root] does not exist.")
    else:
        assert "root" not in answer.json.get(key("Message", profile), "")


def test_collect(fresh: Visitor, profile: str) -> None:
    server = fresh.json("/backupServers")[key("Refs", profile)][0][key("Href", profile)]
    task = start(fresh, f"{server}?action=collect")
    assert task["operation"] == "CollectingBackupServer"
    seen = watch(fresh, task["href"])
    assert seen[-1][:2] == ("Finished", True)
    assert "started" in str(seen[-1][2])


def test_tasks_belong_to_the_logon_session(fresh: Visitor, profile: str) -> None:
    """07 question 30; the deletion of a task."""
    server = fresh.json("/backupServers")[key("Refs", profile)][0][key("Href", profile)]
    href = start(fresh, f"{server}?action=collect")["href"]
    other = Visitor(fresh.em)
    assert other.log_on().status == 201
    assert other.get(href).status == 404
    assert other.json("/tasks")[key("Tasks", profile)] == []
    other.close()
    assert fresh.send("DELETE", href).status == 204
    assert fresh.get(href).status == 404


def test_system_sessions_tell_how_fresh_the_data_is(fresh: Visitor, profile: str) -> None:
    """06 section 12."""
    if profile == "v95u4":
        pytest.skip("came with v12")

    def newest() -> str:
        rows = fresh.json("/systemSessions?format=Entity")[key("SystemSessions", profile)]
        return max(str(row[key("CreationTimeUTC", profile)]) for row in rows if row[key("SessionType", profile)] == "CollectJob")

    before = newest()
    fresh.em.advance("14m")
    fresh.em.collect()
    assert newest() > before
