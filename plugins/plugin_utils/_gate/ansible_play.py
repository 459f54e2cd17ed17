# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible knows of the play and its inventory. Private to the collection.

Ansible tells a task which hosts are gone, but not why, and the reason decides: a host that failed or could not be reached is asked
about, one that somebody ended is not. The reason is known to the play's strategy, which is found on the stack, because Ansible's
workers are forks of it. It is no public interface: tests on the oldest and the newest ansible-core watch it, and where it is not found,
every host that is gone counts as lost, which can only make the gate stricter.
"""

from __future__ import annotations

import os
import sys
import typing as t

from ansible.constants import LOCALHOST
from ansible.errors import AnsibleError
from ansible.inventory.manager import IGNORED
from ansible.plugins.strategy import StrategyBase
from ansible.template import Templar
from ansible.utils.path import unfrackpath

from .play_state import PlayState
from .values import sequence


def read_play_state(task: t.Any, play: t.Any, here: t.Collection[str], judged: t.Callable[[str], bool]) -> PlayState:
    """``here`` are the hosts at work in this batch; ``judged`` tells whether an earlier call of this play knew a host."""
    inventory = task.get_variable_manager()._inventory
    everyone = [host.name for host in inventory.get_hosts(play.hosts, ignore_restrictions=True, order=play.order)]
    own = {host.name for host in inventory.get_hosts(play.hosts)} | set(here)
    others = [name for name in everyone if name not in own]
    if play.order == "shuffle":
        done = [name for name in others if judged(name)]
    else:
        first = next((place for place, name in enumerate(everyone) if name in own), 0)
        done = [name for name in everyone[:first] if name not in own]
    lost = _lost_hosts()
    gone = [name for name in everyone if name in own and name not in here]
    named = set(everyone)
    strayed = tuple(name for name in here if name not in named)
    return PlayState(
        batch=(*(name for name in everyone if name in here), *strayed),
        strayed=strayed,
        lost=tuple(name for name in gone if lost is None or name in lost),
        to_come=tuple(name for name in others if name not in set(done)),
        done=tuple(done),
        ended=tuple(name for name in gone if lost is not None and name not in lost),
    )


def _lost_hosts() -> set[str] | None:
    """The hosts that failed or could not be reached; None when nobody can tell."""
    frame = sys._getframe()
    iterator = None
    while frame is not None:
        owner = frame.f_locals.get("self")
        iterator = frame.f_locals.get("iterator", iterator) if isinstance(owner, StrategyBase) else iterator
        if isinstance(owner, StrategyBase) and iterator is not None:
            return {*owner._tqm._unreachable_hosts, *owner._tqm._failed_hosts, *iterator.get_failed_hosts()}
        frame = frame.f_back  # type: ignore[assignment]
    return None


def hosts_that_stay(
    task: t.Any, names: t.Sequence[str], variables_of: t.Callable[[str], dict[str, t.Any]]
) -> list[str]:
    """Those of the hosts that the role's last task can't end: they are not in the include, or a condition is false there.

    Where the strategy does not tell who is in it, that is all of them: a host that stays would be patched.
    """
    present = set(hosts_of_this_task() or ())
    return [name for name in names if name not in present or (task.when and not is_true_at(task, variables_of(name)))]


def hosts_of_this_task() -> list[str] | None:
    """The hosts that have come to this task together; ``ansible_play_batch`` also has those that an include left aside."""
    frame = sys._getframe()
    while frame is not None:
        if isinstance(frame.f_locals.get("self"), StrategyBase) and "host_tasks" in frame.f_locals:
            return [host.name for host, _task in frame.f_locals["host_tasks"]]
        frame = frame.f_back  # type: ignore[assignment]
    return None


def is_true_at(task: t.Any, variables: dict[str, t.Any]) -> bool:
    """Whether the conditions of a task, and those that it has from around it, are true with these variables."""
    try:
        if hasattr(task, "evaluate_conditional"):
            return bool(task.evaluate_conditional(Templar(loader=task.get_loader(), variables=variables), variables))
        return bool(task._resolve_conditional(task.when, variables))
    except AnsibleError:
        return False


def raw_options(task: t.Any, play: t.Any) -> list[t.Any]:
    """The options and the environments of a task as they were written: in the task itself Ansible has filled them in, for one host."""
    written = task.get_ds() or {}
    own = [value for key, value in written.items() if key not in ("vars", "environment")]
    environments = [written.get("environment")]
    for owner in _owners(task, play):
        environments.append(getattr(owner, "_environment", None))
    return [*own, *(part for each in environments for part in (each if isinstance(each, list) else [each]))]


def raw_defaults(task: t.Any, play: t.Any) -> list[t.Mapping[str, t.Any]]:
    """module_defaults as they were written around a task, wherever: before ansible-core 2.19 those of the task itself are filled in."""
    written = [(task.get_ds() or {}).get("module_defaults")]
    for owner in _owners(task, play):
        written.append(getattr(owner, "_module_defaults", None))
    parts = [part for each in written for part in (each if isinstance(each, list) else [each])]
    return [part for part in parts if isinstance(part, t.Mapping)]


def _owners(task: t.Any, play: t.Any) -> t.Iterator[t.Any]:
    """Blocks, imports and includes around a task, their roles, and the play."""
    owner = task._parent
    while owner is not None:
        yield owner
        yield getattr(owner, "_role", None)
        owner = getattr(owner, "_parent", None)
    yield play


def groups_of(pattern: t.Any, groups: t.Collection[str]) -> list[str]:
    """The groups that a play's pattern names."""
    parts = [part for item in sequence(pattern) for part in str(item).split(",")]
    return [part for part in dict.fromkeys(part.strip().lstrip("&!") for part in parts) if part in groups]


def is_controller(host: t.Any, variables: t.Mapping[str, t.Any]) -> bool:
    """Whether a host is this machine itself: nobody patches a controller by mistake in a play about others.

    The name alone does not tell: a host that is called localhost may have an address of its own.
    """
    if host.name not in LOCALHOST:
        return False
    return bool(host.implicit) or variables.get("ansible_host", host.name) in LOCALHOST


def broken_sources(inventory: t.Any) -> list[str]:
    """The sources of the inventory that could not be read; Ansible itself only warns of them."""
    read = set(inventory._inventory.processed_sources)
    return [path for source in inventory._sources for path in _parts(source) if path not in read]


def _parts(source: str) -> t.Iterator[str]:
    if not source:
        return
    path = source if "," in source else unfrackpath(source, follow=False)
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            if not IGNORED.search(os.fsencode(name) if isinstance(IGNORED.pattern, bytes) else name):
                yield from _parts(os.path.join(path, name))
    elif path != "/etc/ansible/hosts" or os.path.exists(path):
        yield path
