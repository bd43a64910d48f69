"""A replay plan: exactly what a dry run said it would write."""

from __future__ import annotations

from datetime import datetime

from functions.model.audit import FieldChange
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, OrderKey


class PlannedChange(Frozen):
    order: OrderKey
    target: str
    changes: dict[str, FieldChange]


class PlannedOrder(Frozen):
    """What the dry run found for one selected order; no changes means IFS already agrees or `reason` says why not.
    `choices` are the records a person has to choose from.
    """

    order: OrderKey
    outcome: Outcome
    reason: Reason | None = None
    changes: tuple[PlannedChange, ...] = ()
    choices: tuple[str, ...] = ()


class Plan(Frozen):
    """`expires_at` is the ledger's time to live for it."""

    plan_id: str
    connection: ConnectionName
    by: str
    note: str
    made_at: datetime
    expires_at: datetime
    orders: tuple[PlannedOrder, ...]
    applied_at: datetime | None = None
