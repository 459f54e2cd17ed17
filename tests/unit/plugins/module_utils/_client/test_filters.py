# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter expressions: quoting, grouping, and the cut into requests that fit an URL."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import (
    MAX_TARGET_LENGTH,
    FilterSet,
    all_of,
    any_of,
    build_target,
    compare,
    encoded_length,
    raw,
    split_for_url,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", 'Name=="plain"'),
        ('Web "A"; x,(y)', 'Name=="Web ""A""; x,(y)"'),
        ("back\\slash", 'Name=="back\\slash"'),
        (True, "Name==true"),
        (107374182400, "Name==107374182400"),
    ],
)
def test_values_are_quoted(value: str | int | bool, text: str) -> None:
    assert compare("Name", "==", value).text == text


@pytest.mark.parametrize("value", ["line\nbreak", "null\0", "\x7f", "\ud800"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="control character"):
        compare("Name", "==", value)


def test_groups_are_always_parenthesised() -> None:
    both = all_of([any_of("A", ["1", "2"]), None, compare("B", "==", "3"), raw("C==4,D==5")])
    assert both is not None
    assert both.text == '(A=="1",A=="2");B=="3";(C==4,D==5)'
    assert all_of([None]) is None


def test_every_parameter_is_encoded() -> None:
    address = build_target("/api/query", [("type", "Job"), ("filter", 'Name=="a;b&c d"'), ("page", None)])
    assert address == "/api/query?type=Job&filter=Name%3D%3D%22a%3Bb%26c%20d%22"


@given(st.lists(NAMES, min_size=1, max_size=300, unique=True))
def test_many_names_become_few_requests_that_fit(names: list[str]) -> None:
    base = compare("CreationTime", ">=", "2026-01-05T00:00:00Z")
    parts = split_for_url(FilterSet(base, (("VmDisplayName", tuple(names)), ("Result", ("Failed", "Warning")))), 400)
    asked: list[str] = []
    for part in parts:
        assert part is not None
        assert encoded_length(part) + 400 <= MAX_TARGET_LENGTH
        assert base.text in part.text
        assert '(Result=="Failed",Result=="Warning")' in part.text
        asked += [name for name in names if compare("VmDisplayName", "==", name).text in part.text]
    assert set(asked) == set(names)
    needed = sum(encoded_length(compare("VmDisplayName", "==", name)) + 3 for name in names)
    assert len(parts) <= needed // (MAX_TARGET_LENGTH - 1800) + 1


@given(
    st.lists(NAMES, min_size=1, max_size=300, unique=True),
    st.lists(NAMES, min_size=1, max_size=300, unique=True),
)
def test_two_long_lists_become_requests_that_fit_and_ask_for_each_pair_once(
    first: list[str], second: list[str]
) -> None:
    lists = (("Reason", tuple(first)), ("VmDisplayName", tuple(second)))
    parts = split_for_url(FilterSet(compare("State", "==", "Completed"), lists), 1200)
    asked: list[tuple[str, str]] = []
    for part in parts:
        assert part is not None
        assert encoded_length(part) + 1200 <= MAX_TARGET_LENGTH
        reasons = [name for name in first if compare("Reason", "==", name).text in part.text]
        asked += [
            (reason, name)
            for reason in reasons
            for name in second
            if compare("VmDisplayName", "==", name).text in part.text
        ]
    assert set(asked) == {(reason, name) for reason in first for name in second}


def test_two_long_lists_become_few_requests() -> None:
    lists = (
        ("JobName", tuple(f"job {number:03d}" for number in range(300))),
        ("VmDisplayName", tuple(f"srv{number:03d}" for number in range(300))),
    )
    parts = split_for_url(FilterSet(lists=lists), 1200)
    assert len(parts) <= 20
    assert sum(part.text.count("JobName") * part.text.count("VmDisplayName") for part in parts if part) == 300 * 300


@pytest.mark.parametrize(
    "selection",
    [
        FilterSet(raw(f'Name=="{"x" * 7000}"')),
        FilterSet(raw(f'Name=="{"x" * 6280}"'), (("State", ("Working",)),)),
        FilterSet(lists=(("Name", ("x" * 4000,)), ("JobName", ("y" * 4000,)))),
    ],
)
def test_what_does_not_fit_in_one_request_is_refused(selection: FilterSet) -> None:
    with pytest.raises(SettingsError, match="too long"):
        split_for_url(selection, 1200)


def test_a_value_longer_than_an_url_is_refused() -> None:
    with pytest.raises(SettingsError, match="too long"):
        split_for_url(FilterSet(lists=(("Name", ("x" * 9000,)),)), 400)


def test_no_list_is_one_request() -> None:
    assert split_for_url(FilterSet(), 400) == [None]
    assert unquote(build_target("/x", [("filter", "a==1")])) == "/x?filter=a==1"
