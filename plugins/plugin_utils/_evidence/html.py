# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence as one self-contained HTML file. Private to the collection.

Text from servers reaches the page only through Jinja2's automatic escaping. Style and script are ours and are named by their
hashes in the page's content security policy, so nothing else could run even if it got in.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .document import (
    VERDICTS,
    Document,
    Machine,
    worst_first,
)
from .text import moment, one_line, span
from .timeline import (
    HEIGHT,
    in_words,
    read_axis,
    read_marks,
)

_FOLDER = Path(__file__).with_name("template")
_SYMBOLS = {"ok": "✓", "waived": "~", "running": "▶", "unknown": "?", "stale": "◷", "unprotected": "∅", "failed": "✕"}
_MEANINGS = {
    "failed": "The newest finished attempt failed, and no good backup is young enough.",
    "stale": "There is a good backup, but it is older than the limit.",
    "unprotected": "The machine was expected, but there is no trace of a backup that counts.",
    "unknown": "Enterprise Manager could not give a sure answer: the name is ambiguous, its data is old, or the account can't see the machine.",
    "running": "A backup of the machine runs at this moment. Wait for its end.",
    "waived": "Not good, but a waiver that has not expired accepts this very reason.",
    "ok": "A good backup, young enough, whose restore point still exists.",
}


def to_html(document: Document) -> str:
    style, script = ((_FOLDER / name).read_text(encoding="utf-8").strip() for name in ("report.css", "report.js"))
    axis = read_axis(document)
    machines = worst_first(document)
    counts = document["decision"]["counts"]
    headline = document["decision"]["summary"].partition(": ")[2]
    environment = Environment(
        autoescape=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
    )
    return environment.get_template("report.html.j2").render(
        document=document,
        decision=document["decision"],
        headline=headline[:1].upper() + headline[1:] + ".",
        data_as_of=document["result"].get("data_as_of"),
        unused_waivers=document["result"].get("unused_waivers") or [],
        rows=[_row(machine, document, axis) for machine in machines],
        axis=axis,
        height=HEIGHT,
        verdicts=[
            name for name in (*[v for v in counts if v not in VERDICTS and v != "total"], *VERDICTS) if counts.get(name)
        ],
        meanings=_MEANINGS,
        symbols=_SYMBOLS,
        policy=[(one_line(key).replace("_", " "), _policy_value(value)) for key, value in document["policy"].items()],
        moment=moment,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _row(machine: Machine, document: Document, axis: t.Any) -> dict[str, t.Any]:
    good = machine.get("last_good") or {}
    last = machine.get("last_attempt") or {}
    age = good.get("age_seconds")
    marks = read_marks(machine, axis) if axis else []
    message = one_line(machine.get("message") or "-")
    attempt_reason = one_line(last.get("reason") or "")
    return {
        "name": one_line(machine["name"]),
        "verdict": one_line(machine["verdict"]),
        "underlying": one_line(machine.get("underlying_verdict") or ""),
        "allowed": machine["verdict"] in document["decision"]["allowed_verdicts"],
        "age": span(age),
        "limit": span(machine["max_age_seconds"]) if machine.get("max_age_seconds") else "",
        "age_sort": age if isinstance(age, (int, float)) else 1e15,
        "good_time": moment(good.get("creation_time")),
        "result": one_line(good.get("result") or ""),
        "job": one_line(good.get("job_name") or last.get("job_name") or "-"),
        "server": one_line(good.get("backup_server_name") or last.get("backup_server_name") or "-"),
        "message": message,
        "reasons": [one_line(reason) for reason in machine.get("reasons") or []],
        "attempt_reason": "" if attempt_reason.rstrip(".") in message else attempt_reason,
        "marks": marks,
        "marks_in_words": in_words(machine, marks) if axis else "",
    }


def _policy_value(value: t.Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_policy_value(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{one_line(key)}: {_policy_value(item)}" for key, item in value.items() if item is not None)
    return "none" if value is None else one_line(value)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
