# SPDX-License-Identifier: GPL-3.0-or-later
"""The role awx_setup on the stand-in."""

from __future__ import annotations

import typing as t

from support.awx.api import Awx
from support.commands import Run

from .conftest import EM_PASSWORD

SetUp = t.Callable[..., Run]


def changed(run: Run) -> list[str]:
    return [each["task"] for each in run.results if each["result"].get("changed")]


def test_everything_is_made_and_a_second_run_changes_nothing(awx: Awx, set_up: SetUp) -> None:
    first = set_up()
    assert first.rc == 0, first.output
    second = set_up()
    assert second.rc == 0, second.output
    assert changed(second) == ["backup_ops.veeam_em.awx_setup : Make the credential"]
