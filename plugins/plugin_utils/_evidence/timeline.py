# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a machine's last days: attempts by time, against its limit. Pure geometry. Private to the collection.

All machines share one time axis, so that their marks can be compared down the page. A picture is a few paths whatever it shows,
so that thousands of them stay light, and one text says all that it shows.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from dataclasses import dataclass

from .document import Document
from .machines import Machine
from .text import moment, one_line, parsed_moment, span

HEIGHT = 38
HEAD = 34
"""Height of the head of the column, which has the days."""
MARGIN = 7
LINE = 31.5
"""Where the line is that shows how long there was a backup inside the limit."""
_LANES = (22.0, 12.0, 4.5)
_MARK = 10
_DAY = dt.timedelta(days=1)
_LONGEST_LIMIT = _DAY * 3650
_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")  # not strftime, which speaks the language of the controller
_SHAPES = {"success": "ok", "warning": "warn", "failed": "bad"}
_COPIES = ("copy", "replica", "snapshot")
_DRAWN = {
    "ok": "M{x} {y}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "warn": "M{x} {y}m0 -4.6l4.8 8.4h-9.6z",
    "bad": "M{x} {y}m-3.5 -3.5l7 7m0 -7l-7 7",
    "run": "M{x} {y}m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0",
    "other": "M{x} {y}m-3.2 -3.2h6.4v6.4h-6.4z",
    "copy": "M{x} {y}m0 -3.6l3.6 3.6l-3.6 3.6l-3.6 -3.6z",
}
"""One attempt as a piece of a path; each shape is also told without its colour."""
WORDS = {
    "ok": "success", "warn": "warning", "bad": "failed", "run": "running", "other": "without result", "copy": "copy",
}  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """The time shown. ``labels`` are day (place, weekday, day of month); ``now`` and ``needed`` are places, the latter only if it is another."""

    start: dt.datetime
    end: dt.datetime
    width: int
    now: float
    grid: str
    labels: t.Tuple[t.Tuple[float, str, str], ...]

    def x(self, when: dt.datetime) -> float:
        share = (when - self.start) / (self.end - self.start)
        return round(MARGIN + min(1.0, max(0.0, share)) * (self.width - 2 * MARGIN), 1)


@dataclass(frozen=True)
class Picture:
    """What is drawn, as data of paths by shape; ``text`` says the same."""

    band: t.Tuple[float, float]
    covered: str
    gaps: str
    marks: t.Tuple[t.Tuple[str, str], ...]
    needed: t.Optional[float]
    text: str


def shape_path(shape: str, x: float = 7, y: float = 7) -> str:
    return _DRAWN[shape].format(x=x, y=y)


def read_axis(document: Document) -> Axis | None:
    """From the oldest attempt of any machine to now or to the moment of need; None when no machine carries a history."""
    machines = document["result"]["machines"]
    if not any(isinstance(machine.get("history"), list) for machine in machines):
        return None
    times = [when for machine in machines for when, _one in _attempts(machine)]
    now = parsed_moment(document["generated_at"]) or max(times, default=dt.datetime.now(dt.timezone.utc))
    start = min([now - _DAY, *times]).replace(hour=0, minute=0, second=0, microsecond=0)
    needs = [need for need in (parsed_moment(machine.get("needed_at")) for machine in machines) if need]
    # A maintenance in a month must not press the past together.
    latest = now + max((now - start) / 2, _DAY)
    end = max([now, *times, *(min(need, latest) for need in needs)])
    days = max(1, (end - start) // _DAY + 1)
    bare = Axis(start, end, 2 * MARGIN + min(420, max(130, 23 * days)), 0, "", ())
    step = max(1, days // 31 + 1)
    midnights = [start + _DAY * day for day in range(0, days, step)]
    grid = "".join(f"M{bare.x(day)} 1V{HEIGHT - 2}" for day in midnights)
    return Axis(start, end, bare.width, bare.x(now), grid, tuple(_labels(bare, midnights)))


def _labels(axis: Axis, days: t.Sequence[dt.datetime]) -> t.Iterator[tuple[float, str, str]]:
    """Weekday and day of the month, as many as have room."""
    last = -100.0
    for day in days:
        middle = axis.x(min(day + _DAY / 2, axis.end))
        if axis.x(min(day + _DAY, axis.end)) - axis.x(day) >= 10 and middle - last >= 20:
            last = middle
            yield middle, _WEEKDAYS[day.weekday()], str(day.day)


def read_picture(document: Document, machine: Machine, axis: Axis) -> Picture:
    attempts = _attempts(machine)
    now = parsed_moment(document["generated_at"]) or axis.end
    needed = parsed_moment(machine.get("needed_at")) or now
    limit = min(dt.timedelta(seconds=_number(machine.get("max_age_seconds"))), _LONGEST_LIMIT)
    covered, gaps = _cover(document, machine, attempts, limit, max(now, min(needed, axis.end)))
    marks = _marks(axis, attempts)
    return Picture(
        band=(axis.x(needed - limit), round(axis.x(needed) - axis.x(needed - limit), 1)),
        covered=_strokes(axis, covered),
        gaps=_strokes(axis, gaps),
        marks=marks,
        needed=axis.x(needed) if needed != now and needed <= axis.end else None,
        text=_tell(attempts, gaps, one_line(machine.get("max_age") or span(limit.total_seconds())), needed, now),
    )


def _number(value: t.Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e12 else 0.0


def _attempts(machine: Machine) -> list[tuple[dt.datetime, dict[str, t.Any]]]:
    """Oldest first."""
    history = machine.get("history")
    found = [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []
    timed = [(parsed_moment(one.get("creation_time")), one) for one in found]
    return sorted(((when, one) for when, one in timed if when), key=lambda pair: pair[0])


def _marks(axis: Axis, attempts: t.Sequence[tuple[dt.datetime, dict[str, t.Any]]]) -> tuple[tuple[str, str], ...]:
    """Attempts close together stand above each other, as a retry does after its failure; copies stand on the line of their own."""
    drawn: dict[str, list[str]] = {}
    lanes: list[float] = []
    for when, one in attempts:
        x, shape = axis.x(when), shape_of(one)
        if is_copy(one):
            drawn.setdefault("copy" if shape == "ok" else shape, []).append(
                shape_path("copy" if shape == "ok" else shape, x, LINE)
            )
            continue
        lane = next((number for number, last in enumerate(lanes) if x - last >= _MARK), len(lanes))
        if lane == len(lanes):
            lanes.append(x)
        lanes[lane] = x
        drawn.setdefault(shape, []).append(shape_path(shape, x, _LANES[min(lane, len(_LANES) - 1)]))
    return tuple((shape, "".join(drawn[shape])) for shape in WORDS if shape in drawn)


def shape_of(one: dict[str, t.Any]) -> str:
    return "run" if one.get("running") else _SHAPES.get(str(one.get("result")).lower(), "other")


def is_copy(one: dict[str, t.Any]) -> bool:
    return any(word in str(one.get("job_type")).lower() for word in _COPIES)


Stretch = t.Tuple[dt.datetime, dt.datetime]


def _cover(
    document: Document,
    machine: Machine,
    attempts: t.Sequence[tuple[dt.datetime, dict[str, t.Any]]],
    limit: dt.timedelta,
    end: dt.datetime,
) -> tuple[list[Stretch], list[Stretch]]:
    """When a backup inside the limit was there, and when not, from the first known backup on."""
    good = {"ok"} if document["policy"].get("accept_warning") is False else {"ok", "warn"}
    times = {when for when, one in attempts if shape_of(one) in good and not is_copy(one)}
    last = machine.get("last_good") or {}
    known = parsed_moment(last.get("data_time")) or parsed_moment(last.get("creation_time"))
    if not known:  # What succeeded does not exist any more, or does not count: there is nothing that covers.
        return [], []
    starts = sorted(times or {known})
    covered: list[Stretch] = []
    for start in starts if limit else []:
        if covered and start <= covered[-1][1]:
            covered[-1] = (covered[-1][0], start + limit)
        else:
            covered.append((start, start + limit))
    covered = [(start, min(stop, end)) for start, stop in covered if start < end]
    edges = [*((stop, start) for (_a, stop), (start, _b) in zip(covered, covered[1:]))]
    if covered and covered[-1][1] < end:
        edges.append((covered[-1][1], end))
    return covered, edges


def _strokes(axis: Axis, stretches: t.Sequence[Stretch]) -> str:
    return "".join(
        f"M{axis.x(start)} {LINE}H{axis.x(stop)}" for start, stop in stretches if stop > axis.start and start < axis.end
    )


def _tell(
    attempts: t.Sequence[tuple[dt.datetime, dict[str, t.Any]]],
    gaps: t.Sequence[Stretch],
    limit: str,
    needed: dt.datetime,
    now: dt.datetime,
) -> str:
    """What the picture shows, for those who can't see it and for those who point at it."""
    lines = []
    if attempts:
        kinds = ["copy" if is_copy(one) and shape_of(one) == "ok" else shape_of(one) for _when, one in attempts]
        counts = ", ".join(f"{kinds.count(shape)} {word}" for shape, word in WORDS.items() if shape in kinds)
        lines.append(f"{len(attempts)} {'attempt' if len(attempts) == 1 else 'attempts'}: {counts}.")
    else:
        lines.append("No attempt in this time.")
    if gaps:
        longest = max(stop - start for start, stop in gaps)
        text = f"{len(gaps)} {'gap' if len(gaps) == 1 else 'gaps'} without a backup younger than {limit}"
        lines.append(f"{text}, the longest of {span(longest.total_seconds())}.")
    if needed != now:
        lines.append(f"It is needed at {moment(needed.strftime('%Y-%m-%dT%H:%M:%SZ'))} UTC.")
    lines += [_tell_one(when, one) for when, one in reversed(attempts[-20:])]
    return "\n".join(lines)


def _tell_one(when: dt.datetime, one: dict[str, t.Any]) -> str:
    state = "running" if one.get("running") else one_line(one.get("result") or "no result")
    job = one_line(one.get("job_name") or "")
    return f"{_WEEKDAYS[when.weekday()]} {when.strftime('%Y-%m-%d %H:%M')} UTC: {state}" + (f", {job}" if job else "")
