# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of evidence files. Private to the collection."""

from __future__ import annotations

import typing as t

from .._evidence.document import Document
from .._evidence.formats import to_csv, to_json, to_markdown
from .._evidence.html import to_html
from .._evidence.junit import to_junit

WRITERS: dict[str, tuple[str, t.Callable[[Document], str]]] = {
    "html": ("html", to_html),
    "json": ("json", to_json),
    "csv": ("csv", to_csv),
    "junit": ("junit.xml", to_junit),
    "markdown": ("md", to_markdown),
}
"""Format -> suffix of its file, and what makes it."""
FORMATS = tuple(WRITERS)
