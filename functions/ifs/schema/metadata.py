"""Reads what an OData service publishes of itself: sets, keys, attributes with type, length and read-only marks.

Source: OData CSDL XML 4.01 (https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/). IFS publishes no
`Nullable="false"`, so what is mandatory cannot be learned from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from functions.errors import Permanent, Scope
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason

READ_ONLY = {"Org.OData.Core.V1.Computed", "Org.OData.Core.V1.Immutable"}
PERMISSIONS, READ = "Org.OData.Core.V1.Permissions", "Org.OData.Core.V1.Permission/Read"


class Attribute(Frozen):
    """`type` as published, such as `Edm.String`; `max_length` None where none is."""

    type: str
    max_length: int | None = None
    is_read_only: bool = False


class EntitySet(Frozen):
    keys: tuple[str, ...]
    attributes: dict[str, Attribute]


class Published(Frozen):
    """One service, by the names of its entity sets."""

    sets: dict[str, EntitySet]


def parse(document: bytes) -> Published:
    """Raises Permanent for what is no metadata document; a DOCTYPE is refused, because its entities may explode."""
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise _unreadable()
    try:
        root = ET.fromstring(document)  # noqa: S314 # no entity gets this far
    except ET.ParseError as error:
        raise _unreadable() from error
    types = {f"{space}.{each.get('Name')}": each for space, each in _of_schemas(root, "EntityType")}
    told = {str(each.get("Target")): each for _, each in _of_schemas(root, "Annotations")}
    sets = {
        str(each.get("Name")): _entity_set(str(each.get("EntityType")), types, told)
        for _, container in _of_schemas(root, "EntityContainer")
        for each in _children(container, "EntitySet")
    }
    if not types:
        raise _unreadable()
    return Published(sets=sets)


def _unreadable() -> Permanent:
    text = "$metadata: no EDMX document"
    return Permanent(Reason.IFS_CONFIGURATION, text, stage="metadata", scope=Scope.TENANT)


def _of_schemas(root: ET.Element, name: str) -> Iterator[tuple[str, ET.Element]]:
    for schema in root.iter():
        if _local(schema) == "Schema":
            for child in _children(schema, name):
                yield str(schema.get("Namespace")), child


def _entity_set(kind: str, types: Mapping[str, ET.Element], told: Mapping[str, ET.Element]) -> EntitySet:
    keys: tuple[str, ...] = ()
    attributes: dict[str, Attribute] = {}
    name = kind
    while name in types:
        element = types[name]
        keys = keys or tuple(
            str(each.get("Name")) for key in _children(element, "Key") for each in _children(key, "PropertyRef")
        )
        own = {str(each.get("Name")): each for each in _children(element, "Property")}
        attributes = {
            **{attribute: _attribute(each, told.get(f"{name}/{attribute}")) for attribute, each in own.items()},
            **attributes,
        }
        name = element.get("BaseType", "")
    return EntitySet(keys=keys, attributes=attributes)


def _attribute(element: ET.Element, annotations: ET.Element | None) -> Attribute:
    length = element.get("MaxLength", "")
    marks = [
        *_children(element, "Annotation"),
        *(_children(annotations, "Annotation") if annotations is not None else ()),
    ]
    return Attribute(
        type=element.get("Type", ""),
        max_length=int(length) if length.isdecimal() else None,
        is_read_only=any(map(_says_read_only, marks)),
    )


def _says_read_only(mark: ET.Element) -> bool:
    term = mark.get("Term")
    if term == PERMISSIONS:
        return READ in {mark.get("EnumMember"), *(each.text for each in mark)}
    return term in READ_ONLY and mark.get("Bool", "true") == "true"


def _children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in element if _local(child) == name)


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
