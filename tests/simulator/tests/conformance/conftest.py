# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator per profile for all tests, started by its public class, and visitors to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.notation import PROFILES
from conformance.wire import Visitor
from veeam_em_simulator.testing import Simulator

ESTATE = Path(__file__).parent / "estate.yml"


@pytest.fixture(scope="session")
def enterprise_managers() -> Iterator[Callable[[str], Simulator]]:
    with contextlib.ExitStack() as stack:
        running: dict[str, Simulator] = {}

        def of(profile: str) -> Simulator:
            if profile not in running:
                running[profile] = stack.enter_context(Simulator(profile=profile, estate=str(ESTATE), seed=3))
            return running[profile]

        yield of


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def em(profile: str, enterprise_managers: Callable[[str], Simulator]) -> Simulator:
    """For tests that change nothing but logon sessions."""
    return enterprise_managers(profile)


@pytest.fixture
def stranger(em: Simulator) -> Iterator[Visitor]:
    """Not logged on."""
    visitor = Visitor(em)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(stranger: Visitor) -> Iterator[Visitor]:
    assert stranger.log_on().status == 201
    yield stranger
    assert stranger.log_off().status == 204


@pytest.fixture
def fresh(em: Simulator) -> Iterator[Visitor]:
    """Logged on, and what the test did to the clock, to sessions, to faults and to the estate is undone after it."""
    visitor = Visitor(em)
    assert visitor.log_on().status == 201
    yield visitor
    visitor.close()
    em.reset()
