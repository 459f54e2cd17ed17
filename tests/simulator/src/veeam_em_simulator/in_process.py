# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator without a port: for tests that ask thousands of small sites."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from multidict import CIMultiDict

from veeam_em_simulator.clock import iso, parse_duration, parse_time
from veeam_em_simulator.enterprise import build_enterprise
from veeam_em_simulator.estate.loading import EstateSource
from veeam_em_simulator.profiles import PROFILES
from veeam_em_simulator.web.control import Control
from veeam_em_simulator.web.faults import ON_THE_WAY, FaultError
from veeam_em_simulator.web.serving import Answer, Serving


class InProcess:
    """`InProcess({"backup_servers": [...], ...}, now="2026-01-05T06:00:00Z").request("GET", "/api/", {})`.

    The clock stands still unless `advance` moves it, so that the same estate gives the same answers. Of the faults those
    work that change the answer itself; those of the way there (reset, truncated, slow) need a port.
    """

    protocol = "https"
    ca_path = None

    def __init__(self, estate: EstateSource, *, now: str | None = None, profile: str = "v13", seed: int = 1) -> None:
        start = None if now is None else parse_time(now)
        self.enterprise = build_enterprise(PROFILES[profile], estate, seed, start=start, standing=True)
        self.host = "em.example.test"
        self.port = 9398
        self.url = f"{self.protocol}://{self.host}:{self.port}"
        self.accounts = [{"username": a.username, "password": a.password, "role": a.role} for a in self.enterprise.estate.accounts]
        self.username, self.password = self.accounts[0]["username"], self.accounts[0]["password"]
        self._serving = Serving(self.enterprise, self.protocol)
        self._control = Control(self.enterprise, lambda fault: None)

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to a request; `target` is what stands in the request line, a path or a whole URL."""
        found, fault = self._serving.serve(method, target, CIMultiDict(headers), body, f"{self.host}:{self.port}")
        if fault is not None and fault.kind in ON_THE_WAY:
            raise FaultError(f"the fault kind '{fault.kind}' needs a simulator with a port")
        return found

    def requests(self) -> list[dict[str, Any]]:
        return self._control.requests()

    def open_sessions(self) -> list[dict[str, Any]]:
        return self._control.sessions()

    def now(self) -> str:
        return iso(self.enterprise.clock.now())

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Sets up a fault; FaultError (a ValueError) when it makes no sense."""
        self._control.add_fault(fault)

    def advance(self, duration: str) -> None:
        """Moves the clock: `15m`, `1d12h`."""
        self.enterprise.clock.advance(parse_duration(duration))

    def close(self) -> None:
        self.enterprise.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
