from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest

from functions.errors import ConnectorError, Permanent, Retryable
from functions.flows.to_ifs.release import CLAIM, PASSED_OVER, REQUESTS_AN_ORDER, Release, Released
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.tenant import Circuit
from tests.equipment.builders import NOON, a_connection, a_shipment


class Ledger:
    """What is due since when; `refused` another run was faster with, `faults` are raised by a claim."""

    def __init__(self, *references: str, refused: str = "", faults: Mapping[str, ConnectorError] | None = None) -> None:
        self.orders = [a_shipment(reference=reference).order_key for reference in references]
        self.refused, self.faults = refused, faults or {}
        self.claims: list[tuple[str, datetime]] = []
        self.work: list[DeliverOrder] = []
        self.parked: list[Parked] = []
        self.limit = 0

    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        self.limit = limit
        if now != NOON:
            return [] if now < NOON else [(order, now) for order in self.orders][:limit]
        since = (NOON - timedelta(minutes=len(self.orders) - n) for n in range(len(self.orders)))
        return list(zip(self.orders, since, strict=True))[:limit]

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        if order.reference in self.faults:
            raise self.faults[order.reference]
        self.claims.append((order.reference, until))
        return order.reference != self.refused

    def send(self, orders: Iterable[DeliverOrder]) -> None:
        self.work += orders

    def park(self, parked: Parked) -> None:
        self.parked.append(parked)


CLOSED = Circuit(connection=ConnectionName("acme"))
OPEN = CLOSED.model_copy(update={"opened_at": NOON, "reason": Reason.IFS_UNAVAILABLE})
NEWER = Permanent(Reason.LEDGER_VERSION, "written by a newer version")
THROTTLED = Retryable(Reason.LEDGER_UNAVAILABLE, "DynamoDB: throttled")


def run(ledger: Ledger, circuit: Circuit = CLOSED) -> Released:
    return Release(a_connection(), ledger, ledger, ledger).run(circuit, NOON, "c-1")


def released(ledger: Ledger) -> list[str]:
    return [work.order.reference for work in ledger.work]


def test_what_is_due_is_claimed_before_it_is_sent() -> None:
    ledger = Ledger("P1", "P2")
    assert run(ledger) == Released(orders=2, passed_over=0, oldest_due_seconds=120)
    assert ledger.claims == [("P1", NOON + CLAIM), ("P2", NOON + CLAIM)]
    assert {work.cause.kind for work in ledger.work} == {"release"}


def test_nothing_is_due_and_nothing_is_sent() -> None:
    assert run(Ledger()) == Released(orders=0, passed_over=0, oldest_due_seconds=0)


def test_what_another_run_claimed_is_left_to_it() -> None:
    ledger = Ledger("P1", "P2", refused="P1")
    assert run(ledger).orders == 1
    assert released(ledger) == ["P2"]


def test_an_order_is_sent_once_for_each_time_that_it_is_due() -> None:
    ledger = Ledger("P1", "P2")
    run(ledger)
    assert len({work.deduplication_id for work in ledger.work}) == 2
    again = Ledger("P1", "P2")
    run(again)
    assert [work.deduplication_id for work in again.work] == [work.deduplication_id for work in ledger.work]


def test_a_backlog_leaves_half_of_the_rate_to_new_shipments() -> None:
    ledger = Ledger(*(f"P{n}" for n in range(200)))
    sent = run(ledger).orders
    requests = a_connection().ifs.requests_per_second * 60
    assert requests * 0.45 <= sent * REQUESTS_AN_ORDER <= requests / 2


def test_while_ifs_serves_nobody_one_order_is_sent_as_a_probe() -> None:
    ledger = Ledger("P1", "P2")
    run(ledger, OPEN)
    assert [(work.order.reference, work.is_probe) for work in ledger.work] == [("P1", True)]
    run(ledger)
    assert ledger.work[-1].is_probe is False


def test_before_an_instant_that_ifs_named_nothing_is_sent_and_nothing_is_claimed() -> None:
    ledger = Ledger("P1", "P2")
    held = CLOSED.held(NOON + timedelta(seconds=1))
    assert (run(ledger, held).orders, ledger.claims, ledger.work) == (0, [], [])
    assert run(ledger, CLOSED.held(NOON)).orders == 2


def test_an_instant_that_a_clock_far_ahead_stored_holds_no_order() -> None:
    assert run(Ledger("P1", "P2"), CLOSED.held(NOON + timedelta(days=1))).orders == 2


@pytest.mark.parametrize("circuit", [CLOSED, OPEN], ids=["closed", "open"])
def test_an_order_of_a_newer_version_is_parked_and_passed_over(circuit: Circuit) -> None:
    ledger = Ledger("P1", "P2", faults={"P1": NEWER})
    told = run(ledger, circuit)
    assert (told.orders, told.passed_over, released(ledger)) == (1, 1, ["P2"])
    (parked,) = ledger.parked
    assert (parked.reason, parked.detail, parked.at) == (Reason.LEDGER_VERSION, "P1", NOON)


def test_an_order_whose_item_cannot_be_read_for_now_stays_due_and_calls_nobody() -> None:
    ledger = Ledger("P1", "P2", faults={"P1": THROTTLED})
    told = run(ledger)
    assert (told.orders, told.passed_over, ledger.parked) == (1, 1, [])


def test_many_orders_that_cannot_be_read_keep_no_other_from_its_probe() -> None:
    unreadable = {f"P{n}": NEWER for n in range(PASSED_OVER)}
    ledger = Ledger(*unreadable, "P99", faults=unreadable)
    run(ledger, OPEN)
    assert released(ledger) == ["P99"]


def test_an_order_that_is_due_once_more_is_no_repetition() -> None:
    order = a_shipment().order_key
    ids = set[str]()
    for due_at in (NOON, NOON + timedelta(milliseconds=1)):
        ledger = Ledger()
        ledger.due = lambda *_, due_at=due_at, **__: [(order, due_at)]  # type: ignore[method-assign] # one order
        run(ledger)
        ids |= {work.deduplication_id for work in ledger.work}
    assert len(ids) == 2


@pytest.mark.parametrize("references", [[], ["P1"]], ids=["nobody", "one"])
def test_nobody_waits_where_no_order_will_ever_be_due(references: list[str]) -> None:
    ledger = Ledger(*references)
    assert Release(a_connection(), ledger, ledger, ledger).nobody_waits(NOON) is not bool(references)
