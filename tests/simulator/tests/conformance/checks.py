# SPDX-License-Identifier: GPL-3.0-or-later
"""What one row must look like: each function says what is wrong by an assertion that names the row."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from conformance.notation import ANY, GUID, Entity, LinkRule, Member, key
from conformance.wire import find, tag

FRACTION = {"v95u4": "", "v12": r"(\.\d{0,2}[1-9])?", "v13": r"(\.\d{0,5}[1-9])?"}
SHAPES = {
    "guid": GUID,
    "ref": r"urn:\w+:\w+:\S.*",
    "int": r"-?\d+",
    "number": r"-?\d+(\.\d+)?",
    "bool": "true|false",
    "text": r"(?s:.*)",
}


def shape(kind: str, profile: str) -> str:
    if kind == "time":
        return rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{FRACTION[profile]}Z"
    if kind.startswith("uid:"):
        return f"urn:veeam:{kind[4:]}:{GUID}"
    return SHAPES.get(kind, kind)


def scalar_of_xml(text: str, kind: str) -> Any:
    if kind == "int":
        return int(text)
    if kind == "number":
        return float(text)
    return text == "true" if kind == "bool" else text


def json_value(value: Any, member: Member, profile: str, where: str) -> None:
    if value is None:
        assert member.optional or member.kind == "complex", f"{where}: {member.name} is null"
        assert profile != "v95u4", f"{where}: nulls are left out before v10"
        return
    if member.kind == "complex":
        assert isinstance(value, dict), f"{where}: {member.name}"
        return
    kinds: dict[str, type | tuple[type, ...]] = {"int": int, "number": (int, float), "bool": bool}
    wanted = kinds.get(member.kind, str)
    assert isinstance(value, wanted), f"{where}: {member.name} is {value!r}"
    assert isinstance(value, bool) == (member.kind == "bool"), f"{where}: {member.name} is {value!r}"
    if isinstance(value, str):
        assert re.fullmatch(shape(member.kind, profile), value), f"{where}: {member.name} is {value!r}, not {member.kind}"


def json_entity(row: dict[str, Any], entity: Entity, profile: str) -> None:
    there = {member.name: member for member in entity.members}
    order = [key(name, profile) for name in entity.keys if name not in there or there[name].there(profile)]
    where = f"{entity.type} {row.get(key('Name', profile))}"
    assert list(row) == [name for name in order if name in row], f"{where}: keys {list(row)}, documented {order}"
    if profile == "v95u4":
        assert None not in row.values(), where
        optional = {member.name for member in entity.members if member.optional or member.kind == "complex"}
        assert set(order) - set(row) <= optional, f"{where}: without {set(order) - set(row)}"
    else:
        assert list(row) == order, f"{where}: nulls are kept"
    for name, member in there.items():
        if key(name, profile) in row:
            json_value(row[key(name, profile)], member, profile, where)
    common(
        {name: row[key(name, profile)] for name in ("Name", "UID", "Href", "Type")}, entity, entity.type, "?format=Entity"
    )
    links([json_link(link, profile) for link in row[key("Links", profile)]], entity.links, row[key("Href", profile)], where)


def json_link(link: dict[str, Any], profile: str) -> dict[str, Any]:
    order = [key(name, profile) for name in ("Rel", "Href", "Name", "Type")]
    if profile == "v95u4":
        assert None not in link.values(), link
        order = [name for name in order if name in link]
    assert list(link) == order, link
    return {name: link.get(key(name, profile)) for name in ("Rel", "Href", "Name", "Type")}


def xml_link(link: ElementTree.Element) -> dict[str, Any]:
    assert tag(link) == "Link", link.tag
    assert not len(link), "a link has no children"
    assert set(link.attrib) <= {"Rel", "Type", "Href", "Name"}, link.attrib
    return {name: link.get(name) for name in ("Rel", "Href", "Name", "Type")}


def xml_entity(row: ElementTree.Element, entity: Entity, profile: str) -> None:
    where = f"{entity.type} {row.get('Name')}"
    assert tag(row) == entity.element, where
    attributes = {"Type", "Href", "Name", "UID"} | ({"VmDisplayName"} if entity.vm_display_name else set())
    assert set(row.attrib) == attributes, f"{where}: attributes {sorted(row.attrib)}"
    children = [tag(child) for child in row]
    members = [member for member in entity.members if member.there(profile)]
    order = ["Links", *(member.name for member in members)]
    assert children == [name for name in order if name in children], f"{where}: elements {children}, documented {order}"
    required = {"Links"} | {member.name for member in members if not member.optional}
    assert required <= set(children), f"{where}: without {required - set(children)}"
    for member in members:
        child = find(row, member.name)
        if child is not None and member.kind != "complex":
            assert not child.attrib, f"{where}: {member.name} has attributes {child.attrib}"
            assert re.fullmatch(shape(member.kind, profile), child.text or ""), f"{where}: {member.name} is {child.text!r}"
    common(dict(row.attrib), entity, entity.type, "?format=Entity")
    found = find(row, "Links")
    assert found is not None
    links([xml_link(link) for link in found], entity.links, str(row.get("Href")), where)


def common(values: dict[str, Any], entity: Entity, kind: str, suffix: str) -> None:
    where = f"{kind} {values['Name']}"
    assert values["Type"] == kind, f"{where}: Type {values['Type']}"
    matched = re.fullmatch(rf"https?://[^/]+/api({entity.href or entity.path})/({GUID}){re.escape(suffix)}", values["Href"])
    assert matched, f"{where}: Href {values['Href']}"
    assert values["UID"] == f"urn:veeam:{entity.uid or entity.type}:{matched[2]}", f"{where}: UID {values['UID']}"


def links(found: list[dict[str, Any]], rules: tuple[LinkRule, ...], href: str, where: str) -> None:
    """In the documented order, each as often as it may be there; without rules only what is true of every link."""
    base = re.match(r"https?://[^/]+/api", href)
    assert base is not None, href
    for link in found:
        assert link["Href"].startswith(base.group()), f"{where}: {link['Href']} is elsewhere"
    if not rules:
        assert found, f"{where}: no links"
        return
    left = list(found)
    for rule in rules:
        taken = 0
        while left and (rule.most is None or taken < rule.most) and fits(left[0], rule, href, base.group()):
            left.pop(0)
            taken += 1
        assert taken >= rule.least, f"{where}: wants {rule} at the place of {left[:1]}"
    assert not left, f"{where}: not documented, or not at this place: {left}"


def fits(link: dict[str, Any], rule: LinkRule, href: str, base: str) -> bool:
    if link["Rel"] != rule.rel or rule.type not in (link["Type"], ANY):
        return False
    matched = rule.path.fullmatch(link["Href"].removeprefix(base))
    if matched is None:
        return False
    own = matched.groupdict().get("self")
    # The Href of a discovered computer is known to be wrong, its links are right: only the id is compared.
    if own is not None and own.rpartition("/")[2] != href.partition("?")[0].rpartition("/")[2]:
        return False
    return rule.named is None or (link["Name"] is not None) == rule.named


def reference(values: dict[str, Any], found: list[dict[str, Any]], entity: Entity) -> None:
    kind = "JobReference" if entity.type == "AgentBackupJob" and values["Type"] == "JobReference" else f"{entity.type}Reference"
    path = entity.path if entity.type == "DiscoveredComputer" else entity.href or entity.path
    matched = re.fullmatch(rf"https?://[^/]+/api({path}|{entity.href or entity.path})/({GUID})", values["Href"])
    where = f"reference {values['Name']}"
    assert matched, f"{where}: Href {values['Href']}"
    assert values["Type"] == kind, f"{where}: Type {values['Type']}"
    assert values["UID"] == f"urn:veeam:{entity.uid or entity.type}:{matched[2]}", f"{where}: UID {values['UID']}"
    links(found, entity.reference_links or (), values["Href"], where)
    alternates = [link for link in found if link["Rel"] == "Alternate" and not str(link["Type"]).endswith("List")]
    assert [link["Type"] for link in alternates] == [entity.type], f"{where}: {alternates}"
    assert re.search(rf"/{matched[2]}\?format=Entity$", alternates[0]["Href"]), f"{where}: {alternates}"


def content_of_xml(row: ElementTree.Element, entity: Entity) -> dict[str, Any]:
    """The scalars of an entity and its links, as JSON of v12 has them."""
    found: dict[str, Any] = dict(row.attrib)
    for member in entity.members:
        child = find(row, member.name)
        if child is not None and member.kind != "complex":
            found[member.name] = scalar_of_xml(child.text or "", member.kind)
    children = find(row, "Links")
    assert children is not None
    found["Links"] = [xml_link(link) for link in children]
    return found


def content_of_json(row: dict[str, Any], entity: Entity, profile: str) -> dict[str, Any]:
    skipped = {"Links"} | {member.name for member in entity.members if member.kind == "complex"}
    found = {name: row.get(key(name, profile)) for name in entity.keys if name not in skipped}
    found["Links"] = [json_link(link, profile) for link in row[key("Links", profile)]]
    return {name: value for name, value in found.items() if value is not None}


CLOCK = re.compile(r"(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?")


def leaves_of_xml(element: ElementTree.Element) -> list[str]:
    """Every value below a complex member, whatever its name, without links and the times of schedules."""
    found = list(element.attrib.values())
    if not len(element) and element.text:
        found.append(element.text)
    for child in element:
        if tag(child) != "Links":
            found += leaves_of_xml(child)
    return sorted(value for value in found if not CLOCK.fullmatch(value))


def leaves_of_json(value: Any) -> list[str]:
    if isinstance(value, dict):
        return sorted(leaf for name, item in value.items() if name.lower() != "links" for leaf in leaves_of_json(item))
    if isinstance(value, list):
        return sorted(leaf for item in value for leaf in leaves_of_json(item))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return [] if value is None or not text or CLOCK.fullmatch(text) else [text]
