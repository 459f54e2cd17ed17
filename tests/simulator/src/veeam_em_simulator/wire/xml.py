# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents as XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lxml import etree

from veeam_em_simulator.wire.model import NAMESPACE, Element, Link, PerFormat, Repeat, Scalar, Strings

# What XML 1.0 cannot hold; .NET's writer refuses it, and no estate needs it
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_DEFAULT_NAMESPACE: Any = {None: NAMESPACE}


def to_xml(document: Element) -> bytes:
    root = etree.Element(_name(document.tag), _attributes(document.attributes), nsmap=_DEFAULT_NAMESPACE)
    _fill(root, document)
    return _DECLARATION + bytes(etree.tostring(root, encoding="utf-8"))


@lru_cache(maxsize=1024)
def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    return text if text.isprintable() else _UNWRITABLE.sub("", text)


def _attributes(attributes: Mapping[str, Scalar]) -> dict[str, str]:
    return {key: _text(value) for key, value in attributes.items() if value is not None}


def _fill(node: etree._Element, element: Element) -> None:
    if element.text is not None:
        node.text = _text(element.text)
    if element.links:
        _links(etree.SubElement(node, _name("Links")), element.links)
    for key, value in element.children:
        if isinstance(value, Element):
            _fill(etree.SubElement(node, _name(value.tag), _attributes(value.attributes)), value)
        elif isinstance(value, Repeat):
            _repeat(node, value)
        elif isinstance(value, Strings):
            _repeat(etree.SubElement(node, _name(value.tag)), Repeat(value.item_tag, value.values))
        elif isinstance(value, PerFormat):
            if value.xml is not None:
                etree.SubElement(node, _name(key)).text = _text(value.xml)
        elif value is not None:
            # None, not "": an empty element is written as one tag
            etree.SubElement(node, _name(key)).text = _text(value) or None


def _repeat(node: etree._Element, repeat: Repeat) -> None:
    for item in repeat.items:
        if isinstance(item, Element):
            _fill(etree.SubElement(node, _name(repeat.tag), _attributes(item.attributes)), item)
        else:
            etree.SubElement(node, _name(repeat.tag)).text = _text(item)


def _links(node: etree._Element, links: object) -> None:
    name = _name("Link")
    assert isinstance(links, list | tuple)
    for link in links:
        assert isinstance(link, Link)
        attributes = {"Rel": link.rel}
        if link.type is not None:
            attributes["Type"] = link.type
        attributes["Href"] = _text(link.href)
        if link.name is not None:
            attributes["Name"] = _text(link.name)
        etree.SubElement(node, name, attributes)
