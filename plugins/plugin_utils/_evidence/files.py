# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of one verification, and the list of their digests. Private to the collection."""

from __future__ import annotations

import hashlib
import typing as t

from .document import Document
from .formats import to_csv, to_json, to_markdown
from .html import to_html
from .junit import to_junit
from .mail import to_mail, to_mail_text

WRITERS: dict[str, dict[str, t.Callable[[Document], str]]] = {
    "html": {"html": to_html},
    "json": {"json": to_json},
    "csv": {"csv": to_csv},
    "junit": {"junit.xml": to_junit},
    "markdown": {"md": to_markdown},
    "mail": {"mail.html": to_mail, "mail.txt": to_mail_text},
}
"""The formats that are files, each with the ends of its files' names."""
FORMATS = tuple(WRITERS)


def evidence_files(document: Document, formats: t.Iterable[str], stem: str) -> dict[str, bytes]:
    """Name to content of every file, to be written byte by byte; the last is ``STEM.SHA256SUMS``, made for ``sha256sum -c``."""
    files = {
        f"{stem}.{end}": write(document).encode("utf-8") for name in formats for end, write in WRITERS[name].items()
    }
    return {**files, f"{stem}.SHA256SUMS": sha256sums(files).encode("ascii")} if files else {}


def one_text(document: Document, name: str) -> str:
    """A format as one text: of a mail, its HTML part."""
    return next(iter(WRITERS[name].values()))(document)


def sha256sums(files: t.Mapping[str, bytes]) -> str:
    """The digests of files that lie in one folder; names need no quoting, since the stem has only harmless letters."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
