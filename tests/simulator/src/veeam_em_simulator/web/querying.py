# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /query: filter, sort, page."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from veeam_em_simulator.query.compile import condition, find_field, order_by
from veeam_em_simulator.query.fields import PRESET_TYPES, QUERY_TYPES, WRAPPERS, QueryType
from veeam_em_simulator.query.grammar import Comparison, FilterError, Group, parse_filter
from veeam_em_simulator.resources.base import ADMIN, EVERYONE, USERS, Context
from veeam_em_simulator.resources.jobs import object_element
from veeam_em_simulator.resources.table import BY_TYPE
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.web.call import Call, echo_query
from veeam_em_simulator.web.reading import entities, references
from veeam_em_simulator.wire.model import Child, Element, Link, Repeat, wrapped

_DEFAULT_PAGE_SIZE = 100
_LARGEST = 2**31 - 1
_ADMIN_TYPES = frozenset(
    {"job", "agentbackupjob", "nasjob", "nasobject", "objectinjob", "discoveredcomputer", "agentprotectiongroup", "cdppolicy", "cdpreplica"}
)
_OPERATOR_TYPES = frozenset(
    {"backup", "replica", "restorepoint", "restoresession", "task", "vapprestorepoint", "vmrestorepoint", "vmreplicapoint", "vappreplicapoint"}
)
_KNOWN = {name.lower(): name for name in (*PRESET_TYPES, *(query_type.name for query_type in QUERY_TYPES.values()))}


def query_roles(type_name: str) -> frozenset[str]:
    """Who may query this type."""
    lowered = type_name.lower()
    if lowered == "failoverplan":
        return EVERYONE - {"Portal User"}
    if lowered in _ADMIN_TYPES:
        return ADMIN
    return EVERYONE if lowered in _OPERATOR_TYPES else USERS


def run_query(call: Call, context: Context, tasks: list[Element]) -> Element:
    """The QueryResult; FilterError for whatever does not make sense in the request."""
    type_name = call.parameter("type")
    if type_name is None or type_name.lower() not in _KNOWN:
        raise FilterError(f"The type '{type_name or ''}' is not supported by the query service.")
    size = _positive(call, "pageSize", _DEFAULT_PAGE_SIZE)
    page = _positive(call, "page", 1)
    query_type = QUERY_TYPES.get(type_name.lower())
    if query_type is None:
        items = _matching_tasks(call, tasks) if type_name.lower() == "task" else []
        pages = max(1, -(-len(items) // size))
        shown = items[(page - 1) * size : page * size]
        return _result(call, context, _foreign(_KNOWN[type_name.lower()], shown, as_entities=call.wants_entities), page, size, pages)
    rows, count = _select(call, context, query_type, size, page)
    pages = max(1, -(-count // size))
    return _result(call, context, _branch(query_type, context, rows, as_entities=call.wants_entities), page, size, pages)


_TASK_FIELDS = ("TaskId", "State", "Operation")
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def _matching_tasks(call: Call, tasks: list[Element]) -> list[Element]:
    """Tasks live in the logon session and not in the database; the few there are can be looked at one by one."""
    expression = call.parameter("filter")
    if expression is None or not expression.strip():
        return tasks
    parsed = parse_filter(expression)
    return [task for task in tasks if _fits({key.lower(): str(value).lower() for key, value in task.children}, parsed)]


def _fits(values: dict[str, str], node: Comparison | Group) -> bool:
    if isinstance(node, Group):
        return (all if node.every else any)(_fits(values, part) for part in node.parts)
    if node.field.lower() not in {name.lower() for name in _TASK_FIELDS}:
        raise FilterError(f"The property '{node.field}' of the type Task cannot be used in a query.")
    return _TESTS[node.operator](values[node.field.lower()], node.value.lower())


def _positive(call: Call, name: str, default: int) -> int:
    text = call.parameter(name)
    if text is None:
        return default
    if not text.strip().isdecimal() or not 1 <= int(text) <= _LARGEST:
        raise FilterError(f"The parameter {name} must be an integer greater than 0.")
    return int(text)


def _select(call: Call, context: Context, query_type: QueryType, size: int, page: int) -> tuple[list[Row], int]:
    exact = context.profile.case_sensitive_names
    where, values = query_type.where, list[Any]()
    expression = call.parameter("filter")
    if expression is not None and expression.strip():
        text, values = condition(query_type, parse_filter(expression), exact_names=exact)
        where = text if where == "1" else f"{where} AND {text}"
    seen, names = context.visible(query_type.table)
    if seen != "1":
        where, values = f"{where} AND {seen}", [*values, *names]
    count = context.database.value(f"SELECT COUNT(*) FROM {query_type.table} t WHERE {where}", values)
    order = _order(call, query_type, exact_names=exact)
    # The page is found by index alone before any row is read
    statement = (
        f"SELECT r.* FROM (SELECT t.rowid AS page_row, row_number() OVER () AS position FROM"
        f" (SELECT t.rowid FROM {query_type.table} t WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?) t) p"
        f" JOIN {query_type.table} r ON r.rowid = p.page_row ORDER BY p.position"
    )
    shown = max(1, page - 1) if call.repeat_page else page
    return context.database.rows(statement, [*values, size, (shown - 1) * size]), count


def _order(call: Call, query_type: QueryType, *, exact_names: bool) -> str:
    """The last of the sort parameters wins; without one the order is that of the random ids."""
    for name, field_name in reversed(call.query):
        if name.lower() in ("sortasc", "sortdesc"):
            descending = name.lower() == "sortdesc"
            order = order_by(find_field(query_type, field_name), descending=descending, exact_names=exact_names)
            return f"{order}, t.id {'DESC' if descending else 'ASC'}"
    return "t.id"


def _branch(query_type: QueryType, context: Context, rows: list[Row], *, as_entities: bool) -> list[Child]:
    if query_type.name == "ObjectInJob":
        jobs = {row["id"]: row for row in context.database.rows("SELECT id, name FROM jobs")}
        items = [object_element(context, row, jobs[row["job_id"]]) for row in rows]
        return _resources("ObjectsInJob", "ObjectInJob", items)
    resource = BY_TYPE[query_type.name.lower()]
    if not as_entities:
        return [("Refs", wrapped("Refs", "Ref", references(resource, context, rows))), ("Entities", None), ("Resources", None)]
    wrapper = "AgentBackupJob" if query_type.name == "AgentBackupJob" else resource.plural
    filled = Element(resource.plural, children=[(resource.plural, Repeat(resource.name, entities(resource, context, rows)))])
    content = Element("Entities", children=[(key, filled if key == wrapper else None) for key in WRAPPERS])
    return [("Refs", None), ("Entities", content), ("Resources", None)]


_IRREGULAR = {"CloudPublicIpAddress": "CloudPublicIps", "CdpPolicy": "CdpPolicies", "ExternalRepository": "ExternalRepositories"}
_NO_KEY_TYPES = {
    "Task": ("Tasks", "Task"),
    "Passwords": ("PasswordKeyInfoList", "PasswordKeyInfo"),
    "Credentials": ("CredentialsList", "CredentialsInfo"),
    "NasObject": ("NASObjects", "NASObject"),
}


def _foreign(name: str, items: list[Element], *, as_entities: bool) -> list[Child]:
    """Types of which an estate has nothing, and those that are no key resources."""
    if name in _NO_KEY_TYPES:
        return _resources(*_NO_KEY_TYPES[name], items)
    if not as_entities:
        return [("Refs", wrapped("Refs", "Ref", [])), ("Entities", None), ("Resources", None)]
    wrapper = _IRREGULAR.get(name, f"{name}s")
    empty = Element(wrapper, children=[(wrapper, Repeat(name, []))])
    keys = WRAPPERS if wrapper in WRAPPERS else (*WRAPPERS, wrapper)
    content = Element("Entities", children=[(key, empty if key == wrapper else None) for key in keys])
    return [("Refs", None), ("Entities", content), ("Resources", None)]


def _resources(tag: str, item_tag: str, items: list[Element]) -> list[Child]:
    content = Element("Resources", children=[(tag, wrapped(tag, item_tag, items))])
    return [("Refs", None), ("Entities", None), ("Resources", content)]


def _result(call: Call, context: Context, branch: list[Child], page: int, size: int, pages: int) -> Element:
    links = [_page_link(call, context, "First", 1, size)]
    if page > 1:
        links.append(_page_link(call, context, "Previous", min(page - 1, pages), size))
    if page < pages:
        links.append(_page_link(call, context, "Next", page + 1, size))
    links.append(_page_link(call, context, "Last", pages, size))
    paging = Element(
        "PagingInfo",
        {"PageNum": page, "PageSize": size, "PagesCount": pages},
        links,
        json_order=("Links", "PageNum", "PageSize", "PagesCount"),
    )
    return Element(
        "QueryResult",
        links=None,
        children=[*branch, ("PagingInfo", paging)],
        json_order=("Refs", "Entities", "Resources", "Links", "PagingInfo"),
    )


def _page_link(call: Call, context: Context, rel: str, page: int, size: int) -> Link:
    """The request's own parameters, in their order, with the page put in."""
    parameters = list(call.query)
    for name, value in (("pageSize", str(size)), ("page", str(page))):
        for number, (key, _) in enumerate(parameters):
            if key.lower() == name.lower():
                parameters[number] = (key, value)
                break
        else:
            parameters.append((name, value))
    return Link(rel, f"{context.base}/query?{echo_query(parameters, upper_hex=context.profile.upper_hex)}")
