#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: protection_info
short_description: Check whether each machine has a good, recent, restorable backup, from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Gives each machine a verdict before a maintenance. It never says V(ok) on a guess.
    Whatever can't be known for sure makes the verdict V(unknown).
  - The verdict is the first of these that applies.
  # GENERATED (dev.py generate): verdicts
  - 'V(unknown): No statement is possible: which machine is meant, what happened to it or how old the data is can''t be told.'
  - 'V(running): A backup, a replication or a restore is working on the machine, or its job is running and not done.'
  - 'V(waived): It is not OK, but an unexpired waiver covers every reason.'
  - 'V(failed): The newest completed attempt failed, and there is no good backup inside the age limit.'
  - 'V(stale): Backups or restore points exist, but no good backup inside the age limit.'
  - 'V(unprotected): There is no backup that counts.'
  - 'V(ok): A good backup inside the age limit exists.'
  # END GENERATED
  - >-
    A backup is good when it has ended, its result is accepted, its job is of a counted type, its restore point still exists and
    its data is not older than the limit. One good backup is enough, whichever of the machine's jobs made it. A retry is an attempt of its own.
  - >-
    The age counts from the moment whose data the backup holds: the time of its restore point, else the start of its task, never its end.
  - Ask once for all machines of a maintenance, not in a loop.
  - >-
    A machine is identified by its reference on its hypervisor, a computer with an agent by its name on its backup server. Which machines have a
    name is found out from the hypervisors (O(ask_hypervisors)), from agents and from what is running. Where not every hypervisor answers, all rows of
    O(lookback) are read.
    If a name means several machines, all must have one verdict, else it is V(unknown). RV(lookups) tells which hypervisors answered.
  - >-
    The account needs the Enterprise Manager role Portal User or Portal Administrator. Only a Portal Administrator surely sees every
    machine. For any other account a machine without a trace is V(unknown), not V(unprotected), see O(full_visibility).
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  # GENERATED (dev.py generate): policy_options module
  machines:
    description:
      - The machines, each a name or a dictionary. An empty list is refused.
      - A dictionary needs C(name), which names the machine in the result and is looked for in Enterprise Manager.
      - >-
        C(vm_uid) is the reference of a virtual machine, such as V(urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042). Its middle
        part may also be the unique id of the hypervisor, such as the instance UUID of a vCenter. Then C(name) is only a label.
      - C(vm_ref) is the id in its hypervisor, such as V(vm-1042). If there are several hypervisors, C(name) must fit too.
      - >-
        C(backup_server_name) selects, among the machines of this name, those that this backup server backs up or has the hypervisor of, and
        only its backups count.
      - C(max_age), C(needed_at), C(accept_warning), C(job_types) and C(require_restore_point) override the options of the same name.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: raw
    required: true
  max_age:
    description:
      - How old the data of a good backup may be at O(needed_at), such as V(24h) or V(1d12h).
    type: str
    default: 24h
  needed_at:
    description:
      - >-
        The moment at which the age counts. V(now), a time from now such as V(+12h), a date (00:00 UTC on that day), or an ISO 8601 time
        with its zone.
      - Set to the start of tomorrow's maintenance, it shows today which backups will be too old by then.
      - Backups with data from after this moment are not good, so that a past moment can be checked too.
    type: str
    default: now
  accept_warning:
    description:
      - Whether a backup that ended with a warning can be good.
    type: bool
    default: true
  job_types:
    description:
      - Only sessions of these types count. Any word is taken, because servers know types that nobody has documented.
      - >-
        Known are V(Backup), V(AgentBackup), V(AgentManagement), V(NasBackup), V(BackupCopy), V(ImmediateBackupCopy),
        V(ImmediateBackupCopyWorker), V(Replica) and V(StorageSnapshot), the last one for snapshots on a storage array, told by the kind of
        repository.
      - >-
        It also tells which kind of machine is meant. Without types for agents a name never means a computer with an agent, and the other
        way round.
    type: list
    elements: str
    default: [Backup, AgentBackup, AgentManagement]
  require_restore_point:
    description:
      - Whether a backup is good only while its restore point exists in Enterprise Manager.
      - With V(false) a backup whose restore point was deleted counts as good.
    type: bool
    default: true
  name_match:
    description:
      - How names are compared, in this order. The first way that finds something decides.
      - >-
        V(ignore_case) compares without regard to case. V(short_name) also without regard to the domain, if only one of the two names has a
        domain.
    type: list
    elements: str
    choices: [exact, ignore_case, short_name]
    default: [exact, ignore_case, short_name]
  domains:
    description:
      - What counts as a domain when names are compared without it. When set, only these are cut off; an empty list cuts off nothing.
      - >-
        By default a domain has two or more labels of which the last one has a letter in it, or is one of C(local), C(lan), C(localdomain),
        C(internal), C(intra), C(corp) and C(home).
    type: list
    elements: str
  max_data_age:
    description:
      - >-
        How old the data in Enterprise Manager may be, such as V(1h). Enterprise Manager collects it from the backup servers, by default
        every 15 minutes. Older data makes the verdict of every machine V(unknown).
      - >-
        The age is that of the last complete collection. After one with warnings, or where the account or the version can't tell it,
        something recent must have been seen at each backup server of the machine, else the verdict is V(unknown) with reason
        V(data_age_unknown).
      - >-
        With V(auto) the limit is four hours, and blocks only if no collection, complete or with warnings, ended within it. What can't be
        told is a note.
      - If it is left out, the age of the data is only reported, with a warning if it is more than two hours.
    type: str
  waivers:
    description:
      - Accepted risks, each approved by someone. A machine is V(waived) only when every reason of its verdict has a waiver.
      - >-
        Waivers never cover V(unknown), nor V(running) except for V(restore_running). Waivers without effect are reported in
        RV(unused_waivers).
    type: list
    elements: dict
    default: []
    suboptions:
      machine:
        description: The machine, written as in O(machines).
        type: str
        required: true
      reason_code:
        description: The reason that is waived.
        type: str
        required: true
        choices:
          - last_attempt_failed
          - age_over_limit
          - warning_not_accepted
          - restore_point_missing
          - point_without_task
          - no_backup_found
          - only_copy_found
          - only_snapshot_found
          - type_not_counted
          - restore_running
      until:
        description:
          - When the waiver ends, in ISO 8601. A bare date means 00:00 UTC on that day; a time of day needs its zone.
          - It must be later than both the present and the moment of O(needed_at).
        type: str
        required: true
      note:
        description: Why, and who decided it. It is shown with the verdict.
        type: str
  lookback:
    description:
      - How far back a trace is searched of machines without a good backup. It tells V(stale) from V(unprotected).
      - >-
        A longer O(max_age) of a machine makes that machine be looked at further back, and no other; a longer O(history) is for the picture
        only.
    type: str
    default: 30d
  history:
    description:
      - With an age such as V(7d) each machine carries its attempts of this time in RV(machines[].history).
    type: str
  full_visibility:
    description:
      - >-
        Set it to V(true) if the account is known to see every machine without being Portal Administrator. A machine without a trace is then
        V(unprotected).
    type: bool
    default: false
  ask_hypervisors:
    description:
      - >-
        Whether to ask every hypervisor which virtual machines it has now, one request for each connection of a backup server. It asks what
        Enterprise Manager calls its lookup service.
      - With V(auto) a hypervisor that does not answer is a note, and all rows of O(lookback) are read instead.
      - With V(always) it makes the module fail. With V(never) none is asked.
      - Only the hypervisors know namesakes that were never backed up, what a machine is called now, and which machines are gone.
    type: str
    choices: [auto, always, never]
    default: auto
  max_rows:
    description:
      - Read at most this many rows from Enterprise Manager. When that is not enough, the machines concerned are V(unknown).
    type: int
    default: 1000000
  # END GENERATED
  wait_running:
    description:
      - How long to wait at most, such as V(2h), until nothing runs on the machines any more. It asks again every half minute, in one logon session.
      - If it is left out, there is one answer, at once.
    type: str
  progress_file:
    description:
      - A file to which a line is added when the waiting of O(wait_running) begins and then once a minute. It says what is being waited for.
    type: path
  next_runs:
    description:
      - Whether to read, when the verdicts stand, when the jobs of the machines run next. It takes at most three more requests.
      - Only a Portal Administrator may read jobs. What can't be read is told in RV(notes), and changes no verdict.
    type: bool
    default: false
seealso:
  - module: backup_ops.veeam_em.backup_task_session_info
  - module: backup_ops.veeam_em.backup_session_info
"""

EXAMPLES = r"""
- name: Ask for three machines
  backup_ops.veeam_em.protection_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    machines: [web01, web02, db01]
  delegate_to: localhost
  register: protection

- name: Stop unless every machine has a good backup
  ansible.builtin.assert:
    that: protection.ok
    fail_msg: "{{ protection.msg }}"

- name: Show what stands against each machine
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.verdict }}. {{ item.message }}"
  loop: "{{ protection.machines | rejectattr('verdict', 'equalto', 'ok') }}"
  loop_control:
    label: "{{ item.name }}"

- name: Ask once for all web servers, and with stricter rules for a database
  backup_ops.veeam_em.protection_info:
    machines: "{{ groups['web'] + [{'name': 'db01', 'max_age': '8h', 'accept_warning': false}] }}"
    max_data_age: 1h
  delegate_to: localhost
  run_once: true

- name: Check today for the maintenance of tomorrow evening
  backup_ops.veeam_em.protection_info:
    machines: "{{ ansible_play_hosts }}"
    needed_at: "2026-01-06T20:00:00Z"
    max_age: 36h
  delegate_to: localhost
  run_once: true

- name: Tell machines of one name apart, and show a week of attempts
  backup_ops.veeam_em.protection_info:
    machines:
      - name: twin01-berlin
        vm_uid: urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042
      - name: twin01
        backup_server_name: vbr02.example.test
      - name: laptop07
        job_types: [AgentBackup, AgentManagement]
        max_age: 3d
    history: 7d
  delegate_to: localhost

- name: Go on without a fresh backup of one old machine, until the end of January
  backup_ops.veeam_em.protection_info:
    machines: [web01, old01]
    waivers:
      - machine: old01
        reason_code: age_over_limit
        until: "2026-02-01"
        note: Will be switched off, CHG0042
  delegate_to: localhost
"""

RETURN = r"""
machines:
  description: The machines in the order of O(machines).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name as given in O(machines).
      type: str
      sample: db01
    verdict:
      description: V(ok), V(waived), V(unprotected), V(stale), V(failed), V(running) or V(unknown).
      type: str
      sample: stale
    underlying_verdict:
      description: The verdict without waivers. It differs from RV(machines[].verdict) only for V(waived).
      type: str
      sample: stale
    reasons:
      description:
        - Stable codes. First what led to the verdict, then what else is worth knowing. An V(ok) machine can carry notes.
        # GENERATED (dev.py generate): reasons
        - 'V(last_attempt_failed): The newest completed attempt failed. It can be waived.'
        - 'V(age_over_limit): All existing backups are older than the limit. It can be waived.'
        - 'V(warning_not_accepted): A backup ended with a warning, which is not accepted. It can be waived.'
        - 'V(restore_point_missing): The restore point of a backup does not exist or is still being written. It can be waived.'
        - 'V(newer_than_needed): The backup is newer than O(needed_at).'
        - 'V(point_without_task): Restore points exist that no task tells about, such as those of imported backups. It can be waived.'
        - 'V(no_backup_found): No successful backup was found. It can be waived.'
        - 'V(only_copy_found): Only copies or replicas were found, no backup. It can be waived.'
        - 'V(only_snapshot_found): Only storage snapshots were found, which can''t be restored without the array. It can be waived.'
        - 'V(type_not_counted): Backups exist, but only by types of jobs that do not count. It can be waived.'
        - 'V(backup_running): A backup or a replication is working on the machine, or its job is not done.'
        - 'V(restore_running): A restore is working on the machine. It can be waived.'
        - 'V(ambiguous_name): The name matches several machines whose verdicts differ.'
        - 'V(claimed_twice): Another entry of machines means the same machine.'
        - 'V(machine_renamed): The machine that had this name has another name now.'
        - 'V(machine_gone): A machine of this name no longer exists on its hypervisor.'
        - 'V(reference_not_found): Enterprise Manager knows no machine with this reference.'
        - 'V(not_visible): Nothing was found, and this account may not see everything.'
        - 'V(session_unreadable): The job session of a task can''t be read, so its type is not known.'
        - 'V(repository_unreadable): Repositories can''t be read, so a storage snapshot can''t be told from a backup.'
        - 'V(answer_truncated): Incomplete answer: the limit of rows was reached.'
        - 'V(em_data_stale): Enterprise Manager''s data is older than allowed.'
        - 'V(data_age_unknown): The age of Enterprise Manager''s data is not known for a backup server of the machine.'
        - 'V(in_future): Enterprise Manager reports events in the future.'
        - 'V(job_session_failed): A job session failed as a whole, although its task for the machine did not. Only ever a note.'
        - 'V(session_without_end): A session has no end, but is too old or was followed by another of its job. Only ever a note.'
        - 'V(endless_work): Work that never ends by design is running, such as a log backup. Only ever a note.'
        - >-
          V(namesake_not_counted): Another connection to a hypervisor shows a machine of this name that was never backed up; it is taken for
          the same one. Only ever a note.
        - >-
          V(lookup_unanswered): A hypervisor could not be asked which machines it has, so a namesake without any backup would go unnoticed.
          Only ever a note.
        # END GENERATED
      type: list
      elements: str
      sample: [age_over_limit]
    message:
      description: The verdict for people, in one sentence. It can quote text of the server.
      type: str
      sample: "The last good backup is 1d 16h old, more than 24h."
    matched_by:
      description: How the machine was found, V(vm_uid), V(vm_ref), V(exact), V(ignore_case) or V(short_name), or null.
      type: str
      sample: exact
    matched_name:
      description: What Enterprise Manager calls the machine that was found; null if none was.
      type: str
      sample: db01
    vm_uid:
      description: Reference of the machine in its hypervisor; null for agents, if no machine was found, and if the name means several virtual machines.
      type: str
      sample: "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042"
    max_age:
      description: The limit of age for this machine, as it was given.
      type: str
      sample: 24h
    max_age_seconds:
      description: The limit of age for this machine.
      type: int
      sample: 86400
    needed_at:
      description: The moment at which its age counts.
      type: str
      sample: "2026-01-06T20:00:00Z"
    last_good:
      description: The newest usable backup, whatever its age; null if there is none in the time that was read.
      type: dict
      contains:
        creation_time: &creation_time
          description: When its task started.
          type: str
          sample: "2026-01-05T20:02:31Z"
        end_time: &end_time
          description: When its task ended.
          type: str
          sample: "2026-01-05T20:13:09Z"
        data_time: &data_time
          description: The moment whose data it holds.
          type: str
          sample: "2026-01-05T20:03:15Z"
        age_seconds:
          description: Age of its data at RV(machines[].needed_at).
          type: int
          sample: 35805
        result: &result
          description: V(Success), V(Warning), V(Failed) or null.
          type: str
          sample: Success
        job_name: &job_name
          description: Name of the job.
          type: str
          sample: Daily VMs
        job_type: &job_type
          description: Type of the job.
          type: str
          sample: Backup
        backup_server_name: &backup_server_name
          description: Name of the backup server.
          type: str
          sample: vbr01.example.test
        task_session_uid: &task_session_uid
          description: UID of the task session; null for an agent's session without tasks.
          type: str
          sample: "urn:veeam:BackupTaskSession:66666666-aaaa-4bbb-8ccc-000000000001"
        job_session_uid: &job_session_uid
          description: UID of the job session.
          type: str
          sample: "urn:veeam:BackupJobSession:44444444-aaaa-4bbb-8ccc-000000000001"
        vm_restore_point_uid: &vm_restore_point_uid
          description: UID of its restore point; null if that does not exist.
          type: str
          sample: "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001"
    last_attempt:
      description: The newest completed attempt of a counted job type; null if there is none in the time that was read.
      type: dict
      contains:
        creation_time: *creation_time
        end_time: *end_time
        data_time: *data_time
        result: *result
        reason:
          description: What the server says about a warning or failure.
          type: str
        job_name: *job_name
        job_type: *job_type
        backup_server_name: *backup_server_name
        task_session_uid: *task_session_uid
        job_session_uid: *job_session_uid
        vm_restore_point_uid: *vm_restore_point_uid
    running:
      description:
        - What is at work on the machine. Running copies are left out, they do not touch it.
        - A job session without C(task_session_uid) is running and not done with the machine's job, or may still come to the machine.
      type: list
      elements: dict
      contains:
        creation_time: *creation_time
        job_name: *job_name
        job_type: *job_type
        backup_server_name: *backup_server_name
        task_session_uid: *task_session_uid
        job_session_uid: *job_session_uid
    waivers:
      description: The waivers that made it V(waived), as given.
      type: list
      elements: dict
    data_as_of:
      description: Enterprise Manager's knowledge of this machine is of this moment or newer; null if that can't be told.
      type: str
      sample: "2026-01-06T05:45:00Z"
    meanings:
      description: If the name means several machines, each of them; else empty.
      type: list
      elements: dict
      contains:
        name:
          description: What Enterprise Manager calls it.
          type: str
          sample: db01
        vm_uid:
          description: Its reference; null for an agent.
          type: str
        backup_server_names:
          description: The backup servers that back it up or have its hypervisor.
          type: list
          elements: str
        verdict:
          description: Its own verdict.
          type: str
          sample: ok
        reasons:
          description: Its own reasons.
          type: list
          elements: str
    next_run:
      description: When the first of the jobs of its last good backup and its last attempt runs next; null if there is no time or it is not known.
      returned: when O(next_runs) is true
      type: str
      sample: "2026-01-06T20:00:00Z"
    runs_before_needed_at:
      description: Whether one of these jobs begins before RV(machines[].needed_at); null if that can't be told.
      returned: when O(next_runs) is true
      type: bool
      sample: false
    history:
      description: Its attempts of counted job types, newest first.
      returned: when O(history) is given
      type: list
      elements: dict
      contains:
        creation_time: *creation_time
        end_time: *end_time
        result: *result
        running:
          description: Whether it has not ended yet.
          type: bool
          sample: false
        job_name: *job_name
        job_type: *job_type
        task_session_uid: *task_session_uid
summary:
  description: How many machines have each verdict, and how many machines there are.
  returned: success
  type: dict
  contains:
    unknown: &number
      description: Number of machines.
      type: int
      sample: 0
    running: *number
    waived: *number
    failed: *number
    stale: *number
    unprotected: *number
    ok: *number
    total: *number
ok:
  description: True only if every machine is V(ok) or V(waived).
  returned: success
  type: bool
  sample: false
msg:
  description: The result, or what went wrong and what to do about it, in one line for people.
  returned: always
  type: str
  sample: "24 of 25 machines meet the policy; not OK: db02 (failed)."
em_host:
  description: The Enterprise Manager that was asked, as O(host) names it.
  returned: success
  type: str
  sample: em01.example.test
checked_at:
  description: The moment of the check.
  returned: success
  type: str
  sample: "2026-01-06T06:00:00Z"
data_as_of:
  description: The oldest RV(machines[].data_as_of); null if it can't be told for every machine.
  returned: success
  type: str
  sample: "2026-01-06T05:45:00Z"
lookups:
  description: What each hierarchy root told about its machines, sorted by backup server and name.
  returned: success
  type: list
  elements: dict
  contains:
    hierarchy_root_name:
      description: Name of the hypervisor.
      type: str
      sample: vcenter01.example.test
    hierarchy_root_uid:
      description: UID of the root.
      type: str
      sample: "urn:veeam:HierarchyRoot:33333333-aaaa-4bbb-8ccc-000000000001"
    backup_server_name: *backup_server_name
    state:
      description: V(answered), V(empty), V(failed), V(mismatched) (its machines carry other references than tasks and restore points) or V(not_asked).
      type: str
      sample: answered
    machine_count:
      description: How many virtual machines it showed.
      type: int
      sample: 240
    message:
      description: Why it did not answer.
      type: str
unused_waivers:
  description: Waivers that changed nothing. There is also a warning about those that are not just needless.
  returned: success
  type: list
  elements: dict
  contains:
    machine:
      description: The machine as given.
      type: str
      sample: old02
    reason_code:
      description: The reason as given.
      type: str
      sample: age_over_limit
    until:
      description: The end of the waiver.
      type: str
      sample: "2026-01-01T00:00:00Z"
    note:
      description: The note as given.
      type: str
    why:
      description: V(not_asked) (the machine is not in O(machines)), V(expired) or V(not_needed).
      type: str
      sample: expired
notes:
  description: Why it is not known of some jobs when they run next, in sentences.
  returned: when O(next_runs) is true
  type: list
  elements: str
# GENERATED (dev.py generate): returns request_count error
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
# END GENERATED
"""

from ..module_utils._module import run_info
from ..module_utils._protection.policy import POLICY_SPEC
from ..module_utils._verify.next_runs import NEXT_RUNS_SPEC
from ..module_utils._verify.waiting import WAIT_SPEC, gather


def main() -> None:
    run_info(gather, {**POLICY_SPEC, **WAIT_SPEC, **NEXT_RUNS_SPEC})


if __name__ == "__main__":
    main()
