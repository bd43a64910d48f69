"""Order states for the ledger's tests, and a store in memory that holds them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.ledger.orders import OrderStore
from functions.model.outcomes import Outcome
from functions.model.shipment import Shipment
from functions.model.state import OrderState, ShipmentState
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.memory_aws.table import MemoryTable


def a_state(*shipments: Shipment, **overrides: Any) -> OrderState:
    own = shipments or (a_shipment(),)
    held = {each.key: ShipmentState(shipment=each, outcome=Outcome.WRITTEN) for each in own}
    return OrderState(key=own[0].order_key, shipments=held, **overrides)


def waiting(reference: str, minutes: int, **shipment: Any) -> OrderState:
    return a_state(a_shipment(reference=reference, **shipment), next_attempt_at=NOON + timedelta(minutes=minutes))


def a_store(*states: OrderState) -> tuple[OrderStore, MemoryTable]:
    table = MemoryTable()
    store = OrderStore(table)
    assert all(store.save(state) for state in states)
    return store, table
