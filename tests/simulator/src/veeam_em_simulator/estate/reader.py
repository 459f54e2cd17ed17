# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checked document to an estate: names are looked up, ages become moments, ids are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from veeam_em_simulator.clock import parse_duration, parse_moment
from veeam_em_simulator.estate import infrastructure, model
from veeam_em_simulator.estate.document import Document
from veeam_em_simulator.estate.jobs import read_job, read_session
from veeam_em_simulator.estate.loose import read_point, read_restore
from veeam_em_simulator.estate.machines import read_machines
from veeam_em_simulator.estate.names import expanded, parse_size
from veeam_em_simulator.identifiers import stable_guid
from veeam_em_simulator.web.faults import FaultError, Faults

DEFAULT_ACCOUNTS = (
    {"username": "svc-ansible", "password": "Admin-Passw0rd", "role": "Portal Administrator"},
    {"username": "svc-portal", "password": "User-Passw0rd", "role": "Portal User"},
    {"username": "svc-restore", "password": "Operator-Passw0rd", "role": "VM Restore Operator"},
    {"username": "svc-nobody", "password": "Nobody-Passw0rd", "role": "none"},
)


class Reader:
    """Resolves one document; each part is read after those that it names."""

    def __init__(self, document: Document, seed: int, now: int) -> None:
        self.document = document
        self.data: dict[str, Any] = document.data or {}
        self.seed = seed
        self.now = now
        self.servers: dict[str, infrastructure.Server] = {}
        self.roots: dict[str, infrastructure.Root] = {}
        self.repositories: dict[tuple[str, str], infrastructure.Repository] = {}
        self.machines: dict[str, list[infrastructure.Machine]] = {}
        self.keyed: dict[str, infrastructure.Machine] = {}
        self.groups: dict[str, infrastructure.Group] = {}
        self.computers: dict[str, infrastructure.Computer] = {}
        self.file_servers: dict[str, infrastructure.FileServer] = {}
        self.jobs: dict[str, model.Job] = {}

    def read(self) -> model.Estate:
        settings = self._settings()
        self._read_infrastructure()
        read_machines(self)
        self._read_computers()
        self._read_jobs()
        return model.Estate(
            seed=self.seed,
            description=self.data.get("description", ""),
            settings=settings,
            accounts=tuple(_account(account) for account in self.data.get("accounts") or DEFAULT_ACCOUNTS),
            servers=tuple(self.servers.values()),
            roots=tuple(self.roots.values()),
            repositories=tuple(self.repositories.values()),
            machines=tuple(machine for same_name in self.machines.values() for machine in same_name),
            groups=tuple(self.groups.values()),
            computers=tuple(self.computers.values()),
            file_servers=tuple(self.file_servers.values()),
            jobs=tuple(self.jobs.values()),
            sessions=tuple(self._sessions()),
            restore_sessions=tuple(read_restore(self, item, path) for path, item in self.items("restore_sessions")),
            restore_points=tuple(read_point(self, item, path) for path, item in self.items("restore_points")),
            faults=tuple(self._faults()),
        )

    def guid(self, *parts: str) -> str:
        return stable_guid(self.seed, *parts)

    def items(self, key: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
        for number, item in enumerate(self.data.get(key, ())):
            yield (key, number), item

    def moment(self, text: str, path: tuple[str | int, ...]) -> int:
        try:
            return parse_moment(text, self.now)
        except ValueError as error:
            raise self.document.error(path, str(error)) from error

    def _settings(self) -> model.Settings:
        given = dict(self.data.get("settings", {}))
        for key in ("collection_interval", "collection_log", "session_retention", "idle_timeout"):
            if key in given:
                given[key] = None if given[key] == "manual" else parse_duration(given[key])
        last_attempt = self.moment(given.get("last_collection", "-4m"), ("settings", "last_collection"))
        if "collections" in given:
            given["collections"] = tuple(given["collections"])
            if given["collections"][-1] == "Failed":
                path = ("settings", "collections", len(given["collections"]) - 1)
                raise self.document.error(path, "the last one goes for all before it, and some must have brought the data")
        settings = model.Settings(**given | {"last_collection": last_attempt})
        return replace(settings, last_collection=last_attempt - settings.failed_collections * settings.collection_step)

    def server(self, name: str, path: tuple[str | int, ...]) -> infrastructure.Server:
        if name not in self.servers:
            raise self.document.error((*path, "backup_server"), f"there is no backup server '{name}'")
        return self.servers[name]

    def _root(self, item: dict[str, Any], path: tuple[str | int, ...]) -> infrastructure.Root:
        attached = [item["backup_servers"]] if isinstance(item["backup_servers"], str) else item["backup_servers"]
        servers = [self.server(name, path) for name in attached]
        host_type = item.get("type", "VC")
        hyper_v = host_type in ("HvServer", "HvCluster", "Scvmm")
        unique_id = item["name"] if hyper_v else self.guid("unique", item["name"]).upper()
        wrong = item.get("wrong_id")
        return infrastructure.Root(
            item["name"],
            host_type,
            item.get("unique_id", unique_id),
            {server.id: self.guid("root", item["name"], server.name) for server in servers},
            {server.id: self.guid("listed root", item["name"], server.name) for server in servers} if wrong else {},
            lookup_lists=wrong == "roots_and_lookup",
            lookup=self._lookup(item.get("lookup", "answers"), servers, (*path, "lookup")),
        )

    def _lookup(
        self, given: str | int | dict[str, str | int], servers: list[infrastructure.Server], path: tuple[str | int, ...]
    ) -> dict[str, int]:
        """How the lookup goes wrong at each server; one word is for all of them."""
        told = given if isinstance(given, dict) else {server.name: given for server in servers}
        ids = {server.name: server.id for server in servers}
        for name in told:
            if name not in ids:
                raise self.document.error((*path, name), f"the hierarchy root is not attached to a backup server '{name}'")
        status = {"empty": infrastructure.NO_ITEMS, "fails": 500}
        return {ids[name]: status[word] if isinstance(word, str) else word for name, word in told.items() if word != "answers"}

    def _faults(self) -> Iterator[dict[str, Any]]:
        for path, item in self.items("faults"):
            try:
                Faults(self.seed).add(item)
            except FaultError as error:
                raise self.document.error(path, str(error)) from error
            yield item

    def _read_infrastructure(self) -> None:
        for path, item in self.items("backup_servers"):
            if item["name"] in self.servers:
                raise self.document.error(path, f"the backup server '{item['name']}' is there twice")
            given = {"id": self.guid("server", item["name"]), **item}
            if "collected_until" in given:
                given["collected_until"] = self.moment(given["collected_until"], (*path, "collected_until"))
            self.servers[item["name"]] = infrastructure.Server(**given)
        for path, item in self.items("hierarchy_roots"):
            if item["name"] in self.roots:
                raise self.document.error(path, f"the hierarchy root '{item['name']}' is there twice")
            self.roots[item["name"]] = self._root(item, path)
        for path, item in self.items("repositories"):
            server = self.server(item["backup_server"], path)
            capacity = parse_size(item.get("capacity", "50TB"))
            self.repositories[server.name, item["name"]] = infrastructure.Repository(
                self.guid("repository", server.name, item["name"]),
                item["name"],
                server,
                item.get("kind", "WindowsLocal"),
                capacity,
                parse_size(item["free"]) if "free" in item else (capacity * 2 // 5 if capacity > 0 else -1),
            )
        for server in self.servers.values():
            name = "Default Backup Repository"
            self.repositories.setdefault(
                (server.name, name),
                infrastructure.Repository(self.guid("repository", server.name, name), name, server, "WindowsLocal", 4 << 40, 3 << 40),
            )

    def _read_computers(self) -> None:
        for path, item in self.items("protection_groups"):
            server = self.server(item["backup_server"], path)
            self.groups[item["name"]] = infrastructure.Group(self.guid("group", item["name"]), item["name"], server)
        count = 0
        for path, item in self.items("computers"):
            group = self.groups.get(item["protection_group"])
            if group is None:
                raise self.document.error((*path, "protection_group"), f"there is no protection group '{item['protection_group']}'")
            for name in [item["name"]] if "name" in item else expanded(item["names"]):
                count += 1
                platform = item.get("platform", "AgentForWindows")
                windows = platform == "AgentForWindows"
                self.computers[name] = infrastructure.Computer(
                    id=self.guid("computer", group.name, name),
                    name=name,
                    group=group,
                    platform=platform,
                    os=item.get("os", "Microsoft Windows 11 (64-bit)" if windows else "Debian GNU/Linux 12 (64-bit)"),
                    ip=item.get("ip", f"192.0.2.{count % 250 + 1}"),
                    host_status=item.get("host_status", "Online"),
                    agent_status=item.get("agent_status", "Installed"),
                    agent_version=item.get("agent_version", "6.3.2.1207"),
                    size=parse_size(item.get("size", "250GB")),
                )
        for path, item in self.items("file_servers"):
            server = self.server(item["backup_server"], path)
            self.file_servers[item["name"]] = infrastructure.FileServer(
                self.guid("fileserver", item["name"]), item["name"], server, item.get("kind", "SmbServer")
            )

    def machine(self, name: str, on: str | None, server: infrastructure.Server, path: tuple[str | int, ...]) -> infrastructure.Machine:
        """The machine of that key or first name that the server can see; a mistake when there is none or more than one."""
        named = [self.keyed[name]] if name in self.keyed else self.machines.get(name, [])
        found = [m for m in named if any(server.id in s.root.ids and on in (None, s.root.name) for _, _, s in m.spans())]
        if not named:
            everyone = (machine for same_name in self.machines.values() for machine in same_name)
            later = any(state.name == name for m in everyone for _, _, state in m.spans())
            hint = ": one is called so later, say its first name or its key" if later else ""
            raise self.document.error(path, f"there is no machine '{name}'{hint}")
        if not found:
            raise self.document.error(path, f"the machine '{name}' is on no hierarchy root of the backup server '{server.name}'")
        if len(found) > 1:
            roots = ", ".join(m.root.name for m in found)
            raise self.document.error(path, f"the machine '{name}' is there more than once ({roots}): say {{name, on}}, or give them keys")
        return found[0]

    def computer(self, name: str, path: tuple[str | int, ...]) -> infrastructure.Computer:
        if name not in self.computers:
            raise self.document.error(path, f"there is no computer '{name}'")
        return self.computers[name]

    def repository(self, name: str, server: infrastructure.Server, path: tuple[str | int, ...]) -> infrastructure.Repository:
        found = self.repositories.get((server.name, name))
        if found is None:
            raise self.document.error((*path, "repository"), f"the backup server '{server.name}' has no repository '{name}'")
        return found

    def _read_jobs(self) -> None:
        for path, item in self.items("jobs"):
            if item["name"] in self.jobs:
                raise self.document.error(path, f"the job '{item['name']}' is there twice")
            self.jobs[item["name"]] = read_job(self, item, path)

    def _sessions(self) -> Iterator[model.ExplicitSession]:
        for path, item in self.items("sessions"):
            yield read_session(self, item, path)


def _account(given: dict[str, Any]) -> model.Account:
    denied = tuple(name.strip("/").lower() for name in given.get("denied", ()))
    sees = tuple(expanded(given["sees"])) if "sees" in given else None
    return model.Account(given["username"], given["password"], given["role"], denied, sees)
