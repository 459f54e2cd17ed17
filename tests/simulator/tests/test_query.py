# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from visiting import Simulators, Visitor

from veeam_em_simulator.query.fields import QUERY_TYPES, WRAPPERS, Kind

VENDOR_TASKS = "type=BackupTaskSession&format=Entities&sortDesc=CreationTime&pageSize=3&page=1&filter=Result==Failed;VmDisplayName==db02"


def ago(**time: int) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tasks(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = answer["Entities"]["BackupTaskSessions"]["BackupTaskSessions"]
    assert isinstance(found, list)
    return found


def test_the_vendors_first_example_works_raw_and_encoded(visitor: Visitor) -> None:
    raw = tasks(visitor.get(f"/api/query?{VENDOR_TASKS}"))
    encoded = tasks(visitor.get("/api/query?" + VENDOR_TASKS.replace("==", "%3D%3D").replace(";", "%3B")))
    assert raw == encoded
    assert [task["VmDisplayName"] for task in raw] == ["db02"] * 3
    assert [task["CreationTimeUTC"] for task in raw] == sorted((task["CreationTimeUTC"] for task in raw), reverse=True)


def test_the_vendors_second_example_works_raw_and_encoded(visitor: Visitor) -> None:
    expression = f'Result==Failed;CreationTime>="{ago(days=10)}";CreationTime<="{ago(days=1)}"'
    answers = [
        visitor.get(f"/api/query?type=BackupJobSession&format=Entities&filter={form}") for form in (expression, quote(expression, safe=""))
    ]
    sessions = [answer["Entities"]["BackupJobSessions"]["BackupJobSessions"] for answer in answers]
    assert sessions[0] == sessions[1]
    assert sessions[0]
    assert {session["Result"] for session in sessions[0]} == {"Failed"}
    assert all(ago(days=10) <= session["CreationTimeUTC"] <= ago(days=1) for session in sessions[0])


def test_all_fifty_wrappers_are_there_in_their_order(visitor: Visitor) -> None:
    assert len(WRAPPERS) == 50
    answer = visitor.get("/api/query?type=backupserver&format=entities")
    assert list(answer) == ["Refs", "Entities", "Resources", "Links", "PagingInfo"]
    assert tuple(answer["Entities"]) == WRAPPERS
    assert [key for key, value in answer["Entities"].items() if value is not None] == ["BackupServers"]


def test_pages_are_of_a_hundred_rows_and_their_links_echo_the_request(visitor: Visitor) -> None:
    first = visitor.get("/api/query?type=BackupTaskSession&v=latest&sortAsc=creationtime&format=Entities&Filter=Result==Success;TotalSize>0")
    paging = first["PagingInfo"]
    assert (paging["PageNum"], paging["PageSize"], len(tasks(first))) == (1, 100, 100)
    assert [link["Rel"] for link in paging["Links"]] == ["First", "Next", "Last"]
    following = paging["Links"][1]["Href"]
    assert parse_qsl(urlsplit(following).query) == [
        ("type", "BackupTaskSession"), ("v", "latest"), ("sortAsc", "creationtime"), ("format", "Entities"),
        ("Filter", "Result==Success;TotalSize>0"), ("pageSize", "100"), ("page", "2"),
    ]  # fmt: skip
    assert "%3d%3d" in following
    seen = [task["UID"] for task in tasks(first)]
    answer = first
    while (link := next((link for link in answer["PagingInfo"]["Links"] if link["Rel"] == "Next"), None)) is not None:
        answer = visitor.get(link["Href"])
        seen += [task["UID"] for task in tasks(answer)]
    assert answer["PagingInfo"]["PageNum"] == answer["PagingInfo"]["PagesCount"] == paging["PagesCount"]
    assert [link["Rel"] for link in answer["PagingInfo"]["Links"]] == ["First", "Previous", "Last"]
    assert len(seen) == len(set(seen)) > 1000


def test_the_hex_of_echoes_is_upper_case_in_v13(simulators: Simulators) -> None:
    visitor = simulators.visitor("v13")
    href = visitor.get('/api/query?type=Job&filter=Name=="a;b"')["pagingInfo"]["links"][0]["href"]
    assert "Name%3D%3D%22a%3Bb%22" in href


def test_a_page_beyond_the_last_is_empty_and_says_how_many_there_are(visitor: Visitor) -> None:
    answer = visitor.get("/api/query?type=BackupServer&format=Entities&pageSize=2&page=9")
    assert answer["Entities"]["BackupServers"] == {"BackupServers": []}
    assert answer["PagingInfo"]["PagesCount"] == 2


def test_nothing_found_is_one_empty_page(visitor: Visitor) -> None:
    answer = visitor.get("/api/query?type=BackupServer&filter=Name==nobody")
    assert answer["Refs"] == {"Refs": []}
    assert answer["PagingInfo"]["PagesCount"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "", "type=Machine", "type=CatalogVm", "type=SystemSession", "type=Job&filter=Name", "type=Job&filter=Progress==1",
        "type=BackupTaskSession&filter=VmUid==x", "type=BackupTaskSession&filter=Result==Good",
        "type=BackupTaskSession&filter=CreationTime>yesterday", "type=BackupTaskSession&filter=TotalSize==many",
        "type=BackupTaskSession&filter=TotalSize==99999999999999999999", "type=BackupJobSession&filter=IsRetry==maybe",
        "type=Job&sortAsc=Nothing", "type=Job&pageSize=0", "type=Job&page=0", "type=Job&page=x", "type=Job&page=-1",
        "type=Job&page=99999999999999999999",
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(visitor: Visitor, query: str) -> None:
    answer = visitor.send("GET", f"/api/query?{query}")
    assert answer.status_code == 400
    assert answer.json()["StatusCode"] == 400
    assert answer.json()["Message"]


def test_results_compare_by_their_place(visitor: Visitor) -> None:
    def results(expression: str) -> set[str]:
        return {task["Result"] for task in visitor.query("BackupTaskSession", filter=expression)}

    assert results("result>=warning") == {"Warning", "Failed"}
    assert results("Result<Success") == {"None"}
    assert results("Result!=Success") == {"None", "Warning", "Failed"}
    assert results("Result<=Warning;Result>None") == {"Success", "Warning"}


@pytest.mark.parametrize("kind", sorted(query_type.name for query_type in QUERY_TYPES.values()))
def test_every_field_filters_and_sorts(visitor: Visitor, kind: str) -> None:
    literals = {
        Kind.TEXT: '"x"', Kind.UID: '"urn:veeam:X:00000000-0000-0000-0000-000000000000"', Kind.TIME: "2026-01-05", Kind.NUMBER: "1",
        Kind.BOOLEAN: "True",
    }  # fmt: skip
    for field in QUERY_TYPES[kind.lower()].fields.values():
        literal = literals.get(field.kind) or field.values[0].lower()
        for operator in ("==", "!=", ">=", "<"):
            visitor.get("/api/query", params={"type": kind, "filter": f"{field.name.upper()}{operator}{literal}", "sortDesc": field.name.lower()})


def test_uids_are_taken_in_three_forms(visitor: Visitor) -> None:
    session = visitor.query("BackupJobSession", filter='JobName=="Web Tier"', sortDesc="CreationTime")[0]
    guid = session["UID"].rsplit(":", 1)[1]
    found = [
        [task["UID"] for task in visitor.query("BackupTaskSession", filter=f"(JobSessionUid=={form})", sortAsc="Name")]
        for form in (f'"{session["UID"]}"', f'"{guid}"', guid, guid.upper())
    ]
    assert len(found[0]) == 8
    assert all(uids == found[0] for uids in found)


@pytest.mark.parametrize(("profile", "found"), [("v12", 1), ("v95u4", 1), ("v13", 0)])
def test_the_case_of_names_counts_only_in_v13(simulators: Simulators, profile: str, found: int) -> None:
    visitor = simulators.visitor(profile)
    answer = visitor.get('/api/query?type=Job&filter=Name=="ALTSYSTEME (AUSSER BETRIEB)",Name=="WEB TIER"')
    refs = answer.get("Refs") or answer.get("refs")
    assert len(refs.get("Refs") or refs.get("refs")) == found * 2


def test_names_that_are_hard_to_quote_are_found(simulators: Simulators) -> None:
    visitor = simulators.visitor("v13", "hostile-names")
    enterprise = visitor.em._server.enterprise
    assert len(enterprise.estate.machines) > 20
    for machine in enterprise.estate.machines:
        quoted = machine.name.replace('"', '""')
        answer = visitor.get("/api/query", params={"type": "BackupTaskSession", "format": "Entities", "filter": f'VmDisplayName=="{quoted}"'})
        found = answer["entities"]["backupTaskSessions"]["backupTaskSessions"]
        assert [task["vmDisplayName"] for task in found] == [machine.name] * 7


def test_times_are_taken_with_and_without_zone_and_fraction(visitor: Visitor) -> None:
    newest = visitor.query("BackupTaskSession", sortDesc="CreationTime")[0]
    moment = newest["CreationTimeUTC"]
    for form in (moment, f'"{moment}"', moment[:-1], moment[:-1] + "+00:00"):
        found = visitor.query("BackupTaskSession", filter=f"CreationTime=={form};UID=={newest['UID']}")
        assert len(found) == 1
    assert visitor.query("BackupTaskSession", filter=f'CreationTime<="{moment[:10]}"')


def test_an_unsorted_answer_is_in_no_order_of_time(visitor: Visitor) -> None:
    times = [task["CreationTimeUTC"] for task in visitor.query("BackupTaskSession")]
    assert times not in (sorted(times), sorted(times, reverse=True))


def test_a_switch_makes_bad_queries_a_server_error(simulators: Simulators, tmp_path: Any) -> None:
    file = tmp_path / "old.yml"
    file.write_text("settings: {bad_query_status: 500}\n")
    assert simulators.visitor("v12", str(file)).send("GET", "/api/query?type=x").status_code == 500
