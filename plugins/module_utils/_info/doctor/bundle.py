# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The support bundle: what answers look like, without what is in them. Pure. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from ..._client.decoding import decode
from ..._client.settings import VERSION
from ..._errors import ProtocolError
from .stand_ins import StandIns

if t.TYPE_CHECKING:
    from .recorder import Answer

_SAMPLES, _LINKS = 2, 1
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?", re.IGNORECASE)
_SERVER = re.compile(r"Microsoft-(HTTPAPI|IIS)/\d{1,2}\.\d|Kestrel")
_ENCODINGS = ("gzip", "deflate", "chunked", "identity")


def make_bundle(answers: t.Sequence[Answer]) -> dict[str, t.Any]:
    """Every exchange once: the request, how it was answered, and the shape of the body with stand-ins for all content."""
    decoded = [(answer, _decoded(answer)) for answer in answers]
    stand_ins = StandIns(body for _answer, body in decoded)
    return {
        "format": 1,
        "collection": VERSION,
        "answers": [_entry(answer, body, stand_ins) for answer, body in decoded],
    }


def _decoded(answer: Answer) -> t.Any:
    try:
        return decode(answer.body) if answer.body else None
    except ProtocolError:
        return None


def _entry(answer: Answer, body: t.Any, stand_ins: StandIns) -> dict[str, t.Any]:
    return {
        "method": answer.method,
        "target": stand_ins.link(answer.target),
        "status": answer.status,
        "headers": {name: text for name, value in answer.headers.items() for text in [_header(name, value)]},
        "bytes": 10 ** (len(str(answer.size)) - 1) if answer.size else 0,
        "decoded": body is not None,
        "body": _shape("", body, stand_ins),
    }


def _header(name: str, value: str) -> str:
    if name == "content-type":
        return value if _MEDIA_TYPE.fullmatch(value) else "other"
    if name == "server":
        return value if _SERVER.fullmatch(value) else "other"
    if name in ("content-encoding", "transfer-encoding"):
        return value if value in _ENCODINGS else "other"
    return "present"


def _shape(key: str, value: t.Any, stand_ins: StandIns) -> t.Any:
    if isinstance(value, dict):
        return {stand_ins.key(name): _shape(name, item, stand_ins) for name, item in value.items()}
    if isinstance(value, list):
        samples = _LINKS if key.lower() in ("links", "link") else _SAMPLES
        shown = [_shape(key, item, stand_ins) for item in value[:samples]]
        return shown if len(value) <= samples else [*shown, f"... {len(value) - samples} more"]
    return stand_ins.value(key, value)
