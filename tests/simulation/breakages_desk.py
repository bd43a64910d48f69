"""Deliberate breakages of what a person decides while the connector runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.connections.connection import Connection
from functions.flows.operations import desk_changes
from functions.flows.to_ifs import recall
from functions.model.record_memory import FieldMemory
from functions.model.records import RecordKey
from functions.model.shipment import ShipmentKey
from functions.model.state import OrderState, Placing
from functions.shipstation.reading import parcel_lists
from tests.simulation.patching import patch


def _write_under_a_pause() -> None:
    patch(Connection, "pause_of", lambda self, store_id: None)


def _forget_what_a_pause_held() -> None:
    patch(recall.Recalling, "_resumed", lambda self, connection, pause, limit: 0)


def _map_and_recall_nothing() -> None:
    patch(desk_changes, "_recall", lambda tools, asked, reasons, store=None: None)


def _choose_as_the_only_one() -> None:
    """A person's choice is judged anew by the next look."""

    def placing_by_hand(self: OrderState, shipment: ShipmentKey, record: RecordKey, due: datetime) -> OrderState:
        placed = self.shipments[shipment].taken_out().model_copy(update={"placing": Placing(key=record, by="only")})
        return self.with_shipments({shipment: placed}).claimed(due)

    patch(OrderState, "placing_by_hand", placing_by_hand)


def _adopt_nothing() -> None:
    patch(FieldMemory, "adopted", lambda self: self)


def _count_pages_in_what_was_asked_for() -> None:
    patch(parcel_lists._Walked, "width", property(lambda self: self._listing.page_size))


DESK_BREAKAGES: dict[str, Callable[[], None]] = {
    "write under a pause": _write_under_a_pause,
    "forget what a pause held back": _forget_what_a_pause_held,
    "a new map entry recalls nothing": _map_and_recall_nothing,
    "a person's choice is judged anew": _choose_as_the_only_one,
    "adopt nothing": _adopt_nothing,
    "a comparison counts pages in what it asked for": _count_pages_in_what_was_asked_for,
}
