# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and sessions of an estate document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veeam_em_simulator.clock import HOUR, MINUTE, SECOND, parse_duration
from veeam_em_simulator.estate import model
from veeam_em_simulator.estate.names import expand_names, parse_size

if TYPE_CHECKING:
    from veeam_em_simulator.estate.reader import Reader

Path = tuple[str | int, ...]


def read_job(reader: Reader, item: dict[str, Any], path: Path) -> model.Job:
    server = reader.server(item["backup_server"], path)
    repository_name = item.get("repository", "Default Backup Repository")
    repository = reader.repositories.get((server.name, repository_name))
    if repository is None:
        raise reader.document.error(
            (*path, "repository"), f"the backup server '{server.name}' has no repository '{repository_name}'"
        )
    sources = []
    for number, name in enumerate(item.get("source_jobs", ())):
        if name not in reader.jobs:
            raise reader.document.error((*path, "source_jobs", number), f"there is no job '{name}' above this one")
        sources.append(reader.jobs[name])
    members = tuple(_members(reader, item, path, server)) or tuple(m for job in sources for m in job.members)
    if not members:
        raise reader.document.error(path, f"the job '{item['name']}' protects nothing: give it {_members_key(item['type'])}")
    return model.Job(
        id=reader.guid("job", item["name"]),
        name=item["name"],
        server=server,
        type=item["type"],
        description=item.get("description", "Created by EM01\\admin"),
        repository=repository,
        members=members,
        source_jobs=tuple(sources),
        container=model.Container(**item["container"]) if "container" in item else None,
        schedule=_schedule(reader, item.get("schedule"), (*path, "schedule")),
        enabled=item.get("enabled", True),
        history=parse_duration(item["history"]) if "history" in item else 0,
        retention=item.get("retention", 14),
        per_machine=item.get("per_machine", True),
        task_duration=parse_duration(item["duration"]) if "duration" in item else 6 * MINUTE,
        chance=model.Chance(**item.get("chance", {})),
        outcomes=tuple(_outcome(outcome) for outcome in item.get("outcomes", ())),
    )


def _members_key(job_type: str) -> str:
    keys = {"AgentBackup": "computers", "NasBackup": "shares", "BackupCopy": "source_jobs", "ImmediateBackupCopy": "source_jobs"}
    return keys.get(job_type, "machines")


def _members(reader: Reader, item: dict[str, Any], path: Path, server: model.Server) -> list[model.Member]:
    found: list[model.Member] = []
    for number, member in enumerate(item.get("machines", ())):
        here = (*path, "machines", number)
        if isinstance(member, dict):
            found.append(reader.machine(member["name"], member["on"], server, here))
        else:
            found.extend(reader.machine(name, None, server, here) for name in expand_names(member))
    for number, pattern in enumerate(item.get("computers", ())):
        for name in expand_names(pattern):
            if name not in reader.computers:
                raise reader.document.error((*path, "computers", number), f"there is no computer '{name}'")
            found.append(reader.computers[name])
    for number, share in enumerate(item.get("shares", ())):
        file_server = reader.file_servers.get(share["file_server"])
        if file_server is None:
            raise reader.document.error((*path, "shares", number), f"there is no file server '{share['file_server']}'")
        share_id = reader.guid("share", item["name"], share["path"])
        found.append(model.Share(share_id, file_server, share["path"], parse_size(share.get("size", "2TB"))))
    return found


def _schedule(reader: Reader, item: dict[str, Any] | None, path: Path) -> model.Schedule | None:
    if item is None:
        return None
    if "every" in item:
        last = reader.moment(item.get("last", "-8h"), (*path, "last"))
        return model.Schedule(every=parse_duration(item["every"]), last=last - last % SECOND)
    if "daily" in item:
        hours, minutes = item["daily"].split(":")
        return model.Schedule(daily=int(hours) * HOUR + int(minutes) * MINUTE, days=tuple(item.get("days", ())))
    return model.Schedule(continuous=True)


def _outcome(item: dict[str, Any]) -> model.Outcome:
    machine = item.get("machine", "*")
    retry = item.get("retry", [])
    return model.Outcome(
        machines=tuple(name for pattern in ([machine] if isinstance(machine, str) else machine) for name in expand_names(pattern)),
        runs=item.get("runs", 0),
        result=item.get("result"),
        reason=item.get("reason"),
        retry=(retry,) if isinstance(retry, str) else tuple(retry),
        running=item.get("running", False),
        skipped=item.get("skipped", False),
        point=item.get("point", "kept"),
    )


def read_session(reader: Reader, item: dict[str, Any], path: Path) -> model.ExplicitSession:
    job = reader.jobs.get(item["job"])
    if job is None:
        raise reader.document.error((*path, "job"), f"there is no job '{item['job']}'")
    created = reader.moment(item["created"], (*path, "created"))
    tasks = []
    for number, task in enumerate(item.get("tasks", ())):
        here = (*path, "tasks", number)
        found = [m for m in job.members if task["machine"] in (m.name, m.display_name)]
        if "on" in task:
            found = [m for m in found if isinstance(m, model.Machine) and m.root.name == task["on"]]
        if not found:
            raise reader.document.error((*here, "machine"), f"the job '{job.name}' does not protect '{task['machine']}'")
        tasks.append(
            model.ExplicitTask(
                member=found[0],
                created=reader.moment(task["created"], (*here, "created")) if "created" in task else None,
                duration=parse_duration(task["duration"]) if "duration" in task else None,
                running=task.get("running", False),
                result=task.get("result", "Success"),
                reason=task.get("reason"),
                total_size=parse_size(task["total_size"]) if "total_size" in task else None,
                point=task.get("point", "kept"),
            )
        )
    return model.ExplicitSession(
        job=job,
        created=created,
        duration=parse_duration(item["duration"]) if "duration" in item else None,
        running=item.get("running", False),
        result=item.get("result"),
        is_retry=item.get("is_retry", False),
        failure_message=item.get("failure_message"),
        tasks=tuple(tasks),
    )
