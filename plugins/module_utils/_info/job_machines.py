# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machines jobs work on: those of each job's newest whole run. Private to the collection.

A job names folders, tags and protection groups as well as machines; what they hold is told by no page, but by what a run worked on.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterSet, compare
from .._records.build import Record
from .._times import to_iso

REACH = dt.timedelta(days=30)
"""How far back a run is looked for."""
# The sessions of replications are a kind of their own.
_SESSIONS = {"replica": ("replica_session", "replica_task_session")}
_OTHER_SESSIONS = ("backup_session", "backup_task_session")


def add_machines(client: EnterpriseManagerClient, jobs: t.Sequence[Record], now: dt.datetime) -> None:
    """Gives each job ``machines``, a list sorted by name; null when no run of it was found. Two requests for each kind of sessions."""
    for job in jobs:
        job["machines"] = None
    for sessions, tasks in (*_SESSIONS.values(), _OTHER_SESSIONS):
        asked = [job for job in jobs if _SESSIONS.get(job["kind"], _OTHER_SESSIONS)[0] == sessions]
        if asked:
            _add(client, asked, sessions, tasks, now - REACH)


def _add(
    client: EnterpriseManagerClient, jobs: t.Sequence[Record], sessions: str, tasks: str, since: dt.datetime
) -> None:
    window = compare("CreationTime", ">=", to_iso(since))
    uids = tuple(f"urn:veeam:Job:{job['id']}" for job in jobs)
    found = client.query(sessions, FilterSet(window, (("JobUid", uids),))).records
    runs = newest_runs(found)
    if not runs:
        return
    uids_of_runs = tuple(sorted(run["uid"] for one in runs.values() for run in one))
    rows = client.query(tasks, FilterSet(lists=(("JobSessionUid", uids_of_runs),))).records
    for job in jobs:
        own = {run["uid"] for run in runs.get(job["id"].lower(), ())}
        if own:
            job["machines"] = machines_in(row for row in rows if row["job_session_uid"] in own)


def newest_runs(sessions: t.Iterable[Record]) -> dict[str, list[Record]]:
    """The newest session of each job that is over, else the newest, by the bare GUID of the job.

    One that runs may not have come to all machines yet, and a retry works on some of them only. A copy job has a session for each job
    that it copies, each with a name of its own.
    """
    newest: dict[tuple[str, str | None], Record] = {}
    for session in sorted(sessions, key=lambda one: (not one["running"], one["creation_time"] or "", one["uid"] or "")):
        if session["job_uid"] and not session["is_retry"]:
            newest[session["job_uid"].rpartition(":")[2].lower(), session["job_name"]] = session
    runs: dict[str, list[Record]] = {}
    for (job, _name), session in newest.items():
        runs.setdefault(job, []).append(session)
    return runs


def machines_in(tasks: t.Iterable[Record]) -> list[Record]:
    """The machines of a run's tasks, each once, by reference or, where there is none, by name."""
    found = {
        (task["vm_uid"] or "", task["vm_display_name"]): {
            "name": task["vm_display_name"],
            "vm_uid": task["vm_uid"],
            "vm_ref": task["vm_ref"],
            "platform": task["platform"],
        }
        for task in tasks
    }
    return sorted(found.values(), key=lambda one: (one["name"] or "", one["vm_uid"] or ""))
