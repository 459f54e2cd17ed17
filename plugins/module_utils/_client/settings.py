# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach Enterprise Manager: the connection options, checked. Private to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import SettingsError
from .certificates import read_fingerprint

VERSION = "0.1.0"
"""The version of the collection, for the User-Agent header."""
PROTOCOLS = ("https", "http")
DATA_FORMATS = ("auto", "json", "xml")
MAX_PAGE_SIZE = 10000
MAX_PARALLEL = 8
BACKUP_SERVER_PORT = 9419
"""The port of a backup server's own API, which is another product."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_VERSION = re.compile(r"latest|v1(?:_[0-9]{1,2})?")


@dataclasses.dataclass(frozen=True)
class ConnectionSettings:
    """Validated connection options of design section 3.1; ``password`` is left out of ``repr``."""

    host: str
    username: str
    password: str = dataclasses.field(repr=False)
    port: int = 9398
    protocol: str = "https"
    validate_certs: bool = True
    ca_path: str | None = None
    ca_cert: str | None = dataclasses.field(default=None, repr=False)
    ca_fingerprint: str | None = None
    """As 64 hex digits, whatever notation it was given in."""
    timeout: float = 60
    retries: int = 3
    api_version: str = "latest"
    data_format: str = "auto"
    page_size: int = 500
    parallel_requests: int = 4

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> ConnectionSettings:
        """Options as Ansible hands them over, None meaning not given. Raises SettingsError naming the option."""
        known = {field.name for field in dataclasses.fields(cls)}
        given = {name: value for name, value in options.items() if name in known and value not in (None, "")}
        missing = [name for name in ("host", "username", "password") if name not in given]
        if missing:
            variables = _listed([f"VEEAM_EM_{name.upper()}" for name in missing])
            raise SettingsError(
                f"{_listed(missing)} {'are' if len(missing) > 1 else 'is'} not set",
                hint=f"set {variables} in the environment, or {_listed(missing)} where the connection is set: in the task, in "
                "module_defaults of group/backup_ops.veeam_em.em, in verify_backups_connection, or in the inventory file",
            )
        settings = cls(**given)
        settings._check()
        if settings.ca_fingerprint:
            return dataclasses.replace(settings, ca_fingerprint=read_fingerprint(settings.ca_fingerprint))
        return settings

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without the path."""
        host = self.host.strip("[]")
        return f"{self.protocol}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        return self.protocol == "https"

    @property
    def own_authority(self) -> bool:
        """Whether the certificates to trust were given, rather than the public ones."""
        return bool(self.ca_path or self.ca_cert)

    @property
    def place(self) -> str:
        """Where the server is, for messages."""
        return f"{self.host} port {self.port}"

    def _check(self) -> None:
        for name in ("host", "username"):
            shown = _without_login(self.host) if name == "host" else self.username
            if getattr(self, name) != stripped(getattr(self, name)):
                raise SettingsError(
                    f"{name} has the value {shown!r}, which begins or ends with a blank",
                    hint="remove it; it often comes along when text is copied",
                )
        if not (_NAME.fullmatch(self.host) or _is_ipv6(self.host)):
            raise SettingsError(
                f"host has the value {_without_login(self.host)!r}, which is not a bare host name or address",
                hint="leave out https://, the port and any path; port and protocol have options of their own",
            )
        if ":" in self.username or _has_control(self.username):
            raise SettingsError(
                "username holds a colon or a control character",
                hint="use user, DOMAIN\\user or user@domain",
            )
        if _has_control(self.password):
            raise SettingsError("password holds a control character", hint="check for a line break at its end")
        self._check_choice("protocol", PROTOCOLS)
        self._check_choice("data_format", DATA_FORMATS)
        self._check_range("port", 1, 65535)
        self._check_range("timeout", 1, 86400)
        self._check_range("retries", 0, 20)
        self._check_range("page_size", 1, MAX_PAGE_SIZE)
        self._check_range("parallel_requests", 1, MAX_PARALLEL)
        if not _VERSION.fullmatch(self.api_version):
            raise SettingsError(
                f"api_version has the value {self.api_version!r}", hint="use latest, or a version such as v1_4 or v1_7"
            )
        self._check_trust()

    def _check_trust(self) -> None:
        """Each of these options says what to trust, so only one may speak."""
        given = [name for name in ("ca_path", "ca_cert", "ca_fingerprint") if getattr(self, name)]
        if len(given) > 1:
            variables = _listed([f"VEEAM_EM_{name.upper()}" for name in given])
            raise SettingsError(
                f"{_listed(given)} are set together", hint=f"keep one of them; they may also come from {variables}"
            )
        if not self.ca_fingerprint:
            return
        if not self.validate_certs:
            raise SettingsError(
                "ca_fingerprint is set although validate_certs is false",
                hint="leave validate_certs out: a fingerprint is a check",
            )
        if not self.encrypted:
            raise SettingsError(
                "ca_fingerprint is set although protocol is http, which has no certificate",
                hint="set protocol to https",
            )
        if read_fingerprint(self.ca_fingerprint) is None:
            digits = re.sub("[^0-9A-Fa-f]", "", self.ca_fingerprint)
            what = (
                "the SHA-1 thumbprint that Windows shows; SHA-256 is needed"
                if len(digits) == 40
                else "no SHA-256 fingerprint (64 hex digits, with or without colons)"
            )
            raise SettingsError(
                f"ca_fingerprint has the value {self.ca_fingerprint!r}, which is {what}",
                hint="the guide on connecting tells how to get it",
            )

    def _check_choice(self, name: str, allowed: tuple[str, ...]) -> None:
        if getattr(self, name) not in allowed:
            raise SettingsError(
                f"{name} has the value {getattr(self, name)!r}", hint=f"use one of {', '.join(allowed)}"
            )

    def _check_range(self, name: str, lowest: int, highest: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise SettingsError(f"{name} has the value {value!r}", hint=f"use a number from {lowest} to {highest}")


def _without_login(address: str) -> str:
    """What may be shown of an address: people write their password before the @ of one."""
    return f"…@{address.rpartition('@')[2]}" if "@" in address else address


def _is_ipv6(host: str) -> bool:
    if ":" not in host:
        return False
    address = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
    # ipaddress takes anything for a zone, even what would make an URL lead to another host.
    if not _IPV6.fullmatch(address):
        return False
    # Not needed for names, and it would cost every task its time.
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def _listed(names: t.Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def stripped(text: str) -> str:
    """Without blanks at its ends, those that nobody sees included."""
    return text.strip().strip(_UNSEEN).strip()


def _has_control(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
