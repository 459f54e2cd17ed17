# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked: the machines of a call, and which hosts each of them stands for. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from .given import Host, Settings, listed
from .settings import ASKED, RULES
from .values import Refusal, shown

Entry = t.Mapping[str, t.Any]


@dataclasses.dataclass
class Asked:
    """One machine of the question, and the hosts that are decided by it."""

    entry: Entry
    hosts: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Question:
    """The machines in the order in which they are asked; answers are joined to them by position."""

    asked: tuple[Asked, ...]
    waivers: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()

    def arguments(self, settings: Settings) -> dict[str, t.Any]:
        """The options of protection_info. Only what differs from the rule for all stands at a machine."""
        common = {name: settings.rules[name] if name in RULES else settings.common[name] for name in ASKED}
        found: dict[str, t.Any] = {name: value for name, value in common.items() if value not in (None, "")}
        found["machines"] = [
            {key: value for key, value in each.entry.items() if key not in RULES or value != common[key]}
            for each in self.asked
        ]
        if self.waivers:
            found["waivers"] = [dict(waiver) for waiver in self.waivers]
        return found


def make_question(settings: Settings, in_question: t.Sequence[str], known: t.Collection[str]) -> Question:
    """``in_question`` are the hosts that are asked about by default, ``known`` all hosts of the inventory. Raises Refusal."""
    named = settings.common["hosts"]
    for name in named or []:
        if name not in known:
            raise Refusal(
                f"verify_backups_hosts names {shown(name)}, which is not a host of the inventory; give other machines as verify_backups_machines."
            )
    hosts = [settings.hosts[name] for name in (in_question if named is None else dict.fromkeys(named))]
    machines = settings.common["machines"]
    builder = _Builder(settings)
    if machines is None:
        for host in hosts:
            builder.add(host.entry, [host.name], f"host {host.name}")
    for entry in [*(machines or []), *settings.common["extra_machines"]]:
        builder.add_named(entry)
    waivers, notes = _waivers(settings, builder.asked)
    return Question(tuple(builder.asked), waivers, (*notes, *_shared(builder.asked)))


def _shared(asked: t.Sequence[Asked]) -> t.Iterator[str]:
    """One name for all hosts, where a template was meant, would let all of them go by one machine's backup."""
    for each in asked:
        if len(each.hosts) > 1:
            yield f"{listed(each.hosts)} stand for one machine, {each.entry['name']!r}, and share its verdict."


class _Builder:
    """Collects machines; the same one asked twice by the same rules is one."""

    def __init__(self, settings: Settings) -> None:
        self.asked: list[Asked] = []
        self._by_label: dict[str, Asked] = {}
        self._settings = settings
        self._by_machine: dict[str, list[Host]] = {}
        for host in settings.hosts.values():
            for key in {host.label, host.vm_uid} - {None}:
                self._by_machine.setdefault(str(key), []).append(host)

    def add_named(self, entry: Entry) -> None:
        """A machine by name: with the rules of the hosts that it is, else with those of the play; its own come first."""
        hosts = self._hosts_of(entry)
        base = hosts[0].entry if hosts else dict(self._settings.rules)
        if len(hosts) > 1 and any(host.entry != base for host in hosts) and not _has_all_rules(entry):
            raise Refusal(
                f"The machine {entry['name']!r} stands for {listed([host.name for host in hosts])}, which have different rules; "
                "give it its own in verify_backups_machines."
            )
        self.add(
            {**base, **{key: value for key, value in entry.items() if key != "name" or not hosts}},
            [host.name for host in hosts],
            "machine",
        )

    def add(self, entry: Entry, hosts: list[str], what: str) -> None:
        label = entry["name"]
        known = self._by_label.get(label)
        if (
            known is not None
            and known.entry != entry
            and entry.get("vm_uid")
            and hosts
            and hosts[0] not in self._by_label
        ):
            # Machines of one name that have references: the name is only a label, so the host's does as well.
            label, entry = hosts[0], {**entry, "name": hosts[0]}
            known = None
        if known is None:
            known = Asked(entry)
            self._by_label[label] = known
            self.asked.append(known)
        elif known.entry != entry:
            differing = sorted(key for key in {*entry, *known.entry} if entry.get(key) != known.entry.get(key))
            both = list(dict.fromkeys([*known.hosts, *hosts]))
            raise Refusal(
                f"The machine {label!r} is asked for twice, by different rules ({', '.join(differing)}): {listed(both or [label])}. "
                "Give both the same, or tell them apart by verify_backups_machine_vm_uid."
            )
        known.hosts += [host for host in hosts if host not in known.hosts]

    def _hosts_of(self, entry: Entry) -> list[Host]:
        """The host of this inventory name; else the hosts that stand for this machine."""
        host = self._settings.hosts.get(entry["name"])
        found = [host] if host is not None else list(self._by_machine.get(entry["name"], []))
        if entry.get("vm_uid"):
            # A reference of another machine than the host's is not about that host.
            found = [each for each in found if each.vm_uid in (None, entry["vm_uid"])] or self._by_machine.get(
                entry["vm_uid"], []
            )
        return found


def _has_all_rules(entry: Entry) -> bool:
    return all(rule in entry for rule in RULES)


def _waivers(settings: Settings, asked: t.Sequence[Asked]) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Those of each host for that host, those of the play for machines that are no host; each under the machine's label."""
    found: list[Entry] = []
    notes: list[str] = []
    of_hosts = {name for each in asked for name in each.hosts}
    names = {name: {name, settings.hosts[name].label, settings.hosts[name].vm_uid} for name in of_hosts}
    everyone = set().union(*names.values()) if names else set()
    for each in asked:
        of_each = [_own_waivers(settings.hosts[host], names[host]) for host in each.hosts]
        for waiver in of_each[0] if of_each else []:
            # Hosts that share a machine share its verdict, so it takes all of them to waive a reason.
            if all(waiver in others for others in of_each[1:]):
                found.append({**waiver, "machine": each.entry["name"]})
    strangers = {each.entry["name"] for each in asked if not each.hosts}
    for waiver in settings.waivers:
        if waiver.get("machine") is None:
            continue
        if waiver["machine"] in strangers or waiver["machine"] not in everyone:
            found.append(dict(waiver))
    of_play = [dict(waiver) for waiver in settings.waivers]
    for host in sorted(of_hosts):
        for waiver in settings.hosts[host].waivers:
            other = waiver.get("machine")
            if other is not None and other not in names[host] and dict(waiver) not in of_play:
                notes.append(f"A waiver at host {host} names {other!r}; waivers at a host count for that host only.")
    unique = [waiver for place, waiver in enumerate(found) if waiver not in found[:place]]
    return tuple(unique), tuple(dict.fromkeys(notes))


def _own_waivers(host: Host, names: t.Collection[str | None]) -> list[Entry]:
    """The waivers at a host that are for it, without its name."""
    mine = [waiver for waiver in host.waivers if waiver.get("machine", host.name) in names]
    return [{key: part for key, part in waiver.items() if key != "machine"} for waiver in mine]
