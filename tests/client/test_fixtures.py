# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a fixture, and the guard for logon sessions."""

from __future__ import annotations

import typing as t

import pytest

from support import connection


def test_every_test_starts_with_a_fresh_simulator(simulator: t.Any) -> None:
    assert simulator.requests() == []
    with connection.client(simulator) as client:
        client.list("backup_server")
    assert [request["method"] for request in simulator.requests()] == ["POST", "GET", "DELETE"]
    assert simulator.open_sessions() == []


@pytest.mark.simulator(profile="v12", open_sessions=1)
def test_a_session_left_open_is_seen(simulator: t.Any) -> None:
    client = connection.client(simulator)
    client.list("backup_server")
    assert len(simulator.open_sessions()) == 1


def test_the_clock_ends_sessions(simulator: t.Any) -> None:
    with connection.client(simulator) as client:
        client.list("backup_server")
        simulator.advance("16m")
        client.list("backup_server")
    assert [request["status"] for request in simulator.requests()] == [201, 200, 401, 201, 200, 401, 204]


def test_several_kinds_at_once(simulators: t.Any) -> None:
    names = []
    for profile in ("v95u4", "v12", "v13"):
        with connection.client(simulators.get(profile=profile)) as client:
            names.append([server["name"] for server in client.list("backup_server").records])
    assert names == [["vbr01.example.test", "vbr02.example.test", "vbr03.example.test"]] * 3


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
def test_a_site_without_a_port(profile: str) -> None:
    from veeam_em_simulator.testing import InProcess

    estate = {
        "backup_servers": [{"name": "vbr01.example.test"}],
        "hierarchy_roots": [{"name": "vc01.example.test", "backup_servers": "vbr01.example.test"}],
        "machines": [{"name": "web01", "on": "vc01.example.test", "life": [{"at": "-60h", "name": "web02"}]}],
        "jobs": [
            {
                "name": "J",
                "backup_server": "vbr01.example.test",
                "type": "Backup",
                "machines": ["web01"],
                "history": "4d",
            }
        ],
    }
    with InProcess(estate, now="2026-01-05T06:00:00Z", profile=profile) as em:
        with connection.client(em) as client:
            names = [server["name"] for server in client.list("backup_server").records]
            tasks = client.list("backup_task_session").records
        assert names == ["vbr01.example.test"]
        assert sorted(task["vm_display_name"] for task in tasks) == ["web01", "web02", "web02", "web02"]
        assert em.open_sessions() == []
