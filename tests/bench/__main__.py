# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures, prints one table with ratios, and writes the figures as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from bench import gate, inventories, playbooks, verdicts
from bench.site import Site, running, serving

REPEATS = 5
LONG_PLAYS = 2
LONG_RUN = 50_000
"""From so many rows on, one run takes so long that two of each are enough."""
TASKS = 10
INVENTORY_DAYS = 3


@dataclasses.dataclass(frozen=True)
class Line:
    """A figure beside what it is measured against; ``bound`` is what the ratio (or the difference) may be, if anything."""

    what: str
    ours: float
    theirs: float | None
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float:
        if not self.theirs:
            return self.ours
        if self.unit == "s more":
            return self.ours - self.theirs
        return self.theirs / self.ours if self.at_least else self.ours / self.theirs

    @property
    def holds(self) -> bool | None:
        if self.bound is None:
            return None
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def child(site: Site, *arguments: str) -> dict[str, t.Any]:
    # requests believes these more than what a session is told; the collection does not.
    others = {name: value for name, value in os.environ.items() if not name.endswith("CA_BUNDLE")}
    done = subprocess.run(
        [sys.executable, "-m", "bench.child", *arguments],
        env={**others, **site.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, t.Any] = json.loads(done.stdout)
    return result


def against_loop(site: Site, rows: int, data_format: str, parallel: int, what: str, bound: float) -> t.Iterator[Line]:
    """Taken in turn and the best of each, after one run that warms the server up: other work on the machine only adds time."""
    child(site, "loop", data_format, "1")
    pairs = [
        (child(site, "client", data_format, str(parallel)), child(site, "loop", data_format, "1"))
        for _ in range(REPEATS if rows < LONG_RUN else 2)
    ]
    for ours, theirs in pairs:
        if not ours["rows"] == theirs["rows"] == rows:
            raise RuntimeError(f"{ours['rows']} and {theirs['rows']} rows instead of {rows}")
    best = [min(one["seconds"] for one in each) for each in zip(*pairs, strict=True)]
    yield Line(f"{rows} rows, {data_format}, {what}", best[0], best[1], "s", bound)
    yield Line(f"  requests, {what}", pairs[0][0]["requests"], pairs[0][1]["requests"], "requests")


def memory(site: Site, rows: int, data_format: str, program: str) -> Line:
    figures = child(site, program, data_format, "1")
    return Line(
        f"{rows} rows, {data_format}, {program}: peak against JSON",
        figures["peak"] / 1e6,
        figures["json"] / 1e6,
        "MB",
        3.0,
    )


def newest(site: Site, rows: int) -> t.Iterator[Line]:
    """The newest task of each machine against all tasks of the same time."""
    ours, theirs = child(site, "latest", "json", "1"), child(site, "client", "json", "1")
    yield Line(f"{rows} rows, json, latest: machine against all rows", ours["seconds"], theirs["seconds"], "s")
    # Once more, for the hierarchy roots and what tells no reference.
    yield Line("  requests, latest: machine against all rows", ours["requests"], theirs["requests"], "requests", 1.1)


def with_ansible(site: Site, rows: int) -> t.Iterator[Line]:
    """Taken in turn, and the best of each."""
    sizes = (100, 500)
    plays = [playbooks.module(rows), *(playbooks.uri_loop(rows, size) for size in sizes)]
    runs = [[playbooks.seconds(play, site.environment) for play in plays] for _ in range(LONG_PLAYS)]
    ours, *theirs = map(min, zip(*runs, strict=True))
    for size, seconds in zip(sizes, theirs, strict=True):
        yield Line(f"{rows} rows in a playbook, uri in a loop of {size}", ours, seconds, "s", 10.0, at_least=True)


def one_more_task(site: Site) -> Line:
    """Short and long plays of both, taken in turn and the best of each: other work on the machine only adds time."""
    actions = ("backup_ops.veeam_em.backup_server_info", "ansible.builtin.ping")
    plays = [(action, times) for action in actions for times in (1, 1 + TASKS)]
    best = dict.fromkeys(plays, float("inf"))
    for _number in range(REPEATS):
        for play in plays:
            best[play] = min(best[play], playbooks.seconds(playbooks.repeated(*play), site.environment))
    ours, theirs = ((best[action, 1 + TASKS] - best[action, 1]) / TASKS for action in actions)
    return Line(
        "one more task: module against ping",
        ours,
        theirs,
        "s more",
        0.10,
    )


def inventory(machines: int, days: int) -> t.Iterator[Line]:
    """Hosts of a large site, where some backups fail, on each core that there is, against a static file with the same hosts."""
    with serving({"generate": {"machines": machines, "days": days, "backup_servers": 4}}) as site:
        for core, (commands, collections) in inventories.cores().items():
            found = inventories.measured(site, commands, collections)
            plain, judged, cached = found["plain"], found["protection"], found["cached"]
            what = f"inventory of {machines}, core {core}"
            yield Line(f"{what}: processor against static YAML", plain.cpu, found["static"].cpu, "s", 1.0)
            yield Line(f"{what}: with protection against without", judged.cpu, plain.cpu, "s", 1.3)
            yield Line(f"{what}: peak with protection", judged.memory, 1.0, "MB", 500.0)
            yield Line(f"{what}: warm cache, processor against static YAML", cached.cpu, found["static"].cpu, "s", 1.0)
            yield Line(f"{what}: warm cache, requests", cached.requests, None, "requests", 0.0)
            yield Line(f"{what}: requests with protection against without", judged.requests, plain.requests, "requests")


def cost_of_verdicts() -> t.Iterator[Line]:
    """A few machines of a large site: what it costs follows what is asked, not the site, where hypervisors answer."""
    with serving(verdicts.SITE) as site:
        few, many = verdicts.asked(site, verdicts.FEW), verdicts.asked(site, verdicts.MANY)
        past = verdicts.asked(site, verdicts.FEW, history="7d")
        stale = verdicts.asked(site, verdicts.FEW, stale=1, history="7d")
        blind = verdicts.asked(site, verdicts.FEW, ask_hypervisors="never")
    what = f"{verdicts.FEW} machines of 10,000"
    for kind, figures in (("", few), (" with history", past), (", one of them stale", stale)):
        yield Line(
            f"{what}{kind}: requests beyond the roots", figures.requests - verdicts.ROOTS, None, "requests", 20.0
        )
    yield Line(f"{what}: with history against without", past.cpu, few.cpu, "s")
    yield Line(f"{what}: without a lookup against with", blind.cpu, few.cpu, "s")
    yield Line("  requests, without a lookup against with", blind.requests, few.requests, "requests")
    yield Line("  memory, without a lookup against with", blind.memory, few.memory, "MB")
    yield Line(f"{verdicts.MANY} machines against {verdicts.FEW}", many.cpu, few.cpu, "s")
    yield Line(f"  requests, {verdicts.MANY} machines against {verdicts.FEW}", many.requests, few.requests, "requests")


def cost_of_the_gate() -> t.Iterator[Line]:
    """Without what Ansible takes to start and to read the inventory."""
    for hosts in gate.SIZES:
        found = gate.figures(hosts)
        start = found["nothing"][0]
        ours, theirs = found["role"][0] - start, found["debug"][0] - start
        yield Line(f"{hosts} hosts: the role against one debug task", ours, theirs, "s", 1.5)
        yield Line(f"{hosts} hosts: memory of the role", found["role"][1], None, "MB", 300.0)
    found = gate.large()
    ours, theirs = found["playbook"][0] - found["nothing"][0], found["module"][0] - found["start"][0]
    yield Line(f"{gate.LARGE} hosts: the playbook against the module alone", ours, theirs, "s", 3.0)


def measure(sizes: t.Sequence[int], machines: int, large: int) -> t.Iterator[Line]:
    for rows in sizes:
        with running(rows) as site:
            for data_format, bound in (("json", 1.10), ("xml", 1.25)):
                yield from against_loop(site, rows, data_format, 1, "one after the other", bound)
                yield from against_loop(site, rows, data_format, 4, "four at once", bound)
                yield memory(site, rows, data_format, "memory")
                yield memory(site, rows, data_format, "memory-collection")
            yield from newest(site, rows)
            if rows == min(sizes) and playbooks.available():
                yield from with_ansible(site, rows)
                yield one_more_task(site)
        with running(rows, delay=0.1) as site:
            yield from against_loop(site, rows, "json", 4, "100 ms a page, four at once", 1.0)
    yield from inventory(machines, INVENTORY_DAYS) if machines else ()
    yield from cost_of_verdicts() if machines else ()
    if playbooks.available():
        yield from cost_of_the_gate()
    if large:
        with running(large) as site:
            yield Line(f"simulator: load {large} task sessions", site.start_seconds, None, "s")
            yield Line(
                "simulator: median page of 500", child(site, "loop", "json", "1")["median_page"] * 1000, None, "ms"
            )


def show(line: Line) -> str:
    theirs = f"{line.theirs:10.3f}" if line.theirs is not None else " " * 10
    verdict = {None: "", True: "holds", False: "MISSED"}[line.holds]
    bound = "" if line.bound is None else f"{'>=' if line.at_least else '<='} {line.bound:g}"
    ratio = "" if line.theirs is None else f"{line.ratio:8.2f}"
    return f"{line.what:62} {line.ours:10.3f} {theirs} {line.unit:8} {ratio:8} {bound:8} {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="*", default=[10_000, 100_000], help="numbers of task sessions (%(default)s)"
    )
    parser.add_argument("--machines", type=int, default=10_000, help="hosts of the inventory; 0: none (%(default)s)")
    parser.add_argument(
        "--large",
        type=int,
        default=300_000,
        help="task sessions for the simulator's own figures; 0: none (%(default)s)",
    )
    parser.add_argument("--json", type=Path, help="where the figures go as JSON")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bound is missed")
    options = parser.parse_args()
    print(f"{'what':62} {'ours':>10} {'theirs':>10} {'unit':8} {'ratio':>8} bound")
    lines = []
    for line in measure(options.rows, options.machines, options.large):
        lines.append(line)
        print(show(line), flush=True)
    if not playbooks.available():
        print(
            f"without {playbooks.BIN_VARIABLE} and {playbooks.COLLECTIONS_VARIABLE} nothing is measured with ansible-playbook"
        )
    if options.json:
        figures = [{**dataclasses.asdict(line), "ratio": line.ratio, "holds": line.holds} for line in lines]
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    missed = [line for line in lines if line.holds is False]
    print(f"{len(lines)} figures, {len(missed)} of the bounds missed")
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
