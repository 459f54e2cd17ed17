# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter evidence: decisions, and reports read back with the parsers of their formats."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import FilterModule
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.codes import VERDICTS as MODULE_VERDICTS
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.document import VERDICTS

from .results import CHECKED_AT, EVERY_VERDICT, HOSTILE, hostile, machine, result

evidence = FilterModule().filters()["evidence"]
TEXT_FORMATS = ("table", "json", "html", "mail", "mail_text", "csv", "junit", "markdown")
TROUBLE_FIRST = ["db02", "file01", "legacy01", "twin01", "mail01", "old01", "web01", "web02"]


def decision(given: t.Any, **options: t.Any) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", evidence(given, "data", **options)["decision"])


# --- the decision ---


def test_every_verdict_of_the_module_is_known() -> None:
    assert sorted(VERDICTS) == sorted(MODULE_VERDICTS)


@pytest.mark.parametrize(
    ("verdict", "go"), [(verdict, verdict in ("ok", "waived")) for verdict in (*VERDICTS, "new_one")]
)
def test_only_ok_and_waived_are_a_go(verdict: str, go: bool) -> None:
    found = decision(result(machine("a"), machine("b", verdict)))
    assert found["ok"] is go
    assert found["not_ok"] == ([] if go else ["b"])
    assert found["summary"].startswith("GO: " if go else "NO-GO: 1 of 2 machines is not ready")


def test_allowed_verdicts_widen_and_narrow() -> None:
    assert decision(result(machine("a", "running")), allowed_verdicts=["ok", "running"])["ok"] is True
    assert decision(result(machine("a", "waived")), allowed_verdicts=["ok"])["not_ok"] == ["a"]


def test_no_machine_is_a_no_go_unless_wanted() -> None:
    assert decision(result())["summary"] == "NO-GO: no machine was checked"
    assert decision(result(), allow_empty=True)["ok"] is True


def test_result_that_calls_itself_not_ok_is_a_no_go() -> None:
    assert decision(result(machine("a"), ok=False))["ok"] is False
    bare = result(machine("a"))
    del bare["ok"]
    assert decision(bare)["ok"] is False
    suite = ET.fromstring(evidence(bare, "junit"))
    assert suite.get("failures") == "1", "a pipeline must see it too"


def test_counts_names_and_sentence() -> None:
    found = decision(EVERY_VERDICT, change_number="CHG0042")
    assert found["counts"] == {**dict.fromkeys(VERDICTS, 1), "ok": 2, "total": 8}
    assert found["hosts"]["ok"] == ["web02", "web01"]
    assert found["not_ok"] == ["mail01", "twin01", "legacy01", "file01", "db02"]
    assert found["message"].startswith(
        "Change CHG0042: NO-GO: 5 of 8 machines are not ready: 1 failed, 1 stale, 1 unprotected, 1 unknown, 1 running; 3 ready: 2 ok, 1 waived. "
    )
    assert "file01 is stale: Too old; db02 is failed: The last attempt failed." in found["message"]


def test_sentence_names_every_machine_of_many() -> None:
    message = decision(result(*(machine(f"m{number:02}", "stale", message="Too old.") for number in range(40))))[
        "message"
    ]
    assert "m14 is stale: Too old; and 25 more: m15, m16," in message
    assert message.endswith("m39.")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("text", "not a dictionary"),
        ({"failed": True, "msg": "no"}, "failed, so there is nothing to report"),
        ({"skipped": True}, "was skipped"),
        ({"changed": False}, "no list 'machines'"),
        ({"machines": [{"name": "a"}]}, "no name or no verdict"),
        ({"machines": [machine("a")], "summary": {"total": 2}, "ok": True}, "counts 2 machines, but it holds 1"),
    ],
)
def test_what_is_no_result_is_refused(given: t.Any, says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=says):
        evidence(given, "table")


def test_wrong_options_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="no format 'pdf'; choose from table, json"):
        evidence(EVERY_VERDICT, "pdf")
    with pytest.raises(AnsibleFilterError, match="'good', which is not a verdict"):
        evidence(EVERY_VERDICT, "table", allowed_verdicts=["good"])
    with pytest.raises(AnsibleFilterError, match="generated_at has the value 'today'"):
        evidence(EVERY_VERDICT, "table", generated_at="today")


# --- JSON, the contract ---


def test_json_holds_everything_and_only_that() -> None:
    given = {
        **EVERY_VERDICT,
        "invocation": {"module_args": {"password": "secret"}},
        "warnings": ["x"],
        "ansible_facts": {},
    }
    found = json.loads(evidence(given, "json", change_number="CHG0042", policy={"max_age": "24h", "waivers": []}))
    assert (found["schema"], found["schema_version"]) == ("backup_ops.veeam_em/evidence", 1)
    assert (found["change_number"], found["em_host"]) == ("CHG0042", "em01.example.test")
    assert found["policy"] == {"max_age": "24h", "waivers": []}
    assert found["result"]["machines"] == EVERY_VERDICT["machines"], "in the order that was asked for"
    assert set(found["result"]) == set(EVERY_VERDICT) - {"changed", "failed", "em_host"}
    assert found["provenance"]["collection_version"], "also where nobody gives it"
    assert found == evidence(given, "data", change_number="CHG0042", policy={"max_age": "24h", "waivers": []})


def test_time_is_the_one_given_else_that_of_the_question_else_now() -> None:
    assert (
        evidence(EVERY_VERDICT, "data", generated_at="2026-01-07T00:00:00Z")["generated_at"] == "2026-01-07T00:00:00Z"
    )
    assert evidence(EVERY_VERDICT, "data")["generated_at"] == CHECKED_AT
    now = evidence({key: value for key, value in EVERY_VERDICT.items() if key != "checked_at"}, "data")["generated_at"]
    age = dt.datetime.now(dt.timezone.utc) - dt.datetime.fromisoformat(now.replace("Z", "+00:00"))
    assert dt.timedelta(0) <= age < dt.timedelta(minutes=5)


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_reports_of_one_result_are_equal_and_can_be_written(kind: str) -> None:
    first = evidence(hostile(), kind, change_number="CHG0042")
    assert first == evidence(hostile(), kind, change_number="CHG0042")
    assert first.encode("utf-8").endswith(b"\n")


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_change_number_and_server_are_in_every_format(kind: str) -> None:
    text = evidence(EVERY_VERDICT, kind, change_number="CHG0042", em_host="em02.example.test")
    assert "CHG0042" in text
    assert "em02.example.test" in text or kind == "csv"


# --- text ---


def test_table_shows_trouble_first_and_aligned() -> None:
    text = evidence(
        result(machine("数据库-01"), machine("e\u0301ta"), machine("x", "stale")), "table", change_number="CHG0042"
    )
    lines = text.splitlines()
    assert lines[0] == "NO-GO: 1 of 3 machines is not ready: 1 stale; 2 ready: 2 ok; change CHG0042"
    assert lines[2].split() == [
        "MACHINE",
        "VERDICT",
        "AGE",
        "LAST",
        "GOOD",
        "(UTC)",
        "JOB",
        "BACKUP",
        "SERVER",
        "REASON",
    ]
    assert lines[3].startswith("x          stale    9h 47m  2026-01-05 20:02  Daily VMs  vbr01.example.test  ")
    assert lines[4].startswith("e\u0301ta        ok ")
    assert lines[5].startswith("数据库-01  ok ")
    assert lines[7] == "Asked em01.example.test at 2026-01-06 05:50 UTC; its data is as of 2026-01-06 05:45 UTC."


@pytest.mark.parametrize("kind", ["table", "markdown", "html"])
def test_the_time_of_a_good_backup_is_what_its_age_counts_from(kind: str) -> None:
    given = result(machine("web01"))
    given["machines"][0]["last_good"]["data_time"] = "2026-01-05T20:07:00Z"
    assert "2026-01-05" in (text := evidence(given, kind))
    assert "20:07" in text


@pytest.mark.parametrize("kind", ["table", "markdown"])
def test_no_text_can_forge_a_line_or_a_colour(kind: str) -> None:
    text = evidence(hostile(), kind)
    assert len(text.splitlines()) == len(HOSTILE) + (5 if kind == "table" else 8)
    assert all(char.isprintable() for char in text.replace("\n", ""))


def test_markdown_is_a_table_without_markup_of_others() -> None:
    lines = evidence(hostile(), "markdown").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    assert "<" not in "".join(lines)
    assert not re.search(r"(?<!\\)[\[`_]", "".join(rows))
    assert [row.split(" ")[1] for row in evidence(EVERY_VERDICT, "markdown").splitlines() if row.startswith("| ")][
        2:
    ] == TROUBLE_FIRST


def test_csv_has_all_machines_and_no_formula() -> None:
    text = evidence(hostile(), "csv")
    assert text.startswith("\ufeff"), "without it Excel takes the letters for others"
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert len(rows) == len(HOSTILE)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {"'=cmd|'/C calc'!A0", "'+1+1", "'@SUM(A1)", "'-2+3", 'Büro "Nord"; Test, 1'} <= {
        row["machine"] for row in rows
    }


def test_csv_has_the_facts() -> None:
    rows = list(csv.DictReader(io.StringIO(evidence(EVERY_VERDICT, "csv", change_number="CHG0042")[1:], newline="")))
    assert [row["machine"] for row in rows] == TROUBLE_FIRST
    assert {row["change_number"] for row in rows} == {"CHG0042"}
    failed, web = rows[0], rows[-1]
    assert (failed["go"], failed["reasons"], failed["last_attempt_reason"]) == (
        "no",
        "last_attempt_failed age_over_limit",
        "No space: 5 < 6",
    )
    assert (web["go"], web["age_seconds"], web["last_good_job"]) == ("yes", "35249", "Daily VMs")
    assert web["restore_point_uid"].startswith("urn:veeam:VmRestorePoint:")


def test_junit_counts_and_reasons() -> None:
    root = ET.fromstring(evidence(EVERY_VERDICT, "junit", change_number="CHG0042"))
    suite = root[0]
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8", "failures": "4", "errors": "1", "skipped": "1",
    }  # fmt: skip
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == TROUBLE_FIRST
    failure = cases["db02"].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("failed", "The last attempt failed.")
    assert "No space: 5 < 6" in (failure.text or "")
    assert cases["twin01"].find("error") is not None
    assert cases["old01"].find("skipped") is not None
    assert {each.get("name"): each.get("value") for each in suite.iter("property")}["change_number"] == "CHG0042"


def test_junit_of_hostile_texts_can_be_read() -> None:
    names = [case.get("name") for case in ET.fromstring(evidence(hostile(), "junit")).iter("testcase")]
    assert len(names) == len(HOSTILE)
    assert {"<script>alert(1)</script>", "]]> <b>bold</b> &amp; <!-- x -->", "{{ 7*7 }}"} <= set(names)
