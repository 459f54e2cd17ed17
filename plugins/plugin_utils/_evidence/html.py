# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence as one self-contained HTML file. Private to the collection.

Text from servers reaches the page only through Jinja2's automatic escaping. Style and script are ours and are named by their
hashes in the page's content security policy, so nothing else could run even if it got in.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from . import timeline
from .document import VERDICTS, Document, counted, worst_first
from .machines import Machine, as_of, message_of, remarks_of
from .problems import problems_of, remarks_by_text, since_of
from .provenance import LIMITS_OF_PROOF, data_age, facts_of, json_sha256, made_by, notes_of
from .text import moment, one_line, parsed_moment, span
from .words import VERDICT_WORDS, reason_title, verdict_words

FOLDS_FROM = 60
"""From so many machines on, those that are ready and need no look begin folded."""
ROWS_AT_ONCE = 200
"""The script's LIMIT: so many rows are on the screen at first."""
_MOST = {"most_cards": 12, "most_machines": 8, "most_remarks": 12}
_FOLDER = Path(__file__).with_name("template")


@functools.cache
def template(name: str) -> Template:
    return Environment(
        autoescape=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
    ).get_template(name)


def to_html(document: Document) -> str:
    axis = timeline.read_axis(document)
    machines = worst_first(document)
    decision = document["decision"]
    headline, lines = headline_of(document)
    needs = {machine.get("needed_at") for machine in machines}
    needed = needs.pop() if len(needs) == 1 else None
    needed = needed if parsed_moment(needed) and needed != document["generated_at"] else None
    found = decision["counts"]
    rows = [_row(machine, document, axis) for machine in machines]
    _fold(rows)
    return template("report.html.j2").render(
        document=document,
        decision=decision,
        headline=headline,
        counted=lines,
        data_as_of=document["result"].get("data_as_of"),
        data_age=data_age(document),
        needed=needed,
        problems=problems_of(document),
        solved=[one_line(name) for name in (document.get("changes") or {}).get("solved", [])],
        remarks=remarks_by_text(document),
        unused_waivers=document["result"].get("unused_waivers") or [],
        rows=rows,
        folds=any(row["off"] for row in rows),
        anchors=_address(rows),
        axis=axis,
        needed_x=_needed_x(axis, needed),
        week_x=" ".join(str(x) for x, _day, _number in axis.labels) if axis else "",
        week="".join(day[0] for _x, day, _number in axis.labels) if axis else "",
        height=timeline.HEIGHT,
        head_height=timeline.HEAD,
        shapes=timeline.WORDS,
        shape_path=timeline.shape_path,
        verdicts=[
            name for name in (*(v for v in found if v not in VERDICTS and v != "total"), *VERDICTS) if name in found
        ],
        meanings=VERDICT_WORDS,
        words=verdict_words,
        reason_words=[(code, reason_title(code)) for code in sorted({code for row in rows for code in row["reasons"]})],
        notes=notes_of(document),
        facts=facts_of(document),
        made_by=made_by(document),
        limits_of_proof=LIMITS_OF_PROOF,
        json_sha256=json_sha256(document),
        moment=moment,
        is_moment=lambda value: parsed_moment(value) is not None,
        **_MOST,
        **own_code(),
    )


def headline_of(document: Document) -> tuple[str, list[str]]:
    """The decision as a sentence, and what it counts: what is not ready and what is ready, each in a line of its own."""
    decision = document["decision"]
    not_ready, ready = counted(decision)
    rest = decision["counts"]["total"] - len(decision["not_ok"])
    lines = [f"Not ready: {not_ready}"] * bool(not_ready) + [f"{rest} ready: {ready}"] * bool(ready)
    first = decision["summary"].partition(": ")[2]
    for count in filter(None, (not_ready, ready)):
        first = first.partition(f": {count}")[0]
    return f"{first[:1].upper()}{first[1:]}.", lines


def _needed_x(axis: timeline.Axis | None, needed: t.Any) -> float | None:
    when = parsed_moment(needed)
    return axis.x(when) if axis and when and when <= axis.end else None


def _fold(rows: t.Sequence[dict[str, t.Any]]) -> None:
    """Marks the rows that are not on the screen at first; on paper there are all."""
    large = len(rows) > FOLDS_FROM
    visible = 0
    for row in rows:
        row["off"] = (large and row["allowed"] and not row["remarks"]) or visible >= ROWS_AT_ONCE
        visible += not row["off"]


def _address(rows: t.Sequence[dict[str, t.Any]]) -> dict[str, str]:
    """Gives each row an address, its name where that can be one, so that a ticket can link to it; name to address of the first."""
    first: dict[str, str] = {}
    used: set[str] = set()
    for row in rows:
        wanted = anchor = "_".join(row["name"].split()) or "machine"
        number = 1
        while anchor in used:
            number += 1
            anchor = f"{wanted}_{number}"
        used.add(anchor)
        row["anchor"] = anchor
        first.setdefault(row["name"], anchor)
    return first


def _row(machine: Machine, document: Document, axis: timeline.Axis | None) -> dict[str, t.Any]:
    good = machine.get("last_good") or {}
    last = machine.get("last_attempt") or {}
    age = good.get("age_seconds")
    name = one_line(machine["name"])
    matched = one_line(machine.get("matched_name") or "")
    return {
        "name": name,
        "matched": matched if matched != name else "",
        "verdict": one_line(machine["verdict"]),
        "underlying": one_line(machine.get("underlying_verdict") or ""),
        "allowed": machine["verdict"] in document["decision"]["allowed_verdicts"],
        "age": span(age),
        "limit": one_line(machine.get("max_age") or ""),
        "age_sort": age if isinstance(age, (int, float)) else 1e15,
        "good_time": one_line(as_of(good) or ""),
        "result": one_line(good.get("result") or ""),
        "job": one_line(good.get("job_name") or last.get("job_name") or "-"),
        "server": one_line(good.get("backup_server_name") or last.get("backup_server_name") or ""),
        "message": message_of(machine),
        "reasons": [one_line(reason) for reason in machine.get("reasons") or []],
        "remarks": remarks_of(machine),
        "since": since_of(document, machine) if machine["name"] in document["decision"]["not_ok"] else "",
        "picture": timeline.read_picture(document, machine, axis) if axis else None,
    }


@functools.cache
def own_code() -> dict[str, str]:
    style, script = ((_FOLDER / name).read_text(encoding="utf-8").strip() for name in ("report.css", "report.js"))
    return {"style": style, "script": script, "style_hash": _hash(style), "script_hash": _hash(script)}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
