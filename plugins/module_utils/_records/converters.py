# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the value of an element is read: one function per kind of element, and one for what no table tells. Pure. Private to the collection.

XML knows only text, JSON has types: both are brought to the same value. Lists come in the shapes of the EM page
representation_collections: XML repeats an element, JSON has a plural key or a plain array.
"""

from __future__ import annotations

import functools
import re
import typing as t

from .._errors import ProtocolError
from .._times import wire_to_iso
from .nodes import snake_case
from .resources import Kind

Convert = t.Callable[[t.Any], t.Any]
_INT = re.compile(r"\s*-?[0-9]{1,19}\s*", re.ASCII)
_WIRE_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,18})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]{1,15}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_CLOCK = re.compile(r"(?:\d{4}-\d{2}-\d{2}T)?(\d{2}:\d{2}:\d{2})(?:[.+Z-]|$)", re.ASCII)

# XML elements that repeat inside a wrapper; JSON shows a bare array for the first kind and a plural key for the second.
_BARE = {"Extension", "Link", "Path"}
_PLURAL = {
    "Day", "Month", "Period", "ObjectInJob", "ObjectInAgentBackupJob", "LinkedJobObject", "LinkedBackup",
    "LinkedBackupRepository", "NASObject", "Database",
}  # fmt: skip
_ALWAYS_LISTS = {"Days", "Months"}
_MAX_DEPTH = 60


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
    return None if found is None else _WIRE_FLAGS.get(found.strip().lower(), found)


def record_time(value: t.Any) -> str | None:
    found = text(value)
    return wire_to_iso(found) if found else None


def infer(value: t.Any, depth: int = 0) -> t.Any:
    """A value in plain types with snake_case keys; empty, ``None`` and the year 1 are null. Raises ProtocolError.

    Inside structures, what is null or an empty list is left out: XML does not show it, and servers differ in what JSON shows.
    """
    if isinstance(value, str):
        return _scalar(value)
    if depth > _MAX_DEPTH:
        raise ProtocolError("the answer is nested too deeply")
    if isinstance(value, list):
        return [infer(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return _structure(value, depth)
    return value


def _scalar(text: str) -> t.Any:
    if text in ("", "None"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _MOMENT.fullmatch(text):
        return wire_to_iso(text)
    return text.replace("\r\n", "\n")


def _structure(node: dict[str, t.Any], depth: int) -> t.Any:
    children = {key: value for key, value in node.items() if not key.startswith("@xmlns")}
    elements = [key for key in children if key[:1] not in ("@", "#")]
    if len(elements) == 1 and elements[0] in _BARE and all(key == "#text" or key in elements for key in children):
        return [infer(item, depth + 1) for item in _as_list(children[elements[0]])]
    result: dict[str, t.Any] = {}
    for key, value in children.items():
        name = snake_case(key)
        if key == "#text":
            if not isinstance(value, str):
                raise ProtocolError("the answer has a structure where a text belongs")
            if not elements and value.strip():
                result["value"] = infer(value)
            continue
        if name in ("links", "href"):
            continue
        if key in _PLURAL or key in _ALWAYS_LISTS:
            found: t.Any = [infer(item, depth + 1) for item in _as_list(value)]
            name = f"{name}s" if key in _PLURAL else name
        elif isinstance(value, list) and not key.endswith("s") and key[:1] != "@":
            found = [infer(item, depth + 1) for item in value]
            name = f"{name}s"
        else:
            found = _clock(value, depth + 1) if name == "time" else infer(value, depth + 1)
            if isinstance(found, list) and not key.endswith("s"):
                name = f"{name}s"
        if found not in (None, []):
            result[name] = found
    return result or None


def _clock(value: t.Any, depth: int) -> t.Any:
    """The time of day of a schedule; JSON shows it with a date that means nothing, XML with a fraction and a zone."""
    match = _CLOCK.match(value) if isinstance(value, str) else None
    return match.group(1) if match else infer(value, depth)


def _as_list(value: t.Any) -> list[t.Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


CONVERTERS: dict[Kind, Convert] = {
    Kind.TEXT: text, Kind.WORD: word, Kind.INT: integer, Kind.FLOAT: number, Kind.SIZE: size, Kind.BOOL: boolean,
    Kind.TIME: record_time, Kind.NESTED: infer,
}  # fmt: skip
