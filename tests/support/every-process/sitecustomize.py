# SPDX-License-Identifier: GPL-3.0-or-later
"""Python loads this at its start when its folder is on PYTHONPATH: the network guard in every program that tests start."""

from __future__ import annotations

import os

import network_guard

_FILE = os.environ.get("SUPPORT_NETWORK_FILE")


def _report(what: str) -> None:
    with open(str(_FILE), "a", encoding="utf-8") as file:
        file.write(what + "\n")


if _FILE:
    network_guard.install(_report)
