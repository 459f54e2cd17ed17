# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When two names are the same, at which level of ``name_match``. Pure functions. Private to the collection."""

from __future__ import annotations

import functools
import re
import typing as t
import unicodedata

EXACT, IGNORE_CASE, SHORT_NAME = "exact", "ignore_case", "short_name"
NAME_MATCHES = (EXACT, IGNORE_CASE, SHORT_NAME)
DEFAULT_DOMAINS = ("local", "lan", "localdomain", "internal", "intra", "corp", "home")
"""Single labels that are domains although they have no dot in them."""

# vCenter writes these three characters so in the names of machines.
_ESCAPED = re.compile("%(2f|5c|25)", re.IGNORECASE)
_CHARACTERS = {"2f": "/", "5c": "\\", "25": "%"}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)
_LETTER = re.compile("[a-z]", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


def decoded(name: str) -> str:
    """The name with ``%2f``, ``%5c`` and ``%25`` read as the characters that they stand for."""
    return _ESCAPED.sub(lambda match: _CHARACTERS[match[1].lower()], name) if "%" in name else name


@functools.lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """A name without regard to case and to how accents are composed."""
    if name.isascii():
        return decoded(name).lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", decoded(name)).casefold())


def is_plain(name: str) -> bool:
    """Whether servers surely agree on what a filter for this name means."""
    return bool(_PLAIN.fullmatch(name))


class Domains:
    """Which ends of names are domains; ``only`` when the user listed them."""

    def __init__(self, listed: t.Iterable[str] | None = None) -> None:
        self._listed = None if listed is None else frozenset(fold(name).strip(".") for name in listed)

    def short(self, name: str) -> str:
        """The folded name without its domain, if it has one."""
        return self.split(name)[0]

    def split(self, name: str) -> tuple[str, str]:
        """The folded name and its domain (empty when there is none). Addresses and free text have no domain."""
        folded = fold(name)
        first, _dot, rest = folded.partition(".")
        if not rest or not _HOST_NAME.fullmatch(folded) or not self._is_domain(rest):
            return folded, ""
        return first, rest

    def _is_domain(self, suffix: str) -> bool:
        if self._listed is not None:
            return suffix in self._listed
        last = suffix.rpartition(".")[2]
        if "." in suffix:
            return bool(_LETTER.search(last))
        return suffix in DEFAULT_DOMAINS

    def same(self, level: str, wanted: str, seen: str) -> bool:
        """Whether two names are the same at a level; different domains are never the same machine."""
        if level == EXACT:
            return decoded(wanted) == decoded(seen)
        if level == IGNORE_CASE:
            return fold(wanted) == fold(seen)
        (first, one), (second, other) = self.split(wanted), self.split(seen)
        return first == second and (one == other or not one or not other)

    def normal(self, level: str, name: str) -> str:
        """What names that are the same at a level have in common, to look them up by."""
        if level == EXACT:
            return decoded(name)
        return fold(name) if level == IGNORE_CASE else self.short(name)
