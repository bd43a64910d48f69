"""What the simulated V2 shows, and what the connector asks of V2, held against ShipStation's own description of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from functions.connections.orders import Orders
from functions.model.cursors import Span, Stream
from functions.model.messages import Pointer
from functions.model.outbound import Address, OrderContent, OutboundItem, OutboundKey, texts
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName
from functions.shipstation.v2.api import V2
from functions.shipstation.v2.order_writer import OrderWriter
from functions.shipstation.v2.utc import pacific_day
from tests.equipment import shipstation
from tests.equipment.account_fixture import KEY, Rig
from tests.equipment.builders import NOON
from tests.equipment.http import Request, Response
from tests.equipment.shipstation.orders import ADDRESS

DESCRIPTION = json.loads((Path(shipstation.__file__).parent / "v2_openapi.json").read_text(encoding="utf-8"))
CHECKER = Draft202012Validator.FORMAT_CHECKER
LISTINGS = (V2.labels, V2.orders, V2.fulfilments)
CONTENT = OrderContent(
    number="P1",
    reference="1",
    ordered_on=date(2026, 6, 1),
    ship_by=date(2026, 6, 9),
    ship_to=Address(
        name="Kim", street1="1 A", city="Boston", state="MA", country="US", postal_code="02110", phone="+1 555 0100"
    ),
    items=(OutboundItem(line_key="P1-1-1-0", sku="BOLT", name="Bolt", quantity=2),),
    warehouse_id=4711,
    email="kim@example.com",
    held=True,
)
NEW = {
    "shipment_number": "P1",
    "store_id": "se-7",
    "warehouse_id": "se-4711",
    "ship_to": {
        "name": "Kim",
        "phone": "+1 555 0100",
        "address_line1": "1 A",
        "city_locality": "Boston",
        "state_province": "MA",
        "postal_code": "02110",
        "country_code": "US",
        "address_residential_indicator": "unknown",
    },
}
assert V2.one_label is not None
ONE_LABEL = V2.one_label
START = NOON - timedelta(hours=2)

CAPTURED = "captured by a public V2 toolkit, August and September 2026"
NEWER = "https://docs.shipstation.com/apis/shipstation-v2/openapi/webhooks, newer than the description"
# What the simulated account shows and the description does not know, with its source.
SHOWN_ALL_THE_SAME = {
    "/v2/labels: labels.void_type": CAPTURED,
    "/v2/labels: labels.refund_details": CAPTURED,
    "/v2/labels: labels.packages.products": "read by a public client; the connector does without",
    "/v2/shipments: shipments.internal_notes": CAPTURED,
    "/v2/shipments/{shipment_id}: internal_notes": CAPTURED,
    "/v2/labels/{label_id}: void_type": CAPTURED,
    "/v2/labels/{label_id}: refund_details": CAPTURED,
    "/v2/labels/{label_id}: packages.products": "as in the list",
    "/v2/environment/webhooks: event": f"label_created_v2 and the like: {CAPTURED}",
    "/v2/environment/webhooks: name": NEWER,
}
# What the connector sends and the description does not know, with its source.
SENT_ALL_THE_SAME = {
    ("/v2/shipments", "import_batch_id"): f"the resource_url of shipment_created_v2: {CAPTURED}",
}


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "$defs": DESCRIPTION["$defs"]}, format_checker=CHECKER)


def departures(name: str, body: object) -> set[str]:
    """Where an answer is not as described: `/v2/labels: labels.void_type`."""
    errors = validator(DESCRIPTION["answers"][name]).iter_errors(body)
    return {f"{name}: {place}" for error in errors for place in _places(error)}


def _places(error: ValidationError) -> Iterator[str]:
    steps = [step for step in error.absolute_path if isinstance(step, str)]
    schema: Any = error.schema
    instance: Any = error.instance
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties":
            ends = [end for end in instance if end not in schema["properties"]]
        case "required":
            ends = [end for end in schema["required"] if end not in instance]
        case _:
            ends = []
    return (".".join([*steps, end]) for end in ends) if ends else iter([".".join(steps)])


def rich() -> Rig:
    """Orders in every status, and what leaves the house in every way."""
    rig = Rig(NOON, api="v2")
    rig.account.switches.are_products_told = True
    address = {**ADDRESS, "phone": "+1 555 0199", "street2": "Dock 3", "company": "Example Ltd", "residential": False}
    first = rig.sold(7, shipTo=address, advancedOptions={"storeId": 7, "customField1": "X"})
    held, cancelled, split, marked, voided, rejected, returned = first
    rig.sold(orderKey="mine-1", holdUntilDate="2026-04-01")
    rig.account.hold_order(held, NOON + timedelta(days=30))
    rig.account.set_status(cancelled, "cancelled")
    rig.account.ship_batch([{"order_id": split, "quantities": {"BOLT": 1}}, {"order_id": split}])
    rig.account.void_fulfillment(rig.account.mark_shipped(marked, carrier_code="fedex", tracking_number="HAND1"))
    rig.account.provider_ships(marked, carrier_code="ups")
    rig.account.relabel(*rig.shipped([voided]))
    rig.account.provider_rejects(rejected)
    rig.shipped([returned])
    rig.account.ship_return(returned)
    rig.account.ship(None)
    rig.account.ship(None, tracking_number="")
    rig.account.track(next(iter(rig.account.shipments.current)), "delivered")
    for event in ("label_created_v2", "SHIP_NOTIFY"):
        rig.account.subscribe("https://example.com/hook", event, friendly_name="ours")
    return rig


def asked(rig: Rig, path: str, query: Mapping[str, str] | None = None) -> Response:
    return rig.account.application(Request("GET", path, tuple((query or {}).items()), {"api-key": KEY}))


def shown(rig: Rig) -> Iterator[tuple[str, Any]]:
    for listing in LISTINGS:
        for query in ({}, {"page_size": "2", "page": "2"}, {"page": "99"}, listing.no_rows, listing.newest):
            yield listing.path, json.loads(asked(rig, listing.path, query).body)
    for order in rig.account.orders.current:
        yield "/v2/shipments/{shipment_id}", json.loads(asked(rig, V2.order(order)).body)
    for label in rig.account.shipments.current:
        yield "/v2/labels/{label_id}", json.loads(asked(rig, ONE_LABEL.path(label)).body)
        yield "/v2/labels/{label_id}/track", json.loads(asked(rig, ONE_LABEL.log(label)).body)
    yield "/v2/environment/webhooks", json.loads(asked(rig, V2.webhooks).body)


def test_every_answer_is_as_described_or_known_to_go_further() -> None:
    found = {place for path, body in shown(rich()) for place in departures(path, body)}
    assert found == set(SHOWN_ALL_THE_SAME)


def test_the_account_these_answers_come_from_shows_every_kind_of_row() -> None:
    rig = rich()
    labels, orders, fulfilments = (
        json.loads(asked(rig, listing.path).body)[listing.collection] for listing in LISTINGS
    )
    assert {row["shipment_status"] for row in orders} == {"pending", "label_purchased", "cancelled"}
    assert {bool(row["hold_until_date"]) for row in orders} == {True, False}
    assert {row["external_shipment_id"] for row in orders} == {None, "mine-1"}
    assert {row["status"] for row in labels} == {"completed", "voided"}
    assert {row["is_return_label"] for row in labels} == {True, False}
    assert {name for row in labels for name in ("shipment_id", "tracking_number") if name not in row}
    assert {row["voided"] for row in fulfilments} == {True, False}


@pytest.mark.parametrize(
    ("status", "spoil", "path", "query"),
    [
        (400, lambda rig: None, "/v2/labels", {"created_at_start": "yesterday"}),
        (401, lambda rig: rig.account.keys.clear(), "/v2/labels", {}),
        (403, lambda rig: rig.account.refused_by_id.update({94_113_592: 403}), "/v2/shipments/se-94113592", {}),
        (404, lambda rig: None, "/v2/shipments/se-1", {}),
        (404, lambda rig: None, "/v2/orders", {}),
        (429, lambda rig: rig.account.v2_limiter.spend(KEY, 200, rig.at), "/v2/labels", {}),
    ],
)
def test_every_refusal_comes_in_the_envelope(status: int, spoil: Any, path: str, query: dict[str, str]) -> None:
    rig = rich()
    spoil(rig)
    answer = asked(rig, path, query)
    assert answer.status == status
    assert departures("refusal", json.loads(answer.body)) == set()


def test_a_failure_of_the_server_says_nothing() -> None:
    rig = rich()
    rig.account.broken_rows = set(rig.account.shipments.current)
    answer = asked(rig, "/v2/labels")
    assert (answer.status, answer.body) == (500, b"")


def sent() -> Iterator[Request]:
    """All that the connector asks of V2, as it reaches ShipStation."""
    rig = rich()
    order = next(iter(rig.account.orders.current.values()))
    pointers = (
        Pointer(kind="shipments_batch", id="144015674"),
        Pointer(kind="orders_import", id=order.import_batch),
        Pointer(kind="fulfilment", id="246310"),
        Pointer(kind="order", id=str(order.order_id)),
    )
    assert {pointer.kind for pointer in pointers} == {*V2.pointers, "order"}
    for stream in Stream:
        list(rig.source.walk(stream, START, "poll", NOON))
        rig.source.claimed(stream, Span(start=START, end=NOON), "poll")
        rig.source.probe(stream, "poll")
    for pointer in pointers:
        list(rig.source.follow(pointer, "webhook"))
    list(rig.source.shipments_of(order.order_id, "poll"))
    for listing in LISTINGS:
        rig.client.get(listing.path, listing.newest, "poll")
    yield from rig.sent


def written() -> Iterator[tuple[str, Any]]:
    """What the connector writes through V2: made, replaced, cancelled."""
    rig = Rig(NOON, api="v2")
    writer = OrderWriter(rig.client, Orders(store_id=7, shipment_id_in="custom_field_2"), rig.now)
    rig.account.add_warehouse("Dock", street1="9 Example Road", city="Austin", state="TX", country="US")
    writer.upsert([writer.new(f"ifs:acme:s{number}", CONTENT) for number in (1, 2)])
    order = writer.read_one(PushedOrder(key=OutboundKey(connection=ConnectionName("acme"), shipment_id="1")))
    assert order is not None
    writer.upsert([writer.merged(order, CONTENT, tuple(texts(CONTENT)))])
    writer.upsert([writer.cancelling(order)])
    for request in rig.sent:
        name = f"{request.method} {request.path.replace(f'se-{order.order_id}', '{shipment_id}')}"
        yield name, json.loads(request.body) if request.body else None


def test_every_body_that_is_written_is_as_described_or_known_to_be_more() -> None:
    bodies = [(name, body) for name, body in written() if body is not None]
    assert {name for name, _ in bodies} == set(DESCRIPTION["bodies"])
    found = {
        f"{name}: {place}"
        for name, body in bodies
        for error in validator(DESCRIPTION["bodies"][name]).iter_errors(body)
        for place in _places(error)
    }
    assert found == {"PUT /v2/shipments/{shipment_id}: internal_notes"}  # as it was read


def test_what_is_answered_to_a_write_is_as_described() -> None:
    rig = Rig(NOON, api="v2")
    body = {"shipments": [{**NEW, "external_shipment_id": "mine-1"}, {**NEW, "external_shipment_id": "mine-2"}]}

    def send(method: str, path: str, body: object = None) -> Response:
        raw = json.dumps(body).encode() if body else b""
        return rig.account.application(Request(method, path, (), {"api-key": KEY}, raw))

    made = json.loads(send("POST", "/v2/shipments", body).body)
    assert {place.rpartition(".")[2] for place in departures("POST /v2/shipments", made)} == {"internal_notes"}
    key = "/v2/shipments/external_shipment_id/{external_shipment_id}"
    found = json.loads(send("GET", key.replace("{external_shipment_id}", "mine-1")).body)
    assert departures(key, found) == {f"{key}: internal_notes"}
    again = json.loads(send("POST", "/v2/shipments", body).body)
    assert (again["has_errors"], [bool(row["errors"]) for row in again["shipments"]]) == (True, [True, True])
    number = made["shipments"][0]["shipment_id"]
    assert send("PUT", f"/v2/shipments/{number}/cancel").status == 204
    for refused in (send("PUT", f"/v2/shipments/{number}/cancel"), send("PUT", f"/v2/shipments/{number}", NEW)):
        assert refused.status == 400
        assert departures("refusal", json.loads(refused.body)) == set()
    assert send("PUT", "/v2/shipments/se-1/cancel").status == 404


def is_described(path: str, name: str, value: str) -> bool:
    parameters = DESCRIPTION["parameters"].get(path, {})
    return name in parameters and any(
        validator(parameters[name]).is_valid(read) for read in ([value, int(value)] if value.isdecimal() else [value])
    )


def test_every_parameter_is_described_or_known_to_be_more() -> None:
    every = {(request.path, name, value) for request in sent() for name, value in request.query}
    assert {path for path, _, _ in every} == {listing.path for listing in LISTINGS}
    found = {(path, name) for path, name, value in every if not is_described(path, name, value)}
    assert found == set(SENT_ALL_THE_SAME)


def test_every_format_of_the_description_is_one_that_is_checked() -> None:
    for schema in DESCRIPTION["$defs"].values():
        Draft202012Validator.check_schema(schema)
    formats = {schema["format"] for schema in DESCRIPTION["$defs"].values() if "format" in schema}
    assert formats == {"date-time", "uuid"}
    assert formats <= set(CHECKER.checkers)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"status": "shipped"}, "status"),
        ({"created_at": "2026-02-30T00:00:00Z"}, "created_at"),
        ({"created_at": None}, "created_at"),
        ({"label_id": "456"}, "label_id"),
        ({"colour": "red"}, "colour"),
        ({"packages": [{}]}, "packages.weight"),
    ],
    ids=str,
)
def test_a_row_that_is_not_as_described_is_found(change: dict[str, object], place: str) -> None:
    body = json.loads(asked(rich(), "/v2/labels").body)
    body["labels"][0] |= change
    assert f"/v2/labels: labels.{place}" in departures("/v2/labels", body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort_by", "createdAt"),
        ("page_size", "0"),
        ("shipment_id", "123"),
        ("created_at_start", "2026-01-01"),
        ("x", ""),
    ],
)
def test_a_parameter_that_is_not_as_described_is_found(name: str, value: str) -> None:
    assert not is_described("/v2/labels", name, value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-08-12T07:00:00Z", id="Pacific midnight in summer, as captured"),
        pytest.param("2026-08-12T07:00:00.000Z", id="with milliseconds"),
        pytest.param("2026-08-12", id="a day alone, as described"),
        pytest.param("2026-08-12T00:00:00Z", id="midnight in UTC, as described"),
        pytest.param("2026-08-12T00:00:00.000+00:00", id="the same with an offset"),
    ],
)
def test_a_ship_date_is_one_day_in_every_form(text: str) -> None:
    assert validator({"$ref": "#/$defs/date"}).is_valid(text)
    assert pacific_day(text) == date(2026, 8, 12)
    assert pacific_day("2026-01-12T08:00:00Z") == date(2026, 1, 12)
