# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``instance`` and requests to it, as the collection's documentation has them."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlencode

from ansible.module_utils.urls import open_url

SPEC: dict[str, t.Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "host": {"type": "str", "required": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "grant_type": {"type": "str", "choices": ["password", "refresh_token", "client_credentials"]},
        "api_path": {"type": "str", "default": "api/now"},
        "client_id": {"type": "str"},
        "client_secret": {"type": "str", "no_log": True},
        "custom_headers": {"type": "dict"},
        "refresh_token": {"type": "str", "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        "api_key": {"type": "str", "no_log": True},
        "timeout": {"type": "float", "default": 10},
        "validate_certs": {"type": "bool", "default": True},
    },
    "required_together": [("client_id", "client_secret"), ("username", "password")],
    "required_one_of": [("username", "refresh_token", "access_token", "api_key", "client_id")],
}


def ask(
    instance: dict[str, t.Any],
    method: str,
    path: str,
    query: dict[str, str],
    data: bytes | None = None,
    kind: str = "application/json",
) -> t.Any:
    answer = open_url(
        f"{instance['host']}/api/now/{path}?{urlencode(query)}",
        method=method,
        data=data,
        headers={"Accept": "application/json", "Content-type": kind},
        url_username=instance["username"],
        url_password=instance["password"],
        force_basic_auth=True,
    )
    return json.loads(answer.read())["result"]
