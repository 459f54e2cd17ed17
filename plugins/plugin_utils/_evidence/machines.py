# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading one machine of a result, whatever version of the module made it. Pure. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from .text import one_line
from .words import REASON_WORDS, reason_title

Machine = t.Dict[str, t.Any]

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def as_of(good: t.Mapping[str, t.Any]) -> t.Any:
    """The time that a good backup is of and that its age counts from; its task began before, where the server knows both."""
    return good.get("data_time") or good.get("creation_time")


def job_of(machine: Machine) -> tuple[str, str]:
    """Name and backup server of the job that the verdict is about; empty where there is none."""
    running = [one for one in machine.get("running") or [] if isinstance(one, dict)]
    good, last = machine.get("last_good") or {}, machine.get("last_attempt") or {}
    order = {"running": (*running, good, last), "failed": (last, good)}.get(machine["verdict"], (good, last))
    one = next((each for each in order if each.get("job_name") or each.get("backup_server_name")), {})
    return one_line(one.get("job_name") or ""), one_line(one.get("backup_server_name") or "")


def message_of(machine: Machine) -> str:
    """The verdict's sentence, with the server's own words where it leaves them out."""
    message = one_line(machine.get("message") or "") or ", ".join(
        reason_title(reason) for reason in machine.get("reasons") or []
    )
    said = one_line((machine.get("last_attempt") or {}).get("reason") or "")
    told = not said or said.rstrip(".") in message or machine["verdict"] not in ("failed", "stale")
    text = message or "No reason given."
    return text if told else f"{text} The last attempt said: {said}"


def remarks_of(machine: Machine) -> list[str]:
    """What is worth knowing though the machine is ok: notes and reasons that decided nothing, and a warning."""
    if machine["verdict"] != "ok":
        return []
    found = [reason_title(reason) for reason in _texts(machine.get("reasons"))]
    notes = machine.get("notes")
    found += [_note(note) for note in (notes if isinstance(notes, list) else [notes]) if isinstance(note, (str, dict))]
    if str((machine.get("last_good") or {}).get("result")).casefold() == "warning":
        found.append("The last good backup ended with a warning")
    return list(dict.fromkeys(found))


def _note(note: t.Any) -> str:
    """A note is a code, a sentence, or a dictionary with one of them."""
    if isinstance(note, dict):
        note = next((note[key] for key in ("message", "text", "code") if note.get(key)), ", ".join(map(str, note)))
    text = one_line(note)
    return reason_title(text) if text in REASON_WORDS or _CODE.fullmatch(text) else text.rstrip(".")


def _texts(value: t.Any) -> list[str]:
    return [one_line(item) for item in value] if isinstance(value, list) else []
