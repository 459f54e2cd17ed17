# SPDX-License-Identifier: GPL-3.0-or-later
"""The role verify_backups in ordinary use: what is asked, who goes on, what is written and passed on; test_gate has what must not happen."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from support import modules
from support.commands import Ansible, Run

FINE = ["web01", "web02"]
NOT_FINE = ["db02", "legacy01"]
AFTER = "The maintenance"
TELL = "Show the verdicts, and stop on a no-go"


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


def facts(run: Run) -> dict[str, dict[str, t.Any]]:
    """The fact of each host that went on."""
    return {
        each["host"]: each["result"]["veeam_em_protection"]
        for each in run.results
        if each["task"] == AFTER and each["status"] == "ok"
    }


def verdicts(run: Run) -> dict[str, str]:
    return {host: fact["verdict"] for host, fact in facts(run).items()}


def went_on(run: Run) -> list[str]:
    return sorted(facts(run))


def logons(em: t.Any) -> int:
    return sum(each["method"] == "POST" for each in em.requests())


def messages(run: Run) -> list[str]:
    return [each["result"]["msg"] for each in run.results if each["status"] == "failed"]


def files(ansible: Ansible, folder: str = "backup-evidence") -> list[Path]:
    found = ansible.directory / folder
    return sorted(found.iterdir()) if found.exists() else []


def test_go_lets_all_hosts_go_on_after_one_question(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(play(), inventory=inventory(*FINE), em=simulator)
    assert run.rc == 0, run.output
    assert verdicts(run) == {"web01": "ok", "web02": "ok"}
    assert logons(simulator) == 1, "one logon for the whole play"
    assert run.custom_stats["veeam_gate_ok"] is True
    assert {host: state["changed"] for host, state in run.stats.items()} == {"web01": 0, "web02": 0}
    assert run.stdout.count("GO: all 2 machines are ready") == 1, "once, not twice"


@pytest.mark.ends
def test_no_go_stops_all_with_reasons_after_writing_the_evidence(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play({"verify_backups_change_number": "CHG0042"}, evidence=True),
        inventory=inventory(*FINE, *NOT_FINE),
        em=simulator,
    )
    assert run.rc == 2
    assert went_on(run) == []
    (message,) = messages(run)
    assert [path.suffix for path in files(ansible)] == [".SHA256SUMS", ".html", ".json"]
    assert {path.stat().st_mode & 0o777 for path in files(ansible)} == {0o640}
    assert {state["changed"] for state in run.stats.values()} == {0}, "evidence is no change of a host"
    sums, page, document = files(ansible)
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", sums.name], cwd=sums.parent, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout.count(b": OK")) == (0, 2)
    assert re.fullmatch(r"backup-evidence_CHG0042_\d{8}T\d{6}Z_[0-9a-f]{8}\.json", document.name)
    assert page.stem == document.stem
    evidence = json.loads(document.read_text())
    assert evidence["decision"]["not_ok"] == NOT_FINE
    assert evidence["em_host"] == simulator.host
    assert evidence["policy"]["max_age"] == "24h"
    assert all("history" in machine for machine in evidence["result"]["machines"])
    assert "NO-GO" in page.read_text()
    stats = run.custom_stats
    assert message == (
        f"{stats['veeam_gate_summary']}; change CHG0042. Not ready: db02 (failed) and legacy01 (unprotected). Report: {page}."
    )
    assert (stats["veeam_gate_ok"], stats["veeam_gate_excluded"]) == (False, [])
    assert stats["veeam_gate_summary"] == evidence["decision"]["summary"]
    assert stats["veeam_gate_counts"] == {"failed": 1, "unprotected": 1, "ok": 2, "total": 4}
    assert stats["veeam_gate_hosts"] == {"failed": ["db02"], "unprotected": ["legacy01"], "ok": FINE}
    assert stats["veeam_gate_evidence"] == [str(page), str(document), str(sums)]
    lines = run.stdout.splitlines()
    assert f"{stats['veeam_gate_summary']}; change CHG0042" in lines
    assert "2 more machines are ok." in lines
    place = lines.index(f"{stats['veeam_gate_summary']}; change CHG0042")
    end = next(number for number, line in enumerate(lines) if number > place and line.startswith("Asked "))
    assert max(len(line) for line in lines[place : end + 1]) <= 120


def test_the_report_tells_next_runs_and_what_is_new_in_one_session(ansible: Ansible, simulator: t.Any) -> None:
    """The same check in the evening, with the first as what came before; and that what nobody sees is not asked."""

    def check(**more: t.Any) -> tuple[Run, list[dict[str, t.Any]]]:
        before = len(simulator.requests())
        role = {
            f"verify_backups_{key}": value
            for key, value in {"on_not_ok": "report", "needed_at": "+14h", **more}.items()
        }
        run = ansible.playbook(play(role, evidence=True), inventory=inventory("web01", *NOT_FINE), em=simulator)
        assert run.rc == 0, run.output
        return run, simulator.requests()[before:]

    def json_of(run: Run) -> t.Any:
        (path,) = (Path(name) for name in run.custom_stats["veeam_gate_evidence"] if name.endswith(".json"))
        return json.loads(path.read_text(encoding="utf-8"))

    def jobs_read(requests: list[dict[str, t.Any]]) -> int:
        return sum("type=Job&" in one["query"] for one in requests)

    run, requests = check(show_table=False)
    first = json_of(run)
    assert (sum(one["method"] == "POST" for one in requests), jobs_read(requests)) == (1, 1)
    told = {each["name"]: each for each in first["result"]["machines"]}
    assert told["db02"]["runs_before_needed_at"] is True
    (page,) = (path for path in files(ansible) if path.suffix == ".html")
    assert re.search(r"<dt>Next run</dt><dd>\S+ \S+ UTC, \d+h( \d+m)? before it is needed</dd>", page.read_text())
    assert first["changes"] is None
    without, few = check(show_table=False, report_dir="")
    in_check, as_few = check(show_table=False, report_formats=[])
    assert [jobs_read(few), jobs_read(as_few)] == [0, 0]
    assert len(few) == len(as_few) == len(requests) - 1
    assert (
        without.custom_stats["veeam_gate_counts"]
        == in_check.custom_stats["veeam_gate_counts"]
        == first["decision"]["counts"]
    )
    run, _requests = check(report_dir="", earlier="backup-evidence", artifact_format="html")
    assert re.search(r"Next run: \S+\s+\S+\s+UTC", run.stdout)
    assert run.custom_stats["veeam_gate_report"].count("not ready since") >= len(NOT_FINE)
    assert "WARNING" not in run.stderr

    broken = ansible.directory / "broken.json"
    broken.write_text("{", encoding="utf-8")
    run, _requests = check(earlier="broken.json", show_table=False, report_formats=["json"])
    document = json_of(run)
    (note,) = document["result"]["notes"]
    assert (
        note
        == f"The earlier evidence {broken.resolve()} can't be used: earlier is not evidence; give the output of the format json or data."
    )
    assert "The earlier evidence" in run.output
    assert (document["changes"], document["decision"]) == (None, first["decision"])


def test_an_account_that_may_not_read_jobs_gets_the_same_decision(ansible: Ansible, simulator: t.Any) -> None:
    [user] = [one for one in simulator.accounts if one["role"] == "Portal User"][:1]
    account = {"username": user["username"], "password": user["password"]}
    found = []
    for more in ({"verify_backups_report_formats": ["json", "html"]}, {"verify_backups_show_table": False}):
        role = {"verify_backups_on_not_ok": "report", "verify_backups_connection": account, **more}
        run = ansible.playbook(play(role), inventory=inventory("web01", *NOT_FINE), em=simulator)
        assert run.rc == 0, run.output
        found.append(run.custom_stats)
    assert found[0]["veeam_gate_hosts"] == found[1]["veeam_gate_hosts"]
    texts = [Path(name).read_text(encoding="utf-8") for name in found[0]["veeam_gate_evidence"]]
    assert sum("When jobs run next is not known: " in text for text in texts) == 2


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
    assert facts(run)["web01"]["go"] is True
    (document,) = (path for path in files(ansible) if path.suffix == ".json")
    found = json.loads(document.read_text())
    assert [(each["machine"], each["note"]) for each in found["policy"]["waivers"]] == [("old01", "CHG0042")]
    assert found["policy"]["accept_warning"] is False
    assert any("lookup" in each["path"].lower() for each in simulator.requests())
    assert "warning_not_accepted" in found["result"]["machines"][1]["reasons"]
    assert not any("history" in machine for machine in found["result"]["machines"])


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
    found = {host: (fact["name"], fact["matched_by"]) for host, fact in facts(run).items()}
    assert (found["frontend"], found["other-name"]) == (("web01", "exact"), ("other-name", "vm_uid"))


def test_a_later_question_without_an_answer_leaves_no_old_verdict(ansible: Ansible, simulator: t.Any) -> None:
    text = """
- name: Play
  hosts: all
  gather_facts: false
  vars: {verify_backups_report_formats: []}
  tasks:
    - name: First
      ansible.builtin.include_role:
        name: backup_ops.veeam_em.verify_backups
    - name: Second
      ansible.builtin.import_role:
        name: backup_ops.veeam_em.verify_backups
      vars:
        verify_backups_max_age: nonsense
      ignore_errors: true
    - name: The maintenance
      ansible.builtin.debug:
        var: veeam_em_protection
"""
    run = ansible.playbook(text, inventory=inventory(*FINE), em=simulator)
    assert logons(simulator) == 1
    assert set(verdicts(run).values()) == {"unknown"}
    assert not any(fact["go"] for fact in facts(run).values())


def test_no_answer_is_no_go(ansible: Ansible, simulator: t.Any) -> None:
    """With evidence of it."""
    for mode in ("fail", "exclude"):
        run = ansible.playbook(
            play({"verify_backups_on_not_ok": mode}, evidence=True),
            inventory=inventory(*FINE),
            em=simulator,
            env={"VEEAM_EM_PASSWORD": "wrong-password"},
        )
        assert run.rc == 2
        assert went_on(run) == []
        assert run.custom_stats["veeam_gate_counts"] == {"unknown": 2, "total": 2}
    assert all("gave no answer" in path.read_text() for path in files(ansible) if path.suffix != ".SHA256SUMS")


def test_check_mode_decides_but_writes_nothing(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play(evidence=True), inventory=inventory("web01", "db02"), em=simulator, args=["--check", "--diff"]
    )
    assert run.rc == 2
    assert "db02 (failed)" in messages(run)[0]
    assert files(ansible) == []
    assert run.custom_stats["veeam_gate_evidence"] == []


def test_other_tags_do_not_leave_the_gate_out(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        play(tags="tags: [patch]"), inventory=inventory("web01", "db02"), em=simulator, args=["--tags", "patch"]
    )
    assert logons(simulator) == 1
    assert went_on(run) == []


def test_become_environment_and_defaults_of_modules(ansible: Ansible, simulator: t.Any) -> None:
    """The defaults are those of the group, of the gate and of the module; the module runs here, and as nobody else."""
    head = f"""become: true
  vars: {{ansible_become_exe: /nowhere/sudo}}
  environment: {{VEEAM_EM_USERNAME: {simulator.username}}}
  module_defaults:
    group/backup_ops.veeam_em.em: {{host: {simulator.host}, port: 1}}
    backup_ops.veeam_em.gate: {{port: {simulator.port}}}
    backup_ops.veeam_em.protection_info: {{ca_path: {simulator.ca_path}}}"""
    env = {"VEEAM_EM_PASSWORD": simulator.password}
    run = ansible.playbook(play({"verify_backups_on_not_ok": "report"}, head=head), inventory=inventory(*FINE), env=env)
    assert logons(simulator) == 1, run.output
    assert run.custom_stats["veeam_gate_ok"] is True


def test_all_formats_with_a_hostile_change_number(ansible: Ansible, simulator: t.Any) -> None:
    role = {
        "verify_backups_report_dir": "shared",
        "verify_backups_report_formats": ["html", "json", "csv", "junit", "markdown", "mail"],
        "verify_backups_report_mode": "0600",
        "verify_backups_change_number": {"__ansible_unsafe": "../../{% x %} <b>"},
        "verify_backups_show_table": False,
        "verify_backups_set_stats": False,
    }
    (ansible.directory / "shared").mkdir(mode=0o755)
    run = ansible.playbook(play(), inventory=inventory("web01"), em=simulator, extra_vars=role)
    assert run.rc == 0, run.output
    names = [path.name for path in files(ansible, "shared")]
    assert {name.partition("Z_")[2].partition(".")[2] for name in names} == {
        "SHA256SUMS", "csv", "html", "json", "junit.xml", "md", "mail.html", "mail.txt",
    }  # fmt: skip
    assert {name.rsplit("_", 2)[0] for name in names} == {"backup-evidence_..-..-x-b-"}
    assert {path.stat().st_mode & 0o777 for path in files(ansible, "shared")} == {0o600}
    assert (ansible.directory / "shared").stat().st_mode & 0o777 == 0o755, "a folder that is there keeps its mode"
    assert run.custom_stats == {}
    json_file = next(path for path in files(ansible, "shared") if path.suffix == ".json")
    assert json.loads(json_file.read_text())["change_number"] == "../../{% x %} <b>"


@pytest.mark.ends
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
        verify_backups_report_formats: [html, json, csv, junit, markdown, mail]
"""
    run = ansible.playbook(text, em=simulator)
    assert run.rc == 2
    assert not (ansible.directory / "evaluated").exists()
    texts = [path.read_text() for path in files(ansible)]
    assert len(texts) == 8
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
    assert run.custom_stats["veeam_gate_hosts"] == {"ok": ["web01"]}
    run = ansible.playbook("backup_ops.veeam_em.verify_backups", inventory=hosts, em=simulator, extra_vars=no_files)
    assert run.rc == 2
    run = ansible.playbook("backup_ops.veeam_em.protection_report", inventory=hosts, em=simulator, extra_vars=no_files)
    assert run.rc == 0, run.output
    assert run.custom_stats["veeam_gate_ok"] is False
    run = ansible.playbook(
        "backup_ops.veeam_em.protection_report",
        em=simulator,
        args=["-e", "verify_backups_machines=web01,db02", "-e", "verify_backups_report_formats=[]"],
    )
    assert run.rc == 0, run.output
    assert run.custom_stats["veeam_gate_counts"] == {"failed": 1, "ok": 1, "total": 2}


@pytest.mark.ends
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
    found = facts(run)
    # Names that could mean something else than the host are changed by the inventory; the machine is found all the same.
    told = {machine["matched_name"]: machine["verdict"] for machine in found.values()}
    assert told["{{ 7*7 }}"] == told["röntgen-süd"] == "ok"
    assert "49" not in found
    assert sum(name.startswith("twin01") for name in found) == 2
    assert {machine["matched_by"] for machine in found.values()} == {"vm_uid"}
    assert "ambiguous_name" not in {reason for machine in found.values() for reason in machine["reasons"]}, (
        "twins have references"
    )
    assert verdicts(run).keys() == found.keys()
