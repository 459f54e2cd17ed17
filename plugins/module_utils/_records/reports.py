# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary reports (EM pages reports_summary_*). Pure functions. Private to the collection.

The names of the reports and of their figures are the server's, its misspellings included.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._times import parse_moment
from .converters import CONVERTERS, infer
from .nodes import Node, rows_of, snake_case
from .resources import INT, SIZE, TEXT, TIME, Kind

Elements = t.Tuple[t.Tuple[str, Kind], ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """Where a report is, its figures, and the list of rows that it may have."""

    path: str
    elements: Elements = ()
    rows_key: str | None = None
    row_elements: Elements = ()


REPORTS: dict[str, Report] = {
    "overview": Report(
        "reports/summary/overview",
        (
            ("BackupServers", INT), ("ProxyServers", INT), ("RepositoryServers", INT), ("RunningJobs", INT),
            ("ScheduledJobs", INT), ("SuccessfulVmLastestStates", INT), ("WarningVmLastestStates", INT),
            ("FailedVmLastestStates", INT),
        ),
    ),
    "vms_overview": Report(
        "reports/summary/vms_overview",
        (
            ("ProtectedVms", INT), ("BackedUpVms", INT), ("ReplicatedVms", INT), ("RestorePoints", INT),
            ("FullBackupPointsSize", SIZE), ("IncrementalBackupPointsSize", SIZE), ("ReplicaRestorePointsSize", SIZE),
            ("SourceVmsSize", SIZE), ("SuccessBackupPercents", INT), ("ProtectedVmsReportLink", TEXT),
        ),
    ),
    "job_statistics": Report(
        "reports/summary/job_statistics",
        (
            ("RunningJobs", INT), ("ScheduledJobs", INT), ("ScheduledBackupJobs", INT), ("ScheduledReplicaJobs", INT),
            ("TotalJobRuns", INT), ("SuccessfulJobRuns", INT), ("WarningsJobRuns", INT), ("FailedJobRuns", INT),
            ("MaxJobDuration", INT), ("MaxBackupJobDuration", INT), ("MaxReplicaJobDuration", INT),
            ("MaxDurationBackupJobName", TEXT), ("MaxDurationReplicaJobName", TEXT), ("BackupJobStatusReportLink", TEXT),
        ),
    ),
    "processed_vms": Report(
        "reports/summary/processed_vms", (), "days", (("Timestamp", TIME), ("ReplicatedVms", INT), ("BackupedVms", INT))
    ),
    "repository": Report(
        "reports/summary/repository",
        (("CapacityPlanningReportLink", TEXT),),
        "periods",
        (("Name", TEXT), ("Capacity", SIZE), ("FreeSpace", SIZE), ("BackupSize", SIZE)),
    ),
}  # fmt: skip
"""By the last part of their path."""
_NO_FIGURES = frozenset({"links", "href", "type", "xmlns", "text"})


def read_report(name: str, document: Node) -> dict[str, t.Any]:
    """The figures of a report with snake_case names, null when absent; unknown ones are kept."""
    report = REPORTS[name]
    if report.rows_key is None:
        return _figures(report.elements, document)
    rows = [_row(report, row) for row in rows_of(document)]
    flat = {key: value for key, value in document.items() if not isinstance(value, (dict, list))}
    return {**_figures(report.elements, flat), report.rows_key: rows}


def _row(report: Report, node: Node) -> dict[str, t.Any]:
    figures = _figures(report.row_elements, node)
    if report.rows_key == "days":
        # Midnight in the zone of the server: in UTC, east of it, that is the day before.
        text = next((value for key, value in node.items() if snake_case(key) == "timestamp"), None)
        figures["date"] = text[:10] if figures["timestamp"] and isinstance(text, str) and parse_moment(text) else None
    return figures


def _figures(elements: Elements, node: Node) -> dict[str, t.Any]:
    kinds = {snake_case(name): kind for name, kind in elements}
    figures: dict[str, t.Any] = dict.fromkeys(kinds)
    for raw_key, value in node.items():
        key = snake_case(raw_key)
        if key not in _NO_FIGURES and not raw_key.startswith("@xmlns") and value is not None:
            figures[key] = CONVERTERS[kinds[key]](value) if key in kinds else infer(value)
    return figures
