# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence as JUnit XML: one test case per machine, for pipelines that show test results. Private to the collection."""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET

from .document import Document, worst_first
from .machines import Machine

# The characters that XML 1.0 can't carry, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(document: Document) -> str:
    """Machines that stop the change are failures (``unknown`` is an error), waived ones are skipped tests."""
    machines = worst_first(document)
    allowed = document["decision"]["allowed_verdicts"]
    bad = [machine for machine in machines if machine["verdict"] not in allowed]
    errors = sum(machine["verdict"] == "unknown" for machine in bad)
    whole = not bad and not document["decision"]["ok"]  # a no-go that no machine shows must not look like a passed run
    waived = sum(machine["verdict"] == "waived" for machine in machines) if "waived" in allowed else 0
    numbers = {
        "tests": str(len(machines) + whole),
        "failures": str(len(bad) - errors + whole),
        "errors": str(errors),
        "skipped": str(waived),
    }
    root = ET.Element("testsuites", {"name": "backup verification", **numbers})
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": "backup verification",
            **numbers,
            "timestamp": _clean(document["generated_at"]).rstrip("Z"),
            "time": "0",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name in ("change_number", "em_host"):
        if document[name]:
            ET.SubElement(properties, "property", {"name": name, "value": _clean(document[name])})
    ET.SubElement(properties, "property", {"name": "summary", "value": _clean(document["decision"]["summary"])})
    if whole:
        case = ET.SubElement(suite, "testcase", {"classname": "backup verification", "name": "decision", "time": "0"})
        ET.SubElement(case, "failure", {"type": "no-go", "message": _clean(document["decision"]["message"])})
    for machine in machines:
        _add_case(suite, machine, machine["verdict"] in allowed)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, machine: Machine, allowed: bool) -> None:
    server = (machine.get("last_good") or machine.get("last_attempt") or {}).get(
        "backup_server_name"
    ) or "no backup server"
    case = ET.SubElement(suite, "testcase", {"classname": _clean(server), "name": _clean(machine["name"]), "time": "0"})
    message = _clean(machine.get("message") or "")
    if not allowed:
        kind = "error" if machine["verdict"] == "unknown" else "failure"
        element = ET.SubElement(case, kind, {"type": _clean(machine["verdict"]), "message": message})
        element.text = _clean(
            f"verdict: {machine['verdict']}\nreasons: {', '.join(machine.get('reasons') or [])}\n{_last_try(machine)}"
        )
    elif machine["verdict"] == "waived":
        ET.SubElement(case, "skipped", {"message": message})
    else:
        ET.SubElement(case, "system-out").text = message


def _last_try(machine: Machine) -> str:
    last = machine.get("last_attempt")
    if not last:
        return "last attempt: none"
    return f"last attempt: {last.get('creation_time')} {last.get('result')} {last.get('reason') or ''}".rstrip()


def _clean(text: t.Any) -> str:
    return _NOT_XML.sub("\ufffd", str(text))
