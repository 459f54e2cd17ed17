# SPDX-License-Identifier: GPL-3.0-or-later
"""Which path is what: the whole of the API behind one function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from veeam_em_simulator.enterprise import Enterprise
from veeam_em_simulator.estate.model import Account
from veeam_em_simulator.query.grammar import FilterError
from veeam_em_simulator.resources.base import ADMIN, USERS, Context, Resource
from veeam_em_simulator.resources.infrastructure import BACKUP_SERVERS
from veeam_em_simulator.resources.jobs import AGENT_JOBS, JOBS, NAS_JOBS
from veeam_em_simulator.resources.sessions import BACKUP_SESSIONS, REPLICA_TASK_SESSIONS
from veeam_em_simulator.resources.table import COLLECTIONS, RESOURCES, Collection
from veeam_em_simulator.web import actions, documents, extras, querying, reading, reports
from veeam_em_simulator.web.call import ApiError, Call, Reply
from veeam_em_simulator.web.logon import HEADER, LogonSession
from veeam_em_simulator.wire.model import Element, Repeat

_VERSIONS = ("v1", "v1_0", "v1_1", "v1_2", "v1_3", "v1_4", "v1_5", "v1_6", "v1_7")
_NEW_ROOTS = {
    "systemsessions": "system_sessions", "nas": "nas", "cdppolicies": "system_sessions", "cdpreplica": "system_sessions",
    "cdpreplicasessions": "system_sessions", "cdpreplicatasksessions": "system_sessions",
}  # fmt: skip
"""What came after 9.5, and the trait of a profile that tells whether it is there."""


@dataclass
class Visit:
    """A request of a logon session."""

    enterprise: Enterprise
    call: Call
    session: LogonSession
    context: Context
    now: int
    ids: tuple[str, ...] = ()

    def require(self, roles: frozenset[str]) -> None:
        if self.session.account.role not in roles:
            raise ApiError(403, "Access denied.")

    def accepted(self, operation: actions.Operation) -> Reply:
        return Reply(202, actions.task_document(operation, self.enterprise, self.context.base, self.now))


Handler = Callable[[Visit], Reply]


def answer(enterprise: Enterprise, call: Call) -> Reply:
    """The reply to a request below `/api`; ApiError for those that fail."""
    now = enterprise.catch_up()
    path = tuple(segment.lower() for segment in call.segments)
    if not path:
        _allow(call, "GET")
        return Reply(200, documents.root_document(call.base, enterprise.profile))
    if path == ("sessionmngr",):
        _allow(call, "POST")
        return _log_on(enterprise, call, now)
    session = enterprise.logons.session(call.headers, now)
    visit = Visit(enterprise, call, session, enterprise.context(call.base, session.account.sees), now)
    _refuse_denied(session.account, path, call)
    trait = _NEW_ROOTS.get(path[0])
    if trait is not None and not getattr(enterprise.profile, trait):
        raise ApiError(404, f"The resource /{'/'.join(call.segments)} is not found.")
    handlers = _find(path, visit)
    if handlers is None:
        raise ApiError(404, f"The resource /{'/'.join(call.segments)} is not found.")
    if call.method not in handlers:
        raise ApiError(405, f"The method {call.method} is not supported by the resource.", {"Allow": ", ".join(handlers)})
    try:
        return handlers[call.method](visit)
    except FilterError as error:
        raise ApiError(enterprise.estate.settings.bad_query_status, str(error)) from error


def _refuse_denied(account: Account, path: tuple[str, ...], call: Call) -> None:
    """403 for what this account may not read beyond what its role forbids."""
    asked = "/".join(path)
    if path == ("query",):
        asked += f"/{(call.parameter('type') or '').lower()}"
    if any(asked == denied or asked.startswith(f"{denied}/") for denied in account.denied):
        raise ApiError(403, "Access denied.")


def _allow(call: Call, method: str) -> None:
    if call.method != method:
        raise ApiError(405, f"The method {call.method} is not supported by the resource.", {"Allow": method})


def _log_on(enterprise: Enterprise, call: Call, now: int) -> Reply:
    version = (call.parameter("v") or "latest").lower()
    newest = _VERSIONS.index(enterprise.profile.api_versions[-1])
    if version != "latest" and version not in _VERSIONS[: newest + 1]:
        raise ApiError(400, f"The version '{version}' is not supported.")
    if enterprise.estate.settings.refuse_form_logon and "form-urlencoded" in call.headers.get("Content-Type", ""):
        raise ApiError(415, "The content type is not supported.")
    session = enterprise.logons.log_on(call.headers, now)
    headers = {
        HEADER: session.token,
        "Set-Cookie": f"{HEADER}={session.token}; Path=/api;",
        "Location": f"{call.base}/logonSessions/{session.id}",
    }
    return Reply(201, documents.logon_document(call.base, session, enterprise.profile), headers)


def _find(path: tuple[str, ...], visit: Visit) -> dict[str, Handler] | None:
    """The methods of a path; the GUIDs in it are put into the visit."""
    exact = _ROUTES.get(path)
    if exact is not None:
        return exact
    for pattern, handlers in _PATTERNS.get(len(path), ()):
        if all(wanted in ("{id}", given) for wanted, given in zip(pattern, path, strict=True)):
            segments = zip(pattern, visit.call.segments, strict=True)
            visit.ids = tuple(segment for wanted, segment in segments if wanted == "{id}")
            return handlers
    return None


# Handlers


def _get_collection(found: Collection) -> Handler:
    def handle(visit: Visit) -> Reply:
        visit.require(found.readers)
        parent = visit.ids[0] if visit.ids else None
        as_entities = visit.call.wants_entities
        return Reply(200, reading.collection(found, parent, visit.context, visit.now, as_entities=as_entities))

    return handle


def _get_single(resource: Resource) -> Handler:
    def handle(visit: Visit) -> Reply:
        visit.require(resource.role)
        return Reply(200, reading.single(resource, visit.ids[0], visit.context, as_entity=visit.call.wants_entities))

    return handle


def _job_action(resource: Resource) -> Handler:
    def handle(visit: Visit) -> Reply:
        return _act_on_job(resource, visit.call.parameter("action") or "", visit)

    return handle


def _nas_action(action: str) -> Handler:
    return lambda visit: _act_on_job(NAS_JOBS, action, visit)


def _act_on_job(resource: Resource, action: str, visit: Visit) -> Reply:
    visit.require(ADMIN)
    row = reading.find(resource, visit.ids[0], visit.context)
    job = visit.enterprise.site.job(row["id"])
    assert job is not None
    return visit.accepted(actions.job_action(visit.enterprise, visit.session, job, action, visit.now))


def _server_action(visit: Visit) -> Reply:
    action = (visit.call.parameter("action") or "").lower()
    visit.require(USERS)
    server = reading.find(BACKUP_SERVERS, visit.ids[0], visit.context)["id"]
    if action == "collect":
        return visit.accepted(actions.collect(visit.enterprise, visit.session, server, visit.now))
    if action == "quickbackup":
        return visit.accepted(actions.quick_backup(visit.enterprise, visit.session, server, visit.call, visit.now))
    raise ApiError(501 if action == "veeamzip" else 400, f"The action '{action}' is not supported.")


def _session_action(visit: Visit) -> Reply:
    visit.require(ADMIN)
    if (visit.call.parameter("action") or "").lower() != "stop":
        raise ApiError(400, f"The action '{visit.call.parameter('action') or ''}' is not supported.")
    row = reading.find(BACKUP_SESSIONS, visit.ids[0], visit.context)
    stopped = actions.stop_session(visit.enterprise, visit.session, row["id"], row["name"], row["server_id"], visit.now)
    return visit.accepted(stopped)


def _query(visit: Visit) -> Reply:
    visit.require(querying.query_roles(visit.call.parameter("type") or ""))
    tasks = actions.task_documents(visit.enterprise, visit.session, visit.context, visit.now)
    return Reply(200, querying.run_query(visit.call, visit.context, tasks))


def _operation(visit: Visit) -> actions.Operation:
    found = visit.session.tasks.get(visit.ids[0].lower())
    if not isinstance(found, actions.Operation):
        raise ApiError(404, f"Task {visit.ids[0]} is not found.")
    return found


def _get_task(visit: Visit) -> Reply:
    return Reply(200, actions.task_document(_operation(visit), visit.enterprise, visit.context.base, visit.now))


def _delete_task(visit: Visit) -> Reply:
    del visit.session.tasks[_operation(visit).id]
    return Reply(204)


def _get_tasks(visit: Visit) -> Reply:
    items = actions.task_documents(visit.enterprise, visit.session, visit.context, visit.now)
    return Reply(200, Element("Tasks", children=[("Tasks", Repeat("Task", items))]))


def _get_logons(visit: Visit) -> Reply:
    sessions = visit.enterprise.logons.visible_to(visit.session)
    return Reply(200, documents.logon_list(visit.context.base, sessions, visit.enterprise.profile))


def _get_logon(visit: Visit) -> Reply:
    found = visit.enterprise.logons.find(visit.ids[0])
    if found not in visit.enterprise.logons.visible_to(visit.session):
        raise ApiError(403, "Access denied.")
    return Reply(200, documents.logon_document(visit.context.base, found, visit.enterprise.profile))


def _delete_logon(visit: Visit) -> Reply:
    visit.enterprise.logons.end(visit.ids[0], visit.session)
    return Reply(204)


def _service(build: Callable[[Visit], Element], roles: frozenset[str]) -> Handler:
    def handle(visit: Visit) -> Reply:
        visit.require(roles)
        return Reply(200, build(visit))

    return handle


def _routes() -> dict[tuple[str, ...], dict[str, Handler]]:
    routes: dict[tuple[str, ...], dict[str, Handler]] = {}

    def add(path: str, method: str, handler: Handler) -> None:
        routes.setdefault(tuple(path.lower().split("/")), {})[method] = handler

    for found in COLLECTIONS:
        add(found.path, "GET", _get_collection(found))
    for resource in RESOURCES:
        add(f"{resource.path}/{{id}}", "GET", _get_single(resource))
    add("repicaTaskSessions/{id}", "GET", _get_single(REPLICA_TASK_SESSIONS))
    add("backupServers/{id}", "POST", _server_action)
    add("backupSessions/{id}", "POST", _session_action)
    add("jobs/{id}", "POST", _job_action(JOBS))
    add("agents/jobs/{id}", "POST", _job_action(AGENT_JOBS))
    for action in ("start", "stop", "retry", "toggleScheduleEnabled"):
        add(f"nas/jobs/{{id}}/{action}", "POST", _nas_action(action))
    add("logonSessions", "GET", _get_logons)
    add("logonSessions/{id}", "GET", _get_logon)
    add("logonSessions/{id}", "DELETE", _delete_logon)
    add("tasks", "GET", _get_tasks)
    add("tasks/{id}", "GET", _get_task)
    add("tasks/{id}", "DELETE", _delete_task)
    add("query", "GET", _query)
    for path, roles, build in extras.SERVICES:
        add(path, "GET", _service(build, roles))
    for name in ("", *reports.REPORTS):
        add("/".join(filter(None, ("reports/summary", name))), "GET", _report(name))
    return routes


def _report(name: str) -> Handler:
    def build(visit: Visit) -> Element:
        if not name:
            return reports.summary(visit.context.base)
        return reports.REPORTS[name](visit.context, visit.now)

    return _service(build, USERS)


_ROUTES = _routes()
_PATTERNS: dict[int, list[tuple[tuple[str, ...], dict[str, Handler]]]] = {}
for _path, _handlers in _ROUTES.items():
    if "{id}" in _path:
        _PATTERNS.setdefault(len(_path), []).append((_path, _handlers))

