# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold on the supported ansible-cores: sanity, units, integration targets, and a few runs of the real commands."""

from __future__ import annotations

import functools
import json
import re
import typing as t
from pathlib import Path

from devtool import counts, demonstration, environments, pytests
from devtool.ansible_test import Checkout
from devtool.checks import judge
from devtool.environments import CORES, MAIN_CORE
from devtool.paths import fresh_folder
from devtool.process import Log
from devtool.running import HALF, Step
from steps.python import SNAPSHOTS

OLDEST, *_BETWEEN, NEWEST = CORES
EVERY_PYTHON = (OLDEST,)
"""Cores whose sanity tests are run on every Python that there is, from the oldest that modules run on to that of the core; the others run them
on the one that each prefers, up to the newest."""
PYLINT = (OLDEST, NEWEST)
"""Cores whose pylint reads the collection: it takes half of the time, and has never told more on those in between."""
UNITS = ("2.16", "2.20", "2.21")
"""Cores for ansible-test units: the oldest, and each further Python that a core prefers; the step unit runs them on the main core.
What differs from core to core, such as which texts it trusts, differs between 2.18 and 2.19, which these are on both sides of."""


def _where_available(check: t.Callable[[str, Log], counts.Counts], core: str, log: Log) -> counts.Counts:
    if not environments.available(f"core-{core}"):
        return counts.skip(f"no Python of {', '.join(CORES[core])} on this machine")
    return check(core, log)


def sanity(core: str, log: Log) -> counts.Counts:
    """The tests of ansible-test sanity, without ignore files. Unit tests are not shipped, and half of what pylint would read: ruff has them."""
    checkout = Checkout(core, "sanity", without=(Path("tests", "unit"),))
    if list((checkout.path / "tests").glob("sanity/ignore*")):
        return counts.Counts(failed=1, notes=("findings are repaired, not ignored",))
    pythons = () if core in EVERY_PYTHON else ("--python", checkout.environment.python_version)
    linters = () if core in PYLINT else ("--skip-test", "pylint")
    code, text = checkout.run(log, "sanity", *pythons, *linters)
    ran = len(re.findall(r"^Running sanity test ", text, re.MULTILINE))
    # ansible-test tells them a second time at its end.
    skipped = list(dict.fromkeys(re.findall(r"^WARNING: (Skipping sanity test .*)$", text, re.MULTILINE)))
    if not code:
        return counts.Counts(ran, 0, len(skipped), tuple(skipped))
    listed = re.search(r"^FATAL: The (\d+) sanity test\(s\) listed below", text, re.MULTILINE)
    failed = int(listed.group(1)) if listed else 1
    return counts.Counts(max(ran - failed, 0), failed, len(skipped), tuple(skipped))


def units(core: str, log: Log) -> counts.Counts:
    # Made-up snapshots are judged once, by the step snapshots: they take half of the time and need nothing of a core.
    checkout = Checkout(core, "units", without=(Path(SNAPSHOTS),))
    workers = ("--num-workers", str(HALF))
    code, _text = checkout.run(log, "units", "--python", checkout.environment.python_version, *workers)
    result = counts.Counts()
    for report in (checkout.path / "tests" / "output" / "junit").glob("*units.xml"):
        result = result.plus(counts.of_junit(report))
    return result if bool(code) == bool(result.failed) else result._replace(failed=result.failed + 1)


def integration(core: str, log: Log) -> counts.Counts:
    """The targets of tests/integration, all with one simulator, on which none of them may leave a logon session open."""
    checkout = Checkout(core, "integration")
    settings = checkout.path / "tests" / "integration" / "integration_config.yml"
    with demonstration.simulator(fresh_folder(f"integration-{core}")) as ready:
        # JSON is YAML.
        settings.write_text(json.dumps({"setup_simulator_environment": demonstration.connection(ready)}))
        code, text = checkout.run(log, "integration", "--local", "--python", checkout.environment.python_version)
        logons, left_open = demonstration.logons(ready), demonstration.open_sessions(ready)
    ran = re.findall(r"^Running (\S+) integration test (?:role|script)$", text, re.MULTILINE)
    targets = {path.name for path in (checkout.path / "tests" / "integration" / "targets").iterdir() if path.is_dir()}
    wanted = {name for name in targets if not name.startswith("setup_")}
    missing = wanted - set(ran)
    notes = (f"these targets were not run: {', '.join(sorted(missing))}",) if missing else ()
    good = len(wanted) - len(missing)
    # The first target that fails ends the run.
    targets_result = counts.Counts(good - 1 if code else good, len(missing) or int(bool(code)), notes=notes)
    few = [] if logons >= good else [f"only {logons} logons: not every target has asked this simulator"]
    return targets_result.plus(judge({"all targets logged on, and off again": [*few, *left_open]}, log))


def smoke(core: str, log: Log) -> counts.Counts:
    """The tests that are marked smoke, with modules on the oldest Python; the oldest and the newest core also run those marked ends."""
    env = pytests.installed(core, log)
    marked = "smoke or ends" if core in (OLDEST, NEWEST) else "smoke"
    return pytests.run(log, f"smoke-{core}", "tests/commands", env=env, options=["-m", marked])


def _steps(
    name: str, check: t.Callable[[str, Log], counts.Counts], cores: t.Iterable[str], wide: bool = False
) -> list[Step]:
    return [Step(f"{name}-{core}", functools.partial(_where_available, check, core), wide) for core in cores]


STEPS = [
    *_steps("sanity", sanity, CORES),
    *_steps("units", units, UNITS, wide=True),
    *_steps("smoke", smoke, [core for core in CORES if core != MAIN_CORE]),
]
