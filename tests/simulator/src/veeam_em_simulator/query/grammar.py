# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter expression, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

_GRAMMAR = r"""
start: any
any: all ("," all)*
all: term (";" term)*
?term: "(" any ")" | comparison
comparison: FIELD OPERATOR value
value: NESTED | QUOTED | BARE

FIELD: /[A-Za-z_][A-Za-z0-9_]*/
OPERATOR: "==" | "!=" | ">=" | "<=" | ">" | "<"
NESTED.3: /""[^"]+""(?=\s*([;,)]|$))/
QUOTED.2: /"(?:[^"]|"")*"/
BARE.1: /[^\s;,()"=<>!][^;,()"=<>!]*/
%ignore /\s+/
"""


class FilterError(ValueError):
    """A filter that the server does not understand."""


@dataclass(frozen=True)
class Comparison:
    field: str
    operator: str
    value: str


@dataclass(frozen=True)
class Group:
    """Parts joined by "and" (all) or "or"."""

    every: bool
    parts: tuple[Comparison | Group, ...]


class _Builder(Transformer[Token, "Comparison | Group"]):
    def start(self, parts: list[Comparison | Group]) -> Comparison | Group:
        return parts[0]

    def any(self, parts: list[Comparison | Group]) -> Comparison | Group:
        return parts[0] if len(parts) == 1 else Group(False, tuple(parts))

    def all(self, parts: list[Comparison | Group]) -> Comparison | Group:
        return parts[0] if len(parts) == 1 else Group(True, tuple(parts))

    def comparison(self, parts: list[Token]) -> Comparison:
        return Comparison(str(parts[0]), str(parts[1]), str(parts[2]))

    def value(self, parts: list[Token]) -> str:
        token = parts[0]
        if token.type == "QUOTED":
            return token[1:-1].replace('""', '"')
        if token.type == "NESTED":
            return token[1:-1]
        return "".join(token.split())  # blanks of an unquoted value are dropped


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


def parse_filter(text: str) -> Comparison | Group:
    """The expression in `text`; AND (`;`) binds tighter than OR (`,`)."""
    try:
        return _parser().parse(text)  # type: ignore[return-value]
    except UnexpectedInput as error:
        raise FilterError(f"Cannot parse the filter at position {max(error.pos_in_stream or 0, 0) + 1}: {text}") from error
