# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a step makes itself, each with what was found to be wrong."""

from __future__ import annotations

import typing as t

from devtool.counts import Counts
from devtool.process import Log

Faults = t.Dict[str, t.List[str]]
"""Check -> what is wrong; an empty list is a check that passed."""


def judge(faults: Faults, log: Log) -> Counts:
    for check, found in faults.items():
        log.write(f"{'FAILED' if found else 'ok'}: {check}{''.join(f'{chr(10)}  {fault}' for fault in found)}")
    failed = sum(bool(found) for found in faults.values())
    return Counts(len(faults) - failed, failed)


def differs(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what}: {found!r} instead of {wanted!r}"]
