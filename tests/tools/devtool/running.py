# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs steps, as many at once as there are cores, and says how each went and how long it took."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import fnmatch
import importlib
import os
import threading
import time
import typing as t

from devtool.counts import Counts
from devtool.paths import LOGS, ROOT
from devtool.process import Log, ToolError

MODULES = ("static", "docs", "python", "artifact", "builder", "platform", "integration", "cores")
"""The files in steps/, in the order in which their steps run."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of the table. ``whole`` steps use all cores and run alone, in their order; ``quick`` is what ``make quick`` does."""

    name: str
    run: t.Callable[[Log], Counts]
    whole: bool = False
    quick: t.Callable[[Log], Counts] | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    step: Step
    counts: Counts
    seconds: float

    @property
    def good(self) -> bool:
        return not self.counts.failed

    def line(self) -> str:
        return f"{'ok    ' if self.good else 'FAILED'}  {self.step.name:20} {self.seconds:7.1f} s   {self.counts}"


def all_steps() -> list[Step]:
    return [step for name in MODULES for step in importlib.import_module(f"steps.{name}").STEPS]


def choose(patterns: t.Sequence[str], steps: t.Sequence[Step]) -> list[Step]:
    """Steps whose name matches one of the patterns, such as ``mypy`` or ``sanity-*``. Raises ToolError."""
    for pattern in patterns:
        if not any(fnmatch.fnmatch(step.name, pattern) for step in steps):
            raise ToolError(f"there is no step {pattern}; there are: {', '.join(step.name for step in steps)}")
    return [step for step in steps if any(fnmatch.fnmatch(step.name, pattern) for pattern in patterns)]


def run_steps(steps: t.Sequence[Step]) -> int:
    """Runs them all, prints the table, notes and the closing line; the exit code."""
    begin = time.monotonic()
    outcomes: list[Outcome] = []
    cores = os.cpu_count() or 1
    free = threading.Semaphore(cores)
    turn = threading.Lock()

    def work(step: Step) -> Outcome:
        wanted = cores if step.whole else 1
        with turn:  # one at a time takes cores, else two whole steps would wait for each other for ever
            for _number in range(wanted):
                free.acquire()
        try:
            return _run(step)
        finally:
            free.release(wanted)

    with concurrent.futures.ThreadPoolExecutor(max_workers=cores) as pool:
        for future in [pool.submit(work, step) for step in steps]:
            outcome = future.result()
            outcomes.append(outcome)
            print(outcome.line(), flush=True)
            if not outcome.good:
                log = Log.of(outcome.step.name)
                print(f"        {log.path.relative_to(ROOT)} ends with:\n{log.tail(60)}\n", flush=True)
    return _close(outcomes, time.monotonic() - begin)


def _run(step: Step) -> Outcome:
    log = Log(LOGS / f"{step.name}.log")
    start = time.monotonic()
    try:
        counts = step.run(log)
    except ToolError as error:
        log.write(str(error))
        counts = Counts(failed=1)
    if not any((counts.passed, counts.failed, counts.skipped)):
        log.write("this step ran nothing")
        counts = Counts(failed=1, notes=(*counts.notes, "it ran nothing"))
    return Outcome(step, counts, time.monotonic() - start)


def _close(outcomes: t.Sequence[Outcome], seconds: float) -> int:
    total = Counts()
    print(f"\n{'step':20} {'seconds':>8} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for outcome in outcomes:
        counts = outcome.counts
        total = total.plus(counts)
        print(
            f"{outcome.step.name:20} {outcome.seconds:8.1f} {counts.passed:7} {counts.failed:7} {counts.skipped:8}"
            f"{'' if outcome.good else '   FAILED'}"
        )
    print(f"{'all, wall time':20} {seconds:8.1f}\n")
    for outcome in outcomes:
        for note in outcome.counts.notes:
            print(f"{outcome.step.name}: {note}")
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0
