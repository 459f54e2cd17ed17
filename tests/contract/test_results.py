# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules return is what they document, no more and no less; and how they treat the server's logon sessions."""

from __future__ import annotations

import typing as t

import pytest

from support import modules as frame

from .cases import OPEN, cases
from .plugins import documentation, modules

TYPES: dict[str, t.Any] = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}
ALWAYS = {"changed", "failed", "invocation", "warnings", "deprecations"}


class Emitted:
    """Compares results with the documented keys and collects which of those came."""

    def __init__(self, open_paths: t.Collection[str]) -> None:
        self.keys: set[str] = set()
        self._open = open_paths

    def check(self, values: t.Mapping[str, t.Any], documented: t.Mapping[str, t.Any], path: str = "") -> None:
        undocumented = set(values) - set(documented)
        assert not undocumented or path in self._open, f"{path or 'the result'} has undocumented keys"
        for key, value in ((key, value) for key, value in values.items() if key in documented):
            here = f"{path}.{key}" if path else key
            self.keys.add(here)
            if value is not None:
                self._check_value(value, documented[key], here)

    def _check_value(self, value: t.Any, told: t.Mapping[str, t.Any], path: str) -> None:
        kind = told["type"]
        if kind != "raw":
            right = isinstance(value, TYPES[kind]) and not (kind in ("int", "float") and isinstance(value, bool))
            assert right, f"{path} is documented as {kind} and is {value!r}"
        if kind == "list" and told.get("elements") in TYPES:
            assert all(isinstance(each, TYPES[told["elements"]]) for each in value), path
        if "contains" in told:
            for each in value if isinstance(value, list) else [value]:
                self.check(each, told["contains"], path)


def all_keys(documented: t.Mapping[str, t.Any], path: str = "") -> set[str]:
    found = set()
    for key, told in documented.items():
        here = f"{path}.{key}" if path else key
        found |= {here} | all_keys(told.get("contains") or {}, here)
    return found


@pytest.mark.parametrize("name", modules())
def test_returned_is_documented_and_documented_is_returned(name: str, simulators: t.Any) -> None:
    documented = documentation(name)[1]
    emitted = Emitted(OPEN.get(name, ()))
    for profile in ("v12", "v13"):
        em = simulators.get(profile=profile)
        for args in cases(name, documentation(name)[0]["options"]):
            result = frame.run(name, args, em)
            assert not result["failed"], result
            emitted.check({key: value for key, value in result.items() if key not in ALWAYS}, documented)
        args = cases(name, documentation(name)[0]["options"])[0]
        failure = frame.run(name, {**args, "password": "not-the-password"}, em)
        assert failure["failed"]
        emitted.check({key: value for key, value in failure.items() if key not in ALWAYS}, documented)
    assert all_keys(documented) - emitted.keys == set()


@pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("name", modules())
def test_logs_on_once_and_off_once(name: str, check_mode: bool, simulator: t.Any) -> None:
    for args in cases(name, documentation(name)[0]["options"]):
        simulator.reset()
        result = frame.run(name, args, simulator, check_mode=check_mode)
        assert not result["failed"], result
        assert sessions(simulator) == ["POST 201", "DELETE 204"]
        assert result["request_count"] == len(simulator.requests())
        assert result["changed"] is False


@pytest.mark.parametrize("name", modules())
def test_logs_off_after_a_failure(name: str, simulator: t.Any) -> None:
    """The server breaks after the logon."""
    simulator.add_fault({"kind": "error", "status": 500, "method": "GET", "count": None})
    result = frame.run(name, cases(name, documentation(name)[0]["options"])[0], simulator)
    assert result["failed"]
    assert result["error"]["kind"] == "server_failed"
    assert sessions(simulator) == ["POST 201", "DELETE 204"]


@pytest.mark.parametrize("name", modules())
def test_a_refused_password_is_tried_once(name: str, simulator: t.Any) -> None:
    args = cases(name, documentation(name)[0]["options"])[0]
    result = frame.run(name, {**args, "password": "not-the-password"}, simulator)
    assert result["failed"]
    assert result["error"]["kind"] == "authentication_failed"
    assert sessions(simulator) == ["POST 401"]
    assert len(simulator.requests()) == 1


def sessions(em: t.Any) -> list[str]:
    """Logons and logoffs in the server's log."""
    return [
        f"{request['method']} {request['status']}"
        for request in em.requests()
        if request["method"] != "GET" and request["path"].startswith(("/api/sessionMngr", "/api/logonSessions"))
    ]
