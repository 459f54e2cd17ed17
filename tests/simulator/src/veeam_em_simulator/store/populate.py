# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a new database with an estate as Enterprise Manager knew it at its last collection."""

from __future__ import annotations

from veeam_em_simulator.clock import DAY, HOUR, MINUTE, SECOND, midnight
from veeam_em_simulator.estate.model import Estate, Job, Machine, Server, Share
from veeam_em_simulator.history.derive import next_run, past_sessions
from veeam_em_simulator.history.plan import SessionPlan, finished
from veeam_em_simulator.identifiers import NIL, stable_guid
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.store.writer import Writer

_COLLECTIONS_TOLD = 2 * DAY
_FAMILIES = {"AgentBackup": "agent", "NasBackup": "nas"}


def populate(writer: Writer, estate: Estate, profile: Profile, now: int) -> dict[str, list[SessionPlan]]:
    """The newest run of every job, which may be unfinished or too young to have been collected."""
    collected = estate.settings.last_collection
    _infrastructure(writer, estate, profile)
    for job in estate.jobs:
        if profile.nas or job.type != "NasBackup":
            _job(writer, job, profile, now)
    newest: dict[str, list[SessionPlan]] = {}
    for run in past_sessions(estate, now, profile.periodic_copy_type):
        if not run or (run[0].job.type == "NasBackup" and not profile.nas):
            continue
        if run[0].created >= collected - estate.settings.session_retention:
            writer.run(run, collected)
        known = newest.get(run[0].job.id)
        if known is None or known[0].created < run[0].created or not finished(run, now):
            newest[run[0].job.id] = run
    _restores(writer, estate, collected)
    if profile.system_sessions:
        _system_sessions(writer, estate, collected)
    writer.flush()
    return newest


def _infrastructure(writer: Writer, estate: Estate, profile: Profile) -> None:
    for server in estate.servers:
        thumbprint = (stable_guid(estate.seed, "thumbprint", server.name) * 2).replace("-", "").upper()[:40]
        writer.add(
            "backup_servers",
            server.id,
            server.name,
            server.description,
            server.port or profile.backup_server_port,
            server.version or profile.backup_server_version,
            thumbprint,
        )
        own = stable_guid(estate.seed, "managed", server.name)
        writer.add("managed_servers", own, server.name, server.id, "Backup server", "BackupServer")
    by_id = {server.id: server for server in estate.servers}
    for root in estate.roots:
        for server_id, guid in root.ids.items():
            writer.add("hierarchy_roots", guid, root.name, server_id, root.unique_id, root.host_type)
            writer.add("managed_servers", guid, root.name, server_id, f"Created by {by_id[server_id].name}", root.host_type)
    for repository in estate.repositories:
        writer.add(
            "repositories", repository.id, repository.name, repository.server.id, repository.capacity, repository.free, repository.kind
        )
    _hierarchy_items(writer, estate)
    for group in estate.groups:
        writer.add("protection_groups", group.id, group.name, group.server.id)
    for computer in estate.computers:
        prefix = "AgentForWindows"  # also for Linux hosts
        ref = f"urn:{prefix}:VeeamAgent:{NIL}.{stable_guid(estate.seed, 'agent', computer.name)}"
        writer.add(
            "discovered_computers", computer.id, computer.name, computer.group.server.id, computer.group.id, computer.host_status,
            computer.agent_version, computer.agent_status, computer.os, computer.ip, ref,
        )
    for file_server in estate.file_servers:
        writer.add("file_servers", file_server.id, file_server.name, file_server.server.id, file_server.kind)


def _hierarchy_items(writer: Writer, estate: Estate) -> None:
    for machine in estate.machines:
        for guid in machine.root.ids.values():
            writer.add("hierarchy_items", guid, f"urn:{machine.root.platform}:Vm:{guid}.{machine.ref}", "Vm", machine.name)
    for root in estate.roots:
        tags = sorted({tag for machine in estate.machines if machine.root is root for tag in machine.tags})
        for guid in root.ids.values():
            for number, tag in enumerate(tags):
                ref = f"urn:VMware:Tag:{guid}.urn:vmomi:InventoryServiceTag:{number + 1}:GLOBAL"
                writer.add("hierarchy_items", guid, ref, "Tag", tag)
    for job in estate.jobs:
        if job.container and isinstance(job.members[0], Machine):
            root = job.members[0].root
            guid = root.ids[job.server.id]
            ref = f"urn:{root.platform}:{job.container.type}:{guid}.{job.container.ref}"
            writer.add("hierarchy_items", guid, ref, job.container.type, job.container.name)


def _job(writer: Writer, job: Job, profile: Profile, now: int) -> None:
    job_type = profile.periodic_copy_type if job.type == "BackupCopy" else job.type
    next_start = next_run(job.schedule, now)
    writer.add(
        "jobs", job.id, job.name, job.server.id, _FAMILIES.get(job.type, "vm"), job_type, job.platform, job.description,
        job.schedule is not None, job.enabled and job.schedule is not None, writer.time(next_start) if job.enabled else None,
        job.repository.id,
    )
    _job_objects(writer, job)
    if job.type == "Replica":
        writer.add(
            "replicas", writer.replica_id(job), job.name, job.server.id, job.id, job.name, job.repository.id, job.platform
        )
    elif job.type != "NasBackup":
        family = "agent" if job.type == "AgentBackup" else "vm"
        source = next((member for member in job.members if isinstance(member, Machine)), None)
        platform = source.root.platform if source else job.platform
        writer.add(
            "backups", writer.backup_id(job), job.name, job.server.id, job.id, job.name, job.repository.id, platform, "Standard", family
        )


def _job_objects(writer: Writer, job: Job) -> None:
    if job.container and isinstance(job.members[0], Machine):
        root = job.members[0].root
        ref = f"urn:{root.platform}:{job.container.type}:{root.ids[job.server.id]}.{job.container.ref}"
        guid = stable_guid(0, "object", job.id, job.container.ref)
        writer.add("job_objects", guid, job.id, job.server.id, 0, job.container.name, ref, None, None)
        return
    for position, member in enumerate(job.members):
        guid = stable_guid(0, "object", job.id, str(position))
        if isinstance(member, Share):
            ref, server = f"urn:NasBackup:BackupServer:{job.server.id}", member.file_server.id
            writer.add("job_objects", guid, job.id, job.server.id, position, member.name, ref, server, member.path)
        else:
            ref = member.uid(job.server) if isinstance(member, Machine) else f"urn:{member.platform}:VeeamAgent:{NIL}.{member.id}"
            writer.add("job_objects", guid, job.id, job.server.id, position, member.name, ref, None, None)


def _restores(writer: Writer, estate: Estate, collected: int) -> None:
    for number, restore in enumerate(estate.restore_sessions):
        if restore.created > collected:
            continue
        ended = None if restore.running or restore.created + restore.duration > collected else restore.created + restore.duration
        name = restore.machine.display_name
        writer.add(
            "restore_sessions", stable_guid(estate.seed, "restore", str(number)), writer.at(name, restore.created), restore.server.id,
            None, name, "RestoreVm", writer.time(restore.created), writer.time(ended), "Stopped" if ended else "Working",
            restore.result if ended else "None", 100 if ended else 40, None, False, None, name, restore.machine.uid(restore.server),
        )


def add_collection(writer: Writer, seed: int, moment: int, servers: list[Server]) -> None:
    """The system session of a collection."""
    _system(writer, seed, "CollectJob", "Collect Job", moment, 21 * SECOND + len(servers) * SECOND)


def _system(writer: Writer, seed: int, kind: str, title: str, moment: int, took: int) -> None:
    start = moment - took
    writer.add(
        "system_sessions", stable_guid(seed, kind, str(start)), writer.at(f"{title} ", start), kind, writer.time(start),
        writer.time(moment), "CompletedSuccessfully", "Success", f"{title} has been completed successfully",
    )


def _system_sessions(writer: Writer, estate: Estate, collected: int) -> None:
    interval = estate.settings.collection_interval or HOUR
    moment = collected
    while moment > collected - _COLLECTIONS_TOLD:
        add_collection(writer, estate.seed, moment, list(estate.servers))
        moment -= interval
    for day in range(30):
        night = midnight(collected) - day * DAY + 30 * MINUTE
        if night <= collected:
            _system(writer, estate.seed, "DatabaseMaintenance", "Database Maintenance", night, 95 * SECOND)
            _system(writer, estate.seed, "CatalogReplicationJob", "Catalog Replication", night + 5 * MINUTE, 40 * SECOND)
