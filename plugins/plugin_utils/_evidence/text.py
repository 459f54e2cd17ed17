# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text for people out of data from servers: one line, no control characters, aligned columns. Private to the collection."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import unicodedata

from ...module_utils._times import span as age_in_words

_JOINERS = "\u200c\u200d"  # they shape letters and emoji; all other format characters can only mislead a reader


def plain(value: t.Any) -> t.Any:
    """Plain lists, dictionaries and text, without the tags Ansible puts on them and without halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def one_line(value: t.Any) -> str:
    """One line without control or direction characters, so that no name can forge a row, a colour or another name."""
    text = "".join(" " if _misleading(char) else char for char in plain(str(value)))
    return " ".join(text.split())


def _misleading(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char not in _JOINERS


def width(text: str) -> int:
    """Columns that a terminal needs: wide East Asian letters and emoji take two, combining marks none."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if char in _JOINERS or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def aligned(header: t.Sequence[str], rows: t.Sequence[t.Sequence[str]], gap: int = 2) -> list[str]:
    """Lines with columns as wide as their widest cell; the last column is not padded."""
    widths = [max(width(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(row: t.Sequence[str]) -> str:
        cells = [cell + " " * (widths[column] - width(cell) + gap) for column, cell in enumerate(row[:-1])]
        return ("".join(cells) + row[-1]).rstrip()

    return [line(header), *(line(row) for row in rows)]


def span(seconds: t.Any) -> str:
    """``3d 2h``, ``9h 12m``, ``4m``: two units at most; a dash for no age at all."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return "-"
    if seconds < 0:
        return f"-{span(-seconds)}"
    return age_in_words(seconds)


def moment(value: t.Any) -> str:
    """``2026-01-05 20:00`` of a record's time, in UTC; a dash for none. Text that is no time stays as it is."""
    text = one_line(value or "")
    parsed = parsed_moment(text)
    return parsed.strftime("%Y-%m-%d %H:%M") if parsed else text or "-"


def parsed_moment(value: t.Any) -> dt.datetime | None:
    """The moment of a record's time (``2026-01-05T20:00:07Z``); None when it is none."""
    try:
        return dt.datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.timezone.utc)
    except ValueError:
        return None


_MARKDOWN_PUNCTUATION = re.compile(r"([\\`*_{}\[\]#!|~<>&$@]|:(?=//))")


def escaped_markdown(text: str) -> str:
    """Text as Markdown shows it literally: no markup, no HTML, no link, no second table cell."""
    return _MARKDOWN_PUNCTUATION.sub(r"\\\1", one_line(text)).replace("\\<", "&lt;").replace("\\&", "&amp;")
