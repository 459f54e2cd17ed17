# SPDX-License-Identifier: GPL-3.0-or-later
"""A visitor with nothing but the standard library: one kept-alive connection and what came over it, unchanged."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from veeam_em_simulator.testing import Simulator

XML = "application/xml"
JSON = "application/json"
NAMESPACE = "{http://www.veeam.com/ent/v1.0}"
TOKEN = "X-RestSvcSessionId"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        assert self.media_type == JSON, (self.status, self.headers, self.body[:300])
        return json.loads(self.body)

    @property
    def xml(self) -> ElementTree.Element:
        assert self.media_type == XML, (self.status, self.headers, self.body[:300])
        return ElementTree.fromstring(self.body)

    @property
    def media_type(self) -> str:
        return (self.header("Content-Type") or "").partition(";")[0].strip()


class Visitor:
    def __init__(self, em: Simulator, account: int = 0) -> None:
        self.em = em
        user = em.accounts[account]
        self.basic = "Basic " + base64.b64encode(f"{user['username']}:{user['password']}".encode()).decode()
        self.token: str | None = None
        self.session_id = ""
        self._connection: http.client.HTTPConnection | None = None

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self.em.protocol == "https":
                context = ssl.create_default_context(cafile=self.em.ca_path)
                self._connection = http.client.HTTPSConnection(self.em.host, self.em.port, context=context, timeout=20)
            else:
                self._connection = http.client.HTTPConnection(self.em.host, self.em.port, timeout=20)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes | None = None, *, accept: str | None = None
    ) -> Answer:
        """`url` is a path below /api, or a whole link of this server."""
        if "://" in url:
            assert url.startswith(self.em.url), url
            path = url.removeprefix(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}")
        else:
            path = f"/api{url}"
        sent = {TOKEN: self.token} if self.token else {}
        if accept is not None:
            sent["Accept"] = accept
        connection = self._connect()
        try:
            connection.request(method, path, body, sent | (headers or {}))
            answer = connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return Answer(answer.status, answer.getheaders(), content)

    def get(self, url: str, accept: str | None = JSON, **headers: str) -> Answer:
        return self.send("GET", url, {key.replace("_", "-"): value for key, value in headers.items()}, accept=accept)

    def json(self, url: str) -> Any:
        answer = self.get(url)
        assert answer.status == 200, (url, answer.status, answer.body[:500])
        return answer.json

    def xml(self, url: str) -> ElementTree.Element:
        answer = self.get(url, None)
        assert answer.status == 200, (url, answer.status, answer.body[:500])
        return answer.xml

    def log_on(self, path: str = "/sessionMngr/?v=latest", accept: str | None = JSON, **headers: str) -> Answer:
        self.token = None
        sent = {"Authorization": self.basic, "Content-Length": "0"} | {key.replace("_", "-"): value for key, value in headers.items()}
        answer = self.send("POST", path, sent, accept=accept)
        if answer.status == 201:
            self.token = answer.header(TOKEN)
            self.session_id = str(answer.header("Location")).rpartition("/")[2]
        return answer

    def log_off(self) -> Answer:
        answer = self.send("DELETE", f"/logonSessions/{self.session_id}")
        self.token = None
        return answer


def tag(element: ElementTree.Element) -> str:
    """The local name; every element is in the one namespace."""
    assert element.tag.startswith(NAMESPACE), element.tag
    return element.tag.removeprefix(NAMESPACE)


def find(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return element.find(f"{NAMESPACE}{name}")
