# SPDX-License-Identifier: GPL-3.0-or-later
"""QueryPlan a query to its end while the server's rows change: what exists during the whole call comes back exactly once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import re
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client import paging
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import compare
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import ProtocolError

START = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)
ORDER = paging.TimeOrder("CreationTime", "creation_time")
NEWEST_FIRST = dataclasses.replace(ORDER, descending=True)
TERM = re.compile(r'(CreationTime|UID)(>=|<=|!=|<)"([^"]*)"')


def row(number: int, milliseconds: int) -> dict[str, str]:
    moment = (START + dt.timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return {"CreationTimeUTC": moment.rstrip("0").rstrip(".") + "Z", "UID": f"urn:veeam:BackupTaskSession:{number:08d}"}


def moment_of(text: str) -> dt.datetime:
    moment = paging.parse_moment(text)
    assert moment is not None
    return moment


class Server:
    """Rows in a table that may change before each page."""

    def __init__(
        self, rows: t.Iterable[dict[str, str]], size: int, change: t.Callable[[Server], None] | None = None
    ) -> None:
        self.rows = list(rows)
        self.size = size
        self.change = change
        self.asked: list[paging.PageRequest] = []
        self.descending = False

    def __call__(self, ask: paging.PageRequest) -> paging.Page:
        if self.asked and self.change is not None:
            self.change(self)
        self.asked.append(ask)
        found = [each for each in self.rows if self._matches(ask.where.text if ask.where else "", each)]
        # Rows of one moment come in any order, as a database without a second key gives them.
        random.Random(len(self.asked)).shuffle(found)
        found.sort(key=lambda each: moment_of(each["CreationTimeUTC"]), reverse=self.descending)
        size = self.size + ask.more
        start = (ask.page - 1) * size
        return paging.Page(found[start : start + size], ask.page, max(1, -(-len(found) // size)))

    @staticmethod
    def _matches(where: str, each: dict[str, str]) -> bool:
        for field, operator, value in TERM.findall(where):
            if field == "UID":
                fits = each["UID"] != value
            else:
                left, right = moment_of(each["CreationTimeUTC"]), moment_of(value)
                fits = {">=": left >= right, "<=": left <= right, "<": left < right}[operator]
            if not fits:
                return False
        return True


def read(server: Server, order: paging.TimeOrder = ORDER) -> list[str]:
    server.descending = order.descending
    return [each["UID"] for rows in paging.by_time(server, None, order) for each in rows]


def test_rows_at_different_times_cost_no_more_requests_than_pages() -> None:
    server = Server((row(n, n * 1500) for n in range(5000)), 500)
    assert read(server) == [f"urn:veeam:BackupTaskSession:{n:08d}" for n in range(5000)]
    assert len(server.asked) == 10


def test_an_empty_answer_is_one_page() -> None:
    server = Server([], 10)
    assert read(server) == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("order", [ORDER, NEWEST_FIRST])
@pytest.mark.parametrize("year", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_the_first_and_the_last_moment_are_times_too(order: paging.TimeOrder, year: str) -> None:
    rows = [row(n, n * 1500) for n in range(10)] + [{**row(n, 0), "CreationTimeUTC": year} for n in range(20, 27)]
    assert sorted(read(Server(rows, 5), order)) == sorted(each["UID"] for each in rows)


@pytest.mark.parametrize("order", [ORDER, NEWEST_FIRST])
def test_more_rows_at_one_moment_than_fit_a_page(order: paging.TimeOrder) -> None:
    server = Server((row(n, 0) for n in range(950)), 50)
    assert sorted(read(server, order)) == [f"urn:veeam:BackupTaskSession:{n:08d}" for n in range(950)]
    assert len(server.asked) <= 19


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=60),
    st.integers(1, 7),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_what_exists_during_the_whole_call_comes_back_once(
    times: list[int], size: int, descending: bool, luck: random.Random
) -> None:
    initial = [row(number, time * 400) for number, time in enumerate(times)]
    steady = {each["UID"] for each in initial if luck.random() < 0.7}
    fresh = iter(range(1000, 2000))

    def change(server: Server) -> None:
        for each in list(server.rows):
            if each["UID"] not in steady and luck.random() < 0.3:
                server.rows.remove(each)
        if len(server.asked) < 30:
            for _row in range(luck.randint(0, 2)):
                server.rows.append(row(next(fresh), luck.randint(0, 25) * 400))

    found = read(Server(initial, size, change), NEWEST_FIRST if descending else ORDER)
    assert len(found) == len(set(found))
    assert steady <= set(found)


def test_slices_of_time_hold_every_row_once() -> None:
    rows = [row(n, n * 7000) for n in range(400)]
    server = Server(rows, 50)
    first = server(paging.PageRequest(None, 1))
    parts = paging.slices(None, first, ORDER, START + dt.timedelta(milliseconds=400 * 7000), 4)
    assert len(parts) == 4
    found = [
        each["UID"]
        for number, part in enumerate(parts)
        for page in paging.by_time(server, part, ORDER, first if number == 0 else None)
        for each in page
    ]
    assert sorted(found) == sorted(each["UID"] for each in rows)


def test_a_short_time_is_not_sliced() -> None:
    where = compare("Name", "==", "x")
    first = paging.Page([row(1, 0)], 1, 30)
    assert paging.slices(where, first, ORDER, START + dt.timedelta(seconds=20), 4) == [where]


def scripted(*pages: paging.Page) -> paging.Fetch:
    waiting = list(pages)
    return lambda ask: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([paging.Page([row(1, 0)], 1, 3)], "again and again"),
        ([paging.Page([], 1, 3)], "empty page"),
        ([paging.Page([row(2, 5000), row(1, 0)], 1, 1)], "order"),
        ([paging.Page([{"UID": "a"}], 1, 1)], "no CreationTime"),
        ([paging.Page([{"CreationTimeUTC": "2026-01-05T00:00:00Z"}], 1, 1)], "no UID"),
        ([paging.Page([{"UID": "a", "CreationTimeUTC": None}], 1, 1)], "readable"),
        ([paging.Page([{"UID": "a", "CreationTimeUTC": "soon"}], 1, 2)], "unreadable"),
        ([paging.Page([{"UID": "a", "CreationTimeUTC": {"x": 1}}], 1, 1)], "readable"),
    ],
)
def test_a_server_that_goes_wrong_is_an_error(pages: list[paging.Page], words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        list(paging.by_time(scripted(*pages), None, ORDER))


def test_page_numbers_go_to_the_last_page() -> None:
    server = Server((row(n, n * 1000) for n in range(25)), 10)
    assert sum(len(rows) for rows in paging.by_number(server, None)) == 25
    assert [ask.page for ask in server.asked] == [1, 2, 3]


def test_a_page_that_comes_again_is_asked_for_once_more_and_then_refused() -> None:
    page = paging.Page([row(1, 0)], 1, 3)
    with pytest.raises(ProtocolError, match="same page again"):
        list(paging.by_number(scripted(page), None))
    twice = dataclasses.replace(page, number=2)
    other = paging.Page([row(2, 0)], 2, 2)
    assert len(list(paging.by_number(scripted(page, twice, other), None))) == 2
