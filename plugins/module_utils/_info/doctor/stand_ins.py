# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for what must not leave a site: names, ids, hosts, times, texts. Pure. Private to the collection.

The rule is the reverse of a filter: whatever is not known to be harmless gets a stand-in of the same form, the same one each time.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
from urllib.parse import parse_qsl, urlsplit

from ..._records.nodes import snake_case
from ..._times import UTC, parse_moment

_WORDS = frozenset({
    "type", "rel", "state", "result", "job_type", "platform", "point_type", "algorithm", "host_type", "kind", "object_type",
    "session_type", "status", "managed_server_type", "backup_type", "file_type", "host_status", "agent_status",
})  # fmt: skip
"""Elements that have one word of a set that the product defines."""
_FIGURES = frozenset({"page_num", "page_size", "pages_count", "status_code"})
_FREE_TEXT = frozenset({
    "reason", "message", "failure_message", "description", "first_chance_exception_message", "stack_trace", "file_path",
})  # fmt: skip
_VERSIONS = frozenset({"version", "agent_version"})
_PATHS = frozenset({
    "agentmanagementsessions", "agentrestorepoints", "agents", "api", "backupfiles", "backups", "backupservers", "backupsessions",
    "backuptasksessions", "catalog", "cdppolicies", "cdpreplica", "cdpreplicasessions", "cdpreplicatasksessions", "cloud", "discoveredcomputers",
    "events", "externalrepositories", "failoverplans", "fileservers", "hierarchyroots", "includes", "job_statistics", "jobs", "jobstatistics",
    "logonsessions", "lookup", "lookupsvc", "managedservers", "nas", "overview", "processed_vms", "processedvms", "protected_vms", "protectedvms",
    "protectiongroups", "query", "querysvc", "repicatasksessions", "replicas", "replicasessions", "replicatasksessions", "reports", "repositories",
    "repository", "restorepoints", "restoresessions", "security", "selfservice", "sessionmngr", "summary", "systemsessions", "tasks", "tasksessions",
    "vappreplicapoints", "vapprestorepoints", "vapps", "vcloud", "vmreplicapoints", "vmrestorepoints", "vms", "vsphere", "wanaccelerators", "web",
})  # fmt: skip
_PARAMETERS = frozenset({"type", "format", "sortasc", "sortdesc", "pagesize", "page", "v", "action"})
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_URN = re.compile(r"urn:([A-Za-z]{2,30}):([A-Za-z]{2,40}):(.*)", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?")
_US_TIME = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d{4} [ \d]\d:\d{2}[AP]M")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
_KEY = re.compile(r"[@#]?[A-Za-z][A-Za-z0-9:_]{0,50}")
_NUMBER = re.compile(r"-?\d{1,19}")
_VERSION = re.compile(r"\d{1,3}(\.\d{1,6}){1,4}")
_CONDITION = re.compile(r"([A-Za-z]{1,40})(==|!=|>=|<=|>|<)")
_NAMESPACES = (
    "http://www.veeam.com/ent/v1.0",
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/2001/XMLSchema-instance",
)
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=UTC)
_DIGITS = "123456789"


class StandIns:
    """``bodies`` are all that will be shown, so that a word that is a name anywhere is one everywhere."""

    def __init__(self, bodies: t.Iterable[t.Any]) -> None:
        self._names: set[str] = set()
        self._given: dict[tuple[str, str], str] = {}
        self._first: dt.datetime | None = None
        for body in bodies:
            self._survey("", body)

    def _survey(self, key: str, value: t.Any) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                self._survey(snake_case(name), item)
        elif isinstance(value, list):
            for item in value:
                self._survey(key, item)
        elif isinstance(value, str) and key not in _WORDS:
            self._names.add(value.strip().casefold())
            moment = parse_moment(value) if _TIME.fullmatch(value) else None
            if moment is not None and moment.year > 1:
                self._first = min(self._first or moment, moment)

    def key(self, key: str) -> str:
        """Elements have the names that the product gives them."""
        harmless = _KEY.fullmatch(key) and key.lstrip("@#").casefold() not in self._names
        return key if harmless else self._numbered("key", key)

    def value(self, key: str, value: t.Any) -> t.Any:
        """What may be shown of a value that is neither an object nor a list."""
        if value is None or isinstance(value, bool):
            return value
        name = snake_case(key)
        if isinstance(value, (int, float)):
            return value if name in _FIGURES else _magnitude(value)
        return self._text(name, str(value))

    def _text(self, name: str, text: str) -> t.Any:
        if not text or name in _FREE_TEXT:
            return "" if not text else "dropped"
        if name == "name" or name.endswith("_name"):
            return self._named(text)
        if name in _WORDS:
            harmless = _WORD.fullmatch(text) and text.casefold() not in self._names
            return text if harmless else self._numbered("Word", text)
        if text in ("true", "false"):
            return text == "true"
        if _NUMBER.fullmatch(text):
            return text if name in _FIGURES else str(_magnitude(int(text)))
        if name in _VERSIONS and _VERSION.fullmatch(text):
            return text
        if name.startswith("xmlns") and text in _NAMESPACES:
            return text
        return self.link(text) if re.match(r"https?://", text) else self._named(text)

    def _named(self, text: str) -> str:
        """An id, a time, or a name of somebody's choice."""
        if _GUID.fullmatch(text):
            return self._guid(text)
        urn = _URN.fullmatch(text)
        if urn:
            return f"urn:{self._kind(urn[1])}:{self._kind(urn[2])}:{self._reference(urn[3])}"
        if _TIME.fullmatch(text):
            return self._time(text)
        if _US_TIME.fullmatch(text):
            return "Jan  1 2000 12:00AM"
        owner, at, moment = text.rpartition("@")
        if at and _TIME.fullmatch(moment):
            return f"{self._plain(owner)}@{self._time(moment)}"
        return self._plain(text)

    def _kind(self, word: str) -> str:
        return word if word.casefold() not in self._names else self._numbered("Kind", word)

    def _reference(self, text: str) -> str:
        head, dot, rest = text.partition(".")
        if not _GUID.fullmatch(head):
            return self._plain(text)
        if not dot:
            return self._guid(head)
        prefix = re.match(r"(vm|host|group|resgroup|datacenter|domain)-\d+$", rest)
        own = (
            self._numbered(f"{prefix[1]}-", rest)
            if prefix
            else self._guid(rest)
            if _GUID.fullmatch(rest)
            else self._plain(rest)
        )
        return f"{self._guid(head)}.{own}"

    def link(self, text: str) -> str:
        """An address: host and ids replaced, the path and the parameters that the API defines kept."""
        try:
            parts = urlsplit(text)
        except ValueError:
            return self._plain(text)
        host = f"{parts.scheme}://em.example.test" if parts.scheme else ""
        path = "/".join(self._segment(segment) for segment in parts.path.split("/"))
        query = "&".join(self._parameter(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True))
        return f"{host}{path}{'?' if query else ''}{query}"

    def _segment(self, segment: str) -> str:
        if not segment or segment.lower() in _PATHS:
            return segment
        return self._guid(segment) if _GUID.fullmatch(segment) else self._plain(segment)

    def _parameter(self, name: str, value: str) -> str:
        if name.lower() == "filter":
            return f"filter={';'.join(f'{field}{operator}...' for field, operator in _CONDITION.findall(_unquoted(value)))}"
        if name.lower() not in _PARAMETERS:
            return f"{name if name.lower() in ('host', 'name') else self._numbered('parameter', name)}=..."
        harmless = (_WORD.fullmatch(value) or value.isdigit()) and value.casefold() not in self._names
        return f"{name}={value if harmless else '...'}"

    def _guid(self, text: str) -> str:
        if set(text) <= set("0-"):
            return text
        number = self._number("guid", text.lower())
        return f"00000000-0000-4000-8000-{number:012d}"

    def _time(self, text: str) -> str:
        moment, match = parse_moment(text), _TIME.fullmatch(text)
        if moment is None or match is None or moment.year == 1:
            return "0001-01-01T00:00:00Z"
        moved = _EPOCH + (moment - (self._first or moment))
        fraction = f".{_DIGITS[: len(match[1])]}" if match[1] else ""
        return f"{moved:%Y-%m-%d}{text[10]}{moved:%H:%M:%S}{fraction}{match[2] or ''}"

    def _plain(self, text: str) -> str:
        """A tilde tells that the name has more than letters, digits, dots, dashes; labels of a domain stay as many."""
        label, *domain = text.split(".") if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text) else [text]
        special = "" if re.fullmatch(r"[A-Za-z0-9._-]+", text) else "~"
        return f"{self._numbered('name', text if domain else label)}{special}{'.x' * len(domain)}"

    def _numbered(self, kind: str, text: str) -> str:
        return f"{kind}{self._number(kind, text)}"

    def _number(self, kind: str, text: str) -> int:
        key = (kind, text)
        if key not in self._given:
            self._given[key] = str(1 + sum(other == kind for other, _text in self._given))
        return int(self._given[key])


def _magnitude(value: float) -> float:
    """As many digits, but not which."""
    if value in (0, -1, 1) or isinstance(value, float):
        return value if isinstance(value, int) else 1.5
    return (1 if value > 0 else -1) * 10 ** (len(str(abs(value))) - 1)


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)
