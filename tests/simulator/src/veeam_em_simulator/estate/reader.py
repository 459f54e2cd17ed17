# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checked document to an estate: names are looked up, ages become moments, ids are made."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from veeam_em_simulator.clock import MINUTE, parse_duration, parse_moment
from veeam_em_simulator.estate import model
from veeam_em_simulator.estate.document import Document
from veeam_em_simulator.estate.jobs import read_job, read_session
from veeam_em_simulator.estate.names import expand_names, parse_size
from veeam_em_simulator.identifiers import stable_guid

_GB = 1 << 30
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
        self.servers: dict[str, model.Server] = {}
        self.roots: dict[str, model.Root] = {}
        self.repositories: dict[tuple[str, str], model.Repository] = {}
        self.machines: dict[str, list[model.Machine]] = {}
        self.groups: dict[str, model.Group] = {}
        self.computers: dict[str, model.Computer] = {}
        self.file_servers: dict[str, model.FileServer] = {}
        self.jobs: dict[str, model.Job] = {}

    def read(self) -> model.Estate:
        settings = self._settings()
        self._read_infrastructure()
        self._read_machines()
        self._read_computers()
        self._read_jobs()
        return model.Estate(
            seed=self.seed,
            description=self.data.get("description", ""),
            settings=settings,
            accounts=tuple(model.Account(**account) for account in self.data.get("accounts") or DEFAULT_ACCOUNTS),
            servers=tuple(self.servers.values()),
            roots=tuple(self.roots.values()),
            repositories=tuple(self.repositories.values()),
            machines=tuple(machine for same_name in self.machines.values() for machine in same_name),
            groups=tuple(self.groups.values()),
            computers=tuple(self.computers.values()),
            file_servers=tuple(self.file_servers.values()),
            jobs=tuple(self.jobs.values()),
            sessions=tuple(self._sessions()),
            restore_sessions=tuple(self._restore_sessions()),
        )

    def guid(self, *parts: str) -> str:
        return stable_guid(self.seed, *parts)

    def _items(self, key: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
        for number, item in enumerate(self.data.get(key, ())):
            yield (key, number), item

    def moment(self, text: str, path: tuple[str | int, ...]) -> int:
        try:
            return parse_moment(text, self.now)
        except ValueError as error:
            raise self.document.error(path, str(error)) from error

    def _settings(self) -> model.Settings:
        given = dict(self.data.get("settings", {}))
        for key in ("collection_interval", "session_retention", "idle_timeout"):
            if key in given:
                given[key] = None if given[key] == "manual" else parse_duration(given[key])
        given["last_collection"] = self.moment(given.get("last_collection", "-4m"), ("settings", "last_collection"))
        return model.Settings(**given)

    def server(self, name: str, path: tuple[str | int, ...]) -> model.Server:
        if name not in self.servers:
            raise self.document.error((*path, "backup_server"), f"there is no backup server '{name}'")
        return self.servers[name]

    def _read_infrastructure(self) -> None:
        for path, item in self._items("backup_servers"):
            if item["name"] in self.servers:
                raise self.document.error(path, f"the backup server '{item['name']}' is there twice")
            self.servers[item["name"]] = model.Server(**{"id": self.guid("server", item["name"]), **item})
        for path, item in self._items("hierarchy_roots"):
            if item["name"] in self.roots:
                raise self.document.error(path, f"the hierarchy root '{item['name']}' is there twice")
            attached = [item["backup_servers"]] if isinstance(item["backup_servers"], str) else item["backup_servers"]
            servers = [self.server(name, path) for name in attached]
            host_type = item.get("type", "VC")
            hyper_v = host_type in ("HvServer", "HvCluster", "Scvmm")
            unique_id = item["name"] if hyper_v else self.guid("unique", item["name"]).upper()
            self.roots[item["name"]] = model.Root(
                item["name"],
                host_type,
                item.get("unique_id", unique_id),
                {server.id: self.guid("root", item["name"], server.name) for server in servers},
            )
        for path, item in self._items("repositories"):
            server = self.server(item["backup_server"], path)
            capacity = parse_size(item.get("capacity", "50TB"))
            self.repositories[server.name, item["name"]] = model.Repository(
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
                model.Repository(self.guid("repository", server.name, name), name, server, "WindowsLocal", 4 << 40, 3 << 40),
            )

    def _read_machines(self) -> None:
        count = 1000
        for path, item in self._items("machines"):
            root = self.roots.get(item["on"])
            if root is None:
                raise self.document.error((*path, "on"), f"there is no hierarchy root '{item['on']}'")
            for name in [item["name"]] if "name" in item else expanded(item["names"]):
                count += 1
                rng = Random(f"{self.seed}|machine|{root.name}|{name}")
                hyper_v = root.platform == "HyperV"
                ref = item.get("ref") or (self.guid("vm", root.name, name) if hyper_v else f"vm-{count}")
                if any(other.root is root and other.ref == ref for other in self.machines.get(name, ())):
                    raise self.document.error(path, f"the machine '{name}' is there twice on '{root.name}'")
                size = parse_size(item["size"]) if "size" in item else rng.choice((40, 60, 80, 120, 200)) * _GB
                machine = model.Machine(
                    name, item.get("display_name", name), root, ref, size, item.get("indexed", False), tuple(item.get("tags", ()))
                )
                self.machines.setdefault(name, []).append(machine)

    def _read_computers(self) -> None:
        for path, item in self._items("protection_groups"):
            server = self.server(item["backup_server"], path)
            self.groups[item["name"]] = model.Group(self.guid("group", item["name"]), item["name"], server)
        count = 0
        for path, item in self._items("computers"):
            group = self.groups.get(item["protection_group"])
            if group is None:
                raise self.document.error((*path, "protection_group"), f"there is no protection group '{item['protection_group']}'")
            for name in [item["name"]] if "name" in item else expanded(item["names"]):
                count += 1
                platform = item.get("platform", "AgentForWindows")
                windows = platform == "AgentForWindows"
                self.computers[name] = model.Computer(
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
        for path, item in self._items("file_servers"):
            server = self.server(item["backup_server"], path)
            self.file_servers[item["name"]] = model.FileServer(
                self.guid("fileserver", item["name"]), item["name"], server, item.get("kind", "SmbServer")
            )

    def machine(self, name: str, on: str | None, server: model.Server, path: tuple[str | int, ...]) -> model.Machine:
        """The machine of that name that the server can see; a mistake when there is none or more than one."""
        named = self.machines.get(name, [])
        found = [m for m in named if server.id in m.root.ids and on in (None, m.root.name)]
        if not named:
            raise self.document.error(path, f"there is no machine '{name}'")
        if not found:
            raise self.document.error(path, f"the machine '{name}' is on no hierarchy root of the backup server '{server.name}'")
        if len(found) > 1:
            roots = ", ".join(m.root.name for m in found)
            raise self.document.error(path, f"the machine '{name}' is there more than once ({roots}): say {{name, on}}")
        return found[0]

    def _read_jobs(self) -> None:
        for path, item in self._items("jobs"):
            if item["name"] in self.jobs:
                raise self.document.error(path, f"the job '{item['name']}' is there twice")
            self.jobs[item["name"]] = read_job(self, item, path)

    def _sessions(self) -> Iterator[model.ExplicitSession]:
        for path, item in self._items("sessions"):
            yield read_session(self, item, path)

    def _restore_sessions(self) -> Iterator[model.RestoreSession]:
        for path, item in self._items("restore_sessions"):
            server = self.server(item["backup_server"], path)
            yield model.RestoreSession(
                self.machine(item["machine"], None, server, (*path, "machine")),
                server,
                self.moment(item["created"], (*path, "created")),
                parse_duration(item["duration"]) if "duration" in item else 9 * MINUTE,
                item.get("result", "Success"),
                item.get("running", False),
            )


def expanded(names: str | list[str]) -> list[str]:
    return [name for pattern in ([names] if isinstance(names, str) else names) for name in expand_names(pattern)]
