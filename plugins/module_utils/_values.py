# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values whose meaning no table tells: unknown elements and nested structures. Private to the collection.

XML knows only text, JSON has types: both are brought to the same value. Lists come in the shapes of the EM page
representation_collections: XML repeats an element, JSON has a plural key or a plain array.
"""

from __future__ import annotations

import re
import typing as t

from ._errors import ProtocolError
from ._nodes import snake_case
from ._times import wire_to_iso

_INT = re.compile(r"(?:0|-?[1-9][0-9]{0,18})", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]{1,15}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_CLOCK = re.compile(r"(?:\d{4}-\d{2}-\d{2}T)?(\d{2}:\d{2}:\d{2})(?:[.+Z-]|$)", re.ASCII)

# XML elements that repeat inside a wrapper; JSON shows a bare array for the first kind and a plural key for the second.
_BARE = {"Extension", "Link", "Path"}
_PLURAL = {
    "Day", "Month", "Period", "ObjectInJob", "ObjectInAgentBackupJob", "LinkedJobObject", "LinkedBackup",
    "LinkedBackupRepository", "NASObject", "Database",
}  # fmt: skip
_ALWAYS_LISTS = {"Days", "Months"}
_MAX_DEPTH = 60


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
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _TIME.fullmatch(text):
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
