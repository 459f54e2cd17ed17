# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the inventory, read from small sites of every version."""

from __future__ import annotations

import copy
import typing as t
from urllib.parse import parse_qsl

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import EmError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.gather import (
    InventoryRequest,
    gather_machines,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.hosts import HIDDEN, NO_TEXT, VARIABLES
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.merge import merge
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import parse_moment
from support.connection import client

from .test_cases import NOW, TWO_ROOTS, VBR1, VBR2, VC1, VC2, Estate, job, site
from .test_cases import site as small

Record = t.Dict[str, t.Any]
PROFILES = ("v95u4", "v12", "v13")
AGENTS: Estate = {
    "protection_groups": [{"name": "Servers", "backup_server": VBR1}],
    "computers": [{"names": ["phys01", "phys02"], "protection_group": "Servers"}],
}
AGENT_JOB = {
    "name": "Agents", "backup_server": VBR1, "type": "AgentBackup", "computers": ["phys01"], "schedule": {"every": "24h", "last": "-6h"},
    "history": "5d",
}  # fmt: skip


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Answer:
    """What an inventory of one Enterprise Manager has."""

    def __init__(self, found: dict[str, t.Any], requests: list[dict[str, t.Any]]) -> None:
        self.hosts: list[Record] = merge([("em.example.test", found["hosts"])], [])
        self.warnings: list[str] = found["warnings"]
        self.requests = len(requests)
        queries = [dict(parse_qsl(one["query"])) for one in requests if one["path"] == "/api/query"]
        # One of the questions for restore points is for the newest of all, whatever their age.
        self.point_filters = [one["filter"] for one in queries if one["type"] == "VmRestorePoint" and "filter" in one]

    def of(self, name: str) -> list[Record]:
        return [host for host in self.hosts if host["name"] == name]

    def one(self, name: str) -> Record:
        [found] = self.of(name)
        return found


def gather(
    estate: Estate,
    *include: str,
    profile: str = "v13",
    user: str | None = None,
    since: str = "30d",
    protection: t.Any = None,
    faults: t.Sequence[dict[str, t.Any]] = (),
) -> Answer:
    from veeam_em_simulator.testing import InProcess

    now = parse_moment(NOW)
    assert now is not None
    with InProcess(copy.deepcopy(estate), now=NOW, profile=profile) as em:
        for fault in faults:
            em.add_fault(fault)
        account = next((one for one in em.accounts if one["username"] == user), em.accounts[0])
        with client(em, username=account["username"], password=account["password"], retries=0) as session:
            found = gather_machines(session, InventoryRequest.read(include or ["vms"], since, protection, now))
        answer = Answer(found, em.requests())
    for host in answer.hosts:
        assert set(host) <= {*VARIABLES, *HIDDEN}
        other = {key for key, value in host.items() if isinstance(value, (list, dict, bool))}
        assert other <= {*NO_TEXT, *HIDDEN}
    return answer


def test_virtual_machine(profile: str) -> None:
    answer = gather(site(job("web01"), machines=["web01"]), profile=profile)
    host = answer.one("web01")
    assert host["kinds"] == ["vm"]
    assert (host["hierarchy_root_name"], host["hierarchy_root_type"]) == (VC1, "VC")
    assert (host["platform"], host["job_names"], host["running"]) == ("VMware", ["Nightly"], False)
    assert host["last_attempt"] == host["last_success"]
    assert host["last_attempt"]["result"] == "Success"
    assert host["last_attempt"]["vm_restore_point_uid"]
    assert host["join_key"] == f"{host['hierarchy_unique_id']}_{host['vm_ref'].lower()}"
    assert host["join_key"] == host["join_key"].lower()
    assert answer.warnings == []


def test_one_machine_is_one_host_also_at_two_backup_servers(profile: str) -> None:
    estate = site(
        job("web01"), {**job("web01", name="Other", last="-4h"), "backup_server": VBR2},
        machines=["web01"], roots=[{"name": VC1, "backup_servers": [VBR1, VBR2]}], backup_servers=[{"name": VBR1}, {"name": VBR2}],
    )  # fmt: skip
    host = gather(estate, profile=profile, protection={}).one("web01")
    assert host["backup_server_names"] == [VBR1, VBR2]
    assert host["last_attempt"]["job_name"] == "Other"
    assert host["verdict"] == "ok"


def test_virtual_machine_agent_and_backup_server_of_one_name() -> None:
    estate = site(
        job("web01"), {**AGENT_JOB, "computers": ["web01"]}, machines=["web01"], backup_servers=[{"name": VBR1}, {"name": "web01"}],
        protection_groups=AGENTS["protection_groups"], computers=[{"name": "web01", "protection_group": "Servers", "ip": "192.0.2.7"}],
    )  # fmt: skip
    for user in (None, "svc-portal"):
        host = gather(estate, "vms", "agents", "backup_servers", protection={}, user=user).one("web01")
        assert host["kinds"] == ["vm", "agent", "backup_server"]
        assert host["groups"] == ["agents", "backup_servers", "vms"]
        assert host["verdict"] == "ok"
        assert host["identity"].startswith("vmware/")
        assert host["job_names"] == ["Agents - web01", "Nightly"]
    stale = copy.deepcopy(estate)
    stale["jobs"][1]["schedule"] = {"every": "24h", "last": "-40h"}
    assert gather(stale, "vms", "agents", protection={}).one("web01")["verdict"] == "unknown"


def test_the_machine_that_is_there_is_told_from_those_that_are_gone() -> None:
    estate = site(
        job("app01", "web01"), machines=["web01", {"name": "app01", "on": VC1, "life": [{"at": "-5d", "on": VC2}]}], roots=TWO_ROOTS,
    )  # fmt: skip
    hosts = gather(estate, protection={}).of("app01")
    assert sorted(host["present"] for host in hosts) == [False, True]
    there = next(host for host in hosts if host["present"])
    assert there["hierarchy_root_name"] == VC2
    assert there["verdict"] == "ok"
    assert next(host for host in hosts if not host["present"])["verdict"] == "unknown"


def test_two_machines_of_one_name(profile: str) -> None:
    twins = [{"name": "twin01", "on": VC1, "key": "one"}, {"name": "twin01", "on": VC2, "key": "two"}]
    estate = site(job("one"), job("two", name="Other", last="-50h"), machines=twins, roots=TWO_ROOTS)
    hosts = gather(estate, profile=profile, protection={}).of("twin01")
    if profile != "v95u4":
        assert sorted(host["verdict"] for host in hosts) == ["ok", "stale"]
    assert len({host["identity"] for host in hosts}) == len(hosts) >= 2


def test_renamed_machine_has_its_newest_name() -> None:
    estate = site(job("web01"), machines=[{"name": "web01", "on": VC1, "life": [{"at": "-2d", "name": "web01-new"}]}])
    host = gather(estate, protection={}).one("web01-new")
    assert host["verdict"] == "ok"


def test_what_nothing_backs_up() -> None:
    estate = site(job("web01"), machines=["web01", "legacy01", "legacy02"])
    answer = gather(estate, "vms", "not_backed_up", protection={})
    assert [host["name"] for host in answer.hosts if host["groups"] == ["not_backed_up"]] == ["legacy01", "legacy02"]
    assert answer.one("legacy01")["verdict"] == "unprotected"
    assert answer.one("legacy01")["vm_ref"]
    assert answer.one("legacy01")["join_key"]
    assert answer.warnings == []
    assert gather(estate, "vms").of("legacy01") == []
    old = site(job("web01", last="-20d"), machines=["web01"])
    assert gather(old, "vms", "not_backed_up", since="7d").one("web01")["groups"] == ["not_backed_up"]
    poor = gather(estate, "vms", "not_backed_up", user="svc-portal")
    assert any("may not see everything" in text for text in poor.warnings)
    blind = gather(
        {**estate, "hierarchy_roots": [{"name": VC1, "backup_servers": VBR1, "lookup": "fails"}]}, "not_backed_up"
    )
    assert any(VC1 in text for text in blind.warnings)


def test_a_machine_without_a_name_is_one_all_the_same() -> None:
    estate = site(job("web01", "blank"), machines=["web01", {"name": "   ", "key": "blank", "on": VC1}])
    answer = gather(estate, protection={})
    assert answer.one("web01")["verdict"] == "ok"
    [blank] = [host for host in answer.hosts if not host["name"].strip()]
    assert blank["verdict"] == "ok"


@pytest.mark.parametrize("user", [None, "svc-portal"])
def test_identities_do_not_depend_on_rights(user: str | None) -> None:
    estate = site(job("web01"), AGENT_JOB, machines=["web01"], **AGENTS)
    answer = gather(estate, "vms", "agents", user=user)
    assert answer.one("phys01")["identity"] == f"agent/{VBR1}/phys01"
    assert (len(answer.of("phys02")) == 1) is (user is None)


EXTRA = {
    "discovered computers": "*type=DiscoveredComputer*",
    "repositories": "*type=Repository*",
    "the log of data collections": None,
}


def failing(query: str | None, status: int) -> dict[str, t.Any]:
    where = {"path": "/api/query", "query": query} if query else {"path": "/api/systemSessions"}
    return {"kind": "error", **where, "status": status, "count": None}


@pytest.mark.parametrize("status", [500, 403])
@pytest.mark.parametrize("source", EXTRA)
def test_a_source_of_more_may_fail_and_is_named(source: str, status: int) -> None:
    estate = site(job("web01"), AGENT_JOB, machines=["web01"], **AGENTS)
    fault = failing(EXTRA[source], status)
    answer = gather(estate, "vms", "agents", "backup_servers", protection={}, faults=[fault])
    assert answer.one("web01")["last_attempt"]["result"] == "Success"
    assert answer.of("phys01")
    if status == 500 or source == "discovered computers":
        assert any(source in text for text in answer.warnings), answer.warnings
    if source == "discovered computers":
        assert gather(estate, "vms", faults=[fault]).warnings == [], "nobody has asked for it"


@pytest.mark.parametrize(
    "kind", ["HierarchyRoot", "BackupTaskSession", "BackupServer", "BackupJobSession", "VmRestorePoint"]
)
def test_what_hosts_rest_on_is_required_and_named(kind: str) -> None:
    with pytest.raises(EmError, match="can't be read"):
        gather(
            site(job("web01"), machines=["web01"]),
            "vms",
            "backup_servers",
            protection={},
            faults=[failing(f"*type={kind}&*", 500)],
        )


@pytest.mark.parametrize("kind", ["ReplicaJobSession", "ReplicaTaskSession"])
def test_other_work_is_required_for_verdicts_only(kind: str) -> None:
    estate, fault = site(job("web01"), machines=["web01"]), failing(f"*type={kind}&*", 500)
    with pytest.raises(EmError, match="can't be read"):
        gather(estate, protection={}, faults=[fault])
    answer = gather(estate, faults=[fault])
    assert answer.of("web01")
    assert "can't be read" in answer.warnings[0]


def test_requests_do_not_grow_with_machines_or_namesakes() -> None:
    def site(*jobs: Estate, machines: t.Sequence[t.Any]) -> Estate:
        return small(*({**one, "history": "2d"} for one in jobs), machines=machines)

    names = [f"web{number:03}" for number in range(60)]
    few = gather(site(job("web000"), machines=["web000"]), "vms", "backup_servers", protection={})
    many = gather(site(job(*names), machines=names), "vms", "backup_servers", protection={})
    twins = [{"name": "twin01", "on": VC1, "key": f"twin{number}"} for number in range(40)]
    same = gather(site(job(*(one["key"] for one in twins)), machines=twins), "vms", "backup_servers", protection={})
    assert few.requests == many.requests == same.requests
    plain = gather(site(job(*names), machines=names), "vms", "backup_servers")
    assert plain.requests <= many.requests, "what verdicts need is read once"
    assert len(same.of("twin01")) == 40


def test_older_rows_are_read_for_what_is_missing_only(profile: str) -> None:
    """A short window for the hosts, a long one for the verdicts: what is not good asks for more, what is good does not."""
    estate = site(job("web01", "old01"), machines=["web01", "old01"])
    estate["jobs"][0]["outcomes"] = [{"machine": "old01", "runs": "0-3", "result": "Failed", "reason": "no space"}]
    good = gather(site(job("web01"), machines=["web01"]), profile=profile, since="2d", protection={})
    poor = gather(estate, profile=profile, since="2d", protection={}).one("old01")
    whole = gather(estate, profile=profile, since="30d", protection={}).one("old01")
    assert good.requests < gather(estate, profile=profile, since="2d", protection={}).requests
    assert poor["verdict"] == whole["verdict"] == "failed"
    assert poor["inventory_protection"]["last_good"] == whole["inventory_protection"]["last_good"] is not None
    assert poor["inventory_protection"]["message"] == whole["inventory_protection"]["message"]
    assert poor["last_success"] is None, "hosts tell of what happened since"


def test_older_points_are_read_for_what_is_missing_only(profile: str) -> None:
    """Where hypervisors tell which machines there are, and tasks which machine is theirs: since version 10."""
    estate = site(job("web01", {"name": "old01", "left": "-5d"}), machines=["web01", "old01"])
    good = gather(site(job("web01"), machines=["web01"]), profile=profile, protection={})
    both = gather(estate, profile=profile, protection={})
    assert (good.one("web01")["verdict"], both.one("web01")["verdict"]) == ("ok", "ok")
    old = both.one("old01")["inventory_protection"]
    assert (old["verdict"], old["reasons"]) == ("stale", ["age_over_limit"])
    assert old["last_good"]["vm_restore_point_uid"] is not None
    month, day = 'CreationTime>="2025-12-06T05:00:00Z"', 'CreationTime>="2026-01-04T05:00:00Z"'
    if profile == "v95u4":
        assert good.point_filters[0] == both.point_filters[0] == month
    else:
        assert good.point_filters == [day]
        assert both.point_filters[0] == day
        assert [one.startswith(month) and "old01" in one and "web01" not in one for one in both.point_filters[1:]] == [
            True
        ]
    assert gather(estate, profile=profile, protection={"ask_hypervisors": "never"}).point_filters[0] == month


def test_window() -> None:
    estate = site(job("web01"), job("old01", name="Old", last="-5d"), machines=["web01", "old01"])
    assert [host["name"] for host in gather(estate, since="2d").hosts] == ["web01"]
    assert [host["name"] for host in gather(estate, since="7d").hosts] == ["old01", "web01"]


def test_copies_and_file_shares(profile: str) -> None:
    estate = site(job("web01"), machines=["web01"])
    estate["jobs"][0]["outcomes"] = [{"machine": "web01", "result": "Failed", "reason": "no space"}]
    host = gather(estate, profile=profile).one("web01")
    assert (host["last_attempt"]["result"], host["last_attempt"]["reason"]) == ("Failed", "no space")
    assert host["last_success"]["result"] == "Success"


def test_an_old_point_tells_that_a_lookup_identifies_nothing() -> None:
    """Where all recent backups are of agents, only older restore points show that their root has another id."""
    estate = site(
        AGENT_JOB,
        machines=["web01"],
        roots=[{"name": VC1, "backup_servers": [VBR1], "wrong_id": "roots_and_lookup"}],
        restore_points=[{"backup_server": VBR1, "machine": "web01", "created": "-60h"}],
        **AGENTS,
    )
    [warning] = gather(estate, "agents", "not_backed_up", protection={}).warnings
    assert f"{VC1} at {VBR1} that nothing backs up are not in the inventory, since its lookup mismatched" in warning
