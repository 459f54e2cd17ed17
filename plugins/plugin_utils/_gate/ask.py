# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking Enterprise Manager: the module protection_info, run on the controller. Private to the collection.

All that the gate knows of the module's interface besides its options is here.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ...module_utils._client.settings import ConnectionSettings
from ...module_utils._errors import advice, sentence
from .given import Settings
from .question import Question
from .values import Refusal

MODULE = "backup_ops.veeam_em.protection_info"
CONNECTION = frozenset({field.name for field in dataclasses.fields(ConnectionSettings)} | {"hostname", "user"})
_PLACE = re.compile(r"machines\[(\d+)\]")
_ENVIRONMENT = "VEEAM_EM_"
_UNSET = re.compile(r"\bnot set; set VEEAM_EM_")
"""How ConnectionSettings says which options nobody gave."""


def module_arguments(
    question: Question, settings: Settings, options: t.Mapping[str, t.Any], check_mode: bool
) -> dict[str, t.Any]:
    """The options of the task come from its arguments and from module_defaults; a connection of variables comes first."""
    connection = settings.common["connection"] or {}
    check_connection(connection, "verify_backups_connection")
    wait = {"wait_running": settings.common["wait_running"]} if settings.common["wait_running"] else {}
    # Where nothing is shown, jobs need not be read.
    runs = {"next_runs": True} if settings.tells_next_steps(check_mode) else {}
    return {**options, **connection, **question.arguments(settings), **wait, **runs}


def check_connection(options: t.Iterable[str], where: str) -> None:
    for name in options:
        if name not in CONNECTION:
            raise Refusal(sentence(f"{where} has the unknown key {name!r}; {advice(name, CONNECTION)}"))


def connection_parts(parts: t.Iterable[t.Any]) -> list[t.Any]:
    """Of options and environments, as dictionaries, what says where Enterprise Manager is. Texts are templates of dictionaries, and stay."""
    return [
        {key: value for key, value in part.items() if key in CONNECTION or str(key).startswith(_ENVIRONMENT)}
        if isinstance(part, t.Mapping)
        else part
        for part in parts
        if isinstance(part, (str, t.Mapping))
    ]


def explained(result: t.Mapping[str, t.Any], question: Question) -> dict[str, t.Any]:
    """The module's result; mistakes of the caller are told in the words of the gate."""
    found = {key: value for key, value in result.items() if key not in ("invocation", "exception")}
    found["warnings"] = [_words_of(warning) for warning in result.get("warnings") or ()]
    message = str(found.get("msg") or "")
    if found.get("failed") and _UNSET.search(message):
        found["error_of_caller"] = True
        found["msg"] = f"{message} On an automation platform the credential sets them: attach it to the job template."
    elif found.get("failed"):
        found["msg"] = _PLACE.sub(lambda match: _named(question, int(match[1])), message)
        found["error_of_caller"] = not found.get("error") and "argument" in message.lower()
    return found


def _words_of(warning: t.Any) -> str:
    """Newer cores make an object of a warning as soon as they have read a module's result."""
    return warning if isinstance(warning, str) else str(getattr(getattr(warning, "event", None), "msg", warning))


def _named(question: Question, place: int) -> str:
    return f"machine {question.asked[place].entry['name']!r}:" if place < len(question.asked) else f"machines[{place}]"
