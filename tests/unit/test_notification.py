from __future__ import annotations

import pytest

from functions.model.notification import Notification, Pointer
from functions.model.shipment import ConnectionName
from functions.wiring.batch import parsed
from tests.equipment.builders import NOON


@pytest.mark.parametrize(
    ("event", "kind", "api", "followed"),
    [
        ("SHIP_NOTIFY", "shipments_batch", "v1", "shipments_batch"),
        ("SHIP_NOTIFY", "shipments_batch", "v2", "anything"),
        ("LABEL_CREATED_V2", "shipments_batch", "v2", "shipments_batch"),
        ("LABEL_CREATED_V2", "shipments_batch", "v1", "anything"),
        ("SHIPMENT_CREATED_V2", "orders_import", "v1", "anything"),
        ("SHIPMENT_CREATED_V2", "order", "v1", "order"),
        ("FULFILLMENT_SHIPPED_V2", "fulfilment", "v1", "fulfilment"),
        ("OTHER", "anything", "v2", "anything"),
    ],
)
def test_a_batch_is_followed_through_its_own_api_alone(event: str, kind: str, api: str, followed: str) -> None:
    notification = Notification(
        connection=ConnectionName("acme"),
        event=event,
        pointer=Pointer(kind=kind, id="7"),  # type: ignore[arg-type] # one of the literals
        received_at=NOON,
        correlation_id="c",
    )
    assert notification.pointer_through(api).kind == followed


def message(kind: str, number: str) -> str:
    pointer = f'{{"kind": "{kind}", "id": "{number}"}}'
    return (
        f'{{"connection": "acme", "event": "SHIP_NOTIFY", "pointer": {pointer}, '
        '"received_at": "2026-03-05T12:00:00Z", "correlation_id": "c"}'
    )


@pytest.mark.parametrize("kind", ["order", "label", "fulfilment", "shipments_batch", "orders_import"])
@pytest.mark.parametrize("number", ["", "7;8", "../7", "7 ", "se-7", "\u0667", "9" * 100])
def test_a_tampered_id_is_refused_where_the_message_is_read(kind: str, number: str) -> None:
    assert parsed(message(kind, number), Notification) is None
    assert parsed(message(kind, "7"), Notification) is not None
