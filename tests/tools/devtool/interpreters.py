# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine: real interpreters that start and can make virtual environments, no version manager's shims."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

_PROBE = """
import sys, os
import ensurepip, venv
print("%d.%d" % sys.version_info[:2], os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
"""


_OF_THE_SYSTEM = Path("/usr/bin")


def _candidates() -> t.Iterator[Path]:
    # A distribution builds its Python with optimizations, in one executable; version managers mostly don't: theirs takes up to
    # twice as long for everything, and the tests start thousands of processes.
    yield from _named(_OF_THE_SYSTEM)
    yield Path(sys.executable)
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    # A shim stands before the real one on PATH, so the real ones are looked at first.
    folders = [
        *sorted(versions.glob("*/bin")),
        *(folder for folder in folders if "shims" not in folder.parts),
        *folders,
    ]
    for folder in folders:
        yield from _named(folder)


def _named(folder: Path) -> list[Path]:
    """The files in this folder that are called as an interpreter of one version is."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"python3\.\d+", path.name))


@functools.cache
def installed() -> dict[str, Path]:
    """Version such as ``3.11`` -> interpreter; for each version the first that works."""
    found: dict[str, Path] = {}
    for path in _candidates():
        name = re.fullmatch(r"python(3\.\d+)", path.name)
        if name and name.group(1) in found:
            continue
        try:
            probe = subprocess.run([path, "-I", "-c", _PROBE], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            continue
        version, real = probe.stdout.split(maxsplit=1)
        found.setdefault(version, Path(real.strip()))
    return found


def first(versions: t.Iterable[str]) -> tuple[str, Path] | None:
    """The first of these versions that the machine has."""
    return next(((version, installed()[version]) for version in versions if version in installed()), None)
