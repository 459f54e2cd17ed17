# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts as users get them: the documented keys. Pure functions. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._errors import first_of
from .._times import iso_or_none, to_iso
from . import codes
from .combine import Assessed, Assessment
from .messages import message
from .policy import Machine, Policy, Waiver
from .registry import Registry
from .verdict import Attempt

_OLD_DATA = dt.timedelta(hours=2)


def verification_result(found: t.Mapping[str, Assessment], registry: Registry, policy: Policy) -> dict[str, t.Any]:
    """The result of ``protection_info`` without its ``request_count``."""
    verdicts = [one.decision.verdict for one in found.values()]
    ages = [one.data_as_of for one in found.values()]
    known = [age for age in ages if age is not None]
    return {
        "machines": [machine_result(one, policy) for one in found.values()],
        "summary": summary_of(verdicts),
        "ok": all(verdict in (codes.OK, codes.WAIVED) for verdict in verdicts),
        "checked_at": to_iso(policy.now),
        "data_as_of": to_iso(min(known)) if known and len(ages) == len(known) else None,
        "unused_waivers": unused_waivers(policy, found),
        "lookups": lookups_result(registry),
        "msg": headline([(one.entry.name, one.decision.verdict) for one in found.values()]),
    }


def machine_result(found: Assessment, policy: Policy) -> dict[str, t.Any]:
    """One entry of ``machines``."""
    entry, decision = found.entry, found.decision
    good, last = decision.last_good, decision.last_attempt
    references = sorted({one.machine.vm_uid for one in found.machines if one.machine.vm_uid})
    result: dict[str, t.Any] = {
        "name": entry.name,
        "verdict": decision.verdict,
        "underlying_verdict": decision.underlying,
        "reasons": list(decision.reasons),
        "message": message(found, policy),
        "matched_by": found.resolution.matched_by,
        "matched_name": min((one.name for one in found.machines), default=None),
        # One machine has a reference at each backup server: that of its backup goes with the rest.
        "vm_uid": ((good.vm_uid if good else None) or references[0]) if len(references) == 1 else None,
        "max_age": entry.max_age_shown,
        "max_age_seconds": _seconds(entry.max_age),
        "needed_at": to_iso(entry.needed_at),
        "last_good": None
        if good is None
        else {**_common(good), "result": good.result, "age_seconds": _age(entry, good)},
        "last_attempt": None if last is None else {**_common(last), "result": last.result, "reason": last.reason},
        "running": [_running(attempt) for attempt in decision.running],
        "waivers": [waiver_result(waiver) for waiver in decision.waivers],
        "data_as_of": iso_or_none(found.data_as_of),
        "meanings": [_meaning(one) for one in found.machines] if len(found.machines) > 1 else [],
    }
    if policy.history is not None:
        result["history"] = _history(found, policy.now - policy.history)
    return result


def lookups_result(registry: Registry) -> list[dict[str, t.Any]]:
    """What each hierarchy root's lookup told: ``answered``, ``empty``, ``failed``, ``mismatched`` or ``not_asked``."""
    found = []
    for guid, answer in registry.lookups.states.items():
        root = registry.roots.by_guid[guid]
        found.append(
            {
                "hierarchy_root_name": root.name,
                "hierarchy_root_uid": root.uid,
                "backup_server_name": root.backup_server_name,
                "state": answer.state,
                "machine_count": len(answer.items),
                "message": answer.message,
            }
        )
    return sorted(
        found,
        key=lambda one: (one["backup_server_name"] or "", one["hierarchy_root_name"] or "", one["hierarchy_root_uid"]),
    )


def waiver_result(waiver: Waiver) -> dict[str, t.Any]:
    """A waiver as it was given."""
    return {
        "machine": waiver.machine,
        "reason_code": waiver.reason_code,
        "until": to_iso(waiver.until),
        "note": waiver.note,
    }


def unused_waivers(policy: Policy, found: t.Mapping[str, Assessment]) -> list[dict[str, t.Any]]:
    """The waivers that had no effect, each with ``why``: ``not_asked``, ``expired`` or ``not_needed``."""
    unused = []
    for waiver in policy.waivers:
        asked = [one for one in found.values() if one.entry.name == waiver.machine]
        if not asked:
            why = "not_asked"
        elif all(waiver.until <= max(policy.now, one.entry.needed_at) for one in asked):
            why = "expired"
        elif not any(waiver in one.decision.waivers for one in asked):
            why = "not_needed"
        else:
            continue
        unused.append({**waiver_result(waiver), "why": why})
    return unused


def warnings_of(result: dict[str, t.Any], policy: Policy) -> list[str]:
    """Sentences about what somebody may rely on in vain: waivers without effect, and old data that nobody forbade."""
    texts = {"not_asked": "Waivers for machines that were not asked for", "expired": "Waivers that have expired"}
    found = list(policy.remarks)
    for why, text in texts.items():
        unused = [f"{one['machine']} ({one['reason_code']})" for one in result["unused_waivers"] if one["why"] == why]
        if unused:
            found.append(f"{text}: {', '.join(unused)}.")
    oldest = to_iso(policy.now - _OLD_DATA)
    if policy.max_data_age is None and (result["data_as_of"] or oldest) < oldest:
        found.append(
            f"Enterprise Manager's data is as of {result['data_as_of']}; the verdicts do not cover what happened since."
            " Set max_data_age to refuse old data."
        )
    return found


def summary_of(verdicts: t.Iterable[str]) -> dict[str, int]:
    """How many machines have each verdict, and ``total``."""
    counts = dict.fromkeys(codes.VERDICTS, 0)
    for verdict in verdicts:
        counts[verdict] += 1
    return {**counts, "total": sum(counts.values())}


def headline(verdicts: t.Sequence[tuple[str, str]]) -> str:
    """One line on all machines, from names and verdicts."""
    bad = [(name, verdict) for name, verdict in verdicts if verdict not in (codes.OK, codes.WAIVED)]
    waived = sum(verdict == codes.WAIVED for _name, verdict in verdicts)
    good = len(verdicts) - len(bad)
    noun = "machine" if len(verdicts) == 1 else "machines"
    text = f"{good} of {len(verdicts)} {noun} {'meets' if 1 in (good, len(verdicts)) else 'meet'} the policy"
    if waived:
        text += f", {waived} of them by a waiver"
    if bad:
        text += f"; not OK: {first_of([f'{name} ({verdict})' for name, verdict in bad], 10)}"
    return text + "."


def _meaning(one: Assessed) -> dict[str, t.Any]:
    """One of the machines that a name means."""
    return {
        "name": one.name,
        "vm_uid": one.machine.vm_uid,
        "backup_server_names": sorted(one.machine.all_servers),
        "verdict": one.decision.verdict,
        "reasons": list(one.decision.reasons),
    }


def _age(entry: Machine, attempt: Attempt) -> int:
    return max(0, _seconds(entry.needed_at - attempt.data_time))


def _seconds(age: dt.timedelta) -> int:
    return int(age.total_seconds())


def _common(attempt: Attempt) -> dict[str, t.Any]:
    return {
        "creation_time": to_iso(attempt.start),
        "end_time": iso_or_none(attempt.end),
        "data_time": to_iso(attempt.data_time),
        "job_name": attempt.job_name,
        "job_type": attempt.job_type,
        "backup_server_name": attempt.backup_server_name,
        "task_session_uid": attempt.task_session_uid,
        "job_session_uid": attempt.job_session_uid,
        "vm_restore_point_uid": attempt.point.uid if attempt.point else None,
    }


def _running(attempt: Attempt) -> dict[str, t.Any]:
    return {
        "creation_time": to_iso(attempt.start),
        "job_name": attempt.job_name,
        "job_type": attempt.job_type,
        "backup_server_name": attempt.backup_server_name,
        "task_session_uid": attempt.task_session_uid,
        "job_session_uid": attempt.job_session_uid,
    }


def _history(found: Assessment, since: dt.datetime) -> list[dict[str, t.Any]]:
    """The attempts of counted job types that started since then, newest first."""
    types = found.entry.job_types
    attempts = [one for one in found.attempts if one.job_type in types and one.start >= since]
    return [
        {
            "creation_time": to_iso(one.start),
            "end_time": iso_or_none(one.end),
            "result": one.result,
            "running": one.running,
            "job_name": one.job_name,
            "job_type": one.job_type,
            "task_session_uid": one.task_session_uid,
        }
        for one in sorted(attempts, key=lambda one: (one.start, one.task_session_uid or ""), reverse=True)
    ]
