# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role as a table, from its argument specification."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
_MARKUP = re.compile(r"\b(?:O|V|C|E|M|RV|P)\((?:(?P<plugin>[\w.]+)#\w+:?)?(?P<name>[^()]*)\)")


def role_variables(name: str) -> str:
    """A row for each variable, with the first sentence about it."""
    specs = yaml.safe_load((ROLES / name / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    rows = ["| Variable | Default | What it is |", "| --- | --- | --- |"]
    options: dict[str, t.Any] = {}
    # What several entry points have is told once, where it comes first.
    for entry_point in specs["argument_specs"].values():
        options.update({name: facts for name, facts in entry_point["options"].items() if name not in options})
    for variable, facts in options.items():
        rows.append(f"| `{variable}` | {_default(facts)} | {_first_sentence(facts['description'])} |")
    return "\n".join(["", *rows, "", ""])


def _default(facts: dict[str, t.Any]) -> str:
    if "default" not in facts:
        return "required" if facts.get("required") else "not set"
    value = facts["default"]
    if isinstance(value, str) and "{{" in value:
        return "a template"
    if isinstance(value, list) and value:
        return ", ".join(f"`{each}`" for each in value)
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"


def _first_sentence(description: str | list[str]) -> str:
    text = description if isinstance(description, str) else description[0]
    return _MARKUP.sub(_as_code, re.split(r"(?<=\.) (?=[A-Z])", text)[0]).replace("|", "\\|")


def _as_code(match: re.Match[str]) -> str:
    parts = [match["name"], (match["plugin"] or "").rpartition(".")[2]]
    return " of ".join(f"`{part}`" for part in parts if part)
