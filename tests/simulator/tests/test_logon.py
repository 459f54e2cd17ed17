# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from typing import Any

import pytest
from visiting import Simulators, Visitor


def test_a_logon_answers_with_token_cookie_and_location(simulators: Simulators) -> None:
    visitor = Visitor(simulators())
    answer = visitor.send("POST", "/api/sessionMngr/?v=latest", auth=(visitor.em.username, visitor.em.password))
    assert answer.status_code == 201
    token = answer.headers["X-RestSvcSessionId"]
    body = answer.json()
    assert list(body) == ["UserName", "SessionId", "Links", "Href", "Type"]
    assert token == base64.b64encode(body["SessionId"].encode()).decode()
    assert answer.headers["Set-Cookie"] == f"X-RestSvcSessionId={token}; Path=/api;"
    assert answer.headers["Location"] == body["Href"]
    assert len(body["Links"]) == 68


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        ("v12", "/api/sessionMngr", 201), ("v12", "/api/sessionMngr/", 201), ("v12", "/api//sessionMngr", 201),
        ("v12", "/API/SESSIONMNGR/?V=V1_7", 201), ("v12", "/api/sessionMngr/?v=v1_4", 201), ("v12", "/api/sessionMngr/?v=latest&v=v1_5", 201),
        ("v12", "/api/sessionMngr/?v=v1_8", 400), ("v12", "/api/sessionMngr/?v=newest", 400),
        ("v95u4", "/api/sessionMngr/?v=v1_4", 201), ("v95u4", "/api/sessionMngr/?v=v1_5", 400),
        ("v13", "/api/sessionMngr/?v=v1_7", 201),
    ],
)  # fmt: skip
def test_paths_and_versions(simulators: Simulators, profile: str, path: str, status: int) -> None:
    assert Visitor(simulators(profile)).log_on(path).status_code == status


def test_wrong_credentials_are_challenged(simulators: Simulators) -> None:
    visitor = Visitor(simulators())
    for auth in (None, ("nobody", "x"), (visitor.em.username, "wrong"), ("", "")):
        answer = visitor.send("POST", "/api/sessionMngr/?v=latest", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Basic Realm=RestSvc"
        assert answer.json()["StatusCode"] == 401
    assert visitor.em.open_sessions() == []


def test_domain_names_and_hard_passwords(simulators: Simulators) -> None:
    visitor = simulators.visitor("v12", "roles")
    assert visitor.em.open_sessions()[0]["username"] == "EM01\\admin"
    visitor.account = {**visitor.account, "username": "ADMIN"}
    assert visitor.log_on().status_code == 201


def test_an_account_without_a_role_is_denied(simulators: Simulators, tmp_path: Any) -> None:
    assert Visitor(simulators(), account=3).log_on().status_code == 403
    file = tmp_path / "switch.yml"
    file.write_text("settings: {no_role_status: 401}\n")
    answer = Visitor(simulators("v12", str(file)), account=3).log_on()
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_an_idle_session_ends_after_fifteen_minutes_and_use_keeps_it_alive(visitor: Visitor) -> None:
    for _ in range(4):
        visitor.em.advance("14m")
        visitor.get("/api/backupServers")
    visitor.em.advance("15m")
    answer = visitor.send("GET", "/api/backupServers")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Basic Realm=RestSvc"
    assert visitor.em.open_sessions() == []


def test_the_cookie_wins_over_the_header(visitor: Visitor) -> None:
    token = visitor.headers.pop("X-RestSvcSessionId")
    assert visitor.send("GET", "/api/backupServers").status_code == 401
    by_cookie = {"Cookie": f"other=1; X-RestSvcSessionId={token}"}
    assert visitor.send("GET", "/api/backupServers", headers=by_cookie).status_code == 200
    both = {"Cookie": "X-RestSvcSessionId=dead", "X-RestSvcSessionId": token}
    assert visitor.send("GET", "/api/backupServers", headers=both).status_code == 401
    basic_too = {"X-RestSvcSessionId": token, "Authorization": "Basic eDp5"}
    assert visitor.send("GET", "/api/backupServers", headers=basic_too).status_code == 200


def test_sessions_are_listed_own_first_and_ended_by_their_id(visitor: Visitor) -> None:
    others = [Visitor(visitor.em, account=1) for _ in range(3)]
    for other in others:
        assert other.log_on().status_code == 201
    mine = visitor.get("/api/logonSessions")["LogonSessions"]
    assert [session["UserName"] for session in mine] == ["svc-ansible", "svc-portal", "svc-portal", "svc-portal"]
    theirs = others[1].get("/api/logonSessions")["LogonSessions"]
    assert [session["UserName"] for session in theirs] == ["svc-portal"] * 3
    ids = {session["session_id"] for session in visitor.em.open_sessions()}
    assert others[0].send("DELETE", f"/api/logonSessions/{mine[0]['SessionId']}").status_code == 403
    ended = visitor.send("DELETE", mine[0]["Href"])
    assert (ended.status_code, ended.content) == (204, b"")
    assert visitor.send("GET", "/api/jobs").status_code == 401
    assert {session["session_id"] for session in visitor.em.open_sessions()} == ids - {mine[0]["SessionId"]}


def test_a_form_can_be_refused(simulators: Simulators, tmp_path: Any) -> None:
    file = tmp_path / "form.yml"
    file.write_text("settings: {refuse_form_logon: true}\n")
    visitor = Visitor(simulators("v12", str(file)))
    auth = (visitor.em.username, visitor.em.password)
    assert visitor.post("/api/sessionMngr/", auth=auth, data={"a": "b"}).status_code == 415
    assert visitor.post("/api/sessionMngr/", auth=auth).status_code == 201


def test_a_cap_on_sessions(simulators: Simulators, tmp_path: Any) -> None:
    file = tmp_path / "cap.yml"
    file.write_text("settings: {max_logon_sessions: 2}\n")
    em = simulators("v12", str(file))
    assert [Visitor(em).log_on().status_code for _ in range(3)] == [201, 201, 503]
