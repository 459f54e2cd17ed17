# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of this collection, as it is installed or as a checkout has it. Private to the collection."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


@functools.cache
def collection_version(root: Path = _ROOT) -> str | None:
    """From the manifest of an installed collection, else from galaxy.yml; None when there is neither."""
    manifest, galaxy = root / "MANIFEST.json", root / "galaxy.yml"
    if manifest.is_file():
        info = json.loads(manifest.read_text(encoding="utf-8")).get("collection_info") or {}
        return str(info.get("version")) if info.get("version") else None
    found = re.search(r"^version: *[\"']?([^\s\"']+)", galaxy.read_text(encoding="utf-8"), re.M) if galaxy.is_file() else None
    return found[1] if found else None
