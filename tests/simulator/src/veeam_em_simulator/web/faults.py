# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on the wire: which request is hit by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any

KINDS: dict[str, dict[str, object]] = {
    "unauthorized": {"end_session": True},
    "server_error": {"message": "Object reference not set to an instance of an object.", "body": True},
    "unavailable": {"retry_after": 1},
    "slow_first_byte": {"seconds": 2.0},
    "slow_body": {"seconds": 2.0},
    "reset": {"after_bytes": 0},
    "truncated": {"keep": 0.5},
    "wrong_content_length": {"delta": 16},
    "html": {"status": 200},
    "redirect": {"location": "https://elsewhere.example.test/api/", "status": 302},
    "repeated_page": {},
    "rows_added": {"rows": 1, "at": "oldest"},
    "rows_removed": {"rows": 1, "at": "oldest"},
    "bom": {},
    "gzip": {},
    "oversized": {"bytes": 64 * 1024 * 1024},
    "error": {"status": 500, "message": "The operation failed."},
    "certificate_expired": {},
    "certificate_other_name": {},
}
"""Each kind with its own keys and their defaults."""

ON_THE_WAY = frozenset(
    {"slow_first_byte", "slow_body", "reset", "truncated", "wrong_content_length", "bom", "gzip", "oversized"}
)
"""The kinds that leave the answer as it is and change how it travels."""
_COMMON = ("kind", "path", "query", "method", "after", "count", "probability")


class FaultError(ValueError):
    """A fault that cannot be set up."""


@dataclass
class Fault:
    kind: str
    path: str = "*"
    query: str = "*"
    """A pattern of the parameters, decoded."""
    method: str = "*"
    after: int = 0
    count: int | None = 1
    """How often it strikes; None: always."""
    probability: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0

    def matches(self, method: str, path: str, query: str) -> bool:
        if self.method not in ("*", method) or not fnmatchcase(query.lower(), self.query.lower()):
            return False
        wanted, asked = self.path.lower().rstrip("/"), path.lower().rstrip("/")
        if any(mark in wanted for mark in "*?["):
            return fnmatchcase(asked, wanted)
        return asked == wanted or asked.startswith(wanted + "/")

    def describe(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "path": self.path, "query": self.query, "method": self.method, "after": self.after, "count": self.count,
            "probability": self.probability, "struck": self.struck, **self.options,
        }


class Faults:
    """The faults that wait, in the order in which they were added; the first that fits strikes."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._rng = Random(seed)
        self._faults: list[Fault] = []
        self._at_start: list[Mapping[str, Any]] = []

    def set_start(self, faults: list[Mapping[str, Any]]) -> None:
        """Those of the command line, which come back with every reset."""
        self._at_start = list(faults)
        self.clear()

    def add(self, given: Mapping[str, Any]) -> Fault:
        kind = given.get("kind")
        if kind not in KINDS:
            raise FaultError(f"unknown fault kind '{kind}'; known are {', '.join(KINDS)}")
        unknown = sorted(set(given) - set(_COMMON) - set(KINDS[kind]))
        if unknown:
            raise FaultError(f"the fault kind '{kind}' has no key '{unknown[0]}'; it has {', '.join((*_COMMON, *KINDS[kind]))}")
        options = {key: given.get(key, default) for key, default in KINDS[kind].items()}
        common = {key: given[key] for key in _COMMON if key in given}
        fault = Fault(**common, options=options)
        fault.method = fault.method.upper()
        if not 0 <= fault.probability <= 1 or fault.after < 0 or (fault.count is not None and fault.count < 1):
            raise FaultError("probability is 0 to 1, after is 0 or more, count is 1 or more, or null for always")
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()
        self._rng = Random(self._seed)
        for fault in self._at_start:
            self.add(fault)

    def remove_all(self) -> None:
        self._faults.clear()

    def all(self) -> list[Fault]:
        return list(self._faults)

    def certificate(self) -> str | None:
        """The kind of the fault that concerns the certificate, if there is one."""
        return next((fault.kind for fault in self._faults if fault.kind.startswith("certificate_")), None)

    def strike(self, method: str, path: str, query: str = "") -> Fault | None:
        """The fault that hits this request."""
        for fault in self._faults:
            if fault.kind.startswith("certificate_") or not fault.matches(method, path, query):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.count is not None and fault.struck >= fault.count:
                continue
            if fault.probability < 1 and self._rng.random() >= fault.probability:
                continue
            fault.struck += 1
            return fault
        return None
