# SPDX-License-Identifier: GPL-3.0-or-later
"""The query service: the vendor's own examples, the grammar, every documented field, order, paging and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from conformance import checks
from conformance.notation import PROFILES, camel, key
from conformance.tables import ENTITIES
from conformance.tables.queries import EMPTY_TYPES, ENUMERATIONS, NOT_QUERYABLE, TYPES, WRAPPERS, QueryType
from conformance.wire import Answer, Visitor, find, tag


@pytest.fixture(params=TYPES, ids=lambda query: query.type)
def query(request: pytest.FixtureRequest, profile: str) -> QueryType:
    found: QueryType = request.param
    if PROFILES.index(profile) < PROFILES.index(found.since):
        pytest.skip(f"came with {found.since}")
    return found


def rows_of(document: dict[str, Any], profile: str) -> list[dict[str, Any]]:
    wrapper = next(value for value in document[key("Entities", profile)].values() if value is not None)
    (rows,) = wrapper.values()
    assert isinstance(rows, list)
    return rows


def ask(visitor: Visitor, profile: str, kind: str, rest: str = "", size: int = 1000) -> list[dict[str, Any]]:
    """Rows with their names in v12's case."""
    document = visitor.json(f"/query?type={kind}&format=Entities&pageSize={size}{rest}")
    names = {camel(name): name for name in (*ENTITIES[kind].keys, "Href")}
    return [{names.get(name, name): value for name, value in row.items()} for row in rows_of(document, profile)]


def filtered(visitor: Visitor, profile: str, kind: str, expression: str) -> set[str]:
    refs = visitor.json(f"/query?type={kind}&pageSize=1000&filter={quote(expression, safe='')}")[key("Refs", profile)]
    return {ref[key("UID", profile)] for ref in refs[key("Refs", profile)]}


def literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return '"' + str(value).replace('"', '""') + '"'


def refused(answer: Answer, profile: str) -> None:
    assert answer.status == 400, answer.body[:300]
    assert answer.json[key("StatusCode", profile)] == 400
    assert answer.json[key("Message", profile)]


EXAMPLES = (
    ("type=BackupTaskSession&format=Entities&sortDesc=CreationTime&pageSize=3&page=1&filter=Result==Failed;VmDisplayName==dbserver01", 3),
    ('type=BackupJobSession&format=Entities&filter=Result==Failed;CreationTime>="{before}T00:00:00Z";CreationTime<="{now}"', None),
)


@pytest.mark.parametrize("encoded", [False, True], ids=["raw", "percent-encoded"])
@pytest.mark.parametrize(("example", "count"), EXAMPLES, ids=["last failed tasks", "failed sessions"])
def test_examples_of_the_vendor(visitor: Visitor, profile: str, example: str, count: int | None, encoded: bool) -> None:
    now = ask(visitor, profile, "BackupJobSession", "&sortDesc=CreationTime", 1)[0]["CreationTimeUTC"]
    text = example.format(before="2020-01-01", now=now)
    sent = "&".join(f"{name}={quote(value, safe='')}" for name, _, value in (part.partition("=") for part in text.split("&")))
    rows = rows_of(visitor.json(f"/query?{sent if encoded else text}"), profile)
    assert rows
    assert all(row[key("Result", profile)] == "Failed" for row in rows)
    if count is not None:
        assert [row[key("VmDisplayName", profile)] for row in rows] == ["dbserver01"] * count
        times = [row[key("CreationTimeUTC", profile)] for row in rows]
        assert times == sorted(times, reverse=True)


def test_fifty_wrappers(visitor: Visitor, profile: str) -> None:
    """03 section 4: the keys of the whole answer; before v10 only the one with rows."""
    assert len(WRAPPERS) == 50
    for kind in TYPES:
        if PROFILES.index(profile) < PROFILES.index(kind.since):
            continue
        document = visitor.json(f"/query?type={kind.type}&format=Entities")
        entities = document[key("Entities", profile)]
        if profile == "v95u4":
            assert list(document) == ["Entities", "PagingInfo"]
            assert list(entities) == [kind.wrapper]
        else:
            assert list(document) == [key(name, profile) for name in ("Refs", "Entities", "Resources", "Links", "PagingInfo")]
            assert list(entities) == [key(name, profile) for name in WRAPPERS]
            assert [name for name, value in entities.items() if value is not None] == [key(kind.wrapper, profile)]
            assert [document[key(name, profile)] for name in ("Refs", "Resources", "Links")] == [None] * 3
        assert list(entities[key(kind.wrapper, profile)]) == [key(kind.inner, profile)]


def test_entities_and_references_in_both_formats(visitor: Visitor, profile: str, query: QueryType) -> None:
    path = f"/query?type={query.type}&pageSize=1000&sortAsc=UID"
    entity = ENTITIES[query.type]
    rows = rows_of(visitor.json(f"{path}&format=Entities"), profile)
    assert rows
    for row in rows:
        checks.json_entity(row, entity, profile)
    root = visitor.xml(f"{path}&format=Entities")
    assert (tag(root), [tag(child) for child in root]) == ("QueryResult", ["Entities", "PagingInfo"])
    (plural,) = root[0]
    assert tag(plural) == query.inner
    assert {tag(element) for element in plural} == {query.element}
    for element in plural:
        checks.xml_entity(element, entity, profile)
    assert [checks.content_of_xml(element, entity) for element in plural] == [
        checks.content_of_json(row, entity, profile) for row in rows
    ]
    uids = [row[key("UID", profile)] for row in rows]
    document = visitor.json(path)
    wanted = ["Refs", "PagingInfo"] if profile == "v95u4" else ["Refs", "Entities", "Resources", "Links", "PagingInfo"]
    assert list(document) == [key(name, profile) for name in wanted]
    refs = document[key("Refs", profile)]
    assert list(refs) == [key("Refs", profile)]
    assert [ref[key("UID", profile)] for ref in refs[key("Refs", profile)]] == uids
    root = visitor.xml(path)
    assert (tag(root), [tag(child) for child in root]) == ("QueryResult", ["Refs", "PagingInfo"])
    assert [(tag(ref), ref.get("UID")) for ref in root[0]] == [("Ref", uid) for uid in uids]


def test_every_documented_field_filters(visitor: Visitor, profile: str, query: QueryType) -> None:
    """== and != part the rows, each by what the entity itself tells; a name that no row has finds none."""
    rows = ask(visitor, profile, query.type)
    uids = {row["UID"] for row in rows}
    for field, name in query.fields.items():
        if name is None:
            expected = parents(visitor, profile, query.type, field, rows)
            value, wanted = expected
        else:
            value = next((row.get(name) for row in rows if row.get(name) not in (None, "None", "")), "nothing has it")
            wanted = {row["UID"] for row in rows if row.get(name) == value}
        found = filtered(visitor, profile, query.type, f"{field}=={literal(value)}")
        assert found == wanted, (field, value)
        others = filtered(visitor, profile, query.type, f"{field.upper()}!={literal(value)}")
        assert not others & wanted, (field, value)
        if name is not None:  # whether a row without a value is unequal to one is not documented
            assert others >= {row["UID"] for row in rows if row.get(name) != value and row.get(name) is not None}, (field, value)
            assert others | wanted <= uids, (field, value)


def parents(visitor: Visitor, profile: str, kind: str, field: str, rows: list[dict[str, Any]]) -> tuple[Any, set[str]]:
    """The value of a field that only a link tells, and the rows that have it."""
    link_of = {
        "BackupServer": "/backupServers/", "Job": "/jobs/", "Backup": "/backups/", "Repository": "/repositories/",
        "RestorePoint": "/restorePoints/", "BackupFile": "/backupFiles/", "ProtectionGroup": "/protectionGroups/",
    }
    if field == "ComputerName":
        value = rows[0]["Name"].rpartition("@")[0]
        return value, {row["UID"] for row in rows if row["Name"].startswith(f"{value}@")}
    if field == "IpOrDnsName":
        return rows[0]["Name"], {rows[0]["UID"]}
    if kind in ("BackupTaskSession", "ReplicaTaskSession") and field in ("JobUid", "JobName"):
        sessions = ask(visitor, profile, kind.replace("Task", "Job"))
        value = sessions[0][field]
        of_job = {session["UID"] for session in sessions if session[field] == value}
        return value, {row["UID"] for row in rows if row["JobSessionUid"] in of_job}
    if kind in ("Backup", "Replica") and field in ("JobUid", "JobName"):
        job = next(job for job in ask(visitor, profile, "Job") if job["JobType"] == ("Replica" if kind == "Replica" else "Backup"))
        value = job["UID" if field == "JobUid" else "Name"]
        return value, {row["UID"] for row in rows if row["Name"] == job["Name"]} if kind == "Backup" else {
            row["UID"] for row in filtered_rows(visitor, profile, kind, f"JobName=={literal(job['Name'])}")
        }
    if kind == "AgentRestorePoint" and field in ("BackupUid", "BackupName"):
        points = {row["UID"].rpartition(":")[2]: row for row in ask(visitor, profile, "RestorePoint")}
        guid, wanted = parents(visitor, profile, "RestorePoint", field, [points[point_of(row)] for row in rows])
        return guid, {row["UID"] for row in rows if points[point_of(row)]["UID"] in wanted}
    stem = field.removesuffix("Uid").removesuffix("Name").removesuffix("Id")

    def parent(row: dict[str, Any]) -> tuple[str, str]:
        for link in row["Links"]:
            values = {name.lower(): value for name, value in link.items()}
            if values["rel"] == "Up" and link_of[stem] in values["href"]:
                return values["href"].partition("?")[0].rpartition("/")[2], values["name"]
        return "", ""

    guid, name = next(found for found in map(parent, rows) if found[0])
    if field.endswith("Name"):
        return name, {row["UID"] for row in rows if parent(row)[1] == name}
    return guid, {row["UID"] for row in rows if parent(row)[0] == guid}


def point_of(row: dict[str, Any]) -> str:
    """The id of the restore point that a restore point of a machine is part of."""
    hrefs: list[str] = [value for link in row["Links"] for name, value in link.items() if name.lower() == "href"]
    return next(href.rpartition("/")[2] for href in hrefs if "/restorePoints/" in href)


def filtered_rows(visitor: Visitor, profile: str, kind: str, expression: str) -> list[dict[str, Any]]:
    return ask(visitor, profile, kind, "&filter=" + quote(expression, safe=""))


def test_every_documented_field_sorts(visitor: Visitor, profile: str, query: QueryType) -> None:
    whole = {row["UID"]: row for row in ask(visitor, profile, query.type)}
    for field, name in query.fields.items():
        # References are enough for the order, and small.
        rows, back = (
            [whole[ref[key("UID", profile)]] for ref in visitor.json(f"/query?type={query.type}&pageSize=1000&{order}")[key("Refs", profile)][
                key("Refs", profile)
            ]]
            for order in (f"sortAsc={field.lower()}", f"sortDesc={field}")
        )
        assert len(rows) == len(back) == len(whole), field
        assert {row["UID"] for row in rows} == {row["UID"] for row in back} == set(whole), field
        if name is not None and name.endswith(("TimeUTC", "TimeUtc", "DateUTC", "Size", "FreeSpace", "Capacity", "Port")):
            values = [order_of(row.get(name)) for row in rows if row.get(name) is not None]
            assert values == sorted(values), field
            values = [order_of(row.get(name)) for row in back if row.get(name) is not None]
            assert values == sorted(values, reverse=True), field


def order_of(value: Any) -> Any:
    """Times with trimmed fractions compare as text only when they are padded."""
    if isinstance(value, str):
        whole, _, fraction = value.removesuffix("Z").partition(".")
        return f"{whole}.{fraction:0<7}"
    return value


def test_operators_on_times_and_numbers(visitor: Visitor, profile: str, query: QueryType) -> None:
    rows = ask(visitor, profile, query.type)
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b, ">=": lambda a, b: a >= b,
        "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    }
    for field, name in query.fields.items():
        if name is None or not name.endswith(("TimeUTC", "TimeUtc", "DateUTC", "Size", "FreeSpace", "Capacity", "Port")):
            continue
        there = [row for row in rows if row.get(name) is not None]
        pivot = sorted(there, key=lambda row: order_of(row[name]))[len(there) // 2][name]
        for operator, holds in compare.items():
            wanted = {row["UID"] for row in there if holds(order_of(row[name]), order_of(pivot))}
            valued = {row["UID"] for row in there}
            for form in (literal(pivot), pivot):
                found = filtered(visitor, profile, query.type, f"{field}{operator}{form}")
                assert found & valued == wanted, (field, operator, form)
                assert operator == "!=" or found <= valued, "only != may find rows without a value"


def test_enumerations_go_by_position(visitor: Visitor, profile: str) -> None:
    tasks = ask(visitor, profile, "BackupTaskSession")
    order = ENUMERATIONS["Result"]
    assert {task["Result"] for task in tasks} == set(order)
    for value in order[1:]:
        for operator, positions in {">=": order[order.index(value) :], "<": order[: order.index(value)], ">": order[order.index(value) + 1 :],
                                    "<=": order[: order.index(value) + 1]}.items():
            found = filtered(visitor, profile, "BackupTaskSession", f"result{operator}{value.upper()}")
            assert found == {task["UID"] for task in tasks if task["Result"] in positions}, (operator, value)


def test_names_have_case_since_v13(visitor: Visitor, profile: str) -> None:
    """07 question 9; enumerations, types, parameters and field names never do."""
    exact = filtered(visitor, profile, "BackupTaskSession", "VmDisplayName==dbserver01")
    assert exact
    assert filtered(visitor, profile, "BackupTaskSession", "vmdisplayname==DBSERVER01") == (set() if profile == "v13" else exact)
    document = visitor.json("/query?TYPE=backuptasksession&Format=entities&PageSize=1000&FILTER=vmdisplayname==dbserver01&v=latest")
    assert {row[key("UID", profile)] for row in rows_of(document, profile)} == exact


def test_grouping_and_precedence(visitor: Visitor, profile: str) -> None:
    tasks = ask(visitor, profile, "BackupTaskSession")

    def want(holds: Any) -> set[str]:
        return {task["UID"] for task in tasks if holds(task)}

    def got(expression: str) -> set[str]:
        return filtered(visitor, profile, "BackupTaskSession", expression)

    failed, srv = "Result==Failed", "VmDisplayName==srv01"
    assert got(f"{failed},{srv}") == want(lambda t: t["Result"] == "Failed" or t["VmDisplayName"] == "srv01")
    assert got(f"{failed};{srv}") == want(lambda t: t["Result"] == "Failed" and t["VmDisplayName"] == "srv01")
    mixed = want(lambda t: t["VmDisplayName"] == "srv01" or (t["VmDisplayName"] == "dbserver01" and t["Result"] == "Failed"))
    assert got(f"{srv},VmDisplayName==dbserver01;{failed}") == mixed, "AND binds tighter"
    assert got(f"({srv}),(VmDisplayName==dbserver01;{failed})") == mixed
    assert got(f"(({srv},VmDisplayName==dbserver01);({failed}))") == want(
        lambda t: t["VmDisplayName"] in ("srv01", "dbserver01") and t["Result"] == "Failed"
    )
    assert got(f"({failed})") == got(failed) != set()


def test_quoting(visitor: Visitor, profile: str) -> None:
    """04 section 2: blanks only in quotes, a quote is doubled, + is a blank, everything reserved goes in quotes."""
    jobs = {job["Name"]: job["UID"] for job in ask(visitor, profile, "Job")}
    for name, uid in jobs.items():
        assert filtered(visitor, profile, "Job", f"Name=={literal(name)}") == {uid}
    exchange = {jobs["Exchange Backup"]}
    for raw in ('name==%22Exchange+Backup%22', 'name==%22Exchange%20Backup%22', '(name=="Exchange+Backup")', 'name%3d%3d"Exchange%20Backup"'):
        assert {row["UID"] for row in ask(visitor, profile, "Job", f"&filter={raw}")} == exchange, raw
    assert filtered(visitor, profile, "Job", "name==Exchange Backup") == set(), "blanks of a bare word are dropped"
    for name in ('Büro "Nord"; Test, 1', "back\\slash & <angle>"):
        rows = ask(visitor, profile, "BackupTaskSession", "&filter=" + quote(f"VmDisplayName=={literal(name)}", safe=""))
        assert {row["VmDisplayName"] for row in rows} == {name}


def test_ids_in_three_forms(visitor: Visitor, profile: str) -> None:
    session = ask(visitor, profile, "BackupJobSession")[0]["UID"]
    guid = session.rpartition(":")[2]
    forms = [filtered(visitor, profile, "BackupTaskSession", f"JobSessionUid=={form}") for form in (f'"{session}"', f'"{guid}"', guid)]
    assert forms[0] == forms[1] == forms[2] != set()


def test_forms_of_times(visitor: Visitor, profile: str) -> None:
    """04 section 2, 07 questions 38 and 39: with and without zone and quotes, date only, 0 to 7 digits."""
    sessions = ask(visitor, profile, "BackupJobSession", "&sortAsc=CreationTime")
    moment = sessions[len(sessions) // 2]["CreationTimeUTC"][:19]
    wanted = {session["UID"] for session in sessions if session["CreationTimeUTC"][:19] >= moment}
    for form in (f'"{moment}Z"', f'"{moment}"', f"{moment}Z", moment, f'"{moment}.0000000Z"', f'"{moment}.0Z"'):
        assert filtered(visitor, profile, "BackupJobSession", f"CreationTime>={form}") == wanted, form
    wanted = {session["UID"] for session in sessions if session["CreationTimeUTC"][:10] >= moment[:10]}
    for form in (f'"{moment[:10]}"', moment[:10]):
        assert filtered(visitor, profile, "BackupJobSession", f"creationtime>={form}") == wanted, form


def test_pages(visitor: Visitor, profile: str) -> None:
    """First, Previous, Next, Last repeat the request in its order, with the server's way of percent-encoding."""
    text = "pageSize=7&filter=CreationTime%3E%3D%222020-01-01T00%3A00%3A00%22&type=BackupTaskSession&sortAsc=CreationTime&format=Entities"
    url, seen, number = f"/query?{text}", [], 0
    while url:
        number += 1
        document = visitor.json(url)
        info = document[key("PagingInfo", profile)]
        assert list(info) == [key(name, profile) for name in ("Links", "PageNum", "PageSize", "PagesCount")]
        assert (info[key("PageNum", profile)], info[key("PageSize", profile)]) == (number, 7)
        last = info[key("PagesCount", profile)]
        found = [checks.json_link(link, profile) for link in info[key("Links", profile)]]
        rels = ["First", *(["Previous"] if number > 1 else []), *(["Next"] if number < last else []), "Last"]
        assert sorted(link["Rel"] for link in found) == sorted(rels)
        assert all(link["Name"] is None and link["Type"] is None for link in found)
        pages = {"First": 1, "Previous": number - 1, "Next": number + 1, "Last": last}
        hexes = "%3E%3D%22" if profile == "v13" else "%3e%3d%22"
        for link in found:
            echoed = link["Href"].partition("?")[2]
            assert unquote(echoed) == unquote(f"{text}&page={pages[link['Rel']]}")
            assert hexes in echoed, echoed
        seen += [row[key("UID", profile)] for row in rows_of(document, profile)]
        url = next((link["Href"] for link in found if link["Rel"] == "Next"), "")
    assert number == last > 3
    assert len(seen) == len(set(seen))
    assert set(seen) == {row["UID"] for row in ask(visitor, profile, "BackupTaskSession")}


def test_paging_in_xml(visitor: Visitor, profile: str) -> None:
    root = visitor.xml("/query?type=BackupTaskSession&pageSize=2&page=2&sortDesc=Name")
    paging = find(root, "PagingInfo")
    assert paging is not None
    assert set(paging.attrib) == {"PageNum", "PageSize", "PagesCount"}
    assert (paging.get("PageNum"), paging.get("PageSize")) == ("2", "2")
    assert {link.get("Rel") for link in paging[0]} == {"First", "Previous", "Next", "Last"}
    assert all(set(link.attrib) == {"Rel", "Href"} for link in paging[0])
    assert len(root[0]) == 2


def test_a_hundred_rows_unless_told(visitor: Visitor, profile: str) -> None:
    document = visitor.json("/query?type=BackupTaskSession")
    info = document[key("PagingInfo", profile)]
    assert (info[key("PageNum", profile)], info[key("PageSize", profile)]) == (1, 100)
    assert len(document[key("Refs", profile)][key("Refs", profile)]) == 100
    assert info[key("Links", profile)][0][key("Href", profile)].endswith("/query?type=BackupTaskSession&pageSize=100&page=1")


def test_nothing_found(visitor: Visitor, profile: str) -> None:
    document = visitor.json("/query?type=BackupJobSession&format=Entities&filter=JobName==nothing")
    assert rows_of(document, profile) == []
    info = document[key("PagingInfo", profile)]
    assert (info[key("PageNum", profile)], info[key("PagesCount", profile)]) == (1, 1)
    assert [link[key("Rel", profile)] for link in info[key("Links", profile)]] == ["First", "Last"]
    assert visitor.json("/query?type=Job&filter=Name==nothing")[key("Refs", profile)] == {key("Refs", profile): []}


def test_beyond_the_last_page(visitor: Visitor, profile: str) -> None:
    """07 question 6."""
    document = visitor.json("/query?type=Job&format=Entities&pageSize=2&page=99")
    assert rows_of(document, profile) == []
    assert document[key("PagingInfo", profile)][key("PagesCount", profile)] == 3


@pytest.mark.parametrize("text", [
    "", "type=", "type=Nothing", *(f"type={kind}" for kind in NOT_QUERYABLE),
    "type=Job&pageSize=0", "type=Job&pageSize=-1", "type=Job&pageSize=x", "type=Job&page=0", "type=Job&page=1.5",
    "type=Job&sortAsc=Nothing", "type=Job&sortDesc=JobInfo", "type=Job&filter=Nothing==1", "type=BackupTaskSession&filter=VmUid==x",
    "type=BackupTaskSession&filter=CreationTimeUTC>=2020-01-01", "type=Job&filter=Name", "type=Job&filter=Name==", "type=Job&filter=(Name==a",
    "type=Job&filter=Name==a)", "type=Job&filter=Name=a", 'type=Job&filter=Name=="a', "type=Job&filter=Name==a;", "type=Job&filter=Name~~a",
    "type=BackupTaskSession&filter=Result==Nothing", "type=BackupTaskSession&filter=CreationTime>=yesterday",
    "type=BackupTaskSession&filter=TotalSize>much", "type=Job&filter=ScheduleEnabled==maybe", "type=Job&filter=Name==a b==c;;",
])
def test_refused(visitor: Visitor, profile: str, text: str) -> None:
    """07 questions 4 to 6: 400 with an Error in both formats."""
    refused(visitor.get(f"/query?{quote(text, safe='=&;,()!')}"), profile)
    root = visitor.get(f"/query?{quote(text, safe='=&;,()!')}", None)
    assert root.status == 400
    assert (tag(root.xml), root.xml.get("StatusCode")) == ("Error", "400")


@pytest.mark.parametrize("kind", EMPTY_TYPES)
def test_types_without_much(visitor: Visitor, profile: str, kind: str) -> None:
    if profile == "v95u4":
        pytest.skip("which of them it has is not documented")
    document = visitor.json(f"/query?type={kind}&format=Entities")
    assert len([value for value in document[key("Entities", profile)].values() if value is not None]) == 1


def test_preset_queries_work(visitor: Visitor, profile: str) -> None:
    """04 section 4: every link of /querySvc is a query that is answered."""
    root = visitor.xml("/querySvc")
    assert (tag(root), root.get("Type")) == ("QuerySvc", "QueryService")
    first, *presets = root[0]
    assert (first.get("Rel"), first.get("Type")) == ("Up", "LogonSession")
    kinds = set()
    for link in presets:
        assert link.get("Rel") == "Down"
        href = str(link.get("Href"))
        kinds.add(href.partition("type=")[2].partition("&")[0])
        kind = href.partition("type=")[2].partition("&")[0]
        sort = {"Task": "TaskUid", "Passwords": "BackupServerUid", "Credentials": "BackupServerUid"}.get(kind, "name")
        assert href.endswith(f"/query?type={kind}&format=Entities&sortAsc={sort}&pageSize=15&page=1")
        assert visitor.get(href).status == 200, href
    assert {kind.type for kind in TYPES if kind.since == "v95u4"} <= kinds | {"AgentBackupJob", "DiscoveredComputer", "AgentRestorePoint"}
