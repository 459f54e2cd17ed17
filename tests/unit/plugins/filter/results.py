# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented results of protection_info, with texts that want to be more than text."""

from __future__ import annotations

import typing as t

CHECKED_AT = "2026-01-06T05:50:00Z"

HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "{{ lookup('pipe', 'id') }}",
    "{% raw %}",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    'Büro "Nord"; Test, 1',
    "O'Brien & Söhne",
    "back\\slash 01",
    "line one\nline two\r\n| x |",
    "]]> <b>bold</b> &amp; <!-- x -->",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe",
    "half a pair \ud800",
    "数据库-01",
    '" onmouseover="alert(1)',
    "a|b `c` [x](http://evil.example.test) **d** _e_",
    "</style><style>*{display:none}",
)


def attempt(result: str | None, time: str = "2026-01-05T20:02:31Z", **more: t.Any) -> dict[str, t.Any]:
    return {
        "creation_time": time,
        "end_time": None if result is None else time.replace("20:02", "20:13"),
        "result": result,
        "running": result is None,
        "job_name": "Daily VMs",
        "job_type": "Backup",
        "task_session_uid": "urn:veeam:BackupTaskSession:66666666-aaaa-4bbb-8ccc-000000000001",
        **more,
    }


def good(**more: t.Any) -> dict[str, t.Any]:
    return {
        **attempt("Success"),
        "age_seconds": 35249,
        "backup_server_name": "vbr01.example.test",
        "vm_restore_point_uid": "urn:veeam:VmRestorePoint:77777777-aaaa-4bbb-8ccc-000000000001",
        **more,
    }


def machine(name: str, verdict: str = "ok", **more: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "verdict": verdict,
        "underlying_verdict": verdict,
        "reasons": [],
        "message": "9 h 47 min old backup by Daily VMs (vbr01.example.test).",
        "matched_by": "exact",
        "vm_uid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042",
        "max_age": "24h",
        "max_age_seconds": 86400,
        "needed_at": CHECKED_AT,
        "last_good": good(),
        "last_attempt": good(reason=None),
        "running": [],
        "waivers": [],
        "data_as_of": "2026-01-06T05:45:00Z",
        **more,
    }


def result(*machines: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    counts: dict[str, int] = {}
    for each in machines:
        counts[each["verdict"]] = counts.get(each["verdict"], 0) + 1
    return {
        "changed": False,
        "failed": False,
        "machines": list(machines),
        "summary": {**counts, "total": len(machines)},
        "ok": all(each["verdict"] in ("ok", "waived") for each in machines),
        "msg": "as asked",
        "em_host": "em01.example.test",
        "checked_at": CHECKED_AT,
        "data_as_of": "2026-01-06T05:45:00Z",
        "unused_waivers": [],
        "request_count": 7,
        **more,
    }


EVERY_VERDICT = result(
    machine("web02"),
    machine("web01"),
    machine("old01", "waived", underlying_verdict="stale", reasons=["age_over_limit"], message="Waived until 2026-02-01."),
    machine("mail01", "running", reasons=["backup_running"], message="Daily VMs is currently backing it up."),
    machine("twin01", "unknown", reasons=["ambiguous_name"], message="The name matches two machines.", last_good=None, last_attempt=None),
    machine("legacy01", "unprotected", reasons=["no_backup_found"], message="No backup.", last_good=None, last_attempt=None),
    machine("file01", "stale", reasons=["age_over_limit"], message="Too old.", last_good=good(age_seconds=144000)),
    machine(
        "db02",
        "failed",
        reasons=["last_attempt_failed", "age_over_limit"],
        message="The last attempt failed.",
        last_attempt=good(result="Failed", reason="No space: 5 < 6"),
    ),
)  # fmt: skip


def hostile() -> dict[str, t.Any]:
    """Every text of the result is hostile somewhere."""
    machines = []
    for number, text in enumerate(HOSTILE):
        verdict = ("ok", "failed", "unknown", "waived")[number % 4]
        server = good(job_name=text, backup_server_name=text, reason=f"As {text}", result=text)
        attempts = [attempt("Failed", job_name=text), attempt(text, "2026-01-04T20:02:31Z")]
        machines.append(
            machine(
                f"{text}",
                verdict,
                message=text,
                reasons=[text],
                last_good=server,
                last_attempt=server,
                history=attempts,
                matched_by=text,
            )
        )
    return result(*machines, unused_waivers=[{"machine": text, "reason_code": text, "why": text} for text in HOSTILE])
