# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machines an entry of the question can mean, at which level. Pure. Private to the collection."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from . import codes
from .machines import KnownMachine
from .names import Domains, decoded, fold
from .policy import Machine, Policy
from .registry import Registry
from .roots import Key

VM_UID, VM_REF = "vm_uid", "vm_ref"


@dataclasses.dataclass(frozen=True)
class Meaning:
    """A machine that an entry means, and the name of it that fitted."""

    machine: KnownMachine
    name: str


@dataclasses.dataclass(frozen=True)
class Resolution:
    """What an entry means.

    ``meanings`` are the machines at the best level, ``possible`` all that the name can mean at any level: work on these counts.
    Without a meaning, ``older`` are machines that had the name, and ``gone`` those that their hypervisors do not have any more (beside meanings,
    they are notes). ``rank`` tells how good the claim is. ``uncounted`` are namesakes seen only through another connection.
    """

    matched_by: str | None = None
    meanings: tuple[Meaning, ...] = ()
    possible: tuple[KnownMachine, ...] = ()
    older: tuple[KnownMachine, ...] = ()
    gone: tuple[KnownMachine, ...] = ()
    uncounted: tuple[KnownMachine, ...] = ()
    needs_name: tuple[KnownMachine, ...] = ()
    rank: int = 0

    @property
    def machines(self) -> tuple[KnownMachine, ...]:
        """All machines whose rows matter."""
        found = [*(one.machine for one in self.meanings), *self.possible, *self.older, *self.gone, *self.needs_name]
        return tuple({one.key: one for one in found}.values())


def spellings(name: str, domains: Domains) -> frozenset[str]:
    """How rows are asked for by a name: as it is written and in the usual other ways of writing it, with and without its domain."""
    plain = decoded(name)
    short = plain.partition(".")[0] if domains.split(name)[1] else plain
    return in_any_case([name, plain, short])


def in_any_case(names: t.Iterable[str]) -> frozenset[str]:
    """How rows are asked for by names of a machine: before version 10 rows have nothing else, and hypervisors don't mind the case."""
    return frozenset(form for name in names for form in (name, name.lower(), name.upper()))


class Resolver:
    """Finds what entries mean among the machines of a registry."""

    def __init__(self, registry: Registry, policy: Policy) -> None:
        self._registry = registry
        self._levels = policy.name_match
        self._domains = policy.name_domains
        present: dict[str, list[tuple[KnownMachine, str]]] = collections.defaultdict(list)
        older: dict[str, list[tuple[KnownMachine, str]]] = collections.defaultdict(list)
        self._by_ref: dict[str, list[KnownMachine]] = collections.defaultdict(list)
        # No row can be asked for by a bare id, so rows that another entry brought must not make a difference.
        surely_there = registry.surely_there
        for machine in registry.machines.values():
            names = machine.present_names()
            for name in names:
                present[self._domains.short(name)].append((machine, name))
            for name in {one for times in machine.names.values() for one in times} - names:
                older[self._domains.short(name)].append((machine, name))
            if machine.is_vm and machine.key in surely_there:
                self._by_ref[machine.key[2]].append(machine)
        self._present, self._older = present, older

    def resolve(self, entry: Machine) -> Resolution:
        if entry.vm_uid is not None:
            key = self._registry.roots.key(entry.vm_uid)
            machine = self._registry.machines.get(key) if key else None
            return self._by_reference(VM_UID, [machine] if machine and _is_at(entry, machine) else [])
        if entry.vm_ref is not None:
            return self._by_bare_ref(entry, [one for one in self._by_ref[entry.vm_ref.lower()] if _is_at(entry, one)])
        return self._by_name(entry)

    def _by_reference(self, matched_by: str, hits: list[KnownMachine]) -> Resolution:
        gone = tuple(one for one in hits if one.is_gone)
        present = [one for one in hits if not one.is_gone]
        if not present:
            return Resolution(gone=gone)
        return Resolution(matched_by, tuple(Meaning(one, one.name) for one in present), tuple(present), gone=gone)

    def _by_bare_ref(self, entry: Machine, hits: list[KnownMachine]) -> Resolution:
        """An id is unique in one hypervisor only: unless there is just that one, the name must say the same."""
        if len(hits) == 1 and self._registry.roots.hypervisors == 1:
            return self._by_reference(VM_REF, hits)
        agreeing = [
            one
            for one in hits
            if any(self._same(level, entry, name) for level in self._levels for name in one.present_names())
        ]
        if len(agreeing) == 1:
            return self._by_reference(VM_REF, agreeing)
        return Resolution(needs_name=_sorted(hits))

    def _by_name(self, entry: Machine) -> Resolution:
        present = self._hits(entry, self._present)
        older = self._hits(entry, self._older)
        gone = {one.key: one for hits in (*present.values(), *older.values()) for one, _name in hits if one.is_gone}
        kept = {level: [hit for hit in hits if not hit[0].is_gone] for level, hits in present.items()}
        strong = {level: [hit for hit in hits if not hit[0].is_weak] for level, hits in kept.items()}
        if any(strong.values()):
            kept = strong
        uncounted = self._uncounted([one for hits in kept.values() for one, _name in hits])
        possible = {one.key: one for hits in present.values() for one, _name in hits if not one.is_gone}
        meant = {one.key for hits in kept.values() for one, _name in hits}
        for rank, level in enumerate(self._levels):
            hits = [hit for hit in kept[level] if hit[0].key not in uncounted and _is_of_kind(entry, hit[0])]
            if hits:
                meanings = {
                    one.key: Meaning(one, name) for one, name in sorted(hits, key=lambda hit: hit[1], reverse=True)
                }
                return Resolution(
                    level, tuple(meanings[key] for key in sorted(meanings)), _sorted(possible.values()),
                    gone=_sorted(gone.values()), uncounted=_sorted(uncounted.values()), rank=rank,
                )  # fmt: skip
            had = {
                one.key: one
                for one, _name in older[level]
                if not one.is_gone and one.key not in meant and _is_of_kind(entry, one)
            }
            if had:
                return Resolution(
                    possible=_sorted(possible.values()), older=_sorted(had.values()), gone=_sorted(gone.values()), rank=len(self._levels) + rank
                )  # fmt: skip
        return Resolution(possible=_sorted(possible.values()), gone=_sorted(gone.values()))

    def _hits(
        self, entry: Machine, names: t.Mapping[str, list[tuple[KnownMachine, str]]]
    ) -> dict[str, list[tuple[KnownMachine, str]]]:
        """By level, each machine at its best one; what was found by asking for it only if it is spelt as asked."""
        asked = spellings(entry.name, self._domains)
        found: dict[str, list[tuple[KnownMachine, str]]] = {level: [] for level in self._levels}
        seen: set[Key] = set()
        near = [hit for hit in names.get(self._domains.short(entry.name), ()) if _is_at(entry, hit[0])]
        if not self._registry.snapshot.is_whole:
            near = [(one, name) for one, name in near if name in one.whole or name in asked]
        for level in self._levels:
            hits = [(one, name) for one, name in near if one.key not in seen and self._same(level, entry, name)]
            found[level] = hits
            seen |= {one.key for one, _name in hits}
        return found

    def _same(self, level: str, entry: Machine, name: str) -> bool:
        return self._domains.same(level, entry.name, name)

    def _uncounted(self, hits: list[KnownMachine]) -> dict[Key, KnownMachine]:
        """Machines that were never backed up and are shown by one of two hypervisors that contain one another, while the other has a namesake."""
        found: dict[Key, KnownMachine] = {}
        for one in hits:
            if one.was_touched or not one.in_lookup:
                continue
            others = [
                two
                for two in hits
                if two is not one and frozenset((one.key[1], two.key[1])) in self._registry.lookups.contained
            ]
            same_name = [
                two
                for two in others
                if {fold(name) for name in two.present_names()} & {fold(name) for name in one.present_names()}
            ]
            if any(two.was_touched or (two.key not in found and two.key < one.key) for two in same_name):
                found[one.key] = one
        return found


def _sorted(machines: t.Iterable[KnownMachine]) -> tuple[KnownMachine, ...]:
    return tuple(sorted(machines, key=lambda one: one.key))


def _is_at(entry: Machine, machine: KnownMachine) -> bool:
    return entry.backup_server_name is None or machine.is_at(entry.backup_server_name)


def _is_of_kind(entry: Machine, machine: KnownMachine) -> bool:
    """Whether any of the entry's job types is for machines of this kind; words that we don't know are for both kinds."""
    if not (machine.is_agent or machine.is_vm):
        return True
    foreign = codes.VM_TYPES if machine.is_agent else codes.AGENT_TYPES
    return bool(entry.job_types - foreign - {codes.NAS_TYPE})
