# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator in the foreground, with PORT, PROFILE, ESTATE, SEED and READY_FILE from the environment."""

from __future__ import annotations

import contextlib
import os
import subprocess

from devtool import environments

_OPTIONS = {
    "PORT": "--port",
    "PROFILE": "--profile",
    "ESTATE": "--estate",
    "SEED": "--seed",
    "READY_FILE": "--ready-file",
}


def main(arguments: list[str]) -> int:
    environment = environments.ensure("demo")
    options = [part for name, option in _OPTIONS.items() if os.environ.get(name) for part in (option, os.environ[name])]
    process = subprocess.Popen([environment.bin / "veeam-em-simulator", *options, *arguments])
    while True:
        # Ctrl-C reaches the simulator too, which stops by itself.
        with contextlib.suppress(KeyboardInterrupt):
            return process.wait()
