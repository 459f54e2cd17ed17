# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence as a mail: one HTML part made for what mail programs drop, and its plain-text part. Private to the collection.

Styles are attributes, the layout is tables, and nothing needs a script, a picture or the network. Mail programs cut what is long
(one at about 100 kB), so texts get shorter as machines get more; the machines themselves are never left out in silence.
"""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass

from jinja2 import Template

from ...module_utils._errors import first_of
from .document import Document
from .html import headline_of, template
from .problems import Affected, Problem, problems_of, remarks_by_text
from .provenance import LIMITS_OF_PROOF, data_age, json_sha256, made_by, notes_of
from .text import moment, one_line
from .words import verdict_words

SIZE = 98_000
"""Bytes of either part: below the 102 kB from which on Gmail cuts."""
_WHOLE = 10_000
_WIDTH = 78
_NAMES = 20
_COLOURS = {
    "failed": "#b3201f", "unprotected": "#b3201f", "stale": "#8a5700", "running": "#1458a8", "waived": "#8a5700", "ok": "#17703b",
}  # fmt: skip
_OTHER_COLOUR = "#565f6b"


@dataclass(frozen=True)
class Section:
    """Machines that need the same step, each with what is its own."""

    verdict: str
    title: str
    next_step: str
    machines: t.Tuple[Affected, ...]


def to_mail(document: Document) -> str:
    """The HTML part."""
    return _fitting(template("mail.html.j2"), document)


def to_mail_text(document: Document) -> str:
    """The plain-text part."""
    return _fitting(None, document)


def subject_of(document: Document) -> str:
    """One line for the subject of the mail."""
    change, decision = document["change_number"], document["decision"]
    headline, lines = headline_of(document)
    bad = f": {lines[0].partition(': ')[2]}" if decision["not_ok"] else ""
    return f"{'GO' if decision['ok'] else 'NO-GO'}: {headline[:-1]}{bad}{f' ({change})' if change else ''}"


def _fitting(page: Template | None, document: Document) -> str:
    """As much as fits: first shorter messages, then none beside the cause, then fewer machines, which is said."""
    sections = _sections(document)
    total = sum(len(section.machines) for section in sections)
    parts = _parts(document)
    text = ""
    for length, most in ((_WHOLE, total), (200, total), (80, total), (0, total), *((0, n) for n in _fewer(total))):
        shown = {**parts, "sections": _cut(sections, length, most), "left_out": total - most}
        text = page.render(**shown) if page else _text(shown)
        if len(text.encode("utf-8")) <= SIZE:
            break
    return text


def _fewer(total: int) -> t.Iterator[int]:
    while total > 1:
        total = total * 4 // 5
        yield total


def _sections(document: Document) -> list[Section]:
    """The problems, joined where they differ in job and server only."""
    found: dict[tuple[str, str, str], list[Affected]] = {}
    for problem in problems_of(document):
        key = (problem.verdict, problem.title, problem.next_step)
        found.setdefault(key, []).extend(_own(problem))
    return [Section(*key, tuple(machines)) for key, machines in found.items()]


def _own(problem: Problem) -> t.Iterator[Affected]:
    for one in problem.machines:
        yield one._replace(message=one.message or problem.cause, next_run=one.next_run or problem.next_run)


def _cut(sections: t.Sequence[Section], length: int, most: int) -> list[Section]:
    shown = []
    for section in sections:
        machines = section.machines[:most]
        most -= len(machines)
        if machines:
            short = tuple(one._replace(message=_shortened(one.message, length)) for one in machines)
            shown.append(Section(section.verdict, section.title, section.next_step, short))
    return shown


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…" if length else ""


def _parts(document: Document) -> dict[str, t.Any]:
    headline, counted = headline_of(document)
    changes = document.get("changes") or {}
    return {
        "go": document["decision"]["ok"],
        "change": document["change_number"],
        "subject": subject_of(document),
        "headline": headline,
        "counted": counted,
        "asked": _asked(document),
        "solved": first_of([one_line(name) for name in changes.get("solved", [])], _NAMES),
        "remarks": [(text, first_of(names, _NAMES)) for text, names in remarks_by_text(document)[:20]],
        "colours": _COLOURS,
        "other_colour": _OTHER_COLOUR,
        "words": verdict_words,
        "notes": [_shortened(note, 300) for note in notes_of(document)[:5]],
        "made_by": made_by(document),
        "limits_of_proof": LIMITS_OF_PROOF,
        "json_sha256": json_sha256(document),
    }


def _asked(document: Document) -> str:
    as_of, age = document["result"].get("data_as_of"), data_age(document)
    data = (
        f"its data is as of {moment(as_of)} UTC" + (f" ({age} old)" if age else "")
        if as_of
        else "the age of its data is not known"
    )
    return f"{document['em_host'] or 'Enterprise Manager'}, asked {moment(document['generated_at'])} UTC; {data}"


def _text(parts: dict[str, t.Any]) -> str:
    lines = [f"{'GO' if parts['go'] else 'NO-GO'}: {parts['headline']}", *parts["counted"]]
    lines += [f"Change {parts['change']}"] if parts["change"] else []
    lines += [parts["asked"]]
    for section in parts["sections"]:
        lines += ["", *_wrapped(f"{section.verdict.upper()}: {section.title}", "")]
        lines += _wrapped(f"Next step: {section.next_step}", "")
        for one in section.machines:
            job = one.job or "none known"
            lines.append(f"  * {one.name}  (job: {job}{f', at {one.server}' if one.server else ''})")
            lines += _wrapped(one.message, "    ") if one.message else []
            lines += [f"    Next run: {one.next_run}"] if one.next_run else []
            lines += [f"    {one.since[:1].upper()}{one.since[1:]}"] if one.since else []
    if parts["left_out"]:
        lines += ["", f"{parts['left_out']} more machines are not ready; the other reports name them all."]
    if parts["solved"]:
        lines += ["", *_wrapped(f"Ready again: {parts['solved']}", "")]
    if parts["remarks"]:
        lines += ["", "Ready, but worth a look:"]
        for text, names in parts["remarks"]:
            lines += _wrapped(f"* {text}: {names}", "  ")
    if parts["notes"]:
        lines += ["", "What this report could not find out:"]
        for note in parts["notes"]:
            lines += _wrapped(f"* {note}", "  ")
    lines += ["", *_wrapped(parts["made_by"], ""), f"SHA-256 of the JSON: {parts['json_sha256']}"]
    lines += _wrapped(parts["limits_of_proof"], "")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
