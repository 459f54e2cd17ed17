# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked, and for which hosts; what the answer means for them."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate import evidence_files
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.artifacts import artifacts
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.decision import (
    Answer,
    Outcome,
    decide,
    read_answer,
    verdicts_of_hosts,
)
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.given import read_settings
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.parts import part_of, to_parts
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.play_state import PlayState
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.question import Question, make_question
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.table import last_line, table
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.values import Refusal

P = "verify_backups_"
NOW = dt.datetime(2026, 1, 6, 6, tzinfo=dt.timezone.utc)
Raw = t.Dict[str, t.Dict[str, t.Any]]


def settings(hosts: Raw, play: dict[str, t.Any] | None = None, controllers: t.Collection[str] = ()) -> t.Any:
    common = {P + key: value for key, value in (play or {}).items()}
    raw = {
        name: {**common, **{key if key.startswith("veeam") else P + key: value for key, value in own.items()}}
        for name, own in hosts.items()
    }
    return read_settings(common, raw, controllers)


def question(hosts: Raw, play: dict[str, t.Any] | None = None, known: t.Collection[str] = ()) -> Question:
    return make_question(settings(hosts, play), list(hosts), {*hosts, *known})


def joined(found: Question) -> list[tuple[str, list[str]]]:
    return [(asked.entry["name"], asked.hosts) for asked in found.asked]


class Trial:
    """One call from variables to outcome; ``verdicts`` are those of machines, ok unless said."""

    def __init__(
        self, hosts: Raw, verdicts: dict[str, str] | None = None, play: dict[str, t.Any] | None = None, state: PlayState | None = None,
        earlier: dict[str, t.Any] | None = None, done_went: bool = False, controllers: t.Collection[str] = (), result: dict[str, t.Any] | None = None,
    ) -> None:  # fmt: skip
        self.settings = settings(hosts, play, controllers)
        state = state or PlayState(tuple(hosts))
        self.question = make_question(self.settings, state.in_question, hosts)
        machines = [
            {
                "name": asked.entry["name"],
                "verdict": (verdicts or {}).get(asked.entry["name"], "ok"),
                "message": "Why.",
                "history": [1],
            }
            for asked in self.question.asked
        ]
        ok = all(machine["verdict"] in ("ok", "waived") for machine in machines)
        self.answer: Answer = read_answer(self.question, result or {"machines": machines, "ok": ok, "em_host": "em01"})
        found, missing = verdicts_of_hosts(self.settings, state, self.question, self.answer, earlier or {})
        self.document = evidence_files.make_document(self.settings, self.answer, missing, {"user": "me"}, NOW)
        self.outcome: Outcome = decide(self.settings, state, self.question, found, self.document["decision"], done_went)


def test_by_default_each_host_is_asked_about() -> None:
    assert joined(question({"web01": {}, "x2": {"machine_name": "vm-x2"}})) == [("web01", ["web01"]), ("vm-x2", ["x2"])]


def test_two_hosts_of_one_machine_share_its_answer() -> None:
    assert joined(question({"a": {"machine_name": "app"}, "b": {"machine_name": "app"}})) == [("app", ["a", "b"])]


def test_one_machine_by_two_rules_is_refused() -> None:
    with pytest.raises(Refusal, match=r"'app' is asked for twice, by different rules \(max_age\): a and b"):
        question({"a": {"machine_name": "app", "max_age": "1h"}, "b": {"machine_name": "app"}})
    with pytest.raises(Refusal, match="twice"):
        question({"web01": {}}, {"extra_machines": [{"name": "web01", "max_age": "1h"}]})


def test_twins_with_references_keep_apart_whatever_they_are_called() -> None:
    found = question(
        {
            "a": {"machine_name": "twin", "machine_vm_uid": "urn:1"},
            "b": {"machine_name": "twin", "machine_vm_uid": "urn:2"},
        }
    )
    assert [(asked.entry["name"], asked.entry["vm_uid"], asked.hosts) for asked in found.asked] == [
        ("twin", "urn:1", ["a"]),
        ("b", "urn:2", ["b"]),
    ]


@pytest.mark.parametrize("name", ["x1", "vm-x1"])
def test_a_named_machine_is_the_host_of_this_name_or_the_one_it_stands_for(name: str) -> None:
    found = question(
        {"x1": {"machine_name": "vm-x1", "max_age": "1h"}}, {"machines": [{"name": name, "accept_warning": False}]}
    )
    (asked,) = found.asked
    assert (asked.hosts, asked.entry["name"], asked.entry["max_age"], asked.entry["accept_warning"]) == (
        ["x1"],
        "vm-x1",
        "1h",
        False,
    )


def test_a_reference_of_another_machine_is_not_about_the_host() -> None:
    found = question({"web01": {"machine_vm_uid": "urn:1"}}, {"machines": [{"name": "web01", "vm_uid": "urn:2"}]})
    assert joined(found) == [("web01", [])]


def test_machines_that_are_no_host_follow_the_play() -> None:
    found = question({"web01": {"max_age": "1h"}}, {"extra_machines": ["db01"], "max_age": "7d"})
    assert found.asked[1].entry["max_age"] == "7d"


def test_only_what_differs_stands_at_a_machine() -> None:
    hosts: Raw = {"web01": {}, "web02": {"max_age": "1h"}}
    arguments = question(hosts).arguments(settings(hosts))
    assert arguments["machines"] == [{"name": "web01"}, {"name": "web02", "max_age": "1h"}]
    assert (arguments["max_age"], arguments["max_data_age"], "waivers" in arguments) == ("24h", "auto", False)


def test_hosts_that_do_not_exist_are_refused() -> None:
    with pytest.raises(Refusal, match="verify_backups_hosts names 'web'"):
        question({"web01": {}}, {"hosts": ["web"]})


W = {"reason_code": "age_over_limit", "until": "2999-01-01"}


@pytest.mark.parametrize(
    ("hosts", "play", "waived"),
    [
        ({"a": {"waivers": [W]}, "b": {}}, {}, ["a"]),
        ({"a": {}, "b": {}}, {"waivers": [{**W, "machine": "b"}]}, ["b"]),
        ({"a": {"waivers": [{**W, "machine": "b"}]}, "b": {}}, {}, []),
        ({"x1": {"machine_name": "vm", "waivers": [{**W, "machine": "x1"}]}}, {}, ["vm"]),
        ({"x1": {"machine_name": "vm"}}, {"waivers": [{**W, "machine": "vm"}]}, ["vm"]),
        ({"a": {}}, {"extra_machines": ["db"], "waivers": [{**W, "machine": "db"}]}, ["db"]),
        ({"a": {"machine_name": "vm", "waivers": [W]}, "b": {"machine_name": "vm"}}, {}, []),
        ({"a": {"machine_name": "vm", "waivers": [W]}, "b": {"machine_name": "vm", "waivers": [W]}}, {}, ["vm"]),
        ({"a": {}}, {"waivers": [{**W, "machine": "typo"}]}, ["typo"]),
    ],
)
def test_a_waiver_at_a_host_is_for_that_host(hosts: Raw, play: dict[str, t.Any], waived: list[str]) -> None:
    assert [waiver["machine"] for waiver in question(hosts, play).waivers] == waived


def test_a_waiver_for_another_host_is_told() -> None:
    assert question({"a": {"waivers": [{**W, "machine": "b"}]}, "b": {}}).notes == (
        "A waiver at host a names 'b'; waivers at a host count for that host only.",
    )


@pytest.mark.parametrize(
    ("mode", "verdicts", "go", "stops", "excluded"),
    [
        ("fail", {}, ["a", "b"], False, ()),
        ("fail", {"b": "stale"}, [], True, ()),
        ("exclude", {"b": "stale"}, ["a"], False, ("b",)),
        ("exclude", {"a": "running", "b": "stale"}, [], True, ()),
        ("report", {"b": "stale"}, ["a"], False, ()),
        ("report", {"a": "unknown", "b": "stale"}, [], False, ()),
        ("fail", {"b": "better than ok"}, [], True, ()),
    ],
)
def test_what_becomes_of_hosts(
    mode: str, verdicts: dict[str, str], go: list[str], stops: bool, excluded: tuple[str, ...]
) -> None:
    outcome = Trial({"a": {}, "b": {}}, verdicts, {"on_not_ok": mode}).outcome
    assert (outcome.go, bool(outcome.stop), outcome.excluded) == (go, stops, excluded)


def test_allowed_verdicts() -> None:
    assert Trial({"a": {}}, {"a": "failed"}, {"allowed_verdicts": "ok,failed"}).outcome.go == ["a"]


@pytest.mark.parametrize("mode", ["fail", "exclude"])
def test_trouble_with_a_machine_that_is_no_host_stops_all(mode: str) -> None:
    outcome = Trial({"a": {}}, {"db": "failed"}, {"on_not_ok": mode, "extra_machines": ["db"]}).outcome
    assert outcome.stop
    assert outcome.go == []


def test_hosts_that_nobody_asked_about_are_no_go_and_stand_in_the_evidence() -> None:
    trial = Trial({"a": {}, "b": {}}, {}, {"hosts": ["a"], "on_not_ok": "exclude"})
    assert (trial.outcome.go, trial.outcome.excluded) == (["a"], ("b",))
    assert trial.document["decision"]["not_ok"] == ["b"]
    assert trial.outcome.hosts["b"]["reasons"] == ["not_asked"]


def test_the_controller_needs_no_question() -> None:
    assert Trial({"localhost": {}, "a": {}}, {}, {"machines": ["a"]}, controllers=["localhost"]).outcome.stop is None
    assert Trial({"localhost": {}, "a": {}}, {}, {"machines": ["a"]}).outcome.stop, "a host that is only called so does"


def test_who_was_let_go_before_stays_so() -> None:
    earlier = {"b": {"name": "b", "verdict": "ok", "go": True}}
    trial = Trial({"a": {}, "b": {}}, {}, {"hosts": ["a"]}, earlier=earlier)
    assert (trial.outcome.stop, trial.outcome.go) == (None, ["a", "b"])
    assert Trial({"a": {}, "b": {}}, {"a": "stale"}, {"hosts": ["a"]}, earlier=earlier).outcome.stop


def test_batches() -> None:
    hosts: Raw = {"a": {}, "b": {}, "c": {}}
    state = PlayState(batch=("a",), to_come=("b", "c"))
    assert Trial(hosts, {"c": "stale"}, state=state).outcome.stop, "a no-go to come stops it now"
    exclude = {"on_not_ok": "exclude"}
    assert Trial(hosts, {"a": "stale"}, exclude, state).outcome.excluded == ("a",)
    assert Trial(hosts, {"c": "stale"}, exclude, state).outcome.excluded == ()
    assert Trial(hosts, {"c": "stale"}, {"hosts": ["a"]}, state).outcome.go == ["a"], "who comes later is asked later"
    last = PlayState(batch=("c",), done=("a", "b"))
    assert Trial(hosts, {"c": "stale"}, exclude, last, done_went=True).outcome.stop is None
    assert "leaves no host at all" in str(Trial(hosts, {"c": "stale"}, exclude, last).outcome.stop)
    lost = PlayState(batch=("a",), lost=("b",), ended=("c",))
    assert Trial(hosts, {"b": "failed"}, state=lost).outcome.stop, "a host that was lost is asked about"
    assert Trial(hosts, {"c": "failed"}, state=lost).outcome.stop is None, "one that was ended is not"
    assert Trial(hosts, {"c": "failed"}, {"hosts": ["a", "b", "c"]}, lost).outcome.stop, "unless it is named"


def test_an_empty_question_is_a_go_only_when_allowed() -> None:
    assert Trial({"a": {}}, {}, {"machines": [], "allow_empty": False}).outcome.stop
    with_leave = Trial({"a": {}}, {}, {"machines": [], "allow_empty": "true"})
    assert (with_leave.outcome.stop, with_leave.document["decision"]["ok"], with_leave.outcome.go) == (
        None,
        True,
        ["a"],
    )
    assert with_leave.outcome.hosts["a"]["reasons"] == ["not_asked"]


def test_masked_names_can_not_tear_a_host_from_its_verdict() -> None:
    machines = [{"name": "********-web01", "verdict": "ok"}, {"name": "********-web02", "verdict": "failed"}]
    trial = Trial(
        {"veeam-web01": {}, "veeam-web02": {}},
        play={"on_not_ok": "exclude"},
        result={"machines": machines, "ok": False},
    )
    assert trial.answer.masked
    assert trial.outcome.excluded == ("veeam-web02",)
    assert trial.document["decision"]["not_ok"] == ["veeam-web02"]


@pytest.mark.parametrize(
    "result",
    [
        {"failed": True, "msg": "nobody listens"},
        {"machines": [], "ok": True, "msg": "x"},
        {"ok": True},
        {"machines": [{"name": "a", "verdict": "ok"}] * 2, "ok": True},
    ],
)
def test_an_answer_that_is_none_leaves_every_host_unknown(result: dict[str, t.Any]) -> None:
    trial = Trial({"a": {}}, result=result)
    assert trial.answer.problem
    assert trial.outcome.hosts["a"]["verdict"] == "unknown"
    assert trial.outcome.stop


def test_each_host_finds_its_part() -> None:
    outcome = Trial({"röntgen {{ x }}": {}, 'a"b': {}}, {'a"b': "stale"}, {"on_not_ok": "report"}).outcome
    text = to_parts(outcome.hosts)
    assert text.replace("␞", "").replace("␟", "").isascii()
    for name, verdict in outcome.hosts.items():
        assert part_of(text, name) == verdict
    assert part_of(text, "a") is part_of(None, "a") is None
    assert "history" not in outcome.hosts['a"b']


def test_table_and_last_line() -> None:
    hosts: Raw = {f"web{number:02}": {} for number in range(30)} | {"x" * 80: {}, "db01": {}}
    trial = Trial(hosts, {"db01": "failed", "x" * 80: "stale"}, {"change_number": "CHG1"})
    for machine in trial.document["result"]["machines"]:
        machine["message"] = "The last attempt failed: " + "word " * 60 + "y" * 200
        machine["last_good"] = {"creation_time": "2026-01-05T20:02:00Z", "data_time": "2026-01-05T20:07:00Z"}
    shown = table(trial.document)
    assert "2026-01-05 20:07" in shown, "the time that the age counts from"
    assert max(map(len, shown.splitlines())) <= 120
    assert "30 more machines are ok." in shown
    assert shown.index("db01") < shown.index("xxxx")
    assert "web07" not in shown
    assert "web07" in table(trial.document, everything=True)
    line = last_line(trial.document, None, ["/srv/report.html"])
    assert line.startswith("NO-GO: 2 of 32 machines are not ready")
    assert line.endswith("Report: /srv/report.html.")
    assert "db01 (failed)" in line
    assert "\n" not in line


def test_artifacts_and_provenance() -> None:
    trial = Trial({"a": {}, "b": {}}, {"b": "stale"}, {"on_not_ok": "exclude", "change_number": 31337})
    found = artifacts(trial.document, trial.outcome.go, trial.outcome.excluded, ["/x.html"], "# report")
    assert (found["veeam_gate_ok"], found["veeam_gate_change_number"]) == (False, "31337")
    assert (found["veeam_gate_go_hosts"], found["veeam_gate_excluded"]) == (["a"], ["b"])
    assert found["veeam_gate_report"] == "# report"
    assert "veeam_gate_report" not in artifacts(trial.document, [], [], [], None)
    assert trial.document["provenance"]["user"] == "me"


def test_files_are_whole_private_and_stay_in_their_folder(tmp_path: t.Any) -> None:
    trial = Trial(
        {"a": {}},
        play={
            "report_dir": str(tmp_path / "deep" / "er"),
            "report_formats": "json,csv",
            "change_number": "../../x y",
            "report_mode": "0600",
        },
    )
    name = evidence_files.stem(trial.document, evidence_files.digest(trial.question, trial.settings))
    written = evidence_files.write_files(trial.document, trial.settings, name)
    folder = tmp_path / "deep" / "er"
    assert sorted(written) == sorted(map(str, folder.iterdir()))
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert name.startswith("backup-evidence_..-..-x-y_20260106T060000Z_")


def test_another_question_has_another_digest() -> None:
    one, other = Trial({"a": {}}), Trial({"b": {}})
    assert evidence_files.digest(one.question, one.settings) != evidence_files.digest(other.question, other.settings)
