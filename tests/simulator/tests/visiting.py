# SPDX-License-Identifier: GPL-3.0-or-later
"""Running simulators, each in its first state, and a visitor with nothing but an HTTP library."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any
from urllib.parse import quote

import requests

from veeam_em_simulator.testing import InProcess, Simulator

NOW = "2026-03-01T10:00:00Z"


class Visitor:
    """Speaks to a simulator as a short script would."""

    def __init__(self, em: Simulator, account: int = 0, accept: str | None = "application/json") -> None:
        self.em = em
        self.http = requests.Session()
        self.http.trust_env = False
        self.account = em.accounts[account]
        self.headers: dict[str, str] = {} if accept is None else {"Accept": accept}
        self.http.headers.pop("Accept", None)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is a path or a whole URL."""
        headers = self.headers | options.pop("headers", {})
        url = path if "://" in path else f"{self.em.url}{path}"
        verify = self.em.ca_path or True
        return self.http.request(method, url, headers=headers, verify=verify, timeout=20, allow_redirects=False, **options)

    def get(self, path: str, **options: Any) -> Any:
        answer = self.send("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.send("POST", path, **options)

    def log_on(self, path: str = "/api/sessionMngr/?v=latest") -> requests.Response:
        credentials = (self.account["username"].encode(), self.account["password"].encode())
        answer = self.send("POST", path, auth=credentials)
        self.http.cookies.clear()
        if answer.status_code == 201:
            self.headers["X-RestSvcSessionId"] = answer.headers["X-RestSvcSessionId"]
        return answer

    def query(self, kind: str, **parameters: str) -> list[dict[str, Any]]:
        """All entities of a query with few rows, in the key case of v12."""
        answer = self.get("/api/query", params={"type": kind, "format": "Entities", "pageSize": "5000", **parameters})
        wrapper = next(value for value in answer["Entities"].values() if value is not None)
        return next(iter(wrapper.values()))


class Simulators:
    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._running: dict[tuple[Any, ...], Simulator] = {}

    def __call__(self, profile: str = "v12", estate: str = "demo", **kind: Any) -> Simulator:
        key = (profile, estate, *sorted(kind.items()))
        if key not in self._running:
            self._running[key] = self._stack.enter_context(Simulator(profile=profile, estate=estate, **kind))
        em = self._running[key]
        em.reset()
        return em

    def visitor(self, profile: str = "v12", estate: str = "demo", *, account: int = 0, **kind: Any) -> Visitor:
        """Logged on."""
        visitor = Visitor(self(profile, estate, **kind), account)
        assert visitor.log_on().status_code == 201
        return visitor


class Local:
    """Logged on to an estate that is served without a port; profile v12 unless told otherwise."""

    def __init__(self, estate: str | dict[str, Any], *, account: int = 0, profile: str = "v12", now: str = NOW) -> None:
        self.em = InProcess(estate, now=now, profile=profile)
        self.headers = {"Accept": "application/json"}
        self.log_on(account)

    def log_on(self, account: int) -> None:
        chosen = self.em.enterprise.estate.accounts[account]
        credentials = base64.b64encode(f"{chosen.username}:{chosen.password}".encode()).decode()
        answer = self.em.request("POST", "/api/sessionMngr/?v=latest", {"Authorization": f"Basic {credentials}"})
        assert answer.status == 201
        self.headers["X-RestSvcSessionId"] = answer.headers["X-RestSvcSessionId"]

    def status(self, target: str) -> int:
        return self.em.request("GET", target, self.headers).status

    def get(self, target: str) -> Any:
        answer = self.em.request("GET", target, self.headers)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def rows(self, kind: str, filter: str = "") -> list[dict[str, Any]]:
        """All entities of a type, oldest first."""
        target = f"/api/query?type={kind}&format=Entities&pageSize=9999&sortAsc=CreationTime"
        answer = self.get(target + (f"&filter={quote(filter)}" if filter else ""))
        wrapper = next(value for value in answer["Entities"].values() if value is not None)
        return list(next(iter(wrapper.values())))

    def backup_of(self, point: dict[str, Any]) -> dict[str, Any]:
        """The backup that a restore point is in, by its links."""
        href = next(link["Href"] for link in point["Links"] if link["Type"] == "RestorePointReference")
        parent = self.get("/api/" + href.split("/api/")[1])
        return next(link for link in parent["Links"] if link["Type"] == "BackupReference")

    def roots(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The hierarchy roots by their names and those of their backup servers."""
        found = self.get("/api/hierarchyRoots?format=Entity")["HierarchyRoots"]
        return {(root["Name"], root["Links"][0]["Name"]): root for root in found}

    def lookup(self, root: dict[str, Any], name: str = "*") -> dict[str, str]:
        """What is registered there: reference to name."""
        items = self.get(f"/api/lookup?host={root['UID']}&name={quote(name)}&type=Vm")["HierarchyItems"]
        return {item["ObjectRef"]: item["ObjectName"] for item in items}
