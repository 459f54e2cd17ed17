# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and sessions of an estate document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veeam_em_simulator.clock import HOUR, MINUTE, SECOND, parse_duration
from veeam_em_simulator.estate import infrastructure, model
from veeam_em_simulator.estate.names import expand_names, parse_size

if TYPE_CHECKING:
    from veeam_em_simulator.estate.reader import Reader

Path = tuple[str | int, ...]


def read_job(reader: Reader, item: dict[str, Any], path: Path) -> model.Job:
    server = reader.server(item["backup_server"], path)
    repository = reader.repository(item.get("repository", "Default Backup Repository"), server, path)
    sources = []
    for number, name in enumerate(item.get("source_jobs", ())):
        if name not in reader.jobs:
            raise reader.document.error((*path, "source_jobs", number), f"there is no job '{name}' above this one")
        source = reader.jobs[name]
        for member, stay in _with_stays(source):
            if isinstance(member, infrastructure.Machine):
                _reachable(reader, member, stay, server, (*path, "source_jobs", number))
        sources.append(source)
    told = _members(reader, item, path, server) or [pair for job in sources for pair in _with_stays(job)]
    members = tuple(member for member, _ in told)
    stays = tuple(stay for _, stay in told)
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
        stays=stays if any(stay != _ALWAYS for stay in stays) else (),
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


_ALWAYS = model.Stay()
Told = tuple[infrastructure.Member, model.Stay]


def _with_stays(job: model.Job) -> list[Told]:
    return list(zip(job.members, job.stays or [_ALWAYS] * len(job.members), strict=True))


def _members(reader: Reader, item: dict[str, Any], path: Path, server: infrastructure.Server) -> list[Told]:
    found: list[Told] = []
    for number, member in enumerate(item.get("machines", ())):
        here = (*path, "machines", number)
        if isinstance(member, dict):
            stay = _stay(reader, member, here)
            found.append((_reachable(reader, reader.machine(member["name"], member.get("on"), server, here), stay, server, here), stay))
        else:
            machines = (reader.machine(name, None, server, here) for name in expand_names(member))
            found.extend((_reachable(reader, machine, _ALWAYS, server, here), _ALWAYS) for machine in machines)
    for number, member in enumerate(item.get("computers", ())):
        here = (*path, "computers", number)
        if isinstance(member, dict):
            found.append((reader.computer(member["name"], here), _stay(reader, member, here)))
        else:
            found.extend((reader.computer(name, here), _ALWAYS) for name in expand_names(member))
    for number, share in enumerate(item.get("shares", ())):
        file_server = reader.file_servers.get(share["file_server"])
        if file_server is None:
            raise reader.document.error((*path, "shares", number), f"there is no file server '{share['file_server']}'")
        share_id = reader.guid("share", item["name"], share["path"])
        size = parse_size(share.get("size", "2TB"))
        found.append((infrastructure.Share(share_id, file_server, share["path"], size), _ALWAYS))
    return found


def _stay(reader: Reader, item: dict[str, Any], path: Path) -> model.Stay:
    joined, left = (reader.moment(item[key], (*path, key)) if key in item else None for key in ("joined", "left"))
    if joined is not None and left is not None and left <= joined:
        raise reader.document.error((*path, "left"), "a machine leaves a job after it joined it")
    return model.Stay(joined, left)


def _reachable(
    reader: Reader, machine: infrastructure.Machine, stay: model.Stay, server: infrastructure.Server, path: Path
) -> infrastructure.Machine:
    """The machine; a mistake when it moves to where the job's backup server does not see it while it is in the job."""
    for since, until, state in machine.spans():
        begins_after = stay.left is not None and since is not None and since >= stay.left
        ends_before = stay.joined is not None and until is not None and until <= stay.joined
        if server.id not in state.root.ids and not begins_after and not ends_before:
            where = f"'{state.root.name}', which the backup server '{server.name}' does not have"
            raise reader.document.error(path, f"the machine '{machine.label}' is for a time on {where}: say when it joined or left the job")
    return machine


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
        session=item.get("session"),
        failure_message=item.get("failure_message"),
        missing=_missing(item),
    )


def _missing(item: dict[str, Any]) -> tuple[model.Missing, ...]:
    given = item.get("missing", [])
    return (given,) if isinstance(given, str) else tuple(given)


def read_session(reader: Reader, item: dict[str, Any], path: Path) -> model.ExplicitSession:
    job = reader.jobs.get(item["job"])
    if job is None:
        raise reader.document.error((*path, "job"), f"there is no job '{item['job']}'")
    created = reader.moment(item["created"], (*path, "created"))
    tasks = []
    for number, task in enumerate(item.get("tasks", ())):
        here = (*path, "tasks", number)
        found = [m for m in job.members if task["machine"] in (m.label, m.name, m.display_name)]
        if "on" in task:
            found = [m for m in found if isinstance(m, infrastructure.Machine) and m.root.name == task["on"]]
        found.sort(key=lambda member: member.label != task["machine"])
        if not found:
            raise reader.document.error((*here, "machine"), f"the job '{job.name}' does not protect '{task['machine']}'")
        at = reader.moment(task["created"], (*here, "created")) if "created" in task else None
        state = found[0].at(created if at is None else at)
        if isinstance(state, infrastructure.Machine) and job.server.id not in state.root.ids:
            where = f"'{state.root.name}', which the backup server '{job.server.name}' does not have"
            raise reader.document.error((*here, "machine"), f"the machine '{task['machine']}' was then on {where}")
        tasks.append(
            model.ExplicitTask(
                member=found[0],
                created=at,
                duration=parse_duration(task["duration"]) if "duration" in task else None,
                running=task.get("running", False),
                result=task.get("result", "Success"),
                reason=task.get("reason"),
                total_size=parse_size(task["total_size"]) if "total_size" in task else None,
                point=task.get("point", "kept"),
                session=task.get("session"),
                failure_message=task.get("failure_message"),
                missing=_missing(task),
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
        missing=item.get("missing", False),
        tasks=tuple(tasks),
    )
