# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the value of an element is read, one function per kind of element. Pure functions. Private to the collection.

XML knows only text, JSON has types: both are brought to the same value.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ._errors import ProtocolError
from ._resources import Kind
from ._times import wire_to_iso
from ._values import infer

Convert = t.Callable[[t.Any], t.Any]
_INT = re.compile(r"\s*-?[0-9]{1,19}\s*", re.ASCII)
_BOOLS = {"true": True, "false": False, "1": True, "0": False}


def text(value: t.Any) -> str | None:
    """Text as it is; empty is null. Raises ProtocolError for a structure."""
    if value.__class__ is str:
        # XML parsers turn the line ends of Windows into plain ones.
        return value.replace("\r\n", "\n") if "\r" in value else (value or None)
    if value is None:
        return None
    if isinstance(value, dict) and all(key[:1] in ("@", "#") for key in value):
        return text(value.get("#text"))
    if isinstance(value, (dict, list)):
        raise ProtocolError("the answer has a structure where a text belongs")
    return str(value).lower() if isinstance(value, bool) else str(value)


def word(value: t.Any) -> str | None:
    """One of a set of words; ``None`` is the server's word for no value."""
    found = text(value)
    return None if found is None or found == "None" else _shared(found)


@functools.lru_cache(maxsize=256)
def _shared(found: str) -> str:
    """One object for all records: words are few, records many."""
    return found


def session_name(value: t.Any) -> str | None:
    """``srv01@2026-01-05 20:02:31``: a name that ends in a time, which is cut to whole seconds like all times."""
    found = text(value)
    if found is None or found[-3:-2] == ":":
        return found
    # v12 and v13 write fractions of a second into the names of sessions and points, 9.5 does not.
    dot = found.rfind(".", -8)
    ends_in_time = dot > 19 and found[dot - 20] == "@" and found[dot - 3] == ":" and found[dot + 1 :].isdigit()
    return found[:dot] if ends_in_time else found


def integer(value: t.Any) -> t.Any:
    if value.__class__ is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    found = text(value)
    return int(found) if found is not None and _INT.fullmatch(found) else found


def size(value: t.Any) -> t.Any:
    """Bytes; -1 means that the server does not know."""
    number = integer(value)
    return None if number == -1 else number


def number(value: t.Any) -> t.Any:
    if isinstance(value, (int, float)):
        return float(value)
    found = text(value)
    try:
        return None if found is None else float(found)
    except ValueError:
        return found


def boolean(value: t.Any) -> t.Any:
    if value.__class__ is bool:
        return value
    found = text(value)
    return None if found is None else _BOOLS.get(found.strip().lower(), found)


def moment(value: t.Any) -> str | None:
    found = text(value)
    return wire_to_iso(found) if found else None


CONVERTERS: dict[Kind, Convert] = {
    Kind.TEXT: text, Kind.WORD: word, Kind.INT: integer, Kind.FLOAT: number, Kind.SIZE: size, Kind.BOOL: boolean,
    Kind.TIME: moment, Kind.NESTED: infer,
}  # fmt: skip
