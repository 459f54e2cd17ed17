# SPDX-License-Identifier: GPL-3.0-or-later
"""When jobs run next, from the simulator: what it costs, who may know, and that it never touches a verdict."""

from __future__ import annotations

import typing as t

import pytest

from support import modules

MACHINES = ["web01", "db02", "file01", "old01", "legacy01", "copyonly01", "print01", "lap01", "phys01", "shared01"]
NEW = {"next_run", "runs_before_needed_at"}


def ask(em: t.Any, **options: t.Any) -> tuple[dict[str, t.Any], int]:
    """The result, and the number of requests, each of which stands in the server's log."""
    before = len(em.requests())
    result = modules.run("protection_info", {"machines": MACHINES, "needed_at": "+12h", **options}, em)
    assert not result["failed"], result
    assert result["request_count"] == len(em.requests()) - before
    return result, result["request_count"]


def without(result: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """What a verdict is made of; the age is that of the moment."""
    left = {*NEW, "message", "needed_at"}
    found = [{key: value for key, value in each.items() if key not in left} for each in result["machines"]]
    for each in found:
        if each["last_good"]:
            each["last_good"] = {**each["last_good"], "age_seconds": None}
    return found


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
def test_next_runs_are_those_of_the_jobs(simulators: t.Any, profile: str) -> None:
    em = simulators.get(profile=profile)
    plain, few = ask(em)
    found, more = ask(em, next_runs=True)
    assert more - few == 2, "jobs by name, and those of agents"
    assert without(found) == without(plain)
    assert NEW.isdisjoint(plain["machines"][0])
    assert "notes" not in plain
    assert found["notes"] == []
    jobs = modules.run("job_info", {"needed_at": "12h"}, em)["jobs"]
    by_name = {(job["name"], job["backup_server_name"]): job for job in jobs}
    told = {each["name"]: each for each in found["machines"]}
    for name in ("web01", "db02", "file01", "print01", "shared01"):
        job = by_name[(told[name]["last_good"]["job_name"], told[name]["last_good"]["backup_server_name"])]
        assert job["next_run"]
        assert told[name]["next_run"] == job["next_run"]
        assert told[name]["runs_before_needed_at"] is job["runs_before_needed_at"]
    assert {told[name]["runs_before_needed_at"] for name in ("db02", "file01", "web01")} == {True, False}
    # Its job is switched off, and the other has none.
    assert (told["old01"]["next_run"], told["old01"]["runs_before_needed_at"]) == (None, False)
    assert (told["legacy01"]["next_run"], told["legacy01"]["runs_before_needed_at"]) == (None, None)
    agents = [job["next_run"] for job in jobs if job["kind"] == "agent"]
    assert {told["lap01"]["next_run"], told["phys01"]["next_run"]} == set(agents)


def test_it_takes_three_requests_at_most_however_small_the_pages(simulator: t.Any) -> None:
    for page_size in (5, 25):
        few, more = (ask(simulator, next_runs=wanted, page_size=page_size)[1] for wanted in (False, True))
        assert 1 <= more - few <= 3
    assert ask(simulator, next_runs=True, page_size=2)[0]["notes"] == [
        "When jobs run next is not known of all jobs: there are too many."
    ]
    few, more = (ask(simulator, next_runs=wanted, machines=["web01", "db02"])[1] for wanted in (False, True))
    assert more - few == 1, "no agents, no question about them"
    few, more = (ask(simulator, next_runs=wanted, machines=["nobody"])[1] for wanted in (False, True))
    assert more == few, "no job, no question"


def test_a_portal_user_is_told_why_not(simulator: t.Any) -> None:
    [user] = [one for one in simulator.accounts if one["role"] == "Portal User"][:1]
    account = {"username": user["username"], "password": user["password"]}
    plain, few = ask(simulator, **account)
    found, more = ask(simulator, next_runs=True, **account)
    assert more - few == 1
    assert without(found) == without(plain)
    assert (found["ok"], found["summary"], found["msg"]) == (plain["ok"], plain["summary"], plain["msg"])
    assert {(each["next_run"], each["runs_before_needed_at"]) for each in found["machines"]} == {(None, None)}
    (note,) = found["notes"]
    assert note.startswith("When jobs run next is not known: ")
    assert "Portal Administrator" in note
    assert "denied" in note


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        ({"kind": "error", "status": 500}, False),
        ({"kind": "error", "status": 400}, True),
        ({"kind": "error", "status": 404}, True),
        ({"kind": "truncated"}, False),
        ({"kind": "reset"}, False),
        ({"kind": "html"}, False),
    ],
)
def test_jobs_that_can_not_be_read_are_a_note(simulator: t.Any, fault: dict[str, t.Any], left: bool) -> None:
    plain, _few = ask(simulator)
    simulator.add_fault({**fault, "path": "/api/query", "query": "*type=Job&*", "count": None})
    found, _more = ask(simulator, next_runs=True, retries=0)
    assert without(found) == without(plain)
    (note,) = found["notes"]
    assert note.startswith("When jobs run next is not known: ")
    told = {each["name"]: each["next_run"] for each in found["machines"]}
    assert told["web01"] is None
    # Only a server that does not know one kind of jobs is asked about the other.
    assert bool(told["lap01"]) is left
