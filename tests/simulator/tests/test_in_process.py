# SPDX-License-Identifier: GPL-3.0-or-later
"""Estates as dictionaries, served without a port and with one; requests that the web framework would refuse."""

from __future__ import annotations

import base64
import socket
import ssl
from typing import Any

import pytest
from sites import site
from visiting import Local

from veeam_em_simulator.estate.document import EstateError
from veeam_em_simulator.testing import InProcess, Simulator
from veeam_em_simulator.web.faults import FaultError
from veeam_em_simulator.web.leniency import lenient

ESTATE = site([{"name": "web01", "on": "vc01"}])


def test_without_a_port_answers_are_those_of_a_server() -> None:
    em = Local(ESTATE)
    ids = [row["UID"] for row in em.rows("BackupTaskSession")]
    with Simulator("v12", ESTATE, now="2026-03-01T10:00:00Z") as server:
        rows = server._server.enterprise.database.rows("SELECT id FROM task_sessions ORDER BY creation_time")
    assert ids == [f"urn:veeam:BackupTaskSession:{row['id']}" for row in rows]
    assert [(entry["method"], entry["path"], entry["status"]) for entry in em.em.requests()] == [
        ("POST", "/api/sessionMngr/", 201), ("GET", "/api/query", 200)
    ]  # fmt: skip
    assert len(em.em.open_sessions()) == 1
    assert em.em.request("GET", "/nowhere", {}).status == 404


def test_the_clock_stands_and_moves_when_told() -> None:
    with InProcess(ESTATE, now="2026-03-01T10:00:00Z") as em:
        first = em.enterprise.clock.now()
        assert em.enterprise.clock.now() == first
        em.advance("1h")
        assert em.enterprise.clock.now() == first + 3600 * 1_000_000


def test_faults_of_the_answer_work_and_those_of_the_way_are_refused() -> None:
    with InProcess(ESTATE) as em:
        em.add_fault({"kind": "unavailable"})
        em.add_fault({"kind": "truncated"})
        assert em.request("GET", "/api/", {}).status == 503
        with pytest.raises(FaultError, match="'truncated' needs a simulator with a port"):
            em.request("GET", "/api/", {})


def test_the_data_are_not_changed() -> None:
    estate: dict[str, Any] = {"generate": {"machines": 3, "days": 2}}
    InProcess(estate).close()
    assert estate == {"generate": {"machines": 3, "days": 2}}


def test_a_mistake_in_a_dictionary_is_named_with_its_place() -> None:
    with pytest.raises(EstateError, match=r"^the estate, jobs\[0\]\.type: '\?' is not of the form"):
        InProcess(site([{"name": "web01", "on": "vc01"}], job={"type": "?"}))


def _converse(em: Simulator, *parts: bytes) -> bytes:
    """What comes back, each part sent when something came for the one before."""
    context = ssl.create_default_context(cafile=em.ca_path)
    with socket.create_connection((em.host, em.port), timeout=10) as plain, context.wrap_socket(plain, server_hostname=em.host) as wire:
        found = b""
        for part in parts:
            wire.sendall(part)
            found += wire.recv(65536)
        return found


def test_a_logon_that_is_chunked_and_has_a_length() -> None:
    with Simulator("v12", "empty") as em:
        credentials = base64.b64encode(f"{em.username}:{em.password}".encode())
        head = (
            b"POST /api/sessionMngr/?v=latest HTTP/1.1\r\nHost: em\r\nAuthorization: Basic " + credentials + b"\r\n"
            b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = _converse(em, head, b"0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n")
        assert b"HTTP/1.1 201 Created\r\n" in answer
        answer = _converse(em, head.replace(b"Expect: 100-continue\r\n", b"") + b"0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201 Created\r\n")


def test_only_heads_with_both_lose_the_length() -> None:
    both = b"POST /x HTTP/1.1\r\ncontent-length: 0\r\nTransfer-Encoding: Chunked\r\n\r\nContent-Length: 5\r\n"
    assert lenient(both) == b"POST /x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\nContent-Length: 5\r\n"
    for other in (b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"transfer-encoding: chunked\r\nContent-Length: 0\r\n\r\n", b"", b"\x00"):
        assert lenient(other) == other
