#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_restore_point_info
short_description: Read the restore points of machines from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads the restore points of virtual machines and of computers with an agent, of all backup servers.
  - Points of copy jobs and of imported backups are among them, so several a day for one machine are normal.
  - Names of machines are not unique. RV(vm_restore_points[].hierarchy_obj_ref) tells machines with one name apart.
  - The account needs the Enterprise Manager role Portal User or Portal Administrator.
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
  vm_display_name:
    description:
      - Names of virtual machines, and of computers with an agent. Hundreds of names become few requests.
      - The O(name) of a point is another one, with its time.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  machine_type:
    description:
      - Points of virtual machines (V(vm)), of computers with an agent (V(agent)), or of both.
      - O(filter) goes with one of them.
      - A server that knows nothing of agents is said in a warning.
    type: list
    elements: str
    choices: [vm, agent]
    default: [vm, agent]
  latest:
    description:
      - Only the newest point of each machine, among what the other options select.
      - A machine is identified by its reference on its hypervisor, whatever its name and whichever backup servers see it. A computer with an
        agent is identified by its name on its backup server.
    type: str
    choices: [machine]
  created_after:
    description:
      - Only points that were made at this time or later.
      - ISO 8601 (without a zone it is UTC), a date, or an age such as V(36h), V(7d) or V(1d12h).
      - A bare date means 00:00 UTC on that day. Times are compared in whole seconds, and both ends are included.
    type: str
  created_before:
    description:
      - Only points that were made at this time or earlier, written like O(created_after).
    type: str
  point_type:
    description:
      - Types of points.
    type: list
    elements: str
    choices: [Full, Increment, ReverseIncrement]
  algorithm:
    description:
      - How the points were made.
    type: list
    elements: str
    choices: [Full, ReversedIncremental, Incremental, SyntheticFull]
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [creation_time, name, vm_display_name, backup_server_name]
    default: creation_time
seealso:
  - module: backup_ops.veeam_em.backup_task_session_info
"""

EXAMPLES = r"""
- name: Read the restore points of two machines in the last week
  backup_ops.veeam_em.vm_restore_point_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    vm_display_name: [srv01, srv02]
    created_after: 7d
  delegate_to: localhost
  register: points

- name: Stop when a machine has none
  ansible.builtin.assert:
    that: item in points.vm_restore_points | map(attribute='vm_display_name')
    fail_msg: "{{ item }} has no restore point of the last week."
  loop: [srv01, srv02]

- name: Read the newest restore point of each machine
  backup_ops.veeam_em.vm_restore_point_info:
    created_after: 30d
    latest: machine
  delegate_to: localhost

- name: Read the full restore points of one backup server
  backup_ops.veeam_em.vm_restore_point_info:
    backup_server_name: [vbr01.example.test]
    point_type: [Full]
    created_after: 30d
  delegate_to: localhost

- name: Look whether a restore point still exists
  backup_ops.veeam_em.vm_restore_point_info:
    uid: urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001
  delegate_to: localhost
  register: point
  failed_when: point.count == 0
"""

RETURN = r"""
vm_restore_points:
  description: The restore points, sorted by O(sort_by), then by UID.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the restore point.
      type: str
      sample: "srv01@2026-01-05 20:03:15"
    uid:
      description: UID of the restore point.
      type: str
      sample: "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the restore point.
      type: str
      sample: "77777777-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the restore point at the server.
      type: str
      sample: "/api/vmRestorePoints/77777777-aaaa-4bbb-8ccc-000000000001"
    machine_type:
      description: V(vm), or V(agent) for a computer with an agent.
      type: str
      sample: vm
    vm_display_name:
      description: Name of the machine; null where the server does not send it. Of a computer, what stands before the time in RV(vm_restore_points[].name).
      type: str
      sample: srv01
    vm_name:
      description: Name of the machine in the inventory of its hypervisor.
      type: str
      sample: srv01
    creation_time:
      description: The moment whose data the point holds, in UTC.
      type: str
      sample: "2026-01-05T20:03:15Z"
    algorithm:
      description: How the point was made.
      type: str
      sample: Incremental
    point_type:
      description: V(Full), V(Increment) or V(ReverseIncrement).
      type: str
      sample: Increment
    hierarchy_obj_ref:
      description: Reference of the machine in its hypervisor.
      type: str
      sample: "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"
    platform:
      description: Platform of the machine, from RV(vm_restore_points[].hierarchy_obj_ref).
      type: str
      sample: VMware
    vm_ref:
      description: Id of the machine in its hypervisor, from RV(vm_restore_points[].hierarchy_obj_ref).
      type: str
      sample: vm-1042
    sql_info:
      description: Databases on the machine, as the server describes them; null if there are none.
      type: dict
      sample: null
    restore_point_uid:
      description: UID of the restore point of the whole backup that this point belongs to.
      type: str
      sample: "urn:veeam:RestorePoint:55555555-aaaa-4bbb-8ccc-000000000001"
    backup_file_name:
      description: Name of the backup file that holds the point.
      type: str
      sample: Daily VMs D2026-01-05T200007.vib
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
from ..module_utils._info.points import MACHINE_TYPES, gather_points
from ..module_utils._module import run_info

SORT_KEYS = (
    "creation_time",
    "name",
    "vm_display_name",
    "backup_server_name",
)


def main() -> None:
    run_info(
        gather_points,
        {
            **select_spec(SORT_KEYS, "creation_time"),
            "backup_server_name": {"type": "list", "elements": "str"},
            "backup_server_uid": {"type": "list", "elements": "str"},
            "vm_display_name": {"type": "list", "elements": "str"},
            "machine_type": {
                "type": "list",
                "elements": "str",
                "choices": list(MACHINE_TYPES),
                "default": list(MACHINE_TYPES),
            },
            "latest": {"type": "str", "choices": ["machine"]},
            "created_after": {"type": "str"},
            "created_before": {"type": "str"},
            "point_type": {"type": "list", "elements": "str", "choices": ["Full", "Increment", "ReverseIncrement"]},
            "algorithm": {
                "type": "list",
                "elements": "str",
                "choices": ["Full", "ReversedIncremental", "Incremental", "SyntheticFull"],
            },
        },
    )


if __name__ == "__main__":
    main()
