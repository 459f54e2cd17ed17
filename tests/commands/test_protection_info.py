# SPDX-License-Identifier: GPL-3.0-or-later
"""protection_info through the real commands, on the installed collection."""

from __future__ import annotations

import typing as t

from support import connection
from support.commands import Ansible

MACHINES = ["web01", "db02", "twin01"]
PLAY = """
- name: The gate before a maintenance
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/backup_ops.veeam_em.em:
      page_size: 200
  tasks:
    - name: Ask for the machines
      backup_ops.veeam_em.protection_info:
        machines: "{{ machines }}"
        max_age: 24h
        waivers: "{{ waivers | default(omit) }}"
      register: protection

    - name: Go or no-go
      ansible.builtin.assert:
        that: protection.ok
        fail_msg: "{{ protection.msg }}"
"""


def used(em: t.Any) -> list[tuple[str, str]]:
    return [(one["method"], one["path"].partition("?")[0]) for one in em.requests()]


def test_a_no_with_its_reasons(ansible: Ansible, simulator: t.Any) -> None:
    result = ansible.module("protection_info", {"machines": MACHINES, "history": "2d"}, em=simulator)
    assert not result["failed"]
    assert result["changed"] is False
    assert [(one["name"], one["verdict"]) for one in result["machines"]] == [
        ("web01", "ok"),
        ("db02", "failed"),
        ("twin01", "ok"),
    ]
    assert result["ok"] is False
    assert result["em_host"] == simulator.host
    assert result["summary"]["total"] == 3
    assert result["msg"] == "2 of 3 machines meet the policy; not OK: db02 (failed)."
    assert all(one["history"] for one in result["machines"][:2])
    assert result["request_count"] == len(simulator.requests())
    methods = [method for method, _path in used(simulator)]
    assert (methods.count("POST"), methods.count("DELETE")) == (1, 1)


def test_check_mode_and_an_old_python_tell_the_same(ansible: Ansible, simulator: t.Any) -> None:
    call = {"backup_ops.veeam_em.protection_info": {"machines": MACHINES}}
    old = {"vars": {"ansible_python_interpreter": ansible.module_python}}
    results = ansible.tasks([call, {**call, "check_mode": True}, {**call, **old}], simulator)
    verdicts = [[(one["verdict"], one["reasons"]) for one in result["machines"]] for result in results]
    assert verdicts[0] == verdicts[1] == verdicts[2]


def test_a_play_stops_on_a_no(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(PLAY, em=simulator, extra_vars={"machines": ["web01", "file01"]})
    assert run.rc != 0
    assert "not OK: file01 (stale)." in run.stdout
    run = ansible.playbook(PLAY, em=simulator, extra_vars={"machines": ["web01", "db01"]})
    assert run.rc == 0, run.output


def test_waivers(ansible: Ansible, simulator: t.Any) -> None:
    waivers = [
        {"machine": "old01", "reason_code": "age_over_limit", "until": "2999-01-01", "note": "CHG0042"},
        {"machine": "typo01", "reason_code": "age_over_limit", "until": "2999-01-01"},
        {"machine": "web01", "reason_code": "age_over_limit", "until": "2020-01-01"},
    ]
    run = ansible.playbook(PLAY, em=simulator, extra_vars={"machines": ["old01", "web01"], "waivers": waivers})
    assert run.rc == 0, run.output
    result = run.result("Ask for the machines")
    assert result["machines"][0]["verdict"] == "waived"
    assert result["machines"][0]["waivers"][0]["note"] == "CHG0042"
    assert [(one["machine"], one["why"]) for one in result["unused_waivers"]] == [
        ("typo01", "not_asked"),
        ("web01", "expired"),
    ]
    assert result["warnings"] == [
        "Waivers for machines that were not asked for: typo01 (age_over_limit).",
        "Waivers that have expired: web01 (age_over_limit).",
    ]


def test_bad_options_are_refused_before_any_request(ansible: Ansible, simulator: t.Any) -> None:
    bad: dict[str, dict[str, t.Any]] = {
        "machines names no machine": {"machines": []},
        "max_edge": {"machines": [{"name": "web01", "max_edge": "1h"}]},
        "until": {"machines": ["web01"], "waivers": [{"machine": "web01", "reason_code": "age_over_limit"}]},
    }
    results = ansible.tasks([{"backup_ops.veeam_em.protection_info": options} for options in bad.values()], simulator)
    for words, result in zip(bad, results, strict=True):
        assert result["failed"], words
        assert words in result["msg"]
    assert simulator.requests() == []


def test_a_failure_in_the_middle_is_no_verdict(ansible: Ansible, simulator: t.Any) -> None:
    simulator.add_fault({"kind": "error", "path": "/api/query", "after": 2, "count": 50})
    result = ansible.module("protection_info", {"machines": ["web01"]}, em=simulator)
    assert result["failed"]
    assert result["error"]["kind"] == "server_failed"
    assert "machines" not in result
    method, path = used(simulator)[-1]
    assert (method, path.rpartition("/")[0]) == ("DELETE", "/api/logonSessions")


def test_a_wrong_password_is_tried_once(ansible: Ansible, simulator: t.Any) -> None:
    options = connection.options(simulator, password="Wr0ng & secret")
    result = ansible.module("protection_info", {"machines": ["web01"], **options}, em=simulator)
    assert result["failed"]
    assert result["error"]["kind"] == "authentication_failed"
    assert len(simulator.requests()) == 1
