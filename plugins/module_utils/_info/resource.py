# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What most info modules do: from their options to their results. Private to the collection.

What a single module needs beyond it has a file of its own, because every file that is sent along costs each task some time.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError
from .._records.build import keys_of
from .._records.record_set import Result
from .._records.resources import RESOURCES, Resource
from .._times import UTC, to_iso
from .counts import counts_of
from .names import named_answer
from .options import InfoRequest, read_selection, refuse_empty

COLLECTION_WINDOW = dt.timedelta(days=30)
"""How far back the plain session collections reach (EM page get_backupsessions)."""

Params = t.Dict[str, t.Any]
Answer = t.Dict[str, t.Any]


def gather(name: str, client: EnterpriseManagerClient, params: Params) -> Answer:
    """Detail, collection or query of one resource, as the options say."""
    now = dt.datetime.now(UTC)

    def ask(given: Params) -> Answer:
        wanted = read_selection(name, given, now)
        return answer_of(wanted.resource, read(client, wanted))

    answer = named_answer(client, [name], params, now, ask, RESOURCES[name].plural)
    if params.get("endpoint") == "list" and params.get("uid") is None:
        answer["window_start"] = to_iso(now - COLLECTION_WINDOW)
    return answer


def answer_of(resource: Resource, result: Result, plural: str | None = None) -> Answer:
    """The records under the name of their kind, how many, of which kinds, and whether there are more."""
    records = result.records
    return {
        plural or resource.plural: records,
        "count": len(records),
        "counts": counts_of(records, keys_of(resource)),
        "truncated": result.truncated,
    }


def read(client: EnterpriseManagerClient, wanted: InfoRequest) -> Result:
    """By UID, from the collection or from the query service, as wanted. Raises an EmError."""
    if wanted.guid is not None:
        record = client.detail(
            wanted.resource.name, wanted.guid, representation=wanted.representation, options=wanted.options
        )
        return Result([] if record is None else [record])
    if wanted.endpoint == "list":
        return client.list(
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
    """Like ``gather``; the server can't filter by kind or percentage, and compares an unknown size as -1."""
    refuse_empty({"kind": params["kind"]})
    most = params["free_percent_max"]
    if most is not None and not 0 <= most <= 100:
        raise SettingsError(f"free_percent_max has the value {most}", hint="give a number from 0 to 100")
    now = dt.datetime.now(UTC)

    def ask(given: Params) -> Answer:
        return _repositories(client, read_selection("repository", given, now), given)

    return named_answer(client, ["repository"], params, now, ask, "repositories")


def _repositories(client: EnterpriseManagerClient, wanted: InfoRequest, params: Params) -> Answer:
    kinds, most = params["kind"], params["free_percent_max"]
    bounded = most is not None or params["free_space_max"] is not None
    unlimited: list[str] = []

    def keep(record: Answer) -> bool:
        if not wanted.keep(record) or (kinds and record["kind"] not in kinds):
            return False
        if bounded and record["free_percent"] is None:
            unlimited.append(record["name"])
            return False
        return most is None or record["free_percent"] <= most

    if wanted.guid is not None:
        return answer_of(wanted.resource, read(client, wanted))
    answer = answer_of(
        wanted.resource,
        client.query(
            "repository", wanted.selection, order=wanted.order, keep=keep, limit=wanted.limit, options=wanted.options
        ),
    )
    return {**answer, "without_capacity": sorted(unlimited)} if bounded else answer
