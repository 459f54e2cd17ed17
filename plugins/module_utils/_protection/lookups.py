# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookup service told, in an index: of the thousands of machines of a site, a question needs a few. Pure. Private to the collection."""

from __future__ import annotations

import collections
import typing as t

from .names import fold
from .policy import Policy
from .roots import HierarchyRoots, Key, root_of
from .rows import ItemRow, LookupRow, RootRow
from .snapshot import ANSWERED, EMPTY, LOOKUP_FAILED, NOT_ASKED, Snapshot

MISMATCHED = "mismatched"


class Near(t.NamedTuple):
    """Which machines a question can mean at most: first labels of names, and ids in references."""

    labels: frozenset[str]
    ref_ids: frozenset[str]

    @classmethod
    def of(cls, policy: Policy) -> Near:
        names = [entry.name for entry in policy.machines if not entry.vm_uid]
        ids = [entry.ref_id for entry in policy.machines]
        return cls(frozenset(map(first_label, names)), frozenset(one for one in ids if one))


def first_label(name: str) -> str:
    """What names that are the same at any level have in common."""
    return fold(name).partition(".")[0]


class Shown(t.NamedTuple):
    """A machine as the lookup of one root shows it."""

    key: Key
    root: RootRow
    item: ItemRow


class Lookups:
    """The answers for all roots, and which of them identify machines."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_guid = {root.guid: root for root in snapshot.roots}
        self._root_ids = {guid: _root_ids(snapshot.items(guid)) for guid in self._by_guid}
        self.mismatched = self._mismatched()
        aliases = {
            text: guid
            for guid, texts in self._root_ids.items()
            if guid not in self.mismatched
            for text in texts
            if text not in self._by_guid
        }
        self.roots = HierarchyRoots(snapshot.roots, aliases)
        self.states = {guid: self._state(guid) for guid in self._by_guid}
        self.by_key: dict[Key, list[Shown]] = collections.defaultdict(list)
        self._by_label: dict[str, list[Shown]] = collections.defaultdict(list)
        self._by_ref_id: dict[str, list[Shown]] = collections.defaultdict(list)
        for guid, root in sorted(self._by_guid.items()):
            for item in () if guid in self.mismatched else snapshot.items(guid):
                key = self.roots.key(item.vm_uid)
                if key is not None:
                    shown = Shown(key, root, item)
                    self.by_key[key].append(shown)
                    self._by_label[first_label(item.name)].append(shown)
                    self._by_ref_id[key[2]].append(shown)
        self.contained = self._contained()

    @property
    def is_complete(self) -> bool:
        """Whether every root's lookup answered with a machine: of one that shows nothing, no filter proves that it has none."""
        return all(one.state == ANSWERED for one in self.states.values())

    @property
    def tell_all(self) -> bool:
        """Whether they show every machine that there is: for an account that sees everything."""
        return bool(self._snapshot.roots) and bool(self._snapshot.sees_everything) and self.is_complete

    def everything(self) -> t.Iterator[Shown]:
        for shown in self.by_key.values():
            yield from shown

    def named(self, label: str) -> t.Sequence[Shown]:
        return self._by_label.get(label, ())

    def near(self, near: Near) -> t.Iterator[Shown]:
        for label in near.labels:
            yield from self._by_label.get(label, ())
        for ref_id in near.ref_ids:
            yield from self._by_ref_id.get(ref_id, ())

    def _state(self, guid: str) -> LookupRow:
        answer = self._snapshot.lookups.get(guid) or LookupRow(guid, NOT_ASKED)
        if guid in self.mismatched:
            return answer._replace(
                state=MISMATCHED,
                message="tasks and restore points carry another id for it, so its machines can't be told from them",
            )
        if answer.state == EMPTY and any(guid in seen for seen in self._snapshot.roots_seen.values()):
            return answer._replace(
                state=LOOKUP_FAILED, message="it shows no machine, although backups of its machines exist"
            )
        return answer

    def _mismatched(self) -> frozenset[str]:
        """Roots whose lookup identifies nothing: their server's tasks and points carry ids of roots that are not listed, and theirs in none."""
        own = {guid: {guid, *texts} for guid, texts in self._root_ids.items()}
        by_server: dict[str, list[str]] = collections.defaultdict(list)
        for root in self._snapshot.roots:
            by_server[root.backup_server_name or ""].append(root.guid)
        found: set[str] = set()
        for server, guids in by_server.items():
            seen = self._snapshot.roots_seen.get(server, set())
            if seen - set().union(*(own[guid] for guid in guids)):
                found.update(guid for guid in guids if not own[guid] & seen and self._root_ids[guid])
        return frozenset(found)

    def _contained(self) -> set[frozenset[str]]:
        if len({root.host_type for root in self._by_guid.values()}) < 2:
            return set()
        answered = [guid for guid, answer in self.states.items() if answer.state == ANSWERED]
        return self.roots.contained(
            {guid: frozenset(fold(item.name) for item in self._snapshot.items(guid)) for guid in answered}
        )


def _root_ids(items: t.Iterable[ItemRow]) -> set[str]:
    """The ids of hierarchy roots in the references of a lookup."""
    texts = {item.vm_uid.rpartition(".")[0] for item in items}
    return {found for found in (root_of(f"{text}.x") for text in texts) if found}
