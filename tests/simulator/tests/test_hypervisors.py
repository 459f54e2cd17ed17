# SPDX-License-Identifier: GPL-3.0-or-later
"""Hierarchy roots whose ids are none or wrong, lookups that don't answer, accounts that don't see everything, faults of an estate."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from sites import site
from visiting import Local

WEB = [{"name": "web01", "on": "vc01"}, {"name": "db01", "display_name": "Database", "on": "vc02"}]
NIL = "00000000-0000-0000-0000-000000000000"


def with_root(**keys: Any) -> Local:
    estate = site(WEB)
    estate["hierarchy_roots"][0] |= keys
    return Local(estate)


@pytest.mark.parametrize("unique_id", [NIL, "", "None", "  ", "same", None])
def test_unique_ids_that_are_none(unique_id: str | None) -> None:
    estate = site(WEB)
    estate["hierarchy_roots"] = [root | {"unique_id": unique_id} for root in estate["hierarchy_roots"]]
    assert [root["UniqueId"] for root in Local(estate).roots().values()] == [unique_id, unique_id]


@pytest.mark.parametrize("wrong", ["roots", "roots_and_lookup"])
def test_the_list_of_roots_gives_another_id(wrong: str) -> None:
    em = with_root(wrong_id=wrong)
    root = em.roots()["vc01", "vbr01"]
    (ref,) = em.lookup(root)
    point = em.rows("VmRestorePoint", 'VmName=="web01"')[0]
    assert point["HierarchyObjRef"] == next(row["VmUid"] for row in em.rows("BackupTaskSession") if row["VmDisplayName"] == "web01")
    assert root["HierarchyRootId"] not in point["HierarchyObjRef"]
    assert (ref == point["HierarchyObjRef"]) == (wrong == "roots")
    assert (root["HierarchyRootId"] in ref) == (wrong == "roots_and_lookup")
    related = next(link["Href"] for link in root["Links"] if link["Rel"] == "Related")
    assert em.status("/api/" + related.split("/api/")[1]) == 200


@pytest.mark.parametrize(("lookup", "status"), [("fails", 500), (503, 503), (403, 403), ("answers", 200), ("empty", 200)])
def test_a_lookup_that_does_not_answer(lookup: str | int, status: int) -> None:
    em = with_root(lookup=lookup)
    roots = em.roots()
    target = f"/api/lookup?host={roots['vc01', 'vbr01']['UID']}&name=*&type=Vm"
    assert em.status(target) == status
    assert list(em.lookup(roots["vc02", "vbr01"]).values()) == ["db01"]
    ref = em.rows("VmRestorePoint", 'VmName=="web01"')[0]["HierarchyObjRef"]
    assert em.status(f"/api/lookup?hierarchyRef={ref}") == (404 if lookup == "empty" else status)
    if lookup == "empty":
        assert em.get(target) == {"HierarchyItems": []}


def test_each_server_looks_up_for_itself() -> None:
    estate = site(WEB)
    estate["backup_servers"].append({"name": "vbr02"})
    estate["hierarchy_roots"][0] |= {"backup_servers": ["vbr01", "vbr02"], "lookup": {"vbr02": "empty"}}
    em = Local(estate)
    found = {server: em.lookup(root) for (name, server), root in em.roots().items() if name == "vc01"}
    assert found["vbr02"] == {}
    assert list(found["vbr01"].values()) == ["web01"]


def test_the_forms_of_a_lookup() -> None:
    em = with_root()
    root = em.roots()["vc01", "vbr01"]
    (ref,) = em.lookup(root)
    for target in (
        f"/api/lookup?host={quote(root['UID'], safe='')}&name=*&type=VM",
        f"/api/lookup?type=vm&name=WEB01&host={root['UID']}",
        f"/api/lookup?name=%2A&host={root['HierarchyRootId']}&type=Vm",
        f"/api/lookup?hierarchyRef={ref.replace(':Vm:', ':vm:')}",
        f"/api/lookup?hierarchyRef={quote(ref, safe='')}",
    ):
        assert [item["ObjectRef"] for item in em.get(target)["HierarchyItems"]] == [ref]
    assert em.lookup(root, "web") == {}


def narrow(**keys: Any) -> Local:
    account = {"username": "narrow", "password": "p", "role": "Portal Administrator", **keys}
    return Local(site(WEB, accounts=[account]))


def test_an_account_sees_some_machines() -> None:
    em = narrow(sees=["DATA*", "db*"])
    assert {row["VmDisplayName"] for row in em.rows("BackupTaskSession")} == {"Database"}
    assert {row["VmName"] for row in em.rows("VmRestorePoint")} == {"db01"}
    assert len(em.rows("BackupJobSession")) == 10
    roots = em.roots()
    assert (em.lookup(roots["vc01", "vbr01"]), list(em.lookup(roots["vc02", "vbr01"]).values())) == ({}, ["db01"])
    assert len(em.get("/api/backupTaskSessions")["Refs"]) == 10
    session = em.rows("BackupJobSession")[-1]["UID"].split(":")[-1]
    assert len(em.get(f"/api/backupSessions/{session}/taskSessions")["Refs"]) == 1


def test_an_account_is_denied_resources() -> None:
    em = narrow(denied=["systemSessions", "/lookup", "query/Repository"])
    for target in ("/api/systemSessions?format=Entity", "/api/lookup?name=*", "/api/query?type=repository", "/api/systemsessions/x"):
        assert em.status(target) == 403
    for target in ("/api/lookupSvc", "/api/repositories", "/api/query?type=BackupServer"):
        assert em.status(target) == 200


def test_faults_of_an_estate_are_there_from_the_start() -> None:
    fault = {"kind": "error", "path": "/api/query", "query": "*type=repository&*", "status": 502, "count": None}
    em = Local(site(WEB, faults=[fault]))
    assert em.status("/api/query?type=Repository&format=Entities") == 502
    assert em.status("/api/query?type=BackupServer&format=Entities") == 200
    assert em.em.enterprise.faults.all()[0].struck == 1
    em.em.enterprise.reset()
    assert em.em.enterprise.faults.all()[0].struck == 0
