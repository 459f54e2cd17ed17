# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the database beside the runs of jobs: restore sessions, and restore points that no task made."""

from __future__ import annotations

from random import Random

from veeam_em_simulator.estate.infrastructure import Machine
from veeam_em_simulator.estate.model import Estate, LoosePoint
from veeam_em_simulator.history.plan import PointPlan
from veeam_em_simulator.identifiers import random_guid, stable_guid
from veeam_em_simulator.store.writer import Writer


def add_restores(writer: Writer, estate: Estate) -> None:
    for number, restore in enumerate(estate.restore_sessions):
        collected = estate.collected(restore.server)
        if restore.created > collected:
            continue
        ended = None if restore.running or restore.created + restore.duration > collected else restore.created + restore.duration
        machine = restore.machine.at(restore.created)
        name = machine.display_name
        ref = machine.uid(restore.server) if restore.reference and isinstance(machine, Machine) else None
        writer.add(
            "restore_sessions", stable_guid(estate.seed, "restore", str(number)), writer.at(name, restore.created), restore.server.id,
            None, name, restore.type, writer.time(restore.created), writer.time(ended), "Stopped" if ended else "Working",
            restore.result if ended else "None", 100 if ended else 40, None, False, None, name, ref,
        )


def add_loose_points(writer: Writer, estate: Estate) -> None:
    for number, told in enumerate(estate.restore_points):
        if told.created > estate.collected(told.server):
            continue
        rng = Random(f"{estate.seed}|point|{told.machine.label}|{number}")
        writer.loose_point(told, PointPlan(random_guid(rng), told.created, told.full, True, True, told.state), _backup(writer, estate, told))


def _backup(writer: Writer, estate: Estate, told: LoosePoint) -> str:
    """The id of the backup that the point is in: a job's, or one of its own."""
    if told.job is not None and told.repository is told.job.repository:
        return writer.backup_id(told.job)
    guid = stable_guid(estate.seed, "loose backup", told.server.name, told.repository.name, told.backup)
    machine = told.machine.at(told.created)
    platform, family = (machine.root.platform, "vm") if isinstance(machine, Machine) else (machine.platform, "agent")
    job_id = None if told.job is None else told.job.id
    writer.add(
        "backups", guid, told.backup, told.server.id, job_id, told.backup, told.repository.id, platform, "Standard", family
    )
    return guid
