# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sentence for people about each verdict. Pure functions. Private to the collection."""

from __future__ import annotations

import typing as t

from .._times import span, to_iso
from . import codes
from .combine import Assessed, Assessment
from .machines import KnownMachine
from .policy import Machine, Policy
from .verdict import Attempt

_MAX_QUOTE = 160
_NO_REPOSITORIES = (
    "repositories can't be read, so a storage snapshot can't be told from a backup; let the account read them"
)
_MOST = 4


def message(found: Assessment, policy: Policy) -> str:
    """The verdict of an entry in one sentence."""
    decision, entry = found.decision, found.entry
    if decision.verdict == codes.UNKNOWN:
        parts = [_unknown(code, found, policy) for code in decision.blocking]
    elif decision.verdict == codes.RUNNING:
        parts = [_work(attempt) for attempt in decision.running[:3]]
    else:
        parts = [_blocked(code, found) for code in decision.blocking]
        if decision.verdict == codes.WAIVED:
            until = min(waiver.until for waiver in decision.waivers)
            notes = [quote(waiver.note) for waiver in decision.waivers if waiver.note]
            parts = [f"waived until {to_iso(until)}{f' ({notes[0]})' if notes else ''}", *parts]
        elif decision.verdict == codes.OK and decision.last_good is not None:
            parts = [f"{age_text(entry, decision.last_good)} old backup by {job(decision.last_good)}"]
    parts = [*_matched(found), *(part for part in parts if part), *(_note(code, found) for code in _notes_told(found))]
    return sentence([part for part in dict.fromkeys(parts) if part])


def _matched(found: Assessment) -> list[str]:
    """What was matched, when it is not the name asked for."""
    names = sorted({one.name for one in found.machines})
    if not names or found.entry.vm_uid is not None or names == [found.entry.name]:
        return []
    return [f"found as {' and '.join(names[:_MOST])}"]


def _notes_told(found: Assessment) -> list[str]:
    return [code for code in found.decision.notes if code not in found.decision.blocking]


def _unknown(code: str, found: Assessment, policy: Policy) -> str:
    if code == codes.AMBIGUOUS_NAME:
        return _ambiguous(found)
    if code == codes.EM_DATA_STALE:
        since = f"since {to_iso(found.data_as_of)}" if found.data_as_of else "as far back as its log goes"
        return f"Enterprise Manager has collected no new data {since}; start a collection under Configuration, Backup Servers, or by the API"
    if code == codes.CLAIMED_TWICE:
        others = found.claimed_by[:_MOST]
        entries = "the entry" if len(others) == 1 else "the entries"
        way = "name each machine once" if found.entry.vm_uid else "name each machine once, or set vm_uid"
        return f"the same machine is meant by {entries} {' and '.join(others)}; {way}"
    if code in (codes.MACHINE_RENAMED, codes.MACHINE_GONE):
        return _former(code, found)
    if code == codes.REFERENCE_NOT_FOUND:
        return f"no machine with the reference {found.entry.vm_uid or found.entry.vm_ref} was found; sync the inventory"
    if code == codes.SESSION_UNREADABLE:
        return (
            "the job session of a task for it can't be read, so it can't be told whether that was a backup;"
            " look it up on the backup server, or run the job again"
        )
    if code == codes.IN_FUTURE:
        return f"Enterprise Manager reports events in the future (now is {to_iso(policy.now)}); check the clocks"
    return {
        codes.DATA_AGE_UNKNOWN: "nothing proves that Enterprise Manager's data of its backup server is recent; start a data collection",
        codes.ANSWER_TRUNCATED: "incomplete answer: more rows than max_rows allows; raise max_rows or ask for less",
        codes.REPOSITORY_UNREADABLE: _NO_REPOSITORIES,
        codes.NOT_VISIBLE: "nothing was found, and this account may not see everything (Portal Administrator does)",
    }[code]  # fmt: skip


def _ambiguous(found: Assessment) -> str:
    if found.resolution.needs_name:
        shown = [one.description for one in found.resolution.needs_name]
    else:
        shown = [f"{describe(one)}: {one.decision.verdict}" for one in found.machines]
    more = f" and {len(shown) - _MOST} more" if len(shown) > _MOST else ""
    return f"the name matches {' and '.join(shown[:_MOST])}{more}; set vm_uid, backup_server_name or job_types"


def describe(one: Assessed) -> str:
    return one.machine.description


def _former(code: str, found: Assessment) -> str:
    missing = tuple(one.machine for one in found.machines if one.machine.is_missing)
    machines = found.resolution.older if code == codes.MACHINE_RENAMED else (*found.resolution.gone, *missing)
    shown = " and ".join(_what(one) for one in machines[:_MOST])
    text = (
        f"the machine that had this name is called {shown} now"
        if code == codes.MACHINE_RENAMED
        else f"its hypervisor no longer has {shown}"
    )
    good = found.decision.last_good
    return f"{text}; its last good backup is {age_text(found.entry, good)} old" if good else text


def _what(machine: KnownMachine) -> str:
    return f"{machine.name} ({machine.vm_uid})" if machine.vm_uid else machine.name


def _work(attempt: Attempt) -> str:
    if attempt.kind == "restore":
        return f"a restore has been running on it since {to_iso(attempt.start)}"
    if attempt.job_type == codes.REPLICA_TYPE:
        return f"the job {job(attempt)} is currently replicating it"
    if attempt.task_session_uid is None:
        return f"the job {job(attempt)} is running and has not finished its machines"
    return f"the job {job(attempt)} is currently backing it up"


def _blocked(code: str, found: Assessment) -> str:
    entry, decision = found.entry, found.decision
    attempt = decision.last_attempt
    if code == codes.LAST_ATTEMPT_FAILED:
        last = [attempt, *(one.decision.last_attempt for one in found.machines)]
        attempt = next(one for one in last if one is not None and not one.is_success)
        reason = f": {quote(attempt.reason)}" if attempt.reason else ""
        return f"the last attempt by {job(attempt)} at {to_iso(attempt.start)} failed{reason}"
    if code == codes.AGE_OVER_LIMIT:
        good = decision.last_good
        if good is None:
            return f"all existing backups are older than {entry.max_age_shown}"
        return f"the last good backup is {age_text(entry, good)} old, more than {entry.max_age_shown}"
    if code == codes.POINT_WITHOUT_TASK:
        times = [one.facts.newest_point.time for one in found.machines if one.facts.newest_point]
        age = f", the newest {span(max(0, (entry.needed_at - max(times)).total_seconds()))} old" if times else ""
        return f"only restore points without a task were found{age}"
    if code == codes.RESTORE_RUNNING:
        return next((_work(one) for one in decision.running if one.kind == "restore"), "")
    if code in (codes.TYPE_NOT_COUNTED, codes.ONLY_COPY_FOUND, codes.ONLY_SNAPSHOT_FOUND):
        return _only_others(code, found)
    if code == codes.NO_BACKUP_FOUND:
        return _none_found(found)
    return {
        codes.WARNING_NOT_ACCEPTED: "a backup ended with a warning, which is not accepted",
        codes.RESTORE_POINT_MISSING: "the restore point of a backup does not exist",
        codes.NEWER_THAN_NEEDED: "the backup is newer than needed_at",
        codes.REPOSITORY_UNREADABLE: _NO_REPOSITORIES,
    }[code]


def _others(found: Assessment) -> list[Attempt]:
    """Attempts of types that do not count for the entry."""
    attempts = (one for machine in found.machines for one in machine.facts.attempts)
    return [one for one in attempts if one.job_type and one.job_type not in found.entry.job_types]


def _newest(attempts: t.Iterable[Attempt]) -> Attempt:
    return max(attempts, key=lambda one: (one.start, one.task_session_uid or ""))


def _none_found(found: Assessment) -> str:
    """Nothing at all, or nothing that succeeded."""
    others = _others(found)
    if found.decision.last_attempt is not None or not others:
        return f"no {'successful ' if found.decision.last_attempt else ''}backup was found"
    newest = _newest(others)
    last = f"{newest.job_type}; the last attempt by {job(newest)} at {to_iso(newest.start)}"
    return f"no successful backup was found, also none of types that do not count ({last})"


def _only_others(code: str, found: Assessment) -> str:
    others = [one for one in _others(found) if one.is_success]
    types = sorted({one.job_type for one in others if one.job_type})
    newest = _newest(others)
    what = {
        codes.ONLY_COPY_FOUND: "only copies or replicas were found",
        codes.ONLY_SNAPSHOT_FOUND: "only storage snapshots were found",
    }
    text = what.get(code, "backups exist, but only of types that do not count")
    return f"{text} ({', '.join(types)}; the last by {job(newest)} at {to_iso(newest.start)})"


def _note(code: str, found: Assessment) -> str:
    if code == codes.JOB_SESSION_FAILED:
        failed = [a for one in found.machines for a in one.facts.attempts if a.session_failure and a.is_success]
        newest = _newest(failed)
        return f"the job session of {job(newest)} at {to_iso(newest.start)} failed as a whole: {quote(newest.session_failure)}"
    if code == codes.MACHINE_GONE:
        return f"a machine of the same name is gone from its hypervisor: {' and '.join(_what(one) for one in found.resolution.gone[:_MOST])}"
    if code == codes.NAMESAKE_NOT_COUNTED:
        return f"{' and '.join(_what(one) for one in found.resolution.uncounted[:_MOST])} is taken for the same machine, as its hypervisor is connected twice"
    return {
        codes.SESSION_UNREADABLE: "the job session of one of its tasks can't be read",
        codes.DATA_AGE_UNKNOWN: "nothing proves that Enterprise Manager's data of its backup server is recent",
        codes.SESSION_WITHOUT_END: "a session without end is taken for one that ended unnoticed",
        codes.ENDLESS_WORK: "work that never ends by design is running",
        codes.LOOKUP_UNANSWERED: "not every hypervisor could be asked for its machines, so a namesake without backups would go unnoticed",
    }.get(code) or _blocked(code, found)  # fmt: skip


def sentence(parts: t.Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def job(attempt: Attempt) -> str:
    name = attempt.job_name or "an unknown job"
    return f"{name} ({attempt.backup_server_name})" if attempt.backup_server_name else name


def quote(text: str | None) -> str:
    line = " ".join((text or "").split()).rstrip(".")
    # A single character beyond Latin-1 doubles what a program needs for the text of a whole inventory.
    return line if len(line) <= _MAX_QUOTE else f"{line[: _MAX_QUOTE - 3]}..."


def age_text(entry: Machine, attempt: Attempt) -> str:
    return span(max(0, (entry.needed_at - attempt.data_time).total_seconds()))
