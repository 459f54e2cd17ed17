# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in made-up history."""

from __future__ import annotations

WARNINGS = (
    "Changed block tracking cannot be enabled: one or more snapshots present.",
    "Unable to truncate SQL Server transaction logs. Details: Failed to process 'TruncateSQLLog' command.\nFailed to truncate logs for database: 'master'.",
    "VMware Tools are not found or not running. Guest processing skipped.",
    "Guest indexing failed, but guest processing succeeded.",
)
FAILURES = (
    'Processing {name} Error: Failed to create snapshot. Details: "Another task is already in progress".',
    "Processing {name} Error: Unable to allocate processing resources. Error: All backup proxies are offline or outdated",
    "Processing {name} Error: The network path was not found.\nFailed to open file [\\\\nas01.example.test\\backup\\{name}.vbk] in readwrite mode.",
    "Processing {name} Error: There is not enough space on the disk. Agent failed to process method {{DataTransfer.SyncDisk}}.",
    "Processing {name} Error: Failed to connect to guest agent. Errors: 'Cannot connect to the host's administrative share. Host: [{name}]. Account: [svc-guest]. Win32 error: The user name or password is incorrect. Code: 1326'",
)
WARNING_DEFAULT = WARNINGS[0]
FAILURE_DEFAULT = FAILURES[0]


def spelt(reason: str, name: str) -> str:
    return reason.replace("{name}", name).replace("{{", "{").replace("}}", "}")
