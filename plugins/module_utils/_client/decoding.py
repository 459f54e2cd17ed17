# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From bytes to plain data, XML or JSON alike: the only file that knows ``xmltodict``. Private to the collection.

Answers of the query service come in pages and are decoded whole. Plain collections come in one piece, of any size: their rows are
handed on one by one while the answer arrives, so that memory never holds the whole of it.
XML entities and document types are refused. Whatever the bytes are, nothing but ProtocolError is raised.
"""

from __future__ import annotations

import codecs
import importlib.util
import re
import typing as t
from xml.parsers.expat import ExpatError

from .._errors import NotEnterpriseManager, ProtocolError
from .._records.nodes import Node, checked_row, is_list_key, pick
from .json_stream import DECODER, SURROGATE, JsonRows, without_halves

XMLTODICT_MISSING = importlib.util.find_spec("xmltodict") is None
"""Said at once when it is missing, imported at the first XML answer: what it brings along would cost every task its time."""

_BOM = codecs.BOM_UTF8
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_HTML = re.compile(rb"<(!doctype\s+html|html)\b", re.IGNORECASE)
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ERROR = re.compile(rb"<Error[\s/>]")
_MESSAGE_LENGTH = 300
# LookupError: an encoding that does not exist.
_NOT_XML = (ExpatError, ValueError, LookupError, RecursionError)


def decode(body: bytes) -> Node:
    """The document of an answer: the JSON object, or what stands inside the XML root element. Raises ProtocolError."""
    start = _start_of(body)
    document: t.Any = _json(body) if start == b"{" else _xml(body)
    if not isinstance(document, dict):
        raise ProtocolError("the answer is not the document that was expected")
    return document


def only(data_format: str, chunks: t.Iterable[bytes]) -> t.Iterator[bytes]:
    """The same chunks; raises ProtocolError when they are in the other format."""
    pieces = iter(chunks)
    first = next(pieces, b"")
    found = "json" if _start_of(first) == b"{" else "xml"
    if found != data_format:
        raise ProtocolError(
            f"the answer is {found.upper()}, but data_format is {data_format}",
            hint="set data_format to auto; servers before 9.5 Update 4 know only XML",
        )
    yield first
    yield from pieces


def stream(chunks: t.Iterable[bytes], take: t.Callable[[Node], t.Any]) -> None:
    """Hands every row of a plain collection to ``take`` while the answer arrives. Raises ProtocolError."""
    pieces = iter(chunks)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= 1024:
            break
    source = _resumed(head, pieces)
    if _start_of(head) == b"{":
        _stream_json(source, take)
    elif _ERROR.match(_from_root(head)):
        raise ProtocolError("the answer is an error, although its status is success")
    else:
        _stream_xml(source, take)


def _resumed(head: bytes, rest: t.Iterator[bytes]) -> t.Iterator[bytes]:
    yield head[len(_BOM) :] if head.startswith(_BOM) else head
    yield from rest


def _start_of(body: bytes) -> bytes:
    """The first byte that tells the format. Raises ProtocolError when it can be neither."""
    head = body[:4096].lstrip(_BOM).lstrip()
    if head.startswith(b"{"):
        return b"{"
    if not head.startswith(b"<"):
        raise ProtocolError("the answer is neither XML nor JSON")
    if _HTML.match(head):
        raise NotEnterpriseManager("the answer is a web page", hint="check host, port, and any proxy between")
    if _from_root(head).startswith(b"<!DOCTYPE"):
        raise ProtocolError("the answer is XML with a document type, which Enterprise Manager does not send")
    return b"<"


def _from_root(head: bytes) -> bytes:
    """XML without what may stand before its root. One piece after the other: a pattern for all would take for ever on some."""
    position = len(_BOM) if head.startswith(_BOM) else 0
    while (piece := _BEFORE_ROOT.match(head, position)) is not None:
        position = piece.end()
    return head[position:]


def _json(body: bytes) -> t.Any:
    try:
        text = body.decode("utf-8-sig")
        document = DECODER.decode(text)
        return without_halves(document) if SURROGATE.search(text) else document
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the answer is not valid JSON") from error


def _xml(body: bytes) -> t.Any:
    import xmltodict

    try:
        document = xmltodict.parse(
            body[len(_BOM) :] if body.startswith(_BOM) else body, disable_entities=True, strip_whitespace=False
        )
    except _NOT_XML as error:
        raise ProtocolError("the answer is not valid XML") from error
    root = next(iter(document.values()))
    return {} if root is None else root


def _stream_xml(chunks: t.Iterator[bytes], take: t.Callable[[Node], t.Any]) -> None:
    import xmltodict

    def row(path: t.Sequence[tuple[str, t.Any]], item: t.Any) -> bool:
        if is_list_key(path[-1][0]) and item is not None:
            take(checked_row(item))
        return True

    try:
        # xmltodict knows a generator from other things that can be iterated.
        xmltodict.parse(
            (chunk for chunk in chunks),
            disable_entities=True,
            strip_whitespace=False,
            item_depth=2,
            item_callback=row,
        )
    except _NOT_XML as error:
        raise ProtocolError("the answer is not valid XML") from error


def _stream_json(chunks: t.Iterator[bytes], take: t.Callable[[Node], t.Any]) -> None:
    try:
        JsonRows(chunks).read(take)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the answer is not valid JSON") from error


def error_message(body: bytes, secrets: t.Sequence[str] = ()) -> str | None:
    """The message of an Error document, fit to be shown and without the secrets; None when the body is something else."""
    try:
        message = pick(decode(body), "message")
    except ProtocolError:
        return None
    if not isinstance(message, str) or not message.strip():
        return None
    # Before anything is cut: half a secret can't be found any more. Servers may have cleaned up the blanks in what they quote.
    message = _hidden(message, secrets)
    return _hidden(_in_one_line(message), list(map(_in_one_line, secrets)))[:_MESSAGE_LENGTH]


def _in_one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _hidden(text: str, secrets: t.Sequence[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "********")
    return text
