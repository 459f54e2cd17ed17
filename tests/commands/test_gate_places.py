# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate in odd places of a play: conditions, groups and facts that change before it, batches, hosts that are gone, names that cross."""

from __future__ import annotations

import re
import typing as t

import pytest

from support.commands import Ansible

from .test_gate import AFTER, ESTATES, P, inventory, logons, play, playbook, verify, went_on, words

GATE = "backup_ops.veeam_em.gate"
NOT_ASKED = "the gate did not ask, so nothing goes on"
OTHER_EM = {"VEEAM_EM_HOST": "{{ inventory_hostname }}.example.test"}


@pytest.fixture
def em(simulators: t.Any) -> t.Any:
    return simulators.get(estate=str(ESTATES / "gate.yml"))


@pytest.mark.ends
def test_exclude_holds_in_every_batch_and_the_artifacts_know_all_of_them(ansible: Ansible, em: t.Any) -> None:
    """Newer cores keep what a template in run_once gave in the first batch, in which nobody was left out."""
    hosts = inventory({"window": {name: {} for name in ("web01", "bad01", "web02", "web03", "bad02")}})
    run = ansible.playbook(playbook(play("window", verify(on_not_ok="exclude"), serial=[1, 2])), inventory=hosts, em=em)
    assert run.rc == 0, run.output
    assert sorted(went_on(run)) == ["web01", "web02", "web03"]
    assert run.custom_stats["veeam_gate_go_hosts"] == ["web01", "web02", "web03"]
    assert run.custom_stats["veeam_gate_excluded"] == ["bad01", "bad02"]


@pytest.mark.ends
def test_a_condition_that_is_false_for_the_first_host_only(ansible: Ansible, em: t.Any) -> None:
    """Ansible leaves out what runs once; in the first batch, and in one after a batch in which the gate asked."""
    hosts = inventory({"window": {name: {} for name in ("web01", "web02", "web03", "bad01")}})
    plays = [
        play("window", {**verify(ignore=True), "when": "inventory_hostname != 'web01'"}),
        play("window", {**verify(hosts="{{ ansible_play_batch }}"), "when": "inventory_hostname != 'web03'"}, serial=2),
    ]
    plays[0]["tasks"][-1]["name"] = "Ignored"
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    assert run.rc == 2, run.output
    assert sorted(went_on(run)) == ["web01", "web02"], "the first batch of the second play"
    said = [each["result"]["msg"] for each in run.results if each["status"] in ("failed", "ignored")]
    assert len(said) == 2
    assert all(NOT_ASKED in sentence for sentence in said), said


@pytest.mark.ends
def test_what_would_keep_the_answer_from_a_host_is_refused(ansible: Ansible, em: t.Any) -> None:
    """Groups that change, a fact that hides the gate's, servers that differ by environment or option, defaults that nobody sees."""
    hosts = inventory({"window": {"web01": {}, "bad01": {}}, "good": {"web02": {}, "web03": {}}})
    stray = {"name": "Stray", "ansible.builtin.add_host": {"name": "bad01", "groups": "out"}, "changed_when": False}
    fact = {"name": "Set", "ansible.builtin.set_fact": {"veeam_em_protection": {"go": True, "verdict": "ok"}}}
    waivers = [{"machine": "bad01", "reason_code": "last_attempt_failed", "until": "2999-01-01"}]
    asked = {"run_once": True, "ignore_errors": True}
    plays = [
        play("window:!out", stray, verify(on_not_ok="exclude", ignore=True)),
        play("good", verify(ignore=True), environment=OTHER_EM),
        play("good", {**verify(ignore=True), "environment": [OTHER_EM]}),
        play("good", {"name": "Block", "block": [verify(ignore=True)], "environment": OTHER_EM}),
        play("good", {"name": "Alone", GATE: {"host": "{{ inventory_hostname }}.example.test"}, **asked}),
        play(
            "good", verify(ignore=True), module_defaults={"backup_ops.veeam_em.protection_info": {"waivers": waivers}}
        ),
        play("good", verify(environment_is_no_variable_of_it=1), environment={"OTHER": "{{ inventory_hostname }}"}),
        play("web01,bad01", fact, verify(on_not_ok="exclude")),
    ]
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    assert run.rc == 2, run.output
    said = words(run)
    assert "no longer names bad01" in said[0]
    others = [*said[1:4], run.result("Alone")["msg"]]
    assert all("is another one at web02 than at web03" in sentence for sentence in others), others
    assert "unknown key 'waivers'" in said[4]
    assert "veeam_em_protection is what the gate finds out, but web01 and bad01 have something else" in said[5]
    assert logons(em) == 1, "only the play whose environment says nothing of the connection"
    assert run.custom_stats["veeam_gate_ok"] is False


def test_a_group_as_text_is_what_the_play_makes_of_it(ansible: Ansible, em: t.Any) -> None:
    """A list in a text is one for older cores only; where it is none, the play would have no host, and be a success."""
    run = ansible.playbook(
        "backup_ops.veeam_em.verify_backups",
        inventory=inventory({"prod": {"web01": {}}}),
        em=em,
        extra_vars={f"{P}group": '["web01"]', f"{P}report_dir": ""},
    )
    assert (run.rc, logons(em)) in ((0, 1), (2, 0)), run.output
    assert run.custom_stats["veeam_gate_ok"] is (run.rc == 0)


def test_hosts_that_can_not_be_reached_are_asked_about(ansible: Ansible, em: t.Any) -> None:
    closed = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}
    hosts = inventory({"window": {"web01": closed, "web02": {}, "bad01": closed}})
    reach = {"name": "Reach", "ansible.builtin.ping": {}, "when": "ansible_port is defined"}
    run = ansible.playbook(playbook(play("web01,web02", reach, verify())), inventory=hosts, em=em)
    assert run.stats["web01"]["unreachable"] == 1, run.output
    assert went_on(run) == ["web02"]
    assert run.custom_stats["veeam_gate_counts"] == {"ok": 2, "total": 2}
    run = ansible.playbook(playbook(play("window", reach, verify())), inventory=hosts, em=em)
    assert run.rc != 0
    assert went_on(run) == []
    assert "bad01 (failed)" in words(run)[0]


def test_names_that_cross_let_the_right_host_go(ansible: Ansible, em: t.Any) -> None:
    """veeam_gate_hosts are machines; whatever patches needs hosts."""
    hosts = inventory({"window": {"web01": {f"{P}machine_name": "bad01"}, "bad01": {f"{P}machine_name": "web01"}}})
    run = ansible.playbook(playbook(play("window", verify(on_not_ok="exclude"))), inventory=hosts, em=em)
    assert went_on(run) == ["bad01"]
    stats = run.custom_stats
    assert stats["veeam_gate_hosts"] == {"failed": ["bad01"], "ok": ["web01"]}
    assert (stats["veeam_gate_go_hosts"], stats["veeam_gate_excluded"]) == (["bad01"], ["web01"])


def test_the_fact_is_never_that_of_an_inventory(ansible: Ansible, em: t.Any) -> None:
    """What a sync has stored under the fact's name, and what our inventory says of protection, is as old as the sync."""
    stored = {"veeam_em_protection": {"verdict": "ok", "go": True}}
    run = ansible.playbook(
        playbook(play("window", verify(on_not_ok="report"))), inventory=inventory({"window": {"bad01": stored}}), em=em
    )
    facts = [each["result"]["veeam_em_protection"] for each in run.results if each["task"] == AFTER]
    assert [(fact["verdict"], fact["go"]) for fact in facts] == [("failed", False)]
    source = ansible.directory / "enterprise_manager.yml"
    source.write_text("plugin: backup_ops.veeam_em.enterprise_manager\nprotection: {max_age: 24h}\n")
    told = {"name": "Told", "ansible.builtin.debug": {"var": "veeam_em_inventory_protection.verdict"}}
    run = ansible.playbook(playbook(play("bad01", told)), inventory=source, em=em)
    assert run.result("Told")["veeam_em_inventory_protection.verdict"] == "failed"
    assert re.search("is undefined|not defined", str(run.result(AFTER)["veeam_em_protection"]), re.IGNORECASE)


def test_a_path_that_no_file_system_takes(ansible: Ansible, em: t.Any) -> None:
    hosts = inventory({"window": {"web01": {}}})
    run = ansible.playbook(playbook(play("window", verify(report_dir="a\0b"))), inventory=hosts, em=em)
    assert (run.rc, went_on(run)) == (2, [])
    assert "could not be written to a b" in words(run)[0]
    assert run.custom_stats["veeam_gate_go_hosts"] == []


def test_shells_and_accounts_of_the_hosts_are_not_those_of_the_controller(ansible: Ansible, em: t.Any) -> None:
    """Windows by SSH needs a shell of its own, which is not here; the first host's variables must not reach the module."""
    windows = {"ansible_connection": "ssh", "ansible_shell_type": "powershell", "ansible_remote_tmp": "C:\\temp"}
    other = {"ansible_shell_executable": "/nowhere/sh", "ansible_python_interpreter": "/nowhere/python"}
    hosts = inventory({"window": {"web01": windows, "web02": other, "wéb-03": {f"{P}machine_name": "web03"}}})
    become = {"become": True, "become_user": "nobody", "become_method": "runas"}
    plays = [play(name, verify(), **become) for name in ("web01", "web02", "wéb-03")]
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    assert run.rc == 0, run.output
    assert went_on(run) == ["web01", "web02", "wéb-03"]
    facts = [each["result"]["veeam_em_protection"] for each in run.results if each["task"] == AFTER]
    assert [(fact["name"], fact["verdict"]) for fact in facts] == [(name, "ok") for name in ("web01", "web02", "web03")]
    assert "WarningSummary" not in run.output
