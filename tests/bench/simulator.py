# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the simulator with its large estate: time and memory to load it, time for a page of 500 task sessions.

Prints one line per figure with its limit; exits 1 when a limit is passed. Run it with nothing else on the machine.
"""

from __future__ import annotations

import base64
import http.client
import resource
import ssl
import statistics
import sys
import time
from datetime import datetime, timedelta, timezone

from veeam_em_simulator.testing import Simulator

_LOAD_SECONDS = 60
_MEMORY_MIB = 2048
_PAGE_MILLISECONDS = 150
_PAGES = 40


def main() -> int:
    begun = time.monotonic()
    with Simulator(profile="v13", estate="large") as em:
        loaded = time.monotonic() - begun
        context = ssl.create_default_context(cafile=em.ca_path)
        wire = http.client.HTTPSConnection(em.host, em.port, context=context, timeout=60)
        credentials = base64.b64encode(f"{em.username}:{em.password}".encode()).decode()
        wire.request("POST", "/api/sessionMngr/?v=latest", headers={"Authorization": f"Basic {credentials}"})
        answer = wire.getresponse()
        answer.read()
        token = answer.headers["X-RestSvcSessionId"]
        pages = {kind: _pages(wire, token, kind) for kind in ("json", "xml")}
        wire.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = [
        ("simulator: 300,000 task sessions loaded", loaded, _LOAD_SECONDS, "s"),
        ("simulator: memory with them", memory, _MEMORY_MIB, "MiB"),
        *(
            (f"simulator: page of 500 as {kind}, median", took, _PAGE_MILLISECONDS, "ms")
            for kind, took in pages.items()
        ),
    ]
    for name, value, limit, unit in figures:
        print(f"{name:45} {value:8.1f} {unit:3} (limit {limit} {unit})")
    return int(any(value >= limit for _, value, limit, _ in figures))


def _pages(wire: http.client.HTTPSConnection, token: str, kind: str) -> float:
    """The median time of a page, in milliseconds, over pages from all parts of the last 20 days."""
    since = (datetime.now(timezone.utc) - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    took = []
    for number in range(_PAGES):
        target = (
            "/api/query?type=BackupTaskSession&format=Entities&sortAsc=CreationTime"
            f"&filter=CreationTime%3E%3D%22{since}%22&pageSize=500&page={number * 9 + 1}"
        )
        begun = time.monotonic()
        wire.request("GET", target, headers={"X-RestSvcSessionId": token, "Accept": f"application/{kind}"})
        answer = wire.getresponse()
        body = answer.read()
        took.append((time.monotonic() - begun) * 1000)
        if answer.status != 200 or len(body) < 500_000:
            raise SystemExit(f"page {number} is no full page: status {answer.status}, {len(body)} bytes")
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
