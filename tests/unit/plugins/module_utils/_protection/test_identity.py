# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine a name or a reference means, and when that can't be told."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.identity import (
    HierarchyRoots,
    MachineIndex,
    Match,
    Sighting,
    resolve,
    same_name,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import NAME_MATCHES, Machine

NOW = dt.datetime(2026, 1, 6, tzinfo=dt.timezone.utc)
# One vCenter attached to two backup servers, and a second vCenter.
ROOTS = HierarchyRoots({"root-a1": "vc-a", "root-a2": "vc-a", "root-b": "vc-b"})
ONE_ROOT = HierarchyRoots({"root-a1": "vc-a", "root-a2": "vc-a"})


def vm(name: str, ref: str, root: str = "root-a1", server: str = "vbr01", **changes: t.Any) -> Sighting:
    return Sighting(**{
        "names": (name,), "backup_server_name": server, "vm_uid": f"urn:VMware:Vm:{root}.{ref}", "job_type": "Backup", **changes,
    })  # fmt: skip


def loose(name: str, server: str = "vbr01", job_type: str | None = "Backup", **changes: t.Any) -> Sighting:
    return Sighting(**{"names": (name,), "backup_server_name": server, "vm_uid": None, "job_type": job_type, **changes})


def lookup(
    sightings: list[Sighting],
    name: str = "web01",
    roots: HierarchyRoots = ROOTS,
    levels: t.Any = NAME_MATCHES,
    **rules: t.Any,
) -> Match:
    machine = Machine(name, dt.timedelta(days=1), NOW, **rules)
    return resolve(machine, MachineIndex(sightings, roots), levels)


def numbers(match: Match) -> list[int]:
    assert match.candidate is not None
    assert match.namesakes == ()
    return sorted(match.candidate.sightings)


@pytest.mark.parametrize(
    ("level", "one", "other", "same"),
    [
        ("exact", "web01", "web01", True),
        ("exact", "web01", "Web01", False),
        ("ignore_case", "web01", "WEB01", True),
        ("ignore_case", "röntgen-süd", "RÖNTGEN-SÜD", True),
        ("ignore_case", "röntgen", "ro\u0308ntgen", True),
        ("ignore_case", "web01", "web01.example.test", False),
        ("short_name", "web01", "WEB01.example.test", True),
        ("short_name", "web01.example.test", "web01", True),
        ("short_name", "web01.example.test", "web01.EXAMPLE.test", True),
        ("short_name", "web01.example.test", "web01.other.test", False),
        ("short_name", "web01", "web02.example.test", False),
        ("short_name", "10.0.0.1", "10.0.0.2", False),
        ("short_name", "10", "10.0.0.2", False),
        ("short_name", "Exchange 2.0 old", "Exchange 2", False),
        ("short_name", "web01", "WEB01", True),
    ],
)
def test_names(level: str, one: str, other: str, same: bool) -> None:
    assert same_name(level, one, other) is same
    assert same_name(level, other, one) is same


def test_one_machine_by_its_name() -> None:
    match = lookup([vm("web01", "vm-1"), vm("web02", "vm-2"), vm("web01", "vm-1")])
    assert (numbers(match), match.matched_by) == ([0, 2], "exact")
    assert match.candidate is not None
    assert match.candidate.vm_uid == "urn:VMware:Vm:root-a1.vm-1"


def test_nobody_of_that_name() -> None:
    assert lookup([vm("web02", "vm-2")]) == Match()


def test_one_vcenter_at_two_backup_servers_is_one_machine() -> None:
    assert numbers(lookup([vm("web01", "vm-1"), vm("web01", "vm-1", "root-a2", "vbr02")])) == [0, 1]


def test_without_the_roots_it_could_be_two() -> None:
    match = lookup([vm("web01", "vm-1"), vm("web01", "vm-1", "root-a2", "vbr02")], roots=HierarchyRoots())
    assert len(match.namesakes) == 2


@pytest.mark.parametrize(
    "other",
    [
        vm("web01", "vm-1", "root-b"),
        vm("web01", "vm-2"),
        loose("web01", job_type="AgentManagement"),
        loose("web01", "vbr02"),
    ],
)
def test_two_machines_of_one_name_are_ambiguous(other: Sighting) -> None:
    match = lookup([vm("web01", "vm-1"), other])
    assert match.candidate is None
    assert len(match.namesakes) == 2
    assert "vm-1" in match.namesakes[0] + match.namesakes[1]


def test_a_closer_name_wins() -> None:
    sightings = [vm("web01", "vm-1"), vm("WEB01", "vm-2"), vm("web01.example.test", "vm-3")]
    for name, number, level in (("web01", 0, "exact"), ("WEB01", 1, "exact"), ("web01.EXAMPLE.test", 2, "ignore_case")):
        match = lookup(sightings, name)
        assert (numbers(match), match.matched_by) == ([number], level)
    assert len(lookup(sightings, "Web01").namesakes) == 2


def test_the_order_of_levels_is_the_users() -> None:
    sightings = [vm("web01", "vm-1"), vm("WEB01", "vm-2")]
    assert len(lookup(sightings, levels=["ignore_case", "exact"]).namesakes) == 2
    assert lookup([vm("WEB01", "vm-2")], levels=["exact"]) == Match()


def test_by_vm_uid_with_guid_or_unique_id() -> None:
    sightings = [vm("twin", "vm-1"), vm("twin", "vm-1", "root-b"), vm("twin", "vm-1", "root-a2", "vbr02")]
    for root in ("root-a1", "ROOT-A2", "vc-a", "VC-A"):
        match = lookup(sightings, "anything", vm_uid=f"urn:VMware:Vm:{root}.VM-1")
        assert (numbers(match), match.matched_by) == ([0, 2], "vm_uid")
    assert lookup(sightings, "twin", vm_uid="urn:VMware:Vm:root-b.vm-9") == Match()
    assert lookup(sightings, "twin", vm_uid="urn:VMware:Vm:root-b.vm-1", backup_server_name="vbr09") == Match()


def test_by_vm_ref() -> None:
    sightings = [vm("web01", "vm-1"), vm("web02", "vm-1", "root-b"), vm("db01", "vm-7")]
    match = lookup(sightings, "WEB02", vm_ref="VM-1")
    assert (numbers(match), match.matched_by) == ([1], "vm_ref")
    assert len(lookup(sightings, "label", vm_ref="vm-1").namesakes) == 2
    assert lookup(sightings, "label", vm_ref="vm-9") == Match()


def test_a_vm_ref_alone_is_enough_only_with_one_hypervisor() -> None:
    sightings = [vm("db01", "vm-7")]
    assert numbers(lookup(sightings, "label", vm_ref="vm-7", roots=ONE_ROOT)) == [0]
    assert len(lookup(sightings, "label", vm_ref="vm-7").namesakes) == 1
    assert len(lookup(sightings, "label", vm_ref="vm-7", roots=HierarchyRoots()).namesakes) == 1
    assert numbers(lookup(sightings, "db01", vm_ref="vm-7")) == [0]


def test_the_backup_server_tells_machines_apart() -> None:
    sightings = [vm("web01", "vm-1"), vm("web01", "vm-1", "root-b", "vbr02")]
    assert numbers(lookup(sightings, backup_server_name="VBR02")) == [1]
    assert lookup(sightings, backup_server_name="vbr03") == Match()


def test_the_types_of_jobs_tell_agents_and_virtual_machines_apart() -> None:
    sightings = [vm("web01", "vm-1"), loose("web01", job_type="AgentManagement")]
    assert numbers(lookup(sightings, job_types=frozenset({"Backup"}))) == [0]
    assert numbers(lookup(sightings, job_types=frozenset({"AgentBackup"}))) == [1]
    assert len(lookup(sightings, job_types=frozenset({"BackupCopy"})).namesakes) == 2


def test_a_computer_with_an_agent_is_its_name_at_one_server() -> None:
    sightings = [
        loose("lap01", job_type="AgentManagement"),
        loose("lap01", job_type="AgentBackup", vm_uid="urn:AgentForWindows:VeeamAgent:0.1"),
        loose("lap01", job_type=None, vm_uid="urn:AgentForLinux:VeeamAgent:0.1"),
    ]
    match = lookup(sightings, "LAP01.example.test")
    assert (numbers(match), match.matched_by) == ([0, 1, 2], "short_name")
    elsewhere = loose("lap01", "vbr02", "AgentManagement")
    assert len(lookup([*sightings, elsewhere], "lap01").namesakes) == 2


class TestTracesWithoutReference:
    """Servers before version 10 tell no reference, and copies may not either."""

    def test_a_failure_belongs_to_the_one_machine_of_its_name_at_its_server(self) -> None:
        assert numbers(lookup([vm("web01", "vm-1"), loose("web01")])) == [0, 1]

    def test_alone_it_is_a_machine_of_its_own(self) -> None:
        match = lookup([loose("web01"), loose("web01")])
        assert (numbers(match), match.matched_by) == ([0, 1], "exact")
        assert match.candidate is not None
        assert match.candidate.vm_uid is None

    def test_the_backup_server_may_be_unknown(self) -> None:
        match = lookup([Sighting(("web01",), None, None, "Backup")])
        assert numbers(match) == [0]
        assert match.candidate is not None
        assert match.candidate.description == "web01 (a machine without reference, at an unknown backup server)"

    def test_with_two_machines_a_failure_is_held_against_both_and_a_success_helps_neither(self) -> None:
        sightings = [vm("web01", "vm-1"), vm("web01", "vm-2"), loose("web01"), loose("web01", is_successful=True)]
        match = lookup(sightings, vm_uid="urn:VMware:Vm:root-a1.vm-1")
        assert numbers(match) == [0, 2]
        assert len(lookup(sightings).namesakes) == 3

    def test_a_copy_at_another_server_is_no_second_machine(self) -> None:
        for kind in ("BackupCopy", "ImmediateBackupCopyWorker", "Replica"):
            assert numbers(lookup([vm("web01", "vm-1"), loose("WEB01", "vbr03", kind)])) == [0, 1]

    def test_a_copy_alone_is_all_that_is_known(self) -> None:
        match = lookup([loose("web01", "vbr03", "BackupCopy")])
        assert numbers(match) == [0]

    def test_a_copy_does_not_hide_a_machine_of_a_similar_name(self) -> None:
        assert numbers(lookup([loose("web01", "vbr03", "BackupCopy"), vm("web01.example.test", "vm-1")])) == [1]


class TestRestorePoints:
    def test_a_point_belongs_to_its_machine_but_gives_it_no_name(self) -> None:
        sightings = [vm("web01", "vm-1"), vm("old-name", "vm-1", is_point=True, job_type=None)]
        assert numbers(lookup(sightings)) == [0, 1]
        assert lookup(sightings, "old-name") == Match()

    def test_points_alone_are_found_last(self) -> None:
        point = vm("web01", "vm-1", is_point=True, job_type=None)
        assert numbers(lookup([point])) == [0]
        assert numbers(lookup([point, vm("WEB01", "vm-2")])) == [1]

    def test_a_failure_makes_a_machine_of_points(self) -> None:
        point = vm("web01", "vm-1", is_point=True, job_type=None)
        assert numbers(lookup([point, loose("web01"), loose("web01", "vbr03", "BackupCopy")])) == [0, 1, 2]

    def test_points_of_agents(self) -> None:
        point = loose("lap01", job_type="AgentManagement", is_point=True)
        assert numbers(lookup([point, loose("lap01", job_type="AgentBackup")], "lap01")) == [0, 1]
