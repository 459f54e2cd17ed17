# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients see on the wire, with nothing but sockets and an HTTP library."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import xml.etree.ElementTree as ElementTree

import pytest
from visiting import Simulators, Visitor

from veeam_em_simulator.testing import Simulator

NS = "{http://www.veeam.com/ent/v1.0}"


def connection(em: Simulator) -> http.client.HTTPConnection:
    if em.protocol == "http":
        return http.client.HTTPConnection(em.host, em.port, timeout=20)
    return http.client.HTTPSConnection(em.host, em.port, timeout=20, context=ssl.create_default_context(cafile=em.ca_path))


def basic(em: Simulator) -> str:
    return "Basic " + base64.b64encode(f"{em.username}:{em.password}".encode()).decode()


def raw(em: Simulator, request: bytes, answers: int = 1) -> bytes:
    """Sends bytes and reads whole answers with a Content-Length."""
    context = ssl.create_default_context(cafile=em.ca_path)
    with context.wrap_socket(socket.create_connection((em.host, em.port), timeout=20), server_hostname=em.host) as stream:
        stream.sendall(request)
        reader = stream.makefile("rb")
        received = b""
        while answers:
            length = 0
            interim = False
            while (line := reader.readline()) not in (b"\r\n", b""):
                received += line
                interim = interim or line.startswith(b"HTTP/1.1 100")
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            received += b"\r\n" + reader.read(length)
            answers -= 0 if interim else 1
        return received


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
def test_a_script_that_follows_only_links(simulators: Simulators, profile: str) -> None:
    em = simulators(profile)
    wire = connection(em)

    def fetch(method: str, href: str, **headers: str) -> tuple[http.client.HTTPResponse, ElementTree.Element | None]:
        target = href.removeprefix(em.url)
        wire.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = wire.getresponse()
        body = answer.read()
        assert answer.getheader("Transfer-Encoding") is None
        return answer, ElementTree.fromstring(body) if body else None

    _, root = fetch("GET", "/api/")
    assert root is not None
    assert root.tag == f"{NS}EnterpriseManager"
    create = next(link.get("Href") for link in root.iter(f"{NS}Link") if link.get("Rel") == "Create")
    answer, logon = fetch("POST", create or "", Authorization=basic(em))
    assert (answer.status, logon is not None) == (201, True)
    assert logon is not None
    token = {"X_RestSvcSessionId": answer.getheader("X-RestSvcSessionId") or ""}
    links = {(link.get("Type"), link.get("Rel")): link.get("Href") or "" for link in logon.iter(f"{NS}Link")}
    _, presets = fetch("GET", links["QueryService", "Down"], **token)
    assert presets is not None
    page = next(link.get("Href") or "" for link in presets.iter(f"{NS}Link") if "type=BackupTaskSession&" in (link.get("Href") or ""))
    names, pages = set(), 0
    while page and pages < 5:
        _, result = fetch("GET", page, **token)
        assert result is not None
        found = result.findall(f"{NS}Entities/{NS}BackupTaskSessions/{NS}BackupTaskSession")
        names |= {task.get("UID") for task in found}
        pages += 1
        page = next((link.get("Href") or "" for link in result.iter(f"{NS}Link") if link.get("Rel") == "Next"), "")
    assert len(names) == 75
    answer, _ = fetch("DELETE", links[None, "Delete"], **token)
    assert answer.status == 204
    answer, _ = fetch("GET", links["QueryService", "Down"], **token)
    assert answer.status == 401
    assert em.open_sessions() == []


def test_requests_that_lenient_clients_send(simulators: Simulators) -> None:
    em = simulators()
    head = f"Host: em01.example.test:9398\r\nAuthorization: {basic(em)}\r\n"
    without_length = raw(em, f"POST /api//sessionMngr HTTP/1.1\r\n{head}\r\n".encode())
    assert without_length.startswith(b"HTTP/1.1 201 Created")
    assert b"\r\nX-RestSvcSessionId: " in without_length
    assert b'Href="https://em01.example.test:9398/api/backupServers"' in without_length
    chunked = f"POST /api/sessionMngr/?v=latest HTTP/1.1\r\n{head}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = raw(em, chunked.encode())
    assert answer.startswith(b"HTTP/1.1 100")
    assert b"HTTP/1.1 201 Created" in answer
    form = f"POST /api/sessionMngr HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    assert raw(em, form.encode()).startswith(b"HTTP/1.1 201")
    token = answer.split(b"X-RestSvcSessionId: ")[1].split(b"\r\n")[0].decode()
    session = f"Host: {em.host}:{em.port}\r\nX-RestSvcSessionId: {token}\r\n"
    query = 'type=BackupJobSession&filter=(CreationTime>"2020-01-01";JobName=="Web+Tier"),(Name=="%20")&pageSize=2'
    found = raw(em, f"GET /api/query?{query} HTTP/1.1\r\n{session}\r\n".encode())
    assert found.startswith(b"HTTP/1.1 200")
    assert b"Web Tier@" in found
    two = f"GET //api//backupServers/ HTTP/1.1\r\n{session}\r\n" * 2
    assert raw(em, two.encode(), answers=2).count(b"HTTP/1.1 200 OK") == 2


def test_formats(simulators: Simulators) -> None:
    for accept, kind in [
        (None, "xml"), ("application/xml", "xml"), ("*/*", "xml"), ("text/xml", "xml"), ("application/json", "json"),
        ("application/xml, text/xml, application/json", "json"), ("application/json; charset=utf-8", "json"),
    ]:  # fmt: skip
        visitor = Visitor(simulators(), accept=accept)
        answer = visitor.send("GET", "/api")
        assert answer.headers["Content-Type"] == f"application/{kind}; charset=utf-8"
    assert simulators.visitor().send("GET", "/api/nothing").json()["StatusCode"] == 404
    xml = Visitor(simulators(), accept=None).send("GET", "/api/jobs").content
    assert xml.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<Error ')


def test_plain_http_of_the_old_version_knows_only_xml(simulators: Simulators) -> None:
    visitor = Visitor(simulators("v95u4", http=True))
    assert visitor.em.url.startswith("http://")
    assert visitor.em.ca_path is None
    assert visitor.log_on().headers["Content-Type"].startswith("application/xml")
    assert visitor.send("GET", "/api/jobs").headers["Content-Type"].startswith("application/xml")
    assert Visitor(simulators("v12", http=True)).send("GET", "/api/").json()["SupportedVersions"]


def test_methods_and_identifiers(visitor: Visitor) -> None:
    for method in ("HEAD", "OPTIONS", "PATCH", "PUT", "DELETE", "POST"):
        assert visitor.send(method, "/api/backupServers").status_code == 405, method
    assert visitor.send("GET", "/api/sessionMngr").status_code == 405
    assert visitor.send("GET", "/api/jobs/not-a-guid").status_code == 400
    assert visitor.send("GET", "/api/jobs/00000000-0000-4000-8000-000000000000").status_code == 404
    assert visitor.send("GET", "/api/v1/jobs").status_code == 404
    assert visitor.send("GET", "/web/").headers["Content-Type"].startswith("text/html")
    job = visitor.get("/api/jobs")["Refs"][0]["Href"]
    assert visitor.get(job.upper().replace("HTTPS", "https").replace("/API/JOBS", "/API/Jobs")) == visitor.get(job)


def test_reason_phrases_and_server_names(simulators: Simulators) -> None:
    for profile, reason, server in [("v12", "NotFound", "Microsoft-HTTPAPI/2.0"), ("v13", "Not Found", "Kestrel")]:
        answer = simulators.visitor(profile).send("GET", "/api/nothing")
        assert (answer.reason, answer.headers["Server"]) == (reason, server)


def test_links_can_name_another_host(simulators: Simulators) -> None:
    visitor = Visitor(simulators(href_base="https://em01.example.test:9398/"))
    assert visitor.get("/api/")["Links"][0]["Href"] == "https://em01.example.test:9398/api/logonSessions"


def test_the_log_keeps_what_was_sent(visitor: Visitor) -> None:
    visitor.get("/api/query?type=Job&filter=Name==%22x%22")
    log = visitor.em.requests()
    session = visitor.em.open_sessions()[0]["session_id"]
    assert [(e["method"], e["path"], e["query"], e["status"], e["session_id"]) for e in log] == [
        ("POST", "/api/sessionMngr/", "v=latest", 201, session),
        ("GET", "/api/query", "type=Job&filter=Name==%22x%22", 200, session),
    ]


def test_json_and_xml_of_three_profiles_tell_the_same(simulators: Simulators) -> None:
    told = []
    for profile in ("v95u4", "v12", "v13"):
        visitor = simulators.visitor(profile)
        for accept in ("application/json", "application/xml"):
            text = visitor.send("GET", "/api/repositories?format=Entity", headers={"Accept": accept}).text
            if accept == "application/json":
                data = {key.lower(): value for key, value in json.loads(text).items()}["repositories"]
                told.append([{key.lower(): value for key, value in item.items()} for item in data])
                told[-1] = [{key: str(item[key]) for key in ("capacity", "freespace", "kind", "name", "uid")} for item in told[-1]]
            else:
                told.append(
                    [
                        {
                            "capacity": item.findtext(f"{NS}Capacity"), "freespace": item.findtext(f"{NS}FreeSpace"),
                            "kind": item.findtext(f"{NS}Kind"), "name": item.get("Name"), "uid": item.get("UID"),
                        }
                        for item in ElementTree.fromstring(text)
                    ]
                )  # fmt: skip
    assert len(told[0]) == 8
    assert all(items == told[0] for items in told)
