# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging on in every way that clients are known to use, sessions and their end, and who may do what."""

from __future__ import annotations

import base64
import re

import pytest

from conformance.notation import key
from conformance.wire import JSON, TOKEN, Visitor, tag

CHALLENGE = "Basic Realm=RestSvc"


@pytest.mark.parametrize("path", [
    "/sessionMngr", "/sessionMngr/", "//sessionMngr", "/sessionMngr/?v=latest", "/sessionMngr/?v=latest&v=latest", "/sessionmngr/?V=Latest",
])
@pytest.mark.parametrize("accept", [JSON, None])
def test_paths(stranger: Visitor, profile: str, path: str, accept: str | None) -> None:
    """02 section 1, 07 section 6 item 1."""
    answer = stranger.log_on(path, accept)
    assert answer.status == 201
    if accept:
        session_id = answer.json[key("SessionId", profile)]
    else:
        assert tag(answer.xml) == "LogonSession"
        session_id = answer.xml[2].text
    assert answer.header("Location") == f"{stranger.em.url}/api/logonSessions/{session_id}"
    token = answer.header(TOKEN)
    assert token == base64.b64encode(session_id.encode()).decode(), "two clients compute it themselves"
    assert str(answer.header("Set-Cookie")).startswith(f"{TOKEN}={token}; Path=/api")
    assert [name for name, _ in answer.headers if name.lower() == TOKEN.lower()] == [TOKEN], "one client compares the case"
    assert stranger.log_off().status == 204


def test_versions(stranger: Visitor, profile: str) -> None:
    """01 section 2: those that the root document advertises are let in, others that never were are refused."""
    for version in stranger.json("/")[key("SupportedVersions", profile)][key("SupportedVersions", profile)]:
        assert stranger.log_on(f"/sessionMngr/?v={version[key('Name', profile)]}").status == 201
        stranger.log_off()
    assert stranger.log_on("/sessionMngr/?v=v1_4").status == 201, "old names work"
    stranger.log_off()
    answer = stranger.log_on("/sessionMngr/?v=v9_9")
    assert answer.status == 400
    assert answer.json[key("StatusCode", profile)] == 400


@pytest.mark.parametrize(("headers", "body"), [
    ({}, None), ({"Content-Length": "0"}, b""), ({"Content-Type": "application/x-www-form-urlencoded"}, b""),
    ({"Content-Type": "application/json", "Content-Length": "0"}, None), ({"Content-Type": "application/xml"}, b""),
    ({"Transfer-Encoding": "chunked", "Expect": "100-continue"}, b"0\r\n\r\n"),
], ids=["nothing", "length 0", "form", "json", "xml", "empty chunk after 100-continue"])
def test_bodies(stranger: Visitor, headers: dict[str, str], body: bytes | None) -> None:
    """07 section 6 item 1."""
    answer = stranger.send("POST", "/sessionMngr/?v=latest", {"Authorization": stranger.basic} | headers, body, accept=JSON)
    assert answer.status == 201
    stranger.token = answer.header(TOKEN)
    stranger.session_id = str(answer.header("Location")).rpartition("/")[2]
    assert stranger.log_off().status == 204


def test_refused(stranger: Visitor, profile: str) -> None:
    """02 section 3: the challenge header, with an Error in the asked format."""
    wrong = base64.b64encode(f"{stranger.em.username}:wrong".encode()).decode()
    for header in ({}, {"Authorization": f"Basic {wrong}"}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}):
        answer = stranger.send("POST", "/sessionMngr/?v=latest", {"Content-Length": "0"} | header, accept=JSON)
        assert (answer.status, answer.header("WWW-Authenticate")) == (401, CHALLENGE)
        assert answer.json[key("StatusCode", profile)] == 401
        assert answer.header(TOKEN) is None
        answer = stranger.send("POST", "/sessionMngr/?v=latest", {"Content-Length": "0"} | header)
        assert (tag(answer.xml), answer.xml.get("StatusCode")) == ("Error", "401")


def test_without_a_token(stranger: Visitor, profile: str) -> None:
    for path in ("/backupServers", "/logonSessions", "/query?type=Job", "/reports/summary", "/tasks"):
        for headers in ({}, {TOKEN: "bm9uc2Vuc2U="}, {"Cookie": f"{TOKEN}=bm9uc2Vuc2U="}):
            answer = stranger.send("GET", path, headers, accept=JSON)
            assert (answer.status, answer.header("WWW-Authenticate")) == (401, CHALLENGE), path
            assert answer.json[key("StatusCode", profile)] == 401


def test_token_as_header_and_cookie(visitor: Visitor) -> None:
    """02 section 2: the cookie wins, in both directions; Basic beside it does no harm."""
    token = str(visitor.token)
    visitor.token = None
    try:
        for headers, status in (
            ({TOKEN: token}, 200), ({TOKEN.lower(): token}, 200), ({"Cookie": f"{TOKEN}={token}"}, 200),
            ({TOKEN: token, "Cookie": f"{TOKEN}={token}"}, 200), ({TOKEN: "dead", "Cookie": f"{TOKEN}={token}"}, 200),
            ({TOKEN: token, "Cookie": f"{TOKEN}=dead"}, 401), ({TOKEN: token, "Cookie": "other=1"}, 200),
            ({TOKEN: token, "Authorization": visitor.basic}, 200), ({"Authorization": visitor.basic}, 401),
        ):
            assert visitor.send("GET", "/backupServers", headers).status == status, headers
    finally:
        visitor.token = token


def test_idle_expiry(fresh: Visitor) -> None:
    """02 section 2, 07 question 19: fifteen minutes without a request, each request starts them anew."""
    for _ in range(3):
        fresh.em.advance("14m")
        assert fresh.get("/backupServers").status == 200
    fresh.em.advance("16m")
    answer = fresh.get("/backupServers")
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, CHALLENGE)
    assert fresh.em.open_sessions() == []


def test_end_and_list_of_sessions(fresh: Visitor, profile: str) -> None:
    """02 section 4, 07 questions 20 and 21, 07 section 6 item 2."""
    other, user = Visitor(fresh.em), Visitor(fresh.em, account=1)
    assert other.log_on().status == 201
    assert user.log_on().status == 201

    def listed(visitor: Visitor) -> list[str]:
        return [row[key("SessionId", profile)] for row in visitor.json("/logonSessions")[key("LogonSessions", profile)]]

    assert listed(other)[0] == other.session_id, "the caller's own first"
    assert set(listed(other)) == {fresh.session_id, other.session_id, user.session_id}
    if fresh.em.accounts[1]["role"] != fresh.em.accounts[0]["role"]:
        assert listed(user) == [user.session_id]
        assert user.send("DELETE", f"/logonSessions/{other.session_id}").status == 403
    answer = other.send("DELETE", f"/logonSessions/{other.session_id}")
    assert (answer.status, answer.body) == (204, b"")
    assert other.get("/backupServers").status == 401
    assert fresh.get("/backupServers").status == 200
    assert fresh.send("DELETE", f"/logonSessions/{user.session_id}").status == 204, "an administrator may"
    assert user.get("/backupServers").status == 401
    for visitor in (other, user):
        visitor.close()


ADMIN_ONLY = ("/jobs", "/agents/jobs", "/agents/discoveredComputers", "/agents/protectionGroups", "/query?type=Job",
              "/query?type=AgentBackupJob", "/query?type=ObjectInJob", "/query?type=DiscoveredComputer", "/query?type=AgentProtectionGroup")
USERS = ("/backupServers", "/backupSessions", "/backupTaskSessions", "/replicaSessions", "/replicaTaskSessions", "/repositories",
         "/hierarchyRoots", "/managedServers", "/lookupSvc", "/reports/summary", "/query?type=BackupJobSession",
         "/query?type=BackupTaskSession", "/query?type=BackupServer", "/query?type=Repository", "/query?type=VmRestorePoint")
OPERATORS = ("/backups", "/restorePoints", "/catalog/vms", "/replicas", "/tasks", "/query?type=Backup", "/query?type=Replica",
             "/query?type=RestorePoint", "/query?type=Task", "/query?type=VmRestorePoint")


def test_roles(fresh: Visitor, profile: str) -> None:
    """02 section 6."""
    allowed = {"administrator": {*ADMIN_ONLY, *USERS, *OPERATORS}, "user": {*USERS, *OPERATORS}, "operator": set(OPERATORS)}
    seen = set()
    for number, account in enumerate(fresh.em.accounts):
        role = next((name for name in allowed if name in account["role"].lower()), None)
        if role is None:
            continue
        seen.add(role)
        visitor = Visitor(fresh.em, number)
        assert visitor.log_on().status == 201
        for path in sorted(allowed["administrator"]):
            answer = visitor.get(path)
            assert answer.status == (200 if path in allowed[role] else 403), (account["role"], path)
            if answer.status == 403:
                assert re.search("access denied", answer.json[key("Message", profile)], re.IGNORECASE)
        visitor.close()
    assert seen == set(allowed)


def test_roles_and_actions(fresh: Visitor, profile: str) -> None:
    """02 section 6: a user may collect, and neither start jobs nor stop sessions."""
    number = next(n for n, account in enumerate(fresh.em.accounts) if "user" in account["role"].lower())
    user = Visitor(fresh.em, number)
    assert user.log_on().status == 201

    def first(path: str) -> str:
        href = fresh.json(path)[key("Refs", profile)][0][key("Href", profile)]
        assert isinstance(href, str)
        return href

    assert user.send("POST", f"{first('/jobs')}?action=start", accept=JSON).status == 403
    assert user.send("POST", f"{first('/backupSessions')}?action=stop", accept=JSON).status == 403
    assert user.send("POST", f"{first('/backupServers')}?action=collect", accept=JSON).status == 202
    user.close()


def test_account_without_a_role(fresh: Visitor, profile: str) -> None:
    """07 question 17."""
    number = next((n for n, account in enumerate(fresh.em.accounts) if account["role"].lower() in ("", "none", "no role")), None)
    if number is None:
        pytest.skip("the estate has no such account")
    visitor = Visitor(fresh.em, number)
    answer = visitor.log_on()
    assert (answer.status, answer.json[key("StatusCode", profile)]) == (403, 403)
    visitor.close()
