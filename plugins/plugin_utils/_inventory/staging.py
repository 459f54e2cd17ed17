# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts and groups to be, beside Ansible's inventory until all of them are worked out. Private to the collection.

Ansible keeps what a plugin has added before it failed. So nothing is added before nothing can fail any more: the plugin's helpers
work on a ``Staging`` in place of the inventory, and ``apply`` brings it over.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData

from ...module_utils._errors import SettingsError


class Staging:
    """What the helpers of Ansible's constructed plugins call of an inventory; groups of the real one are known, its hosts are not."""

    def __init__(self, inventory: t.Any) -> None:
        self._groups = InventoryData()
        self._before = set(inventory.groups)
        self._edges: list[tuple[str, str]] = []
        self._members: dict[str, dict[str, None]] = {}
        self._groups_of: dict[str, list[str]] = {}
        self._composed: set[tuple[str, str]] = set()
        self._kept: dict[str, frozenset[str]] = {}
        self.hosts: dict[str, dict[str, t.Any]] = {}
        for name in inventory.groups:
            self._groups.add_group(name)
        for name, group in inventory.groups.items():
            for child in group.child_groups:
                if child.name not in ("all", name):
                    self._groups.add_child(name, child.name)

    @property
    def groups(self) -> t.Collection[str]:
        return self._groups.groups.keys()

    def add_group(self, group: str) -> str:
        return str(self._groups.add_group(group))

    def add_host(self, host: str, group: str | None = None, port: int | None = None) -> str:
        """A host, or one more group of a host."""
        self.hosts.setdefault(host, {})
        if group is not None:
            self.add_child(group, host)
        return host

    def add_child(self, group: str, child: str) -> None:
        """A host or a group below a group; hosts come first, since none that is called like a group is ever applied."""
        if group not in self._groups.groups:
            raise AnsibleError(f"{group} is not a known group")
        if child in self.hosts:
            members = self._members.setdefault(group, {})
            if child not in members:
                members[child] = None
                self._groups_of.setdefault(child, []).append(group)
        else:
            self._add_edge(group, child)

    def _add_edge(self, group: str, child: str) -> None:
        try:
            if group == child:
                raise AnsibleError("it is its own parent_group")
            self._groups.add_child(group, child)
        except AnsibleError as error:
            # Not an expression that fails for a host, but groups that can't be.
            raise SettingsError(f"the group {child!r} would contain itself: {' '.join(str(error).split())}") from None
        self._edges.append((group, child))

    def set_variable(self, entity: str, varname: str, value: t.Any) -> None:
        """What an expression gave, of whatever type."""
        self.hosts[entity][varname] = value
        self._composed.add((entity, varname))

    def keep(self, groups: t.Iterable[str]) -> None:
        """From now on only hosts that are in these groups may be in them, or in groups below them."""
        self._kept = {group: frozenset(self._members.get(group, ())) for group in groups}

    def check_kept(self) -> None:
        """Expressions make names of groups from what machines and jobs are called. Raises SettingsError."""
        for group, kept in self._kept.items():
            below = self._groups.groups[group].get_descendants() if group in self._groups.groups else ()
            for one in (group, *sorted(child.name for child in below)):
                strange = next((host for host in self._members.get(one, ()) if host not in kept), None)
                if strange is not None:
                    way = f"{group}" if one == group else f"{one}, which is below {group}"
                    raise SettingsError(
                        f"groups or keyed_groups put {strange!r} into {way}, where it does not belong",
                        hint="the plugin's own groups keep their meaning: use other names, or a prefix and a separator of your own",
                    )

    def groups_of(self, host: str) -> list[str]:
        return sorted(self._groups_of.get(host, ()))

    @property
    def disputed(self) -> set[str]:
        """Names that a host and a group have: variables of the host would become variables of the group."""
        return set(self.hosts) & set(self.groups)

    def apply(self, inventory: t.Any) -> None:
        """Adds everything to the real inventory."""
        for group in self.groups:
            if group not in self._before:
                inventory.add_group(group)
        for parent, child in self._edges:
            inventory.add_child(parent, child)
        for name, variables in self.hosts.items():
            inventory.add_host(name)
            host = inventory.hosts[name]
            for key, value in variables.items():
                if (name, key) in self._composed:
                    inventory.set_variable(name, key, value)
                else:
                    # By its own method newer cores would copy each value once more and mark where it is from: a third of the time and memory.
                    host.set_variable(key, value)
        for group, members in self._members.items():
            for name in members:
                inventory.add_child(group, name)
