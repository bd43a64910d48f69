from __future__ import annotations

from typing import Any

import pytest

from functions.connections.orders import Orders
from functions.errors import Permanent, Retryable, Scope
from functions.ifs.schema.inspection import Inspection
from functions.ifs.schema.metadata import parse
from functions.model.fit import Finding
from functions.model.outcomes import Reason
from tests.equipment.tenant_fixture import Rig
from tests.unit.ifs.test_targets import ENTITY, HEADER, ORDER


def findings(rig: Rig) -> list[Finding]:
    return Inspection(rig.client, rig.connection.ifs.targets).findings()


def misfits(rig: Rig) -> list[tuple[str, str, str]]:
    return [(f.subject, f.sentence, f.advice) for f in findings(rig) if f.severity == "misfit"]


def changed(target: dict[str, Any], **changes: Any) -> Rig:
    return Rig(targets=[{**target, **changes}])


@pytest.mark.parametrize("target", [HEADER, ORDER, ENTITY], ids=lambda target: target["profile"])
def test_what_ifs_publishes_fits_every_profile(target: dict[str, Any]) -> None:
    found = findings(changed(target, find=["order_number", "customer_po"]))
    assert {finding.severity for finding in found} == {"fits"}


SOURCES: dict[str, dict[str, Any]] = {
    "shipments": {"shipment_id_in": "custom_field_2"},
    "orders": {"source": "orders", "customer_orders": {"contact": {"set": "CustomerInfoCommMethodSet"}}},
}


def of_orders(rig: Rig, source: str, **changes: Any) -> list[tuple[str, str, str]]:
    """What is said of the sets that orders are read from."""
    given = {"store_id": 77, **SOURCES[source]}
    section = Orders.model_validate({**given, **changes})
    found = Inspection(rig.client, (), section).findings()
    return [(f.subject, f.severity, f"{f.sentence} {f.advice or ''}".strip()) for f in found]


@pytest.mark.parametrize(("source", "sets"), [("shipments", 2), ("orders", 6)])
def test_what_ifs_publishes_fits_what_orders_are_read_from(source: str, sets: int) -> None:
    found = of_orders(Rig(), source)
    assert (len(found), {severity for _, severity, _ in found}) == (sets, {"fits"})


@pytest.mark.parametrize(
    ("changes", "subject", "told"),
    [
        (
            {"line_addresses": "CustomerOrderLineAddressSet"},
            "line_addresses",
            "CustomerOrderHandling has no set CustomerOrderLineAddressSet. Nearest: CustOrderLineAddressSet",
        ),
        (
            {"line": {"delivered": "DeliveredQty"}},
            "lines",
            "DeliveredQty is no attribute of CustomerOrderLineSet in CustomerOrderHandling. Nearest: DeliveredQty",
        ),
        (
            {"own_address": {"country": "Country"}},
            "order_addresses",
            "Country is no attribute of CustomerOrderAddressSet in CustomerOrderHandling. Nearest: CountryCode",
        ),
        ({"customers_projection": "CustomersHandling"}, "customer_addresses", "IFS has no service CustomersHandling"),
    ],
)
def test_a_name_of_the_tenants_own_is_told(changes: dict[str, Any], subject: str, told: str) -> None:
    found = of_orders(Rig(), "orders", customer_orders=changes)
    wrong = {at.rpartition(".")[2]: text for at, severity, text in found if severity == "misfit"}
    assert wrong[subject].startswith(told)


def test_each_service_is_asked_once() -> None:
    rig = Rig(targets=[HEADER, ORDER, ENTITY])
    findings(rig)
    assert len(rig.wire.seen("GET")) == 3


@pytest.mark.parametrize(
    ("rig", "subject", "sentence", "advice"),
    [
        pytest.param(
            changed(HEADER, tracking={"attribute": "ProNoo"}),
            "ifs.targets.shipment_header.tracking",
            "ProNoo is no attribute of ShipmentSet in ShipmentHandling.",
            "Nearest: ProNo.",
            id="misspelt attribute",
        ),
        pytest.param(
            changed(HEADER, projection="ShipmentsHandling"),
            "ifs.targets.shipment_header",
            "IFS has no service ShipmentsHandling at /main.",
            "Check projection and endpoint",
            id="no such service",
        ),
        pytest.param(
            changed(HEADER, entity_set="Shipments"),
            "ifs.targets.shipment_header",
            "ShipmentHandling has no set Shipments.",
            "Nearest: ShipmentSet, ShipmentLineSet.",
            id="no such set",
        ),
        pytest.param(
            changed(HEADER, carrier={"max_length": 30}),
            "ifs.targets.shipment_header.carrier",
            "ForwardAgentId holds 20 characters, the file says 30.",
            "Set max_length = 20.",
            id="too long",
        ),
        pytest.param(
            changed(ORDER, ship_date={"attribute": "Cf_Ship_Date"}),
            "ifs.targets.order_header.ship_date",
            "Cf_Ship_Date is published as Edm.Date, the file says timestamp.",
            'Set type = "date".',
            id="another kind of date",
        ),
        pytest.param(
            changed(ORDER, tracking={"attribute": "Objstate"}),
            "ifs.targets.order_header.tracking",
            "Objstate is published as IfsApp.CustomerOrderHandling.CustomerOrderState, the file says text.",
            "Name an attribute of type text",
            id="an enumeration",
        ),
        pytest.param(
            changed(ENTITY, key_attribute="ShipstationId"),
            "ifs.targets.custom_entity",
            "ShipmentTrackingSet is addressed by Objkey, not by ShipstationId.",
            "key_attribute",
            id="another key",
        ),
        pytest.param(
            changed(HEADER, find=["custom_field"], find_attribute="Cf_WebOrderNo"),
            "ifs.targets.shipment_header.orders",
            "Cf_WebOrderNo is no attribute of CustomerOrderSet in CustomerOrderHandling.",
            "Nearest: Cf_Web_Order_No",
            id="misspelt search field",
        ),
    ],
)
def test_a_misfit_is_told_with_what_to_change(rig: Rig, subject: str, sentence: str, advice: str) -> None:
    (found,) = misfits(rig)
    assert found[:2] == (subject, sentence)
    assert advice in found[2]


def test_an_attribute_that_is_published_as_read_only_is_told() -> None:
    rig = changed(HEADER, tracking={"attribute": "SourceRef1"})
    assert misfits(rig) == []
    rig.tenant.switches.is_annotating = True
    assert [sentence for _, sentence, _ in misfits(rig)] == ["SourceRef1 is published as read-only."]


def test_a_service_that_the_user_may_not_use_is_told_by_name() -> None:
    rig = Rig(targets=[HEADER, ORDER])
    rig.tenant.grants.discard("ShipmentHandling")
    told = misfits(rig)
    assert {sentence for _, sentence, _ in told} == {"The service user may not use ShipmentHandling."}


def test_a_token_that_no_service_accepts_is_the_tenants_fault_and_no_services() -> None:
    rig = Rig()
    rig.error(401, "UNAUTHORIZED", times=-1, path="/ifsapplications/")
    with pytest.raises(Retryable) as caught:
        findings(rig)
    told = caught.value
    assert (told.reason, told.stage, told.scope) == (Reason.IFS_CREDENTIALS, "metadata", Scope.TENANT)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html></html>",
        b"<edmx:Edmx",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    ],
    ids=["nothing", "a page", "half", "entities"],
)
def test_what_is_no_metadata_is_refused(document: bytes) -> None:
    with pytest.raises(Permanent) as caught:
        parse(document)
    assert (caught.value.reason, caught.value.scope) == (Reason.IFS_CONFIGURATION, Scope.TENANT)


def test_attributes_of_a_base_type_and_annotations_from_afar_belong_to_the_set() -> None:
    document = b"""<e:Edmx xmlns:e="http://docs.oasis-open.org/odata/ns/edmx"><e:DataServices>
      <Schema Namespace="A" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityType Name="Base"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Decimal"/></EntityType>
        <EntityType Name="Own" BaseType="A.Base"><Property Name="Note" Type="Edm.String" MaxLength="max"/></EntityType>
        <Annotations Target="A.Own/Note"><Annotation Term="Org.OData.Core.V1.Permissions">
          <EnumMember>Org.OData.Core.V1.Permission/Read</EnumMember></Annotation></Annotations>
      </Schema>
      <Schema Namespace="B" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityContainer Name="C"><EntitySet Name="Set" EntityType="A.Own"/></EntityContainer>
      </Schema></e:DataServices></e:Edmx>"""
    found = parse(document).sets["Set"]
    assert (found.keys, set(found.attributes)) == (("Id",), {"Id", "Note"})
    assert (found.attributes["Note"].is_read_only, found.attributes["Note"].max_length) == (True, None)
