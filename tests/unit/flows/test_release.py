from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.flows.release import CLAIM, release
from functions.model.messages import Work
from functions.model.shipment import ConnectionName, OrderKey
from tests.unit.builders import NOON, a_connection, a_shipment


class Ledger:
    def __init__(self, *references: str, refused: str = "") -> None:
        self.orders = [a_shipment(reference=reference).order_key for reference in references]
        self.refused, self.claims, self.work, self.limit = refused, [], [], 0  # type: ignore[var-annotated] # filled below

    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        self.limit = limit
        return [(order, NOON) for order in self.orders]

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        self.claims.append((order.reference, until))
        return order.reference != self.refused

    def send(self, work: Iterable[Work]) -> None:
        self.work += work


def run(ledger: Ledger) -> int:
    return release(a_connection(), due_orders=ledger, queue=ledger, now=NOON, correlation_id="c-1")


def test_what_is_due_is_claimed_before_it_is_sent() -> None:
    ledger = Ledger("P1", "P2")
    assert run(ledger) == 2
    assert ledger.claims == [("P1", NOON + CLAIM), ("P2", NOON + CLAIM)]
    assert {work.cause.kind for work in ledger.work} == {"release"}


def test_what_another_run_claimed_is_left_to_it() -> None:
    assert run(Ledger("P1", "P2", refused="P1")) == 1


def test_a_backlog_leaves_half_of_the_rate_to_new_shipments() -> None:
    ledger = Ledger()
    run(ledger)
    assert ledger.limit == a_connection().ifs.requests_per_second * 60 / 2
