# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remembers answers on their way to the client: what they look like on the wire is part of the findings. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._client.transport import Request, Response

if t.TYPE_CHECKING:
    from ..._client.certificates import Certificate
    from ..._client.transport import RequestsTransport

_KEPT_BYTES = 1024 * 1024
_KEPT_HEADERS = ("content-type", "content-encoding", "content-length", "transfer-encoding", "date", "server")


@dataclasses.dataclass
class Answer:
    """One exchange, without anything secret: of the headers only those that tell how the server speaks. ``body`` is empty when it was too large."""

    method: str
    target: str
    status: int
    headers: dict[str, str]
    body: bytes = b""
    size: int = 0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Recorder:
    """A transport around another."""

    def __init__(self, transport: RequestsTransport) -> None:
        self._transport = transport
        self.answers: list[Answer] = []

    def look(self) -> tuple[str | None, Certificate | None]:
        """The proxy on the way and the certificate at its end."""
        return self._transport.look()

    def send(self, request: Request) -> Response:
        response = self._transport.send(request)
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = Answer(request.method, request.target, response.status, kept)
        self.answers.append(answer)
        return Response(response.status, response.headers, self._listening(answer, response.chunks))

    @staticmethod
    def _listening(answer: Answer, chunks: t.Iterable[bytes]) -> t.Iterator[bytes]:
        for chunk in chunks:
            answer.size += len(chunk)
            answer.body = answer.body + chunk if answer.size <= _KEPT_BYTES else b""
            yield chunk

    def close(self) -> None:
        self._transport.close()
