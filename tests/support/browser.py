# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium of the system without a screen, which asks nobody in the network anything."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import typing as t

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


@contextlib.contextmanager
def chromium() -> t.Iterator[Browser]:
    """DEV_CHROMIUM names the program; without it the first that the system has."""
    program = os.environ.get("DEV_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise RuntimeError(f"there is no {' or '.join(NAMES)}; install one of them")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        env: dict[str, str | float | bool] = {**os.environ, "HOME": home}
        browser = driver.chromium.launch(executable_path=program, args=list(_OPTIONS), env=env)
        try:
            yield browser
        finally:
            browser.close()
