# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the nodes of an answer to the documented records (design section 3.3). Pure functions. Private to the collection.

A record holds every element that the server sent, known ones always (null when absent), unknown ones under their snake_case
name, plus what the links tell. The same thing read from XML or JSON, from any server version, gives the same record.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._errors import ProtocolError
from .converters import CONVERTERS, Convert, infer, session_name, text
from .derived import EXTRAS, guid_of, path_of
from .nodes import Link, Node, check_depth, links_of, snake_case, uid_of
from .resources import RESOURCES, Resource

Record = t.Dict[str, t.Any]
_URN = "urn:veeam:"
_HANDLED_APART = frozenset({"links", "type", "href", "xmlns"})


@dataclasses.dataclass(frozen=True)
class RecordOptions:
    """What a record carries beyond its documented keys."""

    include_links: bool = False
    include_raw: bool = False


def _key(element: str) -> str:
    key = snake_case(element)
    return key[:-4] if key.endswith("_utc") else key


class _Plan:
    """How to turn the nodes of one resource into records: raw key to record key and converter, worked out once per key."""

    def __init__(self, resource: Resource) -> None:
        converters = {_key(name): CONVERTERS[kind] for name, kind in resource.elements}
        self.template: Record = dict.fromkeys(["name", "uid", "id", "href", *converters])
        self._converters = {"name": session_name if resource.time_field else text, "uid": text, **converters}
        self.steps: dict[str, tuple[str | None, Convert]] = {}

    def step(self, raw_key: str) -> tuple[str | None, Convert]:
        """The record key and the converter for a key of the server; no record key when it is handled elsewhere."""
        key = _key(raw_key)
        apart = key in _HANDLED_APART or raw_key == "#text" or raw_key.startswith("@xmlns")
        self.steps[raw_key] = found = (None if apart else key, self._converters.get(key, infer))
        return found


@functools.cache
def _plan(resource: Resource) -> _Plan:
    return _Plan(resource)


def build(resource: Resource, node: Node, options: RecordOptions = RecordOptions()) -> Record:
    """The record of an entity or reference node. Raises ProtocolError."""
    plan = _plan(resource)
    record, steps = plan.template.copy(), plan.steps
    for raw_key, value in node.items():
        if value is not None:
            key, convert = steps.get(raw_key) or plan.step(raw_key)
            if key is not None:
                record[key] = convert(value)
    uid = record["uid"]
    record["id"] = uid.rpartition(":")[2] if uid else None
    record["href"] = path_of(node.get("Href") or node.get("@Href") or node.get("href"))
    links = links_of(node)
    by_type: dict[str | None, Link] = {}
    for link in links:
        if link.type not in by_type:
            by_type[link.type] = link
    _add_backup_server(record, resource, by_type)
    extra = EXTRAS.get(resource.name)
    if extra is not None:
        extra(record, links, by_type)
    if options.include_links:
        record["links"] = [link._asdict() for link in links]
    if options.include_raw:
        check_depth(node)
        record["raw"] = node
    return record


@functools.lru_cache(maxsize=64)
def keys_of(resource: Resource) -> frozenset[str]:
    """The keys that every record of a resource has."""
    return frozenset(build(resource, {}))


def own_row(resource: Resource, node: Node) -> Node:
    """The node, unless its UID is that of another resource. Raises ProtocolError."""
    uid = uid_of(node)
    found = uid[len(_URN) :].partition(":")[0] if uid and uid.startswith(_URN) else ""
    if found.lower() in _foreign_urns(resource):
        raise ProtocolError(f"the answer holds a {found} in the place of a {resource.type_name}")
    return node


@functools.cache
def _foreign_urns(resource: Resource) -> frozenset[str]:
    """The type parts of UIDs that other resources have; of one that is not known, nothing can be said."""
    known = {urn.lower() for other in RESOURCES.values() for urn in other.urns}
    return frozenset(known - {urn.lower() for urn in resource.urns})


def _add_backup_server(record: Record, resource: Resource, by_type: dict[str | None, Link]) -> None:
    if resource.name == "backup_server":
        record["backup_server_name"], record["backup_server_uid"] = record["name"], record["uid"]
        return
    link = by_type.get("BackupServerReference") or by_type.get("BackupServer")
    record["backup_server_name"], record["backup_server_uid"] = _server(link.href, link.name) if link else (None, None)


@functools.lru_cache(maxsize=256)
def _server(href: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Name and UID; records of one server share them."""
    guid = guid_of(href)
    return name or None, f"urn:veeam:BackupServer:{guid}" if guid else None
