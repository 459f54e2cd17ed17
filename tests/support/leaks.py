# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets that tests handle, and the search for them in whatever a test shows."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path
from urllib.parse import quote, quote_plus

_SECRETS: set[str] = set()
_SHORTEST = 6


def forms(secret: str) -> set[str]:
    """How a secret may look in text: as it is, escaped for JSON, and encoded for a URL."""
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret), quote_plus(secret)}
    return {secret, *quoted}


def remember(secret: str) -> None:
    """From now on no test may show it. One that is shorter than six characters would be found by chance."""
    if len(secret) < _SHORTEST:
        raise ValueError("a secret for tests needs six characters")
    _SECRETS.update(forms(secret))


def remember_credentials(username: str, password: str) -> None:
    """The password, and the Basic credentials made of it."""
    remember(password)
    remember(base64.b64encode(f"{username}:{password}".encode()).decode("ascii"))


def found_in(text: str) -> bool:
    return any(secret in text for secret in _SECRETS)


def without(text: str) -> str:
    for secret in sorted(_SECRETS, key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    return text


def files_with_secrets(paths: t.Iterable[Path]) -> list[Path]:
    return [path for path in paths if found_in(path.read_bytes().decode("utf-8", "replace"))]
