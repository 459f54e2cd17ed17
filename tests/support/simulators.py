# SPDX-License-Identifier: GPL-3.0-or-later
"""Running simulators, one for each kind that tests ask for, kept until the tests end."""

from __future__ import annotations

import contextlib
import typing as t

from support import leaks

DEFAULTS: dict[str, t.Any] = {"profile": "v13", "estate": "demo", "seed": 1, "http": False}


class Simulators:
    def __init__(self) -> None:
        self._running: dict[tuple[t.Any, ...], t.Any] = {}
        self._open = contextlib.ExitStack()

    def get(self, **kind: t.Any) -> t.Any:
        """A simulator in its first state."""
        from veeam_em_simulator.testing import Simulator

        wanted = {**DEFAULTS, **kind}
        key = tuple(str(wanted[name]) for name in DEFAULTS)
        if key not in self._running:
            self._running[key] = self._open.enter_context(Simulator(**wanted))
        em = self._running[key]
        em.reset()
        for account in em.accounts:
            leaks.remember_credentials(account["username"], account["password"])
        return em

    def close(self) -> None:
        self._open.close()
