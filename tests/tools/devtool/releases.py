# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed since the last release, without history: the release leaves a list of its files and their digests."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from devtool import artifact
from devtool.paths import ROOT

RECORD = ROOT / "changelogs" / "released.sha256"
_SHIPPED = ("plugins", "roles", "playbooks", "extensions", "meta")
_CHANGES = ROOT / "changelogs" / "changelog.yaml"
_HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Files of the release {}, made by 'dev.py release'; what differs needs a changelog fragment.\n"
_VERSION = r"\d+\.\d+\.\d+"


def shipped() -> dict[str, str]:
    """Files that users see or run -> digest."""
    paths = [path for path in artifact.files() if path.parts[0] in _SHIPPED]
    return {str(path): hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for path in paths}


def write_record() -> None:
    RECORD.write_text(
        _HEAD.format(artifact.version()) + "".join(f"{digest}  {path}\n" for path, digest in sorted(shipped().items()))
    )


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def unrecorded() -> str | None:
    """The last release, when the list is missing or that of an earlier one: it was made without ``dev.py release``.

    The changelog's entry for the version of galaxy.yml is no release yet, until a tag says so. Tags of other branches are not looked at.
    """
    listed = re.findall(rf"^  ({_VERSION}):$", _CHANGES.read_text(encoding="utf-8"), re.MULTILINE)
    # Without a commit there is no HEAD, and git fails: then there is no tag either.
    merged = subprocess.run(["git", "-C", ROOT, "tag", "--merged", "HEAD"], capture_output=True, text=True, check=False)
    tagged = re.findall(rf"^v?({_VERSION})$", merged.stdout, re.MULTILINE)
    released = [*tagged, *(version for version in listed if version != artifact.version())]
    record = re.search(rf"release ({_VERSION}),", RECORD.read_text(encoding="utf-8")) if RECORD.exists() else None
    last = max(released, key=_order, default=None)
    return None if last is None or (record and _order(record.group(1)) >= _order(last)) else last


def changed() -> dict[str, str] | None:
    """Path -> added, changed or removed; None before the first release."""
    if not RECORD.exists():
        return None
    lines = [line.split("  ", 1) for line in RECORD.read_text().splitlines() if not line.startswith("#")]
    before = {path: digest for digest, path in lines}
    now = shipped()
    return {
        **dict.fromkeys(before.keys() - now.keys(), "removed"),
        **dict.fromkeys(now.keys() - before.keys(), "added"),
        **{path: "changed" for path in now.keys() & before.keys() if now[path] != before[path]},
    }


def name_of(path: str) -> str | None:
    """The plugin, role or playbook that users know a changed file by; None for what lies behind several."""
    parts = Path(path).parts
    if parts[0] == "plugins" and parts[1] not in ("module_utils", "plugin_utils", "doc_fragments"):
        return Path(parts[2]).stem
    if parts[0] == "roles":
        return parts[1]
    return Path(parts[1]).stem if parts[0] == "playbooks" else None
