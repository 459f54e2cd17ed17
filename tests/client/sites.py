# SPDX-License-Identifier: GPL-3.0-or-later
"""Small sites with a life, made up by hypothesis: estates of the simulator, a question, and what happens in them."""

from __future__ import annotations

import dataclasses
import typing as t

from hypothesis import strategies as st

Estate = t.Dict[str, t.Any]
SERVERS = ("vbr01.example.test", "vbr02.example.test")
NAMES = ("web01", "WEB01", "web01.corp.example", "web01.old", "db01", "app01")
ASKED = (*NAMES, "Web01", "web01.lab.example", "nobody")
NO_IDS = ("00000000-0000-0000-0000-000000000000", "", "None", "same")
FIRST_REF = 101
LASTS = ("-1h", "-5h", "-9h", "-20h", "-30h", "-80h")


@dataclasses.dataclass(frozen=True)
class Site:
    """An estate, what is asked of it by whom, and the events in it; ``needed_before`` is how long ago the backups were needed."""

    estate: Estate
    asked: tuple[t.Any, ...]
    options: dict[str, t.Any]
    profile: str
    events: frozenset[str]
    user: str = "admin"
    needed_before: float = 0


class _Events:
    """Draws, and remembers what was drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.seen: set[str] = set()

    def one_in(self, number: int, event: str) -> bool:
        if self.draw(st.integers(1, number)) != number:
            return False
        self.seen.add(event)
        return True

    def pick(self, values: t.Sequence[t.Any]) -> t.Any:
        return self.draw(st.sampled_from(list(values)))


@st.composite
def sites(draw: st.DrawFn) -> Site:
    events = _Events(draw)
    servers = SERVERS[: 2 if events.one_in(3, "two backup servers") else 1]
    roots = _roots(events, servers)
    machines = [_machine(events, number, roots) for number in range(draw(st.integers(2, 5)))]
    computers = ["web01", "db01"] if events.one_in(3, "agents") else []
    jobs = _jobs(events, servers, roots, machines, computers)
    estate: Estate = {
        "backup_servers": [{"name": server} for server in servers],
        "hierarchy_roots": roots,
        "machines": machines,
        "jobs": jobs,
        "repositories": [
            {"name": "Array", "backup_server": server, "kind": "SanSnapshot", "capacity": -1, "free": -1}
            for server in sorted({one["backup_server"] for one in jobs if "repository" in one})
        ],
        "accounts": [
            {"username": "admin", "password": "Admin-Passw0rd", "role": "Portal Administrator"},
            {"username": "user", "password": "User-Passw0rd", "role": "Portal User"},
        ],
    }
    if computers:
        estate["protection_groups"] = [{"name": "Servers", "backup_server": servers[0]}]
        estate["computers"] = [{"names": computers, "protection_group": "Servers"}]
    _add_extras(events, estate, servers[0], machines)
    _add_namesake(events, estate)
    asked = draw(st.lists(st.sampled_from(ASKED), min_size=2, max_size=4, unique=True))
    entries = [_entry(events, name, servers) for name in asked]
    options = {
        "max_age": events.pick(["12h", "24h", "24h", "3d"]),
        "ask_hypervisors": "never" if events.one_in(6, "hypervisors not asked") else "auto",
        "max_data_age": events.pick([None, "auto", "2h"]),
        "lookback": events.pick(["30d", "30d", "2d"]),
        "accept_warning": not events.one_in(3, "warnings not accepted"),
        "waivers": _waivers(events, asked),
    }
    profile = events.pick(["v95u4", "v12", "v13", "v13"])
    user = "user" if events.one_in(10, "an account that may not see everything") else "admin"
    needed_before = events.pick([4.0, 14.0]) if events.one_in(5, "needed in the past") else 0
    return Site(estate, tuple(entries), options, profile, frozenset(events.seen), user, needed_before)


def _waivers(events: _Events, asked: t.Iterable[str]) -> list[Estate]:
    """For what is wrong most often; time is shifted by months, so they end late."""
    if not events.one_in(5, "waivers"):
        return []
    codes = ("no_backup_found", "age_over_limit", "last_attempt_failed", "only_copy_found")
    return [{"machine": name, "reason_code": code, "until": "2099-01-01T00:00:00Z"} for name in asked for code in codes]


def _roots(events: _Events, servers: tuple[str, ...]) -> list[Estate]:
    count = events.pick([1, 1, 2, 3])
    no_id = events.pick(NO_IDS) if events.one_in(6, "unique ids that are none") else None
    found = []
    for number in range(count):
        root: Estate = {
            "name": f"hv{number}.example.test",
            "type": events.pick(["VC", "ESXi", "HvServer"]),
            "backup_servers": list(servers)
            if events.one_in(2, "one hypervisor at all servers")
            else [servers[number % len(servers)]],
        }
        if no_id is not None:
            root["unique_id"] = no_id
        if events.one_in(12, "a root that does not answer"):
            root["lookup"] = events.pick(["fails", "empty", 403])
        if events.one_in(15, "a root of another id"):
            root["wrong_id"] = events.pick(["roots", "roots_and_lookup"])
        found.append(root)
    return found


def _machine(events: _Events, number: int, roots: list[Estate]) -> Estate:
    root = events.pick(roots)
    machine: Estate = {
        "name": events.pick(NAMES),
        "key": f"m{number}",
        "on": root["name"],
        "ref": f"vm-{FIRST_REF + number}",
    }
    elsewhere = [one["name"] for one in roots if set(root["backup_servers"]) <= set(one["backup_servers"])]
    for event, change in (
        ("renamed", {"name": events.pick(["web01", "web02", "db01"])}),
        ("registered anew", {"reregistered": True}),
        ("deleted", {"deleted": True}),
        ("moved", {"on": events.pick(elsewhere)}),
    ):
        if events.one_in(8, event):
            machine["life"] = [{"at": events.pick(["-4h", "-15h", "-50h"]), **change}]
            break
    return machine


def _jobs(
    events: _Events, servers: tuple[str, ...], roots: list[Estate], machines: list[Estate], computers: list[str]
) -> list[Estate]:
    found = []
    for number in range(events.pick([1, 2, 3])):
        server = events.pick(servers)
        reachable = {root["name"] for root in roots if server in root["backup_servers"]}
        members = [one["key"] for one in machines if one["on"] in reachable and events.draw(st.integers(0, 3))]
        kind = "Backup"
        if events.one_in(8, "replication"):
            kind = "Replica"
        elif events.one_in(5, "a type of job that nobody knows"):
            kind = "VmbApiPolicyTempJob"
        if members:
            found.append(_job(events, f"job{number}", server, kind, {"machines": members}, members))
    if computers:
        found.append(_job(events, "agents", servers[0], "AgentBackup", {"computers": computers}, computers))
    copied = [one["name"] for one in found if one["type"] == "Backup"]
    if copied and events.one_in(4, "copies"):
        found.append(copy_of(copied[0], next(one["backup_server"] for one in found if one["name"] == copied[0])))
    return found


def copy_of(job: str, server: str) -> Estate:
    return {
        "name": "copy", "backup_server": server, "type": "BackupCopy", "source_jobs": [job],
        "schedule": {"every": "24h", "last": "-2h"}, "history": "3d",
    }  # fmt: skip


def _job(events: _Events, name: str, server: str, kind: str, members: Estate, keys: list[str]) -> Estate:
    outcomes = []
    names = {"computers": "machine", "machines": "machine"}
    for key in keys:
        outcome = _outcome(events, kind)
        if outcome:
            outcomes.append({names["machines"]: key, "runs": events.pick([0, 0, "0-1", "0-3", "1+"]), **outcome})
    running = events.one_in(10, "running")
    if running:
        outcomes = [{"runs": 0, "running": True}, *outcomes]
    elif events.one_in(12, "an end that was lost"):
        outcomes = [{"runs": 1, "running": True}, *outcomes]
    repository = {"repository": "Array"} if kind == "Backup" and events.one_in(8, "storage snapshots") else {}
    return {
        "name": name, "backup_server": server, "type": kind, **members, "history": "6d",
        "schedule": {"every": events.pick(["12h", "24h"]), "last": "-20m" if running else events.pick(LASTS)},
        "outcomes": outcomes, "enabled": False, **repository,
    }  # fmt: skip


def _outcome(events: _Events, kind: str) -> Estate | None:
    if kind != "Replica" and events.one_in(6, "restore point removed"):
        return {"point": events.pick(["removed", "none"])}
    if events.one_in(5, "failed"):
        return {"result": "Failed", "reason": "no space"}
    if events.one_in(5, "warning"):
        return {"result": "Warning", "reason": "slow"}
    if events.one_in(8, "retry"):
        return {"result": "Failed", "retry": events.pick(["Success", "Failed"])}
    if kind != "Replica" and events.one_in(9, "session lost"):
        return {"missing": "session"}
    if kind != "Replica" and events.one_in(4, "session failed as a whole"):
        return {"session": "Failed", "failure_message": "health check"}
    return None


def _add_extras(events: _Events, estate: Estate, server: str, machines: list[Estate]) -> None:
    at_server = {root["name"] for root in estate["hierarchy_roots"] if server in root["backup_servers"]}
    here = [one["key"] for one in machines if one["on"] in at_server]
    if here and events.one_in(5, "restore"):
        estate["restore_sessions"] = [{"backup_server": server, "machine": here[0], "created": "-2h", "running": True}]
    if here and events.one_in(2, "points without tasks"):
        imported = {"name": events.pick(["app01", "db01", "nobody"]), "key": "imported", "on": next(
            one["on"] for one in machines if one["key"] == here[-1]
        )}  # fmt: skip
        estate["machines"] = [*machines, imported]
        estate["restore_points"] = [
            {
                "backup_server": server,
                "machine": "imported",
                "created": events.pick(["-5h", "-60h"]),
            }
        ]
    if here and events.one_in(3, "work that never ends"):
        estate["jobs"] = [*estate["jobs"], {
            "name": "log", "backup_server": server, "type": "SqlLogBackup", "machines": here[:1], "history": "3d",
            "schedule": {"every": "24h", "last": "-3h"}, "outcomes": [{"runs": 0, "running": True}], "enabled": False,
        }]  # fmt: skip
    if events.one_in(5, "repositories denied"):
        estate["accounts"] = [{**one, "denied": ["query/Repository"]} for one in estate["accounts"]]
    if events.one_in(8, "collections with warnings"):
        estate["settings"] = {"collections": events.pick([["Warning"], ["Warning", "Success"], ["Failed", "Success"]])}
    elif events.one_in(8, "collection is dead"):
        estate["settings"] = {"collection_interval": "manual", "last_collection": "-6h"}


def _add_namesake(events: _Events, estate: Estate) -> None:
    """A host connected besides its vCenter, which shows one of its machines too."""
    wide = next((one for one in estate["hierarchy_roots"] if one["type"] == "VC" and "lookup" not in one), None)
    inside = [one["name"] for one in estate["machines"] if wide and one["on"] == wide["name"] and "life" not in one]
    if not wide or not inside or not events.one_in(2, "a host besides its vCenter"):
        return
    host = {"name": "esx9.example.test", "type": "ESXi", "backup_servers": wide["backup_servers"][:1]}
    estate["hierarchy_roots"] = [*estate["hierarchy_roots"], host]
    estate["machines"] = [*estate["machines"], {"name": inside[0], "key": "namesake", "on": host["name"]}]


def _entry(events: _Events, name: str, servers: tuple[str, ...]) -> t.Any:
    entry: dict[str, t.Any] = {"name": name}
    if events.one_in(8, "a limit of its own"):
        entry["max_age"] = events.pick(["1h", "6h", "20h", "40h", "5d", "40d"])
    if events.one_in(10, "demands of its own"):
        entry["accept_warning"] = events.pick([True, False])
        entry["require_restore_point"] = events.pick([True, False])
    if events.one_in(20, "asked by a bare id"):
        entry["vm_ref"] = f"vm-{FIRST_REF + events.draw(st.integers(0, 3))}"
    if events.one_in(14, "asked by a reference that nothing has"):
        return {"name": name, "vm_uid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000009.vm-77777"}
    if events.one_in(8, "asked at a backup server"):
        entry["backup_server_name"] = events.pick(servers)
    if events.one_in(8, "asked for agents only"):
        entry["job_types"] = ["AgentBackup", "AgentManagement"]
    elif events.one_in(8, "asked for virtual machines only"):
        entry["job_types"] = ["Backup"]
    return entry if len(entry) > 1 else name
