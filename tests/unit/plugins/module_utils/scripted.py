# SPDX-License-Identifier: GPL-3.0-or-later
"""A transport that plays a script: each request must be the expected one, and all must have been asked for."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.transport import Request, Response

SESSION_ID = "3d7b1a52-0c7e-4a54-9d2c-5b1a6f0e9a11"
TOKEN = "dG9rZW4tb2YtdGhlLXNlc3Npb24="


@dataclasses.dataclass
class Call:
    """An expected request and its answer; an exception as the answer is raised."""

    method: str
    path: str
    status: int = 200
    body: t.Any = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    query: dict[str, str] | None = None


def logon(**changes: t.Any) -> Call:
    call = Call(
        "POST", "/api/sessionMngr/", 201, {"SessionId": SESSION_ID, "UserName": "svc"}, {"x-restsvcsessionid": TOKEN}
    )
    return dataclasses.replace(call, **changes)


def logoff(**changes: t.Any) -> Call:
    return dataclasses.replace(Call("DELETE", f"/api/logonSessions/{SESSION_ID}", 204), **changes)


class ScriptedTransport:
    def __init__(self, *calls: Call) -> None:
        self._calls = list(calls)
        self.sent: list[Request] = []
        self.closed = False

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        assert self._calls, f"unexpected request {request.method} {request.target}"
        call = self._calls.pop(0)
        assert (request.method, request.path) == (call.method, call.path)
        if call.query is not None:
            assert dict(parse_qsl(urlsplit(request.target).query)) == call.query
        if isinstance(call.body, Exception):
            raise call.body
        body = call.body if isinstance(call.body, bytes) else json.dumps(call.body).encode()
        return Response(call.status, call.headers, iter([body]))

    def close(self) -> None:
        self.closed = True

    def assert_done(self) -> None:
        assert not self._calls, f"never asked for: {self._calls}"
        assert self.closed
