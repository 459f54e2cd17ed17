# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._inventory.duplicates import (
    NamedHost,
    resolve_duplicates,
)
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._inventory.names import (
    is_own,
    is_reachable,
    safe_name,
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
        ({"kind": "agent", "ip_address": "fe80::1, 169.254.1.7, 192.0.2.7"}, "192.0.2.7"),
        ({"kind": "agent", "ip_address": "2001:db8::1%eth0"}, None),
        ({"kind": "agent", "ip_address": "::ffff:127.0.0.1; ::"}, None),
        ({"kind": "agent", "ip_address": "127.1"}, None),
        ({"kind": "agent", "ip_address": "255.255.255.255, 224.0.0.1"}, None),
        ({"kind": "backup_server", "name": "127.1"}, None),
        ({"kind": "backup_server", "name": "ip6-localhost"}, None),
        ({"kind": "backup_server", "name": "fe80::1%2"}, None),
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


PLAIN = [
    "web01",
    "Büro1",
    "WEB-01.example.test",
    "192.0.2.7",
    "2001:db8::7",
    "localhost01",
    "_x",
    "1042",
    "日本語",
    "a..b",
    "web01.",
]
HOSTILE = [
    "web*", "w?b", "[a:z]", "web[0]", "~web", "!web01", "&web01", "@hosts", "a,b", "a:b", "web 01", " web01", "web;01", "$(id)", "`id`",
    "a|b", "a&b", "<x>", "'x'", '"x"', "root@web01", "web%h", "a=b", "#web", "#jinja2: x", "{{ 7*7 }}", "{% x %}", "{# x #}", "${x}",
    "../../secret", "/etc/passwd", "a/b", "..", ".", ".hidden", "back\\slash", "-oProxyCommand=id", "--flag", "web01.yml", "web01.json",
    "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "\ud800", "x" * 201, "ü" * 101, "all", "", "   ", "___ ", "*",
]  # fmt: skip
OWN = [
    "localhost", "LOCALHOST", "localhost.", "localhost4", "localhost6", "localhost.localdomain", "localhost6.localdomain6", "web.localhost",
    "ip6-localhost", "ip6-loopback", "loopback", "127.0.0.1", "127.8.9.10", "127.1", "127.0.1", "0x7f.1", "0177.0.0.1", "2130706433", "0",
    "0.0.0.0", "::1", "::", "[::1]", "::ffff:127.0.0.1", "::ffff:0:0", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fe80::1%eth0",
    "169.254.169.254", "\uff11\uff12\uff17.0.0.1", "\uff4cocalhost",
]  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_that_means_nothing_else_is_kept(name: str) -> None:
    assert safe_name(name, record(), {"all"}) == name


@pytest.mark.parametrize("name", [*HOSTILE, *OWN])
def test_a_name_that_means_something_else_is_changed(name: str) -> None:
    safe = safe_name(name, record(), {"all"})
    assert safe != name
    assert safe_name(safe, record(), {"all"}) == safe, "it means nothing else now"
    assert re.fullmatch(r"[\w-][\w.-]*_[0-9a-f]{6}", safe)
    assert not is_own(safe)
    assert len(safe.encode()) < 220


@pytest.mark.parametrize("name", OWN)
def test_own_names(name: str) -> None:
    assert is_own(name)
    assert not is_reachable(name)


@pytest.mark.parametrize(
    "name", ["web01", "röntgen-süd.example.test", "db_01.example.test.", "10.1.2.3", "2001:db8::7"]
)
def test_other_machines(name: str) -> None:
    assert is_reachable(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "-oProxyCommand=id",
        "root@web01",
        "web01 -v",
        "web01:22",
        ".web01",
        "fe80::1%eth0",
        "a/b",
        "None,",
        "{{ x }}",
    ],
)
def test_what_ssh_could_take_for_something_else(name: str) -> None:
    assert not is_reachable(name)


def test_changed_names_are_of_one_machine_only() -> None:
    """Not one of them is what another machine is called, and two don't become one."""
    changed = [safe_name(name, record(), {"all"}) for name in ("web 01", "web*01", "web_01", "web/01", "web:01")]
    assert len(set(changed)) == 5
    assert changed[2] == "web_01"
    nameless = [safe_name(" ", record(f"vmware/vc/vm-{number}"), ()) for number in (1, 2)]
    assert len(set(nameless)) == 2


@given(st.text())
def test_any_text_becomes_a_safe_name(name: str) -> None:
    safe = safe_name(name, record(), {"all"})
    assert safe
    assert safe_name(safe, record(), {"all"}) == safe


def test_suffix_from_the_kind_and_from_the_identity() -> None:
    hosts = [named("a", "vmware/one/vm-1"), named("a", "agent/a", kind="agent", vm_ref=None)]
    assert [host.name for host in resolve_duplicates(hosts, "suffix")[0]] == ["a_vm-1", "a_agent"]
    [text] = resolve_duplicates(hosts * 6, "newest")[1]
    assert text.startswith("12 hosts would be called 'a'")
    assert text.count(" at ") == 10
    assert "and 2 more; each" in text
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
    assert len(warnings) == 2


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["vm-1", "vm-2"]), st.sampled_from("xy")), unique=True)
)
def test_no_host_gets_lost_and_no_name_is_given_twice(machines: list[tuple[str, str, str]]) -> None:
    hosts = [named(name, f"v/{root}/{ref}/{name}", vm_ref=ref) for name, ref, root in machines]
    settled, warnings = resolve_duplicates(hosts, "suffix")
    assert not warnings
    assert sorted(host.record["identity"] for host in settled) == sorted(host.record["identity"] for host in hosts)
    assert len({host.name for host in settled}) == len(hosts)
