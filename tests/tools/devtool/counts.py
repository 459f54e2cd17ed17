# SPDX-License-Identifier: GPL-3.0-or-later
"""How many checks a step made and how they went."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path


class Counts(t.NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: tuple[str, ...] = ()
    """Sentences for the person who reads the result: figures, and what was skipped and why."""

    def plus(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.notes + other.notes,
        )

    def noting(self, *notes: str) -> Counts:
        return self._replace(notes=self.notes + notes)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def of_exit_code(code: int) -> Counts:
    """For a tool that is one check."""
    return Counts(passed=1) if code == 0 else Counts(failed=1)


def skip(reason: str, number: int = 1) -> Counts:
    return Counts(skipped=number, notes=(reason,))


def of_junit(report: Path) -> Counts:
    """Of a JUnit file; a missing or empty one is a failure, as nothing was run."""
    if not report.exists():
        return Counts(failed=1, notes=("no test report was written",))
    counts = Counts()
    for suite in ET.parse(report).getroot().iter("testsuite"):
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        counts = counts.plus(Counts(total - failed - skipped, failed, skipped))
    return counts
