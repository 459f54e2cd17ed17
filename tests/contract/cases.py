# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of every module on the demo estate that, together, show all that it returns."""

from __future__ import annotations

import typing as t

MACHINES = [
    "web01",
    "db01",
    "db02",
    "file01",
    "legacy01",
    "mail01",
    "print01",
    "twin01",
    "copyonly01",
    "gone01",
    "old01",
]
WAIVER = {"machine": "old01", "reason_code": "age_over_limit", "until": "2999-01-01", "note": "retired next week"}

CASES: dict[str, list[dict[str, t.Any]]] = {
    "protection_info": [
        {"machines": MACHINES, "history": "7d", "next_runs": True, "waivers": [WAIVER, {**WAIVER, "machine": "web01"}]},
        {"machines": ["retry01", "print01"], "accept_warning": False},
    ],
    "doctor": [{}, {"bundle": True}],
    "job_info": [
        {},
        {
            "include_links": True,
            "include_objects": True,
            "include_machines": True,
            "include_raw": True,
            "needed_at": "8h",
        },
    ],
    "machine_info": [{}, {"names": ["web01", "old01", "nowhere01"], "protection": True}],
    "repository_info": [{}, {"include_links": True, "include_raw": True, "free_percent_max": 60}],
    "query_info": [
        {"type": "Job"},
        {"type": "Repository", "include_links": True, "include_raw": True},
        {"type": "BackupTaskSession", "limit": 3},
    ],
}
"""Modules that are not named are called without options, from the list, and with everything that can be included."""

OPEN = {"query_info": {"records"}}
"""Where the type that was asked for decides about further keys."""


def cases(name: str, options: t.Collection[str]) -> list[dict[str, t.Any]]:
    if name in CASES:
        return CASES[name]
    few: dict[str, t.Any] = {"limit": 5} if "limit" in options else {}
    included = {option: True for option in options if option.startswith("include_")}
    found = [few, {**few, **included}, {**few, "endpoint": "list"} if "endpoint" in options else few]
    return [case for index, case in enumerate(found) if case not in found[:index]]
