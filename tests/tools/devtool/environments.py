# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments from lock files. One is made again when its lock file or interpreter changes, else reused."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from devtool import interpreters
from devtool.paths import BUILD, LOGS, REQUIREMENTS, SIMULATOR
from devtool.process import Log, ToolError, exclusive

UV = "uv==0.13.9"
MAIN_PYTHONS = ("3.11", "3.12", "3.13")
MAIN_CORE = "2.19"
CORES = {
    "2.16": ("3.11", "3.12"),
    "2.17": ("3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": MAIN_PYTHONS,
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
"""ansible-core -> the Pythons that can run it, the preferred first."""
MODULE_PYTHONS = ("3.9", "3.10", "3.11")
"""Where modules run, the oldest supported first."""
_WITH_SIMULATOR = ("dev", "demo")
_failed: set[str] = set()
"""Environments that could not be made, so that what hinders them is told once and not by every step."""


@dataclasses.dataclass(frozen=True)
class Environment:
    path: Path
    python_version: str

    @property
    def bin(self) -> Path:
        return self.path / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"


def pythons_for(name: str) -> tuple[str, ...]:
    if name.startswith("core-"):
        return CORES[name.removeprefix("core-")]
    return MODULE_PYTHONS if name == "module" else MAIN_PYTHONS


def available(name: str) -> bool:
    """Whether the machine has a Python for this environment."""
    return interpreters.first(pythons_for(name)) is not None


def ensure(name: str) -> Environment:
    """The environment of requirements/NAME.txt, made when needed. Raises ToolError."""
    choice = interpreters.first(pythons_for(name))
    if choice is None:
        raise ToolError(f"the environment {name} needs one of the Pythons {', '.join(pythons_for(name))}")
    version, interpreter = choice
    with exclusive(f"venv-{name}"):
        if name in _failed:
            raise ToolError(f"the environment {name} can't be made, see above")
        try:
            return _ensure(name, version, interpreter)
        except ToolError:
            _failed.add(name)
            raise


def _ensure(name: str, version: str, interpreter: Path) -> Environment:
    lock = REQUIREMENTS / f"{name}.txt"
    environment = Environment(BUILD / "venvs" / name, version)
    project = SIMULATOR / "pyproject.toml"
    simulator = name in _WITH_SIMULATOR and project.exists()
    wanted = hashlib.sha256(
        "\0".join([str(interpreter), UV, lock.read_text(), project.read_text() if simulator else ""]).encode()
    ).hexdigest()
    stamp = environment.path / ".made-from"
    if stamp.exists() and stamp.read_text() == wanted:
        return environment
    shutil.rmtree(environment.path, ignore_errors=True)
    log = Log(LOGS / f"venv-{name}.log")
    tool = _find_uv()
    if tool:
        failed = log.run(*tool, "venv", "--quiet", "--python", interpreter, environment.path)
        # As pip does: without bytecode every command would compile its libraries again, since nothing here writes any.
        compiled = ["install", "--quiet", "--compile-bytecode", "--python"]
        install: list[str | Path] = [*tool, "pip", *compiled, environment.python]
    else:
        failed = log.run(interpreter, "-m", "venv", environment.path)
        install = [environment.python, "-m", "pip", "install", "--quiet"]
    failed = failed or log.run(*install, "-r", lock)
    if simulator and not failed:
        failed = log.run(*install, "--editable", SIMULATOR)
    if failed:
        raise ToolError(f"the environment {name} can't be made:\n{log.tail(25)}")
    stamp.write_text(wanted)
    return environment


@functools.cache
def _find_uv() -> tuple[str, ...]:
    """uv in an environment of its own; nothing when it can't be had, then pip does the same, slower."""
    with exclusive("uv"):
        home = BUILD / "venvs" / "uv"
        stamp = home / ".made-from"
        if not stamp.exists() or stamp.read_text() != UV:
            shutil.rmtree(home, ignore_errors=True)
            choice = interpreters.first(MAIN_PYTHONS)
            log = Log(LOGS / "venv-uv.log")
            if choice is None or log.run(choice[1], "-m", "venv", home):
                return ()
            if log.run(home / "bin" / "python", "-m", "pip", "install", "--quiet", UV):
                return ()
            stamp.write_text(UV)
        # Who has certificates of their own, as some proxies have, makes them known to the system: git and pip believe it.
        return (str(home / "bin" / "uv"), "--system-certs")


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def chromium(log: Log) -> Path | None:
    """The system's Chromium. Where there is none, Debian's package is installed if that is possible; None if it is not."""
    with exclusive("chromium"):
        found = next(filter(None, map(shutil.which, CHROMIUM)), None)
        if found is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
            apt = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq")
            env = {"DEBIAN_FRONTEND": "noninteractive"}
            log.run(*apt, "update", env=env)
            # The fonts have the symbols and the letters that reports show.
            log.run(*apt, "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core", env=env)
            found = next(filter(None, map(shutil.which, CHROMIUM)), None)
        return Path(found) if found else None


def uv_install() -> list[str]:
    """The command that installs packages for whoever has neither this environment's home nor its variables; empty without uv."""
    found = _find_uv()
    if not found:
        return []
    trusted = [f"{name}={os.environ[name]}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ]
    cache = subprocess.run([*found, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    return ["env", *trusted, *found, "pip", "install", "--quiet", "--cache-dir", cache]


def uv() -> tuple[str, ...]:
    """The command uv, for what nothing else can do. Raises ToolError."""
    found = _find_uv()
    if not found:
        raise ToolError(f"uv can't be installed:\n{Log.of('venv-uv').tail(10)}")
    return found
