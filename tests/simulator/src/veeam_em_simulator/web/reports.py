# SPDX-License-Identifier: GPL-3.0-or-later
"""The five reports below /reports/summary. Runs count for the last 24 hours, everything else as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from veeam_em_simulator.clock import DAY, SECOND, format_time, midnight
from veeam_em_simulator.resources.base import Context
from veeam_em_simulator.wire.model import Child, Element, Link, Repeat, Scalar

_NO_TAIL: dict[str, Scalar] = {"Href": None, "Type": None}
_DAYS_TOLD = 30


def summary(base: str) -> Element:
    names = (
        ("Overview", "overview"), ("VmsOverview", "vms_overview"), ("JobStatistics", "job_statistics"),
        ("ProcessedVms", "processed_vms"), ("Repositories", "repository"),
    )  # fmt: skip
    links = [Link("Down", f"{base}/reports/summary/{path}", name, "ReportFrame") for name, path in names]
    return Element("SummaryReport", dict(_NO_TAIL), links)


def _frame(tag: str, children: list[Child], attributes: dict[str, Scalar] | None = None, order: tuple[str, ...] | None = None) -> Element:
    return Element(tag, {**(attributes or {}), **_NO_TAIL}, None, children, json_order=order)


def _value(context: Context, statement: str, *values: Any) -> int:
    return int(context.database.value(statement, values) or 0)


# VM and replica jobs: failures of agents do not show up in the figures
_VM_RUN = "creation_time >= ? AND job_type NOT IN ('AgentBackup', 'AgentManagement', 'NasBackup')"


def _overview(context: Context, now: int) -> Element:
    latest = {
        row["result"]: row["machines"]
        for row in context.database.rows(
            "SELECT result, COUNT(*) AS machines FROM (SELECT vm_uid, result, MAX(creation_time) FROM task_sessions"
            " WHERE creation_time >= ? AND vm_uid IS NOT NULL AND state = 'Completed' GROUP BY vm_uid) GROUP BY result",
            (now - DAY,),
        )
    }
    servers = _value(context, "SELECT COUNT(*) FROM backup_servers")
    return _frame(
        "OverviewReportFrame",
        [
            ("BackupServers", servers),
            ("ProxyServers", servers),
            ("RepositoryServers", _value(context, "SELECT COUNT(*) FROM repositories")),
            ("RunningJobs", _running(context)),
            ("ScheduledJobs", _scheduled(context, "1")),
            ("SuccessfulVmLastestStates", latest.get("Success", 0)),
            ("WarningVmLastestStates", latest.get("Warning", 0)),
            ("FailedVmLastestStates", latest.get("Failed", 0)),
        ],
    )


def _running(context: Context) -> int:
    return _value(context, "SELECT COUNT(*) FROM backup_sessions WHERE state <> 'Stopped' AND parent_id IS NULL")


def _scheduled(context: Context, where: str) -> int:
    return _value(context, f"SELECT COUNT(*) FROM jobs WHERE family = 'vm' AND schedule_configured = 1 AND {where}")


def _vms_overview(context: Context, now: int) -> Element:
    backed_up = _value(context, "SELECT COUNT(DISTINCT hierarchy_ref) FROM vm_restore_points")
    replicated = _value(context, "SELECT COUNT(DISTINCT hierarchy_ref) FROM vm_replica_points")
    size = "SELECT SUM(backup_size) FROM backup_files WHERE family = 'vm' AND file_type {} 'vbk'"
    machines = "SELECT vm_uid, MAX(total_size) AS size, MAX(result = 'Success') AS good FROM task_sessions WHERE creation_time >= ? GROUP BY vm_uid"
    known = _value(context, f"SELECT COUNT(*) FROM ({machines})", now - DAY)
    good = _value(context, f"SELECT SUM(good) FROM ({machines})", now - DAY)
    return _frame(
        "VmsOverviewReportFrame",
        [
            ("ProtectedVms", max(backed_up, replicated)),
            ("BackedUpVms", backed_up),
            ("ReplicatedVms", replicated),
            ("RestorePoints", _value(context, "SELECT COUNT(*) FROM vm_restore_points")),
            ("FullBackupPointsSize", _value(context, size.format("="))),
            ("IncrementalBackupPointsSize", _value(context, size.format("<>"))),
            ("ReplicaRestorePointsSize", replicated * (20 << 30)),
            ("SourceVmsSize", _value(context, f"SELECT SUM(size) FROM ({machines})", now - DAY)),
            ("SuccessBackupPercents", good * 100 // known if known else 100),
            ("ProtectedVmsReportLink", "/ReportViewer/ProtectedVms"),
        ],
    )


def _longest(context: Context, table: str, now: int) -> tuple[int, str]:
    row = context.database.one(
        f"SELECT end_time - creation_time AS took, job_name FROM {table}"
        f" WHERE {_VM_RUN} AND end_time IS NOT NULL ORDER BY took DESC, id LIMIT 1",
        (now - DAY,),
    )
    return (row["took"] // SECOND, row["job_name"]) if row else (0, "")


def _job_statistics(context: Context, now: int) -> Element:
    runs = {"Success": 0, "Warning": 0, "Failed": 0}
    for table in ("backup_sessions", "replica_sessions"):
        statement = f"SELECT result, COUNT(*) AS runs FROM {table} WHERE {_VM_RUN} AND parent_id IS NULL AND state = 'Stopped' GROUP BY result"
        for row in context.database.rows(statement, (now - DAY,)):
            runs[row["result"]] = runs.get(row["result"], 0) + row["runs"]
    backup, backup_name = _longest(context, "backup_sessions", now)
    replica, replica_name = _longest(context, "replica_sessions", now)
    return _frame(
        "JobStatisticsReportFrame",
        [
            ("RunningJobs", _running(context)),
            ("ScheduledJobs", _scheduled(context, "1")),
            ("ScheduledBackupJobs", _scheduled(context, "job_type <> 'Replica'")),
            ("ScheduledReplicaJobs", _scheduled(context, "job_type = 'Replica'")),
            ("TotalJobRuns", sum(runs.values())),
            ("SuccessfulJobRuns", runs["Success"]),
            ("WarningsJobRuns", runs["Warning"]),
            ("FailedJobRuns", runs["Failed"]),
            ("MaxJobDuration", max(backup, replica)),
            ("MaxBackupJobDuration", backup),
            ("MaxReplicaJobDuration", replica),
            ("MaxDurationBackupJobName", backup_name),
            ("MaxDurationReplicaJobName", replica_name),
            ("BackupJobStatusReportLink", "/ReportViewer/BackupJobStatus"),
        ],
    )


def _repository(context: Context, now: int) -> Element:
    rows = context.database.rows(
        "SELECT r.name, r.capacity, r.free_space, (SELECT SUM(f.backup_size) FROM backup_files f JOIN backups b ON b.id = f.backup_id"
        " WHERE b.repository_id = r.id) AS used FROM repositories r ORDER BY r.id"
    )
    periods = [
        Element(
            "Period",
            children=[
                ("Name", row["name"]),
                ("Capacity", row["capacity"]),
                ("FreeSpace", row["free_space"]),
                ("BackupSize", -1 if row["capacity"] < 0 else row["used"] or 0),
            ],
            json_order=("Name", "Capacity", "FreeSpace", "BackupSize"),
        )
        for row in rows
    ]
    link = "/ReportViewer/CapacityPlanning"
    order = ("Periods", "CapacityPlanningReportLink", "Links", "Href", "Type")
    return _frame("RepositoryReportFrame", [("Periods", Repeat("Period", periods))], {"CapacityPlanningReportLink": link}, order)


def _processed_vms(context: Context, now: int) -> Element:
    def per_day(table: str) -> dict[int, int]:
        rows = context.database.rows(
            f"SELECT creation_time / ? AS day, COUNT(DISTINCT vm_uid) AS machines FROM {table}"
            " WHERE creation_time >= ? AND result IN ('Success', 'Warning') GROUP BY day",
            (DAY, midnight(now) - _DAYS_TOLD * DAY),
        )
        return {row["day"]: row["machines"] for row in rows}

    backed_up, replicated = per_day("task_sessions"), per_day("replica_task_sessions")
    days = [
        Element(
            "Day",
            {
                "BackupedVms": backed_up.get(day, 0),
                "ReplicatedVms": replicated.get(day, 0),
                "Timestamp": f"{format_time(day * DAY, 0)}+00:00",
            },
            json_order=("Timestamp", "ReplicatedVms", "BackupedVms"),
        )
        for day in range(now // DAY, now // DAY - _DAYS_TOLD, -1)
    ]
    return _frame("ProcessedVmsReportFrame", [("Days", Repeat("Day", days))])


REPORTS: dict[str, Callable[[Context, int], Element]] = {
    "overview": _overview,
    "vms_overview": _vms_overview,
    "job_statistics": _job_statistics,
    "processed_vms": _processed_vms,
    "repository": _repository,
}
