# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification of the machines of the demo estate, as every profile and format tells of them."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import parse_moment
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.verify import verify
from support.connection import Server, client

from .estates import written

PROFILES = ("v95u4", "v12", "v13")
HOSTILE = [
    "röntgen-süd", 'Büro "Nord"; Test, 1', "O'Brien & Söhne", "{{ 7*7 }}", "<script>alert(1)</script>", "back\\slash 01",
]  # fmt: skip
FINE = [
    *(f"web{number:02}" for number in range(1, 9)), *(f"app{number:02}" for number in range(1, 7)), *HOSTILE,
    *(f"hv-app{number:02}" for number in range(1, 7)), "lap01", "lap02", "phys01", "retry01", "print01", "shared01",
]  # fmt: skip
EXPECTED: dict[str, tuple[str, list[str]]] = {
    **{name: ("ok", []) for name in FINE},
    "db01": ("ok", ["last_attempt_failed"]),
    "db02": ("failed", ["last_attempt_failed", "age_over_limit"]),
    "file01": ("stale", ["age_over_limit"]),
    "legacy01": ("unprotected", ["no_backup_found"]),
    "mail01": ("running", ["backup_running"]),
    "twin01": ("ok", []),
    "copyonly01": ("unprotected", ["only_copy_found"]),
    "gone01": ("stale", ["restore_point_missing"]),
    "old01": ("stale", ["age_over_limit"]),
}


def now_of(em: t.Any) -> dt.datetime:
    now = parse_moment(em.now())
    assert now is not None
    return now


def check(
    em: Server,
    *machines: t.Any,
    now: dt.datetime | None = None,
    connection: dict[str, t.Any] | None = None,
    **options: t.Any,
) -> dict[str, t.Any]:
    policy = read_policy({"machines": list(machines), **options}, now or now_of(em))
    with client(em, **(connection or {})) as session:
        return verify(session, policy)


def verdicts(result: dict[str, t.Any]) -> dict[str, tuple[str, list[str]]]:
    return {one["name"]: (one["verdict"], one["reasons"]) for one in result["machines"]}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_machine_of_the_demo_estate(simulators: t.Any, profile: str) -> None:
    result = check(simulators.get(profile=profile), *EXPECTED)
    assert verdicts(result) == EXPECTED
    assert result["ok"] is False
    assert result["summary"]["total"] == len(EXPECTED)


def without_times(value: t.Any) -> t.Any:
    """Two simulators start at different moments."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in ("message", "age_seconds")}
    if isinstance(value, list):
        return [without_times(one) for one in value]
    return None if isinstance(value, str) and parse_moment(value) else value


def test_results_are_equal_whatever_the_format_version_and_page_size(simulators: t.Any) -> None:
    found = {}
    for profile in PROFILES:
        em = simulators.get(profile=profile)
        now = now_of(em)
        plain = check(em, *EXPECTED, now=now, history="5d")
        for connection in ({"data_format": "xml"}, {"page_size": 61}):
            assert check(em, *EXPECTED, now=now, history="5d", connection=connection) == plain
        found[profile] = without_times(plain["machines"])
        assert plain["data_as_of"] is not None
    assert found["v12"] == found["v13"]
    # Only from version 10 on a task tells its machine; before it is known from the restore point, if that exists.
    same = [{**one, "vm_uid": None} for one in found["v12"] if one["name"] not in ("mail01", "gone01", "copyonly01")]
    old = [{**one, "vm_uid": None} for one in found["v95u4"] if one["name"] not in ("mail01", "gone01", "copyonly01")]
    assert old == same


def test_the_number_of_requests_does_not_follow_the_machines(simulator: Server) -> None:
    def requests(*machines: str, **options: t.Any) -> int:
        before = len(simulator.requests())
        check(simulator, *machines, **options)
        return len(simulator.requests()) - before

    # Names with anything unusual in them make the window be read whole.
    plain = [name for name in FINE if name not in HOSTILE]
    assert requests(*plain) <= requests("web01") + 2
    assert requests("web01") <= 25
    never = requests("nobody")
    assert requests(*(f"nobody{number}" for number in range(40)), *plain) <= never + 2
    assert never <= 27


def test_few_machines_of_a_large_site_take_few_requests(simulators: t.Any, tmp_path: Path) -> None:
    """At most 20 and one for each hypervisor, with a history and whether all is well or not."""
    roots, machines = 10, 1000
    spec = {"backup_servers": roots, "machines": machines, "days": 10, "warning": 0, "failed": 0}
    em = simulators.get(estate=written(tmp_path, {"generate": spec}))
    with client(em) as session:
        found = session.query("backup_task_session", limit=machines).records
    names = sorted({one["vm_display_name"] for one in found})[:: machines // 25]
    assert len(names) == 25
    for last in (names[-1], "nobody", {"name": names[-1], "max_age": "1m"}):
        for history in (None, "7d"):
            before = len(em.requests())
            result = check(em, *names[:-1], last, history=history)
            assert result["summary"]["ok"] == 25 - (last != names[-1])
            assert len(em.requests()) - before <= roots + 20


def test_an_account_with_less_than_everything(simulator: Server) -> None:
    [user] = [one for one in simulator.accounts if one["role"] == "Portal User"][:1]  # type: ignore[attr-defined]
    connection = {"username": user["username"], "password": user["password"]}
    result = check(simulator, "web01", "legacy01", connection=connection)
    assert verdicts(result) == {"web01": ("ok", []), "legacy01": ("unknown", ["not_visible"])}
    result = check(simulator, "legacy01", connection=connection, full_visibility=True)
    assert verdicts(result) == {"legacy01": ("unprotected", ["no_backup_found"])}


def test_old_data_is_refused_on_demand(simulators: t.Any) -> None:
    for profile, reason in (("v13", "em_data_stale"), ("v95u4", "data_age_unknown")):
        em = simulators.get(profile=profile)
        later = now_of(em) + dt.timedelta(hours=9)
        assert verdicts(check(em, "web01", now=later, max_age="2d", max_data_age="1h")) == {
            "web01": ("unknown", [reason])
        }
        assert verdicts(check(em, "web01", now=later, max_age="2d")) == {"web01": ("ok", [])}
    assert verdicts(check(simulators.get(), "web01", max_data_age="15m")) == {"web01": ("ok", [])}


def test_a_controller_whose_clock_is_behind_gives_no_verdict(simulator: Server) -> None:
    behind = now_of(simulator) - dt.timedelta(hours=3)
    result = check(simulator, "web01", "db01", now=behind)
    assert [(one["verdict"], one["reasons"][0]) for one in result["machines"]] == [("unknown", "in_future")] * 2


def test_machines_of_one_name_are_told_apart(simulator: Server) -> None:
    [twins] = check(simulator, "twin01")["machines"]
    assert sorted(one["vm_uid"].rpartition(".")[2] for one in twins["meanings"]) == ["vm-2001", "vm-77"]
    [twins] = check(simulator, "twin01", max_age="8h")["machines"]
    assert twins["verdict"] in ("stale", "unknown")
    result = check(simulator, {"name": "by server", "vm_ref": "vm-77"}, {"name": "TWIN01", "vm_ref": "vm-77"})
    assert [(one["verdict"], one["matched_by"]) for one in result["machines"]] == [("unknown", None), ("ok", "vm_ref")]
    # That server has the hypervisors of both and backs up one of them.
    [there] = check(simulator, {"name": "twin01", "backup_server_name": "vbr02.example.test"})["machines"]
    assert (there["verdict"], there["matched_by"]) == ("unknown", "exact")
    assert sorted(one["verdict"] for one in there["meanings"]) == ["ok", "stale"]
    uid = result["machines"][1]["vm_uid"]
    assert uid.endswith(".vm-77")
    [label] = check(simulator, {"name": "any label", "vm_uid": uid})["machines"]
    assert (label["verdict"], label["matched_by"]) == ("ok", "vm_uid")


def test_one_machine_at_two_backup_servers_is_one(simulator: Server) -> None:
    [shared] = check(simulator, "shared01", history="1d")["machines"]
    assert {one["job_name"] for one in shared["history"]} == {"Shared, head office", "Shared, branch"}
    assert shared["last_good"]["backup_server_name"] == "vbr02.example.test"
    [there] = check(simulator, {"name": "shared01", "backup_server_name": "vbr01.example.test"})["machines"]
    assert there["last_good"]["job_name"] == "Shared, head office"


def test_what_the_hypervisors_know(simulator: Server) -> None:
    result = check(simulator, "LEGACY01", "web01", "twin01", "lap01", ask_hypervisors="always")
    assert verdicts(result) == {
        "LEGACY01": ("unprotected", ["no_backup_found"]),
        "web01": ("ok", []),
        "twin01": ("ok", []),
        "lap01": ("ok", []),
    }
    assert result["machines"][0]["matched_by"] == "ignore_case"
    assert result["machines"][0]["vm_uid"] is not None


def test_names_of_any_kind_and_form(simulator: Server) -> None:
    result = check(simulator, "WEB01.example.test", "RÖNTGEN-SÜD", "Lap01", "web1")
    assert [(one["verdict"], one["matched_by"]) for one in result["machines"]] == [
        ("ok", "short_name"),
        ("ok", "ignore_case"),
        ("ok", "ignore_case"),
        ("unprotected", None),
    ]


def test_copies_count_when_they_are_asked_for(simulator: Server) -> None:
    [copied] = check(simulator, "copyonly01", job_types=["BackupCopy", "ImmediateBackupCopy"])["machines"]
    assert copied["last_attempt"]["job_name"] == "Copy of old machines"


def test_every_run_of_the_history_is_told_once(simulator: Server) -> None:
    by_name = {
        one["name"]: one["history"] for one in check(simulator, "retry01", "lap01", "db02", history="2d")["machines"]
    }
    assert [one["result"] for one in by_name["retry01"]] == ["Success", "Failed", "Success"]
    assert [one["job_type"] for one in by_name["lap01"]] == ["AgentManagement"] * 2
    assert {one["result"] for one in by_name["db02"]} == {"Failed"}


def test_a_row_limit_is_kept(simulator: Server) -> None:
    result = check(simulator, "web01", max_rows=20)
    assert verdicts(result) == {"web01": ("unknown", ["answer_truncated"])}
    assert len(simulator.requests()) < 25


def test_a_site_without_anything(simulators: t.Any) -> None:
    result = check(simulators.get(estate="empty"), "web01")
    assert verdicts(result) == {"web01": ("unprotected", ["no_backup_found"])}


def test_the_verdicts_of_the_demo_estate_are_the_same_in_any_company(simulator: Server) -> None:
    """Alone, in pairs and together."""
    now = now_of(simulator)
    together = verdicts(check(simulator, *EXPECTED, now=now))
    names = list(EXPECTED)
    for number, name in enumerate(names):
        other = names[(number * 7 + 3) % len(names)]
        assert verdicts(check(simulator, name, now=now)) == {name: together[name]}
        if other != name:
            assert verdicts(check(simulator, other, name, now=now)) == {name: together[name], other: together[other]}
