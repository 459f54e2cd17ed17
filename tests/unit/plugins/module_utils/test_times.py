# SPDX-License-Identifier: GPL-3.0-or-later
"""Times and ages, as users write them and as servers send them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils import _times
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError

NOW = dt.datetime(2026, 1, 10, 12, 0, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("36h", "2026-01-09T00:00:00Z"),
        ("7d", "2026-01-03T12:00:00Z"),
        ("1d12h", "2026-01-09T00:00:00Z"),
        ("90m", "2026-01-10T10:30:00Z"),
        ("2026-01-05", "2026-01-05T00:00:00Z"),
        ("2026-01-05T20:00:07", "2026-01-05T20:00:07Z"),
        ("2026-01-05 20:00", "2026-01-05T20:00:00Z"),
        ("2026-01-05T20:00:07.1234567Z", "2026-01-05T20:00:07Z"),
        ("2026-01-05T20:00:07+02:00", "2026-01-05T18:00:07Z"),
        ("2026-01-05T20:00:07-0530", "2026-01-06T01:30:07Z"),
    ],
)
def test_what_users_write(text: str, iso: str) -> None:
    assert _times.to_iso(_times.parse_when(text, NOW)) == iso


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "24",
        "24x",
        "2026-13-01",
        "2026-01-05T25:00:00Z",
        "2026-01-05T20:00:00+99:99",
        "2026-01-05T20:00:00+01:60",
        "h",
        "-3h",
        "٣h",
    ],
)
def test_what_is_no_time_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(SettingsError, match="created_after"):
        _times.parse_when(text, NOW, "created_after")


@pytest.mark.parametrize(("text", "seconds"), [("24h", 86400), ("1W", 604800), (" 1d12h ", 129600)])
def test_ages(text: str, seconds: int) -> None:
    assert _times.parse_age(text) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "a day", "1.5h", "9999999999999w"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="max_age"):
        _times.parse_age(text, "max_age")


@pytest.mark.parametrize(
    ("wire", "iso"),
    [
        ("2026-01-05T20:00:07Z", "2026-01-05T20:00:07Z"),
        ("2026-01-05T20:00:07.62Z", "2026-01-05T20:00:07Z"),
        ("2026-01-05T20:00:07.418207Z", "2026-01-05T20:00:07Z"),
        ("2026-01-05T20:00:07+01:00", "2026-01-05T19:00:07Z"),
        ("2026-01-05T20:00:07", "2026-01-05T20:00:07Z"),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("no time", "no time"),
    ],
)
def test_what_servers_send(wire: str, iso: str | None) -> None:
    assert _times.wire_to_iso(wire) == iso


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)), st.integers(0, 7))
def test_any_number_of_digits_is_the_same_second(moment: dt.datetime, digits: int) -> None:
    fraction = f".{moment.microsecond:06d}0"[: digits + 1] if digits else ""
    assert _times.wire_to_iso(f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + "Z") == _times.to_iso(
        moment.replace(tzinfo=_times.UTC)
    )


def test_seconds_between() -> None:
    assert _times.seconds_between("2026-01-05T20:00:07Z", "2026-01-06T20:00:08Z") == 86401
    assert _times.seconds_between("2026-01-06T20:00:07Z", "2026-01-05T20:00:08Z") == 0
    assert _times.seconds_between("x", "2026-01-05T20:00:08Z") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0m"), (59, "0m"), (60, "1m"), (3600, "1h"), (3660, "1h 1m"), (86400, "1d"), (90000, "1d 1h"), (86460, "1d")],
)
def test_spans(seconds: int, text: str) -> None:
    assert _times.span(seconds) == text


def test_no_moment_has_no_text() -> None:
    assert _times.iso_or_none(None) is None
    assert _times.iso_or_none(dt.datetime(2026, 1, 6, tzinfo=dt.timezone.utc)) == "2026-01-06T00:00:00Z"
