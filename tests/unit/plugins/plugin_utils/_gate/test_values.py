# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of the gate, in every form in which it may come: the same as natively, or one sentence."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest
import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import UTC
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate import values
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.settings import SETTINGS, check_names
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.values import Refusal

BERLIN = values.zone("Europe/Berlin")
LISTS = {
    "hosts": ["web01", "web02"],
    "machines": ["web01", "web02"],
    "extra_machines": ["db01"],
    "job_types": ["Backup", "AgentBackup"],
    "name_match": ["exact", "ignore_case"],
    "domains": ["example.test", "corp"],
    "allowed_verdicts": ["ok", "stale"],
    "report_formats": ["html", "json"],
}
AGES = dict.fromkeys(("max_age", "max_data_age", "lookback", "history", "wait_running"), "36h")
TEXTS = dict.fromkeys(("machine_name", "machine_vm_uid", "report_dir", "change_number", "earlier"), "a text")
CHOICES = {"on_not_ok": "report", "artifact_format": "markdown", "ask_hypervisors": True}
FLAGS = ("accept_warning", "require_restore_point", "full_visibility", "allow_empty", "set_stats", "show_table")
WAIVER = {"machine": "old01", "reason_code": "age_over_limit", "until": "2026-02-01", "note": "CHG0042"}
REST: dict[str, t.Any] = {
    "needed_at": "2026-01-05T20:00:00Z",
    "max_rows": 1000,
    "report_mode": "0640",
    "timezone": "Europe/Berlin",
    "waivers": [WAIVER],
    "connection": {"host": "em01.example.test", "port": 9398},
}
NATIVE = {**LISTS, **AGES, **TEXTS, **CHOICES, **dict.fromkeys(FLAGS, False), **REST}


def parse(name: str, value: t.Any, zone: dt.tzinfo | None = None) -> t.Any:
    return SETTINGS[name].parse(value, zone)


def outcome(name: str, value: t.Any) -> t.Any:
    """What the setting becomes, or None when it is refused in a sentence."""
    try:
        return parse(name, value)
    except Refusal:
        return None


def as_text(value: t.Any) -> str:
    """As ``-e name=…`` gives it."""
    return value if isinstance(value, str) else json.dumps(value)


def as_survey(value: t.Any) -> t.Any:
    """As an automation platform gives a text answer on ansible-core since 2.19: read as YAML once more."""
    return yaml.safe_load(as_text(value))


def test_every_setting_is_in_the_table() -> None:
    assert NATIVE.keys() | {"domains"} == SETTINGS.keys() | {"domains"}


@pytest.mark.parametrize("name", sorted(NATIVE.keys() & SETTINGS.keys()))
def test_as_text_and_from_a_survey_it_is_the_same_as_natively(name: str) -> None:
    native = parse(name, NATIVE[name])
    assert parse(name, as_text(NATIVE[name])) == native
    assert parse(name, as_survey(NATIVE[name])) == native


@pytest.mark.parametrize("name", sorted(LISTS.keys() & SETTINGS.keys()))
@pytest.mark.parametrize("joint", [",", ", ", "\n", "\r\n", "\n\n", ",\n"])
def test_lists_as_text_are_cut_at_commas_and_lines(name: str, joint: str) -> None:
    assert parse(name, joint.join(LISTS[name])) == parse(name, LISTS[name])
    assert parse(name, LISTS[name][0]) == parse(name, LISTS[name][:1])


@pytest.mark.parametrize("name", sorted(FLAGS))
@pytest.mark.parametrize(
    ("value", "meaning"),
    [("false", False), ("False", False), ("no", False), ("off", False), ("0", False), (0, False), ("true", True), ("yes", True), (1, True)],
)  # fmt: skip
def test_flags(name: str, value: t.Any, meaning: bool) -> None:
    assert parse(name, value) is meaning


@pytest.mark.parametrize("name", sorted(FLAGS))
@pytest.mark.parametrize("value", ["flase", "nope", 2, 1.0, [False], {"a": 1}, dt.date(2026, 1, 1)])
def test_what_is_no_flag_is_refused(name: str, value: t.Any) -> None:
    assert outcome(name, value) is None


@pytest.mark.parametrize("name", sorted(AGES))
@pytest.mark.parametrize(
    "value",
    [24, 24.0, "24", " 24 ", "1.5", True, "0h", "-1h", "h", "24 hours", ["24h"], dt.timedelta(hours=1), "9999999d"],
)
def test_an_age_needs_its_unit(name: str, value: t.Any) -> None:
    assert outcome(name, value) is None


def test_a_number_without_a_unit_is_told_the_units() -> None:
    with pytest.raises(Refusal, match=r"number without a unit; write 24h for hours or 24d for days"):
        parse("max_age", 24)


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        ("now", None, "now"),
        ("+12h", None, "+12h"),
        ("2026-01-05", None, "2026-01-05T00:00:00Z"),
        ("2026-01-05", BERLIN, "2026-01-04T23:00:00Z"),
        (dt.date(2026, 1, 5), BERLIN, "2026-01-04T23:00:00Z"),
        (dt.date(2026, 1, 5), None, "2026-01-05T00:00:00Z"),
        ("2026-01-05 20:00", BERLIN, "2026-01-05T19:00:00Z"),
        ("2026-07-05T20:00:00.5", BERLIN, "2026-07-05T18:00:00Z"),
        (dt.datetime(2026, 1, 5, 20), BERLIN, "2026-01-05T19:00:00Z"),
        (dt.datetime(2026, 1, 5, 20, tzinfo=UTC), BERLIN, "2026-01-05T20:00:00Z"),
        ("2026-01-05T20:00:00+02:00", BERLIN, "2026-01-05T18:00:00Z"),
        ("2026-01-05T20:00:00Z", None, "2026-01-05T20:00:00Z"),
    ],
)
def test_moments(value: t.Any, zone: dt.tzinfo | None, expected: str) -> None:
    assert parse("needed_at", value, zone) == expected
    if not str(value).startswith(("now", "+")):
        assert parse("waivers", [{**WAIVER, "until": value}], zone)[0]["until"] == expected


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("2026-01-05 20:00", None),
        (dt.datetime(2026, 1, 5, 20), None),
        ("2026-03-29 02:30", BERLIN),
        ("2026-10-25 02:30", BERLIN),
        ("2026-02-30", None),
        ("2026-01-05T25:00:00Z", None),
        ("+12", None),
        (12, None),
        ("20260105", None),
        ("tomorrow", None),
        (True, None),
        ("0001-01-01", BERLIN),
    ],
)
def test_no_moment_is_guessed(value: t.Any, zone: dt.tzinfo | None) -> None:
    with pytest.raises(Refusal):
        parse("needed_at", value, zone)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (31337, "31337"),
        (True, "true"),
        (dt.date(2026, 11, 25), "2026-11-25"),
        ("CHG 1, 2", "CHG 1, 2"),
        (dt.datetime(2026, 1, 5, 20, tzinfo=UTC), "2026-01-05T20:00:00Z"),
    ],
)
def test_texts_take_what_a_survey_makes_of_them(value: t.Any, expected: str) -> None:
    assert parse("change_number", value) == expected


@pytest.mark.parametrize("value", [1.1, ["CHG1"], {"a": 1}])
def test_what_is_no_text_is_refused(value: t.Any) -> None:
    assert outcome("change_number", value) is None


@pytest.mark.parametrize("value", ["0640", 0o640, 640, "640", "0o640", " 0640 "])
def test_modes(value: t.Any) -> None:
    assert parse("report_mode", value) == 0o640


@pytest.mark.parametrize("value", ["u=rw", "0999", "rw-r-----", 7, True, 1.0])
def test_what_is_no_mode_is_refused(value: t.Any) -> None:
    assert outcome("report_mode", value) is None


@pytest.mark.parametrize("value", [0o400, 0o440, 0o444, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666])
def test_no_number_means_two_modes(value: int) -> None:
    assert parse("report_mode", value) == value == parse("report_mode", int(f"{value:o}"))


@pytest.mark.parametrize("value", ["+01:00", "-0330", "UTC", "Europe/Berlin"])
def test_zones(value: str) -> None:
    assert isinstance(parse("timezone", value), dt.tzinfo)


@pytest.mark.parametrize("value", ["Europe/Berln", "+99:00", "../etc/passwd", "/etc/localtime", 5])
def test_unknown_zones_are_refused(value: t.Any) -> None:
    assert outcome("timezone", value) is None


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("on_not_ok", "exlude", "did you mean exclude"),
        ("on_not_ok", "ask", "use one of fail, exclude, report"),
        ("allowed_verdicts", "ok,wavied", "did you mean waived"),
        ("report_formats", ["pdf"], "use some of"),
        ("allowed_verdicts", [], "without anything in it"),
        ("job_types", [], "without anything in it"),
        ("waivers", [{**WAIVER, "untill": "2026-01-01"}], "did you mean until"),
        ("waivers", [{"machine": "old01", "until": "2026-01-01"}], "without reason_code"),
        ("waivers", ["old01"], "not a dictionary"),
        ("waivers", [{**WAIVER, "until": "someday"}], "a waiver whose until"),
        ("machines", [{"vm_uid": "x"}], "without a name"),
        ("machines", [{"name": "web01", "max_age": 24}], "max_age has the value 24, a number without a unit"),
        ("machines", [True], "names no machine"),
        ("machines", "[web01", "can't be read as YAML"),
        ("connection", "em01", "not a dictionary"),
        ("max_rows", 1.5, "whole number"),
    ],
)
def test_refusals_say_what_to_do(name: str, value: t.Any, hint: str) -> None:
    with pytest.raises(Refusal, match=hint.replace("[", r"\[")):
        parse(name, value)


def test_machines_keep_their_names_and_give_their_rules_a_type() -> None:
    found = parse(
        "machines",
        [
            "Büro 1, Nord",
            4711,
            {"name": 42, "accept_warning": "false", "job_types": "Backup,AgentBackup", "max_age": ""},
        ],
    )
    assert found == [
        {"name": "Büro 1, Nord"},
        {"name": "4711"},
        {"name": "42", "accept_warning": False, "job_types": ["Backup", "AgentBackup"]},
    ]


def test_a_dictionary_as_text_is_not_shown_when_it_can_not_be_read() -> None:
    with pytest.raises(Refusal) as caught:
        parse("connection", "{password: 'hunter2-secret")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["maxage", "max_agee", "MAX_AGE", "onnotok", "allow_emtpy", "machine_names"])
def test_nearly_known_variables_are_refused(name: str) -> None:
    with pytest.raises(Refusal, match="did you mean verify_backups_"):
        check_names([f"verify_backups_{name}"])


def test_other_unknown_variables_are_told() -> None:
    assert check_names(["verify_backups_owner", "verify_backups_max_age", "verify_backups_group"]) == [
        "verify_backups_owner"
    ]
