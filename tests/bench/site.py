# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator in a process of its own, with as many task sessions as asked for."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

MACHINES = 500
START_LIMIT = 900.0


@dataclasses.dataclass(frozen=True)
class Site:
    """A running simulator; ``start_seconds`` is how long it took until it answered."""

    ready: dict[str, t.Any]
    start_seconds: float

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the collection's connection options."""
        names = {
            "HOST": "host",
            "PORT": "port",
            "PROTOCOL": "protocol",
            "CA_PATH": "ca_path",
            "USERNAME": "username",
            "PASSWORD": "password",
        }
        return {f"VEEAM_EM_{name}": str(self.ready[key]) for name, key in names.items()}

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ready["ca_path"]))


@contextlib.contextmanager
def running(task_sessions: int, profile: str = "v13", delay: float = 0.0, days: int = 0) -> t.Iterator[Site]:
    """``delay`` is how long the server waits before each page, in seconds."""
    days = days or (10 if task_sessions <= 10_000 else 20)
    generate = {"machines": task_sessions // days, "days": days, "backup_servers": 4, "warning": 0, "failed": 0}
    with serving({"generate": generate}, profile, delay) as site:
        yield site


@contextlib.contextmanager
def serving(estate_document: dict[str, t.Any], profile: str = "v13", delay: float = 0.0) -> t.Iterator[Site]:
    """A simulator of this estate."""
    with tempfile.TemporaryDirectory() as folder:
        estate, ready_file = Path(folder, "estate.yml"), Path(folder, "ready.json")
        estate.write_text(json.dumps(estate_document), encoding="utf-8")
        command: list[str | Path] = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "veeam_em_simulator",
            "--estate",
            estate,
            "--profile",
            profile,
            "--ready-file",
            ready_file,
        ]
        if delay:
            fault = {"kind": "slow_first_byte", "path": "/api/query", "seconds": delay, "count": None}
            command += ["--fault", json.dumps(fault)]
        began = time.monotonic()
        with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL) as process:
            try:
                while not ready_file.exists():
                    if process.poll() is not None or time.monotonic() - began > START_LIMIT:
                        raise RuntimeError("the simulator did not start")
                    time.sleep(0.05)
                yield Site(json.loads(ready_file.read_text(encoding="utf-8")), time.monotonic() - began)
            finally:
                process.terminate()
