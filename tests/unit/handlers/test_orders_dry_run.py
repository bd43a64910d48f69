"""A dry run of the orders that go to ShipStation: what the next look would send, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.outcomes import SENTENCES, Reason
from tests.equipment.http import DroppedError, Request, Response
from tests.equipment.push_desk import Desk

PERSONAL = "not shown: it names a person"


@pytest.fixture
def desk() -> Desk:
    return Desk(())


def proposed(desk: Desk) -> list[dict[str, Any]]:
    before = desk.writes()
    answer = desk.pull(dry_run=True)
    assert desk.writes() == before
    orders: list[dict[str, Any]] = answer["orders"]
    assert answer["total"] == len(orders)
    return orders


def test_a_new_order_is_shown_with_what_it_would_say(desk: Desk) -> None:
    shipment = desk.ask("P7")
    (order,) = proposed(desk)
    assert (order["number"], order["part"], order["would"]) == ("P7", f"s{shipment}", "create")
    assert "BOLT" in order["fields"]["items"]
    assert order["fields"]["ship_to"] == PERSONAL
    assert proposed(desk) == [order]
    assert desk.orders() == []


def test_of_a_change_only_what_differs_is_shown(desk: Desk) -> None:
    shipment = desk.ask("P7")
    desk.pull()
    assert proposed(desk) == []
    desk.tenant.edit(shipment, ReceiverAddress1="1 Other Street")
    (order,) = proposed(desk)
    assert (order["would"], order["fields"]) == ("change", {"ship_to": PERSONAL})


def test_what_is_cancelled_is_shown_so(desk: Desk) -> None:
    shipment = desk.ask("P7")
    desk.pull()
    desk.tenant.set_state(shipment, "Cancelled")
    assert [order["would"] for order in proposed(desk)] == ["cancel"]


@pytest.mark.parametrize("is_unheard", [True, False], ids=["made unheard", "told by shadow mode"])
def test_a_shipment_that_has_left_before_anybody_heard_of_its_order_is_not_shown(*, is_unheard: bool) -> None:
    desk = Desk(("pull",), mode="write" if is_unheard else "shadow")
    serve = desk.account.application

    def unheard(request: Request) -> Response:
        answer = serve(request)
        if request.method == "POST":
            raise DroppedError
        return answer

    desk.account.application = unheard
    shipment = desk.ask("P7")
    desk.run(seconds=90)
    assert len(desk.orders()) == is_unheard
    desk.tenant.set_state(shipment, "Completed")
    assert proposed(desk) == []


def test_a_field_that_is_in_the_way_is_named(desk: Desk) -> None:
    desk.ask("P7", ReceiverCountry="Nowhere")
    (order,) = proposed(desk)
    assert (order["would"], order["reason"]) == ("wait", "field_unusable")
    assert "country" in order["field"].lower()
    assert order["means"]


def test_it_is_shown_before_anything_is_switched_on(desk: Desk) -> None:
    desk.ask("P7")
    desk.deploy(mode="off")
    assert [order["would"] for order in proposed(desk)] == ["create"]


def test_what_shadow_mode_has_told_already_is_shown_with_what_is_in_the_way() -> None:
    desk = Desk(mode="shadow")
    desk.ask("P7"), desk.ask("P8", ReceiverCountry="Nowhere")
    desk.run(minutes=10)
    shown = {(order["number"], order["would"], order.get("reason")) for order in proposed(desk)}
    assert shown == {("P7", "create", None), ("20", "wait", "field_unusable")}
    desk.deploy(mode="write")
    desk.run(minutes=10)
    assert [order["would"] for order in proposed(desk)] == ["wait"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"dry_run": False}, "dry_run: Input should be True"),
        ({"dry_run": True, "again": True}, "again: unknown; allowed are connection, dry_run"),
    ],
)
def test_a_request_that_is_wrong_is_answered(desk: Desk, request_: dict[str, Any], told: str) -> None:
    assert desk.pull(**request_)["error"] == told


@pytest.mark.parametrize("asks", [{"dry_run": True}, {"again": True, "by": "kim", "note": "why"}], ids=["dry", "again"])
def test_a_tenant_that_is_out_is_told_whoever_asks_and_no_schedule(desk: Desk, asks: dict[str, Any]) -> None:
    desk.ask("P7")
    desk.tenant.add_fault("html", status=503, times=-1)
    answer = desk.pull(**asks)
    assert answer == {
        "error": SENTENCES[Reason.IFS_UNAVAILABLE],
        "reason": "ifs_unavailable",
        "next": "try again later",
    }
    assert desk.pull() == {"sent": 0}


@pytest.mark.parametrize("is_of_connection", [True, False], ids=["connection", "orders"])
def test_who_asks_for_another_try_of_what_is_switched_off_is_told_so(desk: Desk, *, is_of_connection: bool) -> None:
    if is_of_connection:
        desk.site.connection = desk.site.connection.in_mode("off")
    else:
        desk.deploy(mode="off")
    assert desk.pull(again=True, by="kim", note="why") == {"sent": 0, "next": "it is switched off"}
    assert desk.pull() == {"sent": 0}


def test_who_asks_for_another_try_of_a_connection_without_orders_is_told_so(desk: Desk) -> None:
    desk.site.connection = desk.site.connection.model_copy(update={"orders": None})
    for asks in ({"dry_run": True}, {"again": True, "by": "kim", "note": "why"}):
        assert desk.pull(**asks)["error"] == "connection: its file has no [orders]"
    assert desk.pull() == {"sent": 0}
