# SPDX-License-Identifier: GPL-3.0-or-later
"""For every option a call with it and the same call without it, and where the two must differ.

A new option needs a row here. An option of several modules has one row in SHARED, unless a module needs another.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ssl
import typing as t
from pathlib import Path

from . import calls
from .calls import PROGRESS, Seen

Options = t.Mapping[str, t.Any]
OLD_WAIVER = {"machine": "old01", "reason_code": "age_over_limit", "until": "2999-01-01"}
BASE: dict[str, Options] = {
    "protection_info": {"machines": ["web01"]},
    "query_info": {"type": "BackupTaskSession"},
    "enterprise_manager": {"include": ["vms"], "since": "2d"},
}
"""Options of both calls, besides those of the row."""


@dataclasses.dataclass(frozen=True)
class Case:
    """``value`` may be a function of what the call without the option showed; ``sees`` is a function of calls.py."""

    value: t.Any
    sees: str = "rows"
    base: Options = dataclasses.field(default_factory=dict)
    """Options of both calls."""
    without: t.Any = None
    """What the option is in the other call, when it can't be left out or the row is about a part of it."""
    role: str | None = None
    """The role of the account, when it is not the administrator."""
    fault: Options | None = None
    """What the server does wrong in both calls."""


def of(key: str, position: int = 0) -> t.Callable[[Seen], list[t.Any]]:
    """The value that a record has."""
    return lambda seen: [seen.records[position][key]]


def _first(key: str) -> t.Callable[[Seen], list[t.Any]]:
    """The first value that is there."""
    return lambda seen: [next(record[key] for record in seen.records if record[key])]


def _job(seen: Seen) -> list[t.Any]:
    """A task does not tell its job's UID, its session does."""
    sessions = calls.module("backup_session_info", seen.em, {"job_name": [seen.records[0]["job_name"]], "limit": 1}, {})
    return [sessions.records[0]["job_uid"]]


def _authority(seen: Seen) -> str:
    return Path(seen.em.ca_path).read_text(encoding="utf-8")


def _fingerprint(seen: Seen) -> str:
    presented = ssl.get_server_certificate((seen.em.host, seen.em.port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(presented)).hexdigest()


SHARED: dict[str, Case] = {
    "uid": Case(lambda seen: seen.records[0]["uid"]),
    "name": Case(of("name")),
    "name_match": Case(["exact"], base={"backup_server_name": ["VBR01"]}),
    "filter": Case(lambda seen: f'UID=="{seen.records[0]["uid"]}"'),
    "descending": Case(True),
    "limit": Case(1),
    "include_links": Case(True, "keys"),
    "include_raw": Case(True, "keys"),
    "backup_server_name": Case(of("backup_server_name")),
    "backup_server_uid": Case(of("backup_server_uid")),
    "endpoint": Case("list", "paths"),
    "representation": Case("reference", "first"),
    "job_name": Case(of("job_name")),
    "job_uid": Case(of("job_uid")),
    "job_session_uid": Case(of("job_session_uid")),
    "vm_display_name": Case(of("vm_display_name")),
    "state": Case(of("state", -1)),
    "result": Case(["Failed"]),
    "running": Case(True),
    "created_after": Case("2d"),
    "created_before": Case("2d"),
    "unresolved": Case(True),
    "ended_after": Case("2d"),
    "ended_before": Case("2d"),
}

CONNECTION: dict[str, Case] = {
    "host": Case("nobody.example.test", "outcome"),
    "port": Case(1, "outcome", {"retries": 0}),
    "protocol": Case("http", "outcome", {"retries": 0}),
    "username": Case("somebody-else", "outcome"),
    "password": Case("not-the-password", "outcome"),
    "validate_certs": Case(False, "outcome", {"ca_path": None}),
    "ca_path": Case(lambda seen: str(seen.em.ca_path), "outcome", {"ca_path": None}),
    "ca_cert": Case(_authority, "outcome", {"ca_path": None}),
    "ca_fingerprint": Case(_fingerprint, "outcome", {"ca_path": None}),
    "timeout": Case(7, "timeouts"),
    "retries": Case(0, "outcome", fault={"kind": "unavailable", "path": "/api/query", "count": 1}),
    "api_version": Case("v1_4", "targets"),
    "data_format": Case("xml", "accepted"),
    "page_size": Case(7, "page_sizes"),
    "parallel_requests": Case(1, "slices", {"page_size": 2}),
}
"""Proved with CONNECTED and with the inventory plugin; each also as an environment variable."""

CONNECTED = "backup_session_info"

_MACHINE = {
    "name": Case([{"name": "web01"}], "verdicts", without=[{"name": "db02"}]),
    "vm_uid": Case(
        lambda seen: [{"name": "file01", "vm_uid": seen.records[0]["vm_uid"]}], "verdicts", without=["file01"]
    ),
    "vm_ref": Case([{"name": "twin01", "vm_ref": "vm-2001"}], "verdicts", without=["twin01"]),
    "backup_server_name": Case(
        [{"name": "web01", "backup_server_name": "vbr02.example.test"}], "verdicts", without=["web01"]
    ),
    "max_age": Case([{"name": "file01", "max_age": "3d"}], "verdicts", without=["file01"]),
    "needed_at": Case([{"name": "web01", "needed_at": "+2d"}], "verdicts", without=["web01"]),
    "accept_warning": Case([{"name": "print01", "accept_warning": False}], "verdicts", without=["print01"]),
    "job_types": Case([{"name": "copyonly01", "job_types": ["ImmediateBackupCopy"]}], "verdicts", without=["copyonly01"]),
    "require_restore_point": Case(
        [{"name": "gone01", "require_restore_point": False}], "verdicts", without=["gone01"]
    ),
}  # fmt: skip

_POLICY = {
    "max_age": Case("3d", "verdicts", {"machines": ["file01"]}),
    "needed_at": Case("+2d", "verdicts"),
    "accept_warning": Case(False, "verdicts", {"machines": ["print01"]}),
    "job_types": Case(["ImmediateBackupCopy"], "verdicts", {"machines": ["copyonly01"]}),
    "require_restore_point": Case(False, "verdicts", {"machines": ["gone01"]}),
    "name_match": Case(["exact"], "verdicts", {"machines": ["WEB01"]}),
    "max_data_age": Case("1m", "verdicts"),
    "waivers": Case([OLD_WAIVER], "verdicts", {"machines": ["old01"]}),
    "lookback": Case("5d", "verdicts", {"machines": ["old01"]}),
    "history": Case("7d", "keys"),
    "full_visibility": Case(True, "verdicts", {"machines": ["legacy01"]}, role="Portal User"),
    "domains": Case(["example.test"], "verdicts", {"machines": ["web01.corp.example"]}),
    "ask_hypervisors": Case("never", "paths"),
    "max_rows": Case(1, "verdicts"),
    "wait_running": Case("1s", "paths", {"machines": ["mail01"]}),
    "next_runs": Case(True, "paths"),
    "progress_file": Case(str(PROGRESS), "progress", {"machines": ["mail01"], "wait_running": "1s"}),
}


def _waiver(part: str, other: t.Any, machines: t.Sequence[str] = ("old01",)) -> Case:
    """The same waiver with another value of one part, or without it."""
    changed = {name: value for name, value in {**OLD_WAIVER, part: other}.items() if value is not None}
    return Case([{"note": "Why", **OLD_WAIVER}], "waivers", {"machines": list(machines)}, without=[changed])


SPECIFIC: dict[str, dict[str, Case]] = {
    "backup_server_info": {
        "name_match": Case(["exact"], base={"name": ["VBR01"]}),
        "sort_by": Case("port", "targets", {"limit": 1}),
        "version": Case(["1.0"]),
    },
    "backup_session_info": {
        "latest": Case("job"),
        "sort_by": Case("name"),
        "job_type": Case(["AgentBackup"]),
        "is_retry": Case(True),
        "parent_session_uid": Case(
            lambda seen: [next(record["uid"] for record in seen.records if record["agent_role"] == "parent")],
            base={"endpoint": "list"},
        ),
    },
    "backup_task_session_info": {
        "latest": Case("machine"),
        "sort_by": Case("total_size"),
        "job_uid": Case(_job),
        "reason": Case(_first("reason")),
        "total_size_min": Case(1),
        "total_size_max": Case(0),
    },
    "doctor": {"bundle": Case(True, "sections")},
    "job_info": {
        "sort_by": Case("backup_server_name"),
        "kind": Case(["nas"]),
        "platform": Case(["HyperV"]),
        "schedule_enabled": Case(False),
        "schedule_configured": Case(False),
        "include_objects": Case(True, "keys"),
        "include_machines": Case(True, "keys"),
        "needed_at": Case("8h", "keys"),
    },
    "protection_info": {
        "machines": Case(["db02"], "verdicts", without=["web01"]),
        **{f"machines.{part}": case for part, case in _MACHINE.items()},
        **_POLICY,
        "waivers.machine": _waiver("machine", "file01", ("old01", "file01")),
        "waivers.reason_code": _waiver("reason_code", "no_backup_found"),
        "waivers.until": _waiver("until", "2001-01-01"),
        "waivers.note": _waiver("note", None),
    },
    "query_info": {
        "type": Case("Repository", without="Job"),
        "sort_by": Case("TotalSize"),
        "job_type": Case(["AgentBackup"], base={"type": "BackupJobSession"}),
        "platform": Case(["HyperV"], base={"type": "Job"}),
        "job_uid": Case(of("job_uid"), base={"type": "BackupJobSession"}),
    },
    "repository_info": {
        "sort_by": Case("capacity"),
        "kind": Case(of("kind")),
        "free_space_min": Case(10**13),
        "free_space_max": Case(10**13),
        "free_percent_max": Case(20),
    },
    "summary_info": {"reports": Case(["overview"], "sections")},
    "machine_info": {
        "names": Case(["web01"], "names"),
        "name_match": Case(["exact"], "names", {"names": ["WEB01"]}),
        "domains": Case(["site"], "names", {"names": ["web01.site"]}),
        "include": Case(["agents"], "names"),
        "since": Case("5d", "names", {"include": ["vms"]}),
        "protection": Case(True, "keys"),
    },
    "vm_restore_point_info": {
        "sort_by": Case("name"),
        "filter": Case(lambda seen: f'UID=="{seen.records[0]["uid"]}"', base={"machine_type": ["vm"]}),
        "machine_type": Case(["agent"]),
        "latest": Case("machine"),
        "point_type": Case(["Full"]),
        "algorithm": Case(["Full"]),
    },
}

_CACHED = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "./cache"}
_BY_PLATFORM = {"keyed_groups": [{"key": "veeam_em_platform"}]}


def _keyed(without: Options | None = None, **given: t.Any) -> Case:
    """A group made by a key, with a part more or another one."""
    key = {"key": "veeam_em_platform"}
    return Case([{**key, **given}], "groups", without=[{**key, **(without or {})}])


_KEYED = {
    "key": _keyed(key="veeam_em_kind"),
    "prefix": _keyed(prefix="mine"),
    "separator": _keyed(separator="__"),
    "parent_group": _keyed(parent_group="platforms"),
    # Both are about a value that is empty.
    "default_value": _keyed({"key": "''"}, key="''", default_value="nothing"),
    "trailing_separator": _keyed({"key": "{'a': ''}"}, key="{'a': ''}", trailing_separator=False),
}

INVENTORY: dict[str, Case] = {
    "plugin": Case("somebody.elses.plugin", "outcome", without="backup_ops.veeam_em.enterprise_manager"),
    "include": Case(["backup_servers"], "groups", without=["vms"]),
    "since": Case("12h", "groups", without="2d"),
    "hostnames": Case(["vm_ref"], "groups"),
    "filters": Case([{"exclude": "veeam_em_name == 'web01'"}], "groups"),
    "hostvars_prefix": Case("em_", "variables"),
    "group_prefix": Case("em_", "groups"),
    "duplicates": Case("fail", "outcome"),
    "servers": Case(
        [{"host": "127.0.0.1", "api_version": "v1_4"}], "targets", {"host": None}, without=[{"host": "127.0.0.1"}]
    ),
    "on_server_down": Case(
        "fail", "outcome", {"host": None, "servers": [{"host": "127.0.0.1"}, {"host": "localhost", "port": 1, "retries": 0}]},
        without="warn",
    ),
    "protection": Case({}, "groups"),
    "protection.max_age": Case({"max_age": "1h"}, "groups", without={}),
    "protection.needed_at": Case({"needed_at": "+2d"}, "groups", without={}),
    "protection.accept_warning": Case({"accept_warning": False}, "groups", without={}),
    "protection.job_types": Case({"job_types": ["ImmediateBackupCopy"]}, "groups", without={}),
    "protection.require_restore_point": Case({"require_restore_point": False}, "groups", without={}),
    "protection.name_match": Case(
        {"name_match": ["short_name"]}, "matched", {"include": ["agents"]}, without={}
    ),
    # Hosts have the names of their machines, so that it hardly ever matters what a domain is; it is read all the same.
    "protection.domains": Case({"domains": ["no domain"]}, "outcome", without={"domains": ["example.test"]}),
    "protection.max_data_age": Case({"max_data_age": "1m"}, "groups", without={}),
    "protection.waivers": Case(
        {"waivers": [{"machine": "old01", "reason_code": "age_over_limit", "until": "2999-01-01"}]},
        "groups", {"since": "30d"}, without={},
    ),
    "protection.lookback": Case({"lookback": "5d"}, "groups", {"since": "30d"}, without={}),
    "protection.history": Case({"history": "7d"}, "verdict_keys", without={}),
    "protection.full_visibility": Case(
        {"lookback": "5d", "full_visibility": True}, "groups", {"since": "30d"}, without={"lookback": "5d"}, role="Portal User"
    ),
    "protection.ask_hypervisors": Case({"ask_hypervisors": "never"}, "paths", without={}),
    "protection.max_rows": Case({"max_rows": 1}, "groups", without={}),
    "strict": Case(True, "outcome", {"compose": {"broken": "no_such_variable.part"}}),
    "compose": Case({"moid": "veeam_em_vm_ref"}, "variables"),
    "groups": Case({"everything": "true"}, "groups"),
    **{f"keyed_groups.{part}": case for part, case in _KEYED.items()},
    "keyed_groups": Case([{"key": "veeam_em_platform", "prefix": "platform"}], "groups"),
    "leading_separator": Case(False, "groups", _BY_PLATFORM),
    "use_extra_vars": Case(True, "variables", {"compose": {"seen": "extra_variable"}}),
    "cache": Case(True, "files", _CACHED, without=False),
    "cache_plugin": Case("ansible.builtin.jsonfile", "files", {"cache": True, "cache_connection": "./cache"}),
    "cache_timeout": Case(7200 * 2, "paths_of_the_second_run", _CACHED),
    "cache_connection": Case("./another", "files", _CACHED, without="./cache"),
    "cache_prefix": Case("mine_", "files", _CACHED),
}  # fmt: skip

_EARLIER = {
    "schema": "backup_ops.veeam_em/evidence",
    "generated_at": "2026-01-01T00:00:00Z",
    "decision": {"not_ok": ["file01"]},
    "result": {"machines": [{"name": "file01"}]},
}

EVIDENCE: dict[str, Case] = {
    "_input": Case("another", "text"),
    "format": Case("json", "text", without="table"),
    "change_number": Case("CHG0042", "text"),
    "em_host": Case("em99.example.test", "text", {"format": "json"}),
    "policy": Case({"max_age": "1h"}, "text", {"format": "json"}),
    "provenance": Case({"user": "ops"}, "text", {"format": "html"}),
    "earlier": Case(_EARLIER, "text", {"format": "html"}),
    "jobs": Case([{"name": "File servers", "next_run": None}], "text", {"format": "html"}),
    "allowed_verdicts": Case(["ok", "stale"], "text", {"format": "json"}),
    "allow_empty": Case(True, "text", {"_input": "empty"}),
    "generated_at": Case("2026-01-05T20:00:00Z", "text", {"format": "json"}),
}

LISTING: dict[str, Case] = {
    "_input": Case("another", "text"),
    "format": Case("csv", "text", without="table"),
    "columns": Case(["id"], "text"),
    "title": Case("Last night", "text"),
}


def cases_of(module: str) -> dict[str, Case]:
    """Of the module's own options that have a row."""
    return {**SHARED, **SPECIFIC.get(module, {})}
