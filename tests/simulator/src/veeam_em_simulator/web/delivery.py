# SPDX-License-Identifier: GPL-3.0-or-later
"""How an answer travels: whole, or as a fault has it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Mapping

from aiohttp import web

from veeam_em_simulator.web.faults import Fault

_CHUNK = 64 * 1024
_SLICES = 8
_BOM = b"\xef\xbb\xbf"


async def deliver(request: web.Request, response: web.Response, fault: Fault | None) -> web.StreamResponse:
    """Sends the response with the fault, if there is one, that concerns its way."""
    body = response.body if isinstance(response.body, bytes) else b""
    match fault.kind if fault else None:
        case "bom":
            return _copy(response, _BOM + body)
        case "gzip":
            return _copy(response, gzip.compress(body), {"Content-Encoding": "gzip"})
        case "slow_first_byte":
            assert fault is not None
            await asyncio.sleep(float(fault.options["seconds"]))
        case "slow_body":
            assert fault is not None
            return await _slowly(request, response, body, float(fault.options["seconds"]))
        case "reset":
            assert fault is not None
            return await _reset(request, response, body, int(fault.options["after_bytes"]))
        case "truncated":
            assert fault is not None
            return await _partly(request, response, body[: int(len(body) * float(fault.options["keep"]))], len(body))
        case "wrong_content_length":
            assert fault is not None
            return await _partly(request, response, body, max(0, len(body) + int(fault.options["delta"])))
        case "oversized":
            assert fault is not None
            return await _padded(request, response, body, int(fault.options["bytes"]))
    return response


def _copy(response: web.Response, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=response.status, reason=response.reason, body=body, headers={**_headers(response), **(headers or {})})


def _headers(response: web.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower() != "content-length"}


async def _start(request: web.Request, response: web.Response, length: int) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, reason=response.reason, headers=_headers(response))
    stream.content_length = length
    await stream.prepare(request)
    return stream


async def _slowly(request: web.Request, response: web.Response, body: bytes, seconds: float) -> web.StreamResponse:
    stream = await _start(request, response, len(body))
    size = max(1, -(-len(body) // _SLICES))
    for start in range(0, len(body), size):
        await stream.write(body[start : start + size])
        await asyncio.sleep(seconds / _SLICES)
    await stream.write_eof()
    return stream


async def _partly(request: web.Request, response: web.Response, part: bytes, length: int) -> web.StreamResponse:
    """A body of another length than announced, then the end of the connection."""
    head = f"HTTP/1.1 {response.status} {response.reason}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in _headers(response).items())
    transport = request.transport
    if transport is not None:
        transport.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + part)
        transport.close()
    return response


async def _reset(request: web.Request, response: web.Response, body: bytes, after_bytes: int) -> web.StreamResponse:
    if after_bytes:
        stream = await _start(request, response, len(body))
        await stream.write(body[:after_bytes])
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        # A close with a linger time of nothing is a reset on the wire
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return response


async def _padded(request: web.Request, response: web.Response, body: bytes, extra: int) -> web.StreamResponse:
    """The document followed by blanks, which both formats allow."""
    stream = await _start(request, response, len(body) + extra)
    await stream.write(body)
    for start in range(0, extra, _CHUNK):
        await stream.write(b" " * min(_CHUNK, extra - start))
    await stream.write_eof()
    return stream
