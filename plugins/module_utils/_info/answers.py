# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the session modules do: rows, the newest of each machine or job, or failures that nothing has answered. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from .._client.client import EnterpriseManagerClient
from .._client.filters import FilterExpr, FilterSet, all_of, any_of, compare
from .._errors import SettingsError
from .._protection import rows
from .._protection.codes import SUCCESSFUL
from .._records.build import Record
from .._records.record_set import Result, apply_limit, sort_records
from .._records.resources import RESOURCES
from .._times import UTC
from .identities import Identities, job_key
from .names import REACH, named_answer
from .options import InfoRequest, read_selection
from .resource import Answer, Params, answer_of, gather

LATEST = {"backup_session": ("job",), "backup_task_session": ("machine", "job", "machine_in_job")}
"""Of what each kind of sessions tells the newest."""
_SESSION, _TASK = "backup_session", "backup_task_session"
# What a session came to. The newest one is looked for among all, and then has to be like this.
_OUTCOMES = ("state", "result", "running", "reason", "total_size_min", "total_size_max")
Group = t.Tuple[str, ...]


def answers_spec(name: str) -> dict[str, t.Any]:
    """The argument specification of what is answered here."""
    return {
        "latest": {"type": "str", "choices": list(LATEST[name])},
        "unresolved": {"type": "bool", "default": False},
    }


def gather_sessions(name: str, client: EnterpriseManagerClient, params: Params) -> Answer:
    """Rows as ``gather`` gives them, or what ``latest`` or ``unresolved`` asks for."""
    if not params["latest"] and not params["unresolved"]:
        return gather(name, client, params)
    _refuse_what_contradicts(params)
    now = dt.datetime.now(UTC)

    def ask(given: Params) -> Answer:
        reader = _Unresolved(name, client, given, now) if given["unresolved"] else _Latest(name, client, given, now)
        return answer_of(RESOURCES[name], reader.read())

    return named_answer(client, [name], params, now, ask, RESOURCES[name].plural)


def _refuse_what_contradicts(params: Params) -> None:
    option = "latest" if params["latest"] else "unresolved"
    against = {"uid": params["uid"] is not None, "endpoint: list": params["endpoint"] == "list"}
    against["representation: reference"] = params["representation"] == "reference"
    if params["unresolved"]:
        against.update(
            {one: params.get(one) not in (None, ["Failed"]) for one in ("result", "state", "running", "latest")}
        )
    wrong = [what for what, given in against.items() if given]
    if wrong:
        raise SettingsError(f"{option} can't be combined with {', '.join(wrong)}", hint="leave out one or the other")


class _Latest:
    """The newest of each machine or job among what the other options select."""

    def __init__(self, name: str, client: EnterpriseManagerClient, params: Params, now: dt.datetime) -> None:
        self._name, self._client, self._params, self._now = name, client, params, now
        self._of = params["latest"]
        self._asked = read_selection(name, params, now)

    def read(self) -> Result:
        wanted = read_selection(self._name, {**self._params, **dict.fromkeys(_OUTCOMES)}, self._now)
        found = _newest_of_each(self._client, wanted, self._near_key)
        groups = self._jobs(found) if self._name == _SESSION else self._groups(found)
        newest = {record["uid"]: record for group in groups for record in _newest_run([found[uid] for uid in group])}
        return _cut([record for record in newest.values() if self._fits(record)], self._asked)

    def _near_key(self, record: Record) -> t.Any:
        """Of rows that have this in common only the newest can be the newest of all: the others need not be kept."""
        if self._name == _SESSION:
            return _job_of_session(record, self._params)
        if self._of == "machine" and record["vm_uid"] and rows.root_id(record["vm_uid"]):
            return record["vm_uid"].lower()
        return record["job_session_uid"] if self._of == "job" else record["uid"]

    def _jobs(self, found: t.Mapping[str, Record]) -> list[Group]:
        return [(uid,) for uid, record in found.items() if _job_of_session(record, self._params) is not None]

    def _groups(self, found: t.Mapping[str, Record]) -> list[Group]:
        who = Identities(self._client, self._now)
        if self._of != "machine":
            who.read_sessions(map(rows.task_row, found.values()))
        if self._of == "job":
            return _by(found, lambda uid: who.job_of(found[uid]))
        machines = who.machines_of_tasks(found.values())
        if self._of == "machine":
            return [tuple(group) for group in machines]
        return [part for group in machines for part in _by(group, lambda uid: who.job_of(found[uid]))]

    def _fits(self, record: Record) -> bool:
        """Whether the newest one came to what was asked for."""
        given = {option: self._params.get(option) for option in _OUTCOMES}
        size = record.get("total_size")
        return (
            self._asked.keep(record)
            and (given["state"] is None or record["state"] in given["state"])
            and (given["result"] is None or record["result"] in given["result"])
            and (given["reason"] is None or record["reason"] in given["reason"])
            and (given["total_size_min"] is None or (size is not None and size >= given["total_size_min"]))
            and (given["total_size_max"] is None or (size is not None and size <= given["total_size_max"]))
        )


class _Unresolved:
    """The newest failure of each machine and job (or of each job) that no later success of the same has answered."""

    def __init__(self, name: str, client: EnterpriseManagerClient, params: Params, now: dt.datetime) -> None:
        self._name, self._client, self._now = name, client, now
        self._params = params
        self._wanted = read_selection(name, {**params, "result": ["Failed"]}, now)
        self._who = Identities(client, now)

    def read(self) -> Result:
        failures = {one["uid"]: one for one in self._query(self._wanted.selection, self._wanted.keep)}
        if not failures:
            return Result([])
        if self._name == _TASK:
            self._who.read_sessions(map(rows.task_row, failures.values()))
        # Most are answered under the name that they failed with; a machine may have got another one since.
        successes = self._successes(failures, with_names=self._name == _TASK)
        left = self._unanswered(failures, successes)
        if left and self._name == _TASK:
            successes.update(self._successes({uid: failures[uid] for uid in left}, with_names=False))
            left = self._unanswered(failures, successes)
            # Servers that tell no references: older points tell which machine had the name that failed.
            if self._who.read_points_named([failures[uid] for uid in left], REACH):
                left = self._unanswered(failures, successes)
        return _cut([failures[uid] for uid in left], self._wanted)

    def _query(self, selection: FilterSet, keep: t.Callable[[Record], bool] | None = None) -> list[Record]:
        return self._client.query(self._name, selection, keep=keep, options=self._wanted.options).records

    def _successes(self, failures: t.Mapping[str, Record], *, with_names: bool) -> dict[str, Record]:
        """What may answer these failures: successes of their jobs, each since the first failure of the job."""
        since: dict[tuple[str, str], str] = {}
        for record in sorted(failures.values(), key=lambda one: one["creation_time"] or "", reverse=True):
            uid = record["job_uid"] if self._name == _SESSION else self._who.job_uid_of(record)
            since["JobUid" if uid else "JobName", uid or record["job_name"] or ""] = record["creation_time"] or ""
        jobs: list[str | FilterExpr] = []
        for (field, job), start in sorted(since.items()):
            of_job = all_of([compare(field, "==", job), compare("CreationTime", ">=", start)])
            if of_job is not None and job:
                jobs.append(of_job)
        if not jobs:
            return {}
        lists: list[tuple[str, tuple[str | FilterExpr, ...]]] = [("JobUid", tuple(jobs))]
        if with_names:
            names = {record["vm_display_name"] for record in failures.values() if record["vm_display_name"]}
            lists.append(("VmDisplayName", tuple(sorted(names))))
        successful = any_of("Result", sorted(SUCCESSFUL))
        return {one["uid"]: one for one in self._query(FilterSet(successful, tuple(lists)))}

    def _unanswered(self, failures: t.Mapping[str, Record], successes: t.Mapping[str, Record]) -> list[str]:
        found = {**successes, **failures}
        if self._name == _SESSION:
            jobs = {uid: _job_of_session(record, self._params) for uid, record in found.items()}
            groups = _by([uid for uid, job in jobs.items() if job is not None], jobs.__getitem__)
        else:
            self._who.read_sessions(map(rows.task_row, found.values()))
            machines = self._who.machines_of_tasks(found.values())
            groups = [part for group in machines for part in _by(group, lambda uid: self._who.job_of(found[uid]))]
        left: dict[str, None] = {}
        for group in groups:
            answered = max((found[uid]["creation_time"] for uid in group if uid in successes), default="")
            failed = _newest_run([failures[uid] for uid in group if uid in failures])
            left.update(dict.fromkeys(one["uid"] for one in failed if one["creation_time"] > answered))
        return list(left)


def _job_of_session(session: Record, params: Params) -> tuple[str | None, ...] | None:
    """The identity of a session's job; None for what is a part of another session.

    Sessions of single computers are parts of one of their agent job. By themselves they count when their type was asked for.
    """
    if session["parent_session_uid"] and not params.get("job_type"):
        return None
    computer = session["job_name"] if session["agent_role"] == "child" else None
    return (*job_key(session["job_uid"], session["job_name"], session["job_type"]), computer)


def _newest_of_each(
    client: EnterpriseManagerClient, wanted: InfoRequest, key: t.Callable[[Record], t.Any]
) -> dict[str, Record]:
    """By UID, the newest record of each key; the whole window is read, and no more than these are kept."""
    newest: dict[t.Any, Record] = {}

    def look_at(record: Record) -> bool:
        if wanted.keep(record):
            place = key(record)
            other = newest.get(place)
            if other is None or _age(other) < _age(record):
                newest[place] = record
        return False

    client.query(wanted.resource, wanted.selection, keep=look_at, options=wanted.options)
    return {record["uid"]: record for record in newest.values()}


def _newest_run(records: t.Sequence[Record]) -> list[Record]:
    """The newest; and what has its name in the same session: two machines of one name that nothing else tells apart."""
    if not records:
        return []
    last = max(records, key=_age)
    twin = ("job_session_uid", "vm_display_name")
    return [one for one in records if one is last or ("vm_uid" in one and all(one[key] == last[key] for key in twin))]


def _age(record: Record) -> tuple[str, str]:
    return record["creation_time"] or "", record["uid"] or ""


def _by(uids: t.Iterable[str], key: t.Callable[[str], t.Any]) -> list[Group]:
    found: dict[t.Any, list[str]] = {}
    for uid in uids:
        found.setdefault(key(uid), []).append(uid)
    return [tuple(group) for group in found.values()]


def _cut(records: list[Record], wanted: InfoRequest) -> Result:
    return apply_limit(sort_records(records, wanted.order), wanted.limit, True)
