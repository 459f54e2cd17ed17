# SPDX-License-Identifier: GPL-3.0-or-later
"""What all key resources have in common: references, entities, links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from veeam_em_simulator.clock import format_time
from veeam_em_simulator.identifiers import urn
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.site import Site
from veeam_em_simulator.store.database import Database, Row
from veeam_em_simulator.wire.model import Child, Element, Link, Scalar

ADMIN = frozenset({"Portal Administrator"})
USERS = ADMIN | {"Portal User"}
EVERYONE = USERS | {"VM Restore Operator", "File Restore Operator"}


@dataclass
class Context:
    """What building a document needs: where links point, whose spelling, and where the rows are."""

    base: str
    """`https://em01.example.test:9398/api`"""
    profile: Profile
    database: Database
    site: Site
    sees: tuple[str, ...] | None = None
    """Patterns of the names of machines that the account sees; None: all."""
    related: dict[str, Mapping[str, list[Row]]] = field(default_factory=dict)
    """Rows that a page of others links to, by relation and id."""

    def url(self, *segments: str) -> str:
        return "/".join((self.base, *segments))

    def time(self, moment: int | None) -> str | None:
        return None if moment is None else format_time(moment, self.profile.fraction_digits) + "Z"

    def server_link(self, row: Row, rel: str = "Up") -> Link:
        guid = row["server_id"]
        return Link(rel, f"{self.base}/backupServers/{guid}", self.server_name(guid), "BackupServerReference")

    def server_name(self, guid: str) -> str:
        names = self.related.get("server names")
        if names is None:
            rows = self.database.rows("SELECT id, name FROM backup_servers")
            names = self.related["server names"] = {row["id"]: [row] for row in rows}
        found = names.get(guid)
        return found[0]["name"] if found else ""

    def visible(self, table: str) -> tuple[str, list[str]]:
        """The condition on rows of `t` that the account may see, with its values."""
        column = _NAMES_OF_MACHINES.get(table)
        if self.sees is None or column is None:
            return "1", []
        return f"em_sees(?, t.{column})", ["\n".join(self.sees)]

    def relate(self, relation: str, statement: str, ids: Sequence[str], key: str) -> None:
        """Reads the rows related to a page of ids at once; the statement holds `{}` where the ids go."""
        found: dict[str, list[Row]] = defaultdict(list)
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            for row in self.database.rows(statement.format(", ".join("?" * len(part))), part):
                found[row[key]].append(row)
        self.related[relation] = found

    def one_related(self, relation: str, guid: str) -> Row | None:
        rows = self.related.get(relation, {}).get(guid)
        return rows[0] if rows else None


_NAMES_OF_MACHINES = {
    "task_sessions": "vm_display_name", "replica_task_sessions": "vm_display_name", "restore_sessions": "vm_display_name",
    "vm_restore_points": "vm_display_name", "vm_replica_points": "vm_display_name", "agent_restore_points": "computer_name",
    "discovered_computers": "name", "hierarchy_items": "name",
}
"""The tables in which a row is one of a machine, and the column with its name."""


Links = Callable[[Context, Row], list[Link]]


def _nothing(context: Context, rows: Sequence[Row]) -> None:
    return None


@dataclass(frozen=True)
class Resource:
    """A key resource. Paths are relative to the API's base, without a slash at the ends."""

    type: str
    plural: str
    path: str
    table: str
    role: frozenset[str]
    fields: Callable[[Context, Row], list[Child]]
    links: Links
    reference_links: Links
    where: str = "1"
    tag: str = ""
    urn_type: str = ""
    reference_type: str = ""
    windowed: bool = False
    """The collection shows the last 30 days."""
    display_name: bool = False
    """Has the attribute VmDisplayName."""
    display_name_after: str = ""
    json_order: tuple[str, ...] | None = None
    prepare: Callable[[Context, Sequence[Row]], None] = _nothing
    entity_path: Callable[[Row], str] | None = None
    """Where entities say that they are, if that is not where they are."""

    @property
    def name(self) -> str:
        return self.tag or self.type

    @property
    def ref_type(self) -> str:
        return self.reference_type or f"{self.type}Reference"

    def href(self, context: Context, row: Row) -> str:
        return f"{context.base}/{self.path}/{row['id']}"

    def uid(self, row: Row) -> str:
        return urn(self.urn_type or self.type, row["id"])

    def entity(self, context: Context, row: Row) -> Element:
        """Call `prepare` with all rows of the page first."""
        where = self.href(context, row) if self.entity_path is None else f"{context.base}/{self.entity_path(row)}"
        attributes: dict[str, Scalar] = {
            "Type": self.type, "Href": where + "?format=Entity", "Name": row["name"], "UID": self.uid(row)
        }
        if self.display_name:
            attributes["VmDisplayName"] = row["vm_display_name"]
        return Element(self.name, attributes, self.links(context, row), self.fields(context, row), json_order=self.json_order)

    def reference(self, context: Context, row: Row, tag: str = "Ref") -> Element:
        attributes: dict[str, Scalar] = {
            "Type": self.ref_type, "Href": self.href(context, row), "Name": row["name"], "UID": self.uid(row)
        }
        return Element(tag, attributes, self.reference_links(context, row), json_order=REFERENCE_ORDER)

    def alternate_entity(self, context: Context, row: Row) -> Link:
        return Link("Alternate", self.href(context, row) + "?format=Entity", row["name"], self.type)

    def alternate_reference(self, context: Context, row: Row) -> Link:
        return Link("Alternate", self.href(context, row), row["name"], self.ref_type)


REFERENCE_ORDER = ("Links", "UID", "Name", "Href", "Type")
TAIL = ("Name", "UID", "Links", "Href", "Type")
