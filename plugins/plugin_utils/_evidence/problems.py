# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done: the machines that are not ready, those with one cause together. Pure. Private to the collection."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .document import Document, worst_first
from .machines import Machine, job_of, message_of, remarks_of
from .text import moment, one_line, parsed_moment, span
from .words import next_step, reason_title, verdict_words

# What differs from machine to machine in one and the same message: ids, numbers, times.
_VARIES = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d+", re.IGNORECASE)


class Affected(t.NamedTuple):
    """One machine of a problem: ``message`` is empty where the problem's own cause says the same; ``since`` compares with an earlier file."""

    name: str
    message: str
    since: str
    age: str
    job: str
    server: str
    next_run: str


@dataclass(frozen=True)
class Problem:
    """A card: machines that one act can help."""

    verdict: str
    title: str
    cause: str
    job: str
    server: str
    next_step: str
    next_run: str
    machines: t.Tuple[Affected, ...]


def problems_of(document: Document) -> list[Problem]:
    """In the order of the machines, worst first."""
    allowed = document["decision"]["allowed_verdicts"]
    groups: dict[tuple[str, ...], list[Machine]] = {}
    for machine in worst_first(document):
        if machine["verdict"] not in allowed:
            groups.setdefault(_same_cause(machine), []).append(machine)
    return [_problem(document, machines) for machines in groups.values()]


def remarks_by_text(document: Document) -> list[tuple[str, list[str]]]:
    """What is worth knowing of machines that are ready, and of which."""
    found: dict[str, list[str]] = {}
    for machine in worst_first(document):
        if machine["verdict"] in document["decision"]["allowed_verdicts"]:
            for text in remarks_of(machine):
                found.setdefault(text, []).append(one_line(machine["name"]))
    return list(found.items())


def next_run_of(document: Document, machine: Machine, job: str, server: str) -> str:
    """When its job runs next, and whether that helps; empty where nobody read the jobs or the job is not among them.

    ``jobs`` come first; else it is what protection_info itself found out.
    """
    for one in document.get("jobs") or []:
        if one["name"].casefold() == job.casefold() and (one["backup_server_name"] or server) == server:
            return _run(document, machine, one)
    if machine.get("next_run") or machine.get("runs_before_needed_at") is False:
        return _run(document, machine, {"next_run": machine.get("next_run"), "schedule_enabled": None})
    return ""


def _run(document: Document, machine: Machine, job: dict[str, t.Any]) -> str:
    if job["schedule_enabled"] is False:
        return "none, its schedule is off"
    start = parsed_moment(job["next_run"])
    if start is None:
        return "none is scheduled"
    text = f"{moment(job['next_run'])} UTC"
    needed = parsed_moment(machine.get("needed_at"))
    if needed is None:
        return text
    asked = parsed_moment(document["generated_at"])
    far = span(abs((start - needed).total_seconds()))
    if start < needed:
        return f"{text}, {far} before it is needed"
    if needed == asked:
        return f"{text}, too late: it is needed now"
    return f"{text}, too late: {f'{far} after' if start > needed else 'the moment'} it is needed"


def _same_cause(machine: Machine) -> tuple[str, ...]:
    reasons = [one_line(reason) for reason in machine.get("reasons") or []]
    said = one_line((machine.get("last_attempt") or {}).get("reason") or "") if machine["verdict"] == "failed" else ""
    masked = _VARIES.sub("#", said.casefold().replace(one_line(machine["name"]).casefold(), "#"))
    return (machine["verdict"], *job_of(machine), masked, *reasons)


def _problem(document: Document, machines: list[Machine]) -> Problem:
    first = machines[0]
    verdict = first["verdict"]
    reasons = [one_line(reason) for reason in first.get("reasons") or []]
    job, server = job_of(first)
    messages = [message_of(machine) for machine in machines]
    shared = len(set(messages)) == 1
    runs = [next_run_of(document, machine, job, server) for machine in machines]
    same_run = len(set(runs)) == 1
    return Problem(
        verdict=one_line(verdict),
        title=reason_title(reasons[0]) if reasons else verdict_words(verdict).meaning.rstrip("."),
        cause=messages[0] if shared else "",
        job=job,
        server=server,
        next_step=next_step(reasons),
        next_run=runs[0] if same_run else "",
        machines=tuple(
            Affected(
                name=one_line(machine["name"]),
                message="" if shared else message,
                since=since_of(document, machine),
                age=span((machine.get("last_good") or {}).get("age_seconds")),
                job=job,
                server=server,
                next_run="" if same_run else run,
            )
            for machine, message, run in zip(machines, messages, runs)
        ),
    )


def since_of(document: Document, machine: Machine) -> str:
    """Compared with an earlier evidence file; empty without one."""
    changes = document.get("changes")
    if not changes:
        return ""
    name = machine["name"]
    if name in changes["not_ready_since"]:
        return f"not ready since {moment(changes['not_ready_since'][name])} UTC at least"
    before = f"{moment(changes['compared_with'])} UTC"
    return f"new since {before}" if name in changes["new"] else f"was not asked about on {before}"
