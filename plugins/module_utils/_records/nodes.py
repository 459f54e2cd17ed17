# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QueryPlan decoded answers, whichever format and version they came from. Pure functions. Private to the collection.

A node is an element as a dictionary. XML attributes have keys with ``@``, JSON has no such difference. Keys are matched whatever
their case: v12 and older write JSON keys in PascalCase, v13 in camelCase, XML always in PascalCase (EM pages:
resource_representations, representation_collections).
"""

from __future__ import annotations

import itertools
import re
import typing as t
from operator import itemgetter

from .._errors import ProtocolError

Node = t.Dict[str, t.Any]
_FIRST_OF_WORD = re.compile(r"([a-z0-9])([A-Z])")
_END_OF_CAPITALS = re.compile(r"([A-Z]+)([A-Z][a-z])")
_MAX_DEPTH = 60
_TEXT_OR_NOTHING = frozenset({str, type(None)})
# v13 in JSON, v12 and older in JSON, all in XML.
_SPELLINGS = (
    itemgetter("rel", "href", "name", "type"),
    itemgetter("Rel", "Href", "Name", "Type"),
    itemgetter("@Rel", "@Href", "@Name", "@Type"),
)


def snake_case(name: str) -> str:
    """One name for an element however the server writes it: ``VmUid``, ``vmUid``, ``@VmUid`` are ``vm_uid``; ``UID`` is ``uid``."""
    name = name.lstrip("@#").replace("-", "_")
    return _FIRST_OF_WORD.sub(r"\1_\2", _END_OF_CAPITALS.sub(r"\1_\2", name)).lower()


def pick(node: t.Any, name: str) -> t.Any:
    """The value of an element, attribute or key by its snake_case name; None when absent."""
    if isinstance(node, dict):
        for key, value in node.items():
            if snake_case(key) == name:
                return value
    return None


def uid_of(row: Node) -> str | None:
    """The UID as the server wrote it, whatever the key's case."""
    value = row.get("UID") or row.get("@UID") or row.get("uid")
    return value if isinstance(value, str) else None


def checked_rows(rows: t.Any) -> list[Node]:
    """A list of rows, or the one row of a list that XML shows as a single element. Raises ProtocolError."""
    return [checked_row(row) for row in (rows if isinstance(rows, list) else [rows])]


def checked_row(row: t.Any) -> Node:
    """The row. Raises ProtocolError when it is none."""
    if not isinstance(row, dict):
        raise ProtocolError("a row of the answer is not an object")
    return row


def is_list_key(key: str) -> bool:
    """Whether a key of a list's wrapper can hold its rows: attributes and links can't."""
    return key[:1] not in ("@", "#") and snake_case(key) != "links"


def rows_of(node: t.Any) -> list[Node]:
    """The rows of a list in any of its wrappings: null, one element, a list, or a wrapper around one of these."""
    if isinstance(node, list):
        return checked_rows(node)
    if isinstance(node, dict):
        for key, value in node.items():
            if is_list_key(key) and isinstance(value, (list, dict)):
                return checked_rows(value)
    return []


def wrapped_rows(document: Node) -> list[Node]:
    """The rows of a QueryResult: below the one wrapper that is filled, of Entities, Resources or Refs."""
    for branch in ("entities", "resources", "refs"):
        content = pick(document, branch)
        if branch == "refs" and content is not None:
            return rows_of(content)
        if isinstance(content, dict):
            for key, wrapper in content.items():
                if is_list_key(key) and wrapper is not None:
                    return rows_of(wrapper)
    return []


class Link(t.NamedTuple):
    """A link as the server has it; missing parts are None."""

    rel: str | None
    href: str | None
    name: str | None
    type: str | None


def links_of(node: Node) -> list[Link]:
    """The links of an entity or reference. What is no link is left out."""
    container = node.get("Links") or node.get("links")
    if isinstance(container, dict):
        container = container.get("Link")
    if isinstance(container, dict):
        container = [container]
    if not isinstance(container, list):
        return []
    links = _alike(container)
    if links is None:
        links = [_link(link) for link in container if isinstance(link, dict)]
    if _TEXT_OR_NOTHING.issuperset(map(type, itertools.chain.from_iterable(links))):
        return links
    return [link for link in links if _TEXT_OR_NOTHING.issuperset(map(type, link))]


def _alike(container: list[t.Any]) -> list[Link] | None:
    """Links that all have the four parts in one spelling, as JSON has them; None when one does not."""
    for parts in _SPELLINGS:
        try:
            return [Link(*parts(link)) for link in container]
        except (KeyError, TypeError):
            continue
    return None


def _link(link: Node) -> Link:
    """One link of which parts may be missing."""
    get = link.get
    if "@Rel" in link or "@Href" in link:
        return Link(get("@Rel"), get("@Href"), get("@Name"), get("@Type"))
    if "Rel" in link or "Href" in link:
        return Link(get("Rel"), get("Href"), get("Name"), get("Type"))
    return Link(get("rel"), get("href"), get("name"), get("type"))


def check_depth(node: t.Any) -> None:
    """Raises ProtocolError for a structure that is nested deeper than any answer of the server."""
    level = [node]
    for _depth in range(_MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise ProtocolError(f"the answer is nested more than {_MAX_DEPTH} levels deep")
