# SPDX-License-Identifier: GPL-3.0-or-later
"""Compact spellings in estates: number ranges in names, sizes, run numbers."""

from __future__ import annotations

import re

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB|PB)?", re.IGNORECASE)
_FACTORS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "PB": 1 << 50}
_RUNS = re.compile(r"(\d+)-(\d+)|(\d+)\+|every (\d+)")


def expand_names(pattern: str) -> list[str]:
    """`web{01..03}` is web01, web02, web03; a name without a range is itself."""
    match = _RANGE.search(pattern)
    if match is None:
        return [pattern]
    first, last = match.group(1), match.group(2)
    head, tail = pattern[: match.start()], pattern[match.end() :]
    return [f"{head}{number:0{len(first)}d}{rest}" for number in range(int(first), int(last) + 1) for rest in expand_names(tail)]


def expanded(names: str | list[str]) -> list[str]:
    """A name with ranges or a list of such names, as one list."""
    return [name for pattern in ([names] if isinstance(names, str) else names) for name in expand_names(pattern)]


def parse_size(text: str | int) -> int:
    """`60GB`, `1.5 TB` or a number, in bytes; -1 is "unknown"."""
    if isinstance(text, int):
        return text
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a size such as 60GB")
    return int(float(match.group(1)) * _FACTORS[(match.group(2) or "B").upper()])


def run_matches(spec: int | str | list[int], run: int) -> bool:
    """Whether run number `run` (0 is the newest) is meant by `0`, `[0, 1]`, `2-4`, `3+`, `every 7` or `all`."""
    if isinstance(spec, int):
        return run == spec
    if isinstance(spec, list):
        return run in spec
    if spec == "all":
        return True
    match = _RUNS.fullmatch(spec)
    if match is None:
        raise ValueError(f"'{spec}' is not a choice of runs such as 0, 2-4, 3+, every 7 or all")
    first, last, onward, every = match.groups()
    if first is not None:
        return int(first) <= run <= int(last)
    if onward is not None:
        return run >= int(onward)
    return run % int(every) == 0
