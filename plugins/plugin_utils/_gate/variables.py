# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each host's own variables, with their templates filled in. Private to the collection.

Ansible's variable manager is asked for every host with this play and this task, which is what decides who wins among inventory, play,
role, block and task. It is no public interface: tests on the oldest and the newest ansible-core watch it. A host's templates see that
host's variables only, so nothing rubs off on another.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.template import Templar
from jinja2 import TemplateError

from .ask import connection_parts
from .settings import PREFIX
from .values import Failed

FOREIGN = ("veeam_em_name", "veeam_em_vm_uid", "ansible_host", "ansible_connection")
"""What else is read of a host: what our inventory plugin says about it, and whether it is this machine."""
WATCHED = "watched"
FACT = "veeam_em_protection"
FACT_SOURCE = "__verify_backups_parts"
"""Stands in the template that is the fact, as the role loads it."""
_ENCRYPTED = ("AnsibleVaultEncryptedUnicode", "EncryptedString")
"""Text in a vault, before and since ansible-core 2.19; being turned to text decrypts it."""
_MOST = 300
_RAISED = (
    AnsibleError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TemplateError,
    TypeError,
    ValueError,
)
"""What a template can raise: before ansible-core 2.19 the errors of its filters and operators come through as they are."""
_OPENINGS = ("{{", "{%", "{#", "#jinja2:")


class HostVariables:
    """Reads the variables of hosts for one task."""

    def __init__(self, task: t.Any, play: t.Any, loader: t.Any, watched: t.Any = None) -> None:
        """``watched`` are values that are the first host's for Ansible, and are filled in for every host here."""
        self._task = task
        self._play = play
        self._manager = task.get_variable_manager()
        self._templar = Templar(loader=loader)
        self._watched = watched if may_be_template(watched) else None
        self.memory: dict[str, t.Any] = {}
        """What an earlier call registered, for each host that was read."""
        self.hidden: set[str] = set()
        """Hosts at which something else has the name of the gate's fact, and comes before it."""

    def of_host(self, host: t.Any, register: str | None = None) -> dict[str, t.Any]:
        """The variables of the gate at this host, plain and filled in; what can't be filled in is Failed."""
        raw = self._manager.get_vars(play=self._play, host=host, task=self._task)
        if register and register in raw:
            self.memory[host.name] = raw[register]
        fact = raw.get(FACT)
        if not (isinstance(fact, str) and FACT_SOURCE in fact):
            self.hidden.add(host.name)
        found = self._read(raw)
        if self._watched is not None:
            filled = self._filled(self._watched)
            found[WATCHED] = filled if isinstance(filled, Failed) else connection_parts(filled)
        return found

    def of_play(self) -> dict[str, t.Any]:
        """What holds for no host in particular: role, play, task and extra variables."""
        return self._read(self._manager.get_vars(play=self._play, task=self._task))

    def all_of(self, host: t.Any | None) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._manager.get_vars(play=self._play, host=host, task=self._task)
        return found

    def _read(self, raw: dict[str, t.Any]) -> dict[str, t.Any]:
        self._templar.available_variables = raw
        omitted = raw.get("omit")
        found = {}
        for name, value in raw.items():
            if name.startswith(PREFIX) or name in FOREIGN:
                filled = self._filled(value)
                if not (isinstance(filled, str) and isinstance(omitted, str) and filled == omitted):
                    found[name] = filled
        return found

    def _filled(self, value: t.Any) -> t.Any:
        try:
            return plain(self._templar.template(value) if may_be_template(value) else value)
        except _RAISED as error:
            if type(error).__name__ == "AnsibleValueOmittedError":
                return None
            return Failed(_reason(error))


def _reason(error: Exception) -> str:
    """Before ansible-core 2.19 each template that another one uses adds a sentence of its own; the last is the cause."""
    said = str(error.message if isinstance(error, AnsibleError) else error) or type(error).__name__
    cause = said.rpartition("original message: ")[2].strip() or said
    first = cause.splitlines()[0].rstrip(". ")
    return first if len(first) <= _MOST else f"{first[: _MOST - 1]}…"


def may_be_template(value: t.Any) -> bool:
    """Whether Ansible has to look at it. Most values are plain, and looking costs a millisecond for each of thousands of hosts."""
    if isinstance(value, str):
        return any(opening in value for opening in _OPENINGS)
    if isinstance(value, t.Mapping):
        return any(may_be_template(item) or may_be_template(key) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(may_be_template(item) for item in value)
    return False


def plain(value: t.Any) -> t.Any:
    """Without the marks that Ansible puts on values; what comes out of a vault is text here, and nowhere else."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if type(value).__name__ in _ENCRYPTED:
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
