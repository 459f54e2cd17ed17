# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate as the rest of the simulator sees it: everything resolved, every moment absolute (microseconds)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from veeam_em_simulator.clock import HOUR, MINUTE

Point = Literal["kept", "none", "removed"]


@dataclass(frozen=True)
class Settings:
    collection_interval: int | None = 15 * MINUTE
    """None: Enterprise Manager collects only when told."""
    last_collection: int = 0
    session_retention: int = 91 * 24 * HOUR
    idle_timeout: int = 15 * MINUTE
    ticking: bool = False
    no_role_status: int = 403
    bad_query_status: int = 400
    max_logon_sessions: int | None = None
    refuse_form_logon: bool = False


@dataclass(frozen=True)
class Account:
    username: str
    password: str
    role: str


@dataclass(frozen=True)
class Server:
    id: str
    name: str
    description: str = ""
    version: str | None = None
    port: int | None = None
    unreachable: bool = False


@dataclass(frozen=True)
class Root:
    """A hypervisor; attached to several backup servers it has one id for each."""

    name: str
    host_type: str
    unique_id: str
    ids: dict[str, str]
    """Backup server id to hierarchy root id."""

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
    """A virtual machine on a hypervisor."""

    name: str
    display_name: str
    root: Root
    ref: str
    size: int
    indexed: bool
    tags: tuple[str, ...] = ()

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


Member = Machine | Computer | Share


@dataclass(frozen=True)
class Schedule:
    every: int | None = None
    last: int | None = None
    daily: int | None = None
    """Microseconds after midnight, UTC."""
    days: tuple[str, ...] = ()
    continuous: bool = False


@dataclass(frozen=True)
class Outcome:
    machines: tuple[str, ...] = ("*",)
    runs: int | str | list[int] = 0
    result: str | None = None
    reason: str | None = None
    retry: tuple[str, ...] = ()
    running: bool = False
    skipped: bool = False
    point: Point = "kept"


@dataclass(frozen=True)
class Chance:
    warning: float = 0.0
    failed: float = 0.0
    retried: float = 0.5
    spare: int = 2


@dataclass(frozen=True)
class Container:
    type: str
    name: str
    ref: str


@dataclass(frozen=True)
class Job:
    id: str
    name: str
    server: Server
    type: str
    description: str
    repository: Repository
    members: tuple[Member, ...]
    source_jobs: tuple[Job, ...] = ()
    container: Container | None = None
    schedule: Schedule | None = None
    enabled: bool = True
    history: int = 0
    retention: int = 14
    per_machine: bool = True
    task_duration: int = 6 * MINUTE
    chance: Chance = field(default_factory=Chance)
    outcomes: tuple[Outcome, ...] = ()

    @property
    def platform(self) -> str:
        if self.type in ("BackupCopy", "ImmediateBackupCopy"):
            return "CustomPlatform"
        first = next(iter(self.members), None)
        if isinstance(first, Machine):
            return first.root.platform
        return first.platform if isinstance(first, Computer) else "VMware"


@dataclass(frozen=True)
class ExplicitTask:
    member: Member
    created: int | None
    duration: int | None
    running: bool
    result: str
    reason: str | None
    total_size: int | None
    point: Point


@dataclass(frozen=True)
class ExplicitSession:
    job: Job
    created: int
    duration: int | None
    running: bool
    result: str | None
    is_retry: bool
    failure_message: str | None
    tasks: tuple[ExplicitTask, ...]


@dataclass(frozen=True)
class RestoreSession:
    machine: Machine
    server: Server
    created: int
    duration: int
    result: str
    running: bool


@dataclass(frozen=True)
class Estate:
    seed: int
    description: str
    settings: Settings
    accounts: tuple[Account, ...]
    servers: tuple[Server, ...]
    roots: tuple[Root, ...]
    repositories: tuple[Repository, ...]
    machines: tuple[Machine, ...]
    groups: tuple[Group, ...]
    computers: tuple[Computer, ...]
    file_servers: tuple[FileServer, ...]
    jobs: tuple[Job, ...]
    sessions: tuple[ExplicitSession, ...]
    restore_sessions: tuple[RestoreSession, ...]
