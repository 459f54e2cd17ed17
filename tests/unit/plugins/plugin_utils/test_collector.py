# SPDX-License-Identifier: GPL-3.0-or-later
"""The collector of reference cycles is off for a while, and never left otherwise than it was."""

from __future__ import annotations

import gc
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._collector import without_collector


@pytest.fixture(autouse=True)
def enabled() -> t.Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_it_is_off_inside_and_on_again_afterwards() -> None:
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_leaves_it_on() -> None:
    with pytest.raises(ValueError, match="wrong"), without_collector():
        raise ValueError("wrong")
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    with without_collector():
        pass
    assert not gc.isenabled()
