# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines of an estate document, with what became of them."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from veeam_em_simulator.estate.infrastructure import Machine, Root
from veeam_em_simulator.estate.names import expanded, parse_size

if TYPE_CHECKING:
    from veeam_em_simulator.estate.reader import Reader

Path = tuple[str | int, ...]
_GB = 1 << 30


def read_machines(reader: Reader) -> None:
    """Puts the machines into the reader, by their first names and in the order of the document."""
    count = 1000
    for path, item in reader.items("machines"):
        for name in [item["name"]] if "name" in item else expanded(item["names"]):
            count += 1
            machine = _machine(reader, item, path, name, count)
            if machine.key in reader.keyed:
                raise reader.document.error((*path, "key"), f"the key '{machine.key}' is there twice")
            if machine.key:
                reader.keyed[machine.key] = machine
            reader.machines.setdefault(name, []).append(machine)


def _root(reader: Reader, name: str, path: Path) -> Root:
    root = reader.roots.get(name)
    if root is None:
        raise reader.document.error((*path, "on"), f"there is no hierarchy root '{name}'")
    return root


def _machine(reader: Reader, item: dict[str, Any], path: Path, name: str, count: int) -> Machine:
    root = _root(reader, item["on"], path)
    rng = Random(f"{reader.seed}|machine|{root.name}|{name}")
    key = item.get("key", "")
    ref = item.get("ref") or (reader.guid("vm", root.name, key or name) if root.platform == "HyperV" else f"vm-{count}")
    if any(other.root is root and other.ref == ref for other in reader.machines.get(name, ())):
        raise reader.document.error(path, f"the machine '{name}' is there twice on '{root.name}'")
    first = Machine(
        name=name,
        display_name=item.get("display_name", name),
        root=root,
        ref=ref,
        size=parse_size(item["size"]) if "size" in item else rng.choice((40, 60, 80, 120, 200)) * _GB,
        indexed=item.get("indexed", False),
        tags=tuple(item.get("tags", ())),
        key=key,
        lookup_name=item.get("lookup_name"),
        created=reader.moment(item["created"], (*path, "created")) if "created" in item else None,
    )
    return _with_life(reader, item, path, first, count) if "life" in item else first


def _with_life(reader: Reader, item: dict[str, Any], path: Path, first: Machine, count: int) -> Machine:
    """The machine with its later states."""
    later: list[tuple[int, Machine]] = []
    state, before, deleted = first, first.created, None
    for number, event in enumerate(item["life"]):
        here = (*path, "life", number)
        moment = reader.moment(event["at"], (*here, "at"))
        if deleted is not None:
            raise reader.document.error(here, "nothing happens to a machine after it was deleted")
        if before is not None and moment <= before:
            raise reader.document.error((*here, "at"), "what happens to a machine is told in the order of time, after its creation")
        before = moment
        if event.get("deleted"):
            deleted = moment
            continue
        state = _changed(reader, event, here, state, f"{count}{number}")
        later.append((moment, state))
    return replace(first, later=tuple(later), deleted=deleted)


def _changed(reader: Reader, event: dict[str, Any], path: Path, state: Machine, number: str) -> Machine:
    root, ref, lookup_name = state.root, state.ref, event.get("lookup_name", state.lookup_name)
    if "on" in event:
        root = _root(reader, event["on"], path)
    if "ref" in event:
        ref = event["ref"]
    elif event.get("reregistered") or root is not state.root:
        # Far from the references of those that were never registered anew
        ref = reader.guid("vm", root.name, state.label, number) if root.platform == "HyperV" else f"vm-9{number}"
    name = event.get("name", state.name)
    if name != state.name:
        lookup_name = event.get("lookup_name")
    follows = state.display_name == state.name
    display_name = event.get("display_name", name if follows else state.display_name)
    return replace(state, name=name, display_name=display_name, root=root, ref=ref, lookup_name=lookup_name)
