# SPDX-License-Identifier: GPL-3.0-or-later
"""Small sites on which verdicts once went wrong, each with the kind of its fault: through the real reader, on every version."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import parse_moment
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.verify import verify
from support.connection import client

PROFILES = ("v95u4", "v12", "v13")
NOW = "2026-01-05T06:00:00Z"
VBR1, VBR2, VC1, VC2 = "vbr01.example.test", "vbr02.example.test", "vcenter01.example.test", "vcenter02.example.test"
Estate = t.Dict[str, t.Any]


def job(*machines: t.Any, name: str = "Nightly", every: str = "24h", last: str = "-8h", **more: t.Any) -> Estate:
    return {
        "name": name, "backup_server": VBR1, "type": "Backup", "machines": list(machines),
        "schedule": {"every": every, "last": last}, "history": "10d", **more,
    }  # fmt: skip


def site(*jobs: Estate, machines: t.Sequence[t.Any] = (), roots: t.Sequence[Estate] = (), **more: t.Any) -> Estate:
    return {
        "backup_servers": [{"name": VBR1}],
        "hierarchy_roots": list(roots) or [{"name": VC1, "backup_servers": VBR1}],
        "machines": [{"name": one, "on": VC1} if isinstance(one, str) else one for one in machines],
        "jobs": list(jobs),
        **more,
    }


BASE = site(job("web01", "web02", "web03"), machines=["web01", "web02", "web03"])
TWO_ROOTS = [{"name": VC1, "backup_servers": VBR1}, {"name": VC2, "backup_servers": VBR1}]
TWINS = [{"name": "twin01", "on": VC1, "key": "one"}, {"name": "twin01", "on": VC2, "key": "two"}]


def ask(
    estate: Estate, *machines: t.Any, profile: str = "v13", user: str | None = None, **options: t.Any
) -> dict[str, t.Any]:
    from veeam_em_simulator.testing import InProcess

    now = parse_moment(NOW)
    assert now is not None
    with InProcess(copy.deepcopy(estate), now=NOW, profile=profile) as em:
        account = next((one for one in em.accounts if one["username"] == user), em.accounts[0])
        with client(em, username=account["username"], password=account["password"]) as session:
            return verify(session, read_policy({"machines": list(machines), **options}, now))


def verdicts(result: dict[str, t.Any]) -> list[str]:
    return [one["verdict"] for one in result["machines"]]


def one(estate: Estate, machine: t.Any, **options: t.Any) -> dict[str, t.Any]:
    found: dict[str, t.Any] = ask(estate, machine, **options)["machines"][0]
    return found


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_01_an_exact_name_beats_a_short_one_whatever_was_read(profile: str) -> None:
    estate = site(
        job("web01", name="Prod", last="-50h", enabled=False),
        job("web01.lab.example", name="Lab"),
        machines=["web01", "web01.lab.example"],
    )
    assert verdicts(ask(estate, "web01", profile=profile)) == ["stale"]
    assert verdicts(ask(estate, "web01", "no-such-machine", profile=profile))[0] == "stale"


@pytest.mark.parametrize("hypervisors", ["auto", "never"])
def test_02_twins_are_two_in_any_company(profile: str, hypervisors: str) -> None:
    estate = site(
        job("one", name="Prod", last="-50h", enabled=False), job("two", name="Lab"), machines=TWINS, roots=TWO_ROOTS
    )
    for company in ([], ["nobody"], ["twin01.example.com"]):
        result = ask(estate, "twin01", *company, profile=profile, ask_hypervisors=hypervisors)
        assert (result["machines"][0]["verdict"], result["machines"][0]["reasons"]) == ("unknown", ["ambiguous_name"])


@pytest.mark.parametrize("hypervisors", ["auto", "never"])
def test_03_a_machine_that_has_another_name_now(profile: str, hypervisors: str) -> None:
    renamed = {"name": "web01", "on": VC1, "life": [{"at": "-15h", "name": "web01-old"}]}
    estate = site(job("web01", every="12h"), machines=[renamed])
    found = one(estate, "web01", profile=profile, ask_hypervisors=hypervisors)
    assert (found["verdict"], found["reasons"]) == ("unknown", ["machine_renamed"])
    assert "is called web01-old" in found["message"]
    assert one(estate, "web01-old", profile=profile, ask_hypervisors=hypervisors)["verdict"] == "ok"


def test_04_one_machine_is_not_two_hosts(profile: str) -> None:
    estate = site(job("web01", "db01"), machines=["web01", "db01"])
    result = ask(estate, "web01.a.example", "web01.b.example", profile=profile)
    assert [one["reasons"] for one in result["machines"]] == [["claimed_twice"], ["claimed_twice"]]
    result = ask(estate, "web01", "web01.b.example", "db01", profile=profile)
    assert verdicts(result) == ["ok", "unknown", "ok"]


@pytest.mark.parametrize("old", ["web01.old", "web01.bak2", "web01.2"])
def test_05_not_every_dot_is_a_domain(profile: str, old: str) -> None:
    estate = site(job(old), machines=[old, "web01"])
    for hypervisors in ("auto", "never"):
        assert one(estate, "web01", profile=profile, ask_hypervisors=hypervisors)["verdict"] == "unprotected"


def test_06_work_counts_at_whatever_server(profile: str) -> None:
    estate = site(
        job("web01"), job("web01", name="B", backup_server=VBR2, last="-20m", outcomes=[{"machine": "web01", "running": True}]),
        machines=["web01"], roots=[{"name": VC1, "backup_servers": [VBR1, VBR2]}], backup_servers=[{"name": VBR1}, {"name": VBR2}],
    )  # fmt: skip
    assert one(estate, {"name": "web01", "backup_server_name": VBR1}, profile=profile)["verdict"] == "running"


def test_07_replications_that_run(profile: str) -> None:
    estate = site(
        job("web01"), job("web01", "web02", name="Rep", type="Replica", backup_server=VBR2, last="-10m", outcomes=[{"running": True}]),
        machines=["web01", "web02"], roots=[{"name": VC1, "backup_servers": [VBR1, VBR2]}],
        backup_servers=[{"name": VBR1}, {"name": VBR2}],
    )  # fmt: skip
    result = ask(estate, "web01", "web02", profile=profile)
    assert verdicts(result) == ["running", "running"]
    assert "replicating" in result["machines"][0]["message"]


@pytest.mark.parametrize("hypervisors", ["auto", "never"])
def test_08_two_tasks_of_one_name_in_one_session(hypervisors: str) -> None:
    good = [{"machine": "one", "result": "Success"}, {"machine": "two", "result": "Failed", "reason": "boom"}]
    estate = site(
        job("one", "two", last="-90h"), machines=TWINS, roots=TWO_ROOTS,
        sessions=[{"job": "Nightly", "created": "-8h", "duration": "10m", "result": "Failed", "tasks": good}],
    )  # fmt: skip
    assert one(estate, "twin01", profile="v95u4", ask_hypervisors=hypervisors)["verdict"] == "unknown"


@pytest.mark.parametrize(
    "unique_id", ["00000000-0000-0000-0000-000000000000", "", "None", "  ", "the-same", "{0}", "localhost"]
)
def test_09_ids_of_hypervisors_that_are_none(profile: str, unique_id: str) -> None:
    roots = [
        {"name": f"esx0{n}.example.test", "type": "ESXi", "backup_servers": VBR1, "unique_id": unique_id}
        for n in (1, 2)
    ]
    machines = [{"name": name, "on": root["name"], "ref": "10"} for name, root in zip(("web01", "db01"), roots)]
    estate = site(
        job("web01", name="A", last="-9h"), job("db01", name="B", outcomes=[{"runs": "0-5", "result": "Failed"}]), machines=machines, roots=roots
    )  # fmt: skip
    for hypervisors in ("auto", "never"):
        assert verdicts(ask(estate, "web01", "db01", profile=profile, ask_hypervisors=hypervisors)) == ["ok", "failed"]


def agent_and_machine(vm_last: str, agent_last: str) -> Estate:
    return site(
        job("web01", "web02", name="VMs", last=vm_last, enabled=False),
        {
            "name": "Agents", "backup_server": VBR1, "type": "AgentBackup", "computers": ["web01", "phys01", "phys02"],
            "schedule": {"every": "24h", "last": agent_last}, "history": "10d", "enabled": False,
            "outcomes": [{"machine": "phys02", "runs": "0-2", "result": "Failed", "reason": "agent down"}],
        },
        machines=["web01", "web02"], protection_groups=[{"name": "Servers", "backup_server": VBR1}],
        computers=[{"names": ["web01", "phys01", "phys02"], "protection_group": "Servers"}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("vm", "agent", "expected"), [("-60h", "-8h", "unknown"), ("-8h", "-9h", "ok"), ("-60h", "-50h", "stale")]
)
def test_10_a_machine_and_an_agent_of_one_name(profile: str, vm: str, agent: str, expected: str) -> None:
    estate = agent_and_machine(vm, agent)
    assert verdicts(ask(estate, "web01", profile=profile)) == [expected]
    assert verdicts(ask(estate, "web01", "phys02", profile=profile))[0] == expected
    kind = {"name": "web01", "job_types": ["AgentBackup", "AgentManagement"]}
    assert one(estate, kind, profile=profile)["verdict"] == ("stale" if agent == "-50h" else "ok")


def test_11_a_collection_that_is_dead(profile: str) -> None:
    estate = site(
        job("web01", last="-23h"),
        machines=["web01"],
        settings={"collection_interval": "manual", "last_collection": "-20h"},
    )
    found = one(estate, "web01", profile=profile, max_data_age="auto")
    if profile == "v95u4":
        assert (found["verdict"], found["reasons"]) == ("ok", ["data_age_unknown"])
    else:
        assert (found["verdict"], found["reasons"]) == ("unknown", ["em_data_stale"])
        assert "start a collection" in found["message"]


def test_12_types_that_nobody_listed(profile: str) -> None:
    estate = site(job("web01", type="VmbApiPolicyTempJob"), machines=["web01"])
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("unprotected", ["type_not_counted"])
    assert "VmbApiPolicyTempJob" in found["message"]
    assert one(estate, "web01", profile=profile, job_types=["VmbApiPolicyTempJob"])["verdict"] == "ok"


def test_13_points_without_tasks(profile: str) -> None:
    estate = site(machines=["web01"], restore_points=[{"machine": "web01", "backup_server": VBR1, "created": "-30h"}])
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("stale", ["point_without_task"])
    assert "30h" in found["message"] or "1d 6h" in found["message"]


@pytest.mark.parametrize("result", ["Failed", "Success"])
def test_14_a_job_session_that_is_lost(profile: str, result: str) -> None:
    lost = {"machine": "web01", "runs": 0, "result": result, "missing": "session"}
    estate = site(job("web01", outcomes=[lost]), machines=["web01"])
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("unknown", ["session_unreadable"])
    assert "max_rows" not in found["message"]
    found = one(estate, "web01", profile=profile, max_age="3d")
    assert (found["verdict"], found["reasons"]) == ("ok", ["session_unreadable"])


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01"])
def test_15_the_ends_of_the_calendar(moment: str) -> None:
    with pytest.raises(SettingsError, match="needed_at"):
        ask(BASE, "web01", needed_at=moment)


def test_16_the_name_of_a_backup_server(profile: str) -> None:
    for name in ("vbr01", "VBR01.example.test"):
        assert one(BASE, {"name": "web01", "backup_server_name": name}, profile=profile)["verdict"] == "ok"
    with pytest.raises(SettingsError, match=r"vbr01\.example\.test"):
        ask(BASE, {"name": "web01", "backup_server_name": "vbr7"}, profile=profile)


def test_17_sessions_that_failed_as_a_whole(profile: str) -> None:
    failed = {"machine": "web01", "session": "Failed", "failure_message": "Health check found corrupted data"}
    estate = site(job("web01", outcomes=[failed]), machines=["web01"])
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("ok", ["job_session_failed"])
    assert "corrupted data" in found["message"]


def test_18_snapshots_on_the_array(profile: str) -> None:
    estate = site(
        job("snap01", name="Snapshots only", repository="Array", every="3h", last="-1h"), job("web01", last="-9h"), machines=["snap01", "web01"],
        repositories=[{"name": "Array", "backup_server": VBR1, "kind": "SanSnapshot", "capacity": -1, "free": -1}],
    )  # fmt: skip
    result = ask(estate, "snap01", "web01", profile=profile)
    assert [(one["verdict"], one["reasons"]) for one in result["machines"]] == [
        ("unprotected", ["only_snapshot_found"]),
        ("ok", []),
    ]
    assert one(estate, "snap01", profile=profile, job_types=["StorageSnapshot"])["verdict"] == "ok"


def test_19_a_restore_that_runs(profile: str) -> None:
    estate = {
        **BASE,
        "restore_sessions": [{"backup_server": VBR1, "machine": "web01", "created": "-2h", "running": True}],
    }
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("running", ["restore_running"])
    assert one(estate, "web02", profile=profile)["verdict"] == "ok"
    waiver = {"machine": "web01", "reason_code": "restore_running", "until": "2026-02-01"}
    found = one(estate, "web01", profile=profile, waivers=[waiver])
    assert (found["verdict"], found["reasons"]) == ("waived", ["restore_running"])
    found = one(estate, "web01", profile=profile, waivers=[waiver], max_age="1h")
    assert (found["verdict"], found["reasons"]) == ("stale", ["age_over_limit", "restore_running"])


def test_points_that_are_still_being_written_are_none(profile: str) -> None:
    estate = site(job("web01", outcomes=[{"machine": "web01", "runs": 0, "point": "writing"}]), machines=["web01"])
    found = one(estate, "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("stale", ["restore_point_missing"])
    found = one(estate, "web01", profile=profile, max_age="3d")
    assert (found["verdict"], found["reasons"]) == ("ok", ["restore_point_missing"])
    assert found["last_good"]["creation_time"] < "2026-01-05"
    point = {"machine": "web01", "backup_server": VBR1, "created": "-1h", "state": "writing"}
    found = one(site(machines=["web01"], restore_points=[point]), "web01", profile=profile)
    assert (found["verdict"], found["reasons"]) == ("unprotected", ["no_backup_found"])


def test_a_backup_server_that_is_not_collected_from(profile: str) -> None:
    """What is known of its machines is old, however new the last collection is; that of the other server is not."""
    estate = site(
        job("web01"), job("db01", name="Hourly", every="1h", last="-1h"), job("web02", name="Other", backup_server=VBR2, last="-20h"),
        machines=["web01", "db01", {"name": "web02", "on": VC2}],
        roots=[{"name": VC1, "backup_servers": VBR1}, {"name": VC2, "backup_servers": VBR2}],
        backup_servers=[{"name": VBR1}, {"name": VBR2, "collected_until": "-18h"}],
    )  # fmt: skip
    before_the_log = profile == "v95u4"
    for limit, verdict in (("auto", "ok"), ("4h", "unknown"), ("19h", "unknown" if before_the_log else "ok")):
        [fresh, old] = ask(estate, "web01", "web02", profile=profile, max_data_age=limit)["machines"]
        assert (fresh["verdict"], fresh["reasons"]) == ("ok", [])
        # 19 hours ago all was well, as the log tells where there is one.
        noted = [] if limit == "19h" and not before_the_log else ["data_age_unknown"]
        assert (old["verdict"], old["reasons"]) == (verdict, noted)


def replication(*machines: str, **more: t.Any) -> Estate:
    return job(*machines, name="Replication", type="Replica", last=more.pop("last", "-9h"), **more)


@pytest.mark.parametrize("hypervisors", ["auto", "never"])
def test_a_replication_that_lost_its_end_is_not_running(profile: str, hypervisors: str) -> None:
    """Newer sessions of its job tell, also where their tasks were read before them."""
    estate = site(
        job("web01"), replication("web01", every="12h", outcomes=[{"runs": 1, "running": True}]), machines=["web01"]
    )
    found = one(estate, "web01", profile=profile, ask_hypervisors=hypervisors)
    assert (found["verdict"], found["reasons"]) == ("ok", ["session_without_end"])


@pytest.mark.parametrize("hypervisors", ["auto", "never"])
def test_a_replication_that_may_still_come_to_a_machine_that_is_asked_for_by_reference(hypervisors: str) -> None:
    running = [
        {"runs": 0, "running": True, "machine": "web02"},
        {"runs": 0, "machine": "web01", "skipped": True},
    ]
    estate = site(
        job("web01"), replication("web01", "web02", last="-20m", outcomes=running), machines=["web01", "web02"]
    )
    vm_uid = one(estate, "web01")["vm_uid"]
    for entry in ("web01", {"name": "first", "vm_uid": vm_uid}):
        found = one(estate, entry, ask_hypervisors=hypervisors)
        assert (found["verdict"], found["reasons"]) == ("running", ["backup_running"])


def test_a_machine_elsewhere_that_is_replicated_says_nothing_about_an_agent_of_its_name(profile: str) -> None:
    agents = {
        "name": "Agents", "backup_server": VBR1, "type": "AgentBackup", "computers": ["web01"], "history": "5d",
        "schedule": {"every": "24h", "last": "-1h"},
    }  # fmt: skip
    estate = site(
        agents, replication("web01", backup_server=VBR2),
        machines=[{"name": "web01", "on": VC2}], roots=[{"name": VC2, "backup_servers": VBR2}],
        backup_servers=[{"name": VBR1}, {"name": VBR2}], protection_groups=[{"name": "Servers", "backup_server": VBR1}],
        computers=[{"name": "web01", "protection_group": "Servers"}],
    )  # fmt: skip
    entry = {"name": "web01", "job_types": ["AgentBackup", "AgentManagement"]}
    for hypervisors in ("auto", "never"):
        found = one(estate, entry, profile=profile, max_data_age="2h", ask_hypervisors=hypervisors)
        assert (found["verdict"], found["reasons"]) == ("ok", [])


@pytest.mark.parametrize("kind", ["VmbApiPolicyTempJob", "Replica"])
def test_what_failed_is_no_backup_of_another_kind(profile: str, kind: str) -> None:
    """Else a waiver for such backups would cover a machine that has none."""
    failed = {"machine": "web01", "runs": "0-9", "result": "Failed", "reason": "no space"}
    estate = site(job("web01", name="Policy", type=kind, outcomes=[failed]), machines=["web01"])
    until = {"machine": "web01", "until": "2026-02-01"}
    waivers = [{**until, "reason_code": code} for code in ("type_not_counted", "only_copy_found")]
    found = one(estate, "web01", profile=profile, waivers=waivers)
    assert (found["verdict"], found["reasons"]) == ("unprotected", ["no_backup_found"])
    assert "No successful backup was found" in found["message"]
    assert kind in found["message"]


@pytest.mark.parametrize("history", [None, "7d"])
def test_a_restore_of_a_machine_that_is_gone_counts_for_its_name(profile: str, history: str | None) -> None:
    """Whether its old rows were read or not: what comes back may be called so."""
    machines = [
        {"name": "web01", "key": "old", "on": VC1, "life": [{"at": "-50h", "deleted": True}]},
        {"name": "web01", "key": "new", "on": VC1, "created": "-49h"},
        "web02",
    ]
    estate = site(
        job("old", "new", "web02"), machines=[*machines],
        restore_sessions=[{"backup_server": VBR1, "machine": "old", "created": "-2h", "running": True}],
    )  # fmt: skip
    for entry, verdict in (("web01", "running"), ("web02", "ok")):
        assert one(estate, entry, profile=profile, history=history)["verdict"] == verdict


def test_old_backups_that_may_be_snapshots_are_not_waived() -> None:
    """Where repositories can't be read, a waiver for the age would cover a machine that has nothing but snapshots."""
    estate = site(job("web01", last="-30h"), machines=["web01"])
    estate["accounts"] = [
        {
            "username": "svc",
            "password": "Narrow-Passw0rd",
            "role": "Portal Administrator",
            "denied": ["query/Repository"],
        }
    ]
    waiver = {"machine": "web01", "reason_code": "age_over_limit", "until": "2026-02-01"}
    found = one(estate, "web01", waivers=[waiver])
    assert (found["verdict"], found["reasons"]) == ("stale", ["age_over_limit", "repository_unreadable"])
    assert "storage snapshot can't be told" in found["message"]
    found = one(estate, "web01", waivers=[waiver], job_types=["Backup", "StorageSnapshot"])
    assert found["verdict"] == "waived"


def test_a_backup_without_reference_is_not_settled_before_older_rows_tell_whose_it_was() -> None:
    """Before version 10 only its restore point tells which machine a task was of; where that may be missing, an older one does."""
    gone = {"name": "web01", "on": VC1, "life": [{"at": "-4h", "deleted": True}]}
    removed = [{"machine": "web01", "runs": 0, "point": "removed"}]
    estate = site(job("web01", "web02", last="-9h", outcomes=removed), machines=[gone, "web02"])
    for max_age in ("12h", "20d"):
        found = one(estate, "web01", profile="v95u4", require_restore_point=False, max_age=max_age)
        assert (found["verdict"], found["reasons"]) == ("unknown", ["machine_gone"])


def test_a_bare_id_that_no_hypervisor_has_any_more() -> None:
    """Its rows come only with another entry, and make no difference where the lookups tell all; else all rows are read."""
    again = {"name": "web01", "on": VC1, "ref": "vm-77", "life": [{"at": "-50h", "reregistered": True}]}
    estate = site(job("web01"), machines=[again])
    asked = {"name": "by its id", "vm_ref": "vm-77"}
    found = one(estate, asked)
    assert (found["verdict"], found["reasons"]) == ("unknown", ["reference_not_found"])
    assert ask(estate, asked, {"name": "web01", "max_age": "5d"})["machines"][0] == found
    blind = one(estate, asked, ask_hypervisors="never")
    assert (blind["verdict"], blind["reasons"]) == ("stale", ["age_over_limit"])


def test_a_failure_without_reference_counts_in_whatever_case_its_name_is() -> None:
    """Before version 10 a failed task tells a name only, and namesakes may differ in case; so it counts for both, as in an inventory."""
    machines = [{"name": "WEB01", "on": VC1}, {"name": "web01", "on": VC1, "ref": "vm-5"}]
    failed = [{"machine": "WEB01", "runs": "0+", "result": "Failed", "reason": "no space"}]
    estate = site(job("WEB01", outcomes=failed), machines=machines)
    found = one(estate, {"name": "by its id", "vm_ref": "vm-5"}, profile="v95u4")
    assert (found["verdict"], found["reasons"]) == ("failed", ["last_attempt_failed", "no_backup_found"])


def test_what_may_be_another_machine_s_failure_renames_none() -> None:
    """Before version 10 a failed task of WEB01 may be of the computer web01 too, which is called as it was before."""
    agents = {
        "name": "Agents", "backup_server": VBR1, "type": "AgentBackup", "computers": ["web01"],
        "schedule": {"every": "24h", "last": "-8h"}, "history": "5d",
    }  # fmt: skip
    failed = [{"machine": "WEB01", "runs": "0+", "result": "Failed", "reason": "no space"}]
    estate = site(
        job("WEB01", last="-3h", outcomes=failed),
        agents,
        machines=["WEB01"],
        computers=[{"names": ["web01"], "protection_group": "All"}],
        protection_groups=[{"name": "All", "backup_server": VBR1}],
        accounts=[{"username": "user", "password": "User-Passw0rd", "role": "Portal User"}],
    )
    found = one(estate, "web01", profile="v95u4")
    assert (found["verdict"], found["matched_by"], found["vm_uid"]) == ("ok", "exact", None)
