"""A replay plan: one proposal, exactly what a dry run said it would write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from functions.model.audit import FieldChange
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import OrderContribution
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import EARLIER_PLACE


class PlannedRecord(Frozen):
    """What would be written to one record, and what its orders contribute there: whichever of them comes first enters
    them all, as long as the record's memory is that of `revision`.
    """

    key: RecordKey
    changes: dict[str, FieldChange]
    revision: int | None = None
    entries: tuple[OrderContribution, ...] = ()

    def is_of(self, record: Record) -> bool:
        """An earlier version named records otherwise."""
        return self.key == record.key or (self.key.place == EARLIER_PLACE and self.key.id == record.earlier_key)


class PlannedOrder(Frozen):
    """What the dry run found for one selected order; without `records` IFS already agrees, or `reason` says why not.
    `choices` are the records a person has to choose from.
    """

    order: OrderKey
    outcome: Outcome
    reason: Reason | None = None
    records: tuple[RecordKey, ...] = ()
    choices: tuple[str, ...] = ()


class Plan(Frozen):
    """`expires_at` is the ledger's time to live for it. Stored in parts: `parts` counts them."""

    plan_id: str
    connection: ConnectionName
    by: str
    note: str
    made_at: datetime
    expires_at: datetime
    orders: tuple[PlannedOrder, ...] = ()
    records: tuple[PlannedRecord, ...] = ()
    applied_at: datetime | None = None
    parts: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, raw: Any) -> Any:
        return _moved_over(raw) if isinstance(raw, dict) and _is_earlier(raw) else raw

    def part(self, orders: Iterable[PlannedOrder], records: Iterable[PlannedRecord], parts: int) -> Plan:
        return self.model_copy(update={"orders": tuple(orders), "records": tuple(records), "parts": parts})

    def whole(self, parts: Sequence[Plan]) -> Plan:
        """The head with everything that its parts hold."""
        orders = [order for part in parts for order in part.orders]
        records = {record.key: record for part in parts for record in part.records}
        return self.part(orders, records.values(), self.parts)

    def of_order(self, order: OrderKey) -> Plan:
        """What concerns one order: with all that its records hold."""
        orders = [planned for planned in self.orders if planned.order == order]
        keys = {key for planned in orders for key in planned.records}
        return self.part(orders, [record for record in self.records if record.key in keys], self.parts)

    def applied(self, at: datetime) -> Plan:
        return self.model_copy(update={"applied_at": at})


def _is_earlier(raw: dict[str, Any]) -> bool:
    return any(isinstance(order, dict) and "changes" in order for order in raw.get("orders", ()))


def _moved_over(raw: dict[str, Any]) -> dict[str, Any]:
    """Changes stood with their orders, under the record's earlier name."""
    orders, records = [], []
    for order in raw["orders"]:
        changes = order.get("changes", ())
        keys = [{"place": Place(EARLIER_PLACE), "id": change["target"]} for change in changes]
        orders.append({**{name: value for name, value in order.items() if name != "changes"}, "records": keys})
        records += [{"key": key, "changes": change["changes"]} for key, change in zip(keys, changes, strict=True)]
    return {**raw, "orders": orders, "records": records}
