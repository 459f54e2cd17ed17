# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vm_restore_point_info does: points of virtual machines and of computers with an agent in one list. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._errors import NotFound, RequestRejected, SettingsError
from .._protection.rows import before_time
from .._records.build import Record
from .._records.record_set import Order, Result, apply_limit, sort_records
from .._records.resources import RESOURCES
from .._times import UTC
from .identities import Identities
from .names import named_answer
from .options import InfoRequest, guid_from, read_selection, refuse_empty
from .resource import Answer, Params, answer_of, read

_VM, _AGENT = "vm_restore_point", "agent_restore_point"
_KINDS = {"vm": _VM, "agent": _AGENT}
MACHINE_TYPES = tuple(_KINDS)
"""The types of machines that points are told apart by."""
# What only points of virtual machines have.
_OF_VMS = ("vm_name", "hierarchy_obj_ref", "sql_info", "platform", "vm_ref")


def gather_points(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Restore points of all machines, or the newest of each."""
    now = dt.datetime.now(UTC)
    kinds = _asked_kinds(params)
    unknown_kinds: list[str] = []

    def ask(given: Params) -> Answer:
        parts = [_Part(client, kind, given, now) for kind in kinds]
        found: dict[str, list[Record]] = {}
        for part in parts:
            try:
                found[part.kind] = part.read()
            except (NotFound, RequestRejected):
                if part.kind != _AGENT or given["filter"] is not None:
                    raise
                unknown_kinds.append(part.kind)
        wanted = parts[0].wanted
        if given["latest"]:
            found = _newest(client, found, now)
        together = sort_records((record for part in found.values() for record in part), wanted.order)
        result = apply_limit(together, wanted.limit, not any(part.truncated for part in parts))
        return answer_of(RESOURCES[_VM], result)

    answer = named_answer(client, kinds, params, now, ask, RESOURCES[_VM].plural)
    if unknown_kinds:
        text = (
            "This server knows nothing of the restore points of agents, so there are none of computers in the answer."
        )
        answer["warnings"] = [*answer.get("warnings", ()), text]
    return answer


def _asked_kinds(params: Params) -> list[str]:
    """The kinds of points to read. Raises SettingsError."""
    refuse_empty({"machine_type": params["machine_type"]})
    refuse_empty({"vm_display_name": params["vm_display_name"]})
    types = list(dict.fromkeys(params["machine_type"]))
    if params["uid"] is not None:
        if params["latest"]:
            raise SettingsError("latest can't be combined with uid", hint="leave out one or the other")
        guid_from(params["uid"], [urn for kind in _KINDS.values() for urn in RESOURCES[kind].urns], "uid")
        kind_of_uid = params["uid"].lower().rpartition(":")[0].rpartition(":")[2]
        types = [one for one in types if kind_of_uid in ("", RESOURCES[_KINDS[one]].type_name.lower())] or types[:1]
    elif params["filter"] is not None and len(types) > 1:
        raise SettingsError(
            "filter goes with one kind of points, whose fields it names",
            hint="add machine_type: [vm] or machine_type: [agent]",
        )
    return [_KINDS[one] for one in types]


class _Part:
    """The points of one kind."""

    def __init__(self, client: EnterpriseManagerClient, kind: str, params: Params, now: dt.datetime) -> None:
        self.kind, self.truncated = kind, False
        self._client, self._latest = client, params["latest"]
        self.wanted = self._request(params, now)

    def _request(self, params: Params, now: dt.datetime) -> InfoRequest:
        if self.kind == _VM:
            return read_selection(_VM, params, now)
        # A point of an agent is named by its computer and the time, and tells nothing else of the computer.
        names, key = params["vm_display_name"], params["sort_by"]
        others = {**params, "vm_display_name": None, "sort_by": "name" if key == "vm_display_name" else key}
        wanted = read_selection(_AGENT, others, now)
        wanted = dataclasses.replace(wanted, order=dataclasses.replace(wanted.order, key=key))
        if names is None:
            return wanted
        by_name = dataclasses.replace(wanted.selection, lists=(*wanted.selection.lists, ("ComputerName", tuple(names))))
        exact = (*wanted.exact, ("vm_display_name", frozenset(names)))
        return dataclasses.replace(wanted, selection=by_name, exact=exact)

    def read(self) -> list[Record]:
        wanted = self.wanted
        if wanted.guid is not None:
            return [self._whole(record) for record in read(self._client, wanted).records]
        if self._latest:
            return self._newest_of_references()
        by_name = wanted.order.key == "vm_display_name" and self.kind == _AGENT
        result: Result = self._client.query(
            self.kind,
            wanted.selection,
            order=Order("name", "Name", wanted.order.descending) if by_name else wanted.order,
            keep=lambda record: wanted.keep(self._whole(record)),
            limit=None if by_name else wanted.limit,
            options=wanted.options,
        )
        self.truncated = result.truncated
        return result.records

    def _newest_of_references(self) -> list[Record]:
        """No machine's newest point is lost when only the newest of each reference, or name at a server, is kept."""
        newest: dict[t.Any, Record] = {}

        def look_at(record: Record) -> bool:
            if self.wanted.keep(self._whole(record)):
                ref = record["hierarchy_obj_ref"]
                place = ref.lower() if ref else (record["backup_server_uid"], record["vm_display_name"])
                if place not in newest or _age(newest[place]) < _age(record):
                    newest[place] = record
            return False

        self._client.query(self.kind, self.wanted.selection, keep=look_at, options=self.wanted.options)
        return list(newest.values())

    def _whole(self, record: Record) -> Record:
        """The record with what the other kind has."""
        record["machine_type"] = "agent" if self.kind == _AGENT else "vm"
        if self.kind == _AGENT:
            record["vm_display_name"] = before_time(record["name"])
            record.update(dict.fromkeys(_OF_VMS))
        return record


def _newest(
    client: EnterpriseManagerClient, found: t.Mapping[str, list[Record]], now: dt.datetime
) -> dict[str, list[Record]]:
    records = {record["uid"]: record for part in found.values() for record in part}
    groups = Identities(client, now).machines_of_points(found.get(_VM, ()), found.get(_AGENT, ()))
    newest = {max(group, key=lambda uid: _age(records[uid])) for group in groups if group}
    return {kind: [record for record in part if record["uid"] in newest] for kind, part in found.items()}


def _age(record: Record) -> tuple[str, str]:
    return record["creation_time"] or "", record["uid"] or ""
