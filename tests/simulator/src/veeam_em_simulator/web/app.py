# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP application: from a request on the wire to an answer on the wire."""

from __future__ import annotations

import hmac
import json

from aiohttp import web

from veeam_em_simulator.enterprise import Enterprise
from veeam_em_simulator.web import delivery
from veeam_em_simulator.web.call import split_target
from veeam_em_simulator.web.control import Control
from veeam_em_simulator.web.serving import Serving


class Application:
    """Serves one Enterprise Manager and its control API."""

    def __init__(self, enterprise: Enterprise, control: Control, admin_token: str, protocol: str) -> None:
        self._serving = Serving(enterprise, protocol)
        self._control = control
        self._admin_token = admin_token

    def aiohttp_application(self) -> web.Application:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_route("*", "/{anything:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        target = request.raw_path
        segments, _ = split_target(target)
        if segments[:1] == ["_control"]:
            return self._handle_control(request, segments, body)
        host = request.headers.get("Host") or "{}:{}".format(*request.transport.get_extra_info("sockname")[:2])  # type: ignore[union-attr]
        found, fault = self._serving.serve(request.method, target, request.headers, body, host)
        response = web.Response(status=found.status, reason=found.reason, body=found.body, headers=found.headers)
        return await delivery.deliver(request, response, fault)

    def _handle_control(self, request: web.Request, segments: list[str], body: bytes) -> web.Response:
        given = request.headers.get("X-Admin-Token", "")
        if not hmac.compare_digest(given.encode(), self._admin_token.encode()):
            return web.json_response({"error": "the header X-Admin-Token is missing or wrong"}, status=401)
        status, document = self._control.handle(request.method, "/".join(segments[1:]), body)
        return web.json_response(document, status=status, dumps=json.dumps)
