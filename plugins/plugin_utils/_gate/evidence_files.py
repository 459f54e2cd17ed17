# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The evidence: the document, and its files on the controller. Private to the collection."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import tempfile
import typing as t
from pathlib import Path

from ...module_utils._errors import sentence
from .._evidence.document import Document, build_document
from .._evidence.files import evidence_files
from .comparison import path_of, slug
from .decision import Answer, Verdict
from .given import Settings
from .question import Question
from .settings import ASKED, RULES

_NEW_FOLDER = 0o750
_PRIVATE = "/runner/"
"""Where execution environments have the folder of a job."""


def make_document(
    settings: Settings,
    answer: Answer,
    missing: t.Sequence[Verdict],
    provenance: t.Mapping[str, t.Any],
    now: dt.datetime,
) -> Document:
    """All reports are drawn from this. Hosts that nobody asked about stand in it as well."""
    machines = [*answer.result["machines"], *missing]
    summary = dict(answer.result.get("summary") or {})
    if missing:
        summary["unknown"] = summary.get("unknown", 0) + len(missing)
    summary["total"] = len(machines)
    result = {
        **answer.result,
        "machines": machines,
        "summary": summary,
        "ok": answer.result.get("ok") is True and not missing,
    }
    return build_document(
        result,
        now=now,
        change_number=settings.common["change_number"],
        policy=_policy(settings),
        allowed_verdicts=settings.common["allowed_verdicts"],
        allow_empty=settings.common["allow_empty"],
        provenance=provenance,
    )


def overrule(document: Document, reason: str) -> None:
    """Turns the decision into a no-go that no machine shows."""
    decision = document["decision"]
    change = document["change_number"]
    decision["ok"] = False
    decision["summary"] = f"NO-GO: {reason.rstrip('.')}"
    decision["message"] = f"{f'Change {change}: ' if change else ''}{sentence(f'NO-GO: {reason}')}"


def _policy(settings: Settings) -> dict[str, t.Any]:
    policy = {name: settings.rules[name] if name in RULES else settings.common[name] for name in ASKED}
    told = {name: value for name, value in policy.items() if value not in (None, "")}
    waivers = [dict(waiver) for waiver in settings.waivers]
    waivers += [
        {"machine": name, **waiver}
        for name, host in settings.hosts.items()
        for waiver in host.waivers
        if dict(waiver) not in waivers
    ]
    return {**told, "waivers": waivers}


def digest(question: Question, settings: Settings) -> str:
    """Keeps apart the evidence of what is asked in the same second, as the slices of a job ask that share folder and change."""
    asked = [each.entry for each in question.asked]
    return hashlib.sha256(json.dumps([asked, settings.changed], sort_keys=True, default=str).encode()).hexdigest()[:8]


def stem(document: Document, digest: str) -> str:
    change = slug(document["change_number"])
    moment = re.sub(r"[-:]", "", document["generated_at"])
    return "_".join(part for part in ("backup-evidence", change, moment, digest) if part)


def folder_of(settings: Settings) -> Path:
    return path_of(settings.common["report_dir"])


def write_files(document: Document, settings: Settings, name: str) -> list[str]:
    """The paths of what was written. Raises OSError."""
    folder = folder_of(settings)
    files = evidence_files(document, settings.common["report_formats"], name)
    # A folder that is already there keeps its mode: it may be anybody's.
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(_NEW_FOLDER)
    for file, content in files.items():
        _write(folder / file, content, settings.common["report_mode"])
    return [str(folder / file) for file in files]


def ends_with_the_job(
    path: str, provenance: t.Mapping[str, t.Any], is_mount: t.Callable[[str], bool] = os.path.ismount
) -> bool:
    """Whether a file of a platform's job lies in its container, or in the private folder that the platform deletes behind it."""
    if not provenance.get("awx"):
        return False
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder) and not is_mount(folder):
        folder = os.path.dirname(folder)
    return folder == os.path.dirname(folder) or (folder + os.sep).startswith(_PRIVATE)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by more people than wanted, not even for a moment."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".evidence-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
