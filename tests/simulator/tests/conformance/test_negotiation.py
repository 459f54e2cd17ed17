# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats, methods and headers (01 sections 4, 5 and 8, 07 questions 23 to 28, 07 section 6)."""

from __future__ import annotations

import re

import pytest

from conformance.notation import camel, key
from conformance.wire import JSON, XML, Visitor, tag
from veeam_em_simulator.testing import Simulator


@pytest.mark.parametrize(("accept", "media_type"), [
    (None, XML), ("application/xml", XML), ("application/json", JSON), ("text/xml", XML), ("*/*", XML), ("text/html", XML),
    ("application/xml, text/xml, application/json", JSON), ("application/json;q=0.1, application/xml", JSON), ("APPLICATION/JSON", JSON),
    ("application/json; charset=utf-8", JSON),
])
def test_accept(visitor: Visitor, accept: str | None, media_type: str) -> None:
    answer = visitor.get("/backupServers", accept)
    assert (answer.status, answer.header("Content-Type")) == (200, f"{media_type}; charset=utf-8")


@pytest.mark.parametrize("accept", [JSON, None])
@pytest.mark.parametrize("path", ["/", "/backupServers?format=Entity", "/query?type=Job", "/nothing", "/jobs/no-guid", "/reports/summary"])
def test_bodies(visitor: Visitor, path: str, accept: str | None) -> None:
    """The length is told, no chunks, no mark of the byte order."""
    answer = visitor.get(path, accept)
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Transfer-Encoding") is None
    assert answer.header("Content-Encoding") is None
    assert answer.body[:1] in (b"{", b"<")
    answer.body.decode("utf-8")
    if accept is None:
        assert answer.xml.tag.startswith("{http://www.veeam.com/ent/v1.0}")


@pytest.mark.parametrize("accept", [JSON, None])
def test_errors(visitor: Visitor, profile: str, accept: str | None) -> None:
    """01 section 9."""
    answer = visitor.get("/nothing", accept)
    assert answer.status == 404
    if accept is None:
        assert tag(answer.xml) == "Error"
        assert {"Message", "StatusCode"} <= set(answer.xml.attrib) <= {"Message", "StatusCode", "Status"}
        assert {tag(child) for child in answer.xml} <= {"FirstChanceExceptionMessage", "StackTrace"}
    else:
        names = ["FirstChanceExceptionMessage", "Message", "StackTrace", "Status", "StatusCode"]
        assert list(answer.json) == [key(name, profile) for name in names]
        assert answer.json[key("StatusCode", profile)] == 404


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "POST", "DELETE"])
def test_other_methods(visitor: Visitor, profile: str, method: str) -> None:
    answer = visitor.send(method, "/reports/summary", accept=JSON)
    assert answer.status == 405
    assert answer.json[key("StatusCode", profile)] == 405


def test_head(visitor: Visitor) -> None:
    assert visitor.send("HEAD", "/backupServers").status == 405


@pytest.mark.parametrize("value", ["Entity", "entity", "Entities", "ENTITIES"])
def test_format_has_two_spellings(visitor: Visitor, profile: str, value: str) -> None:
    """07 question 14."""
    assert list(visitor.json(f"/backupServers?FORMAT={value}")) == [key("BackupServers", profile)]
    document = visitor.json(f"/query?type=BackupServer&format={value}")
    assert document[key("Entities", profile)] is not None


def test_an_unknown_format_is_references(visitor: Visitor, profile: str) -> None:
    """07 question 15."""
    assert list(visitor.json("/backupServers?format=fancy")) == [key("Refs", profile)]


def test_parameters_that_nobody_knows_do_no_harm(visitor: Visitor) -> None:
    assert visitor.json("/backupServers?v=latest&x=%26") == visitor.json("/backupServers")


def test_links_go_by_the_name_that_the_visitor_used(visitor: Visitor, profile: str) -> None:
    """07 section 6 item 3."""
    for host in ("em01.example.test:9398", f"localhost:{visitor.em.port}"):
        answer = visitor.get("/backupServers", Host=host)
        hrefs = [row[key("Href", profile)] for row in answer.json[key("Refs", profile)]]
        assert hrefs
        assert all(href.startswith(f"https://{host}/api/") for href in hrefs)
    answer = visitor.get("/query?type=Job", Host="em01.example.test")
    paging = answer.json[key("PagingInfo", profile)][key("Links", profile)]
    assert all(link[key("Href", profile)].startswith("https://em01.example.test/api/query?") for link in paging)


def test_case_of_keys(visitor: Visitor, profile: str) -> None:
    """v13 writes every key in camel case and changes no value."""
    for path in ("/", "/backupSessions?format=Entity", "/jobs?format=Entity", "/query?type=Job&format=Entities", "/reports/summary/overview"):
        keys = set(re.findall(r'"(\w+)":', visitor.get(path).body.decode().replace('\\"', "")))
        assert keys
        wrong = [name for name in keys if (camel(name) == name) != (profile == "v13")]
        assert not wrong, path
    assert {row[key("Type", profile)] for row in visitor.json("/jobs")[key("Refs", profile)]} == {"JobReference"}


def test_nulls_in_json(visitor: Visitor, profile: str) -> None:
    body = visitor.get("/backupSessions?format=Entity").body
    assert (b":null" in body) == (profile != "v95u4")


def test_versions_and_ports_of_backup_servers(visitor: Visitor, profile: str) -> None:
    """05 section 1, 07 section 1."""
    for row in visitor.json("/backupServers?format=Entity")[key("BackupServers", profile)]:
        version, port = row[key("Version", profile)], row[key("Port", profile)]
        assert (version.partition(".")[0], port) == {"v95u4": ("9", 9392), "v12": ("12", 9392), "v13": ("13", 443)}[profile]
        if profile != "v95u4":
            assert row[key("WcfPort", profile)] == 9405
            assert re.fullmatch(r"[0-9A-F]{40}", row[key("VbrCertificateThumbprint", profile)])


def test_old_servers_know_xml_alone_on_plain_http() -> None:
    """07 section 1, first column."""
    with Simulator(profile="v95u4", estate="empty", seed=1, http=True) as em:
        assert em.url.startswith("http://")
        visitor = Visitor(em)
        assert visitor.log_on(accept=JSON).media_type == XML
        answer = visitor.get("/backupServers", JSON)
        assert (answer.status, answer.media_type) == (200, XML)
        assert visitor.log_off().status == 204
        visitor.close()
