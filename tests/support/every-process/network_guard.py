# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps tests on this machine: no connection but to the loopback addresses, no question to a name server.

Standard library only: it is loaded into the tests themselves and, by sitecustomize, into every program they start.
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t

# Nobody can own these (RFC 2606, RFC 6761), so that a test of an unknown host needs no name server.
_RESERVED = (".test", ".invalid", ".example")


class NetworkUsed(OSError):
    """A test tried to leave this machine."""


def _local(host: t.Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _literal(host: t.Any) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def install(report: t.Callable[[str], None]) -> t.Callable[[], None]:
    """Guards this process, tells ``report`` about every try to leave the machine; gives back what takes the guard off."""
    real_connect, real_connect_ex, real_resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address: t.Any) -> None:
        if isinstance(address, tuple) and not _local(address[0]):
            report(f"connection to {address[0]} port {address[1]}")
            raise NetworkUsed(f"tests may not connect to {address[0]}")

    def connect(self: socket.socket, address: t.Any) -> None:
        check(address)
        return real_connect(self, address)

    def connect_ex(self: socket.socket, address: t.Any) -> int:
        check(address)
        return real_connect_ex(self, address)

    def resolve(host: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        if not _local(host) and not _literal(host):
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
            if not name.rstrip(".").endswith(_RESERVED):
                report(f"look-up of {name}")
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real_resolve(host, *arguments, **options)

    def take_off() -> None:
        socket.socket.connect, socket.socket.connect_ex = real_connect, real_connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = real_resolve

    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = resolve
    return take_off
