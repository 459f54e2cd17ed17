# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of fault as a bare socket sees it."""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import time
from typing import Any

import pytest

from conformance.notation import key
from conformance.wire import Visitor


@pytest.fixture
def profile() -> str:
    return "v12"


def fault(visitor: Visitor, kind: str, path: str = "/api/backupServers", **options: Any) -> None:
    visitor.em.add_fault({"kind": kind, "path": path, "method": "GET", "count": 1, **options})


def page(visitor: Visitor, number: int) -> list[str]:
    document = visitor.json(f"/query?type=BackupTaskSession&format=Entities&sortAsc=CreationTime&pageSize=20&page={number}")
    return [row["UID"] for row in document["Entities"]["BackupTaskSessions"]["BackupTaskSessions"]]


def test_unauthorized_in_the_middle_of_paging(fresh: Visitor) -> None:
    fault(fresh, "unauthorized", "/api/query", after=1)
    assert len(page(fresh, 1)) == 20
    answer = fresh.get("/query?type=BackupTaskSession&page=2")
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, "Basic Realm=RestSvc")
    assert fresh.get("/backupServers").status == 401, "the logon session is gone"


@pytest.mark.parametrize("body", [True, False])
def test_server_error(fresh: Visitor, profile: str, body: bool) -> None:
    fault(fresh, "server_error", body=body)
    answer = fresh.get("/backupServers")
    assert answer.status == 500
    if body:
        assert answer.json[key("StatusCode", profile)] == 500
    else:
        assert answer.body == b""
    assert fresh.get("/backupServers").status == 200, "once is enough"


def test_unavailable(fresh: Visitor) -> None:
    fault(fresh, "unavailable", retry_after=7)
    answer = fresh.get("/backupServers")
    assert (answer.status, answer.header("Retry-After")) == (503, "7")


@pytest.mark.parametrize("kind", ["slow_first_byte", "slow_body"])
def test_slow(fresh: Visitor, kind: str) -> None:
    fault(fresh, kind, seconds=0.2)
    began = time.monotonic()
    assert fresh.get("/backupServers").status == 200
    assert time.monotonic() - began >= 0.15


def test_reset(fresh: Visitor) -> None:
    fault(fresh, "reset")
    with pytest.raises((ConnectionError, http.client.HTTPException, OSError)):
        fresh.get("/backupServers")
    assert fresh.get("/backupServers").status == 200


def test_truncated(fresh: Visitor) -> None:
    fault(fresh, "truncated")
    with pytest.raises((http.client.IncompleteRead, ssl.SSLError, ConnectionError)):
        fresh.get("/backupServers")


def test_wrong_content_length(fresh: Visitor) -> None:
    fault(fresh, "wrong_content_length")
    with pytest.raises((http.client.IncompleteRead, ssl.SSLError, ConnectionError)):
        fresh.get("/backupServers")


def test_html(fresh: Visitor) -> None:
    fault(fresh, "html")
    answer = fresh.get("/backupServers")
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert b"<html" in answer.body.lower()


def test_redirect_to_another_host(fresh: Visitor) -> None:
    fault(fresh, "redirect")
    answer = fresh.get("/backupServers")
    assert answer.status == 302
    assert not str(answer.header("Location")).startswith(fresh.em.url)


def test_repeated_page(fresh: Visitor) -> None:
    fault(fresh, "repeated_page", "/api/query", after=1)
    assert page(fresh, 1) == page(fresh, 2)
    assert page(fresh, 2) != page(fresh, 1)


@pytest.mark.parametrize(("kind", "overlap"), [("rows_added", 1), ("rows_removed", 0)])
def test_rows_change_between_pages(fresh: Visitor, kind: str, overlap: int) -> None:
    whole = page(fresh, 1) + page(fresh, 2)
    fault(fresh, kind, "/api/query", after=1)
    first, second = page(fresh, 1), page(fresh, 2)
    assert len(set(first) & set(second)) == overlap
    if kind == "rows_removed":
        assert len(set(whole) - set(first) - set(second)) == 1, "one row slipped through between the pages"


def test_mark_of_the_byte_order(fresh: Visitor) -> None:
    fault(fresh, "bom")
    answer = fresh.get("/backupServers")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert json.loads(answer.body.decode("utf-8-sig"))["Refs"]


def test_gzip(fresh: Visitor) -> None:
    fault(fresh, "gzip")
    answer = fresh.get("/backupServers", Accept_Encoding="gzip")
    assert answer.header("Content-Encoding") == "gzip"
    assert json.loads(gzip.decompress(answer.body))["Refs"]


def test_oversized(fresh: Visitor) -> None:
    fault(fresh, "oversized", bytes=3_000_000)
    answer = fresh.get("/backupServers")
    assert len(answer.body) >= 3_000_000


@pytest.mark.parametrize(("kind", "reason"), [("certificate_expired", "expired"), ("certificate_other_name", "match|mismatch")])
def test_certificates(fresh: Visitor, kind: str, reason: str) -> None:
    fresh.em.add_fault({"kind": kind})
    fresh.close()
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        fresh.get("/backupServers")
    fresh.em.clear_faults()
    assert fresh.get("/backupServers").status == 200


def test_probability_and_path(fresh: Visitor) -> None:
    fresh.em.add_fault({"kind": "unavailable", "path": "/api/jobs", "method": "GET", "count": 1, "probability": 1.0})
    assert fresh.get("/backupServers").status == 200
    assert fresh.get("/jobs").status == 503
    fresh.em.add_fault({"kind": "unavailable", "path": "/api/jobs", "method": "GET", "count": 100, "probability": 0.0})
    assert fresh.get("/jobs").status == 200
