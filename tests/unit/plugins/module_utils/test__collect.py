# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of results: by value, then by UID, those without a value last, whatever order they came in."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._collect import Order, in_order

TEXTS = [("a", "u1"), ("a", "u2"), ("b", "u0"), (None, "u3"), (None, "u4")]
MIXED = [(7, "u1"), (7, "u2"), (10, "u0"), ("1", "u5"), (None, "u3")]


@pytest.mark.parametrize("rows", [TEXTS, MIXED], ids=["text", "numbers before text"])
def test_same_order_whatever_came_first(rows):
    expected = [uid for _value, uid in rows]
    for shuffled in itertools.permutations(rows):
        records = [{"uid": uid, "key": value} for value, uid in shuffled]
        assert [record["uid"] for record in in_order(records, Order("key", ""))] == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(TEXTS, ["u0", "u1", "u2", "u3", "u4"]), (MIXED, ["u5", "u0", "u1", "u2", "u3"])],
    ids=["text", "numbers before text"],
)
def test_descending_turns_values_not_uids(rows, expected):
    for shuffled in itertools.permutations(rows):
        records = [{"uid": uid, "key": value} for value, uid in shuffled]
        assert [record["uid"] for record in in_order(records, Order("key", "", descending=True))] == expected
