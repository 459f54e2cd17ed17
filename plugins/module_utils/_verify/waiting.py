# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until nothing runs on the machines any more, and then the answer. Private to the collection.

All of it happens in one logon session: asking every half minute keeps it alive.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from .._protection import codes

PAUSE = 30.0
SAY_EVERY = 60.0
_MOST = 5

Result = t.Dict[str, t.Any]


def answer_when_idle(
    ask: t.Callable[[], Result],
    limit: dt.timedelta,
    *,
    sleep: t.Callable[[float], None],
    monotonic: t.Callable[[], float],
    say: t.Callable[[str], None],
) -> Result:
    """The first answer without a running machine, or the one at the end of the time."""
    begun = monotonic()
    end = begun + limit.total_seconds()
    said: float | None = None
    while True:
        result = ask()
        now = monotonic()
        busy = [machine["name"] for machine in result["machines"] if machine["verdict"] == codes.RUNNING]
        if not busy or now >= end:
            return result
        if said is None or now - said >= SAY_EVERY:
            said = now
            say(_sentence(busy, now - begun, limit))
        sleep(min(PAUSE, end - now))


def _sentence(busy: list[str], waited: float, limit: dt.timedelta) -> str:
    listed = ", ".join(busy[:_MOST]) + (f" and {len(busy) - _MOST} more" if len(busy) > _MOST else "")
    return f"Waiting for the work on {listed} to end, since {int(waited // 60)} min, at most {limit}."
