# SPDX-License-Identifier: GPL-3.0-or-later
"""What estates tell of machines in time: names, references, jobs that they joined and left, and what the lookup shows."""

from __future__ import annotations

from typing import Any

import pytest
from sites import Estate, site
from visiting import Local


def story(rows: list[dict[str, Any]], key: str = "VmDisplayName") -> list[str]:
    """The values in order of time, repeated ones once."""
    told = [row[key] for row in rows]
    return [value for number, value in enumerate(told) if number == 0 or told[number - 1] != value]


def test_a_renamed_machine_keeps_its_reference() -> None:
    em = Local(site([{"name": "web01", "on": "vc01", "life": [{"at": "-60h", "name": "web01-old"}]}]))
    tasks, points = em.rows("BackupTaskSession"), em.rows("VmRestorePoint")
    assert story(tasks) == story(points) == story(points, "VmName") == ["web01", "web01-old"]
    assert len({row["VmUid"] for row in tasks} | {row["HierarchyObjRef"] for row in points}) == 1
    assert [row["VmDisplayName"] for row in tasks][-4:] == ["web01", "web01-old", "web01-old", "web01-old"]
    (root, other) = (em.roots()[name, "vbr01"] for name in ("vc01", "vc02"))
    assert em.lookup(root) == {tasks[0]["VmUid"]: "web01-old"}
    assert em.lookup(other) == {}


@pytest.mark.parametrize(("event", "root"), [({"reregistered": True}, "vc01"), ({"ref": "vm-7"}, "vc01"), ({"on": "vc02"}, "vc02")])
def test_a_machine_registered_anew_has_another_reference(event: Estate, root: str) -> None:
    em = Local(site([{"name": "web01", "on": "vc01", "life": [{"at": "-60h", **event}]}]))
    old, new = story(em.rows("BackupTaskSession"), "VmUid")
    roots = em.roots()
    assert old.startswith(f"urn:VMware:Vm:{roots['vc01', 'vbr01']['HierarchyRootId']}.")
    assert new.startswith(f"urn:VMware:Vm:{roots[root, 'vbr01']['HierarchyRootId']}.")
    assert em.lookup(roots[root, "vbr01"]) == {new: "web01"}
    assert em.status(f"/api/lookup?hierarchyRef={new}") == 200
    assert em.status(f"/api/lookup?hierarchyRef={old}") == 404
    assert new.endswith(".vm-7") == ("ref" in event)


@pytest.mark.parametrize("event", [{"name": "web01-old"}, {"deleted": True}])
def test_a_name_is_handed_on(event: Estate) -> None:
    first = {"name": "web01", "key": "first", "on": "vc01", "life": [{"at": "-60h", **event}]}
    em = Local(site([first, {"name": "web01", "key": "second", "on": "vc01", "created": "-50h"}]))
    tasks = [row for row in em.rows("BackupTaskSession") if row["VmDisplayName"] == "web01"]
    old, new = story(tasks, "VmUid")
    found = em.lookup(em.roots()["vc01", "vbr01"])
    assert found == {new: "web01"} | ({old: "web01-old"} if "name" in event else {})


def test_a_deleted_machine_is_in_no_run_unless_an_outcome_calls_it_by_name() -> None:
    machines = [{"name": "gone", "on": "vc01", "life": [{"at": "-60h", "deleted": True}]}, {"name": "web01", "on": "vc01"}]
    em = Local(site(machines, job={"outcomes": [{"runs": 0, "result": "Warning"}]}))
    tasks = em.rows("BackupTaskSession")
    assert [row["VmDisplayName"] for row in tasks].count("gone") == 7
    assert [row["VmDisplayName"] for row in tasks].count("web01") == 10
    assert list(em.lookup(em.roots()["vc01", "vbr01"]).values()) == ["web01"]
    missed = {"machine": "gone", "runs": 0, "result": "Failed", "reason": "VM '{name}' is not found"}
    newest = [row for row in Local(site(machines, job={"outcomes": [missed]})).rows("BackupTaskSession") if row["VmDisplayName"] == "gone"][-1]
    assert (newest["Result"], newest["Reason"]) == ("Failed", "VM 'gone' is not found")


def test_names_that_differ_for_good() -> None:
    machines = [{"name": "db01", "display_name": "Database", "on": "vc01"}, {"name": "a/b", "lookup_name": "a%2fb", "on": "vc01"}]
    em = Local(site(machines))
    assert {row["VmDisplayName"] for row in em.rows("BackupTaskSession")} == {"Database", "a/b"}
    assert {(row["VmName"], row["VmDisplayName"]) for row in em.rows("VmRestorePoint")} == {("db01", "Database"), ("a/b", "a/b")}
    assert sorted(em.lookup(em.roots()["vc01", "vbr01"]).values()) == ["a%2fb", "db01"]


def test_a_display_name_of_its_own_outlives_a_renaming() -> None:
    life = [{"at": "-60h", "name": "db02"}, {"at": "-30h", "display_name": "New"}]
    em = Local(site([{"name": "db01", "display_name": "Old", "on": "vc01", "life": life}]))
    assert story(em.rows("BackupTaskSession")) == ["Old", "New"]
    assert story(em.rows("VmRestorePoint"), "VmName") == ["db01", "db02"]


def test_machines_join_and_leave_jobs() -> None:
    names = ["stays", "left", "joined", "back"]
    members = ["stays", {"name": "left", "left": "-60h"}, {"name": "joined", "joined": "-60h"},
               {"name": "back", "left": "-190h"}, {"name": "back", "joined": "-60h"}]  # fmt: skip
    em = Local(site([{"name": name, "on": "vc01"} for name in (*names, "never")], members))
    told = [row["VmDisplayName"] for row in em.rows("BackupTaskSession")]
    assert {name: told.count(name) for name in names} == {"stays": 10, "left": 7, "joined": 3, "back": 5}
    (job,) = em.get("/api/jobs?format=Entity")["Jobs"]
    assert [item["Name"] for item in job["JobInfo"]["BackupJobInfo"]["Includes"]["ObjectInJobs"]] == ["stays", "joined", "back"]
    assert sorted(em.lookup(em.roots()["vc01", "vbr01"]).values()) == sorted([*names, "never"])


@pytest.mark.parametrize(("copied", "name"), [("-59h", "web01"), ("-50h", "web02")])
def test_a_copy_calls_a_machine_as_the_backup_does_that_it_copies(copied: str, name: str) -> None:
    """Runs of 80 and of 56 hours ago, and a new name between them."""
    estate = site([{"name": "web01", "on": "vc01", "life": [{"at": "-60h", "name": "web02"}]}])
    copy = {"name": "Copy", "backup_server": "vbr01", "type": "BackupCopy", "source_jobs": ["Nightly"], "history": "10d",
            "schedule": {"every": "240h", "last": copied}}  # fmt: skip
    em = Local(estate | {"jobs": [*estate["jobs"], copy]})
    told = [row["VmDisplayName"] for row in em.rows("BackupTaskSession") if row["Links"][1]["Name"].startswith("Copy")]
    assert told == [name]


def test_copies_follow_the_job_that_they_copy() -> None:
    estate = site([{"name": "web01", "on": "vc01"}, {"name": "web02", "on": "vc01"}], ["web01", {"name": "web02", "left": "-60h"}])
    copy = {"name": "Copy", "backup_server": "vbr01", "type": "BackupCopy", "source_jobs": ["Nightly"], "history": "10d"}
    em = Local(estate | {"jobs": [*estate["jobs"], copy]})
    told = [row["VmDisplayName"] for row in em.rows("BackupTaskSession") if row["Name"] and row["Links"][1]["Name"].startswith("Copy")]
    assert told.count("web02") < told.count("web01") == 10


def test_the_lookup_shows_what_was_last_collected() -> None:
    em = Local(site([{"name": "web01", "on": "vc01", "life": [{"at": "+10m", "name": "web01-old"}]}]))
    root = em.roots()["vc01", "vbr01"]
    assert list(em.lookup(root).values()) == ["web01"]
    em.em.advance("10m")
    assert list(em.lookup(root).values()) == ["web01"]
    em.em.advance("5m")
    assert list(em.lookup(root).values()) == ["web01-old"]


def test_a_running_job_is_told_by_the_names_of_its_time() -> None:
    estate = site([{"name": "web01", "on": "vc01", "life": [{"at": "+1h", "name": "web02"}]}], job={"schedule": {"every": "2h", "last": "-30m"}})
    em = Local(estate | {"settings": {"ticking": True}})
    em.em.advance("3h")
    em.log_on(0)
    assert [row["VmDisplayName"] for row in em.rows("BackupTaskSession")][-2:] == ["web01", "web02"]


def test_agents_leave_jobs() -> None:
    estate = {
        "backup_servers": [{"name": "vbr01"}],
        "protection_groups": [{"name": "G", "backup_server": "vbr01"}],
        "computers": [{"names": ["pc01", "pc02"], "protection_group": "G"}],
        "jobs": [{
            "name": "Agents", "backup_server": "vbr01", "type": "AgentBackup", "history": "5d",
            "computers": ["pc01", {"name": "pc02", "left": "-60h"}], "schedule": {"every": "24h", "last": "-8h"},
        }],
    }  # fmt: skip
    told = [row["VmDisplayName"] for row in Local(estate).rows("BackupTaskSession")]
    assert (told.count("pc01"), told.count("pc02")) == (5, 2)
