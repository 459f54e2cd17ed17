# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gathering records: no duplicates, a stable order, and the cut at a limit. Private to the collection."""

from __future__ import annotations

import dataclasses
import threading
import typing as t

from ._nodes import Node
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

    def merged(self, other: Result, order: Order, limit: int | None) -> Result:
        """Both together, sorted and cut again; for records that can't be the same."""
        return cut(in_order([*self.records, *other.records], order), limit, not (self.truncated or other.truncated))


def in_order(records: t.Iterable[Record], order: Order) -> list[Record]:
    """Sorted by the key of ``order``, those without a value last, then by UID."""
    found = sorted(records, key=lambda record: record["uid"] or "")
    known = [record for record in found if record.get(order.key) is not None]
    known.sort(key=lambda record: _sortable(record[order.key]), reverse=order.descending)
    return known + [record for record in found if record.get(order.key) is None]


def cut(records: list[Record], limit: int | None, complete: bool) -> Result:
    """At most ``limit`` records; ``complete`` says whether they were all that match."""
    if limit is not None and len(records) > limit:
        return Result(records[:limit], True)
    return Result(records, not complete)


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
        for uid, record in other._records.items():
            self._records.setdefault(uid, record)

    def result(self, order: Order | None, limit: int | None, complete: bool = True) -> Result:
        """Everything found, sorted by ``order`` (default: the time if there is one, else the name), then by UID.

        References tell no more than a name: in any other order they stay as they came.
        """
        resource = self._resource
        order = order or Order(resource.time_key if resource.time_field else "name", "")
        records = list(self._records.values())
        if any(record.get(order.key) is not None for record in records):
            records = in_order(records, order)
        return cut(records, limit, complete)


def _sortable(value: t.Any) -> tuple[int, t.Any]:
    """Numbers before text, so that a field of mixed types has an order too."""
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))
