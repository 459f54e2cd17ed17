#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_session_info
short_description: Read backup job sessions from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads the sessions of backup, copy, agent and NAS jobs of all backup servers that Enterprise Manager knows.
  - One session by its UID, the plain collection, or a query with filters.
  - The account needs the Enterprise Manager role Portal User or Portal Administrator.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._select
  - backup_ops.veeam_em._select.rows
  - backup_ops.veeam_em._select.server
  - backup_ops.veeam_em._sessions
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  job_type:
    description:
      - Types of jobs. V(AgentBackup) sessions are containers, V(AgentManagement) sessions are their machines.
      - For a type that is not in the list, use O(filter).
    type: list
    elements: str
    choices: [Backup, BackupCopy, ImmediateBackupCopy, ImmediateBackupCopyWorker, AgentBackup, AgentManagement, NasBackup]
  state:
    description:
      - States of sessions.
    type: list
    elements: str
    choices: [Starting, Stopping, Working, Pausing, Resuming, Stopped]
  is_retry:
    description:
      - Only retries, or only first attempts.
    type: bool
  parent_session_uid:
    description:
      - UIDs of container sessions of agent jobs, as URN or as bare GUID, whose machine sessions are read. Needs O(endpoint=list).
    type: list
    elements: str
  latest:
    description:
      - Only the newest session of each V(job). A job is its UID, whatever it is called; a copy job has one for each job that it copies.
      - It is the newest of what the other options select. O(state), O(result) and O(running) are about the newest one itself, so
        O(result=[Failed]) gives the jobs whose newest session failed.
      - Sessions of single computers, which are parts of a session of their agent job, count only when O(job_type) asks for them.
      - The whole time that O(created_after) and O(created_before) leave is read.
    type: str
    choices: [job]
  unresolved:
    description:
      - Only failures that no later success or warning of the same job has answered, each job once, with its newest failure.
      - Failures are looked for in the time asked for, what answers them up to now.
      - Can't be combined with O(latest), O(state), O(running), or any other O(result) than V(Failed).
    type: bool
    default: false
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [creation_time, end_time, name, job_name, backup_server_name]
    default: creation_time
seealso:
  - module: backup_ops.veeam_em.backup_task_session_info
"""

EXAMPLES = r"""
- name: Read the sessions of the last day, with the connection from VEEAM_EM_* variables
  backup_ops.veeam_em.backup_session_info:
    created_after: 24h
  delegate_to: localhost

- name: Read what failed or ended with a warning on one backup server
  backup_ops.veeam_em.backup_session_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    backup_server_name: [vbr01.example.test]
    result: [Warning, Failed]
    created_after: 7d
  delegate_to: localhost

- name: Stop here while a backup job is still running
  backup_ops.veeam_em.backup_session_info:
    job_type: [Backup, AgentBackup]
    state: [Starting, Working, Pausing, Resuming, Stopping]
  delegate_to: localhost
  register: active
  failed_when: active.count > 0

- name: Read the newest session of all that two jobs had, whose names hold special characters
  backup_ops.veeam_em.backup_session_info:
    job_name:
      - 'Web; Tier "A", Köln'
      - SQL (prod)
    descending: true
    limit: 1
  delegate_to: localhost
  register: newest

- name: Read that session again, if there is one
  backup_ops.veeam_em.backup_session_info:
    uid: "{{ newest.backup_sessions[0].uid }}"
  delegate_to: localhost
  when: newest.count > 0

- name: Read the container sessions of agent jobs
  backup_ops.veeam_em.backup_session_info:
    job_type: [AgentBackup]
    created_after: 24h
  delegate_to: localhost
  register: containers

- name: Read the sessions of their machines
  backup_ops.veeam_em.backup_session_info:
    endpoint: list
    parent_session_uid: "{{ containers.backup_sessions | map(attribute='uid') }}"
  delegate_to: localhost
  when: containers.count > 0

- name: Read the newest session of each job
  backup_ops.veeam_em.backup_session_info:
    created_after: 7d
    latest: job
  delegate_to: localhost
"""

RETURN = r"""
backup_sessions:
  description: The sessions, sorted by O(sort_by), then by UID. Of a reference only name, UID, id, path and what links tell are set.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the session, the job or machine with its start time in whole seconds.
      type: str
      sample: "Daily VMs@2026-01-05 20:00:07"
    uid:
      description: UID of the session.
      type: str
      sample: "urn:veeam:BackupJobSession:44444444-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the session.
      type: str
      sample: "44444444-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the session at the server.
      type: str
      sample: "/api/backupSessions/44444444-aaaa-4bbb-8ccc-000000000001"
    job_uid:
      description: UID of the job; always of the type C(Job), also for agent and NAS jobs.
      type: str
      sample: "urn:veeam:Job:11111111-aaaa-4bbb-8ccc-000000000001"
    job_name:
      description: Name of the job. A copy worker is named C(copy job\source job).
      type: str
      sample: Daily VMs
    job_type:
      description: Type of the job. V(AgentBackup) is the container of the V(AgentManagement) sessions of its machines.
      type: str
      sample: Backup
    creation_time:
      description: When the session started, in UTC.
      type: str
      sample: "2026-01-05T20:00:07Z"
    end_time:
      description: When it ended, in UTC; null while it runs.
      type: str
      sample: "2026-01-05T20:29:41Z"
    state:
      description: State as the server has it.
      type: str
      sample: Stopped
    result:
      description: V(Success), V(Warning), V(Failed), or null while there is none.
      type: str
      sample: Success
    progress:
      description: Percent done as the server has it. Copy jobs may end with 0; use RV(backup_sessions[].running) instead.
      type: int
      sample: 100
    failure_message:
      description: Message of a failure, which servers rarely fill.
      type: str
      sample: null
    is_retry:
      description: Whether this session repeats an earlier one for the objects that failed there.
      type: bool
      sample: false
    # GENERATED (dev.py generate): returns backup_server_name backup_server_uid
    backup_server_name:
      description: Name of the backup server.
      type: str
      sample: vbr01.example.test
    backup_server_uid:
      description: UID of the backup server.
      type: str
      sample: "urn:veeam:BackupServer:22222222-aaaa-4bbb-8ccc-000000000001"
    # END GENERATED
    status:
      description: V(success), V(warning), V(failed), V(running) or V(unknown), never null.
      type: str
      sample: success
    running:
      description: Whether the session has not ended yet.
      type: bool
      sample: false
    duration_seconds:
      description: Seconds from start to end; null while it runs.
      type: int
      sample: 1774
    agent_role:
      description: V(parent) for the container session of an agent job, V(child) for the session of one machine in it, else null.
      type: str
      sample: null
    parent_session_uid:
      description: UID of the container session, for V(AgentManagement) sessions.
      type: str
      sample: null
    agent_sessions_href:
      description: Path of the sessions of its machines, for container sessions.
      type: str
      sample: null
    copy_job_name:
      description: Name of the copy job, for V(ImmediateBackupCopyWorker) sessions.
      type: str
      sample: null
    source_job_name:
      description: Name of the job whose backups are copied, for V(ImmediateBackupCopyWorker) sessions.
      type: str
      sample: null
    job_href:
      description: Path of the job at the server, which differs for agent and NAS jobs.
      type: str
      sample: "/api/jobs/11111111-aaaa-4bbb-8ccc-000000000001"
    task_sessions_href:
      description: Path of the task sessions of this session.
      type: str
      sample: "/api/backupSessions/44444444-aaaa-4bbb-8ccc-000000000001/taskSessions"
    restore_point_uids:
      description: UIDs of the restore points that the session created; null in a reference.
      type: list
      elements: str
      sample: ["urn:veeam:RestorePoint:55555555-aaaa-4bbb-8ccc-000000000001"]
    # GENERATED (dev.py generate): returns links raw
    links:
      description: All links, each with C(rel), C(href), C(name) and C(type).
      returned: when O(include_links=true)
      type: list
      elements: dict
    raw:
      description: What the server sent, unchanged.
      returned: when O(include_raw=true)
      type: dict
    # END GENERATED
# GENERATED (dev.py generate): returns count counts truncated matched_names unmatched_names window_start request_count error msg
count:
  description: Number of records returned.
  returned: success
  type: int
  sample: 2
counts:
  description:
    - How many of the records returned have which value, so that a play decides without filters. The most frequent value comes first.
    - By C(status), C(verdict), C(kind), C(backup_server_name) and C(job_name), as far as these records have them; records without a value are counted
      under C(none), machines of several backup servers at each of them.
    - Every status and verdict is there, also with 0.
  returned: success
  type: dict
  sample: {"status": {"success": 1, "warning": 0, "failed": 1, "running": 0, "unknown": 0}, "backup_server_name": {"vbr01.example.test": 2}}
truncated:
  description: Whether O(limit) left out some of what matches.
  returned: success
  type: bool
  sample: false
matched_names:
  description:
    - How names that match nothing exactly are spelt on the server, by the option and the name that were given. Empty when all match exactly.
    - See O(name_match).
  returned: success
  type: dict
  sample: {"backup_server_name": {"VBR01": ["vbr01.example.test"]}}
unmatched_names:
  description: Names that match nothing in any spelling, by the option that they were given for. Empty when there is none.
  returned: success
  type: dict
  sample: {"job_name": ["Daily VM"]}
window_start:
  description: Older sessions than this are not in the plain collection. It is worked out with the clock of where the module runs.
  returned: when O(endpoint=list)
  type: str
  sample: "2026-01-01T06:00:00Z"
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

from ..module_utils._info.answers import answers_spec, gather_sessions
from ..module_utils._info.argspec import session_spec
from ..module_utils._info.options import SESSION_STATES
from ..module_utils._module import run_info
from ..module_utils._records.resources import JOB_TYPES

SORT_KEYS = ("creation_time", "end_time", "name", "job_name", "backup_server_name")


def main() -> None:
    run_info(
        lambda client, params: gather_sessions("backup_session", client, params),
        {
            **session_spec(SESSION_STATES, SORT_KEYS),
            **answers_spec("backup_session"),
            "job_type": {"type": "list", "elements": "str", "choices": list(JOB_TYPES)},
            "is_retry": {"type": "bool"},
            "parent_session_uid": {"type": "list", "elements": "str"},
        },
    )


if __name__ == "__main__":
    main()
