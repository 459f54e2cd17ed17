# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter listing: the list of any info module, read back with the parsers of its formats."""

from __future__ import annotations

import csv
import io
import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.backup_ops.veeam_em.plugins.filter.listing import FilterModule

from .pages import Page
from .results import HOSTILE

listing = FilterModule().filters()["listing"]
ROWS = [
    {
        "id": "1", "uid": "urn:veeam:Job:1", "href": "/api/jobs/1", "status": "success", "running": False, "size": 1024, "name": "Daily",
        "end_time": "2026-01-05T20:13:09Z", "vm_restore_point_uids": ["x"], "objects": ["a", "b"], "empty": None,
        "options": {"retention": {"days": 14}, "password": "hunter2"},
    },
    {"name": "Weekly", "status": "failed", "running": True, "size": 9, "end_time": None, "objects": [], "empty": None, "options": {}},
]  # fmt: skip
ANSWER = {
    "changed": False,
    "failed": False,
    "backup_sessions": ROWS,
    "count": 2,
    "counts": {"server": {}},
    "truncated": False,
    "request_count": 4,
}


def test_table_shows_what_people_read() -> None:
    assert listing(ANSWER, "table").splitlines() == [
        "2 backup sessions",
        "",
        "NAME    STATUS   RUNNING  SIZE  END TIME              OBJECTS",
        "Daily   success  no       1024  2026-01-05 20:13 UTC  a, b",
        "Weekly  failed   yes      9     -                     -",
    ]


@pytest.mark.parametrize("kind", ["table", "html", "markdown"])
def test_columns_title_and_what_was_cut(kind: str) -> None:
    text = listing({**ANSWER, "truncated": True}, kind, columns=["options.retention.days", "name"], title="Last night")
    seen = Page(text).seen if kind == "html" else text
    assert "Last night" in seen
    assert "2 backup sessions, cut by limit: there are more" in seen
    assert re.search(r"14\W+Daily", seen)
    assert "success" not in seen


def test_csv_is_for_programs_and_for_spreadsheets() -> None:
    text = listing(ANSWER, "csv", columns="name, size, end_time, objects, options")
    assert text[0] == "\ufeff"
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert rows[0] == {
        "name": "Daily", "size": "1024", "end_time": "2026-01-05T20:13:09Z", "objects": "a, b",
        "options": "retention: days: 14; password: (not shown)",
    }  # fmt: skip
    assert rows[1]["end_time"] == ""


@pytest.mark.parametrize("kind", ["table", "html", "markdown", "csv"])
def test_hostile_texts_stay_texts(kind: str) -> None:
    rows = [{"name": text, text: text} for text in HOSTILE]
    text = listing(rows, kind, title=HOSTILE[0])
    if kind == "html":
        page = Page(text)
        assert page.count("script") == page.count("style") == 1
        assert page.count("tr") == len(HOSTILE) + 1
        assert not [name for _tag, each in page.elements for name in each if name.startswith("on")]
    elif kind == "csv":
        cells = [cell for row in csv.reader(io.StringIO(text[1:], newline="")) for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    else:
        assert len(text.splitlines()) == len(HOSTILE) + (3 if kind == "table" else 6)
        assert all(char.isprintable() for char in text.replace("\n", ""))


def test_html_is_one_page_of_its_own() -> None:
    text = listing([{"name": f"row{number}", "size": number} for number in range(300)], "html")
    page = Page(text)
    assert page.seen.startswith("Rows Rows 300 rows")
    assert sum(each.get("class") == "off" for each in page.all("tr")) == 100
    assert [each.get("data-kind") for each in page.all("th")] == ["text", "number"]
    assert "url(" not in text


def test_the_list_is_the_one_that_is_counted() -> None:
    given = {**ANSWER, "similar_names": ["Dialy"], "sources": [{"name": "x"}]}
    assert listing(given, "table").startswith("2 backup sessions\n")


def test_no_row_is_a_list_too() -> None:
    assert listing({**ANSWER, "backup_sessions": []}, "table") == "0 backup sessions\n"
    assert "0 backup sessions" in listing({**ANSWER, "backup_sessions": []}, "html")
    assert listing([], "csv", columns=["name"]) == '\ufeff"name"\r\n'
    assert listing([], "markdown", title="T") == "# T\n\n0 rows\n"


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        ("text", {}, "neither a result of an info module nor a list"),
        ([1], {}, "neither a result"),
        ({"failed": True, "jobs": []}, {}, "failed, so there is nothing to show"),
        ({"skipped": True}, {}, "was skipped"),
        ({"a": [], "b": []}, {}, r"has 2 lists \(a, b\)"),
        ({"count": 1}, {}, r"has 0 lists \(none\)"),
        (ANSWER, {"columns": ["nmae"]}, "no column 'nmae'; choose from id, uid"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(given: t.Any, options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=says):
        listing(given, "table", **options)


def test_format_that_does_not_exist() -> None:
    with pytest.raises(AnsibleFilterError, match="no format 'pdf'; choose from table, csv"):
        listing(ANSWER, "pdf")
