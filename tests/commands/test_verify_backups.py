# SPDX-License-Identifier: GPL-3.0-or-later
"""The role verify_backups on the real module: what is asked, who goes on, what is written and passed on."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from support import modules
from support.commands import Ansible, Run

ASK = "Ask Enterprise Manager about all machines"
FINE = ["web01", "web02"]
NOT_FINE = ["db02", "legacy01"]
AFTER = "The maintenance"


def inventory(*hosts: str, variables: t.Mapping[str, t.Mapping[str, t.Any]] | None = None) -> str:
    """Hosts that nobody can reach: the role must not need them."""
    every = {host: dict((variables or {}).get(host, {})) for host in hosts}
    return json.dumps({"all": {"hosts": every, "vars": {"ansible_host": "192.0.2.1"}}}, indent=1) + "\n"


def play(
    role: t.Mapping[str, t.Any] | None = None,
    *,
    evidence: bool = False,
    before: str = "",
    head: str = "",
    tags: str = "",
) -> str:
    """Writing evidence takes most of a run's time, so only those write it who look at it."""
    role = {**({} if evidence else {"verify_backups_report_formats": []}), **(role or {})}
    return f"""
- name: Play
  hosts: all
  gather_facts: false
  {head}
  {before}
  tasks:
    - name: Verify
      ansible.builtin.import_role:
        name: backup_ops.veeam_em.verify_backups
      vars: {json.dumps(role)}
    - name: {AFTER}
      ansible.builtin.debug:
        var: veeam_em_protection
      {tags}
"""


def went_on(run: Run) -> list[str]:
    return sorted(each["host"] for each in run.results if each["task"] == AFTER and each["status"] == "ok")


def verdicts(run: Run) -> dict[str, str]:
    return {
        each["host"]: each["result"]["veeam_em_protection"]["verdict"]
        for each in run.results
        if each["task"] == AFTER and each["status"] == "ok"
    }


def asked(run: Run) -> list[dict[str, t.Any]]:
    return [each["result"] for each in run.results if each["task"].endswith(ASK) and each["status"] != "skipped"]


def messages(run: Run) -> list[str]:
    return [each["result"]["msg"] for each in run.results if each["status"] == "failed"]


def files(ansible: Ansible, folder: str = "backup-evidence") -> list[Path]:
    found = ansible.directory / folder
    return sorted(found.iterdir()) if found.exists() else []


def test_go_lets_all_hosts_go_on_after_one_question(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(play(), inventory=inventory(*FINE), em=simulator)
    assert run.rc == 0, run.output
    assert verdicts(run) == {"web01": "ok", "web02": "ok"}
    assert len(asked(run)) == 1
    assert sum(each["method"] == "POST" for each in simulator.requests()) == 1, "one logon for the whole play"
    assert run.custom_stats["veeam_gate_ok"] is True
    assert {host: state["changed"] for host, state in run.stats.items()} == {"web01": 0, "web02": 0}


@pytest.mark.smoke
def test_no_go_stops_all_with_reasons_after_writing_the_evidence(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play({"verify_backups_change_number": "CHG0042"}, evidence=True),
        inventory=inventory(*FINE, *NOT_FINE),
        em=simulator,
    )
    assert run.rc == 2
    assert went_on(run) == []
    (message,) = messages(run)
    assert message.startswith(
        "Change CHG0042: NO-GO: 2 of 4 machines are not ready: 1 failed, 1 unprotected; 2 ready: 2 ok. db02 is failed: "
    )
    assert "legacy01 is unprotected: " in message
    assert [path.suffix for path in files(ansible)] == [".html", ".json"]
    assert {path.stat().st_mode & 0o777 for path in files(ansible)} == {0o640}
    assert {state["changed"] for state in run.stats.values()} == {0}, "evidence is no change of a host"
    page, document = files(ansible)
    assert str(document) in message
    assert re.fullmatch(r"backup-evidence_CHG0042_\d{8}T\d{6}Z_[0-9a-f]{8}\.json", document.name)
    assert page.stem == document.stem
    evidence = json.loads(document.read_text())
    assert evidence["decision"]["not_ok"] == NOT_FINE
    assert evidence["em_host"] == simulator.host
    assert evidence["policy"]["max_age"] == "24h"
    assert all("history" in machine for machine in evidence["result"]["machines"])
    assert "NO-GO" in page.read_text()
    stats = run.custom_stats
    assert (stats["veeam_gate_ok"], stats["veeam_gate_excluded"]) == (False, [])
    assert stats["veeam_gate_summary"] == evidence["decision"]["summary"]
    assert stats["veeam_gate_counts"] == {"failed": 1, "unprotected": 1, "ok": 2, "total": 4}
    assert stats["veeam_gate_hosts"] == {"failed": ["db02"], "unprotected": ["legacy01"], "ok": FINE}
    assert stats["veeam_gate_evidence"] == [str(page), str(document)]
    (table,) = [each["result"]["msg"] for each in run.results if each["task"].endswith("Show all verdicts")]
    assert table[0] == f"{stats['veeam_gate_summary']}, change CHG0042"


@pytest.mark.smoke
def test_exclude_lets_the_others_go_on(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play({"verify_backups_on_not_ok": "exclude"}), inventory=inventory("db02", *FINE, "legacy01"), em=simulator
    )
    assert run.rc == 0, run.output
    assert went_on(run) == FINE
    assert run.custom_stats["veeam_gate_excluded"] == NOT_FINE
    assert run.custom_stats["veeam_gate_ok"] is False
    assert "2 of 4 hosts are left out: db02, legacy01" in run.stdout


def test_exclude_stops_when_the_trouble_is_no_host_of_the_play(ansible: Ansible, simulator: t.Any) -> None:
    role = {"verify_backups_on_not_ok": "exclude", "verify_backups_extra_machines": ["db02"]}
    run = ansible.playbook(play(role), inventory=inventory(*FINE), em=simulator)
    assert run.rc == 2
    assert went_on(run) == []
    assert "No host of this play can be left out for db02" in messages(run)[0]


def test_report_goes_on_with_all_hosts_and_their_verdicts(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play({"verify_backups_on_not_ok": "report"}), inventory=inventory(*FINE, *NOT_FINE), em=simulator
    )
    assert run.rc == 0, run.output
    assert verdicts(run) == {"web01": "ok", "web02": "ok", "db02": "failed", "legacy01": "unprotected"}


def test_allowed_verdicts(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play({"verify_backups_allowed_verdicts": ["ok", "failed"]}), inventory=inventory("web01", "db02"), em=simulator
    )
    assert run.rc == 0, run.output
    assert went_on(run) == ["db02", "web01"]


def test_host_that_failed_before_is_asked_for_too(ansible: Ansible, simulator: t.Any) -> None:
    before = """pre_tasks:
    - name: Lose a host
      ansible.builtin.fail:
        msg: lost
      when: inventory_hostname == 'db02'"""
    run = ansible.playbook(play(before=before), inventory=inventory("web01", "db02", "web02"), em=simulator)
    assert run.rc == 2
    assert went_on(run) == []
    assert [machine["name"] for machine in asked(run)[0]["machines"]] == ["web01", "db02", "web02"]
    assert "db02 is failed" in messages(run)[-1]


def test_limit_bounds_the_question(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(play(), inventory=inventory(*FINE, *NOT_FINE), em=simulator, args=["--limit", "web01"])
    assert run.rc == 0, run.output
    assert [machine["name"] for machine in asked(run)[0]["machines"]] == ["web01"]


@pytest.mark.parametrize(("hosts", "machines"), [(None, 4), ("{{ ansible_play_batch }}", 2)])
def test_serial_asks_once_for_each_batch(ansible: Ansible, simulator: t.Any, hosts: str | None, machines: int) -> None:
    role = {"verify_backups_hosts": hosts} if hosts else {}
    run = ansible.playbook(
        play(role, head="serial: 2"), inventory=inventory("web01", "web02", "web03", "web04"), em=simulator
    )
    assert run.rc == 0, run.output
    assert [len(answer["machines"]) for answer in asked(run)] == [machines, machines]
    assert went_on(run) == ["web01", "web02", "web03", "web04"]


def test_names_limits_and_references_of_each_host(ansible: Ansible, simulator: t.Any) -> None:
    answer = modules.run("protection_info", {"machines": ["web02"]}, simulator)
    variables = {
        "frontend": {"verify_backups_machine_name": "web01"},
        "other-name": {"veeam_em_name": "web02", "veeam_em_vm_uid": answer["machines"][0]["vm_uid"]},
        "app01": {"verify_backups_max_age": "1m"},
        "alias": {"veeam_em_name": "app02"},
        "alias2": {"veeam_em_name": "app02"},
    }
    role = {"verify_backups_on_not_ok": "report"}
    run = ansible.playbook(play(role), inventory=inventory(*variables, variables=variables), em=simulator)
    assert run.rc == 0, run.output
    assert verdicts(run) == {"frontend": "ok", "other-name": "ok", "app01": "stale", "alias": "ok", "alias2": "ok"}
    found = [(machine["name"], machine["matched_by"]) for machine in asked(run)[0]["machines"]]
    assert found == [("web01", "exact"), ("other-name", "vm_uid"), ("app01", "exact"), ("app02", "exact")]


def test_named_machines_instead_of_hosts(ansible: Ansible, simulator: t.Any) -> None:
    role = {
        "verify_backups_machines": ["db02", {"name": "web02", "max_age": "2d"}],
        "verify_backups_on_not_ok": "report",
    }
    run = ansible.playbook(play(role), inventory=inventory("web01", "db02"), em=simulator)
    assert [machine["name"] for machine in asked(run)[0]["machines"]] == ["db02", "web02"]
    assert verdicts(run) == {"web01": "unknown", "db02": "failed"}
    fact = next(
        each["result"]["veeam_em_protection"]
        for each in run.results
        if each["task"] == AFTER and each["host"] == "web01"
    )
    assert (fact["name"], fact["reasons"]) == ("web01", ["not_asked"])


@pytest.mark.parametrize(("allow", "rc"), [(False, 2), (True, 0)])
def test_no_machine_is_a_no_go_unless_wanted(ansible: Ansible, simulator: t.Any, allow: bool, rc: int) -> None:
    role = {"verify_backups_machines": [], "verify_backups_allow_empty": allow}
    run = ansible.playbook(play(role), inventory=inventory("web01"), em=simulator)
    assert run.rc == rc, run.output
    assert simulator.requests() == []
    assert run.custom_stats["veeam_gate_ok"] is allow
    assert "no machine was checked" in run.custom_stats["veeam_gate_summary"]


def test_policy_reaches_the_module(ansible: Ansible, simulator: t.Any) -> None:
    waiver = {"machine": "old01", "reason_code": "age_over_limit", "until": "2099-01-01", "note": "CHG0042"}
    role = {
        "verify_backups_waivers": [waiver],
        "verify_backups_accept_warning": False,
        "verify_backups_history": "",
        "verify_backups_ask_hypervisors": True,
        "verify_backups_report_formats": ["json"],
        "verify_backups_on_not_ok": "report",
    }
    run = ansible.playbook(play(role), inventory=inventory("old01", "print01", "web01"), em=simulator)
    assert run.rc == 0, run.output
    assert verdicts(run)["old01"] == "waived"
    (document,) = files(ansible)
    found = json.loads(document.read_text())
    assert [(each["machine"], each["note"]) for each in found["policy"]["waivers"]] == [("old01", "CHG0042")]
    assert found["policy"]["accept_warning"] is False
    assert found["policy"]["ask_hypervisors"] is True
    assert any("lookup" in each["path"].lower() for each in simulator.requests())
    assert "warning_not_accepted" in found["result"]["machines"][1]["reasons"]
    assert not any("history" in machine for machine in found["result"]["machines"])


def test_second_run_in_a_play_asks_again_and_a_failed_question_leaves_no_old_verdict(
    ansible: Ansible, simulator: t.Any
) -> None:
    text = """
- name: Play
  hosts: all
  gather_facts: false
  tasks:
    - name: First
      ansible.builtin.include_role:
        name: backup_ops.veeam_em.verify_backups
      vars:
        verify_backups_report_formats: []
    - name: Second
      block:
        - name: Ask nobody
          ansible.builtin.include_role:
            name: backup_ops.veeam_em.verify_backups
          vars:
            verify_backups_max_age: nonsense
            verify_backups_report_formats: []
      rescue:
        - name: The maintenance
          ansible.builtin.debug:
            var: veeam_em_protection
"""
    run = ansible.playbook(text, inventory=inventory(*FINE), em=simulator)
    questions = [each["status"] for each in run.results if each["task"].endswith(ASK)]
    assert questions[0] == "ok"
    assert "ok" not in questions[1:]
    assert len(questions) > 1
    assert set(verdicts(run).values()) == {"unknown"}


def test_no_answer_is_no_go(ansible: Ansible, simulator: t.Any) -> None:
    for mode in ("fail", "exclude", "report"):
        run = ansible.playbook(
            play({"verify_backups_on_not_ok": mode}, evidence=True),
            inventory=inventory(*FINE),
            em=simulator,
            env={"VEEAM_EM_PASSWORD": "wrong"},
        )
        assert run.rc == 2
        assert went_on(run) == []
    assert files(ansible) == []


def test_check_mode_decides_but_writes_nothing(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play(evidence=True), inventory=inventory("web01", "db02"), em=simulator, args=["--check", "--diff"]
    )
    assert run.rc == 2
    assert "db02 is failed" in messages(run)[0]
    assert files(ansible) == []
    assert run.custom_stats["veeam_gate_evidence"] == []


@pytest.mark.parametrize(("args", "asks"), [(["--tags", "patch"], 1), (["--skip-tags", "verify_backups"], 0)])
def test_only_its_own_tag_leaves_the_gate_out(ansible: Ansible, simulator: t.Any, args: list[str], asks: int) -> None:
    run = ansible.playbook(play(tags="tags: [patch]"), inventory=inventory("web01", "db02"), em=simulator, args=args)
    assert len(asked(run)) == asks
    assert went_on(run) == ([] if asks else ["db02", "web01"])


def test_become_and_defaults_of_modules(ansible: Ansible, simulator: t.Any) -> None:
    head = f"""become: true
  vars: {{ansible_become_exe: /nowhere/sudo}}
  module_defaults:
    group/backup_ops.veeam_em.em: {{host: {simulator.host}, port: {simulator.port}, ca_path: {simulator.ca_path}}}"""
    env = {"VEEAM_EM_USERNAME": simulator.username, "VEEAM_EM_PASSWORD": simulator.password}
    run = ansible.playbook(play({"verify_backups_on_not_ok": "report"}, head=head), inventory=inventory(*FINE), env=env)
    assert len(asked(run)) == 1, run.output
    assert run.custom_stats["veeam_gate_ok"] is True


def test_all_formats_in_a_folder_of_ones_own_with_a_hostile_change_number(ansible: Ansible, simulator: t.Any) -> None:
    folder = ansible.directory / "deep" / "er"
    role = {
        "verify_backups_report_dir": str(folder),
        "verify_backups_report_formats": ["html", "json", "csv", "junit", "markdown"],
        "verify_backups_report_mode": "0600",
        "verify_backups_change_number": "../../{% x %} <b>",
        "verify_backups_show_table": False,
        "verify_backups_set_stats": False,
    }
    run = ansible.playbook(play(), inventory=inventory("web01"), em=simulator, extra_vars=_unsafe(role))
    assert run.rc == 0, run.output
    names = [path.name for path in files(ansible, "deep/er")]
    assert {name.partition("Z_")[2].partition(".")[2] for name in names} == {"csv", "html", "json", "junit.xml", "md"}
    assert {name.rsplit("_", 2)[0] for name in names} == {"backup-evidence_..-..-x-b-"}
    assert {path.stat().st_mode & 0o777 for path in files(ansible, "deep/er")} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert not [
        each
        for each in run.results
        if each["task"].endswith(("Show all verdicts", "workflow")) and each["status"] == "ok"
    ]
    json_file = next(path for path in files(ansible, "deep/er") if path.suffix == ".json")
    assert json.loads(json_file.read_text())["change_number"] == "../../{% x %} <b>"


def test_questions_of_the_same_second_and_change_keep_their_own_evidence(ansible: Ansible, simulator: t.Any) -> None:
    """As the slices of a job ask them, that share a folder."""
    roles = [
        {
            "name": f"Slice {number}",
            "ansible.builtin.import_role": {"name": "backup_ops.veeam_em.verify_backups"},
            "vars": {"verify_backups_machines": machines, "verify_backups_report_formats": ["csv"]},
        }
        for number, machines in enumerate((["web01"], ["web02"]))
    ]
    text = json.dumps([{"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": roles}])
    run = ansible.playbook(f"{text}\n", em=simulator, extra_vars={"__verify_backups_time": "2026-01-06T05:50:00Z"})
    assert run.rc == 0, run.output
    first, second = files(ansible)
    assert {path.name.rpartition("_")[0] for path in (first, second)} == {"backup-evidence_20260106T055000Z"}
    assert ("web01" in first.read_text()) != ("web01" in second.read_text())


def _unsafe(role: dict[str, t.Any]) -> dict[str, t.Any]:
    role["verify_backups_change_number"] = {"__ansible_unsafe": role["verify_backups_change_number"]}
    return role


def test_folder_that_is_there_keeps_its_mode_and_empty_folder_writes_nothing(
    ansible: Ansible, simulator: t.Any
) -> None:
    folder = ansible.directory / "shared"
    folder.mkdir(mode=0o755)
    run = ansible.playbook(
        play({"verify_backups_report_dir": "shared"}, evidence=True), inventory=inventory("web01"), em=simulator
    )
    assert run.rc == 0, run.output
    assert folder.stat().st_mode & 0o777 == 0o755
    assert len(files(ansible, "shared")) == 2
    run = ansible.playbook(
        play({"verify_backups_report_dir": ""}, evidence=True), inventory=inventory("web01"), em=simulator
    )
    assert run.rc == 0, run.output
    assert run.custom_stats["veeam_gate_evidence"] == []
    assert len(files(ansible, "shared")) == 2


@pytest.mark.smoke
def test_hostile_names_and_texts_are_never_evaluated(ansible: Ansible, simulator: t.Any) -> None:
    machines = [
        "{{ 7*7 }}",
        "<script>alert(1)</script>",
        'Büro "Nord"; Test, 1',
        "O'Brien & Söhne",
        "röntgen-süd",
        "back\\slash 01",
    ]
    trap = "{{ lookup('ansible.builtin.pipe', 'touch evaluated') }}"
    (ansible.directory / "machines.json").write_text(json.dumps([*machines, trap]))
    text = """
- name: Play
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Read names as another system gives them
      ansible.builtin.slurp:
        src: machines.json
      register: read
    - name: Verify
      ansible.builtin.import_role:
        name: backup_ops.veeam_em.verify_backups
      vars:
        verify_backups_machines: "{{ read.content | b64decode | from_json }}"
        verify_backups_on_not_ok: exclude
        verify_backups_report_formats: [html, json, csv, junit, markdown]
"""
    run = ansible.playbook(text, em=simulator)
    assert run.rc == 2
    names = [machine["name"] for machine in asked(run)[0]["machines"]]
    assert names == [*machines, trap]
    assert not (ansible.directory / "evaluated").exists()
    texts = [path.read_text() for path in files(ansible)]
    assert len(texts) == 5
    document = json.loads(next(path for path in files(ansible) if path.suffix == ".json").read_text())
    assert [machine["name"] for machine in document["result"]["machines"]] == [*machines, trap]
    assert trap in messages(run)[0]


def test_playbooks_by_name(ansible: Ansible, simulator: t.Any) -> None:
    hosts = inventory(*FINE, *NOT_FINE)
    no_files: dict[str, t.Any] = {"verify_backups_report_formats": []}
    run = ansible.playbook(
        "backup_ops.veeam_em.verify_backups",
        inventory=hosts,
        em=simulator,
        extra_vars={"verify_backups_group": "web01", **no_files},
    )
    assert run.rc == 0, run.output
    assert [machine["name"] for machine in asked(run)[0]["machines"]] == ["web01"]
    run = ansible.playbook("backup_ops.veeam_em.verify_backups", inventory=hosts, em=simulator, extra_vars=no_files)
    assert run.rc == 2
    run = ansible.playbook("backup_ops.veeam_em.protection_report", inventory=hosts, em=simulator, extra_vars=no_files)
    assert run.rc == 0, run.output
    assert run.custom_stats["veeam_gate_ok"] is False
    run = ansible.playbook(
        "backup_ops.veeam_em.protection_report",
        em=simulator,
        extra_vars={"verify_backups_machines": ["web01", "db02"], **no_files},
    )
    assert run.rc == 0, run.output
    assert run.custom_stats["veeam_gate_counts"] == {"failed": 1, "ok": 1, "total": 2}


def test_wrong_variables_are_refused_before_any_request(ansible: Ansible, simulator: t.Any) -> None:
    wrong: dict[str, dict[str, t.Any]] = {
        "web01": {"verify_backups_on_not_ok": "ask"},
        "web02": {"verify_backups_report_formats": ["pdf"]},
        "web03": {"verify_backups_waivers": [{"machine": "web01"}]},
        "web04": {"verify_backups_allowed_verdicts": ["fine"]},
    }
    run = ansible.playbook(play(evidence=True), inventory=inventory(*wrong, variables=wrong), em=simulator)
    assert run.rc == 2
    refusals = {each["host"]: each["result"]["msg"] for each in run.results}
    assert {each["status"] for each in run.results} == {"failed"}
    assert refusals.keys() == wrong.keys()
    for host, variables in wrong.items():
        assert next(iter(variables)) in refusals[host]
    assert simulator.requests() == []


@pytest.mark.smoke
def test_hosts_of_the_inventory_plugin_are_found_by_reference_whatever_their_name(
    ansible: Ansible, simulator: t.Any
) -> None:
    source = ansible.directory / "enterprise_manager.yml"
    source.write_text(
        """plugin: backup_ops.veeam_em.enterprise_manager
include: [vms]
duplicates: suffix
filters:
  - include: veeam_em_name is search('7.7|süd|^twin|^web01')
  - exclude: true
"""
    )
    run = ansible.playbook(play({"verify_backups_on_not_ok": "report"}), inventory=source, em=simulator)
    assert run.rc == 0, run.output
    found = {machine["name"]: machine for machine in asked(run)[0]["machines"]}
    # Before ansible-core 2.19 a host can't be called like a template; the inventory gives it another name there.
    (braces,) = [machine for name, machine in found.items() if "7*7" in name]
    assert braces["verdict"] == found["röntgen-süd"]["verdict"] == "ok"
    assert "49" not in found
    assert sum(name.startswith("twin01") for name in found) == 2
    assert {machine["matched_by"] for machine in found.values()} == {"vm_uid"}
    assert "ambiguous_name" not in {reason for machine in found.values() for reason in machine["reasons"]}, (
        "twins have references"
    )
    assert verdicts(run).keys() == found.keys()
