# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Are these machines protected? Reads, joins and decides; for the module and the inventory alike. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._protection import codes
from .._protection.facts import FactsBuilder
from .._protection.policy import Machine, Policy
from .._protection.result import headline, machine_result, summary_of, unused_waivers
from .._protection.verdict import Decision, Facts, decide
from .._times import to_iso
from .reader import RowLimitReached, Snapshot

_FIRST_STEP = dt.timedelta(days=1)
_STEP_FACTOR = 4


def verify(client: EnterpriseManagerClient, policy: Policy) -> dict[str, t.Any]:
    """The result of ``protection_info`` without its ``request_count``. Raises an EmError.

    First the window that the age limits need is read. Only while machines remain of which no usable backup was seen, older windows
    follow, each reaching further back, down to ``lookback``: they tell "too old" from "never".
    """
    snapshot = Snapshot(client, policy)
    snapshot.read_frame()
    since = min(policy.now - (policy.history or dt.timedelta()), *(machine.oldest for machine in policy.machines))
    floor = min(since, policy.now - policy.lookback)
    cut = _cut(snapshot, since, None, policy)
    views = _views(snapshot, policy, cut)
    while not cut and since > floor:
        unsettled = frozenset(name for name, view in views.items() if not view.settled)
        if not unsettled:
            break
        reach = max(_FIRST_STEP, _STEP_FACTOR * (policy.now - since))
        until, since = since, max(floor, policy.now - reach)
        cut = _cut(snapshot, since, until, policy) & unsettled
        views = _views(snapshot, policy, cut)
    if any(view.facts.nothing_seen for view in views.values()):
        visible = policy.full_visibility or snapshot.sees_everything()
        views = {name: view.seen_by(visible, policy) for name, view in views.items()}
    return _result(views, policy)


@dataclasses.dataclass(frozen=True)
class Assessment:
    """A machine, what is known about it and what that means."""

    machine: Machine
    facts: Facts
    decision: Decision

    @property
    def settled(self) -> bool:
        """Whether older backups would not change the verdict or what is said about it."""
        decision = self.decision
        return bool(decision.last_good or decision.running or self.facts.namesakes)

    def seen_by(self, visible: bool, policy: Policy) -> Assessment:
        facts = dataclasses.replace(self.facts, visible=visible)
        return Assessment(self.machine, facts, decide(self.machine, facts, policy))


def _cut(snapshot: Snapshot, since: dt.datetime, until: dt.datetime | None, policy: Policy) -> frozenset[str]:
    """Reads a window; the names of all machines if the limit of rows was reached."""
    try:
        snapshot.read(since, until)
    except RowLimitReached:
        return frozenset(machine.name for machine in policy.machines)
    return frozenset()


def _views(snapshot: Snapshot, policy: Policy, cut: frozenset[str]) -> dict[str, Assessment]:
    join = FactsBuilder(snapshot, policy)
    views = {}
    for machine in policy.machines:
        facts = join.facts(machine, truncated=machine.name in cut)
        views[machine.name] = Assessment(machine, facts, decide(machine, facts, policy))
    return views


def _result(views: dict[str, Assessment], policy: Policy) -> dict[str, t.Any]:
    decisions = {name: view.decision for name, view in views.items()}
    verdicts = {name: decision.verdict for name, decision in decisions.items()}
    known = [view.facts.data_as_of for view in views.values()]
    ages = [moment for moment in known if moment is not None]
    return {
        "machines": [machine_result(view.machine, view.facts, view.decision, policy) for view in views.values()],
        "summary": summary_of(decisions.values()),
        "ok": all(verdict in (codes.OK, codes.WAIVED) for verdict in verdicts.values()),
        "checked_at": to_iso(policy.now),
        "data_as_of": to_iso(min(ages)) if len(ages) == len(known) else None,
        "unused_waivers": unused_waivers(policy, decisions),
        "msg": headline(verdicts),
    }
