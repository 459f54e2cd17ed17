#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: query_info
short_description: Query Veeam Backup Enterprise Manager for anything that it knows
version_added: 0.1.0
description:
  - Asks the query service for records of any type, for what has no module of its own.
  - Records have every element that the server sends, with snake_case keys. Times end in C(Z), what is empty is null.
  - References, types without a time of creation, and rows sorted by a field that they do not show are read by page number.
    A row can be missed when others are removed at the server meanwhile.
  - Most types need the Enterprise Manager role Portal User or Portal Administrator.
  - Jobs, objects in jobs, discovered computers, protection groups, CDP policies, CDP replicas and failover plans need Portal Administrator.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._select.rows
  - backup_ops.veeam_em._select.server
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  type:
    description:
      - Type of what is asked for.
    type: str
    required: true
    choices: [AgentBackupJob, AgentProtectionGroup, AgentRestorePoint, Backup, BackupFile, BackupJobSession,
      BackupServer, BackupTaskSession, CdpPolicy, CdpReplica, CdpReplicaSession, CdpReplicaTaskSession,
      CloudFailoverPlan, CloudFailoverSession, CloudGateway, CloudGatewayPool, CloudHardwarePlan,
      CloudPublicIpAddress, CloudReplica, CloudSubtenant, CloudTenant, CloudVmReplicaPoint, Credentials,
      DiscoveredComputer, ExternalRepository, FailoverPlan, FileServer, HierarchyRoot, Job, ManagedServer, NasJob, NasObject,
      ObjectInJob, Passwords, Replica, ReplicaJobSession, ReplicaTaskSession, Repository, RestorePoint,
      RestoreSession, Task, VAppReplicaPoint, VAppRestorePoint, VCloudOrganizationConfig, VlanConfiguration,
      VmReplicaPoint, VmRestorePoint, VSphereSelfServiceConfig, WanAccelerator]
  job_name:
    description:
      - Names of jobs. Only for types that have this field.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  job_uid:
    description:
      - UIDs of jobs, as URN or as bare GUID. Only for types that have this field.
    type: list
    elements: str
  job_session_uid:
    description:
      - UIDs of job sessions, as URN or as bare GUID. Only for types that have this field.
    type: list
    elements: str
  job_type:
    description:
      - Types of jobs as the server names them. Only for types that have this field.
    type: list
    elements: str
  vm_display_name:
    description:
      - Names of machines. Only for types that have this field.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  state:
    description:
      - States as the server names them. Only for types that have this field.
    type: list
    elements: str
  result:
    description:
      - Results as the server names them. Only for types that have this field.
    type: list
    elements: str
  platform:
    description:
      - Platforms as the server names them. Only for types that have this field.
    type: list
    elements: str
  created_after:
    description:
      - Only what was created at this time or later; ISO 8601 (without a zone it is UTC), a date, or an age such as V(7d).
      - A bare date means 00:00 UTC on that day. Times are compared in whole seconds, and both ends are included.
    type: str
  created_before:
    description:
      - Only what was created at this time or earlier, written like O(created_after).
    type: str
  ended_after:
    description:
      - Only what ended at this time or later, written like O(created_after).
    type: str
  ended_before:
    description:
      - Only what ended at this time or earlier, written like O(created_after).
    type: str
  sort_by:
    description:
      - Field of Enterprise Manager that the result is sorted by, such as V(CreationTime). By default it is the time, or the name.
    type: str
  representation:
    description:
      - V(entity) gives whole records. V(reference) gives name, UID, address and what links tell.
      - Only the server can sort references. So O(limit) is refused when filters are too long for one request; without it, the answers follow each other.
      - Names are compared again here, since some servers ignore case. References do not carry every name; for those, what the server matched counts.
    type: str
    choices: [entity, reference]
    default: entity
seealso:
  - module: backup_ops.veeam_em.backup_session_info
  - module: backup_ops.veeam_em.backup_task_session_info
  - module: backup_ops.veeam_em.vm_restore_point_info
"""

EXAMPLES = r"""
- name: Read the agent restore points of the last two days
  backup_ops.veeam_em.query_info:
    type: AgentRestorePoint
    created_after: 2d
  delegate_to: localhost

- name: Read the ten largest backup files
  backup_ops.veeam_em.query_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    type: BackupFile
    sort_by: BackupSize
    descending: true
    limit: 10
  delegate_to: localhost
  register: files

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.file_path }}: {{ item.backup_size | ansible.builtin.human_readable }}"
  loop: "{{ files.records }}"
  loop_control:
    label: "{{ item.uid }}"

- name: Read the computers whose agent is not well
  backup_ops.veeam_em.query_info:
    type: DiscoveredComputer
    filter: AgentStatus=="Failed",AgentStatus=="UnsupportedOs"
  delegate_to: localhost

- name: Read what the replica jobs did last night
  backup_ops.veeam_em.query_info:
    type: ReplicaTaskSession
    created_after: 16h
    result: [Warning, Failed]
  delegate_to: localhost
"""

RETURN = r"""
records:
  description: The records, sorted by O(sort_by), then by UID. Besides the keys here they have those of their type.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the object.
      type: str
      sample: "Daily VMs D2026-01-05T200007.vbk"
    uid:
      description: UID of the object.
      type: str
      sample: "urn:veeam:BackupFile:77777777-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the object.
      type: str
      sample: "77777777-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the object at the server.
      type: str
      sample: "/api/backupFiles/77777777-aaaa-4bbb-8ccc-000000000001"
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

from ..module_utils._info.any_type import gather_query
from ..module_utils._info.argspec import query_spec
from ..module_utils._module import run_info
from ..module_utils._records.resources import QUERY_TYPES


def main() -> None:
    run_info(gather_query, {"type": {"type": "str", "required": True, "choices": list(QUERY_TYPES)}, **query_spec()})


if __name__ == "__main__":
    main()
