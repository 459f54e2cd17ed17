# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that the two session modules have in common. Private to the collection."""

from __future__ import annotations

import typing as t

from .._protection.names import NAME_MATCHES
from .options import RESULTS

_LIST = {"type": "list", "elements": "str"}


def select_spec(sort_keys: t.Sequence[str], default: str = "name") -> dict[str, t.Any]:
    """The argument specification of the options in the ``_select`` documentation fragment, and of ``sort_by``."""
    return {
        "uid": {"type": "str"},
        "name": _LIST,
        "name_match": {**_LIST, "choices": list(NAME_MATCHES), "default": list(NAME_MATCHES)},
        "filter": {"type": "str"},
        "sort_by": {"type": "str", "choices": list(sort_keys), "default": default},
        "descending": {"type": "bool", "default": False},
        "limit": {"type": "int"},
        "include_links": {"type": "bool", "default": False},
        "include_raw": {"type": "bool", "default": False},
    }


def session_spec(states: t.Sequence[str], sort_keys: t.Sequence[str]) -> dict[str, t.Any]:
    """The argument specification of the options in the ``_sessions`` documentation fragment."""
    return {
        **select_spec(sort_keys, "creation_time"),
        "endpoint": {"type": "str", "choices": ["query", "list"], "default": "query"},
        "representation": {"type": "str", "choices": ["entity", "reference"], "default": "entity"},
        "job_name": _LIST,
        "job_uid": _LIST,
        "state": {**_LIST, "choices": list(states)},
        "result": {**_LIST, "choices": list(RESULTS)},
        "running": {"type": "bool"},
        "backup_server_name": _LIST,
        "backup_server_uid": _LIST,
        "created_after": {"type": "str"},
        "created_before": {"type": "str"},
        "ended_after": {"type": "str"},
        "ended_before": {"type": "str"},
    }


def query_spec() -> dict[str, t.Any]:
    """The argument specification of query_info, without the type."""
    lists = (
        "job_name", "job_uid", "job_session_uid", "job_type", "vm_display_name", "state", "result", "platform",
        "backup_server_name", "backup_server_uid",
    )  # fmt: skip
    return {
        **{name: option for name, option in select_spec(()).items() if name != "uid"},
        **dict.fromkeys(lists, _LIST),
        "created_after": {"type": "str"},
        "created_before": {"type": "str"},
        "ended_after": {"type": "str"},
        "ended_before": {"type": "str"},
        "sort_by": {"type": "str"},
        "representation": {"type": "str", "choices": ["entity", "reference"], "default": "entity"},
    }
