# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's clock and the spellings of times and ages.

Inside the simulator every moment is a whole number of microseconds since 1970 (UTC), so that the database compares numbers.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_AGE = re.compile(r"(?:\d+[wdhms])+")
_AGE_PART = re.compile(r"(\d+)([wdhms])")
_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?"
)


class Clock:
    """Real time plus an offset that tests move; with `standing` it moves by them alone."""

    def __init__(self, start: int | None = None, *, standing: bool = False) -> None:
        began = _real()
        self._real = (lambda: began) if standing else _real
        self._start_offset = 0 if start is None else start - began
        self._offset = self._start_offset

    def now(self) -> int:
        return self._real() + self._offset

    def advance(self, duration: int) -> None:
        self._offset += duration

    def set(self, moment: int) -> None:
        self._offset = moment - self._real()

    def reset(self) -> None:
        """Back to the offset of the start: what tests moved is undone, the time that really passed is not."""
        self._offset = self._start_offset


def _real() -> int:
    return time.time_ns() // 1000


def parse_duration(text: str) -> int:
    """`90s`, `15m`, `36h`, `30d`, `13w`, `1d12h` in microseconds; ValueError for anything else."""
    if not _AGE.fullmatch(text):
        raise ValueError(f"'{text}' is not a duration such as 15m, 36h or 1d12h")
    return sum(int(number) * _UNITS[unit] for number, unit in _AGE_PART.findall(text))


def parse_time(text: str) -> int:
    """A date or ISO 8601 time in microseconds; without a zone it is UTC; 0 to 7 fraction digits; ValueError otherwise."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a time such as 2026-01-05T06:00:00Z")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    seconds = int((moment - _EPOCH).total_seconds())
    if zone and zone not in "Zz":
        sign = -1 if zone[0] == "-" else 1
        seconds -= sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return seconds * SECOND + int((fraction or "0").ljust(6, "0")[:6])


def parse_moment(text: str, now: int) -> int:
    """An age (`-8h` is eight hours ago, `+2h` in two hours, `now`) or a time."""
    if text == "now":
        return now
    if text[:1] in "+-" and _AGE.fullmatch(text[1:]):
        duration = parse_duration(text[1:])
        return now - duration if text[0] == "-" else now + duration
    return parse_time(text)


def to_datetime(moment: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


def midnight(moment: int) -> int:
    return moment - moment % DAY


def format_time(moment: int, digits: int, separator: str = "T") -> str:
    """`2026-01-05T20:00:07.62`: at most so many fraction digits, trailing zeros trimmed, no zone."""
    seconds, micros = divmod(moment, SECOND)
    # strftime is several times slower than isoformat, and a page holds thousands of times
    text = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(separator)
    if digits and micros:
        fraction = f"{micros:06d}"[:digits].rstrip("0")
        if fraction:
            return f"{text}.{fraction}"
    return text


def quantise(moment: int, digits: int) -> int:
    """The moment as a database with so many fraction digits keeps it."""
    step: int = 10 ** (6 - digits)
    return moment - moment % step


def iso(moment: int) -> str:
    return format_time(moment, 6) + "Z"


def day_of(moment: int) -> date:
    return to_datetime(moment).date()
