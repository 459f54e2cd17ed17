# SPDX-License-Identifier: GPL-3.0-or-later
"""Running pytest in the linked tree, with what the fixtures of tests/support need."""

from __future__ import annotations

import typing as t
from pathlib import Path

from devtool import artifact, collections, counts, environments
from devtool.paths import BUILD, IN_TREE, ROOT, SIMULATOR, TREE, link_tree
from devtool.process import Log

CORE_VARIABLE = "DEV_ANSIBLE_BIN"


COVERAGE_SETTINGS = ROOT / "tests" / "tools" / "coverage.ini"


def _number(core: str) -> int:
    return int(core.partition(".")[2])


def data_file(name: str) -> Path:
    folder = BUILD / "coverage"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def installed(core: str, log: Log) -> dict[str, str]:
    """What the fixture ``ansible`` needs: commands of this core, the installed tarball, and Python for modules."""
    main = environments.ensure(f"core-{environments.MAIN_CORE}")
    environment = environments.ensure(f"core-{core}")
    module = environments.ensure("module")
    collections = artifact.install(environment, artifact.tarball(main, log), log)
    return {
        CORE_VARIABLE: str(environment.bin),
        "DEV_ANSIBLE_CORE": core,
        "DEV_COLLECTIONS": str(collections),
        "DEV_MODULE_PYTHON": str(module.python),
    }


OLDEST, NEWEST = min(environments.CORES, key=_number), max(environments.CORES, key=_number)


def with_controllers(core: str, log: Log) -> dict[str, str]:
    """What the tests of AWX need besides: collections of others, ansible-runner, and the oldest and the newest core for it to run."""
    cores = [each for each in (OLDEST, NEWEST) if environments.available(f"core-{each}")]
    return {
        **installed(core, log),
        "DEV_OTHER_COLLECTIONS": collections.path(),
        "DEV_RUNNER": str(environments.ensure("tools").bin / "ansible-runner"),
        "DEV_RUNNER_CORES": " ".join(f"{each}={environments.ensure(f'core-{each}').bin}" for each in cores),
    }


def command(*arguments: str | Path, environment: str = "dev") -> list[str | Path]:
    """The fixtures of tests/support need the environment dev."""
    python = environments.ensure(environment).python
    return [
        python,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        *(("-p", "support.pytest_plugin") if environment == "dev" else ()),
        "--strict-markers",
        "-ra",
        *arguments,
    ]


def variables() -> dict[str, str]:
    link_tree()
    return {
        "PYTHONPATH": f"{TREE}:{SIMULATOR / 'src'}:{ROOT / 'tests'}",
        "ANSIBLE_COLLECTIONS_PATH": str(TREE),
    }


def run(
    log: Log,
    name: str,
    *paths: str,
    env: t.Mapping[str, str] | None = None,
    options: t.Sequence[str] = (),
    covered: bool = False,
    environment: str = "dev",
) -> counts.Counts:
    """pytest on these paths of the work tree, counted; paths that don't exist are left out."""
    found = [IN_TREE / path for path in paths if (link_tree() / path).exists()]
    if not found:
        return counts.Counts(notes=(f"there is no {' or '.join(paths)}",))
    report = BUILD / "junit" / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    arguments = command("-q", f"--junitxml={report}", *options, *found, environment=environment)
    if covered:
        arguments[1:2] = [
            "-m",
            "coverage",
            "run",
            f"--rcfile={COVERAGE_SETTINGS}",
            f"--data-file={data_file(name)}",
            "-m",
        ]
        for old in data_file(name).parent.glob(f"{name}*"):
            old.unlink()
    code = log.run(*arguments, env={**variables(), **(env or {})})
    result = counts.of_junit(report)
    if code and not result.failed:
        result = result._replace(failed=1).noting(f"pytest ended with exit code {code}")
    return result
