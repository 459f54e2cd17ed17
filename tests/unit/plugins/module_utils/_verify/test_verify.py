# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification on a small Enterprise Manager of records: what is read, how it is joined, what comes out."""

from __future__ import annotations

import datetime as dt
import operator
import re
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import FilterSet, split_for_url
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AccessDenied,
    NotFound,
    ProtocolError,
    RequestRejected,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.build import Record
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import Result
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import to_iso
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.verify import verify

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
EVERYTHING = FilterSet()
VC = "33333333-aaaa-4bbb-8ccc-000000000001"


def ago(hours: float) -> str:
    return to_iso(NOW - hours * HOUR)


class Site:
    """Backup servers as Enterprise Manager tells of them, with as little as a test needs."""

    page_size = 500

    def __init__(self, told: bool = False) -> None:
        self.told = told
        self.no_filter_by_reference = False
        self.records: dict[str, list[Record]] = {
            name: []
            for name in (
                "backup_task_session", "backup_session", "replica_task_session", "vm_restore_point", "agent_restore_point",
                "hierarchy_root", "system_session", "hierarchy_item", "replica_session", "restore_session", "repository",
                "discovered_computer",
            )
        }  # fmt: skip
        self.asked: list[str] = []
        self.forbidden: dict[str, type[Exception]] = {}
        self.records["backup_server"] = [{"uid": None, "name": "vbr01"}, {"uid": None, "name": "vbr02"}]
        self.hypervisor(VC, "VCENTER-1")
        self.collected(0.2)
        self._number = 0

    def _uid(self, kind: str) -> str:
        self._number += 1
        return f"urn:veeam:{kind}:{self._number:08x}-aaaa-4bbb-8ccc-000000000001"

    def hypervisor(self, guid: str, unique_id: str | None, server: str = "vbr01") -> None:
        self.records["hierarchy_root"].append(
            {
                "backup_server_name": server,
                "name": f"vc-{guid[-1]}",
                "uid": f"urn:veeam:HierarchyRoot:{guid}",
                "id": guid,
                "hierarchy_root_id": guid,
                "unique_id": unique_id,
            }
        )

    def collected(self, hours: float, state: str = "CompletedSuccessfully", kind: str = "CollectJob") -> None:
        self.records["system_session"].append(
            {"uid": None, "session_type": kind, "state": state, "creation_time": ago(hours), "end_time": ago(hours)}
        )

    def session(self, hours: float, job: str = "Daily VMs", kind: str = "Backup", **changes: t.Any) -> Record:
        running = changes.get("running", False)
        record = {
            "uid": self._uid("BackupJobSession"), "name": f"{job}@{ago(hours)}", "job_uid": f"urn:veeam:Job:{job}", "job_name": job,
            "job_type": kind, "creation_time": ago(hours), "end_time": None if running else ago(hours - 1),
            "state": "Working" if running else "Stopped", "result": None if running else "Success", "running": running,
            "is_retry": False, "parent_session_uid": None, "restore_point_uids": [], "backup_server_name": "vbr01", **changes,
        }  # fmt: skip
        self.records["backup_session"].append(record)
        return record

    def task(
        self,
        session: Record,
        name: str = "web01",
        ref: str | None = "vm-1",
        result: str | None = "Success",
        **changes: t.Any,
    ) -> Record:
        start = dt.datetime.fromisoformat(session["creation_time"][:19]).replace(tzinfo=dt.timezone.utc)
        running = changes.get("running", False)
        record = {
            "uid": self._uid("BackupTaskSession"), "name": f"{name}@x", "vm_display_name": name, "job_session_uid": session["uid"],
            "job_name": session["job_name"], "job_uid": session["job_uid"], "creation_time": to_iso(start + HOUR / 60), "reason": None,
            "end_time": None if running else to_iso(start + HOUR / 2), "state": "InProgress" if running else "Completed",
            "result": None if running else result, "running": running,
            "vm_uid": f"urn:VMware:Vm:{VC}.{ref}" if ref else None, "vm_restore_point_uid": None,
            "backup_server_name": session["backup_server_name"], **changes,
        }  # fmt: skip
        self.records["backup_task_session"].append(record)
        return record

    def point(self, task: Record, ref: str | None = None) -> Record:
        start = dt.datetime.fromisoformat(task["creation_time"][:19]).replace(tzinfo=dt.timezone.utc)
        record = {
            "uid": self._uid("VmRestorePoint"), "name": task["name"], "vm_display_name": task["vm_display_name"], "vm_name": None,
            "creation_time": to_iso(start + HOUR / 60), "hierarchy_obj_ref": ref or task["vm_uid"], "restore_point_uid": None,
            "backup_server_name": task["backup_server_name"],
        }  # fmt: skip
        self.records["vm_restore_point"].append(record)
        task["vm_restore_point_uid"] = (
            record["uid"].upper().replace("URN:VEEAM:VMRESTOREPOINT", "urn:veeam:VmRestorePoint")
        )
        return record

    def backup(self, hours: float = 8, name: str = "web01", ref: str = "vm-1", **session: t.Any) -> Record:
        """A good backup of a machine, with its restore point."""
        task = self.task(self.session(hours, **session), name, ref)
        self.point(task)
        return task

    def replica(self, hours: float, name: str = "web01", **changes: t.Any) -> Record:
        """A task of a replication, which tells no reference."""
        record = self.task(self.session(hours, "Replication", "Replica"), name, None, **changes)
        self.records["replica_task_session"].append(self.records["backup_task_session"].pop())
        self.records["replica_session"].append(self.records["backup_session"].pop())
        return record

    def agent_point(self, name: str, hours: float, run_uid: str | None = None) -> Record:
        record = {
            "uid": self._uid("AgentRestorePoint"), "name": f"{name}@x", "creation_time": ago(hours), "restore_point_uid": run_uid,
            "backup_server_name": "vbr01",
        }  # fmt: skip
        self.records["agent_restore_point"].append(record)
        return record

    # What verification asks of a client.

    def query(
        self,
        name: str,
        selection: FilterSet = EVERYTHING,
        *,
        representation: str = "entity",
        keep: t.Callable[[Record], bool] | None = None,
        limit: int | None = None,
        order: t.Any = None,
        options: t.Any = None,
    ) -> Result:
        parts = [part.text for part in split_for_url(selection, 1200) if part]
        self.asked.append(f"{name} {' | '.join(parts)}".strip())
        self._refuse(name)
        if self.no_filter_by_reference and "HierarchyObjRef" in " ".join(parts):
            raise RequestRejected("no such field")
        rows = [row for row in self.records.get(name, []) if _fits(row, selection)]
        return Result([row for row in rows if keep is None or keep(row)])

    def list(
        self,
        name: str,
        paths: t.Sequence[str] = (),
        *,
        representation: str = "entity",
        keep: t.Callable[[Record], bool] | None = None,
    ) -> Result:
        self.asked.append(" ".join([name, *paths]))
        self._refuse(name)
        known = [*self.records[name], *(self._backed_up() if name == "hierarchy_item" else ())]
        rows = [row for row in known if not paths or row["root"] in paths[0]]
        return Result([row for row in rows if keep is None or keep(row)])

    def _backed_up(self) -> list[Record]:
        """What the hypervisors tell of machines that have backups."""
        names = {}
        for kind in ("vm_restore_point", "backup_task_session"):
            for row in sorted(self.records[kind], key=lambda one: str(one["creation_time"])):
                ref = row.get("vm_uid") or row.get("hierarchy_obj_ref")
                if ref and self.told:
                    names[ref] = row["vm_display_name"]
        return [
            {"uid": None, "object_name": name, "object_ref": ref, "root": ref.split(":")[3].partition(".")[0]}
            for ref, name in names.items()
        ]

    def inventory(self, name: str | None, ref: str | None, root: str = VC) -> None:
        """A machine that a hypervisor has."""
        ref = f"urn:VMware:Vm:{root}.{ref}" if ref else None
        self.records["hierarchy_item"].append({"uid": None, "object_name": name, "object_ref": ref, "root": root})

    def _refuse(self, name: str) -> None:
        if name in self.forbidden:
            raise self.forbidden[name](name)

    def verify(self, *machines: t.Any, **options: t.Any) -> dict[str, t.Any]:
        asked = {"ask_hypervisors": "auto" if self.told else "never", **options}
        policy = read_policy({"machines": list(machines or ["web01"]), **asked}, NOW)
        return verify(t.cast("t.Any", self), policy)

    def one(self, *machines: t.Any, **options: t.Any) -> dict[str, t.Any]:
        [machine] = self.verify(*machines, **options)["machines"]
        return t.cast("dict[str, t.Any]", machine)

    @property
    def kinds_asked(self) -> list[str]:
        return [asked.partition(" ")[0] for asked in self.asked]


_COMPARISON = re.compile(r'(\w+)(==|!=|>=|<=|<|>)"((?:[^"]|"")*)"')
_KEYS = {
    "CreationTime": "creation_time", "EndTime": "end_time", "State": "state", "UID": "uid", "JobUid": "job_uid", "JobName": "job_name",
    "JobType": "job_type",
    "VmDisplayName": "vm_display_name", "HierarchyObjRef": "hierarchy_obj_ref", "BackupServerName": "backup_server_name",
    "RepositoryUid": "repository_uid", "BackupUid": "backup_uid",
}  # fmt: skip
_OPERATORS = {
    "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, "<": operator.lt, ">": operator.gt,
}  # fmt: skip


def _fits(row: Record, selection: FilterSet) -> bool:
    """Evaluates the expressions as the server does: AND binds tighter than OR."""

    def holds(match: re.Match[str]) -> str:
        value = row.get(_KEYS[match[1]]) or ""
        return str(_OPERATORS[match[2]](value, match[3].replace('""', '"')))

    def true(text: str) -> bool:
        words = _COMPARISON.sub(holds, text).replace(";", " and ").replace(",", " or ")
        return bool(eval(words, {"__builtins__": {}}))  # only True, False, and, or, parentheses

    return any(part is None or true(part.text) for part in split_for_url(selection, 1200))


@pytest.fixture(params=[False, True], ids=["hypervisors not asked", "hypervisors told"])
def site(request: pytest.FixtureRequest) -> Site:
    """Verdicts are the same, whether all rows were looked at or those of known machines were asked for."""
    return Site(told=request.param)


def short(machine: dict[str, t.Any]) -> tuple[str, list[str]]:
    return machine["verdict"], machine["reasons"]


def test_a_good_backup_with_everything_that_is_told(site: Site) -> None:
    task = site.backup(8)
    point = site.records["vm_restore_point"][0]
    result = site.verify("WEB01", max_age="10h", needed_at="+1h", history="7d")
    session = site.records["backup_session"][0]
    tried = {
        "creation_time": "2026-01-05T22:01:00Z",
        "end_time": "2026-01-05T22:30:00Z",
        "data_time": "2026-01-05T22:02:00Z",
        "job_name": "Daily VMs",
        "job_type": "Backup",
        "backup_server_name": "vbr01",
        "task_session_uid": task["uid"],
        "job_session_uid": session["uid"],
        "vm_restore_point_uid": point["uid"],
        "result": "Success",
    }
    assert result == {
        "machines": [
            {
                "name": "WEB01",
                "verdict": "ok",
                "underlying_verdict": "ok",
                "reasons": [],
                "message": "Found as web01; 8h 58m old backup by Daily VMs (vbr01).",
                "matched_by": "ignore_case",
                "matched_name": "web01",
                "meanings": [],
                "vm_uid": f"urn:VMware:Vm:{VC}.vm-1",
                "max_age": "10h",
                "max_age_seconds": 36000,
                "needed_at": "2026-01-06T07:00:00Z",
                "last_good": {**tried, "age_seconds": 8 * 3600 + 58 * 60},
                "last_attempt": {**tried, "reason": None},
                "running": [],
                "waivers": [],
                "data_as_of": ago(0.2),
                "history": [
                    {
                        "creation_time": "2026-01-05T22:01:00Z",
                        "end_time": "2026-01-05T22:30:00Z",
                        "result": "Success",
                        "running": False,
                        "job_name": "Daily VMs",
                        "job_type": "Backup",
                        "task_session_uid": task["uid"],
                    }
                ],
            }
        ],
        "summary": {
            "unknown": 0,
            "running": 0,
            "waived": 0,
            "failed": 0,
            "stale": 0,
            "unprotected": 0,
            "ok": 1,
            "total": 1,
        },
        "ok": True,
        "checked_at": "2026-01-06T06:00:00Z",
        "data_as_of": ago(0.2),
        "unused_waivers": [],
        "lookups": [
            {
                "hierarchy_root_name": "vc-1",
                "hierarchy_root_uid": f"urn:veeam:HierarchyRoot:{VC}",
                "backup_server_name": "vbr01",
                "state": "answered" if site.told else "not_asked",
                "machine_count": 1 if site.told else 0,
                "message": None,
            }
        ],
        "msg": "1 of 1 machine meets the policy.",
    }


def test_machines_come_back_in_the_order_given_and_one_is_enough_for_a_no(site: Site) -> None:
    for number in range(3):
        site.backup(8, f"web0{number}", f"vm-{number}")
    result = site.verify("web02", "nobody", "web00")
    assert [(one["name"], one["verdict"]) for one in result["machines"]] == [
        ("web02", "ok"),
        ("nobody", "unprotected"),
        ("web00", "ok"),
    ]
    assert result["ok"] is False
    assert result["summary"] == {
        "unknown": 0, "running": 0, "waived": 0, "failed": 0, "stale": 0, "unprotected": 1, "ok": 2, "total": 3,
    }  # fmt: skip
    assert result["msg"] == "2 of 3 machines meet the policy; not OK: nobody (unprotected)."


class TestReading:
    def test_only_the_window_of_the_age_when_machines_are_known(self) -> None:
        site = Site(told=True)
        site.backup(8)
        site.verify("web01", max_age="1d")
        rows = [asked for asked in site.asked if "2026-01-05T0" in asked and "State" not in asked]
        names = "".join(f'VmDisplayName=="{name}",' for name in ("WEB01", "web01"))[:-1]
        assert rows == [
            f'backup_task_session CreationTime>="2026-01-05T06:00:00Z";({names})',
            f'vm_restore_point CreationTime>="2026-01-05T05:00:00Z";HierarchyObjRef=="urn:VMware:Vm:{VC}.vm-1"',
        ]

    def test_all_of_the_reach_when_they_are_not(self) -> None:
        site = Site(told=False)
        site.backup(8)
        site.verify("web01", max_age="1d")
        assert 'backup_task_session CreationTime>="2025-12-07T06:00:00Z"' in site.asked
        assert 'vm_restore_point CreationTime>="2025-12-07T05:00:00Z"' in site.asked

    def test_a_filter_that_the_server_does_not_know(self) -> None:
        site = Site(told=True)
        site.no_filter_by_reference = True
        site.backup(8)
        assert short(site.one()) == ("ok", [])
        assert 'vm_restore_point CreationTime>="2026-01-05T05:00:00Z"' in site.asked

    def test_the_number_of_requests_does_not_follow_the_machines(self, site: Site) -> None:
        for number in range(50):
            site.backup(8, f"web{number}", f"vm-{number}")
        site.verify("web0")
        few = site.kinds_asked
        site.asked.clear()
        site.verify(*[f"web{number}" for number in range(50)])
        assert site.kinds_asked == few

    def test_sessions_of_a_job_that_ran_many_times_are_asked_for_by_job(self, site: Site) -> None:
        for number in range(300):
            site.backup(8 + 2 * number)
        gone = site.task(site.session(9), result="Failed")
        site.records["backup_session"].pop()
        assert short(site.one(history="25d", max_age="10h")) == ("ok", ["session_unreadable"])
        asked = [one for one in site.asked if one.startswith("backup_session") and ("UID==" in one or "JobName" in one)]
        assert len(asked) == 2, "all of the job, and what is not there"
        assert asked[0].startswith('backup_session JobName=="Daily VMs";CreationTime>=')
        assert gone["job_session_uid"] in asked[1]

    def test_a_job_whose_name_servers_may_read_otherwise_is_asked_for_by_session(self, site: Site) -> None:
        for number in range(150):
            site.backup(8 + 2 * number, job="Daily (VMs)")
        site.one(history="25d")
        asked = [one for one in site.asked if one.startswith("backup_session")]
        assert any("UID==" in one for one in asked)
        assert not any("JobName" in one for one in asked)

    def test_backup_servers_without_recent_points_are_looked_at_together(self) -> None:
        site = Site(told=True)
        for number in range(2, 6):
            root = f"33333333-aaaa-4bbb-8ccc-00000000000{number}"
            site.hypervisor(root, f"VCENTER-{number}", f"vbr0{number}")
            site.inventory(f"db0{number}", "vm-1", root)
        site.backup(8)
        site.one()
        samples = [one for one in site.asked if one.startswith("vm_restore_point") and "CreationTime" not in one]
        others = ",".join(f'BackupServerName=="vbr0{number}"' for number in range(2, 6))
        assert samples == ["vm_restore_point", f"vm_restore_point {others}"]

    def test_never_further_back_than_asked(self, site: Site) -> None:
        site.backup(10 * 24)
        assert short(site.one(lookback="9d")) == ("unprotected", ["no_backup_found"])
        assert short(site.one(lookback="11d")) == ("stale", ["age_over_limit"])

    def test_a_lookback_shorter_than_the_age_changes_nothing(self, site: Site) -> None:
        site.backup(40)
        assert short(site.one(max_age="2d", lookback="1h")) == ("ok", [])

    def test_the_largest_age_of_all_machines_is_read(self, site: Site) -> None:
        site.backup(60)
        assert short(site.one({"name": "web01", "max_age": "3d"})) == ("ok", [])

    def test_a_task_that_waited_long_is_found_although_it_started_before_the_window(self, site: Site) -> None:
        task = site.task(site.session(26), end_time=ago(2))
        site.point(task)["creation_time"] = ago(3)
        assert short(site.one()) == ("ok", [])

    def test_a_job_session_from_before_the_window_is_fetched(self, site: Site) -> None:
        session = site.session(60, end_time=ago(7))
        site.point(site.task(session, creation_time=ago(8), end_time=ago(7)))
        assert short(site.one()) == ("ok", [])
        assert f'backup_session UID=="{session["uid"]}"' in site.asked

    def test_without_its_job_session_a_success_proves_nothing(self, site: Site) -> None:
        session = site.session(8)
        site.point(site.task(session))
        site.records["backup_session"].clear()
        machine = site.one()
        assert short(machine) == ("unknown", ["session_unreadable"])
        assert "can't be read" in machine["message"]

    def test_a_limit_of_rows_makes_everybody_unknown(self, site: Site) -> None:
        for number in range(9):
            site.backup(8, f"web{number}", f"vm-{number}")
        result = site.verify("web0", "web8", max_rows=2)
        assert [short(one) for one in result["machines"]] == [("unknown", ["answer_truncated"])] * 2
        assert site.verify("web0", "web8", max_rows=100)["ok"] is True

    def test_a_limit_reached_further_back_concerns_only_those_who_need_it(self) -> None:
        site = Site(told=True)
        site.backup(8)
        for number in range(9):
            site.backup(60 + number, "other", "vm-2")
        result = site.verify("web01", "other", max_rows=6)
        assert [short(one) for one in result["machines"]] == [("ok", []), ("unknown", ["answer_truncated"])]

    def test_a_row_without_a_time_is_an_error_and_not_dropped(self, site: Site) -> None:
        site.backup(8)
        site.records["backup_session"][0]["end_time"] = "soon"
        with pytest.raises(ProtocolError, match="end_time 'soon'"):
            site.verify()
        site.records["hierarchy_root"].clear()
        site.records["system_session"][0]["creation_time"] = None
        with pytest.raises(ProtocolError, match="creation_time"):
            site.verify()


class TestVisibility:
    def test_who_may_read_computers_sees_everything(self, site: Site) -> None:
        site.backup(8)
        assert short(site.one("nobody")) == ("unprotected", ["no_backup_found"])
        assert "job" not in site.kinds_asked
        site.forbidden["discovered_computer"] = NotFound
        assert short(site.one("nobody")) == ("unprotected", ["no_backup_found"])
        assert "job" in site.kinds_asked

    def test_an_account_that_may_not_see_all_knows_nothing(self, site: Site) -> None:
        site.backup(8)
        site.forbidden["discovered_computer"] = AccessDenied
        result = site.verify("web01", "nobody")
        assert [short(one) for one in result["machines"]] == [("ok", []), ("unknown", ["not_visible"])]
        assert "Portal Administrator" in result["machines"][1]["message"]

    def test_unless_somebody_vouches_for_it(self, site: Site) -> None:
        site.forbidden["discovered_computer"] = AccessDenied
        assert short(site.one("nobody", full_visibility=True)) == ("unprotected", ["no_backup_found"])
        assert "job" not in site.kinds_asked


class TestAgeOfData:
    def test_the_newest_good_collection(self, site: Site) -> None:
        site.backup(8)
        site.collected(0.1, "Failed")
        site.collected(0.1, "CompletedWarning")
        site.collected(0.1, kind="LogExport")
        site.collected(50)
        machine = site.one(max_data_age="15m")
        assert (machine["verdict"], machine["data_as_of"]) == ("ok", ago(0.2))
        # The newest ended with a warning: it may have left out this backup server.
        assert short(site.one(max_data_age="10m")) == ("unknown", ["data_age_unknown"])
        assert short(site.one(max_data_age="5m")) == ("unknown", ["em_data_stale"])

    def test_no_good_collection_at_all(self, site: Site) -> None:
        site.backup(8)
        site.records["system_session"].clear()
        result = site.verify(max_data_age="1d")
        assert short(result["machines"][0]) == ("unknown", ["em_data_stale"])
        assert result["data_as_of"] is None
        assert site.one()["verdict"] == "ok"

    @pytest.mark.parametrize("error", [AccessDenied, NotFound])
    def test_without_the_log_what_was_seen_at_the_machines_server_counts(
        self, site: Site, error: type[Exception]
    ) -> None:
        site.forbidden["system_session"] = error
        site.backup(8)
        site.session(1.5, backup_server_name="vbr02", end_time=ago(0.1))
        machine = site.one(max_data_age="8h")
        assert (machine["verdict"], machine["data_as_of"]) == ("ok", ago(7))
        assert short(site.one(max_data_age="6h")) == ("unknown", ["data_age_unknown"])
        site.session(1.5, end_time=ago(0.5))
        assert site.one(max_data_age="6h")["verdict"] == "ok"

    def test_nothing_seen_at_all(self, site: Site) -> None:
        site.forbidden["system_session"] = NotFound
        result = site.verify(max_data_age="1h")
        assert short(result["machines"][0]) == ("unknown", ["data_age_unknown"])
        assert result["data_as_of"] is None


class TestClocks:
    def test_a_backup_server_ahead_of_the_controller(self, site: Site) -> None:
        site.backup(8)
        site.session(0, "Others", end_time=ago(-3))
        machine = site.one()
        assert short(machine) == ("unknown", ["in_future"])
        assert "clock" in machine["message"]

    def test_another_backup_server_does_not_matter(self, site: Site) -> None:
        site.backup(8)
        site.session(0, "Others", backup_server_name="vbr02", end_time=ago(-3))
        assert short(site.one()) == ("ok", [])

    def test_enterprise_manager_ahead_of_the_controller(self, site: Site) -> None:
        site.backup(8)
        site.collected(-1)
        assert short(site.one()) == ("unknown", ["in_future"])


def test_a_machine_that_its_hypervisor_does_not_show_to_an_account_that_may_not_see_all() -> None:
    site = Site(told=False)
    site.inventory("other", "vm-9")
    site.backup(8)
    site.forbidden["discovered_computer"] = AccessDenied
    assert short(site.one(ask_hypervisors="auto")) == ("unknown", ["machine_gone"])
    site.inventory("web01", "vm-1")
    assert short(site.one(ask_hypervisors="auto")) == ("ok", [])


class TestRunning:
    def test_a_running_task(self, site: Site) -> None:
        site.backup(8)
        session = site.session(0.5, running=True)
        task = site.task(session, running=True)
        machine = site.one()
        assert short(machine) == ("running", ["backup_running"])
        assert machine["running"] == [
            {
                "creation_time": task["creation_time"], "job_name": "Daily VMs", "job_type": "Backup", "backup_server_name": "vbr01",
                "task_session_uid": task["uid"], "job_session_uid": session["uid"],
            }
        ]  # fmt: skip
        assert machine["message"] == "The job Daily VMs (vbr01) is currently backing it up."

    def test_a_reference_that_nothing_has_while_a_job_runs(self, site: Site) -> None:
        """There is no name to filter the rows of the job by; an empty list of names is no filter."""
        site.task(site.session(0.5, running=True), running=True)
        machine = site.one({"name": "the second", "vm_uid": f"urn:VMware:Vm:{VC}.vm-999"})
        assert short(machine) == ("unknown", ["reference_not_found"])
        assert not [asked for asked in site.asked if "()" in asked]

    def test_a_task_that_has_been_running_for_days(self, site: Site) -> None:
        site.backup(8)
        site.task(site.session(24 * 5, job="Huge", running=True), running=True)
        assert short(site.one()) == ("running", ["backup_running"])

    def test_a_job_that_is_done_with_the_machine_but_not_with_its_work(self, site: Site) -> None:
        site.point(site.task(site.session(2, running=True)))
        machine = site.one()
        assert short(machine) == ("running", ["backup_running"])
        assert machine["running"][0]["task_session_uid"] is None

    def test_a_job_that_may_still_come_to_the_machine(self, site: Site) -> None:
        site.backup(8)
        site.session(0.2, running=True)
        assert short(site.one()) == ("running", ["backup_running"])

    def test_a_job_that_never_had_the_machine(self, site: Site) -> None:
        site.backup(8)
        site.task(site.session(0.2, job="Others", running=True), "db01", "vm-7", running=True)
        assert short(site.one()) == ("ok", [])

    def test_a_weekly_job_that_may_still_come_to_the_machine(self, site: Site) -> None:
        site.backup(8)
        site.backup(7 * 24, job="Weekly")
        run = site.session(0.2, job="Weekly", running=True)
        machine = site.one()
        assert short(machine) == ("running", ["backup_running"])
        assert [one["job_session_uid"] for one in machine["running"]] == [run["uid"]]
        assert short(site.one(lookback="6d")) == ("ok", [])

    def test_a_job_whose_last_run_is_older_than_the_age(self, site: Site) -> None:
        site.backup(25)
        site.backup(2, job="Hourly")
        site.session(0.2, running=True)
        assert short(site.one(max_age="8h")) == ("running", ["backup_running"])

    def test_a_run_in_the_window_that_worked_on_nothing_tells_nothing(self, site: Site) -> None:
        site.backup(8)
        site.backup(7 * 24, job="Weekly")
        site.session(3, job="Weekly", result="Failed")
        site.session(0.2, job="Weekly", running=True)
        assert short(site.one()) == ("running", ["backup_running"])

    def test_a_job_that_left_the_machine_out_last_time_may_come_to_it_all_the_same(self, site: Site) -> None:
        site.backup(8)
        site.backup(30, job="Hourly")
        site.task(site.session(3, job="Hourly"), "db01", "vm-7")
        site.session(0.2, job="Hourly", running=True)
        assert short(site.one()) == ("running", ["backup_running"])

    def test_a_retry_comes_only_to_machines_that_failed(self, site: Site) -> None:
        site.backup(20)
        retry = site.session(0.2, running=True, is_retry=True)
        assert short(site.one()) == ("ok", [])
        site.task(site.session(2), result="Failed")
        assert short(site.one()) == ("running", ["backup_running", "last_attempt_failed"])
        retry["running"], retry["state"] = False, "Stopped"
        assert short(site.one()) == ("ok", ["last_attempt_failed"])

    def test_running_copies_do_not_matter(self, site: Site) -> None:
        site.backup(8)
        copy = site.session(3, "Offsite", "ImmediateBackupCopy", running=True)
        site.task(copy, running=True)
        assert short(site.one()) == ("ok", [])

    def test_a_running_replication_does(self, site: Site) -> None:
        site.backup(8)
        site.records["replica_task_session"].append(site.task(site.session(1), ref=None, running=True))
        site.records["backup_task_session"].pop()
        site.records["backup_session"].pop()
        site.records["replica_task_session"].append(
            {**site.records["replica_task_session"][0], "uid": "urn:x", "vm_display_name": "db01", "name": "db01@x"}
        )
        machine = site.one()
        assert short(machine) == ("running", ["backup_running"])
        assert [one["job_type"] for one in machine["running"]] == ["Replica"]

    def test_a_task_left_open_by_a_session_that_is_over(self, site: Site) -> None:
        site.backup(8)
        site.task(site.session(4), running=True, end_time=None)
        assert short(site.one()) == ("ok", ["last_attempt_failed"])


class TestRestorePoints:
    def test_a_link_to_a_point_that_is_gone(self, site: Site) -> None:
        site.backup(8)
        site.records["vm_restore_point"].clear()
        machine = site.one()
        assert short(machine) == ("stale", ["restore_point_missing"])
        assert machine["last_good"] is None
        assert machine["last_attempt"]["vm_restore_point_uid"] is None

    def test_a_point_may_have_another_name_than_its_task(self, site: Site) -> None:
        site.backup(8)
        site.records["vm_restore_point"][0].update(vm_display_name="web01-x8F2", name="web01-x8F2@x")
        assert short(site.one()) == ("ok", [])

    def test_a_success_without_any_link(self, site: Site) -> None:
        site.task(site.session(8))
        assert short(site.one()) == ("stale", ["restore_point_missing"])
        assert short(site.one(require_restore_point=False)) == ("ok", [])

    def test_a_point_without_any_session(self, site: Site) -> None:
        site.point(site.task(site.session(8)))
        site.records["backup_task_session"].clear()
        assert short(site.one()) == ("stale", ["point_without_task"])


class TestCopies:
    def test_only_copies(self, site: Site) -> None:
        session = site.session(2, "Offsite", "BackupCopy", backup_server_name="vbr03")
        site.task(session, ref=None)
        assert short(site.one()) == ("unprotected", ["only_copy_found"])

    def test_copies_at_another_server_are_not_a_second_machine(self, site: Site) -> None:
        site.backup(8)
        site.task(
            site.session(2, "Offsite\\\\Daily VMs", "ImmediateBackupCopyWorker", backup_server_name="vbr03"), ref=None
        )
        assert short(site.one()) == ("ok", [])

    def test_the_name_in_a_copy_is_that_of_the_backup_that_it_copies(self) -> None:
        site = Site(told=False)
        site.task(site.session(30), "web01-old")
        site.backup(8)
        site.task(site.session(2, "Offsite", "BackupCopy"), "web01-old")
        assert short(site.one()) == ("ok", [])

    def test_copies_that_moved_nothing_never_count_even_when_asked_for(self, site: Site) -> None:
        site.task(site.session(2, "Offsite", "BackupCopy"), total_size=0)
        assert short(site.one(job_types=["BackupCopy"])) == ("stale", ["restore_point_missing"])

    @pytest.mark.parametrize("history", [None, "2d", "30d", "60d"])
    @pytest.mark.parametrize("hours", [2, 30, 24 * 20])
    def test_only_a_replication_whenever_it_ran_and_whatever_history_is_read(
        self, site: Site, hours: float, history: str | None
    ) -> None:
        site.inventory("web01", "vm-1")
        site.replica(hours)
        assert short(site.one(history=history)) == ("unprotected", ["only_copy_found"])

    @pytest.mark.parametrize("history", [None, "2d", "30d", "60d"])
    def test_a_point_of_that_name_whatever_history_is_read(self, site: Site, history: str | None) -> None:
        site.inventory("db01", "vm-7")
        site.point(site.task(site.session(30), ref=None))
        site.records["backup_task_session"].clear()
        assert short(site.one(history=history)) == ("stale", ["point_without_task"])


class TestReach:
    """How far rows are read for one entry, or for the history, is nothing to another one."""

    @pytest.mark.parametrize("others", [{"history": "60d"}, {}], ids=["history", "another entry"])
    def test_rows_from_before_the_look_back(self, site: Site, others: dict[str, t.Any]) -> None:
        far = {"name": "db01", "max_age": "60d"}
        site.backup(40 * 24)
        site.backup(50 * 24, "db01", "vm-2")
        site.task(site.session(45 * 24), "file01", "vm-3")
        entries = [*([] if others else [far]), "web01", "file01"]
        found = {one["name"]: short(one) for one in site.verify(*entries, **others)["machines"]}
        assert (found["web01"], found["file01"]) == (short(site.one("web01")), short(site.one("file01")))
        assert found["web01"] == ("unprotected", ["no_backup_found"])
        assert short(site.one(far)) == ("ok", [])

    @pytest.mark.parametrize("history", [None, "6d"])
    def test_a_session_that_lost_its_end_before_it(self, site: Site, history: str | None) -> None:
        """The job ran again since, also before the look back."""
        site.task(site.session(100, "Weekly", running=True, state="Working"), running=True)
        site.task(site.session(80, "Weekly"))
        site.backup(8)
        assert short(site.one(lookback="2d", history=history)) == ("ok", ["session_without_end"])

    def test_names_and_agents_from_before_it(self, site: Site) -> None:
        """A machine that had the name long ago, and an agent of that time, are no meanings of it."""
        site.backup(8)
        site.backup(40 * 24, "web01", "vm-9")
        site.backup(35 * 24, "web09", "vm-9")
        session = site.session(41 * 24, "web01", "AgentManagement", result="Failed")
        site.agent_point("web01", 41 * 24, session["uid"])
        alone = short(site.one("web01"))
        far = {"name": "db01", "max_age": "60d"}
        assert alone[0] == "ok"
        assert short(site.verify("web01", far)["machines"][0]) == alone
        assert short(site.one("web01", history="60d")) == alone

    def test_a_name_that_only_older_rows_tell_is_looked_for_in_newer_ones_too(self) -> None:
        site = Site(told=False)
        site.inventory("web01", "vm-1")
        made = site.task(site.session(130), "web01.old")
        site.point(made)
        made["vm_uid"] = None
        site.task(site.session(80), "web01.old", None, result="Failed")
        wanted = ("failed", ["last_attempt_failed", "age_over_limit"])
        for history in (None, "5d", "30d"):
            assert short(site.one(max_age="12h", history=history, ask_hypervisors="auto")) == wanted, history

    def test_points_that_no_task_tells_of_and_another_entry_brought(self) -> None:
        site = Site(told=False)
        site.inventory("web01", "vm-1")
        site.inventory("web02", "vm-3")
        site.backup(8)
        site.point(site.task(site.session(5), "WEB01", "vm-3"))
        site.records["backup_task_session"].pop()
        alone = short(site.one("WEB01", ask_hypervisors="auto"))
        assert alone == ("ok", [])
        together = site.verify("WEB01", "web02", ask_hypervisors="auto")["machines"]
        assert short(together[0]) == alone


class TestIdentity:
    def test_two_machines_of_one_name(self, site: Site) -> None:
        site.hypervisor("44444444-aaaa-4bbb-8ccc-000000000002", None)
        site.backup(8, "twin01", "vm-1")
        other = site.task(
            site.session(7, "Other"), "twin01", vm_uid="urn:VMware:Vm:44444444-aaaa-4bbb-8ccc-000000000002.vm-9"
        )
        point = site.point(other)
        machine = site.one("twin01")
        assert short(machine) == ("ok", [])
        assert [one["verdict"] for one in machine["meanings"]] == ["ok", "ok"]
        # Of two good ones, the older backup is what holds for both.
        assert (machine["last_good"]["job_name"], machine["vm_uid"]) == ("Daily VMs", None)
        site.records["vm_restore_point"].remove(point)
        machine = site.one("twin01")
        assert short(machine) == ("unknown", ["ambiguous_name"])
        assert "vm-1, at vbr01): ok" in machine["message"]
        assert "vm-9, at vbr01): stale" in machine["message"]
        assert (machine["last_good"], machine["vm_uid"], machine["matched_by"]) == (None, None, "exact")
        bad = site.one({"name": "the second", "vm_uid": other["vm_uid"]})
        assert (bad["verdict"], bad["matched_by"]) == ("stale", "vm_uid")

    def test_one_vcenter_at_two_backup_servers(self, site: Site) -> None:
        site.hypervisor("44444444-aaaa-4bbb-8ccc-000000000002", "vcenter-1", "vbr02")
        site.backup(30, "web01", "vm-1")
        other = site.task(
            site.session(8, "Other", backup_server_name="vbr02"),
            vm_uid="urn:VMware:Vm:44444444-aaaa-4bbb-8ccc-000000000002.vm-1",
        )
        site.point(other)
        machine = site.one()
        assert short(machine) == ("ok", [])
        assert machine["last_good"]["backup_server_name"] == "vbr02"
        assert short(site.one({"name": "web01", "backup_server_name": "VBR01"})) == ("stale", ["age_over_limit"])

    def test_roots_that_may_not_be_read(self, site: Site) -> None:
        site.forbidden["hierarchy_root"] = AccessDenied
        site.backup(8)
        assert short(site.one()) == ("ok", [])

    def test_before_version_10_the_restore_point_tells_the_machine(self, site: Site) -> None:
        good = site.task(site.session(8), vm_uid=None)
        site.point(good, f"urn:VMware:Vm:{VC}.vm-1")
        site.task(site.session(2), vm_uid=None, result="Failed", reason="  No space.\nReally. ")
        machine = site.one({"name": "any", "vm_ref": "vm-1"})
        assert short(machine) == ("ok", ["last_attempt_failed"])
        assert machine["vm_uid"] == f"urn:VMware:Vm:{VC}.vm-1"
        assert machine["message"].endswith("failed: No space. Really.")


class TestHypervisors:
    def test_are_asked_once_each(self) -> None:
        site, other = Site(told=True), "44444444-aaaa-4bbb-8ccc-000000000002"
        site.hypervisor(other, "VCENTER-2")
        site.backup(8)
        site.verify("web01", "web02", ask_hypervisors="never")
        assert "hierarchy_item" not in site.kinds_asked
        site.verify("web01", "web02")
        assert [asked for asked in site.asked if asked.startswith("hierarchy_item")] == [
            f"hierarchy_item lookup?host=urn%3Aveeam%3AHierarchyRoot%3A{guid}&name=%2A&type=Vm" for guid in (VC, other)
        ]

    def test_a_namesake_without_any_backup_is_noticed(self) -> None:
        site = Site(told=True)
        site.backup(8)
        site.inventory(None, None)
        assert short(site.one()) == ("ok", [])
        site.inventory("web01", "vm-99")
        assert short(site.one(ask_hypervisors="never")) == ("ok", [])
        machine = site.one()
        assert short(machine) == ("unknown", ["ambiguous_name"])
        assert "vm-99" in machine["message"]

    def test_a_machine_without_any_backup_is_known(self) -> None:
        site = Site(told=True)
        site.inventory("legacy01", "vm-50")
        machine = site.one("LEGACY01")
        assert short(machine) == ("unprotected", ["no_backup_found"])
        assert (machine["vm_uid"], machine["matched_by"]) == (f"urn:VMware:Vm:{VC}.vm-50", "ignore_case")

    def test_refusal_is_an_error_when_they_must_be_asked(self) -> None:
        site = Site(told=True)
        site.backup(8)
        for name, error in (("hierarchy_root", AccessDenied), ("hierarchy_item", NotFound)):
            site.forbidden = {name: error}
            with pytest.raises(error):
                site.verify(ask_hypervisors="always")
            assert short(site.one()) == ("ok", ["lookup_unanswered"] if name == "hierarchy_item" else [])
        assert site.verify()["lookups"][0]["state"] == "failed"

    def test_one_that_shows_nothing_while_its_machines_have_backups_has_not_answered(self) -> None:
        site = Site(told=True)
        site.backup(8)
        site.told = False
        result = site.verify(ask_hypervisors="auto")
        assert short(result["machines"][0]) == ("ok", ["lookup_unanswered"])
        assert result["lookups"][0]["state"] == "failed"
        assert "shows no machine" in result["lookups"][0]["message"]


class TestAgents:
    def container(self, site: Site, hours: float, **changes: t.Any) -> Record:
        return site.session(hours, "Laptops", "AgentBackup", **changes)

    def child(self, site: Site, parent: Record, name: str, **changes: t.Any) -> Record:
        hours = (NOW - dt.datetime.fromisoformat(parent["creation_time"][:19]).replace(tzinfo=dt.timezone.utc)) / HOUR
        return site.session(
            hours - 0.1, f"Laptops - {name}", "AgentManagement", parent_session_uid=parent["uid"], **changes
        )

    def test_with_a_task_and_the_points_of_the_run(self, site: Site) -> None:
        run = "urn:veeam:RestorePoint:RUN"
        child = self.child(site, self.container(site, 8), "lap01", restore_point_uids=[run])
        site.task(child, "lap01", None)
        assert short(site.one("lap01")) == ("stale", ["restore_point_missing"])
        point = site.agent_point("lap01", 7.5, run)
        site.agent_point("lap02", 7.5, run)
        machine = site.one("LAP01")
        assert short(machine) == ("ok", [])
        assert machine["last_good"]["vm_restore_point_uid"] == point["uid"]
        assert machine["last_good"]["job_type"] == "AgentManagement"
        assert machine["vm_uid"] is None

    def test_a_link_that_leads_nowhere(self, site: Site) -> None:
        task = site.task(self.child(site, self.container(site, 8), "lap01"), "lap01", None)
        task["vm_restore_point_uid"] = "urn:veeam:VmRestorePoint:x"
        assert short(site.one("lap01")) == ("stale", ["restore_point_missing"])
        site.agent_point("lap01", 7.6)
        assert short(site.one("lap01")) == ("ok", [])

    def test_points_named_by_the_container(self, site: Site) -> None:
        run = "urn:veeam:RestorePoint:RUN"
        child = self.child(site, self.container(site, 8, restore_point_uids=[run]), "lap01")
        site.task(child, "lap01", None)
        site.agent_point("lap01", 7.6, run)
        assert short(site.one("lap01")) == ("ok", [])

    @pytest.mark.parametrize(
        ("server", "matched_by"), [("vbr01", "exact"), ("VBR01", "exact"), ("vbr02", "short_name")]
    )
    def test_a_discovered_computer_gives_its_whole_name_to_the_agent(
        self, site: Site, server: str, matched_by: str
    ) -> None:
        """Its session may name it without the domain; a computer of another backup server is another one."""
        site.task(self.child(site, self.container(site, 8), "lap01"), "lap01", None)
        site.agent_point("lap01", 7.6)
        site.records["discovered_computer"].append(
            {"name": "lap01.corp.example", "backup_server_name": server, "links": []}
        )
        found = site.one("lap01.corp.example")
        assert (short(found), found["matched_by"]) == (("ok", []), matched_by)
        assert short(site.one("lap01.corp.example", name_match=["exact"]))[0] == (
            "ok" if matched_by == "exact" else "unprotected"
        )

    def test_without_named_points_the_time_decides(self, site: Site) -> None:
        child = self.child(site, self.container(site, 8), "lap01")
        site.task(child, "lap01", None)
        early = site.agent_point("lap01", 12)
        assert short(site.one("lap01")) == ("stale", ["restore_point_missing"])
        early["creation_time"] = ago(7.6)
        assert short(site.one("lap01")) == ("ok", [])

    @pytest.mark.parametrize("job_name", ["Laptops - lap01", "Laptops\\lap01", "lap01"])
    def test_a_session_without_tasks_is_the_try(self, site: Site, job_name: str) -> None:
        child = self.child(site, self.container(site, 8), "lap01", job_name=job_name)
        site.agent_point("lap01", 7.6)
        machine = site.one("lap01", history="2d")
        assert short(machine) == ("ok", [])
        assert (machine["last_good"]["task_session_uid"], machine["last_good"]["job_session_uid"]) == (
            None,
            child["uid"],
        )
        assert len(machine["history"]) == 1

    def test_a_computer_whose_name_begins_like_its_job(self, site: Site) -> None:
        self.child(site, self.container(site, 8), "", job_name="Laptops7")
        site.agent_point("Laptops7", 7.6)
        assert short(site.one("Laptops7")) == ("ok", [])

    def test_a_session_of_unknown_parent_or_name(self, site: Site) -> None:
        site.session(8, "", "AgentManagement", name="lap01@2026-01-05 22:00:00", job_name=None)
        site.session(8, "Laptops", "AgentManagement")
        assert short(site.one("lap01")) == ("stale", ["restore_point_missing"])

    @pytest.mark.parametrize(
        ("task", "session", "expected"),
        [
            ("Success", "Success", "ok"),
            ("Success", "Failed", "failed"),
            ("Success", None, "failed"),
            ("Success", "Warning", "stale"),
            ("Failed", "Warning", "failed"),
        ],
    )
    def test_the_worse_of_task_and_session_counts(
        self, site: Site, task: str, session: str | None, expected: str
    ) -> None:
        child = self.child(site, self.container(site, 8), "lap01", result=session)
        site.task(child, "lap01", None, task)
        site.agent_point("lap01", 7.6)
        assert site.one("lap01", accept_warning=False)["verdict"] == expected

    def test_nothing_is_counted_twice(self, site: Site) -> None:
        parent = self.container(site, 8)
        site.task(parent, "lap01", None, result="Success")
        site.task(self.child(site, parent, "lap01"), "lap01", None, result="Failed")
        site.agent_point("lap01", 7.6)
        machine = site.one("lap01", history="1d")
        assert short(machine) == ("failed", ["last_attempt_failed", "no_backup_found"])
        assert [one["result"] for one in machine["history"]] == ["Failed"]

    def test_the_neighbour_in_the_same_job_is_not_mine(self, site: Site) -> None:
        site.agent_point("lap01", 30.6)
        site.task(self.child(site, self.container(site, 31), "lap01"), "lap01", None)
        self.child(site, self.container(site, 1.5), "lap02", running=True)
        assert site.one("lap01", max_age="2d")["verdict"] == "ok"

    def test_a_computer_that_is_done_while_others_of_its_job_are_not(self, site: Site) -> None:
        parent = self.container(site, 2, running=True)
        site.task(self.child(site, parent, "lap01"), "lap01", None)
        site.task(self.child(site, parent, "lap02", running=True), "lap02", None, running=True)
        site.agent_point("lap01", 1.6)
        result = site.verify("lap01", "lap02")
        assert [one["verdict"] for one in result["machines"]] == ["ok", "running"]

    def test_running(self, site: Site) -> None:
        site.agent_point("lap01", 30.6)
        site.task(self.child(site, self.container(site, 31), "lap01"), "lap01", None)
        parent = self.container(site, 0.5, running=True)
        assert [one["job_type"] for one in site.one("lap01", max_age="2d")["running"]] == ["AgentBackup"]
        self.child(site, parent, "lap01", running=True)
        assert [one["job_type"] for one in site.one("lap01", max_age="2d")["running"]] == ["AgentManagement"]


class TestWaivers:
    def test_used_and_unused_ones_are_told(self, site: Site) -> None:
        site.backup(40, "old01", "vm-1")
        site.backup(8, "web01", "vm-2")
        waivers = [
            {"machine": "old01", "reason_code": "age_over_limit", "until": "2026-02-01", "note": "CHG0042"},
            {"machine": "old01", "reason_code": "age_over_limit", "until": "2026-01-01"},
            {"machine": "web01", "reason_code": "age_over_limit", "until": "2026-02-01"},
            {"machine": "typo01", "reason_code": "age_over_limit", "until": "2026-02-01"},
        ]
        result = site.verify("old01", "web01", waivers=waivers)
        used = {**waivers[0], "until": "2026-02-01T00:00:00Z"}
        machine = result["machines"][0]
        assert (machine["verdict"], machine["underlying_verdict"]) == ("waived", "stale")
        assert (machine["reasons"], machine["waivers"]) == (["age_over_limit"], [used])
        assert machine["message"].startswith(
            "Waived until 2026-02-01T00:00:00Z (CHG0042); the last good backup is 1d 15h old"
        )
        assert result["ok"] is True
        assert [(one["machine"], one["why"]) for one in result["unused_waivers"]] == [
            ("old01", "expired"),
            ("web01", "not_needed"),
            ("typo01", "not_asked"),
        ]
        assert result["msg"] == "2 of 2 machines meet the policy, 1 of them by a waiver."


def test_the_order_in_which_rows_arrive_does_not_matter(site: Site) -> None:
    site.hypervisor("44444444-aaaa-4bbb-8ccc-000000000002", "vcenter-1", "vbr02")
    site.backup(30)
    for hours, server in ((9, "vbr01"), (9, "vbr02")):
        task = site.task(
            site.session(hours, server, backup_server_name=server),
            vm_uid=f"urn:VMware:Vm:{VC if server == 'vbr01' else '44444444-aaaa-4bbb-8ccc-000000000002'}.vm-1",
        )
        site.point(task)
    for job in ("One", "Two"):
        site.task(site.session(0.5, job, running=True), running=True)
    first = site.verify(history="7d")
    for rows in site.records.values():
        rows.reverse()
    assert site.verify(history="7d") == first


def test_the_reference_is_that_of_the_backup(site: Site) -> None:
    other = "44444444-aaaa-4bbb-8ccc-000000000002"
    site.hypervisor(other, "vcenter-1", "vbr02")
    site.backup(30)
    task = site.task(site.session(8, "Other", backup_server_name="vbr02"), vm_uid=f"urn:VMware:Vm:{other}.vm-1")
    site.point(task)
    assert site.one()["vm_uid"] == f"urn:VMware:Vm:{other}.vm-1"
    assert site.one({"name": "web01", "backup_server_name": "vbr01"})["vm_uid"] == f"urn:VMware:Vm:{VC}.vm-1"


class TestRestores:
    @staticmethod
    def restore(site: Site, ref: str | None, name: str = "web01") -> None:
        site.records["restore_session"].append(
            {
                "uid": site._uid("RestoreSession"), "name": f"{name}@x", "vm_display_name": name, "job_name": "Restore", "job_type": "Restore",
                "restored_obj_ref": ref, "creation_time": ago(2), "end_time": None, "running": True, "backup_server_name": "vbr01",
            }
        )  # fmt: skip

    @pytest.mark.parametrize("ref", [f"urn:VMware:Vm:{VC}.vm-1", f"urn:VMware:Vm:{VC}.vm-9", None, "odd"])
    def test_a_restore_is_work_on_the_machine_and_can_be_waived(self, site: Site, ref: str | None) -> None:
        site.backup(8)
        self.restore(site, ref)
        machine = site.one()
        assert short(machine) == ("running", ["restore_running"])
        assert machine["message"] == f"A restore has been running on it since {ago(2)}."
        waiver = {"machine": "web01", "reason_code": "restore_running", "until": "2026-02-01"}
        machine = site.one(waivers=[waiver])
        assert short(machine) == ("waived", ["restore_running"])
        assert (
            machine["message"] == f"Waived until 2026-02-01T00:00:00Z; a restore has been running on it since {ago(2)}."
        )

    def test_the_waiver_of_a_restore_sets_only_that_aside(self, site: Site) -> None:
        waivers = [{"machine": "web01", "reason_code": "restore_running", "until": "2026-02-01"}]
        site.backup(30)
        self.restore(site, f"urn:VMware:Vm:{VC}.vm-1")
        assert short(site.one(waivers=waivers)) == ("stale", ["age_over_limit", "restore_running"])
        site.task(site.session(0.5, running=True), running=True)
        assert short(site.one(waivers=waivers)) == ("running", ["backup_running", "restore_running"])

    def test_a_restore_of_what_nothing_is_known_of(self, site: Site) -> None:
        self.restore(site, None)
        assert short(site.one()) == ("running", ["restore_running"])


class TestSentences:
    def test_claimed_twice(self, site: Site) -> None:
        site.backup(8)
        found = site.verify("web01", "WEB01.corp")["machines"]
        assert "WEB01.corp" not in found[0]["message"]
        assert found[1]["message"] == (
            "Found as web01; the same machine is meant by the entry web01; name each machine once, or set vm_uid."
        )

    def test_an_id_that_several_hypervisors_have(self, site: Site) -> None:
        other = "44444444-aaaa-4bbb-8ccc-000000000002"
        site.hypervisor(other, "VCENTER-2")
        site.backup(8)
        site.task(site.session(8), "db01", None, vm_uid=f"urn:VMware:Vm:{other}.vm-1")
        machine = site.one({"name": "nobody", "vm_ref": "vm-1"})
        assert short(machine) == ("unknown", ["ambiguous_name"])
        assert "set vm_uid" in machine["message"]
        assert short(site.one({"name": "web01", "vm_ref": "vm-1"})) == ("ok", [])

    def test_a_session_that_failed_as_a_whole(self, site: Site) -> None:
        site.point(site.task(site.session(8, result="Failed", failure_message="health check")))
        machine = site.one()
        assert short(machine) == ("ok", ["job_session_failed"])
        assert "failed as a whole: health check." in machine["message"]

    def test_namesakes_that_are_gone_or_shown_twice(self) -> None:
        site = Site(told=False)
        site.records["hierarchy_root"][0]["host_type"] = "VC"
        site.inventory("web01", "vm-1")
        site.backup(8)
        site.backup(20, "web01", "vm-9")
        machine = site.one(ask_hypervisors="auto", max_age="30h")
        assert short(machine) == ("ok", ["machine_gone"])
        assert "a machine of the same name is gone from its hypervisor: web01" in machine["message"]
        host = "44444444-aaaa-4bbb-8ccc-000000000002"
        site.hypervisor(host, "ESX-1")
        site.records["hierarchy_root"][1]["host_type"] = "ESXi"
        site.inventory("web01", "7", host)
        machine = site.one(ask_hypervisors="auto")
        assert "namesake_not_counted" in machine["reasons"]
        assert "its hypervisor is connected twice" in machine["message"]


class TestOddReferences:
    @pytest.mark.parametrize("odd", ["odd", "urn:VMware:Vm:", "urn:AgentManagement:x.y"])
    def test_what_is_no_reference_is_as_good_as_none(self, odd: str) -> None:
        site = Site(told=False)
        task = site.task(site.session(8, backup_server_name=None), ref=None, vm_uid=odd)
        site.point(task)
        site.inventory("broken", "vm-1")
        site.records["hierarchy_item"][-1]["object_ref"] = odd
        assert short(site.one(ask_hypervisors="auto"))[0] == "ok"

    def test_a_root_without_any_id_and_without_a_server(self, site: Site) -> None:
        site.records["hierarchy_root"].append(
            {**site.records["hierarchy_root"][0], "id": None, "hierarchy_root_id": None}
        )
        site.backup(8, backup_server_name=None)
        assert site.one()["verdict"] == "ok"
