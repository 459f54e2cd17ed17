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
JOB = "jobs:\n  - {name: J, backup_server: vbr01, type: Backup, machines: "
ROOT = "backup_servers: [{name: vbr01}]\nhierarchy_roots:\n  - {name: vc01, backup_servers: vbr01, "
AWAY = """backup_servers: [{name: vbr01}, {name: vbr02}]
hierarchy_roots:
  - {name: vc01, backup_servers: vbr01}
  - {name: vc02, backup_servers: vbr02}
machines:
  - {name: web01, on: vc01}
  - {name: x, on: vc01, life: [{at: -2d, on: vc02}]}
"""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_library_has_the_promised_estates() -> None:
    promised = {
        "demo", "empty", "healthy", "night-of-failures", "hostile-names", "same-names", "agents-and-nas", "lagging", "life",
        "roles", "large",
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
        (BASE + "jobs:\n  - name: J\n    backup_server: vbr01\n    type: Back up\n    machines: [web01]\n",
         "line 12, jobs[0].type", "'Back up' is not of the form"),
        (BASE + "  - {name: x, on: vc01, life: [{at: -8h}]}\n", "line 9, machines[1].life[0]", "a key is missing beside at; known are at, deleted"),
        (BASE + "  - {name: x, on: vc01, life: [{at: -8h, nam: y}]}\n", "line 9, machines[1].life[0].nam", "unknown key 'nam'"),
        (BASE + "  - {name: x, on: vc01, life: [{at: soon, name: y}]}\n", "line 9, machines[1].life[0].at", "not of the form"),
        (BASE + "  - name: x\n    on: vc01\n    life:\n      - {at: -8h, name: y}\n      - {at: -9h, name: z}\n",
         "line 13, machines[1].life[1].at", "in the order of time"),
        (BASE + "  - {name: x, on: vc01, created: -1h,\n     life: [{at: -2h, name: y}]}\n", "line 10, machines[1].life[0].at", "after its creation"),
        (BASE + "  - {name: x, on: vc01, life: [{at: -2h, deleted: true}, {at: -1h, name: y}]}\n",
         "line 9, machines[1].life[1]", "after it was deleted"),
        (BASE + "  - {name: x, on: vc01, life: [{at: -2h, on: vc09}]}\n", "line 9, machines[1].life[0].on", "no hierarchy root 'vc09'"),
        (BASE + "  - {name: x, key: k, on: vc01}\n  - {name: y, key: k, on: vc01}\n", "line 10, machines[2].key", "the key 'k' is there twice"),
        (BASE + "  - {name: x, key: k, on: vc01}\n  - {name: x, key: l, on: vc01}\n" + JOB + "[x]}\n", "line 12, jobs[0].machines[0]", "give them keys"),
        (BASE + JOB + "[{name: web01, left: -3d, joined: -2d}]}\n", "line 10, jobs[0].machines[0].left", "leaves a job after it joined"),
        (BASE + "  - {name: x, on: vc01, life: [{at: -2h, name: y}]}\n" + JOB + "[y]}\n",
         "line 11, jobs[0].machines[0]", "one is called so later"),
        (BASE + JOB + "[{name: web01, lft: -3d}]}\n", "line 10, jobs[0].machines[0].lft", "unknown key 'lft'"),
        (AWAY + JOB + "[x]}\n", "line 9, jobs[0].machines[0]", "on 'vc02', which the backup server 'vbr01' does not have"),
        (AWAY + JOB + "[web01]}\nsessions:\n  - {job: J, created: -1h, tasks: [{machine: x}]}\n",
         "line 11, sessions[0].tasks[0].machine", "does not protect 'x'"),
        (AWAY + JOB + "[{name: x, left: -3d}]}\nsessions:\n  - {job: J, created: -1h, tasks: [{machine: x}]}\n",
         "line 11, sessions[0].tasks[0].machine", "was then on 'vc02'"),
        (AWAY + "restore_points:\n  - {machine: x, backup_server: vbr01, created: -1h}\n", "line 9, restore_points[0].machine", "was then on 'vc02'"),
        (BASE + "restore_points:\n  - {backup_server: vbr01, created: -1h}\n", "line 10, restore_points[0]", "'machine' or 'computer'"),
        (BASE + "restore_points:\n  - {machine: web01, backup_server: vbr01, created: -1h, job: K}\n", "line 10, restore_points[0].job", "no job 'K'"),
        (BASE + "restore_points:\n  - {computer: pc, backup_server: vbr01, created: -1h}\n", "line 10, restore_points[0].computer", "no computer 'pc'"),
        (BASE + "restore_points:\n  - {machine: web01, backup_server: vbr01, created: -1h, state: removed}\n",
         "line 10, restore_points[0].state", "'removed' is none of"),
        (BASE + "restore_points:\n  - {machine: web01, backup_server: vbr01, created: -1h, repository: R}\n",
         "line 10, restore_points[0].repository", "no repository 'R'"),
        (BASE + "restore_sessions:\n  - {machine: web01, backup_server: vbr01, created: -1h, type: a b}\n",
         "line 10, restore_sessions[0].type", "'a b' is not of the form"),
        (BASE + "restore_sessions:\n  - {machine: web01, backup_server: vbr01, created: -1h, reference: 1}\n",
         "line 10, restore_sessions[0].reference", "should be of type boolean"),
        (BASE + "settings: {collections: [Good]}\n", "line 9, settings.collections[0]", "'Good' is none of"),
        (BASE + "settings: {collection_log: 2}\n", "line 9, settings.collection_log", "should be of type string"),
        ("backup_servers:\n  - {name: a, collected_until: -1}\n", "line 2, backup_servers[0].collected_until", "of"),
        (ROOT + "unique_id: 7}\n", "line 3, hierarchy_roots[0].unique_id", "should be of type"),
        (ROOT + "wrong_id: yes}\n", "line 3, hierarchy_roots[0].wrong_id", "'yes' is none of roots, roots_and_lookup"),
        (ROOT + "lookup: never}\n", "line 3, hierarchy_roots[0].lookup", "'never' is not of the form: "),
        (ROOT + "lookup: {vbr02: fails}}\n", "line 3, hierarchy_roots[0].lookup.vbr02", "not attached to a backup server 'vbr02'"),
        ("accounts:\n  - {username: u, password: p, role: none, denied: x}\n", "line 2, accounts[0].denied", "should be of type array"),
        ("accounts:\n  - {username: u, password: p, role: none, sees: 3}\n", "line 2, accounts[0].sees", "of"),
        ("faults:\n  - {kind: error, count: 1}\n  - {kind: eror}\n", "line 3, faults[1]", "unknown fault kind 'eror'"),
        ("faults:\n  - {kind: error, count: x}\n", "line 2, faults[0].count", "should be of type"),
        (BASE + "settings: {collections: [Success, Failed]}\n", "line 9, settings.collections[1]", "some must have brought the data"),
        ("faults:\n  - {path: /api}\n", "line 2, faults[0]", "the key 'kind' is missing"),
        (BASE + JOB + "[web01], outcomes: [{missing: point}]}\n", "line 10, jobs[0].outcomes[0].missing", "'point' is not of the form: Rows that"),
        (BASE + JOB + "[web01], outcomes: [{session: Bad}]}\n", "line 10, jobs[0].outcomes[0].session", "'Bad' is none of"),
        (BASE + JOB + "[web01], outcomes: [{point: gone}]}\n", "line 10, jobs[0].outcomes[0].point", "'gone' is none of"),
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
