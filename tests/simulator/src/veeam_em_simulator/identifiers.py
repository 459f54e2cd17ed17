# SPDX-License-Identifier: GPL-3.0-or-later
"""GUIDs, URNs and the case of JSON keys."""

from __future__ import annotations

import re
import uuid
from functools import lru_cache
from random import Random

GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
NIL = "00000000-0000-0000-0000-000000000000"
_NAMESPACE = uuid.UUID("6d9c4a3e-52f1-4b0b-9a6e-0c7d1f2e8b55")


def stable_guid(seed: int, *parts: str) -> str:
    """The same GUID for the same seed and parts, in every profile and run."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join((str(seed), *parts))))


def random_guid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def urn(kind: str, guid: str) -> str:
    return f"urn:veeam:{kind}:{guid}"


def guid_of(text: str) -> str:
    """The bare GUID of a URN or GUID, lower case; other text comes back as it is."""
    tail = text.rsplit(":", 1)[-1]
    return tail.lower() if GUID.fullmatch(tail) else text


@lru_cache(maxsize=4096)
def camel_case(key: str) -> str:
    """`UID` to `uid`, `NASJobs` to `nasJobs`, `VAppRestorePoints` to `vAppRestorePoints`."""
    run = 0
    while run < len(key) and key[run].isupper():
        run += 1
    if run > 1 and run < len(key) and key[run].islower():
        run -= 1
    return key[:run].lower() + key[run:]
