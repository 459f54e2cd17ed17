# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads parts of a query side by side, each page after page. Private to the collection."""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t

from .._records.nodes import Node
from .filters import FilterExpr
from .paging import Fetch, Page, PageRequest, TimeOrder, by_time

_HEAD_START = 0.002
"""Seconds in which a request can leave. Threads take turns every 5 ms only: without it, the records of a page would be made first.

Measured on one core, 10,000 rows at 100 ms a page: 2.65 s, without the head start 2.85 s, without reading ahead at all 2.98 s.
"""


def side_by_side(
    fetch: Fetch,
    parts: t.Sequence[FilterExpr | None],
    order: TimeOrder,
    first: Page,
    take: t.Callable[[list[Node]], None],
) -> None:
    """Hands the rows of every part to ``take``, from several threads; ``first`` is the first page of the first part.

    Records are made of one page while the server works on the next. Raises what the first failing part raises, after all have ended.
    """
    failed = threading.Event()
    readers = concurrent.futures.ThreadPoolExecutor(len(parts))
    fetchers = concurrent.futures.ThreadPoolExecutor(len(parts))

    def start(fetch: Fetch, ask: PageRequest) -> t.Callable[[], Page]:
        future = fetchers.submit(fetch, ask)
        if len(parts) == 1:
            # Of several readers, another one is busy while this one waits.
            concurrent.futures.wait([future], _HEAD_START)
        return future.result

    def read(number: int) -> None:
        try:
            for rows in by_time(fetch, parts[number], order, first if number == 0 else None, start):
                take(rows)
                if failed.is_set():
                    return
        except BaseException:
            failed.set()
            raise

    with fetchers, readers:
        for _done in readers.map(read, range(len(parts))):
            pass
