"""What a version after this one adds to its items and messages is passed over: one that is rolled back reads on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from functions.ledger.items import PARTITION, SORT, VERSION, read_as, to_item
from functions.ledger.table import DUE_PARTITION, DUE_SORT, SHOWN
from functions.model.alignment import Aligned
from functions.model.audit import AuditEntry
from functions.model.budget import BudgetState
from functions.model.cursors import ReadingPosition
from functions.model.desk import Desk
from functions.model.facts import OrderFacts
from functions.model.frozen import Frozen
from functions.model.jobs import Job
from functions.model.key_expiry import KeyExpiry
from functions.model.messages import DeliverOrder
from functions.model.outbound import PushOrders
from functions.model.parked import Parked
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.pushed_order import PushedOrder
from functions.model.reconciled import ReconcileRun
from functions.model.record_memory import RecordMemory
from functions.model.registration import Registration
from functions.model.state import OrderState
from functions.model.tenant import Circuit, Fitness
from functions.model.watch import Rhythm
from functions.wiring.batch import parsed
from tests.unit.ledger.stored import stored

ADDED = "added_by_a_later_version"
STORED: tuple[type[Frozen], ...] = (
    Aligned,
    AuditEntry,
    BudgetState,
    Circuit,
    Desk,
    Fitness,
    Job,
    KeyExpiry,
    OrderFacts,
    OrderState,
    Parked,
    Plan,
    PlannedOrder,
    PlannedRecord,
    PushedOrder,
    ReadingPosition,
    ReconcileRun,
    RecordMemory,
    Registration,
    Rhythm,
)
STORES_OWN = {PARTITION, SORT, VERSION, DUE_PARTITION, DUE_SORT, SHOWN}
NEVER_LISTED = (Aligned, Plan)  # their stores say nothing of them on a list
OF_KIND: dict[str, type[Frozen]] = {
    "budgets": BudgetState,
    "facts": OrderFacts,
    "jobs": Job,
    "orders": OrderState,
    "plans": Plan,
    "pushes": PushedOrder,
}
ITEMS = [
    pytest.param(model, item, id=f"{kind}: {name}")
    for kind, model in OF_KIND.items()
    for name, item in stored(kind).items()
    if not isinstance(item, str)
]


def added_to(value: Any) -> Any:
    """As stored by a version whose every model has one more value."""
    if isinstance(value, BaseModel):
        return {name: added_to(inner) for name, inner in value} | {ADDED: {"of": [1]}}
    if isinstance(value, Mapping):
        return {name: added_to(inner) for name, inner in value.items()}
    return [added_to(inner) for inner in value] if isinstance(value, tuple | list) else value


@pytest.mark.parametrize(("model", "item"), ITEMS)
def test_what_a_newer_version_added_is_passed_over(model: type[Frozen], item: dict[str, Any]) -> None:
    read = read_as(model, item)
    assert read_as(model, to_item(added_to(read))) == read


@pytest.mark.parametrize("model", STORED, ids=lambda model: model.__name__)
def test_a_models_value_is_never_stored_where_the_store_puts_its_own(model: type[Frozen]) -> None:
    assert not (STORES_OWN & {*model.model_fields}) - ({SHOWN} if model in NEVER_LISTED else set())


@pytest.mark.parametrize(("kind", "model"), [("work", DeliverOrder), ("pushes", PushOrders)])
def test_a_message_of_a_newer_version_is_read(kind: str, model: type[Frozen]) -> None:
    bodies = [body for body in stored(kind).values() if isinstance(body, str)]
    assert bodies
    for body in bodies:
        message = model.model_validate_json(body)

        assert parsed(body.replace("{", f'{{"{ADDED}":1,', 1), model) == message
