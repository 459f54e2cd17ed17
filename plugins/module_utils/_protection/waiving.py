# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waivers make of a decision. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from . import codes
from .policy import Machine, Policy, Waiver
from .verdict import Decision


def waivers_for(reasons: t.Collection[str], entry: Machine, policy: Policy) -> tuple[Waiver, ...]:
    moment = max(policy.now, entry.needed_at)
    return tuple(
        waiver
        for waiver in policy.waivers
        if waiver.machine == entry.name and waiver.reason_code in reasons and waiver.until > moment
    )


def waived(decision: Decision, entry: Machine, policy: Policy) -> Decision:
    """Waived only when each single reason has a waiver that still holds at the moment that counts."""
    if decision.verdict in (codes.UNKNOWN, codes.RUNNING, codes.WAIVED) or not decision.blocking:
        return decision
    waivers = waivers_for(decision.blocking, entry, policy)
    if set(decision.blocking) - {waiver.reason_code for waiver in waivers}:
        return decision
    return dataclasses.replace(decision, verdict=codes.WAIVED, waivers=waivers)


def with_restores(rest: Decision, whole: Decision, waivers: tuple[Waiver, ...]) -> Decision:
    """The verdict with the restores set aside, which needs their waiver to be as good as it is."""
    blocking = codes.in_order([*rest.blocking, codes.RESTORE_RUNNING])
    if rest.verdict == codes.OK:
        return dataclasses.replace(
            rest,
            verdict=codes.WAIVED,
            underlying=codes.RUNNING,
            blocking=blocking,
            running=whole.running,
            waivers=waivers,
        )
    if rest.verdict == codes.RUNNING:
        return whole
    return dataclasses.replace(rest, blocking=blocking, running=whole.running)
