from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.flows.to_ifs.release import CLAIM, REQUESTS_AN_ORDER, release
from functions.model.messages import Work
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.tenant import Circuit
from tests.equipment.builders import NOON, a_connection, a_shipment


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


CLOSED = Circuit(connection=ConnectionName("acme"))
OPEN = CLOSED.model_copy(update={"opened_at": NOON, "reason": Reason.IFS_UNAVAILABLE})


def run(ledger: Ledger, circuit: Circuit = CLOSED) -> int:
    connection = a_connection()
    return release(connection, due_orders=ledger, circuit=circuit, queue=ledger, now=NOON, correlation_id="c-1")


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
    requests = a_connection().ifs.requests_per_second * 60
    assert requests * 0.45 <= ledger.limit * REQUESTS_AN_ORDER <= requests / 2


def test_while_ifs_serves_nobody_one_order_is_sent_as_a_probe() -> None:
    ledger = Ledger("P1")
    run(ledger, OPEN)
    assert (ledger.limit, [work.is_probe for work in ledger.work]) == (1, [True])
    run(ledger)
    assert ledger.work[-1].is_probe is False
