# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what Enterprise Managers tell to one record for each machine. Pure functions. Private to the collection.

Seen by several Enterprise Managers it is one machine when its identity is the same. A virtual machine, a computer with an agent and
a backup server of one name are one machine when there is no second of its kind that has the name.
"""

from __future__ import annotations

import collections
import typing as t

from .._protection.codes import ANSWER_TRUNCATED, FAILED, OK, RUNNING, STALE, UNKNOWN, UNPROTECTED, WAIVED
from .._protection.names import fold
from .._records.build import Record

_KINDS = ("vm", "agent", "backup_server")
_BEST_FIRST = (OK, WAIVED, STALE, FAILED, UNPROTECTED)
_NEWEST = ("last_attempt", "last_success")


def merge(found: t.Sequence[tuple[str, t.Sequence[Record]]], missing: t.Sequence[str]) -> list[Record]:
    """The hosts of several Enterprise Managers, each with its name; ``missing`` are those that did not answer."""
    by_identity: dict[tuple[str, str], list[Record]] = collections.defaultdict(list)
    several = len(found) + len(missing) > 1
    for manager, hosts in found:
        for host in hosts:
            identity = _identity_anywhere(host, manager) if several else host["identity"]
            by_identity[host["kind"], identity].append({**host, "identity": identity, "enterprise_managers": [manager]})
    one_each = [_seen_by_several(records) for records in by_identity.values()]
    machines = [record for group in _of_one_machine(one_each) for record in [_one_machine(group)]]
    machines.sort(key=lambda host: (host["kind"], host["name"] or "", host["identity"]))
    return [_doubtful(host, missing) for host in machines] if missing else machines


def _identity_anywhere(host: Record, manager: str) -> str:
    """What tells by the short name of a backup server tells it within one Enterprise Manager only."""
    parts = host["identity"].split("/")
    local = parts[0] == "name" or (parts[0] == "agent" and "." not in parts[1])
    return f"{host['identity']}@{manager}" if local else host["identity"]


def _seen_by_several(records: list[Record]) -> Record:
    """One record of one machine; the newest attempt is the newest anywhere, and work anywhere is work."""
    if len(records) == 1:
        return records[0]
    newest = max(records, key=_newest_attempt)
    whole = {**newest, **_sums(records)}
    judged = [record for record in records if record.get("verdict")]
    if judged:
        deciding = _deciding(judged)
        whole.update(verdict=deciding["verdict"], inventory_protection=deciding["inventory_protection"])
    return whole


def _deciding(judged: list[Record]) -> Record:
    """Running or unknown at one of them counts, else the best."""
    for verdict in (UNKNOWN, RUNNING):
        for record in judged:
            if record["verdict"] == verdict:
                return record
    newest_first = sorted(judged, key=_data_time, reverse=True)
    return min(newest_first, key=lambda record: _BEST_FIRST.index(record["verdict"]))


def _data_time(record: Record) -> str:
    return (record["inventory_protection"]["last_good"] or {}).get("data_time") or ""


def _newest_attempt(record: Record) -> str:
    return (record.get("last_attempt") or {}).get("creation_time") or ""


def _sums(records: t.Sequence[Record]) -> Record:
    """What all the records tell together."""
    found: Record = {}
    for key in ("groups", "backup_server_names", "enterprise_managers", "job_names", "vm_uids", "protection_groups"):
        if any(key in record for record in records):
            found[key] = sorted({item for record in records for item in record.get(key) or ()})
    if any("running" in record for record in records):
        found["running"] = any(record.get("running") for record in records)
    for key in _NEWEST:
        told = [record[key] for record in records if record.get(key)]
        if any(key in record for record in records):
            found[key] = max(told, key=lambda one: one["end_time"] or one["creation_time"], default=None)
    if found.get("groups") and _has_backups(records):
        found["groups"] = [group for group in found["groups"] if group != "not_backed_up"]
    ages = [record["data_as_of"] for record in records]
    found["data_as_of"] = min(ages) if all(ages) else None
    if any("present" in record for record in records):
        told_present = [record.get("present") for record in records if "present" in record]
        found["present"] = any(one is not False for one in told_present)
    return found


def _has_backups(records: t.Sequence[Record]) -> bool:
    """Whether anything that is known of the machine was worked on: then it is none that nothing backs up."""
    return any("vms" in record.get("groups", ()) or record.get("last_attempt") for record in records)


def _of_one_machine(records: list[Record]) -> list[list[Record]]:
    by_name = collections.defaultdict(list)
    for record in records:
        by_name[fold((record["name"] or "").strip())].append(record)
    groups: list[list[Record]] = []
    for name, group in by_name.items():
        alone = len({record["kind"] for record in group}) == len(group)
        groups += [group] if name and alone else [[record] for record in group]
    return groups


def _one_machine(group: list[Record]) -> Record:
    """A virtual machine with an agent inside is one host, and so is one that is a backup server."""
    group = sorted(group, key=lambda record: _KINDS.index(record["kind"]))
    first = group[0]
    if len(group) == 1:
        return {**first, "kinds": [first["kind"]]}
    whole: Record = {}
    for record in reversed(group):
        whole.update({key: value for key, value in record.items() if value is not None or key not in whole})
    whole.update(
        _sums(group), kinds=[record["kind"] for record in group], kind=first["kind"], identity=first["identity"]
    )
    judged = [record for record in group if record.get("verdict")]
    if judged:
        whole.update(_together(judged))
    return whole


def _together(judged: list[Record]) -> Record:
    """The verdict on a name that several machines have: theirs if they agree; work counts beside good backups."""
    verdicts = {record["verdict"] for record in judged}
    if len(verdicts) == 1:
        chosen = judged[0]
        return {key: chosen[key] for key in ("verdict", "inventory_protection")}
    if verdicts == {RUNNING, OK}:
        chosen = next(record for record in judged if record["verdict"] == RUNNING)
        return {key: chosen[key] for key in ("verdict", "inventory_protection")}
    listed = ", ".join(f"{record['kind']} {record['verdict']}" for record in judged)
    report = judged[0]["inventory_protection"]
    message = f"What has the name is not protected alike ({listed})."
    return {
        "verdict": UNKNOWN,
        "inventory_protection": {**report, "verdict": UNKNOWN, "reasons": ["ambiguous_name"], "message": message},
    }


def _doubtful(host: Record, missing: t.Sequence[str]) -> Record:
    """Whether an Enterprise Manager that did not answer sees work or a failure is not known."""
    if not host.get("verdict"):
        return host
    message = f"{', '.join(missing)} did not answer, and may know more of it."
    report = {
        **host["inventory_protection"], "verdict": UNKNOWN, "reasons": [ANSWER_TRUNCATED], "message": message, "underlying_verdict": None,
    }  # fmt: skip
    return {**host, "verdict": UNKNOWN, "inventory_protection": report}
