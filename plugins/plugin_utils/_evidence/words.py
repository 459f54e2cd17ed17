# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verdicts and reasons mean and what to do about them: the only place where reports get these words. Private to the collection."""

from __future__ import annotations

import typing as t

from .text import one_line


class Verdict(t.NamedTuple):
    """``symbol`` stands beside the word, so that no meaning hangs on colour alone."""

    symbol: str
    meaning: str
    next_step: str


class Reason(t.NamedTuple):
    """``title`` heads the machines that have it as their first reason."""

    title: str
    next_step: str


VERDICT_WORDS: dict[str, Verdict] = {
    "failed": Verdict(
        "✕",
        "The newest finished attempt failed, and no good backup is young enough.",
        "Repair what the server names, then start the job again.",
    ),
    "stale": Verdict(
        "◷",
        "There is a backup, but no good one that is young enough.",
        "Start the job, or move the maintenance to a time after its next run.",
    ),
    "unprotected": Verdict(
        "∅", "There is no trace of a backup that counts.", "Add the machine to a backup job and let it run."
    ),
    "unknown": Verdict(
        "?",
        "Enterprise Manager could not give a sure answer: the name is ambiguous, its data is old, or the account can't see the machine.",
        "Do what the message says, then ask again.",
    ),
    "running": Verdict(
        "▶", "A job is at work on the machine at this moment.", "Wait until the job has ended, then ask again."
    ),
    "waived": Verdict(
        "~", "Not good, but a waiver that has not expired accepts this very reason.", "Nothing until the waiver ends."
    ),
    "ok": Verdict("✓", "A good backup, young enough, whose restore point still exists.", "Nothing."),
}
"""In the order of the report: trouble first."""

REASON_WORDS: dict[str, Reason] = {
    "age_over_limit": Reason(
        "The last good backup is too old", "Start the job, or move the maintenance to a time after its next run."
    ),
    "last_attempt_failed": Reason("The last attempt failed", "Repair what the server names, then start the job again."),
    "warning_not_accepted": Reason(
        "The backup ended with a warning",
        "Read the warning at the backup server; remove its cause or accept warnings for this machine.",
    ),
    "restore_point_missing": Reason(
        "The restore point does not exist any more",
        "Find out who removed it (retention, a moved repository), then start the job.",
    ),
    "no_backup_found": Reason("No backup was found", "Add the machine to a backup job and let it run."),
    "only_copy_found": Reason(
        "Only copies or replicas were found, no backup", "Add the machine to a backup job, or ask for this job type."
    ),
    "backup_running": Reason("A backup is at work", "Wait until the job has ended, then ask again."),
    "restore_running": Reason(
        "A restore is at work", "Wait until it has ended, or waive it when it is known and does no harm."
    ),
    "em_data_stale": Reason(
        "Enterprise Manager's data is too old",
        "Let Enterprise Manager collect from the backup servers, then ask again.",
    ),
    "data_age_unknown": Reason(
        "The age of Enterprise Manager's data can't be told",
        "Use an account that may read the log of collections (Portal Administrator), or set no limit.",
    ),
    "ambiguous_name": Reason(
        "The name could mean several machines", "Give vm_uid or backup_server_name for this machine."
    ),
    "machine_gone": Reason(
        "The machine does not exist any more", "Correct the name or the reference, or take it off the list."
    ),
    "not_visible": Reason(
        "The account may not see the machine", "Use an account that sees every machine (Portal Administrator does)."
    ),
    "answer_truncated": Reason("Not everything could be read", "Raise max_rows, or ask for fewer machines."),
    "in_future": Reason("A time lies in the future", "Correct the clocks, or the moment it is needed at."),
    "not_asked": Reason("Nobody asked about it", "Put it on the list of machines, or take it out of the play."),
}

_UNKNOWN_VERDICT = Verdict(
    "?", "This version of the report does not know this verdict.", "Read the message, then ask again."
)


def verdict_words(verdict: str) -> Verdict:
    """Also of a verdict that a newer module may have."""
    return VERDICT_WORDS.get(verdict, _UNKNOWN_VERDICT)


def reason_title(code: str) -> str:
    """For people; of an unknown code, its own words."""
    known = REASON_WORDS.get(code)
    return known.title if known else one_line(code).replace("_", " ").capitalize()


def next_step(verdict: str, reasons: t.Sequence[str]) -> str:
    """What the first reason asks for, else what the verdict does."""
    known = REASON_WORDS.get(reasons[0]) if reasons else None
    return known.next_step if known else verdict_words(verdict).next_step
