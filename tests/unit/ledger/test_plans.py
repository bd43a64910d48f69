from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.items import to_item
from functions.ledger.plans import PlanStore
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import KEPT, Asked, Plan, PlannedOrder, PlannedRecord
from functions.model.record_memory import Contribution, OrderContribution
from functions.model.shipment import ConnectionName, OrderKey
from tests.equipment.builders import NOON, a_key, a_shipment
from tests.equipment.memory_aws.table import MemoryTable


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


def stored(table: MemoryTable, plan: Plan) -> PlanStore:
    """Opened, with all that it holds."""
    plans = PlanStore(table)
    assert plans.open(plan) is not None
    plans.add(plan, plan.orders, plan.records)
    return plans


def found(plans: PlanStore, plan_id: str = "plan-1", order: OrderKey | None = None) -> Plan:
    plan = plans.get(plan_id, order)
    assert plan is not None
    return plan


def test_a_plan_comes_back_whole_and_its_id_is_taken() -> None:
    plans = stored(MemoryTable(), a_plan())
    assert plans.open(a_plan(note="another")) is None
    assert found(plans) == a_plan(revision=1)
    assert plans.head("plan-1") == a_plan(revision=1, orders=(), records=())
    assert (plans.get("plan-2"), plans.head("plan-2")) == (None, None)


def test_whoever_is_slower_saves_nothing() -> None:
    plans = stored(MemoryTable(), a_plan())
    head = found(plans)
    asked = Asked(by="kim", note="go", at=NOON)
    assert [plans.save(head.applying(asked)) is None for _ in range(2)] == [False, True]
    assert found(plans).applied == asked


def test_only_what_is_under_way_is_due_and_not_while_a_run_holds_it() -> None:
    plans, later = PlanStore(MemoryTable()), NOON + timedelta(minutes=10)
    plan = plans.open(a_plan(status="drawing"))
    assert plan is not None
    acme, other = ConnectionName("acme"), ConnectionName("beta")
    assert (plans.due(acme, NOON), plans.due(other, NOON)) == (["plan-1"], [])
    held = plans.save(plan.held(later))
    assert held is not None
    assert (plans.due(acme, NOON), plans.due(acme, later)) == ([], ["plan-1"])
    plans.save(held.drawn(()))
    assert plans.due(acme, later) == []


def test_every_item_of_a_plan_names_its_end_as_dynamodb_wants_it() -> None:
    table = MemoryTable()
    stored(table, a_plan())
    ends = {json.loads(line)["expires_at"] for line in table.everything().splitlines()}
    assert ends == {(NOON + KEPT).timestamp()}


def test_an_order_is_handed_what_of_the_plan_concerns_it() -> None:
    orders = [an_order(f"P{n}") for n in range(300)]
    planned = [PlannedOrder(order=o, outcome=Outcome.WOULD_WRITE, records=(a_key(o.reference),)) for o in orders]
    records = [a_planned_record(order.reference, order) for order in orders]
    plans = stored(MemoryTable(), a_plan(orders=tuple(planned), records=tuple(records)))
    for number in (0, 150, 299):
        own = found(plans, order=orders[number])
        assert (own.orders, own.records) == ((planned[number],), (records[number],))
    assert found(plans, order=an_order("P999")) == a_plan(revision=1, orders=(), records=())


def test_the_orders_of_a_plan_are_read_from_behind_a_position() -> None:
    orders = [PlannedOrder(order=an_order(f"P{n}"), outcome=Outcome.UNCHANGED) for n in range(50)]
    plans = stored(MemoryTable(), a_plan(orders=tuple(orders), records=()))
    every = list(plans.orders("plan-1"))
    assert {order.order for _, order in every} == {order.order for order in orders}
    assert list(plans.orders("plan-1", every[19][0])) == every[20:]
    assert plans.standing("plan-1", [orders[0].order, an_order("P99")]) == {orders[0].order}


def test_a_record_that_no_item_can_hold_is_told_as_too_large() -> None:
    heavy = tuple(a_contribution(an_order(), number) for number in range(4000))
    plans = stored(MemoryTable(), a_plan(records=(a_planned_record().model_copy(update={"entries": heavy}),)))
    (record,) = found(plans).records
    assert (record.changes, record.entries, record.reason) == ({}, (), Reason.ORDER_TOO_LARGE)


def test_of_a_plan_whose_items_dynamodb_has_removed_nothing_is_found() -> None:
    table = MemoryTable()
    plans = stored(table, a_plan())
    table.expire("plan#plan-1", f"order#{an_order().digest[:32]}")
    own = found(plans, order=an_order())
    assert (own.orders, own.records) == ((), ())


# --- what the last version stored: a head, and parts that it counts


def dumped(held: PlannedOrder | PlannedRecord) -> dict[str, Any]:
    return held.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def in_parts(table: MemoryTable, *, is_applied: bool = False) -> Plan:
    """As it stored a plan of two orders, one part for each."""
    orders = [PlannedOrder(order=an_order(n), outcome=Outcome.WOULD_WRITE, records=(a_key(n),)) for n in ("P1", "P2")]
    records = [a_planned_record(order.order.reference, order.order) for order in orders]
    plan = a_plan(orders=tuple(orders), records=tuple(records), applied_at=NOON if is_applied else None)
    own = ("plan_id", "connection", "by", "note", "made_at", "applied_at")
    head = {name: value for name, value in plan.model_dump(mode="json").items() if name in own}
    head |= {"expires_at": int(plan.expires_at.timestamp()), "parts": 2, "pk": "plan#plan-1"}
    for number, (order, record) in enumerate(zip(orders, records, strict=True)):
        part = {"orders": [dumped(order)], "records": [dumped(record)]}
        table.put(to_item({**head, **part, "sk": f"part#{number}"}))
    where = {order.order.digest[:16]: [number] for number, order in enumerate(orders)}
    table.put(to_item({**head, "where": where, "sk": "plan"}))
    return plan


def test_an_earlier_versions_plan_is_handed_to_its_orders_as_it_stands() -> None:
    table = MemoryTable()
    plan = in_parts(table)
    whole, own = found(PlanStore(table)), found(PlanStore(table), order=an_order("P2"))
    assert (whole.orders, whole.records) == (plan.orders, plan.records)
    assert (own.orders, own.records) == (plan.orders[1:], plan.records[1:])


@pytest.mark.parametrize("is_applied", [False, True])
def test_an_earlier_versions_plan_that_somebody_asks_for_is_stored_as_todays(*, is_applied: bool) -> None:
    table = MemoryTable()
    plan = in_parts(table, is_applied=is_applied)
    head = PlanStore(table).head("plan-1")
    assert head is not None
    assert (head.status, head.found, head.to_send, head.revision) == ("applied" if is_applied else "ready", 2, 2, 1)
    assert PlanStore(table).head("plan-1") == head
    assert {each.order for _, each in PlanStore(table).orders("plan-1")} == {each.order for each in plan.orders}
    assert found(PlanStore(table), order=an_order("P1")).records == plan.records[:1]


def test_the_newest_plans_of_a_connection_are_listed_once_each_and_those_that_were_never_made_are_not() -> None:
    table = MemoryTable()
    plans = PlanStore(table)
    for number in range(4):
        plans.open(a_plan(plan_id=f"plan-{number}", made_at=NOON + timedelta(minutes=number), orders=(), records=()))
    plans.open(a_plan(plan_id="plan-1", made_at=NOON + timedelta(hours=1), orders=(), records=()))
    plans.open(a_plan(plan_id="another's", connection="beta", orders=(), records=()))
    table.put({"pk": "plans#acme", "sk": "2999-01-01#died", "plan_id": "died"})
    assert [plan.plan_id for plan in plans.newest(ConnectionName("acme"), 10)] == [
        "plan-1",
        "plan-3",
        "plan-2",
        "plan-0",
    ]
    assert [plan.plan_id for plan in plans.newest(ConnectionName("acme"), 2)] == ["plan-1"]
    (listed,) = [item for item in table.scan(prefix="plans#") if item["plan_id"] == "plan-3"]
    assert listed["expires_at"] == int((NOON + timedelta(minutes=3) + KEPT).timestamp())


DAMAGES: dict[str, dict[str, Any]] = {
    "a word that no version has": {"status": "zzz"},
    "another type": {"schema_version": [1]},
    "nothing but its key": {},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_head_that_is_damaged_is_told_and_hides_no_other_plan(damage: dict[str, Any]) -> None:
    table = MemoryTable()
    plans = stored(table, a_plan())
    stored(table, a_plan(plan_id="plan-2"))
    table.put({"pk": "plan#plan-1", "sk": "plan", **damage})
    for read in (plans.head, plans.get):
        with pytest.raises(Permanent) as fault:
            read("plan-1")
        assert fault.value.reason is Reason.LEDGER_ITEM
    assert [head.plan_id for head in plans.newest(ConnectionName("acme"), 20)] == ["plan-2"]


@pytest.mark.parametrize("part", ["order#", "record#"])
def test_a_part_that_is_damaged_is_told(part: str) -> None:
    table = MemoryTable()
    plans = stored(table, a_plan())
    (item,) = table.query("plan#plan-1", prefix=part)
    table.put({"pk": item["pk"], "sk": item["sk"]})
    with pytest.raises(Permanent) as fault:
        plans.get("plan-1")
    assert fault.value.reason is Reason.LEDGER_ITEM
