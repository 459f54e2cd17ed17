# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority of the simulator's own and the server certificates that it issues, good and bad."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

_NAMES = ("localhost", "127.0.0.1", "::1", "em01.example.test")


class Certificates:
    """The CA, the server context, and a way to present another certificate to new connections."""

    def __init__(self, host: str) -> None:
        self._authority = trustme.CA(organization_name="Veeam EM simulator")
        self._names = list(dict.fromkeys((*_NAMES, host))) if host not in ("", "0.0.0.0", "::") else list(_NAMES)
        self._good = self._context(self._authority.issue_cert(*self._names))
        self._presented = self._good
        self.server_context = self._good
        # Asked for each connection, also for those without a server name
        self.server_context.sni_callback = self._choose

    def write_authority(self, folder: Path) -> Path:
        path = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(path))
        return path

    def present(self, fault: str | None) -> None:
        """What new connections see: the good certificate (None), an expired one, or one for another name."""
        if fault == "certificate_expired":
            yesterday = datetime.now(UTC) - timedelta(days=1)
            self._presented = self._context(
                self._authority.issue_cert(*self._names, not_before=yesterday - timedelta(days=365), not_after=yesterday)
            )
        elif fault == "certificate_other_name":
            self._presented = self._context(self._authority.issue_cert("other.example.test"))
        else:
            self._presented = self._good

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._presented

    @staticmethod
    def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context
