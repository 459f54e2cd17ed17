# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit gives the first records of the whole answer, in every order, also when many have one value or rows go away meanwhile."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.any_type import gather_query
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.resource import gather
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import Order

from .conftest import asked, connected
from .estates import generated, written

PROFILES = ["v95u4", "v12", "v13"]
YESTERDAY = (dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=1)).date()
MACHINES = [f"web{number:02d}" for number in range(1, 13)]


def in_one_second() -> dict[str, t.Any]:
    """A job per machine; all start within one second, and the last one of them fails."""
    jobs, sessions = [], []
    for number, machine in enumerate(MACHINES, 1):
        job, created = f"Job of {machine}", f"{YESTERDAY}T05:00:00.{number * 70:03d}Z"
        result = "Failed" if machine == MACHINES[-1] else "Success"
        jobs.append({"name": job, "backup_server": "vbr01.example.test", "type": "Backup", "machines": [machine]})
        task = {"machine": machine, "result": result, "created": created}
        sessions.append({"job": job, "created": created, "duration": "10m", "result": result, "tasks": [task]})
    return {
        "backup_servers": [{"name": "vbr01.example.test"}],
        "hierarchy_roots": [{"name": "vc01.example.test", "backup_servers": "vbr01.example.test"}],
        "machines": [{"name": name, "on": "vc01.example.test"} for name in MACHINES],
        "jobs": jobs,
        "sessions": sessions,
    }


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("second"), in_one_second())


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("busy"), generated(machines=100, days=4))


def ask(em: t.Any, name: str, /, **params: t.Any) -> list[dict[str, t.Any]]:
    with connected(em) as run:
        records: list[dict[str, t.Any]] = next(iter(gather(name, run.client, params).values()))
    return records


def rows(em: t.Any, query_type: str, **params: t.Any) -> list[dict[str, t.Any]]:
    with connected(em) as run:
        return t.cast(
            "list[dict[str, t.Any]]",
            gather_query(run.client, {"type": query_type, "sort_by": None, **params})["records"],
        )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["backup_session", "backup_task_session"])
@pytest.mark.parametrize("descending", [False, True])
def test_of_many_that_start_in_one_second(
    simulators: t.Any, second: str, profile: str, name: str, descending: bool
) -> None:
    em = simulators.get(profile=profile, estate=second)
    whole = ask(em, name, descending=descending)
    assert len(whole) == len(MACHINES)
    for limit in (1, 2, 3, len(MACHINES)):
        assert ask(em, name, descending=descending, limit=limit) == whole[:limit]
    if profile != "v95u4":  # which prints whole seconds only
        results = [record["result"] for record in whole]
        assert results == ["Failed" if index == (0 if descending else 11) else "Success" for index in range(12)]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("key", ["creation_time", "total_size", "end_time", "vm_display_name"])
def test_a_limit_is_the_start_of_the_whole(
    simulators: t.Any, busy: str, profile: str, key: str, descending: bool
) -> None:
    em = simulators.get(profile=profile, estate=busy)
    whole = ask(em, "backup_task_session", sort_by=key, descending=descending)
    for limit in (1, 37, 150, 399):
        assert ask(em, "backup_task_session", sort_by=key, descending=descending, limit=limit) == whole[:limit]


@pytest.mark.parametrize("key", ["creation_time", "total_size"])
@pytest.mark.parametrize("at", ["oldest", "newest"])
def test_nothing_is_lost_when_rows_go_away_meanwhile(simulators: t.Any, busy: str, key: str, at: str) -> None:
    em = simulators.get(profile="v12", estate=busy)
    em.reset()
    em.add_fault({"kind": "rows_removed", "path": "/api/query", "rows": 15, "count": 3, "after": 1, "at": at})
    field = {"creation_time": "CreationTime", "total_size": "TotalSize"}[key]
    with connected(em, page_size=50) as run:
        found = run.client.query("backup_task_session", order=Order(key, field), limit=1000)
    left = {record["uid"] for record in ask(em, "backup_task_session")}
    em.reset()
    assert 0 < len(left) < 400
    assert left <= {record["uid"] for record in found.records}
    assert not found.truncated


def test_the_largest_cost_one_page(simulators: t.Any, second: str) -> None:
    em = simulators.get(profile="v13", estate=second)
    em.reset()
    assert rows(em, "BackupJobSession", sort_by="EndTime", limit=1)
    ask(em, "backup_task_session", sort_by="total_size", descending=True, limit=1)
    assert len(asked(em)) == 2


class TestReferences:
    def test_the_server_sorts_them(self, simulator: t.Any) -> None:
        for key in ("creation_time", "job_name"):
            for descending in (False, True):
                asking = {"sort_by": key, "descending": descending}
                entities = ask(simulator, "backup_session", **asking)
                order = {record["uid"]: record[key] for record in entities}
                references = ask(simulator, "backup_session", representation="reference", **asking)
                values = [order[record["uid"]] for record in references]
                assert values == sorted(values, reverse=descending, key=str)
                few = ask(simulator, "backup_session", representation="reference", limit=5, **asking)
                assert [order[record["uid"]] for record in few] == values[:5]

    def test_names_are_told_and_sorted_here(self, simulator: t.Any) -> None:
        asking = {"representation": "reference", "sort_by": "name"}
        for endpoint in ("query", "list"):
            whole = ask(simulator, "backup_session", endpoint=endpoint, **asking)
            assert [record["name"] for record in whole] == sorted(record["name"] for record in whole)
            assert ask(simulator, "backup_session", endpoint=endpoint, limit=4, **asking) == whole[:4]

    def test_those_of_a_list_have_no_time_to_be_cut_by(self, simulator: t.Any) -> None:
        asking = {"endpoint": "list", "representation": "reference"}
        assert ask(simulator, "backup_session", **asking) == ask(simulator, "backup_session", sort_by="name", **asking)
        simulator.reset()
        for more in ({"limit": 2}, {"descending": True}, {"limit": 2, "sort_by": "end_time"}):
            with pytest.raises(SettingsError, match="can't be sorted by it; set sort_by to name"):
                ask(simulator, "backup_session", **asking, **more)
        assert simulator.requests() == []

    def test_they_do_not_tell_restore_points(self, simulator: t.Any) -> None:
        assert any(record["restore_point_uids"] for record in ask(simulator, "backup_session"))
        references = ask(simulator, "backup_session", representation="reference")
        assert {str(record["restore_point_uids"]) for record in references} == {"None"}


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize(("query_type", "field"), [("RestorePoint", "BackupName"), ("BackupTaskSession", "JobUid")])
def test_fields_that_no_record_tells_are_sorted_by_the_server(
    simulator: t.Any, query_type: str, field: str, limit: int | None
) -> None:
    first = rows(simulator, query_type, sort_by=field, limit=limit)
    last = rows(simulator, query_type, sort_by=field, descending=True, limit=limit)
    assert {record["uid"] for record in first} != {record["uid"] for record in last} or (
        limit is None and first[0]["uid"] != last[0]["uid"]
    )
    assert {field in str(request["query"]) for request in asked(simulator)} == {True}
