# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that no row has: other spellings of them, and a word about those that nothing has. Private to the collection.

``WEB01`` finds nothing at a server that compares with regard to case, and with ``result: [Failed]`` nothing reads as good news.
A question whose names all have rows costs no request more.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterSet, all_of, compare
from .._errors import nearest, one_of
from .._protection.names import EXACT, IGNORE_CASE, NAME_MATCHES, Domains
from .._records.build import Record
from .._records.resources import RESOURCES, Resource
from .._times import parse_when, shifted, to_iso
from .options import FILTER_OPTIONS, filter_field, read_selection

REACH = dt.timedelta(days=30)
"""How far back names are looked for where the question has no beginning."""
_NEWEST = dt.timedelta(days=2)
"""Nearly all machines and jobs were worked on in this time, so it is looked at before the rest."""
_MARGIN = dt.timedelta(days=1)
_WINDOW = ("created_after", "created_before", "ended_after", "ended_before")
_SHOWN, _SUGGESTED, _LISTED = 10, 3, 8

Params = t.Dict[str, t.Any]
Answer = t.Dict[str, t.Any]
Source = t.Callable[[EnterpriseManagerClient, FilterSet], t.Iterator[str]]

_JOB_SESSIONS = {
    "backup_session": "backup_session", "backup_task_session": "backup_session",
    "replica_session": "replica_session", "replica_task_session": "replica_session",
}  # fmt: skip
_MACHINES = ("backup_task_session", "replica_task_session", "vm_restore_point", "agent_restore_point")
_OPTIONS = ("vm_display_name", "job_name", "backup_server_name", "name")
_DOMAINS = Domains()


def named_answer(
    client: EnterpriseManagerClient,
    kinds: t.Sequence[str | Resource],
    params: Params,
    now: dt.datetime,
    read: t.Callable[[Params], Answer],
    plural: str,
) -> Answer:
    """What ``read`` gives for these options; names that nothing has there are looked for in other spellings, and asked again once.

    ``kinds`` are the kinds of records that the answer is made of, the first one that which knows every option of a name. Adds
    ``matched_names``, ``unmatched_names`` and, where somebody may rely on a name in vain, ``warnings``.
    """
    answer = read(params)
    search = _Search(client, [RESOURCES[kind] if isinstance(kind, str) else kind for kind in kinds], params, now)
    found = {option: search.look_for(option, names) for option, names in _without_rows(params, answer[plural])}
    again = {option: one.ask_for(params[option]) for option, one in found.items() if one.spelt}
    if again:
        answer = read({**params, **again})
    answer["matched_names"] = {option: one.spelt for option, one in found.items() if one.spelt}
    answer["unmatched_names"] = {option: one.unknown for option, one in found.items() if one.unknown}
    warnings = [text for option, one in found.items() for text in one.warnings(option)]
    if warnings:
        answer["warnings"] = [*answer.get("warnings", ()), *warnings]
    return answer


def _without_rows(params: Params, records: t.Sequence[Record]) -> t.Iterator[tuple[str, list[str]]]:
    """The names that were given and that no record has."""
    if params.get("uid") is not None or params.get("endpoint") == "list":
        return
    for option in _OPTIONS:
        given = list(dict.fromkeys(params.get(option) or ()))
        present = {record.get(option) or _before_at(record) for record in records}
        # A session is named by its start, so there is no other spelling of it.
        missing = [name for name in given if name not in present and not (option == "name" and "@" in name)]
        if missing:
            yield option, missing


def _before_at(record: Record) -> str:
    """What stands before the time in the name of a session or point, which references tell too."""
    return (record.get("name") or "").rpartition("@")[0]


@dataclasses.dataclass
class _Found:
    """What became of names without rows: ``spelt`` has how they are spelt there, ``unknown`` those that nothing has, ``known`` what there is."""

    spelt: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    unknown: list[str] = dataclasses.field(default_factory=list)
    known: t.Collection[str] = ()
    window: str = ""

    def ask_for(self, given: t.Sequence[str]) -> list[str]:
        return list(dict.fromkeys(found for name in given for found in self.spelt.get(name, [name])))

    def warnings(self, option: str) -> t.Iterator[str]:
        if self.unknown:
            shown = [f"{name!r}{self._instead(name)}" for name in self.unknown[:_SHOWN]]
            more = f" and {len(self.unknown) - _SHOWN} more" if len(self.unknown) > _SHOWN else ""
            yield f"{option}: nothing{self.window} has the name {', '.join(shown)}{more}, so nothing is selected by it."
        for name, spelt in self.spelt.items():
            if len(spelt) > 1:
                yield f"{option} {name!r} fits {len(spelt)} names, and all of them are selected: {', '.join(spelt)}."

    def _instead(self, name: str) -> str:
        near = nearest_names(name, self.known)
        if near:
            return f" (did you mean {one_of(near)}?)"
        return f" (there are {', '.join(sorted(self.known))})" if 0 < len(self.known) <= _LISTED else ""


def nearest_names(name: str, known: t.Iterable[str]) -> list[str]:
    """The names that a misspelt one may mean, the likeliest first, whatever the case and the domain."""
    short: dict[str, list[str]] = {}
    for one in sorted(known):
        short.setdefault(_DOMAINS.short(one), []).append(one)
    near = nearest(_DOMAINS.short(name), short, _SUGGESTED)
    return [one for key in near for one in short[key]][:_SUGGESTED]


def spellings(names: t.Iterable[str], known: t.Iterable[str], levels: t.Collection[str]) -> dict[str, list[str]]:
    """For each name how it is spelt among ``known``, at the best level of ``name_match`` that anything fits."""
    known = sorted(set(known))
    index = {level: _by(level, known) for level in NAME_MATCHES if level in levels}
    found = {}
    for name in names:
        for level, there in index.items():
            near = there.get(_DOMAINS.normal(level, name), ())
            fitting = [one for one in near if _DOMAINS.same(level, name, one)]
            if fitting:
                found[name] = fitting
                break
    return found


def _by(level: str, names: t.Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_DOMAINS.normal(level, name), []).append(name)
    return found


class _Search:
    """Looks for the names of one question."""

    def __init__(
        self, client: EnterpriseManagerClient, resources: t.Sequence[Resource], params: Params, now: dt.datetime
    ) -> None:
        self._client = client
        self._resources = resources
        self._params = params
        self._now = now
        self._levels = params.get("name_match") or NAME_MATCHES

    def look_for(self, option: str, names: list[str]) -> _Found:
        """What becomes of names that no row of the answer has."""
        found = _Found()
        names = [name for name in names if name not in self._with_other_rows(option, names)]
        if not names:
            return found
        known: set[str] = set()
        for source, selection in self._sources(option):
            known |= set(source(self._client, selection))
            found.spelt = spellings(names, known, [*self._levels, EXACT])
            if all(self._is_settled(name, found.spelt.get(name, ())) for name in names):
                break
        found.unknown = [name for name in names if name not in found.spelt]
        # A name that is there as it was given has rows, but for the other conditions none.
        found.spelt = {name: spelt for name, spelt in found.spelt.items() if name not in spelt}
        found.known = known
        found.window = self._window_text() if option in ("vm_display_name", "job_name") else ""
        return found

    def _is_settled(self, name: str, spelt: t.Collection[str]) -> bool:
        """Whether no older row can have a better spelling."""
        return any(_DOMAINS.same(level, name, one) for level in (EXACT, IGNORE_CASE) for one in spelt)

    def _with_other_rows(self, option: str, names: list[str]) -> set[str]:
        """Those that have rows in this window when nothing else is asked."""
        resource = next((one for one in self._resources if filter_field(option, one)), None)
        others = [
            other for other in FILTER_OPTIONS if other not in (option, *_WINDOW) and self._params.get(other) is not None
        ]
        fewer = any(self._params.get(one) for one in ("limit", "latest", "unresolved"))
        if resource is None or not (others or fewer) or option == "backup_server_name" or self._listed(option):
            return set()
        seen: set[str] = set()
        window = {one: self._params.get(one) for one in _WINDOW}
        for span in self._spans(resource.time_field) if resource.time_field else [FilterSet()]:
            left = [name for name in names if name not in seen]
            if left:
                wanted = read_selection(resource, {**window, option: left}, self._now)
                self._client.query(
                    resource, wanted.selection.where(span.always), keep=_noting(option, wanted.keep, seen)
                )
        return seen

    def _sources(self, option: str) -> t.Iterator[tuple[Source, FilterSet]]:
        """Where names of this kind are listed, and what to ask for, the likeliest first."""
        if option == "backup_server_name":
            yield _names_of("backup_server"), FilterSet()
        elif option == "name":
            if self._listed(option):
                yield _names_of(*self._listed(option)), FilterSet()
        elif option == "vm_display_name":
            kinds = [one.name for one in self._resources if one.name in _MACHINES]
            for selection in self._spans() if kinds else ():
                yield _before_time(*kinds), selection
        elif option == "job_name":
            kinds = list(dict.fromkeys(_JOB_SESSIONS[one.name] for one in self._resources if one.name in _JOB_SESSIONS))
            for selection in self._spans() if kinds else ():
                yield _before_time(*kinds), selection

    def _listed(self, option: str) -> list[str]:
        """The kinds of things that are simply there and whose names are meant."""
        return [one.name for one in self._resources if option == "name" and not one.time_field and one.path]

    def _spans(self, field: str = "CreationTime") -> t.Iterator[FilterSet]:
        """The window of the question: its newest days first, then the rest."""
        until = self._time("created_before") or self._time("ended_before")
        end = min(until or self._now, self._now)
        since = self._since()
        split = max(since, shifted(end, -_NEWEST))
        after = compare(field, ">=", to_iso(split))
        before = compare(field, "<=", to_iso(end)) if until else None
        yield FilterSet(all_of([after, before]), until=end)
        if split > since:
            older = [compare(field, ">=", to_iso(since)), compare(field, "<", to_iso(split))]
            yield FilterSet(all_of(older), until=split)

    def _since(self) -> dt.datetime:
        ended = self._time("ended_after")
        # A session started before it ended, and that of a task before the task.
        return shifted(
            self._time("created_after") or (shifted(ended, -_MARGIN) if ended else self._now - REACH), -_MARGIN
        )

    def _time(self, option: str) -> dt.datetime | None:
        given = self._params.get(option)
        return None if given is None else parse_when(given, self._now, option)

    def _window_text(self) -> str:
        if any(self._params.get(option) is not None for option in _WINDOW):
            return " in the time asked for"
        return f" in the last {REACH.days} days"


def _noting(option: str, wanted: t.Callable[[Record], bool], seen: set[str]) -> t.Callable[[Record], bool]:
    """Keeps no record, but notes what it is called."""

    def keep(record: Record) -> bool:
        if wanted(record):
            seen.add(record.get(option) or "")
        return False

    return keep


def _names_of(*kinds: str) -> Source:
    """The names of things that are simply there."""

    def source(client: EnterpriseManagerClient, selection: FilterSet) -> t.Iterator[str]:
        for kind in kinds:
            for record in client.query(kind, selection, representation="reference").records:
                if record["name"]:
                    yield record["name"]

    return source


def _before_time(*kinds: str) -> Source:
    """The names of what sessions and points are of, which stand before the time in theirs; references are enough."""

    def source(client: EnterpriseManagerClient, selection: FilterSet) -> t.Iterator[str]:
        found: set[str] = set()

        def keep(record: Record) -> bool:
            found.add(_before_at(record))
            return False

        for kind in kinds:
            client.query(kind, selection, representation="reference", keep=keep)
        yield from found - {""}

    return source
