# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a verdict, wherever they stand: facts from the code's POLICY_SPEC, texts from texts/policy.yml."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import (
    _MACHINE_KEYS,
    GATE_DEFAULTS,
    POLICY_SPEC,
)
from generator.returns import TEXTS
from generator.yaml_text import Words, dump

_FACTS = ("type", "elements", "required", "choices", "default")
_MODULE = "backup_ops.veeam_em.protection_info#module:"
_OPTION = re.compile(r"\bO\((\w+)")
_RETURN = re.compile(r"\bRV\((?=[\w\[\].]+\))")
Entry = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where options are documented. ``own`` are texts of policy.yml that only this place has."""

    name: str
    indent: int
    reference: str = ""
    """What stands before the names of options in references."""
    variable: str = ""
    """What the names of the options themselves begin with."""
    parts: str = "suboptions"
    left_out: tuple[str, ...] = ()
    is_gate: bool = False
    """Whether it has defaults of its own, and rules for each host."""


PLACES = {
    place.name: place
    for place in (
        Place("module", 2),
        Place("inventory", 6, reference="protection.", left_out=("machines",)),
        Place("role", 6, "verify_backups_", "verify_backups_", "options", ("machines",), is_gate=True),
    )
}
PER_HOST = tuple(name for name in _MACHINE_KEYS if name in POLICY_SPEC)


@functools.cache
def texts() -> dict[str, Entry]:
    found: dict[str, Entry] = yaml.safe_load((TEXTS / "policy.yml").read_text(encoding="utf-8"))
    for name in [*(POLICY_SPEC.keys() - found.keys()), *(found.keys() - POLICY_SPEC.keys())]:
        raise KeyError(f"{name} is not in both texts/policy.yml and POLICY_SPEC")
    return found


def policy_options(place_name: str) -> str:
    """All options as one place documents them."""
    place = PLACES[place_name]
    options = {
        f"{place.variable}{name}": _option(spec, texts()[name], place, name)
        for name, spec in POLICY_SPEC.items()
        if name not in place.left_out
    }
    return dump(options, place.indent)


def policy_defaults(place_name: str) -> str:
    """The defaults alone, as variables of a role."""
    place = PLACES[place_name]
    lines = []
    for name, spec in POLICY_SPEC.items():
        if name in place.left_out:
            continue
        default = _default(spec, place, name)
        if default is None:
            lines.append(f"# {place.variable}{name} is not set: {texts()[name]['unset']}\n")
        else:
            lines.append(dump({f"{place.variable}{name}": default}))
    return "".join(lines)


def _option(spec: Entry, text: Entry, place: Place, name: str = "") -> Entry:
    told = [*_sentences(text["description"]), *_sentences(text.get(place.name, []))]
    if place.is_gate and name in PER_HOST:
        told.append("It may differ from host to host.")
    told = [_referring(sentence, place) for sentence in told]
    facts = {fact: spec[fact] for fact in _FACTS if spec.get(fact) is not None}
    default = _default(spec, place, name)
    if default is not None:
        facts["default"] = default
    entry: Entry = {"description": told if name else told[0] if len(told) == 1 else told}
    entry.update({fact: Words(value) if isinstance(value, list) else value for fact, value in facts.items()})
    if "options" in spec:
        parts: Entry = text["suboptions"]
        if parts.keys() != spec["options"].keys():
            raise KeyError(f"the suboptions of {name} in texts/policy.yml are not those of POLICY_SPEC")
        entry[place.parts] = {part: _option(facts, parts[part], place) for part, facts in spec["options"].items()}
    return entry


def _default(spec: Entry, place: Place, name: str) -> t.Any:
    return GATE_DEFAULTS.get(name, spec.get("default")) if place.is_gate else spec.get("default")


def _sentences(text: t.Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _referring(sentence: str, place: Place) -> str:
    """References as they must be written there."""

    def option(match: re.Match[str]) -> str:
        name = match[1]
        if name not in POLICY_SPEC:
            return match[0]
        return f"O({_MODULE if name in place.left_out else place.reference}{name}"

    sentence = _OPTION.sub(option, sentence)
    return sentence if place.name == "module" else _RETURN.sub(f"RV({_MODULE}", sentence)
