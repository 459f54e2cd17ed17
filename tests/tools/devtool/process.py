# SPDX-License-Identifier: GPL-3.0-or-later
"""Running other programs: always with a log that says what was run and what it answered."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import subprocess
import time
import typing as t
from pathlib import Path

from devtool.paths import BUILD, LOGS, ROOT

Argument = t.Union[str, Path]


class ToolError(Exception):
    """Something the tool needs went wrong; the message is for the person at the terminal."""


class Log:
    """The output of one step or set-up, in a file."""

    cpu = 0.0
    """Seconds of a core's time that the commands have used: on a busy machine the only measure of how dear they are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    @classmethod
    def of(cls, name: str) -> Log:
        """The log that a step of this name has written."""
        log = cls.__new__(cls)
        log.path = LOGS / f"{name}.log"
        return log

    def write(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    def run(
        self,
        *command: Argument,
        cwd: Path = ROOT,
        env: t.Mapping[str, str] | None = None,
    ) -> int:
        """The exit code; output of both kinds is appended to the log."""
        return self.output(*command, cwd=cwd, env=env)[0]

    def output(
        self,
        *command: Argument,
        cwd: Path = ROOT,
        env: t.Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """The exit code and the output of both kinds, which is in the log too."""
        self.write(f"$ {shlex.join(map(str, command))}")
        start = time.monotonic()
        with self.path.open("a", encoding="utf-8") as file:
            begin = file.tell()
            running = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**environment(), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            # Popen's own wait would throw away what the command and those that it has started have used.
            _pid, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
        cpu = used.ru_utime + used.ru_stime
        self.cpu += cpu
        with self.path.open(encoding="utf-8", errors="replace") as file:
            file.seek(begin)
            text = file.read()
        self.write(
            f"= exit code {running.returncode} after {time.monotonic() - start:.1f} s, {cpu:.1f} s of a core's time"
        )
        return running.returncode, text

    def tail(self, lines: int) -> str:
        return "\n".join(self.path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


# A developer's own settings must not decide about a result.
_FOREIGN = ("ANSIBLE_", "VEEAM_EM_", "PYTEST_", "COVERAGE_", "MYPY", "RUFF_", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")


def environment() -> dict[str, str]:
    """The environment for every program that the tool starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}


@contextlib.contextmanager
def exclusive(name: str) -> t.Iterator[None]:
    """Nobody else, in this process or another, is in the block of this name."""
    folder = BUILD / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
