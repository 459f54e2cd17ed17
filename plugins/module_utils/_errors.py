# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong when talking to Enterprise Manager, one class per cause, and the words that say so. Private to the collection.

Every message is one sentence that a person can act on: what failed, why, what to do.
``path`` never carries a host or query values, and no message carries a header, so no secret can leak here.
"""

from __future__ import annotations

import difflib
import typing as t


def nearest(word: str, known: t.Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """The known words that a misspelt one may mean, the likeliest first, whatever the case."""
    folded = {one.lower(): one for one in known}
    return [folded[one] for one in difflib.get_close_matches(word.lower(), folded, most, likeness)]


def one_of(words: t.Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``"""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def first_of(texts: t.Sequence[str], most: int) -> str:
    """``a, b``, or ``a, b and 3 more`` where there are more than ``most``: a list that nobody reads to its end tells nothing."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def advice(word: str, known: t.Iterable[str]) -> str:
    """What to do about an unknown word: the one that was meant, or all that there are."""
    known = tuple(known)
    near = nearest(word, known)
    return f"did you mean {near[0]}?" if near else f"use {', '.join(known)}"


def sentence(text: str) -> str:
    """The text with one mark at its end; what begins with a name keeps its case."""
    text = text.strip().rstrip(".")
    return text if text.endswith("?") else f"{text}."


class EmError(Exception):
    """Base of all errors of the client; ``kind`` is stable and meant for programs. ``transient``: trying again may help."""

    kind = "error"
    transient = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        server_message: str | None = None,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        if transient is not None:
            self.transient = transient
        self.message = message
        self.hint = hint
        self.method = method
        self.path = path
        self.status = status
        self.server_message = server_message

    def __str__(self) -> str:
        text = self.message.rstrip(".")
        if self.server_message:
            text += f' (the server says: "{self.server_message}")'
        if self.hint:
            text += f"; {self.hint.rstrip('.')}"
        return sentence(text)

    def to_result(self) -> dict[str, t.Any]:
        """The ``error`` dictionary of a failed module."""
        return {
            "kind": self.kind,
            "status": self.status,
            "method": self.method,
            "path": self.path,
            "server_message": self.server_message,
            "hint": self.hint,
        }


class SettingsError(EmError):
    """An option has a value that can't work; found before any request is sent."""

    kind = "bad_option"


class CheckFailed(EmError):
    """The doctor found something that no single request failed with, such as a clock that is wrong."""

    kind = "check_failed"


class ConnectionFailed(EmError):
    """The name can't be resolved, nobody listens, or the connection broke; transient where nothing else is said."""

    kind = "connection_failed"
    transient = True


class TlsFailed(EmError):
    """No handshake, or a certificate that is not trusted; transient where the other side only hung up."""

    kind = "tls_failed"


class TimedOut(EmError):
    kind = "timed_out"


class AuthenticationFailed(EmError):
    """401 at logon."""

    kind = "authentication_failed"


class SessionExpired(EmError):
    """401 right after a fresh logon."""

    kind = "session_expired"


class AccessDenied(EmError):
    """403: the account's Enterprise Manager role is not enough."""

    kind = "access_denied"


class WrongEdition(EmError):
    """The installed licence does not include the REST API."""

    kind = "wrong_edition"


class NotFound(EmError):
    kind = "not_found"


class RequestRejected(EmError):
    """400 and other client errors: usually a filter, field or value that the server does not know."""

    kind = "request_rejected"


class ServerBusy(EmError):
    """429, 502, 503 or 504 after all retries."""

    kind = "server_busy"


class ServerFailed(EmError):
    kind = "server_failed"


class ProtocolError(EmError):
    """The answer is not what Enterprise Manager sends."""

    kind = "protocol_error"


class NotEnterpriseManager(ProtocolError):
    """Something answers, but it is not the Enterprise Manager REST API."""

    kind = "not_enterprise_manager"
