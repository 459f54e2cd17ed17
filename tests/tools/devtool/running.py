# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs steps, as many at once as there are cores, and says how each went, how long it took and how much of a core's time."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import fnmatch
import importlib
import os
import time
import traceback
import typing as t

from devtool.counts import Counts
from devtool.paths import LOGS, ROOT
from devtool.process import Log, ToolError

MODULES = ("static", "docs", "python", "cores", "integration", "awx", "platform", "artifact", "builder")
"""The files in steps/, in the order in which their steps begin: what people want to hear at once, then the long ones before the
short ones, so that no core is left without work at the end."""
CORES = os.cpu_count() or 1
HALF = max(CORES // 2, 1)
"""The cores of a wide step: two of them run side by side, so that one is busy while the other starts or ends."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of the table. ``after`` names steps whose results it needs; ``quick`` is what ``make quick`` does."""

    name: str
    run: t.Callable[[Log], Counts]
    wide: bool = False
    after: tuple[str, ...] = ()
    quick: t.Callable[[Log], Counts] | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    step: Step
    counts: Counts
    seconds: float
    cpu: float

    @property
    def good(self) -> bool:
        return not self.counts.failed

    def line(self) -> str:
        return f"{'ok    ' if self.good else 'FAILED'}  {self.step.name:20} {self.seconds:7.1f} s {self.cpu:7.1f} s of a core   {self.counts}"


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
    waiting = list(steps)
    running: dict[concurrent.futures.Future[Outcome], Step] = {}
    outcomes: dict[str, Outcome] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=CORES) as pool:
        while waiting or running:
            for step in _next(waiting, list(running.values())):
                waiting.remove(step)
                running[pool.submit(_run, step)] = step
            for future in concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED).done:
                outcomes[running.pop(future).name] = future.result()
                _tell(future.result())
    return _close([outcomes[step.name] for step in steps], time.monotonic() - begin)


def _width(step: Step) -> int:
    return HALF if step.wide else 1


def _next(waiting: t.Sequence[Step], running: t.Sequence[Step]) -> list[Step]:
    """The steps that can begin now, in their order, as far as cores are free."""
    unfinished = {step.name for step in (*waiting, *running)}
    free = CORES - sum(map(_width, running))
    chosen = []
    for step in waiting:
        if _width(step) <= free and not unfinished.intersection(step.after):
            chosen.append(step)
            free -= _width(step)
    return chosen


def _tell(outcome: Outcome) -> None:
    print(outcome.line(), flush=True)
    if not outcome.good:
        log = Log.of(outcome.step.name)
        print(f"        {log.path.relative_to(ROOT)} ends with:\n{log.tail(60)}\n", flush=True)


def _run(step: Step) -> Outcome:
    log = Log(LOGS / f"{step.name}.log")
    start = time.monotonic()
    try:
        counts = step.run(log)
    except ToolError as error:
        log.write(str(error))
        counts = Counts(failed=1)
    except Exception:  # noqa: BLE001
        # A fault of the tool itself: it must not hide how the other steps went.
        log.write(traceback.format_exc())
        counts = Counts(failed=1)
    if not any((counts.passed, counts.failed, counts.skipped)):
        log.write("this step ran nothing")
        counts = Counts(failed=1, notes=(*counts.notes, "it ran nothing"))
    return Outcome(step, counts, time.monotonic() - start, log.cpu)


def _close(outcomes: t.Sequence[Outcome], seconds: float) -> int:
    total = Counts()
    print(f"\n{'step':20} {'seconds':>8} {'of a core':>9} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for outcome in outcomes:
        counts = outcome.counts
        total = total.plus(counts)
        print(
            f"{outcome.step.name:20} {outcome.seconds:8.1f} {outcome.cpu:9.1f} {counts.passed:7} {counts.failed:7} {counts.skipped:8}"
            f"{'' if outcome.good else '   FAILED'}"
        )
    cpu = sum(outcome.cpu for outcome in outcomes)
    print(f"{'all':20} {seconds:8.1f} {cpu:9.1f}   {cpu / seconds / CORES:.0%} of {CORES} cores\n")
    for outcome in outcomes:
        for note in outcome.counts.notes:
            print(f"{outcome.step.name}: {note}")
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0
