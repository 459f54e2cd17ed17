# SPDX-License-Identifier: GPL-3.0-or-later
"""Estates made for tests."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path


def generated(machines: int, days: int) -> dict[str, t.Any]:
    """Backups without any trouble, so that each machine has one task session a day."""
    return {"generate": {"machines": machines, "days": days, "backup_servers": 2, "warning": 0, "failed": 0}}


def written(folder: Path, estate: dict[str, t.Any]) -> str:
    """The file of an estate; JSON is YAML too."""
    path = folder / "estate.yml"
    path.write_text(json.dumps(estate, ensure_ascii=False), encoding="utf-8")
    return str(path)
