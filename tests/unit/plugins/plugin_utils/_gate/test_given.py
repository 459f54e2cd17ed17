# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose settings: what decides for all is the same for all, and what is a host's own rubs off on nobody."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.given import Settings, listed, read_settings
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.settings import SETTINGS
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.values import Failed, Refusal

P = "verify_backups_"
OTHER: dict[str, t.Any] = {
    "on_not_ok": "report", "allowed_verdicts": ["ok", "failed"], "allow_empty": True, "connection": {"host": "x"}, "report_dir": "there",
    "report_formats": ["csv"], "report_mode": "0600", "show_table": False, "change_number": "CHG1", "set_stats": False,
    "artifact_format": "html", "earlier": "evidence", "timezone": "UTC", "wait_running": "1h", "hosts": ["web01"], "machines": ["web01"],
    "extra_machines": ["db01"], "name_match": ["exact"], "domains": ["x"], "max_data_age": "1h", "lookback": "20d", "history": "2d",
    "full_visibility": True, "ask_hypervisors": True, "max_rows": 5,
}  # fmt: skip
OWN: dict[str, t.Any] = {
    "max_age": "1h", "needed_at": "+1h", "accept_warning": False, "job_types": ["Backup"], "require_restore_point": False,
}  # fmt: skip


def read(hosts: dict[str, dict[str, t.Any]], play: dict[str, t.Any] | None = None) -> Settings:
    prefixed = {
        name: {key if key.startswith("veeam_em") else P + key: value for key, value in raw.items()}
        for name, raw in hosts.items()
    }
    return read_settings({P + key: value for key, value in (play or {}).items()}, prefixed)


def test_every_setting_is_one_or_the_other() -> None:
    own = {name for name, setting in SETTINGS.items() if setting.per_host}
    assert own == {*OWN, "machine_name", "machine_vm_uid", "waivers"}
    assert SETTINGS.keys() - own <= OTHER.keys()


@pytest.mark.parametrize("name", sorted(OTHER.keys() & SETTINGS.keys()))
def test_what_decides_for_all_is_refused_when_hosts_differ(name: str) -> None:
    with pytest.raises(Refusal, match=f"{P}{name} decides for all hosts, but .*web02.*Set it once"):
        read({"web01": {}, "web02": {name: OTHER[name]}, "web03": {}})
    assert read({"web01": {name: OTHER[name]}, "web02": {name: OTHER[name]}}).common[name] is not None


@pytest.mark.parametrize("name", sorted(OWN))
def test_what_is_a_hosts_own_is_its_own(name: str) -> None:
    found = read({"web01": {}, "web02": {name: OWN[name]}})
    assert found.hosts["web01"].rules[name] == SETTINGS[name].default != found.hosts["web02"].rules[name] == OWN[name]
    assert found.rules[name] == SETTINGS[name].default, "machines that are no host follow the play"


def test_the_same_in_another_form_is_the_same() -> None:
    found = read(
        {"web01": {"allow_empty": "false", "report_formats": "html,json"}, "web02": {"allow_empty": False}, "web03": {}}
    )
    assert (found.common["allow_empty"], found.common["report_formats"]) == (False, ["html", "json"])


def test_an_empty_text_is_not_set() -> None:
    empty = {name: "" for name in SETTINGS if name not in ("report_dir", "history")}
    assert read({"web01": empty}) == read({"web01": {}}) == read({"web01": dict.fromkeys(empty)})
    assert (
        read({"web01": {"report_dir": ""}}).common["report_dir"],
        read({"web01": {"history": ""}}).common["history"],
    ) == ("", "")


def test_secrets_of_a_connection_stand_in_no_refusal() -> None:
    with pytest.raises(Refusal) as caught:
        read(
            {
                "web01": {"connection": {"password": "hunter2-secret"}},
                "web02": {"connection": {"password": "another-secret"}},
            }
        )
    assert "secret" not in str(caught.value)
    assert "web01 and web02" in str(caught.value)
    with pytest.raises(Refusal) as caught:
        read({"web01": {"connection": Failed("'hunter2-secret' is undefined")}})
    assert "secret" not in str(caught.value)


def test_a_template_that_fails_names_variable_and_host() -> None:
    with pytest.raises(Refusal, match=r"verify_backups_max_age of web02 can't be filled in: 'tier' is undefined"):
        read({"web01": {"max_age": "1h"}, "web02": {"max_age": Failed("'tier' is undefined")}})


@pytest.mark.parametrize(
    ("raw", "label", "vm_uid"),
    [
        ({}, "web01", None),
        ({"machine_name": "vm-1"}, "vm-1", None),
        ({"veeam_em_name": "Web 01"}, "Web 01", None),
        ({"veeam_em_name": "Web 01", "veeam_em_vm_uid": "urn:1"}, "web01", "urn:1"),
        ({"machine_name": "vm-1", "veeam_em_vm_uid": "urn:1"}, "vm-1", "urn:1"),
        ({"machine_vm_uid": "urn:2", "veeam_em_vm_uid": "urn:1"}, "web01", "urn:2"),
        ({"machine_vm_uid": "", "veeam_em_vm_uid": " "}, "web01", None),
    ],
)
def test_the_machine_of_a_host(raw: dict[str, t.Any], label: str, vm_uid: str | None) -> None:
    host = read({"web01": raw}).hosts["web01"]
    assert (host.label, host.vm_uid) == (label, vm_uid)


def test_options_that_differ_from_the_defaults() -> None:
    play = {"max_age": "4h", "waivers": [{"reason_code": "age_over_limit", "until": "2026-01-01"}]}
    changed = read(
        {"web01": {**play, "change_number": 7, "connection": {"password": "x"}, "timezone": "UTC"}}, play
    ).changed
    assert changed == {
        "max_age": "4h",
        "change_number": "7",
        "timezone": "UTC",
        "waivers": [{"reason_code": "age_over_limit", "until": "2026-01-01T00:00:00Z"}],
    }


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "nobody"),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcdefg"), "a, b, c, d and 3 more"),
    ],
)
def test_listed(names: list[str], text: str) -> None:
    assert listed(names) == text
