# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented option changes something: each has a row in options.py, and its two calls differ where the row says."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from . import calls
from .calls import Seen
from .options import BASE, CONNECTED, CONNECTION, EVIDENCE, INVENTORY, LISTING, SPECIFIC, Case, cases_of
from .plugins import documentation, modules, others, specification

PLUGIN = "enterprise_manager"
_SEEN: dict[str, Seen] = {}
"""Calls without the option serve for many options."""


@pytest.fixture
def em(simulators: t.Any) -> t.Any:
    return simulators.get(estate=str(Path(__file__).with_name("estate.yml")))


def documented(name: str, kind: str = "modules") -> set[str]:
    """Options and, with a dot, their suboptions; the keys of a machine are told in a text and known to the code."""
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import _MACHINE_KEYS

    options = documentation(name, kind)[0]["options"]
    parts = {f"{option}.{part}" for option, facts in options.items() for part in facts.get("suboptions") or {}}
    keys = {f"machines.{key}" for key in _MACHINE_KEYS} if name == "protection_info" else set()
    return {*options, *parts, *keys}


def own(module: str) -> list[str]:
    return sorted(documented(module) - CONNECTION.keys())


def account(case: Case, em: t.Any) -> dict[str, t.Any]:
    if case.role is None:
        return {}
    found = next(each for each in em.accounts if each["role"] == case.role)
    return {"username": found["username"], "password": found["password"]}


class Caller:
    """Calls one plugin with and without an option, each on a server in its first state."""

    def __init__(self, name: str, option: str, case: Case, em: t.Any, folder: Path) -> None:
        self.name, self.case, self.em, self.folder = name, case, em, folder
        self.option = option.partition(".")[0]
        self.options = {**BASE.get(name, {}), **case.base, **account(case, em)}
        if option in CONNECTION and name == PLUGIN:
            self.options["since"] = "5d"

    def call(self, value: t.Any, variables: t.Mapping[str, str] | None = None) -> Seen:
        self.em.reset()
        if self.case.fault is not None:
            self.em.add_fault(self.case.fault)
        options = {**self.options, self.option: value} if value is not None or variables else self.options
        if self.name != PLUGIN:
            return calls.module(self.name, self.em, options, variables or {})
        folder = self.folder / str(len(list(self.folder.iterdir())))
        folder.mkdir()
        return calls.inventory(self.em, options, variables or {}, folder, "cache" in options)

    def without(self) -> Seen:
        key = repr(
            (self.name, self.em.port, sorted(self.options.items()), self.option, self.case.without, self.case.fault)
        )
        if key not in _SEEN:
            _SEEN[key] = self.call(self.case.without)
        return _SEEN[key]

    def value(self) -> t.Any:
        return self.case.value(self.without()) if callable(self.case.value) else self.case.value

    def look(self, seen: Seen) -> t.Any:
        return getattr(seen, self.case.sees)()


@pytest.mark.parametrize("module", modules())
def test_every_option_of_a_module_has_a_case(module: str) -> None:
    assert [option for option in own(module) if option not in cases_of(module)] == []
    assert SPECIFIC.get(module, {}).keys() - documented(module) == set(), "rows of options that do not exist"


@pytest.mark.parametrize("module", modules())
def test_every_module_has_the_connection_whose_options_are_proved(module: str) -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._module import CONNECTION_SPEC

    assert CONNECTION.keys() == CONNECTION_SPEC.keys()
    spec = specification(module)["argument_spec"]
    assert all(spec[option] is CONNECTION_SPEC[option] for option in CONNECTION)


def test_every_option_of_other_plugins_has_a_case() -> None:
    tables = {PLUGIN: {*INVENTORY, *CONNECTION}, "evidence": set(EVIDENCE), "listing": set(LISTING)}
    assert {name: documented(name, kind) for name, kind in others().items()} == tables


@pytest.mark.parametrize("module", modules())
def test_two_calls_alike_are_seen_alike(module: str, em: t.Any, tmp_path: Path) -> None:
    """Else a difference would not be the option's doing."""
    caller = Caller(module, "", Case(None), em, tmp_path)
    first, again = caller.call(None), caller.call(None)
    for sees in {cases_of(module)[option].sees for option in own(module)} - {"waivers"}:
        assert getattr(first, sees)() == getattr(again, sees)(), sees


@pytest.mark.parametrize(("module", "option"), [(module, option) for module in modules() for option in own(module)])
def test_option_of_a_module(module: str, option: str, em: t.Any, tmp_path: Path) -> None:
    caller = Caller(module, option, cases_of(module)[option], em, tmp_path)
    given = caller.call(caller.value())
    assert not given.result["failed"], given.result
    assert caller.look(given) != caller.look(caller.without())


@pytest.mark.parametrize("plugin", [CONNECTED, PLUGIN])
@pytest.mark.parametrize("option", CONNECTION)
def test_option_of_the_connection_and_its_variable(plugin: str, option: str, em: t.Any, tmp_path: Path) -> None:
    caller = Caller(plugin, option, CONNECTION[option], em, tmp_path)
    value, without = caller.value(), caller.look(caller.without())
    assert caller.look(caller.call(value)) != without
    assert caller.look(caller.call(None, {f"VEEAM_EM_{option.upper()}": str(value)})) != without


@pytest.mark.parametrize("option", INVENTORY)
def test_option_of_the_inventory(option: str, em: t.Any, tmp_path: Path) -> None:
    caller = Caller(PLUGIN, option, INVENTORY[option], em, tmp_path)
    given = caller.call(caller.value())
    assert given.result["failed"] is (INVENTORY[option].sees == "outcome"), given.result
    assert caller.look(given) != caller.look(caller.without())


@pytest.mark.parametrize("option", EVIDENCE)
def test_option_of_the_evidence(option: str, em: t.Any) -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import evidence

    answer = calls.module("protection_info", em, {"machines": ["web01", "file01"]}, {}).result
    inputs = {
        None: answer,
        "another": {**answer, "machines": answer["machines"][:1], "summary": {"ok": 1, "total": 1}, "ok": True},
        "empty": {**answer, "machines": [], "summary": {"total": 0}, "ok": True},
    }
    case = EVIDENCE[option]

    def text(value: t.Any) -> str:
        options: dict[str, t.Any] = {"format": "table", **case.base, **({} if value is None else {option: value})}
        return str(evidence(inputs[options.pop("_input", None)], **options))

    assert text(case.value) != text(case.without)


@pytest.mark.parametrize("option", LISTING)
def test_option_of_the_listing(option: str, em: t.Any) -> None:
    from ansible_collections.backup_ops.veeam_em.plugins.filter.listing import listing

    answer = calls.module("backup_server_info", em, {}, {}).result
    inputs = {None: answer, "another": answer["backup_servers"][:1]}
    case = LISTING[option]

    def text(value: t.Any) -> str:
        options: dict[str, t.Any] = {"format": "table", **case.base, **({} if value is None else {option: value})}
        return str(listing(inputs[options.pop("_input", None)], **options))

    assert text(case.value) != text(case.without)


@pytest.mark.parametrize("plugin", [CONNECTED, PLUGIN])
@pytest.mark.parametrize("option", sorted(CONNECTION.keys() - {"host", "username", "password"}))
def test_an_empty_variable_is_as_good_as_none(plugin: str, option: str, em: t.Any, tmp_path: Path) -> None:
    caller = Caller(plugin, option, Case(None, "outcome"), em, tmp_path)
    empty, none = (caller.call(None, {f"VEEAM_EM_{name}": ""}) for name in (option.upper(), "NOTHING"))
    # Without its port or its authority the server of the tests can't be reached: what is compared is how.
    assert (caller.look(empty), str(empty.result.get("msg"))[:40]) == (
        caller.look(none),
        str(none.result.get("msg"))[:40],
    )
