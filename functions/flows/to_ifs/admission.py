"""Lets what arrives into what is known of an order: the newer reading, whether it is in scope, what was withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.connections.connection import Connection
from functions.model.messages import Admission, DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment, newer
from functions.model.state import OrderState, ShipmentState

FILES_REASONS = {Reason.BEFORE_GO_LIVE, Reason.STORE_EXCLUDED, Reason.STORE_UNKNOWN}


def admitted(state: OrderState, messages: Iterable[DeliverOrder], connection: Connection) -> OrderState:
    """With everything that these messages tell. Only content counts: another reading of it leaves the state equal."""
    for message in messages:
        if message.shipment is None:
            continue
        shipment, withdrawn_at = _told(message.shipment, message.withdrawn_at)
        state, shipment = _recognised(state, shipment)
        if withdrawn_at is not None:
            state = _withdrawn(state, shipment, withdrawn_at)
        else:
            is_moved = message.moved_at is not None
            state = _merged(state, shipment, connection, message.admission, is_moved=is_moved)
    return state


def skip_reason(shipment: Shipment, connection: Connection, admission: Admission | None = None) -> Reason | None:
    """Why nothing is ever written for this shipment, or None: in one place for every route. What nobody expects to be
    written calls nobody: `COMBINED_UNKNOWN` is therefore the last answer.
    """
    if admission == "baseline":
        return Reason.BASELINE
    known = shipment.skip or (Reason.NO_ORDER_REFERENCE if shipment.reference is None else None)
    if known is not None and known is not Reason.COMBINED_UNKNOWN:
        return known
    store = connection.store_skip(shipment.store_id)
    if store is not None:
        return store
    if admission != "named" and connection.is_before_go_live(shipment.created_at):
        return Reason.BEFORE_GO_LIVE
    return known


def store_of(state: OrderState) -> int | None:
    """Of the order's newest shipment. An order is of one store; where its shipments name several all the same, one of
    them has to decide.
    """
    stores = [s.store_id for s in state.in_scope or state.known if s.store_id is not None]
    return stores[-1] if stores else None


def store_view(state: OrderState, connection: Connection) -> Connection:
    """The connection as the order's store sees it."""
    return connection.at_store(store_of(state))


def _told(shipment: Shipment, withdrawn_at: datetime | None) -> tuple[Shipment, datetime | None]:
    """An earlier version sent a withdrawal as a void at the instant of its reading."""
    if withdrawn_at is None and shipment.voided_at is not None and shipment.voided_at == shipment.read_at:
        return shipment.not_voided(), shipment.read_at
    return shipment, withdrawn_at


def _recognised(state: OrderState, arriving: Shipment) -> tuple[OrderState, Shipment]:
    """A fulfilment that is known under another number keeps the one that it was written under."""
    known = None if arriving.key in state.shipments else _twin(state, arriving)
    if known is None:
        return state, arriving
    if arriving.shipment_id not in known.others:
        known = known.also_numbered(arriving.shipment_id)
        state = state.with_shipments({known.shipment.key: known})
    return state, arriving.numbered(known.shipment.shipment_id)


def _twin(state: OrderState, arriving: Shipment) -> ShipmentState | None:
    twins = (known for known in state.shipments.values() if known.shipment.is_twin_of(arriving))
    return next(twins, None)


def _withdrawn(state: OrderState, shipment: Shipment, at: datetime) -> OrderState:
    """Remembered also where the shipment was not known: an older placing that arrives later does nothing."""
    known = state.shipments.get(shipment.key)
    if known is None:
        known = ShipmentState(shipment=shipment, outcome=Outcome.SKIPPED, reason=Reason.WITHDRAWN)
    if _is_placed_after(known, at):
        return state
    return state.with_shipments({shipment.key: known.withdrawn(at)})


def _is_placed_after(known: ShipmentState, at: datetime) -> bool:
    """A later reading placed it here again, or the withdrawal is known."""
    if known.withdrawn_at is not None:
        return known.withdrawn_at >= at
    return known.shipment.read_at > at and known.reason is not Reason.WITHDRAWN


def _merged(
    state: OrderState, arriving: Shipment, connection: Connection, admission: Admission | None, *, is_moved: bool
) -> OrderState:
    """A shipment that was out of scope is judged again, so that a backfill can let it in. What stands in IFS is not
    taken back because the file leaves out its like by now. One that came here by a correction is here as of that
    reading: a withdrawal that arrives late does nothing.
    """
    known = state.shipments.get(arriving.key)
    told = arriving if known is None else _unheard(known, arriving, is_moved=is_moved)
    if told is None:
        return state
    admitted_as, placing = _admission(known, admission), known.placing if known else None
    outcome, reason = _judged(told, connection, admitted_as)
    if reason in FILES_REASONS and known is not None and known.is_in_scope and placing is not None:
        outcome, reason = Outcome.WAITING, None
    others = known.others if known else ()
    entry = ShipmentState(
        shipment=told, outcome=outcome, reason=reason, placing=placing, admission=admitted_as, others=others
    )
    return state.with_shipments({told.key: entry.decided(known.decided_at) if known else entry})


def _unheard(known: ShipmentState, arriving: Shipment, *, is_moved: bool) -> Shipment | None:
    """The reading that counts; None where it tells nothing."""
    if known.withdrawn_at is not None and arriving.read_at <= known.withdrawn_at:
        return None
    told = newer(known.shipment, arriving)
    if told.mark("") != known.shipment.mark(""):
        return told
    is_news = is_moved and arriving.read_at > known.shipment.read_at
    return None if known.is_in_scope and not is_news else known.shipment.read_again(arriving.read_at)


def _admission(known: ShipmentState | None, arriving: Admission | None) -> Admission | None:
    """Remembered, so that a later void is let in as its label was. A baseline takes nothing back."""
    if arriving == "named" or known is None or known.withdrawn_at is not None:
        return arriving
    return known.admission or (None if known.is_in_scope else arriving)


def _judged(shipment: Shipment, connection: Connection, admission: Admission | None) -> tuple[Outcome, Reason | None]:
    reason = skip_reason(shipment, connection, admission)
    if reason is Reason.COMBINED_UNKNOWN:
        return Outcome.PARKED, reason
    return (Outcome.SKIPPED if reason else Outcome.WAITING), reason
