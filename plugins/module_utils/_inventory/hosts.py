# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was read to one plain record per host of the inventory. Pure functions. Private to the collection.

Records hold nothing but JSON types, because they are cached. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._protection.codes import COPY_TYPES
from .._protection.facts import ObservedMachine
from .._protection.identity import AGENT, fold, same_name
from .._protection.rows import TaskRow
from .._protection.verdict import Attempt
from .._records.build import Record
from .._records.derived import split_object_ref
from .._times import to_iso

COMMON = (
    "kind", "kinds", "name", "uid", "identity", "backup_server_names", "enterprise_managers", "data_as_of", "gathered_at",
)  # fmt: skip
BACKUPS = ("job_names", "running", "last_attempt", "last_success")
VM = (
    "vm_uid", "vm_uids", "vm_ref", "platform", "hierarchy_root_name", "hierarchy_root_type", "hierarchy_unique_id", "join_key",
)  # fmt: skip
AGENT_FACTS = (
    "hierarchy_obj_ref", "ip_address", "os_version", "agent_version", "agent_status", "host_status", "protection_groups",
)  # fmt: skip
SERVER = ("version", "port", "description")
VERDICT = ("verdict", "inventory_protection")
VARIABLES = (*COMMON, *BACKUPS, *VM, *AGENT_FACTS, *SERVER, *VERDICT)
"""Every key that a record may have; the documentation of the inventory plugin tells what they mean."""

_SUCCESSFUL = ("Success", "Warning")
_NOT_MACHINES = frozenset({"NasBackup"})


def server_host(record: Record, data_as_of: dt.datetime | None) -> Record:
    """A backup server; several Enterprise Managers may know it, and only a full name is one name everywhere."""
    name = record["name"] or ""
    return {
        "kind": "backup_server",
        "name": record["name"],
        "uid": record["uid"],
        "identity": f"backup_server/{fold(name) if '.' in name else record['id']}",
        "backup_server_names": [record["name"]],
        "data_as_of": _iso(data_as_of),
        **{key: record[key] for key in SERVER},
    }


def is_vm(seen: ObservedMachine) -> bool:
    """Neither a computer with an agent nor a file share."""
    return seen.key[0] != AGENT and not {attempt.job_type for _task, _uid, attempt in seen.tasks} <= _NOT_MACHINES


def vm_host(seen: ObservedMachine, roots: t.Mapping[str, Record]) -> Record:
    """A virtual machine; ``roots`` are the records of the hierarchy roots by GUID."""
    newest_first = sorted(seen.tasks, key=lambda item: (item[2].start, item[0].uid or ""), reverse=True)
    references = list(dict.fromkeys(uid for _task, uid, _attempt in newest_first if uid))
    vm_uid = references[0] if references else None
    platform, vm_ref = split_object_ref(vm_uid)
    root = roots.get(_root_of(vm_uid), {})
    return {
        "kind": "vm",
        "name": newest_first[0][0].names[0],
        "uid": vm_uid,
        "identity": "/".join(seen.key),
        **_backups(seen),
        "data_as_of": _iso(seen.data_as_of),
        "vm_uid": vm_uid,
        "vm_uids": sorted(references),
        "vm_ref": vm_ref,
        "platform": platform,
        "hierarchy_root_name": root.get("name"),
        "hierarchy_root_type": root.get("host_type"),
        "hierarchy_unique_id": _lower(root.get("unique_id")),
        "join_key": f"{_lower(root['unique_id'])}_{_lower(vm_ref)}" if root.get("unique_id") and vm_ref else None,
    }


def _lower(text: str | None) -> str | None:
    """As other tools write it: servers differ in the case of ids."""
    return text.lower() if text else None


def agent_hosts(computers: t.Sequence[Record], machines: t.Sequence[ObservedMachine]) -> list[Record]:
    """Computers with an agent: those that were discovered, with their backups, and those that only their backups tell of."""
    left = {seen.key: seen for seen in machines if seen.key[0] == AGENT}
    found = []
    for group in _same_computer(computers):
        backups = [left.pop(key) for key in [_agent_key(one, left) for one in group] if key in left]
        found.append(_agent_host(group, backups))
    return [*found, *(_agent_host([], [seen]) for seen in left.values())]


def _same_computer(computers: t.Sequence[Record]) -> list[list[Record]]:
    """A computer may be in several protection groups and at several backup servers."""
    groups: dict[str, list[Record]] = {}
    for one in computers:
        groups.setdefault(one["hierarchy_obj_ref"] or one["uid"], []).append(one)
    return list(groups.values())


def _agent_key(computer: Record, left: t.Mapping[t.Any, ObservedMachine]) -> t.Any:
    """The machine that the computer's sessions name, perhaps without the domain."""
    server, name = fold(computer["backup_server_name"] or ""), computer["name"] or ""
    if (AGENT, server, fold(name)) in left:
        return AGENT, server, fold(name)
    near = [key for key in left if key[1] == server and same_name("short_name", name, key[2])]
    return near[0] if len(near) == 1 else None


def _agent_host(group: t.Sequence[Record], machines: t.Sequence[ObservedMachine]) -> Record:
    facts: Record = group[0] if group else {}
    tasks = [item for seen in machines for item in seen.tasks]
    known = [seen.data_as_of for seen in machines if seen.data_as_of]
    # The same whether the account may read the list of computers or not, as far as the computer has backups.
    keys = sorted(seen.key for seen in machines) or sorted(
        (AGENT, fold(one["backup_server_name"] or ""), fold(one["name"] or one["uid"])) for one in group
    )
    whole = ObservedMachine(keys[0], tasks, min(known, default=None))
    record = _backups(whole)
    servers = {*record["backup_server_names"], *(one["backup_server_name"] for one in group)} - {None}
    return {
        "kind": "agent",
        "name": facts["name"] if group else _newest_name(whole),
        "uid": facts.get("uid"),
        "identity": "/".join(keys[0]),
        **record,
        "backup_server_names": sorted(servers),
        "data_as_of": _iso(whole.data_as_of),
        **{key: facts.get(key) for key in AGENT_FACTS},
        "protection_groups": sorted({name for one in group for name in _protection_groups(one)}),
    }


def _protection_groups(computer: Record) -> list[str]:
    return [
        link["name"]
        for link in computer.get("links", ())
        if link["type"] == "AgentProtectionGroupReference" and link["name"]
    ]


def _newest_name(seen: ObservedMachine) -> str:
    return max(seen.tasks, key=lambda item: item[2].start)[0].names[0]


def _backups(seen: ObservedMachine) -> Record:
    """What was tried. Copies are jobs that know the machine, but no backups of it."""
    attempts = [attempt for _task, _uid, attempt in seen.tasks]
    own = [item for item in seen.tasks if item[2].job_type not in COPY_TYPES]
    completed = [item for item in own if not item[2].running]
    completed.sort(key=lambda item: (item[2].completed_at, item[2].start, item[0].uid or ""))
    good = [item for item in completed if item[2].result in _SUCCESSFUL]
    return {
        "backup_server_names": sorted({one.backup_server_name for one in attempts if one.backup_server_name}),
        "job_names": sorted({one.job_name for one in attempts if one.job_name}),
        "running": any(attempt.running for _task, _uid, attempt in own),
        "last_attempt": _backup(completed[-1]) if completed else None,
        "last_success": _backup(good[-1]) if good else None,
    }


def _backup(item: tuple[TaskRow, str | None, Attempt]) -> Record:
    task, _uid, attempt = item
    return {
        "creation_time": _iso(attempt.start),
        "end_time": _iso(attempt.end),
        "result": attempt.result,
        "reason": attempt.reason,
        "job_name": attempt.job_name,
        "job_type": attempt.job_type,
        "backup_server_name": attempt.backup_server_name,
        "task_session_uid": attempt.task_session_uid,
        "vm_restore_point_uid": task.point_uid,
    }


def _root_of(vm_uid: str | None) -> str:
    return vm_uid.split(":", 3)[-1].partition(".")[0].lower() if vm_uid else ""


def _iso(moment: dt.datetime | None) -> str | None:
    return to_iso(moment) if moment else None
