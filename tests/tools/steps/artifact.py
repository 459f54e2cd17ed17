# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball: what is in it, that it is the same bytes twice, that it installs and verifies offline, and that Galaxy would take it."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import shutil
import tarfile
from pathlib import Path

from devtool import artifact, collections, counts, environments
from devtool.paths import BUILD, NAME, NAMESPACE, ROOT
from devtool.process import Log
from devtool.running import Step

_ROOT_FILES = {"CHANGELOG.md", "LICENSE", "README.md", "changelogs/changelog.yaml"}
_FOLDERS = ("docs", "meta", "playbooks", "plugins", "roles", "extensions")
_MADE_BY_GALAXY = {"MANIFEST.json", "FILES.json"}
_SUFFIXES = {
    "docs": ("yml", "rst", "cfg", "png"),
    "meta": ("yml", "txt"),
    "playbooks": ("yml",),
    "plugins": ("py", "j2", "css", "js"),
    "roles": ("yml", "md"),
    "extensions": ("py", "yml"),
}
"""Folder -> kinds of files that may be in the tarball; anything else is an accident."""
_WORK = BUILD / "artifact-check"


def _expected() -> set[str]:
    """All files of the work tree that users need."""
    return {
        str(path) for path in artifact.files() if path.parts[0] in _FOLDERS or str(path) in _ROOT_FILES
    } | _ROOT_FILES


def _allowed(name: str) -> bool:
    if any(part.startswith(".") for part in Path(name).parts):
        return False
    folder, _slash, rest = name.partition("/")
    return name in _ROOT_FILES or any(fnmatch.fnmatch(rest, f"*.{kind}") for kind in _SUFFIXES.get(folder, ()))


def contents(log: Log) -> counts.Counts:
    """Each file of the work tree that belongs into the tarball is a check, and so is each file in it."""
    with tarfile.open(artifact.tarball(environments.ensure("tools"), log)) as archive:
        members = {member.name: member for member in archive.getmembers() if not member.isdir()}
        differing = [
            name
            for name in sorted(members.keys() - _MADE_BY_GALAXY)
            if (found := archive.extractfile(members[name])) is None or found.read() != (ROOT / name).read_bytes()
        ]
    inside = members.keys() - _MADE_BY_GALAXY
    faults = [f"{name} is missing from the tarball" for name in sorted(_expected() - inside)]
    faults += [f"{name} must not be in the tarball" for name in sorted(inside) if not _allowed(name)]
    faults += [f"{name} is not a file with the bytes of the work tree" for name in differing]
    faults += [f"{name} is missing from the tarball" for name in sorted(_MADE_BY_GALAXY - members.keys())]
    for fault in faults:
        log.write(fault)
    return counts.Counts(passed=len(members) if not faults else 0, failed=len(faults))


def same_bytes(log: Log) -> counts.Counts:
    """Built again elsewhere, it is the same file."""
    environment = environments.ensure("tools")
    first = artifact.tarball(environment, log)
    folder = _WORK / "again"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    second = artifact.build(environment, folder, log)
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)}
    log.write(f"digests: {', '.join(sorted(digests))}")
    return counts.Counts(passed=1) if len(digests) == 1 else counts.Counts(failed=1)


def installed(log: Log) -> counts.Counts:
    """Installed and verified without network."""
    environment = environments.ensure("tools")
    folder = artifact.install(environment, artifact.tarball(environment, log), log, _WORK / "collections")
    code, text = log.output(
        environment.bin / "ansible-galaxy", "collection", "verify", "--offline", "-p", folder, f"{NAMESPACE}.{NAME}"
    )
    good = not code and "Successfully verified" in text
    return counts.Counts(passed=1) if good else counts.Counts(failed=1)


def galaxy_importer(log: Log) -> counts.Counts:
    """What Galaxy runs when a collection is uploaded, without its ansible-test, which other steps run."""
    environment = environments.ensure("tools")
    home = _WORK / "importer"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = {"CHECK_REQUIRED_TAGS": "True", "CHECK_CHANGELOG": "True", "RUN_ANSIBLE_TEST": "False"}
    tarball = artifact.tarball(environment, log)
    # The content uses other collections, and this one by its name. The importer sets the path of collections itself, so they are beside Python's.
    known = [
        artifact.install(environment, tarball, log, home / "collections"),
        collections.ensure(),
        collections.STAND_INS,
    ]
    code, text = log.output(
        environment.python,
        *("-m", "galaxy_importer.main", tarball),
        cwd=home,
        env={
            "HOME": str(home),
            "PYTHONPATH": ":".join(map(str, known)),
            "PATH": f"{environment.bin}:/usr/local/bin:/usr/bin:/bin",
            **{f"GALAXY_IMPORTER_{name}": value for name, value in settings.items()},
        },
    )
    complaints = re.findall(r"^(?:ERROR|WARNING|CRITICAL): .*$", text, re.MULTILINE)
    if code or complaints or not (home / "importer_result.json").exists():
        return counts.Counts(failed=max(len(complaints), 1), notes=tuple(complaints))
    return counts.Counts(passed=1)


STEPS = [
    Step("galaxy-importer", galaxy_importer),
    Step("tarball-contents", contents),
    Step("tarball-same-bytes", same_bytes),
    Step("tarball-installed", installed),
]
