# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as it is written by hand here: lists of words on one line, long text folded, nothing sorted."""

from __future__ import annotations

import textwrap
import typing as t

import yaml

_WIDTH = 140


class Words(list[t.Any]):
    """A list that stands on one line, if it fits."""


def dump(data: t.Mapping[str, t.Any], indent: int = 0) -> str:
    """The text of a dictionary; ``indent`` is what it will be indented by, and counts for the length of lines."""
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict) and value:
            lines += [f"{key}:", textwrap.indent(dump(value, indent + 2), "  ").rstrip("\n")]
        elif isinstance(value, list) and value and not (isinstance(value, Words) and _fits(key, value, indent)):
            lines += [f"{key}:", *(_entry("  - ", item, indent) for item in value)]
        else:
            lines.append(_entry(f"{key}: ", value, indent))
    return "\n".join(lines) + "\n"


def _fits(key: str, value: Words, indent: int) -> bool:
    return indent + len(f"{key}: {_on_one_line(value)}") <= _WIDTH


def entries(texts: t.Iterable[str], indent: int) -> str:
    """The entries of a list."""
    return "\n".join(_entry("- ", text, indent) for text in texts)


def _entry(begin: str, value: t.Any, indent: int) -> str:
    """Folded where it does not fit on one line."""
    text = _on_one_line(value)
    if indent + len(begin) + len(text) <= _WIDTH:
        return f"{begin}{text}"
    margin = " " * (4 if begin.startswith(" ") else 2)
    lines = textwrap.wrap(str(value), _WIDTH - indent - len(margin), break_long_words=False, break_on_hyphens=False)
    return f"\n{margin}".join([f"{begin}>-", *lines])


def _on_one_line(value: t.Any) -> str:
    plain = list(value) if isinstance(value, list) else value
    text = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=100000)
    return text.removesuffix("...\n").strip()
