# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._inventory.names import (
    NamedHost,
    duplicate_names,
    resolve_duplicates,
    usable_name,
    variables_of,
)


def record(identity: str = "vmware/vc/vm-1", **changes: t.Any) -> dict[str, t.Any]:
    return {
        "kind": "vm", "name": "web01", "uid": f"urn:{identity}", "identity": identity, "vm_ref": identity.rpartition("/")[2],
        "backup_server_names": ["vbr01"], **changes,
    }  # fmt: skip


def named(name: str, identity: str, **changes: t.Any) -> NamedHost:
    return NamedHost(name, record(identity, **changes), {})


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"kind": "agent", "ip_address": "192.0.2.7"}, "192.0.2.7"),
        ({"kind": "agent", "ip_address": "2001:db8::7, 192.0.2.7"}, "2001:db8::7"),
        ({"kind": "agent", "ip_address": "Not available"}, None),
        ({"kind": "agent", "ip_address": "-oProxyCommand=id"}, None),
        ({"kind": "agent", "ip_address": "127.0.0.1"}, None),
        ({"kind": "agent", "ip_address": "0.0.0.0"}, None),
        ({"kind": "agent", "ip_address": None}, None),
        ({"kind": "vm"}, None),
        ({"kind": "backup_server", "name": "vbr01.example.test"}, "vbr01.example.test"),
        ({"kind": "backup_server", "name": "192.0.2.1"}, "192.0.2.1"),
        ({"kind": "backup_server", "name": "localhost"}, None),
        ({"kind": "backup_server", "name": "-x"}, None),
        ({"kind": "backup_server", "name": "{{ 7 * 7 }}"}, None),
        ({"kind": "backup_server", "name": None}, None),
    ],
)
def test_address(changes: dict[str, t.Any], address: str | None) -> None:
    assert variables_of(record(**changes), "x_").get("ansible_host") == address


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web01", "web01"),
        ("Büro 1", "Büro 1"),
        ("-oProxyCommand=id", "_oProxyCommand=id"),
        ("localhost", "localhost_vm-1"),
        ("LOCALHOST", "LOCALHOST_vm-1"),
        ("localhost.localdomain", "localhost.localdomain_vm-1"),
        ("127.0.0.1", "127.0.0.1_vm-1"),
        ("::1", "::1_vm-1"),
        ("localhost01", "localhost01"),
        ("a\nb\x00", "a_b_"),
        ("all", "all_vm-1"),
    ],
)
def test_usable_name(name: str, expected: str) -> None:
    assert usable_name(name, record(), {"all"}) == expected


def test_suffix_from_the_kind_and_from_the_identity() -> None:
    hosts = [named("a", "vmware/one/vm-1"), named("a", "agent/a", kind="agent", vm_ref=None)]
    assert [host.name for host in resolve_duplicates(hosts, "suffix")[0]] == ["a_vm-1", "a_agent"]
    hosts = [named("a", "vmware/one/vm-1"), named("a", "vmware/two/vm-1"), named("b", "x")]
    names = [host.name for host in resolve_duplicates(hosts, "suffix")[0]]
    assert names[2] == "b"
    assert len({*names, "a_vm-1", "a"}) == 5
    assert names == [host.name for host in reversed(resolve_duplicates(list(reversed(hosts)), "suffix")[0])]


def test_suffix_that_somebody_has_already() -> None:
    hosts = [named("a", "v/1/vm-1"), named("a", "v/1/vm-2"), named("a_vm-1", "v/1/vm-3")]
    assert len({host.name for host in resolve_duplicates(hosts, "suffix")[0]}) == 3


def test_several_names_are_not_unique() -> None:
    hosts = [named(name, f"v/1/{name}{number}") for name in "ab" for number in "12"]
    with pytest.raises(SettingsError, match=r"'a'.*1 more names are not unique"):
        resolve_duplicates(hosts, "fail")
    kept, warnings = resolve_duplicates(hosts, "warn")
    assert [host.name for host in kept] == ["a", "b"]
    assert len(warnings) == len(duplicate_names(hosts)) == 2


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["vm-1", "vm-2"]), st.sampled_from("xy")), unique=True)
)
def test_no_host_gets_lost_and_no_name_is_given_twice(machines: list[tuple[str, str, str]]) -> None:
    hosts = [named(name, f"v/{root}/{ref}/{name}", vm_ref=ref) for name, ref, root in machines]
    settled, warnings = resolve_duplicates(hosts, "suffix")
    assert not warnings
    assert sorted(host.record["identity"] for host in settled) == sorted(host.record["identity"] for host in hosts)
    assert len({host.name for host in settled}) == len(hosts)
