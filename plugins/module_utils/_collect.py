# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gathering records: no duplicates, a stable order, and the cut at a limit. Private to the collection."""

from __future__ import annotations

import dataclasses
import threading
import typing as t

from ._codec import Node
from ._records import Record, RecordOptions, build
from ._resources import Resource


@dataclasses.dataclass(frozen=True)
class Order:
    """How results are sorted: a record key and the filter field that goes with it."""

    key: str
    field: str
    descending: bool = False


@dataclasses.dataclass(frozen=True)
class Result:
    """Sorted records; ``truncated`` is true only when a limit left some out."""

    records: list[Record]
    truncated: bool = False


class Collector:
    """Records of one resource, each UID once. Safe for several threads."""

    def __init__(self, resource: Resource, keep: t.Callable[[Record], bool] | None, options: RecordOptions) -> None:
        self._resource = resource
        self._keep = keep
        self._options = options
        self._lock = threading.Lock()
        self._records: dict[t.Any, Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def add(self, rows: list[Node]) -> None:
        """Rows of a page; of rows with one UID the first one stays."""
        fresh = [build(self._resource, row, self._options) for row in rows]
        with self._lock:
            for record in fresh:
                if self._keep is None or self._keep(record):
                    # Things without a UID, such as objects in a job, are never the same.
                    self._records.setdefault(record["uid"] or object(), record)

    def merge(self, other: Collector) -> None:
        """What another collector of the same resource found."""
        self._records = {**other._records, **self._records}

    def result(self, order: Order | None, limit: int | None, complete: bool = True) -> Result:
        """Everything found, sorted by ``order`` (default: the time if there is one, else the name), then by UID."""
        key = order.key if order else (self._resource.time_key if self._resource.time_field else "name")
        records = sorted(self._records.values(), key=lambda record: record["uid"] or "")
        known = [record for record in records if record.get(key) is not None]
        known.sort(key=lambda record: _sortable(record[key]), reverse=bool(order and order.descending))
        records = known + [record for record in records if record.get(key) is None]
        if limit is not None and len(records) > limit:
            return Result(records[:limit], True)
        return Result(records, not complete)


def _sortable(value: t.Any) -> tuple[int, t.Any]:
    """Numbers before text, so that a field of mixed types has an order too."""
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))
