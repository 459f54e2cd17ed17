# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as CSV that spreadsheets open as it is meant. Private to the collection."""

from __future__ import annotations

import csv
import io
import typing as t

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the system, and names with other letters are lost."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(header: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> str:
    """All cells quoted, lines end as RFC 4180 wants; no cell can be taken for a formula."""
    stream = io.StringIO()
    stream.write(BYTE_ORDER_MARK)
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_harmless(name) for name in header])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return stream.getvalue()


def _harmless(value: t.Any) -> t.Any:
    """Spreadsheets run text that begins like a formula; an apostrophe before it makes them show it (OWASP: CSV injection)."""
    if not isinstance(value, str):
        return value
    text = "".join(char if char.isprintable() else " " for char in value)
    return f"'{text}" if value.lstrip(" ").startswith(_FORMULA) else text
