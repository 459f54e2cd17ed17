# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier evidence on the controller: which is taken, and that none of it can change a decision."""

from __future__ import annotations

import copy
import datetime as dt
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.document import build_document
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.comparison import compare

NOW = dt.datetime(2026, 1, 9, tzinfo=dt.timezone.utc)


def document(day: int, change: str | None = None, **verdicts: str) -> dict[str, t.Any]:
    machines = [{"name": name, "verdict": verdict, "reasons": []} for name, verdict in verdicts.items()]
    given = {"machines": machines, "ok": set(verdicts.values()) == {"ok"}, "checked_at": f"2026-01-{day:02}T05:50:00Z"}
    return build_document(given, now=NOW, change_number=change)


def write(folder: Path, day: int, change: str | None = None, text: str | None = None, **verdicts: str) -> Path:
    stem = "_".join(part for part in ("backup-evidence", change, f"202601{day:02}T055000Z", "0123abcd") if part)
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(document(day, change, **verdicts)) if text is None else text, encoding="utf-8")
    return path


def compared(
    where: Path | str, change: str | None = None, folder: Path = Path("/nowhere")
) -> tuple[t.Any, list[str], list[str]]:
    """The comparison of a check of the sixth, its warnings, and its notes."""
    found = document(6, change, a="stale", b="failed", c="ok")
    before = copy.deepcopy(found)
    warnings = compare(found, str(where), folder)
    assert {**found, "changes": None, "result": before["result"]} == before, "it decides nothing"
    return found["changes"], warnings, found["result"].get("notes", [])


def test_a_file_tells_what_is_new(tmp_path: Path) -> None:
    changes, warnings, notes = compared(write(tmp_path, 5, "CHG9", a="stale", b="ok", c="failed"))
    assert changes == {
        "compared_with": "2026-01-05T05:50:00Z", "change_number": "CHG9", "new": ["b"],
        "not_ready_since": {"a": "2026-01-05T05:50:00Z"}, "solved": ["c"],
    }  # fmt: skip
    assert (warnings, notes) == ([], [])


@pytest.mark.parametrize(("change", "day"), [(None, "05"), ("CHG1", "03"), ("CHG 1/2", "02")])
def test_of_a_folder_the_newest_of_this_change_and_these_machines(tmp_path: Path, change: str | None, day: str) -> None:
    for number in (1, 5):
        write(tmp_path, number, a="ok")
    for number in (1, 3):
        write(tmp_path, number, "CHG1", a="ok")
    write(tmp_path, 2, "CHG-1-2", a="ok")
    write(tmp_path, 4, change and change.replace(" ", "-").replace("/", "-"), another="ok")
    (tmp_path / "backup-evidence_20260105T055001Z_0123abcd.csv").write_text("x")
    (tmp_path / "notes.json").write_text("{}")
    changes, warnings, notes = compared(tmp_path, change)
    assert changes["compared_with"] == f"2026-01-{day}T05:50:00Z"
    assert (warnings, notes) == ([], [])


def test_the_first_check_of_a_folder_is_a_note_and_no_warning(tmp_path: Path) -> None:
    write(tmp_path, 5, "CHG1", a="ok")
    for where, folder in ((tmp_path, Path("/nowhere")), (tmp_path / "new", tmp_path / "new")):
        changes, warnings, notes = compared(where, "CHG2", folder)
        assert (changes, warnings) == (None, [])
        assert notes == [
            f"There is no earlier evidence of this change and these machines in {where}, so nothing is said to be new."
        ]


def _with(part: str, value: t.Any) -> str:
    found = document(5, a="stale")
    where, _dot, key = part.rpartition(".")
    (found[where] if where else found)[key] = value
    return json.dumps(found)


@pytest.mark.parametrize(
    "text",
    [
        "", "no JSON", "[]", "{}", "[" * 100_000, _with("schema", "another"), _with("generated_at", 5), _with("generated_at", "later"),
        _with("generated_at", "2026-01-07T00:00:00Z"), _with("decision.not_ok", "a"), _with("decision.not_ok", [["a"]]),
        _with("result.machines", None), _with("result.machines", [{"name": []}]), _with("result.machines", ["a"]),
        _with("changes", "since ever"), _with("changes", {"not_ready_since": ["a"]}), _with("decision", []),
    ],
)  # fmt: skip
def test_what_is_no_evidence_is_a_warning(tmp_path: Path, text: str) -> None:
    changes, warnings, notes = compared(write(tmp_path, 5, text=text))
    assert changes is None
    assert len(warnings) == 1
    assert notes == warnings
    write(tmp_path, 4, a="ok")
    changes, warnings, _notes = compared(tmp_path)
    assert changes["compared_with"] == "2026-01-04T05:50:00Z", "the one before it will do"
    assert len(warnings) == 1


def test_files_that_are_none(tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for where, says in (
        (tmp_path / "gone.json", "No such file or directory"), (binary, "it is no text"), (Path("/dev/null"), "it is no file"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):  # fmt: skip
        changes, warnings, _notes = compared(where)
        assert changes is None
        assert warnings == [f"The earlier evidence {where} can't be used: {says}."]


def test_without_machines_or_without_a_path_nothing_is_compared(tmp_path: Path) -> None:
    for found, where in ((document(6), str(tmp_path / "gone")), (document(6, a="ok"), None)):
        assert compare(found, where, tmp_path) == []
        assert "notes" not in found["result"]
