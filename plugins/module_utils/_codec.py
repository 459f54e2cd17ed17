# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From bytes to plain data, XML or JSON alike: the only file that knows ``xmltodict``. Private to the collection.

Keys are matched whatever their case: v12 and older write JSON keys in PascalCase, v13 in camelCase, XML always in PascalCase
(EM pages: resource_representations, representation_collections). XML entities and document types are refused.
"""

from __future__ import annotations

import json
import re
import traceback
import typing as t
from xml.parsers.expat import ExpatError

from ._errors import NotEnterpriseManager, ProtocolError

try:
    import xmltodict
except ImportError:
    XMLTODICT_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    XMLTODICT_IMPORT_ERROR = None

Node = t.Dict[str, t.Any]
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_FIRST_OF_WORD = re.compile(r"([a-z0-9])([A-Z])")
_END_OF_CAPITALS = re.compile(r"([A-Z]+)([A-Z][a-z])")
_MESSAGE_LENGTH = 300


def snake_case(name: str) -> str:
    """One name for an element however the server writes it: ``VmUid``, ``vmUid``, ``@VmUid`` are ``vm_uid``; ``UID`` is ``uid``."""
    name = name.lstrip("@#").replace("-", "_")
    return _FIRST_OF_WORD.sub(r"\1_\2", _END_OF_CAPITALS.sub(r"\1_\2", name)).lower()


def decode(body: bytes) -> Node:
    """The document of an answer: the JSON object, or what stands inside the XML root element. Raises ProtocolError."""
    text = body[len(_BOM) :] if body.startswith(_BOM) else body
    start = text[:1024].lstrip()
    if start.startswith((b"{", b"[")):
        document: t.Any = _json(text)
    elif start.startswith(b"<"):
        if re.match(rb"<(!doctype\s+html|html)\b", start, re.IGNORECASE):
            raise NotEnterpriseManager("the answer is a web page", hint="check host, port, and any proxy between")
        document = _xml(text)
    else:
        raise ProtocolError("the answer is neither XML nor JSON")
    if not isinstance(document, dict):
        raise ProtocolError("the answer is not the document that was expected")
    return document


def _json(text: bytes) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the answer is not valid JSON") from error


def _xml(text: bytes) -> t.Any:
    try:
        document = xmltodict.parse(text, disable_entities=True, strip_whitespace=False)
    except (ExpatError, ValueError, RecursionError) as error:
        raise ProtocolError("the answer is not valid XML") from error
    root = next(iter(document.values()))
    return {} if root is None else root


def pick(node: t.Any, name: str) -> t.Any:
    """The value of an element, attribute or key by its snake_case name; None when absent."""
    if isinstance(node, dict):
        for key, value in node.items():
            if snake_case(key) == name:
                return value
    return None


def rows_of(node: t.Any) -> list[t.Any]:
    """The rows of a list in any of its wrappings: null, one element, a list, or a wrapper around one of these."""
    if isinstance(node, list):
        return node
    if not isinstance(node, dict):
        return []
    for key, value in node.items():
        if key[0] in "@#" or value is None or snake_case(key) == "links":
            continue
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            return [value]
    return []


def wrapped_rows(document: Node) -> list[t.Any]:
    """The rows of a QueryResult: below the one wrapper that is filled, of Entities, Resources or Refs."""
    for branch in ("entities", "resources", "refs"):
        content = pick(document, branch)
        if branch == "refs" and content is not None:
            return rows_of(content)
        if isinstance(content, dict):
            for key, wrapper in content.items():
                if key[0] not in "@#" and wrapper is not None:
                    return rows_of(wrapper)
    return []


def links_of(node: Node) -> list[Node]:
    """The links of an entity or reference, each with lower-case keys rel, href, name, type (missing ones are None)."""
    container = node.get("Links") or node.get("links")
    if isinstance(container, dict):
        container = container.get("Link")
    if isinstance(container, dict):
        container = [container]
    if not container:
        return []
    links = []
    for link in container:
        get = link.get
        if "@Href" in link or "@Rel" in link:
            links.append({"rel": get("@Rel"), "href": get("@Href"), "name": get("@Name"), "type": get("@Type")})
        elif "rel" in link or "href" in link:
            links.append({"rel": get("rel"), "href": get("href"), "name": get("name"), "type": get("type")})
        else:
            links.append({"rel": get("Rel"), "href": get("Href"), "name": get("Name"), "type": get("Type")})
    return links


def error_message(body: bytes) -> str | None:
    """The message of an Error document, fit to be shown; None when the body is something else."""
    try:
        message = pick(decode(body), "message")
    except ProtocolError:
        return None
    if not isinstance(message, str) or not message.strip():
        return None
    return _CONTROL.sub(" ", message).strip()[:_MESSAGE_LENGTH]
