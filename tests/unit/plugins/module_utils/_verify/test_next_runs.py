# SPDX-License-Identifier: GPL-3.0-or-later
"""When the jobs of machines run next: which are asked for, what is made of them, and what trouble leaves alone."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import FilterSet, split_for_url
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AccessDenied,
    EmError,
    RequestRejected,
    TimedOut,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import Result
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.next_runs import add_next_runs, next_of

NOW, NEEDED = "2026-01-06T06:00:00Z", "2026-01-06T20:00:00Z"
EARLY, LATE, PAST = "2026-01-06T18:00:00Z", "2026-01-06T22:00:00Z", "2026-01-06T05:00:00Z"


def job(
    next_run: str | None = EARLY, name: str = "Daily VMs", server: str | None = "vbr01", **more: t.Any
) -> dict[str, t.Any]:
    return {
        "name": name, "backup_server_name": server, "next_run": next_run, "schedule_enabled": True, "schedule_configured": True, **more,
    }  # fmt: skip


def run(name: str = "Daily VMs", kind: str = "Backup", server: str | None = "vbr01") -> dict[str, t.Any]:
    return {"job_name": name, "job_type": kind, "backup_server_name": server}


def machine(good: t.Any, last: t.Any = None, verdict: str = "stale") -> dict[str, t.Any]:
    return {"name": "db02", "verdict": verdict, "last_good": good, "last_attempt": last, "needed_at": NEEDED}


class Jobs:
    """A client that knows jobs only; a chunk too long for one URL counts as many requests."""

    def __init__(self, page_size: int = 500, **answers: t.Any) -> None:
        self.page_size = page_size
        self.asked: list[tuple[str, str]] = []
        self._answers = answers

    def query(self, name: str, selection: FilterSet, *, limit: int) -> Result:
        assert limit < max(2, self.page_size)
        for part in split_for_url(selection, 1200):
            self.asked.append((name, part.text if part else ""))
        found = self._answers.get(name, [])
        if isinstance(found, Exception):
            raise found
        return Result(found[:limit], len(found) > limit)


def told(client: Jobs, *machines: dict[str, t.Any]) -> dict[str, t.Any]:
    result = {"machines": list(machines), "checked_at": NOW, "ok": False}
    before = copy.deepcopy(result)
    add_next_runs(t.cast("t.Any", client), result)
    kept = {"machines": [{k: each[k] for k in old} for each, old in zip(result["machines"], before["machines"])]}
    assert {**result, **kept, "notes": None} == {**before, "notes": None}, "what was decided stands"
    return result


@pytest.mark.parametrize(
    ("jobs", "says"),
    [
        ([], (None, None)),
        ([None], (None, None)),
        ([job(EARLY)], (EARLY, True)),
        ([job(LATE)], (LATE, False)),
        ([job(NEEDED)], (NEEDED, False)),
        ([job(LATE), job(EARLY)], (EARLY, True)),
        ([job(LATE), None], (LATE, None)),
        ([job(EARLY), None], (EARLY, True)),
        ([job(EARLY, schedule_enabled=False)], (None, False)),
        ([job(None, schedule_configured=False)], (None, False)),
        ([job(None)], (None, None)),
        ([job(PAST)], (None, None)),
        ([job(NOW)], (None, None)),
        ([job(None, schedule_configured=False), job(LATE)], (LATE, False)),
    ],
)
def test_the_first_run_and_whether_it_helps(jobs: list[t.Any], says: tuple[t.Any, t.Any]) -> None:
    assert tuple(next_of(jobs, NOW, NEEDED).values()) == says


def test_each_machine_has_the_jobs_of_its_last_good_and_its_last_attempt() -> None:
    client = Jobs(job=[job(LATE), job(EARLY, "Hourly"), job(PAST, server="vbr02")])
    found = told(client, machine(run("daily vms"), run("Hourly")), machine(run()), machine(None), machine(run("Gone")))
    assert [each["next_run"] for each in found["machines"]] == [EARLY, LATE, None, None]
    assert [each["runs_before_needed_at"] for each in found["machines"]] == [True, False, None, None]
    assert found["notes"] == []
    assert client.asked == [("job", 'Name=="daily vms",Name=="Hourly",Name=="Daily VMs",Name=="Gone"')]


def test_jobs_of_agents_are_asked_for_where_they_matter() -> None:
    client = Jobs(agent_job=[job(LATE, "Laptops"), job(EARLY, "Laptops - night"), job(PAST, "Lap")])
    names = ("Laptops", "Laptops - lap01", "Laptops - night - lap01", "lap01", "Laptopsy")
    found = told(client, *(machine(run(name, "AgentManagement")) for name in names))
    assert [each["next_run"] for each in found["machines"]] == [LATE, LATE, EARLY, None, None]
    assert client.asked == [("agent_job", "")]


def test_one_name_at_several_servers_is_no_guess() -> None:
    client = Jobs(job=[job(EARLY), job(LATE, server="vbr02")])
    found = told(client, machine(run(server="VBR02")), machine(run(server=None)))
    assert [each["next_run"] for each in found["machines"]] == [LATE, None]


def test_nothing_is_asked_without_jobs() -> None:
    client = Jobs()
    assert told(client, machine(None))["machines"][0]["next_run"] is None
    assert client.asked == []


@pytest.mark.parametrize("page_size", [1, 7, 500])
def test_three_requests_at_most_and_the_machines_that_are_not_ready_first(page_size: int) -> None:
    long = [machine(run(f"{'A long name of a job ' * 5}{number}"), verdict="ok") for number in range(900)]
    client = Jobs(page_size)
    found = told(client, *long, machine(run("last")), machine(run("Laptops", "AgentBackup")))
    assert [name for name, _filter in client.asked] == ["job", "job", "agent_job"]
    assert client.asked[0][1].startswith('Name=="last"')
    assert found["notes"] == ["When jobs run next is not known of all jobs: there are too many."]


@pytest.mark.parametrize(
    ("error", "asked"),
    [(AccessDenied("Access denied"), 1), (TimedOut("No answer"), 1), (RequestRejected("No such type"), 2)],
)
def test_trouble_is_a_note(error: EmError, asked: int) -> None:
    client = Jobs(job=error, agent_job=[job(EARLY, "Laptops")])
    found = told(client, machine(run()), machine(run("Laptops", "AgentBackup")))
    assert found["notes"] == [f"When jobs run next is not known: {error}"]
    assert found["machines"][0]["next_run"] is None
    assert found["machines"][1]["next_run"] == (EARLY if asked == 2 else None)
    assert len(client.asked) == asked


def test_a_name_that_no_filter_can_ask_for_is_told() -> None:
    client = Jobs(job=[job()])
    found = told(client, machine(run("a\nb")), machine(run()))
    assert [each["next_run"] for each in found["machines"]] == [None, EARLY]
    assert len(found["notes"]) == 1
