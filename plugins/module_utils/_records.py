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
import re
import typing as t

from ._codec import Node, links_of, snake_case
from ._resources import Kind, Resource
from ._times import seconds_between, wire_to_iso
from ._values import infer

Record = t.Dict[str, t.Any]
Convert = t.Callable[[t.Any], t.Any]

_DONE_STATES = frozenset({"Stopped", "Completed"})
_RUNNING_STATES = frozenset({"Starting", "Stopping", "Working", "Pausing", "Resuming", "InProgress", "Pending"})
_BACKSLASHES = re.compile(r"\\+")


@dataclasses.dataclass(frozen=True)
class RecordOptions:
    """What a record carries beyond its documented keys."""

    include_links: bool = False
    include_raw: bool = False


def _text(value: t.Any) -> t.Any:
    return None if value == "" else value


def _word(value: t.Any) -> t.Any:
    return None if value in ("", "None") else value


def _int(value: t.Any) -> t.Any:
    try:
        return None if value in ("", None) else int(value)
    except (TypeError, ValueError):
        return value


def _float(value: t.Any) -> t.Any:
    try:
        return None if value in ("", None) else float(value)
    except (TypeError, ValueError):
        return value


def _size(value: t.Any) -> t.Any:
    number = _int(value)
    return None if number == -1 else number


def _bool(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False, "": None}.get(value.lower(), value)
    return value


def _time(value: t.Any) -> t.Any:
    return wire_to_iso(value) if value else None


_CONVERTERS: dict[Kind, Convert] = {
    Kind.TEXT: _text, Kind.WORD: _word, Kind.INT: _int, Kind.FLOAT: _float, Kind.SIZE: _size, Kind.BOOL: _bool,
    Kind.TIME: _time, Kind.NESTED: infer,
}  # fmt: skip
_EVERYWHERE = {"name": _text, "uid": _text}
_HANDLED_APART = frozenset({"links", "xmlns", "type", "href", "text"})


def _key(element: str) -> str:
    key = snake_case(element)
    return key[:-4] if key.endswith("_utc") else key


class _Plan:
    """How to turn the nodes of one resource into records: raw key to record key and converter, worked out once per key."""

    def __init__(self, resource: Resource) -> None:
        converters = {_key(name): _CONVERTERS[kind] for name, kind in resource.elements}
        self.template: Record = dict.fromkeys(["name", "uid", "id", "href", *converters])
        self._converters = {**_EVERYWHERE, **converters}
        self._known: dict[str, tuple[str, Convert] | None] = {}

    def step(self, raw_key: str) -> tuple[str, Convert] | None:
        if raw_key not in self._known:
            key = _key(raw_key)
            dropped = key in _HANDLED_APART or raw_key.startswith("@xmlns")
            self._known[raw_key] = None if dropped else (key, self._converters.get(key, infer))
        return self._known[raw_key]


@functools.cache
def _plan(resource: Resource) -> _Plan:
    return _Plan(resource)


def build(resource: Resource, node: Node, options: RecordOptions = RecordOptions()) -> Record:
    """The record of an entity or reference node."""
    plan = _plan(resource)
    record = plan.template.copy()
    for raw_key, value in node.items():
        step = plan.step(raw_key)
        if step is not None and value is not None:
            record[step[0]] = step[1](value)
    uid = record["uid"]
    record["id"] = uid.rpartition(":")[2] if uid else None
    record["href"] = path_of(node.get("@Href") or node.get("Href") or node.get("href"))
    links = links_of(node)
    by_type = _first_by_type(links)
    _add_backup_server(record, resource, by_type)
    extra = _EXTRAS.get(resource.name)
    if extra is not None:
        extra(record, links, by_type)
    if options.include_links:
        record["links"] = links
    if options.include_raw:
        record["raw"] = node
    return record


def path_of(href: str | None) -> str | None:
    """The path of an address that the server wrote: its host may be one that the client can't reach."""
    if not href:
        return None
    href = href.partition("?")[0]
    if "://" not in href:
        return href
    start = href.find("/", href.index("://") + 3)
    return href[start:] if start >= 0 else "/"


def guid_of(href: str | None) -> str | None:
    """The id at the end of an address."""
    return path_of(href).rstrip("/").rpartition("/")[2] if href else None  # type: ignore[union-attr]


def _first_by_type(links: list[Node]) -> dict[str | None, Node]:
    found: dict[str | None, Node] = {}
    for link in links:
        found.setdefault(link["type"], link)
    return found


def _add_backup_server(record: Record, resource: Resource, by_type: dict[str | None, Node]) -> None:
    if resource.name == "backup_server":
        record["backup_server_name"], record["backup_server_uid"] = record["name"], record["uid"]
        return
    link = by_type.get("BackupServerReference") or by_type.get("BackupServer")
    guid = guid_of(link["href"]) if link else None
    record["backup_server_name"] = (link["name"] or None) if link else None
    record["backup_server_uid"] = f"urn:veeam:BackupServer:{guid}" if guid else None


def _add_progress(record: Record) -> None:
    state, end = record["state"], record["end_time"]
    running = state in _RUNNING_STATES or (state not in _DONE_STATES and end is None)
    start = record["creation_time"]
    record["running"] = running
    record["duration_seconds"] = None if running or not start or not end else seconds_between(start, end)


def _uid(kind: str, link: Node | None) -> str | None:
    guid = guid_of(link["href"]) if link else None
    return f"urn:veeam:{kind}:{guid}" if guid else None


def _session(record: Record, links: list[Node], by_type: dict[str | None, Node]) -> None:
    _add_progress(record)
    record["is_retry"] = bool(record["is_retry"])
    record["parent_session_uid"] = _uid(
        "BackupJobSession", by_type.get("BackupJobSessionReference") if _is_child(links) else None
    )
    record["source_job_name"] = _source_job(record)
    record["restore_point_uids"] = [
        f"urn:veeam:RestorePoint:{guid_of(link['href'])}" for link in links if link["type"] == "RestorePointReference"
    ]


def _is_child(links: list[Node]) -> bool:
    return any(link["rel"] == "Up" and link["type"] == "BackupJobSessionReference" for link in links)


def _source_job(record: Record) -> str | None:
    """The source of a copy worker, whose sessions are named ``copy job\\source job``."""
    if record["job_type"] != "ImmediateBackupCopyWorker" or not record["job_name"]:
        return None
    parts = _BACKSLASHES.split(record["job_name"], maxsplit=1)
    return parts[1] if len(parts) == 2 else None


def _task(record: Record, links: list[Node], by_type: dict[str | None, Node]) -> None:
    _add_progress(record)
    session = by_type.get("BackupJobSessionReference") or by_type.get("ReplicaJobSessionReference")
    name = session["name"] if session else None
    record["job_session_name"] = name or None
    record["job_name"] = (name.rpartition("@")[0] or None) if name else None
    record["vm_restore_point_uid"] = _uid("VmRestorePoint", by_type.get("VmRestorePoint"))
    record["platform"], record["vm_ref"] = split_object_ref(record["vm_uid"])


def split_object_ref(ref: str | None) -> tuple[str | None, str | None]:
    """``urn:VMware:Vm:<root>.vm-1042`` is (``VMware``, ``vm-1042``)."""
    if not ref:
        return None, None
    parts = ref.split(":", 3)
    if len(parts) < 4 or parts[0] != "urn":
        return None, ref
    return parts[1], parts[3].partition(".")[2] or None


def _repository(record: Record, links: list[Node], by_type: dict[str | None, Node]) -> None:
    record["unlimited"] = record["capacity"] is None


def _vm_restore_point(record: Record, links: list[Node], by_type: dict[str | None, Node]) -> None:
    record["platform"], record["vm_ref"] = split_object_ref(record["hierarchy_obj_ref"])
    record["restore_point_uid"] = _uid("RestorePoint", by_type.get("RestorePointReference"))


def _agent_restore_point(record: Record, links: list[Node], by_type: dict[str | None, Node]) -> None:
    record["restore_point_uid"] = _uid("RestorePoint", by_type.get("RestorePointReference"))


_EXTRAS: dict[str, t.Callable[[Record, list[Node], dict[str | None, Node]], None]] = {
    "backup_session": _session,
    "replica_session": _session,
    "backup_task_session": _task,
    "replica_task_session": _task,
    "repository": _repository,
    "vm_restore_point": _vm_restore_point,
    "agent_restore_point": _agent_restore_point,
}
