# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts for the hosts of the inventory, from what was read for their variables. Private to the collection."""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from .._errors import SettingsError, advice
from .._protection.codes import AGENT_TYPES, AMBIGUOUS_NAME, DEFAULT_JOB_TYPES, UNKNOWN
from .._protection.combine import Assessment, assess
from .._protection.machines import KnownMachine
from .._protection.names import fold
from .._protection.policy import POLICY_SPEC, Policy, read_policy, split_ref
from .._protection.registry import Registry
from .._protection.result import verification_result, warnings_of
from .._records.build import Record
from .._verify.plan import Wanted

Host = t.Tuple[t.Optional[KnownMachine], Record]
KEYS = tuple(key for key in POLICY_SPEC if key != "machines")
"""The options of ``protection``: all of the verification but the machines, which are the hosts."""


def read_protection(options: t.Any, now: dt.datetime) -> Policy:
    """The option ``protection``, checked. Raises SettingsError."""
    if not isinstance(options, t.Mapping):
        raise SettingsError("protection is not a dictionary", hint="write its options below it, or {} for the defaults")
    unknown = sorted(str(key) for key in options if key not in KEYS)
    if unknown:
        raise SettingsError(f"protection has the unknown option {unknown[0]!r}", hint=advice(unknown[0], KEYS))
    return read_policy({**options, "machines": ["any"]}, now)


def asked(hosts: t.Sequence[Host], options: t.Mapping[str, t.Any], now: dt.datetime) -> Policy:
    """The question about these hosts, with the position of each as its key. Raises SettingsError."""
    entries = entries_of([record for _machine, record in hosts], options)
    return read_policy({**options, "machines": entries}, now, [str(number) for number in range(len(hosts))])


def entries_of(records: t.Sequence[Record], options: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """How each of these hosts is asked for."""
    names = collections.Counter(record["name"] for record in records)
    one_each = _one_each(records)
    return [entry_of(record, options, names[record["name"]] == 1, id(record) in one_each) for record in records]


def rows_of(machines: t.Sequence[KnownMachine]) -> Wanted:
    """What the rows of these machines can be found by."""
    names = {name for machine in machines for times in machine.names.values() for name in times}
    return Wanted(frozenset(names - {""}), frozenset(ref for machine in machines for ref in machine.refs))


class Verdicts:
    """The verdicts of hosts, none of which has them yet. Raises SettingsError."""

    def __init__(
        self, registry: Registry, hosts: t.Sequence[Host], options: t.Mapping[str, t.Any], now: dt.datetime
    ) -> None:
        self._registry = registry
        self._hosts = hosts
        self._policy = asked(hosts, options, now) if hosts else None
        self._found: dict[str, Assessment] = {}
        if self._policy is not None:
            if registry.snapshot.truncated:
                registry.snapshot.truncated = frozenset(entry.key for entry in self._policy.machines)
            self._found = assess(registry.snapshot, self._policy, registry)

    def poor_machines(self) -> list[KnownMachine]:
        """Machines of which older backups would change the verdict or what is said about it."""
        poor = (
            part.machine for one in self._found.values() if not one.is_settled for part in (*one.machines, *one.former)
        )
        return list({machine.key: machine for machine in poor}.values())

    def give(self) -> list[str]:
        """Gives ``verdict`` and ``inventory_protection`` to each of the hosts; returns warnings."""
        if self._policy is None:
            return []
        result = verification_result(self._found, self._registry, self._policy)
        for (_machine, record), verdict in zip(self._hosts, result["machines"]):
            record.update(verdict=verdict["verdict"], inventory_protection={**verdict, "name": record["name"]})
            if not _has_name(record) and not record.get("vm_uid"):
                record["verdict"] = UNKNOWN
                record["inventory_protection"].update(
                    verdict=UNKNOWN, reasons=[AMBIGUOUS_NAME], message="It has neither a name nor a reference."
                )
        # What is said of entries by their number says nothing to whoever wrote none.
        return [text for text in warnings_of(result, self._policy) if not text.startswith("machines[")]


def _has_name(record: Record) -> bool:
    return bool((record["name"] or "").strip())


def _one_each(records: t.Sequence[Record]) -> set[int]:
    """The records, by id, of which there is just one virtual machine and one computer with an agent of a name: one machine."""
    by_name: dict[str, list[Record]] = collections.defaultdict(list)
    for record in records:
        if _has_name(record):
            by_name[fold(record["name"])].append(record)
    pairs = [group for group in by_name.values() if sorted(record["kind"] for record in group) == ["agent", "vm"]]
    return {id(record) for group in pairs for record in group}


def entry_of(host: Record, options: t.Mapping[str, t.Any], is_unique: bool, is_pair: bool = False) -> dict[str, t.Any]:
    """How a host is asked for: by its reference, else by its name at its backup server among machines of its kind.

    A virtual machine with an agent inside is asked for by its name, which means both. Machines of one name that can be told apart get
    labels: a waiver for the name alone covers none of them.
    """
    name = host["name"] if _has_name(host) else host["identity"]
    if is_pair:
        return {"name": name}
    if host.get("vm_uid") and split_ref(host["vm_uid"]):
        return {"name": name if is_unique else f"{name} ({host['vm_uid']})", "vm_uid": host["vm_uid"]}
    types = options.get("job_types") or DEFAULT_JOB_TYPES
    own = [one for one in types if (one in AGENT_TYPES) is (host["kind"] == "agent")]
    servers = host["backup_server_names"]
    return {
        "name": name,
        "job_types": own or list(types),
        "backup_server_name": servers[0] if len(servers) == 1 else None,
    }
