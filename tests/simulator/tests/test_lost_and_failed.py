# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that failed as a whole, rows that are missing, collections, loose restore points, restores, job types of any name."""

from __future__ import annotations

from typing import Any

import pytest
from sites import site
from visiting import Local

WEB = [{"name": "web01", "on": "vc01"}, {"name": "web02", "on": "vc01"}]


def agents(*outcomes: dict[str, Any], **more: Any) -> dict[str, Any]:
    job = {
        "name": "Agents", "backup_server": "vbr01", "type": "AgentBackup", "computers": ["pc01", "pc02"], "history": "2d",
        "schedule": {"every": "24h", "last": "-8h"}, "outcomes": list(outcomes),
    }  # fmt: skip
    return {
        "backup_servers": [{"name": "vbr01"}], "protection_groups": [{"name": "G", "backup_server": "vbr01"}],
        "computers": [{"names": ["pc01", "pc02"], "protection_group": "G"}], "jobs": [job],
    } | more  # fmt: skip


@pytest.mark.parametrize("told", [{"machine": "web02"}, {}])
def test_a_session_fails_with_all_its_tasks_good(told: dict[str, Any]) -> None:
    em = Local(site(WEB, job={"outcomes": [{**told, "session": "Failed", "failure_message": "Health check found corruption"}]}))
    newest = em.rows("BackupJobSession")[-1]
    assert (newest["Result"], newest["FailureMessage"]) == ("Failed", "Health check found corruption")
    assert {row["Result"] for row in em.rows("BackupTaskSession")} == {"Success"}
    assert [row["Result"] for row in em.rows("BackupJobSession")].count("Failed") == 1


def test_a_told_session_without_tasks() -> None:
    em = Local(site(WEB, sessions=[{"job": "Nightly", "created": "-1h", "duration": "1m", "result": "Failed", "failure_message": "No repository"}]))
    newest = em.rows("BackupJobSession")[-1]
    assert (newest["Result"], newest["FailureMessage"], newest["State"]) == ("Failed", "No repository", "Stopped")


def test_an_agents_own_session_fails_as_a_whole() -> None:
    em = Local(agents({"machine": "pc01", "session": "Failed", "failure_message": "Cache", "missing": "task"}))
    sessions = em.rows("BackupJobSession")[-3:]
    told = {row["JobName"]: (row["JobType"], row["Result"], row["FailureMessage"]) for row in sessions}
    assert told == {
        "Agents": ("AgentBackup", "Failed", None),
        "Agents - pc01": ("AgentManagement", "Failed", "Cache"),
        "Agents - pc02": ("AgentManagement", "Success", None),
    }
    assert [row["VmDisplayName"] for row in em.rows("BackupTaskSession")].count("pc01") == 1  # the older run's
    assert [row["VmDisplayName"] for row in em.rows("BackupTaskSession")].count("pc02") == 2


def test_a_told_agent_session_has_its_own_sessions_below() -> None:
    tasks = [{"machine": "pc01", "session": "Failed", "failure_message": "Cache"}, {"machine": "pc02", "missing": "session"}]
    em = Local(agents(sessions=[{"job": "Agents", "created": "-1h", "duration": "30m", "tasks": tasks}]))
    container, own = em.rows("BackupJobSession")[-2:]
    assert (container["JobType"], container["Result"]) == ("AgentBackup", "Failed")
    assert (own["JobName"], own["Result"], own["FailureMessage"]) == ("Agents - pc01", "Failed", "Cache")
    lost = em.rows("BackupTaskSession")[-1]
    assert lost["VmDisplayName"] == "pc02"
    assert em.rows("BackupJobSession", f'UID=="{lost["JobSessionUid"]}"') == []


def test_a_missing_session_leaves_its_tasks() -> None:
    em = Local(site(WEB, job={"outcomes": [{"missing": "session", "machine": "web01"}]}))
    task = em.rows("BackupTaskSession")[-1]
    assert em.rows("BackupJobSession", f'UID=="{task["JobSessionUid"]}"') == []
    link = next(link for link in task["Links"] if link["Type"] == "BackupJobSessionReference")
    assert em.status("/api/" + link["Href"].split("/api/")[1]) == 404
    assert len(em.rows("BackupJobSession")) == 9
    told = site(WEB, sessions=[{"job": "Nightly", "created": "-1h", "missing": True, "tasks": [{"machine": "web01"}]}])
    assert (len(Local(told).rows("BackupJobSession")), len(Local(told).rows("BackupTaskSession"))) == (10, 21)


def test_a_missing_task_leaves_its_session() -> None:
    em = Local(site(WEB, job={"outcomes": [{"missing": ["task"], "machine": "web01"}]}))
    assert len(em.rows("BackupJobSession")) == 10
    assert [row["VmDisplayName"] for row in em.rows("BackupTaskSession")].count("web01") == 9


@pytest.mark.parametrize("profile", ["v95u4", "v12"])
def test_job_types_of_any_name(profile: str) -> None:
    em = Local(site(WEB, job={"type": "VmbApiPolicyTempJob"}), profile=profile)
    sessions = em.rows("BackupJobSession", "JobType==vmbapipolicytempjob")
    assert {row["JobType"] for row in sessions} == {"VmbApiPolicyTempJob"}
    assert len(em.rows("BackupJobSession", "JobType!=Backup")) == len(sessions) == 10
    assert em.rows("BackupJobSession", "JobType!=VmbApiPolicyTempJob") == []
    assert em.status("/api/query?type=BackupJobSession&filter=JobType>Nonsense") == 400
    (job,) = em.get("/api/jobs?format=Entity")["Jobs"]
    assert len(job["JobInfo"]["BackupJobInfo"]["Includes"]["ObjectInJobs"]) == 2
    link = next(link for link in sessions[0]["Links"] if link["Type"] == "JobReference")
    assert em.status("/api/" + link["Href"].split("/api/")[1]) == 200


def test_job_types_of_any_name_with_agents() -> None:
    estate = agents()
    estate["jobs"][0]["type"] = "EpAgentPolicy"
    em = Local(estate)
    assert {row["JobType"] for row in em.rows("BackupJobSession")} == {"EpAgentPolicy"}
    assert len(em.rows("AgentRestorePoint")) == 4
    assert len(em.get("/api/agents/jobs?format=Entity")["AgentBackupJobs"]) == 1
    assert len(em.get("/api/agents/backupSessions")["Refs"]) == 2


def collections(em: Local) -> list[tuple[str, str]]:
    found = em.get("/api/systemSessions?format=Entity")["SystemSessions"]
    log = sorted((row["EndTimeUTC"], row["State"], row["Result"]["Result"]) for row in found if row["SessionType"] == "CollectJob")
    return [(state, result) for _, state, result in reversed(log)]


def test_collections_end_as_told() -> None:
    settings = {"collections": ["Failed", "Failed", "Warning", "Success"], "last_collection": "-5m", "collection_log": "2h"}
    em = Local(site(WEB, settings=settings, job={"schedule": {"every": "24h", "last": "-33m"}, "duration": "1m"}))
    bad, warned, good = ("Failed", "Failed"), ("CompletedWarning", "Warning"), ("CompletedSuccessfully", "Success")
    assert collections(em) == [bad, bad, warned, *[good] * 5]
    # The newest that brought anything was 35 minutes ago
    assert em.rows("BackupTaskSession")[-1]["CreationTimeUTC"] < "2026-02-28T10:00"
    em.em.advance("15m")
    em.log_on(0)
    assert collections(em)[:3] == [bad] * 3
    assert em.rows("BackupTaskSession")[-1]["CreationTimeUTC"] < "2026-02-28T10:00"


def test_a_server_that_is_no_longer_collected_from() -> None:
    estate = site(WEB, settings={"collection_log": "24h"})
    estate["backup_servers"].append({"name": "vbr02", "collected_until": "-20h"})
    estate["hierarchy_roots"].append({"name": "vc03", "backup_servers": "vbr02"})
    estate["machines"] = [*WEB, {"name": "dark", "on": "vc03", "life": [{"at": "-10h", "name": "darker"}]}]
    estate["jobs"].append(estate["jobs"][0] | {"name": "Dark", "backup_server": "vbr02", "machines": ["dark"]})
    em = Local(estate)
    assert [row["VmDisplayName"] for row in em.rows("BackupTaskSession")].count("dark") == 9
    assert max(row["CreationTimeUTC"] for row in em.rows("BackupTaskSession") if row["VmDisplayName"] == "dark") < "2026-02-28T14:00"
    assert list(em.lookup(em.roots()["vc03", "vbr02"]).values()) == ["dark"]
    told = collections(em)
    assert told.count(("CompletedWarning", "Warning")) == 80
    assert told[-1] == ("CompletedSuccessfully", "Success")
    em.em.advance("1h")
    em.log_on(0)
    assert collections(em)[0] == ("CompletedWarning", "Warning")
    assert list(em.lookup(em.roots()["vc03", "vbr02"]).values()) == ["dark"]


def test_points_without_tasks() -> None:
    points = [
        {"machine": "web01", "backup_server": "vbr01", "created": "-30h", "backup": "Zip"},
        {"machine": "web01", "backup_server": "vbr01", "created": "-29h", "job": "Nightly", "full": False},
        {"computer": "pc01", "backup_server": "vbr01", "created": "-28h"},
    ]
    estate = site(WEB, job={"machines": ["web02"]}, restore_points=points)
    em = Local(estate | {key: value for key, value in agents().items() if key in ("protection_groups", "computers")})
    assert {row["VmDisplayName"] for row in em.rows("BackupTaskSession")} == {"web02"}
    zipped, chained = em.rows("VmRestorePoint", 'VmName=="web01"')
    assert (zipped["PointType"], chained["PointType"]) == ("Full", "Increment")
    assert [em.backup_of(point)["Name"] for point in (zipped, chained)] == ["Zip", "Nightly"]
    (agent,) = em.rows("AgentRestorePoint")
    assert agent["Name"].startswith("pc01@")


def rels(point: dict[str, Any]) -> set[str]:
    return {link["Rel"] for link in point["Links"] if link["Type"] in ("BackupFileReference", "RestorePointReference")}


def test_points_that_are_written_or_lead_nowhere() -> None:
    outcomes = [{"machine": "web01", "running": True, "point": "writing"}, {"machine": "web02", "point": "unlinked"}]
    em = Local(site(WEB, job={"outcomes": outcomes}))
    writing, unlinked = (em.rows("VmRestorePoint", f'VmName=="{name}"') for name in ("web01", "web02"))
    assert [rels(point) for point in writing] == [{"Up"}] * 9 + [{"Related"}]
    assert [rels(point) for point in unlinked] == [{"Up"}] * 9 + [set()]
    running = next(row for row in em.rows("BackupTaskSession") if row["State"] == "InProgress")
    assert not any(link["Type"] == "VmRestorePoint" for link in running["Links"])


def test_points_are_found_by_reference_and_inventory_name() -> None:
    em = Local(site([{"name": "db01", "display_name": "Database", "on": "vc01"}, *WEB]), profile="v12")
    ref = em.rows("VmRestorePoint", 'VmName=="db01"')[0]["HierarchyObjRef"]
    assert len(em.rows("VmRestorePoint", f'HierarchyObjRef=="{ref}"')) == len(em.rows("VmRestorePoint", 'VmDisplayName=="Database"')) == 10
    assert em.rows("VmRestorePoint", f'HierarchyObjRef=="{ref[:-1]}9999"') == []


def test_restores() -> None:
    restores = [
        {"machine": "web01", "backup_server": "vbr01", "created": "-3d", "running": True, "type": "InstantRecovery"},
        {"machine": "web02", "backup_server": "vbr01", "created": "-2d", "reference": False, "result": "Failed"},
        {"machine": "twin", "on": "vc02", "backup_server": "vbr01", "created": "-1d"},
    ]
    twins = [{"name": "twin", "on": "vc01"}, {"name": "twin", "on": "vc02"}]
    em = Local(site([*WEB, *twins], ["web01"], restore_sessions=restores))
    instant, by_name, twin = em.rows("RestoreSession")
    assert (instant["JobType"], instant["State"], instant["Result"], instant["EndTimeUTC"]) == ("InstantRecovery", "Working", "None", None)
    assert instant["RestoredObjRef"] == em.rows("BackupTaskSession")[0]["VmUid"]
    assert (by_name["RestoredObjRef"], by_name["VmDisplayName"], by_name["Result"]) == (None, "web02", "Failed")
    assert twin["RestoredObjRef"] in em.lookup(em.roots()["vc02", "vbr01"])


def test_a_session_that_never_ends() -> None:
    em = Local(site(WEB, job={"outcomes": [{"runs": 4, "running": True}]}))
    ended = [row["EndTimeUTC"] is not None for row in em.rows("BackupJobSession")]
    assert ended == [True] * 5 + [False] + [True] * 4


def test_a_run_beside_a_stuck_one_comes_to_its_end() -> None:
    job = {"schedule": {"every": "24h", "last": "-5m"}, "outcomes": [{"runs": 4, "running": True}]}
    em = Local(site(WEB, job=job))
    assert [row["State"] for row in em.rows("BackupJobSession")][-1] == "Working"
    em.em.advance("1h")
    em.log_on(0)
    states = [row["State"] for row in em.rows("BackupJobSession")]
    assert states[-1] == "Stopped"
    assert states.count("Working") == 1
