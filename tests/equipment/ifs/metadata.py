"""The `$metadata` document of one projection, as an OData service publishes it: EDMX without nullability."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from tests.equipment.ifs.filters import Column
from tests.equipment.ifs.sets import EntitySet

EDM = {
    "text": "Edm.String",
    "date": "Edm.Date",
    "timestamp": "Edm.DateTimeOffset",
    "number": "Edm.Decimal",
    "flag": "Edm.Boolean",
}
COMPUTED = '<Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/>'


def document(projection: str, sets: Iterable[EntitySet], *, is_annotating: bool) -> bytes:
    own = list(sets)
    types = "".join(_type(each, is_annotating=is_annotating) for each in own)
    places = "".join(f'<EntitySet Name="{each.name}" EntityType="IfsApp.{projection}.{_kind(each)}"/>' for each in own)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="IfsApp.{projection}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="{projection}">{places}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def _kind(entity: EntitySet) -> str:
    return entity.name.removesuffix("Set")


def _type(entity: EntitySet, *, is_annotating: bool) -> str:
    keys = "".join(f'<PropertyRef Name="{name}"/>' for name in entity.keys)
    own = "".join(
        _property(entity, name, column, is_annotating=is_annotating) for name, column in entity.columns.items()
    )
    always = "".join(f'<Property Name="{name}" Type="Edm.String"/>' for name in ("luname", "keyref", "Objgrants"))
    return f'<EntityType Name="{_kind(entity)}"><Key>{keys}</Key>{own}{always}</EntityType>'


def _property(entity: EntitySet, name: str, column: Column, *, is_annotating: bool) -> str:
    kind = EDM.get(column.kind, f"IfsApp.{entity.projection}.{_kind(entity)}State")
    facets = {"number": ' Precision="130" Scale="65"', "text": f' MaxLength="{column.max_length}"'}.get(column.kind, "")
    mark = COMPUTED if is_annotating and not column.is_updatable else ""
    return f"<Property Name={quoteattr(name)} Type={quoteattr(kind)}{facets}>{mark}</Property>"
