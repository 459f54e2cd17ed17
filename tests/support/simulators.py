# SPDX-License-Identifier: GPL-3.0-or-later
"""Running simulators, one for each kind that tests ask for, kept until the tests end."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from support import leaks

DEFAULTS: dict[str, t.Any] = {"profile": "v13", "estate": "demo", "seed": 1, "http": False}


@contextlib.contextmanager
def _unmeasured() -> t.Iterator[None]:
    """A thread that begins here is not measured: the simulator's lines are in no figure, and it would be four times as slow."""
    trace = threading.gettrace()
    threading.settrace(None)  # type: ignore[arg-type]
    yield
    threading.settrace(trace)  # type: ignore[arg-type]


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
            with _unmeasured():
                self._running[key] = self._open.enter_context(Simulator(**wanted))
        em = self._running[key]
        em.reset()
        for account in em.accounts:
            leaks.remember_credentials(account["username"], account["password"])
        return em

    def close(self) -> None:
        self._open.close()
