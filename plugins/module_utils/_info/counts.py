# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many of the records returned have which status, server or job, so that a play decides without filters. Pure."""

from __future__ import annotations

import collections
import typing as t

from .._records.build import Record
from .._records.derived import STATUSES

_STATUS = "status"
_COUNTED = (_STATUS, "kind", "backup_server_name", "job_name")


def counts_of(records: t.Sequence[Record], keys: t.Container[str]) -> dict[str, dict[str, int]]:
    """For each of ``status``, ``kind``, ``backup_server_name`` and ``job_name`` that such records have (``keys``): how many have which value.

    The most frequent value comes first. Records without one are counted under ``none``, so all counts of a key add up to the number
    of records. Every status is there, also with 0.
    """
    return {key: _counted(records, key) for key in _COUNTED if key in keys}


def _counted(records: t.Sequence[Record], key: str) -> dict[str, int]:
    found = collections.Counter(sorted(str(record.get(key) or "none") for record in records))
    if key == _STATUS:
        return {status: found[status] for status in STATUSES}
    return dict(found.most_common())
