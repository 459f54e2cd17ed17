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
LASTS = ("-1h", "-5h", "-9h", "-20h", "-30h", "-80h")


@dataclasses.dataclass(frozen=True)
class Site:
    """An estate, what is asked of it, and the events in it."""

    estate: Estate
    asked: tuple[t.Any, ...]
    options: dict[str, t.Any]
    profile: str
    events: frozenset[str]


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
        "accounts": [
            {"username": "admin", "password": "Admin-Passw0rd", "role": "Portal Administrator"},
            {"username": "user", "password": "User-Passw0rd", "role": "Portal User"},
        ],
    }
    if computers:
        estate["protection_groups"] = [{"name": "Servers", "backup_server": servers[0]}]
        estate["computers"] = [{"names": computers, "protection_group": "Servers"}]
    _add_extras(events, estate, servers[0], machines)
    asked = draw(st.lists(st.sampled_from(ASKED), min_size=2, max_size=4, unique=True))
    entries = [_entry(events, name, servers) for name in asked]
    options = {
        "max_age": events.pick(["12h", "24h", "24h", "3d"]),
        "ask_hypervisors": "never" if events.one_in(6, "hypervisors not asked") else "auto",
        "max_data_age": events.pick([None, "auto", "2h"]),
        "lookback": events.pick(["30d", "30d", "2d"]),
    }
    return Site(estate, tuple(entries), options, events.pick(["v95u4", "v12", "v13", "v13"]), frozenset(events.seen))


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
    machine: Estate = {"name": events.pick(NAMES), "key": f"m{number}", "on": events.pick(roots)["name"]}
    for event, change in (
        ("renamed", {"name": events.pick(["web01", "web02", "db01"])}),
        ("registered anew", {"reregistered": True}),
        ("deleted", {"deleted": True}),
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
        elif events.one_in(10, "a type of job that nobody knows"):
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
    return {
        "name": name, "backup_server": server, "type": kind, **members, "history": "6d",
        "schedule": {"every": events.pick(["12h", "24h"]), "last": "-20m" if running else events.pick(LASTS)},
        "outcomes": outcomes, "enabled": False,
    }  # fmt: skip


def _outcome(events: _Events, kind: str) -> Estate | None:
    if events.one_in(5, "failed"):
        return {"result": "Failed", "reason": "no space"}
    if events.one_in(8, "warning"):
        return {"result": "Warning", "reason": "slow"}
    if events.one_in(8, "retry"):
        return {"result": "Failed", "retry": events.pick(["Success", "Failed"])}
    if kind != "Replica" and events.one_in(8, "restore point removed"):
        return {"point": events.pick(["removed", "none"])}
    if kind != "Replica" and events.one_in(9, "session lost"):
        return {"missing": "session"}
    if kind != "Replica" and events.one_in(9, "session failed as a whole"):
        return {"session": "Failed", "failure_message": "health check"}
    return None


def _add_extras(events: _Events, estate: Estate, server: str, machines: list[Estate]) -> None:
    at_server = {root["name"] for root in estate["hierarchy_roots"] if server in root["backup_servers"]}
    here = [one["key"] for one in machines if one["on"] in at_server]
    if here and events.one_in(8, "restore"):
        estate["restore_sessions"] = [{"backup_server": server, "machine": here[0], "created": "-2h", "running": True}]
    if here and events.one_in(8, "points without tasks"):
        estate["restore_points"] = [
            {"backup_server": server, "machine": here[-1], "created": events.pick(["-5h", "-60h"])}
        ]
    if events.one_in(8, "collections with warnings"):
        estate["settings"] = {"collections": events.pick([["Warning"], ["Warning", "Success"], ["Failed", "Success"]])}
    elif events.one_in(10, "collection is dead"):
        estate["settings"] = {"collection_interval": "manual", "last_collection": "-6h"}


def _entry(events: _Events, name: str, servers: tuple[str, ...]) -> t.Any:
    entry: dict[str, t.Any] = {"name": name}
    if events.one_in(8, "asked at a backup server"):
        entry["backup_server_name"] = events.pick(servers)
    if events.one_in(8, "asked for agents only"):
        entry["job_types"] = ["AgentBackup", "AgentManagement"]
    elif events.one_in(8, "asked for virtual machines only"):
        entry["job_types"] = ["Backup"]
    return entry if len(entry) > 1 else name
