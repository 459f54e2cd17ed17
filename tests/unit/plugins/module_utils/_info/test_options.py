# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to filters: every option, and every mistake before any request."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import split_for_url
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.options import InfoRequest, read_selection

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
GUID = "44444444-aaaa-4bbb-8ccc-000000000001"


def select(kind: str = "backup_task_session", /, **params: t.Any) -> InfoRequest:
    return read_selection(kind, params, NOW)


def filter_of(kind: str = "backup_task_session", /, **params: t.Any) -> str:
    where = split_for_url(select(kind, **params).selection, 1000)
    assert len(where) == 1
    return where[0].text if where[0] else ""


@pytest.mark.parametrize(
    ("name", "params", "text"),
    [
        ("backup_session", {"job_name": ['a"b;c']}, 'JobName=="a""b;c"'),
        ("backup_session", {"job_type": ["Backup", "NasBackup"]}, 'JobType=="Backup",JobType=="NasBackup"'),
        ("backup_session", {"state": ["Working"]}, 'State=="Working"'),
        ("backup_session", {"is_retry": False}, "IsRetry==false"),
        ("backup_session", {"job_uid": [f"urn:veeam:NasJob:{GUID}"]}, f'JobUid=="urn:veeam:Job:{GUID}"'),
        ("backup_session", {"backup_server_uid": [GUID.upper()]}, f'BackupServerUid=="urn:veeam:BackupServer:{GUID}"'),
        ("backup_task_session", {"result": ["Failed"]}, 'Result=="Failed"'),
        ("backup_task_session", {"reason": ["a, b"]}, 'Reason=="a, b"'),
        ("backup_task_session", {"name": ["plain"]}, 'Name=="plain"'),
        ("backup_task_session", {"vm_display_name": ["x"]}, 'VmDisplayName=="x"'),
        ("backup_task_session", {"job_session_uid": [GUID]}, f'JobSessionUid=="urn:veeam:BackupJobSession:{GUID}"'),
        ("backup_task_session", {"total_size_min": 1, "total_size_max": 9}, "TotalSize>=1;TotalSize<=9"),
        ("backup_task_session", {"created_after": "24h"}, 'CreationTime>="2026-01-05T06:00:00Z"'),
        ("backup_task_session", {"created_before": "2026-01-05"}, 'CreationTime<"2026-01-05T00:00:01Z"'),
        ("backup_task_session", {"created_before": "2026-01-05T20:00:07.9Z"}, 'CreationTime<"2026-01-05T20:00:08Z"'),
        ("backup_task_session", {"created_after": "2026-01-05T20:00:07.1Z"}, 'CreationTime>="2026-01-05T20:00:08Z"'),
        ("backup_task_session", {"ended_after": "9999-12-31T23:59:59.1Z"}, 'EndTime>="9999-12-31T23:59:59Z"'),
        ("backup_task_session", {"ended_before": "9999-12-31T23:59:59Z"}, 'EndTime<"9999-12-31T23:59:59Z"'),
        ("backup_task_session", {"ended_after": "2026-01-05T02:00:00+02:00"}, 'EndTime>="2026-01-05T00:00:00Z"'),
        ("backup_task_session", {"ended_before": "1d"}, 'EndTime<"2026-01-05T06:00:01Z"'),
        ("backup_task_session", {"filter": "a==1,b==2", "result": ["Failed"]}, '(a==1,b==2);Result=="Failed"'),
        ("job", {"schedule_enabled": True, "schedule_configured": False}, "ScheduleEnabled==true;ScheduleConfigured==false"),
        ("job", {"platform": ["VMware"]}, 'Platform=="VMware"'),
        ("repository", {"free_space_max": 5, "free_space_min": 1}, "FreeSpace>=1;FreeSpace<=5"),
        ("vm_restore_point", {"point_type": ["Full"], "algorithm": ["Full"]}, 'Type=="Full";Algorithm=="Full"'),
        ("backup_server", {"version": ["12.1"]}, 'Version=="12.1"'),
        ("backup_file", {"created_after": "24h"}, 'CreationTimeUTC>="2026-01-05T06:00:00Z"'),
        ("restore_point", {"created_after": "24h"}, 'CreationTime>="2026-01-05T06:00:00Z"'),
    ],
)  # fmt: skip
def test_options_become_filters(name: str, params: dict[str, t.Any], text: str) -> None:
    assert filter_of(name, **params) == text


def test_a_name_with_whole_seconds_stands_for_any_fraction() -> None:
    name = "srv01@2026-01-05 20:02:31"
    assert filter_of(name=[name]) == (
        f'Name=="{name}",(CreationTime>="2026-01-05T20:02:31Z";CreationTime<"2026-01-05T20:02:32Z")'
    )
    wanted = select(name=[name])
    assert wanted.keep({"name": name})
    assert not wanted.keep({"name": "srv02@2026-01-05 20:02:31"})
    assert select(name=[f"{name}.84"]).keep({"name": name})


def test_text_is_looked_at_once_more() -> None:
    wanted = select(vm_display_name=["srv01"], job_name=["A"])
    assert wanted.keep({"vm_display_name": "srv01", "job_name": "A"})
    assert not wanted.keep({"vm_display_name": "SRV01", "job_name": "A"})
    assert wanted.keep({"vm_display_name": None, "job_name": None})


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("backup_session", {"uid": "urn:veeam:BackupTaskSession:" + GUID}, "UID of a BackupTaskSession.*BackupJobSession"),
        ("backup_session", {"uid": GUID[:-1]}, "not a UID"),
        ("backup_session", {"uid": ""}, "not a UID"),
        ("backup_session", {"uid": GUID, "job_name": ["x"]}, "uid can't be combined with job_name"),
        ("backup_session", {"uid": GUID, "created_after": "1d"}, "uid can't be combined with created_after"),
        ("backup_session", {"endpoint": "list", "result": ["Failed"]}, "endpoint: list can't be combined with result"),
        ("backup_session", {"parent_session_uid": [GUID]}, "endpoint: list"),
        ("backup_session", {"job_name": []}, "job_name is an empty list"),
        ("backup_session", {"job_uid": ["urn:veeam:Repository:" + GUID]}, "job_uid .* UID of a Repository"),
        ("backup_session", {"limit": 0}, "limit has the value 0"),
        ("backup_session", {"created_after": "yesterday"}, "created_after .* neither a time nor an age; write"),
        ("backup_session", {"created_after": "2026-13-01"}, "neither a time nor an age"),
        ("backup_session", {"created_after": "1d", "created_before": "2d"}, "created_after is later than created_before"),
        ("backup_session", {"created_after": "2026-01-05T08:00:00+99:99"}, "neither a time nor an age"),
        ("backup_session", {"created_after": "2026-01-05T20:00:07.2Z", "created_before": "2026-01-05T20:00:07.8Z"}, "nothing can match"),
        ("backup_session", {"running": True, "ended_after": "2h"}, "what runs has not ended"),
        ("backup_task_session", {"running": True, "ended_before": "2h"}, "what runs has not ended"),
        ("backup_task_session", {"total_size_min": 2, "total_size_max": 1}, "total_size_min is greater than total_size_max"),
        ("repository", {"free_space_min": 2, "free_space_max": 1}, "free_space_min is greater than free_space_max"),
        ("backup_session", {"filter": f'Name=="{"x" * 9000}"'}, "too long for one request"),
        ("backup_task_session", {"reason": ["a\nb"]}, "a line break or another control character.* compare the records"),
        ("backup_session", {"job_name": ["a\nb"]}, "control character"),
        ("backup_session", {"filter": 'a=="b'}, "not an expression"),
        ("backup_session", {"filter": "a==1),(b==2"}, "not an expression"),
        ("backup_session", {"filter": "(a==1"}, "not an expression"),
        ("backup_session", {"filter": " "}, "not an expression"),
        ("repository", {"result": ["Failed"]}, "can't be selected by result; use name, backup_server_name"),
        ("backup_server", {"created_after": "1d"}, "BackupServer can't be selected by created_after"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_sentence(name: str, params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        filter_of(name, **params)
    assert str(caught.value).endswith(".")


def test_hints_name_options_that_the_module_has() -> None:
    with pytest.raises(SettingsError) as caught:
        select("repository", uid=GUID, name=["x"])
    assert "endpoint" not in str(caught.value)
    with pytest.raises(SettingsError, match="filters go with endpoint: query"):
        select("backup_session", endpoint="list", name=["x"])


def test_the_same_age_twice_is_one_second() -> None:
    wanted = read_selection(
        "backup_session", {"created_after": "1d", "created_before": "1d"}, NOW.replace(microsecond=7)
    )
    assert wanted.selection.always is not None
    assert wanted.selection.always.text == 'CreationTime>="2026-01-05T06:00:00Z";CreationTime<"2026-01-05T06:00:01Z"'
    assert wanted.selection.until == dt.datetime(2026, 1, 5, 6, 0, 1, tzinfo=dt.timezone.utc)


def test_parents_of_collections() -> None:
    tasks = select(endpoint="list", job_session_uid=[GUID, GUID])
    assert tasks.paths == (f"backupSessions/{GUID}/taskSessions",)
    children = select("backup_session", endpoint="list", parent_session_uid=[f"urn:veeam:BackupJobSession:{GUID}"])
    assert children.paths == (f"backupSessions/{GUID}/agentManagementSessions",)
    assert select(endpoint="list").paths == ()


@pytest.mark.parametrize(
    ("name", "key", "field"),
    [
        ("backup_task_session", "total_size", "TotalSize"),
        ("backup_task_session", None, "CreationTime"),
        ("restore_point", None, "CreationTime"),
        ("vm_restore_point", "point_type", "Type"),
        ("repository", None, "Name"),
        ("repository", "kind", ""),
    ],
)
def test_sorting(name: str, key: str | None, field: str) -> None:
    order = select(name, sort_by=key, descending=True).order
    assert order.field == field
    assert order.descending
