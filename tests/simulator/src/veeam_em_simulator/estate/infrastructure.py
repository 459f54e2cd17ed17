# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site consists of: backup servers, hypervisors, repositories, and the machines that jobs protect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

NO_ITEMS = 0
"""In place of an error status: the lookup answers with an empty list."""


@dataclass(frozen=True)
class Server:
    id: str
    name: str
    description: str = ""
    version: str | None = None
    port: int | None = None
    unreachable: bool = False
    collected_until: int | None = None
    """Nothing newer was or will be collected from it."""

    @property
    def collectable(self) -> bool:
        return not self.unreachable and self.collected_until is None


@dataclass(frozen=True)
class Root:
    """A hypervisor; attached to several backup servers it has one id for each."""

    name: str
    host_type: str
    unique_id: str | None
    ids: dict[str, str]
    """Backup server id to hierarchy root id."""
    listed_ids: Mapping[str, str] = field(default_factory=dict)
    """The id that the list of hierarchy roots gives where it is not that of the references (a fault of v12)."""
    lookup_lists: bool = False
    """The lookup's references carry the listed id, too."""
    lookup: Mapping[str, int] = field(default_factory=dict)
    """By backup server id, how the lookup goes wrong: with an error status or NO_ITEMS."""

    def listed_id(self, server_id: str) -> str:
        return self.listed_ids.get(server_id, self.ids[server_id])

    @property
    def platform(self) -> str:
        if self.host_type in ("HvServer", "HvCluster", "Scvmm"):
            return "HyperV"
        return "vCloud" if self.host_type == "VcdSystem" else "VMware"


@dataclass(frozen=True)
class Repository:
    id: str
    name: str
    server: Server
    kind: str
    capacity: int
    free: int


@dataclass(frozen=True)
class Machine:
    """A virtual machine on a hypervisor, as it was at first; `at` gives it as it was at a time."""

    name: str
    """In the hypervisor's inventory and in restore points."""
    display_name: str
    """In tasks."""
    root: Root
    ref: str
    size: int
    indexed: bool
    tags: tuple[str, ...] = ()
    key: str = ""
    """What the estate calls it, whatever its name at a time; empty: its first name."""
    lookup_name: str | None = None
    """What the lookup calls it, where that is another name for good."""
    created: int | None = None
    deleted: int | None = None
    later: tuple[tuple[int, Machine], ...] = ()
    """What became of it: since when it is what, in order of time."""

    @property
    def label(self) -> str:
        return self.key or self.name

    def at(self, moment: int) -> Machine:
        found = self
        for since, state in self.later:
            if since > moment:
                break
            found = state
        return found

    def spans(self) -> list[tuple[int | None, int | None, Machine]]:
        """What it was from when until when."""
        starts = [(self.created, replace(self, later=())), *self.later]
        ends = [since for since, _ in self.later]
        return [(since, until, state) for (since, state), until in zip(starts, [*ends, self.deleted], strict=True)]

    def exists(self, moment: int) -> bool:
        return (self.created is None or self.created <= moment) and (self.deleted is None or moment < self.deleted)

    def uid(self, server: Server) -> str:
        return f"urn:{self.root.platform}:Vm:{self.root.ids[server.id]}.{self.ref}"


@dataclass(frozen=True)
class Group:
    id: str
    name: str
    server: Server


@dataclass(frozen=True)
class Computer:
    """A machine with an agent."""

    id: str
    name: str
    group: Group
    platform: str
    os: str
    ip: str
    host_status: str
    agent_status: str
    agent_version: str
    size: int

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.name

    def at(self, moment: int) -> Computer:
        return self

    def exists(self, moment: int) -> bool:
        return True


@dataclass(frozen=True)
class FileServer:
    id: str
    name: str
    server: Server
    kind: str


@dataclass(frozen=True)
class Share:
    id: str
    file_server: FileServer
    path: str
    size: int

    @property
    def name(self) -> str:
        return self.path

    @property
    def display_name(self) -> str:
        return self.path

    @property
    def label(self) -> str:
        return self.path

    def at(self, moment: int) -> Share:
        return self

    def exists(self, moment: int) -> bool:
        return True


Member = Machine | Computer | Share
