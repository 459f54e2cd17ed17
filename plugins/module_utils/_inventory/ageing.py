# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What time alone does to a verdict that was kept: it can become worse, never better. Pure functions. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._protection.codes import (
    AGE_OVER_LIMIT,
    EM_DATA_STALE,
    FAILED,
    LAST_ATTEMPT_FAILED,
    OK,
    STALE,
    UNKNOWN,
    WAIVED,
    in_order,
)  # fmt: skip
from .._protection.policy import Policy
from .._protection.result import waiver_result
from .._protection.waiving import waivers_for
from .._records.build import Record
from .._times import parse_moment, span, to_iso


def aged(host: Record, policy: Policy, name: str) -> Record:
    """A host with a verdict as it is now, at ``policy.now``; ``name`` is the one that waivers name it by."""
    entry = dataclasses.replace(policy.machines[0], name=name)
    report = {**host["inventory_protection"], "needed_at": to_iso(entry.needed_at)}
    good = _with_age(report["last_good"], entry.needed_at)
    report["last_good"] = good
    verdict, underlying, message = report["verdict"], report["underlying_verdict"], report["message"]
    collected = _moment(report["data_as_of"])
    if verdict != UNKNOWN and _is_old(collected, policy):
        verdict, report["reasons"] = UNKNOWN, [EM_DATA_STALE]
        message = f"Enterprise Manager's data is as of {report['data_as_of']}, and this inventory may be as old."
    elif verdict == OK and good and good["age_seconds"] > report["max_age_seconds"]:
        failed = LAST_ATTEMPT_FAILED in report["reasons"]
        blocking = in_order([AGE_OVER_LIMIT, *([LAST_ATTEMPT_FAILED] if failed else [])])
        verdict = underlying = FAILED if failed else STALE
        report["reasons"] = [*blocking, *(code for code in report["reasons"] if code not in blocking)]
        message = f"The last good backup is {span(good['age_seconds'])} old, more than {report['max_age']}."
        waivers = waivers_for(blocking, entry, policy)
        if {waiver.reason_code for waiver in waivers} == set(blocking):
            verdict, report["waivers"] = WAIVED, [waiver_result(waiver) for waiver in waivers]
            message = f"Waived until {min(one['until'] for one in report['waivers'])}. {message}"
    elif verdict == WAIVED and any(_over(one["until"], max(policy.now, entry.needed_at)) for one in report["waivers"]):
        verdict = underlying
        message = f"A waiver has ended; before, it was: {message}"
    if verdict not in (WAIVED, host["verdict"]):
        underlying = verdict
    report.update(verdict=verdict, underlying_verdict=underlying, message=message)
    return {**host, "verdict": verdict, "inventory_protection": report}


def _is_old(collected: dt.datetime | None, policy: Policy) -> bool:
    """Whether the data is over its limit; what can't be told blocks only when somebody chose the limit."""
    if policy.max_data_age is None:
        return False
    return policy.data_age_on_purpose if collected is None else policy.now - collected > policy.max_data_age


def _with_age(good: Record | None, needed_at: dt.datetime) -> Record | None:
    if good is None:
        return None
    moment = _moment(good["data_time"])
    age = needed_at - moment if moment else dt.timedelta(seconds=good["age_seconds"])
    return {**good, "age_seconds": max(0, int(age.total_seconds()))}


def _over(until: str, moment: dt.datetime) -> bool:
    end = _moment(until)
    return end is None or end <= moment


def _moment(text: t.Any) -> dt.datetime | None:
    return parse_moment(text) if isinstance(text, str) else None
