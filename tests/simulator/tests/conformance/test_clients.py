# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients as others wrote them: XML by links alone, a cookie jar, and the simulator started as a command."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlsplit

import requests

from veeam_em_simulator.testing import Simulator

NAMESPACE = {"em": "http://www.veeam.com/ent/v1.0"}


def test_a_script_that_follows_links(em: Simulator) -> None:
    """From the root document to every task session and out again, with http.client and an XML parser."""
    connection = http.client.HTTPSConnection(em.host, em.port, context=ssl.create_default_context(cafile=em.ca_path))
    headers: dict[str, str] = {}

    def follow(method: str, href: str) -> tuple[http.client.HTTPResponse, ElementTree.Element | None]:
        parts = urlsplit(href)
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        return answer, ElementTree.fromstring(body) if body else None

    def link(document: ElementTree.Element | None, **wanted: str) -> str:
        assert document is not None
        return next(
            str(found.get("Href")) for found in document.iterfind(".//em:Link", NAMESPACE)
            if all(found.get(name) == value for name, value in wanted.items())
        )

    _, root = follow("GET", f"{em.url}/api/")
    headers = {"Authorization": "Basic " + base64.b64encode(f"{em.username}:{em.password}".encode()).decode()}
    answer, session = follow("POST", link(root, Rel="Create", Type="LogonSession"))
    assert answer.status == 201
    headers = {"X-RestSvcSessionId": str(answer.getheader("X-RestSvcSessionId"))}
    _, service = follow("GET", link(session, Type="QueryService"))
    assert service is not None
    href = next(
        str(found.get("Href")) for found in service.iterfind(".//em:Link", NAMESPACE) if "type=BackupTaskSession&" in str(found.get("Href"))
    )
    seen: list[str] = []
    pages = last = 0
    while href:
        _, document = follow("GET", href)
        assert document is not None
        pages += 1
        rows = document.findall("em:Entities/em:BackupTaskSessions/em:BackupTaskSession", NAMESPACE)
        assert 0 < len(rows) <= 15
        seen += [str(row.get("UID")) for row in rows]
        paging = document.find("em:PagingInfo", NAMESPACE)
        assert paging is not None
        last = int(str(paging.get("PagesCount")))
        href = next((str(found.get("Href")) for found in paging.iterfind(".//em:Link[@Rel='Next']", NAMESPACE)), "")
    assert pages == last > 2
    assert len(seen) == len(set(seen)) > 15 * (pages - 1)
    answer, _ = follow("DELETE", link(session, Rel="Delete"))
    assert answer.status == 204
    answer, _ = follow("GET", link(session, Type="QueryService"))
    assert answer.status == 401
    connection.close()
    assert em.open_sessions() == []


def test_requests_with_a_cookie_jar(em: Simulator) -> None:
    """02 section 1: a client that posts to the doubled slash, then lives by the cookie."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(em.ca_path)
        session.auth = requests.auth.HTTPBasicAuth(em.username.encode(), em.password.encode())
        assert session.post(f"{em.url}/api//sessionMngr").status_code == 201
        for path in ("reports/summary", "backupServers?format=Entity", "jobs?format=Entity"):
            assert session.get(f"{em.url}/api/{path}", headers={"Accept": "application/json"}).status_code == 200
        (own,) = em.open_sessions()
        assert session.delete(f"{em.url}/api/logonSessions/{own['session_id']}").status_code == 204
    assert em.open_sessions() == []


def test_the_command(tmp_path: Path) -> None:
    """Started as a program, found by its ready file, controlled with its token, ended by a signal."""
    ready = tmp_path / "ready.json"
    server = subprocess.Popen(
        [sys.executable, "-m", "veeam_em_simulator", "--profile", "v12", "--estate", "empty", "--port", "0", "--ready-file", str(ready)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            if ready.exists() and ready.read_text().strip():
                break
            with_timeout(server, 0.05)
        told = json.loads(ready.read_text())
        assert {"url", "host", "port", "protocol", "ca_path", "username", "password", "admin_token", "pid", "accounts"} <= set(told)
        with requests.Session() as session:
            session.trust_env = False
            session.verify = told["ca_path"]
            assert session.get(f"{told['url']}/api/").status_code == 200
            control = {"X-Admin-Token": told["admin_token"]}
            log = session.get(f"{told['url']}/_control/requests", headers=control).json()["requests"]
            assert [(row["method"], row["path"], row["status"]) for row in log] == [("GET", "/api/", 200)]
            assert session.get(f"{told['url']}/_control/requests").status_code in (401, 403)
            before = session.get(f"{told['url']}/_control/clock", headers=control).json()["now"]
            assert session.post(f"{told['url']}/_control/clock", headers=control, json={"advance": "2h"}).status_code == 200
            assert session.get(f"{told['url']}/_control/clock", headers=control).json()["now"] > before
    finally:
        server.terminate()
        assert server.wait(10) in (0, -15)


def with_timeout(server: subprocess.Popen[bytes], seconds: float) -> None:
    """Waits a moment; a server that ends meanwhile is an error."""
    try:
        code = server.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError(f"the simulator ended with {code}")
