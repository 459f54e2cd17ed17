# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents as JSON, in the key case and with the null rules of a profile."""

from __future__ import annotations

import json
from typing import Any

from veeam_em_simulator.identifiers import camel_case
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.wire.model import Element, Link, PerFormat, Repeat, Strings

_LAST = ("Name", "UID", "Links", "Href", "Type")


def to_json(document: Element, profile: Profile) -> bytes:
    text = json.dumps(_object(document, profile), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _object(element: Element, profile: Profile) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if element.text is not None:
        values["Value"] = element.text
    for key, child in element.children:
        values[key] = _value(child, profile)
    if element.links is not False:
        values["Links"] = None if element.links is None else [_link(link, profile) for link in element.links]
    values.update(element.attributes)
    nulls = profile.nulls if element.json_nulls is None else element.json_nulls
    case = camel_case if profile.camel_keys else str
    return {case(key): values[key] for key in _order(element, values) if nulls or values[key] is not None}


def _order(element: Element, values: dict[str, Any]) -> list[str]:
    if element.json_order is not None:
        return [key for key in element.json_order if key in values]
    if element.text is not None:
        return [*element.attributes, "Value"]
    keys = [key for key in values if key not in _LAST]
    return keys + [key for key in _LAST if key in values]


def _value(child: object, profile: Profile) -> Any:
    if isinstance(child, Element):
        return _object(child, profile)
    if isinstance(child, Repeat):
        return [_object(item, profile) if isinstance(item, Element) else item for item in child.items]
    if isinstance(child, Strings):
        return list(child.values)
    if isinstance(child, PerFormat):
        return child.json
    return child


def _link(link: Link, profile: Profile) -> dict[str, Any]:
    if profile.camel_keys:
        return {"rel": link.rel, "href": link.href, "name": link.name, "type": link.type}
    found = {"Rel": link.rel, "Href": link.href, "Name": link.name, "Type": link.type}
    return found if profile.nulls else {key: value for key, value in found.items() if value is not None}
