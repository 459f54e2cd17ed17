# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts for the hosts of the inventory. Private to the collection."""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError
from .._protection.codes import AGENT_TYPES, DEFAULT_JOB_TYPES
from .._protection.policy import POLICY_SPEC, Policy, read_policy, split_ref
from .._protection.result import warnings_of
from .._records.build import Record
from .._verify.verify import verify

KEYS = tuple(key for key in POLICY_SPEC if key != "machines")
"""The options of ``protection``: all of the verification but the machines, which are the hosts."""


def read_protection(options: t.Any, now: dt.datetime) -> Policy:
    """The option ``protection``, checked. Raises SettingsError."""
    if not isinstance(options, t.Mapping):
        raise SettingsError("protection is not a dictionary", hint="write its options below it, or {} for the defaults")
    unknown = sorted(str(key) for key in options if key not in KEYS)
    if unknown:
        raise SettingsError(f"protection has the unknown option {unknown[0]!r}", hint=f"use {', '.join(KEYS)}")
    return read_policy({**options, "machines": ["any"]}, now)


def policy_moment(options: t.Any, now: dt.datetime) -> dt.datetime:
    """The moment at which the age of a backup counts."""
    return read_policy({**options, "machines": ["any"]}, now).machines[0].needed_at


def add_verdicts(
    client: EnterpriseManagerClient, hosts: t.Sequence[Record], options: t.Mapping[str, t.Any], now: dt.datetime
) -> list[str]:
    """Gives ``verdict`` and ``protection`` to each host that is a machine; returns warnings. Raises an EmError."""
    machines = [host for host in hosts if host["kind"] != "backup_server"]
    names = collections.Counter(host["name"] for host in machines)
    results = []
    for asked in rounds([entry_of(host, options, names[host["name"]] == 1) for host in machines]):
        policy = read_policy({**options, "machines": [entry for _number, entry in asked]}, now)
        results.append(verify(client, policy))
        for (number, _entry), verdict in zip(asked, results[-1]["machines"]):
            machines[number].update(
                verdict=verdict["verdict"], inventory_protection={**verdict, "name": machines[number]["name"]}
            )
    if not results:
        return []
    # A waiver that one round has no use for may be needed in another.
    unused = [one for one in results[0]["unused_waivers"] if all(one in other["unused_waivers"] for other in results)]
    return warnings_of({**results[0], "unused_waivers": unused}, read_protection(options, now))


def entry_of(host: Record, options: t.Mapping[str, t.Any], is_unique: bool) -> dict[str, t.Any]:
    """How a host is asked for: by its reference, else by its name at its backup server among machines of its kind.

    Machines of one name that can be told apart get labels: a waiver for the name alone covers none of them.
    """
    # A machine without any name is one all the same.
    name = host["name"] if (host["name"] or "").strip() else host["identity"]
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


def rounds(entries: t.Sequence[dict[str, t.Any]]) -> list[list[tuple[int, dict[str, t.Any]]]]:
    """The entries with their positions, shared out so that no name is asked for twice at once."""
    found: list[dict[str, tuple[int, dict[str, t.Any]]]] = []
    for number, entry in enumerate(entries):
        free = next((one for one in found if entry["name"] not in one), None)
        if free is None:
            free = {}
            found.append(free)
        free[entry["name"]] = (number, entry)
    return [list(one.values()) for one in found]
