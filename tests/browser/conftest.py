# SPDX-License-Identifier: GPL-3.0-or-later
"""One Chromium for all tests, and pages in it that tell when something goes wrong on them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from support.browser import chromium

Open = t.Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> t.Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> t.Iterator[Open]:
    """Opens a page's text at a width, in whatever mode; at the end no page may have complained or asked the network."""
    faults: list[str] = []
    contexts = []

    def opened(text: str, width: int = 1400, height: int = 900, fragment: str = "", **mode: t.Any) -> Page:
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, timezone_id="Europe/Berlin", locale="en-GB", **mode
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: faults.extend([request.url] * (not request.url.startswith("file:"))))
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
