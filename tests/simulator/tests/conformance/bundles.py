# SPDX-License-Identifier: GPL-3.0-or-later
"""Support bundles of real servers, read as evidence: where does the simulator differ from what a server really sends?

A bundle is what the collection's doctor makes: exchanges with stand-ins for all content. Only shapes are compared, so a
bundle needs no estate of its own.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.notation import PROFILES, Entity, key
from conformance.tables import ENTITIES

_MORE = re.compile(r"\.\.\. \d+ more")


def differences(bundle: dict[str, Any]) -> list[str]:
    """What the server of the bundle does and the tables, which the simulator keeps to, do not say; one line for each."""
    if bundle.get("format") != 1:
        return [f"the bundle has the format {bundle.get('format')!r}, and 1 is known"]
    found: dict[str, None] = {}
    for answer in bundle["answers"]:
        for line in _of_answer(answer):
            found[line] = None
    return list(found)


def _of_answer(answer: dict[str, Any]) -> list[str]:
    media_type = answer["headers"].get("content-type", "").partition(";")[0]
    if not answer["decoded"] or answer["status"] != 200:
        return []
    if media_type not in ("application/json", "application/xml"):
        return [f"{answer['target']}: Content-Type {media_type!r}"]
    lines = []
    for row in _entities(answer["body"]):
        kind = str(_value(row, "Type"))
        entity = ENTITIES.get(kind)
        if entity is not None and _is_entity(row):
            lines += _of_json(row, entity) if media_type == "application/json" else _of_xml(row, entity)
    return lines


def _entities(value: Any) -> list[dict[str, Any]]:
    """Every object with a type of its own, however deep."""
    found = []
    if isinstance(value, dict):
        if _value(value, "Type") and _value(value, "UID"):
            found.append(value)
        for name, item in value.items():
            if name.lower().lstrip("@") != "links":
                found += _entities(item)
    elif isinstance(value, list):
        for item in value:
            if not (isinstance(item, str) and _MORE.fullmatch(item)):
                found += _entities(item)
    return found


def _value(row: dict[str, Any], name: str) -> Any:
    return next((value for key_, value in row.items() if key_.lstrip("@").lower() == name.lower()), None)


def _is_entity(row: dict[str, Any]) -> bool:
    """References have the same types in their links, but no elements."""
    return "format=Entity" in str(_value(row, "Href"))


def _of_json(row: dict[str, Any], entity: Entity) -> list[str]:
    """The keys, their case and their order are those of one of the versions that the simulator plays."""
    names = list(row)
    fitting = []
    for profile in PROFILES:
        there = {member.name: member for member in entity.members}
        order = [key(name, profile) for name in entity.keys if name not in there or there[name].there(profile)]
        if names == order or (profile == "v95u4" and names == [name for name in order if name in names]):
            return []
        fitting.append((len(set(names) ^ set(order)), profile, order))
    _distance, profile, order = min(fitting)
    unknown, missing = [name for name in names if name not in order], [name for name in order if name not in names]
    if unknown or missing:
        return [f"{entity.type} in JSON, nearest to {profile}: has also {unknown}, has not {missing}"]
    return [f"{entity.type} in JSON, nearest to {profile}: keys in the order {names}, documented {order}"]


def _of_xml(row: dict[str, Any], entity: Entity) -> list[str]:
    elements = [name for name in row if not name.startswith(("@", "#"))]
    order = ["Links", *(member.name for member in entity.members)]
    unknown = [name for name in elements if name not in order]
    if unknown:
        return [f"{entity.type} in XML: has also {unknown}"]
    if elements != [name for name in order if name in elements]:
        return [f"{entity.type} in XML: elements in the order {elements}, documented {order}"]
    return []
