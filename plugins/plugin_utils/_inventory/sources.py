# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the hosts come from: the cache, or one Enterprise Manager after the other. Private to the collection."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import typing as t

from ansible.errors import AnsibleError

from ...module_utils._client.client import EnterpriseManagerClient
from ...module_utils._client.settings import ConnectionSettings
from ...module_utils._errors import ConnectionFailed, EmError, ServerBusy, ServerFailed, TimedOut
from ...module_utils._inventory.gather import InventoryRequest, gather_machines
from ...module_utils._inventory.merge import merge
from ...module_utils._protection.codes import CLOCK_TOLERANCE
from ...module_utils._records.build import Record
from ...module_utils._times import UTC, parse_moment
from .options import InventoryConfig

Warn = t.Callable[[str], None]
Answer = t.Dict[str, t.Any]
# Whoever does not answer is down; whoever refuses the password, or is no Enterprise Manager, is a mistake in the file.
_DOWN = (ConnectionFailed, TimedOut, ServerBusy, ServerFailed)


class Cache:
    """What was read before, by question. Whatever is the matter with it, the hosts are read anew, and a warning tells."""

    def __init__(self, load: t.Callable[[], t.Any], key: str, warn: Warn) -> None:
        self._warn = warn
        self._key = key
        self._store: t.Any = None
        try:
            self._store = load()
        except (AnsibleError, OSError) as error:
            warn(
                f"The cache can't be used, so everything is read from Enterprise Manager: {' '.join(str(error).split())}"
            )

    def read(self, stamp: str, now: dt.datetime) -> list[Answer] | None:
        """The answers to this question."""
        if self._store is None:
            return None
        try:
            entry = self._store.get(self._key)
        except (AnsibleError, OSError, ValueError) as error:
            self._warn(f"The cache is damaged, so everything is read anew: {' '.join(str(error).split())}")
            return None
        if entry is None:
            return None
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("answers"), list)
            or entry.get("digest") != _digest(entry)
        ):
            self._warn(f"The cache is damaged, so everything is read anew: {self._key} is not what was written")
            return None
        made = [parse_moment(str(answer["gathered_at"])) for answer in entry["answers"]]
        if entry["stamp"] != stamp or any(moment is None or moment - now > CLOCK_TOLERANCE for moment in made):
            return None
        return t.cast("list[Answer]", entry["answers"])

    def write(self, stamp: str, answers: list[Answer]) -> None:
        """Only fresh data is written: otherwise every run would make old data look new."""
        if self._store is None:
            return
        entry: dict[str, t.Any] = {"stamp": stamp, "answers": answers}
        try:
            self._store[self._key] = {**entry, "digest": _digest(entry)}
            self._store.update_cache_if_changed()
        except (AnsibleError, OSError) as error:
            self._warn(f"The cache can't be written: {' '.join(str(error).split())}")


def _digest(entry: t.Mapping[str, t.Any]) -> str:
    kept = json.dumps([entry.get("stamp"), entry["answers"]], sort_keys=True)
    return hashlib.sha256(kept.encode()).hexdigest()


def ask(config: InventoryConfig, warn: Warn) -> tuple[list[Answer], list[str]]:
    """What each server tells, and the names of those that are down. Raises an EmError."""
    answers, down, problem = [], [], None
    several = len(config.servers) > 1
    for settings in config.servers:
        where = f"{settings.host}: " if several else ""
        try:
            answers.append(_ask_one(settings, config.wanted, warn, where))
        except EmError as error:
            error.message = f"{where}{error.message}"
            if not (config.skip_down and isinstance(error, _DOWN)):
                raise
            problem = error
            down.append(settings.host)
            warn(f"No hosts of {settings.host} are in the inventory, and every verdict is unknown, because {error}")
    if problem is not None and not answers:
        raise problem
    return answers, down


def _ask_one(settings: ConnectionSettings, wanted: InventoryRequest, warn: Warn, where: str) -> Answer:
    with EnterpriseManagerClient(settings, on_warning=lambda text: warn(f"{where}{text}")) as client:
        answer = gather_machines(client, wanted)
    told = {**answer, "server": settings.host, "warnings": [f"{where}{text}" for text in answer["warnings"]]}
    # Through JSON, so that hosts from the cache and fresh ones are the same and carry nothing of the inventory file.
    return t.cast("Answer", json.loads(json.dumps(told)))


def hosts_of(answers: t.Sequence[Answer], down: t.Sequence[str], wanted: InventoryRequest) -> list[Record]:
    """One record for each machine, with the verdict it has now."""
    return merge([(answer["server"], wanted.aged(answer["hosts"], answer["gathered_at"])) for answer in answers], down)


def utc_now() -> dt.datetime:
    return dt.datetime.now(UTC)
