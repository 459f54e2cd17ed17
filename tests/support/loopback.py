# SPDX-License-Identifier: GPL-3.0-or-later
"""A web application of a test, served on the loopback address by a thread of the test's own process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import typing as t

from aiohttp import web

_START_SECONDS = 30


@contextlib.contextmanager
def serve(application: web.Application) -> t.Iterator[str]:
    """Its address, such as http://127.0.0.1:40001, until the end of the block."""
    started = threading.Event()
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application, access_log=None)
    address: list[str] = []

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if not started.wait(_START_SECONDS):
        raise RuntimeError("the server did not start")
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
