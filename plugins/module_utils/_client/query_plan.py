# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one filter expression of a query is read: in which order, and who sorts. Pure functions. Private to the collection."""

from __future__ import annotations

import dataclasses
import enum

from .._records.build import keys_of
from .._records.record_set import Order
from .._records.resources import Kind, Resource
from .filters import FilterExpr
from .paging import TimeOrder

_TOLD_BY_REFERENCES = frozenset({"name", "uid", "id", "href"})
# Beyond the limit, so that rows with one value at the limit mostly fit into the first page.
_ROWS_FOR_TIES = 100


class SortedBy(enum.Enum):
    """Who sorts, and whether the first records can be had without reading all."""

    TIME = "time"  # the server sorts by time, as we do
    NUMBER = "number"  # the server sorts by a number, as we do
    SERVER = "server"  # only the server can sort: its records do not tell what they are sorted by
    CLIENT = "client"  # what text sorts like depends on the server, so all must be read


def sorted_by(resource: Resource, representation: str, order: Order | None) -> SortedBy:
    """How to read a resource in this order; without one, whatever comes first will do."""
    if order is None:
        return SortedBy.TIME if resource.time_field and representation == "entity" else SortedBy.SERVER
    if order.key not in (keys_of(resource) if representation == "entity" else _TOLD_BY_REFERENCES):
        return SortedBy.SERVER
    if order.key == resource.time_key and resource.time_field:
        return SortedBy.TIME
    if any(kind is Kind.INT and element == order.field for element, kind in resource.elements):
        return SortedBy.NUMBER
    return SortedBy.CLIENT


def size_for(limit: int, page_size: int) -> int:
    """Rows to ask for when only the first records are wanted."""
    return min(page_size, limit + _ROWS_FOR_TIES)


@dataclasses.dataclass(frozen=True)
class QueryPlan:
    """One filter expression and how it is read; without an order in that which loses no rows."""

    resource: Resource
    where: FilterExpr | None
    representation: str
    order: Order | None
    page_size: int

    @property
    def by_time(self) -> bool:
        wanted = self.order is None or self.order.field == self.resource.time_field
        return self.resource.time_field is not None and self.representation == "entity" and wanted

    @property
    def time_order(self) -> TimeOrder:
        descending = self.order is not None and self.order.descending
        return TimeOrder(self.resource.time_field or "", self.resource.time_key, descending)

    @property
    def sort(self) -> tuple[str, str | None]:
        if self.order is not None and self.order.field:
            return ("sortDesc" if self.order.descending else "sortAsc", self.order.field)
        return ("sortAsc", self.resource.time_field or (self.resource.fields[0] if self.resource.fields else None))
