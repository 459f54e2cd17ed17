# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hierarchy roots: which hypervisor an object reference belongs to. Pure. Private to the collection.

Each backup server gives the same vCenter a root of its own; the unique id of the hypervisor joins them. Not every unique id is one.
"""

from __future__ import annotations

import re
import typing as t

from .policy import split_ref
from .rows import RootRow

Key = t.Tuple[str, str, str]
"""Kind (platform in lower case, ``agent`` or ``name``), scope (hypervisor or backup server) and id."""

AGENT, NAME_ONLY = "agent", "name"
_NO_ID = re.compile(r"[0\-]*|none|null|nil|n/?a|unknown|localhost(?:\..*)?|127\..*|::1", re.IGNORECASE)
# Which type of host can hold which others that are connected as well.
_WIDER = {
    "scvmm": {"hvcluster", "hvserver"},
    "hvcluster": {"hvserver"},
    "vc": {"esx", "esxi"},
    "vcdsystem": {"vc", "esx", "esxi"},
}


def unique_id(text: str | None) -> str | None:
    """The unique id of a hypervisor in one spelling; None for what is none."""
    found = (text or "").strip().strip("{}").strip().lower()
    return None if _NO_ID.fullmatch(found) else found


def is_agent(vm_uid: str | None) -> bool:
    """Whether it is the reference of a computer with an agent; versions differ in whether they tell one."""
    return vm_uid is not None and vm_uid.lower().startswith("urn:agent")


def root_of(vm_uid: str) -> str | None:
    """The root part of a reference in lower case; None for agents and for what is no reference."""
    parts = None if is_agent(vm_uid) else split_ref(vm_uid)
    return parts[1].lower() if parts else None


class HierarchyRoots:
    """The listed roots; ``aliases`` are other ids that the lookup service uses for them, by id."""

    def __init__(self, roots: t.Iterable[RootRow] = (), aliases: t.Mapping[str, str] | None = None) -> None:
        self.by_guid = {root.guid: root for root in sorted(roots)}
        self._aliases = dict(aliases or {})
        shared: dict[tuple[str | None, str], int] = {}
        for root in self.by_guid.values():
            found = unique_id(root.unique_id)
            if found:
                place = (root.backup_server_name, found)
                shared[place] = shared.get(place, 0) + 1
        self._scopes = {}
        for root in self.by_guid.values():
            found = unique_id(root.unique_id)
            # One backup server never has one hypervisor twice.
            identifies = found is not None and shared[root.backup_server_name, found] == 1
            self._scopes[root.guid] = found if identifies and found else root.guid
        self._unique = frozenset(self._scopes.values())
        self._keys: dict[str, Key | None] = {}

    @property
    def hypervisors(self) -> int:
        """How many there are, as far as ids tell."""
        return len(self._unique)

    def listed(self, root_id: str) -> RootRow | None:
        """The listed root that an id in a reference belongs to."""
        return self.by_guid.get(self._aliases.get(root_id, root_id))

    def of_scope(self, scope: str) -> list[RootRow]:
        """The listed roots of one hypervisor."""
        return [root for guid, root in self.by_guid.items() if self._scopes[guid] == scope]

    def key(self, vm_uid: str) -> Key | None:
        """The identity behind an object reference; its root may be written as GUID or as unique id. None for agents."""
        if vm_uid not in self._keys:
            # All rows of a machine tell the same few references.
            self._keys[vm_uid] = self._key(vm_uid)
        return self._keys[vm_uid]

    def _key(self, vm_uid: str) -> Key | None:
        parts = split_ref(vm_uid)
        if parts is None or is_agent(vm_uid):
            return None
        text = parts[1].lower()
        root = self.listed(text)
        if root is not None:
            scope = self._scopes[root.guid]
        else:
            named = unique_id(text)
            scope = named if named in self._unique and named else text
        return parts[0].lower(), scope, parts[2].lower()

    def contained(self, names: t.Mapping[str, frozenset[str]]) -> set[frozenset[str]]:
        """Pairs of scopes, one hypervisor inside the other: the wider one's lookup shows every name of the narrower one's.

        ``names`` are those of the roots that answered, by GUID.
        """
        found = set()
        for wide in names:
            inside = _WIDER.get((self.by_guid[wide].host_type or "").lower(), set())
            for narrow in names:
                root = self.by_guid[narrow]
                if (
                    (root.host_type or "").lower() in inside
                    and root.backup_server_name == self.by_guid[wide].backup_server_name
                    and names[narrow] <= names[wide]
                ):
                    found.add(frozenset((self._scopes[wide], self._scopes[narrow])))
        return found
