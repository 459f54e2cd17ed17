# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the hosts of the inventory: backup servers and the machines that they back up. Private to the collection.

Everything is read once, for variables and verdicts alike. The number of requests follows the rows in the window of time and the
hypervisors, never the machines.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import (
    AccessDenied,
    EmError,
    NotEnterpriseManager,
    NotFound,
    ProtocolError,
    RequestRejected,
    ServerBusy,
    ServerFailed,
    SettingsError,
    TimedOut,
)
from .._protection.facts import FactsBuilder
from .._protection.policy import NEVER, Policy
from .._protection.registry import Registry
from .._protection.snapshot import ANSWERED, EMPTY, Snapshot
from .._records.build import Record
from .._times import parse_when, to_iso
from .._verify.frame import collections_of
from .._verify.reader import SnapshotReader
from .ageing import aged
from .hosts import VARIABLES, HostMaker, server_host
from .verdicts import Host, add_verdicts, read_protection

__all__ = ["KINDS", "VARIABLES", "InventoryRequest", "gather_machines"]

KINDS = ("backup_servers", "vms", "agents", "not_backed_up")
_MACHINES = frozenset(KINDS) - {"backup_servers"}
_OF_A_SOURCE = (AccessDenied, NotFound, RequestRejected, ServerBusy, ServerFailed, TimedOut, ProtocolError)
_LABELS = {
    "hierarchy_root": "hierarchy roots",
    "system_session": "the log of data collections",
    "repository": "repositories",
}


@dataclasses.dataclass(frozen=True)
class InventoryRequest:
    """Which hosts are asked for; ``text`` is the question itself, the same for the same question at any time."""

    include: tuple[str, ...]
    since: dt.datetime
    protection: t.Mapping[str, t.Any] | None
    policy: Policy
    text: str

    @property
    def now(self) -> dt.datetime:
        return self.policy.now

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
        policy = read_protection({} if protection is None else protection, now)
        kinds = tuple(kind for kind in KINDS if kind in include)
        if "not_backed_up" in kinds and policy.ask_hypervisors == NEVER:
            raise SettingsError("not_backed_up needs the hypervisors", hint="set protection.ask_hypervisors to auto")
        text = json.dumps([kinds, str(since), protection], sort_keys=True, default=str)
        return cls(kinds, start, protection, policy, text)

    @property
    def reading(self) -> Policy:
        """What the rows are read for: all machines, as far back as hosts or verdicts need them."""
        back = self.now - self.since
        looked = max(back, self.policy.lookback) if self.protection is not None else back
        return dataclasses.replace(self.policy, lookback=looked)

    def aged(self, hosts: t.Sequence[Record], gathered_at: str) -> list[Record]:
        """The hosts that were read at some time, with the verdicts that they have now."""
        if self.protection is None or gathered_at == to_iso(self.now):
            return list(hosts)
        needed_at = self.policy.machines[0].needed_at
        return [aged(host, self.policy, needed_at) for host in hosts]


class _NamedSources:
    """The client, with the source in the sentence when it can't be read."""

    def __init__(self, client: EnterpriseManagerClient) -> None:
        self._client = client
        self.page_size = client.page_size

    def query(self, name: str, *args: t.Any, **options: t.Any) -> t.Any:
        return self._named(self._client.query, name, args, options)

    def list(self, name: str, *args: t.Any, **options: t.Any) -> t.Any:
        return self._named(self._client.list, name, args, options)

    def _named(self, read: t.Callable[..., t.Any], name: str, args: t.Any, options: t.Any) -> t.Any:
        try:
            return read(name, *args, **options)
        except NotEnterpriseManager:
            raise
        except _OF_A_SOURCE as error:
            label = _LABELS.get(name) or f"{name.replace('_', ' ')}s"
            error.message = f"{label} can't be read: {error.message}"
            raise


class Machines(t.NamedTuple):
    """The machines that were asked for, what they are made from, and warnings about what is missing."""

    registry: Registry
    maker: HostMaker
    hosts: list[Host]
    warnings: list[str]


def gather_machines(client: EnterpriseManagerClient, wanted: InventoryRequest) -> dict[str, t.Any]:
    """``hosts`` (records in a fixed order), ``warnings`` about what is missing, ``gathered_at``. Raises an EmError."""
    source = t.cast("EnterpriseManagerClient", _NamedSources(client))
    warnings: list[str] = []
    hosts: list[Host] = []
    registry = None
    if _MACHINES & set(wanted.include):
        registry, _maker, hosts, warnings = read_machines(client, wanted)
    records = [record for _machine, record in hosts]
    if "backup_servers" in wanted.include:
        snapshot = registry.snapshot if registry else _collected(source, _missed(wanted, warnings))
        servers = source.query("backup_server").records
        records += [server_host(record, _data_as_of(snapshot, record["name"])) for record in servers]
    for record in records:
        record["gathered_at"] = to_iso(wanted.now)
    records.sort(key=lambda record: (record["kind"], record["name"] or "", record["identity"]))
    return {"hosts": records, "warnings": warnings, "gathered_at": to_iso(wanted.now)}


def read_machines(client: EnterpriseManagerClient, wanted: InventoryRequest) -> Machines:
    """The machines, with their verdicts where these are asked for. Raises an EmError."""
    source = t.cast("EnterpriseManagerClient", _NamedSources(client))
    warnings: list[str] = []
    reader = SnapshotReader(
        source, wanted.reading, keep_all=True, page_size=client.page_size, missed=_missed(wanted, warnings),
        needs_all_work=wanted.protection is not None,
    )  # fmt: skip
    registry = Registry(reader.read())
    maker = HostMaker(registry, FactsBuilder(registry, wanted.reading), wanted.since)
    hosts = _machines(maker, wanted, reader.discovered)
    if "not_backed_up" in wanted.include:
        warnings += _unseen(registry)
    if registry.snapshot.truncated and wanted.protection is None:
        warnings.append("Not all rows were read, so hosts may be missing; raise protection.max_rows")
    if wanted.protection is not None:
        warnings += add_verdicts(registry, hosts, wanted.protection, wanted.now)
    return Machines(registry, maker, hosts, warnings)


def _missed(wanted: InventoryRequest, warnings: list[str]) -> t.Callable[[str, EmError], None]:
    """What is called with a source of no more than variables or more hosts that can't be read."""

    def missed(what: str, error: EmError) -> None:
        if what != "discovered computers":
            warnings.append(f"Hosts have fewer variables, since {error}")
        elif "agents" in wanted.include:
            warnings.append(
                "Agents are known by their backups only, so their addresses, operating systems and states are missing, and so are "
                f"computers without any backup, since {error}"
            )

    return missed


def _machines(maker: HostMaker, wanted: InventoryRequest, computers: t.Sequence[Record]) -> list[Host]:
    hosts: list[Host] = []
    if "vms" in wanted.include:
        hosts += maker.vms()
    if "agents" in wanted.include:
        hosts += maker.agents(computers)
    if "not_backed_up" in wanted.include:
        hosts += maker.not_backed_up()
    return hosts


def _unseen(registry: Registry) -> list[str]:
    """Why machines that nothing backs up may be missing."""
    found = []
    for guid, answer in registry.lookup_states().items():
        if answer.state not in (ANSWERED, EMPTY):
            root = registry.roots.by_guid[guid]
            found.append(
                f"Machines of {root.name} at {root.backup_server_name} that nothing backs up are not in the inventory, since its lookup "
                f"{answer.state}{f': {answer.message}' if answer.message else ''}"
            )
    if not registry.snapshot.sees_everything:
        found.append(
            "Machines that nothing backs up may be missing, since this account may not see everything (Portal Administrator does)"
        )
    return found


def _collected(client: EnterpriseManagerClient, missed: t.Callable[[str, EmError], None]) -> Snapshot:
    """The log of collections alone, for backup servers alone."""
    return Snapshot(dt.datetime.max, collections=collections_of(client, missed))


def _data_as_of(snapshot: Snapshot, server: str | None) -> dt.datetime | None:
    """When Enterprise Manager collected its data; without the log of that, the newest thing seen of the backup server."""
    if snapshot.collections is not None:
        return snapshot.data_collected_at
    return snapshot.newest_seen.get(server or "")
