# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator in a test: a real HTTPS server in a thread of the test's own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from veeam_em_simulator.estate.loading import EstateSource
from veeam_em_simulator.in_process import InProcess
from veeam_em_simulator.server import Server

__all__ = ["InProcess", "Simulator"]


class Simulator:
    """`with Simulator(profile="v13", estate="demo") as em:` runs a server until the end of the block.

    `estate` is a name of the library, a YAML file, or the content of one as a dictionary. EstateError (a ValueError) tells what is wrong with it.
    """

    def __init__(
        self,
        profile: str = "v13",
        estate: EstateSource | Path = "demo",
        seed: int = 1,
        http: bool = False,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: str | None = None,
        ticking: bool = False,
        href_base: str | None = None,
    ) -> None:
        source = str(estate) if isinstance(estate, Path) else estate
        self._server = Server(
            host=host, port=port, profile=profile, estate=source, seed=seed, http=http, now=now, ticking=ticking, href_base=href_base
        )
        self.host = host
        self.protocol = self._server.protocol
        self.ca_path = self._server.ca_path
        self.admin_token = self._server.admin_token
        self.accounts = [
            {"username": a.username, "password": a.password, "role": a.role} for a in self._server.enterprise.estate.accounts
        ]
        self.username = self.accounts[0]["username"]
        self.password = self.accounts[0]["password"]

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

    def requests(self) -> list[dict[str, Any]]:
        """Every request since the start or the last reset, the control API's own left out."""
        return self._server.call(self._server.control.requests)

    def open_sessions(self) -> list[dict[str, Any]]:
        """The logon sessions that nobody has ended and that have not expired."""
        return self._server.call(self._server.control.sessions)

    def now(self) -> str:
        return str(self._server.call(self._server.control.clock)["now"])

    def advance(self, duration: str) -> None:
        """Moves the clock: `15m`, `1d12h`."""
        self._server.call(lambda: self._server.control.move_clock({"advance": duration}))

    def set_clock(self, moment: str) -> None:
        self._server.call(lambda: self._server.control.move_clock({"set": moment}))

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Sets up a fault; FaultError (a ValueError) when it makes no sense."""
        self._server.call(lambda: self._server.control.add_fault(fault))

    def clear_faults(self) -> None:
        self._server.call(self._server.control.clear_faults)

    def collect(self) -> None:
        """Enterprise Manager collects from all backup servers now."""
        self._server.call(self._server.control.collect)

    def reset(self) -> None:
        """Everything as it was at the start: rows, logon sessions, request log, faults, clock."""
        self._server.call(self._server.control.reset)
