# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a variable's value means, whether it came as YAML, as text from a command line, or from a survey. Private to the collection.

Each function gives the value that the setting has natively, or raises Refusal with what is wrong; the caller knows the name and the
hosts. Nothing is guessed: what could mean two things is refused.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import zoneinfo

import yaml

from ...module_utils._errors import SettingsError
from ...module_utils._times import UTC, parse_age, parse_moment, to_iso

_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_MODE = re.compile(r"0?o?([0-7]{3,4})", re.ASCII)


class Refusal(Exception):
    """A value that can't be taken: one sentence, or its part after the name of the setting."""


class Failed:
    """The value of a template that can't be filled in; ``reason`` is Ansible's word for it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def is_unset(value: t.Any) -> bool:
    """Null, and a text with nothing in it: what a survey sends for an answer that nobody gave."""
    return value is None or (isinstance(value, str) and not value.strip())


def text(value: t.Any) -> str:
    """A text; numbers without a fraction, truth values and dates are what a survey's answer may have become on its way."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, dt.datetime):
        return to_iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    raise Refusal(f"has the value {shown(value)}, which is not text; write it in quotes")


def flag(value: t.Any) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLS.get(str(value).strip().lower()) if isinstance(value, (str, int)) else None
    if found is None:
        raise Refusal(f"has the value {shown(value)}; use true or false")
    return found


def integer(value: t.Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value, re.ASCII):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(f"has the value {shown(value)}; write a whole number")
    return value


def age(value: t.Any) -> str:
    """An age with its unit; a number alone could be hours or seconds."""
    if (isinstance(value, (int, float)) and not isinstance(value, bool)) or _is_number(value):
        raise Refusal(f"has the value {value}, a number without a unit; write {value}h for hours or {value}d for days")
    if not isinstance(value, str):
        raise Refusal(f"has the value {shown(value)}, which is not an age; write 36h, 7d or 1d12h")
    found = value.strip().lower()
    try:
        if not parse_age(found):
            raise Refusal("is zero; write an age such as 24h")
    except SettingsError as error:
        raise Refusal(f"has the value {shown(value)}, which is not an age; write 36h, 7d or 1d12h") from error
    return found


def moment(value: t.Any, zone: dt.tzinfo | None = None) -> str:
    """``now``, ``+12h``, or a time in UTC. A time of day needs a zone, its own or that of the setting timezone."""
    if isinstance(value, dt.datetime):
        return to_iso(value) if value.tzinfo else _local(value, zone)
    if isinstance(value, dt.date):
        return _local(dt.datetime(value.year, value.month, value.day), zone or UTC)
    if isinstance(value, bool) or not isinstance(value, str) or _is_number(value):
        raise Refusal(f"has the value {shown(value)}, which is not a valid time; {_MOMENTS}")
    found = value.strip()
    if found.lower() == "now":
        return "now"
    if found.startswith("+"):
        return "+" + age(found[1:])
    if _DATE.fullmatch(found) or _LOCAL.fullmatch(found):
        try:
            plain = dt.datetime.fromisoformat(found.replace(" ", "T").partition(".")[0].partition(",")[0])
        except ValueError as error:
            raise Refusal(f"has the value {shown(value)}, which is not a valid time; {_MOMENTS}") from error
        return _local(plain, zone or (UTC if _DATE.fullmatch(found) else None))
    parsed = parse_moment(found)
    if parsed is None:
        raise Refusal(f"has the value {shown(value)}, which is not a valid time; {_MOMENTS}")
    return to_iso(parsed)


_MOMENTS = "write now, +12h, a date, or a time with its zone such as 2026-01-05T20:00:00Z"


def _local(plain: dt.datetime, zone: dt.tzinfo | None) -> str:
    if zone is None:
        raise Refusal(
            f"has the value {plain.isoformat(sep=' ')}, a time of day without a zone; {_MOMENTS}, or set verify_backups_timezone"
        )
    first, second = (plain.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    try:
        there = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == plain
    except OverflowError as error:
        raise Refusal(f"has the value {plain.isoformat(sep=' ')}, which is out of range") from error
    if not there or first.utcoffset() != second.utcoffset():
        kind = "occurs twice" if there else "does not occur"
        raise Refusal(
            f"has the value {plain.isoformat(sep=' ')}, which {kind} in this zone, as clocks change; write it in UTC, with a Z"
        )
    return to_iso(first)


def zone(value: t.Any) -> dt.tzinfo:
    """``Europe/Berlin``, ``UTC`` or ``+02:00``."""
    name = text(value).strip()
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
        span = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return dt.timezone(span if offset[1] == "+" else -span)
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refusal(
            f"has the value {shown(value)}, which is not a time zone known here; write one such as Europe/Berlin, UTC or +02:00"
        ) from error


def words(value: t.Any) -> list[str]:
    """A list of words; text is cut at commas and lines, and may be a list in YAML or JSON."""
    found = [text(item).strip() for item in sequence(value)]
    return list(dict.fromkeys(word for word in found if word))


def sequence(value: t.Any) -> list[t.Any]:
    """A list, whatever it came as. Items of a real list stay whole, whatever is in them."""
    if isinstance(value, str):
        if value.lstrip().startswith(("[", "{")):
            value = document(value)
        else:
            return [part.strip() for line in value.splitlines() for part in line.split(",") if part.strip()]
    if isinstance(value, t.Mapping):
        return [value]
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return [value]


def mapping(value: t.Any) -> dict[str, t.Any]:
    found = document(value) if isinstance(value, str) else value
    if not isinstance(found, t.Mapping):
        raise Refusal("is not a dictionary; write keys and values")
    return {str(key): item for key, item in found.items()}


def document(value: str) -> t.Any:
    """Text that is itself YAML or JSON, as ``-e name='[…]'`` gives it. The value may be secret, so it is not shown."""
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise Refusal("looks like a list or a dictionary, but can't be read as YAML or JSON") from error


def mode(value: t.Any) -> int:
    """A file's mode. YAML makes 416 of an unquoted 0640, and a survey's 640 stays 640; no number can mean both."""
    if isinstance(value, int) and not isinstance(value, bool):
        digits = f"{value:o}"
        if len(digits) == 3 and set(digits) <= set("046"):
            return value
        value = str(value)
    match = _MODE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Refusal(f"has the value {shown(value)}, which is not a mode; write it as 0640")
    return int(match[1], 8)


def shown(value: t.Any) -> str:
    """A value as a sentence shows it: short, and with its quotes when it is text."""
    if isinstance(value, (dt.date, dt.datetime)):
        return str(value)
    found = repr(value)
    return found if len(found) <= 80 else f"{found[:77]}…"


def _is_number(value: t.Any) -> bool:
    return isinstance(value, str) and bool(_NUMBER.fullmatch(value.strip()))


def refuse_failed(name: str, value: t.Any) -> t.Any:
    """The value, or a Refusal that says why there is none. A variable that can hold a secret is not quoted."""
    if isinstance(value, Failed):
        raise Refusal("can't be filled in" if name == "connection" else f"can't be filled in: {value.reason}")
    return value
