# SPDX-License-Identifier: GPL-3.0-or-later
"""POST actions and the tasks that tell how they went."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lxml import etree

from veeam_em_simulator.clock import SECOND
from veeam_em_simulator.enterprise import Enterprise
from veeam_em_simulator.estate.model import Job
from veeam_em_simulator.resources.base import Context
from veeam_em_simulator.web.call import ApiError, Call
from veeam_em_simulator.web.logon import LogonSession
from veeam_em_simulator.wire.model import NAMESPACE, Element, Link

_TAKES = 3 * SECOND
_OPERATIONS = {"start": "StartJob", "stop": "StopJob", "retry": "RetryJob", "sync": "SyncJob", "togglescheduleenabled": "UpdateJob"}


@dataclass
class Operation:
    """An operation on a backup server, asked for in a logon session."""

    id: str
    name: str
    server_id: str
    done: int
    """When the backup server is done."""
    success: bool
    message: str | None
    collected: bool = True
    """Enterprise Manager must collect before the operation counts as finished."""
    session_id: str | None = None

    def state(self, enterprise: Enterprise, now: int) -> str:
        if now < self.done:
            return "Running"
        if not self.success or not self.collected or enterprise.site.collected.get(self.server_id, 0) >= self.done:
            return "Finished"
        return "OperationFinished"


def task_document(operation: Operation, enterprise: Enterprise, base: str, now: int) -> Element:
    href = f"{base}/tasks/{operation.id}"
    state = operation.state(enterprise, now)
    links = [Link("Delete", href, None, "Task")]
    result = None
    if state != "Running":
        message = operation.message if state == "Finished" else "OperationFinished"
        result = Element("Result", {"Success": operation.success}, children=[("Message", message)], json_order=("Success", "Message"))
    if state == "Finished" and operation.session_id:
        links.append(Link("Related", f"{base}/backupSessions/{operation.session_id}?format=Entity", None, "BackupJobSession"))
    return Element(
        "Task",
        {"Type": "Task", "Href": href},
        links,
        [("TaskId", operation.id), ("State", state), ("Operation", operation.name), ("Result", result)],
    )


def _register(
    enterprise: Enterprise, session: LogonSession, name: str, server_id: str, done: int, success: bool, message: str | None
) -> Operation:
    operation = Operation(f"task-{next(enterprise.task_numbers)}", name, server_id, done, success, message)
    session.tasks[operation.id] = operation
    return operation


def job_action(enterprise: Enterprise, session: LogonSession, job: Job, action: str, now: int) -> Operation:
    """start, stop, retry, sync or toggleScheduleEnabled of a job."""
    site = enterprise.site
    name = _OPERATIONS.get(action.lower())
    if name is None:
        raise ApiError(400, f"The action '{action}' is not supported.")
    success, message = True, f'Job "{job.name}" triggered to {action.lower()}.'
    copy = job.platform == "CustomPlatform"
    if name == "UpdateJob":
        site.toggle(job)
        message = "Ok"
    elif (name == "SyncJob") != copy and name in ("SyncJob", "StartJob", "RetryJob"):
        raise ApiError(400, f"The action '{action}' is not supported for the job '{job.name}'.")
    elif name == "StopJob":
        if not site.stop(job, now):
            success, message = False, f'Job "{job.name}" is not running.'
    elif site.is_running(job, now):
        success, message = False, f'Job "{job.name}" is already running.'
    elif name == "RetryJob":
        if site.last_result(job) == "Failed":
            site.retry(job, now)
        else:
            success, message = False, f'Job "{job.name}" has nothing to retry.'
    else:
        site.begin(job, now)
    return _register(enterprise, session, name, job.server.id, now + _TAKES, success, message)


def stop_session(enterprise: Enterprise, session: LogonSession, guid: str, name: str, server_id: str, now: int) -> Operation:
    """Stops the run that a job session belongs to."""
    job = enterprise.site.session_running(guid, now)
    success = job is not None and enterprise.site.stop(job, now)
    message = f'Job Session "{name}" triggered to stop.' if success else f'Job Session "{name}" is not running.'
    return _register(enterprise, session, "StopJobSession", server_id, now + _TAKES, success, message)


def quick_backup(enterprise: Enterprise, session: LogonSession, server_id: str, call: Call, now: int) -> Operation:
    """An incremental backup of one machine by the job that has a full point of it."""
    vm_ref = _vm_ref(call, mixed_formats=enterprise.profile.nulls)
    found = enterprise.site.job_protecting(server_id, vm_ref, now)
    if found is None or not _has_full_point(enterprise, vm_ref):
        message = f"Unable to perform quick backup: {vm_ref} is not in a backup job or has no full restore point."
        return _register(enterprise, session, "QuickBackup", server_id, now + _TAKES, False, message)
    job, machine = found
    if enterprise.site.is_running(job, now):
        message = f'Job "{job.name}" is already running.'
        return _register(enterprise, session, "QuickBackup", server_id, now + _TAKES, False, message)
    run = enterprise.site.begin(job, now, (machine,))
    operation = _register(enterprise, session, "QuickBackup", server_id, run.ended or now, True, "Ok")
    operation.session_id = run.id
    return operation


def _has_full_point(enterprise: Enterprise, vm_ref: str) -> bool:
    return enterprise.database.one("SELECT 1 FROM vm_restore_points WHERE lower(hierarchy_ref) = ?", (vm_ref.lower(),)) is not None


def _vm_ref(call: Call, *, mixed_formats: bool) -> str:
    """The VmRef of a QuickBackupStartupSpec in JSON or XML; 400 when there is none.

    Without `mixed_formats` (9.5) an Accept with JSON anywhere in it makes the server read the body as JSON, too.
    """
    text = None
    if not mixed_formats and "application/json" in call.headers.get("Accept", "").lower() and call.body.lstrip()[:1] == b"<":
        raise ApiError(400, "Node [root] does not exist.")
    if "json" in call.headers.get("Content-Type", "").lower() or call.body.lstrip()[:1] == b"{":
        try:
            data = json.loads(call.body)
        except ValueError as error:
            raise ApiError(400, "The request body is not valid JSON.") from error
        if isinstance(data, dict):
            text = next((value for key, value in data.items() if key.lower() == "vmref"), None)
    else:
        text = _xml_vm_ref(call.body)
    if not isinstance(text, str) or not text.strip():
        raise ApiError(400, "The request body names no VmRef.")
    return text.strip()


def _xml_vm_ref(body: bytes) -> str | None:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ApiError(400, "Node [root] does not exist.") from error
    found: str | None = root.findtext(f"{{{NAMESPACE}}}VmRef") or root.findtext("VmRef")
    return found


def collect(enterprise: Enterprise, session: LogonSession, server_id: str, now: int) -> Operation:
    """Orders a collection; the task does not wait for it."""
    enterprise.site.order_collection(server_id, now + 2 * _TAKES)
    operation = _register(
        enterprise, session, "CollectingBackupServer", server_id, now + _TAKES, True, "Collecting of the backup server has been started."
    )
    operation.collected = False
    return operation


def operations(session: LogonSession) -> list[Operation]:
    return [task for task in session.tasks.values() if isinstance(task, Operation)]


def task_documents(enterprise: Enterprise, session: LogonSession, context: Context, now: int) -> list[Element]:
    return [task_document(operation, enterprise, context.base, now) for operation in operations(session)]
