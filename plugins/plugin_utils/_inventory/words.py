# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that somebody has misspelt. Pure. Private to the collection."""

from __future__ import annotations

import difflib
import typing as t


def nearest(word: str, known: t.Iterable[str]) -> str:
    """Advice for a word that is unknown."""
    words = sorted(known)
    near = difflib.get_close_matches(word.lower(), words, 1)
    return f"did you mean {near[0]}?" if near else f"use {', '.join(words)}"
