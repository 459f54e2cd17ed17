# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts for the hosts of the inventory. Private to the collection."""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from .._errors import SettingsError
from .._protection.codes import AGENT_TYPES, DEFAULT_JOB_TYPES
from .._protection.policy import POLICY_SPEC, Policy, read_policy, split_ref
from .._protection.result import warnings_of
from .._protection.snapshot import Snapshot
from .._records.build import Record
from .._verify.verify import judge

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


def add_verdicts(
    snapshot: Snapshot, hosts: t.Sequence[Record], options: t.Mapping[str, t.Any], now: dt.datetime
) -> list[str]:
    """Gives ``verdict`` and ``protection`` to each host that is a machine; returns warnings."""
    machines = [host for host in hosts if host["kind"] != "backup_server"]
    if not machines:
        return []
    names = collections.Counter(host["name"] for host in machines)
    entries = [entry_of(host, options, names[host["name"]] == 1) for host in machines]
    policy = read_policy({**options, "machines": entries}, now, keys=[str(number) for number in range(len(entries))])
    result = judge(snapshot, policy)
    for host, verdict in zip(machines, result["machines"]):
        host.update(verdict=verdict["verdict"], protection={**verdict, "name": host["name"]})
    return warnings_of(result, policy)


def entry_of(host: Record, options: t.Mapping[str, t.Any], is_unique: bool) -> dict[str, t.Any]:
    """How a host is asked for: by its reference, else by its name at its backup server among machines of its kind.

    Machines of one name that can be told apart get labels: a waiver for the name alone covers none of them.
    """
    if host.get("vm_uid") and split_ref(host["vm_uid"]):
        return {"name": host["name"] if is_unique else f"{host['name']} ({host['vm_uid']})", "vm_uid": host["vm_uid"]}
    types = options.get("job_types") or DEFAULT_JOB_TYPES
    own = [one for one in types if (one in AGENT_TYPES) is (host["kind"] == "agent")]
    servers = host["backup_server_names"]
    return {
        "name": host["name"],
        "job_types": own or list(types),
        "backup_server_name": servers[0] if len(servers) == 1 else None,
    }
