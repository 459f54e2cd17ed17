# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter listing takes what the info modules really return."""

from __future__ import annotations

import csv
import io
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.filter.listing import listing
from support import modules as frame

from .cases import cases
from .plugins import documentation, modules

_LISTS = [
    name
    for name in modules()
    if sum(facts["type"] == "list" for facts in documentation(name)[1].values()) == 1
    and "count" in documentation(name)[1]
]


def test_there_are_modules_with_a_list() -> None:
    assert len(_LISTS) > 5


@pytest.mark.parametrize("name", _LISTS)
def test_list_of_a_module(name: str, simulator: t.Any) -> None:
    options, returned = documentation(name)[0]["options"], documentation(name)[1]
    result = frame.run(name, cases(name, options)[0], simulator)
    assert not result["failed"], result
    rows = list(csv.reader(io.StringIO(listing(result, "csv")[1:], newline="")))
    table = listing(result, "table").splitlines()
    assert result["count"]
    assert len(rows) == result["count"] + 1
    assert len(table) == result["count"] + 3
    assert all(line.isprintable() for line in table)
    assert len(rows[0]) >= 2
    (noun,) = [key for key, facts in returned.items() if facts["type"] == "list"]
    assert table[0].startswith(f"{result['count']} {noun.replace('_', ' ')}")
    assert listing(result, "html").count("<tr data-v") == result["count"]
