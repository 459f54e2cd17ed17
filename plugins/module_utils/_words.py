# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody meant who misspelt a word, and how a sentence ends. Pure. Private to the collection."""

from __future__ import annotations

import difflib
import typing as t


def nearest(word: str, known: t.Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """The known words that a misspelt one may mean, the likeliest first, whatever the case."""
    folded = {one.lower(): one for one in known}
    return [folded[one] for one in difflib.get_close_matches(word.lower(), folded, most, likeness)]


def one_of(words: t.Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``"""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def advice(word: str, known: t.Iterable[str]) -> str:
    """What to do about an unknown word: the one that was meant, or all that there are."""
    known = tuple(known)
    near = nearest(word, known)
    return f"did you mean {near[0]}?" if near else f"use {', '.join(known)}"


def sentence(text: str) -> str:
    """The text with one mark at its end; what begins with a name keeps its case."""
    text = text.strip().rstrip(".")
    return text if text.endswith("?") else f"{text}."
