# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a new database with an estate as Enterprise Manager knew it at its last collection."""

from __future__ import annotations

from veeam_em_simulator.estate.infrastructure import Machine, Share
from veeam_em_simulator.estate.model import Estate, Job
from veeam_em_simulator.history.derive import next_run, past_sessions
from veeam_em_simulator.history.plan import SessionPlan, Underway, finished
from veeam_em_simulator.identifiers import NIL, stable_guid
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.store.besides import add_loose_points, add_restores
from veeam_em_simulator.store.collecting import add_system_sessions
from veeam_em_simulator.store.writer import Writer


def populate(writer: Writer, estate: Estate, profile: Profile, now: int) -> Underway:
    """What runs go on, or are too young to have been collected."""
    _infrastructure(writer, estate, profile)
    for job in estate.jobs:
        if profile.nas or job.family != "nas":
            _job(writer, job, profile, now, estate.collected(job.server))
    underway = Underway({}, [])
    for run in past_sessions(estate, now, profile.periodic_copy_type):
        if not run or (run[0].job.family == "nas" and not profile.nas):
            continue
        collected = estate.collected(run[0].job.server)
        if run[0].created >= collected - estate.settings.session_retention:
            writer.run(run, collected)
        known = underway.newest.get(run[0].job.id)
        if known is None or _rank(known, now) < _rank(run, now):
            underway.newest[run[0].job.id] = run
        if not finished(run, collected):
            underway.uncollected.append(run)
    add_restores(writer, estate)
    add_loose_points(writer, estate)
    if profile.system_sessions:
        add_system_sessions(writer, estate)
    writer.flush()
    return underway


def _rank(run: list[SessionPlan], now: int) -> tuple[bool, int]:
    return not finished(run, now), run[0].created


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
        for server_id in root.ids:
            guid = root.listed_id(server_id)
            writer.add("hierarchy_roots", guid, root.name, server_id, root.unique_id, root.host_type, root.lookup.get(server_id))
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
        for since, until, state in machine.spans():
            for server_id, guid in state.root.ids.items():
                listed = state.root.listed_id(server_id)
                ref = f"urn:{state.root.platform}:Vm:{listed if state.root.lookup_lists else guid}.{state.ref}"
                writer.add("hierarchy_items", listed, ref, "Vm", state.lookup_name or state.name, since, until)
    for root in estate.roots:
        tags = sorted({tag for machine in estate.machines if machine.root is root for tag in machine.tags})
        for guid in map(root.listed_id, root.ids):
            for number, tag in enumerate(tags):
                ref = f"urn:VMware:Tag:{guid}.urn:vmomi:InventoryServiceTag:{number + 1}:GLOBAL"
                writer.add("hierarchy_items", guid, ref, "Tag", tag, None, None)
    for job in estate.jobs:
        if job.container and isinstance(job.members[0], Machine):
            root = job.members[0].root
            guid = root.ids[job.server.id]
            ref = f"urn:{root.platform}:{job.container.type}:{guid}.{job.container.ref}"
            writer.add("hierarchy_items", root.listed_id(job.server.id), ref, job.container.type, job.container.name, None, None)


def _job(writer: Writer, job: Job, profile: Profile, now: int, collected: int) -> None:
    job_type = profile.periodic_copy_type if job.type == "BackupCopy" else job.type
    next_start = next_run(job.schedule, now)
    writer.add(
        "jobs", job.id, job.name, job.server.id, job.family, job_type, job.platform, job.description,
        job.schedule is not None, job.enabled and job.schedule is not None, writer.time(next_start) if job.enabled else None,
        job.repository.id,
    )
    _job_objects(writer, job, collected)
    if job.type == "Replica":
        writer.add(
            "replicas", writer.replica_id(job), job.name, job.server.id, job.id, job.name, job.repository.id, job.platform
        )
    elif job.family != "nas":
        source = next((member for member in job.members if isinstance(member, Machine)), None)
        platform = source.root.platform if source else job.platform
        writer.add(
            "backups", writer.backup_id(job), job.name, job.server.id, job.id, job.name, job.repository.id, platform, "Standard", job.family
        )


def _job_objects(writer: Writer, job: Job, collected: int) -> None:
    if job.container and isinstance(job.members[0], Machine):
        root = job.members[0].root
        ref = f"urn:{root.platform}:{job.container.type}:{root.ids[job.server.id]}.{job.container.ref}"
        guid = stable_guid(0, "object", job.id, job.container.ref)
        writer.add("job_objects", guid, job.id, job.server.id, 0, job.container.name, ref, None, None)
        return
    for position, known in enumerate(job.members_at(collected)):
        if isinstance(known, Machine) and known.created is not None and known.created > collected:
            continue
        member = known.at(collected)
        guid = stable_guid(0, "object", job.id, str(position))
        if isinstance(member, Share):
            ref, server = f"urn:NasBackup:BackupServer:{job.server.id}", member.file_server.id
            writer.add("job_objects", guid, job.id, job.server.id, position, member.name, ref, server, member.path)
        else:
            ref = member.uid(job.server) if isinstance(member, Machine) else f"urn:{member.platform}:VeeamAgent:{NIL}.{member.id}"
            writer.add("job_objects", guid, job.id, job.server.id, position, member.name, ref, None, None)
