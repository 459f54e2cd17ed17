# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a call: those that hold for all hosts, and those of each host, checked before anything is asked. Private to the
collection.

Pure: variables come in as plain values, and out come values of the right types, or one Refusal that names variable and hosts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ...module_utils._errors import sentence
from . import values
from .settings import PREFIX, RULES, SETTINGS, Setting, check_names
from .values import Refusal, refuse_failed

Raw = t.Mapping[str, t.Any]
_MOST = 5


@dataclasses.dataclass(frozen=True)
class Host:
    """A host, the machine that it stands for, and what is asked of it."""

    name: str
    label: str
    """What the machine is called in the question: its name in Enterprise Manager, or the host's where a reference finds it."""
    vm_uid: str | None = None
    rules: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    waivers: tuple[t.Mapping[str, t.Any], ...] = ()
    is_controller: bool = False

    @property
    def entry(self) -> dict[str, t.Any]:
        identity = {"name": self.label, **({"vm_uid": self.vm_uid} if self.vm_uid else {})}
        return {**identity, **self.rules}


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that a call was told."""

    common: t.Mapping[str, t.Any]
    """What decides for all; each setting has a value here."""
    hosts: t.Mapping[str, Host]
    rules: t.Mapping[str, t.Any]
    """What holds for machines that are no host of the play."""
    waivers: tuple[t.Mapping[str, t.Any], ...] = ()
    strangers: tuple[str, ...] = ()
    """Variables that look like the gate's, and that nobody reads."""

    @property
    def writes_files(self) -> bool:
        return bool(self.common["report_dir"] and self.common["report_formats"])

    def tells_next_steps(self, check_mode: bool) -> bool:
        """Whether anybody sees what to do about a machine that is not ready."""
        common = self.common
        passed_on = common["artifact_format"] and common["set_stats"]
        return bool(common["show_table"] or passed_on or (self.writes_files and not check_mode))

    @property
    def changed(self) -> dict[str, t.Any]:
        """The settings that differ from their defaults, without the connection, which holds secrets."""
        everything = {**self.common, **self.rules, "waivers": list(self.waivers)}
        return {
            name: str(value) if name == "timezone" else value
            for name, value in everything.items()
            if name != "connection" and value != SETTINGS[name].default and value not in (None, [])
        }


class _Reader:
    """Gives values their types; what many hosts share is looked at once."""

    def __init__(self) -> None:
        self.zone: dt.tzinfo | None = None
        self._seen: dict[tuple[str, int], tuple[t.Any, t.Any]] = {}

    def value(self, setting: Setting, raw: Raw) -> t.Any:
        given = raw.get(setting.variable)
        key = (setting.name, id(given))
        if key not in self._seen:
            self._seen[key] = (given, self._parsed(setting, given))
        found = self._seen[key][1]
        if isinstance(found, Refusal):
            raise found
        return found

    def _parsed(self, setting: Setting, given: t.Any) -> t.Any:
        try:
            refuse_failed(setting.name, given)
            if isinstance(given, str) and not given.strip() and setting.empty is not None:
                return setting.empty
            if values.is_unset(given):
                return setting.default
            return setting.parse(given, self.zone)
        except Refusal as refusal:
            return refusal


def read_settings(play: Raw, hosts: t.Mapping[str, Raw], controllers: t.Collection[str] = ()) -> Settings:
    """Raises Refusal. ``play`` is what holds for no host in particular; ``controllers`` are hosts that are this machine itself."""
    names = {name for raw in (play, *hosts.values()) for name in raw if name.startswith(PREFIX)}
    strangers = check_names(names)
    reader = _Reader()
    sources = hosts or {"": play}
    reader.zone = _common(reader, SETTINGS["timezone"], sources)
    common = {name: _common(reader, setting, sources) for name, setting in SETTINGS.items() if not setting.per_host}
    own = {name: _each(reader, SETTINGS[name], hosts) for name in SETTINGS if SETTINGS[name].per_host}
    rules = {name: _of_play(reader, SETTINGS[name], play) for name in RULES}
    found = {}
    for name, raw in hosts.items():
        given, vm_uid = own["machine_name"][name], own["machine_vm_uid"][name] or _known(raw, "veeam_em_vm_uid")
        label = given or (name if vm_uid else _known(raw, "veeam_em_name") or name)
        mine = {rule: own[rule][name] for rule in RULES}
        found[name] = Host(name, label, vm_uid or None, mine, tuple(own["waivers"][name]), name in controllers)
    return Settings(common, found, rules, tuple(_of_play(reader, SETTINGS["waivers"], play)), tuple(strangers))


def _known(raw: Raw, name: str) -> str:
    """What the inventory says; a name of digits may have become a number on its way."""
    value = raw.get(name)
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _of_play(reader: _Reader, setting: Setting, play: Raw) -> t.Any:
    """A template of host variables says nothing about machines that are no host: for them it is not set."""
    try:
        return reader.value(setting, play)
    except Refusal:
        return setting.default


def _each(reader: _Reader, setting: Setting, hosts: t.Mapping[str, Raw]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    refused: dict[str, list[str]] = {}
    for name, raw in hosts.items():
        try:
            found[name] = reader.value(setting, raw)
        except Refusal as refusal:
            refused.setdefault(str(refusal), []).append(name)
    for because, names in refused.items():
        raise Refusal(sentence(f"{setting.variable} of {listed(names)} {because}"))
    return found


def _common(reader: _Reader, setting: Setting, sources: t.Mapping[str, Raw]) -> t.Any:
    found = _each(reader, setting, sources) if "" not in sources else {"": _alone(reader, setting, sources[""])}
    kinds: list[tuple[t.Any, list[str]]] = []
    for name, value in found.items():
        for other, names in kinds:
            if other is value or other == value:
                names.append(name)
                break
        else:
            kinds.append((value, [name]))
    if len(kinds) > 1:
        raise Refusal(
            f"{setting.variable} decides for all hosts, but {_differ(setting, kinds)}. Set it once for all of them."
        )
    return kinds[0][0]


def _alone(reader: _Reader, setting: Setting, raw: Raw) -> t.Any:
    try:
        return reader.value(setting, raw)
    except Refusal as refusal:
        raise Refusal(sentence(f"{setting.variable} {refusal}")) from None


def _differ(setting: Setting, kinds: list[tuple[t.Any, list[str]]]) -> str:
    """The fewest hosts first: they are the ones to look at."""
    ordered = sorted(kinds, key=lambda kind: len(kind[1]))[:3]
    if setting.name == "connection":
        return f"{listed(ordered[0][1])} and {listed(ordered[-1][1])} have different ones"
    return " and ".join(f"it is {_word(value)} at {listed(names)}" for value, names in ordered)


def _word(value: t.Any) -> str:
    return "not set" if value is None else values.shown(value)


def listed(names: t.Sequence[str], most: int = _MOST) -> str:
    """``a``, ``a and b``, ``a, b and 7 more``."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part) if names else "nobody"
