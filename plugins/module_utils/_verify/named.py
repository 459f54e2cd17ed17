# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of single machines, asked for by names and references where it is known which machines there are. Private to the collection.

Filters narrow, they never prove: what a filter finds is compared again, and rows that only the question for another machine brought do not count
(``FactsBuilder.rows_of``).
"""

from __future__ import annotations

import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, compare
from .._errors import RequestRejected
from .._protection import codes
from .._protection.combine import assess
from .._protection.lookups import Lookups, Near
from .._protection.policy import Machine, Policy
from .._protection.registry import Registry
from .._protection.resolve import Resolver
from .frame import WITH_LINKS, RowLimitReached
from .linked import LinkedRows
from .plan import Named, Span, Wanted, fewer_by_name, first_span, reach, unsettled, without_success

_ROUNDS = 5


class NamedRows(LinkedRows):
    """Fills a snapshot with the rows of machines, and with those that they lead to."""

    def __init__(self, client: EnterpriseManagerClient, policy: Policy, keep_all: bool, page_size: int) -> None:
        super().__init__(client, policy, keep_all, page_size)
        self._domains = policy.name_domains
        self._near = Near.of(policy)
        self._read_before = Wanted()
        self._older_read = Wanted()

    def _read_named(self) -> None:
        """What the age limits and the history need, and all of the reach for entries without a good backup."""
        snapshot, policy = self.snapshot, self._policy
        recent = first_span(policy)
        older = Span(reach(policy).since, recent.since)
        # Older rows that are needed in any case come before the sessions, which are then read once for all of them.
        self._read_further(older, self._read_by_name(recent, policy.machines))
        self._read_around()
        left = [one.entry for one in unsettled(assess(snapshot, policy)) if one.entry.key not in snapshot.truncated]
        if self._read_further(older, left):
            self._read_around()

    def _read_further(self, span: Span, entries: t.Sequence[Machine]) -> bool:
        """Whether there was anything to read. When the limit of rows is reached, that concerns these entries only."""
        if not entries:
            return False
        snapshot, counter = self.snapshot, self._frame.counter
        tasks, points, left = dict(snapshot.tasks), dict(snapshot.points), counter.left
        try:
            self._read_by_name(span, entries, others=True)
        except RowLimitReached:
            snapshot.truncated |= {entry.key for entry in entries}
            # What was read in vain takes nothing from what the others still need.
            snapshot.tasks, snapshot.points, counter.left = tasks, points, left
        return True

    def _read_by_name(self, span: Span, entries: t.Sequence[Machine], *, others: bool = False) -> list[Machine]:
        """Rows of the entries' machines, until no further name or reference of them turns up; what does so in older rows was not read before.

        Returns the entries that surely need older rows.
        """
        before = self._read_before
        done = self._older_read if others else Wanted()
        lookups = Lookups(self.snapshot)
        found: dict[str, Named] = {}
        for _round in range(_ROUNDS):
            resolver = Resolver(Registry(self.snapshot, lookups, self._near), self._policy)
            found = {entry.key: Named.of(entry, resolver.resolve(entry), self._domains) for entry in entries}
            wanted = Wanted().union(*(one.wanted for one in found.values()))
            new = wanted.more(done)
            if not new.names and not new.refs:
                break
            unread = new.more(before)
            here = Span(span.since) if unread.names or unread.refs else span
            by_name = fewer_by_name(wanted, self._machine_count(), here, self._policy.now, self._page_size)
            if not by_name or not self._filter_works:
                self._read_window(here, wanted, others)
            else:
                self._read_rows(here, new, others)
            done = done.union(wanted)
            self._read_linked_points(done)
        self._read_before = before.union(done)
        if others:
            self._older_read = done
        return without_success(found.values(), self.snapshot.tasks.values())

    def _read_around(self) -> None:
        """Job sessions of the rows that were read by name, and what their jobs did before where they run now."""
        self._read_missing_sessions()
        self._read_running_jobs(self._read_before)
        self._read_missing_sessions()

    def _machine_count(self) -> int:
        return sum(len(answer.items) for answer in self.snapshot.lookups.values())

    def _read_rows(self, span: Span, wanted: Wanted, others: bool) -> None:
        """The rows of these names and references; with ``others`` of the whole reach what only matters where no good backup is: replications, and
        points of these names.
        """
        names, refs = tuple(sorted(wanted.names)), tuple(sorted(wanted.refs))
        spelt = ("VmDisplayName", names)
        points: list[str | FilterExpr] = [*refs]
        around = span.wider(codes.POINT_MARGIN)
        if names and not span.is_empty:
            self._query("backup_task_session", FilterSet(span.where, (spelt,)), self._take_task(wanted))
        if names and others:
            whole = Span(span.since)
            around = whole.wider(codes.POINT_MARGIN)
            points += [compare("VmDisplayName", "==", name) for name in names]
            self._query("replica_task_session", FilterSet(whole.where, (spelt,)), self._take_replica(wanted))
        if points:
            try:
                where = FilterSet(around.where, (("HierarchyObjRef", tuple(points)),))
                self._query("vm_restore_point", where, self._take_point(wanted), WITH_LINKS)
            except RequestRejected:
                # The reference is no documented filter.
                self._filter_works = False
                self._read_window(span, wanted, others)

    def _read_window(self, span: Span, wanted: Wanted, others: bool) -> None:
        """The whole window, of which only rows of these names and references are kept."""
        if not span.is_empty:
            self._query("backup_task_session", FilterSet(span.where), self._take_task(wanted))
        around = span
        if others:
            around = Span(span.since)
            self._query("replica_task_session", FilterSet(around.where), self._take_replica(wanted))
        if not around.is_empty:
            around = around.wider(codes.POINT_MARGIN)
            self._query("vm_restore_point", FilterSet(around.where), self._take_point(wanted), WITH_LINKS)
