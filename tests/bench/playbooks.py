# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of ansible-playbook: a loop of ansible.builtin.uri against the module, and one more task against a ping."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

import yaml

BIN_VARIABLE, COLLECTIONS_VARIABLE = "DEV_ANSIBLE_BIN", "DEV_COLLECTIONS"
BASE = "https://{{ lookup('ansible.builtin.env', 'VEEAM_EM_HOST') }}:{{ lookup('ansible.builtin.env', 'VEEAM_EM_PORT') }}/api"

URI_LOOP = """
- hosts: localhost
  gather_facts: false
  vars:
    base: "BASE"
    address: "{{ base }}/query?type=BackupTaskSession&format=Entities&sortAsc=CreationTime&pageSize=PAGE_SIZE"
  module_defaults:
    ansible.builtin.uri:
      ca_path: "{{ lookup('ansible.builtin.env', 'VEEAM_EM_CA_PATH') }}"
  tasks:
    - name: Log on
      ansible.builtin.uri:
        url: "{{ base }}/sessionMngr/?v=latest"
        method: POST
        url_username: "{{ lookup('ansible.builtin.env', 'VEEAM_EM_USERNAME') }}"
        url_password: "{{ lookup('ansible.builtin.env', 'VEEAM_EM_PASSWORD') }}"
        force_basic_auth: true
        status_code: 201
        headers: {Accept: application/json}
      register: logon
    - name: Read the first page
      ansible.builtin.uri:
        url: "{{ address }}&page=1"
        headers: {Accept: application/json, X-RestSvcSessionId: "{{ logon.x_restsvcsessionid }}"}
      register: first
    - name: Read the other pages
      ansible.builtin.uri:
        url: "{{ address }}&page={{ item }}"
        headers: {Accept: application/json, X-RestSvcSessionId: "{{ logon.x_restsvcsessionid }}"}
      loop: "{{ range(2, first.json.pagingInfo.pagesCount + 1) | list }}"
      loop_control: {label: "{{ item }}"}
      register: others
    - name: Collect the rows
      ansible.builtin.set_fact:
        rows: "{{ ([first] + others.results) | map(attribute='json.entities.backupTaskSessions.backupTaskSessions') | flatten(levels=1) }}"
    - name: Log off
      ansible.builtin.uri:
        url: "{{ base }}/logonSessions/{{ logon.json.sessionId }}"
        method: DELETE
        status_code: 204
        headers: {X-RestSvcSessionId: "{{ logon.x_restsvcsessionid }}"}
    - name: Count
      ansible.builtin.assert: {that: rows | length == ROWS}
"""

MODULE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Read
      backup_ops.veeam_em.backup_task_session_info:
      register: tasks
    - name: Count
      ansible.builtin.assert: {that: tasks.count == ROWS}
"""


def available() -> bool:
    return BIN_VARIABLE in os.environ and COLLECTIONS_VARIABLE in os.environ


def seconds(playbook: str, environment: dict[str, str]) -> float:
    return measured(playbook, environment)[0]


def measured(
    playbook: str, environment: dict[str, str], inventory: str | None = None, arguments: t.Sequence[str] = ()
) -> tuple[float, float]:
    """Seconds, and the megabytes of the largest process; the playbook is a text, or a name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "playbook.yml") if "\n" in playbook else Path(playbook)
        if "\n" in playbook:
            path.write_text(playbook, encoding="utf-8")
        hosts = Path(folder, "hosts.yml")
        hosts.write_text(inventory or "all: {}\n", encoding="utf-8")
        source = ["-i", str(hosts)] if inventory else []
        env = {
            **os.environ, **environment, "HOME": folder, "ANSIBLE_HOME": folder, "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "ANSIBLE_COLLECTIONS_PATH": os.environ[COLLECTIONS_VARIABLE],
        }  # fmt: skip
        env.pop("PYTHONPATH", None)
        began = time.monotonic()
        command = [str(Path(os.environ[BIN_VARIABLE], "ansible-playbook")), str(path), *source, *arguments]
        with Path(folder, "output").open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            elapsed = time.monotonic() - began
            output.seek(0)
            if process.returncode:
                raise RuntimeError(output.read()[-4000:])
    return elapsed, usage.ru_maxrss / 1000


def uri_loop(rows: int, page_size: int) -> str:
    return URI_LOOP.replace("BASE", BASE).replace("PAGE_SIZE", str(page_size)).replace("ROWS", str(rows))


def module(rows: int) -> str:
    return MODULE.replace("ROWS", str(rows))


def repeated(action: str, times: int) -> str:
    return yaml.safe_dump(
        [{"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "PageRequest", action: {}}] * times}]
    )
