# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of the gate: each variable ``verify_backups_*``, what it may be, and whose it is. Private to the collection.

What the module ``protection_info`` takes is read from its own specification, so that an option is added in one place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ...module_utils._errors import nearest
from ...module_utils._protection.policy import AUTO, GATE_DEFAULTS, POLICY_SPEC
from .._evidence.files import FORMATS
from . import values
from .values import Refusal

PREFIX = "verify_backups_"
VERDICTS = ("ok", "waived", "running", "failed", "stale", "unprotected", "unknown")
MODES = ("fail", "exclude", "report")

_AGES = frozenset({"max_age", "max_data_age", "lookback", "history", "wait_running"})
_MACHINE_KEYS = ("max_age", "needed_at", "accept_warning", "job_types", "require_restore_point")
WAIVER_KEYS = ("machine", "reason_code", "until", "note")

Parse = t.Callable[[t.Any, t.Optional[dt.tzinfo]], t.Any]


@dataclasses.dataclass(frozen=True)
class Setting:
    """One variable. ``per_host``: each host has its own; the others must be the same for all hosts of a call."""

    name: str
    parse: Parse
    default: t.Any = None
    per_host: bool = False
    empty: t.Any = None
    """What an empty text means where it does not mean "not set"."""

    @property
    def variable(self) -> str:
        return PREFIX + self.name


def _choice(allowed: t.Sequence[str]) -> Parse:
    def parse(value: t.Any, _zone: dt.tzinfo | None) -> str:
        word = values.text(value).strip()
        if word not in allowed:
            raise Refusal(f"has the value {values.shown(value)}; {_offer(word, allowed)}")
        return word

    return parse


def _several(allowed: t.Sequence[str] = (), *, may_be_empty: bool = False) -> Parse:
    def parse(value: t.Any, _zone: dt.tzinfo | None) -> list[str]:
        found = values.words(value)
        if not found and not may_be_empty:
            raise Refusal("is a list without anything in it; leave it out to get the default")
        for word in found:
            if allowed and word not in allowed:
                raise Refusal(f"has {word!r}; {_offer(word, allowed)}")
        return found

    return parse


def _offer(word: str, allowed: t.Sequence[str]) -> str:
    near = nearest(word, allowed)
    return (
        f"did you mean {near[0]}?" if near else f"use {'some' if len(allowed) > 3 else 'one'} of {', '.join(allowed)}"
    )


def _plain(parse: t.Callable[[t.Any], t.Any]) -> Parse:
    return lambda value, _zone: parse(value)


def _show_table(value: t.Any, _zone: dt.tzinfo | None) -> bool | str:
    word = str(value).strip().lower()
    return "all" if word == "all" else values.flag(value)


def _age_or_auto(value: t.Any, _zone: dt.tzinfo | None) -> str:
    return AUTO if isinstance(value, str) and value.strip().lower() == AUTO else values.age(value)


def _three_way(value: t.Any, _zone: dt.tzinfo | None) -> str:
    """A choice with always and never: a survey makes true and false of what people write for these."""
    if isinstance(value, bool) or str(value).strip().lower() in ("true", "yes", "on", "false", "no", "off"):
        return "always" if values.flag(value) else "never"
    return values.text(value).strip()


def entries(value: t.Any, zone: dt.tzinfo | None) -> list[dict[str, t.Any]]:
    """Machines: names, or dictionaries of which the module checks the keys."""
    return [_entry(item, zone) for item in values.sequence(value)]


def _entry(item: t.Any, zone: dt.tzinfo | None) -> dict[str, t.Any]:
    if isinstance(item, t.Mapping):
        found = {str(key): part for key, part in item.items() if not values.is_unset(part)}
        for key in _MACHINE_KEYS:
            if key in found:
                try:
                    found[key] = SETTINGS[key].parse(found[key], zone)
                except Refusal as refusal:
                    raise Refusal(f"has a machine whose {key} {refusal}") from None
        for key in ("name", "vm_uid", "vm_ref", "backup_server_name"):
            if key in found:
                found[key] = values.text(found[key])
        if "name" not in found:
            raise Refusal("has a machine without a name")
        return found
    if isinstance(item, (bool, float)) or values.is_unset(item):
        raise Refusal(f"has {values.shown(item)}, which names no machine")
    return {"name": values.text(item)}


def waivers(value: t.Any, zone: dt.tzinfo | None) -> list[dict[str, t.Any]]:
    """Waivers; one without a machine is for the host at which it stands."""
    found = []
    for item in values.sequence(value):
        if not isinstance(item, t.Mapping):
            raise Refusal(f"has {values.shown(item)}, which is not a dictionary; use the keys {', '.join(WAIVER_KEYS)}")
        waiver = {str(key): part for key, part in item.items() if not values.is_unset(part)}
        for key in waiver:
            if key not in WAIVER_KEYS:
                raise Refusal(f"has the unknown key {key!r}; {_offer(key, WAIVER_KEYS)}")
        for key in ("reason_code", "until"):
            if key not in waiver:
                raise Refusal(f"has a waiver without {key}")
        try:
            waiver["until"] = values.moment(waiver["until"], zone)
        except Refusal as refusal:
            raise Refusal(f"has a waiver whose until {refusal}") from None
        found.append({key: values.text(part) for key, part in waiver.items()})
    return found


def _of_module(name: str) -> Setting:
    """A setting that the module takes, by the type that its specification names."""
    spec = POLICY_SPEC[name]
    parse: Parse
    if name == "max_data_age" or GATE_DEFAULTS.get(name) == AUTO:
        parse = _age_or_auto
    elif name in _AGES:
        parse = _plain(values.age)
    elif name == "needed_at":
        parse = values.moment
    elif name == "waivers":
        parse = waivers
    elif name == "machines":
        parse = entries
    elif {"always", "never"} <= set(spec.get("choices") or ()):
        parse = _three_way
    else:
        parse = {
            "bool": _plain(values.flag),
            "int": _plain(values.integer),
            # No domains at all is a rule too, no types of jobs is none.
            "list": _several(may_be_empty="default" not in spec),
            "str": _plain(values.text),
        }[spec["type"]]
    default = GATE_DEFAULTS.get(name, spec.get("default"))
    return Setting(name, parse, default, name in (*_MACHINE_KEYS, "waivers"), "" if name == "history" else None)


_OWN = (
    Setting("hosts", _several(may_be_empty=True)),
    Setting("extra_machines", entries, []),
    Setting("machine_name", _plain(values.text), per_host=True),
    Setting("machine_vm_uid", _plain(values.text), per_host=True),
    Setting("connection", _plain(values.mapping)),
    Setting("timezone", _plain(values.zone)),
    Setting("on_not_ok", _choice(MODES), "fail"),
    Setting("allowed_verdicts", _several(VERDICTS), ["ok", "waived"]),
    Setting("allow_empty", _plain(values.flag), False),
    Setting("report_dir", _plain(values.text), "backup-evidence", empty=""),
    Setting("report_formats", _several(FORMATS, may_be_empty=True), ["html", "json"]),
    Setting("report_mode", _plain(values.mode), 0o640),
    Setting("earlier", _plain(values.text)),
    Setting("show_table", _show_table, True),
    Setting("change_number", _plain(values.text), ""),
    Setting("set_stats", _plain(values.flag), True),
    Setting("artifact_format", _choice(FORMATS)),
    Setting("wait_running", _plain(values.age)),
)  # fmt: skip

SETTINGS: dict[str, Setting] = {
    **{name: _of_module(name) for name in POLICY_SPEC},
    **{setting.name: setting for setting in _OWN},
}
ASKED = tuple(name for name in POLICY_SPEC if name not in ("machines", "waivers"))
"""What is handed on to the module as it is."""
RULES = tuple(name for name in _MACHINE_KEYS if name in POLICY_SPEC)
"""What may stand at a machine."""
OF_PLAYBOOK = "group"
"""Read by the playbooks, not by the gate."""


def check_names(names: t.Iterable[str]) -> list[str]:
    """The variables that nobody reads; raises Refusal for one that is nearly a known one."""
    known = {*SETTINGS, OF_PLAYBOOK}
    strangers = []
    for name in sorted({name[len(PREFIX) :] for name in names} - known):
        near = nearest(name, known, likeness=0.75) or [
            each for each in known if each.replace("_", "") == name.replace("_", "").lower()
        ]
        if near:
            raise Refusal(f"There is no variable {PREFIX}{name}; did you mean {PREFIX}{near[0]}?")
        strangers.append(PREFIX + name)
    return strangers
