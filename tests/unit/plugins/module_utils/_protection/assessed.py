# SPDX-License-Identifier: GPL-3.0-or-later
"""The assessment of one machine, without a snapshot."""

from __future__ import annotations

import typing as t

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.combine import Assessed, Assessment
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.machines import KnownMachine
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import Machine, Policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.resolve import Meaning, Resolution
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.verdict import Attempt, Facts, decide
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.waiving import waived


def assessment(entry: Machine, policy: Policy, *attempts: Attempt, **facts: t.Any) -> Assessment:
    known = Facts(attempts=attempts, work=tuple(one for one in attempts if one.running), **facts)
    machine = KnownMachine(("vmware", "vc", "vm-1"), policy.now)
    decision = decide(entry, known, policy)
    one = Assessed(machine, entry.name, known, decision)
    resolution = Resolution("exact", (Meaning(machine, entry.name),), (machine,))
    return Assessment(entry, resolution, (one,), waived(decision, entry, policy), data_as_of=known.data_as_of)
