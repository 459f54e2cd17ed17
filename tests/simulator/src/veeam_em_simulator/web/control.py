# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: what tests see and move. The product has nothing like it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from veeam_em_simulator.clock import iso, parse_duration, parse_time
from veeam_em_simulator.enterprise import Enterprise
from veeam_em_simulator.web.faults import FaultError

Answer = tuple[int, dict[str, Any]]


class Control:
    """Plain functions over the state; both the HTTP side and the in-process side call them."""

    def __init__(self, enterprise: Enterprise, present_certificate: Callable[[str | None], None]) -> None:
        self._enterprise = enterprise
        self._present = present_certificate

    def handle(self, method: str, name: str, body: bytes) -> Answer:
        handlers: dict[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            ("GET", "requests"): lambda given: {"requests": self.requests()},
            ("DELETE", "requests"): lambda given: self._clear_requests(),
            ("GET", "sessions"): lambda given: {"sessions": self.sessions()},
            ("GET", "clock"): lambda given: self.clock(),
            ("POST", "clock"): self.move_clock,
            ("GET", "faults"): lambda given: {"faults": self.faults()},
            ("POST", "faults"): self.add_fault,
            ("DELETE", "faults"): lambda given: self.clear_faults(),
            ("POST", "collect"): lambda given: self.collect(),
            ("POST", "reset"): lambda given: self.reset(),
        }
        handler = handlers.get((method, name))
        if handler is None:
            known = name in {key[1] for key in handlers}
            return (405 if known else 404), {"error": f"no {method} /_control/{name}"}
        try:
            given = json.loads(body) if body.strip() else {}
            if not isinstance(given, dict):
                raise FaultError("the body must be a JSON object")
            return 200, handler(given)
        except (FaultError, ValueError, TypeError) as error:
            return 400, {"error": str(error)}

    def requests(self) -> list[dict[str, Any]]:
        return [
            {"method": r.method, "path": r.path, "query": r.query, "status": r.status, "session_id": r.session_id, "time": iso(r.time)}
            for r in self._enterprise.log
        ]

    def _clear_requests(self) -> dict[str, Any]:
        self._enterprise.log.clear()
        return {"requests": []}

    def sessions(self) -> list[dict[str, Any]]:
        self._enterprise.logons.expire(self._enterprise.clock.now())
        return [
            {"session_id": s.id, "username": s.account.username, "created": iso(s.created), "last_used": iso(s.last_used)}
            for s in self._enterprise.logons.all()
        ]

    def clock(self) -> dict[str, Any]:
        return {"now": iso(self._enterprise.clock.now())}

    def move_clock(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if set(given) not in ({"advance"}, {"set"}):
            raise ValueError('the clock takes {"advance": "15m"} or {"set": "2026-01-05T06:00:00Z"}')
        if "advance" in given:
            self._enterprise.clock.advance(parse_duration(str(given["advance"])))
        else:
            self._enterprise.clock.set(parse_time(str(given["set"])))
        self._enterprise.catch_up()
        return self.clock()

    def faults(self) -> list[dict[str, Any]]:
        return [fault.describe() for fault in self._enterprise.faults.all()]

    def add_fault(self, given: Mapping[str, Any]) -> dict[str, Any]:
        fault = self._enterprise.faults.add(given)
        self._present(self._enterprise.faults.certificate())
        return fault.describe()

    def clear_faults(self) -> dict[str, Any]:
        self._enterprise.faults.remove_all()
        self._present(None)
        return {"faults": []}

    def collect(self) -> dict[str, Any]:
        now = self._enterprise.catch_up()
        self._enterprise.site.collect(now, self._enterprise.site.servers())
        return {"collected": iso(now)}

    def reset(self) -> dict[str, Any]:
        self._enterprise.reset()
        self._present(self._enterprise.faults.certificate())
        return self.clock()
