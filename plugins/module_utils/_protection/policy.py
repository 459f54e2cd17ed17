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
from .._times import span
from . import checks
from .codes import DEFAULT_DATA_AGE, DEFAULT_JOB_TYPES, REASONS, WAIVABLE
from .names import NAME_MATCHES, Domains

MAX_ROWS = 1000000
AUTO, ALWAYS, NEVER = "auto", "always", "never"
ASK_HYPERVISORS = (AUTO, ALWAYS, NEVER)

_OBJECT_REF = re.compile(r"urn:(?P<platform>[A-Za-z]+):[A-Za-z]+:(?P<root>\S+)\.(?P<ref>[^.\s]+)", re.ASCII)

POLICY_SPEC: dict[str, dict[str, t.Any]] = {
    "machines": {"type": "list", "elements": "raw", "required": True},
    "max_age": {"type": "str", "default": "24h"},
    "needed_at": {"type": "str", "default": "now"},
    "accept_warning": {"type": "bool", "default": True},
    "job_types": {"type": "list", "elements": "str", "default": list(DEFAULT_JOB_TYPES)},
    "require_restore_point": {"type": "bool", "default": True},
    "name_match": {
        "type": "list",
        "elements": "str",
        "choices": list(NAME_MATCHES),
        "default": list(NAME_MATCHES),
    },
    "domains": {"type": "list", "elements": "str"},
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
    "ask_hypervisors": {"type": "str", "choices": list(ASK_HYPERVISORS), "default": AUTO},
    "max_rows": {"type": "int", "default": MAX_ROWS},
}
"""The argument specification of everything that ``read_policy`` reads.

``max_data_age`` may be ``auto`` (the default limit of ``codes.DEFAULT_DATA_AGE``, which blocks only when nothing was collected within it);
any other value is a limit set on purpose. Without one the age is only reported.
"""

GATE_DEFAULTS = {"history": "7d", "max_data_age": AUTO}
"""What the gate asks for when nothing is said, where it is not what the module does: its report has a picture of the last days, and
maintenance should not rest on data of yesterday."""

_MACHINE_KEYS = (
    "name", "vm_uid", "vm_ref", "backup_server_name", "max_age", "needed_at", "accept_warning", "job_types",
    "require_restore_point",
)  # fmt: skip
_WAIVER_KEYS = ("machine", "reason_code", "until", "note")


@dataclasses.dataclass(frozen=True)
class Machine:
    """An entry of the question; ``vm_uid`` is an object reference, ``vm_ref`` only its last part.

    ``key`` tells entries apart, whatever they are called; ``max_age_text`` is the limit as it was written.
    """

    name: str
    max_age: dt.timedelta
    needed_at: dt.datetime
    accept_warning: bool = True
    job_types: frozenset[str] = frozenset(DEFAULT_JOB_TYPES)
    require_restore_point: bool = True
    vm_uid: str | None = None
    vm_ref: str | None = None
    backup_server_name: str | None = None
    key: str = ""
    max_age_text: str = ""

    @property
    def ref_id(self) -> str | None:
        """The id of the machine in its hypervisor, if it is asked for by that."""
        parts = split_ref(self.vm_uid) if self.vm_uid else None
        found = parts[2] if parts else self.vm_ref
        return found.lower() if found else None

    @property
    def max_age_shown(self) -> str:
        """The limit of age for people: as it was written."""
        return self.max_age_text or span(self.max_age.total_seconds())

    @property
    def oldest(self) -> dt.datetime:
        """Data from before this moment is too old."""
        return self.needed_at - self.max_age


@dataclasses.dataclass(frozen=True)
class Waiver:
    """An accepted risk: one reason at one machine, until a moment."""

    machine: str
    reason_code: str
    until: dt.datetime
    note: str | None = None


@dataclasses.dataclass(frozen=True)
class Policy:
    """All that a verdict depends on besides what Enterprise Manager knows.

    ``data_age_on_purpose``: somebody chose ``max_data_age``, it is not only the default. ``remarks`` are sentences about options that
    are allowed, but probably not what was meant.
    """

    machines: tuple[Machine, ...]
    now: dt.datetime
    name_match: tuple[str, ...] = NAME_MATCHES
    domains: tuple[str, ...] | None = None
    max_data_age: dt.timedelta | None = None
    data_age_on_purpose: bool = False
    waivers: tuple[Waiver, ...] = ()
    lookback: dt.timedelta = dt.timedelta(days=30)
    history: dt.timedelta | None = None
    full_visibility: bool = False
    ask_hypervisors: str = AUTO
    max_rows: int = MAX_ROWS
    remarks: tuple[str, ...] = ()

    def reach_of(self, entry: Machine) -> dt.datetime:
        """How far back rows matter to an entry, whatever is read for others."""
        return min(entry.oldest, self.now - self.lookback)

    @property
    def name_domains(self) -> Domains:
        return Domains(self.domains)


def read_policy(params: t.Mapping[str, t.Any], now: dt.datetime, keys: t.Sequence[str] | None = None) -> Policy:
    """The options as Ansible hands them over; what is missing or None has its default. Raises SettingsError.

    With ``keys``, one for each of ``machines``, several entries may have one name: the inventory asks for each of its hosts.
    """
    options = {name: spec.get("default") for name, spec in POLICY_SPEC.items()}
    options.update({name: params[name] for name in POLICY_SPEC if params.get(name) is not None})
    max_rows = options["max_rows"]
    if isinstance(max_rows, bool) or not isinstance(max_rows, int) or max_rows < 1:
        raise SettingsError(f"max_rows has the value {max_rows!r}", hint="give a number greater than 0")
    remarks: list[str] = []
    machines = _machines(options, now, keys, remarks)
    limit = options["max_data_age"]
    by_default = isinstance(limit, str) and limit.strip().lower() == AUTO
    return Policy(
        machines=machines,
        now=now,
        name_match=checks.choices("name_match", options["name_match"], NAME_MATCHES),
        domains=checks.domains("domains", options["domains"]),
        max_data_age=DEFAULT_DATA_AGE if by_default else checks.optional_age("max_data_age", limit),
        data_age_on_purpose=limit is not None and not by_default,
        waivers=_waivers(options["waivers"]),
        lookback=checks.age("lookback", options["lookback"]),
        history=checks.optional_age("history", options["history"]),
        full_visibility=checks.flag("full_visibility", options["full_visibility"]),
        ask_hypervisors=checks.choice("ask_hypervisors", options["ask_hypervisors"], ASK_HYPERVISORS),
        max_rows=max_rows,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def split_ref(vm_uid: str) -> tuple[str, str, str] | None:
    """Platform, hierarchy root and id of an object reference such as ``urn:VMware:Vm:<root>.vm-1042``."""
    match = _OBJECT_REF.fullmatch(vm_uid.strip())
    return (match["platform"], match["root"], match["ref"]) if match else None


def _machines(
    options: dict[str, t.Any], now: dt.datetime, keys: t.Sequence[str] | None, remarks: list[str]
) -> tuple[Machine, ...]:
    entries = options["machines"]
    if not isinstance(entries, (list, tuple)) or not entries:
        raise SettingsError(
            "machines names no machine", hint="give at least one; a check of nothing must not look like a good result"
        )
    # The options for all machines are checked even if every machine overrides them.
    _machine("", {**options, "name": "any"}, now, "", remarks)
    found: dict[str, Machine] = {}
    for number, entry in enumerate(entries):
        where = f"machines[{number}]"
        given = _entry(where, entry)
        key = keys[number] if keys else str(given.get("name"))
        machine = _machine(where, {**_common(options), **given}, now, key, remarks)
        if key in found:
            raise SettingsError(
                f"{where} names {machine.name!r} for the second time",
                hint="name each machine once; give machines of one name different labels and their vm_uid",
            )
        if machine.name != machine.name.strip():
            remarks.append(f"{where} is {machine.name!r} with blanks at its ends, which count when names are compared.")
        found[key] = machine
    return tuple(found.values())


def _common(options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: options[key] for key in _MACHINE_KEYS if key in options}


def _entry(where: str, entry: t.Any) -> dict[str, t.Any]:
    if isinstance(entry, (str, int)) and not isinstance(entry, bool):
        return {"name": str(entry)}
    if not isinstance(entry, t.Mapping):
        raise SettingsError(f"{where} is neither a name nor a dictionary", hint="write a name, or name: and more keys")
    checks.known_keys(where, entry, _MACHINE_KEYS)
    return {key: value for key, value in entry.items() if value is not None}


def _machine(where: str, entry: dict[str, t.Any], now: dt.datetime, key: str, remarks: list[str]) -> Machine:
    def option(name: str) -> str:
        return f"{where}.{name}" if where else name

    vm_uid, vm_ref = (
        checks.text(option("vm_uid"), entry.get("vm_uid")),
        checks.text(option("vm_ref"), entry.get("vm_ref")),
    )
    _check_refs(option, vm_uid, vm_ref)
    name = entry.get("name")
    types, odd = checks.job_types(option("job_types"), entry["job_types"], JOB_TYPES)
    remarks += odd
    return Machine(
        name=checks.required(option("name"), str(name) if isinstance(name, int) and not isinstance(name, bool) else name),
        max_age=checks.age(option("max_age"), entry["max_age"]),
        needed_at=checks.needed_at(option("needed_at"), entry["needed_at"], now),
        accept_warning=checks.flag(option("accept_warning"), entry["accept_warning"]),
        job_types=frozenset(types),
        require_restore_point=checks.flag(option("require_restore_point"), entry["require_restore_point"]),
        vm_uid=vm_uid.strip() if vm_uid else None,
        vm_ref=vm_ref.strip() if vm_ref else None,
        backup_server_name=checks.text(option("backup_server_name"), entry.get("backup_server_name")),
        key=key,
        max_age_text=str(entry["max_age"]).strip(),
    )  # fmt: skip


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
    if parts and vm_ref and parts[2].lower() != vm_ref.strip().lower():
        raise SettingsError(f"{option('vm_uid')} and vm_ref name different machines", hint="leave one of them out")


def _waivers(entries: t.Any) -> tuple[Waiver, ...]:
    if not isinstance(entries, (list, tuple)):
        raise SettingsError("waivers is not a list", hint="write dictionaries with machine, reason_code and until")
    return tuple(_waiver(f"waivers[{number}]", entry) for number, entry in enumerate(entries))


def _waiver(where: str, entry: t.Any) -> Waiver:
    if not isinstance(entry, t.Mapping):
        raise SettingsError(f"{where} is not a dictionary", hint=f"use the keys {', '.join(_WAIVER_KEYS)}")
    checks.known_keys(where, entry, _WAIVER_KEYS)
    code = checks.required(f"{where}.reason_code", entry.get("reason_code"))
    if code not in WAIVABLE:
        known = "can't be waived" if code in REASONS else "is unknown"
        raise SettingsError(f"{where}.reason_code {code!r} {known}", hint=f"use one of {', '.join(WAIVABLE)}")
    examples = "when the waiver ends, such as 2026-01-31 or 2026-01-31T18:00:00Z"
    until = checks.moment(f"{where}.until", entry.get("until"), examples)
    return Waiver(
        checks.required(f"{where}.machine", entry.get("machine")), code, until, checks.text(f"{where}.note", entry.get("note"))
    )  # fmt: skip
