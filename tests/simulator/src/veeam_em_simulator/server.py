# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator: its own thread, event loop, certificate authority and port."""

from __future__ import annotations

import asyncio
import logging
import secrets
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from veeam_em_simulator.certificates import Certificates
from veeam_em_simulator.clock import parse_time
from veeam_em_simulator.enterprise import Enterprise, build_enterprise
from veeam_em_simulator.estate.loading import EstateSource
from veeam_em_simulator.profiles import PROFILES
from veeam_em_simulator.web.app import Application
from veeam_em_simulator.web.control import Control
from veeam_em_simulator.web.leniency import LenientProtocol

T = TypeVar("T")


def _own_fault(record: logging.LogRecord) -> bool:
    """What clients do wrong is for them to see, not for the server's log."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionError)


_LOG = logging.getLogger("veeam_em_simulator")
_LOG.addFilter(_own_fault)


class Server:
    """Start it, ask it, stop it. Many can run in one process."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        profile: str = "v13",
        estate: EstateSource = "demo",
        seed: int = 1,
        http: bool = False,
        now: str | None = None,
        ticking: bool = False,
        href_base: str | None = None,
        faults: tuple[Mapping[str, Any], ...] = (),
    ) -> None:
        if profile not in PROFILES:
            raise ValueError(f"unknown profile '{profile}'; known are {', '.join(PROFILES)}")
        chosen = PROFILES[profile]
        if http and profile == "v95u4":
            # The older archive's server on plain HTTP knew XML only
            chosen = replace(chosen, xml_only=True)
        start = None if now is None else parse_time(now)
        self.enterprise: Enterprise = build_enterprise(
            chosen, estate, seed, start=start, ticking=ticking, href_base=href_base and href_base.rstrip("/"), faults=faults
        )
        self.host = host
        self.port = port
        self.protocol = "http" if http else "https"
        self.admin_token = secrets.token_urlsafe(24)
        self._folder = tempfile.TemporaryDirectory(prefix="veeam-em-simulator-")
        self._certificates = None if http else Certificates(host)
        self.ca_path = None if self._certificates is None else str(self._certificates.write_authority(Path(self._folder.name)))
        self.control = Control(self.enterprise, self._present_certificate)
        self._present_certificate(self.enterprise.faults.certificate())
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}://{host}:{self.port}"

    def _present_certificate(self, fault: str | None) -> None:
        if self._certificates is not None:
            self._certificates.present(fault)

    def start(self) -> None:
        """Returns when the port is open; OSError when it cannot be."""
        self._thread = threading.Thread(target=self._run, name="veeam-em-simulator", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except BaseException:
            self.stop()
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # Clients that break off a handshake or a connection are part of the job
        self._loop.set_exception_handler(lambda loop, context: None)
        self._loop.run_forever()

    async def _listen(self) -> None:
        application = Application(self.enterprise, self.control, self.admin_token, self.protocol)
        self._runner = web.AppRunner(
            application.aiohttp_application(),
            access_log=None,
            handle_signals=False,
            logger=_LOG,
            keepalive_timeout=120,
            shutdown_timeout=0.2,
        )
        await self._runner.setup()
        context = None if self._certificates is None else self._certificates.server_context
        framework = self._runner.server
        assert framework is not None
        self._listener = await self._loop.create_server(
            lambda: LenientProtocol(framework()), self.host, self.port, ssl=context, backlog=128
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def call(self, function: Callable[[], T]) -> T:
        """Runs a function in the simulator's thread, between two requests."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def stop(self) -> None:
        if self._thread is None:
            return
        if self._listener is not None:
            self._loop.call_soon_threadsafe(self._listener.close)
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = None
        self.enterprise.database.close()
        self._folder.cleanup()
