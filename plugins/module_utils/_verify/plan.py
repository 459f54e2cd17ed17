# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rows are asked for, and how: by name and reference, or a whole window of time. Pure functions. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import math
import typing as t

from .._client.filters import MAX_TARGET_LENGTH, FilterExpr, all_of, compare, encoded_length
from .._protection import codes, rows
from .._protection.combine import Assessment
from .._protection.names import Domains, fold, is_plain
from .._protection.policy import Machine, Policy
from .._protection.resolve import Resolution, in_any_case, spellings
from .._times import to_iso

# A job session starts before its tasks; queued tasks can wait for hours.
SESSION_MARGIN = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Span:
    """A window of time; without an end it reaches to now."""

    since: dt.datetime
    until: dt.datetime | None = None

    @property
    def where(self) -> FilterExpr | None:
        end = compare("CreationTime", "<", to_iso(self.until)) if self.until is not None else None
        return all_of([compare("CreationTime", ">=", to_iso(self.since)), end])

    @property
    def is_empty(self) -> bool:
        return self.until is not None and self.until <= self.since

    def wider(self, by: dt.timedelta) -> Span:
        return Span(self.since - by, self.until)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Rows of which machines: by their names and references as they are spelt."""

    names: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()

    @functools.cached_property
    def folded_refs(self) -> frozenset[str]:
        return frozenset(ref.lower() for ref in self.refs)

    def has(self, names: t.Iterable[str], vm_uid: str | None) -> bool:
        return (vm_uid is not None and vm_uid.lower() in self.folded_refs) or not self.names.isdisjoint(names)

    def more(self, other: Wanted) -> Wanted:
        """What is not in the other one."""
        return Wanted(self.names - other.names, self.refs - other.refs)

    def union(self, *others: Wanted) -> Wanted:
        return Wanted(self.names.union(*(one.names for one in others)), self.refs.union(*(one.refs for one in others)))

    @property
    def is_plain(self) -> bool:
        return all(map(is_plain, self.names))


def wanted_of(entry: Machine, resolution: Resolution, domains: Domains) -> Wanted:
    """What rows of an entry's machines can be found by."""
    names, refs = set() if entry.vm_uid else set(spellings(entry.name, domains)), set()
    for machine in resolution.machines:
        names |= in_any_case(name for times in machine.names.values() for name in times)
        refs.update(machine.refs)
    if entry.vm_uid:
        refs.add(entry.vm_uid)
    return Wanted(frozenset(names - {""}), frozenset(refs))


class Named(t.NamedTuple):
    """What rows of an entry's machines can be found by, and whether one of them is a computer with an agent."""

    entry: Machine
    wanted: Wanted
    is_agent: bool

    @classmethod
    def of(cls, entry: Machine, resolution: Resolution, domains: Domains) -> Named:
        return cls(
            entry, wanted_of(entry, resolution, domains), any(machine.is_agent for machine in resolution.machines)
        )


def without_success(found: t.Iterable[Named], tasks: t.Iterable[rows.TaskRow]) -> list[Machine]:
    """Entries of which no task succeeded within their age limit: whatever the sessions of the tasks say, older rows are needed.

    Agents' backups may have no tasks.
    """
    newest: dict[str, dt.datetime] = {}
    for task in tasks:
        if task.result in codes.SUCCESSFUL:
            for key in (*task.names, (task.vm_uid or "").lower()):
                newest[key] = max(task.start, newest.get(key, task.start))
    return [
        one.entry
        for one in found
        if not one.is_agent
        and not any(
            key in newest and newest[key] >= one.entry.oldest for key in (*one.wanted.names, *one.wanted.folded_refs)
        )
    ]


def first_span(policy: Policy) -> Span:
    """The window that the age limits and the history need."""
    starts = [policy.now - (policy.history or dt.timedelta()), *(entry.oldest for entry in policy.machines)]
    return Span(min(policy.now, *starts))


def reach(policy: Policy) -> Span:
    """As far back as anything is looked for."""
    return Span(min(first_span(policy).since, policy.now - policy.lookback))


def unsettled(found: t.Mapping[str, Assessment]) -> list[Assessment]:
    return [one for one in found.values() if not one.is_settled]


def fewer_by_name(wanted: Wanted, machines: int, span: Span, now: dt.datetime, page_size: int) -> bool:
    """Whether asking by name and reference takes fewer requests than the window of time as a whole; each machine is tried about once a day."""
    if not wanted.is_plain:
        return False
    by_name = _requests("VmDisplayName", wanted.names)
    by_ref = _requests("HierarchyObjRef", wanted.refs)
    days = max(1.0, ((span.until or now) - span.since) / dt.timedelta(days=1))
    return machines == 0 or by_name * 2 + by_ref <= max(3, 2 * math.ceil(machines * days / page_size))


def sessions_by_job(missing: t.Sequence[rows.TaskRow]) -> tuple[FilterExpr, ...]:
    """The job sessions of these tasks by the names of their jobs, if that takes fewer requests than by UID, and else nothing.

    25 machines with 7 days of history: 1 request instead of 3, with 30 days 2 instead of 19. A name that servers may read otherwise is none to ask by.
    """
    since: dict[str, dt.datetime] = {}
    for one in missing:
        name = one.job_name or ""
        if all(map(is_plain, name.split(" "))):
            since[name] = min(one.start, since.get(name, one.start))
    parts = (
        all_of([compare("JobName", "==", name), compare("CreationTime", ">=", to_iso(start - SESSION_MARGIN))])
        for name, start in sorted(since.items())
    )
    found = tuple(part for part in parts if part)
    rest = _requests("UID", [one.session_uid or "" for one in missing if one.job_name not in since])
    fewer = _requests("JobName", found) + rest < _requests("UID", [one.session_uid or "" for one in missing])
    return found if found and fewer else ()


def _requests(field: str, values: t.Iterable[str | FilterExpr]) -> int:
    parts = (one if isinstance(one, FilterExpr) else compare(field, "==", one) for one in values)
    length = sum(encoded_length(one) + 3 for one in parts)
    return math.ceil(length / (MAX_TARGET_LENGTH - 1500))


class NameFilter:
    """Whether a row may concern an entry: by any of its names, at any level, or by its reference."""

    def __init__(self, policy: Policy) -> None:
        self._domains = policy.name_domains
        self._names: set[str] = set()
        self._refs = {entry.ref_id for entry in policy.machines if entry.ref_id}
        for entry in policy.machines:
            if not entry.vm_uid:
                self._names.update((fold(entry.name), self._domains.short(entry.name)))
        self._known: dict[str, bool] = {}

    def add(self, names: t.Iterable[str]) -> None:
        """Further names of the machines that entries mean."""
        self._names.update(map(fold, names))
        self._known.clear()

    def has(self, names: t.Iterable[str], vm_uid: str | None) -> bool:
        if vm_uid is not None and self._refs and vm_uid.rpartition(".")[2].lower() in self._refs:
            return True
        return any(self._fits(name) for name in names)

    def _fits(self, name: str) -> bool:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = fold(name) in self._names or self._domains.short(name) in self._names
        return found


def missing_sessions(tasks: t.Iterable[rows.TaskRow], sessions: t.Container[str]) -> list[rows.TaskRow]:
    """One task of each job session that tasks point to and that was not read, the oldest first."""
    found = {
        one.session_key: one
        for one in sorted(tasks, key=lambda one: one.start, reverse=True)
        if one.session_uid and one.session_key not in sessions
    }
    return list(found.values())[::-1]
