# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections and single resources, as references or entities."""

from __future__ import annotations

from typing import Any

from veeam_em_simulator.clock import DAY
from veeam_em_simulator.identifiers import GUID
from veeam_em_simulator.resources.base import Context, Resource
from veeam_em_simulator.resources.table import Collection
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.web.call import ApiError
from veeam_em_simulator.wire.model import Element, Repeat

_WINDOW = 30 * DAY


def references(resource: Resource, context: Context, rows: list[Row]) -> list[Element]:
    resource.prepare(context, rows)
    return [resource.reference(context, row) for row in rows]


def entities(resource: Resource, context: Context, rows: list[Row]) -> list[Element]:
    resource.prepare(context, rows)
    return [resource.entity(context, row) for row in rows]


def collection(found: Collection, parent_id: str | None, context: Context, now: int, *, as_entities: bool) -> Element:
    """The whole list: not paged, in no order of time, sessions of the last 30 days only."""
    resource = found.resource
    values: list[Any] = []
    if found.parent is not None:
        values.append(find(found.parent, parent_id or "", context)["id"])
    where = f"{resource.where} AND {found.where}"
    if resource.windowed and found.windowed:
        where += " AND t.creation_time >= ?"
        values.append(now - _WINDOW)
    seen, names = context.visible(resource.table)
    where += f" AND {seen}"
    values += names
    rows = context.database.rows(f"SELECT t.* FROM {resource.table} t WHERE {where} ORDER BY t.id", values)
    if as_entities:
        return Element(resource.plural, children=[(resource.plural, Repeat(resource.name, entities(resource, context, rows)))])
    return Element("EntityReferences", children=[("Refs", Repeat("Ref", references(resource, context, rows)))])


def single(resource: Resource, guid: str, context: Context, *, as_entity: bool) -> Element:
    row = find(resource, guid, context)
    resource.prepare(context, [row])
    return resource.entity(context, row) if as_entity else resource.reference(context, row, tag="EntityRef")


def find(resource: Resource, guid: str, context: Context) -> Row:
    """The row of a resource; 400 for what is no GUID, 404 for an unknown one."""
    if not GUID.fullmatch(guid):
        raise ApiError(400, f"'{guid}' is not a valid identifier.")
    seen, names = context.visible(resource.table)
    row = context.database.one(
        f"SELECT t.* FROM {resource.table} t WHERE {resource.where} AND t.id = ? AND {seen}", (guid.lower(), *names)
    )
    if row is None:
        raise ApiError(404, f"{resource.type} with the id {guid} is not found.")
    return row
