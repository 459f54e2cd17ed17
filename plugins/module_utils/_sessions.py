# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the two session modules have in common. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from ._client import EnterpriseManagerClient
from ._collect import Result
from ._selection import RESULTS, read_selection
from ._times import UTC, to_iso

COLLECTION_WINDOW = dt.timedelta(days=30)
"""How far back the plain session collections reach (EM page get_backupsessions)."""

_LIST = {"type": "list", "elements": "str"}


def session_spec(states: t.Sequence[str], sort_keys: t.Sequence[str]) -> dict[str, t.Any]:
    """The argument specification of the options in the ``_sessions`` documentation fragment."""
    return {
        "uid": {"type": "str"},
        "endpoint": {"type": "str", "choices": ["query", "list"], "default": "query"},
        "representation": {"type": "str", "choices": ["entity", "reference"], "default": "entity"},
        "name": _LIST,
        "job_name": _LIST,
        "job_uid": _LIST,
        "state": {**_LIST, "choices": list(states)},
        "result": {**_LIST, "choices": list(RESULTS)},
        "backup_server_name": _LIST,
        "backup_server_uid": _LIST,
        "created_after": {"type": "str"},
        "created_before": {"type": "str"},
        "ended_after": {"type": "str"},
        "ended_before": {"type": "str"},
        "filter": {"type": "str"},
        "sort_by": {"type": "str", "choices": list(sort_keys), "default": "creation_time"},
        "descending": {"type": "bool", "default": False},
        "limit": {"type": "int"},
        "include_links": {"type": "bool", "default": False},
        "include_raw": {"type": "bool", "default": False},
    }


def gather_sessions(name: str, client: EnterpriseManagerClient, params: dict[str, t.Any]) -> dict[str, t.Any]:
    """Detail, collection or query, as the options say."""
    now = dt.datetime.now(UTC)
    wanted = read_selection(name, params, now)
    answer: dict[str, t.Any] = {}
    if wanted.guid is not None:
        record = client.detail(name, wanted.guid, representation=wanted.representation, options=wanted.options)
        result = Result([] if record is None else [record])
    elif wanted.endpoint == "list":
        result = client.collection(
            name,
            [f"backupSessions/{guid}/taskSessions" for guid in wanted.parents],
            representation=wanted.representation,
            order=wanted.order,
            limit=wanted.limit,
            options=wanted.options,
        )
        answer["window_start"] = to_iso(now - COLLECTION_WINDOW)
    else:
        result = client.query(
            name,
            wanted.selection,
            representation=wanted.representation,
            order=wanted.order,
            keep=wanted.keep,
            limit=wanted.limit,
            options=wanted.options,
        )
    return {
        wanted.resource.plural: result.records,
        "count": len(result.records),
        "truncated": result.truncated,
        **answer,
    }
