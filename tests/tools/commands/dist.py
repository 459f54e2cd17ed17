# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball for Galaxy in dist/, with its digest; the same files give the same bytes."""

from __future__ import annotations

import hashlib
import shutil

from devtool import artifact, environments, process
from devtool.paths import LOGS, ROOT

DIST = ROOT / "dist"


def main(arguments: list[str]) -> int:
    built = artifact.tarball(environments.ensure("demo"), process.Log(LOGS / "dist.log"))
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    tarball = DIST / built.name
    shutil.copyfile(built, tarball)
    line = f"{hashlib.sha256(tarball.read_bytes()).hexdigest()}  {tarball.name}\n"
    (DIST / f"{tarball.name}.sha256").write_text(line)
    print(f"{tarball.relative_to(ROOT)}\n{line}", end="")
    return 0
