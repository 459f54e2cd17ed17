# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certificate a server presents, read without trusting it: for messages and the doctor, never for data. Private to the collection.

Nothing is sent but the handshake. ``ssl`` decodes only certificates that it has verified, so the certificate is fetched first and then
trusted by itself in a second handshake, for which neither its names nor its dates matter.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import http.client
import re
import ssl
import typing as t
from urllib.parse import unquote, urlsplit

from .._times import UTC, to_iso

_PARTIAL_CHAIN = 0x80000  # named in ssl since Python 3.10
_NO_CHECK_TIME = 0x200000  # not named there
_STRICT = getattr(ssl, "VERIFY_X509_STRICT", 0)
_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}
_HEX = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"^\s*(?:sha-?256(?:\s+fingerprint)?|fingerprint)\s*[:=/]\s*", re.IGNORECASE)
_INVISIBLE = re.compile("[\\s:.\u200b-\u200f\u202a-\u202e\u2060\ufeff-]")


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What a server presents. Times are ISO 8601; ``chain`` names what was sent with it, None when this Python can't tell."""

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    chain: tuple[str, ...] | None = None
    tls_version: str | None = None

    @property
    def self_signed(self) -> bool:
        return bool(self.subject) and self.subject == self.issuer


def read_fingerprint(text: str) -> str | None:
    """SHA-256 as 64 hex digits, from any usual notation; None when it is none."""
    value = _LABEL.sub("", text, count=1)
    digits = _INVISIBLE.sub("", value).lower()
    if _HEX.fullmatch(digits):
        return digits
    try:
        raw = base64.b64decode(value.strip() + "=" * (-len(value.strip()) % 4), validate=True)
    except ValueError:
        return None
    return raw.hex() if len(raw) == 32 else None


def shown(fingerprint: str) -> str:
    """As openssl shows it: pairs of capital hex digits."""
    return ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)).upper()


def trusting(pem_file: str) -> ssl.SSLContext:
    """Trusts exactly what is in the file: an authority, an authority below it, or the server's own certificate.

    OpenSSL would by itself want the whole way up to a root, and newer Pythons extensions that private authorities leave out.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pem_file)
    context.verify_flags = (context.verify_flags & ~_STRICT) | _PARTIAL_CHAIN
    return context


def look(host: str, port: int, timeout: float, proxy: str | None = None) -> Certificate | None:
    """The certificate that is presented there; None when no TLS is spoken or nobody answers."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    try:
        with _Handshake(host, port, timeout, proxy, blind) as sock:
            der = sock.getpeercert(True) or b""
            chain, version = _chain(sock), sock.version()
    except (OSError, http.client.HTTPException, ValueError):
        return None
    found = Certificate(hashlib.sha256(der).hexdigest(), chain=chain, tls_version=version)
    decoding = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    decoding.check_hostname = False
    try:
        decoding.load_verify_locations(cadata=der)
        decoding.verify_flags = (decoding.verify_flags & ~_STRICT) | _PARTIAL_CHAIN | _NO_CHECK_TIME
        with _Handshake(host, port, timeout, proxy, decoding) as sock:
            return _told(found, sock.getpeercert() or {})
    except (OSError, http.client.HTTPException, ValueError):
        return found


class _Handshake:
    """A connection on which nothing is said; through the proxy when there is one."""

    def __init__(self, host: str, port: int, timeout: float, proxy: str | None, context: ssl.SSLContext) -> None:
        place = urlsplit(proxy) if proxy else None
        if place is None:
            self._connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
            return
        self._connection = http.client.HTTPSConnection(
            place.hostname or "", place.port or 8080, timeout=timeout, context=context
        )
        pair = f"{unquote(place.username or '')}:{unquote(place.password or '')}".encode()
        login = {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"} if place.username else {}
        self._connection.set_tunnel(host, port, headers=login)

    def __enter__(self) -> ssl.SSLSocket:
        self._connection.connect()
        return t.cast("ssl.SSLSocket", self._connection.sock)

    def __exit__(self, *_error: object) -> None:
        self._connection.close()


def _chain(sock: ssl.SSLSocket) -> tuple[str, ...] | None:
    """The subjects of what came with the certificate. Only authorities are told, which is what belongs there."""
    read = getattr(sock, "get_unverified_chain", None)
    if read is not None:
        ders = [bytes(each) for each in read()]
    else:
        # Since Python 3.10, and only there until 3.13.
        read = getattr(getattr(sock, "_sslobj", None), "get_unverified_chain", None)
        if read is None:
            return None
        ders = [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in read() or ()]
    return tuple(filter(None, map(_authority, ders[1:])))


def _authority(der: bytes) -> str:
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        store.load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError):
        return ""
    return next((_name(each.get("subject")) for each in store.get_ca_certs()), "")


def _told(found: Certificate, decoded: t.Mapping[str, t.Any]) -> Certificate:
    return dataclasses.replace(
        found,
        subject=_name(decoded.get("subject")),
        issuer=_name(decoded.get("issuer")),
        names=tuple(str(value) for _kind, value in decoded.get("subjectAltName", ())),
        not_before=_moment(decoded.get("notBefore")),
        not_after=_moment(decoded.get("notAfter")),
    )


def _name(parts: t.Any) -> str:
    """``CN=em01, O=Example``"""
    return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in parts or () for key, value in part)


def _moment(text: str | None) -> str | None:
    return to_iso(dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)) if text else None
