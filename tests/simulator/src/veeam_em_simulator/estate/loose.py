# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate document tells beside jobs: restore sessions, and restore points without a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veeam_em_simulator.clock import MINUTE, parse_duration
from veeam_em_simulator.estate import infrastructure, model

if TYPE_CHECKING:
    from veeam_em_simulator.estate.reader import Reader

Path = tuple[str | int, ...]


def read_restore(reader: Reader, item: dict[str, Any], path: Path) -> model.RestoreSession:
    server = reader.server(item["backup_server"], path)
    machine, created = _machine(reader, item, path, server)
    return model.RestoreSession(
        machine,
        server,
        created,
        parse_duration(item["duration"]) if "duration" in item else 9 * MINUTE,
        item.get("result", "Success"),
        item.get("running", False),
        item.get("type", "RestoreVm"),
        item.get("reference", True),
    )


def read_point(reader: Reader, item: dict[str, Any], path: Path) -> model.LoosePoint:
    server = reader.server(item["backup_server"], path)
    machine, created = _machine(reader, item, path, server)
    job = None
    if "job" in item:
        job = reader.jobs.get(item["job"])
        if job is None or job.server is not server:
            raise reader.document.error((*path, "job"), f"the backup server '{server.name}' has no job '{item['job']}'")
    repository = reader.repository(item.get("repository", "Default Backup Repository"), server, path)
    return model.LoosePoint(
        machine=machine,
        server=server,
        created=created,
        backup=item.get("backup", f"{machine.label}_imported"),
        repository=job.repository if job and "repository" not in item else repository,
        job=job,
        full=item.get("full", True),
        state=item.get("state", "kept"),
    )


def _machine(
    reader: Reader, item: dict[str, Any], path: Path, server: infrastructure.Server
) -> tuple[infrastructure.Machine | infrastructure.Computer, int]:
    """The machine or computer, and the moment; a mistake when the server did not see the machine then."""
    created = reader.moment(item["created"], (*path, "created"))
    if "computer" in item:
        return reader.computer(item["computer"], (*path, "computer")), created
    here = (*path, "machine")
    machine = reader.machine(item["machine"], item.get("on"), server, here)
    root = machine.at(created).root
    if server.id not in root.ids:
        where = f"on '{root.name}', which the backup server '{server.name}' does not have"
        raise reader.document.error(here, f"the machine '{machine.label}' was then {where}")
    return machine, created
