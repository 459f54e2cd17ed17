# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, the same bytes from the same files, and installed."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from devtool.environments import Environment
from devtool.paths import BUILD, NAME, NAMESPACE, ROOT
from devtool.process import Log, ToolError, exclusive

# ansible-galaxy puts the time of building into the archive; this one can't be mistaken for a real one.
_EPOCH = 946684800  # 2000-01-01


def version() -> str:
    """The version in galaxy.yml, the one place that decides it."""
    found = re.search(r"^version: (\S+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ToolError("galaxy.yml has no version")
    return found.group(1)


def files() -> list[Path]:
    """Files of the work tree, relative: what git tracks and what it would, without what is deleted."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    ).stdout
    paths = sorted({Path(name.decode()) for name in listed.split(b"\0") if name})
    return [path for path in paths if (ROOT / path).is_file() or (ROOT / path).is_symlink()]


def copy(target: Path, without: tuple[Path, ...] = ()) -> None:
    """A fresh copy of the work tree, a repository of its own: ansible-test lists its files with git."""
    shutil.rmtree(target, ignore_errors=True)
    for path in files():
        if any(left in (path, *path.parents) for left in without):
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", target], check=True, stdout=subprocess.DEVNULL)


def build(environment: Environment, folder: Path, log: Log) -> Path:
    """The tarball, in ``folder``. Raises ToolError."""
    source = folder / "source"
    copy(source)
    galaxy = environment.bin / "ansible-galaxy"
    if log.run(galaxy, "collection", "build", "--force", "--output-path", folder, source):
        raise ToolError(f"the collection can't be built:\n{log.tail(15)}")
    shutil.rmtree(source)
    tarball = folder / f"{NAMESPACE}-{NAME}-{version()}.tar.gz"
    _normalise(tarball)
    return tarball


def _normalise(tarball: Path) -> None:
    """Takes out what differs between two builds of the same files: times, owners, order, and the gzip header's time."""
    packed = io.BytesIO()
    with tarfile.open(tarball) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        members = {member.name: member for member in old.getmembers()}
        # Readers look for the manifest first.
        for name in sorted(members, key=lambda name: (name not in ("MANIFEST.json", "FILES.json"), name)):
            member = members[name]
            member.mtime, member.uid, member.gid, member.uname, member.gname = _EPOCH, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    with tarball.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=_EPOCH) as archive:
        archive.write(packed.getvalue())


@functools.cache
def fingerprint() -> str:
    """Changes when any file of the work tree does."""
    total = hashlib.sha256()
    for path in files():
        total.update(f"{path}\0{(ROOT / path).stat().st_mode & 0o111:o}\0".encode())
        total.update(hashlib.sha256((ROOT / path).read_bytes()).digest())
    return total.hexdigest()


def tarball(environment: Environment, log: Log) -> Path:
    """The tarball of the work tree as it is now; built once for the same files."""
    with exclusive("artifact"):
        folder = BUILD / "artifact"
        stamp = folder / ".made-from"
        path = folder / f"{NAMESPACE}-{NAME}-{version()}.tar.gz"
        if not (path.exists() and stamp.exists() and stamp.read_text() == fingerprint()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            path = build(environment, folder, log)
            stamp.write_text(fingerprint())
        return path


def install(environment: Environment, tarball: Path, log: Log, folder: Path | None = None) -> Path:
    """A collections path that holds the tarball's collection, installed without network. Raises ToolError."""
    target = folder or environment.path / "collections"
    with exclusive(f"install-{hashlib.sha256(str(target).encode()).hexdigest()[:16]}"):
        stamp = target / ".made-from"
        wanted = hashlib.sha256(tarball.read_bytes()).hexdigest()
        if not (stamp.exists() and stamp.read_text() == wanted):
            shutil.rmtree(target, ignore_errors=True)
            galaxy = environment.bin / "ansible-galaxy"
            if log.run(galaxy, "collection", "install", "--offline", "--force", "-p", target, tarball):
                raise ToolError(f"the collection can't be installed:\n{log.tail(15)}")
            stamp.write_text(wanted)
    return target
