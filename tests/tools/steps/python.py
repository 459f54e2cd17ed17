# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests in Python: units, the client against the simulator, contracts, the simulator itself, and the real commands."""

from __future__ import annotations

import collections
import functools
import json
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

from devtool import counts, environments, pytests
from devtool.paths import BUILD
from devtool.process import Log
from devtool.running import HALF, Step

_COVERED = ("unit", "contract")
"""The client's tests run beside a simulator, which measuring slows down four times, and the gate runs in commands; so their share is not
in the figures."""

LINES = 91.0
DECIDING = "plugins/module_utils/_protection/"
"""What decides about a verdict has a bound of its own."""
BRANCHES = 100.0
"""Of what decides."""

_WORKERS = ("-n", str(HALF)) if HALF > 1 else ()


SNAPSHOTS = "tests/unit/plugins/module_utils/_protection/test_properties.py"
_FEW_SNAPSHOTS = {"VERDICT_SNAPSHOTS": "300"}
"""Among the other units; the step snapshots judges all of them, unmeasured, which takes a third of the time."""


def tests(name: str, covered: bool, log: Log) -> counts.Counts:
    return pytests.run(log, name, f"tests/{name}", env=_FEW_SNAPSHOTS, options=_WORKERS, covered=covered)


def snapshots(log: Log) -> counts.Counts:
    return pytests.run(log, "snapshots", SNAPSHOTS)


def coverage(log: Log) -> counts.Counts:
    """The figures of the steps before; a module that no test loads counts as not covered."""
    python = environments.ensure("dev").python
    base: list[str | Path] = [python, "-m", "coverage"]
    settings = f"--rcfile={pytests.COVERAGE_SETTINGS}"
    data = f"--data-file={BUILD / 'coverage' / 'all'}"
    parts = [path for name in _COVERED for path in (BUILD / "coverage").glob(f"{name}.*")]
    if not parts or log.run(*base, "combine", "--keep", settings, data, *parts):
        return counts.Counts(failed=1, notes=(f"it needs the steps {', '.join(_COVERED)} before it",))
    report = BUILD / "coverage" / "all.json"
    log.run(*base, "report", settings, data)
    log.run(*base, "json", "--quiet", settings, data, "-o", report)
    return _judge(json.loads(report.read_text()), log)


def _judge(report: dict[str, t.Any], log: Log) -> counts.Counts:
    lines = report["totals"]["percent_statements_covered"]
    branches = report["totals"]["percent_branches_covered"]
    deciding = {path: each for path, each in report["files"].items() if DECIDING in path}
    for path, each in deciding.items():
        if each["missing_branches"]:
            log.write(f"{path}: branches that no test takes: {each['missing_branches']}")
    taken = _share(deciding.values())
    good = [lines >= LINES, taken >= BRANCHES]
    note = (
        f"{lines:.1f} % of the lines of plugins/ and {branches:.1f} % of the branches; {taken:.1f} % of those that decide about a verdict; "
        f"at least {LINES:.0f} % of the lines and {BRANCHES:.0f} % of the latter"
    )
    return counts.Counts(sum(good), len(good) - sum(good), notes=(note,))


def _share(files: t.Iterable[dict[str, t.Any]]) -> float:
    """Percent of the branches that are taken; 0 when there are none."""
    figures = [each["summary"] for each in files]
    number = sum(each["num_branches"] for each in figures)
    return 100 * sum(each["covered_branches"] for each in figures) / number if number else 0.0


def simulator(log: Log) -> counts.Counts:
    return pytests.run(log, "simulator", "tests/simulator/tests", options=_WORKERS)


def commands(log: Log) -> counts.Counts:
    env = pytests.installed(environments.MAIN_CORE, log)
    return pytests.run(log, "commands", "tests/commands", env=env, options=["-m", "not ends", *_WORKERS])


def examples(log: Log) -> counts.Counts:
    """Code blocks share processes, which workers would not: all of them together take about a minute of a core."""
    env = pytests.installed(environments.MAIN_CORE, log)
    result = pytests.run(log, "examples", "tests/examples", env=env)
    path = BUILD / "junit" / "examples.xml"
    names = [case.get("name", "") for case in ET.parse(path).getroot().iter("testcase")] if path.exists() else []
    blocks = [name for name in names if name.startswith("test_block[")]
    folders = collections.Counter(name.partition("[")[2].partition("/")[0].partition(":")[0] for name in blocks)
    told = ", ".join(f"{number} of {folder}" for folder, number in sorted(folders.items()))
    pages = sum(name.startswith("test_links[") for name in names)
    return result.noting(f"{len(blocks)} code blocks ({told}), and the links of {pages} files")


def browser(log: Log) -> counts.Counts:
    """Reports in Chromium. Who has none and may not install it hears so; the machine that decides is root and has apt."""
    program = environments.chromium(log)
    if program is None:
        return counts.Counts(
            skipped=1, notes=("there is no Chromium, and none can be installed: install one to run this step",)
        )
    env = {"DEV_CHROMIUM": str(program)}
    return pytests.run(log, "browser", "tests/browser", env=env, environment="browser")


STEPS = [
    Step("commands", commands, wide=True),
    Step("examples", examples),
    Step("client", functools.partial(tests, "client", False), wide=True),
    Step("contract", functools.partial(tests, "contract", True), wide=True),
    Step("unit", functools.partial(tests, "unit", True), wide=True, quick=functools.partial(tests, "unit", False)),
    Step("snapshots", snapshots),
    Step("simulator", simulator, wide=True),
    Step("browser", browser),
    Step("coverage", coverage, after=_COVERED),
]
