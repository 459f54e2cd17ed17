#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor
short_description: Check the connection to Veeam Backup Enterprise Manager, and what the account and the server can do
version_added: 0.1.0
description:
  - Checks name resolution, port, proxy, certificate, logon, API versions, clocks, age of the data, what the account may read and what depends
    on it, hypervisor lookups, paging, filters, and questions about the server that no documentation answers.
  - It reads only. It logs on once, logs off, and sends about 40 requests, at most 60, whatever the size of the site.
  - The task fails when a check has failed, and returns the checklist all the same.
  - The playbook C(backup_ops.veeam_em.doctor) shows the checklist and writes the support bundle to a file.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  bundle:
    description:
      - Also return RV(bundle), a support bundle that can be attached to an issue. It has the shapes of the server's answers without their content.
        Names, addresses, ids, times and numbers are replaced consistently by stand-ins of the same form, and free text is dropped.
      - Read it before you give it away. It is small enough for that.
    type: bool
    default: false
seealso:
  - module: backup_ops.veeam_em.backup_server_info
  - module: backup_ops.veeam_em.protection_info
"""

EXAMPLES = r"""
- name: Check the connection, with everything from VEEAM_EM_* variables
  backup_ops.veeam_em.doctor:
  delegate_to: localhost
  register: examination

- name: Show the checklist, worst first
  ansible.builtin.debug:
    var: examination.checklist

- name: Check a server with a certificate of its own, and make a support bundle
  backup_ops.veeam_em.doctor:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    ca_fingerprint: "{{ em_fingerprint }}"
    bundle: true
  delegate_to: localhost
  register: examination

- name: Write the bundle to a file
  ansible.builtin.copy:
    content: "{{ examination.bundle | to_nice_json(indent=1, sort_keys=false) }}"
    dest: em-bundle.json
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
ok:
  description: Whether no check has failed. There may be warnings.
  returned: when the options could be used
  type: bool
  sample: true
checks:
  description: What was checked, worst first.
  returned: when the options could be used
  type: list
  elements: dict
  contains:
    check:
      description:
        - >-
          V(name), V(port), V(proxy), V(tls), V(logon), V(version), V(rights), V(clock), V(backup_servers), V(data_age), V(paging),
          V(lookup), V(filter_case), V(filter_reference), V(filter_fields) or V(server). One check can have several entries.
      type: str
      sample: tls
    status:
      description: V(failed), V(warning), V(skipped) or V(ok).
      type: str
      sample: ok
    message:
      description: What was found.
      type: str
      sample: filters compare names with regard to case
    advice:
      description: What to do about it, null if nothing.
      type: str
      sample: check host and port (9398 by default) and any firewall in between
    details:
      description: >-
        Facts for programs, such as C(fingerprint), C(names) and C(not_after) of V(tls), or C(skew_seconds) of V(clock).
      type: dict
      sample: {skew_seconds: 0}
checklist:
  description: The same as lines for people.
  returned: when the options could be used
  type: list
  elements: str
  sample: ["OK       port               Em01.example.test port 9398 accepts connections."]
summary:
  description: How many checks have which status.
  returned: when the options could be used
  type: dict
  contains:
    failed:
      description: Checks that have failed.
      type: int
      sample: 0
    warning:
      description: Checks with a warning.
      type: int
      sample: 1
    skipped:
      description: Checks that could not be made.
      type: int
      sample: 0
    ok:
      description: Checks that are ok.
      type: int
      sample: 15
    total:
      description: All checks.
      type: int
      sample: 16
questions:
  description: How this server answers questions that its documentation leaves open.
  returned: when the options could be used
  type: list
  elements: dict
  contains:
    number:
      description: Number of the question.
      type: int
      sample: 9
    question:
      description: The question.
      type: str
      sample: Do filters compare names with regard to case?
    answer:
      description: The answer.
      type: str
      sample: "yes"
bundle:
  description: The support bundle.
  returned: when O(bundle=true)
  type: dict
  contains:
    format:
      description: Version of this structure.
      type: int
      sample: 1
    collection:
      description: Version of the collection.
      type: str
      sample: 0.1.0
    answers:
      description: The exchanges in their order, each with C(method), C(target), C(status), C(headers), C(bytes), C(decoded) and C(body).
      type: list
      elements: dict
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
msg:
  description: One sentence on all checks, or the worst one when it has failed.
  returned: always
  type: str
  sample: 15 of 16 checks are ok, 1 warning.
"""

from ..module_utils._info.doctor.examine import Doctor
from ..module_utils._module import run_info


def main() -> None:
    doctor = Doctor()
    run_info(doctor.examine, {"bundle": {"type": "bool", "default": False}}, connect=doctor.transport)


if __name__ == "__main__":
    main()
