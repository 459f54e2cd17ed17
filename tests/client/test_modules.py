# SPDX-License-Identifier: GPL-3.0-or-later
"""What each info module gathers, with options as Ansible hands them over: every option changes a result."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import AccessDenied, NotFound, SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.any_type import gather_query
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.jobs import JOB_KINDS, gather_jobs
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.resource import gather, gather_repositories
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.summary import gather_summary
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.derived import objects_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.reports import REPORTS, read_report
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import QUERY_TYPES

from .conftest import asked, connected

Answer = t.Dict[str, t.Any]
JOB_OPTIONS = (
    "uid", "name", "kind", "platform", "limit", "include_objects", "include_machines", "needed_at", "schedule_enabled",
)  # fmt: skip


def ask(em: t.Any, name: str, /, **params: t.Any) -> Answer:
    with connected(em) as run:
        return gather(name, run.client, params)


def jobs(em: t.Any, **params: t.Any) -> Answer:
    with connected(em) as run:
        return gather_jobs(run.client, {**dict.fromkeys(JOB_OPTIONS), **params})


def repositories(em: t.Any, **params: t.Any) -> Answer:
    with connected(em) as run:
        return gather_repositories(
            run.client, {"kind": None, "free_space_max": None, "free_percent_max": None, **params}
        )


def rows(em: t.Any, query_type: str, **params: t.Any) -> Answer:
    with connected(em) as run:
        return gather_query(run.client, {"type": query_type, "sort_by": None, **params})


def names(answer: Answer, key: str = "name") -> list[str]:
    records = next(value for value in answer.values() if isinstance(value, list))
    assert answer["count"] == len(records)
    return [record[key] for record in records]


class TestSessions:
    @pytest.mark.parametrize(
        ("params", "key", "value"),
        [
            ({"result": ["Failed"]}, "result", "Failed"),
            ({"state": ["Working", "Starting"]}, "state", "Working"),
            ({"is_retry": True}, "is_retry", True),
            ({"job_type": ["AgentManagement"]}, "job_type", "AgentManagement"),
            ({"job_type": ["AgentManagement"]}, "agent_role", "child"),
            ({"job_type": ["AgentBackup"]}, "agent_role", "parent"),
            ({"backup_server_name": ["vbr02.example.test"]}, "backup_server_name", "vbr02.example.test"),
            ({"filter": "IsRetry==true"}, "is_retry", True),
        ],
    )  # fmt: skip
    def test_filters(self, simulator: t.Any, params: Answer, key: str, value: t.Any) -> None:
        found = ask(simulator, "backup_session", **params)["backup_sessions"]
        everything = ask(simulator, "backup_session")["backup_sessions"]
        assert found == [record for record in everything if record[key] == value]
        assert 0 < len(found) < len(everything)

    def test_values_of_records_find_their_records(self, simulator: t.Any) -> None:
        everything = ask(simulator, "backup_session")["backup_sessions"]
        some = everything[len(everything) // 2]
        for option in ("name", "job_name", "job_uid", "backup_server_uid"):
            found = ask(simulator, "backup_session", **{option: [some[option]]})["backup_sessions"]
            assert found == [record for record in everything if record[option] == some[option]], option

    @pytest.mark.parametrize(
        ("option", "key", "keeps"),
        [
            ("created_after", "creation_time", lambda value, limit: value >= limit),
            ("created_before", "creation_time", lambda value, limit: value <= limit),
            ("ended_after", "end_time", lambda value, limit: value is not None and value >= limit),
            ("ended_before", "end_time", lambda value, limit: value is not None and value <= limit),
        ],
    )
    def test_times(self, simulator: t.Any, option: str, key: str, keeps: t.Callable[[t.Any, str], bool]) -> None:
        everything = ask(simulator, "backup_session")["backup_sessions"]
        limit = everything[len(everything) // 2]["creation_time"][:14] + "00:00Z"
        found = ask(simulator, "backup_session", **{option: limit})["backup_sessions"]
        assert found == [record for record in everything if keeps(record[key], limit)]
        assert 0 < len(found) < len(everything)

    def test_the_times_of_a_record_find_it(self, simulator: t.Any) -> None:
        """Records carry whole seconds, newer servers have fractions of them."""
        some = ask(simulator, "backup_session", ended_after="3d", limit=3)["backup_sessions"][-1]
        for key, prefix in (("creation_time", "created"), ("end_time", "ended")):
            window = {f"{prefix}_after": some[key], f"{prefix}_before": some[key]}
            assert some in ask(simulator, "backup_session", **window)["backup_sessions"]

    def test_agent_machines_below_their_container(self, simulator: t.Any) -> None:
        parent = ask(simulator, "backup_session", job_type=["AgentBackup"])["backup_sessions"][-1]
        answer = ask(simulator, "backup_session", endpoint="list", parent_session_uid=[parent["uid"]])
        assert answer["backup_sessions"]
        assert {record["parent_session_uid"] for record in answer["backup_sessions"]} == {parent["uid"]}

    def test_copy_workers(self, simulator: t.Any) -> None:
        workers = ask(simulator, "backup_session", job_type=["ImmediateBackupCopyWorker"])["backup_sessions"]
        assert workers
        for record in workers:
            assert record["job_name"] == f"{record['copy_job_name']}\\{record['source_job_name']}"

    def test_a_list_tells_how_far_back_it_reaches(self, simulator: t.Any) -> None:
        answer = ask(simulator, "backup_session", endpoint="list", limit=3)
        assert answer["truncated"]
        assert answer["count"] == 3
        assert answer["window_start"] < answer["backup_sessions"][0]["creation_time"]
        assert "window_start" not in ask(simulator, "backup_session", limit=1)

    def test_detail_and_unknown_uids(self, simulator: t.Any) -> None:
        one = ask(simulator, "backup_session", limit=1)["backup_sessions"][0]
        assert ask(simulator, "backup_session", uid=one["uid"])["backup_sessions"] == [one]
        reference = ask(simulator, "backup_session", uid=one["id"], representation="reference")["backup_sessions"][0]
        assert (reference["uid"], reference["state"], reference["running"]) == (one["uid"], None, None)
        unknown = "00000000-0000-4000-8000-000000000000"
        nothing = ask(simulator, "backup_session", uid=unknown)
        assert (nothing["backup_sessions"], nothing["count"], nothing["truncated"]) == ([], 0, False)
        assert set(nothing["counts"]["status"].values()) == {0}
        with pytest.raises(NotFound, match="check the UID"):
            ask(simulator, "backup_task_session", endpoint="list", job_session_uid=[unknown])

    @pytest.mark.parametrize("key", ["creation_time", "end_time", "name", "job_name", "backup_server_name"])
    @pytest.mark.parametrize("descending", [False, True])
    def test_order_and_limit(self, simulator: t.Any, key: str, descending: bool) -> None:
        whole = ask(simulator, "backup_session", sort_by=key, descending=descending)["backup_sessions"]
        known = [record[key] for record in whole if record[key] is not None]
        assert known == sorted(known, reverse=descending)
        assert all(record[key] is None for record in whole[len(known) :])
        answer = ask(simulator, "backup_session", sort_by=key, descending=descending, limit=9)
        assert answer["truncated"]
        assert [record[key] for record in answer["backup_sessions"]] == [record[key] for record in whole[:9]]


class TestTasks:
    @pytest.mark.parametrize(
        ("params", "keeps"),
        [
            ({"vm_display_name": ["web01", "db01"]}, lambda record: record["vm_display_name"] in ("web01", "db01")),
            ({"state": ["InProgress", "Pending"]}, lambda record: record["running"]),
            ({"result": ["Warning"]}, lambda record: record["result"] == "Warning"),
            ({"total_size_max": 0}, lambda record: record["total_size"] == 0),
            ({"total_size_min": 1}, lambda record: record["total_size"] > 0),
        ],
    )  # fmt: skip
    def test_filters(self, simulator: t.Any, params: Answer, keeps: t.Callable[[Answer], bool]) -> None:
        everything = ask(simulator, "backup_task_session")["backup_task_sessions"]
        found = ask(simulator, "backup_task_session", **params)["backup_task_sessions"]
        assert found == [record for record in everything if keeps(record)]
        assert 0 < len(found) < len(everything)

    def test_reasons_are_exact(self, simulator: t.Any) -> None:
        failed = ask(simulator, "backup_task_session", result=["Failed"])["backup_task_sessions"]
        reason = failed[0]["reason"]
        found = ask(simulator, "backup_task_session", reason=[reason])["backup_task_sessions"]
        assert found == [record for record in failed if record["reason"] == reason]

    def test_tasks_of_sessions_by_query_and_by_list(self, simulator: t.Any) -> None:
        session = ask(simulator, "backup_session", job_type=["Backup"], limit=1)["backup_sessions"][0]
        queried = ask(simulator, "backup_task_session", job_session_uid=[session["uid"]])
        listed = ask(simulator, "backup_task_session", endpoint="list", job_session_uid=[session["id"]])
        assert queried["count"] > 0
        if session["creation_time"] >= listed["window_start"]:
            assert listed["backup_task_sessions"] == queried["backup_task_sessions"]
        assert {record["job_name"] for record in queried["backup_task_sessions"]} == {session["job_name"]}
        assert session["task_sessions_href"].endswith(f"/{session['id']}/taskSessions")

    def test_the_largest(self, simulator: t.Any) -> None:
        answer = ask(simulator, "backup_task_session", sort_by="total_size", descending=True, limit=5)
        whole = ask(simulator, "backup_task_session")["backup_task_sessions"]
        assert names(answer, "total_size") == sorted((record["total_size"] for record in whole), reverse=True)[:5]

    def test_links_and_raw_on_request(self, simulator: t.Any) -> None:
        (plain,) = ask(simulator, "backup_task_session", limit=1)["backup_task_sessions"]
        (full,) = ask(simulator, "backup_task_session", limit=1, include_links=True, include_raw=True)[
            "backup_task_sessions"
        ]
        assert set(full) - set(plain) == {"links", "raw"}
        assert full["links"][0]["type"] == "BackupServerReference"
        assert full["raw"]["uid"] == full["uid"]


def test_backup_servers(simulator: t.Any) -> None:
    assert names(ask(simulator, "backup_server"))[:3] == [
        "vbr01.example.test",
        "vbr02.example.test",
        "vbr03.example.test",
    ]
    (one,) = ask(simulator, "backup_server", name=["vbr02.example.test"])["backup_servers"]
    assert one["backup_server_uid"] == one["uid"]
    assert one["uid"] in names(ask(simulator, "backup_server", version=[one["version"]]), "uid")
    assert ask(simulator, "backup_server", version=["0.0"])["count"] == 0
    assert names(ask(simulator, "backup_server", sort_by="version", descending=True), "version")[0] >= one["version"]


def test_repositories(simulator: t.Any) -> None:
    whole = repositories(simulator)["repositories"]
    assert any(record["unlimited"] and record["capacity"] is None for record in whole)
    limited = [record for record in whole if not record["unlimited"]]
    assert all(record["used_space"] + record["free_space"] == record["capacity"] for record in limited)
    edge = sorted(record["free_space"] for record in limited)[len(limited) // 2]
    assert all(
        not record["unlimited"] and record["free_space"] <= edge
        for record in repositories(simulator, free_space_max=edge)["repositories"]
    )
    assert all(record["free_space"] >= edge for record in repositories(simulator, free_space_min=edge)["repositories"])
    kind = whole[0]["kind"]
    assert set(names(repositories(simulator, kind=[kind]), "kind")) == {kind}
    server = whole[-1]["backup_server_name"]
    assert set(names(repositories(simulator, backup_server_name=[server]), "backup_server_name")) == {server}
    assert repositories(simulator, uid=whole[0]["uid"])["repositories"] == [whole[0]]
    first = repositories(simulator, limit=1, sort_by="capacity", descending=True)
    assert first["truncated"]
    assert first["repositories"][0]["capacity"] == max(record["capacity"] for record in limited)


def test_repositories_with_little_space(simulator: t.Any) -> None:
    whole = repositories(simulator, sort_by="free_percent")["repositories"]
    percents = [record["free_percent"] for record in whole if record["free_percent"] is not None]
    assert percents == sorted(percents)
    edge = percents[1]
    found = repositories(simulator, free_percent_max=edge, sort_by="free_percent")
    assert names(found, "free_percent") == [one for one in percents if one <= edge]
    assert found["without_capacity"] == sorted(record["name"] for record in whole if record["free_percent"] is None)
    assert found["without_capacity"]
    assert "without_capacity" not in repositories(simulator)
    with pytest.raises(SettingsError, match="free_percent_max has the value 101"):
        repositories(simulator, free_percent_max=101)


def test_counts_add_up(simulator: t.Any) -> None:
    answer = ask(simulator, "backup_task_session")
    assert set(answer["counts"]) == {"status", "backup_server_name", "job_name"}
    for key, counted in answer["counts"].items():
        assert sum(counted.values()) == answer["count"]
        assert key == "status" or list(counted.values()) == sorted(counted.values(), reverse=True)
        assert counted.get("none", 0) == len(
            [record for record in answer["backup_task_sessions"] if record[key] is None]
        )
    assert all(answer["counts"]["status"][status] for status in ("success", "warning", "failed", "running"))
    assert jobs(simulator)["counts"]["kind"]["backup"] > 1
    failed = ask(simulator, "backup_task_session", result=["Failed"])
    assert failed["counts"]["status"] == {
        "success": 0,
        "warning": 0,
        "failed": failed["count"],
        "running": 0,
        "unknown": 0,
    }


@pytest.mark.parametrize("name", ["backup_session", "backup_task_session"])
def test_what_runs(simulator: t.Any, name: str) -> None:
    whole = ask(simulator, name)[f"{name}s"]
    running = [record for record in whole if record["running"]]
    assert running
    simulator.reset()
    assert ask(simulator, name, running=True)[f"{name}s"] == running
    assert len(asked(simulator)) == 1, "the server is asked for what is not over, so that few rows come"
    assert ask(simulator, name, running=False)[f"{name}s"] == [record for record in whole if not record["running"]]
    assert {record["status"] for record in running} == {"running"}
    with pytest.raises(SettingsError, match="references do not tell whether a session runs"):
        ask(simulator, name, running=True, representation="reference")


def test_vm_restore_points(simulator: t.Any) -> None:
    points = ask(simulator, "vm_restore_point", vm_display_name=["web01"])["vm_restore_points"]
    assert points
    for point in points:
        assert point["vm_display_name"] == "web01"
        assert point["hierarchy_obj_ref"].startswith(f"urn:{point['platform']}:Vm:")
        assert point["hierarchy_obj_ref"].endswith(f".{point['vm_ref']}")
        assert point["restore_point_uid"].startswith("urn:veeam:RestorePoint:")
        assert point["backup_file_name"]
    full = ask(simulator, "vm_restore_point", vm_display_name=["web01"], point_type=["Full"])
    assert set(names(full, "point_type")) == {"Full"}
    algorithm = points[0]["algorithm"]
    assert set(names(ask(simulator, "vm_restore_point", algorithm=[algorithm]), "algorithm")) == {algorithm}
    edge = points[-1]["creation_time"]
    assert names(
        ask(simulator, "vm_restore_point", vm_display_name=["web01"], created_after=edge), "creation_time"
    ) == [edge]
    newest = ask(simulator, "vm_restore_point", vm_display_name=["web01"], descending=True, limit=1)
    assert newest["vm_restore_points"] == [points[-1]]
    assert ask(simulator, "vm_restore_point", uid=points[0]["uid"])["vm_restore_points"] == [points[0]]


class TestJobs:
    def test_all_kinds_are_in_one_list(self, simulator: t.Any) -> None:
        answer = jobs(simulator)
        assert set(names(answer, "kind")) == set(JOB_KINDS)
        assert names(answer) == sorted(names(answer))
        assert len(asked(simulator)) == 3

    @pytest.mark.parametrize("kind", JOB_KINDS)
    def test_one_kind_costs_one_request(self, simulator: t.Any, kind: str) -> None:
        whole = jobs(simulator)["jobs"]
        simulator.reset()
        assert jobs(simulator, kind=[kind])["jobs"] == [job for job in whole if job["kind"] == kind]
        assert len(asked(simulator)) == 1

    def test_disabled_jobs(self, simulator: t.Any) -> None:
        off = jobs(simulator, schedule_enabled=False)["jobs"]
        assert off
        assert not any(job["schedule_enabled"] for job in off)
        assert all(job["schedule_enabled"] for job in jobs(simulator, schedule_enabled=True)["jobs"])
        scheduled = jobs(simulator, schedule_configured=True, schedule_enabled=True)["jobs"]
        assert any(job["next_run"] for job in scheduled)

    def test_platforms(self, simulator: t.Any) -> None:
        found = jobs(simulator, platform=["HyperV"])["jobs"]
        assert {job["platform"] for job in found} == {"HyperV"}
        with pytest.raises(SettingsError, match="no kind of job"):
            jobs(simulator, kind=["nas"], platform=["HyperV"])

    def test_objects(self, simulator: t.Any) -> None:
        whole = jobs(simulator, include_objects=True)["jobs"]
        # A periodic copy job of the demo site tells nothing about its sources.
        assert all(job["objects"] for job in whole if job["kind"] == "nas" or job["job_info"])
        types = {found["object_type"] for job in whole for found in job["objects"]}
        assert {"Vm", "Folder"} <= types
        assert "objects" not in jobs(simulator)["jobs"][0]
        assert any(job["objects"][0]["linked_uid"] for job in whole if job["kind"] == "copy" and job["objects"])

    def test_objects_from_their_own_collection(self, simulator: t.Any) -> None:
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info import jobs

        with connected(simulator) as run:
            record = next(job for job in run.client.query("job").records if job["kind"] == "backup")
            assert jobs._included(run.client, record) == objects_of(record)

    @pytest.mark.parametrize("kind", JOB_KINDS)
    def test_by_any_form_of_uid(self, simulator: t.Any, kind: str) -> None:
        job = jobs(simulator, kind=[kind])["jobs"][0]
        for uid in (job["uid"], job["id"], f"urn:veeam:Job:{job['id']}"):
            assert jobs(simulator, uid=uid)["jobs"] == [job]
        with pytest.raises(SettingsError, match="UID of a Repository"):
            jobs(simulator, uid=f"urn:veeam:Repository:{job['id']}")
        assert jobs(simulator, uid="00000000-0000-4000-8000-000000000000")["jobs"] == []

    def test_order_and_limit_hold_across_kinds(self, simulator: t.Any) -> None:
        whole = jobs(simulator, sort_by="kind")["jobs"]
        assert [job["kind"] for job in whole] == sorted(job["kind"] for job in whole)
        few = jobs(simulator, sort_by="next_run", limit=3)
        times = sorted(job["next_run"] for job in whole if job["next_run"])
        assert few["truncated"]
        assert names(few, "next_run") == times[:3]

    @pytest.mark.parametrize("profile", ["v95u4", "v13"])
    def test_machines_of_the_newest_run(self, simulators: t.Any, profile: str) -> None:
        em = simulators.get(profile=profile)
        whole = jobs(em)["jobs"]
        em.reset()
        found = {job["name"]: job for job in jobs(em, include_machines=True)["jobs"]}
        # Three kinds of jobs, sessions and tasks of replications, and those of all others, whose UIDs are too many for one URL.
        assert len(asked(em)) == 3 + 2 + 3
        assert set(found) == {job["name"] for job in whole}
        for name, job in found.items():
            # Replications have sessions of their own; copies and agents several for one run.
            if job["kind"] in ("replica", "copy", "agent"):
                continue
            runs = ask(em, "backup_session", job_uid=[job["uid"]], descending=True, is_retry=False, running=False)
            newest = [run["uid"] for run in runs["backup_sessions"][:1]]
            tasks = ask(em, "backup_task_session", job_session_uid=newest)["backup_task_sessions"] if newest else []
            assert {task["vm_display_name"] for task in tasks} == {one["name"] for one in job["machines"] or []}, name
        assert found["Web Tier"]["machines"]
        assert any(job["kind"] == "replica" and job["machines"] for job in found.values())
        laptops = found["Laptops & physical"]["machines"]
        assert {"lap01", "lap02", "phys01"} <= {one["name"] for one in laptops}
        assert "machines" not in whole[0]

    def test_a_job_that_runs_before_the_window(self, simulator: t.Any) -> None:
        whole = jobs(simulator)["jobs"]
        assert "runs_before_needed_at" not in whole[0]
        times = sorted(job["next_run"] for job in whole if job.get("next_run"))
        found = jobs(simulator, needed_at=times[1])["jobs"]
        assert {job["runs_before_needed_at"] for job in found if job.get("next_run") == times[0]} == {True}
        assert {job["runs_before_needed_at"] for job in found if job.get("next_run") == times[-1]} == {False}
        assert {job["runs_before_needed_at"] for job in found if job["schedule_enabled"] is False} == {False}
        assert None in {
            job["runs_before_needed_at"] for job in found if not job.get("next_run") and job["schedule_enabled"]
        }
        with pytest.raises(SettingsError, match="needed_at has the value 'soon'"):
            jobs(simulator, needed_at="soon")

    def test_a_portal_user_is_told_the_role(self, simulator: t.Any) -> None:
        user = next(account for account in simulator.accounts if account["role"] == "Portal User")
        with (
            pytest.raises(AccessDenied, match="Portal Administrator"),
            connected(simulator, username=user["username"], password=user["password"]) as run,
        ):
            gather_jobs(run.client, dict.fromkeys(JOB_OPTIONS))


@pytest.mark.parametrize("data_format", ["json", "xml"])
@pytest.mark.parametrize("profile", ["v95u4", "v13"])
def test_summary(simulators: t.Any, profile: str, data_format: str) -> None:
    em = simulators.get(profile=profile)
    with connected(em, data_format=data_format) as run:
        answer = gather_summary(run.client, {"reports": list(REPORTS)})
    assert list(answer) == list(REPORTS)
    assert run.client.request_count == 7
    for name, report in REPORTS.items():
        for key, value in answer[name].items():
            assert not isinstance(value, dict), (name, key)
        if report.rows_key:
            assert answer[name][report.rows_key]
    assert answer["overview"]["backup_servers"] == 3
    assert answer["vms_overview"]["protected_vms"] > 40
    assert isinstance(answer["job_statistics"]["max_duration_backup_job_name"], str)
    assert answer["processed_vms"]["days"][0]["timestamp"].endswith("Z")
    assert any(period["capacity"] is None for period in answer["repository"]["periods"])


def test_days_are_those_of_the_server() -> None:
    days = [
        {"Timestamp": "2026-02-03T00:00:00+01:00"},
        {"timestamp": "2026-02-03T00:00:00Z"},
        {"Timestamp": "0001-01-01T00:00:00"},
    ]
    rows = read_report("processed_vms", {"Days": days})["days"]
    assert [row["date"] for row in rows] == ["2026-02-03", "2026-02-03", None]
    assert [row["timestamp"] for row in rows] == ["2026-02-02T23:00:00Z", "2026-02-03T00:00:00Z", None]


def test_empty_lists_are_refused_before_any_request(simulator: t.Any) -> None:
    for gathering, words in (
        (lambda: jobs(simulator, kind=[]), "kind is an empty list"),
        (lambda: repositories(simulator, kind=[]), "kind is an empty list"),
    ):
        with pytest.raises(SettingsError, match=words):
            gathering()
    with pytest.raises(SettingsError, match="reports is an empty list"), connected(simulator) as run:
        gather_summary(run.client, {"reports": []})
    assert simulator.requests() == []


def test_one_summary_is_one_request(simulator: t.Any) -> None:
    with connected(simulator) as run:
        assert list(gather_summary(run.client, {"reports": ["overview"]})) == ["overview"]
    assert run.client.request_count == 3


class TestQuery:
    @pytest.mark.parametrize("query_type", QUERY_TYPES)
    def test_every_type_can_be_asked_for(self, simulator: t.Any, query_type: str) -> None:
        answer = rows(simulator, query_type)
        assert answer["count"] == len(answer["records"])

    def test_words_and_raw_filters(self, simulator: t.Any) -> None:
        whole = rows(simulator, "BackupTaskSession")["records"]
        failed = rows(simulator, "BackupTaskSession", result=["Failed"])["records"]
        assert failed == [record for record in whole if record["result"] == "Failed"]
        assert rows(simulator, "BackupTaskSession", filter='Result=="Failed"')["records"] == failed

    def test_order(self, simulator: t.Any) -> None:
        largest = rows(simulator, "BackupFile", sort_by="backupsize", descending=True, limit=3)
        sizes = [record["backup_size"] for record in rows(simulator, "BackupFile")["records"]]
        assert names(largest, "backup_size") == sorted(sizes, reverse=True)[:3]
        with pytest.raises(SettingsError, match="can't be sorted by 'Colour'; use UID, Name"):
            rows(simulator, "BackupFile", sort_by="Colour")

    def test_words_that_a_type_does_not_have(self, simulator: t.Any) -> None:
        with pytest.raises(SettingsError, match="Repository can't be selected by result"):
            rows(simulator, "Repository", result=["Failed"])
        assert simulator.requests() == []

    def test_fields_of_a_type_without_names(self, simulator: t.Any) -> None:
        assert "ExternalRepository" in QUERY_TYPES
        for params in ({"sort_by": "State"}, {"state": ["Finished"]}, {"sort_by": "operation"}):
            rows(simulator, "Task", **params)
        with pytest.raises(SettingsError, match="use TaskId, State, Operation"):
            rows(simulator, "Task", sort_by="Name")

    def test_references(self, simulator: t.Any) -> None:
        answer = rows(simulator, "HierarchyRoot", representation="reference")
        assert answer["count"] > 0
        assert all(record["host_type"] is None and record["uid"] for record in answer["records"])

    def test_a_discovered_computer_has_its_own_address(self, simulator: t.Any) -> None:
        for record in rows(simulator, "DiscoveredComputer")["records"]:
            assert record["href"] == f"/api/agents/discoveredComputers/{record['id']}"
