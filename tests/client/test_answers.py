# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers instead of rows: the newest of each machine or job, failures that nothing has answered, names in other spellings."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.answers import gather_sessions
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.any_type import gather_query
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.jobs import gather_jobs
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.points import MACHINE_TYPES, gather_points
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.resource import gather, gather_repositories
from support.connection import client

Answer = t.Dict[str, t.Any]
PROFILES = ("v95u4", "v12", "v13")
VBR1, VBR2, VC1, VC2 = "vbr01.example.test", "vbr02.example.test", "vcenter01.example.test", "vcenter02.example.test"


def job(name: str, *machines: t.Any, server: str = VBR1, last: str = "-8h", **more: t.Any) -> Answer:
    return {
        "name": name, "backup_server": server, "type": "Backup", "machines": list(machines),
        "schedule": {"every": "24h", "last": last}, "history": "6d", **more,
    }  # fmt: skip


SITE: Answer = {
    "backup_servers": [{"name": VBR1}, {"name": VBR2}],
    "hierarchy_roots": [{"name": VC1, "backup_servers": [VBR1, VBR2]}, {"name": VC2, "backup_servers": VBR2}],
    "machines": [
        {"names": ["web01", "web02", "app01", "both01"], "on": VC1},
        {"name": "old-name", "key": "renamed", "on": VC1, "life": [{"at": "-40h", "name": "new-name"}]},
        {"name": "twin01", "on": VC1, "key": "one"},
        {"name": "twin01", "on": VC2, "key": "two"},
    ],
    "protection_groups": [{"name": "Laptops", "backup_server": VBR2}],
    "computers": [{"names": ["lap01"], "protection_group": "Laptops"}],
    "repositories": [{"name": "repo-a", "backup_server": VBR1}, {"name": "Repo-B", "backup_server": VBR2}],
    "jobs": [
        job(
            "Web", "web01", "web02", "renamed",
            outcomes=[
                # Last night: one got well by a retry, one did not. The machine of two names failed under its first one.
                {"machine": "web01", "runs": 0, "result": "Failed", "reason": "Disk full", "retry": ["Failed", "Success"]},
                {"machine": "web02", "runs": "0-2", "result": "Failed", "reason": "Disk full", "retry": ["Failed", "Failed"]},
                {"machine": "renamed", "runs": 2, "result": "Failed", "reason": "Disk full"},
            ],
        ),
        job("Twins", "one", "two", server=VBR2, last="-7h", outcomes=[{"machine": "two", "runs": 0, "result": "Failed"}]),
        job("Both, first", "both01", last="-6h", outcomes=[{"machine": "both01", "runs": "every 2", "result": "Failed"}]),
        job("Both, second", "both01", server=VBR2, last="-5h"),
        job("App", "app01", last="-20m", outcomes=[{"machine": "app01", "running": True}]),
        {
            "name": "Laptops", "backup_server": VBR2, "type": "AgentBackup", "computers": ["lap01"],
            "schedule": {"every": "24h", "last": "-4h"}, "history": "6d",
        },
    ],
}  # fmt: skip
DEFAULTS: Answer = {
    **dict.fromkeys(("uid", "endpoint", "representation", "latest", "job_type", "filter", "limit", "kind", "needed_at", "sort_by")),
    **dict.fromkeys(("name", "platform", "include_objects", "include_machines", "free_percent_max", "free_space_max")),
    "unresolved": False,
    "vm_display_name": None,
    "machine_type": list(MACHINE_TYPES),
}  # fmt: skip


class Asker:
    """A site, its client and what the last question cost."""

    def __init__(self, profile: str = "v13", estate: Answer | None = None, **connection: t.Any) -> None:
        from veeam_em_simulator.testing import InProcess

        self.em = InProcess(copy.deepcopy(estate or SITE), profile=profile)
        self.connection = connection
        self.requests: list[str] = []

    def __call__(self, gatherer: t.Callable[..., Answer], *kind: str, **params: t.Any) -> Answer:
        before = len(self.em.requests())
        with client(self.em, **self.connection) as session:
            answer = gatherer(*kind, session, {**DEFAULTS, **params})
        paths = [request["path"] for request in self.em.requests()[before:]]
        self.requests = [path for path in paths if "query" in path]
        return answer

    def tasks(self, **params: t.Any) -> list[Answer]:
        found: list[Answer] = self(gather_sessions, "backup_task_session", **params)["backup_task_sessions"]
        return found

    def sessions(self, **params: t.Any) -> list[Answer]:
        found: list[Answer] = self(gather_sessions, "backup_session", **params)["backup_sessions"]
        return found

    def points(self, **params: t.Any) -> list[Answer]:
        found: list[Answer] = self(gather_points, **params)["vm_restore_points"]
        return found


@pytest.fixture(params=[(profile, form) for profile in PROFILES for form in ("json", "xml")], ids="-".join)
def ask(request: pytest.FixtureRequest) -> Asker:
    profile, form = request.param
    return Asker(profile, data_format=form)


def told(records: t.Iterable[Answer], *keys: str) -> list[tuple[t.Any, ...]]:
    return sorted(tuple(record[key] for key in keys) for record in records)


class TestLatest:
    def test_of_each_machine_whatever_it_is_called(self, ask: Asker) -> None:
        assert told(ask.tasks(latest="machine", created_after="5d"), "vm_display_name", "status") == [
            ("app01", "running"), ("both01", "success"), ("lap01", "success"), ("new-name", "success"),
            ("twin01", "failed"), ("twin01", "success"), ("web01", "success"), ("web02", "failed"),
        ]  # fmt: skip

    def test_outcomes_are_about_the_newest_one(self, ask: Asker) -> None:
        failed = ask.tasks(latest="machine", created_after="5d", result=["Failed"])
        assert told(failed, "vm_display_name") == [("twin01",), ("web02",)]
        running = ask.tasks(latest="machine", created_after="5d", running=True)
        assert told(running, "vm_display_name") == [("app01",)]
        assert ask.tasks(latest="machine", created_after="5d", total_size_min=1 << 60) == []
        assert len(ask.tasks(latest="machine", created_after="5d", total_size_max=1 << 60)) == 8
        assert told(ask.tasks(latest="machine", created_after="5d", state=["InProgress"]), "vm_display_name") == [
            ("app01",)
        ]
        assert len(ask.tasks(latest="machine", created_after="5d", reason=["Disk full"])) == 1

    def test_of_each_machine_in_each_job(self, ask: Asker) -> None:
        found = ask.tasks(latest="machine_in_job", created_after="5d", vm_display_name=["both01"])
        assert told(found, "job_name", "status") == [("Both, first", "failed"), ("Both, second", "success")]

    def test_of_each_job(self, ask: Asker) -> None:
        tasks = ask.tasks(latest="job", created_after="5d")
        assert len(tasks) == len({task["job_name"] for task in tasks}) == 6
        sessions = ask.sessions(latest="job", created_after="5d")
        assert told(sessions, "job_name") == [
            ("App",),
            ("Both, first",),
            ("Both, second",),
            ("Laptops",),
            ("Twins",),
            ("Web",),
        ]
        newest = {record["job_name"]: record for record in ask.sessions(created_after="5d")}
        assert [record["uid"] for record in sessions] == sorted(
            (newest[record["job_name"]]["uid"] for record in sessions), key=[one["uid"] for one in sessions].index
        )
        assert told(ask.sessions(latest="job", created_after="5d", result=["Failed"]), "job_name") == [
            ("Both, first",), ("Twins",), ("Web",),
        ]  # fmt: skip

    def test_computers_count_by_themselves_when_asked_for(self, ask: Asker) -> None:
        found = ask.sessions(latest="job", created_after="5d", job_type=["AgentManagement"])
        assert [record["agent_role"] for record in found] == ["child"]

    def test_sorted_and_cut_as_everywhere(self, ask: Asker) -> None:
        whole = ask.tasks(latest="machine", created_after="5d", sort_by="vm_display_name", descending=True)
        names = [record["vm_display_name"] for record in whole]
        assert names == sorted(names, reverse=True)
        answer = ask(
            gather_sessions, "backup_task_session", latest="machine", created_after="5d", sort_by="vm_display_name",
            descending=True, limit=3,
        )  # fmt: skip
        assert answer["backup_task_sessions"] == whole[:3]
        assert answer["truncated"]
        assert answer["count"] == 3

    def test_two_machines_of_one_name_in_one_session_stay_two(self) -> None:
        """Servers before version 10 tell no reference, and a failed task has no point either."""
        estate = copy.deepcopy(SITE)
        estate["jobs"] = [job("Twins", "one", "two", server=VBR2, outcomes=[{"machine": "*", "result": "Failed"}])]
        for profile in PROFILES:
            found = Asker(profile, estate).tasks(latest="machine", created_after="20h")
            assert told(found, "vm_display_name", "status") == [("twin01", "failed")] * 2, profile

    @pytest.mark.parametrize("profile", ["v12", "v13"])
    def test_reads_its_window_and_no_more(self, profile: str) -> None:
        ask = Asker(profile, page_size=5, parallel_requests=1)
        ask.tasks(created_after="3d")
        plain = len(ask.requests)
        assert plain > 3
        ask.tasks(latest="machine", created_after="3d")
        # The hierarchy roots, and the job sessions of the tasks of agents, which tell no reference.
        assert len(ask.requests) == plain + 2
        ask.tasks(latest="machine", created_after="3d", job_name=["Both, second"])
        assert len(ask.requests) == 1


class TestUnresolved:
    def test_each_machine_and_job_once(self, ask: Asker) -> None:
        found = ask.tasks(unresolved=True, created_after="30h")
        assert told(found, "vm_display_name", "job_name") == [
            ("both01", "Both, first"),
            ("twin01", "Twins"),
            ("web02", "Web"),
        ]
        newest = max(one["creation_time"] for one in ask.tasks(vm_display_name=["web02"], created_after="30h"))
        assert [one["creation_time"] for one in found if one["vm_display_name"] == "web02"] == [newest]
        assert {one["status"] for one in found} == {"failed"}

    def test_a_success_under_another_name_is_an_answer(self, ask: Asker) -> None:
        window = {"created_after": "70h", "created_before": "45h"}
        assert ("old-name",) in told(ask.tasks(result=["Failed"], **window), "vm_display_name")
        assert told(ask.tasks(unresolved=True, **window), "vm_display_name") == [("web02",)]

    def test_a_success_between_two_failures_answers_the_first_only(self, ask: Asker) -> None:
        tried = ask.tasks(vm_display_name=["both01"], job_name=["Both, first"], created_after="5d")
        assert [one["status"] for one in tried][-3:] == ["failed", "success", "failed"]
        assert ask.tasks(unresolved=True, vm_display_name=["both01"], created_after="5d") == tried[-1:]
        before = tried[-1]["creation_time"]
        assert ask.tasks(unresolved=True, vm_display_name=["both01"], created_after="60h", ended_before=before) == []

    def test_answers_count_up_to_now(self, ask: Asker) -> None:
        """The failure lies in the window, its answer after it."""
        first = min(one["creation_time"] for one in ask.tasks(vm_display_name=["web01"], result=["Failed"]))
        assert ask.tasks(unresolved=True, vm_display_name=["web01"], created_before=first, created_after="20h") == []

    def test_jobs(self, ask: Asker) -> None:
        assert told(ask.sessions(unresolved=True, created_after="30h"), "job_name") == [
            ("Both, first",), ("Twins",), ("Web",),
        ]  # fmt: skip

    def test_nothing_failed(self, ask: Asker) -> None:
        assert ask.tasks(unresolved=True, created_after="10h", job_name=["Both, second"]) == []
        # The failures, and whether the job is there at all.
        assert len(ask.requests) == 2
        ask.tasks(unresolved=True, created_after="1m")
        assert len(ask.requests) == 1

    @pytest.mark.parametrize("profile", ["v12", "v13"])
    def test_reads_failures_and_what_could_answer_them(self, profile: str) -> None:
        estate = copy.deepcopy(SITE)
        estate["machines"].append({"names": ["other{01..60}"], "on": VC1})
        estate["jobs"].append(job("Others", "other{01..60}"))
        ask = Asker(profile, estate, page_size=20, parallel_requests=1)
        ask.tasks(unresolved=True, created_after="5d")
        # Failures and successes of three small jobs; the sixty other machines are in pages that nobody reads.
        assert len(ask.requests) <= 8

    def test_what_contradicts_is_refused_before_any_request(self) -> None:
        ask = Asker()
        for params in (
            {"unresolved": True, "latest": "machine"}, {"unresolved": True, "result": ["Success"]}, {"unresolved": True, "running": True},
            {"latest": "machine", "endpoint": "list"}, {"latest": "machine", "representation": "reference"},
            {"latest": "machine", "uid": "urn:veeam:BackupTaskSession:44444444-aaaa-4bbb-8ccc-000000000001"},
        ):  # fmt: skip
            with pytest.raises(SettingsError, match="can't be combined"):
                ask.tasks(**params)
        assert ask.em.requests() == []


class TestPoints:
    def test_of_machines_and_computers(self, ask: Asker) -> None:
        found = ask.points(latest="machine", created_after="5d")
        assert told(found, "vm_display_name", "machine_type") == [
            ("app01", "vm"), ("both01", "vm"), ("lap01", "agent"), ("new-name", "vm"), ("twin01", "vm"), ("twin01", "vm"),
            ("web01", "vm"), ("web02", "vm"),
        ]  # fmt: skip
        assert {frozenset(one) for one in found} == {frozenset(found[0])}

    def test_found_by_name(self, ask: Asker) -> None:
        found = ask.points(vm_display_name=["lap01", "web01"], created_after="3d")
        assert {one["vm_display_name"] for one in found} == {"lap01", "web01"}
        assert {one["machine_type"] for one in ask.points(vm_display_name=["lap01"], machine_type=["vm"])} == set()

    @pytest.mark.parametrize("key", ["creation_time", "name", "vm_display_name", "backup_server_name"])
    @pytest.mark.parametrize("descending", [False, True])
    def test_sorted_together_and_cut(self, key: str, descending: bool) -> None:
        ask = Asker()
        whole = ask.points(sort_by=key, descending=descending)
        values = [one[key] for one in whole]
        assert values == sorted(values, reverse=descending)
        assert ask.points(sort_by=key, descending=descending, limit=4) == whole[:4]

    def test_by_uid(self, ask: Asker) -> None:
        for one in ask.points(latest="machine", created_after="5d"):
            assert ask.points(uid=one["uid"]) == [one]
            assert ask.points(uid=one["id"]) == [one]

    def test_a_filter_needs_one_kind(self) -> None:
        ask = Asker()
        with pytest.raises(SettingsError, match="machine_type"):
            ask.points(filter='ComputerName=="lap01"')
        assert ask.em.requests() == []
        found = ask.points(filter='ComputerName=="lap01"', machine_type=["agent"])
        assert {one["vm_display_name"] for one in found} == {"lap01"}

    def test_servers_without_agents(self) -> None:
        ask = Asker()
        ask.em.add_fault({"kind": "error", "status": 400, "path": "/api/query", "query": "*AgentRestorePoint*"})
        answer = ask(gather_points, created_after="3d")
        assert answer["vm_restore_points"]
        assert "nothing of the restore points of agents" in answer["warnings"][0]


class TestNames:
    def test_another_spelling_is_found_and_said(self, ask: Asker) -> None:
        for gatherer, kind, option, given, spelt in (
            (gather_sessions, "backup_task_session", "vm_display_name", "WEB01", "web01"),
            (gather_sessions, "backup_task_session", "vm_display_name", "web01.corp.example", "web01"),
            (gather_sessions, "backup_task_session", "job_name", "WEB", "Web"),
            (gather_sessions, "backup_task_session", "backup_server_name", "VBR01", VBR1),
            (gather_sessions, "backup_session", "job_name", "twins", "Twins"),
            (gather, "backup_server", "name", "vbr02", VBR2),
        ):  # fmt: skip
            plural = f"{kind}s"
            answer = ask(gatherer, kind, **{option: [given]}, latest=None)
            assert answer[plural] == ask(gatherer, kind, **{option: [spelt]})[plural] != [], given
            assert answer["matched_names"] == {option: {given: [spelt]}}
            assert answer["unmatched_names"] == {}
            assert "warnings" not in answer

    def test_in_the_other_modules(self, ask: Asker) -> None:
        assert ask(gather_jobs, name=["WEB"])["matched_names"] == {"name": {"WEB": ["Web"]}}
        assert ask(gather_repositories, name=["REPO-A", "repo-b"])["count"] == 2
        assert ask(gather_points, vm_display_name=["LAP01", "Web01"], created_after="3d")["matched_names"] == {
            "vm_display_name": {"LAP01": ["lap01"], "Web01": ["web01"]}
        }
        found = ask(gather_query, type="BackupTaskSession", vm_display_name=["WEB01"], created_after="3d")
        assert {one["vm_display_name"] for one in found["records"]} == {"web01"}

    def test_what_nothing_has_is_said_with_the_nearest(self, ask: Asker) -> None:
        answer = ask(
            gather_sessions,
            "backup_task_session",
            vm_display_name=["wbe01", "web02"],
            created_after="3d",
            result=["Failed"],
        )
        assert {one["vm_display_name"] for one in answer["backup_task_sessions"]} == {"web02"}
        assert answer["unmatched_names"] == {"vm_display_name": ["wbe01"]}
        (warning,) = answer["warnings"]
        assert "'wbe01' (did you mean web01" in warning
        assert "in the time asked for" in warning
        (warning,) = ask(gather_sessions, "backup_session", backup_server_name=["vbr9"])["warnings"]
        assert VBR1 in warning

    def test_no_word_about_a_name_that_other_filters_leave_without_rows(self, ask: Asker) -> None:
        answer = ask(
            gather_sessions, "backup_task_session", vm_display_name=["lap01"], created_after="3d", result=["Failed"]
        )
        assert (answer["count"], answer["unmatched_names"], answer["matched_names"]) == (0, {}, {})
        assert "warnings" not in answer
        assert len(ask.requests) == 2

    def test_names_that_all_have_rows_cost_nothing(self, ask: Asker) -> None:
        ask.tasks(vm_display_name=["web01", "web02"], job_name=["Web"], backup_server_name=[VBR1], created_after="3d")
        assert len(ask.requests) == 1
        ask(gather_jobs, name=["Web"], kind=["backup"])
        assert len(ask.requests) == 1

    def test_only_as_given_on_request(self, ask: Asker) -> None:
        answer = ask(
            gather_sessions, "backup_task_session", vm_display_name=["WEB01"], name_match=["exact"], created_after="3d"
        )
        assert (answer["count"], answer["unmatched_names"]) == (0, {"vm_display_name": ["WEB01"]})
        answer = ask(gather_sessions, "backup_task_session", backup_server_name=["vbr01"], name_match=["ignore_case"])
        assert answer["count"] == 0

    def test_a_name_given_exactly_means_just_that(self) -> None:
        estate = copy.deepcopy(SITE)
        estate["machines"].append({"name": "WEB01", "on": VC1})
        estate["jobs"].append(job("Upper", "WEB01"))
        ask = Asker("v13", estate)
        assert {one["vm_display_name"] for one in ask.tasks(vm_display_name=["WEB01"])} == {"WEB01"}
        answer = ask(gather_sessions, "backup_task_session", vm_display_name=["Web01"])
        assert answer["matched_names"] == {"vm_display_name": {"Web01": ["WEB01", "web01"]}}
        assert "fits 2 names" in answer["warnings"][0]

    def test_with_latest_and_unresolved(self, ask: Asker) -> None:
        assert told(ask.tasks(latest="machine", vm_display_name=["WEB02"], created_after="3d"), "status") == [
            ("failed",)
        ]
        answer = ask(
            gather_sessions, "backup_task_session", unresolved=True, vm_display_name=["web01"], created_after="3d"
        )
        assert (answer["count"], answer["unmatched_names"]) == (0, {})
