# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is new since an earlier check, from its JSON file on the controller. Private to the collection.

It decides nothing: what can't be read leaves the comparison out, and is told in the report and on the screen.
"""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from .._evidence.document import SCHEMA, Document, EvidenceError
from .._evidence.inputs import earlier_document, read_changes
from .._evidence.text import one_line

_NAME = re.compile(r"backup-evidence_(?:(?P<change>.+)_)?(?P<moment>\d{8}T\d{6}Z)_[0-9a-f]{8}\.json", re.ASCII)
_MOST = 20
"""So many files of a folder are looked at: the evidence of other machines may lie there too."""


def path_of(text: str) -> Path:
    """The path that a text means, without links; of what no file system takes, the text itself, so that its use fails and is told."""
    plain = os.path.abspath(os.path.expanduser(text))
    try:
        return Path(os.path.realpath(plain))
    except ValueError:
        return Path(plain)


def slug(change: str | None) -> str:
    """A change number as it stands in names of files; it comes from outside and must not lead into another folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", change or "")[:80]


def compare(document: Document, where: str | None, report_folder: Path) -> list[str]:
    """Fills in ``changes`` and returns what to warn of. ``where`` is a file, or a folder in which the newest that fits is taken."""
    names = {machine["name"] for machine in document["result"]["machines"]}
    if not where or not names:
        return []
    path = path_of(where)
    is_folder = os.path.isdir(path) or (path == report_folder and not os.path.exists(path))
    files, warnings = [path], []
    if is_folder:
        try:
            files = _newest_first(path, document)
        except OSError as error:
            return _told(
                document, path, [f"Earlier evidence can't be looked for in {path}: {error.strerror or error}."]
            )
    for file in files:
        try:
            before = _read(file)
            if is_folder and names.isdisjoint(machine["name"] for machine in before["result"]["machines"]):
                continue
            document["changes"] = read_changes(
                before,
                SCHEMA,
                document["generated_at"],
                document["decision"]["not_ok"],
                [machine["name"] for machine in document["result"]["machines"]],
            )
            break
        except (EvidenceError, OSError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            warnings.append(f"The earlier evidence {file} can't be used: {reason}.")
    return _told(document, path, warnings)


def _told(document: Document, path: Path, warnings: list[str]) -> list[str]:
    """The warnings, which stand in the document too; a folder in which nothing fits yet is no reason for one."""
    told = [one_line(warning) for warning in warnings]
    nothing = f"There is no earlier evidence of this change and these machines in {path}, so nothing is said to be new."
    notes = told or ([one_line(nothing)] if document["changes"] is None else [])
    if notes:
        document["result"]["notes"] = [*(document["result"].get("notes") or []), *notes]
    return told


def _newest_first(folder: Path, document: Document) -> list[Path]:
    """The JSON files that the gate wrote there for the same change, or without one where this check has none."""
    if not os.path.exists(folder):
        return []
    found = [(match, path) for path in folder.iterdir() for match in (_NAME.fullmatch(path.name),) if match]
    mine = slug(document["change_number"])
    fitting = [(match["moment"], path.name, path) for match, path in found if (match["change"] or "") == mine]
    return [path for _moment, _name, path in sorted(fitting, reverse=True)[:_MOST]]


def _read(file: Path) -> dict[str, t.Any]:
    """Raises OSError and EvidenceError."""
    if os.path.exists(file) and not os.path.isfile(file):
        raise EvidenceError("it is no file")
    try:
        return earlier_document(file.read_text(encoding="utf-8"), SCHEMA)
    except UnicodeDecodeError as error:
        raise EvidenceError("it is no text") from error
