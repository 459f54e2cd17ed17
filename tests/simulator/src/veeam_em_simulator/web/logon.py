# SPDX-License-Identifier: GPL-3.0-or-later
"""Logon sessions: Basic credentials become a token, unused tokens die."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from veeam_em_simulator.estate.model import Account, Settings
from veeam_em_simulator.web.call import ApiError

HEADER = "X-RestSvcSessionId"
CHALLENGE = {"WWW-Authenticate": "Basic Realm=RestSvc"}
_DENIED = "Access denied."
_BAD_CREDENTIALS = "The user name or password is incorrect."
_NO_SESSION = "Authentication is required: the session does not exist or has expired."


@dataclass
class LogonSession:
    id: str
    account: Account
    created: int
    last_used: int
    tasks: dict[str, object] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return base64.b64encode(self.id.encode()).decode()


class Logons:
    """The open logon sessions."""

    def __init__(self, accounts: tuple[Account, ...], settings: Settings) -> None:
        self._accounts = accounts
        self._settings = settings
        self._by_token: dict[str, LogonSession] = {}

    def log_on(self, headers: Mapping[str, str], now: int) -> LogonSession:
        account = self._account(headers.get("Authorization", ""))
        if account.role == "none":
            status = self._settings.no_role_status
            raise ApiError(status, _DENIED, CHALLENGE if status == 401 else None)
        self.expire(now)
        limit = self._settings.max_logon_sessions
        if limit is not None and len(self._by_token) >= limit:
            raise ApiError(503, "The maximum number of logon sessions is reached.", {"Retry-After": "5"})
        session = LogonSession(str(uuid.uuid4()), account, now, now)
        self._by_token[session.token] = session
        return session

    def _account(self, authorization: str) -> Account:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            raise ApiError(401, _BAD_CREDENTIALS, CHALLENGE)
        try:
            user, _, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ApiError(401, _BAD_CREDENTIALS, CHALLENGE) from error
        for account in self._accounts:
            names = {account.username.lower(), account.username.rsplit("\\", 1)[-1].lower()}
            if user.lower() in names and password == account.password:
                return account
        raise ApiError(401, _BAD_CREDENTIALS, CHALLENGE)

    def session(self, headers: Mapping[str, str], now: int) -> LogonSession:
        """The session of a request; using it keeps it alive."""
        self.expire(now)
        token = _cookie(headers.get("Cookie", ""))
        if token is None:
            token = headers.get(HEADER, "")
        session = self._by_token.get(token)
        if session is None:
            raise ApiError(401, _NO_SESSION, CHALLENGE)
        session.last_used = now
        return session

    def peek(self, headers: Mapping[str, str]) -> LogonSession | None:
        token = _cookie(headers.get("Cookie", ""))
        return self._by_token.get(headers.get(HEADER, "") if token is None else token)

    def expire(self, now: int) -> None:
        limit = self._settings.idle_timeout
        self._by_token = {token: s for token, s in self._by_token.items() if now - s.last_used < limit}

    def visible_to(self, session: LogonSession) -> list[LogonSession]:
        """The caller's own first; others only for an administrator."""
        others = [s for s in self._by_token.values() if s is not session]
        if session.account.role != "Portal Administrator":
            others = [s for s in others if s.account is session.account]
        return [session, *others]

    def find(self, guid: str) -> LogonSession:
        for session in self._by_token.values():
            if session.id == guid.lower():
                return session
        raise ApiError(404, f"Logon session {guid} is not found.")

    def end(self, guid: str, caller: LogonSession) -> None:
        session = self.find(guid)
        if session is not caller and caller.account.role != "Portal Administrator":
            raise ApiError(403, _DENIED)
        del self._by_token[session.token]

    def all(self) -> list[LogonSession]:
        return list(self._by_token.values())

    def clear(self) -> None:
        self._by_token.clear()


def _cookie(header: str) -> str | None:
    """The token in a Cookie header, byte for byte (it holds `=` and may hold `+` and `/`)."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == HEADER:
            return value.strip('"')
    return None
