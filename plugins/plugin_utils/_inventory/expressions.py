# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of the inventory file: checked before anything is asked, and watched while they are worked out. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleError

from ...module_utils._errors import SettingsError, advice, first_of
from .._trust import render
from .duplicates import SHOWN
from .names import is_reachable

ADDRESSES = frozenset({"ansible_host", "ansible_ssh_host", "ansible_winrm_host", "ansible_psrp_host"})
"""Variables that say where Ansible connects to."""

_KEYED_KEYS = ("key", "prefix", "separator", "default_value", "trailing_separator", "parent_group")
_LONGEST = 300
# How Ansible's helpers begin, before what is the matter.
_HELPERS = re.compile(r"Could not (?:set|add|generate) .*?: ")
# What an expression can raise: before ansible-core 2.19 not all of it becomes an error of Ansible's.
_FAILURES = (AnsibleError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
# How Ansible's helper says that a key is empty, which is no failure of the expression.
_EMPTY_KEY = "No key or key resulted empty"


def check_constructed(compose: t.Any, groups: t.Any, keyed_groups: t.Any, decisive: t.Container[str]) -> None:
    """Ansible's helpers leave out in silence what they don't know. ``decisive`` variables are never composed. Raises SettingsError."""
    for name in compose or {}:
        if name in decisive:
            raise SettingsError(
                f"compose.{name} would replace what the plugin found out", hint="give the variable another name"
            )
    for option, value in (("compose", compose), ("groups", groups)):
        for name, expression in (value or {}).items():
            if not isinstance(name, str) or not (
                isinstance(expression, (str, bool, int, float)) and str(expression).strip()
            ):
                raise SettingsError(f"{option}.{name} has the value {expression!r}", hint="write an expression")
    for position, entry in enumerate(keyed_groups or []):
        where = f"keyed_groups[{position}]"
        if not isinstance(entry, dict) or not str(entry.get("key") or "").strip():
            raise SettingsError(
                f"{where} has no key", hint="write dictionaries with key, and perhaps prefix and separator"
            )
        unknown = [key for key in entry if key not in _KEYED_KEYS]
        if unknown:
            raise SettingsError(
                f"{where} has the unknown key {unknown[0]!r}", hint=advice(str(unknown[0]), _KEYED_KEYS)
            )


def text_of(templar: t.Any, template: str) -> t.Any:
    """What a template gives, if that is a text, a number or nothing. Raises AnsibleError."""
    value = render(templar, template)
    if isinstance(value, bool) or not (value is None or isinstance(value, (str, int, float))):
        raise AnsibleError(f"it gives {value!r}, which is no text")
    return value


class Expressions:
    """Remembers for each expression whether it has ever worked."""

    def __init__(self, strict: bool) -> None:
        self._strict = strict
        self._problems: dict[str, str] = {}
        self._worked: set[str] = set()
        self._elsewhere: dict[str, dict[str, str]] = {}

    def attempt(self, where: str, host: str, evaluate: t.Callable[..., t.Any], *given: t.Any) -> tuple[bool, t.Any]:
        """Whether it could be worked out for the host, and its value. Raises SettingsError when it could not, and strict is on."""
        try:
            value = evaluate(*given)
        except _FAILURES as error:
            text = _HELPERS.sub("", one_line(error), count=1)
            if text.startswith(_EMPTY_KEY) and not self._strict:
                self._worked.add(where)
                return False, None
            if self._strict:
                raise SettingsError(f"{where} can't be worked out for {host!r}: {text}") from None
            self._problems.setdefault(where, text)
            return False, None
        self._worked.add(where)
        return True, value

    def leads_to(self, variable: str, host: str, value: t.Any) -> bool:
        """Whether Ansible may connect to what an expression made of a server's data: another machine. Raises SettingsError when strict is on."""
        if variable not in ADDRESSES or is_reachable(str(value)):
            return True
        if value not in (None, ""):
            where = f"compose.{variable}"
            if self._strict:
                raise SettingsError(
                    f"{where} gives {value!r} for {host!r}, which is no name or address of another machine"
                )
            self._elsewhere.setdefault(where, {})[host] = f"{value!r} for {host!r}"
        return False

    def led_nowhere(self) -> list[str]:
        """Sentences about addresses that hosts did not get."""
        return [
            f"{where} was left out where it gives what is no name or address of another machine: {first_of([*found.values()], SHOWN)}"
            for where, found in self._elsewhere.items()
        ]

    def never_worked(self) -> list[str]:
        """Sentences about expressions that could not be worked out for any host: most likely a misspelt name."""
        return [
            f"{where} could not be worked out for any host: {problem}"
            for where, problem in self._problems.items()
            if where not in self._worked
        ]


def one_line(error: BaseException) -> str:
    """What an error says, once and in one line; Ansible's errors repeat those that they were caused by."""
    text = " ".join(str(error).split()).rstrip(".")
    parts = text.split(". ")
    if len(parts) > 1 and parts[-1] == parts[-2]:
        parts.pop()
    text = ". ".join(parts)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
