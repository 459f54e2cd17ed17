# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin through the real commands, on the installed collection."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from support.commands import Ansible, Run

PLUGIN = "plugin: backup_ops.veeam_em.enterprise_manager\n"
CACHE = "cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: ./cache\n"
HOSTILE = "{{ lookup('pipe', 'touch executed') }}"
OTHER_DELIMITERS = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'"
ESTATE = """
backup_servers:
  - name: vbr01.example.test
hierarchy_roots:
  - {name: vcenter01.example.test, type: VC, backup_servers: [vbr01.example.test]}
machines:
  - {names: [web01, NAMES], on: vcenter01.example.test}
jobs:
  - name: Daily
    backup_server: vbr01.example.test
    type: Backup
    machines: [web01, NAMES]
    schedule: {every: 24h, last: -8h}
    history: 3d
    outcomes:
      - {machine: web01, result: Warning, reason: REASON}
"""
LOOK = """
- name: Look at every host in every way
  hosts: all
  gather_facts: false
  connection: local
  tasks:
    - name: Own name and variables
      ansible.builtin.debug:
        msg:
          - "{{ inventory_hostname }}"
          - "{{ inventory_hostname_short }}"
          - "{{ veeam_em_name }}"
          - "{{ veeam_em_last_attempt }}"
          - "{{ hostvars[inventory_hostname].veeam_em_job_names }}"
          - "{{ ansible_host | default('none') }}"
    - name: Names of all hosts
      ansible.builtin.debug:
        msg:
          - "{{ groups['all'] }}"
          - "{{ groups }}"
          - "{{ ansible_play_hosts }}"
          - "{{ hostvars | string | length }}"
"""


def hosts(run: Run, group: str) -> list[str]:
    assert run.rc == 0, run.output
    return list(run.json.get(group, {}).get("hosts", []))


def twins(run: Run) -> set[str]:
    """The hosts of two machines that have one name."""
    return {name for name in hosts(run, "veeam_em_vms") if name.startswith("twin01")}


def inert(ansible: Ansible, name: str) -> str:
    """How a host is called whose name could be a template."""
    is_old = tuple(map(int, ansible.core.split(".")[:2])) < (2, 19)
    return name.replace("{", "_").replace("#jinja2:", "_jinja2:") if is_old else name


def plain(value: t.Any) -> t.Any:
    """A host variable without the wrapper that --list puts around text nobody trusts."""
    if isinstance(value, dict):
        return (
            plain(value["__ansible_unsafe"])
            if set(value) == {"__ansible_unsafe"}
            else {k: plain(v) for k, v in value.items()}
        )
    return [plain(each) for each in value] if isinstance(value, list) else value


def test_graph(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(f"{PLUGIN}include: [backup_servers, vms, agents]\n", em=simulator, args=["--graph"])
    assert run.rc == 0, run.output
    sections = dict(re.findall(r"--@(\w+):\n((?:  \|  \|--.*\n?)*)", run.stdout))
    assert "|--vbr01.example.test" in sections["veeam_em_backup_servers"]
    assert "|--web01\n" in sections["veeam_em_vms"]
    assert f"|--{inert(ansible, '{{ 7*7 }}')}\n" in sections["veeam_em_vms"]
    assert "|--lap01\n" in sections["veeam_em_agents"]
    assert "2 hosts would be called 'twin01'" in " ".join(run.stderr.split())


@pytest.mark.smoke
def test_list(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(
        f"{PLUGIN}duplicates: suffix\nkeyed_groups: [{{key: veeam_em_platform, prefix: at}}]\n", em=simulator
    )
    assert "WARNING" not in run.stderr, run.stderr
    assert "hv-app01" in hosts(run, "at_HyperV")
    assert hosts(run, "veeam_em_backup_servers") == [f"vbr0{number}.example.test" for number in (1, 2, 3)]
    assert twins(run) == {"twin01_vm-2001", "twin01_vm-77"}
    variables = plain(run.json["_meta"]["hostvars"]["web01"])
    assert variables["veeam_em_name"] == "web01"
    assert variables["veeam_em_last_attempt"]["job_name"] == "Web Tier"
    assert variables["veeam_em_vm_ref"] == "vm-1001"
    assert "ansible_host" not in variables


def test_play_over_verdicts(ansible: Ansible, simulator: t.Any) -> None:
    play = """
- name: Reach machines with a good backup
  hosts: veeam_em_ok:!veeam_em_stale
  gather_facts: false
  connection: local
  tasks:
    - name: Verdict
      ansible.builtin.debug:
        var: veeam_em_inventory_protection.verdict
"""
    path = ansible.directory / "veeam_em.yml"
    path.write_text(f"{PLUGIN}include: [vms]\nduplicates: suffix\nprotection: {{max_age: 24h}}\n")
    run = ansible.playbook(play, inventory=path, em=simulator)
    assert run.rc == 0, run.output
    assert "web01" in run.stats
    assert not {"db02", "file01", "old01", "mail01", "copyonly01"} & set(run.stats)
    assert {each["result"]["veeam_em_inventory_protection.verdict"] for each in run.results} == {"ok"}


def test_cache(ansible: Ansible, simulator: t.Any) -> None:
    text = f"{PLUGIN}{CACHE}duplicates: suffix\n"
    first = ansible.inventory(text, em=simulator)
    asked = len(simulator.requests())
    again = ansible.inventory(text, em=simulator)
    assert asked > 2
    assert len(simulator.requests()) == asked
    assert first.json == again.json
    filtered = ansible.inventory(
        f"{text}filters: [{{include: veeam_em_name is match('web')}}, {{exclude: true}}]\n", em=simulator
    )
    assert len(simulator.requests()) == asked, "a filter needs no fresh data"
    assert hosts(filtered, "veeam_em_vms") == [f"web{number:02}" for number in range(1, 9)]
    play = "- hosts: all\n  gather_facts: false\n  tasks: []\n"
    path = ansible.directory / "enterprise_manager.yml"
    # ansible-inventory has this option since 2.19 only.
    flushed = ansible.playbook(play, inventory=path, em=simulator, args=["--flush-cache"])
    assert flushed.rc == 0, flushed.output
    assert len(simulator.requests()) == 2 * asked


def test_cache_belongs_to_the_account_and_to_the_question(ansible: Ansible, simulator: t.Any) -> None:
    text = f"{PLUGIN}{CACHE}duplicates: suffix\n"
    user = next(account for account in simulator.accounts if account["role"] == "Portal User")
    login = {"VEEAM_EM_USERNAME": user["username"], "VEEAM_EM_PASSWORD": user["password"]}
    counts = []
    for changed, env in ((text, {}), (text, login), (f"{text}since: 7d\n", login)):
        run = ansible.inventory(changed, em=simulator, env=env)
        assert run.rc == 0, run.output
        counts.append(len(simulator.requests()))
    assert counts[0] < counts[1] < counts[2]
    # Nor does whoever is refused get what another has asked.
    run = ansible.inventory(text, em=simulator, env={"VEEAM_EM_USERNAME": "nobody"})
    assert run.rc != 0
    assert "refused the credentials of nobody" in " ".join(run.output.split())


def test_duplicates_warn(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(f"{PLUGIN}duplicates: warn\n", em=simulator)
    assert twins(run) == {"twin01"}
    assert "twin01" in run.stderr


def test_duplicates_fail(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(f"{PLUGIN}duplicates: fail\n", em=simulator)
    assert run.rc != 0
    said = " ".join(run.output.split())
    assert "2 hosts would be called 'twin01'" in said
    assert "set duplicates to suffix or warn" in said


def test_hostnames_and_compose(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(
        f"""{PLUGIN}include: [agents, vms]
filters:
  - include: veeam_em_name in ['web01', 'lap01']
  - exclude: true
hostnames: [ip_address, '{{{{ veeam_em_name | upper }}}}.example.test']
compose:
  result: veeam_em_last_attempt.result
groups:
  laptops: "'Laptops' in veeam_em_inventory_protection_groups | default([])"
strict: true
""",
        em=simulator,
    )
    assert hosts(run, "veeam_em_vms") == ["WEB01.example.test"]
    [laptop] = hosts(run, "laptops")
    assert laptop == plain(run.json["_meta"]["hostvars"][laptop])["ansible_host"]
    assert plain(run.json["_meta"]["hostvars"]["WEB01.example.test"])["result"] == "Success"


def test_strict(ansible: Ansible, simulator: t.Any) -> None:
    text = f"{PLUGIN}duplicates: suffix\ncompose: {{x: no_such_variable}}\n"
    assert ansible.inventory(text, em=simulator).rc == 0
    run = ansible.inventory(f"{text}strict: true\n", em=simulator)
    assert run.rc != 0
    assert "no_such_variable" in run.output


def test_options_from_templates_and_vault(ansible: Ansible, simulator: t.Any) -> None:
    (ansible.directory / "vault-password").write_text("the-key-of-the-vault\n")
    encrypted = ansible.run(
        "ansible-vault", "encrypt_string", "--vault-password-file", "vault-password", "--stdin-name", "password",
        input_text=simulator.password,
    )  # fmt: skip
    assert encrypted.rc == 0, encrypted.output
    text = f"""{PLUGIN}host: "{{{{ 'a' | replace('a', '{simulator.host}') }}}}"
port: "{{{{ {simulator.port} + 0 }}}}"
username: "{{{{ lookup('ansible.builtin.env', 'ACCOUNT') }}}}"
ca_path: {simulator.ca_path}
include: "{{{{ ['vms'] }}}}"
duplicates: suffix
{encrypted.stdout}
"""
    run = ansible.inventory(
        text, env={"ACCOUNT": simulator.username}, args=["--list", "--vault-password-file", "vault-password"]
    )
    assert "web01" in hosts(run, "veeam_em_vms")
    assert hosts(run, "veeam_em_backup_servers") == []


@pytest.mark.smoke
@pytest.mark.parametrize("text", [HOSTILE, OTHER_DELIMITERS])
def test_names_of_the_server_are_never_templates(
    ansible: Ansible, simulators: t.Any, tmp_path: Path, text: str
) -> None:
    if text == OTHER_DELIMITERS:
        text += " [% lookup('pipe', 'touch executed') %]"
    reason = f"{OTHER_DELIMITERS}\n[% lookup('pipe', 'touch executed') %]"
    odd = ["with space", "with:colon", "-oProxyCommand=touch executed", "all", "localhost", "[a:z]", text]

    path = tmp_path / "estate.yml"
    written = ESTATE.replace("NAMES", ", ".join(json.dumps(name) for name in odd)).replace("REASON", json.dumps(reason))
    path.write_text(written)
    em = simulators.get(estate=str(path))
    inventory = ansible.directory / "veeam_em.yml"
    inventory.write_text(
        f"{PLUGIN}include: [vms]\nkeyed_groups: [{{key: veeam_em_name}}]\ncompose: {{copy: veeam_em_last_attempt}}\n"
    )
    run = ansible.playbook(LOOK, inventory=inventory, em=em)
    assert run.rc == 0, run.output
    assert not list(ansible.directory.rglob("executed"))
    found = {
        record["host"]: record["result"]["msg"] for record in run.results if record["task"] == "Own name and variables"
    }
    name = inert(ansible, text)
    assert {"with space", "with:colon", "[a:z]", "web01", name, "_oProxyCommand=touch executed"} <= set(found)
    assert found[name][0] == name
    assert found[name][2] == text
    assert found["web01"][3]["reason"] == reason
    assert not {"all", "localhost", "-oProxyCommand=touch executed"} & set(found)
    assert len(found) == len(odd) + 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"VEEAM_EM_PASSWORD": "Wrong-password-1"}, "refused the credentials"),
        ({"VEEAM_EM_PORT": "1", "VEEAM_EM_RETRIES": "0"}, "port 1"),
        ({"VEEAM_EM_HOST": "https://em01"}, "not a bare host name"),
    ],
)
def test_failures_are_one_sentence(ansible: Ansible, simulator: t.Any, variables: dict[str, str], message: str) -> None:
    run = ansible.inventory(PLUGIN, em=simulator, env=variables)
    assert run.rc != 0
    assert message in " ".join(run.output.split())
    assert "Traceback" not in run.output


def test_failure_in_the_middle_leaves_no_session_open(ansible: Ansible, simulator: t.Any) -> None:
    simulator.add_fault({"kind": "error", "path": "/api/query", "after": 2, "status": 500})
    run = ansible.inventory(PLUGIN, em=simulator, env={"VEEAM_EM_RETRIES": "0"})
    assert run.rc != 0
    assert simulator.open_sessions() == []


@pytest.mark.simulator(estate="empty")
def test_empty_server(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(f"{PLUGIN}include: [vms, agents]\nprotection: {{}}\n", em=simulator)
    assert hosts(run, "all") == []
    assert "WARNING" not in run.stderr


@pytest.mark.smoke
def test_documentation(ansible: Ansible) -> None:
    run = ansible.run("ansible-doc", "-t", "inventory", "backup_ops.veeam_em.enterprise_manager", "--json")
    [plugin] = run.json.values()
    assert plugin["examples"].count("plugin: backup_ops.veeam_em.enterprise_manager") >= 4
    assert set(plugin["doc"]["options"]) >= {"host", "include", "filters", "protection", "cache", "compose"}
