# SPDX-License-Identifier: GPL-3.0-or-later
"""Small estates as dictionaries."""

from __future__ import annotations

from typing import Any

Estate = dict[str, Any]


def site(machines: list[Any], members: list[Any] | None = None, **more: Any) -> Estate:
    """One backup server with two hypervisors and a nightly job of ten days, newest run eight hours ago."""
    job = {
        "name": "Nightly", "backup_server": "vbr01", "type": "Backup", "machines": members or [m.get("key", m["name"]) for m in machines],
        "schedule": {"every": "24h", "last": "-8h"}, "history": "10d",
    }  # fmt: skip
    roots = [{"name": "vc01", "backup_servers": "vbr01"}, {"name": "vc02", "backup_servers": "vbr01"}]
    return {
        "backup_servers": [{"name": "vbr01"}], "hierarchy_roots": roots, "machines": machines,
        "jobs": [job | more.pop("job", {})],
    } | more  # fmt: skip
