# SPDX-License-Identifier: GPL-3.0-or-later
"""The question to the inventory, what time does to verdicts, and machines that several Enterprise Managers know."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.gather import InventoryRequest
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.merge import merge
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.verdicts import entry_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.codes import VERDICTS

NOW = dt.datetime(2026, 1, 5, 6, tzinfo=dt.timezone.utc)


def at(hours: float) -> str:
    return (NOW + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def host(name: str = "web01", verdict: str = "ok", **changes: t.Any) -> dict[str, t.Any]:
    report = {
        "name": name, "verdict": verdict, "underlying_verdict": verdict, "reasons": [], "message": "So it is.", "waivers": [],
        "max_age": "24h", "max_age_seconds": 86400, "data_as_of": at(-0.2), "last_good": {"data_time": at(-8), "age_seconds": 28800},
        **changes.pop("report", {}),
    }  # fmt: skip
    return {
        "kind": "vm", "groups": ["vms"], "name": name, "identity": f"vmware/vc/{name}", "backup_server_names": ["vbr01.example.test"],
        "vm_uids": [f"urn:{name}"], "job_names": ["Daily"], "running": False, "data_as_of": at(-0.2),
        "last_attempt": {"creation_time": at(-8), "end_time": at(-7)}, "last_success": None, "verdict": verdict,
        "inventory_protection": report, **changes,
    }  # fmt: skip


def later(hours: float, one: dict[str, t.Any], **protection: t.Any) -> tuple[str, list[str]]:
    request = InventoryRequest.read(["vms"], "7d", protection, NOW + dt.timedelta(hours=hours))
    [found] = request.aged([one], at(0))
    assert found["verdict"] == found["inventory_protection"]["verdict"]
    return found["verdict"], found["inventory_protection"]["reasons"]


def told(hours: float, one: dict[str, t.Any], **protection: t.Any) -> str:
    request = InventoryRequest.read(["vms"], "7d", protection, NOW + dt.timedelta(hours=hours))
    return str(request.aged([one], at(0))[0]["inventory_protection"]["message"])


def test_a_kept_verdict_becomes_worse_by_itself() -> None:
    assert later(15, host()) == ("ok", [])
    assert later(17, host()) == ("stale", ["age_over_limit"])
    failed = host(report={"reasons": ["last_attempt_failed"]})
    assert later(17, failed) == ("failed", ["last_attempt_failed", "age_over_limit"])
    assert later(1, host(), max_data_age="2h") == ("ok", [])
    assert later(2, host(), max_data_age="2h") == ("unknown", ["em_data_stale"])
    assert later(0.1, host(report={"data_as_of": None}), max_data_age="2h")[0] == "unknown"
    assert later(0.1, host(report={"data_as_of": None}), max_data_age="auto")[0] == "ok"
    assert "is 1d 1h old, more than 24h" in told(17, host())
    accepted = {"machine": "web01", "reason_code": "age_over_limit", "until": at(30)}
    assert later(17, host(), waivers=[accepted]) == ("waived", ["age_over_limit"])
    assert later(17, host("db01"), waivers=[accepted])[0] == "stale", "a waiver for another machine"
    assert later(17, host(), waivers=[{**accepted, "until": at(16)}])[0] == "stale", "one that has ended"
    assert later(17, failed, waivers=[accepted])[0] == "failed", "each reason needs its own"
    both = [accepted, {**accepted, "reason_code": "last_attempt_failed"}]
    assert later(17, failed, waivers=both)[0] == "waived"
    assert "Waived until" in told(17, host(), waivers=[accepted])
    waiver = {"until": at(3)}
    waived = host(verdict="waived", report={"underlying_verdict": "failed", "waivers": [waiver]})
    assert later(2, waived)[0] == "waived"
    assert later(4, waived)[0] == "failed"
    # A window of tomorrow stays one day ahead, a moment stays where it is.
    assert later(1, host(), needed_at="+15h")[0] == "ok"
    assert later(2, host(), needed_at="+15h")[0] == "stale"
    assert later(17, host(), needed_at=at(10))[0] == "ok"


@given(st.sampled_from(VERDICTS), st.floats(0, 100))
def test_time_never_betters_a_verdict(verdict: str, hours: float) -> None:
    one = host(verdict=verdict, report={"underlying_verdict": "stale" if verdict == "waived" else verdict})
    found, _reasons = later(hours, one, max_data_age="50h")
    assert found == verdict or verdict in ("ok", "waived") or found == "unknown"


def test_one_machine_at_two_enterprise_managers() -> None:
    def both(one: str, other: str) -> dict[str, t.Any]:
        [found] = merge([("em01", [host(verdict=one)]), ("em02", [host(verdict=other, job_names=["Copy"])])], [])
        return found

    assert both("ok", "failed")["verdict"] == both("failed", "ok")["verdict"] == "ok"
    assert both("ok", "running")["verdict"] == "running"
    assert both("running", "unknown")["verdict"] == "unknown"
    assert both("unprotected", "stale")["verdict"] == "stale"
    found = both("ok", "ok")
    assert found["enterprise_managers"] == ["em01", "em02"]
    assert found["job_names"] == ["Copy", "Daily"]
    fresh = host(report={"last_good": {"data_time": at(-1), "age_seconds": 3600}})
    [freshest] = merge([("em01", [host()]), ("em02", [fresh])], [])
    assert freshest["inventory_protection"]["last_good"]["data_time"] == at(-1), "the one that stays good longest"


def test_what_is_known_by_a_short_name_is_known_within_one_enterprise_manager() -> None:
    for identity, hosts in (
        ("agent/vbr01/lap01", 2),
        ("name/vbr01.x.test/web01", 2),
        ("agent/vbr01.x.test/lap01", 1),
        ("vmware/vc/vm-1", 1),
    ):
        each = [host(identity=identity)]
        assert len(merge([("em01", each), ("em02", each)], [])) == hosts, identity
        assert len(merge([("em01", each)], [])) == 1


def test_one_of_each_kind_is_one_machine() -> None:
    agent = host(
        kind="agent", groups=["agents"], identity="agent/vbr01/web01", name="WEB01", ip_address="192.0.2.7", vm_uids=[]
    )
    server = {"kind": "backup_server", "groups": ["backup_servers"], "name": "web01", "identity": "backup_server/1", "uid": "urn:x",
              "backup_server_names": ["web01"], "data_as_of": at(0), "port": 9392}  # fmt: skip
    [found] = merge([("em01", [server, agent, host()])], [])
    assert (found["kind"], found["kinds"], found["name"]) == ("vm", ["vm", "agent", "backup_server"], "web01")
    assert found["groups"] == ["agents", "backup_servers", "vms"]
    assert (found["ip_address"], found["port"], found["identity"]) == ("192.0.2.7", 9392, "vmware/vc/web01")
    twin = host(identity="vmware/vc/other")
    assert len(merge([("em01", [server, agent, host(), twin])], [])) == 4, "two of a kind are never one"
    nameless = [host(name="", identity="vmware/vc/1"), host(name=" ", kind="agent", identity="agent/1")]
    assert len(merge([("em01", nameless)], [])) == 2


@pytest.mark.parametrize(
    ("vm", "agent", "whole"),
    [("ok", "ok", "ok"), ("stale", "stale", "stale"), ("ok", "running", "running"), ("ok", "stale", "unknown"), ("failed", "running", "unknown")],
)  # fmt: skip
def test_verdicts_of_a_machine_and_its_agent(vm: str, agent: str, whole: str) -> None:
    inside = host(verdict=agent, kind="agent", groups=["agents"], identity="agent/vbr01/web01")
    [found] = merge([("em01", [host(verdict=vm), inside])], [])
    assert found["verdict"] == found["inventory_protection"]["verdict"] == whole


def test_a_machine_that_anything_backs_up_is_none_that_nothing_does() -> None:
    alone = host(groups=["not_backed_up"], last_attempt=None)
    assert merge([("em01", [alone])], [])[0]["groups"] == ["not_backed_up"]
    assert merge([("em01", [alone]), ("em02", [host()])], [])[0]["groups"] == ["vms"]
    agent = host(kind="agent", groups=["agents"], identity="agent/1")
    assert merge([("em01", [alone, agent])], [])[0]["groups"] == ["agents"]


def test_who_did_not_answer_may_know_more() -> None:
    [found] = merge([("em01", [host()])], ["em02"])
    assert found["verdict"] == "unknown"
    assert "em02 did not answer" in found["inventory_protection"]["message"]


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
