# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What job_info does: jobs of all kinds, from several collections of the server, as one list. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.logon_session import API
from .._errors import SettingsError
from .._records.derived import job_object, objects_of
from .._records.record_set import Result
from .._records.resources import RESOURCES
from .._times import UTC, to_iso
from .job_machines import add_machines
from .names import named_answer
from .options import InfoRequest, filter_field, moment_ahead, read_selection, refuse_empty
from .resource import Answer, Params, answer_of, read

_KINDS = {
    "backup": ("job", ("Backup",)),
    "copy": ("job", ("BackupCopy", "ImmediateBackupCopy")),
    "replica": ("job", ("Replica",)),
    "agent": ("agent_job", ()),
    "nas": ("nas_job", ()),
}
_JOB_RESOURCES = ("job", "agent_job", "nas_job")
JOB_KINDS = tuple(_KINDS)
"""The kinds of jobs that job_info tells apart."""


def gather_jobs(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Jobs of all kinds in one list; a condition that one kind of jobs does not know leaves that kind out."""
    refuse_empty({"kind": params["kind"]})
    now = dt.datetime.now(UTC)
    needed_at = None if params["needed_at"] is None else moment_ahead(params["needed_at"], now, "needed_at")

    def ask(given: Params) -> Answer:
        wanted = [read_selection(name, each, now) for name, each in _job_queries(given)]
        if not wanted:
            raise SettingsError("no kind of job can be selected by all of these options", hint="drop kind or platform")
        return answer_of(RESOURCES["job"], _read_jobs(client, wanted))

    answer = named_answer(client, [name for name, _given in _job_queries(params)], params, now, ask, "jobs")
    if params["include_objects"]:
        for record in answer["jobs"]:
            record["objects"] = objects_of(record) or _included(client, record)
    if params["include_machines"]:
        add_machines(client, answer["jobs"], now)
    if needed_at is not None:
        for record in answer["jobs"]:
            record["runs_before_needed_at"] = _runs_before(record, to_iso(needed_at))
    return answer


def _read_jobs(client: EnterpriseManagerClient, wanted: t.Sequence[InfoRequest]) -> Result:
    result = Result([])
    for part in wanted:
        result = result.merged(read(client, part), wanted[0].order, part.limit)
        if part.guid is not None and result.records:
            break
    return result


def _runs_before(job: Answer, needed_at: str) -> bool | None:
    """Whether the next run begins before a moment; None when the server tells no next run of a job whose schedule is on."""
    if job.get("next_run"):
        return str(job["next_run"]) < needed_at
    return None if job.get("schedule_configured") and job.get("schedule_enabled") else False


def _job_queries(params: Params) -> t.Iterator[tuple[str, Params]]:
    """The kinds of jobs to ask for, each with the options that it is asked with."""
    kinds = params["kind"] or JOB_KINDS
    uid_type = (params["uid"] or "").lower().rpartition(":")[0].rpartition(":")[2]
    for name in dict.fromkeys(_KINDS[kind][0] for kind in kinds):
        resource = RESOURCES[name]
        if uid_type in {urn.lower() for other in _JOB_RESOURCES for urn in RESOURCES[other].urns} and (
            uid_type not in {urn.lower() for urn in resource.urns}
        ):
            continue
        if params["platform"] and filter_field("platform", resource) is None:
            continue
        types = [word for kind in kinds for word in _KINDS[kind][1] if _KINDS[kind][0] == name]
        yield name, {**params, "job_type": types if params["kind"] and types else None}


def _included(client: EnterpriseManagerClient, record: Answer) -> list[Answer]:
    """The objects of a job from their own collection, for servers whose jobs do not show them."""
    if record["kind"] not in ("backup", "replica", "agent") or not record["href"]:
        return []
    path = f"{record['href'][len(API) + 1 :]}/includes"
    return [job_object(found) for found in client.list("object_in_job", [path]).records]
