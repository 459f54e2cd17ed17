# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of reports, taken from the one table of meanings; what only a report needs is added here. Private to the collection."""

from __future__ import annotations

import typing as t

from ...module_utils._protection import codes
from .text import one_line


class Verdict(t.NamedTuple):
    """``symbol`` stands beside the word, so that no meaning hangs on colour alone."""

    symbol: str
    meaning: str


class Reason(t.NamedTuple):
    """``title`` heads the machines that have it as their first reason."""

    title: str
    next_step: str


_SYMBOLS = {"failed": "✕", "stale": "◷", "unprotected": "∅", "unknown": "?", "running": "▶", "waived": "~", "ok": "✓"}
"""In the order of the report: trouble first."""
VERDICT_WORDS = {verdict: Verdict(symbol, codes.VERDICT_MEANINGS[verdict]) for verdict, symbol in _SYMBOLS.items()}
REASON_WORDS = {code: Reason(reason.meaning.rstrip("."), reason.advice) for code, reason in codes.REASONS.items()}
# The gate gives these, which asks the question; protection_info knows nothing of them.
REASON_WORDS["not_asked"] = Reason(
    "Nobody asked about it", "Put it on the list of machines, or take it out of the play."
)
REASON_WORDS["no_answer"] = Reason("Enterprise Manager gave no answer", "Do what the message says, then ask again.")

_UNKNOWN_VERDICT = Verdict("?", "This version of the report does not know this verdict.")
_UNKNOWN_STEP = "Do what the message says, then ask again."


def verdict_words(verdict: str) -> Verdict:
    """Also of a verdict that a newer module may have."""
    return VERDICT_WORDS.get(verdict, _UNKNOWN_VERDICT)


def reason_title(code: str) -> str:
    """For people; of an unknown code, its own words."""
    known = REASON_WORDS.get(code)
    return known.title if known else one_line(code).replace("_", " ").capitalize()


def next_step(reasons: t.Sequence[str]) -> str:
    """What the first reason asks for."""
    known = REASON_WORDS.get(reasons[0]) if reasons else None
    return known.next_step if known else _UNKNOWN_STEP
