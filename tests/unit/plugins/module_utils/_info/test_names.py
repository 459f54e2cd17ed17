# SPDX-License-Identifier: GPL-3.0-or-later
"""How names that no row has are matched, and which ones are suggested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.names import nearest_names, spellings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.names import NAME_MATCHES

KNOWN = ["web01", "WEB02", "web02.corp.example", "db/01", "Straße", "10.0.0.1", "a.b.example", "a.c.example"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("web01", ["web01"]),
        ("Web01", ["web01"]),
        ("web01.corp.example", ["web01"]),
        # Without regard to case comes before without regard to the domain.
        ("web02", ["WEB02"]),
        ("web02.CORP.example", ["web02.corp.example"]),
        # Another domain is another machine.
        ("a.d.example", []),
        ("a", ["a.b.example", "a.c.example"]),
        ("db%2f01", ["db/01"]),
        ("STRASSE", ["Straße"]),
        ("10", []),
        ("nothing", []),
    ],
)
def test_spellings(name: str, found: list[str]) -> None:
    assert spellings([name], KNOWN, NAME_MATCHES).get(name, []) == found


def test_only_in_the_ways_that_are_asked_for() -> None:
    assert spellings(["WEB01"], KNOWN, ["exact"]) == {}
    assert spellings(["web01.corp.example"], KNOWN, ["ignore_case"]) == {}


@given(st.lists(st.text(min_size=1)))
def test_a_name_that_is_there_is_found_as_it_is(names: list[str]) -> None:
    found = spellings(names, names, NAME_MATCHES)
    assert all(name in found[name] for name in names)


@pytest.mark.parametrize(
    ("name", "first"), [("wbe01", "web01"), ("web1", "web01"), ("WEB02X", "WEB02"), ("web02x.corp.example", "WEB02")]
)
def test_nearest(name: str, first: str) -> None:
    assert nearest_names(name, KNOWN)[0] == first


def test_nothing_is_near() -> None:
    assert nearest_names("completely-different", KNOWN) == []
    assert len(nearest_names("web", [f"web{number:02}" for number in range(50)])) == 3
