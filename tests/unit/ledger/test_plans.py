from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from functions.ledger.plans import PlanStore
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome
from functions.model.plans import Plan, PlannedChange, PlannedOrder
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.memory_aws.table import MemoryTable


def a_plan(**overrides: Any) -> Plan:
    order = a_shipment().order_key
    change = PlannedChange(order=order, target="shipment_header/42", changes={"tracking": FieldChange(after="1Z0001")})
    planned = PlannedOrder(order=order, outcome=Outcome.WOULD_WRITE, changes=(change,))
    values: dict[str, Any] = {
        "plan_id": "plan-1",
        "connection": ConnectionName("acme"),
        "by": "someone",
        "note": "after the outage",
        "made_at": NOON,
        "expires_at": NOON + timedelta(days=1),
        "orders": (planned,),
    }
    return Plan.model_validate({**values, **overrides})


def test_a_plan_comes_back_whole_and_its_id_is_taken() -> None:
    plans = PlanStore(MemoryTable())
    assert plans.put(a_plan())
    assert not plans.put(a_plan(note="another"))
    assert plans.get("plan-1") == a_plan()
    assert plans.get("plan-2") is None


def test_a_plan_is_applied_once() -> None:
    plans = PlanStore(MemoryTable())
    plans.put(a_plan())
    assert [plans.mark_applied("plan-1", NOON + timedelta(minutes=n)) for n in (1, 2)] == [True, False]
    assert plans.get("plan-1") == a_plan(applied_at=NOON + timedelta(minutes=1))


def test_a_plan_that_is_gone_is_not_applied() -> None:
    table = MemoryTable()
    assert not PlanStore(table).mark_applied("plan-1", NOON)
    assert table.everything() == ""


def test_a_plan_names_its_end_as_dynamodb_wants_it() -> None:
    table = MemoryTable()
    PlanStore(table).put(a_plan())
    assert json.loads(table.everything())["expires_at"] == (NOON + timedelta(days=1)).timestamp()
