# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed since the last release, without history: the release leaves a list of its files and their digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from devtool import artifact
from devtool.paths import ROOT

RECORD = ROOT / "changelogs" / "released.sha256"
_SHIPPED = ("plugins", "roles", "playbooks", "extensions", "meta")
_HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Files of the last release, made by 'dev.py release'; what differs needs a changelog fragment.\n"


def shipped() -> dict[str, str]:
    """Files that users see or run -> digest."""
    paths = [path for path in artifact.files() if path.parts[0] in _SHIPPED]
    return {str(path): hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for path in paths}


def write_record() -> None:
    RECORD.write_text(_HEAD + "".join(f"{digest}  {path}\n" for path, digest in sorted(shipped().items())))


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
