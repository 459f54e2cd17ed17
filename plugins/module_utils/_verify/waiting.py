# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``protection_info`` does: the answer, at once or when nothing runs on the machines any more. Private to the collection.

All of the waiting happens in one logon session: asking every half minute keeps it alive.
"""

from __future__ import annotations

import datetime as dt
import time
import typing as t
from pathlib import Path

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError, first_of
from .._protection import codes
from .._protection.policy import read_policy
from .._protection.result import warnings_of
from .._times import UTC, parse_age, span
from .next_runs import add_next_runs
from .verify import verify

WAIT_SPEC: dict[str, dict[str, t.Any]] = {"wait_running": {"type": "str"}, "progress_file": {"type": "path"}}

PAUSE = 30.0
SAY_EVERY = 60.0
_MOST = 5

Result = t.Dict[str, t.Any]


def gather(client: EnterpriseManagerClient, params: dict[str, t.Any]) -> Result:
    """The result of the module; bad options are refused before any request."""
    limit = parse_age(params["wait_running"], "wait_running") if params["wait_running"] else dt.timedelta()

    def ask() -> Result:
        policy = read_policy(params, dt.datetime.now(UTC))
        result = {**verify(client, policy), "em_host": params["host"]}
        warnings = warnings_of(result, policy)
        return {**result, "warnings": warnings} if warnings else result

    def say(sentence: str) -> None:
        if params["progress_file"]:
            try:
                with Path(params["progress_file"]).open("a", encoding="utf-8") as file:
                    file.write(f"{sentence}\n")
            except OSError as error:
                raise SettingsError(f"progress_file can't be written: {error.strerror}") from error

    result = answer_when_idle(ask, limit, sleep=time.sleep, monotonic=time.monotonic, say=say)
    if params["next_runs"]:
        add_next_runs(client, result)
    return result


def answer_when_idle(
    ask: t.Callable[[], Result],
    limit: dt.timedelta,
    *,
    sleep: t.Callable[[float], None],
    monotonic: t.Callable[[], float],
    say: t.Callable[[str], None],
) -> Result:
    """The first answer without a running machine, or the one at the end of the time, which begins with the first answer."""
    begun = said = None
    while True:
        result = ask()
        now = monotonic()
        begun = now if begun is None else begun
        end = begun + limit.total_seconds()
        busy = [machine["name"] for machine in result["machines"] if machine["verdict"] == codes.RUNNING]
        if not busy or now >= end:
            return result
        if said is None or now - said >= SAY_EVERY:
            said = now
            say(_sentence(busy, now - begun, limit))
        sleep(min(PAUSE, end - now))


def _sentence(busy: list[str], waited: float, limit: dt.timedelta) -> str:
    return f"Waiting for the work on {first_of(busy, _MOST)} to end: {int(waited // 60)} min so far, at most {span(limit.total_seconds())}."
