# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a snapshot: all that verdicts and hosts rest on. Private to the collection.

Two ways. Where every hypervisor told its machines and the account sees everything, it is known which machines there are, and rows are asked for
by their names and references (``NamedRows``). Else all rows of the reach are looked at, once.

Order matters: restore points are read after the tasks, so that a task that ends meanwhile does not seem to have lost its point.
"""

from __future__ import annotations

import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, any_of
from .._protection import codes, rows
from .._protection.lookups import Lookups
from .._protection.machines import POINT, TASK
from .._protection.policy import Policy
from .._protection.registry import Registry
from .._protection.resolve import Resolver
from .._protection.snapshot import Snapshot
from .._records.build import Record
from .._records.record_set import Order
from .frame import WITH_LINKS, RowLimitReached
from .named import NamedRows
from .plan import Span, Wanted, fewer_by_name, first_span, reach, wanted_of

_NEWEST = Order("creation_time", "CreationTime", descending=True)
_SAMPLE = 400


class SnapshotReader(NamedRows):
    """Reads for one policy; with ``keep_all`` every row is kept, for the inventory.

    ``in_stages``: where it is known which machines there are, restore points from before the age limits are left to ``read_older``; ``points_left``
    tells whether some were.
    """

    def __init__(
        self, client: EnterpriseManagerClient, policy: Policy, *, keep_all: bool = False, with_points: bool = True, in_stages: bool = False,
        page_size: int = 500,
    ) -> None:  # fmt: skip
        super().__init__(client, policy, keep_all, page_size)
        self._with_points = with_points
        self._in_stages = in_stages
        self.points_left = False

    @property
    def computer_records(self) -> list[Record]:
        return self._frame.computer_records

    def read_collections(self) -> Snapshot:
        """Only when data was collected."""
        self._frame.read_collections()
        return self.snapshot

    def read(self) -> Snapshot:
        """Raises an EmError. When the limit of rows is reached, ``truncated`` names the entries that it may matter to."""
        snapshot, policy = self.snapshot, self._policy
        everybody = frozenset(entry.key for entry in policy.machines)
        try:
            self._frame.read(reach(policy).since)
            if not self._keep_all and self._names_are_known():
                self._sample_roots()
            # A property of the site: rows that one question brings must not change how another one is read.
            snapshot.is_whole = self._keep_all or not self._names_are_known()
            if snapshot.is_whole:
                self._read_whole(reach(policy))
                return snapshot
            self._read_named()
        except RowLimitReached:
            snapshot.truncated = everybody
        return snapshot

    def read_older(self, span: Span, wanted: Wanted) -> None:
        """After ``read``: rows of some machines from before, and what was left of their restore points; of all others what was read is enough."""
        everybody = frozenset(entry.key for entry in self._policy.machines)
        try:
            if self._filter_works and fewer_by_name(
                wanted, self._machine_count(), span, self._policy.now, self._page_size
            ):
                self._read_rows(span, wanted, True)
            else:
                self._read_window(span, wanted, True)
            self._read_linked_points(wanted, lambda task: wanted.has(task.names, task.vm_uid))
            self._read_missing_sessions()
        except RowLimitReached:
            self.snapshot.truncated = everybody

    def _names_are_known(self) -> bool:
        """Whether the lookup service and the agents' sessions tell the present names of all machines."""
        return Lookups(self.snapshot).tell_all

    def _sample_roots(self) -> None:
        """Which roots the newest restore points are of: the same rows whatever is asked, so that every company hears the same.

        Servers whose points are older than those of others are asked for again, together, while that brings a further one.
        """
        servers = sorted({root.backup_server_name for root in self.snapshot.roots if root.backup_server_name})
        left, where = servers, None
        while True:
            self._sample(where)
            unseen = [server for server in left if server not in self.snapshot.roots_seen]
            if not unseen or (where is not None and unseen == left):
                return
            left, where = unseen, any_of("BackupServerName", unseen)

    def _sample(self, where: FilterExpr | None) -> None:
        found = self._client.query("vm_restore_point", FilterSet(where), order=_NEWEST, limit=_SAMPLE).records
        for record in found:
            self._frame.saw_root(record["backup_server_name"], record["hierarchy_obj_ref"])

    # Whole

    def _read_whole(self, span: Span) -> None:
        """All rows of the reach: those that may concern an entry are kept, of others the names and references."""
        keep = (lambda names, vm_uid: True) if self._keep_all else self._near_names.has
        self._query("backup_task_session", FilterSet(span.where), lambda record: self._look_at_task(record, keep))
        has_references = all(task.vm_uid or not task.point_uid for task in self.snapshot.tasks.values())
        if self._with_points or not has_references:
            recent = first_span(self._policy)
            if self._in_stages and has_references and span.since < recent.since:
                self._sample_roots()
                self.points_left = self._names_are_known()
            around = recent if self.points_left else span
            self._query(
                "vm_restore_point",
                FilterSet(around.wider(codes.POINT_MARGIN).where),
                lambda record: self._look_at_point(record, keep),
                WITH_LINKS,
            )
            self._read_linked_points(None, lambda task: task.start >= around.since)
            self._query("replica_task_session", FilterSet(span.where), self._take_replica(None))
        if not self._keep_all:
            self._read_other_names(span)
            self._read_linked_points(None)
        self._read_missing_sessions()
        self._read_running_jobs(None)
        self._read_missing_sessions()

    def _read_other_names(self, span: Span) -> None:
        """Rows of the machines that are meant, under names that the question does not know."""
        resolver = Resolver(Registry(self.snapshot, near=self._near), self._policy)
        wanted, near = Wanted(), self._near_names
        for entry in self._policy.machines:
            found = wanted_of(entry, resolver.resolve(entry), self._domains)
            names = frozenset(name for name in found.names if not near.has([name], None))
            wanted = wanted.union(Wanted(names, found.refs))
        if not wanted.names:
            return
        near.add(wanted.names)
        if wanted.is_plain and len(wanted.names) < self._page_size:
            spelt = (("VmDisplayName", tuple(sorted(wanted.names))),)
            self._query("backup_task_session", FilterSet(span.where, spelt), self._take_task(wanted))
            self._query(
                "vm_restore_point",
                FilterSet(span.wider(codes.POINT_MARGIN).where, spelt),
                self._take_point(wanted),
                WITH_LINKS,
            )
            self._query("replica_task_session", FilterSet(span.where, spelt), self._take_replica(wanted))
        else:
            self._read_window(span, wanted, True)
        # The rows themselves tell more: whether it was a copy that called a machine so.
        read = [
            seen for seen in self.snapshot.sightings if wanted.has(seen.names, None) and wanted.has((), seen.vm_uid)
        ]
        for seen in read:
            del self.snapshot.sightings[seen]

    def _look_at_task(self, record: Record, keep: t.Callable[[t.Iterable[str], str | None], bool]) -> None:
        names = rows.task_names(record)
        self._frame.saw(record)
        self._frame.saw_root(record["backup_server_name"], record["vm_uid"], record["creation_time"])
        if keep(names, record["vm_uid"]):
            self._frame.take_task(record)
        elif record["vm_uid"]:
            self._sighted(rows.Sighting(TASK, names, record["vm_uid"], record["backup_server_name"]), record)

    def _look_at_point(self, record: Record, keep: t.Callable[[t.Iterable[str], str | None], bool]) -> None:
        names, vm_uid = rows.point_names(record), record["hierarchy_obj_ref"]
        self._frame.saw_root(record["backup_server_name"], vm_uid, record["creation_time"])
        if keep(names, vm_uid):
            self._keep_point(record)
        elif vm_uid:
            self._sighted(rows.Sighting(POINT, names, vm_uid, record["backup_server_name"]), record)

    def _sighted(self, sighting: rows.Sighting, record: Record) -> None:
        time = rows.moment(record)
        self.snapshot.sightings[sighting] = max(time, self.snapshot.sightings.get(sighting, time))
