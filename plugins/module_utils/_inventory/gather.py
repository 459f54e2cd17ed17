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
from .._records.record_set import Result
from .._times import parse_when, to_iso
from .._verify.plan import Span, Wanted, reach
from .._verify.reader import SnapshotReader
from .ageing import aged
from .hosts import VARIABLES, HostMaker, server_host
from .verdicts import Host, Verdicts, entries_of, read_protection, rows_of

__all__ = ["KINDS", "VARIABLES", "InventoryRequest", "gather_machines"]

KINDS = ("backup_servers", "vms", "agents", "not_backed_up")
_MACHINES = frozenset(KINDS) - {"backup_servers"}
_OF_A_SOURCE = (AccessDenied, NotFound, RequestRejected, ServerBusy, ServerFailed, TimedOut, ProtocolError)
# They add variables or hosts; and what works on machines matters to verdicts only.
_EXTRA = frozenset({"discovered_computer", "system_session", "repository"})
_OTHER_WORK = frozenset({"replica_session", "replica_task_session", "restore_session"})
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
        """What the rows of all machines are read for: as far back as hosts tell of, and as any backup may be good."""
        return dataclasses.replace(self.policy, lookback=self.now - self.since)

    @property
    def older(self) -> Span | None:
        """What is read besides, of machines without a good backup: it tells "too old" from "never"."""
        start, end = reach(self.policy).since, reach(self.reading).since
        return Span(start, end) if self.protection is not None and start < end else None

    def aged(self, hosts: t.Sequence[Record], gathered_at: str) -> list[Record]:
        """The hosts that were read at some time, with the verdicts that they have now."""
        if self.protection is None or gathered_at == to_iso(self.now):
            return list(hosts)
        judged = [host for host in hosts if host.get("inventory_protection")]
        entries = zip(judged, entries_of(judged, self.protection))
        found = {id(host): aged(host, self.policy, entry["name"]) for host, entry in entries}
        return [found.get(id(host), host) for host in hosts]


class _Sources:
    """The client for one inventory: a source that can't be read has its name in the sentence, and one that only adds to hosts is a warning.

    Whoever reads takes a refusal for what it is to an account without rights: that there is more than was shown.
    """

    def __init__(self, client: EnterpriseManagerClient, wanted: InventoryRequest) -> None:
        self._client = client
        self._wanted = wanted
        self.warnings: list[str] = []

    def query(self, name: str, *args: t.Any, **options: t.Any) -> t.Any:
        return self._read(self._client.query, name, args, options)

    def list(self, name: str, *args: t.Any, **options: t.Any) -> t.Any:
        return self._read(self._client.list, name, args, options)

    def _read(self, read: t.Callable[..., t.Any], name: str, args: t.Any, options: t.Any) -> t.Any:
        try:
            return read(name, *args, **options)
        except NotEnterpriseManager:
            raise
        except _OF_A_SOURCE as error:
            label = _LABELS.get(name) or f"{name.replace('_', ' ')}s"
            error.message = f"{label} can't be read: {error.message}"
            refused = isinstance(error, (AccessDenied, NotFound, RequestRejected))
            if name in _EXTRA:
                if name == "discovered_computer" or not refused:
                    self._tell(name, error)
                if not refused:
                    raise AccessDenied(error.message) from None
            if name in _OTHER_WORK and self._wanted.protection is None:
                self._tell(name, error)
                return Result([])
            raise

    def _tell(self, name: str, error: EmError) -> None:
        if name != "discovered_computer":
            self.warnings.append(f"Hosts have fewer variables: {error}")
        elif "agents" in self._wanted.include:
            self.warnings.append(
                "Agents are known by their backups only, so their addresses, operating systems and states are missing, and so are "
                f"computers without any backup: {error}"
            )


class Machines(t.NamedTuple):
    """The machines that were asked for, what they are made from, and warnings about what is missing."""

    registry: Registry
    hosts: list[Host]
    warnings: list[str]


def gather_machines(client: EnterpriseManagerClient, wanted: InventoryRequest) -> dict[str, t.Any]:
    """``hosts`` (records in a fixed order), ``warnings`` about what is missing, ``gathered_at``. Raises an EmError."""
    hosts: list[Host] = []
    sources = _Sources(client, wanted)
    source = t.cast("EnterpriseManagerClient", sources)
    if _MACHINES & set(wanted.include):
        registry, hosts, warnings = read_machines(client, wanted)
        snapshot = registry.snapshot
    else:
        reader = SnapshotReader(source, wanted.reading, keep_all=True, page_size=client.page_size)
        reader.read_collections()
        snapshot, warnings = reader.snapshot, []
    records = [record for _machine, record in hosts]
    if "backup_servers" in wanted.include:
        servers = source.query("backup_server").records
        records += [server_host(record, _data_as_of(snapshot, record["name"])) for record in servers]
    for record in records:
        record["gathered_at"] = to_iso(wanted.now)
    records.sort(key=lambda record: (record["kind"], record["name"] or "", record["identity"]))
    return {"hosts": records, "warnings": [*sources.warnings, *warnings], "gathered_at": to_iso(wanted.now)}


def read_machines(client: EnterpriseManagerClient, wanted: InventoryRequest, *, with_points: bool = False) -> Machines:
    """The machines, with their verdicts where these are asked for. Raises an EmError."""
    sources = _Sources(client, wanted)
    judged = wanted.protection is not None
    reader = SnapshotReader(
        t.cast("EnterpriseManagerClient", sources), wanted.reading, keep_all=True, with_points=judged or with_points,
        in_stages=judged and not with_points, page_size=client.page_size,
    )  # fmt: skip
    reader.read()
    registry, hosts, warnings = (_judged if judged else _known)(reader, wanted)
    if registry.snapshot.truncated and not judged:
        warnings.append("Not all rows were read, so hosts may be missing; ask for a shorter time with since")
    if "not_backed_up" in wanted.include:
        warnings += _unseen(registry)
    return Machines(registry, hosts, [*sources.warnings, *warnings])


def _known(reader: SnapshotReader, wanted: InventoryRequest) -> Machines:
    """The machines of all rows that were read so far."""
    registry = Registry(reader.snapshot)
    return Machines(registry, _machines(registry, wanted, reader.computer_records), [])


def _judged(reader: SnapshotReader, wanted: InventoryRequest) -> Machines:
    """The machines with their verdicts, for which older rows of those without a good backup are read."""
    registry, hosts, _warnings = _known(reader, wanted)
    verdicts = _verdicts(registry, hosts, wanted)
    left = rows_of(verdicts.poor_machines()) if wanted.older or reader.points_left else Wanted()
    if left.names or left.refs:
        # All of it is worked out anew, and both together would need twice the memory.
        del registry, hosts, verdicts
        start = reach(wanted.reading).since
        reader.read_older(wanted.older or Span(start, start), left)
        registry, hosts, _warnings = _known(reader, wanted)
        verdicts = _verdicts(registry, hosts, wanted)
    return Machines(registry, hosts, verdicts.give())


def _verdicts(registry: Registry, hosts: list[Host], wanted: InventoryRequest) -> Verdicts:
    """By what was done since the policy looks back, which may be later than what hosts tell of."""
    floor = reach(wanted.policy).since
    told = registry if floor <= wanted.since else Registry(registry.snapshot.within(floor))
    return Verdicts(told, hosts, wanted.protection or {}, wanted.now)


def _machines(registry: Registry, wanted: InventoryRequest, computers: t.Sequence[Record]) -> list[Host]:
    maker = HostMaker(registry, FactsBuilder(registry, wanted.reading), wanted.since)
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
    for guid, answer in registry.lookups.states.items():
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


def _data_as_of(snapshot: Snapshot, server: str | None) -> dt.datetime | None:
    """When Enterprise Manager collected its data; without the log of that, the newest thing seen of the backup server."""
    if snapshot.collections is not None:
        return snapshot.data_collected_at
    return snapshot.newest_seen.get(server or "")
