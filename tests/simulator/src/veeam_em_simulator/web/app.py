# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP application: from a request on the wire to an answer on the wire."""

from __future__ import annotations

import hmac
import json
from http import HTTPStatus

from aiohttp import web

from veeam_em_simulator.enterprise import Enterprise, LoggedRequest
from veeam_em_simulator.web import delivery
from veeam_em_simulator.web.call import ApiError, Call, Reply, split_target
from veeam_em_simulator.web.control import Control
from veeam_em_simulator.web.disturb import disturb
from veeam_em_simulator.web.documents import error_document
from veeam_em_simulator.web.faults import Fault
from veeam_em_simulator.web.logon import CHALLENGE
from veeam_em_simulator.web.routes import answer
from veeam_em_simulator.wire.json import to_json
from veeam_em_simulator.wire.xml import to_xml

_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h2>{title}</h2><p>{text}</p></body></html>\n"


class Application:
    """Serves one Enterprise Manager."""

    def __init__(self, enterprise: Enterprise, control: Control, admin_token: str, protocol: str) -> None:
        self._enterprise = enterprise
        self._control = control
        self._admin_token = admin_token
        self._protocol = protocol

    def aiohttp_application(self) -> web.Application:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_route("*", "/{anything:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        target = request.raw_path
        segments, query = split_target(target)
        if segments[:1] == ["_control"]:
            return self._handle_control(request, segments, body)
        path, _, raw_query = target.partition("?")
        entry = LoggedRequest(request.method, path, raw_query, 0, self._session_id(request), self._enterprise.clock.now())
        self._enterprise.log.append(entry)
        fault = self._enterprise.faults.strike(request.method, "/" + "/".join(segments))
        if segments[:1] != ["api"] and (not segments or segments[0].lower() != "api"):
            entry.status = 404
            return self._html(404, "Not Found", "HTTP Error 404. The requested resource is not found.")
        call = Call(request.method, tuple(segments[1:]), query, request.headers, body, self._base(request))
        response = self._respond(request, call, fault)
        entry.status = response.status
        entry.session_id = entry.session_id or self._begun(response)
        return await delivery.deliver(request, response, fault)

    def _session_id(self, request: web.Request) -> str | None:
        session = self._enterprise.logons.peek(request.headers)
        return session.id if session else None

    def _begun(self, response: web.Response) -> str | None:
        """The session that a logon began."""
        session = self._enterprise.logons.peek(response.headers)
        return session.id if session else None

    def _base(self, request: web.Request) -> str:
        """Links are built from the request's own scheme, host and port, unless the site has a name of its own."""
        if self._enterprise.href_base:
            return f"{self._enterprise.href_base}/api"
        host = request.headers.get("Host") or "{}:{}".format(*request.transport.get_extra_info("sockname")[:2])  # type: ignore[union-attr]
        return f"{self._protocol}://{host}/api"

    def _handle_control(self, request: web.Request, segments: list[str], body: bytes) -> web.Response:
        given = request.headers.get("X-Admin-Token", "")
        if not hmac.compare_digest(given.encode(), self._admin_token.encode()):
            return web.json_response({"error": "the header X-Admin-Token is missing or wrong"}, status=401)
        status, document = self._control.handle(request.method, "/".join(segments[1:]), body)
        return web.json_response(document, status=status, dumps=json.dumps)

    def _respond(self, request: web.Request, call: Call, fault: Fault | None) -> web.Response:
        try:
            if fault is not None and (early := self._fault_answer(call, fault)) is not None:
                return self._serialise(request, early) if isinstance(early, Reply) else early
            return self._serialise(request, answer(self._enterprise, call))
        except ApiError as error:
            return self._serialise(request, Reply(error.status, error_document(error.status, error.message), error.headers))

    def _fault_answer(self, call: Call, fault: Fault) -> Reply | web.Response | None:
        """The answer that a fault gives instead of the real one; some only change what the real one sees."""
        options = fault.options
        match fault.kind:
            case "unauthorized":
                session = self._enterprise.logons.peek(call.headers)
                if session is not None and options["end_session"]:
                    self._enterprise.logons.end(session.id, session)
                raise ApiError(401, "The session has expired.", CHALLENGE)
            case "server_error":
                if options["body"]:
                    raise ApiError(500, options["message"])
                return Reply(500)
            case "error":
                raise ApiError(int(options["status"]), options["message"])
            case "unavailable":
                raise ApiError(503, "The service is overloaded.", {"Retry-After": str(options["retry_after"])})
            case "html":
                return self._html(int(options["status"]), "Sign in", "This page is not Enterprise Manager.")
            case "redirect":
                return Reply(int(options["status"]), None, {"Location": options["location"]})
            case "repeated_page":
                call.repeat_page = True
            case "rows_added" | "rows_removed":
                self._enterprise.catch_up()
                disturb(self._enterprise, call, fault.kind, int(options["rows"]), options["at"])
        return None

    def _serialise(self, request: web.Request, reply: Reply) -> web.Response:
        profile = self._enterprise.profile
        headers = {"Server": profile.server_header, **reply.headers}
        body = b""
        if reply.document is not None:
            wants_json = "application/json" in request.headers.get("Accept", "").lower()
            if wants_json and not profile.xml_only:
                body = to_json(reply.document, profile)
                headers["Content-Type"] = "application/json; charset=utf-8"
            else:
                body = to_xml(reply.document)
                headers["Content-Type"] = "application/xml; charset=utf-8"
        return web.Response(status=reply.status, reason=self._reason(reply.status), body=body, headers=headers)

    def _reason(self, status: int) -> str:
        phrase = HTTPStatus(status).phrase
        return phrase.replace(" ", "") if self._enterprise.profile.bare_reasons else phrase

    def _html(self, status: int, title: str, text: str) -> web.Response:
        return web.Response(
            status=status,
            reason=self._reason(status),
            body=_HTML.format(title=title, text=text).encode(),
            headers={"Server": self._enterprise.profile.server_header, "Content-Type": "text/html; charset=us-ascii"},
        )
