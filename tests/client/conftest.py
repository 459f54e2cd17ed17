# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of a running simulator, and the gathering functions of the modules without Ansible around them."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.transport import (
    MAX_ANSWER_BYTES,
    RequestsTransport,
)
from support.connection import options

connection = options
"""The connection options for a simulator."""


@dataclasses.dataclass
class Connected:
    """A client and what it said."""

    client: EnterpriseManagerClient
    warnings: list[str]
    pauses: list[float]


@contextlib.contextmanager
def connected(em: t.Any, *, max_bytes: int = MAX_ANSWER_BYTES, **changes: t.Any) -> t.Iterator[Connected]:
    """A client whose pauses take no time."""
    settings = ConnectionSettings.from_options(connection(em, **changes))
    warnings: list[str] = []
    pauses: list[float] = []
    client = EnterpriseManagerClient(
        settings,
        transport=RequestsTransport(settings, max_bytes=max_bytes),
        sleep=pauses.append,
        on_warning=warnings.append,
    )
    with client:
        yield Connected(client, warnings, pauses)


def asked(em: t.Any, path: str = "/api/query") -> list[dict[str, t.Any]]:
    """The requests that the simulator got on this path."""
    return [request for request in em.requests() if request["path"].lower().startswith(path.lower())]


@pytest.fixture
def client(simulator: t.Any) -> t.Iterator[EnterpriseManagerClient]:
    with connected(simulator) as run:
        yield run.client
