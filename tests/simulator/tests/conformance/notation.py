# SPDX-License-Identifier: GPL-3.0-or-later
"""The notation of the tables: entities, their members and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PROFILES = ("v95u4", "v12", "v13")
ANY = "any"
"""The Type of a link that the dossier does not tell."""


@dataclass(frozen=True)
class Member:
    """An element of an entity in XML, a key in JSON."""

    name: str
    kind: str
    """`uid:Job`, `ref` (of the hierarchy), `guid`, `time`, `int`, `number`, `bool`, `text`, `complex`, or `a|b|c` for an enumeration."""
    optional: bool = False
    """Absent in XML, null in JSON, for some rows."""
    since: str = "v95u4"

    def there(self, profile: str) -> bool:
        return PROFILES.index(profile) >= PROFILES.index(self.since)


@dataclass(frozen=True)
class LinkRule:
    rel: str
    type: str | None
    path: re.Pattern[str]
    named: bool | None
    """True: has a Name; False: has none; None: not documented."""
    least: int = 1
    most: int | None = 1


def links(text: str) -> tuple[LinkRule, ...]:
    """A line is `Rel Type /path name`: `-` for no Type, `any` for one that is not documented, `{}` for an id, `{any}` for any path, `{self}` for the entity's own path, `name` when it has
    a Name, `~` when that is not documented, a last `?` for at most one and `*` for any number."""
    return tuple(_link(line.split()) for line in text.strip().splitlines())


def _link(words: list[str]) -> LinkRule:
    rel, kind, path, *rest = words
    named = None if "~" in rest else "name" in rest
    least, most = (0, 1) if "?" in rest else (0, None) if "*" in rest else (1, 1)
    pattern = re.escape(path).replace(r"\{self\}", "(?P<self>.*)").replace(r"\{\}", GUID).replace(r"\{any\}", "[^?]+")
    return LinkRule(rel, {"-": None, "any": ANY}.get(kind, kind), re.compile(pattern), named, least, most)


def members(text: str) -> tuple[Member, ...]:
    """A line is `Name kind`, then `?` when it can be without a value and a profile when it came later."""
    found = []
    for line in text.strip().splitlines():
        name, kind, *rest = line.split()
        found.append(Member(name, kind, "?" in rest, next((word for word in rest if word != "?"), "v95u4")))
    return tuple(found)


@dataclass(frozen=True)
class Entity:
    source: str
    """The section of the dossier."""
    type: str
    plural: str
    path: str
    members: tuple[Member, ...]
    links: tuple[LinkRule, ...]
    reference_links: tuple[LinkRule, ...] | None = None
    vm_display_name: bool = False
    uid: str = ""
    """The type inside the UID, when it is another one."""
    tag: str = ""
    """The XML element, when it is not the type."""
    json_order: tuple[str, ...] = ()
    """Keys before the former attributes, when they are not the members in their order."""
    json_plural: str = ""
    below: dict[str, str] = field(default_factory=dict)
    """Sub-collections: last segment of the path to the type of the rows."""
    since: str = "v95u4"
    href: str = ""
    """A pattern of the path in Hrefs, when it is spelt otherwise."""
    last_30_days: bool = False
    nested: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Children of complex members: path to their names in order."""

    @property
    def element(self) -> str:
        return self.tag or self.type

    @property
    def keys(self) -> tuple[str, ...]:
        named = self.json_order or tuple(member.name for member in self.members)
        return (*named, *(("VmDisplayName",) if self.vm_display_name else ()), "Name", "UID", "Links", "Href", "Type")

    def there(self, profile: str) -> bool:
        return PROFILES.index(profile) >= PROFILES.index(self.since)


def camel(name: str) -> str:
    """v13: the leading run of capitals in small letters, but the last one before a small letter (03 section 5)."""
    run = re.match(r"[A-Z]+", name)
    if run is None:
        return name
    length = len(run.group())
    if length > 1 and length < len(name) and name[length].islower():
        length -= 1
    return name[:length].lower() + name[length:]


def key(name: str, profile: str) -> str:
    return camel(name) if profile == "v13" else name
