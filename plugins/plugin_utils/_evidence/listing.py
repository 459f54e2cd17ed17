# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of any info module as table, CSV, HTML or Markdown. Pure but for the page's template. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from ...module_utils._client.settings import VERSION
from .html import ROWS_AT_ONCE, own_code, template
from .inputs import EvidenceError, without_secrets
from .provenance import value_text
from .sheet import csv_text
from .text import aligned, escaped_markdown, moment, one_line, parsed_moment, plain

Row = t.Dict[str, t.Any]

_FIRST = ("name", "vm_display_name", "machine", "host", "kind", "status", "result", "state", "job_name", "reason")
# What programs need to ask further; people who want it name it as a column.
_FOR_PROGRAMS = re.compile(r"(?:.*_)?(?:id|uid|uids|href|links|raw)|raw|vm_ref")
_LONGEST_WORD = 28
"""Characters of a word that a column is made wide enough for."""
_BESIDE_THE_LIST = {"count", "counts", "truncated", "request_count", "warnings", "deprecations"}


class Listing(t.NamedTuple):
    """Rows with the columns to show; ``noun`` is the key that the module returned them as."""

    noun: str
    columns: t.List[str]
    rows: t.List[Row]
    truncated: bool


def read_listing(given: t.Any, columns: t.Sequence[str] | None = None) -> Listing:
    """Of what an info module returned, or of its list. Raises EvidenceError."""
    noun, rows, truncated = _rows(given)
    known = list(dict.fromkeys(key for row in rows for key in row))
    if not columns:
        return Listing(noun, _chosen(rows, known), rows, truncated)
    for column in columns:
        if rows and str(column).partition(".")[0] not in known:
            raise EvidenceError(f"there is no column {column!r}; choose from {', '.join(map(str, known))}")
    return Listing(noun, [str(column) for column in columns], rows, truncated)


def _rows(given: t.Any) -> tuple[str, list[Row], bool]:
    if isinstance(given, t.Mapping):
        if given.get("failed") or given.get("skipped"):
            state = "failed" if given.get("failed") else "was skipped"
            raise EvidenceError(f"the task that should have read the list {state}, so there is nothing to show")
        lists = {
            key: value
            for key, value in given.items()
            if key not in _BESIDE_THE_LIST
            and isinstance(value, (list, tuple))
            and all(isinstance(row, t.Mapping) for row in value)
        }
        counted = {key: value for key, value in lists.items() if len(value) == given.get("count")}
        lists = counted if len(counted) == 1 else lists
        if len(lists) != 1:
            raise EvidenceError(
                f"the input has {len(lists)} lists ({', '.join(map(str, lists)) or 'none'}); give the one to show"
            )
        noun, rows = next(iter(lists.items()))
        truncated = bool(given.get("truncated"))
    else:
        noun, rows, truncated = "rows", given, False
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, t.Mapping) for row in rows):
        raise EvidenceError("the input is neither a result of an info module nor a list of dictionaries")
    return one_line(noun), without_secrets(plain(rows)), truncated


def _chosen(rows: t.Sequence[Row], known: t.Sequence[str]) -> list[str]:
    """What people read: flat values that some row has, the telling ones first."""
    shown = [
        key
        for key in known
        if not _FOR_PROGRAMS.fullmatch(str(key))
        and any(row.get(key) not in (None, "", [], {}) for row in rows)
        and not any(isinstance(row.get(key), dict) or _nested(row.get(key)) for row in rows)
    ]
    return sorted(shown, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))


def _nested(value: t.Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)


def _value(row: Row, column: str) -> t.Any:
    value: t.Any = row
    for key in (column,) if column in row else column.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _shown(value: t.Any) -> str:
    """As people read it; moments without their letters."""
    if value in (None, "", [], {}):
        return "-"
    return f"{moment(value)} UTC" if parsed_moment(value) else value_text(value)


def _label(column: str) -> str:
    text = one_line(column).replace("_", " ").replace(".", ": ")
    return f"{text[:1].upper()}{text[1:]}"


def _counted(listing: Listing) -> str:
    noun = listing.noun.replace("_", " ")
    text = f"{len(listing.rows)} {noun}"
    return f"{text}, cut by limit: there are more" if listing.truncated else text


def listing_table(listing: Listing, title: str | None) -> str:
    lines = [f"{one_line(title)}: {_counted(listing)}" if title else _counted(listing)]
    if listing.rows:
        header = [one_line(column).replace("_", " ").upper() for column in listing.columns]
        lines += [
            "",
            *aligned(header, [[_shown(_value(row, column)) for column in listing.columns] for row in listing.rows]),
        ]
    return "\n".join(lines) + "\n"


def listing_csv(listing: Listing, _title: str | None) -> str:
    """Names of columns and values as the module returns them."""

    def cell(value: t.Any) -> t.Any:
        return (
            value
            if isinstance(value, (str, int, float)) and not isinstance(value, bool)
            else ""
            if value is None
            else value_text(value)
        )

    return csv_text(
        listing.columns, [[cell(_value(row, column)) for column in listing.columns] for row in listing.rows]
    )


def listing_markdown(listing: Listing, title: str | None) -> str:
    lines = [f"# {escaped_markdown(title)}", ""] if title else []
    lines += [escaped_markdown(_counted(listing)), ""]
    if listing.rows:
        lines += ["| " + " | ".join(escaped_markdown(_label(column)) for column in listing.columns) + " |"]
        lines += ["| --- " * len(listing.columns) + "|"]
        lines += [
            "| " + " | ".join(escaped_markdown(_shown(_value(row, column))) for column in listing.columns) + " |"
            for row in listing.rows
        ]
        lines.append("")
    return "\n".join(lines)


def listing_html(listing: Listing, title: str | None) -> str:
    columns = [(_label(column), _is_number(listing.rows, column)) for column in listing.columns]
    rows = [[_cell(_value(row, column)) for column in listing.columns] for row in listing.rows]
    return template("listing.html.j2").render(
        title=one_line(title) if title else _label(listing.noun),
        counted=_counted(listing),
        columns=columns,
        rows=rows,
        rows_at_once=ROWS_AT_ONCE,
        version=VERSION,
        **own_code(),
    )


def _is_number(rows: t.Sequence[Row], column: str) -> bool:
    values = [value for value in (_value(row, column) for row in rows) if value is not None]
    return bool(values) and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _cell(value: t.Any) -> dict[str, t.Any]:
    """What is shown, what it is sorted by, the moment if it is one, and whether the page may break a word of it."""
    shown = _shown(value)
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        "text": shown,
        "sort": value if numeric else "-1e300" if value is None else one_line(value),
        "moment": value if parsed_moment(value) else "",
        "has_long_word": any(len(word) > _LONGEST_WORD for word in shown.split()),
    }
