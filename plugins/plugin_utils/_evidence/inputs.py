# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the document has from elsewhere: an earlier evidence file, the jobs, who asked. Pure. Private to the collection."""

from __future__ import annotations

import json
import re
import typing as t

from .text import one_line, parsed_moment, plain

_SECRET = re.compile(r"passw|secret|token|credential|authorization|private_?key|api_?key", re.IGNORECASE)
_HIDDEN = "(not shown)"


class EvidenceError(ValueError):
    """The input is not a result of protection_info, or an option makes no sense. One sentence for people."""


def without_secrets(value: t.Any) -> t.Any:
    """The value with everything hidden whose key says that it is a secret: evidence is attached, mailed and printed."""
    if isinstance(value, dict):
        return {
            key: _HIDDEN
            if _SECRET.search(str(key)) and item not in (None, "") and not isinstance(item, bool)
            else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def read_changes(
    earlier: t.Any, schema: str, generated_at: str, bad: t.Sequence[str], names: t.Sequence[str]
) -> dict[str, t.Any] | None:
    """``compared_with``, ``change_number``, ``new`` (not ready now, ready then), ``not_ready_since`` {name: moment} and ``solved``."""
    if not earlier:
        return None
    before = earlier_document(earlier, schema)
    then = before["generated_at"]
    if str(then) > generated_at:
        raise EvidenceError(f"earlier is evidence of {then}, which is later than this result of {generated_at}")
    was_bad = set(before["decision"]["not_ok"])
    known = {machine["name"] for machine in before["result"]["machines"]}
    since = (before.get("changes") or {}).get("not_ready_since") or {}
    return {
        "compared_with": one_line(then),
        "change_number": before.get("change_number"),
        "new": [name for name in bad if name in known - was_bad],
        "not_ready_since": {name: one_line(since.get(name) or then) for name in bad if name in was_bad},
        "solved": [name for name in names if name in was_bad and name not in bad],
    }


def earlier_document(earlier: t.Any, schema: str) -> dict[str, t.Any]:
    """Evidence of whatever origin, with all that a comparison needs. Raises EvidenceError."""
    what = "earlier is not evidence; give the output of the format json or data"
    if isinstance(earlier, str):
        try:
            earlier = json.loads(earlier.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise EvidenceError(what) from error
    document = plain(earlier)
    try:
        complete = (
            document["schema"] == schema
            and parsed_moment(document["generated_at"]) is not None
            and isinstance(document["decision"]["not_ok"], list)
            and all(isinstance(name, str) for name in document["decision"]["not_ok"])
            and isinstance((document.get("changes") or {}).get("not_ready_since") or {}, dict)
            and all(isinstance(machine["name"], str) for machine in document["result"]["machines"])
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise EvidenceError(what) from error
    if not complete:
        raise EvidenceError(what)
    return t.cast("dict[str, t.Any]", document)


def read_jobs(jobs: t.Any, wanted: t.Collection[tuple[str, str]]) -> list[dict[str, t.Any]] | None:
    """Of the jobs of job_info, what tells when those that concern a machine run next; None where nobody read them."""
    if jobs is None:
        return None
    rows = jobs.get("jobs") if isinstance(jobs, t.Mapping) else jobs
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, t.Mapping) for row in rows):
        raise EvidenceError(
            "jobs is not a result of backup_ops.veeam_em.job_info; give the registered result, or its list"
        )
    names = {name.casefold() for name, _server in wanted}
    found = [
        {key: row.get(key) for key in ("name", "backup_server_name", "next_run", "schedule_enabled")}
        for row in plain(rows)
        if one_line(row.get("name") or "").casefold() in names
    ]
    return [
        {**row, "name": one_line(row["name"]), "backup_server_name": one_line(row["backup_server_name"] or "") or None}
        for row in found
    ]
