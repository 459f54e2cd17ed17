# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that change rows between two pages, as a collection in the middle of a client's paging does."""

from __future__ import annotations

from random import Random

from veeam_em_simulator.clock import SECOND
from veeam_em_simulator.enterprise import Enterprise
from veeam_em_simulator.identifiers import random_guid
from veeam_em_simulator.query.fields import QUERY_TYPES
from veeam_em_simulator.web.call import Call


def disturb(enterprise: Enterprise, call: Call, kind: str, rows: int, at: str) -> None:
    """Adds or removes rows of the queried type at the old or the new end of time."""
    query_type = QUERY_TYPES.get((call.parameter("type") or "").lower())
    if query_type is None or "creationtime" not in query_type.fields:
        return
    table, database = query_type.table, enterprise.database
    order = "ASC" if at == "oldest" else "DESC"
    found = database.rows(f"SELECT * FROM {table} ORDER BY creation_time {order}, id {order} LIMIT ?", (rows,))
    if kind == "rows_removed":
        for row in found:
            database.execute(f"DELETE FROM {table} WHERE id = ?", (row["id"],))
        return
    rng = Random(f"disturb|{table}|{database.value(f'SELECT COUNT(*) FROM {table}')}")
    step = -SECOND if at == "oldest" else SECOND
    for row in found:
        copy = dict(row) | {"id": random_guid(rng), "creation_time": row["creation_time"] + step}
        database.insert(table, [tuple(copy.values())])
