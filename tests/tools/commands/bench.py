# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory as ratios within one run: bench [--rows N …] [--machines N] [--large N] [--strict]; figures also in .build/bench/."""

from __future__ import annotations

import json
import os
import platform
import subprocess

from devtool import environments, process, pytests
from devtool.paths import BUILD, LOGS, ROOT

_RESULTS = BUILD / "bench"


def main(arguments: list[str]) -> int:
    _RESULTS.mkdir(parents=True, exist_ok=True)
    figures = _RESULTS / "figures.json"
    figures.unlink(missing_ok=True)
    log = process.Log(LOGS / "bench.log")
    python = environments.ensure("dev").python
    cores = {
        core: (made["DEV_ANSIBLE_BIN"], made["DEV_COLLECTIONS"])
        for core in (min(environments.CORES), max(environments.CORES))
        if environments.available(f"core-{core}")
        for made in [pytests.installed(core, log)]
    }
    env = {
        **process.environment(),
        "DEV_CORES": json.dumps(cores),
        **pytests.variables(),
        **pytests.installed(environments.MAIN_CORE, log),
        "PATH": f"{environments.ensure('dev').bin}{os.pathsep}{os.environ['PATH']}",
    }
    machine = {
        "commit": _commit(),
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "ansible_core": environments.MAIN_CORE,
    }
    print("  ".join(f"{name}: {value}" for name, value in machine.items()), flush=True)
    code = subprocess.run(
        [python, "-m", "bench", "--json", figures, *arguments], cwd=ROOT, env=env, check=False
    ).returncode
    simulator = subprocess.run([python, "-m", "bench.simulator"], cwd=ROOT, env=env, check=False).returncode
    report_code = _report(log)
    if not figures.exists():
        return 1
    report = {"machine": machine, "figures": json.loads(figures.read_text(encoding="utf-8"))}
    figures.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"as JSON: {figures.relative_to(ROOT)}")
    return code or simulator or report_code


def _report(log: process.Log) -> int:
    """A report on thousands of machines in a browser."""
    program = environments.chromium(log)
    if program is None:
        print("report: there is no Chromium, so nothing was measured")
        return 0
    env = {**process.environment(), **pytests.variables(), "DEV_CHROMIUM": str(program)}
    python = environments.ensure("browser").python
    return subprocess.run([python, "-m", "bench.report"], cwd=ROOT, env=env, check=False).returncode


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
