# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading what a sync has printed, as AWX loads it: names, groups, variables, the flag enabled."""

from __future__ import annotations

import json
import re
import typing as t

_JINJA = re.compile(r"\{\{[^}]+}}|\{%[^%]+%}")


class SyncFailed(Exception):
    """The sync ends in an error, and nothing of it is kept."""


class Inventory:
    """One inventory of AWX with one source."""

    def __init__(
        self, *, overwrite: bool, overwrite_vars: bool, enabled_var: str = "", enabled_value: str = ""
    ) -> None:
        self._overwrite, self._overwrite_vars = overwrite, overwrite_vars
        self._enabled_var, self._enabled_value = enabled_var, enabled_value
        self.hosts: dict[str, dict[str, t.Any]] = {}
        self.groups: dict[str, set[str]] = {}
        self.enabled: dict[str, bool] = {}

    def load(self, text: str) -> None:
        """Raises SyncFailed."""
        data = json.loads(text)
        hostvars = data.get("_meta", {}).get("hostvars", {})
        found = {
            name: set(group.get("hosts", []))
            for name, group in data.items()
            if name not in ("_meta", "all", "ungrouped") and isinstance(group, dict)
        }
        names = set(hostvars).union(*found.values(), *(group.get("hosts", []) for group in data.values()))
        if any(_JINJA.search(name) for name in (*names, *found)):
            raise SyncFailed("Inline Jinja variables are not allowed.")
        if self._overwrite:
            self.hosts = {name: self.hosts.get(name, {}) for name in names}
            self.groups = found
        else:
            for name, members in found.items():
                self.groups.setdefault(name, set()).update(members)
        for name in names:
            fresh = hostvars.get(name, {})
            self.hosts[name] = fresh if self._overwrite_vars else {**self.hosts.get(name, {}), **fresh}
            self.enabled[name] = self._is_enabled(fresh)

    def _is_enabled(self, variables: t.Mapping[str, t.Any]) -> bool:
        value: t.Any = variables
        for key in self._enabled_var.split(".") if self._enabled_var else ():
            value = value.get(key) if hasattr(value, "get") else None
        if not self._enabled_var or value is None:
            return True
        return str(value).lower() == self._enabled_value.lower() if self._enabled_value else bool(value)

    def script(self) -> dict[str, t.Any]:
        """What a job gets of it."""
        groups = {name: {"hosts": sorted(members)} for name, members in self.groups.items()}
        on = {
            name: {**values, "remote_tower_enabled": "true"}
            for name, values in self.hosts.items()
            if self.enabled[name]
        }
        return {**groups, "all": {"hosts": sorted(on)}, "_meta": {"hostvars": on}}
