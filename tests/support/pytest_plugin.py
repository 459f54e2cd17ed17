# SPDX-License-Identifier: GPL-3.0-or-later
"""The pytest plugin with the fixtures ``simulator``, ``simulators`` and ``ansible``, and the guards around every test.

* ``simulator`` is a running simulator in its first state; ``@pytest.mark.simulator(profile="v12", estate="demo")`` chooses.
  A logon session that is left open fails the test; ``open_sessions=1`` in the mark says that just so many must be left.
* ``simulators.get(profile=…)`` gives further ones, under the same guard.
* ``ansible`` runs the real commands on the installed collection.
* No test may reach another machine, nor show a password, Basic credentials or a token in what it prints, logs or fails with.
"""

from __future__ import annotations

import os
import sys
import typing as t
from pathlib import Path

import pytest

from support import leaks
from support.commands import Ansible
from support.simulators import DEFAULTS, Simulators

sys.path.insert(0, str(Path(__file__).resolve().parent / "every-process"))
import network_guard


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"simulator({', '.join(DEFAULTS)}, open_sessions=0): the kind of simulator that the test wants"
    )
    config.addinivalue_line("markers", "smoke: runs on every ansible-core, not only on the main one")
    config.addinivalue_line("markers", "ends: runs on the oldest and the newest ansible-core, and not on the main one")


@pytest.fixture(autouse=True)
def _no_network() -> t.Iterator[None]:
    used: list[str] = []
    take_off = network_guard.install(used.append)
    yield
    take_off()
    assert not used, f"the test left this machine: {used}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> t.Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    shown = [report.longreprtext, *(text for _title, text in report.sections)]
    if any(leaks.found_in(text) for text in shown):
        report.outcome = "failed"
        report.longrepr = leaks.without("the test shows a secret:\n" + "\n".join(shown))
        report.sections = []
    return report


@pytest.fixture(scope="session")
def _all_simulators() -> t.Iterator[Simulators]:
    simulators = Simulators()
    yield simulators
    simulators.close()


class _Watched:
    """Gives simulators to one test and looks afterwards at what it left on them."""

    def __init__(self, simulators: Simulators) -> None:
        self._simulators = simulators
        self.given: list[t.Any] = []

    def get(self, **kind: t.Any) -> t.Any:
        em = self._simulators.get(**kind)
        if em not in self.given:
            self.given.append(em)
        return em


@pytest.fixture
def simulators(_all_simulators: Simulators, request: pytest.FixtureRequest) -> t.Iterator[_Watched]:
    watched = _Watched(_all_simulators)
    yield watched
    mark = request.node.get_closest_marker("simulator")
    allowed = mark.kwargs.get("open_sessions", 0) if mark else 0
    left = [session for em in watched.given for session in em.open_sessions()]
    assert len(left) == allowed, f"the test left {len(left)} logon sessions open, not {allowed}: {left}"


@pytest.fixture
def simulator(simulators: _Watched, request: pytest.FixtureRequest) -> t.Any:
    mark = request.node.get_closest_marker("simulator")
    kind = {name: value for name, value in (mark.kwargs if mark else {}).items() if name != "open_sessions"}
    return simulators.get(**kind)


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    if "DEV_ANSIBLE_BIN" not in os.environ:
        pytest.fail("the commands are not known here: run it as tests/tools/dev.py pytest …", pytrace=False)
    directory = tmp_path / "work"
    directory.mkdir()
    return Ansible(
        Path(os.environ["DEV_ANSIBLE_BIN"]),
        Path(os.environ["DEV_COLLECTIONS"]),
        directory,
        os.environ["DEV_ANSIBLE_CORE"],
        os.environ["DEV_MODULE_PYTHON"],
    )
