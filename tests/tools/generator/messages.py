# SPDX-License-Identifier: GPL-3.0-or-later
"""The index of messages: a row for each kind of error and each reason code that the code has."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils import _errors
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from generator.returns import TEXTS
from generator.verdicts import table

_HEADS = ("Code", "Cause", "Check", "Cure")


def _kinds(error: type[_errors.EmError]) -> t.Iterator[str]:
    for each in error.__subclasses__():
        yield each.kind
        yield from _kinds(each)


def _texts(which: str, known: t.Iterable[str]) -> dict[str, t.Any]:
    """KeyError names a code that has no text, and a text that has no code."""
    texts: dict[str, t.Any] = yaml.safe_load((TEXTS / "messages.yml").read_text(encoding="utf-8"))[which]
    for name in sorted(texts.keys() ^ set(known)):
        raise KeyError(f"{name} is not in both texts/messages.yml and the code")
    return texts


def message_index(which: str) -> str:
    """``kinds`` of errors, or ``reasons`` in the order in which they are told; as tables for reStructuredText."""
    if which == "kinds":
        texts = _texts(which, _kinds(_errors.EmError))
        rows = [(name, *(texts[name][column] for column in ("cause", "check", "cure"))) for name in sorted(texts)]
    else:
        texts = _texts(which, codes.REASONS)
        rows = [(code, reason.meaning, texts[code], reason.advice) for code, reason in codes.REASONS.items()]
    return table(_HEADS, ((f"``{name}``", *cells) for name, *cells in rows))
