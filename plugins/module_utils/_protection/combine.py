# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of an entry: its name may mean several machines, and two entries may mean one. Pure. Private to the collection.

``assess(snapshot, policy)`` is the whole way from what was read to verdicts.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import typing as t

from . import codes
from .facts import FactsBuilder
from .lookups import MISMATCHED, Near
from .machines import KnownMachine
from .policy import Machine, Policy
from .registry import Registry
from .resolve import Resolution, Resolver
from .roots import NAME_ONLY, Key
from .snapshot import LOOKUP_FAILED, Snapshot
from .verdict import Attempt, Decision, Facts, decide
from .waiving import waived, waivers_for, with_restores


@dataclasses.dataclass(frozen=True)
class Assessed:
    """One machine that an entry means."""

    machine: KnownMachine
    name: str
    facts: Facts
    decision: Decision


@dataclasses.dataclass(frozen=True)
class Assessment:
    """An entry, what it means, and the verdict.

    ``claimed_by`` are other entries that mean the same machine better or as well; ``older`` are attempts for the history where the verdict rests
    on fewer.
    """

    entry: Machine
    resolution: Resolution
    machines: tuple[Assessed, ...]
    decision: Decision
    claimed_by: tuple[str, ...] = ()
    former: tuple[Assessed, ...] = ()
    data_as_of: dt.datetime | None = None
    older: tuple[Attempt, ...] | None = None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What was tried for the machines, also where the verdict needed less of it."""
        if self.older is not None:
            return self.older
        return tuple(attempt for one in self.machines for attempt in one.facts.attempts)

    @property
    def is_settled(self) -> bool:
        """Whether older rows could change neither the verdict nor what is said about it: they may tell which machine one without reference is."""
        return bool(self.machines) and all(
            one.machine.key[0] != NAME_ONLY
            and one.decision.last_good is not None
            and one.decision.last_good.data_time >= self.entry.oldest
            for one in self.machines
        )


def assess(snapshot: Snapshot, policy: Policy, registry: Registry | None = None) -> dict[str, Assessment]:
    """The assessment of each entry, by its key, in the order asked.

    Rows reach as far back as the entry that needs the most, or the history. Those from before an entry's own reach are nothing to it. Where rows were
    asked for by name, what the rows inside its own age limit settle is settled: older ones change nothing.
    """
    registry = registry or Registry(snapshot, near=Near.of(policy))
    whole = _View(registry, policy)
    views = {
        key: view for floor, entries in _by_reach(policy).items() for key, view in _views(whole, entries, floor).items()
    }
    claims = _claims(policy, {entry.key: views[entry.key].resolved(entry) for entry in policy.machines})
    found = {entry.key: views[entry.key].judged(entry, claims[entry.key]) for entry in policy.machines}
    if policy.history is None:
        return found
    return {
        key: one if views[key] is whole else dataclasses.replace(one, older=whole.attempts(one))
        for key, one in found.items()
    }


def _by_reach(policy: Policy) -> dict[dt.datetime, list[Machine]]:
    found: dict[dt.datetime, list[Machine]] = collections.defaultdict(list)
    for entry in policy.machines:
        found[policy.reach_of(entry)].append(entry)
    return found


def _views(whole: _View, entries: list[Machine], floor: dt.datetime) -> dict[str, _View]:
    """What each of these entries is judged by, none of which looks further back than to this moment."""
    near = whole.of(whole.snapshot.within(floor))
    views = dict.fromkeys((entry.key for entry in entries), near)
    if near.snapshot.is_whole:
        return views
    for oldest in {entry.oldest for entry in entries}:
        recent = near.of(near.snapshot.since(oldest))
        if recent is not near:
            settled = (one for one in entries if one.oldest == oldest and recent.judged(one).is_settled)
            views.update(dict.fromkeys((one.key for one in settled), recent))
    return views


class _View:
    """How entries look to some of the rows."""

    def __init__(self, registry: Registry, policy: Policy) -> None:
        self._registry = registry
        self._policy = policy
        self.snapshot = registry.snapshot
        self._resolver = Resolver(registry, policy)
        self._builder = FactsBuilder(registry, policy)
        self._resolved: dict[str, Resolution] = {}

    def of(self, snapshot: Snapshot) -> _View:
        """A view of fewer rows; the same one when there are none less."""
        if snapshot is self.snapshot:
            return self
        return _View(Registry(snapshot, self._registry.lookups, Near.of(self._policy)), self._policy)

    def resolved(self, entry: Machine) -> Resolution:
        found = self._resolved.get(entry.key)
        if found is None:
            found = self._resolved[entry.key] = self._resolver.resolve(entry)
        return found

    def judged(self, entry: Machine, claimed_by: tuple[str, ...] = ()) -> Assessment:
        return _Judge(entry, self.resolved(entry), claimed_by, self._registry, self._builder, self._policy).assessment()

    def attempts(self, found: Assessment) -> tuple[Attempt, ...]:
        """What was tried for the machines that an entry means, as far back as rows were read."""
        machines = [self._registry.machines.get(one.machine.key, one.machine) for one in found.machines]
        return tuple(one for machine in machines for one in self._builder.facts(found.entry, machine).attempts)


def _claims(policy: Policy, resolved: t.Mapping[str, Resolution]) -> dict[str, tuple[str, ...]]:
    """For each entry the names of others that mean one of its machines, by a claim that is better or as good."""
    entries = {entry.key: entry for entry in policy.machines}
    by_machine: dict[Key, list[str]] = collections.defaultdict(list)
    for key, resolution in resolved.items():
        for meaning in resolution.meanings:
            by_machine[meaning.machine.key].append(key)
    found: dict[str, set[str]] = {key: set() for key in entries}
    for claimants in by_machine.values():
        for key in claimants:
            others = [one for one in claimants if entries[one].name != entries[key].name]
            found[key].update(entries[one].name for one in others if resolved[one].rank <= resolved[key].rank)
    return {key: tuple(sorted(names)) for key, names in found.items()}


class _Judge:
    """The verdict of one entry."""

    def __init__(
        self, entry: Machine, resolution: Resolution, claimed_by: tuple[str, ...], registry: Registry, builder: FactsBuilder, policy: Policy
    ) -> None:  # fmt: skip
        self._entry = entry
        self._resolution = resolution
        self._claimed_by = claimed_by
        self._registry = registry
        self._snapshot = registry.snapshot
        self._builder = builder
        self._policy = policy

    def assessment(self) -> Assessment:
        restores = waivers_for({codes.RESTORE_RUNNING}, self._entry, self._policy)
        plain = self._decided(True)
        decision = plain.decision
        if restores and any(one.kind == "restore" for one in decision.running) and decision.verdict != codes.UNKNOWN:
            plain = self._decided(False)
            decision = with_restores(plain.decision, decision, restores)
        decision = waived(decision, self._entry, self._policy)
        return plain if decision is plain.decision else dataclasses.replace(plain, decision=decision)

    def _decided(self, restores_count: bool) -> Assessment:
        machines = tuple(self._assessed(one.machine, one.name, restores_count) for one in self._resolution.meanings)
        others = self._other_work(restores_count)
        notes = self._notes()
        if not machines:
            former = tuple(
                self._assessed(one, one.name, restores_count)
                for one in (*self._resolution.older, *self._resolution.gone)
            )
            decision = self._nothing(former, others)
            ages = [self._builder.data_as_of(KnownMachine(("", "", ""), self._policy.now))[0]]
        else:
            former = ()
            decision = _combined([one.decision for one in machines], others)
            ages = [one.facts.data_as_of for one in machines]
        if self._claimed_by:
            decision = dataclasses.replace(
                decision, verdict=codes.UNKNOWN, underlying=codes.UNKNOWN, blocking=codes.in_order([codes.CLAIMED_TWICE, *_unknowns(decision)])
            )  # fmt: skip
        if notes:
            decision = dataclasses.replace(decision, notes=codes.in_order([*decision.notes, *notes]))
        as_of = min((age for age in ages if age), default=None) if all(ages) else None
        return Assessment(self._entry, self._resolution, machines, decision, self._claimed_by, former, as_of)

    def _assessed(self, machine: KnownMachine, name: str, restores_count: bool) -> Assessed:
        facts = self._builder.facts(self._entry, machine)
        return Assessed(machine, name, facts, decide(self._entry, facts, self._policy, restores_count=restores_count))

    def _other_work(self, restores_count: bool) -> tuple[Attempt, ...]:
        """Work on machines that the name can mean, but does not, and on those that can't be told."""
        meant = {one.machine.key for one in self._resolution.meanings}
        found = [
            work
            for machine in self._resolution.possible
            if machine.key not in meant
            for work in self._builder.work(self._entry, machine)
        ]
        if not self._resolution.meanings:
            found += self._builder.loose_work(self._entry)
        return tuple(one for one in found if one.state == "running" and (restores_count or one.kind != "restore"))

    def _notes(self) -> list[str]:
        found = []
        if self._resolution.uncounted:
            found.append(codes.NAMESAKE_NOT_COUNTED)
        if self._resolution.gone and self._resolution.meanings:
            found.append(codes.MACHINE_GONE)
        if self._entry.vm_uid is None and self._policy.ask_hypervisors != "never":
            states = {one.state for one in self._registry.lookups.states.values()}
            if states & {LOOKUP_FAILED, MISMATCHED}:
                found.append(codes.LOOKUP_UNANSWERED)
        return found

    def _nothing(self, former: tuple[Assessed, ...], others: tuple[Attempt, ...]) -> Decision:
        """The verdict where no machine is meant."""
        resolution = self._resolution
        visible = bool(self._snapshot.sees_everything or resolution.older or resolution.gone or resolution.needs_name)
        facts = Facts(truncated=self._entry.key in self._snapshot.truncated, is_visible=visible)
        as_of, age = self._builder.data_as_of(KnownMachine(("", "", ""), self._policy.now))
        bare = decide(
            self._entry, dataclasses.replace(facts, data_as_of=as_of, data_age=age, work=others), self._policy
        )
        unknown = list(_unknowns(bare))
        if resolution.needs_name:
            unknown.append(codes.AMBIGUOUS_NAME)
        if resolution.older:
            unknown.append(codes.MACHINE_RENAMED)
        elif resolution.gone:
            unknown.append(codes.MACHINE_GONE)
        elif self._entry.vm_uid is not None or (self._entry.vm_ref is not None and not resolution.needs_name):
            unknown.append(codes.REFERENCE_NOT_FOUND)
        if not unknown:
            return bare
        last = max((one.decision for one in former), key=_last_good_time, default=None)
        return Decision(
            codes.UNKNOWN, codes.UNKNOWN, codes.in_order(unknown), bare.notes, last.last_good if last else None,
            last.last_attempt if last else None, bare.running,
        )  # fmt: skip


def _unknowns(decision: Decision) -> tuple[str, ...]:
    return decision.blocking if decision.verdict == codes.UNKNOWN else ()


def _last_good_time(decision: Decision) -> tuple[bool, dt.datetime]:
    good = decision.last_good
    return good is not None, good.data_time if good else dt.datetime.min.replace(tzinfo=dt.timezone.utc)


def _combined(decisions: t.Sequence[Decision], others: tuple[Attempt, ...]) -> Decision:
    """One verdict for the machines of a name, and for work on others that the name can mean."""
    verdicts = {one.verdict for one in decisions}
    # What is said of the whole is what holds for its worst part.
    worst = min(decisions, key=lambda one: (codes.VERDICTS.index(one.verdict), *_last_good_time(one)))
    work = {(one.job_session_uid, one.task_session_uid): one for decision in decisions for one in decision.running}
    work.update({(one.job_session_uid, one.task_session_uid): one for one in others})
    running = tuple(
        sorted(work.values(), key=lambda one: (one.start, one.task_session_uid or "", one.job_session_uid or ""))
    )
    notes = codes.in_order(code for one in decisions for code in one.notes)
    blocking = codes.in_order(code for one in decisions for code in one.blocking)
    if len(verdicts) > 1 and verdicts != {codes.OK, codes.RUNNING}:
        unknown = codes.in_order([codes.AMBIGUOUS_NAME, *(code for one in decisions for code in _unknowns(one))])
        return Decision(codes.UNKNOWN, codes.UNKNOWN, unknown, notes, None, None, running)
    verdict = codes.RUNNING if codes.RUNNING in verdicts else worst.verdict
    if others and verdict != codes.UNKNOWN:
        verdict = codes.RUNNING
        kinds = {"restore": codes.RESTORE_RUNNING, "backup": codes.BACKUP_RUNNING}
        blocking = codes.in_order(
            [*(code for code in blocking if code in kinds.values()), *(kinds[one.kind] for one in others)]
        )
    return Decision(verdict, verdict, blocking, notes, worst.last_good, worst.last_attempt, running)
