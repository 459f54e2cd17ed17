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
def em(profile: str, enterprise_managers: Callable[[str], Simulator]) -> Iterator[Simulator]:
    simulator = enterprise_managers(profile)
    yield simulator
    simulator.reset()


@pytest.fixture
def stranger(em: Simulator) -> Iterator[Visitor]:
    """Not logged on."""
    visitor = Visitor(em)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    assert stranger.log_on().status == 201
    return stranger
