"""What labels cost, on its way from ShipStation's row to IFS's number and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.flows.to_ifs.deliver import deliver
from functions.ifs.schema.expectations import compare, expectations
from functions.ifs.schema.metadata import Attribute, EntitySet, Published
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName, Record, Written
from functions.model.same_value import same
from functions.model.shipment import Shipment
from functions.shipstation.reading.models import ShipStationShipment
from functions.shipstation.reading.normalise import normalised
from functions.shipstation.v2.rows import label
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.tenant_fixture import Rig, order, sought

COST = {"attribute": "Cf_Ship_Cost"}
TARGET: dict[str, Any] = {
    "profile": "shipment_header",
    "shared": "join",
    "tracking": {"policy": "never"},
    "carrier": {"policy": "never"},
    "ship_date": {"policy": "never"},
    "cost": COST,
    "currency": {"attribute": "Cf_Ship_Currency", "code": "USD"},
}


def a_file(*targets: dict[str, Any]) -> Connection:
    return a_connection(ifs={**a_connection().ifs.model_dump(), "targets": targets or [TARGET]})


def read(cost: object, connection: Connection | None = None) -> Shipment:
    row = {"shipmentId": 7, "orderNumber": "P1001", "createDate": "2026-03-05T04:00:00", "shipmentCost": cost}
    return normalised(ShipStationShipment.model_validate(row), None, connection or a_file(), NOON)


# --- ShipStation's row


@pytest.mark.parametrize(
    ("said", "cost"),
    [
        pytest.param(7.55, "7.55", id="a number"),
        pytest.param(0, "0", id="nothing to pay"),
        pytest.param("12.30", "12.30", id="its digits"),
        pytest.param(0.1, "0.1", id="no binary remainder"),
        pytest.param(None, None, id="none"),
        pytest.param("free", None, id="a word"),
        pytest.param(True, None, id="a switch"),
        pytest.param(-1, None, id="less than nothing"),
        pytest.param({"amount": 1}, None, id="an object"),
        pytest.param("NaN", None, id="no number"),
        pytest.param("1e400", None, id="beyond any amount"),
    ],
)
def test_a_labels_cost_is_read_where_it_is_an_amount_and_never_rejects_its_row(said: object, cost: str | None) -> None:
    assert read(said).cost == (None if cost is None else Decimal(cost))


def test_a_cost_that_no_target_writes_is_not_kept_and_makes_no_row_a_new_one() -> None:
    plain = a_connection()
    assert read(7.55, plain).cost is None
    assert read(7.55, plain).mark("f") == read(8.0, plain).mark("f")
    assert read(7.55).mark("f") != read(8.0).mark("f")


# --- IFS's number


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("7.5", "7.50", True),
        ("7.5", "7.51", False),
        ("0", "0.00", True),
        ("0", None, False),
        ("1000", "1E+3", True),
        ("none", "none", True),
        ("none", "7.5", False),
        (None, None, True),
    ],
)
def test_two_spellings_of_an_amount_are_one_value(one: str | None, other: str | None, *, is_same: bool) -> None:
    assert same(FieldName.COST, one, other) is same(FieldName.COST, other, one) is is_same


def found(rig: Rig) -> Record:
    (candidate,) = rig.targets.find([sought()])[order("P1001")]
    return candidate.record


@pytest.mark.parametrize(("text", "number"), [("7.55", 7.55), ("0", 0), ("1200", 1200), (None, None)])
def test_a_cost_is_a_number_in_ifs_and_is_read_back_as_it_was_written(text: str | None, number: float | None) -> None:
    rig = Rig(targets=[TARGET])
    shipment = rig.tenant.add_shipment([("P1001", "BOLT", 2)], Cf_Ship_Cost=5.0)
    written = rig.targets.write(found(rig), {FieldName.COST: text})
    assert isinstance(written, Written)
    assert written.record is not None
    assert rig.tenant.shipment(shipment)["Cf_Ship_Cost"] == number
    assert written.record.values[FieldName.COST] == found(rig).values[FieldName.COST] == text


@pytest.mark.parametrize(
    ("published", "cost", "fits"),
    [
        ("Edm.Decimal", {}, True),
        ("Edm.Double", {}, True),
        ("Edm.String", {}, False),
        ("Edm.String", {"type": "text"}, True),
        ("Edm.Decimal", {"type": "text"}, False),
    ],
)
def test_the_check_compares_the_kind_of_the_cost(published: str, cost: dict[str, str], *, fits: bool) -> None:
    target = a_file({**TARGET, "cost": {**COST, **cost}}).ifs.targets[0]
    header = next(each for each in expectations([target]) if each.writes)
    names = {*header.reads, "Cf_Ship_Currency"}
    attributes = {name: Attribute(type="Edm.String") for name in names} | {"Cf_Ship_Cost": Attribute(type=published)}
    offered = Published(sets={header.entity_set: EntitySet(keys=header.keys, attributes=attributes)})
    assert all(finding.severity == "fits" for finding in compare(header, offered)) is fits


# --- from label to record


def a_world(**record: Any) -> World:
    return World(FakeIfs(a_candidate(a_record(**record))), a_file())


def labelled(number: int, cost: str | None, **more: Any) -> Shipment:
    return a_shipment(number, cost=None if cost is None else Decimal(cost), **more)


def last(world: World) -> dict[FieldName, str | None]:
    return dict(world.ifs.writes[-1][1])


def test_parcels_add_up_and_a_void_takes_its_share_back() -> None:
    world, second = a_world(), labelled(2, "5")
    deliver([work(labelled(1, "7.55")), work(second)], world.delivery)
    assert last(world) == {FieldName.COST: "12.55", FieldName.CURRENCY: "USD"}
    deliver([work(voided(second))], world.delivery)
    assert last(world) == {FieldName.COST: "7.55"}
    deliver([work(voided(labelled(1, "7.55")))], world.delivery)
    assert last(world) == {FieldName.COST: None, FieldName.CURRENCY: None}


def test_a_cost_that_the_carrier_corrects_is_corrected() -> None:
    world = a_world()
    deliver([work(labelled(1, "7.55"))], world.delivery)
    later = NOON.replace(hour=20)
    deliver([work(labelled(1, "9.1", read_at=later))], world.delivery)
    assert last(world) == {FieldName.COST: "9.1"}
    deliver([work(labelled(1, "9.10", read_at=later.replace(hour=21)))], world.delivery)
    assert len(world.ifs.writes) == 2


def test_a_cost_that_a_person_typed_is_kept() -> None:
    world = a_world(cost="99", currency="USD")
    deliver([work(labelled(1, "7.55"))], world.delivery)
    assert world.ifs.writes == []
    assert world.on().fields["cost"].outcome is Outcome.KEPT


def test_a_label_without_a_cost_calls_for_a_look() -> None:
    world = a_world()
    deliver([work(labelled(1, None)), work(labelled(2, "5"))], world.delivery)
    assert last(world)[FieldName.COST] == "5"
    assert world.state().attention is Reason.COST_UNKNOWN


@pytest.mark.parametrize("bearer_first", [True, False])
def test_a_label_of_combined_orders_costs_once(*, bearer_first: bool) -> None:
    label = labelled(1, "7.55")
    copy = label.combined_from(company="10", reference="P2002", ifs_shipment=None)
    assert copy.cost == 0
    assert (
        label.model_copy(update={"cost": None}).combined_from(company="", reference="", ifs_shipment=None).cost is None
    )
    lines = (("P1001", "BOLT", 2), ("P2002", "NUT", 2))
    world = World(FakeIfs(a_candidate(a_record(), *lines)), a_file())
    both = [work(label), work(copy)]
    deliver(both if bearer_first else both[::-1], world.delivery)
    assert last(world)[FieldName.COST] == "7.55"


def test_the_second_api_tells_a_cost_with_its_currency() -> None:
    row = label({"label_id": "se-7", "status": "completed", "shipment_cost": {"currency": "eur", "amount": 7.55}})
    assert row is not None
    told = {"orderNumber": "P1001", "createDate": "2026-03-05T04:00:00"}
    found = normalised(ShipStationShipment.model_validate({**row, **told}), None, a_file(), NOON)
    assert (found.cost, found.currency) == (Decimal("7.55"), "EUR")
