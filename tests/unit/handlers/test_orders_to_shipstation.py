"""IFS shipments become ShipStation orders, follow IFS, keep the warehouse's edits, and come back. Wired as in AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.model.outbound import LATEST_GENERATION
from functions.model.outcomes import Outcome, Reason
from tests.equipment.push_desk import STORE, Desk
from tests.equipment.push_people import RECEIVER, told_in
from tests.equipment.shipstation.orders import RefusedError


def test_a_new_ifs_shipment_is_an_order_ready_to_pack() -> None:
    desk = Desk(warehouses={"CHI": 4711})
    shipment = desk.ask()
    desk.run(minutes=3)
    (order,) = desk.orders()
    assert (order.order_number, order.status, order.store_id) == ("P1", "awaiting_shipment", STORE)
    assert order.body["advancedOptions"]["customField2"] == str(shipment)
    assert order.body["advancedOptions"]["warehouseId"] == 4711
    assert [(item.body["lineItemKey"], item.body["sku"], item.quantity) for item in order.items] == [
        ("P1-1-1-0", "BOLT", 2)
    ]
    assert desk.pushed(shipment).outcome is Outcome.WRITTEN


@pytest.mark.parametrize(
    "blank", ["\n", "\r\n", "\t", "\v", "\f", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000", " \n "]
)
def test_whatever_parts_two_words_in_ifs_parts_them_on_the_label(blank: str) -> None:
    desk = Desk()
    words: dict[str, Any] = {
        "ReceiverAddressName": "Kim Larsson",
        "ReceiverCity": "New York",
        "ReceiverAddress1": "12 Harbor",
    }
    shipment = desk.ask(**{name: text.replace(" ", blank) for name, text in words.items()})
    desk.run(minutes=3)
    told = desk.order(shipment).body["shipTo"]
    assert (told["name"], told["city"]) == ("Kim Larsson", "New York")
    lines = [told["street1"], told["street2"] or ""]
    assert lines == (["12", "Harbor"] if len(f"1{blank.strip(' ')}2".splitlines()) > 1 else ["12 Harbor", ""])


def test_more_lines_in_one_field_than_a_label_has_end_in_the_last_one() -> None:
    desk = Desk()
    shipment = desk.ask(ReceiverAddress1="Harbor House\n\nDock 3\nGate 4", ReceiverAddress2="12 Harbor Street")
    desk.run(minutes=3)
    told = desk.order(shipment).body["shipTo"]
    assert [told[f"street{n}"] for n in (1, 2, 3)] == ["Harbor House", "Dock 3", "Gate 4, 12 Harbor Street"]


def test_the_label_comes_back_to_the_ifs_shipment_that_the_order_came_from() -> None:
    desk = Desk()
    other, shipment = desk.ask("P1"), desk.ask("P1")
    desk.run(minutes=3)
    desk.account.ship(desk.number(shipment))
    desk.run(minutes=10)
    assert desk.tenant.shipment(shipment)["ProNo"]
    assert not desk.tenant.shipment(other)["ProNo"]


def test_what_has_not_changed_is_not_written_again_whatever_shipstation_makes_of_the_address() -> None:
    desk = Desk()
    desk.account.switches.is_address_rewritten = True
    desk.ask()
    desk.run(minutes=3)
    before = desk.writes()
    desk.run(hours=2)
    assert (before, desk.writes(), len(desk.orders())) == (1, 1, 1)
    assert desk.orders()[0].ship_to["addressVerified"]


def test_a_change_in_ifs_follows_and_the_warehouse_keeps_what_is_its_own() -> None:
    desk = Desk()
    desk.account.switches.is_address_rewritten = True
    shipment = desk.ask()
    desk.run(minutes=3)
    desk.account.edit_order(
        desk.number(shipment), {"internalNotes": "glass", "weight": {"value": 3, "units": "pounds"}}
    )
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    order = desk.order(shipment)
    assert order.ship_to["street1"].startswith("99 B")
    assert (order.body["internalNotes"], order.body["weight"]["value"]) == ("glass", 3)
    assert desk.pushed(shipment).outcome is Outcome.WRITTEN


def test_a_field_that_both_changed_stays_as_the_warehouse_has_it_and_a_person_is_told() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    number = desk.number(shipment)
    desk.account.edit_order(number, {"shipTo": {**desk.order(shipment).ship_to, "street1": "1 Other Road"}})
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    assert desk.order(shipment).ship_to["street1"] == "1 Other Road"
    pushed = desk.pushed(shipment)
    assert (pushed.outcome, pushed.attention, pushed.field) == (Outcome.KEPT, Reason.CHANGED_IN_WAREHOUSE, "ship_to")
    writes = desk.writes()
    desk.run(hours=1)
    assert desk.writes() == writes


def test_what_is_delivered_is_not_read_again_and_what_is_opened_anew_is_known() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    desk.tenant.deliver(shipment)
    desk.run(minutes=3)
    assert not desk.pushed(shipment).is_open
    desk.tenant.set_state(shipment, "Preliminary")
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    assert desk.order(shipment).ship_to["street1"] == "99 Beacon Hill"
    assert desk.pushed(shipment).is_open


def test_what_is_opened_anew_as_it_was_is_followed_and_written_no_second_time() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    desk.tenant.set_state(shipment, "Completed")
    desk.run(minutes=3)
    desk.tenant.set_state(shipment, "Preliminary")
    desk.run(minutes=3)
    assert desk.writes() == 1
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=3)
    assert desk.order(shipment).status == "cancelled"


def test_a_shipment_of_before_go_live_is_none_of_ours() -> None:
    desk = Desk()
    desk.ask(CreatedDate="2026-01-01T00:00:00Z")
    desk.run(minutes=3)
    assert desk.orders() == []


class OneSite(Desk):
    @staticmethod
    def tenant_has() -> dict[str, Any]:
        return {"sites": ["CHI"]}


def test_a_shipment_of_a_site_that_is_not_the_connections_is_none_of_ours() -> None:
    desk = OneSite()
    desk.ask("P1")
    desk.ask("P2", Contract="DAL")
    desk.run(minutes=3)
    assert [order.order_number for order in desk.orders()] == ["P1"]


def test_a_cancelled_shipment_is_cancelled_there_and_one_that_is_opened_again_is_a_new_order() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    first = desk.number(shipment)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=3)
    assert desk.account.orders.current[first].status == "cancelled"
    desk.tenant.set_state(shipment, "Preliminary")
    desk.run(minutes=3)
    second = desk.order(shipment)
    assert (second.status, second.order_id != first, second.order_key[-3:]) == ("awaiting_shipment", True, ":g2")


def test_a_shipment_that_is_opened_again_once_too_often_asks_a_person_and_makes_no_order() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    for _ in range(LATEST_GENERATION + 1):
        desk.tenant.set_state(shipment, "Cancelled")
        desk.run(minutes=3)
        desk.tenant.set_state(shipment, "Preliminary")
        desk.run(minutes=3)
    keys = sorted(each.order_key for each in desk.orders())
    assert (len(keys), keys[-1]) == (LATEST_GENERATION, f"{keys[0]}:g9")
    assert {each.status for each in desk.orders()} == {"cancelled"}
    pushed = desk.pushed(shipment)
    assert (pushed.outcome, pushed.reason) == (Outcome.KEPT, Reason.ORDER_IMMUTABLE)


@pytest.mark.parametrize("fate", ["shipped", "split", "combined", "deleted", "cancelled"])
def test_an_order_that_may_not_be_touched_is_left_and_a_person_is_told(fate: str) -> None:
    desk = Desk()
    shipment, other = desk.ask(), desk.ask("P2")
    desk.run(minutes=3)
    number = desk.number(shipment)
    match fate:
        case "shipped":
            desk.account.ship(number)
        case "split":
            desk.account.split_order(number, [{"P1-1-1-0": 1}])
        case "combined":
            desk.account.combine_orders(desk.number(other), [number])
        case "deleted":
            desk.account.delete_order(number)
        case _:
            desk.account.cancel_order(number)
    writes = desk.writes()
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    pushed = desk.pushed(shipment)
    assert (pushed.outcome, pushed.attention) == (Outcome.KEPT, Reason.ORDER_IMMUTABLE)
    assert desk.writes() == writes


def test_shadow_mode_writes_nothing_and_the_switch_writes_what_it_showed() -> None:
    desk = Desk(mode="shadow")
    shipment = desk.ask()
    desk.run(minutes=10)
    assert (desk.orders(), desk.writes(), desk.pushed(shipment).outcome) == ([], 0, Outcome.WOULD_WRITE)


def test_shadow_mode_shows_an_order_once_until_ifs_says_something_else() -> None:
    desk = Desk(mode="shadow")
    shipment = desk.ask()
    desk.run(minutes=3)
    saved = desk.pushed(shipment).revision
    desk.run(minutes=10)
    assert desk.pushed(shipment).revision == saved
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    assert desk.pushed(shipment).revision == saved + 1


@pytest.mark.parametrize(
    ("values", "lines", "field"),
    [
        pytest.param({"ReceiverCountry": "Sweden"}, 1, "receiver country", id="a country's name"),
        pytest.param({"ReceiverAddress1": ""}, 1, "receiver address", id="no address"),
        pytest.param({"ReceiverCity": None}, 1, "receiver city", id="no city"),
        pytest.param({}, 2.5, "line P1-1-1-0 quantity", id="a fraction"),
        pytest.param({}, -1, "line P1-1-1-0 quantity", id="below zero"),
    ],
)
def test_what_cannot_become_an_order_is_parked_with_its_field_and_the_others_go_on(
    values: dict[str, Any], lines: Any, field: str
) -> None:
    desk = Desk()
    bad, good = desk.ask(quantity=lines, **values), desk.ask("P2")
    desk.run(minutes=3)
    pushed = desk.pushed(bad)
    assert (pushed.outcome, pushed.reason, pushed.field) == (Outcome.PARKED, Reason.FIELD_UNUSABLE, field)
    assert [order.order_id for order in desk.orders()] == [desk.number(good)]
    desk.tenant.edit(bad, **{**RECEIVER, **({"ReceiverCountry": "SE"} if "country" in field else {})})
    desk.run(minutes=3)
    assert (desk.pushed(bad).order_id is not None) == (lines == 1)


def test_an_order_that_shipstation_refuses_stops_none_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    upsert = desk.account.upsert_order

    def picky(body: Any) -> int:
        if body["orderNumber"] == "P2":
            raise RefusedError("no")
        return upsert(body)

    monkeypatch.setattr(desk.account, "upsert_order", picky)
    shipments = [desk.ask(f"P{number}") for number in range(4)]
    desk.run(minutes=3)
    outcomes = [desk.pushed(shipment).outcome for shipment in shipments]
    assert outcomes == [Outcome.WRITTEN, Outcome.WRITTEN, Outcome.PARKED, Outcome.WRITTEN]
    assert desk.pushed(shipments[2]).reason is Reason.REFUSED_BY_SHIPSTATION


def test_no_name_and_no_address_is_logged_or_kept() -> None:
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    kept = json.dumps(
        [dict(item) for table in desk.world.tables.values() for item in table.scan(prefix="")], default=str
    )
    assert told_in(kept + desk.world.logs.getvalue(), ("Larsson", "Harbor", "Beacon", "02110")) == []
