# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that an earlier file of this plugin has put into the inventory already. Private to the collection.

Ansible makes one host of one name. When two files mean different machines by it, whatever is good about one of them would be
believed of the other; so the host gets the worse verdict of the two, and a warning tells.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._errors import first_of
from ...module_utils._protection.codes import FAILED, OK, RUNNING, STALE, UNKNOWN, UNPROTECTED, VERDICTS, WAIVED
from .._trust import host_variable
from .duplicates import SHOWN

IDENTITY = "veeam_em_identity"
"""Which machine a host is; it has this name whatever the prefix of the other variables is."""
DECISIVE = VERDICT, REPORT, GATHERED = "verdict", "inventory_protection", "gathered_at"
"""Host variables that go/no-go decisions and the comparison of files rest on."""
_BEST_FIRST = (OK, WAIVED, RUNNING, STALE, FAILED, UNPROTECTED, UNKNOWN)


@dataclasses.dataclass(frozen=True)
class Clash:
    """A host of an earlier file. ``verdict`` is what both files say together, None when neither judges."""

    host: str
    same_machine: bool
    source: str
    verdict: str | None
    earlier: str | None
    ours: str | None
    report: t.Any
    prefixes: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return self.earlier is not None and self.ours is not None and self.earlier != self.ours

    def correct(self, inventory: t.Any) -> None:
        """Puts the earlier file's variables and verdict groups right."""
        if self.verdict is None:
            return
        for prefix in self.prefixes:
            inventory.set_variable(self.host, f"{prefix}{VERDICT}", host_variable(self.verdict))
        if self.earlier is None or self.earlier == self.verdict:
            return
        host = inventory.hosts[self.host]
        for group in list(host.get_groups()):
            stem = _stem(group.name, inventory.groups)
            if stem is not None and group.name != f"{stem}{self.verdict}":
                inventory.groups[group.name].remove_host(host)
                inventory.add_child(f"{stem}{self.verdict}", self.host)


def find_clash(inventory: t.Any, name: str, identity: str, verdict: str | None, report: t.Any) -> Clash | None:
    """What an earlier file knows of a host of this name, if it was this plugin that put it there."""
    host = inventory.hosts.get(name)
    if host is None or IDENTITY not in host.vars:
        return None
    known: dict[str, t.Any] = host.vars
    same = known[IDENTITY] == identity
    prefixes = tuple(
        key[: -len(GATHERED)] for key in known if key.endswith(GATHERED) and f"{key[: -len(GATHERED)]}identity" in known
    )
    judged = [prefix for prefix in prefixes if known.get(f"{prefix}{VERDICT}")]
    earlier = max((known[f"{prefix}{VERDICT}"] for prefix in judged), key=_rank, default=None)
    together, told = _together(earlier, verdict, same), report
    if judged and together != verdict:
        told = next((known.get(f"{p}{REPORT}") for p in judged if known[f"{p}{VERDICT}"] == together), report)
    source = str(known.get("inventory_file") or "another file")
    return Clash(name, same, source, together, earlier, verdict, told, tuple(judged))


def _together(earlier: str | None, verdict: str | None, same_machine: bool) -> str | None:
    if earlier is not None and verdict is not None:
        return max(earlier, verdict, key=_rank)
    judged = earlier or verdict
    # Nobody has judged the other machine.
    return UNKNOWN if judged is not None and not same_machine else judged


def _rank(verdict: str) -> int:
    return _BEST_FIRST.index(verdict) if verdict in _BEST_FIRST else len(_BEST_FIRST)


def _stem(group: str, groups: t.Container[str]) -> str | None:
    """What the groups of verdicts begin with, if this is one of them."""
    for verdict in VERDICTS:
        stem = group[: -len(verdict)]
        if group == f"{stem}{verdict}" and all(f"{stem}{other}" in groups for other in VERDICTS):
            return stem
    return None


def sentences(clashes: t.Sequence[Clash]) -> list[str]:
    """Warnings, one for each kind of clash."""
    found = []
    for same, what, why in (
        (False, "belong to different machines there and here", "one host can't be two machines"),
        (True, "have another verdict there", "the two files ask differently"),
    ):
        concerned = [one for one in clashes if one.same_machine is same and (not same or one.differs)]
        if concerned:
            listed = first_of(
                [f"{one.host!r}{f' is {one.verdict} now' if one.verdict else ''}" for one in concerned], SHOWN
            )
            files = ", ".join(sorted({one.source for one in concerned}))
            found.append(
                f"Hosts of {files} {what}: {listed}. The worse verdict counts, since {why}; groups that the earlier file "
                "constructed are not corrected. Put all Enterprise Managers into one file with servers"
            )
    return found
