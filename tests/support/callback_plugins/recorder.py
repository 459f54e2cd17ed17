# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task's result, whole, as lines of JSON, so that tests look at results and never at what is printed."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorder
type: notification
short_description: Records results for tests
description:
  - Writes every task's result as a line of JSON to the file that the environment variable SUPPORT_RECORD_FILE names.
"""


def _plain(value: t.Any) -> t.Any:
    """Only JSON's own types, whatever an ansible-core uses to mark text."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, **record: t.Any) -> None:
        with open(os.environ["SUPPORT_RECORD_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps(_plain(record)) + "\n")

    def _record(self, status: str, result: t.Any) -> None:
        public = hasattr(result, "task")  # ansible-core 2.19 and newer
        task = result.task if public else result._task
        self._write(
            kind="result",
            status=status,
            host=(result.host if public else result._host).get_name(),
            task=task.get_name(),
            action=task.action,
            result=result.result if public else result._result,
        )

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._record("unreachable", result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        hosts = {host: stats.summarize(host) for host in stats.processed}
        self._write(kind="stats", hosts=hosts, custom=getattr(stats, "custom", {}))
