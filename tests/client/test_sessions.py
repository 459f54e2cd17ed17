# SPDX-License-Identifier: GPL-3.0-or-later
"""Logon sessions and patience: one logon and one logoff, whatever happens in between."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    ConnectionFailed,
    EmError,
    ServerBusy,
    ServerFailed,
)

from .conftest import asked, connected


def counted(em: t.Any) -> tuple[int, int]:
    requests = em.requests()
    logons = [each for each in requests if each["method"] == "POST" and "sessionmngr" in each["path"].lower()]
    logoffs = [each for each in requests if each["method"] == "DELETE"]
    return len(logons), len(logoffs)


def test_one_logon_and_one_logoff(simulator: t.Any) -> None:
    with connected(simulator) as run:
        run.client.query("backup_server")
        run.client.list("repository")
    assert counted(simulator) == (1, 1)
    assert run.client.request_count == len(simulator.requests()) == 4
    assert simulator.open_sessions() == []


def test_a_session_that_dies_between_pages_is_renewed(simulator: t.Any) -> None:
    with connected(simulator) as run:
        expected = run.client.query("backup_task_session").records
    simulator.reset()
    simulator.add_fault({"kind": "unauthorized", "path": "/api/query", "after": 3})
    with connected(simulator, page_size=25, parallel_requests=1) as run:
        assert run.client.query("backup_task_session").records == expected
    assert counted(simulator)[0] == 2
    assert simulator.open_sessions() == []


def test_an_idle_session_is_renewed(simulator: t.Any) -> None:
    with connected(simulator) as run:
        run.client.query("backup_server")
        simulator.advance("20m")
        assert run.client.query("backup_server").records
    assert counted(simulator)[0] == 2


@pytest.mark.parametrize(
    ("fault", "pauses"),
    [
        ({"kind": "unavailable", "retry_after": 7, "count": 2}, [7.0, 7.0]),
        ({"kind": "unavailable", "retry_after": 0, "count": 2}, [0.5, 1.0]),
        ({"kind": "reset", "count": 2}, [0.5, 1.0]),
        ({"kind": "truncated", "count": 1}, [0.5]),
    ],
)
@pytest.mark.parametrize("read", ["query", "list"])
def test_reads_are_sent_again(simulator: t.Any, fault: dict[str, t.Any], pauses: list[float], read: str) -> None:
    path = "/api/query" if read == "query" else "/api/backupServers"
    with connected(simulator) as run:
        expected = getattr(run.client, read)("backup_server").records
    simulator.add_fault({"path": path, **fault})
    with connected(simulator) as run:
        assert getattr(run.client, read)("backup_server").records == expected
    assert run.pauses == pauses
    assert simulator.open_sessions() == []


def test_a_logon_is_sent_again_when_the_server_is_busy(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "unavailable", "path": "/api/sessionMngr", "retry_after": 3})
    with connected(simulator) as run:
        assert run.client.query("backup_server").records
    assert run.pauses == [3.0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "unavailable", "count": None}, ServerBusy),
        ({"kind": "unavailable", "retry_after": 3600}, ServerBusy),
        ({"kind": "reset", "count": None}, ConnectionFailed),
        ({"kind": "server_error"}, ServerFailed),
        ({"kind": "server_error", "body": False}, ServerFailed),
    ],
)
def test_patience_ends_and_the_session_is_closed(
    simulator: t.Any, fault: dict[str, t.Any], error: type[EmError]
) -> None:
    simulator.add_fault({"path": "/api/query", **fault})
    with pytest.raises(error), connected(simulator, retries=2) as run:
        run.client.query("backup_server")
    assert len(asked(simulator)) <= 3
    assert counted(simulator) == (1, 1)
    assert simulator.open_sessions() == []


def test_a_failure_in_one_part_ends_the_others(simulator: t.Any) -> None:
    with connected(simulator, page_size=5) as run:
        run.client.query("backup_task_session")
    whole = len(asked(simulator))
    simulator.reset()
    simulator.add_fault({"kind": "server_error", "path": "/api/query", "after": 10, "count": None})
    with pytest.raises(ServerFailed), connected(simulator, page_size=5) as run:
        run.client.query("backup_task_session")
    assert len(asked(simulator)) < whole / 2
    assert simulator.open_sessions() == []
