"""What else stands on a case's records, as the ledger knows it: parcels of another day, of another order, and where a
person placed one. The case is compared with it once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.flows.operations.reconcile_cases import Case
from functions.flows.operations.reconcile_compare import compare
from functions.flows.operations.reconcile_ledger import Known
from functions.flows.operations.reconcile_reading import Addressed
from functions.model.reconciled import BY_HAND, Checked, Parcel
from functions.model.shipment import Shipment
from functions.model.state import OrderState, ShipmentState


def compared_with(known: Known) -> list[Checked]:
    """Where a person placed a parcel, what its goods would say otherwise is told with that."""
    whole = known.case.beside([*_earlier(known.case, known.states), *_of_others(known)])
    found = compare(whole)
    placings = [(str(key), each) for state in known.states for key, each in state.placings.items()]
    chosen = {key: placing.key.id for key, placing in placings if placing.by == "person"}
    if not chosen:
        return found
    placed = compare(whole.placed(chosen))
    return [*placed, *(each.explained(BY_HAND) for each in found if each.is_unexplained and each not in placed)]


def _of_others(known: Known) -> Iterator[Addressed]:
    """What other orders placed on these records, and nothing else of theirs."""
    for state in known.others:
        for key, memory in known.memories.items():
            for each in memory.of(state.key):
                shipment = state.shipments.get(each.shipment)
                if shipment is not None and _is_delivered(shipment) and each.shipment not in known.case.keys:
                    view = known.connection.at_store(shipment.shipment.store_id)
                    yield Addressed(_parcel(shipment.shipment), view, state.key.reference, key.id).as_context()


def _earlier(case: Case, states: Iterable[OrderState]) -> list[Addressed]:
    """Parcels of these orders that were not read, because they are of another day, or of an order that was combined
    into another one. What was read is believed over the ledger.
    """
    read = {(each.key, each.reference) for each in case.parcels}
    living = {each.key: each.parcel for each in case.parcels}
    views = {(each.view.ifs.company, each.reference): each.view for each in case.parcels}
    found = []
    for state in states:
        for known in state.shipments.values():
            key = known.shipment.key
            if (key, state.key.reference) in read or not _is_delivered(known):
                continue
            parcel = living.get(key) or _parcel(known.shipment)
            view = views[state.key.company, state.key.reference]
            found.append(Addressed(parcel, view, state.key.reference, known.shipment.ifs_shipment).as_context())
    return found


def _is_delivered(known: ShipmentState) -> bool:
    return known.withdrawn_at is None and known.is_in_scope


def _parcel(shipment: Shipment) -> Parcel:
    return Parcel(
        key=shipment.key,
        order_id=shipment.order_id,
        store_id=shipment.store_id,
        created_at=shipment.created_at,
        voided_at=shipment.voided_at,
        tracking=shipment.tracking_number,
        carrier=shipment.carrier_code,
        service=shipment.service_code,
        ship_date=shipment.ship_date,
        cost=shipment.cost,
        currency=shipment.currency,
        parts=frozenset(item.sku for item in shipment.items),
    )
