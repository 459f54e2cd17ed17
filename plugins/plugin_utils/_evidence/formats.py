# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence as text: table, Markdown, CSV and JSON. Private to the collection."""

from __future__ import annotations

import json
import typing as t

from .document import Document, headline, worst_first
from .machines import Machine, as_of, remarks_of
from .sheet import csv_text
from .text import aligned, escaped_markdown, moment, one_line, span

_HEADER = ("MACHINE", "VERDICT", "AGE", "LAST GOOD (UTC)", "JOB", "BACKUP SERVER", "REASON")
_CSV_COLUMNS = (
    "change_number", "generated_at", "machine", "verdict", "underlying_verdict", "go", "reasons", "message", "age_seconds",
    "last_good_creation_time", "last_good_end_time", "last_good_result", "last_good_job", "last_good_job_type",
    "last_good_backup_server", "restore_point_uid", "last_attempt_creation_time", "last_attempt_result", "last_attempt_reason",
    "running", "matched_by", "matched_name", "vm_uid", "data_as_of", "remarks", "next_run", "runs_before_needed_at",
)  # fmt: skip

_YES_NO = {"True": "yes", "False": "no"}


def to_json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_table(document: Document) -> str:
    lines = [headline(document)]
    if document["result"]["machines"]:
        lines += ["", *aligned(_HEADER, [_cells(machine) for machine in worst_first(document)])]
    lines += ["", _footer(document)]
    return "\n".join(lines) + "\n"


def to_markdown(document: Document) -> str:
    decision = document["decision"]
    change = document["change_number"]
    title = "Backup verification" + (f" for change {change}" if change else "")
    lines = [f"# {escaped_markdown(title)}", "", f"**{escaped_markdown(decision['summary'])}**", ""]
    if document["result"]["machines"]:
        lines += [
            "| " + " | ".join(name.capitalize().replace("(utc)", "(UTC)") for name in _HEADER) + " |",
            "| --- " * len(_HEADER) + "|",
        ]
        lines += [
            "| " + " | ".join(escaped_markdown(cell) for cell in _cells(machine)) + " |"
            for machine in worst_first(document)
        ]
        lines.append("")
    return "\n".join([*lines, escaped_markdown(_footer(document)), ""])


def to_csv(document: Document) -> str:
    """All machines with every fact behind the verdict."""
    rows = [_facts(document, machine) for machine in worst_first(document)]
    return csv_text(_CSV_COLUMNS, [[row[column] for column in _CSV_COLUMNS] for row in rows])


def _facts(document: Document, machine: Machine) -> dict[str, t.Any]:
    good = machine.get("last_good") or {}
    last = machine.get("last_attempt") or {}
    return {
        "change_number": document["change_number"],
        "generated_at": document["generated_at"],
        "machine": machine["name"],
        "verdict": machine["verdict"],
        "underlying_verdict": machine.get("underlying_verdict"),
        "go": "yes" if machine["verdict"] in document["decision"]["allowed_verdicts"] else "no",
        "reasons": " ".join(machine.get("reasons") or []),
        "message": machine.get("message"),
        "age_seconds": good.get("age_seconds"),
        "last_good_creation_time": good.get("creation_time"),
        "last_good_end_time": good.get("end_time"),
        "last_good_result": good.get("result"),
        "last_good_job": good.get("job_name"),
        "last_good_job_type": good.get("job_type"),
        "last_good_backup_server": good.get("backup_server_name"),
        "restore_point_uid": good.get("vm_restore_point_uid"),
        "last_attempt_creation_time": last.get("creation_time"),
        "last_attempt_result": last.get("result"),
        "last_attempt_reason": last.get("reason"),
        "running": len(machine.get("running") or []),
        "matched_by": machine.get("matched_by"),
        "matched_name": machine.get("matched_name"),
        "vm_uid": machine.get("vm_uid"),
        "remarks": "; ".join(remarks_of(machine)),
        "data_as_of": machine.get("data_as_of"),
        "next_run": machine.get("next_run"),
        "runs_before_needed_at": _YES_NO.get(str(machine.get("runs_before_needed_at"))),
    }


def _cells(machine: Machine) -> tuple[str, ...]:
    good = machine.get("last_good") or {}
    return (
        one_line(machine["name"]),
        one_line(machine["verdict"]),
        span(good.get("age_seconds")),
        moment(as_of(good)),
        one_line(good.get("job_name") or "-"),
        one_line(good.get("backup_server_name") or "-"),
        one_line(machine.get("message") or "-"),
    )


def _footer(document: Document) -> str:
    host = document["em_host"]
    as_of = document["result"].get("data_as_of")
    source = f"Asked {host or 'Enterprise Manager'} at {moment(document['generated_at'])} UTC"
    return f"{source}; its data is as of {moment(as_of)} UTC." if as_of else f"{source}."
