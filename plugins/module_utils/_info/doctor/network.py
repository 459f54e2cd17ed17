# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be said before anybody logs on: name, port, proxy, certificate. Private to the collection."""

from __future__ import annotations

import datetime as dt
import socket
import typing as t
from urllib.parse import urlsplit

from ..._client.certificates import Certificate, shown
from ..._errors import ConnectionFailed
from ..._times import parse_moment
from .check import Check, Status, failed

if t.TYPE_CHECKING:
    from ..._client.settings import ConnectionSettings

_SECONDS = 10.0
_ENDS_SOON = dt.timedelta(days=30)


def resolve(settings: ConnectionSettings, proxy: str | None) -> Check:
    """The addresses of the host."""
    host = settings.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        if proxy:
            return Check("name", Status.SKIPPED, f"the name {host} can't be resolved here; the proxy resolves it")
        return failed(
            "name",
            ConnectionFailed(
                f"the name {host} can't be resolved",
                hint="check host, and that the machine where the task runs knows the name",
            ),
        )
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    said = f"{host} is an address" if addresses == [host] else f"{host} resolves to {', '.join(addresses)}"
    return Check("name", Status.OK, said, details={"addresses": addresses})


def reach(settings: ConnectionSettings, proxy: str | None) -> Check:
    """Whether somebody listens on the port."""
    place = settings.place
    if proxy:
        return Check("port", Status.SKIPPED, f"{place} is reached through a proxy, see proxy")
    hint = "check host and port (9398 by default) and any firewall in between"
    try:
        socket.create_connection((settings.host.strip("[]"), settings.port), min(settings.timeout, _SECONDS)).close()
    except ConnectionRefusedError:
        return failed("port", ConnectionFailed(f"nothing listens on {place}", hint=hint))
    except (OSError, UnicodeError):
        return failed("port", ConnectionFailed(f"{place} can't be reached", hint=hint))
    return Check("port", Status.OK, f"{place} accepts connections")


def in_between(proxy: str | None) -> Check:
    """A proxy that the environment names. Its credentials are not shown."""
    if proxy is None:
        return Check("proxy", Status.OK, "requests go straight to the server")
    parts = urlsplit(proxy)
    name = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return Check(
        "proxy",
        Status.WARNING,
        f"requests go through the proxy {name}, as HTTPS_PROXY or HTTP_PROXY says",
        "if Enterprise Manager is in your own network, name its host in NO_PROXY",
        {"proxy": name},
    )


def certificate(settings: ConnectionSettings, seen: Certificate | None, now: dt.datetime) -> Check:
    """What the server presents; whether it is trusted shows at the logon."""
    if not settings.encrypted:
        return Check(
            "tls",
            Status.WARNING,
            "protocol is http: the password and all data travel unencrypted",
            "set protocol to https unless the server is too old for it",
        )
    if seen is None:
        return Check("tls", Status.FAILED, f"{settings.place} does not speak TLS", "check port and protocol")
    details = {
        "subject": seen.subject,
        "issuer": seen.issuer,
        "names": list(seen.names),
        "not_before": seen.not_before,
        "not_after": seen.not_after,
        "self_signed": seen.self_signed,
        "chain": None if seen.chain is None else list(seen.chain),
        "fingerprint": shown(seen.fingerprint),
        "tls_version": seen.tls_version,
    }
    names = ", ".join(seen.names) or "no host"
    by = "itself" if seen.self_signed else seen.issuer
    what = (
        f"{seen.tls_version}; the certificate of {seen.subject or 'an unreadable subject'} names {names}, was issued by {by}, "
        f"ends {seen.not_after} and has the SHA-256 fingerprint {shown(seen.fingerprint)}"
    )
    if not settings.validate_certs:
        return Check(
            "tls",
            Status.WARNING,
            f"{what}; it is not checked, because validate_certs is false",
            "compare the fingerprint at the server itself, set ca_fingerprint to it and leave validate_certs out",
            details,
        )
    end = parse_moment(seen.not_after) if seen.not_after else None
    if end is not None and end - now < _ENDS_SOON:
        return Check("tls", Status.WARNING, what, "renew the certificate before it ends", details)
    return Check("tls", Status.OK, what, details=details)
