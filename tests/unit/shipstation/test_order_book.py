"""Of two readings of a ShipStation order the later one counts, whoever made it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.model.facts import OrderFacts
from functions.model.shipment import ConnectionName
from functions.shipstation.reading.order_book import OrderBook
from functions.shipstation.v1.api import V1
from tests.equipment.builders import NOON, a_connection


def facts(reference: str, minutes: int) -> OrderFacts:
    at = NOON + timedelta(minutes=minutes)
    return OrderFacts(
        connection=ConnectionName("acme"), order_id=500, company="10", reference=reference, modified_at=at
    )


@pytest.mark.parametrize(
    ("noted", "remembered", "counts"),
    [
        pytest.param(facts("P1", 0), facts("P2", 5), "P2", id="corrected elsewhere since"),
        pytest.param(facts("P2", 5), facts("P1", 0), "P2", id="just read, not stored yet"),
        pytest.param(facts("P1", 0), None, "P1", id="only read"),
        pytest.param(None, facts("P1", 0), "P1", id="only remembered"),
        pytest.param(facts("P1", 0), facts("P2", 99), "P1", id="stamped ahead of time"),
    ],
)
def test_the_later_reading_counts(noted: OrderFacts | None, remembered: OrderFacts | None, counts: str) -> None:
    client: Any = None  # nothing is asked for
    stored: dict[int, OrderFacts] = {500: remembered} if remembered else {}
    book = OrderBook(client, V1, a_connection(), lambda _: stored, lambda: NOON + timedelta(minutes=9))
    book.note([noted] if noted else [])
    found = book.known({500})
    assert found[500].reference == counts
