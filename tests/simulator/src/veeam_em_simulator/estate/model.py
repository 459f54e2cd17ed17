# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate as the rest of the simulator sees it: everything resolved, every moment absolute (microseconds)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from veeam_em_simulator.clock import HOUR, MINUTE
from veeam_em_simulator.estate.infrastructure import (
    Computer,
    FileServer,
    Group,
    Machine,
    Member,
    Repository,
    Root,
    Server,
    Share,
)

Point = Literal["kept", "none", "removed", "writing", "unlinked"]
COPY_TYPES = ("BackupCopy", "ImmediateBackupCopy")
Missing = Literal["session", "task"]
CollectionResult = Literal["Success", "Warning", "Failed"]


@dataclass(frozen=True)
class Settings:
    collection_interval: int | None = 15 * MINUTE
    """None: Enterprise Manager collects only when told."""
    last_collection: int = 0
    """The newest one that brought data."""
    collections: tuple[CollectionResult, ...] = ()
    """How they ended, newest first; the last word goes for all older ones, the first for those to come."""
    collection_log: int | None = None
    """How far back collections and the work of the nights are told; None: two days and thirty nights."""
    session_retention: int = 91 * 24 * HOUR
    idle_timeout: int = 15 * MINUTE
    ticking: bool = False
    no_role_status: int = 403
    bad_query_status: int = 400
    max_logon_sessions: int | None = None
    refuse_form_logon: bool = False

    @property
    def collection_step(self) -> int:
        """The time between two collections of the past."""
        return self.collection_interval or HOUR

    @property
    def failed_collections(self) -> int:
        """How many of the newest ones brought nothing."""
        return next((number for number, result in enumerate(self.collections) if result != "Failed"), 0)

    @property
    def last_attempt(self) -> int:
        """When Enterprise Manager last tried to collect."""
        return self.last_collection + self.failed_collections * self.collection_step


@dataclass(frozen=True)
class Account:
    username: str
    password: str
    role: str
    denied: tuple[str, ...] = ()
    """Paths below /api that it may not read, and types as `query/<type>`, in lower case."""
    sees: tuple[str, ...] | None = None
    """Patterns of the names of machines that it sees; None: all."""


@dataclass(frozen=True)
class Stay:
    """The time in which a machine is in a job."""

    joined: int | None = None
    left: int | None = None

    def covers(self, moment: int) -> bool:
        return (self.joined is None or self.joined <= moment) and (self.left is None or moment < self.left)


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
    session: str | None = None
    """What the session above the task ended with, whatever the tasks did."""
    failure_message: str | None = None
    missing: tuple[Missing, ...] = ()
    """Rows that Enterprise Manager lost."""


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
    """All that ever were in it."""
    stays: tuple[Stay, ...] = ()
    """For each of the members when it was in the job; empty: all of them always."""
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

    def members_at(self, moment: int) -> tuple[Member, ...]:
        if not self.stays:
            return self.members
        return tuple(member for member, stay in zip(self.members, self.stays, strict=True) if stay.covers(moment))

    @property
    def copies(self) -> bool:
        """It works on the backups of other jobs."""
        return self.type in COPY_TYPES

    @property
    def family(self) -> Literal["vm", "agent", "nas"]:
        """The part of the API in which the job is found."""
        if self.copies or self.source_jobs:
            return "vm"
        first = self.members[0]
        if isinstance(first, Share):
            return "nas"
        return "agent" if isinstance(first, Computer) else "vm"

    @property
    def platform(self) -> str:
        if self.copies:
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
    session: str | None
    failure_message: str | None
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class ExplicitSession:
    job: Job
    created: int
    duration: int | None
    running: bool
    result: str | None
    is_retry: bool
    failure_message: str | None
    missing: bool
    """Enterprise Manager lost its row."""
    tasks: tuple[ExplicitTask, ...]


@dataclass(frozen=True)
class RestoreSession:
    machine: Machine | Computer
    server: Server
    created: int
    duration: int
    result: str
    running: bool
    type: str
    reference: bool
    """It tells the machine's reference; else its name only."""


@dataclass(frozen=True)
class LoosePoint:
    """A restore point without a task: imported, or made by VeeamZIP."""

    machine: Machine | Computer
    server: Server
    created: int
    backup: str
    repository: Repository
    job: Job | None
    """The job in whose chain it is."""
    full: bool
    state: Point


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
    restore_points: tuple[LoosePoint, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()

    def collected(self, server: Server) -> int:
        """The moment as of which Enterprise Manager knows this server."""
        last = self.settings.last_collection
        return last if server.collected_until is None else min(last, server.collected_until)
