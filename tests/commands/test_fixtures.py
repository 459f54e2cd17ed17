# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of the fixtures see what they are there for."""

from __future__ import annotations

import typing as t

import pytest

from support import leaks
from support.commands import Ansible

SECRET = 'Sehr "geheim" & länger'
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: The task
      ansible.builtin.debug:
        msg: "{{ text }}"
"""


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(leaks, "_SECRETS", set())
    leaks.remember_credentials("svc", SECRET)
    return SECRET


def test_results_come_back_whole(ansible: Ansible) -> None:
    run = ansible.playbook(PLAY, extra_vars={"text": "röntgen"})
    assert run.rc == 0, run.output
    assert run.result("The task")["msg"] == "röntgen"
    assert run.stats["localhost"]["ok"] == 1


@pytest.mark.ends
def test_module_gives_its_result_on_an_old_python(ansible: Ansible) -> None:
    assert ansible.module("ansible.builtin.ping", {"data": "there"}, python=ansible.module_python)["ping"] == "there"


def test_secret_in_output_fails(ansible: Ansible, secret: str) -> None:
    with pytest.raises(AssertionError, match="shows a secret") as failure:
        ansible.playbook(PLAY, extra_vars={"text": secret})
    assert secret not in str(failure.value)


def test_secret_in_a_file_fails(ansible: Ansible, secret: str) -> None:
    code = "import os; open('report.html', 'w').write(os.environ['SECRET'])"
    with pytest.raises(AssertionError, match=r"report\.html"):
        ansible.run("python3", "-c", code, env={"SECRET": secret})


@pytest.mark.parametrize("code", ["s.connect(('192.0.2.1', 80))", "socket.getaddrinfo('veeam.com', 443)"])
def test_network_use_of_a_command_fails(ansible: Ansible, code: str) -> None:
    with pytest.raises(AssertionError, match=r"left this machine: .*(192\.0\.2\.1|veeam\.com)"):
        ansible.run("python3", "-c", f"import socket; s = socket.socket(); {code}")


def test_unknown_host_needs_no_name_server(ansible: Ansible) -> None:
    code = "import socket\ntry: socket.getaddrinfo('em.example.test', 443)\nexcept socket.gaierror: print('unknown')"
    assert ansible.run("python3", "-c", code).stdout == "unknown\n"


@pytest.mark.parametrize(("http", "environment"), [(False, {"ca": True}), (True, {"ca": False})])
def test_connection_variables(http: bool, environment: dict[str, bool]) -> None:
    from support import connection

    class Em:
        url, host, port, username, password = "", "localhost", 1, "svc", SECRET
        protocol, ca_path = "http" if http else "https", "/ca.pem"

        def requests(self) -> list[dict[str, t.Any]]:
            return []

        open_sessions = requests

    found = connection.variables(Em())
    assert found["VEEAM_EM_PASSWORD"] == SECRET
    assert ("VEEAM_EM_CA_PATH" in found) is environment["ca"]
