"""Which of ShipStation's events a connection wants to hear of."""

from __future__ import annotations

from functions.connections.connection import ON_ITS_WAY, Connection

TRACKING = "track_event_v2"
EVENTS = {
    "v1": ("SHIP_NOTIFY", "ORDER_NOTIFY", "FULFILLMENT_SHIPPED"),
    "v2": ("label_created_v2", "shipment_created_v2", "fulfillment_shipped_v2"),
}


def always_wanted(connection: Connection) -> tuple[str, ...]:
    """In ShipStation's words, of the API that the connection reads."""
    return EVENTS[connection.shipstation.api]


def wants_tracking(connection: Connection) -> bool:
    """Whether what carriers tell is written: only then is it worth a call of the plan."""
    return connection.writes(*ON_ITS_WAY)


def wanted_events(connection: Connection) -> tuple[str, ...]:
    return (*always_wanted(connection), *((TRACKING,) if wants_tracking(connection) else ()))
