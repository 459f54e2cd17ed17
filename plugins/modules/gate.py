#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Decide once for all hosts of a play whether their backups allow the maintenance
version_added: 0.1.0
description:
  - >-
    Asks Veeam Backup Enterprise Manager about the machines of all hosts of the play with M(backup_ops.veeam_em.protection_info), which it runs on
    the controller, writes the evidence, and stops the play unless every host may go on.
  - >-
    It is the code behind the role P(backup_ops.veeam_em.verify_backups#role), and that is how to use it: the role also gives each host its verdict
    as the fact C(veeam_em_protection), makes the groups C(veeam_gate_go) and C(veeam_gate_no_go), passes artifacts on when it is a no-go, and ends
    the play for the hosts that C(verify_backups_on_not_ok=exclude) leaves out. Called without a O(step) it does none of these.
  - >-
    What is asked and what follows is told by the variables C(verify_backups_*) of the role, not by options, since each host can have its own.
    They are read for every host with their templates filled in.
  - The options besides O(step) are those of the connection, so that C(module_defaults) of C(group/backup_ops.veeam_em.em) reach it.
  - The task needs C(run_once=true), takes no C(loop), and its play needs a strategy that runs in step, such as C(linear).
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  step:
    description:
      - What to do. The role and the playbooks use the parts, because Ansible makes groups and ends hosts in tasks of their own.
      - V(all) asks, shows what was found, and fails unless the play may go on.
      - V(begin) refuses a condition that what the gate brings would change, such as the groups.
      - V(ask) asks and writes the evidence, and never fails for what it finds.
      - V(group) makes the groups from O(answer), V(tell) shows it and fails when it says so.
      - V(window) looks whether there is any host in O(window).
    type: str
    choices: [all, begin, window, ask, group, tell]
    default: all
  answer:
    description: The registered result of an earlier task with V(ask) or V(window) as O(step).
    type: dict
  window:
    description: The pattern of hosts of a play that follows.
    type: str
seealso:
  - module: backup_ops.veeam_em.protection_info
"""

EXAMPLES = r"""
- name: Go on only when every host of the play has a good backup of the last day
  backup_ops.veeam_em.gate:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
  run_once: true
  register: gate
  vars:
    verify_backups_max_age: 24h
    verify_backups_change_number: CHG0012345

- name: Show the decision
  ansible.builtin.debug:
    msg: "{{ gate.msg }}"
  run_once: true
"""

RETURN = r"""
ok:
  description: Whether it is a go. With C(verify_backups_on_not_ok) other than V(fail) a play can go on without it.
  returned: when it asked
  type: bool
  sample: false
stop:
  description: Whether nothing may go on.
  returned: when it asked
  type: bool
  sample: true
msg:
  description: The decision in one line, with the worst machines and where the report is.
  returned: always
  type: str
  sample: "NO-GO: 1 of 3 machines is not ready (1 failed, 2 ok): db02 (failed). Report: /srv/evidence/backup-evidence_20260106T060000Z_0a1b2c3d.html."
text:
  description: Headline and table, as they are shown.
  returned: when it asked
  type: str
play:
  description: An id of the play, by which a later call knows the earlier ones of its play.
  returned: when it asked
  type: str
per_host:
  description: The verdict of each host. The role makes the fact C(veeam_em_protection) of it; its form is private.
  returned: when it asked
  type: str
go_hosts:
  description: The hosts that may go on, a line for each.
  returned: when it asked
  type: str
  sample: "web01\nweb02"
no_go_hosts:
  description: The hosts that may not go on, a line for each.
  returned: when it asked
  type: str
  sample: db02
excluded:
  description: The hosts whose play ends, a line for each.
  returned: when it asked
  type: str
  sample: db02
left_out:
  description: What is said about them.
  returned: when it asked
  type: str
each:
  description: Whether the role has to look at each host for those that it leaves out, now or in a batch to come.
  returned: when it asked
  type: bool
went:
  description: The hosts of the play that were let go so far, those of earlier batches among them, a line for each.
  returned: when it asked
  type: str
all_left_out:
  description: The same of those that were left out.
  returned: when it asked
  type: str
"""
