# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that know the address and an account, and nothing else: every other URL comes out of an answer (03 section 6)."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import ssl
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from veeam_em_simulator.testing import Simulator

NS = {"em": "http://www.veeam.com/ent/v1.0"}


class JsonStranger:
    """One kept connection, keys read without regard to case."""

    def __init__(self, em: Simulator) -> None:
        self.netloc = f"{em.host}:{em.port}"
        context = ssl.create_default_context(cafile=em.ca_path)
        self.connection = http.client.HTTPSConnection(self.netloc, timeout=20, context=context)
        self.credentials = base64.b64encode(f"{em.username}:{em.password}".encode()).decode()
        self.headers = {"Accept": "application/json"}

    def ask(self, url: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, Any]:
        start = f"https://{self.netloc}/"
        assert url.startswith(start), url
        self.connection.request(method, url[len(start) - 1 :], headers=self.headers | headers)
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, answer.headers, json.loads(body, object_pairs_hook=_small_keys) if body else None

    def read(self, url: str) -> Any:
        status, _, document = self.ask(url)
        assert status == 200, (url, document)
        return document


def _small_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name.lower(): value for name, value in pairs}


def link(document: dict[str, Any], rel: str, kind: str | None = None) -> str:
    return next(
        str(found["href"]) for found in document["links"] if found["rel"] == rel and kind in (None, found.get("type"))
    )


def entities(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a query: the wrapper that holds something, then its list."""
    wrappers = [wrapper for wrapper in answer["entities"].values() if wrapper is not None]
    assert len(wrappers) == 1
    (rows,) = wrappers[0].values()
    return list(rows)


def test_nothing_but_an_http_library(em: Simulator) -> None:
    stranger = JsonStranger(em)
    root = stranger.read(f"{em.url}/api/")
    status, headers, session = stranger.ask(
        link(root, "Create", "LogonSession"),
        "POST",
        Authorization=f"Basic {stranger.credentials}",
        **{"Content-Length": "0"},
    )
    assert status == 201
    stranger.headers["X-RestSvcSessionId"] = headers["X-RestSvcSessionId"]

    # Down to the sessions of the first job that has some, to its objects and up again
    jobs = stranger.read(link(session, "Down", "JobReferenceList"))["refs"]
    walked = 0
    for ref in jobs:
        job = stranger.read(link(ref, "Alternate", "Job"))
        assert job["name"] == ref["name"]
        try:
            below = link(job, "Down", "BackupJobSessionReferenceList")
        except StopIteration:
            continue
        for run in stranger.read(below)["refs"][:2]:
            entity = stranger.read(link(run, "Alternate", "BackupJobSession"))
            assert entity["jobname"].startswith(job["name"])
            tasks = stranger.read(link(entity, "Down", "BackupTaskSessionReferenceList"))["refs"]
            for task in tasks:
                found = stranger.read(link(task, "Alternate", "BackupTaskSession"))
                assert found["jobsessionuid"] == entity["uid"]
                assert link(found, "Up", "BackupJobSessionReference") == link(entity, "Alternate")
                walked += 1
    assert walked > 5

    # The preset query of the service, page by page
    service = stranger.read(link(session, "Down", "QueryService"))
    url: str | None = next(
        found["href"] for found in service["links"] if "type=backuptasksession&" in found["href"].lower()
    )
    pages, seen = 0, []
    while url is not None:
        page = stranger.read(url)
        paging = page["paginginfo"]
        pages += 1
        assert (paging["pagenum"], paging["pagesize"]) == (pages, 15)
        seen += [(row["name"], row["uid"]) for row in entities(page)]
        url = next((found["href"] for found in paging["links"] if found["rel"] == "Next"), None)
    assert pages == paging["pagescount"] > 3
    assert len({uid for _, uid in seen}) == len(seen) > 15 * (pages - 1)
    collected = stranger.read(link(session, "Down", "BackupTaskSessionReferenceList"))["refs"]
    assert {row["uid"] for row in collected} <= {uid for _, uid in seen}

    assert stranger.ask(link(session, "Delete"), "DELETE")[0] == 204
    assert stranger.ask(link(session, "Down", "JobReferenceList"))[0] == 401
    stranger.connection.close()
    assert em.open_sessions() == []


def test_the_way_back_through_the_pages(em: Simulator) -> None:
    """From the last page along Previous: the same rows."""
    stranger = JsonStranger(em)
    _, headers, session = stranger.ask(
        f"{em.url}/api/sessionMngr/", "POST", Authorization=f"Basic {stranger.credentials}"
    )
    stranger.headers["X-RestSvcSessionId"] = headers["X-RestSvcSessionId"]
    start = stranger.read(f"{em.url}/api/query?type=BackupJobSession&format=Entities&sortAsc=CreationTime&pageSize=7")

    def along(rel: str, page: dict[str, Any]) -> Iterator[list[str]]:
        while True:
            yield [row["uid"] for row in entities(page)]
            url = next((found["href"] for found in page["paginginfo"]["links"] if found["rel"] == rel), None)
            if url is None:
                return
            page = stranger.read(url)

    forward = list(along("Next", start))
    last = stranger.read(next(found["href"] for found in start["paginginfo"]["links"] if found["rel"] == "Last"))
    backward = list(along("Previous", last))
    assert forward == backward[::-1]
    assert len(forward) == start["paginginfo"]["pagescount"] > 2
    assert stranger.ask(link(session, "Delete"), "DELETE")[0] == 204
    stranger.connection.close()


class Curl:
    """The command, XML as it comes without an Accept header, the cookie as curl keeps it."""

    def __init__(self, em: Simulator, folder: Path) -> None:
        self.folder = folder
        self.common = [
            "curl",
            "-q",
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--noproxy",
            "*",
            "--cacert",
            str(em.ca_path),
        ]

    def __call__(self, *arguments: str) -> tuple[int, bytes]:
        body = self.folder / "body"
        body.write_bytes(b"")
        done = subprocess.run(
            [*self.common, "--output", str(body), "--write-out", "%{http_code}", *arguments],
            capture_output=True,
            check=True,
            text=True,
        )
        return int(done.stdout), body.read_bytes()

    def xml(self, *arguments: str) -> ElementTree.Element:
        status, body = self(*arguments)
        assert status in (200, 201), (arguments, body)
        return ElementTree.fromstring(body)


def xml_link(element: ElementTree.Element, rel: str, kind: str | None = None) -> str | None:
    for found in element.findall("em:Links/em:Link", NS):
        if found.get("Rel") == rel and kind in (None, found.get("Type")):
            return str(found.get("Href"))
    return None


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("by", ["cookie", "header"])
def test_curl(em: Simulator, tmp_path: Path, by: str) -> None:
    curl = Curl(em, tmp_path)
    jar, head = tmp_path / "jar", tmp_path / "head"
    root = curl.xml(f"{em.url}/api/")
    create = xml_link(root, "Create", "LogonSession")
    assert create is not None
    keep = ["--cookie-jar", str(jar)] if by == "cookie" else ["--dump-header", str(head)]
    session = curl.xml("--request", "POST", "--user", f"{em.username}:{em.password}", *keep, create)
    if by == "cookie":
        token = ["--cookie", str(jar)]
    else:
        # As a shell script would take it, by its documented spelling
        lines = head.read_text(encoding="ascii").splitlines()
        token = ["--header", next(line for line in lines if line.startswith("X-RestSvcSessionId: "))]

    service_url = xml_link(session, "Down", "QueryService")
    assert service_url is not None
    service = curl.xml(*token, service_url)
    hrefs = [str(found.get("Href")) for found in service.findall("em:Links/em:Link", NS)]
    url: str | None = next(href for href in hrefs if "type=backupjobsession&" in href.lower())
    pages, uids, told = 0, [], None
    while url is not None:
        answer = curl.xml(*token, url)
        rows = answer.findall("em:Entities/em:BackupJobSessions/em:BackupJobSession", NS)
        uids += [row.get("UID") for row in rows]
        paging = answer.find("em:PagingInfo", NS)
        assert paging is not None
        pages += 1
        assert (paging.get("PageNum"), paging.get("PageSize")) == (str(pages), "15")
        told = paging.get("PagesCount")
        url = xml_link(paging, "Next")
    assert str(pages) == told
    assert len(set(uids)) == len(uids) > 15

    end = xml_link(session, "Delete")
    assert end is not None
    assert curl(*token, "--request", "DELETE", end) == (204, b"")
    assert curl(*token, service_url)[0] == 401
    assert em.open_sessions() == []
