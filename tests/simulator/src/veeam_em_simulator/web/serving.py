# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to an answer, whatever they travel on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from veeam_em_simulator.enterprise import Enterprise, LoggedRequest
from veeam_em_simulator.web.call import ApiError, Call, Reply, split_target
from veeam_em_simulator.web.disturb import disturb
from veeam_em_simulator.web.documents import error_document
from veeam_em_simulator.web.faults import Fault
from veeam_em_simulator.web.logon import CHALLENGE
from veeam_em_simulator.web.routes import answer
from veeam_em_simulator.wire.json import to_json
from veeam_em_simulator.wire.xml import to_xml

_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h2>{title}</h2><p>{text}</p></body></html>\n"


@dataclass
class Answer:
    """What goes back to the client."""

    status: int
    reason: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Serving:
    """Serves one Enterprise Manager."""

    def __init__(self, enterprise: Enterprise, protocol: str) -> None:
        self._enterprise = enterprise
        self._protocol = protocol

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes, host: str) -> tuple[Answer, Fault | None]:
        """The answer, and the fault that hits it on its way; header names are looked up without regard to case."""
        enterprise = self._enterprise
        segments, parameters = split_target(target)
        path, _, raw_query = target.partition("?")
        entry = LoggedRequest(method, path, raw_query, 0, self._session_id(headers), enterprise.clock.now())
        enterprise.log.append(entry)
        query = "&".join(f"{name}={value}" for name, value in parameters)
        fault = enterprise.faults.strike(method, "/" + "/".join(segments), query)
        if not segments or segments[0].lower() != "api":
            entry.status = 404
            return self._html(404, "Not Found", "HTTP Error 404. The requested resource is not found."), None
        # Links are built from the request's own scheme, host and port, unless the site has a name of its own
        base = f"{enterprise.href_base or f'{self._protocol}://{host}'}/api"
        call = Call(method, tuple(segments[1:]), parameters, headers, body, base)
        found = self._respond(call, fault)
        entry.status = found.status
        entry.session_id = entry.session_id or self._session_id(found.headers)
        return found, fault

    def _session_id(self, headers: Mapping[str, str]) -> str | None:
        """The session that a request belongs to or that a logon began."""
        session = self._enterprise.logons.peek(headers)
        return session.id if session else None

    def _respond(self, call: Call, fault: Fault | None) -> Answer:
        try:
            if fault is not None and (early := self._fault_answer(call, fault)) is not None:
                return self._serialise(call, early) if isinstance(early, Reply) else early
            return self._serialise(call, answer(self._enterprise, call))
        except ApiError as error:
            return self._serialise(call, Reply(error.status, error_document(error.status, error.message), error.headers))

    def _fault_answer(self, call: Call, fault: Fault) -> Reply | Answer | None:
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

    def _serialise(self, call: Call, reply: Reply) -> Answer:
        profile = self._enterprise.profile
        headers = {"Server": profile.server_header, **reply.headers}
        body = b""
        if reply.document is not None:
            wants_json = "application/json" in call.headers.get("Accept", "").lower()
            if wants_json and not profile.xml_only:
                body = to_json(reply.document, profile)
                headers["Content-Type"] = "application/json; charset=utf-8"
            else:
                body = to_xml(reply.document)
                headers["Content-Type"] = "application/xml; charset=utf-8"
        return Answer(reply.status, self._reason(reply.status), body, headers)

    def _reason(self, status: int) -> str:
        phrase = HTTPStatus(status).phrase
        return phrase.replace(" ", "") if self._enterprise.profile.bare_reasons else phrase

    def _html(self, status: int, title: str, text: str) -> Answer:
        headers = {"Server": self._enterprise.profile.server_header, "Content-Type": "text/html; charset=us-ascii"}
        return Answer(status, self._reason(status), _HTML.format(title=title, text=text).encode(), headers)
