# SPDX-License-Identifier: GPL-3.0-or-later
"""Every key resource with its collections: the one table that the routes and the query service read."""

from __future__ import annotations

from dataclasses import dataclass

from veeam_em_simulator.resources import infrastructure, jobs, points, sessions
from veeam_em_simulator.resources.base import USERS, Resource

RESOURCES: tuple[Resource, ...] = (
    infrastructure.BACKUP_SERVERS,
    infrastructure.MANAGED_SERVERS,
    infrastructure.HIERARCHY_ROOTS,
    infrastructure.REPOSITORIES,
    infrastructure.PROTECTION_GROUPS,
    infrastructure.DISCOVERED_COMPUTERS,
    infrastructure.FILE_SERVERS,
    infrastructure.SYSTEM_SESSIONS,
    jobs.JOBS,
    jobs.AGENT_JOBS,
    jobs.NAS_JOBS,
    sessions.BACKUP_SESSIONS,
    sessions.BACKUP_TASK_SESSIONS,
    sessions.REPLICA_SESSIONS,
    sessions.REPLICA_TASK_SESSIONS,
    sessions.RESTORE_SESSIONS,
    points.BACKUPS,
    points.BACKUP_FILES,
    points.RESTORE_POINTS,
    points.VM_RESTORE_POINTS,
    points.AGENT_RESTORE_POINTS,
    points.REPLICAS,
    points.VM_REPLICA_POINTS,
)

BY_TYPE: dict[str, Resource] = {resource.type.lower(): resource for resource in RESOURCES}


@dataclass(frozen=True)
class Collection:
    """A list of a resource at a path; `{id}` in the path is a GUID that `where` takes as its one value."""

    path: str
    resource: Resource
    where: str = "1"
    parent: Resource | None = None
    role: frozenset[str] | None = None
    """Who may read it, where the parent's readers are not the right ones."""
    windowed: bool = True
    """Shows the last 30 days if its resource does; the sessions of one job are shown whole."""

    @property
    def readers(self) -> frozenset[str]:
        if self.role is not None:
            return self.role
        return self.resource.role if self.parent is None else self.resource.role & self.parent.role


def _collections() -> list[Collection]:
    s, i, p, j = sessions, infrastructure, points, jobs
    found = [Collection(resource.path, resource) for resource in RESOURCES]
    found += [
        Collection("repicaTaskSessions", s.REPLICA_TASK_SESSIONS),
        Collection("agents/backupSessions", s.BACKUP_SESSIONS, "t.job_id IN (SELECT id FROM jobs WHERE family = 'agent')"),
        Collection("nas/backupSessions", s.BACKUP_SESSIONS, "t.job_id IN (SELECT id FROM jobs WHERE family = 'nas')"),
        Collection("agents/backups", p.BACKUPS, "t.family = 'agent'"),
        Collection("agents/backupFiles", p.BACKUP_FILES, "t.family = 'agent'"),
        Collection("agents/restorePoints", p.RESTORE_POINTS, "t.family = 'agent'"),
    ]
    below = (
        (i.BACKUP_SERVERS, "jobs", j.JOBS, "t.server_id = ?"),
        (i.BACKUP_SERVERS, "managedServers", i.MANAGED_SERVERS, "t.server_id = ?"),
        (i.BACKUP_SERVERS, "repositories", i.REPOSITORIES, "t.server_id = ?"),
        (s.BACKUP_SESSIONS, "taskSessions", s.BACKUP_TASK_SESSIONS, "t.session_id = ?"),
        (s.BACKUP_SESSIONS, "agentManagementSessions", s.BACKUP_SESSIONS, "t.parent_id = ? AND t.job_type = 'AgentManagement'"),
        (s.REPLICA_SESSIONS, "replicaTaskSessions", s.REPLICA_TASK_SESSIONS, "t.session_id = ?"),
        (s.REPLICA_SESSIONS, "repicaTaskSessions", s.REPLICA_TASK_SESSIONS, "t.session_id = ?"),
        (i.PROTECTION_GROUPS, "discoveredComputers", i.DISCOVERED_COMPUTERS, "t.group_id = ?"),
        (i.REPOSITORIES, "backups", p.BACKUPS, "t.repository_id = ?"),
        (i.REPOSITORIES, "replicas", p.REPLICAS, "t.repository_id = ?"),
        (p.BACKUPS, "restorePoints", p.RESTORE_POINTS, "t.backup_id = ?"),
        (p.BACKUPS, "backupFiles", p.BACKUP_FILES, "t.backup_id = ?"),
        (p.BACKUP_FILES, "vmRestorePoints", p.VM_RESTORE_POINTS, "t.backup_file_id = ?"),
        (p.BACKUP_FILES, "restorePoints", p.RESTORE_POINTS, "t.id = (SELECT restore_point_id FROM backup_files WHERE id = ?)"),
        (p.RESTORE_POINTS, "vmRestorePoints", p.VM_RESTORE_POINTS, "t.restore_point_id = ?"),
        (p.RESTORE_POINTS, "agentRestorePoints", p.AGENT_RESTORE_POINTS, "t.restore_point_id = ?"),
        (p.RESTORE_POINTS, "backupFiles", p.BACKUP_FILES, "t.restore_point_id = ?"),
        (p.REPLICAS, "vmReplicaPoints", p.VM_REPLICA_POINTS, "t.replica_id = ?"),
    )
    of_job = "t.job_id = ?"
    found += [
        Collection("jobs/{id}/backupSessions", s.BACKUP_SESSIONS, of_job, j.JOBS, windowed=False),
        Collection("jobs/{id}/replicaSessions", s.REPLICA_SESSIONS, of_job, j.JOBS, windowed=False),
        Collection("agents/jobs/{id}/backupSessions", s.BACKUP_SESSIONS, of_job, j.AGENT_JOBS, windowed=False),
        # The one thing below a NAS job that a Portal User may see
        Collection("nas/jobs/{id}/backupSessions", s.BACKUP_SESSIONS, of_job, j.NAS_JOBS, role=USERS),
    ]
    found += [
        Collection(f"{parent.path}/{{id}}/{segment}", resource, where, parent) for parent, segment, resource, where in below
    ]
    return found


COLLECTIONS: tuple[Collection, ...] = tuple(_collections())
