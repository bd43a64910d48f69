"""Finds the orders that a person's word means: an IFS number in the ledger; a ShipStation number, a tracking number or
a shipment in ShipStation's own index, which costs the ledger nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from functions.errors import ConnectorError
from functions.flows.operations.named_orders import readable_of
from functions.flows.operations.story import Library, known_orders
from functions.model.cursors import Reading
from functions.model.facts import OrderReading
from functions.model.frozen import Frozen
from functions.model.inspection import SearchedBy
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import OrderKey, Shipment
from functions.model.state import OrderState

MOST = 20  # orders that one word may mean, and as many of those that are pushed


class ShipStationIndex(Protocol):
    def search(self, by: str, text: str, lane: Literal["poll"]) -> Iterator[Reading]:
        """What ShipStation finds. Raises Retryable or Permanent."""


class AtShipStation(Frozen):
    """A ShipStation order or shipment that the word means. `reference` is the IFS order that it stands for."""

    kind: Literal["order", "label", "fulfilment"]
    id: int
    status: str
    store: int | None
    reference: str | None
    at: datetime


@dataclass
class Found:
    """`states` are what the ledger knows of them, `at_shipstation` what ShipStation shows, where it was asked. `pushed`
    is what was to be made of them in ShipStation: where a shipment of theirs was read, what of it asks for a person.
    """

    states: list[OrderState] = field(default_factory=list)
    pushed: list[PushedOrder] = field(default_factory=list)
    at_shipstation: list[AtShipStation] = field(default_factory=list)


def search(library: Library, index: ShipStationIndex, by: SearchedBy, text: str) -> Found:
    """ShipStation is asked where the ledger does not know the word. Raises Retryable or Permanent, but not
    where the ledger knows what was pushed.
    """
    found = Found()
    if by == "order":
        found.states = known_orders(library, text)
        if found.states:
            found.pushed = _asking(library, [text])
            return found
    numbers = [text] if by == "order" else []
    try:
        numbers += _look(library, index, by, text, found)
    except ConnectorError:
        found.pushed = _pushed(library, numbers)
        if not found.pushed:
            raise
    else:
        found.pushed = (_asking if found.states else _pushed)(library, numbers)
    return found


def _look(library: Library, index: ShipStationIndex, by: SearchedBy, text: str, found: Found) -> list[str]:
    """What ShipStation shows, and what the ledger knows of it; the IFS numbers of what may have been pushed."""
    keys: dict[OrderKey, None] = {}
    numbers: list[str] = []
    for reading in index.search(*_asked(by, text), "poll"):
        found.at_shipstation += [*map(_order, reading.orders), *map(_parcel, reading.shipments)]
        keys |= dict.fromkeys(shipment.order_key for shipment in reading.shipments)
        keys |= dict.fromkeys(key for order in reading.orders if (key := _key(order)) is not None)
        numbers += [each for order in reading.orders if (each := order.facts.ifs_shipment or order.facts.reference)]
    found.states = readable_of(library.orders, list(keys)[:MOST])
    return numbers


def _pushed(library: Library, numbers: Sequence[str]) -> list[PushedOrder]:
    sought = list(dict.fromkeys(numbers))[:MOST]
    return list(library.pushes.numbered(library.connection.name, sought))[:MOST] if sought else []


def _asking(library: Library, numbers: Sequence[str]) -> list[PushedOrder]:
    """A part may ask for a person although labels of the order were read. A connection that pushes nothing pays no read
    for it.
    """
    if library.connection.orders is None:
        return []
    return list(library.pushes.asking(library.connection.name, list(dict.fromkeys(numbers))[:MOST]))[:MOST]


def _asked(by: SearchedBy, text: str) -> tuple[str, str]:
    """What ShipStation is asked for. An IFS number is often ShipStation's, too."""
    if by == "shipment":
        return "fulfilment" if text.startswith("F") else "label", text.lstrip("LF")
    return ("tracking" if by == "tracking" else "shipstation_order"), text


def _key(order: OrderReading) -> OrderKey | None:
    facts = order.facts
    if facts.reference is None:
        return None
    return OrderKey(connection=facts.connection, company=facts.company, reference=facts.reference)


def _order(order: OrderReading) -> AtShipStation:
    facts = order.facts
    return AtShipStation(
        kind="order",
        id=facts.order_id,
        status=order.status,
        store=facts.store_id,
        reference=facts.reference,
        at=facts.modified_at,
    )


def _parcel(shipment: Shipment) -> AtShipStation:
    return AtShipStation(
        kind=shipment.kind,
        id=shipment.shipment_id,
        status="voided" if shipment.is_voided else "shipped",
        store=shipment.store_id,
        reference=shipment.reference,
        at=shipment.created_at,
    )
