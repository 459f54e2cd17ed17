# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an HTTP status to the error that tells what to do. Pure functions. Private to the collection."""

from __future__ import annotations

import typing as t

from .._errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    EmError,
    NotEnterpriseManager,
    NotFound,
    RequestRejected,
    ServerBusy,
    ServerFailed,
    WrongEdition,
)
from .settings import BACKUP_SERVER_PORT, stripped

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
    path = address.partition("?")[0]
    details: dict[str, t.Any] = {"method": method, "path": path, "status": status, "server_message": message}
    filtered = path.endswith("/query") and "filter=" in address
    general = _whatever_was_asked(status, message, details, filtered)
    if general is not None:
        return general
    if status == 403:
        return AccessDenied(
            "the account may not read this (HTTP 403)",
            hint=f"it needs the Enterprise Manager role {role}",
            **details,
        )
    if status == 404 and path.endswith("/query"):
        return RequestRejected(
            "Enterprise Manager does not know its own query service (HTTP 404)",
            hint="check host, port, and any proxy between that changes addresses",
            **details,
        )
    if status == 404:
        return NotFound("Enterprise Manager has no such object (HTTP 404)", hint="check the UID", **details)
    if status >= 500:
        return ServerFailed(
            f"Enterprise Manager failed on the request (HTTP {status})",
            hint=f"{'check the filter, and ' if filtered else 'check '}the log of the Enterprise Manager service",
            **details,
        )
    return RequestRejected(
        f"Enterprise Manager rejected the request (HTTP {status})",
        hint="check the filter and the names of its fields"
        if filtered
        else "check that this version of Enterprise Manager knows it",
        **details,
    )


def _whatever_was_asked(
    status: int, message: str | None, details: dict[str, t.Any], filtered: bool = False
) -> EmError | None:
    """What a status means for a logon and for any other request alike."""
    # A message about a filter may quote it, and machines are called license01.
    if message and "licens" in message.lower() and not filtered and status >= 400 and status not in (401, 404):
        return WrongEdition(
            f"Enterprise Manager refused the request because of its licence (HTTP {status})",
            hint="check the edition and the end of the licence of this installation; its REST API is not in all editions",
            **details,
        )
    if status == 407:
        return ConnectionFailed(
            "the proxy wants credentials (HTTP 407)",
            hint="give them as http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY or HTTP_PROXY, or name the server in NO_PROXY",
            transient=False,
            **details,
        )
    if status in (429, 502, 503, 504):
        return ServerBusy(
            f"Enterprise Manager is busy or being serviced (HTTP {status})",
            hint="try again later, or raise retries",
            **details,
        )
    return None


def logon_error(response: Response, message: str | None, settings: ConnectionSettings) -> EmError:
    """The error for an answer to a logon that opened no session."""
    status, server = response.status, settings.place
    details: dict[str, t.Any] = {"method": "POST", "path": "/api/sessionMngr/", "status": status}
    general = _whatever_was_asked(status, message, {**details, "server_message": message})
    if general is not None and (message is not None or status in (407, 429, 502, 503, 504)):
        return general
    if settings.port == BACKUP_SERVER_PORT and status < 500:
        return NotEnterpriseManager(
            f"{server} is the backup server's own API and not Enterprise Manager's (HTTP {status} to a logon)",
            hint=_PORTS,
            **details,
        )
    if status == 401:
        return AuthenticationFailed(
            f"Enterprise Manager on {server} refused the credentials of {settings.username} (HTTP 401)",
            hint="check username (DOMAIN\\user or HOST\\user) and password; single sign-on and one-time codes can't be used here"
            + blank_note(settings),
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
    failed = ServerFailed if status >= 500 else RequestRejected
    return failed(
        f"Enterprise Manager on {server} failed on the logon (HTTP {status})",
        hint="check that the Enterprise Manager service and its database are up, and its log",
        server_message=message,
        **details,
    )


def blank_note(settings: ConnectionSettings) -> str:
    """A password may really begin or end with a blank, so it is said when the password is refused."""
    blank = settings.password != stripped(settings.password)
    return "; the password begins or ends with a blank, which may be a mistake" if blank else ""
