# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and ages, as users write them and as Enterprise Manager sends them. Private to the collection.

The wire has 0 to 7 fractional digits with a trailing ``Z``, an offset or no zone at all (which means UTC), and uses year 1
for "never" (EM pages: backupsessions_id, reports_summary_processed_vms). Records carry whole seconds in UTC, so that they
compare as text and are equal whichever server version sent them.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import typing as t

from ._errors import SettingsError

UTC = dt.timezone.utc
LAST_MOMENT = dt.datetime.max.replace(tzinfo=UTC)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_AGE = re.compile(r"(?:\d+[wdhms])+", re.ASCII)
_AGE_PART = re.compile(r"(\d+)([wdhms])", re.ASCII)
_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<zone>Z|z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
MAX_AGE = dt.timedelta(days=36500)


def parse_age(text: str, option: str = "age") -> dt.timedelta:
    """``36h``, ``7d``, ``1d12h`` or ``90m``; a number without a unit is refused. Raises SettingsError."""
    value = str(text).strip().lower()
    if not _AGE.fullmatch(value):
        is_number = value.isascii() and value.isdigit()
        raise SettingsError(
            f"{option} has the value {text!r}, {'a number without a unit' if is_number else 'which is not an age'}",
            hint="write it as 36h, 7d or 1d12h (units w, d, h, m, s)",
        )
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _AGE_PART.findall(value))
    if seconds > MAX_AGE.total_seconds():
        raise SettingsError(f"{option} has the value {text!r}, which is more than a century")
    return dt.timedelta(seconds=seconds)


def parse_moment(text: str) -> dt.datetime | None:
    """ISO 8601 with or without fraction and zone (none = UTC), or a date; None when it is no time at all."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    clock = match["time"] or "00:00:00"
    if len(clock) == 5:
        clock += ":00"
    try:
        moment = dt.datetime.fromisoformat(f"{match['date']}T{clock}")
        if match["fraction"]:
            moment = moment.replace(microsecond=int(match["fraction"][:6].ljust(6, "0")))
        zone = match["zone"]
        if zone and zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            if hours > 23 or minutes > 59:
                return None
            minutes += hours * 60
            moment -= dt.timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC)


def parse_when(text: str, now: dt.datetime, option: str = "time") -> dt.datetime:
    """A moment (ISO 8601 or a date) or an age counted back from ``now``. Raises SettingsError."""
    value = str(text).strip()
    moment = parse_moment(value)
    if moment is not None:
        return moment
    if _AGE.fullmatch(value.lower()):
        return now - parse_age(value, option)
    raise SettingsError(
        f"{option} has the value {text!r}, which is neither a time nor an age",
        hint="write an ISO 8601 time such as 2026-01-05T20:00:00Z, a date, or an age such as 36h, 7d or 1d12h",
    )


def first_second(moment: dt.datetime) -> dt.datetime:
    """The first whole second that is not before a moment."""
    return second_after(moment) if moment.microsecond else moment


def second_after(moment: dt.datetime) -> dt.datetime:
    """The whole second that follows the one of a moment; the last one that there is has none after it."""
    return shifted(moment.replace(microsecond=0), dt.timedelta(seconds=1))


def to_iso(moment: dt.datetime) -> str:
    """UTC, whole seconds, ending in ``Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def iso_or_none(moment: dt.datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)


def span(seconds: float) -> str:
    """An age for people, written as ages are: ``3d 2h``, ``9h 12m`` or ``4m``, two units at most."""
    minutes = int(seconds) // 60
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number}{unit}" for number, unit in parts[:2] if number) or "0m"


def wire_to_iso(text: str) -> str | None:
    """A time of the server as records carry it; None for the year 1. Unreadable text is kept as it is."""
    if len(text) >= 20 and text[-1] == "Z" and text[10] == "T" and text[19] in ".Z":
        return None if text.startswith("0001-01-01") else text[:19] + "Z"
    moment = parse_moment(text)
    if moment is None:
        return text
    return None if moment.year == 1 else to_iso(moment)


def fraction_of(value: t.Any) -> str:
    """The digits after the seconds of a time as the server writes it; they sort as text, and are empty when there are none."""
    if value.__class__ is not str or value[19:20] != ".":
        return ""
    return sys.intern(value[20:].rstrip("Z").partition("+")[0].partition("-")[0])


def shifted(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """The moment so much later, or the first or last one that there is."""
    try:
        return moment + by
    except OverflowError:
        return LAST_MOMENT if by > dt.timedelta(0) else dt.datetime.min.replace(tzinfo=UTC)


def seconds_between(start: str, end: str) -> int | None:
    """Seconds between two times of a record, never negative; None when one of them can't be read."""
    try:
        span = dt.datetime.fromisoformat(end[:19]) - dt.datetime.fromisoformat(start[:19])
    except (ValueError, TypeError):  # the latter for a zone in one of them only
        return None
    return max(0, span.days * 86400 + span.seconds)
