# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated Enterprise Manager: everything that a request can see or change, and nothing global."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from veeam_em_simulator.clock import Clock
from veeam_em_simulator.estate.loading import EstateSource, load_estate
from veeam_em_simulator.estate.model import Estate
from veeam_em_simulator.history.plan import Underway
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.resources.base import Context
from veeam_em_simulator.site import Site
from veeam_em_simulator.store.database import Database
from veeam_em_simulator.store.populate import populate
from veeam_em_simulator.store.writer import Writer
from veeam_em_simulator.web.faults import Faults
from veeam_em_simulator.web.logon import Logons


@dataclass
class LoggedRequest:
    method: str
    path: str
    query: str
    status: int
    session_id: str | None
    time: int


@dataclass
class Enterprise:
    """The state of a simulator."""

    profile: Profile
    clock: Clock
    estate: Estate
    database: Database
    site: Site
    logons: Logons
    faults: Faults
    underway: Underway
    href_base: str | None = None
    log: list[LoggedRequest] = field(default_factory=list)
    task_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(10))

    def context(self, base: str, sees: tuple[str, ...] | None = None) -> Context:
        return Context(base, self.profile, self.database, self.site, sees)

    def catch_up(self) -> int:
        """Lets happen what was due; the time now."""
        now = self.clock.now()
        self.site.catch_up(now)
        return now

    def reset(self) -> None:
        """Back to the state of the start."""
        self.log.clear()
        self.faults.clear()
        self.logons.clear()
        self.clock.reset()
        self.database.restore()
        self.site = self._new_site()
        self.task_numbers = itertools.count(10)

    def _new_site(self) -> Site:
        return Site(self.estate, self.profile, self.database, self.underway, self.clock.now())


def build_enterprise(
    profile: Profile,
    source: EstateSource,
    seed: int,
    *,
    start: int | None = None,
    standing: bool = False,
    ticking: bool = False,
    href_base: str | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
) -> Enterprise:
    """A simulator's state from an estate; EstateError when the estate has a mistake."""
    clock = Clock(start, standing=standing)
    now = clock.now()
    estate = load_estate(source, seed, now)
    if ticking:
        estate = replace(estate, settings=replace(estate.settings, ticking=True))
    database = Database(folded_names=not profile.case_sensitive_names)
    underway = populate(Writer(database, profile, seed), estate, profile, now)
    database.seal()
    all_faults = Faults(seed)
    all_faults.set_start([*estate.faults, *faults])
    return Enterprise(
        profile=profile,
        clock=clock,
        estate=estate,
        database=database,
        site=Site(estate, profile, database, underway, now),
        logons=Logons(estate.accounts, estate.settings),
        faults=all_faults,
        underway=underway,
        href_base=href_base,
    )
