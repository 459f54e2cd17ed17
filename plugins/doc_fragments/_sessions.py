# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The selection options that the session modules share. Private to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  uid:
    description:
      - UID of one session, as URN or as bare GUID. It is read from the detail endpoint.
      - An unknown UID gives an empty list, not a failure.
      - Can't be combined with filters.
    type: str
  endpoint:
    description:
      - V(query) asks the query service with the filters below and reads it to its end.
      - V(list) reads the plain collection, which holds the sessions of the last 30 days and takes no filters.
    type: str
    choices: [query, list]
    default: query
  representation:
    description:
      - V(entity) gives whole records. V(reference) gives name, UID, address and links only, which is faster on large servers.
    type: str
    choices: [entity, reference]
    default: entity
  name:
    description:
      - Names of sessions, such as C(Daily VMs@2026-01-05 20:00:07). Upper and lower case matter.
    type: list
    elements: str
  job_name:
    description:
      - Names of jobs. Upper and lower case matter, any character may occur.
    type: list
    elements: str
  job_uid:
    description:
      - UIDs of jobs, as URN or as bare GUID.
    type: list
    elements: str
  result:
    description:
      - Results. A session that is still running has none.
    type: list
    elements: str
    choices: [Success, Warning, Failed]
  backup_server_name:
    description:
      - Names of backup servers as Enterprise Manager shows them.
    type: list
    elements: str
  backup_server_uid:
    description:
      - UIDs of backup servers, as URN or as bare GUID.
    type: list
    elements: str
  created_after:
    description:
      - Only sessions that started at this time or later.
      - ISO 8601 (without a zone it is UTC), a date, or an age such as V(36h), V(7d) or V(1d12h).
    type: str
  created_before:
    description:
      - Only sessions that started at this time or earlier, written like O(created_after).
    type: str
  ended_after:
    description:
      - Only sessions that ended at this time or later, written like O(created_after). Running sessions have no end.
    type: str
  ended_before:
    description:
      - Only sessions that ended at this time or earlier, written like O(created_after).
    type: str
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
      - Return at most this many sessions, the first ones in the order of O(sort_by).
    type: int
  include_links:
    description:
      - Whether each session carries its links in C(links).
    type: bool
    default: false
  include_raw:
    description:
      - Whether each session carries what the server sent in C(raw). Its form depends on server version and format.
    type: bool
    default: false
seealso:
  - name: Query service of the Enterprise Manager REST API
    description: The filter language and the fields of each type.
    link: https://helpcenter.veeam.com/docs/vbr/em_rest/query_service.html
"""
