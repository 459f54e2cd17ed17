# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from visiting import Visitor

from veeam_em_simulator.cli import main
from veeam_em_simulator.testing import Simulator


def control(em: Simulator, method: str, name: str, body: Any = None, token: str | None = None) -> requests.Response:
    with requests.Session() as http:
        http.trust_env = False
        headers = {"X-Admin-Token": em.admin_token if token is None else token}
        return http.request(method, f"{em.url}/_control/{name}", json=body, headers=headers, verify=em.ca_path, timeout=20)


def test_the_admin_token_is_needed(visitor: Visitor) -> None:
    for token in ("", "wrong", visitor.headers["X-RestSvcSessionId"]):
        assert control(visitor.em, "GET", "requests", token=token).status_code == 401


def test_log_and_sessions(visitor: Visitor) -> None:
    em = visitor.em
    visitor.get("/api/jobs?format=Entity")
    log = control(em, "GET", "requests").json()["requests"]
    assert [(entry["method"], entry["path"], entry["query"], entry["status"]) for entry in log][-1] == ("GET", "/api/jobs", "format=Entity", 200)
    assert set(log[0]) == {"method", "path", "query", "status", "session_id", "time"}
    sessions = control(em, "GET", "sessions").json()["sessions"]
    assert [set(session) for session in sessions] == [{"session_id", "username", "created", "last_used"}]
    assert control(em, "DELETE", "requests").json() == {"requests": []}
    assert em.requests() == []


def test_the_clock(visitor: Visitor) -> None:
    em = visitor.em
    assert control(em, "POST", "clock", {"set": "2030-01-05T06:00:00Z"}).json()["now"].startswith("2030-01-05T06:00:0")
    assert control(em, "POST", "clock", {"advance": "1d1h"}).json()["now"].startswith("2030-01-06T07:00:0")
    assert em.now().startswith("2030-01-06T07:00:0")
    for body in ({}, {"advance": "soon"}, {"set": "later"}, {"forward": "1h"}):
        answer = control(em, "POST", "clock", body)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_faults_over_http(visitor: Visitor) -> None:
    em = visitor.em
    assert control(em, "POST", "faults", {"kind": "unavailable", "path": "/api/jobs"}).json()["retry_after"] == 1
    assert [fault["kind"] for fault in control(em, "GET", "faults").json()["faults"]] == ["unavailable"]
    assert control(em, "POST", "faults", {"kind": "x"}).status_code == 400
    assert control(em, "DELETE", "faults").json() == {"faults": []}
    assert visitor.send("GET", "/api/jobs").status_code == 200


def test_unknown_control_calls(visitor: Visitor) -> None:
    assert control(visitor.em, "GET", "nothing").status_code == 404
    assert control(visitor.em, "DELETE", "collect").status_code == 405


def test_reset_brings_back_the_start(visitor: Visitor) -> None:
    em = visitor.em
    before = visitor.query("BackupTaskSession", sortAsc="UID")
    jobs = visitor.query("Job", sortAsc="UID")
    visitor.em.add_fault({"kind": "unavailable", "count": None, "path": "/api/reports"})
    for job in visitor.get("/api/jobs")["Refs"][:3]:
        visitor.post(f"{job['Href']}?action=toggleScheduleEnabled")
        visitor.post(f"{job['Href']}?action=start")
    em.advance("100d")
    em.collect()
    assert control(em, "POST", "reset").status_code == 200
    assert (em.requests(), em.open_sessions()) == ([], [])
    visitor.log_on()
    assert visitor.query("BackupTaskSession", sortAsc="UID") == before
    assert visitor.query("Job", sortAsc="UID") == jobs
    assert visitor.send("GET", "/api/reports/summary").status_code == 200


def test_old_sessions_leave_the_collection_after_thirty_days_and_the_query_after_thirteen_weeks(visitor: Visitor) -> None:
    def counts() -> tuple[int, int]:
        visitor.log_on()
        listed = len(visitor.get("/api/backupSessions")["Refs"])
        return listed, len(visitor.query("BackupJobSession"))

    listed, kept = counts()
    assert listed <= kept
    visitor.em.advance("31d")
    # What runs for ever is still there, it is younger than its session's start
    assert counts()[0] == 0
    assert counts()[1] == kept
    visitor.em.advance("61d")
    assert counts()[1] < 10


def test_the_command_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "veeam_em_simulator", "--profile", "v12", "--estate", "empty", "--ready-file", str(ready)]
    command += ["--fault", '{"kind": "unavailable", "path": "/api/", "count": 1}']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 20
            while not ready.exists() and time.monotonic() < until:
                time.sleep(0.02)
            facts = json.loads(ready.read_text())
            assert {"url", "host", "port", "protocol", "ca_path", "username", "password", "admin_token", "pid", "accounts"} <= set(facts)
            assert facts["pid"] == process.pid
            assert facts["accounts"][0]["role"] == "Portal Administrator"
            assert ready.stat().st_mode & 0o077 == 0
            with requests.Session() as http:
                http.trust_env = False
                statuses = [http.get(f"{facts['url']}/api/", verify=facts["ca_path"], timeout=20).status_code for _ in range(2)]
            assert statuses == [503, 200]
        finally:
            os.kill(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert facts["url"] in output
    assert not ready.exists()
    assert not Path(facts["ca_path"]).exists()


def test_mistakes_on_the_command_line_are_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("jobs:\n  - name: x\n    type: Backup\n")
    for arguments, text in [
        (["--estate", str(file), "--check"], f"{file}, line 2, jobs[0]: the key 'backup_server' is missing"),
        (["--check", str(file)], f"{file}, line 2, jobs[0]: the key 'backup_server' is missing"),
        (["--estate", "nothing"], "there is no estate 'nothing'"),
        (["--fault", "x"], "--fault takes a JSON object"),
        (["--fault", '{"kind": "x"}'], "unknown fault kind 'x'"),
        (["--now", "noon"], "'noon' is not a time"),
    ]:
        assert main(arguments) == 2
        message = capsys.readouterr().err
        assert message.startswith("veeam-em-simulator: ")
        assert text in message
        assert message.count("\n") == 1


def test_the_check_names_every_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("backup_servers:\n  - {name: a, prot: 1}\n  - {nme: b}\nmachines:\n  - {name: m}\n")
    assert main(["--check", str(file)]) == 2
    lines = sorted(capsys.readouterr().err.splitlines())
    assert [line.split(": ", 2)[1].removeprefix(f"{file}, ") for line in lines] == [
        "line 2, backup_servers[0].prot", "line 3, backup_servers[1].nme", "line 3, backup_servers[1]", "line 5, machines[0]"
    ]
    assert main(["--check", "life"]) == 0
    assert "no mistake" in capsys.readouterr().out


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str], visitor: Visitor) -> None:
    assert main(["--estate", "empty", "--port", str(visitor.em.port)]) == 3
    assert f"cannot listen on 127.0.0.1 port {visitor.em.port}" in capsys.readouterr().err


def test_lists_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for option, text in [("--list-estates", "night-of-failures"), ("--list-faults", "slow_body"), ("--schema", '"title"'), ("--check", "no mistake")]:
        assert main([option]) == 0
        assert text in capsys.readouterr().out


def test_several_run_side_by_side() -> None:
    with Simulator("v12", "empty") as first, Simulator("v13", "empty") as second:
        assert first.port != second.port
        first.add_fault({"kind": "unavailable", "path": "/api", "count": None})
        assert Visitor(first).send("GET", "/api/").status_code == 503
        assert Visitor(second).send("GET", "/api/").json()["supportedVersions"]


def test_a_start_time_can_be_given() -> None:
    with Simulator("v13", "demo", now="2026-01-05T06:00:00Z") as em:
        assert em.now().startswith("2026-01-05T06:00:0")
        visitor = Visitor(em)
        visitor.log_on()
        sessions = visitor.get("/api/query?type=BackupJobSession&format=Entities&sortDesc=CreationTime&pageSize=1")
        assert sessions["entities"]["backupJobSessions"]["backupJobSessions"][0]["creationTimeUTC"].startswith("2026-01-05T05:")
