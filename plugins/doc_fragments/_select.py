# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The selection options that the info modules share. Private to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    ROWS = r"""
options:
  name:
    description:
      - Names. Any character may occur. Hundreds of names become few requests.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  name_match:
    description:
      - How names of machines, jobs, backup servers and other things are compared. A name that matches exactly selects only that.
      - Other spellings are tried only for a name that matches no row exactly, and the first of these ways that finds any decides.
        RV(matched_names) says which.
      - V(ignore_case) compares without regard to case. V(short_name) also without regard to the domain, if only one of the two names has a domain.
      - A name that matches nothing in any of these ways is in RV(unmatched_names), and a warning suggests the nearest names.
      - Where no option says how far back, names of machines and jobs are looked for in the last 30 days.
    type: list
    elements: str
    choices: [exact, ignore_case, short_name]
    default: [exact, ignore_case, short_name]
  filter:
    description:
      - A filter expression in the language of Enterprise Manager, which must hold besides all other options.
      - C(;) means and, C(,) means or; text stands in double quotes.
    type: str
  descending:
    description:
      - Whether the largest value of O(sort_by) comes first.
    type: bool
    default: false
  limit:
    description:
      - Return at most this many, the first ones of the list that O(sort_by) gives.
    type: int
  include_links:
    description:
      - Whether each record carries its links in C(links).
    type: bool
    default: false
  include_raw:
    description:
      - Whether each record carries what the server sent in C(raw). Its form depends on server version and format.
    type: bool
    default: false
"""

    DOCUMENTATION = r"""
options:
  uid:
    description:
      - UID of one of them, as URN or as bare GUID. It is read from the detail endpoint.
      - An unknown UID gives an empty list, not a failure.
      - Can't be combined with filters.
    type: str
seealso:
  - name: Query service of the Enterprise Manager REST API
    description: The filter language and the fields of each type.
    link: https://helpcenter.veeam.com/docs/vbr/em_rest/query_service.html
"""

    SERVER = r"""
options:
  backup_server_name:
    description:
      - Names of backup servers as Enterprise Manager shows them.
      - Write a list even for one name, because Ansible splits plain text at commas.
    type: list
    elements: str
  backup_server_uid:
    description:
      - UIDs of backup servers, as URN or as bare GUID.
    type: list
    elements: str
"""
