# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and variables of hosts. Pure functions. Private to the collection."""

from __future__ import annotations

import collections
import hashlib
import ipaddress
import re
import typing as t

from ...module_utils._errors import SettingsError

Record = t.Dict[str, t.Any]

# Ansible runs tasks for these names on the controller itself.
_LOOPBACK = re.compile(r"localhost(?:[46]|\.localdomain.*)?|127(?:\.\d{1,3}){3}|::1", re.ASCII | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DNS_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?", re.ASCII)


class NamedHost(t.NamedTuple):
    """A host with the name it is to have and its variables."""

    name: str
    record: Record
    variables: dict[str, t.Any]


def variables_of(record: Record, prefix: str) -> dict[str, t.Any]:
    """The host variables of a record: every key with the prefix, and ``ansible_host`` where the server knows an address."""
    variables = {f"{prefix}{key}": value for key, value in record.items()}
    address = _address(record)
    if address is not None:
        variables["ansible_host"] = address
    return variables


def _address(record: Record) -> str | None:
    """Only what is an address beyond doubt: it ends up on the command line of ssh."""
    if record["kind"] == "backup_server":
        name = record["name"] or ""
        return name if _is_ip(name) or (_DNS_NAME.fullmatch(name) and not _LOOPBACK.fullmatch(name)) else None
    known = re.split(r"[\s,;]+", record.get("ip_address") or "")
    return next((text for text in known if _is_ip(text)), None)


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def usable_name(name: str, record: Record, reserved: t.Container[str]) -> str:
    """The name as it is, unless Ansible would take it for something else.

    A leading dash would be an option of ssh, names of the loopback would run tasks on the controller, and variables of a host
    that is called like a group would become variables of the group.
    """
    cleaned = _CONTROL.sub("_", name)
    if cleaned.startswith("-"):
        cleaned = f"_{cleaned[1:]}"
    if _LOOPBACK.fullmatch(cleaned.strip()) or cleaned in reserved:
        return f"{cleaned}_{suffix_of(record)}"
    return cleaned


def resolve_duplicates(hosts: t.Sequence[NamedHost], mode: str) -> tuple[list[NamedHost], list[str]]:
    """Hosts with names of their own, and sentences about what was left out. Raises SettingsError when ``mode`` is ``fail``."""
    by_name = _by_name(hosts)
    twins = {name: group for name, group in by_name.items() if len(group) > 1}
    if twins and mode == "fail":
        name, group = min(twins.items())
        more = f" (and {len(twins) - 1} more names are not unique)" if len(twins) > 1 else ""
        raise SettingsError(
            f"{_shared(name, group)}{more}",
            hint="set duplicates to suffix or warn, choose other hostnames, or leave some out with filters",
        )
    if mode == "suffix":
        return [one for name, group in by_name.items() for one in _told_apart(name, group, by_name)], []
    left_out = {id(host.record) for group in twins.values() for host in group[1:]}
    return [host for host in hosts if id(host.record) not in left_out], [
        f"{_shared(name, group)}; only the first one is in the inventory, set duplicates to suffix to have all of them"
        for name, group in sorted(twins.items())
    ]


def _told_apart(name: str, group: list[NamedHost], taken: t.Container[str]) -> list[NamedHost]:
    """Each host of the group gets a suffix, so that none of them can be mistaken for the other."""
    if len(group) == 1:
        return group
    names = [f"{name}_{suffix}" for suffix in _suffixes(group)]
    return [
        host._replace(name=f"{new}_{_digest(host.record)}" if new in taken else new) for host, new in zip(group, names)
    ]


def _suffixes(group: t.Sequence[NamedHost]) -> list[str]:
    """What tells machines of one name apart: the id at the hypervisor or the kind, if that is enough, else their identity."""
    marks = [suffix_of(host.record) for host in group]
    return marks if len(set(marks)) == len(marks) else [_digest(host.record) for host in group]


def suffix_of(record: Record) -> str:
    return str(record.get("vm_ref") or record["kind"])


def _digest(record: Record) -> str:
    return hashlib.sha256(record["identity"].encode()).hexdigest()[:8]


def duplicate_names(hosts: t.Sequence[NamedHost]) -> list[str]:
    """Names that several hosts would have, as the beginnings of sentences."""
    return [_shared(name, group) for name, group in sorted(_by_name(hosts).items()) if len(group) > 1]


def _by_name(hosts: t.Sequence[NamedHost]) -> dict[str, list[NamedHost]]:
    found = collections.defaultdict(list)
    for host in hosts:
        found[host.name].append(host)
    return found


def _shared(name: str, group: t.Sequence[NamedHost]) -> str:
    listed = ", ".join(f"{host.record['kind']} {describe(host.record)}" for host in group)
    return f"{len(group)} hosts would be called {name!r}: {listed}"


def describe(record: Record) -> str:
    """A machine for people who look for it."""
    what = record.get("vm_uid") or record["uid"] or "without UID"
    return f"{what} at {', '.join(record['backup_server_names']) or 'an unknown backup server'}"
