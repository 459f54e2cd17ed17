# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The selection options that the session modules share, besides those of ``_select``. Private to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - V(query) asks the query service with the filters and reads it to its end.
      - V(list) reads the plain collection, which holds the sessions of the last 30 days and takes no filters.
    type: str
    choices: [query, list]
    default: query
  representation:
    description:
      - V(entity) gives whole records.
      - V(reference) gives name, UID, address and what links tell, which is faster on large servers; everything else is null.
      - References are read by page number. A row can be missed when others are deleted on the server in the meantime.
      - With O(endpoint=list) references can be sorted by name only, and O(limit) and O(descending) need O(sort_by=name).
      - Else only the server can sort references. So O(limit) is refused when filters are too long for one request; without it, the answers follow each other.
      - Names are compared again here, since some servers ignore case. References do not carry every name; for those, what the server matched counts.
    type: str
    choices: [entity, reference]
    default: entity
  job_name:
    description:
      - Names of jobs. Any character may occur.
      - Write a list even for one name, because Ansible splits plain text at commas.
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
  running:
    description:
      - Only sessions that run, or only those that have ended, whatever their states are called.
      - Can't be combined with O(representation=reference), as references do not tell.
    type: bool
  created_after:
    description:
      - Only sessions that started at this time or later.
      - ISO 8601 (without a zone it is UTC), a date, or an age such as V(36h), V(7d) or V(1d12h).
      - A bare date means 00:00 UTC on that day. Times are compared in whole seconds, and both ends are included.
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
"""
