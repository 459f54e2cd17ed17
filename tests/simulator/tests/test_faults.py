# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault on the wire, seen with nothing but the standard library."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from visiting import Visitor

from veeam_em_simulator.web.faults import KINDS, FaultError

PATH = "/api/backupServers"


def ask(visitor: Visitor, path: str = PATH) -> tuple[http.client.HTTPResponse, http.client.HTTPSConnection]:
    """The head of the answer; the body is still to be read."""
    em = visitor.em
    wire = http.client.HTTPSConnection(em.host, em.port, timeout=20, context=ssl.create_default_context(cafile=em.ca_path))
    wire.request("GET", path, headers=visitor.headers)
    return wire.getresponse(), wire


def good(visitor: Visitor) -> bytes:
    answer, wire = ask(visitor)
    body = answer.read()
    wire.close()
    assert answer.status == 200
    assert len(json.loads(body)["Refs"]) == 3
    return body


def test_unauthorized_ends_the_session_in_the_middle_of_paging(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "unauthorized", "path": "/api/query", "after": 2})
    seen = [visitor.send("GET", f"/api/query?type=BackupTaskSession&page={page}").status_code for page in range(1, 6)]
    assert seen == [200, 200, 401, 401, 401]
    assert visitor.em.open_sessions() == []


def test_unauthorized_can_leave_the_session(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "unauthorized", "path": PATH, "end_session": False})
    assert [visitor.send("GET", PATH).status_code for _ in range(2)] == [401, 200]


def test_server_error_with_and_without_a_body(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "server_error", "path": PATH, "message": "Deadlock."})
    visitor.em.add_fault({"kind": "server_error", "path": PATH, "body": False})
    first, second = (visitor.send("GET", PATH) for _ in range(2))
    assert (first.status_code, first.json()["Message"]) == (500, "Deadlock.")
    assert (second.status_code, second.content, second.headers["Content-Length"]) == (500, b"", "0")
    good(visitor)


def test_unavailable_says_when_to_come_back(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "unavailable", "path": "*", "count": 2, "retry_after": 7})
    answers = [visitor.send("GET", PATH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"


def test_any_error(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "error", "path": "/api/back*", "status": 403, "message": "Access denied."})
    assert visitor.send("GET", PATH).status_code == 403


def test_slow_first_byte(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "slow_first_byte", "path": PATH, "seconds": 0.4})
    start = time.monotonic()
    answer, wire = ask(visitor)
    assert time.monotonic() - start > 0.35
    assert json.loads(answer.read())
    wire.close()


def test_slow_body(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "slow_body", "path": PATH, "seconds": 0.4})
    answer, wire = ask(visitor)
    start = time.monotonic()
    body = answer.read()
    assert time.monotonic() - start > 0.3
    assert len(body) == int(answer.headers["Content-Length"])
    wire.close()


@pytest.mark.parametrize("after_bytes", [0, 50])
def test_reset(visitor: Visitor, after_bytes: int) -> None:
    visitor.em.add_fault({"kind": "reset", "path": PATH, "after_bytes": after_bytes})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected, http.client.IncompleteRead, ssl.SSLError)):
        ask(visitor)[0].read()
    good(visitor)


def test_truncated_body(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "truncated", "path": PATH, "keep": 0.25})
    answer, wire = ask(visitor)
    with pytest.raises((http.client.IncompleteRead, ssl.SSLEOFError)) as caught:
        answer.read()
    if isinstance(caught.value, http.client.IncompleteRead):
        assert len(caught.value.partial) == int(answer.headers["Content-Length"]) // 4
    wire.close()


def test_wrong_content_length(visitor: Visitor) -> None:
    whole = good(visitor)
    visitor.em.add_fault({"kind": "wrong_content_length", "path": PATH, "delta": 16})
    visitor.em.add_fault({"kind": "wrong_content_length", "path": PATH, "delta": -16})
    answer, wire = ask(visitor)
    assert int(answer.headers["Content-Length"]) == len(whole) + 16
    with pytest.raises((http.client.IncompleteRead, ssl.SSLEOFError)):
        answer.read()
    wire.close()
    answer, wire = ask(visitor)
    assert answer.read() == whole[:-16]
    wire.close()


def test_html_page(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "html", "path": PATH})
    answer = visitor.send("GET", PATH)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_redirect_to_another_host(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "redirect", "path": PATH, "status": 307})
    answer = visitor.send("GET", PATH)
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://elsewhere.example.test/api/")


def uids(visitor: Visitor, page: int) -> list[str]:
    answer = visitor.get(f"/api/query?type=BackupTaskSession&sortAsc=CreationTime&pageSize=10&page={page}")
    assert answer["PagingInfo"]["PageNum"] == page
    return [ref["UID"] for ref in answer["Refs"]["Refs"]]


def test_repeated_page(visitor: Visitor) -> None:
    first, second = uids(visitor, 1), uids(visitor, 2)
    visitor.em.add_fault({"kind": "repeated_page", "path": "/api/query"})
    assert uids(visitor, 2) == first
    assert uids(visitor, 2) == second


def test_rows_added_and_removed_between_pages(visitor: Visitor) -> None:
    first, second = uids(visitor, 1), uids(visitor, 2)
    visitor.em.add_fault({"kind": "rows_added", "path": "/api/query", "rows": 3})
    assert uids(visitor, 2) == first[-3:] + second[:-3]
    visitor.em.reset()
    visitor.log_on()
    visitor.em.add_fault({"kind": "rows_removed", "path": "/api/query", "rows": 2})
    assert uids(visitor, 2)[:8] == second[2:]
    visitor.em.reset()
    visitor.log_on()
    assert (uids(visitor, 1), uids(visitor, 2)) == (first, second)


def test_bom(visitor: Visitor) -> None:
    whole = good(visitor)
    visitor.em.add_fault({"kind": "bom", "path": PATH})
    assert visitor.send("GET", PATH).content == b"\xef\xbb\xbf" + whole


def test_gzip(visitor: Visitor) -> None:
    whole = good(visitor)
    visitor.em.add_fault({"kind": "gzip", "path": PATH})
    answer, wire = ask(visitor)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.read()) == whole
    wire.close()


def test_oversized_answer(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "oversized", "path": PATH, "bytes": 3_000_000})
    answer = visitor.send("GET", PATH)
    assert len(answer.content) > 3_000_000
    assert len(answer.json()["Refs"]) == 3


@pytest.mark.parametrize(
    ("kind", "complaint"), [("certificate_expired", "expired"), ("certificate_other_name", "not valid for|mismatch")]
)
def test_certificates(visitor: Visitor, kind: str, complaint: str) -> None:
    visitor.em.add_fault({"kind": kind})
    for _ in range(2):
        with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
            ask(visitor)
    visitor.em.clear_faults()
    good(visitor)


def test_a_name_is_good_as_well_as_an_address(visitor: Visitor) -> None:
    context = ssl.create_default_context(cafile=visitor.em.ca_path)
    for name in ("localhost", "em01.example.test", "127.0.0.1"):
        with context.wrap_socket(socket.create_connection((visitor.em.host, visitor.em.port)), server_hostname=name) as stream:
            assert stream.version() in ("TLSv1.2", "TLSv1.3")


def test_chance_and_count(visitor: Visitor) -> None:
    visitor.em.add_fault({"kind": "unavailable", "path": PATH, "probability": 0.5, "count": None})
    seen = [visitor.send("GET", PATH).status_code for _ in range(40)]
    assert 8 < seen.count(503) < 32
    visitor.em.reset()
    visitor.log_on()
    visitor.em.add_fault({"kind": "unavailable", "path": PATH, "probability": 0.5, "count": None})
    assert [visitor.send("GET", PATH).status_code for _ in range(40)] == seen


@pytest.mark.parametrize(
    "fault",
    [
        {}, {"kind": "flood"}, {"kind": "reset", "bytes": 1}, {"kind": "reset", "probability": 2}, {"kind": "reset", "after": -1},
        {"kind": "reset", "count": 0},
    ],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused(visitor: Visitor, fault: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        visitor.em.add_fault(fault)


def test_every_kind_is_shown_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []
