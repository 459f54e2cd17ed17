# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a machine's last days: one mark per attempt, placed by time. Private to the collection.

Pure geometry, so that the template only draws. All machines share one time axis, so their marks can be compared down the page.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from dataclasses import dataclass, field

from .document import Document, Machine
from .text import moment, one_line, parsed_moment

HEIGHT = 32
MARGIN = 7
_MARK = 10
_LANES = 3
_DAY = dt.timedelta(days=1)
_SHAPES = {"success": "ok", "warning": "warn", "failed": "bad"}


@dataclass(frozen=True)
class Mark:
    """One attempt: where it stands, which symbol shows it, and what a pointer or a screen reader is told."""

    x: float
    y: float
    shape: str
    text: str


@dataclass(frozen=True)
class Axis:
    """The time shown, equal for all machines; ``days`` are the places of midnights."""

    start: dt.datetime
    end: dt.datetime
    width: int
    days: t.List[float] = field(default_factory=list)

    def x(self, when: dt.datetime) -> float:
        share = (when - self.start) / (self.end - self.start)
        return round(MARGIN + min(1.0, max(0.0, share)) * (self.width - 2 * MARGIN), 1)


def read_axis(document: Document) -> Axis | None:
    """From the oldest attempt of any machine to the moment of the report; None when no machine carries a history."""
    machines = document["result"]["machines"]
    if not any(isinstance(machine.get("history"), list) for machine in machines):
        return None
    times = [
        when
        for machine in machines
        for when in (parsed_moment(one.get("creation_time")) for one in _tries(machine))
        if when
    ]
    end = max([parsed_moment(document["generated_at"]) or max(times, default=dt.datetime.now(dt.timezone.utc)), *times])
    start = min([end - _DAY, *times]).replace(hour=0, minute=0, second=0, microsecond=0)
    days = max(1, (end - start) // _DAY + 1)
    axis = Axis(start, end, 2 * MARGIN + min(420, max(110, 22 * days)))
    step = max(1, days // 31 + 1)
    return Axis(start, end, axis.width, [axis.x(start + _DAY * day) for day in range(0, days, step)])


def read_marks(machine: Machine, axis: Axis) -> list[Mark]:
    """The marks, oldest first; attempts close together stand above each other, as a retry does after its failure."""
    marks: list[Mark] = []
    lanes: list[float] = []
    for one in sorted(_tries(machine), key=lambda item: str(item.get("creation_time"))):
        when = parsed_moment(one.get("creation_time"))
        if when is None:
            continue
        x = axis.x(when)
        lane = next((number for number, last in enumerate(lanes) if x - last >= _MARK), len(lanes))
        if lane == len(lanes):
            lanes.append(x)
        lanes[lane] = x
        lane = min(lane, _LANES - 1)
        marks.append(Mark(x, HEIGHT - MARGIN - 1 - lane * 9.0, _shape(one), _tell(one)))
    return marks


def in_words(machine: Machine, marks: list[Mark]) -> str:
    """What the picture shows, for those who can't see it."""
    if not marks:
        return "No attempt in this time"
    names = {
        "ok": "successful",
        "warn": "with a warning",
        "bad": "failed",
        "run": "running",
        "other": "without a result",
    }
    counts = {shape: sum(mark.shape == shape for mark in marks) for shape in names}
    listed = ", ".join(f"{number} {names[shape]}" for shape, number in counts.items() if number)
    return f"{len(marks)} {'attempt' if len(marks) == 1 else 'attempts'}: {listed}; the newest: {marks[-1].text}"


def _tries(machine: Machine) -> list[dict[str, t.Any]]:
    history = machine.get("history")
    return [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []


def _shape(one: dict[str, t.Any]) -> str:
    if one.get("running"):
        return "run"
    return _SHAPES.get(str(one.get("result")).lower(), "other")


def _tell(one: dict[str, t.Any]) -> str:
    state = "running" if one.get("running") else one_line(one.get("result") or "no result")
    job = one_line(one.get("job_name") or "")
    return f"{moment(one.get('creation_time'))} UTC: {state}" + (f", {job}" if job else "")
