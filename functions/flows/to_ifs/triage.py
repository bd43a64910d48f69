"""Says which shipments are none of our business, in one place for every route."""

from __future__ import annotations

from functions.connections.connection import Connection
from functions.model.messages import Admission
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment


def skip_reason(shipment: Shipment, connection: Connection, admission: Admission | None = None) -> Reason | None:
    """Why nothing is ever written for this shipment, or None. What nobody expects to be written calls nobody:
    `COMBINED_UNKNOWN` is therefore the last answer.
    """
    if admission == "baseline":
        return Reason.BASELINE
    told = shipment.skip or (Reason.NO_ORDER_REFERENCE if shipment.reference is None else None)
    if told is not None and told is not Reason.COMBINED_UNKNOWN:
        return told
    store = connection.store_skip(shipment.store_id)
    if store is not None:
        return store
    if admission != "named" and connection.is_before_go_live(shipment.created_at):
        return Reason.BEFORE_GO_LIVE
    return told
