# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the inventory on a small Enterprise Manager of records."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AccessDenied,
    NotFound,
    SettingsError,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.gather import (
    InventoryRequest,
    gather_machines,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.hosts import VARIABLES
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.verdicts import entry_of, rounds
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.build import Record
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.record_set import Result

from .._verify.test_verify import NOW, VC, Site, ago

OTHER_ROOT = "33333333-aaaa-4bbb-8ccc-000000000002"


class Estate(Site):
    """Also knows backup servers and discovered computers."""

    def __init__(self) -> None:
        super().__init__()
        self.records.update(backup_server=[], discovered_computer=[])
        self.records["hierarchy_root"][0].update(name="vc01.example.test", host_type="VC")

    def backup_server(self, name: str, **changes: t.Any) -> None:
        self.records["backup_server"].append(
            {"name": name, "uid": self._uid("BackupServer"), "id": name, "version": "12.3.2.4465", "port": 9392,
             "description": None, **changes}
        )  # fmt: skip

    def computer(self, name: str, **changes: t.Any) -> Record:
        record = {
            "name": name, "uid": self._uid("DiscoveredComputer"), "backup_server_name": "vbr01", "ip_address": "192.0.2.7",
            "hierarchy_obj_ref": f"urn:AgentForWindows:VeeamAgent:00000000-0000-0000-0000-000000000000.{name}",
            "os_version": "Windows 11", "agent_version": "6.3", "agent_status": "Installed", "host_status": "Online",
            "links": [{"rel": "Up", "type": "AgentProtectionGroupReference", "name": "Laptops", "href": "/x"}], **changes,
        }  # fmt: skip
        self.records["discovered_computer"].append(record)
        return record

    def query(self, name: str, *args: t.Any, options: t.Any = None, **more: t.Any) -> Result:
        found = super().query(name, *args, **more)
        return Result([{"state": None, **record} for record in found.records]) if "keep" not in more else found

    def gather(self, *include: str, since: str = "30d", protection: t.Any = None) -> dict[str, t.Any]:
        return gather_machines(t.cast("t.Any", self), InventoryRequest.read(list(include), since, protection, NOW))

    def hosts(self, *include: str, **more: t.Any) -> list[Record]:
        return t.cast("list[Record]", self.gather(*include, **more)["hosts"])

    def host(self, *include: str, **more: t.Any) -> Record:
        [host] = self.hosts(*include, **more)
        assert set(host) <= set(VARIABLES)
        return host


@pytest.fixture
def estate() -> Estate:
    return Estate()


def test_backup_server(estate: Estate) -> None:
    estate.backup_server("vbr01", description="Main site")
    host = estate.host("backup_servers")
    assert (host["kind"], host["name"], host["version"], host["port"]) == (
        "backup_server",
        "vbr01",
        "12.3.2.4465",
        9392,
    )
    assert host["description"] == "Main site"
    assert host["data_as_of"] == ago(0.2)
    assert host["gathered_at"] == ago(0)
    assert estate.kinds_asked == ["system_session", "backup_server"]


def test_virtual_machine(estate: Estate) -> None:
    estate.backup(32)
    task = estate.backup(8)
    host = estate.host("vms")
    assert host["kind"] == "vm"
    assert host["name"] == "web01"
    assert host["uid"] == host["vm_uid"] == f"urn:VMware:Vm:{VC}.vm-1"
    assert (host["platform"], host["vm_ref"]) == ("VMware", "vm-1")
    assert (host["hierarchy_root_name"], host["hierarchy_root_type"]) == ("vc01.example.test", "VC")
    assert host["hierarchy_unique_id"] == "vcenter-1"
    assert host["job_names"] == ["Daily VMs"]
    assert host["running"] is False
    assert host["last_attempt"] == host["last_success"]
    assert host["last_attempt"] == {
        "creation_time": task["creation_time"], "end_time": task["end_time"], "result": "Success", "reason": None,
        "job_name": "Daily VMs", "job_type": "Backup", "backup_server_name": "vbr01", "task_session_uid": task["uid"],
        "vm_restore_point_uid": task["vm_restore_point_uid"],
    }  # fmt: skip


def test_number_of_requests_does_not_follow_the_machines(estate: Estate) -> None:
    for number in range(50):
        estate.backup(8, f"web{number:02}", f"vm-{number}")
    assert len(estate.hosts("vms")) == 50
    assert estate.kinds_asked == ["system_session", "hierarchy_root", "backup_task_session", "backup_session"]


def test_a_point_whose_task_is_gone_makes_no_host(estate: Estate) -> None:
    """Servers before version 10 tell machines at their restore points, and points outlive sessions."""
    estate.backup(8)
    old = estate.backup(9, "web02", "vm-2")
    estate.records["backup_task_session"].remove(old)
    estate.records["backup_task_session"][0]["vm_uid"] = None
    assert [host["name"] for host in estate.hosts("vms")] == ["web01"]


def test_failed_and_running(estate: Estate) -> None:
    good = estate.backup(20)
    failed = estate.task(estate.session(8), result="Failed", reason="No space")
    estate.task(estate.session(1, running=True), running=True)
    host = estate.host("vms")
    assert host["running"] is True
    assert host["last_attempt"]["task_session_uid"] == failed["uid"]
    assert host["last_attempt"]["reason"] == "No space"
    assert host["last_success"]["task_session_uid"] == good["uid"]


def test_copies_are_no_backups(estate: Estate) -> None:
    estate.task(estate.session(8, job="Copy", kind="BackupCopy"))
    host = estate.host("vms")
    assert host["job_names"] == ["Copy"]
    assert host["last_attempt"] is None
    assert host["last_success"] is None


def test_one_machine_at_two_backup_servers(estate: Estate) -> None:
    estate.hypervisor(OTHER_ROOT, "vcenter-1")
    estate.backup(20)
    second = estate.session(8, backup_server_name="vbr02")
    estate.task(second, vm_uid=f"urn:VMware:Vm:{OTHER_ROOT}.vm-1")
    host = estate.host("vms")
    assert host["backup_server_names"] == ["vbr01", "vbr02"]
    assert host["vm_uids"] == [f"urn:VMware:Vm:{VC}.vm-1", f"urn:VMware:Vm:{OTHER_ROOT}.vm-1"]
    assert host["vm_uid"] == f"urn:VMware:Vm:{OTHER_ROOT}.vm-1"


def test_same_id_at_another_hypervisor_is_another_machine(estate: Estate) -> None:
    estate.hypervisor(OTHER_ROOT, "VCENTER-2")
    estate.backup(20)
    estate.task(estate.session(8), vm_uid=f"urn:VMware:Vm:{OTHER_ROOT}.vm-1")
    identities = [host["identity"] for host in estate.hosts("vms")]
    assert identities == ["vmware/vcenter-1/vm-1", "vmware/vcenter-2/vm-1"]


def test_renamed_machine_has_its_newest_name(estate: Estate) -> None:
    estate.backup(32, "old")
    estate.backup(8, "new")
    assert estate.host("vms")["name"] == "new"


def test_old_server_tells_the_machine_at_its_restore_point(estate: Estate) -> None:
    reference = f"urn:VMware:Vm:{VC}.vm-1"
    task = estate.task(estate.session(20), ref=None)
    estate.point(task, reference)
    estate.task(estate.session(8), ref=None, result="Failed")
    host = estate.host("vms")
    assert host["vm_uid"] == reference
    assert host["last_attempt"]["result"] == "Failed"
    assert "vm_restore_point" in estate.kinds_asked


def test_window(estate: Estate) -> None:
    estate.backup(100, "old", "vm-9")
    estate.backup(8)
    assert [host["name"] for host in estate.hosts("vms", since="2d")] == ["web01"]
    assert [host["name"] for host in estate.hosts("vms", since="5d")] == ["old", "web01"]


def test_job_session_from_before_the_window_is_fetched(estate: Estate) -> None:
    session = estate.session(80, kind="BackupCopy")
    estate.task(session, creation_time=ago(10), end_time=ago(9))
    host = estate.host("vms", since="2d")
    assert host["last_attempt"] is None
    assert estate.kinds_asked.count("backup_session") == 2


def test_file_shares_are_no_machines(estate: Estate) -> None:
    estate.task(estate.session(8, kind="NasBackup"), r"\\nas01\share", None)
    assert estate.hosts("vms", "agents") == []


def test_agent(estate: Estate) -> None:
    computer = estate.computer("LAP01.example.test")
    session = estate.session(8, job="Laptops - lap01", kind="AgentManagement")
    estate.task(session, "lap01", None)
    host = estate.host("agents")
    assert host["kind"] == "agent"
    assert host["name"] == "LAP01.example.test"
    assert host["uid"] == computer["uid"]
    assert host["protection_groups"] == ["Laptops"]
    assert host["last_attempt"]["job_type"] == "AgentManagement"
    assert {key: host[key] for key in ("ip_address", "os_version", "agent_version", "agent_status", "host_status")} == {
        "ip_address": "192.0.2.7", "os_version": "Windows 11", "agent_version": "6.3", "agent_status": "Installed",
        "host_status": "Online",
    }  # fmt: skip
    assert estate.hosts("vms") == []


def test_computer_in_two_protection_groups_is_one_host(estate: Estate) -> None:
    estate.computer("lap01")
    link = {"rel": "Up", "type": "AgentProtectionGroupReference", "name": "Finance", "href": "/y"}
    estate.computer("lap01", links=[link])
    assert estate.host("agents")["protection_groups"] == ["Finance", "Laptops"]


def test_computer_without_any_backup(estate: Estate) -> None:
    estate.computer("new01", agent_status="NotInstalled")
    host = estate.host("agents")
    assert host["last_attempt"] is None
    assert host["job_names"] == []
    assert host["data_as_of"] == ago(0.2)


def test_two_computers_that_a_short_name_could_mean(estate: Estate) -> None:
    session = estate.session(8, job="lap01.a.test", kind="AgentManagement")
    other = estate.session(9, job="lap01.b.test", kind="AgentManagement")
    estate.task(session, "lap01.a.test", None)
    estate.task(other, "lap01.b.test", None)
    estate.computer("lap01")
    assert [host["name"] for host in estate.hosts("agents")] == ["lap01", "lap01.a.test", "lap01.b.test"]


@pytest.mark.parametrize("error", [AccessDenied, NotFound])
def test_agents_without_the_list_of_computers(estate: Estate, error: type[Exception]) -> None:
    estate.forbidden["discovered_computer"] = error
    estate.computer("lap01")
    estate.session(8, job="lap01", kind="AgentManagement")
    found = estate.gather("agents")
    [host] = found["hosts"]
    assert host["name"] == "lap01"
    assert host["uid"] is None
    assert host["ip_address"] is None
    [warning] = found["warnings"]
    assert "addresses, operating systems and states are missing" in warning


def test_age_of_the_data_without_a_log_of_collections(estate: Estate) -> None:
    estate.forbidden["system_session"] = NotFound
    estate.backup_server("vbr01")
    estate.backup_server("vbr02")
    task = estate.backup(8)
    hosts = {host["name"]: host for host in estate.hosts("backup_servers", "vms")}
    assert hosts["web01"]["data_as_of"] == hosts["vbr01"]["data_as_of"]
    assert hosts["web01"]["data_as_of"] >= task["end_time"]
    assert hosts["vbr02"]["data_as_of"] is None


def test_empty_server(estate: Estate) -> None:
    assert estate.gather("backup_servers", "vms", "agents", protection={}) == {
        "hosts": [], "warnings": [], "gathered_at": ago(0),
    }  # fmt: skip


def test_verdicts(estate: Estate) -> None:
    estate.backup_server("vbr01")
    estate.backup(8)
    estate.backup(50, "file01", "vm-2")
    hosts = {host["name"]: host for host in estate.hosts("backup_servers", "vms", protection={"max_age": "24h"})}
    assert hosts["web01"]["verdict"] == hosts["web01"]["inventory_protection"]["verdict"] == "ok"
    assert hosts["web01"]["inventory_protection"]["name"] == "web01"
    assert hosts["file01"]["verdict"] == "stale"
    assert "verdict" not in hosts["vbr01"]


def test_each_machine_of_one_name_has_its_own_verdict(estate: Estate) -> None:
    estate.backup(8, "twin01", "vm-7")
    estate.backup(50, "twin01", "vm-8")
    estate.computer("twin01")
    verdicts = {host["identity"]: host["verdict"] for host in estate.hosts("vms", "agents", protection={})}
    assert verdicts["vmware/vcenter-1/vm-7"] == "ok"
    assert verdicts["vmware/vcenter-1/vm-8"] == "stale"
    assert len(verdicts) == 3


def test_waiver_for_a_name_that_is_not_unique_covers_nobody(estate: Estate) -> None:
    estate.backup(50, "twin01", "vm-7")
    estate.backup(50, "twin01", "vm-8")
    waiver = {"machine": "twin01", "reason_code": "age_over_limit", "until": "2030-01-01"}
    found = estate.gather("vms", protection={"waivers": [waiver]})
    assert [host["verdict"] for host in found["hosts"]] == ["stale", "stale"]
    assert "twin01 (age_over_limit)" in found["warnings"][0]


def test_same_question_has_the_same_text() -> None:
    from datetime import timedelta

    first = InventoryRequest.read(["vms", "backup_servers"], "7d", {"max_age": "12h"}, NOW)
    later = InventoryRequest.read(["backup_servers", "vms"], "7d", {"max_age": "12h"}, NOW + timedelta(hours=1))
    other = InventoryRequest.read(["backup_servers", "vms"], "8d", {"max_age": "12h"}, NOW)
    assert first.text == later.text
    assert first.text != other.text
    assert first.since != later.since


@pytest.mark.parametrize(
    ("include", "since", "protection", "message"),
    [
        ([], "30d", None, "include is empty"),
        (["hosts"], "30d", None, "include has the value 'hosts'"),
        (["vms"], "soon", None, "since has the value 'soon'"),
        (["vms"], "2027-01-01", None, "not in the past"),
        (["vms"], "30d", "yes", "protection is not a dictionary"),
        (["vms"], "30d", {"machines": ["a"]}, "unknown option 'machines'"),
        (["vms"], "30d", {"max_age": "0h"}, "max_age"),
    ],
)
def test_bad_questions(include: list[str], since: str, protection: t.Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        InventoryRequest.read(include, since, protection, NOW)


def test_machines_without_a_reference_are_asked_for_among_their_kind() -> None:
    agent = {"kind": "agent", "name": "lap01", "backup_server_names": ["vbr01"]}
    assert entry_of(agent, {}, True) == {
        "name": "lap01", "job_types": ["AgentBackup", "AgentManagement"], "backup_server_name": "vbr01",
    }  # fmt: skip
    old_vm = {"kind": "vm", "name": "web01", "vm_uid": None, "backup_server_names": ["vbr01", "vbr02"]}
    assert entry_of(old_vm, {}, True) == {"name": "web01", "job_types": ["Backup"], "backup_server_name": None}
    assert entry_of(agent, {"job_types": ["Backup"]}, True)["job_types"] == ["Backup"]


def test_rounds_ask_for_no_name_twice() -> None:
    entries = [{"name": name} for name in ("a", "b", "a", "a", "b")]
    assert [[number for number, _entry in one] for one in rounds(entries)] == [[0, 1], [2, 4], [3]]
