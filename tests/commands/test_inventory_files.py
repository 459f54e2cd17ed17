# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory files that meet others, mistakes in them, servers that are down and caches that are damaged, through the real commands."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from support import connection
from support.commands import Ansible, Run

VERDICTS = ("ok", "waived", "running", "stale", "failed", "unprotected", "unknown")
SITE = """
backup_servers: [{name: SERVER}]
hierarchy_roots: [{name: vc.example.test, type: VC, backup_servers: [SERVER], unique_id: UNIQUE}]
machines:
  - {names: [web01, web02], on: vc.example.test}
  - {name: MORE, on: vc.example.test, ref: vm-MORE}
jobs:
  - name: Daily
    backup_server: SERVER
    type: Backup
    machines: [web01, web02, MORE]
    schedule: {every: 24h, last: -8h}
    history: 3d
    outcomes: [{machine: FAILED, runs: all, result: Failed, reason: no space}]
"""
# What belongs to Ansible's whole, and no file of ours says anything about.
UNPARSED_IS_NO_ERROR = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}


@pytest.fixture
def site(simulators: t.Any, tmp_path: Path) -> t.Callable[..., t.Any]:
    def made(name: str, failed: str = "nobody*", unique: str | None = None) -> t.Any:
        path = tmp_path / f"{name}.yml"
        changes = {
            "SERVER": f"vbr.{name}.example.test",
            "MORE": f"{name}01",
            "FAILED": failed,
            "UNIQUE": unique or f"{name}-vcenter",
        }
        text = SITE
        for word, value in changes.items():
            text = text.replace(word, value)
        path.write_text(text)
        return simulators.get(estate=str(path))

    return made


def options(em: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"plugin": "backup_ops.veeam_em.enterprise_manager", **connection.options(em), "include": ["vms"], **more}


def file(ansible: Ansible, name: str, content: t.Mapping[str, t.Any]) -> Path:
    path = ansible.directory / f"{name}.veeam_em.yml"
    # JSON is YAML.
    path.write_text(json.dumps(content))
    return path


def entry(path: Path) -> dict[str, t.Any]:
    """What the plugin gave to the cache; newer cores wrap it."""
    found: dict[str, t.Any] = json.loads(path.read_text())
    return t.cast("dict[str, t.Any]", json.loads(found["__payload__"])) if "__payload__" in found else found


def put(path: Path, content: dict[str, t.Any]) -> None:
    wrapped = "__payload__" in json.loads(path.read_text())
    path.write_text(json.dumps({"__payload__": json.dumps(content)} if wrapped else content))


def listed(ansible: Ansible, *paths: Path, env: t.Mapping[str, str] | None = None) -> Run:
    sources = [part for path in paths for part in ("-i", str(path))]
    return ansible.run("ansible-inventory", *sources, "--list", env=env)


def said(run: Run) -> str:
    return " ".join(run.stderr.split())


def verdict_groups(run: Run, host: str, prefix: str = "veeam_em_") -> list[str]:
    return [verdict for verdict in VERDICTS if host in run.json.get(f"{prefix}{verdict}", {}).get("hosts", [])]


@pytest.mark.ends
def test_two_files_that_mean_different_machines(ansible: Ansible, site: t.Any) -> None:
    one = file(ansible, "one", options(site("one"), protection={}, groups={"good_there": "veeam_em_verdict == 'ok'"}))
    two = file(
        ansible, "two",
        options(site("two", failed="web01"), protection={}, hostvars_prefix="two_", groups={"good_here": "two_verdict == 'ok'"}),
    )  # fmt: skip
    plain = file(ansible, "plain", options(site("three"), hostvars_prefix="plain_"))
    for paths in ((one, two), (two, one)):
        run = listed(ansible, *paths)
        assert run.rc == 0, run.output
        variables = run.json["_meta"]["hostvars"]["web01"]
        assert verdict_groups(run, "web01") == ["failed"]
        assert (variables["veeam_em_verdict"], variables["two_verdict"]) == ("failed", "failed")
        assert variables[f"{'two' if paths[1] is two else 'veeam_em'}_inventory_protection"]["verdict"] == "failed"
        assert verdict_groups(run, "web02") == verdict_groups(run, "one01") == verdict_groups(run, "two01") == ["ok"]
        last = "good_here" if paths[1] is two else "good_there"
        assert "web01" not in run.json[last]["hosts"]
        assert "belong to different machines there and here: 'web01' is failed now, 'web02' is ok now" in said(run)
        assert "one file with servers" in said(run)
    nobody_asked = listed(ansible, one, plain)
    assert verdict_groups(nobody_asked, "web01") == ["unknown"], "nobody has judged the other machine"
    assert nobody_asked.json["_meta"]["hostvars"]["web01"]["veeam_em_verdict"] == "unknown"
    assert verdict_groups(nobody_asked, "one01") == ["ok"]


@pytest.mark.ends
def test_two_files_that_mean_one_machine(ansible: Ansible, site: t.Any) -> None:
    """The worse of two questions counts, since somebody asked it."""
    em = site("one")
    loose = file(ansible, "loose", options(em, protection={"max_age": "24h"}))
    strict = file(
        ansible, "strict", options(em, protection={"max_age": "1h"}, group_prefix="strict_", hostvars_prefix="strict_")
    )
    for paths in ((loose, strict), (strict, loose)):
        run = listed(ansible, *paths)
        assert verdict_groups(run, "web01") == verdict_groups(run, "web01", "strict_") == ["stale"]
        variables = run.json["_meta"]["hostvars"]["web01"]
        assert variables["veeam_em_verdict"] == variables["strict_verdict"] == "stale"
        assert "have another verdict there" in said(run)
    without = listed(ansible, loose, file(ansible, "again", options(em)))
    assert verdict_groups(without, "web01") == ["ok"]
    assert "WARNING" not in without.stderr


MISTAKES: list[tuple[dict[str, t.Any], str]] = [
    ({"protecton": {}}, "the inventory file has the unknown option 'protecton'; did you mean protection?"),
    ({"hostname ": "x"}, "unknown option 'hostname '"),
    ({"keyed_group": []}, "did you mean keyed_groups?"),
    ({"filter": []}, "did you mean filters?"),
    ({"protection": None}, "protection is empty; write its options below it, or {} for the defaults"),
    ({"servers": None, "host": None}, "servers is empty"),
    ({"protection": {"maxage": "1h"}}, "'maxage'"),
    ({"servers": [{"host": "em01"}]}, "host and servers are both set"),
    ({"host": None, "servers": [{"hst": "em01"}]}, "servers[0] has the unknown option 'hst'; did you mean host?"),
    ({"host": None, "servers": [{"username": "x"}]}, "servers[0] has no host"),
    ({"host": None, "servers": [{"host": "em01", "port": "x"}]}, "servers[0].port is no int"),
    ({"host": None, "servers": [{"host": "em01"}, {"host": "em01"}]}, "for the second time"),
    ({"hostnames": ["nme"]}, "hostnames[0] names the unknown variable 'nme'; did you mean name?"),
    ({"hostnames": ["job_names"]}, "hostnames[0] names 'job_names', which is no text"),
    ({"keyed_groups": [{"kee": "x"}]}, "keyed_groups[0] has no key"),
    ({"keyed_groups": [{"key": "x", "prefx": "y"}]}, "did you mean prefix?"),
    ({"groups": {"web": ""}}, "groups.web has the value ''"),
    ({"hostvars_prefix": "ansible_"}, "hostvars_prefix has the value 'ansible_'"),
    ({"hostvars_prefix": ""}, "Ansible keeps name for itself"),
    ({"hostvars_prefix": "a-b"}, "hostvars_prefix has the value 'a-b'"),
    ({"group_prefix": "9"}, "group_prefix has the value '9'"),
    ({"since": 30}, "since has the value '30'"),
    ({"strict": True, "groups": {"web": "veeam_em_nme == 'x'"}}, "groups.web can't be worked out for"),
    ({"strict": True, "compose": {"x": "veeam_em_nme"}}, "compose.x can't be worked out for"),
    ({"strict": True, "keyed_groups": [{"key": "veeam_em_nme"}]}, "keyed_groups[0] can't be worked out for"),
    ({"strict": True, "hostnames": ["{{ veeam_em_nme }}"]}, "hostnames[0] can't be worked out for"),
    ({"strict": True, "filters": [{"exclude": "veeam_em_nme == 1"}]}, "filters[0] (exclude: veeam_em_nme == 1) can't be worked out for"),
    ({"keyed_groups": [{"key": "veeam_em_name", "prefix": "", "separator": "", "parent_group": "web01"}]}, "would contain itself"),
    ({"duplicates": "fail", "hostnames": ["platform"]}, "hosts would be called 'VMware'"),
    ({"host": None, "servers": []}, "servers is empty"),
    ({"protection": {}, "groups": {"veeam_em_stale": "veeam_em_name == 'web02'"}}, "put 'web02' into veeam_em_stale, where it does not belong"),
    ({"keyed_groups": [{"key": "'ok'", "prefix": "veeam_em"}]}, "put 'one01' into veeam_em_ok, where it does not belong"),
    ({"group_prefix": "em_", "groups": {"em_agents": "veeam_em_name == 'web01'"}}, "put 'web01' into em_agents, where"),
    (
        {"protection": {}, "keyed_groups": [{"key": "veeam_em_name", "prefix": "is", "parent_group": "veeam_em_stale"}]},
        "into is_one01, which is below veeam_em_stale",
    ),
    ({"compose": {"veeam_em_verdict": "'ok'"}}, "compose.veeam_em_verdict would replace what the plugin found out"),
    ({"hostvars_prefix": "em_", "compose": {"em_gathered_at": "'now'"}}, "compose.em_gathered_at would replace"),
    ({"compose": {"veeam_em_identity": "'x'"}}, "compose.veeam_em_identity would replace"),
    (
        {"strict": True, "compose": {"ansible_host": "'localhost' if veeam_em_name == 'web01' else veeam_em_name"}},
        "compose.ansible_host gives 'localhost' for 'web01', which is no name or address of another machine",
    ),
]  # fmt: skip


@pytest.mark.ends
def test_a_mistake_leaves_no_host_and_is_told_once(ansible: Ansible, site: t.Any) -> None:
    """All in one run: whatever one file had added would be there."""
    em = site("one")
    paths = [
        file(ansible, f"mistake{number:02}", {key: value for key, value in options(em, **more).items() if value is not None or (key in more and key != "host")})
        for number, (more, _text) in enumerate(MISTAKES)
    ]  # fmt: skip
    run = listed(ansible, *paths, env=UNPARSED_IS_NO_ERROR)
    assert run.rc == 0, run.output
    assert set(run.json) == {"_meta", "all"}, "neither hosts nor groups"
    assert run.json["_meta"]["hostvars"] == {}
    for _more, text in MISTAKES:
        assert text in said(run)
    assert said(run).count("did you mean protection?") == 1
    assert "caused by" not in run.stderr.split("with 'yaml' plugin")[0]
    assert "Traceback" not in run.output
    gate = ansible.run("ansible", "-i", str(paths[21]), "all", "-m", "ansible.builtin.ping")
    assert gate.rc != 0, "an inventory that failed ends a run that insists on it"


@pytest.mark.ends
def test_what_never_works_is_told(ansible: Ansible, site: t.Any) -> None:
    path = ansible.directory / "veeam_em.yml"
    given = options(
        site("one"), compose={"x": "veeam_em_nme", "y": "veeam_em_name"}, groups={"web": "no_such == 1", "some": "veeam_em_name != 'web01' or no_such"},
        keyed_groups=[{"key": "veeam_em_plattform"}, {"key": "''"}, {"key": "veeam_em_platform"}], hostnames=["{{ veeam_em_nme }}", "name"],
        filters=[{"exclude": "veeam_em_nme == 1"}],
    )  # fmt: skip
    # YAML makes a date of it.
    path.write_text(f"{json.dumps(given)[:-1]}, since: 2026-01-01}}")
    run = listed(ansible, path)
    assert sorted(run.json["veeam_em_vms"]["hosts"]) == ["one01", "web01", "web02"]
    for text in ("compose.x", "groups.web", "keyed_groups[0]", "hostnames[0]", "filters[0]"):
        assert f"{text} " in said(run), said(run)
    assert said(run).count("could not be worked out for any host") == 5
    none_left = listed(ansible, file(ansible, "none", options(site("one"), filters=[{"exclude": True}])))
    assert "filters leave out all 3 hosts" in said(none_left)
    missing = listed(
        ansible,
        file(ansible, "missing", {"plugin": "backup_ops.veeam_em.enterprise_manager"}),
        env=UNPARSED_IS_NO_ERROR,
    )
    assert "set VEEAM_EM_HOST" in said(missing)


@pytest.mark.ends
def test_groups_of_our_own_take_what_belongs_to_them(ansible: Ansible, site: t.Any) -> None:
    """A job or machine may be called ``ok``; who repeats what the plugin does anyway makes no mistake."""
    given = options(
        site("one", failed="web01"), protection={},
        groups={"veeam_em_failed": "veeam_em_verdict == 'failed'", "no_go": "veeam_em_verdict != 'ok'"},
        keyed_groups=[{"key": "veeam_em_verdict", "prefix": "veeam_em"}, {"key": "veeam_em_name", "prefix": "vm", "parent_group": "veeam_em_vms"}],
    )  # fmt: skip
    run = listed(ansible, file(ansible, "x", given))
    assert "WARNING" not in run.stderr, run.stderr
    assert verdict_groups(run, "web01") == ["failed"]
    assert verdict_groups(run, "web02") == ["ok"]
    assert run.json["no_go"]["hosts"] == ["web01"]
    assert "vm_web01" in run.json["veeam_em_vms"]["children"]


@pytest.mark.ends
def test_expressions_lead_no_connection_to_the_controller(ansible: Ansible, site: t.Any) -> None:
    told = {"web01": "localhost", "web02": "-oProxyCommand=id", "one01": "röntgen-süd.example.test"}
    for variable in ("ansible_host", "ansible_winrm_host"):
        given = options(site("one"), compose={variable: f"{told}[veeam_em_name]", "other": f"{told}[veeam_em_name]"})
        run = listed(ansible, file(ansible, "x", given))
        variables = run.json["_meta"]["hostvars"]
        assert {host: own[variable] for host, own in variables.items() if variable in own} == {"one01": told["one01"]}
        assert {host: own["other"] for host, own in variables.items()} == told
        assert f"compose.{variable} was left out where it gives what is no name or address of another machine" in said(
            run
        )
        assert "'localhost' for 'web01', '-oProxyCommand=id' for 'web02'" in said(run)
    nothing = listed(ansible, file(ansible, "x", options(site("one"), compose={"ansible_host": "''"})))
    assert all("ansible_host" not in own for own in nothing.json["_meta"]["hostvars"].values())
    assert "WARNING" not in nothing.stderr


@pytest.mark.ends
def test_several_servers_in_one_file(ansible: Ansible, site: t.Any) -> None:
    one, two = (
        site("one", failed="web02", unique="shared-vcenter"),
        site("two", failed="web01", unique="shared-vcenter"),
    )
    common = {
        key: value for key, value in options(one, protection={}).items() if key not in ("host", "port", "ca_path")
    }
    servers = [{"host": em.host, "port": em.port, "ca_path": str(em.ca_path)} for em in (one, two)]
    run = listed(ansible, file(ansible, "both", {**common, "servers": servers}))
    assert run.rc == 0, run.output
    names = run.json["veeam_em_vms"]["hosts"]
    assert sorted(names) == ["one01", "two01", "web01", "web02"]
    assert verdict_groups(run, "web01") == verdict_groups(run, "web02") == ["ok"], "good at one of them is good"
    managers = {name: run.json["_meta"]["hostvars"][name]["veeam_em_enterprise_managers"] for name in names}
    assert managers["web01"] == sorted({one.host, two.host})
    down = {**common, "servers": [servers[0], {"host": "localhost", "port": 1, "retries": 0}]}
    refused = listed(ansible, file(ansible, "fail", down), env=UNPARSED_IS_NO_ERROR)
    assert refused.json["_meta"]["hostvars"] == {}
    assert "localhost: " in said(refused)
    run = listed(
        ansible,
        file(
            ansible,
            "warn",
            {
                **down,
                "on_server_down": "warn",
                "cache": True,
                "cache_plugin": "ansible.builtin.jsonfile",
                "cache_connection": "cache",
            },
        ),
    )
    assert sorted(run.json["veeam_em_unknown"]["hosts"]) == sorted(run.json["veeam_em_vms"]["hosts"])
    assert run.json["_meta"]["hostvars"]["one01"]["veeam_em_enterprise_managers"] == [one.host]
    assert "No hosts of localhost are in the inventory, and every verdict is unknown" in said(run)
    assert not [path for path in (ansible.directory / "cache").rglob("*") if path.is_file()], "an outage is not kept"
    everything = {**down, "servers": down["servers"][1:], "on_server_down": "warn"}
    assert listed(ansible, file(ansible, "nothing", everything)).rc != 0
    wrong = {**down, "servers": [servers[0], {**servers[1], "password": "Wrong-password-1"}], "on_server_down": "warn"}
    assert listed(ansible, file(ansible, "wrong", wrong)).rc != 0, "a refused password is a mistake, and no outage"


@pytest.mark.ends
def test_damaged_caches_and_folders_that_can_not_be(ansible: Ansible, site: t.Any) -> None:
    em = site("one")
    (ansible.directory / "blocked").write_text("no folder")
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
    text = file(ansible, "text", options(em, hostvars_prefix="text_", cache_connection="text", **kept))
    other = file(ansible, "other", options(em, hostvars_prefix="other_", cache_connection="other", **kept))
    changed = file(
        ansible,
        "changed",
        options(em, hostvars_prefix="changed_", cache_connection="changed", protection={"max_age": "12h"}, **kept),
    )
    blocked = file(
        ansible, "blocked", options(em, hostvars_prefix="blocked_", cache_connection="blocked/cache", **kept)
    )
    files = (text, other, changed, blocked)
    assert listed(ansible, *files).rc == 0
    [damaged] = (ansible.directory / "text").iterdir()
    damaged.write_text('{"stamp": ')
    [damaged] = (ansible.directory / "other").iterdir()
    put(damaged, {"stamp": "x", "answers": {"hosts": 1}})
    [damaged] = (ansible.directory / "changed").iterdir()
    put(damaged, {**entry(damaged), "answers": [{**entry(damaged)["answers"][0], "hosts": []}]})
    em.reset()
    run = listed(ansible, *files)
    assert run.rc == 0, run.output
    assert set(run.json["veeam_em_vms"]["hosts"]) == {"one01", "web01", "web02"}
    assert {f"{prefix}_name" for prefix in ("text", "other", "changed", "blocked")} <= set(
        run.json["_meta"]["hostvars"]["web01"]
    )
    assert said(run).count("The cache is damaged, so everything is read anew") == 3
    assert said(run).count("The cache can't be used, so everything is read from Enterprise Manager") == 1
    assert "is damaged" not in said(listed(ansible, *files))


@pytest.mark.ends
def test_a_kept_verdict_becomes_worse_by_itself(ansible: Ansible, site: t.Any) -> None:
    """Ten hours later: the backup is of 18 hours ago, and so is what was kept of it."""
    em = site("one")
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_timeout": 0, "cache_connection": "cache"}
    paths = [
        file(ansible, name, options(em, hostvars_prefix=f"{name}_", group_prefix=f"{name}_", protection=protection, **kept))
        for name, protection in {
            "stale": {"max_age": "12h"},
            "fine": {"max_age": "24h"},
            "data": {"max_age": "24h", "max_data_age": "1h"},
            "waived": {"max_age": "1h", "waivers": [{"machine": "web01", "reason_code": "age_over_limit", "until": "2999-01-01"}]},
        }.items()
    ]  # fmt: skip
    first = listed(ansible, *paths)
    before = [verdict_groups(first, "web01", f"{prefix}_") for prefix in ("stale", "fine", "data", "waived")]
    assert len({tuple(each) for each in before}) == 1, "one host, one verdict: the worst that any file has"
    for path in (ansible.directory / "cache").iterdir():
        assert entry(path)["answers"], path
    asked = len(em.requests())
    singles = {path.name.partition(".")[0]: listed(ansible, path) for path in paths}
    assert len(em.requests()) == asked, "a warm cache asks nobody"
    found = {name: verdict_groups(run, "web01", f"{name}_") for name, run in singles.items()}
    assert found == {"stale": ["ok"], "fine": ["ok"], "data": ["ok"], "waived": ["waived"]}


MACHINES = """
backup_servers: [{name: vbr01.example.test}, {name: files01}]
hierarchy_roots:
  - {name: vc01.example.test, type: VC, backup_servers: [vbr01.example.test, files01]}
  - {name: vc02.example.test, type: VC, backup_servers: [vbr01.example.test]}
machines:
  - {names: [web01, files01], on: vc01.example.test}
  - {name: twin01, key: one twin, on: vc01.example.test}
  - {name: twin01, key: other twin, on: vc02.example.test}
  - {name: app01, on: vc01.example.test, life: [{at: -5d, on: vc02.example.test}]}
  - {name: "   ", key: blank, on: vc01.example.test}
protection_groups: [{name: Servers, backup_server: vbr01.example.test}]
computers: [{names: [web01, lap01], protection_group: Servers}]
jobs:
  - name: Nightly
    backup_server: vbr01.example.test
    type: Backup
    machines: [web01, files01, one twin, other twin, app01, blank]
    schedule: {every: 24h, last: -8h}
    history: 10d
  - name: Agents
    backup_server: vbr01.example.test
    type: AgentBackup
    computers: [web01, lap01]
    schedule: {every: 24h, last: -6h}
    history: 10d
"""


@pytest.mark.ends
@pytest.mark.parametrize("profile", ["v95u4", "v13"])
def test_one_host_for_each_machine_whatever_source_fails(
    ansible: Ansible, simulators: t.Any, tmp_path: Path, profile: str
) -> None:
    estate = tmp_path / "machines.yml"
    estate.write_text(MACHINES)
    em = simulators.get(estate=str(estate), profile=profile)
    asked = options(em, include=["vms", "agents", "backup_servers"], protection={}, cache=False)
    run = listed(ansible, file(ansible, "site", asked))
    assert run.rc == 0, run.output
    whole = len(em.requests())
    hosts = run.json["_meta"]["hostvars"]
    named = {name: variables["veeam_em_kinds"] for name, variables in hosts.items()}
    assert named["web01"] == ["vm", "agent"]
    assert named["files01"] == ["vm", "backup_server"]
    assert named["app01"] == ["vm"], "the machine that is there has the plain name"
    assert hosts["app01"]["veeam_em_hierarchy_root_name"] == "vc02.example.test"
    assert "twin01" not in named
    assert len([name for name in named if name.startswith("twin01")]) == 2
    assert len([name for name in hosts if not (hosts[name]["veeam_em_name"] or "").strip()]) == 1
    assert {hosts[name]["veeam_em_verdict"] for name in ("web01", "lap01", "app01")} == {"ok"}
    em.reset()
    em.add_fault(
        {"kind": "error", "status": 500, "path": "/api/query", "query": "*type=DiscoveredComputer*", "count": None}
    )
    poorer = listed(ansible, file(ansible, "site", {**asked, "retries": 0}))
    assert poorer.rc == 0, poorer.output
    assert "discovered computers can't be read" in said(poorer)
    assert {"web01", "files01", "lap01"} <= {*poorer.json["_meta"]["hostvars"]}
    assert len(em.requests()) <= whole, "a source that fails makes nothing else be asked"
    em.add_fault(
        {"kind": "error", "status": 500, "path": "/api/query", "query": "*type=BackupTaskSession*", "count": None}
    )
    broken = listed(ansible, file(ansible, "site", {**asked, "retries": 0}))
    assert broken.rc != 0
    assert "task sessions can't be read" in said(broken)
    assert "web01" not in broken.stdout
