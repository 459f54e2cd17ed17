# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a verification: what they mean, and that every mistake is refused with the option's name."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import (
    NAME_MATCHES,
    Policy,
    read_policy,
    split_ref,
)

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
UID = "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"
WAIVER = {"machine": "web01", "reason_code": "age_over_limit", "until": "2026-02-01"}


def read(**options: t.Any) -> Policy:
    return read_policy({"machines": ["web01"], **options}, NOW)


def test_defaults() -> None:
    policy = read()
    [machine] = policy.machines
    assert (machine.name, machine.max_age, machine.needed_at, machine.oldest) == ("web01", DAY, NOW, NOW - DAY)
    assert machine.accept_warning
    assert machine.require_restore_point
    assert machine.job_types == {"Backup", "AgentBackup", "AgentManagement"}
    assert (machine.vm_uid, machine.vm_ref, machine.backup_server_name) == (None, None, None)
    assert policy.name_match == NAME_MATCHES
    assert (policy.max_data_age, policy.history, policy.waivers) == (None, None, ())
    assert policy.lookback == 30 * DAY
    assert policy.full_visibility is False
    assert (policy.ask_hypervisors, policy.domains) == ("auto", None)
    assert policy.max_rows == 1000000


def test_options_that_are_none_have_their_defaults() -> None:
    assert read(max_age=None, needed_at=None, waivers=None, history=None, name_match=None) == read()


def test_every_option_is_read() -> None:
    policy = read(
        max_age="8h",
        needed_at="2026-01-07T20:00:00+01:00",
        accept_warning=False,
        job_types=["Backup", "BackupCopy"],
        require_restore_point=False,
        name_match=["short_name", "exact"],
        max_data_age="90m",
        waivers=[{**WAIVER, "note": "CHG0042"}],
        lookback="90d",
        history="7d",
        full_visibility=True,
        ask_hypervisors="never",
        domains=["corp.example"],
        max_rows=5,
    )
    [machine] = policy.machines
    assert (machine.max_age, machine.accept_warning, machine.require_restore_point) == (8 * HOUR, False, False)
    assert machine.needed_at == dt.datetime(2026, 1, 7, 19, 0, tzinfo=dt.timezone.utc)
    assert machine.job_types == {"Backup", "BackupCopy"}
    assert policy.name_match == ("short_name", "exact")
    assert (policy.max_data_age, policy.lookback, policy.history) == (1.5 * HOUR, 90 * DAY, 7 * DAY)
    assert (policy.full_visibility, policy.ask_hypervisors, policy.max_rows) == (True, "never", 5)
    assert policy.domains == ("corp.example",)
    assert policy.data_age_on_purpose
    [waiver] = policy.waivers
    assert (waiver.machine, waiver.reason_code, waiver.note) == ("web01", "age_over_limit", "CHG0042")
    assert waiver.until == dt.datetime(2026, 2, 1, tzinfo=dt.timezone.utc)


def test_machines_override_what_holds_for_all() -> None:
    plain, special = read(
        machines=[
            "web01",
            {
                "name": "db01",
                "max_age": "8h",
                "needed_at": "+2h",
                "accept_warning": "no",
                "job_types": "Backup",
                "require_restore_point": "false",
                "vm_uid": UID,
                "vm_ref": "VM-1042",
                "backup_server_name": "vbr01",
            },
        ],
    ).machines
    assert (plain.max_age, plain.needed_at, plain.accept_warning) == (DAY, NOW, True)
    assert (special.max_age, special.needed_at, special.accept_warning) == (8 * HOUR, NOW + 2 * HOUR, False)
    assert (special.job_types, special.require_restore_point) == ({"Backup"}, False)
    assert (special.vm_uid, special.vm_ref, special.backup_server_name) == (UID, "VM-1042", "vbr01")


def test_names_may_be_numbers_and_keys_may_be_none() -> None:
    assert [one.name for one in read(machines=[4711, {"name": 4712, "max_age": None}]).machines] == ["4711", "4712"]


@pytest.mark.parametrize("written", ["2026-01-07T20:00:00 Z", "2026-01-07T21:00:00 +0100"])
def test_a_blank_before_the_zone_is_allowed(written: str) -> None:
    assert read(needed_at=written).machines[0].needed_at == dt.datetime(2026, 1, 7, 20, tzinfo=dt.timezone.utc)


def test_dates_of_yaml_are_understood() -> None:
    policy = read(
        waivers=[{**WAIVER, "until": dt.date(2026, 2, 1)}],
        needed_at=dt.datetime(2026, 1, 7, 20, 0, tzinfo=dt.timezone.utc),
    )
    assert policy.waivers[0].until == dt.datetime(2026, 2, 1, tzinfo=dt.timezone.utc)
    assert policy.machines[0].needed_at == dt.datetime(2026, 1, 7, 20, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"machines": []}, ["machines"]),
        ({"machines": None}, ["machines"]),
        ({"machines": "web01"}, ["machines"]),
        ({"machines": [None]}, ["machines[0]", "name"]),
        ({"machines": [True]}, ["machines[0]"]),
        ({"machines": [["web01"]]}, ["machines[0]"]),
        ({"machines": ["web01", "  "]}, ["machines[1].name"]),
        ({"machines": ["web01", ""]}, ["machines[1].name"]),
        ({"machines": [{"max_age": "1h"}]}, ["machines[0].name"]),
        ({"machines": [{"name": True}]}, ["machines[0].name"]),
        ({"machines": ["web01", "db01", "web01"]}, ["machines[2]", "web01", "second time"]),
        ({"machines": [{"name": "web01", "maxage": "1h"}]}, ["machines[0]", "maxage", "max_age"]),
        ({"machines": [{"name": "web01", "max_age": "soon"}]}, ["machines[0].max_age", "soon"]),
        ({"machines": [{"name": "web01", "max_age": True}]}, ["machines[0].max_age", "True"]),
        ({"machines": [{"name": "web01", "job_types": ["T@pe"]}]}, ["machines[0].job_types", "T@pe", "AgentBackup"]),
        ({"machines": [{"name": "web01", "job_types": []}]}, ["machines[0].job_types"]),
        ({"machines": [{"name": "web01", "accept_warning": "perhaps"}]}, ["machines[0].accept_warning", "perhaps"]),
        ({"machines": [{"name": "web01", "vm_uid": "vm-1042"}]}, ["machines[0].vm_uid", "urn:VMware:Vm:"]),
        ({"machines": [{"name": "web01", "vm_uid": "urn:AgentForWindows:VeeamAgent:0.1"}]}, ["machines[0].vm_uid", "agent"]),
        ({"machines": [{"name": "web01", "vm_ref": UID}]}, ["machines[0].vm_ref", "vm_uid"]),
        ({"machines": [{"name": "web01", "vm_ref": 1042}]}, ["machines[0].vm_ref"]),
        ({"machines": [{"name": "web01", "vm_uid": UID, "vm_ref": "vm-7"}]}, ["machines[0].vm_uid", "vm_ref"]),
        ({"machines": [{"name": "web01", "backup_server_name": ""}]}, ["machines[0].backup_server_name"]),
        ({"max_age": "1 day"}, ["max_age", "1 day"]),
        ({"max_age": "0h"}, ["max_age", "zero"]),
        ({"max_age": "-1h"}, ["max_age"]),
        ({"max_age": "x", "machines": [{"name": "web01", "max_age": "1h"}]}, ["max_age", "'x'"]),
        ({"needed_at": "12h"}, ["needed_at", "+12h"]),
        ({"needed_at": "tomorrow"}, ["needed_at", "tomorrow"]),
        ({"needed_at": "+soon"}, ["needed_at", "soon"]),
        ({"accept_warning": "maybe"}, ["accept_warning"]),
        ({"full_visibility": 2}, ["full_visibility"]),
        ({"name_match": []}, ["name_match"]),
        ({"name_match": ["fuzzy"]}, ["name_match", "fuzzy", "short_name"]),
        ({"max_data_age": "0"}, ["max_data_age", "without a unit"]),
        ({"max_age": 24}, ["max_age", "24", "without a unit", "36h"]),
        ({"machines": [{"name": "web01", "max_age": "3600"}]}, ["machines[0].max_age", "without a unit"]),
        ({"lookback": 30}, ["lookback", "without a unit"]),
        ({"history": 7}, ["history", "without a unit"]),
        ({"needed_at": "+4"}, ["needed_at", "without a unit"]),
        ({"needed_at": "2026-01-07T20:00:00"}, ["needed_at", "zone", "Z"]),
        ({"needed_at": "2026-01-07 20:00"}, ["needed_at", "zone"]),
        ({"needed_at": "9999-12-31"}, ["needed_at", "century"]),
        ({"needed_at": "0001-01-01T00:00:00Z"}, ["needed_at", "century"]),
        ({"waivers": [{**WAIVER, "until": "2026-02-01T18:00"}]}, ["waivers[0].until", "zone"]),
        ({"machines": [1.5]}, ["machines[0]"]),
        ({"ask_hypervisors": "maybe"}, ["ask_hypervisors", "auto"]),
        ({"domains": ["corp example"]}, ["domains", "corp.example.com"]),
        ({"domains": 5}, ["domains"]),
        ({"lookback": "never"}, ["lookback"]),
        ({"history": "0d"}, ["history"]),
        ({"max_rows": 0}, ["max_rows"]),
        ({"max_rows": True}, ["max_rows"]),
        ({"max_rows": "many"}, ["max_rows"]),
        ({"waivers": {"machine": "web01"}}, ["waivers"]),
        ({"waivers": ["web01"]}, ["waivers[0]", "reason_code"]),
        ({"waivers": [{**WAIVER, "why": "x"}]}, ["waivers[0]", "why", "note"]),
        ({"waivers": [{**WAIVER, "reason_code": "backup_running"}]}, ["waivers[0].reason_code", "can't be waived"]),
        ({"waivers": [{**WAIVER, "reason_code": "old"}]}, ["waivers[0].reason_code", "is unknown", "age_over_limit"]),
        ({"waivers": [{**WAIVER, "reason_code": None}]}, ["waivers[0].reason_code"]),
        ({"waivers": [WAIVER, {**WAIVER, "until": None}]}, ["waivers[1].until"]),
        ({"waivers": [{**WAIVER, "until": "30d"}]}, ["waivers[0].until", "30d"]),
        ({"waivers": [{**WAIVER, "machine": None}]}, ["waivers[0].machine"]),
        ({"waivers": [{**WAIVER, "note": 7}]}, ["waivers[0].note"]),
    ],
)  # fmt: skip
def test_mistakes_are_named(options: dict[str, t.Any], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**options)
    for word in words:
        assert word in str(caught.value)


def test_what_is_allowed_and_looks_odd_is_said() -> None:
    policy = read(machines=["web01 ", {"name": "db01", "job_types": ["Backups"]}])
    assert policy.machines[0].name == "web01 "
    assert len(policy.remarks) == 2
    assert "blanks at its ends" in policy.remarks[0]
    assert "did you mean Backup?" in policy.remarks[1]


def test_any_word_is_a_type_of_job_and_known_ones_have_their_case() -> None:
    [machine] = read(job_types=["backup", "VmbApiPolicyTempJob"]).machines
    assert machine.job_types == {"Backup", "VmbApiPolicyTempJob"}
    assert read(job_types=["VmbApiPolicyTempJob"]).remarks == ()


def test_the_default_limit_is_not_set_on_purpose() -> None:
    assert (read(max_data_age="auto").max_data_age, read(max_data_age="auto").data_age_on_purpose) == (4 * HOUR, False)
    assert (read(max_data_age="4h").max_data_age, read(max_data_age="4h").data_age_on_purpose) == (4 * HOUR, True)


def test_entries_with_keys_may_have_one_name() -> None:
    policy = read_policy({"machines": ["web01", "web01"]}, NOW, keys=["a", "b"])
    assert [(one.key, one.name) for one in policy.machines] == [("a", "web01"), ("b", "web01")]


def test_references() -> None:
    assert split_ref(UID) == ("VMware", "33333333-aaaa-4bbb-8ccc-000000000001", "vm-1042")
    assert split_ref("urn:HyperV:Vm:hv01.example.test.0e1c2d3e-0000-4bbb-8ccc-000000000001") == (
        "HyperV",
        "hv01.example.test",
        "0e1c2d3e-0000-4bbb-8ccc-000000000001",
    )
    assert split_ref("vm-1042") is None
