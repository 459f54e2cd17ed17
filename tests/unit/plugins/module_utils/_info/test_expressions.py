# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused in an expression of a user's own, and what is left to the server."""

from __future__ import annotations

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.expressions import check_expression
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES, queryable


@pytest.mark.parametrize(
    "text",
    [
        'Name=="a"',
        'name == "x=y; z, (w)"',
        'Result>="Warning";(JobName=="a""b",VmDisplayName!=srv01)',
        "(CreationTime>2026-01-05T10:00:00Z)",
        "TotalSize<=5",
        'HierarchyObjRef=="urn:VMware:Vm:x.vm-1"',
        'SomethingElseEntirely=="1"',
    ],
)
def test_what_servers_may_know_is_sent(text: str) -> None:
    check_expression(text, RESOURCES["backup_task_session"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('Name = "x"', "filter compares Name by '='; the operators are == != >= <= > <"),
        ("Name=x", "filter compares Name by '='"),
        ('Result==Failed;Name=~"a"', "filter compares Name by '=~'"),
        ('Name like "x"', "filter does not compare Name with anything"),
        ("Name", "filter does not compare Name with anything"),
        ('VmDisplayNam=="x"', "did you mean VmDisplayName?"),
        ('(JobNames=="x"),Result==Failed', "did you mean JobName?"),
        ("creation_time>2026-01-05", "did you mean CreationTime?"),
    ],
)
def test_what_no_server_knows_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_expression(text, RESOURCES["backup_task_session"])
    assert message in str(refused.value)


def test_types_whose_fields_no_page_lists_are_left_alone() -> None:
    check_expression('Whatever=="x"', queryable("CloudTenant"))
    with pytest.raises(SettingsError, match="by '='"):
        check_expression('Name="x"', queryable("CloudTenant"))
