#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: summary_info
short_description: Read the summary reports of Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads the figures of the dashboard, one report or several.
  - Runs are those of the last 24 hours. Jobs of agents are not in these figures.
  - The names of the figures are the server's own, in snake_case.
  - The account needs the Enterprise Manager role Portal User or Portal Administrator.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  reports:
    description:
      - Which reports to read. Each is one request.
    type: list
    elements: str
    choices: [overview, vms_overview, job_statistics, processed_vms, repository]
    default: [overview, vms_overview, job_statistics, processed_vms, repository]
seealso:
  - module: backup_ops.veeam_em.repository_info
  - module: backup_ops.veeam_em.backup_session_info
"""

EXAMPLES = r"""
- name: Read all summary reports
  backup_ops.veeam_em.summary_info:
  delegate_to: localhost
  register: summary

- name: Show how many machines are protected
  ansible.builtin.debug:
    msg: "{{ summary.vms_overview.protected_vms }} machines, {{ summary.overview.failed_vm_lastest_states }} failed last time."

- name: Stop when a job failed in the last day
  backup_ops.veeam_em.summary_info:
    reports: [job_statistics]
  delegate_to: localhost
  register: jobs
  failed_when: jobs.job_statistics.failed_job_runs > 0

- name: Read the space of the repositories
  backup_ops.veeam_em.summary_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    reports: [repository]
  delegate_to: localhost

- name: Read the work of the last days
  backup_ops.veeam_em.summary_info:
    reports: [processed_vms, overview]
  delegate_to: localhost
"""

RETURN = r"""
overview:
  description: Numbers of servers, jobs and machines.
  returned: when asked for with O(reports)
  type: dict
  contains:
    backup_servers:
      description: Number of backup servers.
      type: int
      sample: 3
    proxy_servers:
      description: Number of backup proxies.
      type: int
      sample: 4
    repository_servers:
      description: Number of repositories.
      type: int
      sample: 5
    running_jobs:
      description: Number of jobs that run now.
      type: int
      sample: 1
    scheduled_jobs:
      description: Number of jobs with a schedule.
      type: int
      sample: 12
    successful_vm_lastest_states:
      description: Machines whose last run succeeded. The spelling is the server's.
      type: int
      sample: 57
    warning_vm_lastest_states:
      description: Machines whose last run ended with a warning.
      type: int
      sample: 2
    failed_vm_lastest_states:
      description: Machines whose last run failed.
      type: int
      sample: 1
vms_overview:
  description: Numbers and sizes of protected machines.
  returned: when asked for with O(reports)
  type: dict
  contains:
    protected_vms:
      description: Machines with a restore point.
      type: int
      sample: 60
    backed_up_vms:
      description: Machines with a backup.
      type: int
      sample: 60
    replicated_vms:
      description: Machines with a replica.
      type: int
      sample: 4
    restore_points:
      description: Number of restore points.
      type: int
      sample: 840
    full_backup_points_size:
      description: Size of full backups in bytes; null when unknown, like the sizes below.
      type: int
      sample: 10995116277760
    incremental_backup_points_size:
      description: Size of incremental backups in bytes.
      type: int
      sample: 1099511627776
    replica_restore_points_size:
      description: Size of replica points in bytes.
      type: int
      sample: 0
    source_vms_size:
      description: Size of the machines in bytes.
      type: int
      sample: 21990232555520
    success_backup_percents:
      description: Share of successful backups in percent.
      type: int
      sample: 98
    protected_vms_report_link:
      description: Path of the full report in the web portal.
      type: str
      sample: /Reports/ProtectedVMs
job_statistics:
  description: What the jobs did.
  returned: when asked for with O(reports)
  type: dict
  contains:
    running_jobs:
      description: Number of jobs that run now.
      type: int
      sample: 1
    scheduled_jobs:
      description: Number of jobs with a schedule.
      type: int
      sample: 12
    scheduled_backup_jobs:
      description: Number of backup jobs with a schedule.
      type: int
      sample: 10
    scheduled_replica_jobs:
      description: Number of replica jobs with a schedule.
      type: int
      sample: 2
    total_job_runs:
      description: Number of runs.
      type: int
      sample: 14
    successful_job_runs:
      description: Runs that succeeded.
      type: int
      sample: 12
    warnings_job_runs:
      description: Runs that ended with a warning.
      type: int
      sample: 1
    failed_job_runs:
      description: Runs that failed.
      type: int
      sample: 1
    max_job_duration:
      description: Longest run in seconds.
      type: int
      sample: 5400
    max_backup_job_duration:
      description: Longest run of a backup job in seconds.
      type: int
      sample: 5400
    max_replica_job_duration:
      description: Longest run of a replica job in seconds.
      type: int
      sample: 600
    max_duration_backup_job_name:
      description: Backup job with the longest run.
      type: str
      sample: Daily VMs
    max_duration_replica_job_name:
      description: Replica job with the longest run.
      type: str
      sample: Replica A
    backup_job_status_report_link:
      description: Path of the full report in the web portal.
      type: str
      sample: /Reports/Jobs
processed_vms:
  description:
    - Machines processed day by day, in C(days), the newest day first.
    - C(date) is the day as the server counts it. C(timestamp) is its midnight in UTC, which east of UTC is on the day before.
  returned: when asked for with O(reports)
  type: dict
  sample: {"days": [{"date": "2026-01-05", "timestamp": "2026-01-04T23:00:00Z", "backuped_vms": 60, "replicated_vms": 4}]}
repository:
  description: Space of the repositories, in C(periods). Sizes are bytes, null when unknown.
  returned: when asked for with O(reports)
  type: dict
  sample:
    capacity_planning_report_link: /Reports/Capacity
    periods: [{"name": "Default Backup Repository", "capacity": 54975581388800, "free_space": 10995116277760, "backup_size": 43980465111040}]
# GENERATED (dev.py generate): returns request_count error msg
request_count:
  description: Number of HTTP requests made, logon and logoff included.
  returned: success
  type: int
  sample: 3
error:
  description: What went wrong, for programs. RV(msg) says it for people.
  returned: when Enterprise Manager could not be read
  type: dict
  contains:
    kind:
      description: Stable name of the kind of error, such as V(authentication_failed), V(access_denied) or V(timed_out).
        The guide on messages lists all of them.
      type: str
      sample: access_denied
    status:
      description: HTTP status, if there was an answer.
      type: int
      sample: 403
    method:
      description: HTTP method of the request.
      type: str
      sample: GET
    path:
      description: Path of the request, without its query.
      type: str
      sample: /api/query
    server_message:
      description: Message of the server, shortened.
      type: str
      sample: Access denied
    hint:
      description: What to do about it.
      type: str
      sample: it needs the Enterprise Manager role Portal User
msg:
  description: What went wrong and what to do about it, in one sentence.
  returned: failure
  type: str
  sample: nothing listens on em01.example.test port 9398; check host and port (9398 by default) and any firewall in between.
# END GENERATED
"""

from ..module_utils._info.summary import gather_summary
from ..module_utils._module import run_info
from ..module_utils._records.reports import REPORTS


def main() -> None:
    names = list(REPORTS)
    run_info(gather_summary, {"reports": {"type": "list", "elements": "str", "choices": names, "default": names}})


if __name__ == "__main__":
    main()
