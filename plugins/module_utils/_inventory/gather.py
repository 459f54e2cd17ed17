# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the hosts of the inventory: backup servers and the machines that they back up. Private to the collection.

Machines are what task sessions were seen of, so one that no job has ever touched is not among them. The number of requests
follows the rows in the window of time, never the machines.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError
from .._protection.facts import FactsBuilder
from .._protection.policy import Policy
from .._protection.registry import Registry
from .._protection.snapshot import Snapshot
from .._records.build import Record
from .._times import parse_when, to_iso
from .._verify.plan import reach
from .._verify.reader import SnapshotReader
from .hosts import VARIABLES, agent_hosts, is_vm, server_host, vm_host
from .verdicts import add_verdicts, read_protection

__all__ = ["KINDS", "VARIABLES", "InventoryRequest", "gather_machines"]

KINDS = ("backup_servers", "vms", "agents")


@dataclasses.dataclass(frozen=True)
class InventoryRequest:
    """Which hosts are asked for; ``text`` is the question itself, the same for the same question at any time."""

    include: tuple[str, ...]
    since: dt.datetime
    protection: t.Mapping[str, t.Any] | None
    now: dt.datetime
    text: str

    @classmethod
    def read(cls, include: t.Any, since: t.Any, protection: t.Any, now: dt.datetime) -> InventoryRequest:
        """The options of the inventory plugin, checked. Raises SettingsError."""
        unknown = [kind for kind in include if kind not in KINDS]
        if unknown or not include:
            raise SettingsError(
                f"include has the value {unknown[0]!r}" if unknown else "include is empty",
                hint=f"use some of {', '.join(KINDS)}",
            )
        start = parse_when(since, now, "since")
        if start >= now:
            raise SettingsError(
                f"since has the value {since!r}, which is not in the past", hint="write an age such as 30d"
            )
        if protection is not None:
            read_protection(protection, now)
        kinds = tuple(kind for kind in KINDS if kind in include)
        text = json.dumps([kinds, str(since), protection], sort_keys=True, default=str)
        return cls(kinds, start, protection, now, text)


def gather_machines(client: EnterpriseManagerClient, wanted: InventoryRequest) -> dict[str, t.Any]:
    """``hosts`` (records in a fixed order), ``warnings`` about what is missing, ``gathered_at``. Raises an EmError."""
    policy = _reach(wanted)
    reader = SnapshotReader(
        client, policy, keep_all=True, page_size=client.page_size, with_points=wanted.protection is not None
    )
    hosts: list[Record] = []
    warnings: list[str] = []
    snapshot = reader.read() if {"vms", "agents"} & set(wanted.include) else reader.read_collections()
    builder = FactsBuilder(Registry(snapshot), policy)
    machines = list(builder.everything(wanted.since))
    if "backup_servers" in wanted.include:
        servers = client.query("backup_server").records
        hosts += [server_host(record, _data_as_of(snapshot, record["name"])) for record in servers]
    if "vms" in wanted.include:
        hosts += [vm_host(seen, reader.root_records) for seen in machines if is_vm(seen)]
    if "agents" in wanted.include:
        if reader.computers_error is not None:
            warnings.append(
                "Agents are known by their backups only, so their addresses, operating systems and states are missing, and so are "
                f"computers without any backup: the list of discovered computers can't be read, because {reader.computers_error}"
            )
        hosts += agent_hosts(reader.computer_records, machines)
    for host in hosts:
        host["data_as_of"] = host["data_as_of"] or _latest(snapshot, host)
        host["gathered_at"] = to_iso(wanted.now)
    hosts.sort(key=lambda host: (host["kind"], host["name"] or "", host["identity"]))
    if wanted.protection is not None:
        warnings += add_verdicts(snapshot, hosts, wanted.protection, wanted.now)
    return {"hosts": hosts, "warnings": warnings, "gathered_at": to_iso(wanted.now)}


def _reach(wanted: InventoryRequest) -> Policy:
    """How far back is read: as far as hosts or verdicts need."""
    policy = read_protection(wanted.protection or {}, wanted.now)
    oldest = min(reach(policy).since, wanted.since) if wanted.protection is not None else wanted.since
    return dataclasses.replace(policy, machines=(), history=None, lookback=wanted.now - oldest)


def _data_as_of(snapshot: Snapshot, backup_server_name: str | None) -> dt.datetime | None:
    """When Enterprise Manager collected its data; without the log of that, the newest thing seen of the backup server."""
    if snapshot.collections is not None:
        return snapshot.data_collected_at
    return snapshot.newest_seen.get(backup_server_name or "")


def _latest(snapshot: Snapshot, host: Record) -> str | None:
    known = [_data_as_of(snapshot, name) for name in host["backup_server_names"]]
    return to_iso(min(moment for moment in known if moment)) if known and all(known) else None
