"""Merges what arrives into what is known of an order: the newer reading, its admission, and whether it concerns us."""

from __future__ import annotations

from collections.abc import Callable

from functions.connections.connection import Connection
from functions.flows.to_ifs.triage import skip_reason
from functions.model.messages import Admission
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Record, Sought
from functions.model.shipment import Shipment, newer
from functions.model.state import OrderState, ShipmentState


def merged(
    state: OrderState, arriving: Shipment, connection: Connection, admission: Admission | None = None
) -> OrderState:
    """Only content counts: another reading of the same content leaves the state equal. A shipment that was none of
    our business is judged again, so that a backfill can let it in.
    """
    known = state.shipments.get(arriving.key)
    admitted = _admission(known, admission)
    if known is not None and newer(known.shipment, arriving).mark("") == known.shipment.mark(""):
        if _concerns_us(known):
            return state
        arriving = known.shipment
    outcome, reason = _triaged(arriving, connection, admitted)
    target = known.target if known else None
    entry = ShipmentState(shipment=arriving, outcome=outcome, reason=reason, target=target, admission=admitted)
    return state.model_copy(update={"shipments": {**state.shipments, arriving.key: entry}})


def _admission(known: ShipmentState | None, arriving: Admission | None) -> Admission | None:
    """Remembered, so that a later void is let in as its label was. A baseline takes nothing back."""
    if arriving == "named" or known is None:
        return arriving
    return known.admission or (None if _concerns_us(known) else arriving)


def _triaged(shipment: Shipment, connection: Connection, admission: Admission | None) -> tuple[Outcome, Reason | None]:
    reason = skip_reason(shipment, connection, admission)
    if reason is Reason.COMBINED_UNKNOWN:
        return Outcome.PARKED, reason
    return (Outcome.SKIPPED if reason else Outcome.WAITING), reason


def concerning(state: OrderState) -> list[Shipment]:
    """The order's shipments that are our business, voided ones included, oldest first."""
    return [shipment for shipment in state.known if _concerns_us(state.shipments[shipment.key])]


def _concerns_us(known: ShipmentState) -> bool:
    return known.outcome is not Outcome.SKIPPED and known.reason is not Reason.COMBINED_UNKNOWN


def sought(state: OrderState) -> Sought:
    """What records are to be looked for."""
    shipments = concerning(state)
    went_to = (state.shipments[shipment.key].target for shipment in shipments)
    return Sought(order=state.key, shipments=tuple(shipments), remembered=tuple(sorted({t for t in went_to if t})))


def is_ours(connection: Connection) -> Callable[[Record], bool]:
    """Whether a record may be written by this store: its company, where the record tells one, and its site."""
    ifs = connection.ifs

    def answer(record: Record) -> bool:
        return record.company in {"", ifs.company} and (not ifs.sites or record.site in {"", *ifs.sites})

    return answer


def joins(connection: Connection) -> Callable[[str], bool]:
    """Whether a record, by its key, is written for all the orders whose lines it carries."""
    return lambda key: connection.ifs.target_of(key).shared == "join"


def store_view(state: OrderState, connection: Connection) -> Connection:
    """The connection as the store of the order's newest shipment sees it. An order is of one store; where its shipments
    name several all the same, one of them has to decide.
    """
    stores = [s.store_id for s in concerning(state) or state.known if s.store_id is not None]
    return connection.at_store(stores[-1] if stores else None)


def pointed(state: OrderState, fingerprint: str) -> OrderState:
    """Pointed at another IFS target, what was delivered to the old one counts for nothing."""
    if state.fingerprint == fingerprint:
        return state
    shipments = {key: s.model_copy(update={"target": None}) for key, s in state.shipments.items()}
    return state.model_copy(update={"fingerprint": fingerprint, "targets": {}, "shipments": shipments})
