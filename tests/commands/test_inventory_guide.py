# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the guide to the inventory, as it stands there, on the demo estate."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml

from support.commands import Ansible

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "guide_inventory.rst"
_BLOCK = re.compile(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", re.MULTILINE)


def examples() -> dict[str, str]:
    """The files of the guide by name."""
    found = {}
    for block in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        text = re.sub(r"^    ", "", block, flags=re.MULTILINE).strip() + "\n"
        name = re.match(r"# (\S+\.yml)\n", text)
        assert name, f"this example does not begin with the name of its file:\n{text}"
        found[name[1]] = text
    return found


@pytest.fixture
def written(ansible: Ansible) -> Path:
    for name, text in examples().items():
        (ansible.directory / name).write_text(text)
    return ansible.directory


def group(listed: t.Any, name: str) -> list[str]:
    entry = listed.get(name, {})
    return [*entry.get("hosts", []), *(host for child in entry.get("children", []) for host in group(listed, child))]


def name_of(variables: dict[str, t.Any]) -> str:
    name = variables["veeam_em_name"]
    return str(name["__ansible_unsafe"] if isinstance(name, dict) else name)


@pytest.mark.ends
def test_examples_of_one_enterprise_manager(ansible: Ansible, simulator: t.Any, written: Path) -> None:
    run = {
        name: ansible.run("ansible-inventory", "-i", name, "--list", em=simulator)
        for name in ("first.veeam_em.yml", "jobs.veeam_em.yml", "gaps.veeam_em.yml", "names.veeam_em.yml")
    }
    assert all(one.rc == 0 for one in run.values()), [one.output for one in run.values()]
    assert "vbr01.example.test" in group(run["first.veeam_em.yml"].json, "veeam_em_backup_servers")
    assert "lap01" in group(run["first.veeam_em.yml"].json, "veeam_em_agents")
    jobs = run["jobs.veeam_em.yml"].json
    assert group(jobs, "job_Web_Tier") == [f"web{number:02}" for number in range(1, 9)]
    assert "web01" in group(jobs, "jobs")
    assert "db02" in group(jobs, "failed_last_time")
    assert {"server_vbr01_example_test", "platform_VMware", "platform_HyperV"} <= set(jobs)
    assert {"legacy01", "copyonly01", "lap03"} == set(group(run["gaps.veeam_em.yml"].json, "veeam_em_unprotected"))
    assert "o'brien-&-söhne" not in group(run["names.veeam_em.yml"].json, "all")
    patched = ansible.playbook(written / "patch.yml", inventory=written / "protected.veeam_em.yml", em=simulator)
    assert patched.rc == 0, patched.output
    assert "web01" in patched.stats
    assert not {"db02", "file01", "mail01", "old01", "copyonly01", "legacy01"} & set(patched.stats)
    down = ansible.playbook(
        written / "patch.yml",
        inventory=written / "protected.veeam_em.yml",
        em=simulator,
        env={"VEEAM_EM_PASSWORD": "Wrong-password-1"},
    )
    assert down.rc != 0
    assert not down.results


@pytest.mark.ends
def test_join_with_vmware(ansible: Ansible, simulator: t.Any, written: Path) -> None:
    """The expression of the guide, on a stand-in for what the other plugin knows; the UUID is that of the estate's vCenter."""
    vmware = yaml.safe_load(examples()["vcenter01.vmware_vms.yml"])
    expression = jinja2.Environment(autoescape=True).compile_expression(vmware["hostnames"][0])
    hosts = {expression(moid=f"vm-{number}"): {"moid": f"vm-{number}", "power": "poweredOn"} for number in (1001, 1002)}
    (written / "vcenter01.yml").write_text(yaml.safe_dump({"vmware_vms": {"hosts": hosts}}))
    run = ansible.run("ansible-inventory", "-i", "vcenter01.yml", "-i", "join.veeam_em.yml", "--list", em=simulator)
    for name in hosts:
        joined = run.json["_meta"]["hostvars"][name]
        assert joined["moid"] == joined["veeam_em_vm_ref"]
        assert (joined["power"], joined["veeam_em_verdict"]) == ("poweredOn", "ok")
        assert name in run.json["vmware_vms"]["hosts"]
        assert name in run.json["veeam_em_ok"]["hosts"]


@pytest.mark.ends
def test_source_of_awx(ansible: Ansible, simulator: t.Any, written: Path) -> None:
    """As AWX asks, and with what it makes of the answer: text must be text."""
    run = ansible.run(
        "ansible-inventory", "-i", "enterprise_manager.yml", "--playbook-dir", str(written), "--list", em=simulator
    )
    assert run.rc == 0, run.output
    everybody = run.json["_meta"]["hostvars"]
    assert everybody["web01"]["veeam_em_verdict"] == "ok"
    assert everybody["lap01"]["ansible_host"] == "192.0.2.2"
    assert {variables["ansible_user"] for variables in everybody.values()} == {"svc-patch"}
    wrapped = {name_of(variables) for variables in everybody.values() if "__ansible_unsafe" in str(variables)}
    assert wrapped == {"{{ 7*7 }}", "<script>alert(1)</script>"}


def test_two_enterprise_managers(ansible: Ansible, simulators: t.Any, written: Path) -> None:
    first, second = simulators.get(), simulators.get(seed=2)
    text = examples()["both.veeam_em.yml"]
    for name, em in (("em01.example.test", first), ("em02.example.test", second)):
        text = text.replace(f"host: {name}", f"host: {em.host}\n    port: {em.port}\n    ca_path: {em.ca_path}")
    (written / "both.veeam_em.yml").write_text(text)
    run = ansible.run("ansible-inventory", "-i", "both.veeam_em.yml", "--list", em=first)
    assert run.rc == 0, run.output
    assert run.json["_meta"]["hostvars"]["vbr01.example.test"]["veeam_em_enterprise_managers"] == [first.host]
    assert group(run.json, "veeam_em_ok")
