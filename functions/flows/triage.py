"""Says which shipments are none of our business, in one place for every route."""

from __future__ import annotations

from functions.connections import Connection
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment


def skip_reason(shipment: Shipment, connection: Connection) -> Reason | None:
    """Why nothing is ever written for this shipment, or None."""
    if shipment.skip is not None:
        return shipment.skip
    if shipment.reference is None:
        return Reason.NO_ORDER_REFERENCE
    if connection.is_before_go_live(shipment.created_at):
        return Reason.BEFORE_GO_LIVE
    return None
