# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the selection options of the info modules to what the client asks for. Pure functions. Private to the collection.

One table row per option: the filter field of the EM page ``get_query_*`` and how its values are checked. Every mistake is
found here, before any request.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from .._client.filters import FilterExpr, FilterSet, all_of, any_of_exprs, compare, raw
from .._errors import SettingsError
from .._records.build import Record, RecordOptions
from .._records.converters import session_name
from .._records.nodes import snake_case
from .._records.record_set import Order
from .._records.resources import RESOURCES, Resource
from .._times import first_second, parse_age, parse_moment, parse_when, second_after, shifted, to_iso
from .expressions import check_expression

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_URN = re.compile(r"urn:veeam:(?P<type>[A-Za-z]+):(?P<guid>.+)", re.ASCII | re.IGNORECASE)

SESSION_STATES = ("Starting", "Stopping", "Working", "Pausing", "Resuming", "Stopped")
TASK_STATES = ("InProgress", "Pending", "Completed")
RESULTS = ("Success", "Warning", "Failed")

# Options whose values are text that some servers compare without regard to case: the record must have exactly one of them.
_TEXT_LISTS = {
    "name": "Name", "job_name": "JobName", "backup_server_name": "BackupServerName", "vm_display_name": "VmDisplayName",
    "reason": "Reason", "version": "Version",
}  # fmt: skip
_WORD_LISTS = {
    "job_type": "JobType", "state": "State", "result": "Result", "platform": "Platform", "algorithm": "Algorithm",
    "point_type": "Type",
}  # fmt: skip
# What the filter field holds, and which other kinds of UID mean the same object.
_UID_LISTS = {
    "job_uid": ("JobUid", ("Job", "AgentBackupJob", "NasJob")),
    "job_session_uid": ("JobSessionUid", ("BackupJobSession", "ReplicaJobSession")),
    "backup_server_uid": ("BackupServerUid", ("BackupServer",)),
}
_LISTS = (*_TEXT_LISTS, *_WORD_LISTS, *_UID_LISTS)
_CREATED = "CreationTime"
_TIMES = {
    "created_after": (_CREATED, ">="), "created_before": (_CREATED, "<"),
    "ended_after": ("EndTime", ">="), "ended_before": ("EndTime", "<"),
    "next_run_after": ("NextRun", ">="), "next_run_before": ("NextRun", "<"),
}  # fmt: skip
_WINDOWS = (("created_after", "created_before"), ("ended_after", "ended_before"), ("next_run_after", "next_run_before"))
_RANGES = (("total_size_min", "total_size_max"), ("free_space_min", "free_space_max"))
_NUMBERS = {
    "total_size_min": ("TotalSize", ">="), "total_size_max": ("TotalSize", "<="),
    "free_space_min": ("FreeSpace", ">="), "free_space_max": ("FreeSpace", "<="),
}  # fmt: skip
_FLAGS = {"is_retry": "IsRetry", "schedule_enabled": "ScheduleEnabled", "schedule_configured": "ScheduleConfigured"}
# In which state each kind of session is over; whether it runs is told by more than its state, so records are looked at too.
_OVER = {"backup_session": "Stopped", "backup_task_session": "Completed"}
FILTER_OPTIONS = (*_LISTS, *_TIMES, *_NUMBERS, *_FLAGS, "running", "filter")

# Below which session the plain collections are, by the option that names the sessions.
_PARENTS = {
    "backup_task_session": ("job_session_uid", "backupSessions/{}/taskSessions"),
    "backup_session": ("parent_session_uid", "backupSessions/{}/agentManagementSessions"),
}


def filter_field(option: str, resource: Resource) -> str | None:
    """The filter field of a resource that an option asks for; None when the server has no such field there."""
    if option == "filter":
        return "filter"
    if option == "running":
        return "State" if resource.name in _OVER else None
    field = {**_TEXT_LISTS, **_WORD_LISTS, **_FLAGS}.get(option)
    if field is None:
        field = next(table[option][0] for table in (_UID_LISTS, _TIMES, _NUMBERS) if option in table)  # type: ignore[index]
    if field == _CREATED:
        return resource.time_field
    return field if field in resource.fields else None


def sort_field(key: str, resource: Resource) -> str | None:
    """The filter field that goes with a record key."""
    if key == resource.time_key and resource.time_field:
        return resource.time_field
    wanted = "type" if key == "point_type" else key
    return next((field for field in resource.fields if snake_case(field) == wanted), None)


def record_key(resource: Resource, field: str) -> str:
    """The record key that goes with a filter field."""
    if field == resource.time_field:
        return resource.time_key
    key = snake_case(field)
    return "point_type" if key == "type" else key


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
class InfoRequest:
    """What an info module was asked for."""

    resource: Resource
    guid: str | None
    endpoint: str
    paths: tuple[str, ...]
    selection: FilterSet
    exact: tuple[tuple[str, frozenset[t.Any]], ...]
    order: Order
    limit: int | None
    representation: str
    options: RecordOptions

    def keep(self, record: Record) -> bool:
        """Whether a record has exactly the text that was asked for; what a reference does not tell is believed."""
        return all(record.get(key) is None or record[key] in values for key, values in self.exact)


def read_selection(name: str | Resource, params: t.Mapping[str, t.Any], now: dt.datetime) -> InfoRequest:
    """The options of an info module, checked. Raises SettingsError naming the option."""
    resource = RESOURCES[name] if isinstance(name, str) else name
    parent, pattern = _PARENTS.get(resource.name, ("", ""))
    given = {option: params[option] for option in (*FILTER_OPTIONS, parent) if params.get(option) is not None}
    # Records carry whole seconds, so an age counts in them too.
    now = now.replace(microsecond=0)
    refuse_empty(given)
    guid = guid_from(params["uid"], resource.urns, "uid") if params.get("uid") is not None else None
    endpoint = params.get("endpoint") or "query"
    paths: tuple[str, ...] = ()
    if guid is not None:
        _refuse(given, "uid", "leave out one or the other")
    elif endpoint == "list":
        guids = [guid_from(uid, ("BackupJobSession",), parent) for uid in given.pop(parent, [])]
        paths = tuple(pattern.format(found) for found in dict.fromkeys(guids))
        _refuse(given, "endpoint: list", "filters go with endpoint: query")
    elif parent == "parent_session_uid" and parent in given:
        raise SettingsError("parent_session_uid is no filter of the query service", hint="add endpoint: list")
    limit = params.get("limit")
    if "running" in given and params.get("representation") == "reference":
        raise SettingsError("references do not tell whether a session runs", hint="set representation to entity")
    if limit is not None and limit < 1:
        raise SettingsError(f"limit has the value {limit}", hint="give a number greater than 0, or leave it out")
    return InfoRequest(
        resource=resource,
        guid=guid,
        endpoint=endpoint,
        paths=paths,
        selection=_selection(given, resource, now),
        exact=_exact(given),
        order=_order(params, resource, endpoint),
        limit=limit,
        representation=params.get("representation") or "entity",
        options=RecordOptions(bool(params.get("include_links")), bool(params.get("include_raw"))),
    )


def _exact(given: t.Mapping[str, t.Any]) -> tuple[tuple[str, frozenset[t.Any]], ...]:
    """What records must say, whatever the server let through."""
    found = [
        (option, frozenset(map(session_name, given[option]) if option == "name" else given[option]))
        for option in _TEXT_LISTS
        if option in given
    ]
    if "running" in given:
        found.append(("running", frozenset({given["running"]})))
    return tuple(found)


def _order(params: t.Mapping[str, t.Any], resource: Resource, endpoint: str) -> Order:
    key = params.get("sort_by") or (resource.time_key if resource.time_field else "name")
    if endpoint == "list" and params.get("representation") == "reference" and key != "name":
        if params.get("limit") is not None or params.get("descending"):
            raise SettingsError(
                f"references of endpoint: list tell no {key}, so they can't be sorted by it",
                hint="set sort_by to name, or representation to entity, or leave out limit and descending",
            )
        key = "name"
    return Order(key, sort_field(key, resource) or "", bool(params.get("descending")))


def moment_ahead(text: str, now: dt.datetime, option: str) -> dt.datetime:
    """A moment, or a span of time counted on from now such as ``12h``. Raises SettingsError."""
    moment = parse_moment(text)
    return shifted(now, parse_age(text, option)) if moment is None else moment


def refuse_empty(given: t.Mapping[str, t.Any]) -> None:
    """Raises SettingsError for an empty list: it could mean everything as well as nothing."""
    for option, value in given.items():
        if value == []:
            raise SettingsError(f"{option} is an empty list", hint="leave it out to select everything")


def _refuse(given: t.Mapping[str, t.Any], because: str, hint: str) -> None:
    if given:
        raise SettingsError(f"{because} can't be combined with {', '.join(sorted(given))}", hint=hint)


def _selection(given: t.Mapping[str, t.Any], resource: Resource, now: dt.datetime) -> FilterSet:
    unknown = [option for option in given if filter_field(option, resource) is None]
    if unknown:
        usable = [option for option in FILTER_OPTIONS if filter_field(option, resource)]
        raise SettingsError(
            f"a {resource.type_name} can't be selected by {', '.join(sorted(unknown))}", hint=f"use {', '.join(usable)}"
        )
    lists: list[tuple[str, tuple[str | FilterExpr, ...]]] = [
        (field, tuple(given[option])) for option, field in {**_TEXT_LISTS, **_WORD_LISTS}.items() if option in given
    ]
    if resource.time_field and "name" in given:
        lists[0] = ("Name", tuple(_named(value, resource.time_field) for value in given["name"]))
    for option, (field, types) in _UID_LISTS.items():
        if option in given:
            guids = [guid_from(uid, types, option) for uid in given[option]]
            lists.append((field, tuple(f"urn:veeam:{types[0]}:{guid}" for guid in guids)))
    _refuse_what_nothing_matches(given, now)
    until = second_after(parse_when(given["created_before"], now)) if "created_before" in given else None
    return FilterSet(all_of(_conditions(given, resource, now)), tuple(lists), until)


def _named(name: str, time_field: str) -> str | FilterExpr:
    """A name that ends in whole seconds stands for the server's name, which may go on with a fraction of a second."""
    start = parse_moment(name.rpartition("@")[2]) if name[-3:-2] == ":" else None
    if start is None:
        return name
    second = (to_iso(start), to_iso(second_after(start)))
    during = all_of([compare(time_field, ">=", second[0]), compare(time_field, "<", second[1])])
    return any_of_exprs([compare("Name", "==", name), during])


def _conditions(given: t.Mapping[str, t.Any], resource: Resource, now: dt.datetime) -> t.Iterator[FilterExpr]:
    for option, (field, operator) in _TIMES.items():
        if option in given:
            field = resource.time_field or field if field == _CREATED else field
            moment = parse_when(given[option], now, option)
            # The server's times have fractions that records do not show: a record of the last second belongs to it.
            edge = first_second(moment) if operator == ">=" else second_after(moment)
            yield compare(field, operator, to_iso(edge))
    for option, (field, operator) in _NUMBERS.items():
        if option in given:
            yield compare(field, operator, given[option])
    for option, field in _FLAGS.items():
        if option in given:
            yield compare(field, "==", given[option])
    if given.get("running"):
        yield compare("State", "!=", _OVER[resource.name])
    if "filter" in given:
        expression = raw(given["filter"])
        check_expression(given["filter"], resource)
        yield expression


def _refuse_what_nothing_matches(given: t.Mapping[str, t.Any], now: dt.datetime) -> None:
    ended = next((option for option in ("ended_after", "ended_before") if option in given), None)
    if given.get("running") and ended:
        raise SettingsError(
            f"{ended} goes with no running: true, since what runs has not ended", hint="leave one of them out"
        )
    for after, before in _WINDOWS:
        if not (after in given and before in given):
            continue
        if first_second(parse_when(given[after], now, after)) >= second_after(parse_when(given[before], now, before)):
            raise SettingsError(f"{after} is later than {before}, so nothing can match", hint="swap them")
    for lowest, highest in _RANGES:
        if lowest in given and highest in given and given[lowest] > given[highest]:
            raise SettingsError(f"{lowest} is greater than {highest}, so nothing can match", hint="swap them")
