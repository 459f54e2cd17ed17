# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How this server behaves where it matters: lookups, paging, order, filters, and questions that no documentation answers. Private."""

from __future__ import annotations

import typing as t

from ..._errors import EmError
from ..._records.nodes import Node, links_of, pick, rows_of, snake_case, uid_of
from ..._times import to_iso
from .check import Check, Status
from .server import elements
from .visitor import Seen, Visitor, text_of, time_of

MOST_ROOTS = 8
_PAGE = 3
_NOBODY = "00000000-0000-0000-0000-000000000000"
_ENDED = frozenset({"Stopped", "Completed", "Idle"})


def check_lookup(visitor: Visitor, tasks: Seen | None) -> list[Check]:
    """Whether each hypervisor answers, and whether references of tasks can be found there."""
    roots = visitor.query("HierarchyRoot", 100).rows
    used = {_root_of(text_of(row, "vm_uid")) for row in (tasks.rows if tasks else ())} - {""}
    ids = {uid: {_guid(uid), text_of(row, "hierarchy_root_id").lower()} - {""} for row in roots if (uid := uid_of(row))}
    known = set().union(*ids.values()) if ids else set()
    strangers = sorted(used - known)
    visitor.learn(46, "Do references of machines carry the ids of listed hypervisors?", _matching(used, known))
    found = []
    if strangers and not used & known:
        found.append(
            Check(
                "lookup",
                Status.WARNING,
                "references of backed-up machines carry ids of hypervisors that Enterprise Manager does not list, as version 12 does unpatched",
                "ask the vendor's support for the hotfix; until then machines of one name on several hypervisors are unknown",
                {"unknown_ids": len(strangers)},
            )
        )
    names = {uid_of(row): _name_of(row, roots) for row in roots}
    for uid in list(ids)[:MOST_ROOTS]:
        found.append(_ask_root(visitor, uid, str(names[uid]), bool(used & ids[uid])))
    if len(ids) > MOST_ROOTS:
        found.append(
            Check(
                "lookup",
                Status.SKIPPED,
                f"{len(ids) - MOST_ROOTS} of {len(ids)} hypervisors were not asked, to keep it short",
            )
        )
    if not ids:
        found.append(Check("lookup", Status.SKIPPED, "Enterprise Manager lists no hypervisor"))
    return found


def _name_of(root: Node, roots: t.Sequence[Node]) -> str:
    """Several backup servers may have a connection to one hypervisor: then it takes the server to tell them apart."""
    name = text_of(root, "name") or str(uid_of(root))
    alone = sum(text_of(each, "name") == text_of(root, "name") for each in roots) == 1
    server = next((link.name for link in links_of(root) if link.type == "BackupServerReference"), None)
    return name if alone or not server else f"{name} of {server}"


def _ask_root(visitor: Visitor, uid: str, name: str, backed_up: bool) -> Check:
    found = visitor.attempt("lookup", [("host", uid), ("name", "*"), ("type", "Vm")])
    if isinstance(found, EmError):
        return Check(
            "lookup",
            Status.WARNING,
            f"the hypervisor {name} does not answer lookups ({found.message})",
            "check in the backup console that the hypervisor can be reached; until then machines that were never backed up are not noticed",
        )
    shown = len(rows_of(found))
    if not shown and backed_up:
        return Check(
            "lookup",
            Status.WARNING,
            f"the hypervisor {name} shows no machine, although backups of its machines exist",
            "check in the backup console that the hypervisor can be reached with its credentials",
        )
    return Check("lookup", Status.OK, f"the hypervisor {name} shows {shown} machines", details={"machines": shown})


def check_paging(visitor: Visitor) -> Check:
    """Two small pages in order of time: their numbers, their sizes, no row twice."""
    pages = [
        visitor.query("BackupTaskSession", _PAGE, page=number, sort=("sortAsc", "CreationTime")) for number in (1, 2)
    ]
    if len(pages[0].rows) < _PAGE or not pages[1].rows:
        return Check("paging", Status.SKIPPED, "there are too few task sessions to try it")
    times = [moment for page in pages for row in page.rows for moment in [time_of(row)] if moment]
    faults = [
        *(["a row came twice"] if set(pages[0].uids) & set(pages[1].uids) else []),
        *(["rows are not in the order of their time"] if times != sorted(times) else []),
        *(["a page has more rows than were asked for"] if any(len(page.rows) > _PAGE for page in pages) else []),
        *(["pages have the wrong number"] if [_number(page) for page in pages] != [1, 2] else []),
    ]
    visitor.learn(
        37, "How far back does the query service see?", f"at least to {to_iso(times[0])}" if times else "unknown"
    )
    if faults:
        return Check(
            "paging", Status.FAILED, "; ".join(faults), "report it with a support bundle: results would not be complete"
        )
    return Check("paging", Status.OK, "pages follow each other in order and without repetition")


def check_filters(visitor: Visitor, tasks: Seen | None) -> list[Check]:
    """Case of names, machines by their reference, and what a filter that makes no sense is answered with."""
    found = [_name_case(visitor, tasks), _reference_filter(visitor)]
    refusal = visitor.refusal(
        "query", [("type", "BackupTaskSession"), ("filter", 'NoSuchField=="x"'), ("pageSize", "1")]
    )
    visitor.learn(
        4, "How is an unknown filter field refused?", f"HTTP {refusal.status}" if refusal else "it is ignored"
    )
    if refusal is None:
        found.append(
            Check(
                "filter_fields",
                Status.FAILED,
                "a filter with an unknown field is ignored, so that everything seems to match",
                "report it with a support bundle, and check filters by hand",
            )
        )
    return found


def _name_case(visitor: Visitor, tasks: Seen | None) -> Check:
    names = (text_of(row, "vm_display_name") for row in (tasks.rows if tasks else ()))
    name = next((name for name in names if name.isascii() and name.swapcase() != name and '"' not in name), "")
    if not name:
        return Check("filter_case", Status.SKIPPED, "there is no task session to try it with")
    answer = visitor.query("BackupTaskSession", 1, where=f'VmDisplayName=="{name.swapcase()}"')
    exact = not answer.rows
    visitor.learn(9, "Do filters compare names with regard to case?", "yes" if exact else "no")
    how = "case-sensitive" if exact else "not case-sensitive"
    return Check("filter_case", Status.OK, f"names in filters are {how}", details={"exact": exact})


def _reference_filter(visitor: Visitor) -> Check:
    name = "filter_reference"
    points = visitor.query("VmRestorePoint", 20, sort=("sortDesc", "CreationTime")).rows
    reference = next((ref for row in points if (ref := text_of(row, "hierarchy_obj_ref")) and '"' not in ref), "")
    if not reference:
        return Check(name, Status.SKIPPED, "there is no restore point to try it with")
    where = [
        ("type", "VmRestorePoint"),
        ("format", "Entities"),
        ("pageSize", 5),
        ("filter", f'HierarchyObjRef=="{reference}"'),
    ]
    refusal = visitor.refusal("query", where)
    rows = [] if refusal else visitor.query("VmRestorePoint", 5, where=f'HierarchyObjRef=="{reference}"').rows
    works = bool(rows) and all(text_of(row, "hierarchy_obj_ref") == reference for row in rows)
    said = "works" if works else "is refused" if refusal else "finds nothing or something else"
    return Check(name, Status.OK, f"the filter HierarchyObjRef of restore points {said}", details={"works": works})


def ask_questions(visitor: Visitor, sessions: Seen | None, tasks: Seen | None) -> None:
    """What costs a request each and changes nothing but our knowledge."""
    empty = visitor.query("BackupTaskSession", 1, where=f'UID=="urn:veeam:BackupTaskSession:{_NOBODY}"')
    visitor.learn(12, "What does an empty result look like?", _empty(empty.document))
    malformed, unknown = (visitor.refusal(f"backupServers/{each}") for each in ("not-a-guid", _NOBODY))
    answers = [f"HTTP {each.status}" if each else "answered" for each in (malformed, unknown)]
    visitor.learn(28, "How are malformed and unknown ids answered?", f"malformed {answers[0]}, unknown {answers[1]}")
    refused = visitor.refusal("query", [("type", "BackupServer"), ("format", "Entity"), ("pageSize", "1")])
    visitor.learn(14, "Does the query service take format=Entity?", f"HTTP {refused.status}" if refused else "yes")
    rows = [*(sessions.rows if sessions else ()), *(tasks.rows if tasks else ())]
    visitor.learn(45, "Which states do sessions and tasks have?", ", ".join(elements(rows, "state")) or "none seen")
    visitor.learn(43, "Which job types are there?", ", ".join(elements(rows, "job_type")) or "none seen")
    running = next((row for row in rows if text_of(row, "state") not in _ENDED), None)
    if running is not None:
        visitor.learn(10, "Which result has what is running?", _written(running, "result"))
        visitor.learn(11, "Which end has what is running?", _written(running, "end_time"))
    refs = {str(text_of(row, "vm_uid").split(":")[1]) for row in rows if text_of(row, "vm_uid").count(":") > 1}
    visitor.learn(33, "Which platforms do references of tasks name?", ", ".join(sorted(refs)) or "none")


def _written(row: Node, name: str) -> str:
    keys = [key for key in row if snake_case(key) in (name, f"{name}_utc")]
    return repr(row[keys[0]]) if keys else "absent"


def _empty(document: Node) -> str:
    """The shape of what holds no rows, without content."""
    entities = pick(document, "entities")
    if not isinstance(entities, dict):
        return f"entities are {entities!r}"
    filled = [value for key, value in entities.items() if key[:1] != "@" and value is not None]
    if not filled:
        return "all wrappers are null"
    inner = filled[0]
    shapes = [type(value).__name__ for value in inner.values()] if isinstance(inner, dict) else [type(inner).__name__]
    return f"a wrapper around {', '.join(shapes) or 'nothing'}"


def _number(page: Seen) -> int | None:
    value = str(pick(pick(page.document, "paging_info"), "page_num"))
    return int(value) if value.isdigit() else None


def _root_of(reference: str) -> str:
    """The hypervisor's id in ``urn:VMware:Vm:<id>.vm-1042``."""
    parts = reference.split(":", 3)
    return parts[3].partition(".")[0].lower() if len(parts) == 4 and parts[1] in ("VMware", "HyperV", "vCloud") else ""


def _guid(uid: str) -> str:
    return uid.rpartition(":")[2].lower()


def _matching(used: set[str], known: set[str]) -> str:
    if not used:
        return "no references seen"
    return "yes" if used <= known else "some" if used & known else "no"


def count_sessions(visitor: Visitor) -> None:
    """Whether the list of logon sessions shows those of others, by number only."""
    listed = rows_of(visitor.document("logonSessions"))
    users: t.Set[str] = {text_of(each, "user_name") for each in listed}
    others = "of others, too" if len(users) > 1 else "of this account only"
    visitor.learn(20, "Whose logon sessions are listed?", f"{len(listed)}, {others}")
