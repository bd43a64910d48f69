from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.plans import PlanStore
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.record_memory import Contribution, OrderContribution
from functions.model.shipment import ConnectionName, OrderKey
from tests.equipment.builders import NOON, a_key, a_shipment
from tests.equipment.memory_aws.table import LARGEST_ITEM_BYTES, MemoryTable


def an_order(reference: str = "P1001") -> OrderKey:
    return a_shipment(reference=reference).order_key


def a_contribution(order: OrderKey, number: int = 1) -> OrderContribution:
    shipment = Contribution(shipment=a_shipment(number).key, created_at=NOON, tracking=f"1Z{number:04}", carrier="UPS")
    return OrderContribution(company=order.company, reference=order.reference, shipments=(shipment,))


def a_planned_record(record_id: str = "42", *orders: OrderKey) -> PlannedRecord:
    return PlannedRecord(
        key=a_key(record_id),
        changes={"tracking": FieldChange(after="1Z0001", attribute="ProNo"), "carrier": FieldChange(before="DHL")},
        entries=tuple(a_contribution(order) for order in orders or (an_order(),)),
    )


def a_plan(**overrides: Any) -> Plan:
    planned = PlannedOrder(order=an_order(), outcome=Outcome.WOULD_WRITE, records=(a_key(),))
    values: dict[str, Any] = {
        "plan_id": "plan-1",
        "connection": ConnectionName("acme"),
        "by": "someone",
        "note": "after the outage",
        "made_at": NOON,
        "expires_at": NOON + timedelta(days=1),
        "orders": (planned,),
        "records": (a_planned_record(),),
    }
    return Plan.model_validate({**values, **overrides})


def a_large_plan(orders: int = 500, records: int = 3) -> Plan:
    numbers = [f"P{n}" for n in range(orders)]
    keys = {number: tuple(a_key(f"{number}-{n}") for n in range(records)) for number in numbers}
    return a_plan(
        orders=tuple(
            PlannedOrder(order=an_order(number), outcome=Outcome.WOULD_WRITE, records=own)
            for number, own in keys.items()
        ),
        records=tuple(a_planned_record(key.id, an_order(number)) for number, own in keys.items() for key in own),
    )


def test_a_plan_comes_back_whole_and_its_id_is_taken() -> None:
    plans = PlanStore(MemoryTable())
    assert plans.put(a_plan())
    assert not plans.put(a_plan(note="another"))
    assert plans.get("plan-1") == a_plan()
    assert plans.get("plan-2") is None


def test_an_empty_plan_comes_back_empty() -> None:
    plans = PlanStore(MemoryTable())
    plans.put(a_plan(orders=(), records=()))
    assert plans.get("plan-1") == a_plan(orders=(), records=())


def test_a_plan_is_applied_once() -> None:
    plans = PlanStore(MemoryTable())
    plans.put(a_plan())
    assert [plans.mark_applied("plan-1", NOON + timedelta(minutes=n)) for n in (1, 2)] == [True, False]
    assert plans.get("plan-1") == a_plan(applied_at=NOON + timedelta(minutes=1))
    assert plans.get("plan-1", an_order()) == a_plan(applied_at=NOON + timedelta(minutes=1))


def test_a_plan_that_is_gone_is_not_applied() -> None:
    table = MemoryTable()
    assert not PlanStore(table).mark_applied("plan-1", NOON)
    assert table.everything() == ""


def test_every_item_of_a_plan_names_its_end_as_dynamodb_wants_it() -> None:
    table = MemoryTable()
    PlanStore(table).put(a_large_plan())
    ends = {json.loads(line)["expires_at"] for line in table.everything().splitlines()}
    assert ends == {(NOON + timedelta(days=1)).timestamp()}


# --- in parts


def test_a_plan_of_500_orders_with_three_records_each_stands_in_parts_that_fit_an_item() -> None:
    table, plan = MemoryTable(), a_large_plan()
    assert PlanStore(table).put(plan)
    items = table.everything().splitlines()
    assert len(items) > 2
    assert max(len(item.encode()) for item in items) < LARGEST_ITEM_BYTES
    found = PlanStore(table).get("plan-1")
    assert found is not None
    assert (found.orders, found.records, found.parts) == (plan.orders, plan.records, len(items) - 1)


def test_one_order_with_records_that_are_larger_than_an_item_together_stands_in_several_parts() -> None:
    order = an_order()
    heavy = [a_contribution(order, number) for number in range(2000)]
    records = [a_planned_record(f"{n}").model_copy(update={"entries": tuple(heavy)}) for n in range(5)]
    small = PlannedOrder(order=an_order("P2"), outcome=Outcome.WOULD_WRITE, records=(a_key("0"),))
    large = PlannedOrder(order=order, outcome=Outcome.WOULD_WRITE, records=tuple(r.key for r in records))
    table, plan = MemoryTable(), a_plan(orders=(large, small), records=tuple(records))
    assert PlanStore(table).put(plan)
    items = table.everything().splitlines()
    assert sum(len(item) for item in items) > 2 * LARGEST_ITEM_BYTES
    assert max(len(item.encode()) for item in items) < LARGEST_ITEM_BYTES
    for found, orders in (
        (PlanStore(table).get("plan-1"), plan.orders),
        (PlanStore(table).get("plan-1", order), (large,)),
    ):
        assert found is not None
        assert (found.orders, found.records) == (orders, plan.records)


def test_of_an_expired_plan_whose_parts_dynamodb_has_removed_nothing_is_found() -> None:
    table, plan = MemoryTable(), a_large_plan()
    PlanStore(table).put(plan)
    table.expire("plan#plan-1", "part#0")
    found = PlanStore(table).get("plan-1", plan.orders[0].order)
    assert found is not None
    assert (found.orders, found.records) == ((), ())


@pytest.mark.parametrize("number", [0, 250, 499])
def test_an_order_is_handed_what_of_the_plan_concerns_it(number: int) -> None:
    plans, plan = PlanStore(MemoryTable()), a_large_plan()
    plans.put(plan)
    found = plans.get("plan-1", plan.orders[number].order)
    assert found is not None
    assert found.orders == (plan.orders[number],)
    assert found.records == plan.records[3 * number : 3 * number + 3]


def test_an_order_that_is_not_in_the_plan_is_handed_nothing_of_it() -> None:
    plans = PlanStore(MemoryTable())
    plans.put(a_plan())
    assert plans.get("plan-1", an_order("P9")) == a_plan(orders=(), records=())


def test_a_record_of_orders_in_different_parts_is_handed_to_each_with_what_all_of_them_placed_there() -> None:
    large = a_large_plan()
    first, last = large.orders[0], large.orders[-1]
    shared = a_planned_record("shared", first.order, last.order)
    orders = [
        order.model_copy(update={"records": (*order.records, shared.key)}) if order in {first, last} else order
        for order in large.orders
    ]
    plans = PlanStore(MemoryTable())
    plans.put(a_plan(orders=tuple(orders), records=(*large.records, shared)))
    for order in (first.order, last.order):
        found = plans.get("plan-1", order)
        assert found is not None
        assert found.records[-1] == shared
    whole = plans.get("plan-1")
    assert whole is not None
    assert [record for record in whole.records if record.key == shared.key] == [shared]


def test_a_plan_whose_storing_was_cut_short_is_no_plan() -> None:
    """The head, which says that there is one, is stored last."""
    table = MemoryTable(_refusing_after(2))
    with pytest.raises(RuntimeError):
        PlanStore(table).put(a_large_plan())
    assert PlanStore(table).get("plan-1") is None


def _refusing_after(puts: int) -> Any:
    left = [puts]

    def step(name: str) -> None:
        if name == "put":
            left[0] -= 1
            if left[0] < 0:
                raise RuntimeError

    return step
