# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables. Ids are bare GUIDs and random, so that the order of the primary key is the shuffled order of the product."""

from __future__ import annotations

_SESSION = (
    "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, job_id TEXT, job_name TEXT, job_type TEXT, creation_time INTEGER,"
    " end_time INTEGER, state TEXT, result TEXT, progress INTEGER, failure_message TEXT, is_retry INTEGER, parent_id TEXT"
)
_TASK = (
    "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, session_id TEXT, job_id TEXT, job_name TEXT, vm_display_name TEXT,"
    " creation_time INTEGER, end_time INTEGER, state TEXT, result TEXT, reason TEXT, total_size INTEGER, vm_uid TEXT,"
    " point_id TEXT, point_name TEXT"
)
_VM_POINT = (
    "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, creation_time INTEGER, vm_name TEXT, vm_display_name TEXT,"
    " algorithm TEXT, point_type TEXT, hierarchy_ref TEXT"
)

TABLES: dict[str, str] = {
    "backup_servers": "id TEXT PRIMARY KEY, name TEXT, description TEXT, port INTEGER, version TEXT, thumbprint TEXT",
    "managed_servers": "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, description TEXT, type TEXT",
    "hierarchy_roots": "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, unique_id TEXT, host_type TEXT, lookup_fault INTEGER",
    "hierarchy_items": "root_id TEXT, ref TEXT, type TEXT, name TEXT, since INTEGER, until INTEGER",
    "repositories": "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, capacity INTEGER, free_space INTEGER, kind TEXT",
    "jobs": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, family TEXT, job_type TEXT, platform TEXT, description TEXT,"
        " schedule_configured INTEGER, schedule_enabled INTEGER, next_run INTEGER, repository_id TEXT"
    ),
    "job_objects": (
        "id TEXT PRIMARY KEY, job_id TEXT, server_id TEXT, position INTEGER, name TEXT, ref TEXT, file_server_id TEXT, path TEXT"
    ),
    "backup_sessions": _SESSION,
    "task_sessions": _TASK,
    "replica_sessions": _SESSION,
    "replica_task_sessions": _TASK,
    "restore_sessions": _SESSION + ", vm_display_name TEXT, restored_ref TEXT",
    "backups": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, job_id TEXT, job_name TEXT, repository_id TEXT, platform TEXT,"
        " backup_type TEXT, family TEXT"
    ),
    "backup_files": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, backup_id TEXT, restore_point_id TEXT, file_path TEXT,"
        " backup_size INTEGER, data_size INTEGER, deduplication_ratio REAL, compress_ratio REAL, creation_time INTEGER,"
        " file_type TEXT, family TEXT"
    ),
    "restore_points": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, backup_id TEXT, session_id TEXT, creation_time INTEGER, family TEXT"
    ),
    "vm_restore_points": _VM_POINT + ", restore_point_id TEXT, backup_file_id TEXT, indexed INTEGER, readiness TEXT",
    "agent_restore_points": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, creation_time INTEGER, computer_name TEXT, algorithm TEXT,"
        " point_type TEXT, restore_point_id TEXT, backup_file_id TEXT, readiness TEXT"
    ),
    "replicas": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, job_id TEXT, job_name TEXT, repository_id TEXT, platform TEXT"
    ),
    "vm_replica_points": _VM_POINT + ", replica_id TEXT",
    "protection_groups": "id TEXT PRIMARY KEY, name TEXT, server_id TEXT",
    "discovered_computers": (
        "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, group_id TEXT, host_status TEXT, agent_version TEXT,"
        " agent_status TEXT, os_version TEXT, ip_address TEXT, ref TEXT"
    ),
    "file_servers": "id TEXT PRIMARY KEY, name TEXT, server_id TEXT, kind TEXT",
    "system_sessions": (
        "id TEXT PRIMARY KEY, name TEXT, session_type TEXT, creation_time INTEGER, end_time INTEGER, state TEXT,"
        " result TEXT, message TEXT"
    ),
}

_FOLDED = {
    "backup_sessions": ("name", "job_name"),
    "task_sessions": ("name", "job_name", "vm_display_name"),
    "vm_restore_points": ("name", "vm_display_name", "vm_name", "hierarchy_ref"),
}

INDICES: tuple[str, ...] = (
    *(
        f"CREATE INDEX {table}_created ON {table} (creation_time, id)"
        for table in (
            "backup_sessions", "task_sessions", "replica_sessions", "replica_task_sessions", "restore_sessions",
            "restore_points", "vm_restore_points", "agent_restore_points", "system_sessions",
        )
    ),
    "CREATE INDEX backup_sessions_job ON backup_sessions (job_id, creation_time, id)",
    "CREATE INDEX backup_sessions_type ON backup_sessions (job_type, creation_time, id)",
    "CREATE INDEX backup_sessions_parent ON backup_sessions (parent_id)",
    "CREATE INDEX backup_sessions_end ON backup_sessions (end_time)",
    "CREATE INDEX task_sessions_session ON task_sessions (session_id)",
    "CREATE INDEX task_sessions_job ON task_sessions (job_id, creation_time, id)",
    "CREATE INDEX task_sessions_end ON task_sessions (end_time)",
    "CREATE INDEX task_sessions_result ON task_sessions (result, creation_time, id)",
    "CREATE INDEX task_sessions_server ON task_sessions (server_id, creation_time, id)",
    "CREATE INDEX task_sessions_state ON task_sessions (state)",
    "CREATE INDEX restore_points_session ON restore_points (session_id)",
    "CREATE INDEX restore_points_backup ON restore_points (backup_id)",
    "CREATE INDEX vm_restore_points_point ON vm_restore_points (restore_point_id)",
    "CREATE INDEX vm_restore_points_file ON vm_restore_points (backup_file_id)",
    "CREATE INDEX backup_files_backup ON backup_files (backup_id)",
    "CREATE INDEX backup_files_point ON backup_files (restore_point_id)",
    "CREATE INDEX job_objects_job ON job_objects (job_id, position)",
    "CREATE INDEX hierarchy_items_root ON hierarchy_items (root_id)",
)


def text_indices(*, folded: bool) -> list[str]:
    """Indices on the names, in the form in which filters compare them."""
    form = "em_fold({})" if folded else "{}"
    return [
        f"CREATE INDEX {table}_{column} ON {table} ({form.format(column)})" for table, columns in _FOLDED.items() for column in columns
    ]
