#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_info
short_description: List the machines that Veeam Backup Enterprise Manager knows, and compare them with a list of names
version_added: 0.1.0
description:
  - Gives one record for each machine, whatever it is called and however many jobs and backup servers work on it. These are the hosts of the
    inventory plugin P(backup_ops.veeam_em.enterprise_manager#inventory), for plays that have another inventory.
  - With O(names), such as those of a CMDB, it also tells both sides of the comparison.
  - It reads the task sessions and restore points of all machines since O(since), so it takes as long as the inventory does. The state of
    a few machines comes quicker from M(backup_ops.veeam_em.protection_info).
  - The account needs the Enterprise Manager role Portal User. Only a Portal Administrator surely sees every machine; a warning says when some may be missing.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  names:
    description:
      - Names that are looked for. RV(machines) then holds what they mean, and the other return values what is only on one side.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  name_match:
    description:
      - How O(names) are compared, in this order. The first way that finds something decides.
      - V(ignore_case) compares without regard to case. V(short_name) also without regard to the domain, if only one of the two names has a domain.
    type: list
    elements: str
    choices: [exact, ignore_case, short_name]
    default: [exact, ignore_case, short_name]
  domains:
    description:
      - Ends of names that are domains, as for M(backup_ops.veeam_em.protection_info).
    type: list
    elements: str
  include:
    description:
      - Virtual machines that a job worked on or that restore points are left of (V(vms)), computers with an agent (V(agents)), and virtual
        machines that nothing backs up (V(not_backed_up)), which the hypervisors tell.
    type: list
    elements: str
    choices: [vms, agents, not_backed_up]
    default: [vms, agents, not_backed_up]
  since:
    description:
      - How far back task sessions and restore points are read, written like V(30d), or a time.
    type: str
    default: 30d
  protection:
    description:
      - Whether each machine gets its verdict. V(true) judges by the defaults of M(backup_ops.veeam_em.protection_info); a dictionary has any of its options
        but C(machines), such as C(max_age).
    type: raw
seealso:
  - module: backup_ops.veeam_em.protection_info
  - plugin: backup_ops.veeam_em.enterprise_manager
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Compare the CMDB with Enterprise Manager
  backup_ops.veeam_em.machine_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    names: "{{ groups['all'] }}"
  delegate_to: localhost
  register: compared

- name: Show both sides
  ansible.builtin.debug:
    msg:
      - "Not in Enterprise Manager: {{ compared.not_in_em | join(', ') }}"
      - "Not in the CMDB: {{ compared.in_em_only | join(', ') }}"

- name: Read all machines that are backed up by more than one job
  backup_ops.veeam_em.machine_info:
    include: [vms, agents]
  delegate_to: localhost
  register: all

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.job_names | join(', ') }}"
  loop: "{{ all.machines | selectattr('job_count', 'gt', 1) }}"
  loop_control:
    label: "{{ item.name }}"

- name: Read all machines with their verdicts
  backup_ops.veeam_em.machine_info:
    protection: {max_age: 26h}
  delegate_to: localhost

- name: Read the virtual machines that nothing backs up
  backup_ops.veeam_em.machine_info:
    include: [not_backed_up]
  delegate_to: localhost
"""

RETURN = r"""
machines:
  description: The machines, sorted by name, then by identity.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: What it is called now.
      type: str
      sample: srv01
    names:
      description: All that it is called now; hypervisors may have two names for one machine.
      type: list
      elements: str
      sample: [srv01]
    older_names:
      description: Names that it had before, as far as they were seen since O(since).
      type: list
      elements: str
      sample: [srv01-old]
    identity:
      description: A text that stays the same for a machine, whatever it is called and whichever backup server sees it.
      type: str
      sample: vmware/11111111-aaaa-4bbb-8ccc-000000000001/vm-1042
    kind:
      description: V(vm), or V(agent) for a computer with an agent.
      type: str
      sample: vm
    vm_uid:
      description: Reference of the machine in its hypervisor; null for computers.
      type: str
      sample: "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"
    vm_uids:
      description: All its references, as each backup server has one of its own; null for computers.
      type: list
      elements: str
      sample: ["urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"]
    vm_ref:
      description: Id of the machine in its hypervisor.
      type: str
      sample: vm-1042
    platform:
      description: Platform of the machine.
      type: str
      sample: VMware
    hierarchy_root_name:
      description: The hypervisor or its management server, as it was added to the backup server.
      type: str
      sample: vcenter01.example.test
    hierarchy_root_type:
      description: Type of the hypervisor as the server names it.
      type: str
      sample: VC
    hierarchy_unique_id:
      description: Unique id of the hypervisor; null where there is none.
      type: str
      sample: 11111111-aaaa-4bbb-8ccc-000000000001
    join_key:
      description: Unique id of the hypervisor and id of the machine, to join it with inventories of hypervisors.
      type: str
      sample: 11111111-aaaa-4bbb-8ccc-000000000001_vm-1042
    backup_server_names:
      description: The backup servers that work on it, else those that have its hypervisor.
      type: list
      elements: str
      sample: [vbr01.example.test]
    job_names:
      description: The jobs that worked on it since O(since), without copy jobs.
      type: list
      elements: str
      sample: [Daily VMs]
    job_count:
      description: How many jobs these are.
      type: int
      sample: 1
    copy_job_names:
      description: The copy jobs that copied its backups.
      type: list
      elements: str
      sample: []
    running:
      description: Whether a task on it is running.
      type: bool
      sample: false
    last_attempt:
      description:
        - The newest attempt that has ended, with any result, or null. Copies of backups do not count.
        - It has C(creation_time), C(end_time), C(result), C(reason), C(job_name), C(job_type), C(backup_server_name), C(task_session_uid) and
          C(vm_restore_point_uid).
      type: dict
      sample: {"creation_time": "2026-01-05T20:02:31Z", "result": "Success", "job_name": "Daily VMs"}
    last_success:
      description: The newest one that ended with Success or Warning, with the same keys, or null.
      type: dict
      sample: {"creation_time": "2026-01-05T20:02:31Z", "result": "Success", "job_name": "Daily VMs"}
    newest_restore_point:
      description: Its newest restore point since O(since), with C(uid), C(creation_time) and C(backup_server_name), or null. Points of copies count.
      type: dict
      sample: {"uid": "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001", "creation_time": "2026-01-05T20:03:15Z"}
    gone:
      description: Whether its hypervisor surely does not have it any more.
      type: bool
      sample: false
    data_as_of:
      description: When Enterprise Manager collected what this is made from; null where that can't be told.
      type: str
      sample: "2026-01-06T05:55:00Z"
    verdict:
      description: The verdict.
      returned: when O(protection) is given
      type: str
      sample: ok
    protection:
      description: The verdict with its reasons, as RV(backup_ops.veeam_em.protection_info#module:machines[]).
      returned: when O(protection) is given
      type: dict
      sample: {"name": "srv01", "verdict": "ok", "reasons": []}
in_em_only:
  description: Names of the machines that none of O(names) means, without those that are gone.
  returned: when O(names) is given
  type: list
  elements: str
  sample: [srv07]
not_in_em:
  description: The O(names) that match no machine, present or former, since O(since).
  returned: when O(names) is given
  type: list
  elements: str
  sample: [srv99]
renamed:
  description: Of O(names) that a machine had before and that nothing has now, what the machine is called now.
  returned: when O(names) is given
  type: dict
  sample: {"srv01-old": ["srv01"]}
ambiguous:
  description: Of O(names) that several machines of a kind have, which these are.
  returned: when O(names) is given
  type: dict
  sample: {"twin01": ["twin01 (urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042, at vbr01.example.test)"]}
gone:
  description: The O(names) that only machines have which their hypervisors do not have any more.
  returned: when O(names) is given
  type: list
  elements: str
  sample: [srv05]
incomplete:
  description: Whether there were more rows than C(max_rows) of O(protection) allows, so that machines may be missing.
  returned: success
  type: bool
  sample: false
# GENERATED (dev.py generate): returns count counts matched_names request_count error msg
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
matched_names:
  description:
    - How names that match nothing exactly are spelt on the server, by the option and the name that were given. Empty when all match exactly.
    - See O(name_match).
  returned: success
  type: dict
  sample: {"backup_server_name": {"VBR01": ["vbr01.example.test"]}}
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

from ..module_utils._inventory.machine_list import MACHINE_SPEC, gather_machine_list
from ..module_utils._module import run_info


def main() -> None:
    run_info(gather_machine_list, MACHINE_SPEC)


if __name__ == "__main__":
    main()
