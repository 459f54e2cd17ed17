# SPDX-License-Identifier: GPL-3.0-or-later
"""What the estate demo promises to those who build on it, at every hour of the day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from veeam_em_simulator.clock import DAY, HOUR, parse_time
from veeam_em_simulator.enterprise import Enterprise, build_enterprise
from veeam_em_simulator.profiles import PROFILES
from veeam_em_simulator.store.database import Row

FINE = [
    *(f"web{n:02d}" for n in range(1, 9)), *(f"app{n:02d}" for n in range(1, 7)), *(f"hv-app{n:02d}" for n in range(1, 7)),
    "lap01", "lap02", "phys01", "retry01", "db01", "mail01", "print01", "röntgen-süd", 'Büro "Nord"; Test, 1', "O'Brien & Söhne",
    "{{ 7*7 }}", "<script>alert(1)</script>", "back\\slash 01",
]  # fmt: skip
COPIES = ("BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker")


class Site:
    def __init__(self, start: int) -> None:
        self.now = start
        self.enterprise: Enterprise = build_enterprise(PROFILES["v13"], "demo", 1, start=start)
        self.database = self.enterprise.database

    def tasks(self, machine: str) -> list[Row]:
        """Newest first, copies left out."""
        marks = ", ".join("?" * len(COPIES))
        return self.database.rows(
            "SELECT t.*, s.is_retry FROM task_sessions t JOIN backup_sessions s ON s.id = t.session_id"
            f" WHERE t.vm_display_name = ? AND s.job_type NOT IN ({marks}) ORDER BY t.creation_time DESC",
            (machine, *COPIES),
        )

    def last_good_age(self, machine: str) -> int:
        return self.now - next(int(t["creation_time"]) for t in self.tasks(machine) if t["result"] in ("Success", "Warning"))


@pytest.fixture(scope="module", params=["2026-03-01T00:05:00Z", "2026-03-01T12:00:00Z", "2026-12-31T23:55:00Z"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(parse_time(request.param))
    yield made
    made.database.close()


def test_ordinary_machines_have_a_good_backup_of_the_last_day(site: Site) -> None:
    assert {machine: site.last_good_age(machine) for machine in FINE if site.last_good_age(machine) >= DAY} == {}
    points = {row["name"] for row in site.database.rows("SELECT vm_display_name AS name FROM vm_restore_points")}
    points |= {row["name"] for row in site.database.rows("SELECT computer_name AS name FROM agent_restore_points")}
    assert set(FINE) - points == set()


def test_the_special_ones(site: Site) -> None:
    def newest(machine: str) -> tuple[str, str]:
        task = site.tasks(machine)[0]
        return task["state"], task["result"]

    assert newest("db01") == ("Completed", "Failed")
    assert newest("db02") == ("Completed", "Failed")
    assert 3 * DAY <= site.last_good_age("db02") < 4 * DAY
    assert newest("file01") == ("Completed", "Success")
    assert 39 * HOUR < site.last_good_age("file01") < 41 * HOUR
    assert site.tasks("legacy01") == []
    assert site.database.value("SELECT COUNT(*) FROM hierarchy_items WHERE name = 'legacy01'") == 2
    assert newest("mail01") == ("InProgress", "None")
    assert newest("print01") == ("Completed", "Warning")
    assert len({task["vm_uid"] for task in site.tasks("twin01")}) == 2
    assert site.tasks("copyonly01") == []
    assert site.database.value("SELECT COUNT(*) FROM task_sessions WHERE vm_display_name = 'copyonly01'") == 14
    gone = site.tasks("gone01")[0]
    assert (gone["result"], gone["point_id"] is not None) == ("Success", True)
    assert site.database.value("SELECT COUNT(*) FROM vm_restore_points WHERE vm_name = 'gone01'") == 0
    assert 11 * DAY < site.last_good_age("old01") < 13 * DAY
    retried = site.tasks("retry01")[:2]
    assert [(task["result"], task["is_retry"]) for task in retried] == [("Success", 1), ("Failed", 0)]


def test_the_size_of_the_site(site: Site) -> None:
    count = site.database.value
    assert count("SELECT COUNT(*) FROM backup_servers") == 3
    assert count("SELECT COUNT(DISTINCT vm_uid) FROM task_sessions") >= 60
    assert count("SELECT COUNT(*) FROM jobs WHERE schedule_enabled = 0") == 1
    assert count("SELECT MIN(creation_time) FROM backup_sessions") < site.now - 29 * DAY
    assert count("SELECT COUNT(DISTINCT id) FROM hierarchy_roots WHERE name = 'vcenter01.example.test'") == 2
    assert count("SELECT COUNT(DISTINCT unique_id) FROM hierarchy_roots WHERE name = 'vcenter01.example.test'") == 1
    refs = {row["vm_uid"].rsplit(".", 1)[1] for row in site.tasks("shared01")}
    assert (refs, len({row["vm_uid"] for row in site.tasks("shared01")})) == ({"vm-4711"}, 2)
    kinds = {row["job_type"] for row in site.database.rows("SELECT DISTINCT job_type FROM backup_sessions")}
    assert kinds == {"Backup", "ImmediateBackupCopy", "ImmediateBackupCopyWorker", "AgentBackup", "AgentManagement", "NasBackup"}
