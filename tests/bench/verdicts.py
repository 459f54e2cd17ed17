# SPDX-License-Identifier: GPL-3.0-or-later
"""What verdicts cost at a large site: a child process, ``python -m bench.verdicts``, reads options, asks, and prints its figures."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
import typing as t

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import UTC
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.verify import verify
from bench.site import Site
from veeam_em_simulator.estate.generator import generate

ROOTS = 10
SITE = {"generate": {"machines": 10_000, "days": 30, "backup_servers": ROOTS}}
FEW, MANY = 25, 2000
REPEATS = 3


class Figures(t.NamedTuple):
    """Of one question: seconds of a processor, the peak of memory in MB, and requests to the server."""

    cpu: float
    memory: float
    requests: int


def names(number: int) -> list[str]:
    """So many machines of the site, from all of its jobs."""
    found = [name for each in generate(SITE, seed=1)["machines"] for name in each["names"]]
    return found[:: len(found) // number][:number]


def asked(site: Site, machines: int, stale: int = 0, **options: t.Any) -> Figures:
    """The best of three: other work on the machine only adds time. ``stale`` is how many have no backup that is new enough."""
    # requests believes these more than what a session is told; the collection does not.
    others = {name: value for name, value in os.environ.items() if not name.endswith("CA_BUNDLE")}
    asked_for = names(machines)
    entries = [*asked_for[stale:], *({"name": name, "max_age": "1m"} for name in asked_for[:stale])]
    question = json.dumps({"machines": entries, **options})
    runs = []
    for _round in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-m", "bench.verdicts"], input=question, env={**others, **site.environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        runs.append(Figures(*json.loads(done.stdout)))
    return min(runs)


def main() -> None:
    options = {name[9:].lower(): value for name, value in os.environ.items() if name.startswith("VEEAM_EM_")}
    policy = read_policy(json.load(sys.stdin), dt.datetime.now(UTC))
    with EnterpriseManagerClient(ConnectionSettings.from_options({**options, "port": int(options["port"])})) as client:
        found = verify(client, policy)
    if found["summary"]["unknown"] or found["summary"]["unprotected"]:
        raise SystemExit(f"the site is not what it was: {found['summary']}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.process_time(), peak, client.request_count]))


if __name__ == "__main__":
    main()
