# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from veeam_em_simulator.clock import parse_time
from veeam_em_simulator.enterprise import build_enterprise
from veeam_em_simulator.estate.document import EstateError
from veeam_em_simulator.estate.loading import library, load_estate, schema_text
from veeam_em_simulator.estate.names import expand_names, parse_size, run_matches
from veeam_em_simulator.profiles import PROFILES

NOW = parse_time("2026-03-01T10:00:00Z")
BASE = """backup_servers:
  - name: vbr01
hierarchy_roots:
  - name: vc01
    backup_servers: vbr01
machines:
  - names: web{01..03}
    on: vc01
"""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_library_has_the_promised_estates() -> None:
    promised = {
        "demo", "empty", "healthy", "night-of-failures", "hostile-names", "same-names", "agents-and-nas", "lagging", "roles", "large"
    }
    assert promised <= set(library())
    assert all(library().values())


@pytest.mark.parametrize("name", sorted(set(library()) - {"large"}))
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_estate_loads_in_every_profile(name: str, profile: str) -> None:
    enterprise = build_enterprise(PROFILES[profile], name, 1)
    assert enterprise.database.value("SELECT COUNT(*) FROM backup_servers") >= 1
    enterprise.database.close()


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("backup_servers:\n  - nme: x\n", "line 2, backup_servers[0].nme", "unknown key 'nme'"),
        ("backup_servers: []\njobs:\n  - name: A\n    type: Backup\n", "line 3, jobs[0]", "'backup_server' is missing"),
        ("backup_servers:\n  - name: a\n  - name: a\n", "line 3, backup_servers[1]", "twice"),
        ("backup_servers:\n  - name: a\n    name: b\n", "line 3, backup_servers[0].name", "the key 'name' is there twice"),
        ("accounts:\n  - {username: u, password: p,\n     role: King}\n", "line 3, accounts[0].role", "'King' is none of"),
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr01\n    type: Backup\n    machines:\n      - web01\n      - web9\n",
         "line 15, jobs[0].machines[1]", "no machine 'web9'"),
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr2\n    type: Backup\n    machines: [web01]\n",
         "line 11, jobs[0].backup_server", "no backup server 'vbr2'"),
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr01\n    type: Backup\n", "line 10, jobs[0]", "protects nothing"),
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr01\n    type: Backup\n    machines: [web01]\n    schedule: {every: 1 day}\n",
         "line 14, jobs[0].schedule.every", "'1 day' is not of the form"),
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr01\n    type: Backup\n    machines: [web01]\n    history: 30\n",
         "line 14, jobs[0].history", "'30' should be of type string"),
        (BASE + "sessions:\n  - job: K\n    created: -8h\n", "line 10, sessions[0].job", "no job 'K'"),
        (BASE + "sessions:\n  - job: K\n    created: yesterday\n", "line 11, sessions[0].created", "not of the form"),
        ("backup_servers:\n  - name: [\n", "line 3", "not valid YAML"),
        ("machines:\n  - on: nowhere\n    name: x\n", "line 2, machines[0].on", "no hierarchy root 'nowhere'"),
        ("hierarchy_roots:\n  - {name: x, backup_servers: none}\n", "line 2, hierarchy_roots[0].backup_server", "no backup server 'none'"),
        ("machines:\n  - {on: x}\n", "line 2, machines[0]", "exactly one of the keys 'name' or 'names'"),
        ("just text\n", "line 1, the document", "should be of type object"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, where: str, what: str) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(text)
    with pytest.raises(EstateError) as caught:
        load_estate(str(file), 1, NOW)
    message = str(caught.value)
    assert message.startswith(f"{file}, {where}")
    assert what in message


def test_unknown_names_and_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match=r"there is no estate 'dmo'.*demo"):
        load_estate("dmo", 1, NOW)
    with pytest.raises(EstateError, match="cannot be read"):
        load_estate(str(tmp_path / "missing.yml"), 1, NOW)


def test_compact_spellings() -> None:
    assert expand_names("web{08..11}") == ["web08", "web09", "web10", "web11"]
    assert expand_names("r{1..2}-{1..2}") == ["r1-1", "r1-2", "r2-1", "r2-2"]
    assert expand_names("{{ 7*7 }}") == ["{{ 7*7 }}"]
    assert parse_size("1.5 TB") == 3 << 39
    assert parse_size(-1) == -1
    assert [run for run in range(10) if run_matches("every 4", run)] == [0, 4, 8]
    assert [run for run in range(10) if run_matches("2-4", run)] == [2, 3, 4]
    assert [run for run in range(10) if run_matches("7+", run)] == [7, 8, 9]
    assert run_matches([1, 3], 3)
    assert not run_matches(0, 1)


def rows(estate: str, seed: int, table: str) -> list[dict[str, Any]]:
    enterprise = build_enterprise(PROFILES["v13"], estate, seed, start=NOW)
    found = [dict(row) for row in enterprise.database.rows(f"SELECT * FROM {table} ORDER BY id")]
    enterprise.database.close()
    return found


def test_the_same_seed_gives_the_same_history() -> None:
    # The clock runs while the estate is read: what is left out is the moment itself
    def told(seed: int) -> list[tuple[Any, ...]]:
        return [(row["id"], row["vm_display_name"], row["result"], row["reason"]) for row in rows("demo", seed, "task_sessions")]

    assert told(1) == told(1)
    assert told(1) != told(2)


FULL = BASE + """jobs:
  - name: Nightly
    backup_server: vbr01
    type: Backup
    machines: ["web{01..03}"]
    schedule: {every: 24h, last: -6h}
    history: 5d
    retention: 3
    outcomes:
      - {machine: web01, result: Failed, reason: 'Processing {name} Error: "no"', retry: [Failed, Success]}
      - {machine: web02, runs: 1, skipped: true}
      - {machine: web03, runs: 0-1, point: none}
sessions:
  - job: Nightly
    created: -30h
    tasks:
      - {machine: web02, result: Warning, reason: by hand, duration: 10m, total_size: 5GB}
"""


def test_outcomes_and_told_sessions(tmp_path: Path) -> None:
    file = tmp_path / "full.yml"
    file.write_text(FULL)
    enterprise = build_enterprise(PROFILES["v13"], str(file), 1, start=NOW)
    database = enterprise.database
    tasks = database.rows("SELECT t.*, s.is_retry FROM task_sessions t JOIN backup_sessions s ON s.id = t.session_id ORDER BY t.creation_time")
    by_machine = {name: [row for row in tasks if row["vm_display_name"] == name] for name in ("web01", "web02", "web03")}
    newest = by_machine["web01"][-3:]
    assert [(row["result"], row["is_retry"]) for row in newest] == [("Failed", 0), ("Failed", 1), ("Success", 1)]
    assert newest[0]["reason"] == 'Processing web01 Error: "no"'
    assert newest[2]["reason"] == ""
    assert len(by_machine["web02"]) == 5  # five runs, one skipped, one told by hand
    told = next(row for row in by_machine["web02"] if row["reason"] == "by hand")
    assert told["total_size"] == 5 << 30
    assert told["end_time"] - told["creation_time"] == 600_000_000
    assert [row["point_id"] is None for row in by_machine["web03"]] == [True, True, False, True, True]
    points = {row["vm_name"]: row["points"] for row in database.rows("SELECT vm_name, COUNT(*) points FROM vm_restore_points GROUP BY vm_name")}
    # Three runs are kept; web02 was left out of one and has the one told by hand, web03 made none in the newest two
    assert points == {"web01": 3, "web02": 3, "web03": 1}
    database.close()


def test_the_generator_makes_what_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "made.yml"
    file.write_text("generate: {backup_servers: 3, machines: 100, days: 10, machines_per_job: 20, warning: 0, failed: 0}\n")
    enterprise = build_enterprise(PROFILES["v12"], str(file), 7)
    counts = {t: enterprise.database.value(f"SELECT COUNT(*) FROM {t}") for t in ("backup_servers", "hierarchy_items", "task_sessions")}
    assert counts == {"backup_servers": 3, "hierarchy_items": 100, "task_sessions": 1000}
    enterprise.database.close()
