# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Are these machines protected? Reads, joins and decides; for the module and the inventory alike. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from .._client.client import EnterpriseManagerClient
from .._protection.combine import Assessment, assess
from .._protection.lookups import Near
from .._protection.policy import Policy
from .._protection.registry import Registry
from .._protection.result import verification_result
from .._protection.snapshot import Snapshot
from .frame import backup_servers_named
from .reader import SnapshotReader


def verify(client: EnterpriseManagerClient, policy: Policy) -> dict[str, t.Any]:
    """The result of ``protection_info`` without its ``request_count``. Raises an EmError."""
    policy = with_servers(policy, backup_servers_named(client, policy))
    reader = SnapshotReader(client, policy, page_size=client.page_size)
    return judge(reader.read(), policy)


def with_servers(policy: Policy, servers: t.Mapping[str, str]) -> Policy:
    """The policy with backup servers named as Enterprise Manager does."""
    if not servers:
        return policy
    entries = tuple(
        dataclasses.replace(entry, backup_server_name=servers[entry.backup_server_name])
        if entry.backup_server_name
        else entry
        for entry in policy.machines
    )
    return dataclasses.replace(policy, machines=entries)


def judge(snapshot: Snapshot, policy: Policy) -> dict[str, t.Any]:
    """The result for what was read. Pure."""
    registry = Registry(snapshot, near=Near.of(policy))
    found: dict[str, Assessment] = assess(snapshot, policy, registry)
    return verification_result(found, registry, policy)
