# SPDX-License-Identifier: GPL-3.0-or-later
"""What each fault does to the bytes between server and client: set up over HTTP, seen through a bare TLS socket."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.notation import key
from conformance.wire import JSON, TOKEN, XML, Visitor
from veeam_em_simulator.testing import Simulator

PATH = "/api/backupServers"


@pytest.fixture(params=("v95u4", "v13"))
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=(JSON, XML), ids=("json", "xml"))
def accept(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Seen:
    """All bytes of an answer up to the end of the connection."""

    head: str
    body: bytes
    end: str
    """`close`, `reset`, or `silence` when nothing more came within the client's patience."""

    @property
    def status(self) -> int:
        return int(self.head.split(" ", 2)[1])

    def header(self, name: str) -> str | None:
        found = re.search(rf"(?m)^{re.escape(name)}: (.*?)\r?$", self.head)
        return found[1] if found else None

    @property
    def length(self) -> int:
        return int(self.header("Content-Length") or "-1")


def admin(em: Simulator, method: str, name: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPSConnection(
        em.host, em.port, timeout=20, context=ssl.create_default_context(cafile=em.ca_path)
    )
    try:
        connection.request(
            method, f"/_control/{name}", None if body is None else json.dumps(body), {"X-Admin-Token": em.admin_token}
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def tls(em: Simulator) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=em.ca_path)
    return context.wrap_socket(socket.create_connection((em.host, em.port), timeout=20), server_hostname=em.host)


def look(visitor: Visitor, accept: str = JSON, path: str = PATH, *, patience: float = 20) -> Seen:
    """TLS is done in memory, so that a reset of the connection below it is told from its end."""
    request = f"GET {path} HTTP/1.1\r\nHost: {visitor.em.host}:{visitor.em.port}\r\nAccept: {accept}\r\n"
    request += f"{TOKEN}: {visitor.token}\r\nConnection: close\r\n\r\n"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=visitor.em.ca_path)
    tunnel = context.wrap_bio(incoming, outgoing, server_hostname=visitor.em.host)
    received, end, asked = b"", "", False
    with socket.create_connection((visitor.em.host, visitor.em.port), timeout=20) as connection:
        while not end:
            try:
                if not asked:
                    tunnel.do_handshake()
                    tunnel.write(request.encode())
                    asked = True
                    connection.settimeout(patience)
                while piece := tunnel.read(65536):
                    received += piece
                end = "close"
            except (ssl.SSLWantReadError, ssl.SSLEOFError):
                end = _more(connection, incoming, outgoing)
    head, _, body = received.partition(b"\r\n\r\n")
    return Seen(head.decode("ascii"), body, end)


def _more(connection: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> str:
    """Feeds what comes next; how it ended when nothing does."""
    try:
        connection.sendall(outgoing.read())
        piece = connection.recv(65536)
    except TimeoutError:
        return "silence"
    except ConnectionResetError:
        return "reset"
    incoming.write(piece)
    return "" if piece else "close"


@pytest.fixture
def fault(fresh: Visitor) -> Callable[..., None]:
    def add(kind: str, path: str = PATH, **options: Any) -> None:
        status, answer = admin(fresh.em, "POST", "faults", {"kind": kind, "path": path, **options})
        assert status == 200, answer

    return add


def names(seen: Seen, accept: str) -> list[str]:
    """Of the backup servers, in whichever format."""
    if accept == XML:
        return sorted(str(ref.get("Name")) for ref in ElementTree.fromstring(seen.body.strip()))
    document = json.loads(seen.body)
    return sorted(row.get("Name") or row["name"] for row in document.get("Refs") or document["refs"])


SERVERS = ["vbr01.example.test", "vbr02.example.test"]


def well(visitor: Visitor, accept: str = JSON) -> Seen:
    """As it is without a fault."""
    seen = look(visitor, accept)
    assert (seen.status, seen.end, len(seen.body)) == (200, "close", seen.length)
    assert names(seen, accept) == SERVERS
    return seen


def message(seen: Seen, accept: str, profile: str) -> str:
    """Of an Error body whose code is that of the answer."""
    if accept == XML:
        root = ElementTree.fromstring(seen.body)
        assert (root.tag, root.get("StatusCode")) == ("{http://www.veeam.com/ent/v1.0}Error", str(seen.status))
        return str(root.get("Message"))
    document = json.loads(seen.body)
    assert document[key("StatusCode", profile)] == seen.status
    return str(document[key("Message", profile)])


def test_server_error(fresh: Visitor, fault: Callable[..., None], accept: str, profile: str) -> None:
    fault("server_error", message="Object reference <not> set.")
    fault("server_error", body=False)
    first, second = look(fresh, accept), look(fresh, accept)
    assert (first.status, message(first, accept, profile)) == (500, "Object reference <not> set.")
    assert (second.status, second.body, second.length) == (500, b"", 0)
    well(fresh, accept)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501, 503])
def test_every_documented_error(
    fresh: Visitor, fault: Callable[..., None], accept: str, profile: str, status: int
) -> None:
    """01 section 8."""
    fault("error", status=status, message="No.")
    seen = look(fresh, accept)
    assert (seen.status, message(seen, accept, profile)) == (status, "No.")
    well(fresh, accept)


def test_unavailable(fresh: Visitor, fault: Callable[..., None], accept: str, profile: str) -> None:
    fault("unavailable", retry_after=30, count=2)
    for _ in range(2):
        seen = look(fresh, accept)
        assert (seen.status, seen.header("Retry-After")) == (503, "30")
        assert message(seen, accept, profile)
    well(fresh, accept)


def test_unauthorized_in_the_middle_of_paging(fresh: Visitor, fault: Callable[..., None], profile: str) -> None:
    """The second page is the last one that the session gets."""
    fault("unauthorized", "/api/query", after=2)
    url: str | None = "/query?type=BackupTaskSession&format=Entities&sortAsc=CreationTime&pageSize=10"
    statuses = []
    while url is not None:
        answer = fresh.get(url)
        statuses.append(answer.status)
        if answer.status != 200:
            break
        links = answer.json[key("PagingInfo", profile)][key("Links", profile)]
        url = next((link[key("Href", profile)] for link in links if link[key("Rel", profile)] == "Next"), None)
    assert statuses == [200, 200, 401]
    assert answer.header("WWW-Authenticate") == "Basic Realm=RestSvc"
    assert answer.json[key("StatusCode", profile)] == 401
    assert fresh.get("/backupServers").status == 401
    assert fresh.em.open_sessions() == []
    assert fresh.log_on().status == 201
    well(fresh)


def test_slow_first_byte(fresh: Visitor, fault: Callable[..., None]) -> None:
    fault("slow_first_byte", seconds=120)
    seen = look(fresh, patience=0.4)
    assert (seen.head, seen.body, seen.end) == ("", b"", "silence")
    well(fresh)


def test_slow_body(fresh: Visitor, fault: Callable[..., None]) -> None:
    fault("slow_body", seconds=300)
    seen = look(fresh, patience=2)
    assert (seen.status, seen.end) == (200, "silence")
    assert 0 <= len(seen.body) < seen.length
    well(fresh)
    fault("slow_body", seconds=0.02)
    well(fresh)


def test_connection_reset(fresh: Visitor, fault: Callable[..., None]) -> None:
    fault("reset")
    fault("reset", after_bytes=40)
    first, second = look(fresh), look(fresh)
    assert (first.head, first.body, first.end) == ("", b"", "reset")
    assert (second.status, len(second.body), second.end) == (200, 40, "reset")
    assert second.length > 40
    well(fresh)


def test_truncated_body(fresh: Visitor, fault: Callable[..., None], accept: str) -> None:
    whole = well(fresh, accept)
    fault("truncated", keep=0.5)
    seen = look(fresh, accept)
    assert (seen.status, seen.length) == (200, len(whole.body))
    assert seen.body == whole.body[: len(whole.body) // 2]
    well(fresh, accept)


@pytest.mark.parametrize("delta", [10, -10])
def test_wrong_content_length(fresh: Visitor, fault: Callable[..., None], delta: int) -> None:
    whole = well(fresh)
    fault("wrong_content_length", delta=delta)
    seen = look(fresh)
    assert (seen.length, seen.body) == (len(whole.body) + delta, whole.body)
    well(fresh)


def test_html_page(fresh: Visitor, fault: Callable[..., None], accept: str) -> None:
    fault("html")
    fault("html", status=502)
    for status in (200, 502):
        seen = look(fresh, accept)
        assert seen.status == status
        assert str(seen.header("Content-Type")).startswith("text/html")
        assert b"<html" in seen.body.lower()
    well(fresh, accept)


def test_redirect_to_another_host(fresh: Visitor, fault: Callable[..., None]) -> None:
    fault("redirect", status=302, location="https://other.example.test:9398/api/backupServers")
    seen = look(fresh)
    assert (seen.status, seen.header("Location")) == (302, "https://other.example.test:9398/api/backupServers")
    well(fresh)


def page(visitor: Visitor, number: int, profile: str) -> list[str]:
    """UIDs of one page of sessions, the oldest first."""
    document = visitor.json(f"/query?type=BackupJobSession&sortAsc=CreationTime&pageSize=8&page={number}")
    assert document[key("PagingInfo", profile)][key("PageNum", profile)] == number
    refs = document[key("Refs", profile)][key("Refs", profile)]
    return [ref[key("UID", profile)] for ref in refs]


def test_repeated_page(fresh: Visitor, fault: Callable[..., None], profile: str) -> None:
    first, second, third = (page(fresh, number, profile) for number in (1, 2, 3))
    fault("repeated_page", "/api/query", after=1)
    assert [page(fresh, number, profile) for number in (1, 2, 3)] == [first, first, third]
    assert second != first


def test_rows_added_and_removed_between_pages(fresh: Visitor, fault: Callable[..., None], profile: str) -> None:
    """A row that comes in before what was read is read twice; one that goes makes the reader miss another."""
    first, second = page(fresh, 1, profile), page(fresh, 2, profile)
    fault("rows_added", "/api/query", rows=2, after=1)
    assert page(fresh, 1, profile) == first
    assert page(fresh, 2, profile) == first[-2:] + second[:-2]
    fresh.em.reset()
    fresh.log_on()
    fault("rows_removed", "/api/query", rows=2, after=1)
    assert page(fresh, 1, profile) == first
    assert page(fresh, 2, profile)[:6] == second[2:]


def test_byte_order_mark(fresh: Visitor, fault: Callable[..., None], accept: str) -> None:
    whole = well(fresh, accept)
    fault("bom")
    seen = look(fresh, accept)
    assert (seen.body, seen.length) == (b"\xef\xbb\xbf" + whole.body, len(whole.body) + 3)


def test_gzip(fresh: Visitor, fault: Callable[..., None], accept: str) -> None:
    whole = well(fresh, accept)
    assert whole.header("Content-Encoding") is None
    fault("gzip")
    seen = look(fresh, accept)
    assert (seen.header("Content-Encoding"), seen.length) == ("gzip", len(seen.body))
    assert gzip.decompress(seen.body) == whole.body


def test_oversized_answer(fresh: Visitor, fault: Callable[..., None], accept: str) -> None:
    whole = well(fresh, accept)
    fault("oversized", bytes=1_000_000)
    seen = look(fresh, accept)
    assert seen.length == len(seen.body) == len(whole.body) + 1_000_000
    assert names(seen, accept) == SERVERS


EXPIRED, OTHER_NAMES = 10, (62, 64)
"""X509_V_ERR_CERT_HAS_EXPIRED; X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


def test_certificates(fresh: Visitor) -> None:
    """Set up in the process: a client that verifies could not remove such a fault over the wire."""
    for kind, codes in (("certificate_expired", (EXPIRED,)), ("certificate_other_name", OTHER_NAMES)):
        fresh.em.add_fault({"kind": kind})
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            tls(fresh.em)
        assert caught.value.verify_code in codes, kind
        fresh.em.clear_faults()
        well(fresh)


def test_which_requests_are_hit(fresh: Visitor, fault: Callable[..., None]) -> None:
    """By path, method, number and chance; what a fault leaves alone is as ever."""
    fault("error", "/api/jobs", status=503, count=None)
    fault("error", "*", status=500, method="DELETE")
    fault("error", PATH, status=501, after=2, count=2)
    assert fresh.get("/repositories").status == 200
    assert [fresh.get(path).status for path in ("/jobs", "/JOBS?format=Entity", "/jobs")] == [503, 503, 503]
    assert [fresh.get("/backupServers").status for _ in range(6)] == [200, 200, 501, 501, 200, 200]
    assert [fresh.log_off().status, fresh.get("/repositories").status] == [500, 401]
    status, waiting = admin(fresh.em, "GET", "faults")
    assert (status, [(found["kind"], found["struck"]) for found in waiting["faults"]]) == (
        200,
        [("error", 3), ("error", 1), ("error", 2)],
    )
    assert admin(fresh.em, "DELETE", "faults") == (200, {"faults": []})
    assert fresh.log_on().status == 201
    assert fresh.get("/jobs").status == 200
    fault("error", "/api/repositories", status=503, probability=0.0, count=None)
    assert [fresh.get("/repositories").status for _ in range(20)] == [200] * 20
    fault("error", PATH, status=503, probability=0.5, count=None)
    struck = [fresh.get("/backupServers").status for _ in range(60)].count(503)
    assert 10 < struck < 50


def test_every_kind_that_the_command_lists_is_here() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "veeam_em_simulator", "--list-faults"], capture_output=True, check=True, text=True
    ).stdout
    kinds = [line.split()[0] for line in listed.splitlines() if line.strip()]
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(kinds) >= 19
    assert [kind for kind in kinds if f'"{kind}"' not in text] == []
