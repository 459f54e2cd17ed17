# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator for each kind that tests ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from visiting import Simulators, Visitor


@pytest.fixture(scope="session")
def simulators() -> Iterator[Simulators]:
    with contextlib.ExitStack() as stack:
        yield Simulators(stack)


@pytest.fixture
def visitor(simulators: Simulators) -> Visitor:
    """Logged on to the demo estate, profile v12."""
    return simulators.visitor()
