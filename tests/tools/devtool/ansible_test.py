# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test without containers: a copy of the collection, a home, and interpreters that really start.

It lists its files with git and passes in silence when git ignores the place, so the copy is a repository of its own and
whoever runs it must look whether anything ran.
"""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

from devtool import artifact, environments, interpreters
from devtool.paths import BUILD, NAME, NAMESPACE
from devtool.process import Log, exclusive

# In Ansible's own trees only these folders of tests/ exist; the others have tests and tools of their own.
_OTHER_TESTS = (
    "awx",
    "bench",
    "browser",
    "client",
    "contract",
    "demo",
    "commands",
    "examples",
    "simulator",
    "support",
    "tools",
)

# ansible-test fetches this script from a host that not every network reaches; these are the names it looks for.
_GET_PIP_NAMES = ("20_3_4", "21_3_1", "23_1_2", "24_2", "25_2")
_GET_PIP = '''"""Stand-in for the get-pip script: the wanted version from the index, by uv in no time, else by the standard library's pip."""
import os, subprocess, sys
env = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
args = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
packages = [arg for arg in args if not arg.startswith("-")]
uv = UV
if uv and not subprocess.call([*uv, "--python", sys.executable, *packages], env=env, stderr=subprocess.DEVNULL):
    sys.exit()
pip = [sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"]
code = subprocess.call(pip, env=env, stdout=subprocess.DEVNULL)
sys.exit(code or subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *args], env=env))
'''


class Checkout:
    """A copy of the collection, but for some folders, for one ansible-core and one purpose, in which ansible-test can be run."""

    def __init__(self, core: str, purpose: str, without: t.Iterable[Path] = ()) -> None:
        self.core = core
        self.environment = environments.ensure(f"core-{core}")
        self.path = BUILD / "ansible-test" / f"{core}-{purpose}" / "ansible_collections" / NAMESPACE / NAME
        artifact.copy(self.path, without=(*(Path("tests", name) for name in _OTHER_TESTS), *without))

    def run(self, log: Log, *arguments: str | Path) -> tuple[int, str]:
        return log.output(
            self.environment.python,
            self.environment.bin / "ansible-test",
            *arguments,
            cwd=self.path,
            env={
                "HOME": str(_home(self.core)),
                "PATH": f"{self.environment.bin}:{_interpreters()}:/usr/local/bin:/usr/bin:/bin",
                "TERM": "dumb",
            },
        )


def _home(core: str) -> Path:
    """A home for ansible-test's caches; one per core, as two may fill theirs at once."""
    home = BUILD / "home" / core
    script = _GET_PIP.replace("UV", repr(environments.uv_install()), 1)
    for name in _GET_PIP_NAMES:
        _write(home / ".ansible" / "test" / "cache" / f"get_pip_{name}.py", script)
    # ansible-test hands no variables on to pip; what one core has downloaded and built the others need not.
    _write(home / ".config" / "pip" / "pip.conf", f"[global]\ncache-dir = {BUILD / 'pip-cache'}\n")
    return home


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _interpreters() -> Path:
    """A folder of links to the interpreters that work: ansible-test takes every pythonX.Y on PATH for one."""
    folder = BUILD / "interpreters"
    with exclusive("interpreters"):
        wanted = {f"python{version}": path for version, path in interpreters.installed().items()}
        if not folder.is_dir() or {path.name: path.resolve() for path in folder.iterdir()} != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, path in wanted.items():
                (folder / name).symlink_to(path)
    return folder
