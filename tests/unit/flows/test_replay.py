from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.errors import Permanent
from functions.flows.operations.replay import Replay, Selection, apply, draw_up
from functions.flows.to_ifs.deliver import deliver
from functions.model.messages import Work
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan
from functions.model.records import FieldName
from functions.model.shipment import ConnectionName, Shipment
from functions.model.state import OrderState
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, work
from tests.equipment.delivery_fakes import FakeIfs, FakeOrders, World

WITHOUT_CARRIER = {"profile": "shipment_header", "carrier": {"policy": "never"}}
ELSEWHERE = {"profile": "shipment_header", "entity_set": "OtherSet"}


class Orders(FakeOrders):
    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        return iter(list(self.states.values()))


class Queue:
    def __init__(self) -> None:
        self.work: list[Work] = []

    def send(self, work: Iterable[Work]) -> None:
        self.work += work


class Desk:
    """An order delivered in `mode`, and an operator's desk beside it."""

    def __init__(self, mode: str = "write", shipment: Shipment | None = None, **connection: Any) -> None:
        self.world = World(FakeIfs(a_candidate()), a_connection(mode=mode, **connection))
        self.orders, self.queue = Orders(), Queue()
        self.world.orders = self.orders
        deliver([work(shipment or a_shipment())], self.world.delivery)
        self.world.connection = a_connection(**connection)

    @property
    def replay(self) -> Replay:
        world = self.world
        return Replay(
            connection=world.connection,
            ifs=world.opened,
            orders=self.orders,
            plans=world.plans,
            queue=self.queue,
            shared=world.shared.load,
            now=lambda: world.at,
        )

    def plan(self, **select: object) -> Plan:
        selection = Selection.model_validate(select)
        return draw_up(self.replay, selection, plan_id="plan-1", by="kim", note="carrier map mended")

    def carry_out(self, plan: Plan) -> None:
        apply(self.replay, plan, "c-9")
        deliver(self.queue.work, self.world.delivery)


def test_a_plan_that_arrives_twice_is_not_outdated_by_its_own_first_half() -> None:
    desk = Desk("shadow", a_shipment(carrier_code="fedex"))
    plan = desk.plan(orders=["P1001"])
    desk.world.ifs.refuses = {FieldName.CARRIER: Permanent(Reason.UNKNOWN_IN_IFS, "ForwarderInfo")}
    desk.carry_out(plan)
    desk.carry_out(plan)
    fields = desk.world.state().targets["shipment_header/42"].fields
    assert desk.world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    assert (fields["tracking"].outcome, fields["carrier"].reason) == (Outcome.WRITTEN, Reason.UNKNOWN_IN_IFS)


def test_a_dry_run_of_what_agrees_shows_nothing_and_writes_nothing() -> None:
    desk = Desk()
    plan = desk.plan(orders=["P1001"])
    assert [order.outcome for order in plan.orders] == [Outcome.UNCHANGED]
    assert len(desk.world.ifs.writes) == 1


def test_a_dry_run_shows_every_field_before_and_after() -> None:
    desk = Desk(mode="shadow")
    (change,) = desk.plan(outcome="would_write").orders[0].changes
    shown = {name: (field.before, field.after) for name, field in change.changes.items()}
    assert shown == {"tracking": (None, "1Z0001"), "carrier": (None, "UPS")}


def test_apply_writes_exactly_the_plan_and_names_the_operator() -> None:
    desk = Desk(mode="shadow")
    desk.carry_out(desk.plan(orders=["P1001"]))
    assert desk.world.ifs.record().values[FieldName.TRACKING] == "1Z0001"
    cause = desk.world.audit.entries[-1].cause
    assert (cause.kind, cause.by, cause.note, cause.plan_id) == ("replay", "kim", "carrier map mended", "plan-1")


def test_a_plan_that_ifs_has_overtaken_writes_nothing() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    desk.world.ifs.edit(carrier="DHL")
    desk.carry_out(plan)
    assert desk.world.ifs.writes == []
    assert desk.world.state().attention is Reason.PLAN_OUTDATED


def test_apply_twice_changes_nothing_more() -> None:
    desk = Desk(mode="shadow")
    plan = desk.plan(orders=["P1001"])
    desk.carry_out(plan)
    desk.carry_out(plan)
    assert len(desk.world.ifs.writes) == 1


@pytest.mark.parametrize(
    ("select", "found"),
    [
        ({"shipments": [1]}, 1),
        ({"shipments": [2]}, 0),
        ({"from": NOON.isoformat(), "to": (NOON + timedelta(hours=1)).isoformat()}, 1),
        ({"to": NOON.isoformat()}, 0),
        ({"outcome": "written"}, 1),
        ({"outcome": "parked"}, 0),
        ({"reason": "not_delivered_yet"}, 1),
        ({"orders": ["P9"]}, 0),
    ],
)
def test_selection(select: dict[str, object], found: int) -> None:
    assert len(Desk().plan(**select).orders) == found


def test_a_dry_run_shows_what_the_rules_of_the_orders_store_would_write() -> None:
    desk = Desk("shadow", a_shipment(store_id=7), stores={"7": {"targets": [WITHOUT_CARRIER]}})
    (change,) = desk.plan(orders=["P1001"]).orders[0].changes
    assert set(change.changes) == {"tracking"}
    desk.carry_out(desk.plan(orders=["P1001"]))
    assert desk.world.ifs.writes == [("shipment_header/42", {FieldName.TRACKING: "1Z0001"})]


def test_a_dry_run_searches_where_the_orders_store_is_delivered() -> None:
    desk = Desk("shadow", a_shipment(store_id=7), stores={"7": {"targets": [ELSEWHERE]}})
    other = desk.world.by_entity_set["OtherSet"] = FakeIfs(a_candidate(a_record("shipment_header/9")))
    (change,) = desk.plan(orders=["P1001"]).orders[0].changes
    assert (change.target, other.searches) == ("shipment_header/9", 1)


def test_an_order_is_found_by_its_number_in_the_company_of_any_store() -> None:
    shipment = a_shipment(store_id=7, company="20")
    assert len(Desk(shipment=shipment, stores={"7": {"company": "20"}}).plan(orders=["P1001"]).orders) == 1


def test_a_dry_run_says_why_an_order_is_parked_that_nobody_can_place() -> None:
    (order,) = Desk(shipment=a_shipment(skip=Reason.COMBINED_UNKNOWN)).plan(orders=["P1001"]).orders
    assert (order.outcome, order.reason) == (Outcome.PARKED, Reason.COMBINED_UNKNOWN)


def test_an_empty_selection_is_refused() -> None:
    with pytest.raises(ValidationError, match="name at least one"):
        Selection.model_validate({})
