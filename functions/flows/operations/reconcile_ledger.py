"""What the ledger holds of a case. What cannot be read explains nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import Permanent
from functions.flows.operations.named_orders import Orders, each_named, readable
from functions.flows.operations.reconcile_cases import Case
from functions.model.parked import Parked
from functions.model.reconciled import Checked
from functions.model.record_memory import RecordMemory
from functions.model.records import Place, RecordKey
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderState

Name = tuple[str, str]  # of an order: its company, its reference
Memories = Mapping[RecordKey, RecordMemory]


class RecordMemories(Protocol):
    def load(self, connection: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]: ...


@dataclass(frozen=True)
class Ledger:
    """`now` is when it is asked; `dismissed` was parked until a person saw to it."""

    orders: Orders
    records: RecordMemories
    now: datetime
    parked: Collection[Parked] = ()
    dismissed: Collection[Parked] = ()


def orders_of(case: Case) -> set[Name]:
    return {(each.view.ifs.company, str(each.reference)) for each in case.parcels if each.reference}


def states_of(names: Iterable[Name], connection: Connection, ledger: Ledger) -> list[OrderState]:
    keys = (OrderKey(connection=connection.name, company=company, reference=name) for company, name in sorted(names))
    return readable(each_named(ledger.orders, keys))


def _memories_of(case: Case, connection: Connection, ledger: Ledger) -> Memories:
    keys = {RecordKey(place=Place(row.place), id=row.id) for row in case.rows}
    try:
        return ledger.records.load(connection.name, sorted(keys, key=str))
    except Permanent:
        return {}


@dataclass(frozen=True)
class Known:
    """A case, and what the ledger knows of its orders and records, and of the `others` that are on those records."""

    case: Case
    connection: Connection
    ledger: Ledger
    states: Sequence[OrderState]
    memories: Memories
    others: Sequence[OrderState] = ()

    def about(self, each: Checked) -> Known:
        """What another order brought there is explained by what became of that one."""
        if (each.company, each.order) in orders_of(self.case):
            return self
        return replace(self, states=(*self.states, *self.others))


def known_of(case: Case, connection: Connection, ledger: Ledger) -> Known:
    """Costs a read of the ledger for each order and record of the case."""
    own, memories = orders_of(case), _memories_of(case, connection, ledger)
    placed = {(order.company, order.reference) for memory in memories.values() for order in memory.contributions}
    states, others = (states_of(names, connection, ledger) for names in (own, placed - own))
    return Known(case, connection, ledger, states, memories, others)
