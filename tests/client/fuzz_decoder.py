# SPDX-License-Identifier: GPL-3.0-or-later
"""A coverage-guided fuzzer on everything that is done with an answer: ``python -m client.fuzz_decoder SECONDS``.

Needs ``atheris``, of which there are packages for some systems only; without it this says so and exits 78.
Whatever the bytes are, nothing but an EmError may come out.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import sys
import tempfile
import typing as t
from pathlib import Path

SKIPPED = 78
"""Not 77, which the library ends with when it has found something."""


def seeds(folder: Path) -> None:
    """Answers of every form to start from."""
    ref = {
        "Name": "srv01",
        "UID": "urn:veeam:BackupTaskSession:1",
        "Href": "https://em/api/backupTaskSessions/1",
        "Type": "Reference",
    }
    link = {"Rel": "Up", "Href": "https://em/api/backupServers/2", "Name": "vbr01", "Type": "BackupServerReference"}
    row = {
        **ref, "Links": [link], "CreationTimeUTC": "2026-01-05T20:02:31.84Z", "EndTimeUTC": None, "State": "Completed", "Result": "None",
        "TotalSize": 5, "VmUid": "urn:VMware:Vm:3.vm-1", "Days": ["Sunday"], "Schedule": {"Days": [{"Name": "Sunday", "Value": "1,1"}]},
    }  # fmt: skip
    page = {
        "Entities": {"Jobs": None, "BackupTaskSessions": {"BackupTaskSessions": [row]}},
        "PagingInfo": {"PageNum": 1, "PagesCount": 1},
    }
    answers = [
        json.dumps({"Refs": [ref, ref]}),
        json.dumps({"backupTaskSessions": [{key[0].lower() + key[1:]: value for key, value in row.items()}]}),
        json.dumps(page),
        json.dumps(page).replace("2026-01-05T20:02:31.84Z", "9999-12-31T23:59:59.9Z"),
        json.dumps({"Message": "Bad", "StatusCode": 400}),
        '<BackupTaskSessions xmlns="http://www.veeam.com/ent/v1.0"><BackupTaskSession Type="BackupTaskSession" Href="https://em/1" Name="a&amp;b" '
        'UID="urn:veeam:X:1"><Links><Link Rel="Up" Href="/x" Type="BackupServerReference" Name="v"/></Links><State>Completed</State><Reason />'
        "</BackupTaskSession></BackupTaskSessions>",
        '<QueryResult><Entities><Jobs><Job Name="a"><JobInfo><Includes><ObjectInJob/></Includes></JobInfo></Job></Jobs></Entities>'
        '<PagingInfo PageNum="1" PageSize="100" PagesCount="1"/></QueryResult>',
        "<!DOCTYPE html><html/>",
        '<?xml version="1.0" encoding="latin-1"?><Jobs/>',
        "<Error Message='Null' StatusCode='500'/>",
    ]
    for number, answer in enumerate(answers):
        (folder / f"seed{number}").write_text(answer, encoding="utf-8")


def main(seconds: int) -> int:
    if importlib.util.find_spec("atheris") is None:
        print("skipped: atheris is not installed")
        return SKIPPED
    atheris: t.Any = importlib.import_module("atheris")

    prefix = "ansible_collections.backup_ops.veeam_em.plugins.module_utils"
    with atheris.instrument_imports(include=[prefix, "xmltodict", "json"]):
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client import decoding, paging
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import EmError
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records import build, nodes, reports
        from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES

    resources = [
        RESOURCES[name] for name in ("backup_task_session", "backup_session", "job", "repository", "vm_restore_point")
    ]

    def records(row: nodes.Node) -> None:
        for resource in resources:
            with contextlib.suppress(EmError):
                json.dumps(build.build(resource, row, build.RecordOptions(True, True)), allow_nan=False).encode()

    def whole(body: bytes) -> None:
        document = decoding.decode(body)
        for name in reports.REPORTS:
            with contextlib.suppress(EmError):
                reports.read_report(name, document)
        records(document)
        rows = nodes.wrapped_rows(document)
        for row in rows:
            records(row)
        for order in (paging.TimeOrder("CreationTime", "creation_time", descending) for descending in (False, True)):
            with contextlib.suppress(EmError):
                cursor = paging.Cursor(order)
                cursor.take(rows)
                cursor.next_request(None)

    def streamed(body: bytes) -> None:
        middle = len(body) // 2
        decoding.stream([body[:middle], body[middle:]], records)

    def one_input(body: bytes) -> None:
        for read in (whole, streamed, decoding.error_message):
            with contextlib.suppress(EmError):
                read(body)

    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        # The library ends the process itself: with 0 when nothing was found.
        atheris.Setup(
            [sys.argv[0], f"-max_total_time={seconds}", f"-artifact_prefix={corpus}/", "-max_len=4096", corpus],
            one_input,
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
