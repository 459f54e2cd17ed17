# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, one file per topic."""

from __future__ import annotations

from conformance.notation import Entity
from conformance.tables import agents, infrastructure, jobs, points, sessions

ENTITIES: dict[str, Entity] = {
    entity.type: entity
    for entity in (*infrastructure.ENTITIES, *sessions.ENTITIES, *points.ENTITIES, *jobs.ENTITIES, *agents.ENTITIES)
}
