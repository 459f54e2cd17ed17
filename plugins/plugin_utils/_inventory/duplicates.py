# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines that would have one host name. Pure functions. Private to the collection."""

from __future__ import annotations

import collections
import typing as t

from ...module_utils._errors import SettingsError, first_of
from .names import Record, digest, suffix_of

SHOWN = 10
"""So many names are in a warning."""


class NamedHost(t.NamedTuple):
    """A host with the name it is to have and its variables."""

    name: str
    record: Record
    variables: dict[str, t.Any]


def resolve_duplicates(hosts: t.Sequence[NamedHost], mode: str) -> tuple[list[NamedHost], list[str]]:
    """Hosts with names of their own, and sentences about what became of names. Raises SettingsError when ``mode`` is ``fail``."""
    by_name = collections.defaultdict(list)
    for host in hosts:
        by_name[host.name].append(host)
    twins = {name: group for name, group in by_name.items() if len(group) > 1}
    if twins and mode == "fail":
        name, group = min(twins.items())
        more = f" (and {len(twins) - 1} more names are not unique)" if len(twins) > 1 else ""
        raise SettingsError(
            f"{_shared(name, group)}{more}",
            hint="set duplicates to newest or suffix, choose other hostnames, or leave some out with filters",
        )
    if mode == "warn":
        left_out = {id(host.record) for group in twins.values() for host in group[1:]}
        texts = [
            f"{_shared(name, group)}; only the first one is in the inventory, set duplicates to suffix to have all of them"
            for name, group in _first(twins)
        ]
        return [host for host in hosts if id(host.record) not in left_out], _with_rest(texts, twins)
    plain = {name: _successor(group) if mode == "newest" else None for name, group in twins.items()}
    settled = [
        one for name, group in by_name.items() for one in _told_apart(name, group, plain.get(name), by_name)
    ]  # fmt: skip
    if mode == "suffix":
        return settled, []
    disputed = {name: group for name, group in twins.items() if plain[name] is None}
    texts = [f"{_shared(name, group)}; each of them gets a suffix" for name, group in _first(disputed)]
    return settled, _with_rest(texts, disputed)


def _first(twins: dict[str, list[NamedHost]]) -> list[tuple[str, list[NamedHost]]]:
    return sorted(twins.items())[:SHOWN]


def _with_rest(texts: list[str], twins: dict[str, list[NamedHost]]) -> list[str]:
    rest = len(twins) - len(texts)
    return (
        [*texts, f"{rest} more names would belong to several hosts; the same is done with them"] if rest > 0 else texts
    )


def _successor(group: t.Sequence[NamedHost]) -> NamedHost | None:
    """The one machine that is still there, when all the others are known to be gone."""
    there = [host for host in group if host.record.get("present") is not False]
    return there[0] if len(there) == 1 else None


def _told_apart(
    name: str, group: list[NamedHost], plain: NamedHost | None, taken: t.Container[str]
) -> t.Iterator[NamedHost]:
    """Each host of the group but the one with the plain name gets a suffix, so that none can be mistaken for the other."""
    if len(group) == 1:
        yield group[0]
        return
    marks = [suffix_of(host.record) for host in group]
    for host, mark in zip(group, marks):
        if host is plain:
            yield host
            continue
        new = f"{name}_{mark if marks.count(mark) == 1 else digest(host.record['identity'])}"
        yield host._replace(name=f"{new}_{digest(host.record['identity'])}" if new in taken else new)


def _shared(name: str, group: t.Sequence[NamedHost]) -> str:
    listed = first_of([f"{host.record['kind']} {describe(host.record)}" for host in group], SHOWN)
    return f"{len(group)} hosts would be called {name!r}: {listed}"


def describe(record: Record) -> str:
    """A machine for people who look for it."""
    what = record.get("vm_uid") or record["uid"] or "without UID"
    return f"{what} at {', '.join(record['backup_server_names']) or 'an unknown backup server'}"


def changed_names(hosts: t.Sequence[tuple[str, NamedHost]], prefix: str) -> list[str]:
    """A sentence about names that had to be changed; each host comes with the name that it would have had."""
    changed = [(wished, host.name) for wished, host in hosts if wished != host.name]
    if not changed:
        return []
    listed = first_of([f"{wished!r} is {name!r}" for wished, name in changed], SHOWN)
    return [
        "Names that Ansible could take for something else, such as a pattern, a path, a group or the controller, were changed: "
        f"{listed}. The real names are in {prefix}name; choose others with hostnames"
    ]
