# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an HTTP status to the error that tells what to do. Pure functions. Private to the collection."""

from __future__ import annotations

import typing as t

from .._errors import (
    AccessDenied,
    AuthenticationFailed,
    EmError,
    NotEnterpriseManager,
    NotFound,
    RequestRejected,
    ServerBusy,
    ServerFailed,
    WrongEdition,
)
from .settings import BACKUP_SERVER_PORT

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings
    from .transport import Response

PORTAL_USER = "Portal User"
PORTAL_ADMINISTRATOR = "Portal Administrator"
_PORTS = (
    "the REST API of Enterprise Manager is on port 9398 (9399 on old servers), port 9419 is the backup server's own API"
)


def error_for(status: int, message: str | None, method: str, address: str, role: str) -> EmError:
    """The error for a status other than the expected one; ``message`` is what the server says, None when it is not EM that speaks."""
    details: dict[str, t.Any] = {
        "method": method, "path": address.partition("?")[0], "status": status, "server_message": message,
    }  # fmt: skip
    if message and "licens" in message.lower():
        return WrongEdition(
            f"Enterprise Manager refused the request (HTTP {status})",
            hint="the licence of this installation does not include what was asked for",
            **details,
        )
    if status == 403:
        return AccessDenied(
            "the account may not read this (HTTP 403)",
            hint=f"it needs the Enterprise Manager role {role}",
            **details,
        )
    if status == 404 and address.partition("?")[0].endswith("/query"):
        return RequestRejected(
            "Enterprise Manager does not know its own query service (HTTP 404)",
            hint="check host, port, and any proxy between that changes addresses",
            **details,
        )
    if status == 404:
        return NotFound("Enterprise Manager has no such object (HTTP 404)", hint="check the UID", **details)
    if status in (429, 502, 503, 504):
        return ServerBusy(
            f"Enterprise Manager is busy or being serviced (HTTP {status})",
            hint="try again later, or raise retries",
            **details,
        )
    if status >= 500:
        return ServerFailed(
            f"Enterprise Manager failed on the request (HTTP {status})",
            hint="check the filter, and the log of the Enterprise Manager service",
            **details,
        )
    return RequestRejected(
        f"Enterprise Manager rejected the request (HTTP {status})",
        hint="check the filter and the names of its fields",
        **details,
    )


def logon_error(response: Response, message: str | None, settings: ConnectionSettings) -> EmError:
    """The error for an answer to a logon that opened no session."""
    status, server = response.status, f"{settings.host} port {settings.port}"
    details: dict[str, t.Any] = {"method": "POST", "path": "/api/sessionMngr/", "status": status}
    if settings.port == BACKUP_SERVER_PORT and status < 500:
        return NotEnterpriseManager(
            f"{server} is the backup server's own API and not Enterprise Manager's (HTTP {status} to a logon)",
            hint=_PORTS,
            **details,
        )
    if status == 401:
        return AuthenticationFailed(
            f"Enterprise Manager on {server} refused the credentials of {settings.username} (HTTP 401)",
            hint="check username (DOMAIN\\user or HOST\\user) and password; single sign-on and one-time codes can't be used here",
            server_message=message,
            **details,
        )
    if status == 403:
        return AccessDenied(
            f"the account {settings.username} has no role in Enterprise Manager (HTTP 403)",
            hint=f"give it at least the role {PORTAL_USER}",
            server_message=message,
            **details,
        )
    if status == 400 and message:
        return RequestRejected(
            f"Enterprise Manager rejected the logon (HTTP 400), API version {settings.api_version}",
            hint="set api_version to latest or to a version that the server lists under /api/",
            server_message=message,
            **details,
        )
    if status in (200, 201, 204, 400, 404, 405, 501) or (message is None and status < 500):
        return NotEnterpriseManager(
            f"{server} answers, but is not Enterprise Manager (HTTP {status} to a logon)", hint=_PORTS, **details
        )
    return error_for(status, message, "POST", "/api/sessionMngr/", PORTAL_USER)
