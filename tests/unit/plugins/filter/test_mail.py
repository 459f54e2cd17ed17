# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail in its two parts, and the files of one verification."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import evidence
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.files import (
    FORMATS,
    evidence_files,
    one_text,
)
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.words import next_step, reason_title

from .pages import Page
from .results import EVERY_VERDICT, HOSTILE, good, hostile, machine, result

PARTS = ("mail", "mail_text")
LIMIT = 100_000
_BAD = ("failed", "stale", "unprotected", "unknown", "running")
_REASONS = {
    "failed": "last_attempt_failed", "stale": "age_over_limit", "unprotected": "no_backup_found", "unknown": "ambiguous_name",
    "running": "backup_running",
}  # fmt: skip


def many(number: int) -> dict[str, t.Any]:
    """Machines that are not ready, each for a cause of its own and with texts as long as servers write them."""
    machines = []
    for each in range(number):
        verdict = _BAD[each % len(_BAD)]
        own = {"job_name": f"Daily VMs of site {each:05}", "backup_server_name": f"vbr{each:05}.example.test"}
        machines.append(
            machine(
                f"machine{each:05}.example.test",
                verdict,
                reasons=[_REASONS[verdict]],
                message=f"The last attempt failed: {each} " + "there is not enough space on the disk " * 6,
                last_good=good(**own),
                last_attempt=good(**own, result="Failed", reason=f"code {each}"),
                running=[own] if verdict == "running" else [],
            )
        )
    return result(*machines, machine("good01"))


def text_of(kind: str, text: str) -> str:
    return Page(text).seen if kind == "mail" else " ".join(text.split())


@pytest.mark.parametrize("kind", PARTS)
def test_each_machine_that_is_not_ready_has_all_that_is_needed(kind: str) -> None:
    seen = text_of(kind, evidence(EVERY_VERDICT, kind, change_number="CHG0042"))
    for text in (
        "NO-GO",
        "5 of 8 machines are not ready",
        "3 ready: 2 ok, 1 waived",
        "CHG0042",
        "em01.example.test",
        "2026-01-06 05:50 UTC",
    ):
        assert text in seen
    title, step = reason_title("last_attempt_failed"), next_step(["last_attempt_failed"])
    assert re.search(f"(?i)failed: {re.escape(f'{title} Next step: {step}')} .*db02 .*Daily VMs", seen)
    assert "No space: 5 < 6" in seen
    order = [seen.index(name) for name in ("db02", "file01", "legacy01", "twin01", "mail01")]
    assert order == sorted(order), "worst first"
    assert seen.count("vbr01.example.test") >= 2
    assert "none known" in seen, "also where there is no job"
    assert "old01" not in seen, "what is ready is only counted"
    assert "It can't prove that a restore works" in seen


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("number", [100, 500])
def test_five_hundred_machines_fit_and_none_is_missing(kind: str, number: int) -> None:
    text = evidence(many(number), kind)
    assert len(text.encode()) < LIMIT
    seen = text_of(kind, text)
    for each in range(number):
        assert f"machine{each:05}.example.test" in seen
        assert f"Daily VMs of site {each:05}" in seen
        assert f"vbr{each:05}.example.test" in seen
    assert seen.count("Next step:") == len(_BAD)
    assert "not ready; the other reports" not in seen


@pytest.mark.parametrize("kind", PARTS)
def test_more_than_fit_are_counted_aloud(kind: str) -> None:
    seen = text_of(kind, evidence(many(1500), kind))
    left_out = re.search(r"(\d+) more machines are not ready; the other reports name them all", seen)
    assert left_out is not None
    assert len(set(re.findall(r"machine\d{5}\.example", seen))) == 1500 - int(left_out[1])


def test_nothing_that_mail_programs_drop() -> None:
    for given in (EVERY_VERDICT, hostile(), result(machine("a"))):
        page = Page(evidence(given, "mail", change_number="CHG0042"))
        tags = {tag for tag, _attributes in page.elements}
        assert tags <= {"html", "head", "meta", "title", "body", "table", "tr", "th", "td", "b", "br", "span"}
        names = {name for _tag, attributes in page.elements for name in attributes}
        assert not [name for name in names if name in ("class", "id", "href", "src") or name.startswith("on")]
        styles = " ".join(attributes.get("style") or "" for _tag, attributes in page.elements)
        assert not re.search(r"url|var\(|flex|grid|position|@", styles)


def test_no_server_text_becomes_markup() -> None:
    expected = Page(evidence(EVERY_VERDICT, "mail", change_number="x")).shape()
    for text in HOSTILE:
        page = Page(evidence(hostile(), "mail", change_number=text, em_host=text, provenance={"user": text}))
        assert page.shape() <= expected | {("span", ("style",))}
    seen = "".join(page.text)
    assert "<script>alert(1)</script>" in seen
    lines = evidence(hostile(), "mail_text").splitlines()
    assert all(char.isprintable() for line in lines for char in line)


def test_subject_is_one_line() -> None:
    assert evidence(EVERY_VERDICT, "mail_subject", change_number="CHG\n0042") == (
        "NO-GO: 5 of 8 machines are not ready: 1 failed, 1 stale, 1 unprotected, 1 unknown, 1 running (CHG 0042)"
    )
    assert evidence(result(machine("a")), "mail_subject") == "GO: The machine is ready"


def test_mail_tells_what_is_new_and_when_the_job_runs_next() -> None:
    earlier = evidence(
        result(machine("a"), machine("b", "stale"), machine("c", "stale"), checked_at="2026-01-05T05:50:00Z"), "data"
    )
    jobs = [
        {
            "name": "Daily VMs",
            "backup_server_name": "vbr01.example.test",
            "next_run": "2026-01-06T20:00:00Z",
            "schedule_enabled": True,
        }
    ]
    given = result(machine("a", "stale"), machine("b", "stale"), machine("c", reasons=["last_attempt_failed"]))
    for kind in PARTS:
        seen = text_of(kind, evidence(given, kind, earlier=earlier, jobs=jobs))
        assert re.search(r"(?i)new since 2026-01-05 05:50 UTC", seen)
        assert re.search(r"(?i)not ready since 2026-01-05 05:50 UTC at least", seen)
        assert "Ready again: c" in seen
        assert "Next run: 2026-01-06 20:00 UTC, too late: it is needed now" in seen
        assert f"{reason_title('last_attempt_failed')}: c" in seen


def test_files_and_their_digests(tmp_path: Path) -> None:
    document = json.loads(evidence(hostile(), "json", change_number="CHG0042"))
    files = evidence_files(document, FORMATS, "backup-evidence_CHG0042")
    assert sorted(name.partition(".")[2] for name in files) == [
        "SHA256SUMS", "csv", "html", "json", "junit.xml", "mail.html", "mail.txt", "md",
    ]  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    sums = "backup-evidence_CHG0042.SHA256SUMS"
    lines = files[sums].decode().splitlines()
    assert f"{hashlib.sha256(files['backup-evidence_CHG0042.csv']).hexdigest()}  backup-evidence_CHG0042.csv" in lines
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", sums], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.count(": OK")) == (0, 7)
    digest = hashlib.sha256(files["backup-evidence_CHG0042.json"]).hexdigest()
    for name in ("html", "mail.html", "mail.txt"):
        assert digest in files[f"backup-evidence_CHG0042.{name}"].decode()
    assert evidence_files(document, [], "x") == {}
    assert one_text(document, "mail").encode() == files["backup-evidence_CHG0042.mail.html"]
