# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup service: what is registered at a hypervisor, as it was at the last collection from the root's backup server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veeam_em_simulator.estate.infrastructure import NO_ITEMS
from veeam_em_simulator.identifiers import guid_of
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.web import documents
from veeam_em_simulator.web.call import ApiError
from veeam_em_simulator.wire.model import Element

if TYPE_CHECKING:
    from veeam_em_simulator.web.routes import Visit


def lookup_service(visit: Visit) -> Element:
    roots = visit.context.database.rows("SELECT id, name, host_type FROM hierarchy_roots ORDER BY id")
    return documents.lookup_service(visit.context.base, visit.session.id, roots)


def lookup(visit: Visit) -> Element:
    """By host, name (`*` is the wildcard) and type, or by the reference of an object."""
    reference = visit.call.parameter("hierarchyRef")
    if reference is not None:
        return documents.hierarchy_items(_by_reference(visit, reference))
    host, name, kind = (visit.call.parameter(key) for key in ("host", "name", "type"))
    if host is None or name is None or kind is None:
        raise ApiError(400, "The lookup needs host, name and type, or hierarchyRef.")
    root = visit.context.database.one("SELECT * FROM hierarchy_roots WHERE id = ?", (guid_of(host),))
    if root is None:
        raise ApiError(404, f"The host {host} is not found.")
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.IGNORECASE)
    found = _items(visit, root, "lower(t.type) = ?", kind.lower())
    return documents.hierarchy_items([row for row in found if pattern.fullmatch(row["name"])])


def _by_reference(visit: Visit, reference: str) -> list[Row]:
    """Absent objects are an error here: clients take any other answer for a find."""
    roots = visit.context.database.rows(
        "SELECT * FROM hierarchy_roots WHERE id IN (SELECT root_id FROM hierarchy_items WHERE lower(ref) = ?)", (reference.lower(),)
    )
    found = [row for root in roots for row in _items(visit, root, "lower(t.ref) = ?", reference.lower())]
    if not found:
        raise ApiError(404, f"The object {reference} is not found.")
    return found


def _items(visit: Visit, root: Row, where: str, value: str) -> list[Row]:
    """What the root shows to this account."""
    fault = root["lookup_fault"]
    if fault == NO_ITEMS:
        return []
    if fault is not None:
        raise ApiError(fault, f"Failed to get the infrastructure of the host {root['name']}.")
    seen, names = visit.context.visible("hierarchy_items")
    as_of = visit.context.site.collected[root["server_id"]]
    return visit.context.database.rows(
        f"SELECT t.* FROM hierarchy_items t WHERE t.root_id = ? AND {where} AND {seen}"
        " AND (t.since IS NULL OR t.since <= ?) AND (t.until IS NULL OR t.until > ?) ORDER BY t.ref",
        (root["id"], value, *names, as_of, as_of),
    )
