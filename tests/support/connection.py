# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach a simulator: as options of the collection, as environment variables, and with the collection's client."""

from __future__ import annotations

import base64
import typing as t

from support import leaks

if t.TYPE_CHECKING:
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.transport import Request, Response


class Server(t.Protocol):
    """What tests use of a simulator."""

    url: str
    host: str
    port: int
    protocol: str
    ca_path: t.Any
    username: str
    password: str

    def requests(self) -> list[dict[str, t.Any]]: ...

    def open_sessions(self) -> list[dict[str, t.Any]]: ...


def options(server: Server, **changes: t.Any) -> dict[str, t.Any]:
    """The connection options; a change to None leaves one out."""
    everything = {
        "host": server.host,
        "port": server.port,
        "protocol": server.protocol,
        "username": server.username,
        "password": server.password,
        "ca_path": None if server.ca_path is None or server.protocol == "http" else str(server.ca_path),
        **changes,
    }
    if changes.get("password"):
        leaks.remember_credentials(str(everything["username"]), changes["password"])
    return {name: value for name, value in everything.items() if value is not None}


def variables(server: Server, **changes: t.Any) -> dict[str, str]:
    """The same as VEEAM_EM_* variables."""
    return {f"VEEAM_EM_{name.upper()}": str(value) for name, value in options(server, **changes).items()}


def remember_tokens(server: Server) -> None:
    """No test may show the token of a session; the simulator makes it of the session's id, as the server does."""
    for request in server.requests():
        if request["session_id"]:
            leaks.remember(base64.b64encode(request["session_id"].encode()).decode("ascii"))


def client(server: Server, **changes: t.Any) -> EnterpriseManagerClient:
    """The collection's client for this simulator; its warnings are in the list ``warnings`` when one is given."""
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings

    warnings: list[str] = changes.pop("warnings", [])
    settings = ConnectionSettings.from_options(options(server, **changes))
    transport = WithoutPort(server) if hasattr(server, "request") else None
    return EnterpriseManagerClient(settings, transport=transport, on_warning=warnings.append, on_secret=leaks.remember)


class WithoutPort:
    """A transport that calls a simulator in the same process (``InProcess``): a thousand small sites take seconds."""

    def __init__(self, em: t.Any) -> None:
        self._em = em

    def send(self, request: Request) -> Response:
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.transport import Response

        answer = self._em.request(request.method, request.target, request.headers)
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, [answer.body])

    def close(self) -> None:
        """Nothing is open."""
