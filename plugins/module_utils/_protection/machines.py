# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One machine as it was seen, and what it is called now. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .names import decoded, fold
from .roots import AGENT, NAME_ONLY, Key
from .rows import PointRow, TaskRow

TASK, POINT, LOOKUP, COMPUTER, COPY = "task", "point", "lookup", "computer", "copy"
# Where the name that the hypervisor shows is the name of the machine; elsewhere there are two for good.
_ONE_NAME = frozenset({"vmware", "hyperv"})


@dataclasses.dataclass(eq=False)
class KnownMachine:
    """A machine that something was seen of.

    ``names`` has for each source the time each name was seen last; ``whole`` the names that were found without asking for them. ``servers`` back it up
    (or hold its points), ``root_servers`` have its hypervisor.
    ``is_weak``: only points, copies, or replications without reference are known of it.

    ``is_gone``: its hypervisor does not have it any more; ``is_missing``: or does not show it to this account.
    ``in_lookup`` are the roots (GUIDs) whose lookup shows it.
    """

    key: Key
    as_of: dt.datetime
    names: dict[str, dict[str, dt.datetime]] = dataclasses.field(default_factory=dict)
    whole: set[str] = dataclasses.field(default_factory=set)
    servers: set[str] = dataclasses.field(default_factory=set)
    root_servers: set[str] = dataclasses.field(default_factory=set)
    refs: set[str] = dataclasses.field(default_factory=set)
    in_lookup: set[str] = dataclasses.field(default_factory=set)
    tasks: list[TaskRow] = dataclasses.field(default_factory=list)
    points: list[PointRow] = dataclasses.field(default_factory=list)
    is_gone: bool = False
    is_missing: bool = False
    is_weak: bool = True
    _present: frozenset[str] | None = dataclasses.field(default=None, init=False, repr=False)

    @property
    def is_agent(self) -> bool:
        return self.key[0] == AGENT

    @property
    def is_vm(self) -> bool:
        return self.key[0] not in (AGENT, NAME_ONLY)

    @property
    def was_touched(self) -> bool:
        """Whether any task or point of it was seen, and not only its name."""
        return not {TASK, POINT, COPY}.isdisjoint(self.names)

    @property
    def vm_uid(self) -> str | None:
        return min(self.refs, default=None)

    @property
    def all_servers(self) -> set[str]:
        return self.servers | self.root_servers

    def is_at(self, server: str | None) -> bool:
        wanted = fold(server or "")
        return any(fold(one) == wanted for one in self.all_servers)

    def saw(self, source: str, name: str, time: dt.datetime, whole: bool) -> None:
        times = self.names.setdefault(source, {})
        times[name] = max(time, times.get(name, time))
        if whole:
            self.whole.add(name)
        self._present = None

    def own_spellings(self, names: t.Iterable[str]) -> list[str]:
        """Those of the names that it has itself, as they are; or else as it has them."""
        known = sorted({name for times in self.names.values() for name in times})
        return [
            one for name in names for one in known if one == name or (name not in known and fold(one) == fold(name))
        ]

    def newest(self, source: str) -> set[str]:
        """The names that a source gave last."""
        times = self.names.get(source, {})
        last = max(times.values(), default=None)
        return {name for name, time in times.items() if time == last}

    def present_names(self) -> frozenset[str]:
        """What it is called now. Worked out once after the last sighting: every entry that can mean the machine asks for it several times."""
        if self._present is None:
            self._present = frozenset(self._present_names())
        return self._present

    def _present_names(self) -> set[str]:
        """A copy calls it as the backup did that it copies, so that name counts where there is no other."""
        found = {source: self.newest(source) for source in {*self.names} - {COPY} or self.names}
        present = set(found.get(LOOKUP, ()))
        if present and self.key[0] in _ONE_NAME:
            known = {decoded(name) for name in present}
            for source in (TASK, POINT):
                # One row may tell two names, and what is newer than the last collection is news.
                same_row = known & {decoded(name) for name in found.get(source, ())}
                if same_row or self._last(source) > self.as_of:
                    present |= found.get(source, set())
            return present
        for source, names in found.items():
            present |= {name for name in names if not self._was_given_up(source, name)}
        return present

    def _last(self, source: str) -> dt.datetime:
        return max(self.names.get(source, {}).values(), default=dt.datetime.min.replace(tzinfo=dt.timezone.utc))

    def _was_given_up(self, source: str, name: str) -> bool:
        """Whether another source called it so too, and calls it otherwise since."""
        for other, times in self.names.items():
            if other in (source, COPY) or name not in times or name in self.newest(other):
                continue
            if self._last(other) > self.names[source][name]:
                return True
        return False

    def older_names(self) -> set[str]:
        return {name for times in self.names.values() for name in times} - self.present_names()

    @property
    def name(self) -> str:
        """One present name, for people."""
        return min(self.present_names(), default=self.key[2])

    @property
    def description(self) -> str:
        what = self.vm_uid or ("a computer with an agent" if self.is_agent else "a machine without reference")
        return f"{self.name} ({what}, at {', '.join(sorted(self.all_servers)) or 'an unknown backup server'})"
