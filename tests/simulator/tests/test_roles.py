# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may read what: the table of the vendor's security page."""

from __future__ import annotations

import pytest
from visiting import Simulators

ADMIN, USER, OPERATOR = 0, 1, 2
ADMIN_ONLY = (
    "jobs", "agents/jobs", "nas/jobs", "agents/discoveredComputers", "agents/protectionGroups", "query?type=Job",
    "query?type=AgentBackupJob", "query?type=NasJob", "query?type=NasObject", "query?type=ObjectInJob",
    "query?type=DiscoveredComputer", "query?type=AgentProtectionGroup", "query?type=CdpPolicy", "query?type=CdpReplica",
)  # fmt: skip
USERS = (
    "backupServers", "backupSessions", "backupTaskSessions", "replicaSessions", "replicaTaskSessions", "repositories", "hierarchyRoots",
    "managedServers", "lookupSvc", "reports/summary", "reports/summary/overview", "nas/backupSessions", "nas/fileServers",
    "query?type=BackupJobSession", "query?type=BackupTaskSession", "query?type=BackupServer", "query?type=Repository",
    "query?type=AgentRestorePoint", "query?type=BackupFile", "query?type=HierarchyRoot", "query?type=ManagedServer",
)  # fmt: skip
EVERYONE = (
    "backups", "restorePoints", "catalog/vms", "replicas", "restoreSessions", "tasks", "query?type=Backup", "query?type=RestorePoint",
    "query?type=VmRestorePoint", "query?type=Replica", "query?type=RestoreSession", "query?type=Task", "query?type=VmReplicaPoint",
)  # fmt: skip
CASES = [(path, roles) for paths, roles in ((ADMIN_ONLY, {ADMIN}), (USERS, {ADMIN, USER}), (EVERYONE, {ADMIN, USER, OPERATOR})) for path in paths]


@pytest.mark.parametrize("account", [ADMIN, USER, OPERATOR])
def test_the_matrix(simulators: Simulators, account: int) -> None:
    visitor = simulators.visitor(account=account)
    for path, roles in CASES:
        answer = visitor.send("GET", f"/api/{path}")
        assert answer.status_code == (200 if account in roles else 403), path
        if account not in roles:
            assert answer.json()["Message"] == "Access denied."


def test_actions_and_what_hangs_below_jobs(simulators: Simulators) -> None:
    admin = simulators.visitor()
    job = admin.get("/api/jobs")["Refs"][0]["Href"]
    nas = admin.get("/api/nas/jobs")["Refs"][0]["Href"]
    server = admin.get("/api/backupServers")["Refs"][0]["Href"]
    session = admin.get("/api/backupSessions")["Refs"][0]["Href"]
    user = simulators.visitor(account=1)
    assert user.send("GET", job).status_code == 403
    assert user.send("GET", f"{job}/backupSessions").status_code == 403
    assert user.send("GET", f"{job}/includes").status_code == 403
    assert user.send("GET", f"{nas}/backupSessions").status_code == 200
    assert user.post(f"{job}?action=start").status_code == 403
    assert user.post(f"{nas}/start").status_code == 403
    assert user.post(f"{session}?action=stop").status_code == 403
    assert user.post(f"{server}?action=collect").status_code == 202
