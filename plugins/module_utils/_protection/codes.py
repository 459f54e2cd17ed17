# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a verdict: verdicts, reason codes and kinds of jobs (design section 3.4). Private to the collection."""

from __future__ import annotations

import datetime as dt

UNKNOWN, RUNNING, WAIVED, FAILED, STALE, UNPROTECTED, OK = (
    "unknown", "running", "waived", "failed", "stale", "unprotected", "ok",
)  # fmt: skip
VERDICTS = (UNKNOWN, RUNNING, WAIVED, FAILED, STALE, UNPROTECTED, OK)
"""In the order of precedence: the first one that applies is the verdict."""

AGE_OVER_LIMIT = "age_over_limit"
LAST_ATTEMPT_FAILED = "last_attempt_failed"
WARNING_NOT_ACCEPTED = "warning_not_accepted"
RESTORE_POINT_MISSING = "restore_point_missing"
NO_BACKUP_FOUND = "no_backup_found"
ONLY_COPY_FOUND = "only_copy_found"
BACKUP_RUNNING = "backup_running"
EM_DATA_STALE = "em_data_stale"
DATA_AGE_UNKNOWN = "data_age_unknown"
AMBIGUOUS_NAME = "ambiguous_name"
NOT_VISIBLE = "not_visible"
ANSWER_TRUNCATED = "answer_truncated"
IN_FUTURE = "in_future"

WAIVABLE = (
    AGE_OVER_LIMIT, LAST_ATTEMPT_FAILED, WARNING_NOT_ACCEPTED, RESTORE_POINT_MISSING, NO_BACKUP_FOUND, ONLY_COPY_FOUND,
)  # fmt: skip
"""Reasons about a backup that is known. What can't be known or is happening now can't be waived."""

REASONS = (
    *WAIVABLE, BACKUP_RUNNING, EM_DATA_STALE, DATA_AGE_UNKNOWN, AMBIGUOUS_NAME, NOT_VISIBLE, ANSWER_TRUNCATED, IN_FUTURE,
)  # fmt: skip

AGENT_TYPES = frozenset({"AgentBackup", "AgentManagement"})
COPY_TYPES = frozenset({"BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker"})
"""Jobs that read from repositories: they never touch the machine and are no backup of it."""

REPLICA_TYPE = "Replica"
"""Replication reads the running machine through a snapshot, as a backup does, but leaves no backup."""

SECOND_HAND_TYPES = COPY_TYPES | {REPLICA_TYPE}

DEFAULT_JOB_TYPES = ("Backup", "AgentBackup", "AgentManagement")

CLOCK_TOLERANCE = dt.timedelta(minutes=5)
"""Clocks of backup servers, Enterprise Manager and the controller may differ by this much before times are distrusted."""
