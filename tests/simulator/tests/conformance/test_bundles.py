# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles from real servers: put them into the folder that EM_BUNDLES names, and each becomes a test."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from conformance.bundles import differences
from conformance.notation import PROFILES
from conformance.wire import Visitor

GIVEN = sorted(Path(os.environ["EM_BUNDLES"]).glob("*.json")) if "EM_BUNDLES" in os.environ else []


def bundle_of(visitor: Visitor, form: str) -> dict[str, Any]:
    """As the doctor would write it, of one collection; content is of no matter here."""
    body = visitor.json("/backupTaskSessions?format=Entity")
    rows = next(iter(body.values()))
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = {"method": "GET", "target": "/api/backupTaskSessions?format=Entity", "status": 200, "headers": headers}
    shown = {next(iter(body)): [*rows[:2], "... 7 more"]}
    return {"format": 1, "collection": form, "answers": [{**answer, "bytes": 1000, "decoded": True, "body": shown}]}


def test_the_simulator_does_not_differ_from_itself(visitor: Visitor, profile: str) -> None:
    assert profile in PROFILES
    assert differences(bundle_of(visitor, profile)) == []


def test_what_differs_is_said(visitor: Visitor, profile: str) -> None:
    bundle = bundle_of(visitor, profile)
    rows = next(iter(bundle["answers"][0]["body"].values()))
    more = copy.deepcopy(bundle)
    next(iter(more["answers"][0]["body"].values()))[0] = {"Brandnew": 1, **rows[0]}
    assert "has also ['Brandnew']" in differences(more)[0]
    less = copy.deepcopy(bundle)
    removed = next(name for name in rows[0] if name.lower() == "state")
    del next(iter(less["answers"][0]["body"].values()))[0][removed]
    # Before version 10 what has no value is left out, so a key that is missing says nothing.
    assert [f"has not ['{removed}']" in line for line in differences(less)] == ([] if profile == "v95u4" else [True])
    turned = copy.deepcopy(bundle)
    next(iter(turned["answers"][0]["body"].values()))[0] = dict(reversed(list(rows[0].items())))
    assert "keys in the order" in differences(turned)[0]
    assert "format 2" in differences({"format": 2})[0]


@pytest.mark.parametrize("path", GIVEN, ids=lambda path: path.name)
def test_a_real_server_does_what_the_simulator_does(path: Path) -> None:
    assert differences(json.loads(path.read_text(encoding="utf-8"))) == []
