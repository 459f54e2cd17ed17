# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read from Enterprise Manager, for verification and inventory alike: plain data. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import codes, rows
from .machines import POINT

ANSWERED, EMPTY, LOOKUP_FAILED, NOT_ASKED = "answered", "empty", "failed", "not_asked"


@dataclasses.dataclass
class Snapshot:
    """Rows by key (see ``rows.uid_key``), and what is known about the reading itself.

    ``is_whole`` tells that the rows of the whole reach were looked at; else names of virtual machines come from the lookup service, and rows
    were asked for by name and reference. ``sightings`` are names and references of rows that were looked at and not kept, with
    the time of the newest. ``sees_everything`` is None while nobody asked. ``collections`` is None when the log of collections can't be read.
    ``roots_seen`` are the ids of hierarchy roots in references, by backup server. ``newest_seen`` is the newest time at each backup server among
    the rows that are read whatever is asked.
    """

    now: dt.datetime
    roots: list[rows.RootRow] = dataclasses.field(default_factory=list)
    roots_known: bool = True
    lookups: dict[str, rows.LookupRow] = dataclasses.field(default_factory=dict)
    sees_everything: bool | None = None
    is_whole: bool = True
    sessions: dict[str, rows.SessionRow] = dataclasses.field(default_factory=dict)
    tasks: dict[str, rows.TaskRow] = dataclasses.field(default_factory=dict)
    points: dict[str, rows.PointRow] = dataclasses.field(default_factory=dict)
    agent_points: dict[str, rows.PointRow] = dataclasses.field(default_factory=dict)
    restores: list[rows.RestoreRow] = dataclasses.field(default_factory=list)
    computers: list[rows.ComputerRow] = dataclasses.field(default_factory=list)
    sightings: dict[rows.Sighting, dt.datetime] = dataclasses.field(default_factory=dict)
    collections: list[rows.CollectionRow] | None = None
    newest_seen: dict[str, dt.datetime] = dataclasses.field(default_factory=dict)
    roots_seen: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    repositories_known: bool = True
    snapshot_runs: set[str] = dataclasses.field(default_factory=set)
    snapshot_jobs: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    truncated: frozenset[str] = frozenset()

    @property
    def data_collected_at(self) -> dt.datetime | None:
        """The start of the last complete collection: what it saw is from after it."""
        return max((one.start for one in self.collections or () if one.complete), default=None)

    @property
    def names_as_of(self) -> dt.datetime:
        """The moment from which the names of the lookup service are."""
        return self.data_collected_at or self.now

    @property
    def unanswered(self) -> list[rows.RootRow]:
        """The roots of which the lookup service told nothing."""
        return [root for root in self.roots if not self.items(root.guid)]

    def items(self, guid: str) -> t.Sequence[rows.ItemRow]:
        found = self.lookups.get(guid)
        return found.items if found else ()

    def since(self, oldest: dt.datetime) -> Snapshot:
        """What one entry alone, whose age limit reaches so far, would have made be read by name at first; itself when there is no more.

        What no task tells of, replications and points by themselves, belongs to entries without a good backup: what else these points are called, and
        of which machines they are, depends on what was asked besides.
        """
        at_work = {one.job_key for one in self.sessions.values() if one.touches_machines}
        tasks = {}
        for key, task in self.tasks.items():
            session = self.sessions.get(task.session_key)
            is_replica = session is not None and session.job_type == codes.REPLICA_TYPE
            if (
                (task.start >= oldest and not is_replica)
                or task.running
                or (session is not None and session.job_key in at_work)
            ):
                tasks[key] = task
        linked = {rows.uid_key(task.point_uid) for task in tasks.values() if task.point_uid}
        points = {key: point for key, point in self.points.items() if key in linked}
        if len(tasks) == len(self.tasks) and len(points) == len(self.points):
            return self
        return dataclasses.replace(self, tasks=tasks, points=points)

    def within(self, floor: dt.datetime) -> Snapshot:
        """What a question that looks back to this moment only would have made be read; itself when nothing is older."""
        tasks = {key: task for key, task in self.tasks.items() if task.start >= floor or task.running}
        linked = {rows.uid_key(task.point_uid) for task in tasks.values() if task.point_uid}
        begin = floor - codes.POINT_MARGIN
        around = {task.session_key for task in tasks.values()}
        found = dataclasses.replace(
            self,
            tasks=tasks,
            sessions={
                key: one
                for key, one in self.sessions.items()
                if one.start >= floor or one.running or key in around or one.job_type not in codes.AGENT_TYPES
            },
            points={key: one for key, one in self.points.items() if one.time >= begin or key in linked},
            agent_points={key: one for key, one in self.agent_points.items() if one.time >= floor},
            sightings={
                seen: time
                for seen, time in self.sightings.items()
                if time >= (begin if seen.source == POINT else floor)
            },
        )
        kinds = ("tasks", "sessions", "points", "agent_points", "sightings")
        return self if all(len(getattr(found, kind)) == len(getattr(self, kind)) for kind in kinds) else found
