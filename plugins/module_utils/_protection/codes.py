# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a verdict: verdicts, reason codes and kinds of jobs. Private to the collection.

What they mean stands here alone: documentation, guides ('dev.py generate' writes them there) and reports take their texts from it.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t

UNKNOWN, RUNNING, WAIVED, FAILED, STALE, UNPROTECTED, OK = (
    "unknown", "running", "waived", "failed", "stale", "unprotected", "ok",
)  # fmt: skip
VERDICT_MEANINGS = {
    UNKNOWN: "No statement is possible: which machine is meant, what happened to it or how old the data is can't be told.",
    RUNNING: "A backup, a replication or a restore is working on the machine, or its job is running and not done.",
    WAIVED: "It is not OK, but an unexpired waiver covers every reason.",
    FAILED: "The newest completed attempt failed, and there is no good backup inside the age limit.",
    STALE: "Backups or restore points exist, but no good backup inside the age limit.",
    UNPROTECTED: "There is no backup that counts.",
    OK: "A good backup inside the age limit exists.",
}
VERDICTS = tuple(VERDICT_MEANINGS)
"""In the order of precedence: the first one that applies is the verdict."""

AGE_OVER_LIMIT, LAST_ATTEMPT_FAILED = "age_over_limit", "last_attempt_failed"
WARNING_NOT_ACCEPTED = "warning_not_accepted"
RESTORE_POINT_MISSING = "restore_point_missing"
NEWER_THAN_NEEDED, POINT_WITHOUT_TASK = "newer_than_needed", "point_without_task"
NO_BACKUP_FOUND = "no_backup_found"
ONLY_COPY_FOUND, ONLY_SNAPSHOT_FOUND, TYPE_NOT_COUNTED = "only_copy_found", "only_snapshot_found", "type_not_counted"
BACKUP_RUNNING, RESTORE_RUNNING = "backup_running", "restore_running"
AMBIGUOUS_NAME, CLAIMED_TWICE = "ambiguous_name", "claimed_twice"
MACHINE_RENAMED, MACHINE_GONE, REFERENCE_NOT_FOUND = "machine_renamed", "machine_gone", "reference_not_found"
NOT_VISIBLE = "not_visible"
SESSION_UNREADABLE, REPOSITORY_UNREADABLE = "session_unreadable", "repository_unreadable"
ANSWER_TRUNCATED = "answer_truncated"
EM_DATA_STALE, DATA_AGE_UNKNOWN, IN_FUTURE = "em_data_stale", "data_age_unknown", "in_future"
JOB_SESSION_FAILED, SESSION_WITHOUT_END, ENDLESS_WORK = "job_session_failed", "session_without_end", "endless_work"
NAMESAKE_NOT_COUNTED, LOOKUP_UNANSWERED = "namesake_not_counted", "lookup_unanswered"


class Reason(t.NamedTuple):
    """One reason code. ``verdicts`` are those that it can stand for; one that is only ever a note has none."""

    code: str
    verdicts: tuple[str, ...]
    meaning: str
    advice: str
    is_waivable: bool = False


_POOR = (FAILED, STALE)
REASONS = {
    reason.code: reason
    for reason in (
        Reason(
            LAST_ATTEMPT_FAILED,
            (FAILED,),
            "The newest completed attempt failed.",
            "Solve what the server reports, then start the job again.",
            True,
        ),
        Reason(
            AGE_OVER_LIMIT,
            _POOR,
            "All existing backups are older than the limit.",
            "Run the job, or allow a greater max_age.",
            True,
        ),
        Reason(
            WARNING_NOT_ACCEPTED,
            _POOR,
            "A backup ended with a warning, which is not accepted.",
            "Read the warning, then set accept_warning or run the job again.",
            True,
        ),
        Reason(
            RESTORE_POINT_MISSING,
            _POOR,
            "The restore point of a backup does not exist or is still being written.",
            "Check retention and repository, then run the job again.",
            True,
        ),
        Reason(
            NEWER_THAN_NEEDED,
            _POOR,
            "The backup is newer than needed_at.",
            "Set needed_at to the moment at which the maintenance begins.",
        ),
        Reason(
            POINT_WITHOUT_TASK,
            (FAILED, STALE),
            "Restore points exist that no task tells about, such as those of imported backups.",
            "Put the machine into a backup job.",
            True,
        ),
        Reason(
            NO_BACKUP_FOUND,
            (FAILED, UNPROTECTED),
            "No successful backup was found.",
            "Check the spelling of the name, then put the machine into a backup job.",
            True,
        ),
        Reason(
            ONLY_COPY_FOUND,
            (FAILED, UNPROTECTED),
            "Only copies or replicas were found, no backup.",
            "Put the machine into a backup job, or add the type to job_types.",
            True,
        ),
        Reason(
            ONLY_SNAPSHOT_FOUND,
            (FAILED, UNPROTECTED),
            "Only storage snapshots were found, which can't be restored without the array.",
            "Write a backup to a repository as well, or add StorageSnapshot to job_types.",
            True,
        ),
        Reason(
            TYPE_NOT_COUNTED,
            (FAILED, UNPROTECTED),
            "Backups exist, but only by types of jobs that do not count.",
            "Add the type to job_types if such backups are good enough.",
            True,
        ),
        Reason(
            BACKUP_RUNNING,
            (RUNNING,),
            "A backup or a replication is working on the machine, or its job is not done.",
            "Wait until it has ended.",
        ),
        Reason(
            RESTORE_RUNNING,
            (RUNNING,),
            "A restore is working on the machine.",
            "Finish the restore, or waive it if it is an instant recovery that may go on.",
            True,
        ),
        Reason(
            AMBIGUOUS_NAME,
            (UNKNOWN,),
            "The name matches several machines whose verdicts differ.",
            "Set vm_uid, backup_server_name or job_types.",
        ),
        Reason(
            CLAIMED_TWICE,
            (UNKNOWN,),
            "Another entry of machines means the same machine.",
            "Name each machine once, as Enterprise Manager does, or set vm_uid.",
        ),
        Reason(
            MACHINE_RENAMED,
            (UNKNOWN,),
            "The machine that had this name has another name now.",
            "Use its present name, or set vm_uid.",
        ),
        Reason(
            MACHINE_GONE,
            (UNKNOWN,),
            "A machine of this name no longer exists on its hypervisor.",
            "Remove it from the question, or use the name of what replaced it.",
        ),
        Reason(
            REFERENCE_NOT_FOUND,
            (UNKNOWN,),
            "Enterprise Manager knows no machine with this reference.",
            "Sync the inventory, or look vm_uid up again.",
        ),
        Reason(
            NOT_VISIBLE,
            (UNKNOWN,),
            "Nothing was found, and this account may not see everything.",
            "Use an account with the role Portal Administrator, or set full_visibility if it sees every machine.",
        ),
        Reason(
            SESSION_UNREADABLE,
            (UNKNOWN,),
            "The job session of a task can't be read, so its type is not known.",
            "Look the task up on the backup server, or run the job again.",
        ),
        Reason(
            REPOSITORY_UNREADABLE,
            (UNKNOWN, *_POOR),
            "Repositories can't be read, so a storage snapshot can't be told from a backup.",
            "Give the account a role that may read repositories.",
        ),
        Reason(
            ANSWER_TRUNCATED,
            (UNKNOWN,),
            "Incomplete answer: the limit of rows was reached.",
            "Raise max_rows, or ask for less.",
        ),
        Reason(
            EM_DATA_STALE,
            (UNKNOWN,),
            "Enterprise Manager's data is older than allowed.",
            "Start a data collection in Enterprise Manager.",
        ),
        Reason(
            DATA_AGE_UNKNOWN,
            (UNKNOWN,),
            "The age of Enterprise Manager's data is not known for a backup server of the machine.",
            "Start a data collection, or check why the last one ended with a warning.",
        ),
        Reason(
            IN_FUTURE,
            (UNKNOWN,),
            "Enterprise Manager reports events in the future.",
            "Check the clocks of controller, Enterprise Manager and backup servers.",
        ),
        Reason(
            JOB_SESSION_FAILED,
            (),
            "A job session failed as a whole, although its task for the machine did not.",
            "Read the message of the job session, such as that of a health check.",
        ),
        Reason(
            SESSION_WITHOUT_END,
            (),
            "A session has no end, but is too old or was followed by another of its job.",
            "Look at the job on the backup server.",
        ),
        Reason(ENDLESS_WORK, (), "Work that never ends by design is running, such as a log backup.", "Nothing."),
        Reason(
            NAMESAKE_NOT_COUNTED,
            (),
            "Another connection to a hypervisor shows a machine of this name that was never backed up; it is taken for the same one.",
            "Set vm_uid if it is another machine.",
        ),
        Reason(
            LOOKUP_UNANSWERED,
            (),
            "A hypervisor could not be asked which machines it has, so a namesake without any backup would go unnoticed.",
            "See lookups in the result.",
        ),
    )
}
"""By code, in the order in which a machine's reasons are given."""

WAIVABLE = tuple(code for code, reason in REASONS.items() if reason.is_waivable)
"""Reasons about a backup that is known, and restores. What can't be known can't be waived."""

AGENT_TYPES = frozenset({"AgentBackup", "AgentManagement"})
COPY_TYPES = frozenset({"BackupCopy", "ImmediateBackupCopy", "ImmediateBackupCopyWorker"})
"""Jobs that read from repositories: they never touch the machine and are no backup of it."""

REPLICA_TYPE = "Replica"
"""Replication reads the running machine through a snapshot, as a backup does, but leaves no backup."""

SNAPSHOT_TYPE = "StorageSnapshot"
"""Our own word: the server calls it a backup, but what it wrote is on the array (told by the kind of repository)."""

NAS_TYPE = "NasBackup"
SECOND_HAND_TYPES = COPY_TYPES | {REPLICA_TYPE}
VM_TYPES = frozenset({"Backup", SNAPSHOT_TYPE})
DEFAULT_JOB_TYPES = ("Backup", "AgentBackup", "AgentManagement")
_ENDLESS = re.compile(r"cdp|continuous|log_?backup|backup_?log|archive_?log|transaction_?log", re.IGNORECASE)
_SNAPSHOT_KIND = re.compile("snapshot", re.IGNORECASE)

SUCCESSFUL = ("Success", "Warning")

CLOCK_TOLERANCE = dt.timedelta(minutes=5)
"""Clocks of backup servers, Enterprise Manager and the controller may differ by this much before times are distrusted."""

POINT_MARGIN = dt.timedelta(hours=1)
"""A restore point may be this much older than the task that made it."""

LONGEST_SESSION = dt.timedelta(days=7)
"""A session without end that is older than this is taken for one whose end was lost."""

DEFAULT_DATA_AGE = dt.timedelta(hours=4)
"""What ``max_data_age: auto`` means."""


def is_endless(job_type: str | None) -> bool:
    """Whether work of this type never ends by design."""
    return bool(job_type and _ENDLESS.search(job_type))


def is_snapshot_kind(repository_kind: str | None) -> bool:
    """Whether a repository of this kind stands for snapshots on a storage array."""
    return bool(repository_kind and _SNAPSHOT_KIND.search(repository_kind))


def in_order(found: t.Iterable[str]) -> tuple[str, ...]:
    """Reason codes, each once, in the order of the table."""
    present = set(found)
    return tuple(code for code in REASONS if code in present)
