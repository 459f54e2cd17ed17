#!/usr/bin/python
# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_server_info
short_description: Read the backup servers that Veeam Backup Enterprise Manager knows
version_added: 0.1.0
description:
  - Reads the backup servers whose data Enterprise Manager collects, with their versions.
  - The account needs the Enterprise Manager role Portal User or Portal Administrator.
author:
  - backup_ops.veeam_em contributors (@backup-ops)
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._select
  - backup_ops.veeam_em._select.rows
  - backup_ops.veeam_em._attributes.info_module
  - backup_ops.veeam_em._attributes.actiongroup_em
options:
  version:
    description:
      - Exact versions, such as V(12.3.2.4465).
    type: list
    elements: str
  sort_by:
    description:
      - Key that the result is sorted by. Records without a value come last.
    type: str
    choices: [name, version, port]
    default: name
seealso:
  - module: backup_ops.veeam_em.repository_info
  - module: backup_ops.veeam_em.job_info
"""

EXAMPLES = r"""
- name: Read all backup servers, with the connection from VEEAM_EM_* variables
  backup_ops.veeam_em.backup_server_info:
  delegate_to: localhost
  register: servers

- name: Stop when a backup server is older than version 12
  ansible.builtin.assert:
    that: item.version is version('12', '>=')
    fail_msg: "{{ item.name }} still has version {{ item.version }}."
  loop: "{{ servers.backup_servers }}"
  loop_control:
    label: "{{ item.name }}"

- name: Read one backup server by its name
  backup_ops.veeam_em.backup_server_info:
    host: em01.example.test
    username: EXAMPLE\svc-ansible
    password: "{{ em_password }}"
    name: [vbr01.example.test]
  delegate_to: localhost

- name: Read one backup server by its UID
  backup_ops.veeam_em.backup_server_info:
    uid: "{{ servers.backup_servers[0].uid }}"
  delegate_to: localhost

- name: Read the servers that still listen on the old port
  backup_ops.veeam_em.backup_server_info:
    filter: Port==9392
    sort_by: version
    descending: true
  delegate_to: localhost
"""

RETURN = r"""
backup_servers:
  description: The backup servers, sorted by O(sort_by), then by UID.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the backup server.
      type: str
      sample: "vbr01.example.test"
    uid:
      description: UID of the backup server.
      type: str
      sample: "urn:veeam:BackupServer:22222222-aaaa-4bbb-8ccc-000000000001"
    id:
      description: Bare GUID of the backup server.
      type: str
      sample: "22222222-aaaa-4bbb-8ccc-000000000001"
    href:
      description: Path of the backup server at the server.
      type: str
      sample: "/api/backupServers/22222222-aaaa-4bbb-8ccc-000000000001"
    description:
      description: Description, null if there is none.
      type: str
      sample: Main site
    port:
      description: Port of the backup service.
      type: int
      sample: 9392
    version:
      description: Version of the backup server.
      type: str
      sample: 12.3.2.4465
    wcf_port:
      description: Port of its internal interface; null on servers before version 12.
      type: int
      sample: 9405
    vbr_certificate_thumbprint:
      description: Thumbprint of its certificate; null on servers before version 12.
      type: str
      sample: "0123456789ABCDEF0123456789ABCDEF01234567"
    backup_server_name:
      description: Same as RV(backup_servers[].name), for records of all kinds alike.
      type: str
      sample: vbr01.example.test
    backup_server_uid:
      description: Same as RV(backup_servers[].uid), for records of all kinds alike.
      type: str
      sample: "urn:veeam:BackupServer:22222222-aaaa-4bbb-8ccc-000000000001"
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
from ..module_utils._info.resource import gather
from ..module_utils._module import run_info

SORT_KEYS = (
    "name",
    "version",
    "port",
)


def main() -> None:
    run_info(
        lambda client, params: gather("backup_server", client, params),
        {**select_spec(SORT_KEYS), "version": {"type": "list", "elements": "str"}},
    )


if __name__ == "__main__":
    main()
