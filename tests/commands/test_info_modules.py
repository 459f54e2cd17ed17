# SPDX-License-Identifier: GPL-3.0-or-later
"""The info modules through the real commands, on the installed collection: results as documented, failures as promised."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml

from support.commands import Ansible

MODULES = (
    "backup_server_info",
    "backup_session_info",
    "backup_task_session_info",
    "job_info",
    "machine_info",
    "query_info",
    "repository_info",
    "summary_info",
    "vm_restore_point_info",
)
_DOCUMENTED: dict[str, dict[str, t.Any]] = {}


def documentation(ansible: Ansible, module: str) -> dict[str, t.Any]:
    """What ansible-doc says; it is asked once for all modules, as the installed collection is the same for all tests."""
    if not _DOCUMENTED:
        names = [f"backup_ops.veeam_em.{name}" for name in MODULES]
        _DOCUMENTED.update(ansible.run("ansible-doc", "-t", "module", "--json", *names).json)
    return _DOCUMENTED[f"backup_ops.veeam_em.{module}"]


@pytest.mark.parametrize("module", MODULES)
def test_documentation_is_whole(ansible: Ansible, module: str) -> None:
    found = documentation(ansible, module)
    text = json.dumps(found["doc"]["description"])
    assert "Portal User" in text
    assert ("A Portal User is refused" in text) == (module == "job_info")
    examples = yaml.safe_load(found["examples"])
    ours = [task[f"backup_ops.veeam_em.{module}"] for task in examples if f"backup_ops.veeam_em.{module}" in task]
    assert len(ours) >= 4
    assert all(set(options or {}) <= set(found["doc"]["options"]) for options in ours)
    registered = {task["register"] for task in examples if "register" in task}
    assert any(f"{name}." in json.dumps(task, ensure_ascii=False) for task in examples for name in registered)
    for task in examples:
        assert task["name"]
        assert task.get("delegate_to") == "localhost" or not any(key.startswith("backup_ops.") for key in task)
    _typed(found["return"])


def _typed(keys: dict[str, t.Any], nested: bool = False) -> None:
    for name, value in keys.items():
        assert value["type"], name
        assert value["description"], name
        assert nested or value["returned"], name
        assert "sample" in value or "contains" in value or name in ("links", "raw"), name
        _typed(value.get("contains") or {}, nested=True)


@pytest.mark.smoke
def test_a_play_uses_the_results(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/backup_ops.veeam_em.em:
      page_size: 50
  tasks:
    - name: Read failures
      backup_ops.veeam_em.backup_task_session_info:
        result: [Failed]
      register: failures
    - name: Read their job sessions
      backup_ops.veeam_em.backup_session_info:
        uid: "{{ item }}"
      loop: "{{ (failures.backup_task_sessions | map(attribute='job_session_uid') | unique)[:3] }}"
      register: sessions
    - name: Each failed task belongs to a failed session
      ansible.builtin.assert:
        that: item.backup_sessions[0].result == 'Failed'
        quiet: true
      loop: "{{ sessions.results }}"
      loop_control: {label: x}
""",
        em=simulator,
    )
    assert run.rc == 0, run.output
    assert run.result("Read failures")["count"] > 0
    assert len(run.result("Read their job sessions")["results"]) == 3
    assert "pageSize=50" in next(
        request["query"] for request in simulator.requests() if request["query"].startswith("type")
    )


def test_every_version_gives_the_same_tasks_in_both_formats(ansible: Ansible, simulators: t.Any) -> None:
    # Times are counted back from the start of each simulator, and old servers do not name the machine in its hypervisor.
    moving = {
        "creation_time",
        "end_time",
        "name",
        "job_session_name",
        "duration_seconds",
        "vm_uid",
        "vm_ref",
        "platform",
    }
    found: dict[str, list[t.Any]] = {"json": [], "xml": []}
    for profile in ("v95u4", "v12", "v13"):
        calls = [
            {
                "backup_ops.veeam_em.backup_task_session_info": {
                    "data_format": data_format,
                    "vm_display_name": ["web01", "db01"],
                }
            }
            for data_format in found
        ]
        results = ansible.tasks(calls, simulators.get(profile=profile))
        for data_format, result in zip(found, results, strict=True):
            records = [
                {key: value for key, value in record.items() if key not in moving}
                for record in result["backup_task_sessions"]
            ]
            found[data_format].append(sorted(records, key=lambda record: record["uid"]))
    for versions in found.values():
        assert versions[0]
        assert versions[0] == versions[1] == versions[2]


class Failure(t.NamedTuple):
    module: str
    options: dict[str, t.Any]
    kind: str | None
    """Of the error; None when Ansible itself refuses the option."""
    words: str


REFUSED = [
    Failure("backup_session_info", {"created_after": "tomorrow-ish"}, "bad_option", "neither a time nor an age"),
    Failure("backup_session_info", {"uid": "urn:veeam:Job:x"}, "bad_option", "UID of a Job"),
    Failure("backup_session_info", {"page_size": 0}, "bad_option", "from 1 to 10000"),
    Failure("backup_session_info", {"job_type": ["Magic"]}, None, "NasBackup"),
    Failure("query_info", {"type": "Magic"}, None, "BackupTaskSession"),
    Failure("query_info", {"type": "Repository", "sort_by": "Magic"}, "bad_option", "use UID, Name"),
]
ASKED = [
    Failure("backup_session_info", {"password": "wr0ng-Pa55"}, "authentication_failed", "refused the credentials of"),
    Failure("backup_session_info", {"host": "no-such-host.invalid"}, "connection_failed", "can't be resolved"),
    Failure("backup_session_info", {"ca_path": ""}, "tls_failed", "ca_path or ca_cert"),
    Failure("backup_session_info", {"filter": "Colour==1"}, "request_rejected", "its fields are UID, Name"),
]


@pytest.mark.parametrize(("failures", "asks"), [(REFUSED, False), (ASKED, True)], ids=["refused", "asked"])
def test_failures_say_what_to_do(ansible: Ansible, simulator: t.Any, failures: list[Failure], asks: bool) -> None:
    calls = [{f"backup_ops.veeam_em.{failure.module}": failure.options} for failure in failures]
    for failure, result in zip(failures, ansible.tasks(calls, simulator), strict=True):
        assert result["failed"], failure
        assert failure.words in result["msg"]
        if failure.kind is not None:
            assert result["error"]["kind"] == failure.kind
            assert set(result["error"]) == {"kind", "status", "method", "path", "server_message", "hint"}
            assert result["msg"].endswith("."), failure
    assert bool(simulator.requests()) is asks


def test_plain_http_warns(ansible: Ansible, simulators: t.Any) -> None:
    em = simulators.get(profile="v95u4", http=True)
    result = ansible.module("backup_server_info", {"timeout": 30}, em=em)
    assert result["count"] == 3
    assert any("unencrypted" in warning for warning in result["warnings"])
