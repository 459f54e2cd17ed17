# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said without running anything."""

from __future__ import annotations

import functools
from pathlib import Path

from devtool import counts, environments, generated
from devtool.paths import BUILD, NAME, NAMESPACE, ROOT, SIMULATOR, TREE, link_tree
from devtool.process import Log
from devtool.running import Step

COLLECTION = f"ansible_collections.{NAMESPACE}.{NAME}"


def ruff(log: Log) -> counts.Counts:
    tool = environments.ensure("dev").bin / "ruff"
    checked = counts.of_exit_code(log.run(tool, "check", "."))
    return checked.plus(counts.of_exit_code(log.run(tool, "format", "--check", ".")))


def mypy(log: Log) -> counts.Counts:
    """The collection under its full name, then the tools and the test support under theirs."""
    link_tree()
    check: list[str | Path] = [
        environments.ensure("dev").python,
        "-m",
        "mypy",
        "--config-file",
        ROOT / "mypy.ini",
        "--cache-dir",
        BUILD / "mypy",
    ]
    tests = ROOT / "tests"
    path = f"{TREE}:{SIMULATOR / 'src'}:{tests / 'support' / 'every-process'}"
    codes = [
        log.run(*check, "-p", f"{COLLECTION}.plugins", env={"MYPYPATH": path}),
        log.run(
            *check,
            "-p",
            "devtool",
            "-p",
            "steps",
            "-p",
            "commands",
            "-p",
            "generator",
            cwd=tests / "tools",
            env={"MYPYPATH": path},
        ),
        log.run(
            *check,
            "-p",
            "support",
            "-p",
            "client",
            "-p",
            "commands",
            "-p",
            "contract",
            "-p",
            "awx",
            "-p",
            "browser",
            "-p",
            "examples",
            "-m",
            "network_guard",
            cwd=tests,
            env={"MYPYPATH": path},
        ),
    ]
    return functools.reduce(counts.Counts.plus, map(counts.of_exit_code, codes))


def drift(log: Log) -> counts.Counts:
    """What stands in many files is what its table says."""
    command, env = generated.command("--check")
    code, text = log.output(*command, env=env)
    return counts.of_exit_code(code).noting(f"{text.splitlines()[-1]}; 'dev.py generate' writes them")


STEPS = [
    Step("ruff", ruff, quick=ruff),
    Step("mypy", mypy, quick=mypy),
    Step("generated", drift, quick=drift),
]
