# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks between two comments, whose text comes from a source: ``# GENERATED (dev.py generate): SOURCE ARGUMENT…`` to ``# END GENERATED``.

The comment is the file's own: ``#`` in Python, YAML and the documentation of plugins, ``..`` in reStructuredText, ``<!-- -->`` in Markdown.
"""

from __future__ import annotations

import re
import typing as t

Source = t.Callable[..., str]

_BEGIN = re.compile(r"(?P<indent> *)(?:#|\.\.|<!--) GENERATED \(dev\.py generate\): (?P<call>.+?)(?: -->)?")
_END = re.compile(r" *(?:#|\.\.|<!--) END GENERATED(?: -->)?")


class BlockError(ValueError):
    """A block that can't be written: one sentence."""


def rewrite(text: str, sources: t.Mapping[str, Source]) -> tuple[str, int]:
    """The text with every block written anew, and how many there are. Raises BlockError."""
    written: list[str] = []
    count = 0
    opened: str | None = None
    for line in text.splitlines():
        begin, end = _BEGIN.fullmatch(line), _END.fullmatch(line)
        if (begin and opened) or (end and not opened):
            raise BlockError(f"{line.strip()!r} follows {opened!r}" if opened else f"{line.strip()!r} ends no block")
        if end:
            opened = None
        if not opened:
            written.append(line)
        if begin:
            opened = line.strip()
            count += 1
            written += _indented(_text(begin["call"], sources), begin["indent"])
    if opened:
        raise BlockError(f"{opened!r} has no end")
    return "\n".join(written) + ("\n" if text.endswith("\n") else ""), count


def _text(call: str, sources: t.Mapping[str, Source]) -> str:
    name, *arguments = call.split()
    if name not in sources:
        raise BlockError(f"there is no source {name!r}; there are: {', '.join(sorted(sources))}")
    try:
        return sources[name](*arguments)
    except (KeyError, TypeError) as error:
        raise BlockError(f"{call!r} can't be written: {error!r}") from error


def _indented(text: str, indent: str) -> list[str]:
    return [f"{indent}{line}" if line else "" for line in text.splitlines()]
