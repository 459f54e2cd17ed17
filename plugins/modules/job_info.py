#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Read the jobs of all kinds from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads backup, copy, replica, agent and NAS jobs of all backup servers in one list.
  - Only agent jobs that a backup server manages are known; tape, file copy and SureBackup jobs are not.
  - The account needs the Enterprise Manager role Portal Administrator. A Portal User is refused.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._select
  - backup_ops.veeam_em._select.rows
  - backup_ops.veeam_em._select.server
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  kind:
    description:
      - Kinds of jobs. Kinds that are not asked for cost no request.
    type: list
    elements: str
    choices: [backup, copy, replica, agent, nas]
  platform:
    description:
      - Platforms, such as V(VMware), V(HyperV) or V(AgentForWindows). NAS jobs have none and are left out.
    type: list
    elements: str
  schedule_enabled:
    description:
      - Only jobs whose schedule is on, or only those whose schedule is off.
    type: bool
  schedule_configured:
    description:
      - Only jobs with a schedule, or only those without.
    type: bool
  include_objects:
    description:
      - Whether each job carries what it backs up in C(objects).
      - Servers that do not show it with the job are asked once more for each job.
    type: bool
    default: false
  include_machines:
    description:
      - Whether each job carries the machines of its newest whole run in C(machines). Folders, tags and protection groups are resolved that way.
      - It costs two requests for all jobs together, two more when there are replications.
    type: bool
    default: false
  needed_at:
    description:
      - A moment, such as the beginning of a maintenance window. Each job then tells in C(runs_before_needed_at) whether it runs before.
      - ISO 8601 (without a zone it is UTC), a date, or a span of time from now such as V(8h).
    type: str
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [name, kind, next_run, platform, backup_server_name]
    default: name
seealso:
  - module: backup_ops.veeam_em.backup_session_info
"""

EXAMPLES = r"""
- name: Read all jobs
  backup_ops.veeam_em.job_info:
  delegate_to: localhost
  register: all

- name: Show when each job runs next
  ansible.builtin.debug:
    msg: "{{ item.kind }} {{ item.name }}: {{ item.next_run | default('no schedule', true) }}"
  loop: "{{ all.jobs }}"
  loop_control:
    label: "{{ item.uid }}"

- name: Find backup jobs that somebody has switched off
  backup_ops.veeam_em.job_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    kind: [backup, agent, nas]
    schedule_configured: true
    schedule_enabled: false
  delegate_to: localhost

- name: Read what one job backs up
  backup_ops.veeam_em.job_info:
    name: ['Web; Tier "A", Köln']
    include_objects: true
  delegate_to: localhost

- name: Read the job of a session
  backup_ops.veeam_em.job_info:
    uid: urn:veeam:Job:11111111-aaaa-4bbb-8ccc-000000000001
  delegate_to: localhost
"""

RETURN = r"""
jobs:
  description: The jobs, sorted by O(sort_by), then by UID.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the job.
      type: str
      sample: "Daily VMs"
    uid:
      description: UID of the job.
      type: str
      sample: "urn:veeam:Job:11111111-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the job.
      type: str
      sample: "11111111-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the job at the server.
      type: str
      sample: "/api/jobs/11111111-aaaa-4bbb-8ccc-000000000001"
    kind:
      description: V(backup), V(copy), V(replica), V(agent), V(nas), or V(other) for a type that this collection does not know.
      type: str
      sample: backup
    job_type:
      description: Type as the server names it; null for NAS jobs.
      type: str
      sample: Backup
    platform:
      description: Platform as the server names it; null for NAS jobs.
      type: str
      sample: VMware
    description:
      description: Description, null if there is none.
      type: str
      sample: Nightly backup of all web servers
    schedule_configured:
      description: Whether the job has a schedule.
      type: bool
      sample: true
    schedule_enabled:
      description: Whether its schedule is on. A disabled job has V(false).
      type: bool
      sample: true
    next_run:
      description: When it runs next, in UTC; null without a schedule and for continuous jobs.
      type: str
      sample: "2026-01-06T20:00:00Z"
    job_schedule_options:
      description: The schedule as the server describes it, with snake_case keys.
      type: dict
      sample: {"standart": {"options_daily": {"enabled": true, "kind": "Everyday"}}}
    job_info:
      description: Settings of the job as the server describes them, with snake_case keys; NAS jobs have none.
      type: dict
      sample: {"backup_job_info": {"simple_retention_policy": {"retain_cycles": 14}}}
    includes:
      description: What a NAS job backs up, as the server describes it; other kinds of jobs don't have this key.
      type: dict
      sample: {"nas_objects": [{"file_or_folder": "/share"}]}
    storage_options:
      description: Where and how long a NAS job keeps its backups; other kinds of jobs don't have this key.
      type: dict
      sample: {"shortterm_retention_type": "Day", "shortterm_retention_period": 28}
    objects:
      description: What the job backs up. It may be a container such as a folder or tag, whose members the server does not tell.
      returned: when O(include_objects=true)
      type: list
      elements: dict
      sample: [{"name": "srv01", "hierarchy_obj_ref": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042", "platform": "VMware",
        "object_type": "Vm", "vm_ref": "vm-1042", "linked_uid": null}]
    machines:
      description: The machines of the job's newest whole run of the last 30 days, sorted by name; null if there was none.
      returned: when O(include_machines=true)
      type: list
      elements: dict
      sample: [{"name": "srv01", "vm_uid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042", "vm_ref": "vm-1042", "platform": "VMware"}]
    runs_before_needed_at:
      description: Whether the next run begins before O(needed_at); null when the server tells no next run of a job whose schedule is on.
      returned: when O(needed_at) is given
      type: bool
      sample: true
    # GENERATED (dev.py generate): returns backup_server_name backup_server_uid links raw
    backup_server_name:
      description: Name of the backup server.
      type: str
      sample: vbr01.example.test
    backup_server_uid:
      description: UID of the backup server.
      type: str
      sample: "urn:veeam:BackupServer:22222222-aaaa-4bbb-8ccc-000000000001"
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
# GENERATED (dev.py generate): returns count counts truncated matched_names unmatched_names request_count error msg
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

from ..module_utils._info.argspec import select_spec
from ..module_utils._info.jobs import JOB_KINDS, gather_jobs
from ..module_utils._module import run_info

SORT_KEYS = (
    "name",
    "kind",
    "next_run",
    "platform",
    "backup_server_name",
)


def main() -> None:
    run_info(
        gather_jobs,
        {
            **select_spec(SORT_KEYS),
            "backup_server_name": {"type": "list", "elements": "str"},
            "backup_server_uid": {"type": "list", "elements": "str"},
            "kind": {"type": "list", "elements": "str", "choices": list(JOB_KINDS)},
            "platform": {"type": "list", "elements": "str"},
            "schedule_enabled": {"type": "bool"},
            "schedule_configured": {"type": "bool"},
            "include_objects": {"type": "bool", "default": False},
            "include_machines": {"type": "bool", "default": False},
            "needed_at": {"type": "str"},
        },
        mutually_exclusive=[("uid", "kind"), ("uid", "platform")],
    )


if __name__ == "__main__":
    main()
