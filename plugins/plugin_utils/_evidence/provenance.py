# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asked what, when, and with what: the lines that every report ends with. Pure. Private to the collection."""

from __future__ import annotations

import hashlib
import typing as t

from .document import Document
from .formats import to_json
from .text import moment, one_line, parsed_moment, span

LIMITS_OF_PROOF = (
    "Enterprise Manager shows that a backup was made and that its restore point exists. It can't prove that a restore works, that"
    " the data of applications is consistent, or that it is free of malware."
)
_PROGRAM = "backup_ops.veeam_em"


def json_sha256(document: Document) -> str:
    """Of the file that the format json makes of the same document."""
    return hashlib.sha256(to_json(document).encode("utf-8")).hexdigest()


def data_age(document: Document) -> str:
    """How old Enterprise Manager's data was at the question; empty where that can't be told."""
    asked, known = parsed_moment(document["generated_at"]), parsed_moment(document["result"].get("data_as_of"))
    return span((asked - known).total_seconds()) if asked and known and asked >= known else ""


def made_by(document: Document) -> str:
    """One line: collection, who, where, which job, which server, when."""
    given = document["provenance"]
    awx = given.get("awx") if isinstance(given.get("awx"), dict) else {}
    version = one_line(given.get("collection_version") or "")
    core = given.get("ansible_version")
    program = f"{_PROGRAM} {version}".strip() + (f", ansible-core {one_line(core)}" if core else "")
    who = [f"by {one_line(given['user'])}"] if given.get("user") else []
    who += [f"on {one_line(given['controller_host'])}"] if given.get("controller_host") else []
    if awx and awx.get("job_id"):
        who.append(f"in job {one_line(awx['job_id'])}")
        template = awx.get("job_template") or awx.get("job_template_name")
        who += [f"of {one_line(template)}"] if template else []
        who += [f"launched by {one_line(awx['launched_by'])}"] if awx.get("launched_by") else []
    source = f"Asked {document['em_host'] or 'Enterprise Manager'} at {moment(document['generated_at'])} UTC"
    as_of, age = document["result"].get("data_as_of"), data_age(document)
    aged = f" ({age} old)" if age else ""
    data = f"its data is as of {moment(as_of)} UTC{aged}" if as_of else "the age of its data is not known"
    return f"{program}. {' '.join([source, *who])}; {data}."


def facts_of(document: Document) -> list[tuple[str, str]]:
    """Policy, then provenance, then what the result says of itself, as names and values; whatever keys there are."""
    named = {"policy": document["policy"], "provenance": document["provenance"]}
    found = [(_label(key), value_text(value)) for part in named.values() for key, value in part.items()]
    result = document["result"]
    found += [("Request count", value_text(result["request_count"]))] if "request_count" in result else []
    found += [("Lookups", "; ".join(map(_lookup, result["lookups"])) or "none")] if "lookups" in result else []
    found.append(("Evidence schema", f"{document['schema']} {document['schema_version']}"))
    return found


def _lookup(lookup: t.Mapping[str, t.Any]) -> str:
    """``vcenter01 of vbr01: answered, machine count: 32``; keys of a newer module are shown too."""
    rest = dict(lookup)
    rest.pop("hierarchy_root_uid", None)
    name, server, state = (rest.pop(f"{key}", None) for key in ("hierarchy_root_name", "backup_server_name", "state"))
    place = " of ".join(one_line(part) for part in (name, server) if part)
    told = [f"{place}: {one_line(state)}"] if place and state else []
    return ", ".join(
        [*told, *(f"{_label(key).lower()}: {value_text(item)}" for key, item in rest.items() if item is not None)]
    )


def notes_of(document: Document) -> list[str]:
    """What could not be found out beside the verdicts, and why."""
    notes = document["result"].get("notes") or []
    return [value_text(note) for note in (notes if isinstance(notes, list) else [notes])]


def _label(key: t.Any) -> str:
    text = one_line(key).replace("_", " ")
    return {"awx": "AWX"}.get(text, f"{text[:1].upper()}{text[1:]}")


def value_text(value: t.Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value_text(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(
            f"{one_line(key).replace('_', ' ')}: {value_text(item)}" for key, item in value.items() if item is not None
        )
    return "none" if value is None else one_line(value)
