#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_task_session_info
short_description: Read backup task sessions, one per machine and run, from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads the task sessions of all backup servers that Enterprise Manager knows. A task is one machine in one job session.
  - One task by its UID, the plain collection, the tasks of job sessions, or a query with filters.
  - A retry is a job session of its own, with tasks for the machines that failed before.
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
  vm_display_name:
    description:
      - Names of machines. Hundreds of names become few requests.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  job_session_uid:
    description:
      - UIDs of job sessions, as URN or as bare GUID.
      - With O(endpoint=list) the task collection of each of these sessions is read.
    type: list
    elements: str
  state:
    description:
      - States of tasks.
    type: list
    elements: str
    choices: [InProgress, Pending, Completed]
  reason:
    description:
      - Exact texts of failures. The server knows no pattern matching.
      - A text with a line break is refused, since it is not known how the server takes one. Select by O(result) and compare the records.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  total_size_min:
    description:
      - Only tasks of at least this size in bytes.
    type: int
  total_size_max:
    description:
      - Only tasks of at most this size in bytes.
    type: int
  latest:
    description:
      - Only the newest task of each V(machine), of each V(job), or of each machine in each job (V(machine_in_job)).
      - A machine is identified by its reference on its hypervisor, whatever its name and whichever backup servers see it. A computer with an
        agent is identified by its name on its backup server. A job is its UID.
      - It is the newest of what the other options select. O(state), O(result), O(running), O(reason), O(total_size_min) and O(total_size_max) are about
        the newest one itself, so O(result=[Failed]) gives the machines whose newest task failed.
      - A success that tells no reference and may be of several machines with one name is of none of them for sure, and is listed by itself.
      - Tasks of copy jobs count like those of others; select by O(job_name) to leave them out.
      - The whole time that O(created_after) and O(created_before) leave is read.
    type: str
    choices: [machine, job, machine_in_job]
  unresolved:
    description:
      - Only failures that no later success or warning of the same machine in the same job has answered, each machine and job once, with its newest failure.
      - Failures are looked for in the time asked for, what answers them up to now.
      - Can't be combined with O(latest), O(state), O(running), or any other O(result) than V(Failed).
    type: bool
    default: false
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [creation_time, end_time, name, vm_display_name, total_size, backup_server_name]
    default: creation_time
seealso:
  - module: backup_ops.veeam_em.backup_session_info
"""

EXAMPLES = r"""
- name: Read the task sessions of two machines in the last three days
  backup_ops.veeam_em.backup_task_session_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    vm_display_name: [srv01, srv02]
    created_after: 3d
  delegate_to: localhost

- name: Read what failed last night and is not good since, each machine once
  backup_ops.veeam_em.backup_task_session_info:
    created_after: 16h
    unresolved: true
  delegate_to: localhost
  register: failures

- name: Show who failed and why
  ansible.builtin.debug:
    msg: "{{ item.vm_display_name }} ({{ item.job_name }}): {{ item.reason }}"
  loop: "{{ failures.backup_task_sessions }}"
  loop_control:
    label: "{{ item.name }}"

- name: Read the machines whose newest task failed
  backup_ops.veeam_em.backup_task_session_info:
    created_after: 7d
    latest: machine
    result: [Failed]
  delegate_to: localhost

- name: Read the ten largest tasks of the week
  backup_ops.veeam_em.backup_task_session_info:
    created_after: 7d
    sort_by: total_size
    descending: true
    limit: 10
  delegate_to: localhost

- name: Read the tasks of one job session from its own collection
  backup_ops.veeam_em.backup_task_session_info:
    endpoint: list
    job_session_uid: ["{{ failures.backup_task_sessions[0].job_session_uid }}"]
  delegate_to: localhost
"""

RETURN = r"""
backup_task_sessions:
  description: The task sessions, sorted by O(sort_by), then by UID. Of a reference only name, UID, id, path and what links tell are set.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the session, the job or machine with its start time in whole seconds.
      type: str
      sample: "srv01@2026-01-05 20:02:31"
    uid:
      description: UID of the session.
      type: str
      sample: "urn:veeam:BackupTaskSession:44444444-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the session.
      type: str
      sample: "44444444-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the session at the server.
      type: str
      sample: "/api/backupTaskSessions/44444444-aaaa-4bbb-8ccc-000000000001"
    vm_display_name:
      description: Name of the machine.
      type: str
      sample: srv01
    job_session_uid:
      description: UID of the job session that the task belongs to.
      type: str
      sample: "urn:veeam:BackupJobSession:44444444-aaaa-4bbb-8ccc-000000000002"
    creation_time:
      description: When the task started, in UTC.
      type: str
      sample: "2026-01-05T20:02:31Z"
    end_time:
      description: When it ended, in UTC; null while it runs.
      type: str
      sample: "2026-01-05T20:13:09Z"
    state:
      description: State as the server has it, V(InProgress), V(Pending) or V(Completed).
      type: str
      sample: Completed
    result:
      description: V(Success), V(Warning), V(Failed), or null while there is none.
      type: str
      sample: Success
    reason:
      description: Text of a warning or failure, else null.
      type: str
      sample: null
    total_size:
      description: Size in bytes as the server reports it, usually the provisioned size; 0 for failed and copy tasks.
      type: int
      sample: 64424509440
    vm_uid:
      description: Reference of the machine in its hypervisor; null for agents and on servers before version 10.
      type: str
      sample: "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"
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
      description: Whether the task has not ended yet.
      type: bool
      sample: false
    duration_seconds:
      description: Seconds from start to end; null while it runs.
      type: int
      sample: 638
    job_session_name:
      description: Name of the job session.
      type: str
      sample: "Daily VMs@2026-01-05 20:00:07"
    job_name:
      description: Name of the job.
      type: str
      sample: Daily VMs
    vm_restore_point_uid:
      description: UID of the restore point that the task created, null if none.
      type: str
      sample: "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001"
    platform:
      description: Platform of the machine, from RV(backup_task_sessions[].vm_uid).
      type: str
      sample: VMware
    vm_ref:
      description: Id of the machine in its hypervisor, from RV(backup_task_sessions[].vm_uid).
      type: str
      sample: vm-1042
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
from ..module_utils._info.options import TASK_STATES
from ..module_utils._module import run_info

SORT_KEYS = ("creation_time", "end_time", "name", "vm_display_name", "total_size", "backup_server_name")


def main() -> None:
    run_info(
        lambda client, params: gather_sessions("backup_task_session", client, params),
        {
            **session_spec(TASK_STATES, SORT_KEYS),
            **answers_spec("backup_task_session"),
            "vm_display_name": {"type": "list", "elements": "str"},
            "job_session_uid": {"type": "list", "elements": "str"},
            "reason": {"type": "list", "elements": "str"},
            "total_size_min": {"type": "int"},
            "total_size_max": {"type": "int"},
        },
    )


if __name__ == "__main__":
    main()
