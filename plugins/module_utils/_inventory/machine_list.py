# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What machine_info does: the machines of the inventory as a list, and how they compare with a list of names. Private to the collection."""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError
from .._protection.codes import COPY_TYPES, VERDICTS
from .._protection.facts import FactsBuilder
from .._protection.machines import KnownMachine
from .._protection.names import EXACT, NAME_MATCHES
from .._protection.policy import Policy, read_policy
from .._protection.registry import Registry
from .._protection.resolve import Resolution, Resolver
from .._protection.rows import PointRow
from .._records.build import Record
from .._times import UTC, to_iso
from .gather import InventoryRequest, Machines, read_machines
from .hosts import VM, HostMaker
from .verdicts import Host

Params = t.Dict[str, t.Any]
Answer = t.Dict[str, t.Any]

INCLUDE = ("vms", "agents", "not_backed_up")
"""The kinds of machines that can be asked for."""
MACHINE_SPEC: dict[str, dict[str, t.Any]] = {
    "names": {"type": "list", "elements": "str"},
    "name_match": {"type": "list", "elements": "str", "choices": list(NAME_MATCHES), "default": list(NAME_MATCHES)},
    "domains": {"type": "list", "elements": "str"},
    "include": {"type": "list", "elements": "str", "choices": list(INCLUDE), "default": list(INCLUDE)},
    "since": {"type": "str", "default": "30d"},
    "protection": {"type": "raw"},
}
"""The argument specification of machine_info."""
_FROM_HOST = (
    "identity", "kind", *VM, "backup_server_names", "running", "last_attempt", "last_success", "data_as_of",
)  # fmt: skip
_OFF, _ON = (False, "false", "no", "off"), (True, "true", "yes", "on")


def gather_machine_list(client: EnterpriseManagerClient, params: Params) -> Answer:
    """One record for each machine; with ``names`` those that are meant, and both sides of the comparison."""
    now = dt.datetime.now(UTC)
    names = None if params["names"] is None else list(dict.fromkeys(params["names"]))
    if names == []:
        raise SettingsError("names is an empty list", hint="leave it out to select everything")
    wanted = InventoryRequest.read(params["include"], params["since"], _protection(params["protection"]), now)
    chosen = {option: params[option] for option in ("name_match", "domains")}
    policy = read_policy({**chosen, "machines": ["any"] if names is None else names}, now)
    found = read_machines(client, wanted, with_points=True)
    hosts = found.hosts
    if "vms" in wanted.include:
        maker = HostMaker(found.registry, FactsBuilder(found.registry, wanted.reading), wanted.since)
        hosts = [*hosts, *maker.only_points()]
    records = sorted((_record(found.registry, host) for host in hosts), key=_order)
    answer: Answer = {"machines": records, "matched_names": {}}
    if names is not None:
        resolver = Resolver(found.registry, policy)
        meant = {entry.name: resolver.resolve(entry) for entry in policy.machines}
        answer = _compared(records, meant, _without_backup(hosts, policy))
    answer.update(_facts(answer["machines"], found))
    answer["warnings"] = found.warnings
    return answer


def _protection(given: t.Any) -> t.Any:
    """The option ``protection``: a dictionary of options, or whether verdicts are wanted at all."""
    text = given.strip().lower() if isinstance(given, str) else given
    if text is None or text in _OFF:
        return None
    return {} if text in _ON else given


def _record(registry: Registry, host: Host) -> Record:
    machine, facts = host
    names = sorted(machine.present_names()) if machine else []
    jobs = _jobs(registry, machine) if machine else {}
    named = [jobs.get(name, (name, None)) for name in facts["job_names"]]
    copies = sorted({name for name, job_type in named if job_type in COPY_TYPES})
    backups = sorted({name for name, job_type in named if job_type not in COPY_TYPES})
    record = {
        "name": facts["name"],
        "names": names or [facts["name"]],
        "older_names": sorted(machine.older_names()) if machine else [],
        **{key: facts.get(key) for key in _FROM_HOST},
        "job_names": backups,
        "job_count": len(backups),
        "copy_job_names": copies,
        "newest_restore_point": _newest_point(machine),
        "gone": bool(machine and machine.is_gone),
    }
    if "verdict" in facts:
        record["verdict"], record["protection"] = facts["verdict"], facts["inventory_protection"]
    return record


def _jobs(registry: Registry, machine: KnownMachine) -> dict[str | None, tuple[str, str | None]]:
    """What the sessions that worked on a machine are called, to name and type of their job: agents' computers have sessions of their own."""
    found: dict[str | None, tuple[str, str | None]] = {}
    for task in machine.tasks:
        session = registry.sessions.of(task)
        if session is not None:
            job = registry.sessions.parent_of(session) or session
            found[session.job_name] = job.job_name or "", session.job_type
    return found


def _newest_point(machine: KnownMachine | None) -> Record | None:
    points: t.Sequence[PointRow] = machine.points if machine else ()
    newest = max(points, key=lambda one: (one.time, one.uid), default=None)
    if newest is None:
        return None
    return {
        "uid": newest.uid,
        "creation_time": to_iso(newest.time),
        "backup_server_name": newest.backup_server_name,
    }


def _without_backup(hosts: t.Iterable[Host], policy: Policy) -> dict[str, list[str]]:
    """For each name the identities of the discovered computers that have it and were never backed up."""
    computers = [record for machine, record in hosts if machine is None and record["name"]]
    found: dict[str, list[str]] = {}
    for entry in policy.machines if computers else ():
        for level in policy.name_match:
            same = [one["identity"] for one in computers if policy.name_domains.same(level, entry.name, one["name"])]
            if same:
                found[entry.name] = same
                break
    return found


def _compared(records: list[Record], meant: t.Mapping[str, Resolution], computers: t.Mapping[str, list[str]]) -> Answer:
    """Which of the names are there, and which machines have none of them."""
    keys = {identity for found in computers.values() for identity in found} | {
        "/".join(one.key)
        for found in meant.values()
        for one in [meaning.machine for meaning in found.meanings] or found.older or found.gone
    }
    ambiguous: dict[str, list[str]] = {}
    renamed: dict[str, list[str]] = {}
    matched: dict[str, list[str]] = {}
    gone, missing = [], []
    for name, found in meant.items():
        kinds = collections.Counter(one.machine.is_agent for one in found.meanings)
        if max(kinds.values(), default=0) > 1:
            ambiguous[name] = [one.machine.description for one in found.meanings]
        if found.meanings:
            if found.matched_by != EXACT:
                matched[name] = sorted({one.name for one in found.meanings})
        elif found.older:
            renamed[name] = sorted({one.name for one in found.older})
        elif found.gone:
            gone.append(name)
        elif name not in computers:
            missing.append(name)
    mine = [record for record in records if record["identity"] in keys]
    others = [record for record in records if record["identity"] not in keys and not record["gone"]]
    return {
        "machines": mine,
        "matched_names": {"names": matched} if matched else {},
        "in_em_only": [record["name"] for record in others],
        "not_in_em": missing,
        "renamed": renamed,
        "ambiguous": ambiguous,
        "gone": gone,
    }


def _facts(records: t.Sequence[Record], found: Machines) -> Answer:
    counts = {
        "kind": dict(collections.Counter(sorted(record["kind"] for record in records)).most_common()),
        "backup_server_name": dict(
            collections.Counter(
                sorted(name for record in records for name in record["backup_server_names"] or ["none"])
            ).most_common()
        ),
    }
    if any("verdict" in record for record in records):
        counted = collections.Counter(record["verdict"] for record in records if "verdict" in record)
        counts["verdict"] = {verdict: counted[verdict] for verdict in VERDICTS}
    return {"count": len(records), "counts": counts, "incomplete": bool(found.registry.snapshot.truncated)}


def _order(record: Record) -> tuple[str, str]:
    return (record["name"] or "").casefold(), record["identity"]
