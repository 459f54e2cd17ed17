# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin through Ansible's own inventory manager; what the server would say is handed in."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar

from ansible_collections.backup_ops.veeam_em.plugins.inventory import enterprise_manager
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import AccessDenied
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._inventory import options, sources
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._trust import HAS_DATA_TAGGING

HEAD = """
plugin: backup_ops.veeam_em.enterprise_manager
host: em01.example.test
username: svc
password: Very-secret-1
"""
SSH_OPTION = "-oProxyCommand=touch /tmp/x"
HOSTILE = "{{ lookup('pipe', 'id') }}"
OTHER_DELIMITERS = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% lookup('pipe', 'id') %]"


def vm(name: str, ref: str = "vm-1", **changes: t.Any) -> dict[str, t.Any]:
    uid = f"urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.{ref}"
    return {
        "kind": "vm", "groups": ["vms"], "name": name, "uid": uid, "identity": f"vmware/vc1/{ref}", "backup_server_names": ["vbr01.example.test"],
        "vm_uid": uid, "vm_ref": ref, "platform": "VMware", "job_names": ["Daily VMs"], "last_attempt": {"result": "Success"},
        "data_as_of": "2026-01-05T20:00:00Z", "gathered_at": "2026-01-05T20:10:00Z", **changes,
    }  # fmt: skip


def agent(name: str, **changes: t.Any) -> dict[str, t.Any]:
    return {
        **vm(name), "kind": "agent", "groups": ["agents"], "uid": "urn:veeam:DiscoveredComputer:1", "identity": f"agent/{name}", "vm_uid": None,
        "vm_ref": None, "ip_address": "192.0.2.7", **changes,
    }  # fmt: skip


def judged(name: str, ref: str, verdict: str, **changes: t.Any) -> dict[str, t.Any]:
    report = {
        "name": name, "verdict": verdict, "underlying_verdict": verdict, "reasons": [], "message": "So it is.", "last_good": None,
        "last_attempt": None, "running": [], "waivers": [], "max_age": "24h", "max_age_seconds": 86400, "data_as_of": "2026-01-05T20:00:00Z",
    }  # fmt: skip
    return vm(name, ref, verdict=verdict, inventory_protection=report, **changes)


class Server:
    """Stands for everything behind the plugin; counts how often it was asked."""

    def __init__(self) -> None:
        self.hosts: list[dict[str, t.Any]] = [vm("web01")]
        self.warnings: list[str] = []
        self.asked = 0

    def gather(self, client: t.Any, wanted: t.Any) -> dict[str, t.Any]:
        self.asked += 1
        return {"hosts": self.hosts, "warnings": self.warnings, "gathered_at": "2026-01-05T20:10:00Z"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    found = Server()
    monkeypatch.setattr(sources, "gather_machines", found.gather)
    return found


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(enterprise_manager.InventoryModule, "display", None, raising=False)

    def init(self: t.Any, original: t.Any = enterprise_manager.BaseInventoryPlugin.__init__) -> None:
        original(self)
        self.display = type("Display", (), {"warning": staticmethod(texts.append), "vvv": staticmethod(print)})()

    monkeypatch.setattr(enterprise_manager.InventoryModule, "__init__", init)
    return texts


@pytest.fixture
def load(tmp_path: Path) -> t.Callable[..., InventoryData]:
    def parse(text: str = "", cache: bool = True, name: str = "enterprise_manager.yml") -> InventoryData:
        path = tmp_path / name
        path.write_text(HEAD + text, encoding="utf-8")
        plugin = inventory_loader.get("backup_ops.veeam_em.enterprise_manager")
        assert plugin is not None, "Ansible does not find the plugin"
        assert plugin.verify_file(str(path))
        inventory = InventoryData()
        plugin.parse(inventory, DataLoader(), str(path), cache=cache)
        if plugin.get_option("cache"):
            plugin.update_cache_if_changed()
        inventory.reconcile_inventory()
        return inventory

    return parse


def names(inventory: InventoryData, group: str = "all") -> list[str]:
    return sorted(str(host.name) for host in inventory.groups[group].get_hosts())


def cached(folder: Path) -> str:
    return f"cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: {folder}\n"


def test_groups_and_variables(server: Server, load: t.Any) -> None:
    server.hosts = [
        {"kind": "backup_server", "groups": ["backup_servers"], "name": "vbr01.example.test", "uid": "urn:veeam:BackupServer:1", "identity": "backup_server/1",
         "backup_server_names": ["vbr01.example.test"], "version": "12.3.2.4465"},
        vm("web01"),
        agent("lap01"),
    ]  # fmt: skip
    inventory = load("include: [vms, agents, backup_servers]")
    assert names(inventory, "veeam_em_backup_servers") == ["vbr01.example.test"]
    assert names(inventory, "veeam_em_vms") == ["web01"]
    assert names(inventory, "veeam_em_agents") == ["lap01"]
    assert inventory.hosts["web01"].vars["veeam_em_last_attempt"] == {"result": "Success"}
    assert "ansible_host" not in inventory.hosts["web01"].vars
    assert inventory.hosts["lap01"].vars["ansible_host"] == "192.0.2.7"
    assert inventory.hosts["vbr01.example.test"].vars["ansible_host"] == "vbr01.example.test"


def test_no_host_leaves_the_groups(server: Server, load: t.Any) -> None:
    server.hosts = []
    inventory = load("include: [vms]\nprotection: {}")
    assert names(inventory) == []
    assert {"veeam_em_vms", "veeam_em_ok", "veeam_em_unknown"} <= set(inventory.groups)
    assert "veeam_em_agents" not in inventory.groups


def test_verdict_groups(server: Server, load: t.Any) -> None:
    server.hosts = [judged("web01", "vm-1", "ok"), judged("db02", "vm-2", "failed")]
    inventory = load("protection: {max_age: 12h}")
    assert names(inventory, "veeam_em_ok") == ["web01"]
    assert names(inventory, "veeam_em_failed") == ["db02"]


def test_prefix(server: Server, load: t.Any) -> None:
    inventory = load("hostvars_prefix: backup_\nkeyed_groups: [{key: backup_platform, prefix: at}]")
    assert inventory.hosts["web01"].vars["backup_name"] == "web01"
    assert names(inventory, "at_VMware") == ["web01"]


def test_constructed(server: Server, load: t.Any) -> None:
    server.hosts = [vm("web01"), vm("db01", "vm-2", job_names=["SQL (prod)"])]
    inventory = load("""
compose:
  moid: veeam_em_vm_ref
groups:
  web: veeam_em_name is match('web')
keyed_groups:
  - key: veeam_em_job_names
    prefix: job
    parent_group: jobs
""")
    assert inventory.hosts["db01"].vars["moid"] == "vm-2"
    assert names(inventory, "web") == ["web01"]
    assert names(inventory, "job_SQL__prod_") == ["db01"]
    assert names(inventory, "jobs") == ["db01", "web01"]


@pytest.mark.parametrize(
    "text",
    [
        "compose: {x: no_such_variable}",
        "groups: {x: no_such_variable == 1}",
        "keyed_groups: [{key: no_such_variable}]",
        "filters: [{exclude: no_such_variable == 1}]",
        "hostnames: ['{{ no_such_variable }}']",
    ],
)
def test_strict_decides_about_undefined_variables(server: Server, load: t.Any, warned: list[str], text: str) -> None:
    assert names(load(text)) == ["web01"]
    with pytest.raises(AnsibleError, match="no_such_variable"):
        load(f"{text}\nstrict: true")


def test_condition_that_never_works_is_told(server: Server, load: t.Any, warned: list[str]) -> None:
    load("filters: [{exclude: no_such_variable == 1}, {exclude: veeam_em_platform == 'HyperV'}]")
    assert len(warned) == 1
    assert "filters[0]" in warned[0]
    assert "no_such_variable" in warned[0]


def test_first_true_filter_decides(server: Server, load: t.Any) -> None:
    server.hosts = [vm("web01"), vm("web02", "vm-2"), vm("db01", "vm-3")]
    assert names(load("""
filters:
  - exclude: veeam_em_name == 'web02'
  - include: veeam_em_name is match('web')
  - exclude: true
""")) == ["web01"]  # fmt: skip


def test_condition_must_be_true_or_false(server: Server, load: t.Any) -> None:
    with pytest.raises(AnsibleParserError, match=r"filters\[0\] .* gives .* and not true or false"):
        load("filters: [{include: veeam_em_job_names}]")


@pytest.mark.parametrize(
    ("hostnames", "expected"),
    [
        ("[vm_ref]", ["lap01", "vm-1"]),
        ("[veeam_em_ip_address, name]", ["192.0.2.7", "web01"]),
        ("['{{ veeam_em_name | upper }}.example.test']", ["LAP01.example.test", "WEB01.example.test"]),
        ("['{{ veeam_em_ip_address }}']", ["192.0.2.7", "web01"]),
    ],
)
def test_hostnames(server: Server, load: t.Any, hostnames: str, expected: list[str]) -> None:
    server.hosts = [vm("web01"), agent("lap01")]
    assert names(load(f"include: [vms, agents]\nhostnames: {hostnames}")) == expected


@pytest.mark.skipif(not HAS_DATA_TAGGING, reason="templates give text only before ansible-core 2.19")
def test_nothing_but_text_is_a_name(server: Server, load: t.Any, warned: list[str]) -> None:
    server.hosts = [vm("web01")]
    assert names(load("hostnames: ['{{ veeam_em_last_attempt }}', '{{ veeam_em_vm_ref }}']")) == ["vm-1"]
    assert "which is no text" in warned[0]


TWINS = [vm("twin01", "vm-7"), vm("twin01", "vm-8"), vm("web01")]


def test_duplicates_fail(server: Server, load: t.Any) -> None:
    server.hosts = TWINS
    with pytest.raises(AnsibleParserError, match=r"2 hosts would be called 'twin01': .*vm-7.*vm-8.*set duplicates"):
        load("duplicates: fail")


def test_duplicates_warn(server: Server, load: t.Any, warned: list[str]) -> None:
    server.hosts = TWINS
    inventory = load("duplicates: warn")
    assert names(inventory) == ["twin01", "web01"]
    assert inventory.hosts["twin01"].vars["veeam_em_vm_ref"] == "vm-7"
    assert len(warned) == 1
    assert "vm-8" in warned[0]


def test_duplicates_get_suffixes(server: Server, load: t.Any, warned: list[str]) -> None:
    server.hosts = TWINS
    assert names(load("duplicates: suffix")) == ["twin01_vm-7", "twin01_vm-8", "web01"]
    assert warned == []
    assert names(load()) == ["twin01_vm-7", "twin01_vm-8", "web01"]
    assert len(warned) == 1
    assert "twin01" in warned[0]


def test_the_machine_that_is_still_there_has_the_name(server: Server, load: t.Any, warned: list[str]) -> None:
    server.hosts = [vm("web01", "vm-7", present=False), vm("web01", "vm-8", present=True)]
    inventory = load()
    assert names(inventory) == ["web01", "web01_vm-7"]
    assert inventory.hosts["web01"].vars["veeam_em_vm_ref"] == "vm-8"
    assert "veeam_em_present" not in inventory.hosts["web01"].vars
    assert warned == []
    server.hosts = [vm("web01", "vm-7", present=False), vm("web01", "vm-8", present=False)]
    assert names(load()) == ["web01_vm-7", "web01_vm-8"]
    assert len(warned) == 1


def test_duplicates_after_filters(server: Server, load: t.Any) -> None:
    server.hosts = TWINS
    assert names(load("duplicates: fail\nfilters: [{exclude: veeam_em_vm_ref == 'vm-7'}]")) == ["twin01", "web01"]


def test_name_of_a_group_keeps_its_variables_off_the_group(server: Server, load: t.Any, warned: list[str]) -> None:
    wished = ["all", "veeam_em_vms", "mine", "job_Daily_VMs", "localhost", SSH_OPTION]
    server.hosts = [vm(name, f"vm-{number}") for number, name in enumerate(wished)]
    inventory = load("groups: {mine: true}\nkeyed_groups: [{key: veeam_em_job_names, prefix: job}]")
    found = names(inventory)
    assert len(found) == len(wished)
    assert not set(found) & {*wished, *inventory.groups}
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) for name in found), found
    assert {host.vars["veeam_em_name"] for host in inventory.hosts.values()} == set(wished)
    assert not any(group.vars for group in inventory.groups.values())
    assert inventory.localhost is None
    assert len(warned) == 1
    assert "'mine' is 'mine_" in warned[0]


@pytest.mark.parametrize("text", [HOSTILE, OTHER_DELIMITERS])
def test_server_data_is_never_a_template(server: Server, load: t.Any, text: str) -> None:
    name = text.replace("\n", " ")
    server.hosts = [vm(name, last_attempt={"reason": text, "more": [text]}, **{text: text})]
    inventory = load(
        "compose: {copied: veeam_em_last_attempt, cut: 'veeam_em_last_attempt.reason[0:]'}\nkeyed_groups: [{key: veeam_em_name}]\n"
        "hostnames: ['{{ veeam_em_name }}']"
    )
    host = inventory.hosts[next(iter(inventory.hosts))]
    assert host.name.__class__ is str
    templar = Templar(loader=DataLoader(), variables={**host.get_vars(), **host.get_magic_vars()})
    reference = {
        "veeam_em_last_attempt.reason": text,
        "copied.more[0]": text,
        "cut": text,
        "inventory_hostname": host.name,
        "veeam_em_name": name,
    }
    for expression, expected in reference.items():
        assert templar.template(_trusted("{{ " + expression + " }}")) == expected


def _trusted(template: str) -> str:
    if HAS_DATA_TAGGING:
        from ansible.template import trust_as_template

        return trust_as_template(template)
    return template


def test_cache_is_read_before_anything_is_asked(server: Server, load: t.Any, tmp_path: Path) -> None:
    fresh = load(cached(tmp_path / "cache"))
    server.hosts = []
    again = load(cached(tmp_path / "cache"))
    assert server.asked == 1
    assert names(fresh) == names(again) == ["web01"]
    assert fresh.hosts["web01"].vars == again.hosts["web01"].vars


def test_cache_can_be_flushed(server: Server, load: t.Any, tmp_path: Path) -> None:
    load(cached(tmp_path / "cache"))
    server.hosts = [vm("web02")]
    assert names(load(cached(tmp_path / "cache"), cache=False)) == ["web02"]
    assert names(load(cached(tmp_path / "cache"))) == ["web02"]
    assert server.asked == 2


@pytest.mark.parametrize(
    "change",
    [
        "username: other",
        "host: em02.example.test",
        "port: 9399",
        "since: 7d",
        "include: [vms]",
        "protection: {max_age: 12h}",
    ],
)
def test_cache_of_another_question_is_not_used(server: Server, load: t.Any, tmp_path: Path, change: str) -> None:
    load(cached(tmp_path / "cache"))
    load(f"{cached(tmp_path / 'cache')}{change}\n")
    assert server.asked == 2


@pytest.mark.parametrize(
    "change",
    [
        "filters: [{exclude: true}]",
        "duplicates: warn",
        "hostnames: [vm_ref]",
        "hostvars_prefix: x_",
        "password: Other-1",
    ],
)
def test_cache_serves_what_comes_after_it(server: Server, load: t.Any, tmp_path: Path, change: str) -> None:
    load(cached(tmp_path / "cache"))
    load(f"{cached(tmp_path / 'cache')}{change}\n")
    assert server.asked == 1


def test_cache_is_not_made_younger_by_reading(server: Server, load: t.Any, tmp_path: Path) -> None:
    load(cached(tmp_path / "cache"))
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    before = [path.stat().st_mtime_ns for path in files]
    load(cached(tmp_path / "cache"))
    assert [path.stat().st_mtime_ns for path in files] == before


def test_cache_holds_no_secret(server: Server, load: t.Any, tmp_path: Path) -> None:
    load(cached(tmp_path / "cache"))
    kept = "".join(path.read_text() for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert "web01" in kept
    assert "Very-secret-1" not in kept
    assert "svc" not in kept


def test_warnings_come_with_the_cache_too(server: Server, load: t.Any, tmp_path: Path, warned: list[str]) -> None:
    server.warnings = ["something is missing"]
    load(cached(tmp_path / "cache"))
    load(cached(tmp_path / "cache"))
    assert warned == ["something is missing"] * 2


def test_options_may_be_templates(monkeypatch: pytest.MonkeyPatch, load: t.Any) -> None:
    seen: list[t.Any] = []

    def gather(client: t.Any, wanted: t.Any) -> dict[str, t.Any]:
        seen.append((client._settings, wanted))
        return {"hosts": [], "warnings": [], "gathered_at": "2026-01-05T20:10:00Z"}

    monkeypatch.setattr(sources, "gather_machines", gather)
    monkeypatch.setenv("SOME_WORD", "[12345]")
    load("""
port: "{{ 9000 + 1 }}"
validate_certs: "{{ false }}"
ca_path: "{{ lookup('ansible.builtin.env', 'SOME_WORD') }}"
include: "{{ ['agents'] }}"
""")
    settings, wanted = seen[0]
    assert settings.port == 9001
    assert settings.validate_certs is False
    assert settings.ca_path.endswith("[12345]")
    assert wanted.include == ("agents",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("host: 'https://em01'", "not a bare host name"),
        ("since: yesterday", "since has the value 'yesterday'"),
        ("since: '2999-01-01'", "not in the past"),
        ("include: []", "include is empty"),
        ("hostnames: [no_such]", "unknown variable 'no_such'"),
        ("hostnames: [job_names]", "names 'job_names', which is no text"),
        ("hostnames: [name, veeam_em_last_attempt]", "names 'veeam_em_last_attempt', which is no text"),
        ("hostnames: ['a b']", "neither a variable nor a template"),
        ("filters: [{include: a, exclude: b}]", r"filters\[0\] is neither"),
        ("filters: [{include: 1}]", r"filters\[0\] has the condition 1"),
        ("hostvars_prefix: 'a-'", "hostvars_prefix"),
        ("protection: {max_age: soon}", "max_age"),
        ("protection: {maxage: 24h}", "unknown option 'maxage'"),
        ("since: '{{ no_such }}'", "template of since"),
    ],
)
def test_bad_options_are_refused_before_anything_is_asked(server: Server, load: t.Any, text: str, message: str) -> None:
    with pytest.raises(AnsibleParserError, match=message):
        load(text)
    assert server.asked == 0


def test_everything_is_worked_out_before_the_first_host(server: Server, tmp_path: Path) -> None:
    """Ansible keeps what a plugin has added before it failed."""
    path = tmp_path / "veeam_em.yml"
    path.write_text(f"{HEAD}strict: true\ngroups: {{late: veeam_em_vm_ref == 'vm-1' or no_such}}\n")
    server.hosts = [vm("web01"), vm("web02", "vm-2")]
    plugin = inventory_loader.get("backup_ops.veeam_em.enterprise_manager")
    inventory = InventoryData()
    with pytest.raises(AnsibleParserError, match=r"groups.late can't be worked out for 'web02'.*no_such"):
        plugin.parse(inventory, DataLoader(), str(path))
    assert not inventory.hosts
    assert set(inventory.groups) == {"all", "ungrouped"}


def test_errors_of_the_client_become_one_sentence(monkeypatch: pytest.MonkeyPatch, load: t.Any) -> None:
    def denied(client: t.Any, wanted: t.Any) -> t.Any:
        raise AccessDenied("the account may not read this", hint="give it a role")

    monkeypatch.setattr(sources, "gather_machines", denied)
    with pytest.raises(AnsibleParserError) as caught:
        load()
    assert str(caught.value).startswith("the account may not read this; give it a role.")


def test_missing_library(server: Server, monkeypatch: pytest.MonkeyPatch, load: t.Any) -> None:
    monkeypatch.setattr(options, "XMLTODICT_MISSING", True)
    with pytest.raises(AnsibleParserError, match="xmltodict is missing; install it"):
        load()
    assert server.asked == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("enterprise_manager.yml", True), ("prod.veeam_em.yaml", True), ("veeam_em.yml", True), ("hosts.yml", False), ("enterprise_manager.json", False)],
)  # fmt: skip
def test_file_names(tmp_path: Path, name: str, expected: bool) -> None:
    path = tmp_path / name
    path.write_text("")
    assert enterprise_manager.InventoryModule().verify_file(str(path)) is expected


def test_through_the_inventory_manager(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "veeam_em.yml"
    path.write_text(HEAD)
    manager = InventoryManager(loader=DataLoader(), sources=[str(path)])
    assert [str(host) for host in manager.list_hosts("veeam_em_vms")] == ["web01"]
    assert json.dumps(manager.get_host("web01").vars["veeam_em_job_names"]) == '["Daily VMs"]'
