# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded run of the coverage-guided fuzzer, where there is a package of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .fuzz_decoder import SKIPPED

SECONDS = 10


def test_the_decoder_survives_a_fuzzer() -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "client.fuzz_decoder", os.environ.get("FUZZ_SECONDS", str(SECONDS))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == SKIPPED:
        pytest.skip("atheris is not installed")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "DONE" in done.stderr
