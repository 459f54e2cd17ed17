# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What time alone does to a verdict that was kept: it can become worse, never better. Pure functions. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._protection.codes import AGE_OVER_LIMIT, EM_DATA_STALE, FAILED, LAST_ATTEMPT_FAILED, OK, STALE, UNKNOWN, WAIVED
from .._protection.policy import Policy
from .._records.build import Record
from .._times import parse_moment, span, to_iso


def aged(host: Record, policy: Policy, needed_at: dt.datetime) -> Record:
    """The record as it is now: ``policy.now``, for a need at ``needed_at``."""
    report = host.get("inventory_protection")
    if not report:
        return host
    report = {**report, "needed_at": to_iso(needed_at)}
    good = _with_age(report["last_good"], needed_at)
    report["last_good"] = good
    verdict, reasons, message = report["verdict"], list(report["reasons"]), report["message"]
    collected = _moment(report["data_as_of"])
    if verdict != UNKNOWN and _is_old(collected, policy):
        verdict, reasons = UNKNOWN, [EM_DATA_STALE]
        message = f"Enterprise Manager's data is as of {report['data_as_of']}, and this inventory may be as old."
    elif verdict == OK and good and good["age_seconds"] > report["max_age_seconds"]:
        failed = LAST_ATTEMPT_FAILED in reasons
        verdict, reasons = (FAILED if failed else STALE), [AGE_OVER_LIMIT, *reasons]
        limit, age = (span(number) for number in (report["max_age_seconds"], good["age_seconds"]))
        message = f"The last good backup is {age} old, more than {limit}."
    elif verdict == WAIVED and any(_over(one["until"], max(policy.now, needed_at)) for one in report["waivers"]):
        verdict = report["underlying_verdict"]
        message = f"A waiver has ended; before, it was: {message}"
    report.update(verdict=verdict, reasons=reasons, message=message)
    if verdict not in (WAIVED, host["verdict"]):
        report["underlying_verdict"] = verdict
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
