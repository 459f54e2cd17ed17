# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests this account may make, and what depends on each. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._client.client import EnterpriseManagerClient
from ..._client.status_errors import PORTAL_ADMINISTRATOR, PORTAL_USER
from ..._errors import AccessDenied, EmError, NotFound, RequestRejected, ServerFailed, WrongEdition
from .check import Check, Status

REFUSALS = (AccessDenied, NotFound, RequestRejected, ServerFailed, WrongEdition)
"""What a server may answer to one request without being useless for the others."""


@dataclasses.dataclass(frozen=True)
class Right:
    """Something to read, what it is for, and the role that may. ``needed``: nothing works without it."""

    path: str
    parameters: tuple[tuple[str, str], ...]
    uses: str
    role: str = PORTAL_USER
    needed: bool = False

    @property
    def name(self) -> str:
        return dict(self.parameters).get("type") or self.path


def _query(kind: str, uses: str, role: str = PORTAL_USER, needed: bool = False) -> Right:
    return Right("query", (("type", kind), ("pageSize", "1"), ("page", "1")), uses, role, needed)


_VERDICTS = "verdicts (protection_info, verify_backups, the inventory)"
RIGHTS = (
    _query("BackupTaskSession", f"{_VERDICTS} and backup_task_session_info", needed=True),
    _query("BackupJobSession", f"{_VERDICTS} and backup_session_info", needed=True),
    _query("VmRestorePoint", f"{_VERDICTS} and vm_restore_point_info", needed=True),
    _query("BackupServer", "backup_server_info and the inventory", needed=True),
    _query("HierarchyRoot", "telling apart machines of one name", needed=True),
    _query("Repository", "repository_info"),
    _query("AgentRestorePoint", "verdicts about computers with an agent"),
    _query("ReplicaTaskSession", "seeing that a replication is running"),
    _query("RestoreSession", "seeing that a restore is running"),
    Right("reports/summary/overview", (), "summary_info"),
    Right("lookupSvc", (), "asking hypervisors which machines they have"),
    _query("Job", "job_info, and telling unprotected machines from hidden ones", PORTAL_ADMINISTRATOR),
    _query("AgentBackupJob", "job_info for agents", PORTAL_ADMINISTRATOR),
    _query("NasJob", "job_info for file shares", PORTAL_ADMINISTRATOR),
    _query("DiscoveredComputer", "addresses and agents of computers in the inventory", PORTAL_ADMINISTRATOR),
)


def check_rights(client: EnterpriseManagerClient) -> list[Check]:
    """One request for each; what is refused is said together with what it costs."""
    refused: list[tuple[Right, EmError]] = []
    details: dict[str, t.Any] = {}
    for right in RIGHTS:
        try:
            client.document(right.path, right.parameters, admin_only=right.role == PORTAL_ADMINISTRATOR)
        except REFUSALS as error:
            refused.append((right, error))
            details[right.name] = error.kind
        else:
            details[right.name] = "ok"
    if not refused:
        text = f"the account may read all {len(RIGHTS)} kinds of data that this collection uses"
        return [Check("rights", Status.OK, text, details=details)]
    found = [_missing(right, error, details) for right, error in refused if right.needed]
    optional = [(right, error) for right, error in refused if not right.needed]
    if optional:
        roles = sorted({right.role for right, error in optional if isinstance(error, AccessDenied)})
        found.append(
            Check(
                "rights",
                Status.WARNING,
                f"not readable: {'; '.join(f'{right.name} ({_why(error)}), which is for {right.uses}' for right, error in optional)}",
                f"if you need them, give the account the role {' and '.join(roles)}" if roles else "",
                details,
            )
        )
    return found


def _missing(right: Right, error: EmError, details: t.Mapping[str, t.Any]) -> Check:
    advice = error.hint or ""
    return Check(
        "rights", Status.FAILED, f"{right.name} can't be read ({_why(error)}): no {right.uses}", advice, details, error
    )


def _why(error: EmError) -> str:
    return f"HTTP {error.status}" if error.status else error.kind
