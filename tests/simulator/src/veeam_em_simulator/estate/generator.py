# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes up a site of a given size, as an estate document: what it makes could have been written by hand."""

from __future__ import annotations

from random import Random
from typing import Any

_TIERS = ("web", "app", "db", "file", "mail", "ci", "mon", "sap")


def generate(data: dict[str, Any], seed: int) -> dict[str, Any]:
    """The document with the made-up servers, hypervisors, machines and jobs of its `generate` added."""
    spec = data["generate"]
    rng = Random(f"{seed}|generate")
    servers = [f"gen-vbr{number:02d}.example.test" for number in range(1, spec.get("backup_servers", 1) + 1)]
    per_job = spec.get("machines_per_job", 50)
    roots: list[dict[str, Any]] = []
    machines: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    shares = [spec["machines"] // len(servers) + (1 if n < spec["machines"] % len(servers) else 0) for n in range(len(servers))]
    first = 1
    for server, share in zip(servers, shares, strict=True):
        root = server.replace("vbr", "vc" if rng.random() < 0.8 else "hv")
        roots.append({"name": root, "type": "VC" if "vc" in root else "HvCluster", "backup_servers": server})
        names = [f"{rng.choice(_TIERS)}-{number:05d}" for number in range(first, first + share)]
        first += share
        machines.append({"names": names, "on": root})
        for start in range(0, len(names), per_job):
            jobs.append(_job(server, names[start : start + per_job], len(jobs), spec, rng))
    added = {
        "backup_servers": [{"name": server} for server in servers],
        "hierarchy_roots": roots,
        "machines": machines,
        "jobs": jobs,
    }
    return data | {key: data.get(key, []) + items for key, items in added.items()}


def _job(server: str, names: list[str], number: int, spec: dict[str, Any], rng: Random) -> dict[str, Any]:
    return {
        "name": f"{server.split('.')[0]} batch {number:04d}",
        "backup_server": server,
        "type": "Backup",
        "machines": names,
        # Spread over the day, each older than its own length, so that nothing is running by accident
        "schedule": {"every": "24h", "last": f"-{rng.randint(120, 1400)}m"},
        "history": f"{spec.get('days', 30)}d",
        "retention": spec.get("retention", 7),
        "chance": {"warning": spec.get("warning", 0.02), "failed": spec.get("failed", 0.01), "retried": 0.6, "spare": 0},
    }
