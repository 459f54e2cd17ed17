#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_info
short_description: Read the backup repositories from Veeam Backup Enterprise Manager
version_added: 0.1.0
description:
  - Reads the repositories of all backup servers with their capacity and free space in bytes.
  - A scale-out repository (RV(repositories[].kind) is V(Extendable)) and its extents are both listed. Don't add them up.
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
  kind:
    description:
      - Kinds of repositories as the server names them, such as V(WindowsLocal), V(LinuxLocal), V(Nfs) or V(Extendable).
      - The server can't filter by it, so all repositories are read. Can't be combined with O(uid).
    type: list
    elements: str
  free_space_min:
    description:
      - Only repositories with at least this many bytes free.
    type: int
  free_space_max:
    description:
      - Only repositories with at most this many bytes free. Those whose space is not known are left out.
    type: int
  free_percent_max:
    description:
      - Only repositories with at most this share of their capacity free, in percent.
      - Those without a capacity, such as object storage, are left out and named in RV(without_capacity).
    type: float
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [name, capacity, free_space, free_percent, backup_server_name]
    default: name
seealso:
  - module: backup_ops.veeam_em.backup_server_info
"""

EXAMPLES = r"""
- name: Read all repositories
  backup_ops.veeam_em.repository_info:
  delegate_to: localhost
  register: all

- name: Show the free space of those that have a limit
  ansible.builtin.debug:
    msg: "{{ item.backup_server_name }} {{ item.name }}: {{ item.free_space | ansible.builtin.human_readable }} free"
  loop: "{{ all.repositories | rejectattr('unlimited') }}"
  loop_control:
    label: "{{ item.uid }}"

- name: Stop when a repository has less than 100 GiB free
  backup_ops.veeam_em.repository_info:
    free_space_max: 107374182400
  delegate_to: localhost
  register: full
  failed_when: full.count > 0

- name: Read the repositories of one backup server, the fullest first
  backup_ops.veeam_em.repository_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    backup_server_name: [vbr01.example.test]
    sort_by: free_space
  delegate_to: localhost

- name: Read the scale-out repositories
  backup_ops.veeam_em.repository_info:
    kind: [Extendable]
  delegate_to: localhost
"""

RETURN = r"""
repositories:
  description: The repositories, sorted by O(sort_by), then by UID.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the repository.
      type: str
      sample: "Default Backup Repository"
    uid:
      description: UID of the repository.
      type: str
      sample: "urn:veeam:Repository:99999999-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the repository.
      type: str
      sample: "99999999-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the repository at the server.
      type: str
      sample: "/api/repositories/99999999-aaaa-4bbb-8ccc-000000000001"
    capacity:
      description: Size in bytes; null when the server does not know it, as for object storage.
      type: int
      sample: 54975581388800
    free_space:
      description: Free space in bytes; null when the server does not know it.
      type: int
      sample: 10995116277760
    used_space:
      description: Used space in bytes; null when the server does not know it.
      type: int
      sample: 43980465111040
    free_percent:
      description: Free space in percent, to one decimal; null when the server does not know it.
      type: float
      sample: 20.0
    unlimited:
      description: Whether the repository has no known capacity.
      type: bool
      sample: false
    kind:
      description: Kind as the server names it; null on servers before 9.5 Update 4.
      type: str
      sample: WindowsLocal
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
without_capacity:
  description: Names of the repositories that were left out because they tell no capacity or free space, sorted.
  returned: when O(free_space_max) or O(free_percent_max) is given
  type: list
  elements: str
  sample: [Object storage]
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
from ..module_utils._info.resource import gather_repositories
from ..module_utils._module import run_info

SORT_KEYS = (
    "name",
    "capacity",
    "free_space",
    "free_percent",
    "backup_server_name",
)


def main() -> None:
    run_info(
        gather_repositories,
        {
            **select_spec(SORT_KEYS),
            "backup_server_name": {"type": "list", "elements": "str"},
            "backup_server_uid": {"type": "list", "elements": "str"},
            "kind": {"type": "list", "elements": "str"},
            "free_space_min": {"type": "int"},
            "free_space_max": {"type": "int"},
            "free_percent_max": {"type": "float"},
        },
        mutually_exclusive=[("uid", "kind")],
    )


if __name__ == "__main__":
    main()
