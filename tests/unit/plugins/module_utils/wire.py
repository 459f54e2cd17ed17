# SPDX-License-Identifier: GPL-3.0-or-later
"""Small answers in every form that servers give them, written from one description."""

from __future__ import annotations

import json
import re
import typing as t
from xml.sax.saxutils import escape, quoteattr

BASE = "https://em01.example.test:9398/api"
NAMESPACE = 'xmlns="http://www.veeam.com/ent/v1.0" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
ATTRIBUTES = ("Type", "Href", "Name", "UID", "VmDisplayName", "Enabled")
GUID = "44444444-aaaa-4bbb-8ccc-000000000001"

Thing = t.Dict[str, t.Any]


def link(rel: str, path: str, kind: str | None, name: str | None = None) -> Thing:
    return {"Rel": rel, "Href": BASE + path, "Name": name, "Type": kind}


def camel(name: str) -> str:
    """As v13 writes keys: the leading capitals become small, but for the last one before a small letter."""
    return re.sub(
        r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z](?=[a-z])|^[A-Z]+$|^[A-Z]+(?=[a-z])", lambda m: m.group().lower(), name, count=1
    )


def as_json(value: t.Any, *, v13: bool = False) -> t.Any:
    if isinstance(value, dict):
        return {camel(key) if v13 else key: as_json(item, v13=v13) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item, v13=v13) for item in value]
    return value


def json_list(plural: str, things: list[Thing], *, v13: bool = False) -> bytes:
    return json.dumps(as_json({plural: things}, v13=v13), ensure_ascii=False).encode()


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def element(name: str, thing: t.Any) -> str:
    if thing is None:
        return ""
    if isinstance(thing, list):
        return "".join(element(name, item) for item in thing)
    if not isinstance(thing, dict):
        return f"<{name}>{escape(_text(thing))}</{name}>" if thing != "" else f"<{name} />"
    attributes = "".join(f" {key}={quoteattr(_text(thing[key]))}" for key in ATTRIBUTES if thing.get(key) is not None)
    links = "".join(
        "<Link" + "".join(f" {key}={quoteattr(value)}" for key, value in each.items() if value is not None) + " />"
        for each in thing.get("Links") or []
    )
    inner = f"\n  <Links>{links}</Links>" if links else ""
    for key, value in thing.items():
        if key not in (*ATTRIBUTES, "Links"):
            inner += "\n  " + element(key, value)
    return f"<{name}{attributes}>{inner}\n</{name}>"


def xml_list(root: str, name: str, things: list[Thing]) -> bytes:
    inner = "\n".join(element(name, thing) for thing in things)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {NAMESPACE}>{inner}</{root}>'.encode()


def task(number: int = 1, **changes: t.Any) -> Thing:
    guid = f"66666666-aaaa-4bbb-8ccc-{number:012d}"
    name = "srv01@2026-01-05 20:02:31"
    return {
        "JobSessionUid": f"urn:veeam:BackupJobSession:{GUID}",
        "CreationTimeUTC": "2026-01-05T20:02:31Z",
        "EndTimeUTC": "2026-01-05T20:13:09Z",
        "State": "Completed",
        "Result": "Success",
        "Reason": "",
        "TotalSize": 64424509440,
        "VmUid": "urn:VMware:Vm:33333333-aaaa-4bbb-8ccc-000000000001.vm-1042",
        "VmDisplayName": "srv01",
        "Name": name,
        "UID": f"urn:veeam:BackupTaskSession:{guid}",
        "Links": [
            link(
                "Up",
                "/backupServers/22222222-aaaa-4bbb-8ccc-000000000001",
                "BackupServerReference",
                "vbr01.example.test",
            ),
            link("Up", f"/backupSessions/{GUID}", "BackupJobSessionReference", "Daily VMs@2026-01-05 20:00:07"),
            link("Alternate", f"/backupTaskSessions/{guid}", "BackupTaskSessionReference", name),
            link(
                "Related",
                "/vmRestorePoints/77777777-aaaa-4bbb-8ccc-000000000001?format=Entity",
                "VmRestorePoint",
                "srv01@x",
            ),
        ],
        "Href": f"{BASE}/backupTaskSessions/{guid}?format=Entity",
        "Type": "BackupTaskSession",
        **changes,
    }


def session(number: int = 1, **changes: t.Any) -> Thing:
    guid = f"44444444-aaaa-4bbb-8ccc-{number:012d}"
    return {
        "IsRetry": False,
        "JobUid": "urn:veeam:Job:11111111-aaaa-4bbb-8ccc-000000000001",
        "JobName": "Daily VMs",
        "JobType": "Backup",
        "CreationTimeUTC": "2026-01-05T20:00:07Z",
        "EndTimeUTC": "2026-01-05T20:29:41Z",
        "State": "Stopped",
        "Result": "Success",
        "Progress": 100,
        "FailureMessage": None,
        "Name": "Daily VMs@2026-01-05 20:00:07",
        "UID": f"urn:veeam:BackupJobSession:{guid}",
        "Links": [
            link(
                "Up",
                "/backupServers/22222222-aaaa-4bbb-8ccc-000000000001",
                "BackupServerReference",
                "vbr01.example.test",
            ),
            link("Up", "/jobs/11111111-aaaa-4bbb-8ccc-000000000001", "JobReference", "Daily VMs"),
            link("Down", f"/backupSessions/{guid}/taskSessions", "BackupTaskSessionReferenceList"),
            link("Stop", f"/backupSessions/{guid}?action=stop", None),
            link(
                "Related",
                "/restorePoints/55555555-aaaa-4bbb-8ccc-000000000001",
                "RestorePointReference",
                "Jan  5 2026  8:00PM",
            ),
            link(
                "Related",
                "/restorePoints/55555555-aaaa-4bbb-8ccc-000000000002",
                "RestorePointReference",
                "Jan  5 2026  8:00PM",
            ),
        ],
        "Href": f"{BASE}/backupSessions/{guid}?format=Entity",
        "Type": "BackupJobSession",
        **changes,
    }


def without(thing: Thing, *keys: str) -> Thing:
    return {key: value for key, value in thing.items() if key not in keys}
