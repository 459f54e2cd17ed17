# SPDX-License-Identifier: GPL-3.0-or-later
"""What verdicts and reasons mean, in the documentation of modules and in the guides: from the tables of the code."""

from __future__ import annotations

import re
import typing as t

import yaml

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import _MACHINE_KEYS, POLICY_SPEC
from generator.returns import TEXTS
from generator.yaml_text import entries

_INDENT = 8
"""Of the deepest list that has these entries."""
# Words such as "machines" and "history" mean more than the option.
_NAMES = [name for name in {*POLICY_SPEC, *_MACHINE_KEYS} if "_" in name]
_NAME = re.compile(rf"\b({'|'.join(sorted(_NAMES, key=len, reverse=True))})\b")


def verdicts() -> str:
    """Entries of a description, in the order of precedence."""
    return entries((f"V({name}): {_marked(text)}" for name, text in codes.VERDICT_MEANINGS.items()), _INDENT)


def reasons() -> str:
    """Entries of a description: every code with what it can stand for."""
    return entries((f"V({code}): {_marked(_whole(reason))}" for code, reason in codes.REASONS.items()), _INDENT)


def verdicts_table() -> str:
    head = ("Verdict", "Meaning", "What to do")
    advice = yaml.safe_load((TEXTS / "verdicts.yml").read_text(encoding="utf-8"))
    return table(head, ((f"``{name}``", text, advice[name]) for name, text in codes.VERDICT_MEANINGS.items()))


def reasons_table() -> str:
    head = ("Reason", "Verdicts", "Meaning", "What to do")
    return table(
        head,
        (
            (
                f"``{code}``",
                ", ".join(f"``{verdict}``" for verdict in reason.verdicts) or "a note",
                _whole(reason, with_verdicts=False),
                reason.advice,
            )
            for code, reason in codes.REASONS.items()
        ),
    )


def _whole(reason: codes.Reason, with_verdicts: bool = True) -> str:
    parts = [reason.meaning]
    if with_verdicts and not reason.verdicts:
        parts.append("Only ever a note.")
    if reason.is_waivable:
        parts.append("It can be waived.")
    return " ".join(parts)


def _marked(text: str) -> str:
    """Names of options as documentation marks them."""
    return _NAME.sub(lambda match: f"{'O' if match[1] in POLICY_SPEC else 'C'}({match[1]})", text)


def table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    lines = ["", ".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        cells = [_NAME.sub(r"``\1``", cell) if "``" not in cell else cell for cell in row]
        lines += [f"   {'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(cells)]
    return "\n".join([*lines, "", ""])
