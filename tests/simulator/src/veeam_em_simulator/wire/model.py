# SPDX-License-Identifier: GPL-3.0-or-later
"""The document model that both serialisers read.

An element knows its XML name, its XML attributes, its links and its children. In JSON attributes and children are keys alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Scalar = str | int | float | bool | None

NAMESPACE = "http://www.veeam.com/ent/v1.0"


class Link(NamedTuple):
    """A link of a resource; the order of the fields is that of the JSON keys."""

    rel: str
    href: str
    name: str | None = None
    type: str | None = None


class PerFormat(NamedTuple):
    """A value that the two formats spell differently."""

    xml: Scalar
    json: Scalar


@dataclass(slots=True)
class Repeat:
    """An element that repeats without a wrapper of its own; in JSON an array."""

    tag: str
    items: Sequence[Element | str]


@dataclass(slots=True)
class Strings:
    """A wrapper of text elements; in JSON flattened to an array of strings."""

    tag: str
    item_tag: str
    values: Sequence[str]


Child = tuple[str, "Scalar | PerFormat | Element | Repeat | Strings"]
"""JSON key, value. The XML name of an element is its tag, that of a scalar the key."""


@dataclass(slots=True)
class Element:
    tag: str
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    links: Sequence[Link] | Literal[False] | None = False
    """False: there is no such key; None: null in JSON."""
    children: Sequence[Child] = ()
    text: str | None = None
    """Content beside attributes (`<Day Name="Sunday">1,1</Day>`), in JSON the key `Value`."""
    json_order: tuple[str, ...] | None = None
    """Keys in the order of JSON where the rule does not give it."""
    json_nulls: bool | None = None
    """Null keys present (True) or left out (False) whatever the profile does."""


def wrapped(tag: str, item_tag: str, items: Iterable[Element], json_key: str | None = None) -> Element:
    """`<Jobs><Job/></Jobs>`, in JSON `{"Jobs": [..]}`."""
    return Element(tag, children=[(json_key or f"{item_tag}s", Repeat(item_tag, list(items)))])
