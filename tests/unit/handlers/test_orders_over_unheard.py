"""What IFS ends while ShipStation does not hear of it: a cancellation is told later, and what has left is not made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import DroppedError, Request, Response, json_response
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import Desk, DeskV2

MINUTES = pytest.mark.parametrize("minutes", [1, 10], ids=["before it is told", "long after it was told"])
LONGER = 60  # than any pause after a fault, and than lists lag


def statuses(desk: Desk) -> list[str]:
    return [order.status for order in desk.orders()]


def broken(desk: Desk, fault: str) -> list[bool]:
    """ShipStation takes no order until the answer's one word is False."""
    serve, is_out = desk.account.application, [True]

    def served(request: Request) -> Response:
        if not is_out[0] or (request.method not in {"POST", "PUT"} and fault != "silent"):
            return serve(request)
        if fault == "unheard":
            serve(request)
            raise DroppedError
        return json_response(400 if fault == "refused" else 503, {})

    desk.account.application = served
    return is_out


def shipment_of(desk: Desk) -> Callable[[], object]:
    shipment = desk.ask("P7")
    return lambda: desk.tenant.set_state(shipment, "Completed")


def order_of(desk: Desk) -> Callable[[], object]:
    assert isinstance(desk, OrderDesk)
    desk.enter("P7")
    return lambda: desk.tenant.edit_order("P7", Objstate="Delivered")


@pytest.mark.parametrize("is_made", [True, False], ids=["made", "lost on the way"])
@pytest.mark.parametrize(("kind", "ask"), [(Desk, shipment_of), (OrderDesk, order_of)], ids=["shipment", "order"])
def test_what_was_made_unheard_and_is_over_in_ifs_by_then_is_in_the_audit_and_stays_as_it_stands(
    kind: type[Desk], ask: Callable[[Desk], Callable[[], object]], *, is_made: bool
) -> None:
    desk = kind(("pull",))
    is_out, ends = broken(desk, "unheard" if is_made else "silent"), ask(desk)
    desk.run(seconds=90)
    ends()
    is_out[0] = False
    desk.run(minutes=LONGER)
    assert statuses(desk) == ["awaiting_shipment"] * is_made
    assert len(desk.audited()) == is_made
    before = len(desk.account.requests)
    desk.run(minutes=LONGER)
    assert len(desk.account.requests) == before


@pytest.mark.parametrize("kind", [Desk, DeskV2], ids=["V1", "V2"])
@pytest.mark.parametrize("is_there", [True, False], ids=["it arrived", "it did not"])
@pytest.mark.parametrize("typed", ["the same field", "another one"])
def test_a_change_that_nobody_heard_of_is_in_the_audit_also_where_the_warehouse_typed_over_it(
    kind: type[Desk], typed: str, *, is_there: bool
) -> None:
    desk = kind(("pull",), warehouses={"CHI": 4711})
    is_out, shipment = broken(desk, "unheard" if is_there else "not written"), desk.ask("P7")
    is_out[0] = False
    desk.run(minutes=3)
    is_out[0] = True
    desk.tenant.edit(shipment, ReceiverCity="Springfield")
    while not desk.pushed(shipment).trying:
        desk.run(seconds=1)
    desk.run(seconds=2)  # the write has been served, the next look has not begun
    order = desk.order(shipment)
    street = {**order.ship_to, "street1": "1 Staff Road"}
    desk.account.edit_order(order.order_id, {"shipTo": street} if typed == "the same field" else {"internalNotes": "x"})
    is_out[0] = False
    desk.run(minutes=LONGER)
    outcomes = sorted(entry["outcome"] for entry in desk.audited())
    if typed == "the same field":
        assert outcomes == ["outcome_unknown", "written"]
        assert desk.order(shipment).ship_to["street1"].upper().startswith("1 STAFF")
    else:
        assert outcomes == ["written", "written"]
        assert desk.order(shipment).ship_to["city"].title() == "Springfield"


@MINUTES
def test_a_shipment_that_shadow_mode_would_have_cancelled_is_cancelled_once_it_writes_again(minutes: int) -> None:
    desk = Desk()
    shipment = desk.ask("P7")
    desk.run(minutes=3)
    desk.deploy(mode="shadow")
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=minutes)
    assert statuses(desk) == ["awaiting_shipment"]
    desk.deploy(mode="write")
    desk.run(minutes=10)
    assert statuses(desk) == ["cancelled"]
    assert not desk.pushed(shipment).is_open


@MINUTES
def test_an_order_that_shadow_mode_would_have_cancelled_is_cancelled_once_it_writes_again(minutes: int) -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.deploy(mode="shadow")
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.run(minutes=minutes)
    assert statuses(desk) == ["awaiting_shipment"]
    desk.deploy(mode="write")
    desk.settled()
    assert statuses(desk) == ["cancelled"]
    assert not desk.part().is_open


def test_what_is_cancelled_before_it_was_ever_made_is_not_read_again_in_shadow_mode() -> None:
    desk = Desk(mode="shadow")
    shipment = desk.ask("P7")
    desk.run(minutes=3)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=5)
    assert not desk.pushed(shipment).is_open


@pytest.mark.parametrize("fault", ["silent", "not written", "refused"])
def test_a_shipment_that_has_left_while_its_order_could_not_be_made_is_not_made(fault: str) -> None:
    desk = Desk()
    is_out = broken(desk, fault)
    shipment = desk.ask("P7")
    desk.run(minutes=10)
    assert desk.pushed(shipment).outcome is (Outcome.PARKED if fault == "refused" else Outcome.RETRY)
    desk.tenant.set_state(shipment, "Completed")
    desk.run(minutes=3)
    is_out[0] = False
    desk.deploy(phone="+1 555 0199")  # under another file what was refused is tried again
    desk.run(minutes=LONGER)
    assert desk.orders() == []
    assert (desk.pushed(shipment).is_open, desk.pushed(shipment).attention) == (False, None)


def test_it_is_made_once_it_is_opened_again() -> None:
    desk = Desk()
    is_out = broken(desk, "not written")
    shipment = desk.ask("P7")
    desk.run(minutes=10)
    desk.tenant.set_state(shipment, "Completed")
    is_out[0] = False
    desk.run(minutes=LONGER)
    desk.tenant.set_state(shipment, "Preliminary")
    desk.run(minutes=10)
    assert statuses(desk) == ["awaiting_shipment"]
    assert desk.number(shipment)


def test_one_that_was_made_unheard_stays_as_it_stands() -> None:
    desk = Desk()
    is_out = broken(desk, "unheard")
    shipment = desk.ask("P7")
    desk.run(seconds=90)
    desk.tenant.set_state(shipment, "Completed")
    is_out[0] = False
    desk.run(minutes=LONGER)
    assert statuses(desk) == ["awaiting_shipment"]
    assert desk.number(shipment)
    assert not desk.pushed(shipment).is_open


def test_a_shipment_that_has_left_before_shadow_mode_ends_is_not_made() -> None:
    desk = Desk(mode="shadow")
    shipment = desk.ask("P7")
    desk.run(minutes=3)
    desk.tenant.set_state(shipment, "Completed")
    desk.deploy(mode="write")
    desk.run(minutes=10)
    assert desk.orders() == []
    assert not desk.pushed(shipment).is_open


@pytest.mark.parametrize("is_shown", [True, False], ids=["told by shadow mode", "kept back by an outage"])
def test_a_shipment_that_is_taken_back_from_packing_is_not_made_until_it_is_to_be_packed_again(
    *, is_shown: bool
) -> None:
    desk = Desk(states=("Completed",), mode="shadow" if is_shown else "write")
    is_out = broken(desk, "not written")
    shipment = desk.ask("P7")
    desk.tenant.set_state(shipment, "Completed")
    desk.run(minutes=10)
    assert desk.pushed(shipment).outcome is (Outcome.WOULD_WRITE if is_shown else Outcome.RETRY)
    desk.tenant.set_state(shipment, "Preliminary")
    is_out[0] = False
    desk.deploy(mode="write")
    desk.run(minutes=LONGER)
    assert desk.orders() == []
    desk.tenant.set_state(shipment, "Completed")
    desk.run(minutes=10)
    assert statuses(desk) == ["awaiting_shipment"]
    desk.tenant.set_state(shipment, "Preliminary")
    desk.tenant.edit(shipment, ReceiverCity="Springfield")
    desk.run(minutes=10)
    assert [order.ship_to["city"].title() for order in desk.orders()] == ["Springfield"]


def test_a_field_that_is_in_the_way_of_an_order_that_was_taken_back_from_packing_is_told() -> None:
    desk = Desk(states=("Completed",))
    shipment = desk.ask("P7")
    desk.tenant.set_state(shipment, "Completed")
    desk.run(minutes=10)
    desk.tenant.set_state(shipment, "Preliminary")
    desk.tenant.edit(shipment, ReceiverCountry="Nowhere")
    desk.run(minutes=10)
    known = desk.pushed(shipment)
    assert (known.outcome, known.reason) == (Outcome.PARKED, Reason.FIELD_UNUSABLE)
