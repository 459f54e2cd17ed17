# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what happened on the network to the error that tells what to do. Pure but for ``look``, which is passed in. Private to the collection."""

from __future__ import annotations

import enum
import typing as t

from .._errors import ConnectionFailed, EmError, ProtocolError, SettingsError, TimedOut, TlsFailed
from .certificates import Certificate, shown
from .settings import BACKUP_SERVER_PORT

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings

Look = t.Callable[[], t.Optional[Certificate]]
_PORTS = "Enterprise Manager answers https on port 9398, and old servers http on port 9399"
# X509_V_ERR_* of OpenSSL.
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED = 9, 10, 18
_UNKNOWN_AUTHORITY = frozenset({2, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})
_OLD_TLS = (
    "UNSUPPORTED_PROTOCOL",
    "ALERT_PROTOCOL_VERSION",
    "HANDSHAKE_FAILURE",
    "NO_SHARED_CIPHER",
    "VERSION_TOO_LOW",
    "DH_KEY_TOO_SMALL",
)


class Trouble(enum.Enum):
    """What the network did."""

    CERTIFICATE = "a certificate that does not hold"
    FINGERPRINT = "another certificate than the pinned one"
    TLS = "no handshake"
    PROXY = "a proxy that refuses"
    PROXY_ADDRESS = "a proxy that is none"
    NAME = "a name that nobody knows"
    TIME = "no answer in time"
    REFUSED = "nobody listens"
    COMPRESSION = "an answer that can't be decompressed"
    CUT = "an answer that ends too early"
    BROKEN = "anything else"


def explain(settings: ConnectionSettings, trouble: Trouble, detail: str, look: Look) -> EmError:
    """The error for a trouble. ``detail`` is the code and text of a certificate's verification, or the reason of a failed handshake."""
    server = settings.place
    if trouble is Trouble.CERTIFICATE:
        code, _blank, text = detail.partition(" ")
        return _certificate(settings, int(code), text, look())
    if trouble is Trouble.FINGERPRINT:
        return _fingerprint(settings, look())
    if trouble is Trouble.TLS:
        return _handshake(settings, detail)
    if trouble is Trouble.PROXY:
        return ConnectionFailed(
            f"the proxy did not connect to {server}",
            hint="check HTTPS_PROXY, or name the server in NO_PROXY if it is reached without a proxy",
        )
    if trouble is Trouble.PROXY_ADDRESS:
        return SettingsError(
            "the proxy that the environment names can't be used",
            hint="check HTTPS_PROXY and HTTP_PROXY: http://HOST:PORT; SOCKS proxies are not supported",
        )
    if trouble is Trouble.NAME:
        return ConnectionFailed(
            f"the name {settings.host} can't be resolved",
            hint="check host, and that the machine where the task runs knows the name",
            transient=False,
        )
    if trouble is Trouble.TIME:
        return TimedOut(
            f"{server} gave no answer within {settings.timeout:g} seconds",
            hint="check host, port and any firewall in between; if the server is only slow, raise timeout or narrow the time window",
        )
    if trouble is Trouble.REFUSED:
        return ConnectionFailed(
            f"nothing listens on {server}", hint="check host and port (9398 by default) and any firewall in between"
        )
    if trouble is Trouble.COMPRESSION:
        return ProtocolError(
            f"the answer of {server} can't be decompressed", hint="check the proxy or load balancer in between"
        )
    if trouble is Trouble.CUT:
        return ConnectionFailed(
            f"incomplete answer: the connection to {server} ended in the middle of it",
            hint="try again; if it happens every time, check any firewall, proxy or load balancer in between",
        )
    return _broken(settings, look)


def _broken(settings: ConnectionSettings, look: Look) -> EmError:
    server = settings.place
    if not settings.encrypted and look() is not None:
        return ConnectionFailed(f"{server} speaks https and not http", hint="set protocol to https", transient=False)
    if not settings.encrypted:
        return ConnectionFailed(
            f"{server} closed the connection without an answer in http", hint=f"check protocol and port: {_PORTS}"
        )
    return ConnectionFailed(
        f"the connection to {server} broke off",
        hint="try again; if it happens every time, check any firewall, proxy or load balancer in between",
    )


def _handshake(settings: ConnectionSettings, reason: str) -> EmError:
    server = settings.place
    if any(word in reason for word in _OLD_TLS):
        return TlsFailed(
            f"{server} and this machine have no version of TLS in common ({reason})",
            hint="enable TLS 1.2 on the server, or allow older versions in the OpenSSL configuration of the machine where the task runs",
        )
    if "EOF" in reason:
        return TlsFailed(
            f"{server} ended the connection during the TLS handshake",
            hint="check the proxy, load balancer or firewall in between, and that a certificate is bound to the port",
            transient=True,
        )
    return TlsFailed(f"{server} does not speak TLS", hint=f"check port and protocol: {_PORTS}")


def _fingerprint(settings: ConnectionSettings, seen: Certificate | None) -> EmError:
    wanted = shown(settings.ca_fingerprint or "")
    found = f"the SHA-256 fingerprint {shown(seen.fingerprint)}" if seen else "another SHA-256 fingerprint"
    return TlsFailed(
        f"the certificate of {settings.place} has {found} and not {wanted} as ca_fingerprint says",
        hint="if the certificate was renewed, compare the new fingerprint at the server itself and set ca_fingerprint to it; "
        "otherwise somebody may be in between",
    )


def _certificate(settings: ConnectionSettings, code: int, text: str, seen: Certificate | None) -> EmError:
    what, hint = _verdict(settings, code, text, seen or Certificate(""))
    if settings.port == BACKUP_SERVER_PORT:
        hint += f"; port {BACKUP_SERVER_PORT} is the backup server's own API, Enterprise Manager is on 9398"
    return TlsFailed(f"the certificate of {settings.place} {what}", hint=hint)


def _verdict(settings: ConnectionSettings, code: int, text: str, seen: Certificate) -> tuple[str, str]:
    pin = (
        f"compare its SHA-256 fingerprint {shown(seen.fingerprint)} at the server itself and set ca_fingerprint (VEEAM_EM_CA_FINGERPRINT) to it"
        if seen.fingerprint
        else "compare its SHA-256 fingerprint at the server itself and set ca_fingerprint (VEEAM_EM_CA_FINGERPRINT) to it"
    )
    issuer = f"'{seen.issuer}'" if seen.issuer else "an authority"
    if code == _EXPIRED:
        since = f"expired on {seen.not_after}" if seen.not_after else "has expired"
        return since, "renew it at the server, and check the clock of the machine where the task runs"
    if code == _NOT_YET_VALID:
        since = f" before {seen.not_before}" if seen.not_before else " yet"
        return f"is not valid{since}", "check the clock of the machine where the task runs, and that of the server"
    if code in _OTHER_NAME:
        names = ", ".join(f"'{name}'" for name in seen.names)
        of = f"names {names}" if names else f"names no host (its subject is '{seen.subject}')"
        return f"{of} and not '{settings.host}'", f"set host to a name in the certificate, or {pin}"
    if code == _SELF_SIGNED or (code in _UNKNOWN_AUTHORITY and seen.self_signed):
        return "is self-signed, as Enterprise Manager installs it", pin
    if code in _UNKNOWN_AUTHORITY and settings.own_authority and seen.chain == () and code != 19:
        given = "ca_path" if settings.ca_path else "ca_cert"
        return (
            f"was issued by {issuer}, whose own certificate is neither sent by the server (incomplete chain) nor in {given}",
            f"let the server send its whole chain, or add that authority's certificate to {given}",
        )
    if code in _UNKNOWN_AUTHORITY:
        top = f"'{seen.chain[-1]}'" if seen.chain else issuer
        given = "what ca_path or ca_cert gives" if settings.own_authority else "the public authorities"
        return (
            f"comes from {top}, an unknown authority: it is not among {given}",
            f"give that authority's certificate with ca_path or ca_cert, or {pin}",
        )
    return f"is not trusted: {text}", f"give the authority that issued it with ca_path or ca_cert, or {pin}"
