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
    assert policy.ask_hypervisors is False
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
        ask_hypervisors=True,
        max_rows=5,
    )
    [machine] = policy.machines
    assert (machine.max_age, machine.accept_warning, machine.require_restore_point) == (8 * HOUR, False, False)
    assert machine.needed_at == dt.datetime(2026, 1, 7, 19, 0, tzinfo=dt.timezone.utc)
    assert machine.job_types == {"Backup", "BackupCopy"}
    assert policy.name_match == ("short_name", "exact")
    assert (policy.max_data_age, policy.lookback, policy.history) == (1.5 * HOUR, 90 * DAY, 7 * DAY)
    assert (policy.full_visibility, policy.ask_hypervisors, policy.max_rows) == (True, True, 5)
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


def test_dates_of_yaml_are_understood() -> None:
    policy = read(waivers=[{**WAIVER, "until": dt.date(2026, 2, 1)}], needed_at=dt.datetime(2026, 1, 7, 20, 0))
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
        ({"machines": [{"name": "web01", "max_age": True}]}, ["machines[0].max_age"]),
        ({"machines": [{"name": "web01", "job_types": ["Tape"]}]}, ["machines[0].job_types", "Tape", "AgentBackup"]),
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
        ({"max_data_age": "0"}, ["max_data_age"]),
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


def test_references() -> None:
    assert split_ref(UID) == ("VMware", "33333333-aaaa-4bbb-8ccc-000000000001", "vm-1042")
    assert split_ref("urn:HyperV:Vm:hv01.example.test.0e1c2d3e-0000-4bbb-8ccc-000000000001") == (
        "HyperV",
        "hv01.example.test",
        "0e1c2d3e-0000-4bbb-8ccc-000000000001",
    )
    assert split_ref("vm-1042") is None
