# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and an answer, free of the web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, unquote, unquote_plus

from veeam_em_simulator.wire.model import Element


class ApiError(Exception):
    """An answer with an Error body."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


@dataclass
class Reply:
    status: int
    document: Element | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """A request to the API. Segments are those below `/api`, decoded, without the empty ones."""

    method: str
    segments: tuple[str, ...]
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    base: str
    repeat_page: bool = False
    """A fault: the rows of the page before, under this page's number."""

    def parameter(self, name: str) -> str | None:
        """The last value of a parameter, whatever the case of its name."""
        found = None
        for key, value in self.query:
            if key.lower() == name.lower():
                found = value
        return found

    @property
    def wants_entities(self) -> bool:
        return (self.parameter("format") or "").lower() in ("entity", "entities")


def split_target(target: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Path segments and parameters of a raw request target. Only `&` parts parameters and only the first `=` names them."""
    if target.startswith(("http://", "https://")):
        target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
    path, _, query = target.partition("?")
    segments = [unquote(segment) for segment in path.split("/") if segment]
    parameters = []
    for part in query.partition("#")[0].split("&"):
        if part:
            name, _, value = part.partition("=")
            parameters.append((unquote_plus(name), unquote_plus(value)))
    return segments, parameters


def echo_query(parameters: list[tuple[str, str]], *, upper_hex: bool) -> str:
    """The parameters as the product's links spell them."""
    return "&".join(f"{name}={_echo(value, upper_hex=upper_hex)}" for name, value in parameters)


def _echo(value: str, *, upper_hex: bool) -> str:
    text = quote_plus(value, safe="-_.!*()")
    if upper_hex:
        return text
    parts = text.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])
