# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check says, and the checklist of all of them. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ..._errors import EmError, sentence


class Status(enum.Enum):
    """From worst to best."""

    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    OK = "ok"


@dataclasses.dataclass(frozen=True)
class Check:
    """One line of the checklist. ``error`` is what the check failed with, if it was an error of the client's own."""

    name: str
    status: Status
    message: str
    advice: str = ""
    details: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    error: EmError | None = None

    def to_result(self) -> dict[str, t.Any]:
        return {
            "check": self.name,
            "status": self.status.value,
            "message": self.message,
            "advice": self.advice or None,
            "details": dict(self.details),
        }

    @property
    def line(self) -> str:
        """For people: status, name, sentence, and what to do."""
        advice = f" -> {sentence(self.advice)}" if self.advice else ""
        return f"{self.status.value.upper():8} {self.name:18} {sentence(self.message)}{advice}"


def failed(name: str, error: EmError, **details: t.Any) -> Check:
    """A check that an error ended."""
    said = f' (the server says: "{error.server_message}")' if error.server_message else ""
    return Check(name, Status.FAILED, f"{error.message}{said}", error.hint or "", details, error)


def worst_first(checks: t.Iterable[Check]) -> list[Check]:
    """By status; those of one status in the order in which they were made."""
    return sorted(checks, key=lambda check: list(Status).index(check.status))


def headline(checks: t.Sequence[Check]) -> str:
    """One sentence on all of them."""
    counted = summary(checks)
    words = {"failed": "failed", "warning": "warning" if counted["warning"] == 1 else "warnings", "skipped": "skipped"}
    parts = [f"{counted[status]} {word}" for status, word in words.items() if counted[status]]
    return f"{counted['ok']} of {counted['total']} checks are ok{''.join(f', {part}' for part in parts)}."


def summary(checks: t.Sequence[Check]) -> dict[str, int]:
    counted = {status.value: sum(check.status is status for check in checks) for status in Status}
    return {**counted, "total": len(checks)}
