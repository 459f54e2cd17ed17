# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections of others that our content uses where it is installed: awx.awx and community.general.

No package index has them on their own. The package ``ansible`` carries them among eighty others, so its wheel is fetched, once,
and nothing but these two is unpacked: two seconds instead of an environment of half a gigabyte.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from devtool import environments, interpreters
from devtool.paths import BUILD, LOGS, REQUIREMENTS, ROOT
from devtool.process import Log, ToolError, exclusive

WANTED = ("awx/awx", "community/general")
STAND_INS = ROOT / "tests" / "awx" / "stand_ins"
"""servicenow.itsm, which no package carries: modules with its argument specs that speak to the same interface."""
_LOCK = REQUIREMENTS / "collections.txt"
_PARTS = ("plugins/", "meta/", "MANIFEST.json", "FILES.json", "galaxy.yml")


@functools.cache
def ensure() -> Path:
    """A collections path with these collections. Raises ToolError."""
    with exclusive("collections"):
        target = BUILD / "collections"
        stamp = target / ".made-from"
        wanted = hashlib.sha256(f"{_LOCK.read_text()}{WANTED}{_PARTS}".encode()).hexdigest()
        if not (stamp.exists() and stamp.read_text() == wanted):
            shutil.rmtree(target, ignore_errors=True)
            with tempfile.TemporaryDirectory() as folder:
                _unpack(_fetch(Path(folder)), target)
            stamp.write_text(wanted)
        return target


def _fetch(folder: Path) -> Path:
    choice = interpreters.first(environments.MAIN_PYTHONS)
    log = Log(LOGS / "collections.log")
    if choice is None:
        raise ToolError(f"the collections of others need one of the Pythons {', '.join(environments.MAIN_PYTHONS)}")
    environment = folder / "venv"
    failed = log.run(choice[1], "-m", "venv", environment)
    failed = failed or log.run(
        *(environment / "bin" / "python", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"),
        *("--dest", folder, "--requirement", _LOCK),
    )
    if failed:
        raise ToolError(f"the collections of others can't be fetched:\n{log.tail(15)}")
    return next(folder.glob("*.whl"))


def _unpack(wheel: Path, target: Path) -> None:
    prefixes = tuple(f"ansible_collections/{name}/{part}" for name in WANTED for part in _PARTS)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if name.startswith(prefixes)])


def path(*more: Path) -> str:
    """The value of ANSIBLE_COLLECTIONS_PATH: these collections after the given folders."""
    return ":".join(map(str, (*more, ensure(), STAND_INS)))
