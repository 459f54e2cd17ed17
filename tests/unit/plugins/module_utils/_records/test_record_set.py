# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of results: by value, then by UID, those without a value last, whatever order they came in."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.query_plan import SortedBy, sorted_by
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.build import RecordOptions
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import (
    Order,
    RecordSet,
    sort_records,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES, queryable
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import fraction_of

TEXTS = [("a", "u1"), ("a", "u2"), ("b", "u0"), (None, "u3"), (None, "u4")]
MIXED = [(7, "u1"), (7, "u2"), (10, "u0"), ("1", "u5"), (None, "u3")]


@pytest.mark.parametrize("rows", [TEXTS, MIXED], ids=["text", "numbers before text"])
def test_same_order_whatever_came_first(rows):
    expected = [uid for _value, uid in rows]
    for shuffled in itertools.permutations(rows):
        records = [{"uid": uid, "key": value} for value, uid in shuffled]
        assert [record["uid"] for record in sort_records(records, Order("key", ""))] == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(TEXTS, ["u0", "u1", "u2", "u3", "u4"]), (MIXED, ["u5", "u0", "u1", "u2", "u3"])],
    ids=["text", "numbers before text"],
)
def test_descending_turns_values_not_uids(rows, expected):
    for shuffled in itertools.permutations(rows):
        records = [{"uid": uid, "key": value} for value, uid in shuffled]
        assert [record["uid"] for record in sort_records(records, Order("key", "", descending=True))] == expected


def rows(*values, key="CreationTimeUTC"):
    return [{"UID": f"urn:veeam:BackupTaskSession:{number}", key: value} for number, value in enumerate(values)]


def collected(found):
    collector = RecordSet(RESOURCES["backup_task_session"], None, RecordOptions())
    collector.add(found)
    return collector


BY_TIME = Order("creation_time", "CreationTime")
NEWEST_FIRST = Order("creation_time", "CreationTime", descending=True)


@pytest.mark.parametrize(
    ("order", "times", "limit", "settled"),
    [
        (BY_TIME, ["02:31", "02:33", "02:35"], 2, True),
        (BY_TIME, ["02:31", "02:33", "02:34.5"], 2, False),
        (BY_TIME, ["02:31", "02:33", "02:35"], 3, False),
        (NEWEST_FIRST, ["02:35.9", "02:33", "02:31"], 2, True),
        (NEWEST_FIRST, ["02:35.9", "02:35.1", "02:35"], 1, False),
        # What is shown may be rounded: rows of a neighbouring second can still come.
        (NEWEST_FIRST, ["02:35", "02:34"], 1, False),
        (BY_TIME, ["02:31", "02:33", None], 1, False),
        (BY_TIME, [None, "02:31", "02:33"], 1, True),
    ],
)
def test_the_first_by_time_are_known_once_all_of_their_second_are_here(order, times, limit, settled):
    found = rows(*(time and f"2026-01-05T20:{time}Z" for time in times))
    assert collected(found).settled(order, limit, found) is settled


@pytest.mark.parametrize(
    ("sizes", "limit", "settled"),
    [
        ([9, 8, 7], 2, True),
        ([9, 8, 8], 2, False),
        ([9, 8, 8], 1, True),
        ([9, 8, "many"], 1, False),
        ([9], 1, False),
        ([True, "many", 9, 8, 7], 2, True),
    ],
)
def test_the_first_by_number_are_known_once_a_smaller_one_is_here(sizes, limit, settled):
    found = rows(*sizes, key="TotalSize")
    assert collected(found).settled(Order("total_size", "TotalSize", descending=True), limit, found) is settled


def test_what_records_do_not_tell_is_cut_where_the_server_puts_it():
    found = rows(1, 2, 3, key="TotalSize")
    assert collected(found).settled(Order("job_uid", "JobUid"), 2, found)
    assert not collected(found).settled(Order("job_uid", "JobUid"), 3, found)
    assert not collected([]).settled(Order("job_uid", "JobUid"), 1, [])


@pytest.mark.parametrize("descending", [False, True])
def test_rows_of_one_second_are_sorted_by_its_fractions(descending):
    times = ["31.84", "31.9", "31", "31.009", "30.999"]
    wanted = ["4", "2", "3", "0", "1"]
    for shuffled in itertools.permutations(rows(*(f"2026-01-05T20:02:{time}Z" for time in times))):
        found = collected(list(shuffled)).result(Order("creation_time", "CreationTime", descending), None)
        uids = [record["id"] for record in found.records]
        assert uids == (wanted[::-1] if descending else wanted)


@pytest.mark.parametrize(
    ("value", "fraction"),
    [
        ("2026-01-05T20:02:31.84Z", "84"), ("2026-01-05T20:02:31Z", ""), ("2026-01-05T20:02:31.5+01:00", "5"),
        ("2026-01-05T20:02:31.5-01:00", "5"), ("2026-01-05T20:02:31", ""), ("", ""), (None, ""), (5, ""),
    ],
)  # fmt: skip
def test_fractions(value, fraction):
    assert fraction_of(value) == fraction


TASKS = RESOURCES["backup_task_session"]


@pytest.mark.parametrize(
    ("resource", "representation", "order", "way"),
    [
        (TASKS, "entity", None, SortedBy.TIME),
        (TASKS, "entity", BY_TIME, SortedBy.TIME),
        (TASKS, "entity", Order("total_size", "TotalSize"), SortedBy.NUMBER),
        (TASKS, "entity", Order("end_time", "EndTime"), SortedBy.CLIENT),
        (TASKS, "entity", Order("name", "Name"), SortedBy.CLIENT),
        (TASKS, "entity", Order("job_name", "JobName"), SortedBy.CLIENT),
        (TASKS, "entity", Order("job_uid", "JobUid"), SortedBy.SERVER),
        (TASKS, "reference", None, SortedBy.SERVER),
        (TASKS, "reference", BY_TIME, SortedBy.SERVER),
        (TASKS, "reference", Order("name", "Name"), SortedBy.CLIENT),
        (RESOURCES["job"], "reference", None, SortedBy.SERVER),
        (RESOURCES["repository"], "entity", Order("free_space", "FreeSpace"), SortedBy.CLIENT),
        (queryable("RestorePoint"), "entity", Order("backup_name", "BackupName"), SortedBy.SERVER),
        (queryable("CloudTenant"), "entity", Order("name", "Name"), SortedBy.CLIENT),
    ],
)
def test_who_sorts(resource, representation, order, way):
    assert sorted_by(resource, representation, order) is way
