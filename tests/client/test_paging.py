# SPDX-License-Identifier: GPL-3.0-or-later
"""Large answers and answers that change while they are read."""

from __future__ import annotations

import typing as t

import pytest

from .conftest import asked, connected
from .estates import generated, written


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("busy"), generated(machines=500, days=10))


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
def test_five_thousand_task_sessions_in_twelve_requests(simulators: t.Any, busy: str, profile: str) -> None:
    em = simulators.get(profile=profile, estate=busy)
    with connected(em) as run:
        records = run.client.query("backup_task_session").records
    assert len(records) == len({record["uid"] for record in records}) == 5000
    assert run.client.request_count == len(em.requests()) == 12


def test_parts_read_side_by_side_give_the_same(simulators: t.Any, busy: str) -> None:
    em = simulators.get(estate=busy)
    with connected(em, page_size=100, parallel_requests=1) as run:
        one_after_the_other = run.client.query("backup_task_session").records
    assert run.client.request_count == 52
    em.reset()
    with connected(em, page_size=100, parallel_requests=4) as run:
        assert run.client.query("backup_task_session").records == one_after_the_other
    assert run.client.request_count <= 52 + 4


@pytest.mark.parametrize("descending", [False, True])
def test_a_limit_reads_no_more_than_it_needs(simulator: t.Any, descending: bool) -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import Order

    order = Order("creation_time", "CreationTime", descending)
    with connected(simulator) as run:
        everything = run.client.query("backup_task_session", order=order)
        simulator.reset()
    with connected(simulator) as run:
        some = run.client.query("backup_task_session", order=order, limit=7)
    assert [record["creation_time"] for record in some.records] == [
        record["creation_time"] for record in everything.records[:7]
    ]
    assert some.truncated
    assert not everything.truncated
    assert len(asked(simulator)) == 1


@pytest.mark.parametrize("kinds", [("rows_added",), ("rows_removed",), ("rows_added", "rows_removed")])
@pytest.mark.parametrize("parallel", [1, 4])
def test_what_exists_during_the_whole_call_comes_back_once(
    simulator: t.Any, kinds: tuple[str, ...], parallel: int
) -> None:
    with connected(simulator) as run:
        before = {record["uid"] for record in run.client.query("backup_task_session").records}
    for kind in kinds:
        simulator.add_fault(
            {"kind": kind, "path": "/api/query", "after": 1, "count": 20, "rows": 5, "probability": 0.7}
        )
    with connected(simulator, page_size=20, parallel_requests=parallel) as run:
        records = run.client.query("backup_task_session").records
    with connected(simulator) as run:
        after = {record["uid"] for record in run.client.query("backup_task_session").records}
    found = [record["uid"] for record in records]
    assert len(found) == len(set(found))
    assert before & after <= set(found)
    assert set(found) <= before | after
    assert before != after


def test_a_page_that_is_sent_twice_is_noticed(simulator: t.Any) -> None:
    with connected(simulator) as run:
        expected = run.client.query("backup_task_session").records
    simulator.add_fault({"kind": "repeated_page", "path": "/api/query", "after": 2})
    with connected(simulator, page_size=50, parallel_requests=1) as run:
        assert run.client.query("backup_task_session").records == expected


def test_the_plain_collection_holds_what_the_query_finds(simulator: t.Any) -> None:
    with connected(simulator) as run:
        window = run.client.list("backup_task_session")
        queried = run.client.query("backup_task_session")
    assert {record["uid"] for record in window.records} <= {record["uid"] for record in queried.records}
    shared = {record["uid"]: record for record in queried.records}
    assert all(record == shared[record["uid"]] for record in window.records)
    times = [record["creation_time"] for record in window.records]
    assert times == sorted(times)
