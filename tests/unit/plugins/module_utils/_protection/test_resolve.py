# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine is meant: names, domains, hierarchy roots, and what a name can mean."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.combine import assess
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.machines import POINT, TASK, KnownMachine
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.names import Domains, fold
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.registry import Registry
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.resolve import Resolution, Resolver
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.roots import HierarchyRoots, unique_id
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.rows import (
    ItemRow,
    LookupRow,
    PointRow,
    RootRow,
    SessionRow,
    Sighting,
    TaskRow,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.snapshot import Snapshot

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR = dt.timedelta(hours=1)


def root(guid: str, kind: str = "VC", unique: str | None = None, server: str = "vbr01") -> RootRow:
    return RootRow(guid, f"urn:{guid}", guid, kind, unique, server)


def snapshot(*roots: RootRow, **items: list[tuple[str, str]]) -> Snapshot:
    lookups = {
        one.guid: LookupRow(
            one.guid, "answered", tuple(ItemRow(name, f"urn:VMware:Vm:{one.guid}.{ref}") for name, ref in items.get(one.guid, ()))
        )
        for one in roots
    }  # fmt: skip
    return Snapshot(NOW, roots=list(roots), lookups=lookups, sees_everything=True, is_whole=False)


def task(name: str, guid: str, ref: str, hours: float) -> TaskRow:
    start = NOW - hours * HOUR
    uid = f"t-{name}-{ref}-{hours}"
    return TaskRow(
        uid, (name,), None, "job", start, start, "Success", None, False, f"urn:VMware:Vm:{guid}.{ref}", None, "vbr01"
    )


def resolve(found: Snapshot, name: t.Any, **options: t.Any) -> Resolution:
    policy = read_policy({"machines": [name], **options}, NOW)
    return Resolver(Registry(found), policy).resolve(policy.machines[0])


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("web01.corp.example", "web01"), ("WEB01.Corp.Example", "web01"), ("web01.local", "web01"), ("web01.old", "web01.old"),
        ("web01.2.10", "web01.2.10"), ("10.0.0.1", "10.0.0.1"), ("a b.corp.example", "a b.corp.example"), ("web01", "web01"),
        ("4711.corp.example", "4711"),
    ],
)  # fmt: skip
def test_domains(name: str, short: str) -> None:
    assert Domains().short(name) == short


def test_only_listed_domains_are_cut() -> None:
    listed = Domains([".lab.example", "old"])
    assert [listed.short(name) for name in ("a.lab.example", "a.old", "a.corp.example", "a.local")] == [
        "a",
        "a",
        "a.corp.example",
        "a.local",
    ]
    assert Domains([]).short("a.corp.example") == "a.corp.example"


def test_characters_that_vcenter_escapes() -> None:
    assert Domains().same("exact", "db/02", "db%2f02")
    assert Domains().same("exact", "50%25", "50%")
    assert fold("R\u00d6NTGEN") == fold("ro\u0308ntgen")


@pytest.mark.parametrize(
    "text", [None, "", "  ", "None", "null", "00000000-0000-0000-0000-000000000000", "{0}", "localhost", "127.0.0.1"]
)
def test_ids_that_are_none(text: str | None) -> None:
    assert unique_id(text) is None


def test_one_hypervisor_at_two_servers_is_one_and_at_one_server_never_two() -> None:
    shared = HierarchyRoots([root("g1", unique="ID"), root("g2", unique="{id}", server="vbr02")])
    assert shared.key("urn:VMware:Vm:g1.vm-1") == shared.key("urn:vmware:vm:G2.VM-1") == ("vmware", "id", "vm-1")
    twice = HierarchyRoots([root("g1", unique="ID"), root("g2", unique="id")])
    assert twice.key("urn:VMware:Vm:g1.vm-1") != twice.key("urn:VMware:Vm:g2.vm-1")


def test_a_name_that_was_handed_on() -> None:
    found = snapshot(root("g1"), g1=[("web01-old", "vm-1"), ("web01", "vm-2")])
    found.tasks = {one.uid or "": one for one in (task("web01", "g1", "vm-1", 60), task("web01", "g1", "vm-2", 8))}
    assert [one.machine.key[2] for one in resolve(found, "web01").meanings] == ["vm-2"]
    assert [one.machine.key[2] for one in resolve(found, "web01-old").meanings] == ["vm-1"]


def test_gone_renamed_and_unknown() -> None:
    found = snapshot(root("g1"), g1=[("other", "vm-1")])
    found.tasks = {one.uid or "": one for one in (task("web01", "g1", "vm-1", 60), task("web02", "g1", "vm-2", 8))}
    assert [one.name for one in resolve(found, "web01").older] == ["other"]
    assert [one.key[2] for one in resolve(found, "web02").gone] == ["vm-2"]
    assert resolve(found, "web03") == Resolution()


def test_names_that_nobody_asked_for() -> None:
    """A row that only the question for another spelling brought tells this entry nothing."""
    found = snapshot(root("g1"), g1=[("other", "vm-1")])
    found.tasks = {"t": task("wEb01", "g1", "vm-1", 60)}
    assert resolve(found, "web01") == Resolution()
    found.is_whole = True
    assert [one.name for one in resolve(found, "web01").older] == ["other"]


def test_hypervisors_that_contain_one_another() -> None:
    found = snapshot(root("g1"), root("g2", "ESXi"), g1=[("web01", "vm-1"), ("web02", "vm-2")], g2=[("web01", "10")])
    found.tasks = {"t": task("web01", "g1", "vm-1", 8)}
    meant = resolve(found, "web01")
    assert [one.machine.key[2] for one in meant.meanings] == ["vm-1"]
    assert [one.key[2] for one in meant.uncounted] == ["10"]
    # The narrower one has a machine that the wider one does not show: they are two.
    found.lookups["g2"] = found.lookups["g2"]._replace(
        items=(*found.lookups["g2"].items, ItemRow("db01", "urn:VMware:Vm:g2.11"))
    )
    assert len(resolve(found, "web01").meanings) == 2


def test_a_root_of_another_id_than_references_carry() -> None:
    found = snapshot(root("g1"), g1=[("web01", "vm-1")])
    found.tasks = {"t": task("web01", "real", "vm-1", 8)}
    found.roots_seen = {"vbr01": {"real"}}
    registry = Registry(found)
    assert registry.lookups.states["g1"].state == "mismatched"
    assert not registry.lookups.is_complete
    assert [one.machine.vm_uid for one in resolve(found, "web01").meanings] == ["urn:VMware:Vm:real.vm-1"]


def test_two_entries_for_one_machine() -> None:
    found = snapshot(root("g1"), g1=[("web01", "vm-1")])
    policy = read_policy({"machines": ["web01", "WEB01", "web01.corp.example"]}, NOW)
    reasons = {key: one.decision.reasons for key, one in assess(found, policy).items()}
    assert "claimed_twice" not in reasons["web01"]
    assert "claimed_twice" in reasons["WEB01"]
    assert "claimed_twice" in reasons["web01.corp.example"]


def backup(
    found: Snapshot, name: str, guid: str, ref: str, hours: float, kind: str = "Backup", *, running: bool = False
) -> None:
    """A task with all that belongs to it."""
    one = task(name, guid, ref, hours)
    number = str(len(found.tasks))
    end = None if running else one.start
    result = None if running else "Success"
    found.sessions[f"s{number}"] = SessionRow(
        f"s{number}",
        kind,
        f"job-{kind}",
        kind,
        kind,
        one.start,
        end,
        result,
        running,
        False,
        None,
        frozenset(),
        "vbr01",
    )
    found.tasks[one.uid or ""] = one._replace(
        session_uid=f"s{number}", point_uid=f"p{number}", end=end, result=result, running=running
    )
    if not running:
        found.points[f"p{number}"] = PointRow(f"p{number}", (name,), one.start, one.vm_uid, None, "vbr01")


def judged(found: Snapshot, **options: t.Any) -> tuple[str, tuple[str, ...]]:
    [one] = assess(found, read_policy({"machines": ["web01"], **options}, NOW)).values()
    return one.decision.verdict, one.decision.reasons


@pytest.mark.parametrize("guid", ["g1", "removed"])
def test_what_other_entries_and_the_history_brought_changes_nothing_that_is_settled(guid: str) -> None:
    """An identity that only older rows tell of: gone from its hypervisor, or of a hypervisor that is not connected any more."""
    found = snapshot(root("g1"), g1=[("web01", "vm-1")])
    backup(found, "web01", "g1", "vm-1", 8)
    assert judged(found) == ("ok", ())
    backup(found, "web01", guid, "vm-0", 60)
    assert judged(found) == ("ok", ())
    assert judged(found, history="5d") == ("ok", ())
    policy = read_policy({"machines": ["web01", {"name": "WEB01", "max_age": "9d"}], "history": "5d"}, NOW)
    [one, _other] = assess(found, policy).values()
    assert [(attempt.start, attempt.job_type) for attempt in one.attempts] == [(NOW - 8 * HOUR, "Backup")]
    # Where nothing recent settles it, the older rows are the answer.
    assert judged(found, max_age="3h") != ("ok", ())


@pytest.mark.parametrize(
    ("kind", "hours", "verdict"), [("Backup", 1, "running"), ("SqlLogBackup", 1, "unknown"), ("Backup", 200, "unknown")]
)
def test_only_work_that_is_going_on_makes_a_machine_present_that_its_hypervisor_does_not_show(
    kind: str, hours: float, verdict: str
) -> None:
    found = snapshot(root("g1"), g1=[("db01", "vm-2")])
    backup(found, "web01", "g1", "vm-1", 8)
    assert judged(found) == ("unknown", ("machine_gone",))
    backup(found, "web01", "g1", "vm-1", hours, kind, running=True)
    assert judged(found)[0] == verdict


def test_a_copy_proves_no_machine() -> None:
    found = snapshot(root("g1"), g1=[])
    found.is_whole, found.lookups = True, {}
    backup(found, "web01", "g1", "vm-1", 8)
    backup(found, "web01", "g1", "vm-9", 2, "BackupCopy")
    assert judged(found) == ("ok", ())
    backup(found, "web01", "g1", "vm-9", 40)
    assert judged(found)[0] == "unknown"


def test_a_name_that_one_source_still_uses_was_not_given_up_by_another_that_is_older() -> None:
    machine = KnownMachine(("vmware", "vc-1", "vm-1"), NOW)
    for source, name, hours in ((TASK, "web01", 1), (POINT, "web01", 9), (POINT, "web02", 5)):
        machine.saw(source, name, NOW - hours * HOUR, whole=True)
    assert machine.present_names() == {"web01", "web02"}
    machine.saw(POINT, "web02", NOW, whole=True)
    assert machine.present_names() == {"web02"}


def test_a_sighting_without_a_reference_is_of_no_machine() -> None:
    found = snapshot(root("vc1"))
    found.sightings = {Sighting(TASK, ("web01",), "odd", "vbr01"): NOW}
    assert Registry(found).machines == {}
