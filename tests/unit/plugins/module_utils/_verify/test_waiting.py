# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until nothing runs, with time passed in."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.waiting import answer_when_idle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def wait(running_for: float, limit: float, names: t.Sequence[str] = ("mail01",)) -> tuple[str, Clock, list[str]]:
    clock, said = Clock(), []

    def ask() -> dict[str, t.Any]:
        verdict = "running" if clock.now - 100 < running_for else "ok"
        return {"machines": [{"name": name, "verdict": verdict} for name in names]}

    found = answer_when_idle(
        ask, dt.timedelta(seconds=limit), sleep=clock.sleep, monotonic=lambda: clock.now, say=said.append
    )
    return found["machines"][0]["verdict"], clock, said


@pytest.mark.parametrize(
    ("running_for", "limit", "verdict", "pauses"),
    [
        (0, 600, "ok", []),
        (31, 600, "ok", [30, 30]),
        (600, 70, "running", [30, 30, 10]),
        (600, 2, "running", [2]),
        (70, 70, "ok", [30, 30, 10]),
    ],
)
def test_it_asks_every_half_minute_and_no_longer_than_wanted(
    running_for: float, limit: float, verdict: str, pauses: list[float]
) -> None:
    found, clock, _said = wait(running_for, limit)
    assert (found, clock.pauses) == (verdict, pauses)


def test_it_says_at_once_and_then_once_a_minute_what_it_waits_for() -> None:
    _found, _clock, said = wait(300, 3600, [f"vm{number}" for number in range(8)])
    assert len(said) == 5
    assert said[0] == "Waiting for the work on vm0, vm1, vm2, vm3, vm4 and 3 more to end: 0 min so far, at most 1h."
    assert "4 min so far" in said[-1]
    assert wait(0, 60)[2] == []
