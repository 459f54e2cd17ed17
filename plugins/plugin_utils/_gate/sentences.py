# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a call refuses, and what it says of those that it leaves out. Private to the collection."""

from __future__ import annotations

import typing as t

from ...module_utils._errors import nearest
from .._evidence.document import Document
from .decision import Outcome
from .given import Settings, listed
from .play_state import PlayState
from .variables import FACT


def unreached(state: PlayState, hidden: t.Collection[str]) -> str | None:
    """Why a host at work would not have the gate's fact; ``hidden`` are those where something else comes before it."""
    if state.strayed:
        return (
            f"The play no longer names {listed(state.strayed)}, because groups have changed since it began, so Ansible would leave the "
            "answer out there. Call the gate before groups change, or in a play of its own"
        )
    others = [name for name in state.batch if name in hidden]
    if others:
        return (
            f"{FACT} is what the gate finds out, but {listed(others)} {'has' if len(others) == 1 else 'have'} something else of this name, "
            "which comes first. Give it another name"
        )
    return None


def staying(names: t.Sequence[str]) -> str:
    return (
        f"{listed(names)} would have to be left out, but Ansible would not run the end of the role there. "
        "Give the role no run_once and no condition that differs between hosts"
    )


def no_host(inventory: t.Any, parts: str | list[str]) -> str:
    pattern = parts if isinstance(parts, str) else ",".join(parts)
    groups = sorted(set(inventory.groups) - {"all", "ungrouped"})
    near = nearest(pattern, [*groups, *inventory.hosts])
    there = (
        f"The groups are {', '.join(groups[:20])}{' and more' if len(groups) > 20 else ''}"
        if groups
        else "There are no groups"
    )
    limit = " within the limit" if inventory._subset else ""
    known = "is empty" if pattern in inventory.groups else "matches no host"
    hint = f"; did you mean {near[0]}? " if near and near[0] != pattern else ". "
    return f"No host to ask about: {pattern!r} {known}{limit}{hint}{there}"


def nothing(settings: Settings) -> str:
    if settings.common["machines"] is None and settings.common["hosts"] is None:
        return "The question is about nothing: the play has no host to ask about, so name hosts or set verify_backups_machines"
    return "The question is about nothing: no machine was named, and verify_backups_allow_empty is false"


def beyond(stop: str | None, document: Document) -> str | None:
    """What a stop says beyond the decision itself."""
    message = document["decision"]["message"]
    if not stop or not stop.startswith(message):
        return None
    return stop[len(message) :].strip() or None


def left_out(outcome: Outcome, total: int) -> str:
    names = [f"{name} ({outcome.hosts[name]['verdict']})" for name in outcome.excluded]
    hosts = f"{len(names)} of {total} {'host' if total == 1 else 'hosts'} {'goes' if len(names) == 1 else 'go'}"
    return (
        f"LEFT OUT: {hosts} no further in this play: {listed(names, 10)}. "
        "A later play must leave them out itself, with a list: hosts: [THE_SAME, '&veeam_gate_go', '!veeam_gate_no_go']"
    )
