# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins: whatever a site's people chose is replaced, the same thing by the same, in a form that still tells what it is."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.stand_ins import StandIns

GUID = "3d7b1a52-0c7e-4a54-9d2c-5b1a6f0e9a11"


def shown(key: str, value: t.Any, *more: t.Any) -> t.Any:
    return StandIns([{key: value}, *more]).value(key, value)


def test_forms_stay() -> None:
    assert shown("UID", f"urn:veeam:Job:{GUID}") == "urn:veeam:Job:00000000-0000-4000-8000-000000000001"
    assert shown("VmUid", f"urn:VMware:Vm:{GUID}.vm-1042") == "urn:VMware:Vm:00000000-0000-4000-8000-000000000001.vm-1"
    assert shown("CreationTimeUTC", "2026-01-05T20:02:31.407Z") == "2000-01-01T00:00:00.123Z"
    assert shown("EndTimeUTC", "0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z"
    assert shown("Name", "web01@2026-01-05 20:02:31") == "name1@2000-01-01 00:00:00"
    assert shown("Name", "Jan  5 2026  8:00PM") == "Jan  1 2000 12:00AM"
    assert shown("Name", "vbr01.example.test") == "name1.x.x"
    assert shown("Name", 'Büro "Nord"') == "name1~"
    assert shown("TotalSize", 64424509440) == 10000000000
    assert shown("Capacity", -1) == -1
    assert shown("PageSize", 500) == 500
    assert shown("IsRetry", True) is True
    assert shown("Reason", "Processing web01 failed") == "dropped"
    assert shown("Reason", "") == ""
    assert shown("State", "Completed") == "Completed"
    assert shown("Version", "12.3.2.4465") == "12.3.2.4465"
    link = f"https://em01.corp.example:9398/api/query?type=Job&filter=Name==%22web01%22;UID!=%22x%22&host=web01#{GUID}"
    assert shown("Href", link) == "https://em.example.test/api/query?type=Job&filter=Name==...;UID!=...&host=..."
    assert shown("Href", f"https://em01:9398/api/catalog/vms/web01/{GUID}?web01=x") == (
        "https://em.example.test/api/catalog/vms/name1/00000000-0000-4000-8000-000000000001?parameter1=..."
    )


def test_a_word_that_is_a_name_anywhere_is_one_everywhere() -> None:
    assert shown("State", "Completed", {"Name": "completed"}) == "Word1"
    stand_ins = StandIns([{"Name": "JobName"}])
    assert stand_ins.key("JobName") == "key1"
    assert stand_ins.key("State") == "State"
    assert stand_ins.key("web01.example.test") == "key2"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_no_name_comes_through(names: list[str]) -> None:
    """Whatever it looks like: a word of the product, a number, a time, an address."""
    bodies = [{"Name": name, "VmDisplayName": name, "Href": name, "Type": name} for name in names]
    stand_ins = StandIns(bodies)
    harmless = {"", "Jan  1 2000 12:00AM", "0001-01-01T00:00:00Z"}
    for name in names:
        found = [stand_ins.value(key, name) for key in ("Name", "VmDisplayName", "Type")]
        assert name not in found or name in harmless or name.startswith(("name", "Word")), found
        assert found[0] == found[1], "the same thing has the same stand-in"
