# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a snapshot: all that verdicts and hosts rest on. Private to the collection.

Two ways. Where every hypervisor told its machines and the account sees everything, it is known which machines there are, and rows are asked for
by their names and references. Else all rows of the reach are looked at, once. Filters narrow, they never prove: what a filter finds is compared
again, and rows that only the question for another machine brought do not count (``FactsBuilder.rows_of``).

Order matters: restore points are read after the tasks, so that a task that ends meanwhile does not seem to have lost its point.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, compare
from .._errors import EmError, RequestRejected
from .._protection import codes, rows
from .._protection.combine import assess, is_answered
from .._protection.machines import POINT, TASK
from .._protection.policy import Policy
from .._protection.registry import MISMATCHED, Registry
from .._protection.resolve import Resolver
from .._protection.snapshot import EMPTY, Snapshot
from .._records.build import Record, RecordOptions
from .._records.record_set import Order
from .._times import to_iso
from .frame import WITH_LINKS, Counter, FrameReader, RowLimitReached
from .plan import NameFilter, Span, Wanted, fewer_by_name, first_span, missing_sessions, reach, unsettled, wanted_of

_POINT_MARGIN = dt.timedelta(hours=1)
# A job session starts before its tasks; queued tasks can wait for hours.
_SESSION_MARGIN = dt.timedelta(days=1)
_NEWEST = Order("creation_time", "CreationTime", descending=True)
_SAMPLE = 500
_ROUNDS = 5


class SnapshotReader:
    """Reads for one policy; with ``keep_all`` every row is kept, for the inventory."""

    def __init__(
        self,
        client: EnterpriseManagerClient,
        policy: Policy,
        *,
        keep_all: bool = False,
        page_size: int = 500,
        missed: t.Callable[[str, EmError], None] | None = None,
        needs_all_work: bool = True,
    ) -> None:
        self._client = client
        self._policy = policy
        self._keep_all = keep_all
        self._page_size = page_size
        self.snapshot = Snapshot(policy.now)
        self._counter = Counter(policy.max_rows)
        self._frame = FrameReader(client, policy, self.snapshot, self._counter, missed, needs_all_work)
        self._domains = policy.name_domains
        self._filter_works = True
        self._asked_points: set[str | None] = set()
        self._asked_sessions: set[str] = set()

    @property
    def discovered(self) -> list[Record]:
        """The discovered computers, as far as the account may read them."""
        return self._frame.discovered

    def read(self) -> Snapshot:
        """Raises an EmError. When the limit of rows is reached, ``truncated`` names the entries that it may matter to."""
        snapshot, policy = self.snapshot, self._policy
        everybody = frozenset(entry.key for entry in policy.machines)
        try:
            self._frame.read(reach(policy).since)
            snapshot.is_whole = self._keep_all or not self._names_are_known()
            if not snapshot.is_whole:
                self._read_by_name(first_span(policy), policy.machines)
                self._check_roots()
                snapshot.is_whole = not self._names_are_known()
            if snapshot.is_whole:
                self._read_whole(reach(policy))
                return snapshot
        except RowLimitReached:
            snapshot.truncated = everybody
            return snapshot
        left = unsettled(assess(snapshot, policy))
        first, last = first_span(policy), reach(policy)
        if left and last.since < first.since:
            try:
                self._read_by_name(Span(last.since, first.since), [one.entry for one in left], others=True)
            except RowLimitReached:
                snapshot.truncated = frozenset(one.entry.key for one in left)
        return snapshot

    def _names_are_known(self) -> bool:
        """Whether the lookup service and the agents' sessions tell the present names of all machines."""
        snapshot = self.snapshot
        if not (snapshot.roots and snapshot.sees_everything):
            return False
        return is_answered(Registry(snapshot))

    # By name

    def _read_by_name(self, span: Span, entries: t.Sequence[t.Any], *, others: bool = False) -> None:
        """Rows of the entries' machines, until no further name or reference of them turns up."""
        done = Wanted()
        for _round in range(_ROUNDS):
            resolver = Resolver(Registry(self.snapshot), self._policy)
            wanted = Wanted()
            for entry in entries:
                wanted = wanted.union(wanted_of(entry, resolver.resolve(entry), self._domains))
            new = wanted.more(done)
            if not new.names and not new.refs:
                break
            by_name = fewer_by_name(wanted, self._machine_count(), span, self._policy.now, self._page_size)
            if not by_name or not self._filter_works:
                self._read_window(span, wanted)
            else:
                self._read_rows(span, new, others)
            done = wanted
            self._read_linked_points(done)
        self._read_missing_sessions()
        self._read_running_jobs(done)
        self._read_missing_sessions()

    def _machine_count(self) -> int:
        return sum(len(answer.items) for answer in self.snapshot.lookups.values())

    def _read_rows(self, span: Span, wanted: Wanted, others: bool) -> None:
        """The rows of these names and references."""
        names, refs = tuple(sorted(wanted.names)), tuple(sorted(wanted.refs))
        if names:
            self._query(
                "backup_task_session", FilterSet(span.where, (("VmDisplayName", names),)), self._take_task(wanted)
            )
            if others:
                self._query(
                    "replica_task_session",
                    FilterSet(span.where, (("VmDisplayName", names),)),
                    self._take_replica(wanted),
                )
        points = span.wider(_POINT_MARGIN)
        if refs:
            try:
                self._query(
                    "vm_restore_point",
                    FilterSet(points.where, (("HierarchyObjRef", refs),)),
                    self._take_point(wanted),
                    WITH_LINKS,
                )
            except RequestRejected:
                # It is no documented filter.
                self._filter_works = False
                self._read_window(span, wanted)
                return
        if names and others:
            self._query(
                "vm_restore_point",
                FilterSet(points.where, (("VmDisplayName", names),)),
                self._take_point(wanted),
                WITH_LINKS,
            )

    def _read_window(self, span: Span, wanted: Wanted) -> None:
        """The whole window, of which only rows of these names and references are kept."""
        self._query("backup_task_session", FilterSet(span.where), self._take_task(wanted))
        self._query(
            "vm_restore_point", FilterSet(span.wider(_POINT_MARGIN).where), self._take_point(wanted), WITH_LINKS
        )

    def _check_roots(self) -> None:
        """Looks at the newest rows of backup servers whose lookup may identify nothing, or whose root shows nothing."""
        registry = Registry(self.snapshot)
        resolver = Resolver(registry, self._policy)
        doubtful = {guid for guid, answer in registry.lookup_states().items() if answer.state in (EMPTY, MISMATCHED)}
        for entry in self._policy.machines:
            for machine in resolver.resolve(entry).machines:
                if not machine.was_touched:
                    doubtful |= machine.in_lookup
        seen = self.snapshot.roots_seen
        by_guid = {root.guid: root for root in self.snapshot.roots}
        servers = {
            by_guid[guid].backup_server_name
            for guid in doubtful
            if guid not in seen.get(by_guid[guid].backup_server_name or "", ())
        }
        for server in sorted(one for one in servers if one):
            found = self._client.query(
                "backup_task_session", FilterSet(compare("BackupServerName", "==", server)), order=_NEWEST, limit=_SAMPLE
            ).records  # fmt: skip
            for record in found:
                self._frame.saw_root(record["backup_server_name"], record["vm_uid"])

    # Whole

    def _read_whole(self, span: Span) -> None:
        """All rows of the reach: those that may concern an entry are kept, of others the names and references."""
        near = NameFilter(self._policy)
        keep = (lambda names, vm_uid: True) if self._keep_all else near.has
        self._query("backup_task_session", FilterSet(span.where), lambda record: self._look_at_task(record, keep))
        self._query(
            "vm_restore_point",
            FilterSet(span.wider(_POINT_MARGIN).where),
            lambda record: self._look_at_point(record, keep),
            WITH_LINKS,
        )
        if not self._keep_all:
            self._read_other_names(span)
        self._read_linked_points(None)
        self._read_missing_sessions()
        self._read_running_jobs(None)
        self._read_missing_sessions()

    def _read_other_names(self, span: Span) -> None:
        """Rows of the machines that are meant, under names that the question does not know."""
        resolver = Resolver(Registry(self.snapshot), self._policy)
        wanted, near = Wanted(), NameFilter(self._policy)
        for entry in self._policy.machines:
            found = wanted_of(entry, resolver.resolve(entry), self._domains)
            names = frozenset(name for name in found.names if not near.has([name], None))
            wanted = wanted.union(Wanted(names, found.refs))
        if not wanted.names:
            return
        if wanted.is_plain and len(wanted.names) < self._page_size:
            names = tuple(sorted(wanted.names))
            self._query(
                "backup_task_session", FilterSet(span.where, (("VmDisplayName", names),)), self._take_task(wanted)
            )
            self._query(
                "vm_restore_point",
                FilterSet(span.wider(_POINT_MARGIN).where, (("VmDisplayName", names),)),
                self._take_point(wanted),
                WITH_LINKS,
            )
        else:
            self._read_window(span, wanted)

    def _look_at_task(self, record: Record, keep: t.Callable[[t.Iterable[str], str | None], bool]) -> None:
        names = rows.task_names(record)
        if keep(names, record["vm_uid"]):
            self._frame.take_task(record)
        elif record["vm_uid"]:
            self._frame.saw_root(record["backup_server_name"], record["vm_uid"])
            self._sighted(rows.Sighting(TASK, names, record["vm_uid"], record["backup_server_name"]), record)

    def _look_at_point(self, record: Record, keep: t.Callable[[t.Iterable[str], str | None], bool]) -> None:
        names, vm_uid = rows.point_names(record), record["hierarchy_obj_ref"]
        if keep(names, vm_uid):
            self._keep_point(record)
        elif vm_uid:
            self._frame.saw_root(record["backup_server_name"], vm_uid)
            self._sighted(rows.Sighting(POINT, names, vm_uid, record["backup_server_name"]), record)

    def _sighted(self, sighting: rows.Sighting, record: Record) -> None:
        time = rows.moment(record)
        self.snapshot.sightings[sighting] = max(time, self.snapshot.sightings.get(sighting, time))

    # Both

    def _read_linked_points(self, wanted: Wanted | None) -> None:
        """Points that tasks link to and that no filter brought: of another name, or made since."""
        linked = {
            rows.uid_key(task.point_uid): task.point_uid for task in self.snapshot.tasks.values() if task.point_uid
        }
        left = {
            key: uid for key, uid in linked.items() if key not in self.snapshot.points and key not in self._asked_points
        }
        self._asked_points.update(left)
        uids = tuple(sorted(uid for uid in left.values() if uid))
        if uids:
            self._query("vm_restore_point", FilterSet(lists=(("UID", uids),)), self._keep_point, WITH_LINKS)
            new = [self.snapshot.points[key] for key in left if key in self.snapshot.points]
            if wanted and any(
                point.vm_uid and point.vm_uid in wanted.refs and point.time < self._policy.now - _POINT_MARGIN
                for point in new
            ):
                # The server does not find by reference what it has.
                self._filter_works = False

    def _read_missing_sessions(self) -> None:
        """Job sessions that tasks point to."""
        missing = missing_sessions(self.snapshot.tasks.values(), self.snapshot.sessions)
        missing = tuple(uid for uid in missing if uid not in self._asked_sessions)
        if len(missing) > self._page_size:
            since = (
                min(task.start for task in self.snapshot.tasks.values() if task.session_uid in missing)
                - _SESSION_MARGIN
            )
            self._query("backup_session", FilterSet(Span(since).where), self._frame.take_session)
            missing = tuple(uid for uid in missing if rows.uid_key(uid) not in self.snapshot.sessions)
        if missing:
            self._asked_sessions.update(missing)
            self._query("backup_session", FilterSet(lists=(("UID", missing),)), self._frame.take_session)

    def _read_running_jobs(self, wanted: Wanted | None) -> None:
        """What jobs that run now did before: whose machines they may still come to, and whether they ran again since."""
        since = compare("CreationTime", ">=", to_iso(reach(self._policy).since))
        running = [
            one
            for one in self.snapshot.sessions.values()
            if one.touches_machines and one.job_type not in codes.AGENT_TYPES
        ]
        for kind, take, take_task in (
            ("backup", self._frame.take_session, self._take_task),
            ("replica", self._frame.take_replica_session, self._take_replica),
        ):
            is_replica = kind == "replica"
            jobs = tuple(
                sorted(
                    {
                        one.job_uid
                        for one in running
                        if one.job_uid and (one.job_type == codes.REPLICA_TYPE) is is_replica
                    }
                )
            )
            if not jobs:
                continue
            lists: list[tuple[str, tuple[str | FilterExpr, ...]]] = [("JobUid", jobs)]
            self._query(f"{kind}_session", FilterSet(since, tuple(lists)), take)
            if wanted is not None and wanted.is_plain and len(wanted.names) < self._page_size // 2:
                lists.append(("VmDisplayName", tuple(sorted(wanted.names))))
            if wanted is not None or is_replica:
                self._query(f"{kind}_task_session", FilterSet(since, tuple(lists)), take_task(wanted))

    def _take_task(self, wanted: Wanted) -> t.Callable[[Record], None]:
        def take(record: Record) -> None:
            if wanted.has(rows.task_names(record), record["vm_uid"]):
                self._frame.take_task(record)

        return take

    def _take_replica(self, wanted: Wanted | None) -> t.Callable[[Record], None]:
        near = NameFilter(self._policy)

        def take(record: Record) -> None:
            names = rows.task_names(record)
            if self._keep_all or (wanted.has(names, None) if wanted is not None else near.has(names, None)):
                self._frame.take_replica(record)

        return take

    def _take_point(self, wanted: Wanted) -> t.Callable[[Record], None]:
        def take(record: Record) -> None:
            if wanted.has(rows.point_names(record), record["hierarchy_obj_ref"]):
                self._keep_point(record)

        return take

    def _keep_point(self, record: Record) -> None:
        self._frame.saw_root(record["backup_server_name"], record["hierarchy_obj_ref"])
        row = rows.point_row(record)
        self.snapshot.points.setdefault(row.uid.lower(), row)

    def _query(
        self,
        name: str,
        selection: FilterSet,
        take: t.Callable[[Record], None],
        options: RecordOptions = RecordOptions(),
    ) -> None:
        self._frame.query(name, selection, take, options)
