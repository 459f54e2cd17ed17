# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the info modules do: from their options to their results. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ._client import EnterpriseManagerClient
from ._collect import Order, Result
from ._errors import SettingsError
from ._extras import job_object, objects_of
from ._reports import REPORTS, read_report
from ._resources import RESOURCES, queryable
from ._selection import Wanted, filter_field, read_selection, record_key
from ._session import API
from ._times import UTC, to_iso

COLLECTION_WINDOW = dt.timedelta(days=30)
"""How far back the plain session collections reach (EM page get_backupsessions)."""

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

Params = t.Dict[str, t.Any]
Answer = t.Dict[str, t.Any]


def gather(name: str, client: EnterpriseManagerClient, params: Params) -> Answer:
    """Detail, collection or query of one resource, as the options say."""
    now = dt.datetime.now(UTC)
    wanted = read_selection(name, params, now)
    answer = _answer(wanted.resource.plural, _read(client, wanted))
    if wanted.endpoint == "list" and wanted.guid is None:
        answer["window_start"] = to_iso(now - COLLECTION_WINDOW)
    return answer


def _answer(plural: str, result: Result) -> Answer:
    return {plural: result.records, "count": len(result.records), "truncated": result.truncated}


def _read(client: EnterpriseManagerClient, wanted: Wanted) -> Result:
    if wanted.guid is not None:
        record = client.detail(
            wanted.resource.name, wanted.guid, representation=wanted.representation, options=wanted.options
        )
        return Result([] if record is None else [record])
    if wanted.endpoint == "list":
        return client.collection(
            wanted.resource.name,
            wanted.paths,
            representation=wanted.representation,
            order=wanted.order,
            limit=wanted.limit,
            options=wanted.options,
        )
    return client.query(
        wanted.resource,
        wanted.selection,
        representation=wanted.representation,
        order=wanted.order,
        keep=wanted.keep,
        limit=wanted.limit,
        options=wanted.options,
    )


def gather_repositories(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Like ``gather``; the server can't filter by kind, and compares an unknown size as -1."""
    wanted = read_selection("repository", params, dt.datetime.now(UTC))
    kinds, bounded = params["kind"], params["free_space_max"] is not None

    def keep(record: Answer) -> bool:
        return wanted.keep(record) and (not kinds or record["kind"] in kinds) and not (bounded and record["unlimited"])

    if wanted.guid is not None:
        return _answer("repositories", _read(client, wanted))
    return _answer(
        "repositories",
        client.query(
            "repository", wanted.selection, order=wanted.order, keep=keep, limit=wanted.limit, options=wanted.options
        ),
    )


def gather_jobs(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Jobs of all kinds in one list; a condition that one kind of jobs does not know leaves that kind out."""
    now = dt.datetime.now(UTC)
    wanted = [read_selection(name, given, now) for name, given in _job_queries(params)]
    if not wanted:
        raise SettingsError("no kind of job can be selected by all of these options", hint="drop kind or platform")
    result = Result([])
    for part in wanted:
        result = result.merged(_read(client, part), wanted[0].order, part.limit)
        if part.guid is not None and result.records:
            break
    if params["include_objects"]:
        for record in result.records:
            record["objects"] = objects_of(record) or _included(client, record)
    return _answer("jobs", result)


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
    return [job_object(found) for found in client.collection("object_in_job", [path]).records]


def gather_summary(client: EnterpriseManagerClient, params: Params) -> Answer:
    """The summary reports that were asked for, each under its own name."""
    return {name: read_report(name, client.document(REPORTS[name].path)) for name in dict.fromkeys(params["reports"])}


def gather_query(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Rows of any type that the query service knows."""
    resource = queryable(params["type"])
    field = None
    if params["sort_by"] is not None:
        field = next((name for name in resource.fields if name.lower() == params["sort_by"].lower()), None)
        if field is None and resource.fields:
            raise SettingsError(
                f"{params['type']} can't be sorted by {params['sort_by']!r}", hint=f"use {', '.join(resource.fields)}"
            )
    wanted = read_selection(resource, {**params, "sort_by": None}, dt.datetime.now(UTC))
    if params["sort_by"] is not None:
        order = Order(
            record_key(resource, field or params["sort_by"]), field or params["sort_by"], wanted.order.descending
        )
        wanted = dataclasses.replace(wanted, order=order)
    return _answer("records", _read(client, wanted))
