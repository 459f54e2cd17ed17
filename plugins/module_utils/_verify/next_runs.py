# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the jobs of machines run next, for people who plan. Private to the collection.

It is read when the verdicts stand, and changes none: what can't be read is a note. Whatever the number of machines, it takes at most
three requests, of which the machines that are not ready come first.
"""

from __future__ import annotations

import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import MAX_TARGET_LENGTH, FilterSet, any_of, compare, encoded_length
from .._errors import EmError, NotFound, RequestRejected, SettingsError
from .._protection import codes
from .._protection.names import fold
from .._records.build import Record

NEXT_RUNS_SPEC: dict[str, dict[str, t.Any]] = {"next_runs": {"type": "bool", "default": False}}

REQUESTS = 3
JOB, AGENT_JOB = "job", "agent_job"
_WORDS = {JOB: "jobs", AGENT_JOB: "jobs of agents"}
_ROOM = MAX_TARGET_LENGTH - 1500
_SEPARATOR = 3

Result = t.Dict[str, t.Any]


class RunOf(t.NamedTuple):
    """What a verdict tells of a job: its kind, its name as it is spelt, and its backup server."""

    kind: str
    name: str
    server: str


def add_next_runs(client: EnterpriseManagerClient, result: Result) -> None:
    """Gives each machine ``next_run`` and ``runs_before_needed_at``, and the result its ``notes``. Raises nothing of the server."""
    machines = result["machines"]
    by_need = sorted(machines, key=lambda machine: machine["verdict"] in (codes.OK, codes.WAIVED))
    wanted = list(dict.fromkeys(run for machine in by_need for run in runs_of(machine)))
    jobs, notes = _read(client, wanted)
    by_name = {kind: JobsByName(found) for kind, found in jobs.items()}
    for machine in machines:
        found = [by_name[run.kind].of(run) for run in runs_of(machine)]
        machine.update(next_of(found, result["checked_at"], machine["needed_at"]))
    result["notes"] = notes


def runs_of(machine: Result) -> list[RunOf]:
    """The jobs of its last good backup and of its last attempt, which mostly are one."""
    found = [
        RunOf(
            AGENT_JOB if one["job_type"] in codes.AGENT_TYPES else JOB, one["job_name"], one["backup_server_name"] or ""
        )
        for one in (machine["last_good"], machine["last_attempt"])
        if one and one["job_name"]
    ]
    return list(dict.fromkeys(found))


class JobsByName:
    """Jobs of one kind, found by what sessions call them; thousands of machines ask."""

    def __init__(self, jobs: t.Iterable[Record]) -> None:
        self._jobs: dict[str, list[Record]] = {}
        for job in jobs:
            self._jobs.setdefault(fold(job["name"] or ""), []).append(job)

    def of(self, run: RunOf) -> Record | None:
        """None where it was not read, or could be several. The session of a single computer has its name behind that of the job."""
        name = fold(run.name)
        ends = [len(name)]
        if run.kind == AGENT_JOB:
            ends += [place for place in range(len(name) - 1, 0, -1) if not name[place].isalnum()]
        for end in ends:
            found = [job for job in self._jobs.get(name[:end], ()) if _is_at(job, run.server)]
            if found:
                return found[0] if len(found) == 1 else None
        return None


def _is_at(job: Record, server: str) -> bool:
    return not server or fold(job["backup_server_name"] or server) == fold(server)


def next_of(jobs: t.Sequence[Record | None], now: str, needed_at: str) -> Result:
    """The earliest next run, and whether one begins before the moment of need; None where that can't be told."""
    times: list[str] = []
    before: list[bool | None] = []
    for job in jobs:
        moment = _next_run(job) if job else None
        # One that should have begun already tells nothing about the next.
        coming = moment if moment and moment > now else None
        times += [coming] if coming else []
        if coming:
            before.append(coming < needed_at)
        else:
            before.append(False if job and moment is None and not _is_scheduled(job) else None)
    sure = next((value for value in (True, None) if value in before), False) if before else None
    return {"next_run": min(times, default=None), "runs_before_needed_at": sure}


def _next_run(job: Record) -> str | None:
    found: str | None = job["next_run"]
    return None if job["schedule_enabled"] is False else found


def _is_scheduled(job: Record) -> bool:
    """A schedule without a time, such as that of a job that follows another one."""
    return job["schedule_enabled"] is not False and job["schedule_configured"] is not False


def _read(client: EnterpriseManagerClient, wanted: t.Sequence[RunOf]) -> tuple[dict[str, list[Record]], list[str]]:
    """The jobs of each kind, and why some are missing."""
    jobs: dict[str, list[Record]] = {JOB: [], AGENT_JOB: []}
    agents = any(run.kind == AGENT_JOB for run in wanted)
    names = list(dict.fromkeys(run.name for run in wanted if run.kind == JOB))
    # With less than a page wanted, one page always settles it.
    limit = max(1, client.page_size - 1)
    chunks, left = _chunks(names, REQUESTS - agents, limit)
    # Sessions of single computers don't carry the name of their job alone, so that agents' jobs can't be asked for by name.
    asked = [(JOB, FilterSet(any_of("Name", chunk))) for chunk in chunks] + [(AGENT_JOB, FilterSet())] * agents
    notes = []
    for kind, selection in asked:
        try:
            found = client.query(kind, selection, limit=limit)
        except EmError as error:
            notes.append(f"When {_WORDS[kind]} run next is not known: {error}")
            if isinstance(error, (NotFound, RequestRejected)):
                continue  # an old server knows one kind of jobs only
            break  # who may not read one kind may read none, and a server that fails is not asked again
        jobs[kind] += found.records
        left = left or found.truncated
    return jobs, [*notes, *(["When jobs run next is not known of all jobs: there are too many."] if left else [])]


def _chunks(names: t.Sequence[str], most: int, size: int) -> tuple[list[list[str]], bool]:
    """Names cut so that each piece fits into one request, ``most`` pieces at most; and whether names were left out."""
    chunks: list[list[str]] = []
    room, left = 0, False
    for name in names:
        try:
            length = encoded_length(compare("Name", "==", name)) + _SEPARATOR
        except SettingsError:  # no filter can ask for it
            left = True
            continue
        if not chunks or length > room or len(chunks[-1]) == size:
            if len(chunks) == most:
                left = True
                break
            chunks.append([])
            room = _ROOM
        chunks[-1].append(name)
        room -= length
    return chunks, left
