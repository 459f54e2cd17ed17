# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single values of options, checked: each function gives what was meant or raises SettingsError. Private to the collection."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from .._errors import SettingsError, advice, nearest
from .._times import MAX_AGE, parse_age, parse_moment
from .codes import SNAPSHOT_TYPE

_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_TIME_OF_DAY = re.compile(r"\d[T ]\d{2}:\d{2}", re.ASCII)
_ZONE = re.compile(r"\s*(?:Z|z|[+-]\d{2}:?\d{2})\s*", re.ASCII)
_WORD = re.compile("[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_DOMAIN = re.compile(r"\.?[\w-]+(?:\.[\w-]+)*")


def known_keys(where: str, entry: t.Mapping[t.Any, t.Any], allowed: t.Sequence[str]) -> None:
    unknown = sorted(str(key) for key in entry if key not in allowed)
    if unknown:
        raise SettingsError(f"{where} has the unknown key {unknown[0]!r}", hint=advice(unknown[0], allowed))


def text(option: str, value: t.Any) -> str | None:
    return None if value is None else required(option, value)


def required(option: str, value: t.Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(
            f"{option} has the value {value!r}, which is not text", hint="write a text that is not empty"
        )
    return value


def age(option: str, value: t.Any) -> dt.timedelta:
    if isinstance(value, (bool, dt.date)):
        raise SettingsError(f"{option} has the value {value}, which is not an age", hint="write an age such as 24h")
    found = parse_age(str(value), option)
    if not found:
        raise SettingsError(f"{option} is zero", hint="write an age such as 24h")
    return found


def optional_age(option: str, value: t.Any) -> dt.timedelta | None:
    return None if value is None else age(option, value)


def moment(option: str, value: t.Any, examples: str) -> dt.datetime:
    """A date (00:00 UTC of that day) or a time with its zone."""
    written = str(value).strip()
    found = None if isinstance(value, bool) else parse_moment(written)
    if found is None:
        raise SettingsError(f"{option} has the value {written!r}, which is not a valid time", hint=f"write {examples}")
    if _TIME_OF_DAY.search(written) and not _ZONE.fullmatch(written[16:].lstrip(":.,0123456789")):
        raise SettingsError(
            f"{option} has the value {written!r}, a time of day without a zone", hint="add Z for UTC, or an offset such as +01:00"
        )  # fmt: skip
    return found


def needed_at(option: str, value: t.Any, now: dt.datetime) -> dt.datetime:
    written = str(value).strip()
    if written.lower() == "now":
        return now
    if written.startswith("+"):
        return now + parse_age(written[1:], option)
    found = moment(option, value, "now, +12h for a time from now, or an ISO 8601 time such as 2026-01-05T20:00:00Z")
    if abs(found - now) > MAX_AGE:
        raise SettingsError(
            f"{option} has the value {written!r}, which is more than a century away", hint="check the year"
        )
    return found


def flag(option: str, value: t.Any) -> bool:
    found = value if isinstance(value, bool) else _BOOLS.get(str(value).strip().lower())
    if found is None:
        raise SettingsError(f"{option} has the value {value!r}", hint="use true or false")
    return found


def choice(option: str, value: t.Any, allowed: t.Sequence[str]) -> str:
    if value not in allowed:
        raise SettingsError(f"{option} has the value {value!r}", hint=f"use one of {', '.join(allowed)}")
    return str(value)


def listed(option: str, value: t.Any, hint: str) -> list[t.Any]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise SettingsError(f"{option} is not a list with something in it", hint=hint)
    return list(words)


def choices(option: str, value: t.Any, allowed: t.Sequence[str]) -> tuple[str, ...]:
    """Some of a fixed set of words."""
    words = listed(option, value, f"use some of {', '.join(allowed)}")
    for word in words:
        if word not in allowed:
            raise SettingsError(f"{option} has the value {word!r}", hint=f"use some of {', '.join(allowed)}")
    return tuple(dict.fromkeys(words))


def job_types(option: str, value: t.Any, known: t.Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Any words, since servers know types that we don't; and a remark on each that looks like a misspelt known one."""
    known = (*known, "Replica", SNAPSHOT_TYPE)
    by_fold = {word.lower(): word for word in known}
    found, remarks = [], []
    for word in listed(option, value, f"use some of {', '.join(known)}, or another type that your servers know"):
        if not isinstance(word, str) or not _WORD.fullmatch(word):
            raise SettingsError(
                f"{option} has the value {word!r}, which is not a type of job", hint=f"use some of {', '.join(known)}"
            )
        near = [] if word.lower() in by_fold else nearest(word, known, likeness=0.8)
        if near:
            remarks.append(f"{option} has the value {word}, a type that is not known; did you mean {near[0]}?")
        found.append(by_fold.get(word.lower(), word))
    return tuple(dict.fromkeys(found)), tuple(remarks)


def domains(option: str, value: t.Any) -> tuple[str, ...] | None:
    """What counts as a domain; an empty list: nothing does."""
    if value is None:
        return None
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(
        isinstance(one, str) and _DOMAIN.fullmatch(one) for one in words
    ):
        raise SettingsError(
            f"{option} has the value {value!r}", hint="write a list of domains such as corp.example.com"
        )
    return tuple(dict.fromkeys(words))
