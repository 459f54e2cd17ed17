# SPDX-License-Identifier: GPL-3.0-or-later
"""Every argument of the role changes something: many at once in few runs, each looked at where it alone has a say."""

from __future__ import annotations

import json
import os
import sys
import typing as t
from pathlib import Path

import ansible
import pytest
import yaml

from support.commands import Ansible, Run

from .plugins import ROOT

ROLE = "verify_backups"
ARGUMENTS = yaml.safe_load((ROOT / "roles" / ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
OPTIONS = set(ARGUMENTS["argument_specs"]["verify"]["options"])
WAIVER = {"machine": "web01", "reason_code": "age_over_limit", "until": "2999-01-01"}
MODULE: dict[str, t.Any] = {
    "max_age": "36h",
    "needed_at": "+1h",
    "accept_warning": False,
    "job_types": ["Backup"],
    "require_restore_point": False,
    "name_match": ["exact"],
    "max_data_age": "1d",
    "lookback": "20d",
    "history": "3d",
    "full_visibility": True,
    "domains": ["corp.example"],
    "ask_hypervisors": "never",
    "max_rows": 999999,
}
"""Handed on to the module; what it makes of them is proved there. The policy of the evidence is what was handed on."""
ITSELF: dict[str, t.Any] = {
    "machine_name": "{{ inventory_hostname | upper }}",
    "machine_vm_uid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1",
    "extra_machines": ["file01"],
    "waivers": [WAIVER],
    "on_not_ok": "report",
    # No machine is, so that on_not_ok is all that keeps the run from stopping.
    "allowed_verdicts": ["waived"],
    "change_number": "CHG0042",
    "report_dir": "another-folder",
    "report_formats": ["json", "csv"],
    "report_mode": "0600",
    "show_table": False,
    "artifact_format": "csv",
    "wait_running": "1s",
    "timezone": "Europe/Berlin",
}
"""Seen in the question and in the evidence of the same run."""
OTHERS = {"hosts", "machines", "allow_empty", "set_stats", "connection", "earlier"}
"""Those that leave nothing to see of the others; runs of their own show them."""


@pytest.fixture
def gate(tmp_path: Path, simulators: t.Any) -> t.Callable[..., Run]:
    """Runs the role on two hosts; commands and modules of the environment that runs the tests, on the work tree."""
    directory = tmp_path / "work"
    directory.mkdir()
    core = ".".join(ansible.__version__.split(".")[:2])  # type: ignore[attr-defined]
    commands = Ansible(
        Path(sys.executable).parent, Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]), directory, core, sys.executable
    )
    em = simulators.get(estate=str(Path(__file__).with_name("estate.yml")))

    def run(**arguments: t.Any) -> Run:
        values = {f"{ROLE}_{name}": value for name, value in arguments.items()}
        task = {
            "name": "Verify",
            "ansible.builtin.import_role": {"name": f"backup_ops.veeam_em.{ROLE}"},
            "vars": values,
        }
        play = {"name": "Play", "hosts": "all", "gather_facts": False, "tasks": [task]}
        hosts: t.Any = {"all": {"hosts": {"web01": {}, "db02": {}}}}
        # Text with a line break is the file itself and not its name.
        return commands.playbook(f"{json.dumps([play])}\n", inventory=f"{json.dumps(hosts)}\n", em=em)

    return run


def files(run: Run) -> list[Path]:
    return [Path(path) for path in run.custom_stats["veeam_gate_evidence"]]


def look(run: Run) -> dict[str, t.Any]:
    """Argument -> where it alone has a say."""
    found = files(run)
    evidence = json.loads(next(path for path in found if path.suffix == ".json").read_text(encoding="utf-8"))
    policy, machines = evidence["policy"], evidence["result"]["machines"]
    return {
        **{name: policy.get(name) for name in (*MODULE, "waivers")},
        "machine_name": machines[0]["name"],
        "machine_vm_uid": "VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1" in machines[0]["message"] or machines[0]["matched_by"],
        "extra_machines": "file01" in [machine["name"] for machine in machines],
        "on_not_ok": run.rc,
        "allowed_verdicts": evidence["decision"]["allowed_verdicts"],
        "change_number": evidence["change_number"],
        "report_dir": found[0].parent.name,
        "report_formats": [path.suffix for path in found],
        "report_mode": found[0].stat().st_mode & 0o777,
        "show_table": "MACHINE" in run.stdout,
        "artifact_format": run.custom_stats.get("veeam_gate_report"),
        # What they do is shown in tests/commands and in the unit tests of the gate.
        "wait_running": evidence["provenance"]["options"].get("wait_running"),
        "timezone": evidence["provenance"]["options"].get("timezone"),
    }  # fmt: skip


def test_every_argument_has_a_case() -> None:
    tables = [*MODULE, *ITSELF, *OTHERS]
    assert len(tables) == len(set(tables))
    assert {f"{ROLE}_{name}" for name in tables} == OPTIONS


def test_arguments_of_one_run(gate: t.Callable[..., Run]) -> None:
    before = look(gate())
    after = look(gate(**MODULE, **ITSELF))
    assert [name for name in (*MODULE, *ITSELF) if before[name] == after[name]] == []
    assert {name: after[name] for name in MODULE} == MODULE


def test_own_hosts_and_no_word_to_the_workflow(gate: t.Callable[..., Run]) -> None:
    run = gate(hosts=["web01"], set_stats=False, report_dir="", show_table="all")
    assert "db02     unknown" in run.stdout
    assert "web01    ok" in run.stdout
    assert run.custom_stats == {}


def test_own_machines_which_may_be_none(gate: t.Callable[..., Run]) -> None:
    none = {"machines": [], "report_dir": "", "show_table": False}
    refused, allowed = gate(**none), gate(**none, allow_empty=True)
    assert (refused.rc, allowed.rc) == (2, 0)
    assert [run.custom_stats["veeam_gate_ok"] for run in (refused, allowed)] == [False, True]


def test_own_earlier_evidence(gate: t.Callable[..., Run]) -> None:
    found = []
    for arguments in ({}, {"earlier": "backup-evidence"}):
        (path,) = (path for path in files(gate(on_not_ok="report", **arguments)) if path.suffix == ".json")
        found.append(json.loads(path.read_text(encoding="utf-8")))
    assert found[0]["changes"] is None
    assert found[1]["changes"]["compared_with"] == found[0]["generated_at"]


def test_own_connection(gate: t.Callable[..., Run]) -> None:
    run = gate(connection={"port": 1, "retries": 0}, report_dir="")
    assert "port 1" in run.output
