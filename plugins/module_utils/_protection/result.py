# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts as users get them: the documented keys, and one sentence for people. Pure functions. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._times import to_iso
from . import codes
from .policy import Machine, Policy, Waiver
from .verdict import Attempt, Decision, Facts

_MAX_QUOTE = 160
_OLD_DATA = dt.timedelta(hours=2)


def machine_result(machine: Machine, facts: Facts, decision: Decision, policy: Policy) -> dict[str, t.Any]:
    """One entry of ``machines``."""
    good, last = decision.last_good, decision.last_attempt
    result: dict[str, t.Any] = {
        "name": machine.name,
        "verdict": decision.verdict,
        "underlying_verdict": decision.underlying,
        "reasons": list(decision.reasons),
        "message": message(machine, facts, decision, policy),
        "matched_by": facts.matched_by,
        # One machine has a reference at each backup server: that of its backup goes with the rest.
        "vm_uid": (good.vm_uid if good else None) or facts.vm_uid,
        "max_age_seconds": _seconds(machine.max_age),
        "needed_at": to_iso(machine.needed_at),
        "last_good": None
        if good is None
        else {**_common(good), "result": good.result, "age_seconds": _age(machine, good)},
        "last_attempt": None if last is None else {**_common(last), "result": last.result, "reason": last.reason},
        "running": [_running(attempt) for attempt in decision.running],
        "waivers": [waiver_result(waiver) for waiver in decision.waivers],
        "data_as_of": _iso(facts.data_as_of),
    }
    if policy.history is not None:
        result["history"] = _history(machine, facts, policy.now - policy.history)
    return result


def waiver_result(waiver: Waiver) -> dict[str, t.Any]:
    """A waiver as it was given."""
    return {
        "machine": waiver.machine,
        "reason_code": waiver.reason_code,
        "until": to_iso(waiver.until),
        "note": waiver.note,
    }


def unused_waivers(policy: Policy, decisions: t.Mapping[str, Decision]) -> list[dict[str, t.Any]]:
    """The waivers that had no effect, each with ``why``: ``not_asked``, ``expired`` or ``not_needed``."""
    found = []
    moments = {machine.name: max(policy.now, machine.needed_at) for machine in policy.machines}
    for waiver in policy.waivers:
        if waiver.machine not in decisions:
            why = "not_asked"
        elif waiver.until <= moments[waiver.machine]:
            why = "expired"
        elif waiver not in decisions[waiver.machine].waivers:
            why = "not_needed"
        else:
            continue
        found.append({**waiver_result(waiver), "why": why})
    return found


def warnings_of(result: dict[str, t.Any], policy: Policy) -> list[str]:
    """Sentences about what somebody may rely on in vain: waivers without effect, and old data that nobody forbade."""
    texts = {"not_asked": "Waivers for machines that were not asked for", "expired": "Waivers that have expired"}
    found = []
    for why, text in texts.items():
        unused = [f"{one['machine']} ({one['reason_code']})" for one in result["unused_waivers"] if one["why"] == why]
        if unused:
            found.append(f"{text}: {', '.join(unused)}.")
    oldest = to_iso(policy.now - _OLD_DATA)
    if policy.max_data_age is None and (result["data_as_of"] or oldest) < oldest:
        found.append(
            f"Enterprise Manager's data is of {result['data_as_of']}: what happened since is not in the verdicts. Set max_data_age"
            " to refuse old data."
        )
    return found


def summary_of(decisions: t.Iterable[Decision]) -> dict[str, int]:
    """How many machines have each verdict, and ``total``."""
    counts = dict.fromkeys(codes.VERDICTS, 0)
    for decision in decisions:
        counts[decision.verdict] += 1
    return {**counts, "total": sum(counts.values())}


def headline(names: t.Mapping[str, str]) -> str:
    """One line on all machines, from name to verdict."""
    bad = {name: verdict for name, verdict in names.items() if verdict not in (codes.OK, codes.WAIVED)}
    waived = sum(verdict == codes.WAIVED for verdict in names.values())
    text = f"{len(names) - len(bad)} of {len(names)} machines are protected as asked"
    if waived:
        text += f", {waived} of them by a waiver"
    if bad:
        shown = [f"{name} ({verdict})" for name, verdict in list(bad.items())[:10]]
        more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
        text += f"; not protected: {', '.join(shown)}{more}"
    return text + "."


def message(machine: Machine, facts: Facts, decision: Decision, policy: Policy) -> str:
    """One sentence for people."""
    verdict = decision.verdict
    if verdict == codes.UNKNOWN:
        return _sentence([_unknown(code, facts, policy) for code in decision.blocking])
    if verdict == codes.RUNNING:
        return _sentence([f"{_job(attempt)} is at work on it" for attempt in decision.running[:3]])
    parts = [_blocked(code, machine, decision) for code in decision.blocking]
    if verdict == codes.WAIVED:
        until = min(waiver.until for waiver in decision.waivers)
        notes = [_quote(waiver.note) for waiver in decision.waivers if waiver.note]
        return _sentence([f"waived until {to_iso(until)}{f' ({notes[0]})' if notes else ''}", *parts])
    if verdict == codes.OK and decision.last_good is not None:
        parts = [f"{_age_text(machine, decision.last_good)} old backup by {_job(decision.last_good)}"]
        parts += [_blocked(code, machine, decision) for code in decision.notes]
    return _sentence(parts)


def _unknown(code: str, facts: Facts, policy: Policy) -> str:
    if code == codes.AMBIGUOUS_NAME:
        return f"it could be {' or '.join(facts.namesakes[:4])}, so give its vm_uid or its backup_server_name"
    if code == codes.EM_DATA_STALE:
        since = f"since {_iso(facts.data_as_of)}" if facts.data_as_of else "in the last 30 days"
        return f"Enterprise Manager collected no new data {since}"
    if code == codes.DATA_AGE_UNKNOWN:
        return "this account can't see when Enterprise Manager collected its data, and nothing proves that it is recent"
    if code == codes.ANSWER_TRUNCATED:
        return (
            "not everything that concerns it could be read from Enterprise Manager, so raise max_rows or ask for less"
        )
    if code == codes.IN_FUTURE:
        return (
            f"something happened later than now ({to_iso(policy.now)}), so a clock is wrong and no age can be trusted"
        )
    return "nothing is known about it, and this account may not see everything (Portal Administrator does)"


def _blocked(code: str, machine: Machine, decision: Decision) -> str:
    attempt = decision.last_attempt
    if code == codes.LAST_ATTEMPT_FAILED and attempt is not None:
        reason = f": {_quote(attempt.reason)}" if attempt.reason else ""
        return f"the last attempt by {_job(attempt)} at {to_iso(attempt.start)} failed{reason}"
    if code == codes.AGE_OVER_LIMIT:
        good = decision.last_good
        limit = span(machine.max_age)
        return (
            f"the last good backup is {_age_text(machine, good)} old, more than {limit}"
            if good
            else f"what there is is older than {limit}"
        )
    return {
        codes.WARNING_NOT_ACCEPTED: "a backup ended with a warning, which is not accepted",
        codes.RESTORE_POINT_MISSING: "the restore point of a backup does not exist",
        codes.ONLY_COPY_FOUND: "only copies were found, no backup",
        codes.NO_BACKUP_FOUND: "no backup was found",
        codes.IN_FUTURE: "a backup is younger than the moment it is needed at",
    }[code]


def _sentence(parts: t.Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _job(attempt: Attempt) -> str:
    name = attempt.job_name or "an unknown job"
    return f"{name} ({attempt.backup_server_name})" if attempt.backup_server_name else name


def _quote(text: str | None) -> str:
    line = " ".join((text or "").split()).rstrip(".")
    return line if len(line) <= _MAX_QUOTE else line[: _MAX_QUOTE - 1] + "…"


def span(age: dt.timedelta) -> str:
    """An age for people, such as ``3 d 4 h``, ``5 h 10 min`` or ``0 min``."""
    minutes = int(age.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "0 min"


def _age(machine: Machine, attempt: Attempt) -> int:
    return max(0, _seconds(machine.needed_at - attempt.data_time))


def _age_text(machine: Machine, attempt: Attempt) -> str:
    return span(dt.timedelta(seconds=_age(machine, attempt)))


def _seconds(age: dt.timedelta) -> int:
    return int(age.total_seconds())


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)


def _common(attempt: Attempt) -> dict[str, t.Any]:
    return {
        "creation_time": to_iso(attempt.start),
        "end_time": _iso(attempt.end),
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


def _history(machine: Machine, facts: Facts, since: dt.datetime) -> list[dict[str, t.Any]]:
    """The attempts of counted job types that started since then, newest first."""
    attempts = [one for one in facts.attempts if one.job_type in machine.job_types and one.start >= since]
    return [
        {
            "creation_time": to_iso(one.start),
            "end_time": _iso(one.end),
            "result": one.result,
            "running": one.running,
            "job_name": one.job_name,
            "job_type": one.job_type,
            "task_session_uid": one.task_session_uid,
        }
        for one in sorted(attempts, key=lambda one: (one.start, one.task_session_uid or ""), reverse=True)
    ]
