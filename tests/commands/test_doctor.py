# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook of the doctor, as a newcomer runs it."""

from __future__ import annotations

import json
import typing as t

import pytest

from support import connection
from support.commands import Ansible

PLAYBOOK = "backup_ops.veeam_em.doctor"


@pytest.mark.ends
def test_checklist_and_bundle(ansible: Ansible, simulator: t.Any) -> None:
    """The bundle lies where the command was typed."""
    run = ansible.playbook(
        PLAYBOOK, extra_vars={"doctor_bundle": "em-bundle.json"}, em=simulator, env={"PWD": str(ansible.directory)}
    )
    assert run.rc == 0, run.output
    checklist = run.result("The checklist, worst first")["msg"]
    assert any("accepts connections" in line for line in checklist)
    path = ansible.directory / "em-bundle.json"
    assert json.loads(path.read_text())["format"] == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_connection_from_a_dictionary(ansible: Ansible, simulator: t.Any) -> None:
    """As variables of Vault give it."""
    run = ansible.playbook(PLAYBOOK, extra_vars={"doctor_connection": connection.options(simulator)})
    assert run.rc == 0, run.output
    assert simulator.open_sessions() == []


def test_what_stands_in_the_way_is_the_first_line(ansible: Ansible, simulator: t.Any) -> None:
    simulator.add_fault({"kind": "certificate_other_name"})
    run = ansible.playbook(PLAYBOOK, em=simulator)
    assert run.rc != 0
    first = run.result("The checklist, worst first")["msg"][0]
    assert first.startswith("FAILED   tls")
    assert "names 'other.example.test' and not '127.0.0.1'" in first
    assert run.result("Go on only when no check has failed")["msg"].startswith("A check has failed")
    bare = ansible.playbook(PLAYBOOK)
    assert (
        "VEEAM_EM_HOST, VEEAM_EM_USERNAME and VEEAM_EM_PASSWORD" in bare.result("The checklist, worst first")["msg"][0]
    )
