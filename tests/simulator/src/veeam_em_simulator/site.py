# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup servers behind Enterprise Manager: what runs there now, and when Enterprise Manager gets to know of it."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from veeam_em_simulator.clock import DAY, MINUTE
from veeam_em_simulator.estate.infrastructure import Machine, Member, Server
from veeam_em_simulator.estate.model import Estate, Job
from veeam_em_simulator.history.derive import next_run
from veeam_em_simulator.history.plan import SessionPlan, Underway, end_at, finished
from veeam_em_simulator.history.planner import RunContext, plan_run
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.store.collecting import add_collection, collection_result
from veeam_em_simulator.store.database import Database
from veeam_em_simulator.store.writer import Writer

_FULL_EVERY = 7
_REPLAYED = 2 * DAY
_POINT_TABLES = (
    ("vm_restore_points", "restore_point_id"),
    ("agent_restore_points", "restore_point_id"),
    ("backup_files", "restore_point_id"),
)


class Site:
    """Runs of jobs that are under way or not yet collected, and the collections themselves."""

    def __init__(
        self, estate: Estate, profile: Profile, database: Database, underway: Underway, started: int
    ) -> None:
        self._estate = estate
        self._profile = profile
        self._database = database
        runs = underway.copy()
        self._newest, self._live = runs.newest, runs.uncollected
        self._jobs = {job.id: job for job in estate.jobs}
        settings = estate.settings
        self.collected = {server.id: estate.collected(server) for server in estate.servers}
        self._enabled = {job.id: job.enabled for job in estate.jobs}
        self._ordered: list[tuple[int, str]] = []
        self._runs = 0
        self._next_collection = (
            None if settings.collection_interval is None else settings.last_attempt + settings.collection_interval
        )
        self._starts: dict[str, int] = {}
        if settings.ticking:
            # Where jobs come round again, none runs for ever
            for run in (*self._newest.values(), *self._live):
                end_at(run, started + 6 * MINUTE)
            for job in estate.jobs:
                start = next_run(job.schedule, started)
                if start is not None:
                    self._starts[job.id] = start

    def job(self, guid: str) -> Job | None:
        return self._jobs.get(guid)

    def servers(self) -> list[Server]:
        return [server for server in self._estate.servers if server.collectable]

    # What happens by itself

    def catch_up(self, now: int) -> None:
        """Lets everything happen, in its order, that was due until now."""
        self._skip_unseen(now)
        while (event := self._next_event()) is not None and event[0] <= now:
            moment, kind, what = event
            if kind == "start":
                job = self._jobs[what]
                upcoming = next_run(job.schedule, moment)
                assert upcoming is not None
                self._starts[what] = upcoming
                if self._enabled[what] and not self.is_running(job, moment):
                    self.begin(job, moment)
            elif kind == "ordered":
                self._ordered.remove((moment, what))
                self.collect(moment, [server for server in self.servers() if server.id == what])
            else:
                assert self._estate.settings.collection_interval is not None
                self._next_collection = moment + self._estate.settings.collection_interval
                self.collect(moment, self.servers())

    def _skip_unseen(self, now: int) -> None:
        """After a long jump of the clock: collections that nobody saw, and runs that are no longer kept, need not be replayed."""
        interval = self._estate.settings.collection_interval
        if self._next_collection is not None and interval is not None:
            missed = now - _REPLAYED - self._next_collection
            if missed > 0:
                self._next_collection += missed // interval * interval
        forgotten = now - self._estate.settings.session_retention
        for job_id, start in self._starts.items():
            if start < forgotten:
                self._starts[job_id] = next_run(self._jobs[job_id].schedule, forgotten) or start

    def _next_event(self) -> tuple[int, str, str] | None:
        events = [(moment, "start", job_id) for job_id, moment in self._starts.items()]
        events.extend((moment, "ordered", server_id) for moment, server_id in self._ordered)
        if self._next_collection is not None:
            events.append((self._next_collection, "timer", ""))
        return min(events, default=None)

    def order_collection(self, server_id: str, moment: int) -> None:
        self._ordered.append((moment, server_id))

    def collect(self, moment: int, servers: Iterable[Server]) -> None:
        """Enterprise Manager reads the state of these servers into its database."""
        servers = list(servers)
        result = collection_result(self._estate, moment)
        if result == "Failed":
            servers = []
        ids = {server.id for server in servers}
        writer = Writer(self._database, self._profile, self._estate.seed)
        still_live: list[list[SessionPlan]] = []
        done: list[list[SessionPlan]] = []
        for run in self._live:
            if run[0].job.server.id not in ids:
                still_live.append(run)
                continue
            writer.run(run, moment)
            (done if finished(run, moment) else still_live).append(run)
        self._live = still_live
        for server_id in ids:
            self.collected[server_id] = moment
        if self._profile.system_sessions:
            add_collection(writer, self._estate, moment, len(servers), result)
        writer.flush()
        for run in done:
            self._apply_retention(run[0].job)
        self._update_jobs(writer, moment, ids)
        self._purge(moment - self._estate.settings.session_retention)

    def _apply_retention(self, job: Job) -> None:
        backup = Writer(self._database, self._profile, self._estate.seed).backup_id(job)
        keep = job.retention * (len(job.members) if job.per_machine else 1)
        surplus = self._database.rows(
            "SELECT id FROM restore_points WHERE backup_id = ? ORDER BY creation_time DESC LIMIT -1 OFFSET ?", (backup, keep)
        )
        for row in surplus:
            self.remove_restore_point(row["id"])

    def remove_restore_point(self, guid: str) -> None:
        self._database.execute(
            "UPDATE task_sessions SET point_id = NULL, point_name = NULL"
            " WHERE point_id IN (SELECT id FROM vm_restore_points WHERE restore_point_id = ?)",
            (guid,),
        )
        for table, column in _POINT_TABLES:
            self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (guid,))
        self._database.execute("DELETE FROM restore_points WHERE id = ?", (guid,))

    def _update_jobs(self, writer: Writer, moment: int, server_ids: set[str]) -> None:
        for job in self._estate.jobs:
            if job.server.id not in server_ids or job.schedule is None:
                continue
            enabled = self._enabled[job.id]
            upcoming = writer.time(next_run(job.schedule, moment)) if enabled else None
            self._database.execute(
                "UPDATE jobs SET schedule_enabled = ?, next_run = ?"
                " WHERE id = ? AND (schedule_enabled IS NOT ? OR next_run IS NOT ?)",
                (enabled, upcoming, job.id, enabled, upcoming),
            )

    def _purge(self, before: int) -> None:
        for table in ("backup_sessions", "task_sessions", "replica_sessions", "replica_task_sessions"):
            self._database.execute(f"DELETE FROM {table} WHERE creation_time < ?", (before,))

    # What people order

    def is_running(self, job: Job, moment: int) -> bool:
        run = self._newest.get(job.id)
        return run is not None and not finished(run, moment)

    def last_result(self, job: Job) -> str | None:
        run = self._newest.get(job.id)
        return run[-1].result if run else None

    def begin(
        self, job: Job, moment: int, members: tuple[Member, ...] | None = None, *, is_retry: bool = False
    ) -> SessionPlan:
        """A run that starts now, of all the job's machines or of some."""
        self._runs += 1
        context = RunContext(
            job,
            -1,
            Random(f"{self._estate.seed}|live|{job.name}|{self._runs}"),
            full=members is None and self._runs % _FULL_EVERY == 0,
            kept=True,
            copy_type=self._profile.periodic_copy_type,
            members=job.members_at(moment) if members is None else members,
        )
        run = plan_run(context, moment)
        for session in run[:1]:
            session.is_retry = is_retry
        self._newest[job.id] = run
        self._live.append(run)
        return run[0]

    def retry(self, job: Job, moment: int) -> SessionPlan:
        """Another try of what failed last."""
        tasks = [task for session in self._newest[job.id][-1:] for part in (session, *session.children) for task in part.tasks]
        failed = tuple(task.member for task in tasks if task.result == "Failed")
        return self.begin(job, moment, failed or None, is_retry=True)

    def stop(self, job: Job, moment: int) -> bool:
        """Ends the job's run; False when nothing runs."""
        if not self.is_running(job, moment):
            return False
        for session in self._newest[job.id]:
            if session.created <= moment:
                session.stop(moment)
        self._newest[job.id][:] = [session for session in self._newest[job.id] if session.created <= moment]
        return True

    def session_running(self, guid: str, moment: int) -> Job | None:
        """The job whose running session this is."""
        for run in self._newest.values():
            for session in run:
                if guid in (session.id, *(child.id for child in session.children)) and session.running(moment):
                    return session.job
        return None

    def toggle(self, job: Job) -> None:
        self._enabled[job.id] = not self._enabled[job.id]

    def job_protecting(self, server_id: str, vm_ref: str, moment: int) -> tuple[Job, Member] | None:
        """The backup job of the server that has this machine and a full point of it."""
        for job in self._estate.jobs:
            if job.server.id != server_id or job.type != "Backup":
                continue
            for member in job.members_at(moment):
                machine = member.at(moment)
                if isinstance(machine, Machine) and machine.uid(job.server).lower() == vm_ref.lower():
                    return job, member
        return None
