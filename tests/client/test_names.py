# SPDX-License-Identifier: GPL-3.0-or-later
"""Any name comes back as exactly that thing: the simulator parses filters with a grammar of its own."""

from __future__ import annotations

import typing as t
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.options import read_selection
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import UTC, parse_moment

from .conftest import asked, connected
from .estates import written

HOSTILE = [
    'a"b', '""', "a;b", "a,b", "(a)", "a)b(", "a==b", "Name!=x", "a>=b", "a&b=c", "a+b", "a%20b", "%", "#", "?x=1", "a b", "a  b",
    "'", "O'Brien & Söhne", "\\", "a\\b", "\\\\srv\\share", "röntgen-süd", 'Büro "Nord"; Test, 1', "{{ 7*7 }}", "<b>", "&amp;", "日本語",
    "\U0001f600", "null", "None", "true", "0", "*", "a|b", "a/b", "a@2026-01-05 20:00:07", "name", "Name",
    "x" * 200, "é", "e\u0301",
]  # fmt: skip
NOW = parse_moment("2026-01-06T00:00:00Z")


def estate() -> dict[str, t.Any]:
    return {
        "backup_servers": [{"name": "vbr.example.test"}],
        "hierarchy_roots": [{"name": "vc.example.test", "backup_servers": "vbr.example.test"}],
        "machines": [{"name": name, "on": "vc.example.test"} for name in HOSTILE],
        "repositories": [{"name": name, "backup_server": "vbr.example.test"} for name in HOSTILE],
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("hostile"), estate())


def select(client: t.Any, names: list[str]) -> list[str]:
    assert NOW is not None
    wanted = read_selection("repository", {"name": names}, NOW)
    return [record["name"] for record in client.query("repository", wanted.selection, keep=wanted.keep).records]


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
@pytest.mark.parametrize("data_format", ["json", "xml"])
def test_every_name_finds_exactly_itself(simulators: t.Any, hostile: str, profile: str, data_format: str) -> None:
    em = simulators.get(profile=profile, estate=hostile)
    with connected(em, data_format=data_format) as run:
        for name in HOSTILE:
            assert select(run.client, [name]) == [name]
        assert sorted(select(run.client, HOSTILE)) == sorted(HOSTILE)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=150
)
@given(names=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=5))
def test_any_text_finds_nothing_but_itself(simulators: t.Any, hostile: str, names: list[str]) -> None:
    em = simulators.get(estate=hostile)
    if any(unicodedata.category(character) == "Cc" for character in "".join(names) if ord(character) < 128):
        with pytest.raises(SettingsError, match="control character"), connected(em) as run:
            select(run.client, names)
        assert em.requests() == []
        return
    with connected(em) as run:
        assert set(select(run.client, names)) == set(names) & set(HOSTILE)


def test_hundreds_of_names_become_few_requests(simulators: t.Any, hostile: str) -> None:
    em = simulators.get(estate=hostile)
    with connected(em) as run:
        names = [f"srv{number:04d}.example.test" for number in range(500)] + HOSTILE
        assert sorted(select(run.client, names)) == sorted(HOSTILE)
    requests = asked(em)
    assert len(requests) <= 6
    assert all(len(request["query"]) < 8000 for request in requests)


def test_names_with_a_time_find_their_session(simulators: t.Any) -> None:
    assert NOW is not None
    assert NOW.tzinfo is UTC
    for profile in ("v95u4", "v12", "v13"):
        with connected(simulators.get(profile=profile)) as run:
            session = run.client.query("backup_session").records[-1]
            wanted = read_selection("backup_session", {"name": [session["name"]]}, NOW)
            assert session in run.client.query("backup_session", wanted.selection, keep=wanted.keep).records
