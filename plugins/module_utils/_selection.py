# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the selection options of the session modules to what the client asks for. Pure functions. Private to the collection.

One table row per option: the filter field of the EM page ``get_query_*`` and how its values are checked. Every mistake is
found here, before any request.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from ._collect import Order
from ._errors import SettingsError
from ._query import Expr, Selection, all_of, compare, raw
from ._records import Record, RecordOptions
from ._resources import RESOURCES, Resource
from ._times import parse_when, to_iso

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_URN = re.compile(r"urn:veeam:(?P<type>[A-Za-z]+):(?P<guid>.+)", re.ASCII | re.IGNORECASE)

SESSION_STATES = ("Starting", "Stopping", "Working", "Pausing", "Resuming", "Stopped")
TASK_STATES = ("InProgress", "Pending", "Completed")
RESULTS = ("Success", "Warning", "Failed")
JOB_TYPES = (
    "Backup", "BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker", "AgentBackup", "AgentManagement", "NasBackup",
)  # fmt: skip

# Options whose values are text that some servers compare without regard to case: the record must have exactly one of them.
_TEXT_LISTS = {
    "name": "Name", "job_name": "JobName", "backup_server_name": "BackupServerName", "vm_display_name": "VmDisplayName",
    "reason": "Reason",
}  # fmt: skip
_WORD_LISTS = {"job_type": "JobType", "state": "State", "result": "Result"}
# What the filter field holds, and which other kinds of UID mean the same object.
_UID_LISTS = {
    "job_uid": ("JobUid", ("Job", "AgentBackupJob", "NasJob")),
    "job_session_uid": ("JobSessionUid", ("BackupJobSession",)),
    "backup_server_uid": ("BackupServerUid", ("BackupServer",)),
}
_LISTS = (*_TEXT_LISTS, *_WORD_LISTS, *_UID_LISTS)
_TIMES = {
    "created_after": ("CreationTime", ">="), "created_before": ("CreationTime", "<="),
    "ended_after": ("EndTime", ">="), "ended_before": ("EndTime", "<="),
}  # fmt: skip
_NUMBERS = {"total_size_min": ("TotalSize", ">="), "total_size_max": ("TotalSize", "<=")}
_SORT_FIELDS = {
    "creation_time": "CreationTime", "end_time": "EndTime", "name": "Name", "job_name": "JobName",
    "backup_server_name": "BackupServerName", "vm_display_name": "VmDisplayName", "total_size": "TotalSize",
}  # fmt: skip
FILTER_OPTIONS = (*_LISTS, *_TIMES, *_NUMBERS, "is_retry", "filter")


def guid_from(text: str, types: t.Sequence[str], option: str) -> str:
    """The bare GUID of a UID given as URN or GUID. Raises SettingsError for half an UID and for a URN of another type."""
    value = text.strip()
    match = _URN.fullmatch(value)
    if match and match["type"].lower() not in {name.lower() for name in types}:
        raise SettingsError(
            f"{option} has the value {text!r}, which is the UID of a {match['type']}",
            hint=f"give the UID of a {' or '.join(types)}",
        )
    guid = (match["guid"] if match else value).lower()
    if not _GUID.fullmatch(guid):
        raise SettingsError(
            f"{option} has the value {text!r}, which is not a UID",
            hint=f"give urn:veeam:{types[0]}:… as Enterprise Manager returns it, or the bare GUID",
        )
    return guid


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a session module was asked for."""

    resource: Resource
    guid: str | None
    endpoint: str
    parents: tuple[str, ...]
    selection: Selection
    exact: tuple[tuple[str, frozenset[str]], ...]
    order: Order
    limit: int | None
    representation: str
    options: RecordOptions

    def keep(self, record: Record) -> bool:
        """Whether a record has exactly the text that was asked for; what a reference does not tell is believed."""
        return all(record.get(key) is None or record[key] in values for key, values in self.exact)


def read_selection(name: str, params: t.Mapping[str, t.Any], now: dt.datetime) -> Wanted:
    """The options of a session module, checked. Raises SettingsError naming the option."""
    resource = RESOURCES[name]
    given = {option: params[option] for option in FILTER_OPTIONS if params.get(option) is not None}
    for option in _LISTS:
        if option in given and not given[option]:
            raise SettingsError(f"{option} is an empty list", hint="leave it out to select everything")
    guid = guid_from(params["uid"], resource.urns, "uid") if params.get("uid") is not None else None
    endpoint = params.get("endpoint") or "query"
    parents: tuple[str, ...] = ()
    if guid is not None:
        _refuse(given, "uid")
    elif endpoint == "list":
        parents = tuple(
            guid_from(uid, ("BackupJobSession",), "job_session_uid") for uid in given.pop("job_session_uid", [])
        )
        _refuse(given, "endpoint: list")
    limit = params.get("limit")
    if limit is not None and limit < 1:
        raise SettingsError(f"limit has the value {limit}", hint="give a number greater than 0, or leave it out")
    key = params.get("sort_by") or "creation_time"
    return Wanted(
        resource=resource,
        guid=guid,
        endpoint=endpoint,
        parents=parents,
        selection=_selection(given, now),
        exact=tuple((option, frozenset(given[option])) for option in _TEXT_LISTS if option in given),
        order=Order(key, _SORT_FIELDS[key], bool(params.get("descending"))),
        limit=limit,
        representation=params.get("representation") or "entity",
        options=RecordOptions(bool(params.get("include_links")), bool(params.get("include_raw"))),
    )


def _refuse(given: t.Mapping[str, t.Any], because: str) -> None:
    if given:
        raise SettingsError(
            f"{because} can't be combined with {', '.join(sorted(given))}", hint="filters go with endpoint: query"
        )


def _selection(given: t.Mapping[str, t.Any], now: dt.datetime) -> Selection:
    lists: list[tuple[str, tuple[str, ...]]] = [
        (field, tuple(given[option])) for option, field in {**_TEXT_LISTS, **_WORD_LISTS}.items() if option in given
    ]
    for option, (field, types) in _UID_LISTS.items():
        if option in given:
            guids = [guid_from(uid, types, option) for uid in given[option]]
            lists.append((field, tuple(f"urn:veeam:{types[0]}:{guid}" for guid in guids)))
    _refuse_empty_window(given, now)
    until = parse_when(given["created_before"], now, "created_before") if "created_before" in given else None
    return Selection(all_of(_conditions(given, now)), tuple(lists), until)


def _conditions(given: t.Mapping[str, t.Any], now: dt.datetime) -> t.Iterator[Expr]:
    for option, (field, operator) in _TIMES.items():
        if option in given:
            yield compare(field, operator, to_iso(parse_when(given[option], now, option)))
    for option, (field, operator) in _NUMBERS.items():
        if option in given:
            yield compare(field, operator, given[option])
    if "is_retry" in given:
        yield compare("IsRetry", "==", given["is_retry"])
    if "filter" in given:
        yield raw(given["filter"])


def _refuse_empty_window(given: t.Mapping[str, t.Any], now: dt.datetime) -> None:
    for after, before in (("created_after", "created_before"), ("ended_after", "ended_before")):
        if not (after in given and before in given):
            continue
        if parse_when(given[after], now, after) > parse_when(given[before], now, before):
            raise SettingsError(f"{after} is later than {before}, so nothing can match", hint="swap them")
