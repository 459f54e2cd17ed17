# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a terminal shows: a headline, and a table that fits it, worst first. Pure. Private to the collection."""

from __future__ import annotations

import typing as t

from ...module_utils._errors import sentence
from .._evidence.document import Document, Machine, headline, worst_first
from .._evidence.machines import as_of, job_of
from .._evidence.problems import next_run_of
from .._evidence.text import aligned, moment, one_line, span, width
from .decision import NO_ANSWER
from .given import listed

WIDTH = 120
_HEADER = ("MACHINE", "VERDICT", "AGE", "LAST GOOD (UTC)", "REASON")
_NAME, _REASON = 36, 46


def table(document: Document, *, everything: bool = False) -> str:
    """Machines that are fine are counted, and listed only when everything is wanted."""
    allowed = document["decision"]["allowed_verdicts"]
    machines = worst_first(document)
    shown = (
        machines
        if everything
        else [machine for machine in machines if machine["verdict"] not in allowed or machine["verdict"] != "ok"]
    )
    lines = [headline(document)]
    if shown:
        lines += ["", *_rows(document, shown)]
    rest = len(machines) - len(shown)
    if rest:
        lines += ["", f"{rest} {'more ' if shown else ''}{'machine is' if rest == 1 else 'machines are'} ok."]
    lines += ["", *_wrapped(_source(document), WIDTH)]
    return "\n".join(lines)


def _rows(document: Document, machines: t.Sequence[Machine]) -> list[str]:
    """The reason takes what the others leave, and as many lines as it needs."""
    cells = [_cells(document, machine) for machine in machines]
    taken = sum(max(width(row[column]) for row in (_HEADER, *cells)) + 2 for column in range(4))
    room = max(WIDTH - taken, _REASON)
    rows: list[tuple[str, ...]] = []
    for row in cells:
        first, *others = _wrapped(row[4], room) or ["-"]
        rows += [(*row[:4], first), *(("", "", "", "", other) for other in others)]
    return aligned(_HEADER, rows)


def _cells(document: Document, machine: Machine) -> tuple[str, ...]:
    good = machine.get("last_good") or {}
    run = ""
    if machine["verdict"] not in document["decision"]["allowed_verdicts"]:
        run = next_run_of(document, machine, *job_of(machine))
    return (
        _cut(one_line(machine["name"]), _NAME),
        one_line(machine["verdict"]),
        span(good.get("age_seconds")),
        moment(as_of(good)),
        one_line(machine.get("message") or "-") + (f" Next run: {run}." if run else ""),
    )


def _cut(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def _wrapped(text: str, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += f" {word}"
            continue
        while width(word) > room:
            part = _cut(word, room)
            lines.append(part)
            word = word[len(part) - 1 :]
        lines.append(word)
    return lines


def _source(document: Document) -> str:
    if not document["result"]["machines"]:
        return f"Enterprise Manager was not asked, {moment(document['generated_at'])} UTC."
    as_of = document["result"].get("data_as_of")
    said = f"Asked {document['em_host'] or 'Enterprise Manager'} at {moment(document['generated_at'])} UTC"
    return f"{said}; its data is as of {moment(as_of)} UTC." if as_of else f"{said}."


def last_line(document: Document, reason: str | None, files: t.Sequence[str]) -> str:
    """One line with the worst and where the report is; ``reason`` is why nothing goes on, where no machine is the reason."""
    allowed = document["decision"]["allowed_verdicts"]
    bad = [
        machine
        for machine in worst_first(document)
        if machine["verdict"] not in allowed and NO_ANSWER not in (machine.get("reasons") or [])
    ]
    parts = [headline(document)]
    if bad:
        parts.append(
            f"Not ready: {listed([f'''{one_line(machine['name'])} ({machine['verdict']})''' for machine in bad], 4)}"
        )
    if reason:
        parts.append(reason)
    if files:
        parts.append(f"Report: {files[0]}")
    return " ".join(map(sentence, parts))
