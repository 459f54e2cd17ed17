# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of protection_info says is what the code does."""

from __future__ import annotations

import datetime as dt
import typing as t

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import (
    POLICY_SPEC,
    Machine,
    Policy,
    Waiver,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.result import machine_result, summary_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.verdict import Attempt, RestorePoint
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.next_runs import NEXT_RUNS_SPEC, next_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.waiting import WAIT_SPEC
from ansible_collections.backup_ops.veeam_em.plugins.modules import protection_info

from .assessed import assessment

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
RETURNED = yaml.safe_load(protection_info.RETURN)


def without_texts(options: dict[str, t.Any]) -> dict[str, t.Any]:
    """Documented options as an argument specification."""
    spec = {}
    for name, option in options.items():
        kept = {key: value for key, value in option.items() if key not in ("description", "suboptions")}
        if "suboptions" in option:
            kept["options"] = without_texts(option["suboptions"])
        spec[name] = kept
    return spec


def test_documented_options_are_the_real_ones() -> None:
    documented = yaml.safe_load(protection_info.DOCUMENTATION)["options"]
    assert without_texts(documented) == {**POLICY_SPEC, **WAIT_SPEC, **NEXT_RUNS_SPEC}


def test_documented_keys_of_a_machine_are_the_real_ones() -> None:
    machine = Machine("web01", 24 * HOUR, NOW)
    start = NOW - 30 * HOUR
    good = Attempt(start, end=start + HOUR, result="Success", job_type="Backup", point=RestorePoint("urn:x", start))
    running = Attempt(NOW - HOUR, running=True, job_type="Backup")
    policy = Policy((machine,), NOW, history=48 * HOUR, waivers=(Waiver("web01", "age_over_limit", NOW + HOUR),))
    documented = RETURNED["machines"]["contains"]
    for attempts in ((good,), (good, running)):
        result = machine_result(assessment(machine, policy, *attempts), policy)
        assert {*result, *next_of([], "", "")} == set(documented)
        for key in ("last_good", "last_attempt"):
            assert set(result[key]) == set(documented[key]["contains"])
        for key in ("running", "history"):
            for entry in result[key]:
                assert set(entry) == set(documented[key]["contains"])
    assert result["running"]
    assert result["history"]


def test_documented_words_are_the_real_ones() -> None:
    text = " ".join(str(part) for part in RETURNED["machines"]["contains"]["reasons"]["description"])
    assert all(f"V({code})" in text for code in codes.REASONS)
    assert all(f"V({word})" in RETURNED["machines"]["contains"]["verdict"]["description"] for word in codes.VERDICTS)
    assert set(RETURNED["summary"]["contains"]) == set(summary_of([]))
