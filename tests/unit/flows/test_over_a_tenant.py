"""Deliveries over the simulated tenant: what only its lists and its orders tell decides where a number goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.record_session import Records
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment
from tests.equipment.builders import a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.tenant_fixture import Rig

ORDER = a_shipment(1)
PURCHASE_ORDER = a_shipment(2, reference="4500-77")
SHARED = (Outcome.PARKED, Reason.SHARED_TARGET)


class OverATenant(World):
    """The ledger is a stand-in, IFS the simulated tenant."""

    def __init__(self, *, allow_state_actions: bool = False, **target: Any) -> None:
        self.rig = Rig(targets=[{"profile": "shipment_header", **target}], allow_state_actions=allow_state_actions)
        super().__init__(FakeIfs(), self.rig.connection)

    def opened(self, connection: Connection) -> Records:
        self.rig.at = self.at
        return self.rig.targets

    def settle(self, *shipments: Shipment) -> None:
        for shipment in shipments:
            deliver([work(shipment)], self.delivery)

    def drain(self) -> None:
        for _ in range(10):
            messages = self.queue.take()
            if not messages:
                return
            deliver(messages, self.delivery)
        raise AssertionError("they tell each other for ever")

    def tracking(self, number: int) -> object:
        return self.rig.tenant.shipment(number)["ProNo"]

    def ended(self, *shipments: Shipment) -> list[tuple[Outcome, Reason | None]]:
        states = [self.state(shipment.reference).shipments[shipment.key] for shipment in shipments]
        return [(state.outcome, state.reason) for state in states]


def test_another_orders_line_behind_the_servers_page_makes_a_record_shared() -> None:
    """The server cuts at 100 rows what was asked for by 500, and links to no next page."""
    world = OverATenant()
    world.rig.tenant.switches.largest_page = 100
    lines = [("P1001", f"PART{n}", 1) for n in range(100)]
    number = world.rig.tenant.add_shipment([*lines, ("P2002", "BOLT", 2)])
    world.settle(ORDER)
    assert (world.tracking(number), world.ended(ORDER)) == (None, [SHARED])


def test_an_order_found_by_its_purchase_order_in_another_company_is_not_written() -> None:
    world = OverATenant(find=["customer_po"])
    world.rig.tenant.add_order("P1001", CustomerPoNo="4500-77", Company="20")
    number = world.rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    world.settle(PURCHASE_ORDER)
    assert world.tracking(number) is None
    assert world.ended(PURCHASE_ORDER) == [(Outcome.PARKED, Reason.WRONG_COMPANY)]


ORDERS_AND_LINES = [
    pytest.param(("P1001",), id="one order"),
    pytest.param(("P1001", "P1002"), id="two orders of one purchase order"),
]


def numbered_and_ordered(shared: str, orders: Sequence[str]) -> tuple[OverATenant, int]:
    world = OverATenant(find=["order_number", "customer_po"], shared=shared)
    for order in orders:
        world.rig.tenant.add_order(order, CustomerPoNo="4500-77")
    return world, world.rig.tenant.add_shipment([(order, "BOLT", 2) for order in orders])


@pytest.mark.parametrize("orders", ORDERS_AND_LINES)
def test_an_order_and_its_purchase_order_shipped_apart_are_joined_where_the_file_says_so(orders: Sequence[str]) -> None:
    world, number = numbered_and_ordered("join", orders)
    world.settle(ORDER, PURCHASE_ORDER)
    world.drain()
    assert world.tracking(number) == "1Z0001, 1Z0002"


@pytest.mark.parametrize("orders", ORDERS_AND_LINES)
def test_an_order_and_its_purchase_order_shipped_apart_are_parked_for_both_until_one_is_voided(
    orders: Sequence[str],
) -> None:
    world, number = numbered_and_ordered("park", orders)
    world.settle(ORDER, PURCHASE_ORDER)
    world.drain()
    assert world.ended(ORDER, PURCHASE_ORDER) == [SHARED, SHARED]
    world.settle(voided(ORDER))
    world.drain()
    assert (world.tracking(number), world.ended(PURCHASE_ORDER)[0][0]) == ("1Z0002", Outcome.WRITTEN)
    assert {world.state(each.reference).attention for each in (ORDER, PURCHASE_ORDER)} == {None}


@pytest.mark.parametrize("list_tags", ["none", "stale", "true"])
def test_an_action_is_called_once_under_whatever_tags_lists_carry_where_no_field_is_left_to_write(
    list_tags: str,
) -> None:
    action = {"action": "IfsApp.ShipmentHandling.Shipment_Complete", "from_state": "Preliminary"}
    world = OverATenant(allow_state_actions=True, ship_date={"policy": "never"}, state_action=action)
    world.rig.tenant.switches.list_tags = list_tags
    number = world.rig.tenant.add_shipment([("P1001", "BOLT", 2)], objstate="Packed")
    world.settle(ORDER)
    world.rig.tenant.set_state(number, "Preliminary")
    for _ in range(3):
        world.at += timedelta(hours=1)
        deliver([again(ORDER.order_key)], world.delivery)
    assert world.rig.tenant.shipment(number)["Objstate"] == "Completed"
    assert world.on(str(number)).fields["state"].outcome is Outcome.WRITTEN
    assert sum("Shipment_Complete" in str(request.url) for request in world.rig.wire.seen("POST")) <= 2
    assert world.state().attention is None


@pytest.mark.parametrize("blank", ["", " ", "\u00a0"], ids=["empty", "a blank", "a blank that is not broken at"])
def test_a_field_that_an_import_filled_with_blanks_is_nobodys(blank: str) -> None:
    world = OverATenant(carrier={"policy": "if_empty_or_ours"})
    number = world.rig.tenant.add_shipment([("P1001", "BOLT", 2)], ProNo=blank, ForwardAgentId=blank)
    world.settle(ORDER)
    assert (world.tracking(number), world.rig.tenant.shipment(number)["ForwardAgentId"]) == ("1Z0001", "UPS")
    world.settle(voided(ORDER))
    assert (world.tracking(number), world.rig.tenant.shipment(number)["ForwardAgentId"]) == (None, None)


@pytest.mark.parametrize("has_room", [True, False], ids=["the file has room for it", "the file has none"])
def test_a_colleagues_forwarder_returns_once_the_label_is_voided_however_long_it_is(*, has_room: bool) -> None:
    world = OverATenant(carrier={"max_length": 20 if has_room else 5})
    world.rig.tenant.forwarders.add("SCHENKER")
    number = world.rig.tenant.add_shipment([("P1001", "BOLT", 2)], ForwardAgentId="SCHENKER")
    world.settle(ORDER)
    assert world.rig.tenant.shipment(number)["ForwardAgentId"] == "UPS"
    world.settle(voided(ORDER))
    assert (world.rig.tenant.shipment(number)["ForwardAgentId"], world.state().attention) == ("SCHENKER", None)
