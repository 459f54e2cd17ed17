# SPDX-License-Identifier: GPL-3.0-or-later
"""What real servers take and the web framework does not."""

from __future__ import annotations

import asyncio
import re

_CHUNKED_AND_LENGTH = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]*\r\n(?=(?:[^\r\n]+\r\n)*transfer-encoding:\s*chunked\r\n)")
_LENGTH = re.compile(rb"(?im)^content-length:[^\r\n]*\r\n")


def lenient(data: bytes) -> bytes:
    """The bytes of a request without the Content-Length that stands beside `Transfer-Encoding: chunked`.

    A PHP client logs on so. HTTP lets servers ignore that length; the framework answers 400. Heads come in one piece.
    """
    if not _CHUNKED_AND_LENGTH.match(data):
        return data
    head, end, body = data.partition(b"\r\n\r\n")
    return _LENGTH.sub(b"", head + b"\r\n") + end[2:] + body


class LenientProtocol(asyncio.Protocol):
    """Stands before the framework's protocol and hands it everything, heads made acceptable."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self.connection_made = inner.connection_made  # type: ignore[method-assign]
        self.connection_lost = inner.connection_lost  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(lenient(data))
