# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach Enterprise Manager: the connection options, checked. Private to the collection."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import SettingsError

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
        for name in ("host", "username", "password"):
            if name not in given:
                raise SettingsError(
                    f"{name} is not set",
                    hint=f"set the option {name} or the environment variable VEEAM_EM_{name.upper()}",
                )
        settings = cls(**given)
        settings._check()
        return settings

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without the path."""
        host = self.host.strip("[]")
        return f"{self.protocol}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        return self.protocol == "https"

    def _check(self) -> None:
        if not (_NAME.fullmatch(self.host) or _is_ipv6(self.host)):
            raise SettingsError(
                f"host has the value {self.host!r}, which is not a bare host name or address",
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
        if self.ca_path and self.ca_cert:
            raise SettingsError("ca_path and ca_cert are both set", hint="give the certificate authority once")

    def _check_choice(self, name: str, allowed: tuple[str, ...]) -> None:
        if getattr(self, name) not in allowed:
            raise SettingsError(
                f"{name} has the value {getattr(self, name)!r}", hint=f"use one of {', '.join(allowed)}"
            )

    def _check_range(self, name: str, lowest: int, highest: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise SettingsError(f"{name} has the value {value!r}", hint=f"use a number from {lowest} to {highest}")


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


def _has_control(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
