# SPDX-License-Identifier: GPL-3.0-or-later
"""Every resource in every profile, format and representation against its table."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from conformance import checks
from conformance.notation import Entity, camel, key
from conformance.tables import ENTITIES
from conformance.wire import NAMESPACE, Visitor, find, tag

UNKNOWN = "00000000-1111-4222-8333-444444444444"


@pytest.fixture(params=list(ENTITIES.values()), ids=list(ENTITIES))
def entity(request: pytest.FixtureRequest, profile: str) -> Entity:
    found: Entity = request.param
    if not found.there(profile):
        pytest.skip(f"came with {found.since}")
    return found


def rows_of(document: Any, plural: str, profile: str) -> list[dict[str, Any]]:
    assert list(document) == [key(plural, profile)], list(document)
    rows = document[key(plural, profile)]
    assert isinstance(rows, list)
    return rows


def refs_of(document: Any, profile: str) -> list[dict[str, Any]]:
    return rows_of(document, "Refs", profile)


def links_of(row: ElementTree.Element) -> list[dict[str, Any]]:
    found = find(row, "Links")
    assert found is not None
    return [checks.xml_link(link) for link in found]


def json_reference(row: dict[str, Any], entity: Entity, profile: str) -> None:
    assert list(row) == [key(name, profile) for name in ("Links", "UID", "Name", "Href", "Type")], list(row)
    values = {name: row[key(name, profile)] for name in ("UID", "Name", "Href", "Type")}
    checks.reference(values, [checks.json_link(link, profile) for link in row[key("Links", profile)]], entity)


def xml_reference(row: ElementTree.Element, entity: Entity) -> None:
    assert set(row.attrib) == {"Type", "Href", "Name", "UID"}, row.attrib
    assert [tag(child) for child in row] == ["Links"]
    checks.reference(dict(row.attrib), links_of(row), entity)


def test_collection_of_entities(visitor: Visitor, entity: Entity, profile: str) -> None:
    root = visitor.xml(f"{entity.path}?format=Entity")
    assert (tag(root), root.attrib) == (entity.plural, {})
    rows = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    assert rows, "the estate has no such row: the walk would prove nothing"
    for element in root:
        checks.xml_entity(element, entity, profile)
    for row in rows:
        checks.json_entity(row, entity, profile)


def test_both_formats_have_the_same_content(visitor: Visitor, entity: Entity, profile: str) -> None:
    root = visitor.xml(f"{entity.path}?format=Entity")
    rows = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    assert [checks.content_of_xml(element, entity) for element in root] == [
        checks.content_of_json(row, entity, profile) for row in rows
    ]


def test_complex_members_have_the_same_values_in_both_formats(visitor: Visitor, entity: Entity, profile: str) -> None:
    """Whatever the names of lists: only the time of a schedule is written in two ways (01 section 6)."""
    names = [member.name for member in entity.members if member.kind == "complex"]
    if not names:
        pytest.skip("has none")
    root = visitor.xml(f"{entity.path}?format=Entity")
    rows = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    for element, row in zip(root, rows, strict=True):
        for name in names:
            found = find(element, name)
            in_xml = [] if found is None else checks.leaves_of_xml(found)
            assert in_xml == checks.leaves_of_json(row.get(key(name, profile))), (row[key("Name", profile)], name)


def test_complex_members_have_their_children_in_order(visitor: Visitor, entity: Entity, profile: str) -> None:
    root = visitor.xml(f"{entity.path}?format=Entity")
    rows = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    seen = set()
    for path, names in entity.nested.items():
        for element in root:
            for found in element.findall("/".join(f"{NAMESPACE}{step}" for step in path.split("/"))):
                children = list(dict.fromkeys(tag(child) for child in found))
                present = [name for name in children if name in names]
                assert present == [name for name in names if name in children], (path, children)
                assert set(children) - {"Links"} <= set(names), (path, children)
                seen.add(path)
        for row in rows:
            value: Any = row
            for step in path.split("/"):
                value = (value or {}).get(key(step, profile))
            if value is not None:
                keys = [name for name in value if name not in [key(extra, profile) for extra in ("Links", "Href", "Type", "Enabled")]]
                wanted = [key(name, profile) for name in names]
                assert keys == [name for name in wanted if name in keys], (path, keys)
                if profile != "v95u4":
                    assert keys == wanted, (path, keys)
    assert seen == set(entity.nested), "the estate does not have every documented child"


def test_collection_of_references(visitor: Visitor, entity: Entity, profile: str) -> None:
    root = visitor.xml(entity.path)
    assert (tag(root), root.attrib) == ("EntityReferences", {})
    refs = refs_of(visitor.json(entity.path), profile)
    for element in root:
        assert tag(element) == "Ref"
        xml_reference(element, entity)
    for row in refs:
        json_reference(row, entity, profile)
    entities = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    assert [element.get("UID") for element in root] == [row[key("UID", profile)] for row in refs]
    assert sorted(str(element.get("UID")) for element in root) == sorted(row[key("UID", profile)] for row in entities)


def test_single(visitor: Visitor, entity: Entity, profile: str) -> None:
    """A reference and an entity alone are what the collection says of them, under every link to them."""
    row = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)[0]
    guid = row[key("UID", profile)].rpartition(":")[2]
    assert visitor.json(f"{entity.path}/{guid}?format=Entity") == row
    assert visitor.json(f"{entity.path}/{guid}?Format=entity") == row
    element = visitor.xml(f"{entity.path}/{guid}?format=Entity")
    checks.xml_entity(element, entity, profile)
    assert checks.content_of_xml(element, entity) == checks.content_of_json(row, entity, profile)
    single = visitor.xml(f"{entity.path}/{guid}")
    assert tag(single) == "EntityRef"
    xml_reference(single, entity)
    ref = visitor.json(f"{entity.path}/{guid}")
    json_reference(ref, entity, profile)
    collected = next(ref for ref in refs_of(visitor.json(entity.path), profile) if ref[key("UID", profile)].endswith(guid))
    assert ref == collected
    assert visitor.json(f"{entity.path.upper()}/{guid}?format=Entity") == row, "paths have no case"


def test_links_of_rows_lead_somewhere(visitor: Visitor, entity: Entity, profile: str) -> None:
    """Up, Related and Alternate of the first row answer, with the type that the link tells."""
    row = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)[0]
    for link in (checks.json_link(link, profile) for link in row[key("Links", profile)]):
        if link["Rel"] in ("Up", "Related", "Alternate") and not str(link["Type"]).endswith("List"):
            answer = visitor.get(link["Href"])
            assert answer.status == 200, link
            told = answer.json[key("Type", profile)]
            assert told == link["Type"] or (link["Type"], told) in ODD_TYPES, (link, told)


ODD_TYPES = {
    ("JobReference", "NasJobReference"),
    ("JobReference", "AgentBackupJobReference"),
    ("BackupJobSessionReference", "SystemSessionReference"),
}
"""A link's Type that is known to be another than that of what it leads to (05 section 2, 06 sections 8 and 12)."""


def test_sub_collections(visitor: Visitor, entity: Entity, profile: str) -> None:
    if not entity.below:
        pytest.skip("has none")
    rows = rows_of(visitor.json(f"{entity.path}?format=Entity"), entity.plural, profile)
    for segment, kind in entity.below.items():
        below = ENTITIES[kind]
        total = 0
        for row in rows:
            path = f"{entity.path}/{row[key('UID', profile)].rpartition(':')[2]}/{segment}"
            entities = rows_of(visitor.json(f"{path}?format=Entity"), below.plural, profile)
            total += len(entities)
            for found in entities:
                checks.json_entity(found, below, profile)
            if total == len(entities):
                root = visitor.xml(f"{path}?format=entity")
                assert tag(root) == below.plural
                for element in root:
                    checks.xml_entity(element, below, profile)
                refs = refs_of(visitor.json(path), profile)
                assert {ref[key("UID", profile)] for ref in refs} == {found[key("UID", profile)] for found in entities}
                assert tag(visitor.xml(path)) == "EntityReferences"
        assert total, f"{entity.path}/…/{segment} is empty everywhere"


def test_unknown_and_malformed_ids(visitor: Visitor, entity: Entity, profile: str) -> None:
    for path, status in ((UNKNOWN, 404), (f"{UNKNOWN}?format=Entity", 404), ("no-guid", 400)):
        answer = visitor.get(f"{entity.path}/{path}")
        assert answer.status == status
        assert answer.json[key("StatusCode", profile)] == status
        assert answer.json[key("Message", profile)]
        document = visitor.get(f"{entity.path}/{path}", None).xml
        assert (tag(document), document.get("StatusCode")) == ("Error", str(status))


@pytest.mark.parametrize("path", [name for name, found in ENTITIES.items() if found.since == "v12"])
def test_what_came_later_is_unknown(enterprise_managers: Any, path: str) -> None:
    visitor = Visitor(enterprise_managers("v95u4"))
    visitor.log_on()
    assert visitor.get(ENTITIES[path].path).status == 404
    visitor.log_off()
    visitor.close()


def test_the_rule_of_key_case() -> None:
    """03 section 5: what a v13 server was seen to make of the names."""
    seen = {
        "UID": "uid", "NASJobs": "nasJobs", "VAppRestorePoints": "vAppRestorePoints", "VmUid": "vmUid", "JobName": "jobName",
        "CreationTimeUTC": "creationTimeUTC", "CPUCount": "cpuCount", "VCloudOrganizationConfigs": "vCloudOrganizationConfigs",
    }
    assert {name: camel(name) for name in seen} == seen
