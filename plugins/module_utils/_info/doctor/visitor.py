# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for one thing and looking at the answer as it came. Private to the collection."""

from __future__ import annotations

import datetime as dt
import typing as t

from ..._client.client import EnterpriseManagerClient
from ..._errors import EmError, ProtocolError, ServerBusy, TimedOut
from ..._records.nodes import Node, pick, uid_of, wrapped_rows
from ..._times import parse_moment
from .recorder import Answer, Recorder
from .rights import REFUSALS


class Seen(t.NamedTuple):
    """An answer of the query service."""

    rows: list[Node]
    document: Node
    answer: Answer

    @property
    def uids(self) -> list[str]:
        return [str(uid_of(row)) for row in self.rows]


class Visitor:
    """One account at one server; ``answers`` collects what the server's behaviour tells about open questions."""

    def __init__(self, client: EnterpriseManagerClient, recorder: Recorder, now: dt.datetime) -> None:
        self._client = client
        self._recorder = recorder
        self.now = now
        self.questions: list[dict[str, t.Any]] = []

    def learn(self, number: int, question: str, answer: str) -> None:
        """The answer to a question that no documentation answers; ``number`` is that of our list of them."""
        self.questions.append({"number": number, "question": question, "answer": answer})

    def document(self, path: str, parameters: t.Sequence[tuple[str, t.Any]] = ()) -> Node:
        return self._client.document(path, parameters)

    @property
    def last(self) -> Answer:
        """The newest exchange."""
        return self._recorder.answers[-1]

    def query(
        self, kind: str, size: int, *, page: int = 1, sort: tuple[str, str] | None = None, where: str = ""
    ) -> Seen:
        """``sort`` is sortAsc or sortDesc and a field; ``where`` a filter."""
        given = [("type", kind), ("format", "Entities"), *([sort] if sort else []), ("pageSize", size), ("page", page)]
        document = self.document("query", [*given, *([("filter", where)] if where else [])])
        return Seen(wrapped_rows(document), document, self.last)

    def attempt(self, path: str, parameters: t.Sequence[tuple[str, t.Any]] = ()) -> Node | EmError:
        """The document, or how the server refuses it."""
        try:
            return self.document(path, parameters)
        except (*REFUSALS, ProtocolError, TimedOut, ServerBusy) as error:
            return error

    def refusal(self, path: str, parameters: t.Sequence[tuple[str, t.Any]] = ()) -> EmError | None:
        """How the server refuses something that makes no sense; None when it does not."""
        found = self.attempt(path, parameters)
        return found if isinstance(found, EmError) else None


def time_of(row: Node, name: str = "creation_time") -> dt.datetime | None:
    """A time of a row."""
    text = pick(row, f"{name}_utc") or pick(row, name)
    return parse_moment(text) if isinstance(text, str) and not text.startswith("0001") else None


def text_of(row: Node, name: str) -> str:
    value = pick(row, name)
    return value if isinstance(value, str) else ""
