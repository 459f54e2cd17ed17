# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of each machine: the options of ``protection_info``, checked. Pure functions. Private to the collection.

Every mistake is found here, before any request: a limit that was silently ignored could turn a "no" into a "yes".
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from .._errors import SettingsError
from .._records.resources import JOB_TYPES
from .._times import parse_age, parse_moment
from .codes import DEFAULT_JOB_TYPES, REASONS, WAIVABLE

NAME_MATCHES = ("exact", "ignore_case", "short_name")
MAX_ROWS = 1000000

_OBJECT_REF = re.compile(r"urn:(?P<platform>[A-Za-z]+):[A-Za-z]+:(?P<root>\S+)\.(?P<ref>[^.\s]+)", re.ASCII)
_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

POLICY_SPEC: dict[str, dict[str, t.Any]] = {
    "machines": {"type": "list", "elements": "raw", "required": True},
    "max_age": {"type": "str", "default": "24h"},
    "needed_at": {"type": "str", "default": "now"},
    "accept_warning": {"type": "bool", "default": True},
    "job_types": {
        "type": "list",
        "elements": "str",
        "choices": list(JOB_TYPES),
        "default": list(DEFAULT_JOB_TYPES),
    },
    "require_restore_point": {"type": "bool", "default": True},
    "name_match": {
        "type": "list",
        "elements": "str",
        "choices": list(NAME_MATCHES),
        "default": list(NAME_MATCHES),
    },
    "max_data_age": {"type": "str"},
    "waivers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "machine": {"type": "str", "required": True},
            "reason_code": {"type": "str", "required": True, "choices": list(WAIVABLE)},
            "until": {"type": "str", "required": True},
            "note": {"type": "str"},
        },
    },
    "lookback": {"type": "str", "default": "30d"},
    "history": {"type": "str"},
    "full_visibility": {"type": "bool", "default": False},
    "ask_hypervisors": {"type": "bool", "default": False},
    "max_rows": {"type": "int", "default": MAX_ROWS},
}
"""The argument specification of everything that ``read_policy`` reads."""

_MACHINE_KEYS = (
    "name", "vm_uid", "vm_ref", "backup_server_name", "max_age", "needed_at", "accept_warning", "job_types",
    "require_restore_point",
)  # fmt: skip
_WAIVER_KEYS = ("machine", "reason_code", "until", "note")


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine and what is asked of it; ``vm_uid`` is an object reference, ``vm_ref`` only its last part."""

    name: str
    max_age: dt.timedelta
    needed_at: dt.datetime
    accept_warning: bool = True
    job_types: frozenset[str] = frozenset(DEFAULT_JOB_TYPES)
    require_restore_point: bool = True
    vm_uid: str | None = None
    vm_ref: str | None = None
    backup_server_name: str | None = None

    @property
    def oldest(self) -> dt.datetime:
        """Data from before this moment is too old."""
        return self.needed_at - self.max_age


@dataclasses.dataclass(frozen=True)
class Waiver:
    """Somebody takes the responsibility for one reason at one machine until a moment."""

    machine: str
    reason_code: str
    until: dt.datetime
    note: str | None = None


@dataclasses.dataclass(frozen=True)
class Policy:
    """All that a verdict depends on besides what Enterprise Manager knows."""

    machines: tuple[Machine, ...]
    now: dt.datetime
    name_match: tuple[str, ...] = NAME_MATCHES
    max_data_age: dt.timedelta | None = None
    waivers: tuple[Waiver, ...] = ()
    lookback: dt.timedelta = dt.timedelta(days=30)
    history: dt.timedelta | None = None
    full_visibility: bool = False
    ask_hypervisors: bool = False
    max_rows: int = MAX_ROWS


def read_policy(params: t.Mapping[str, t.Any], now: dt.datetime) -> Policy:
    """The options as Ansible hands them over; what is missing or None has its default. Raises SettingsError."""
    options = {name: spec.get("default") for name, spec in POLICY_SPEC.items()}
    options.update({name: params[name] for name in POLICY_SPEC if params.get(name) is not None})
    name_match = _words("name_match", options["name_match"], NAME_MATCHES)
    max_rows = options["max_rows"]
    if isinstance(max_rows, bool) or not isinstance(max_rows, int) or max_rows < 1:
        raise SettingsError(f"max_rows has the value {max_rows!r}", hint="give a number greater than 0")
    return Policy(
        machines=_machines(options, now),
        now=now,
        name_match=name_match,
        max_data_age=_age("max_data_age", options["max_data_age"]) if options["max_data_age"] is not None else None,
        waivers=_waivers(options["waivers"]),
        lookback=_age("lookback", options["lookback"]),
        history=_age("history", options["history"]) if options["history"] is not None else None,
        full_visibility=_flag("full_visibility", options["full_visibility"]),
        ask_hypervisors=_flag("ask_hypervisors", options["ask_hypervisors"]),
        max_rows=max_rows,
    )


def split_ref(vm_uid: str) -> tuple[str, str, str] | None:
    """Platform, hierarchy root and id of an object reference such as ``urn:VMware:Vm:<root>.vm-1042``."""
    match = _OBJECT_REF.fullmatch(vm_uid.strip())
    return (match["platform"], match["root"], match["ref"]) if match else None


def _machines(options: dict[str, t.Any], now: dt.datetime) -> tuple[Machine, ...]:
    entries = options["machines"]
    if not isinstance(entries, (list, tuple)) or not entries:
        raise SettingsError(
            "machines names no machine", hint="give at least one; a check of nothing must not look like a good result"
        )
    # The options for all machines are checked even if every machine overrides them.
    _machine("", {**options, "name": "any"}, now)
    found: dict[str, Machine] = {}
    for number, entry in enumerate(entries):
        where = f"machines[{number}]"
        machine = _machine(where, {**_common(options), **_entry(where, entry)}, now)
        if machine.name in found:
            raise SettingsError(
                f"{where} names {machine.name!r} for the second time",
                hint="name each machine once; give machines of one name different labels and their vm_uid",
            )
        found[machine.name] = machine
    return tuple(found.values())


def _common(options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: options[key] for key in _MACHINE_KEYS if key in options}


def _entry(where: str, entry: t.Any) -> dict[str, t.Any]:
    if isinstance(entry, (str, int)) and not isinstance(entry, bool):
        return {"name": str(entry)}
    if not isinstance(entry, dict):
        raise SettingsError(f"{where} is neither a name nor a dictionary", hint="write a name, or name: and more keys")
    _known_keys(where, entry, _MACHINE_KEYS)
    return {key: value for key, value in entry.items() if value is not None}


def _known_keys(where: str, entry: dict[t.Any, t.Any], allowed: t.Sequence[str]) -> None:
    unknown = sorted(str(key) for key in entry if key not in allowed)
    if unknown:
        raise SettingsError(f"{where} has the unknown key {unknown[0]!r}", hint=f"use {', '.join(allowed)}")


def _machine(where: str, entry: dict[str, t.Any], now: dt.datetime) -> Machine:
    def option(key: str) -> str:
        return f"{where}.{key}" if where else key

    vm_uid, vm_ref = _text(option("vm_uid"), entry.get("vm_uid")), _text(option("vm_ref"), entry.get("vm_ref"))
    _check_refs(option, vm_uid, vm_ref)
    name = entry.get("name")
    return Machine(
        name=_required(option("name"), str(name) if isinstance(name, int) and not isinstance(name, bool) else name),
        max_age=_age(option("max_age"), entry["max_age"]),
        needed_at=_needed_at(option("needed_at"), entry["needed_at"], now),
        accept_warning=_flag(option("accept_warning"), entry["accept_warning"]),
        job_types=frozenset(_words(option("job_types"), entry["job_types"], JOB_TYPES)),
        require_restore_point=_flag(option("require_restore_point"), entry["require_restore_point"]),
        vm_uid=vm_uid,
        vm_ref=vm_ref,
        backup_server_name=_text(option("backup_server_name"), entry.get("backup_server_name")),
    )


def _check_refs(option: t.Callable[[str], str], vm_uid: str | None, vm_ref: str | None) -> None:
    parts = split_ref(vm_uid) if vm_uid else None
    if vm_uid and parts is None:
        raise SettingsError(
            f"{option('vm_uid')} has the value {vm_uid!r}, which is not the reference of a machine",
            hint="write it as Enterprise Manager does, urn:VMware:Vm:<hierarchy root>.vm-1042",
        )
    if parts and parts[0].lower().startswith("agent"):
        raise SettingsError(
            f"{option('vm_uid')} is the reference of an agent, which not every version tells",
            hint="leave it out: computers with an agent are found by name and backup_server_name",
        )
    if vm_ref and (":" in vm_ref or "." in vm_ref):
        raise SettingsError(
            f"{option('vm_ref')} has the value {vm_ref!r}, which is not the bare id of a machine",
            hint="write it as the hypervisor does, such as vm-1042, or use vm_uid",
        )
    if parts and vm_ref and parts[2].lower() != vm_ref.lower():
        raise SettingsError(f"{option('vm_uid')} and vm_ref name different machines", hint="leave one of them out")


def _text(option: str, value: t.Any) -> str | None:
    return None if value is None else _required(option, value)


def _required(option: str, value: t.Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{option} has the value {value!r}, which is no text", hint="write a name, or leave it out")
    return value


def _age(option: str, value: t.Any) -> dt.timedelta:
    age = parse_age("" if isinstance(value, (bool, dt.date)) else str(value), option)
    if not age:
        raise SettingsError(f"{option} is zero", hint="write an age such as 24h")
    return age


def _needed_at(option: str, value: t.Any, now: dt.datetime) -> dt.datetime:
    text = str(value).strip()
    if text.lower() == "now":
        return now
    if text.startswith("+"):
        return now + parse_age(text[1:], option)
    moment = parse_moment(text)
    if moment is None:
        raise SettingsError(
            f"{option} has the value {text!r}, which is no moment",
            hint="write now, +12h for a time from now, or an ISO 8601 time such as 2026-01-05T20:00:00Z",
        )
    return moment


def _flag(option: str, value: t.Any) -> bool:
    found = value if isinstance(value, bool) else _BOOLS.get(str(value).strip().lower())
    if found is None:
        raise SettingsError(f"{option} has the value {value!r}", hint="use true or false")
    return found


def _words(option: str, value: t.Any, allowed: t.Sequence[str]) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise SettingsError(f"{option} is not a list with something in it", hint=f"use some of {', '.join(allowed)}")
    for word in words:
        if word not in allowed:
            raise SettingsError(f"{option} has the value {word!r}", hint=f"use some of {', '.join(allowed)}")
    return tuple(dict.fromkeys(words))


def _waivers(entries: t.Any) -> tuple[Waiver, ...]:
    if not isinstance(entries, (list, tuple)):
        raise SettingsError("waivers is not a list", hint="write dictionaries with machine, reason_code and until")
    return tuple(_waiver(f"waivers[{number}]", entry) for number, entry in enumerate(entries))


def _waiver(where: str, entry: t.Any) -> Waiver:
    if not isinstance(entry, dict):
        raise SettingsError(f"{where} is not a dictionary", hint=f"use the keys {', '.join(_WAIVER_KEYS)}")
    _known_keys(where, entry, _WAIVER_KEYS)
    code = _required(f"{where}.reason_code", entry.get("reason_code"))
    if code not in WAIVABLE:
        known = "can't be waived" if code in REASONS else "is unknown"
        raise SettingsError(f"{where}.reason_code {code!r} {known}", hint=f"use one of {', '.join(WAIVABLE)}")
    until = entry.get("until")
    moment = None if until is None else parse_moment(str(until))
    if moment is None:
        raise SettingsError(
            f"{where}.until has the value {until!r}, which is no moment",
            hint="write when the waiver ends, such as 2026-01-31 or 2026-01-31T18:00:00Z",
        )
    return Waiver(
        _required(f"{where}.machine", entry.get("machine")), code, moment, _text(f"{where}.note", entry.get("note"))
    )
