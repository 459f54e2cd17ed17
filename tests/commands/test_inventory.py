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
HOSTILE_NAMES = [
    HOSTILE, "{% raw %}", "{# comment #}", "${HOME}", "#jinja2: x", "[% lookup('pipe', 'touch executed') %]", "web*", "web0?", "[a:z]", "web[01]",
    "~web.*", "!web01", "&web01", "@hosts", "a,web01", "a:web01", "a web01", "../../secret", "../secret", "secret.yml", "..", ".hidden", "/etc/passwd",
    "-oProxyCommand=touch executed", "$(touch executed)", "root@web01", "all", "ungrouped", "veeam_em_vms", "Daily", "localhost", "LOCALHOST",
    "127.0.0.1", "127.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fe80::1%eth0", "ip6-localhost", "2130706433", "right\u202eleft", "n" * 250,
]  # fmt: skip
OTHER_DELIMITERS = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'"
ESTATE = """
backup_servers:
  - name: vbr01.example.test
hierarchy_roots:
  - {name: vcenter01.example.test, type: VC, backup_servers: [vbr01.example.test]}
machines:
  - {name: web02, on: vcenter01.example.test}
  - {names: [web01, NAMES], on: vcenter01.example.test}
jobs:
  - name: Daily
    backup_server: vbr01.example.test
    type: Backup
    machines: [web01, web02, NAMES]
    schedule: {every: 24h, last: -8h}
    history: 3d
    outcomes:
      - {machine: web01, result: Warning, reason: REASON}
"""
LOOK = """
- name: Look at all hosts
  hosts: web01
  gather_facts: false
  connection: local
  tasks:
    - name: Names and variables
      ansible.builtin.debug:
        msg:
          - "{{ hostvars[item].inventory_hostname }}"
          - "{{ hostvars[item].veeam_em_name }}"
          - "{{ hostvars[item].veeam_em_last_attempt }}"
          - "{{ hostvars[item].copy }}"
          - "{{ hostvars[item].cut }}"
          - "{{ 'stolen' if hostvars[item].stolen is defined else hostvars[item].own | default('nothing') }}"
      loop: "{{ groups['all'] }}"
    - name: Names of all hosts
      ansible.builtin.debug:
        msg: ["{{ groups['all'] }}", "{{ groups }}", "{{ ansible_play_hosts_all }}", "{{ hostvars | string | length }}"]
    - name: A file with other delimiters
      ansible.builtin.template:
        src: other.j2
        dest: rendered
        variable_start_string: "[%"
        variable_end_string: "%]"
        mode: "0600"

- name: A pattern is a pattern
  hosts: "web*"
  gather_facts: false
  connection: local
  tasks:
    - name: Everything that begins with web
      ansible.builtin.debug:
        msg: here
"""


def could_be_template(text: str) -> bool:
    return "{" in text or "#" in text or re.search(r"[^\w\s.,:;/\\'\"-]{2}", text) is not None


def hosts(run: Run, group: str) -> list[str]:
    assert run.rc == 0, run.output
    return list(run.json.get(group, {}).get("hosts", []))


def twins(run: Run) -> set[str]:
    """The hosts of two machines that have one name."""
    return {name for name in hosts(run, "veeam_em_vms") if name.startswith("twin01")}


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
    assert "|--___7_7____965d32\n" in sections["veeam_em_vms"]
    assert "|--lap01\n" in sections["veeam_em_agents"]
    assert "2 hosts would be called 'twin01'" in " ".join(run.stderr.split())


@pytest.mark.smoke
def test_list(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(
        f"{PLUGIN}duplicates: suffix\nkeyed_groups: [{{key: veeam_em_platform, prefix: at}}]\n", em=simulator
    )
    assert "would be called" not in run.stderr, run.stderr
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


@pytest.mark.ends
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
    assert "set duplicates to newest or suffix" in said


@pytest.mark.ends
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
  laptops: "'Laptops' in veeam_em_protection_groups | default([])"
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
def test_names_of_the_server_mean_nothing_but_the_host(ansible: Ansible, simulators: t.Any, tmp_path: Path) -> None:
    """Neither patterns nor paths, templates, options of ssh, groups or the controller."""
    reason = f"{OTHER_DELIMITERS}\n[% lookup('pipe', 'touch executed') %] <% %> [[ ]]"
    path = tmp_path / "estate.yml"
    names = ", ".join(json.dumps(name) for name in HOSTILE_NAMES)
    path.write_text(ESTATE.replace("NAMES", names).replace("REASON", json.dumps(reason)))
    em = simulators.get(estate=str(path))
    files = ansible.directory / "inventory"
    (files / "host_vars").mkdir(parents=True)
    for secret in (files / "secret.yml", ansible.directory / "secret.yml", files / "host_vars" / "secret.yml"):
        secret.write_text("stolen: true\n")
    (files / "host_vars" / "web01.yml").write_text("own: web01\n")
    inventory = files / "veeam_em.yml"
    inventory.write_text(
        f"{PLUGIN}include: [vms]\nkeyed_groups: [{{key: veeam_em_name}}, {{key: veeam_em_job_names, prefix: '', separator: ''}}]\n"
        "compose: {copy: veeam_em_last_attempt, cut: 'veeam_em_name[0:]'}\n"
    )
    (ansible.directory / "other.j2").write_text("[% veeam_em_last_attempt.reason %]\n")
    run = ansible.playbook(LOOK, inventory=inventory, em=em)
    assert run.rc == 0, run.output
    assert not list(tmp_path.rglob("executed"))
    found = {each["item"]: each["msg"] for each in run.result("Names and variables")["results"]}
    assert {each[1] for each in found.values()} == {"web01", "web02", *HOSTILE_NAMES}
    assert {each[4] for each in found.values()} == {"web01", "web02", *HOSTILE_NAMES}
    assert all(name == each[0] and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) for name, each in found.items())
    assert found["web01"][2]["reason"] == found["web01"][3]["reason"] == reason
    assert {name: each[5] for name, each in found.items() if each[5] != "nothing"} == {"web01": "web01"}
    begin = {each["host"] for each in run.results if each["task"] == "Everything that begins with web"}
    assert {"web01", "web02"} < begin, "a pattern means hosts, and not the host that is called like it"
    assert not {"all", "localhost", "127.0.0.1"} & set(found)
    rendered = (ansible.directory / "rendered").read_text()
    assert reason in rendered, "other delimiters make no template of it, either"
    listed = ansible.inventory(inventory, em=em)
    assert listed.stdout.count("__ansible_unsafe") <= 3 * sum(could_be_template(name) for name in HOSTILE_NAMES) + 4
    assert "Names that Ansible could take for something else" in " ".join(listed.stderr.split())


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
    simulator.add_fault(
        {"kind": "error", "path": "/api/query", "query": "*type=BackupTaskSession*", "status": 500, "count": None}
    )
    run = ansible.inventory(PLUGIN, em=simulator, env={"VEEAM_EM_RETRIES": "0"})
    assert run.rc != 0
    assert simulator.open_sessions() == []


@pytest.mark.simulator(estate="empty")
def test_empty_server(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.inventory(f"{PLUGIN}include: [vms, agents]\nprotection: {{}}\n", em=simulator)
    assert hosts(run, "all") == []
    assert "WARNING" not in run.stderr


@pytest.mark.ends
def test_documentation(ansible: Ansible) -> None:
    run = ansible.run("ansible-doc", "-t", "inventory", "backup_ops.veeam_em.enterprise_manager", "--json")
    [plugin] = run.json.values()
    assert plugin["examples"].count("plugin: backup_ops.veeam_em.enterprise_manager") >= 4
    assert set(plugin["doc"]["options"]) >= {"host", "include", "filters", "protection", "cache", "compose"}


def test_a_file_of_another_name_is_told_how_to_be_called(ansible: Ansible) -> None:
    path = ansible.directory / "veeamem.yml"
    path.write_text("plugin: backup_ops.veeam_em.enterprise_manager\n")
    run = ansible.inventory(path)
    text = " ".join(run.output.split())
    assert "has a name that this plugin does not take; rename it so that it ends in enterprise_manager.yml" in text
    assert "could not be verified" not in text


def test_what_went_wrong_is_said_once_and_in_our_words(ansible: Ansible) -> None:
    """The libraries' own texts stay out of it, on every core."""
    options = "host: 127.0.0.1\nport: 1\nusername: svc\npassword: s3cret-word\nretries: 0\n"
    run = ansible.inventory(f"plugin: backup_ops.veeam_em.enterprise_manager\n{options}")
    # Newer cores tell it in a line, and again as the cause of the failure.
    assert run.output.count("nothing listens on 127.0.0.1 port 1") <= 2, run.output
    assert "HTTPSConnectionPool" not in run.output
    failed = ansible.module(
        "backup_server_info",
        {"host": "127.0.0.1", "port": 1, "username": "svc", "password": "s3cret-word", "retries": 0},
    )
    assert "HTTPSConnectionPool" not in str(failed)
