# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the inventory, gathered from a running Enterprise Manager."""

from __future__ import annotations

import contextlib
import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AuthenticationFailed,
    ConnectionFailed,
    EmError,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.gather import (
    InventoryRequest,
    gather_machines,
)
from support import connection
from veeam_em_simulator.testing import Simulator

INCLUDE = ("backup_servers", "vms", "agents")
# What differs between the versions of the server itself.
OF_THE_VERSION = {"version", "port", "gathered_at"}
OF_A_REFERENCE = {
    "uid", "identity", "vm_uid", "vm_uids", "vm_ref", "platform", "hierarchy_root_name", "hierarchy_root_type",
    "hierarchy_unique_id",
}  # fmt: skip


def gather(em: t.Any, *include: str, protection: t.Any = None, **changes: t.Any) -> dict[str, t.Any]:
    now = dt.datetime.fromisoformat(em.now()[:19]).replace(tzinfo=dt.timezone.utc)
    with connection.client(em, **changes) as client:
        return gather_machines(client, InventoryRequest.read(include or INCLUDE, "30d", protection, now))


def by_name(found: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    return {host["name"]: host for host in found["hosts"]}


def test_hosts_of_the_demo_estate(simulator: t.Any) -> None:
    found = gather(simulator)
    hosts = by_name(found)
    assert found["warnings"] == []
    assert {f"web{number:02}" for number in range(1, 9)} <= set(hosts)
    assert {"röntgen-süd", 'Büro "Nord"; Test, 1', "{{ 7*7 }}", "back\\slash 01", "hv-app01"} <= set(hosts)
    assert [name for name, host in hosts.items() if host["kind"] == "backup_server"] == [
        f"vbr0{number}.example.test" for number in (1, 2, 3)
    ]
    assert [name for name, host in hosts.items() if host["kind"] == "agent"] == ["lap01", "lap02", "lap03", "phys01"]
    assert "legacy01" not in hosts, "no job has ever touched it"
    assert hosts["hv-app01"]["platform"] == "HyperV"
    assert hosts["phys01"]["os_version"]
    assert hosts["phys01"]["protection_groups"] == ["Physical servers"]
    assert hosts["lap03"]["last_attempt"] is None
    assert hosts["lap01"]["last_success"]["job_type"] == "AgentManagement"
    assert hosts["mail01"]["running"] is True
    assert hosts["db02"]["last_attempt"]["result"] == "Failed"
    assert hosts["db02"]["last_success"]["result"] in ("Success", "Warning")
    assert hosts["copyonly01"]["last_attempt"] is None
    assert hosts["retry01"]["last_attempt"]["result"] == "Success"
    assert hosts["vbr01.example.test"]["description"] == "Head office"


def test_machines_of_one_name_and_one_machine_at_two_servers(simulator: t.Any) -> None:
    hosts = gather(simulator, "vms")["hosts"]
    twins = [host for host in hosts if host["name"] == "twin01"]
    assert {host["vm_ref"] for host in twins} == {"vm-2001", "vm-77"}
    assert len({host["hierarchy_unique_id"] for host in twins}) == 2
    [shared] = [host for host in hosts if host["name"] == "shared01"]
    assert shared["backup_server_names"] == ["vbr01.example.test", "vbr02.example.test"]
    assert len(shared["vm_uids"]) == 2


@pytest.fixture(scope="module")
def same_moment() -> t.Iterator[dict[str, t.Any]]:
    """A server of each version with the same estate at the same time."""
    with contextlib.ExitStack() as stack:
        yield {
            profile: stack.enter_context(Simulator(profile=profile, now="2026-06-01T12:00:00Z"))
            for profile in ("v95u4", "v12", "v13")
        }


@pytest.mark.parametrize("data_format", ["json", "xml"])
@pytest.mark.parametrize("profile", ["v95u4", "v12"])
def test_every_version_gives_the_same_hosts(same_moment: dict[str, t.Any], profile: str, data_format: str) -> None:
    found, expected = gather(same_moment[profile], data_format=data_format), gather(same_moment["v13"])
    for host, wanted in zip(found["hosts"], expected["hosts"], strict=True):
        differing = {key for key in wanted if host[key] != wanted[key]}
        if profile == "v95u4" and host["name"] == "gone01":
            # It tells a machine only at its restore points, and this one has none left.
            differing -= OF_A_REFERENCE
        if profile == "v95u4":
            # It has no log of collections.
            assert (host["data_as_of"] or "") <= (wanted["data_as_of"] or "9")
            # Its tasks tell no reference, so the first one of the machine stands for all.
            assert differing <= {*OF_THE_VERSION, "data_as_of", "uid", "vm_uid"}
        else:
            assert differing <= OF_THE_VERSION, {key: (host[key], wanted[key]) for key in differing}


def test_requests(simulator: t.Any) -> None:
    gather(simulator, "backup_servers", page_size=5000)
    assert [each["path"] for each in simulator.requests()] == [
        "/api/sessionMngr/", "/api/systemSessions", "/api/query", simulator.requests()[-1]["path"],
    ]  # fmt: skip
    assert simulator.requests()[-1]["method"] == "DELETE"
    simulator.reset()
    gather(simulator, page_size=5000)
    # Each resource is one page; the rest are lookups and what runs now.
    assert len(simulator.requests()) <= 32


def test_verdicts(simulator: t.Any) -> None:
    hosts = gather(simulator, protection={})["hosts"]
    verdicts = {host["name"]: host["verdict"] for host in hosts if host["kind"] != "backup_server"}
    assert {name: verdicts[name] for name in ("web01", "db02", "file01", "old01", "mail01", "lap01", "hv-app01")} == {
        "web01": "ok", "db02": "failed", "file01": "stale", "old01": "stale", "mail01": "running", "lap01": "ok",
        "hv-app01": "ok",
    }  # fmt: skip
    assert all("verdict" not in host for host in hosts if host["kind"] == "backup_server")


def test_portal_user_sees_agents_by_their_backups(simulator: t.Any) -> None:
    user = next(account for account in simulator.accounts if account["role"] == "Portal User")
    found = gather(simulator, username=user["username"], password=user["password"])
    agents = {host["name"]: host for host in found["hosts"] if host["kind"] == "agent"}
    assert set(agents) == {"lap01", "lap02", "phys01"}
    assert agents["lap01"]["ip_address"] is None
    assert agents["lap01"]["last_success"] is not None
    [warning] = found["warnings"]
    assert "Portal Administrator" in warning


@pytest.mark.simulator(estate="empty")
def test_empty_server(simulator: t.Any) -> None:
    hosts = gather(simulator, protection={})["hosts"]
    assert {host["kind"] for host in hosts} == {"backup_server"}
    assert gather(simulator, "vms", "agents", protection={})["hosts"] == []


def test_wrong_password(simulator: t.Any) -> None:
    with pytest.raises(AuthenticationFailed):
        gather(simulator, password="Wrong-password-1")


def test_closed_port(simulator: t.Any) -> None:
    with pytest.raises(ConnectionFailed):
        gather(simulator, port=1, retries=0)


def test_failure_in_the_middle_leaves_no_session_open(simulator: t.Any) -> None:
    simulator.add_fault(
        {"kind": "error", "path": "/api/query", "query": "*type=BackupTaskSession*", "status": 500, "count": None}
    )
    with pytest.raises(EmError):
        gather(simulator, retries=0)
    assert simulator.open_sessions() == []
