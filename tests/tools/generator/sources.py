# SPDX-License-Identifier: GPL-3.0-or-later
"""What blocks can be made of, by the name that stands in their first line."""

from __future__ import annotations

import typing as t

from generator import policy, returns, role

SOURCES: dict[str, t.Callable[..., str]] = {
    "policy_defaults": policy.policy_defaults,
    "policy_options": policy.policy_options,
    "returns": returns.returns,
    "role_variables": role.role_variables,
}
