from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.ledger.orders import OrderStore
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName
from functions.model.state import FieldOutcome, OrderRecord, OrderState
from tests.equipment.builders import NOON, a_key, a_shipment
from tests.equipment.memory_aws.table import MemoryTable
from tests.unit.ledger.states import a_state, a_store, waiting

ACME, WAITS = ConnectionName("acme"), Reason.NOT_DELIVERED_YET


def by_time(count: int) -> list[int]:
    return sorted(range(100), key=lambda n: (n * 37) % 100)[:count]


def due(store: OrderStore, minutes: int = 60, limit: int = 100) -> list[tuple[str, datetime]]:
    found = store.due(ACME, now=NOON + timedelta(minutes=minutes), limit=limit)
    return [(key.reference, at) for key, at in found]


def test_due_orders_come_oldest_first_from_all_shards() -> None:
    store, table = a_store(*(waiting(f"P{n}", (n * 37) % 100) for n in range(100)))
    assert due(store) == [(f"P{n}", NOON + timedelta(minutes=(n * 37) % 100)) for n in by_time(61)]
    assert due(store, limit=5) == due(store)[:5]
    assert sum(f'"due#acme#{shard}"' in table.everything() for shard in range(4)) == 4


def test_an_order_that_waits_for_nothing_leaves_the_due_list() -> None:
    first = waiting("P1001", 5)
    store, table = a_store(first, first.model_copy(update={"revision": 1, "next_attempt_at": None}))
    assert due(store) == []
    assert "due_at" not in table.everything()


def test_what_only_waits_for_its_delivery_is_not_due_and_shown_with_its_records() -> None:
    late = OrderRecord(key=a_key("42"), fields={"ship_date": FieldOutcome(outcome=Outcome.WAITING, reason=WAITS)})
    done = OrderRecord(key=a_key("43"), fields={"ship_date": FieldOutcome(outcome=Outcome.WRITTEN)})
    more = {"waiting_for": WAITS, "waits": {"delivery": NOON}, "records": (late, done)}
    store, _ = a_store(*(a_state(a_shipment(reference=name), **more) for name in ("P1", "P2")))
    assert due(store) == []
    expected = [(name, NOON, (a_key("42"),)) for name in ("P1", "P2")]
    assert sorted((w.order.reference, w.since, w.records) for w in store.waiting(ACME)) == expected
    (loaded,) = store.load([a_shipment(reference="P1").order_key]).values()
    assert loaded.watched == (a_key("42"),)
    assert list(store.waiting(ConnectionName("other"))) == []


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(waiting("P1001", 61), id="later"),
        pytest.param(waiting("P1001", 5, connection="other"), id="another connection"),
        pytest.param(a_state(attention=Reason.REFUSED_BY_IFS), id="a person has to act"),
    ],
)
def test_what_is_not_due_here_and_now_is_not_listed(state: OrderState) -> None:
    assert due(a_store(state)[0]) == []


def test_only_one_of_two_runs_claims_an_order() -> None:
    store, _ = a_store(waiting("P1001", 5))
    ((key, at),) = store.due(ACME, now=NOON + timedelta(hours=1), limit=10)
    until = NOON + timedelta(hours=2)
    assert [store.claim(key, at, until) for _ in range(2)] == [True, False]
    assert due(store) == []
    assert due(store, minutes=120) == [("P1001", until)]


def test_an_order_that_moved_on_meanwhile_is_not_claimed() -> None:
    first = waiting("P1001", 5)
    moved: list[OrderState] = []

    def step(call: str) -> None:
        if call == "put" and moved:
            assert store.save(moved.pop())

    store = OrderStore(MemoryTable(step))
    store.save(first)
    moved.append(first.model_copy(update={"revision": 1, "attempts": 7}))
    assert not store.claim(first.key, NOON + timedelta(minutes=5), NOON + timedelta(hours=2))
    assert store.load([first.key])[first.key].attempts == 7


def test_an_unknown_order_is_not_claimed() -> None:
    assert not a_store()[0].claim(a_shipment().order_key, NOON, NOON)


def test_an_order_that_another_run_saves_at_that_moment_is_recalled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = waiting("P1001", 50)
    store, _ = a_store(late)
    key, save, until = late.key, store.save, NOON + timedelta(minutes=1)

    def overtaken(state: OrderState) -> bool:
        monkeypatch.setattr(store, "save", save)
        assert save(store.load([key])[key].model_copy(update={"attempts": 7}))
        return save(state)

    monkeypatch.setattr(store, "save", overtaken)
    assert store.recall(key, until)
    found = store.load([key])[key]
    assert (found.next_attempt_at, found.attempts) == (until, 7)


def test_what_comes_by_itself_sooner_is_not_recalled() -> None:
    soon = waiting("P1001", 1)
    store, _ = a_store(soon)
    assert not store.recall(soon.key, NOON + timedelta(minutes=5))
    assert store.load([soon.key])[soon.key].next_attempt_at == soon.next_attempt_at
