# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One logon session at Enterprise Manager and the requests made in it. Private to the collection.

Logon is ``POST /api/sessionMngr/?v=…`` with Basic credentials; it answers 201 with the token in ``X-RestSvcSessionId``, which goes
with every later request; ``DELETE /api/logonSessions/{SessionId}`` ends the session (EM pages: logging_on, logging_out).
A session dies after 15 idle minutes: then one new logon is made and the GET is sent again, never an action.
"""

from __future__ import annotations

import base64
import threading
import typing as t
from email.utils import parsedate_to_datetime

from .._errors import EmError, NotEnterpriseManager, ProtocolError, SessionExpired
from .._records.derived import guid_of
from .._records.nodes import pick
from .decoding import decode, error_message, only
from .filters import build_target
from .settings import VERSION
from .status_errors import error_for, logon_error
from .transport import Request, Response

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings
    from .transport import Transport

T = t.TypeVar("T")
API = "/api"
TOKEN_HEADER = "X-RestSvcSessionId"
_BUSY = frozenset({429, 502, 503, 504})
_MAX_PAUSE = 60.0
_LOGOFF_TRIES = 2
_ACCEPT = {"auto": "application/json", "json": "application/json", "xml": "application/xml"}


Read = t.Callable[[t.Iterable[bytes]], T]


class Logon(t.NamedTuple):
    """An open session of ours; the token is a secret, the id is not."""

    token: str
    session_id: str


class Session:
    """Logs on at the first request; ``log_off`` ends every session it opened. Safe for several threads."""

    def __init__(
        self,
        settings: ConnectionSettings,
        transport: Transport,
        *,
        sleep: t.Callable[[float], None],
        monotonic: t.Callable[[], float],
        on_secret: t.Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._sleep = sleep
        self._monotonic = monotonic
        self._on_secret = on_secret
        self._lock = threading.Lock()
        self._counter = threading.Lock()
        self._opened: list[Logon] = []
        self._current: Logon | None = None
        self.request_count = 0

    def get(self, address: str, *, role: str, read: Read[T]) -> T:
        """What ``read`` makes of the body of a GET; it is called again, from the start, when the answer breaks off.

        ``role`` names the EM role that the request needs. Raises an EmError.
        """
        tries, asked = self._settings.retries + 1, self._settings.data_format
        found: list[T] = []

        def keep(chunks: t.Iterable[bytes]) -> bytes:
            found[:] = [read(chunks if asked == "auto" else only(asked, chunks))]
            return b""

        logon = self._log_on(stale=None)
        response, body = self._exchange(self._request("GET", address, logon), tries, keep)
        if response.status == 401:
            logon = self._log_on(stale=logon)
            response, body = self._exchange(self._request("GET", address, logon), tries, keep)
            if response.status == 401:
                raise SessionExpired(
                    "Enterprise Manager refused a session that it had just opened",
                    hint="check that no proxy or load balancer sends the requests to different servers",
                    method="GET", path=address.partition("?")[0], status=401,
                )  # fmt: skip
        if response.status != 200:
            raise error_for(response.status, self._message(body), "GET", address, role)
        return found[0]

    def log_off(self) -> list[str]:
        """Ends the sessions opened here, never another's; what could not be ended comes back as sentences."""
        problems = []
        for logon in self._opened:
            request = self._request("DELETE", f"{API}/logonSessions/{logon.session_id}", logon)
            try:
                response, _body = self._exchange(request, _LOGOFF_TRIES)
            except EmError as error:
                problems.append(f"The logon session was left open; it ends by itself after 15 minutes: {error}")
                continue
            # 401 and 404 mean that it is gone already.
            if response.status not in (200, 204, 401, 404):
                problems.append(f"Enterprise Manager did not end the logon session (HTTP {response.status}).")
        self._opened, self._current = [], None
        return problems

    def _log_on(self, stale: Logon | None) -> Logon:
        with self._lock:
            if self._current is None or self._current is stale:
                self._current = self._open()
            return self._current

    def _open(self) -> Logon:
        settings = self._settings
        credentials = self._credentials()
        self._on_secret(credentials)
        request = Request(
            "POST",
            build_target(f"{API}/sessionMngr/", [("v", settings.api_version)]),
            {**self._common_headers(), "Authorization": f"Basic {credentials}"},
        )
        response, body = self._exchange(request, settings.retries + 1)
        token = response.headers.get(TOKEN_HEADER.lower())
        if response.status not in (200, 201) or not token:
            raise logon_error(response, self._message(body), settings)
        self._on_secret(token)
        logon = Logon(token, self._session_id(response, body))
        self._opened.append(logon)
        return logon

    @staticmethod
    def _session_id(response: Response, body: bytes) -> str:
        try:
            found = pick(decode(body), "session_id")
        except ProtocolError:
            found = None
        session_id = found if isinstance(found, str) and found else guid_of(response.headers.get("location"))
        if not session_id:
            raise NotEnterpriseManager("the logon answer names no session", hint="check host and port")
        return session_id

    def _common_headers(self) -> dict[str, str]:
        return {"Accept": _ACCEPT[self._settings.data_format], "User-Agent": f"backup_ops.veeam_em/{VERSION}"}

    def _request(self, method: str, address: str, logon: Logon) -> Request:
        return Request(method, address, {**self._common_headers(), TOKEN_HEADER: logon.token})

    def _exchange(self, request: Request, tries: int, read: Read[bytes] = b"".join) -> tuple[Response, bytes]:
        """Sends until there is an answer that is not "busy", or tries and time are used up."""
        deadline = self._monotonic() + self._settings.timeout * tries
        for number in range(1, tries + 1):
            pause = min(0.5 * 2 ** (number - 1), 15.0)
            last = number == tries
            try:
                response, body = self._once(request, read)
            except EmError as error:
                if last or not error.transient or self._monotonic() + pause > deadline:
                    raise
            else:
                if response.status not in _BUSY or last:
                    return response, body
                pause = max(pause, _retry_after(response))
                if pause > _MAX_PAUSE or self._monotonic() + pause > deadline:
                    return response, body
            self._sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, request: Request, read: Read[bytes]) -> tuple[Response, bytes]:
        with self._counter:
            self.request_count += 1
        response = self._transport.send(request)
        try:
            body = read(response.chunks) if response.status == 200 else response.read()
        except ProtocolError as error:
            if error.path is None:
                error.method, error.path, error.status = request.method, request.path, response.status
            raise
        if 300 <= response.status < 400:
            raise ProtocolError(
                f"{self._settings.host} redirects to another address, which is not followed",
                hint="set host, port and protocol to those of Enterprise Manager itself",
                method=request.method, path=request.path, status=response.status,
            )  # fmt: skip
        return response, body

    def _credentials(self) -> str:
        pair = f"{self._settings.username}:{self._settings.password}".encode()
        return base64.b64encode(pair).decode("ascii")

    def _message(self, body: bytes) -> str | None:
        """What an Error document says; a server may quote what it was sent."""
        tokens = [logon.token for logon in self._opened]
        return error_message(body, [self._settings.password, self._credentials(), *tokens])


def _retry_after(response: Response) -> float:
    """Seconds that the server asks to wait; a time is measured by the server's own clock, as ours may differ."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        pause = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError):
        return 0.0
    return max(pause.total_seconds(), 0.0)
