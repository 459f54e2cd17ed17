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
from .._records.record_set import Result
from .._times import UTC, to_iso
from .options import InfoRequest, read_selection, refuse_empty

COLLECTION_WINDOW = dt.timedelta(days=30)
"""How far back the plain session collections reach (EM page get_backupsessions)."""

Params = t.Dict[str, t.Any]
Answer = t.Dict[str, t.Any]


def gather(name: str, client: EnterpriseManagerClient, params: Params) -> Answer:
    """Detail, collection or query of one resource, as the options say."""
    now = dt.datetime.now(UTC)
    wanted = read_selection(name, params, now)
    answer = answer_of(wanted.resource.plural, read(client, wanted))
    if wanted.endpoint == "list" and wanted.guid is None:
        answer["window_start"] = to_iso(now - COLLECTION_WINDOW)
    return answer


def answer_of(plural: str, result: Result) -> Answer:
    """The records under the name of their kind, how many, and whether there are more."""
    return {plural: result.records, "count": len(result.records), "truncated": result.truncated}


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
    """Like ``gather``; the server can't filter by kind, and compares an unknown size as -1."""
    refuse_empty({"kind": params["kind"]})
    wanted = read_selection("repository", params, dt.datetime.now(UTC))
    kinds, bounded = params["kind"], params["free_space_max"] is not None

    def keep(record: Answer) -> bool:
        return wanted.keep(record) and (not kinds or record["kind"] in kinds) and not (bounded and record["unlimited"])

    if wanted.guid is not None:
        return answer_of("repositories", read(client, wanted))
    return answer_of(
        "repositories",
        client.query(
            "repository", wanted.selection, order=wanted.order, keep=keep, limit=wanted.limit, options=wanted.options
        ),
    )
