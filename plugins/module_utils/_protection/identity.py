# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machine of the hypervisors is meant by a name or a reference. Pure functions. Private to the collection.

A virtual machine is its id in one hypervisor. The hypervisor is known by its unique id, because each backup server gives the
same vCenter a hierarchy root of its own (EM page hierarchyroots_id). A computer with an agent has no such id: it is its name at one
backup server. Names are no identities: two machines of one name are a question for people, not a guess.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
import unicodedata

from .codes import AGENT_TYPES, SECOND_HAND_TYPES
from .policy import Machine, split_ref

_HOST_NAME = re.compile(r"[a-z0-9_-]*[a-z_-][a-z0-9_-]*(?:\.[a-z0-9_-]+)*", re.ASCII)

Key = t.Tuple[str, str, str]
"""Kind (platform in lower case, ``agent`` or ``name``), scope (hypervisor or backup server) and id."""

AGENT, NAME_ONLY = "agent", "name"


def fold(name: str) -> str:
    """A name without regard to case and to how accents are composed."""
    return unicodedata.normalize("NFC", name).casefold()


def short(name: str) -> str:
    """The folded name up to the first dot if it is a host name (not an address, not free text), else the folded name."""
    folded = fold(name)
    return folded.partition(".")[0] if _HOST_NAME.fullmatch(folded) else folded


def same_name(level: str, wanted: str, seen: str) -> bool:
    """Whether two names are the same at a level of ``name_match``; different domains are never the same machine."""
    if level == "exact":
        return wanted == seen
    if level == "ignore_case":
        return fold(wanted) == fold(seen)
    if short(wanted) != short(seen):
        return False
    domains = [fold(name)[len(short(name)) :] for name in (wanted, seen)]
    return "" in domains or domains[0] == domains[1]


def is_agent(vm_uid: str | None) -> bool:
    """Whether it is the reference of a computer with an agent; versions differ in whether they tell one."""
    return vm_uid is not None and vm_uid.lower().startswith("urn:agent")


@dataclasses.dataclass(frozen=True)
class HierarchyRoots:
    """The hypervisors: GUID of a hierarchy root to its unique id, both in lower case."""

    unique: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def key(self, vm_uid: str) -> Key | None:
        """The identity behind an object reference; its root may be written as GUID or as unique id. None for agents."""
        parts = split_ref(vm_uid)
        if parts is None or is_agent(vm_uid):
            return None
        root = parts[1].lower()
        return parts[0].lower(), self.unique.get(root, root), parts[2].lower()


@dataclasses.dataclass(frozen=True)
class Sighting:
    """Something that was seen of a machine: an attempt, or a restore point (then ``job_type`` is None and ``is_point`` is set)."""

    names: tuple[str, ...]
    backup_server_name: str | None
    vm_uid: str | None
    job_type: str | None
    is_point: bool = False
    is_successful: bool = False

    @property
    def is_second_hand(self) -> bool:
        return self.job_type in SECOND_HAND_TYPES


@dataclasses.dataclass
class Candidate:
    """A machine that sightings point to; ``weak`` when all that is known are restore points or copies without a reference."""

    key: Key
    names: set[str] = dataclasses.field(default_factory=set)
    servers: set[str] = dataclasses.field(default_factory=set)
    sightings: list[int] = dataclasses.field(default_factory=list)
    vm_uid: str | None = None
    weak: bool = True

    @property
    def description(self) -> str:
        what = self.vm_uid or ("a computer with an agent" if self.key[0] == AGENT else "a machine without reference")
        return f"{min(self.names)} ({what}, at {', '.join(sorted(self.servers)) or 'an unknown backup server'})"


_NORMAL: dict[str, t.Callable[[str], str]] = {"exact": str, "ignore_case": fold, "short_name": short}


class MachineIndex:
    """The machines that sightings are of, found by key, id or name."""

    def __init__(self, sightings: t.Sequence[Sighting], roots: HierarchyRoots) -> None:
        self.roots = roots
        self.by_key: dict[Key, Candidate] = {}
        self._by_ref: dict[str, list[Candidate]] = {}
        self._by_name: dict[str, dict[str, list[Candidate]]] = {level: {} for level in _NORMAL}
        keys = [_own_key(sighting, roots) for sighting in sightings]
        numbers = range(len(sightings))
        for number, key in enumerate(keys):
            if key is not None and not sightings[number].is_point:
                self._add(key, number, sightings[number])
        # What tasks call a machine counts; restore points may carry a name from before it was renamed.
        named = set(self.by_key)
        for number, key in enumerate(keys):
            if key is None or not sightings[number].is_point:
                continue
            if key in named:
                self.by_key[key].sightings.append(number)
            else:
                self._add(key, number, sightings[number])
        self._index(list(self.by_key.values()))
        loose = [number for number in numbers if keys[number] is None]
        for number in loose:
            self._place(number, sightings[number])
        self._index([one for one in self.by_key.values() if one.key[0] == NAME_ONLY])

    def named(self, level: str, name: str) -> list[Candidate]:
        """The machines that have this name at a level of ``name_match``."""
        hits = self._by_name[level].get(_NORMAL[level](name), [])
        return [one for one in hits if any(same_name(level, name, seen) for seen in one.names)]

    def with_ref(self, ref: str) -> list[Candidate]:
        """The machines with this id, whatever their hypervisor."""
        return self._by_ref.get(ref.lower(), [])

    def _index(self, added: list[Candidate]) -> None:
        for candidate in added:
            if candidate.key[0] not in (AGENT, NAME_ONLY):
                self._by_ref.setdefault(candidate.key[2], []).append(candidate)
            for level, normal in _NORMAL.items():
                for name in {normal(name) for name in candidate.names}:
                    self._by_name[level].setdefault(name, []).append(candidate)

    def _add(self, key: Key, number: int, sighting: Sighting) -> None:
        candidate = self.by_key.setdefault(key, Candidate(key))
        candidate.names.update(sighting.names)
        candidate.sightings.append(number)
        if sighting.backup_server_name:
            candidate.servers.add(sighting.backup_server_name)
        if key[0] not in (AGENT, NAME_ONLY) and sighting.vm_uid:
            candidate.vm_uid = min(candidate.vm_uid or sighting.vm_uid, sighting.vm_uid)
        if not sighting.is_point and (key[0] != NAME_ONLY or not sighting.is_second_hand):
            candidate.weak = False

    def _place(self, number: int, sighting: Sighting) -> None:
        """A sighting without a reference goes to the machine it can only belong to."""
        homes = _homes(sighting, self._by_name["ignore_case"].get(fold(sighting.names[0]), []))
        for candidate in homes:
            candidate.sightings.append(number)
            candidate.weak = candidate.weak and sighting.is_second_hand
        if not homes:
            self._add((NAME_ONLY, fold(sighting.backup_server_name or ""), fold(sighting.names[0])), number, sighting)


def _own_key(sighting: Sighting, roots: HierarchyRoots) -> Key | None:
    key = roots.key(sighting.vm_uid) if sighting.vm_uid else None
    if key is None and (sighting.job_type in AGENT_TYPES or is_agent(sighting.vm_uid)):
        return AGENT, fold(sighting.backup_server_name or ""), fold(sighting.names[0])
    return key


def _homes(sighting: Sighting, namesakes: list[Candidate]) -> list[Candidate]:
    """Where a sighting without a reference belongs (copies; servers before version 10).

    A copy or replication may run at another backup server and proves nothing, so it goes to every machine of the name. Anything else belongs to the
    one machine of its name at its own backup server; when there are several, a failure or a running task is held against each.
    """
    if sighting.is_second_hand:
        return namesakes
    here = [one for one in namesakes if sighting.backup_server_name in one.servers]
    if len(here) > 1 and sighting.is_successful:
        return []
    return here


@dataclasses.dataclass(frozen=True)
class Match:
    """The one machine that is meant, or the several that could be."""

    candidate: Candidate | None = None
    matched_by: str | None = None
    namesakes: tuple[str, ...] = ()


def resolve(machine: Machine, known: MachineIndex, levels: t.Sequence[str]) -> Match:
    """By ``vm_uid``, else by ``vm_ref``, else by name at the first level that finds something."""
    if machine.vm_uid is not None:
        key = known.roots.key(machine.vm_uid)
        found = known.by_key.get(key) if key else None
        return Match(found, "vm_uid") if found and _at_server(machine, found) else Match()
    if machine.vm_ref is not None:
        return _by_ref(machine, _meant(machine, known.with_ref(machine.vm_ref)), known, levels)
    for weak in (False, True):
        for level in levels:
            hits = _meant(machine, (one for one in known.named(level, machine.name) if one.weak is weak))
            if hits:
                return _one(hits, level)
    return Match()


def _meant(machine: Machine, hits: t.Iterable[Candidate]) -> list[Candidate]:
    return [one for one in hits if _at_server(machine, one) and _reachable(machine, one)]


def _by_ref(machine: Machine, hits: list[Candidate], known: MachineIndex, levels: t.Sequence[str]) -> Match:
    """An id is unique in one hypervisor only: unless there is just that one, the name must say the same."""
    if not hits:
        return Match()
    if len(hits) == 1 and len(set(known.roots.unique.values())) == 1:
        return Match(hits[0], "vm_ref")
    agreeing = [
        one for one in hits if any(same_name(level, machine.name, name) for level in levels for name in one.names)
    ]
    if len(agreeing) == 1:
        return Match(agreeing[0], "vm_ref")
    return Match(namesakes=tuple(sorted(one.description for one in hits)))


def _one(hits: list[Candidate], matched_by: str) -> Match:
    if len(hits) == 1:
        return Match(hits[0], matched_by)
    return Match(namesakes=tuple(sorted(one.description for one in hits)))


def _at_server(machine: Machine, candidate: Candidate) -> bool:
    wanted = machine.backup_server_name
    return wanted is None or fold(wanted) in {fold(server) for server in candidate.servers}


def _reachable(machine: Machine, candidate: Candidate) -> bool:
    """No job type that counts for a computer with an agent can protect a virtual machine, and the other way round."""
    types = machine.job_types - SECOND_HAND_TYPES
    if not types:
        return True
    return bool(types & AGENT_TYPES) if candidate.key[0] == AGENT else bool(types - AGENT_TYPES)
