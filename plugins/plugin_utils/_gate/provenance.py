# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks: what a report says about the run that made it. Private to the collection."""

from __future__ import annotations

import getpass
import platform
import typing as t

from ansible.release import __version__ as ansible_version

from ...module_utils._client.settings import VERSION
from .given import Settings

_TOLD = (
    "job_id", "job_launch_type", "job_template_name", "user_name", "user_email", "workflow_job_id", "workflow_job_name",
    "workflow_job_launch_user_name", "schedule_name", "inventory_name", "project_revision",
)  # fmt: skip
"""What automation platforms tell every job, as ``awx_…`` and as ``tower_…``."""


def provenance(
    settings: Settings, variables: t.Mapping[str, t.Any], play: str, groups: t.Sequence[str]
) -> dict[str, t.Any]:
    """``variables`` are those of the play: a platform's words about the job are extra variables."""
    awx = {}
    for name in _TOLD:
        for prefix in ("awx_", "tower_"):
            value = variables.get(prefix + name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and name not in awx:
                awx[name] = value if isinstance(value, int) else str(value)
    launched_by = awx.get("user_name") or awx.get("workflow_job_launch_user_name")
    return {
        "collection_version": VERSION,
        "ansible_version": ansible_version,
        "user": _user(),
        "controller_host": platform.node(),
        "awx": {**awx, **({"launched_by": launched_by} if launched_by else {})},
        "play": play,
        "groups": list(groups),
        "options": settings.changed,
    }


def _user() -> str | None:
    """The account that runs Ansible; containers may have one without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None
