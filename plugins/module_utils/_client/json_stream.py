# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as answers have it: strict, and a plain collection row by row while it arrives. Private to the collection."""

from __future__ import annotations

import codecs
import json
import math
import re
import typing as t

from .._errors import ProtocolError
from .._records.nodes import Node, checked_row, is_list_key, snake_case

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n]*")
_OF_ANY_DOCUMENT = frozenset({"links", "href", "type", "name", "uid"})


def _refuse(constant: str) -> t.Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def without_halves(value: t.Any) -> t.Any:
    """The same without halves of characters, which can't be written out again."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [without_halves(item) for item in value]
    if isinstance(value, dict):
        return {without_halves(key): without_halves(item) for key, item in value.items()}
    return value


class JsonRows:
    """Reads ``{"Name": [row, …], …}`` holding one row at a time. Raises ValueError."""

    def __init__(self, chunks: t.Iterator[bytes]) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._ended = False

    def read(self, take: t.Callable[[Node], t.Any]) -> None:
        """Rows are what the first list holds that is not ``Links``. Raises ProtocolError when there is something else instead."""
        found = strange = False
        self._expect("{")
        if not self._skip("}"):
            while True:
                key = self._value()
                self._expect(":")
                if not found and isinstance(key, str) and is_list_key(key) and self._peek() == "[":
                    found = True
                    self._rows(take)
                elif self._value() is not None and snake_case(str(key)) not in _OF_ANY_DOCUMENT:
                    strange = True
                if self._skip("}"):
                    break
                self._expect(",")
        if strange and not found:
            raise ProtocolError(
                "the answer is not a collection", hint="check that host and port are Enterprise Manager's"
            )
        if self._peek():
            raise ValueError("something follows the document")

    def _rows(self, take: t.Callable[[Node], t.Any]) -> None:
        self._expect("[")
        if self._skip("]"):
            return
        while True:
            take(checked_row(self._value()))
            if self._skip("]"):
                return
            self._expect(",")

    def _value(self) -> t.Any:
        self._peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except ValueError:
                if self._ended:
                    raise
            else:
                # A number could go on in the next chunk.
                if end < len(self._text) or self._ended:
                    lone = SURROGATE.search(self._text, self._at, end)
                    self._at = end
                    return without_halves(value) if lone else value
            self._more(len(self._text) - self._at)

    def _peek(self) -> str:
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more(1)

    def _skip(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str) -> None:
        if not self._skip(character):
            raise ValueError(f"{character} is missing")

    def _more(self, characters: int) -> None:
        """At least so many characters more, unless the answer ends: a long value is not tried again for every chunk."""
        parts = [self._text[self._at :]]
        while characters > 0 and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            parts.append(self._decoder.decode(chunk or b"", final=self._ended))
            characters -= len(parts[-1])
        self._text, self._at = "".join(parts), 0
