# SPDX-License-Identifier: GPL-3.0-or-later
"""What blocks can be made of, by the name that stands in their first line."""

from __future__ import annotations

import typing as t

from generator import artifacts, awx, messages, policy, returns, role, verdicts

SOURCES: dict[str, t.Callable[..., str]] = {
    "artifacts_list": artifacts.artifacts_list,
    "awx_objects": awx.awx_objects,
    "awx_variables": awx.awx_variables,
    "message_index": messages.message_index,
    "policy_defaults": policy.policy_defaults,
    "policy_options": policy.policy_options,
    "returns": returns.returns,
    "role_variables": role.role_variables,
    "reasons": verdicts.reasons,
    "reasons_table": verdicts.reasons_table,
    "verdicts": verdicts.verdicts,
    "verdicts_table": verdicts.verdicts_table,
}
