"""What somebody changed by hand in the ledger, or what is damaged there, stops no reading."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.budget import BudgetStore
from functions.ledger.items import PARTITION, SORT
from functions.ledger.jobs import JobStore
from functions.ledger.orders import STATE, OrderStore
from functions.ledger.positions import PositionStore
from functions.model.budget import BudgetState
from functions.model.cursors import Cursor, Gap, ReadingPosition, Span, Stream
from functions.model.jobs import Job
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
CURSOR = Cursor(head=NOON, settled=NOON)
KNOWN = ReadingPosition(
    connection=ACME,
    cursors={"orders": CURSOR, "labels_created": CURSOR},
    gaps=(Gap(stream=Stream.ORDERS, after=NOON),),
    last_poll_at=NOON,
)


@pytest.mark.parametrize(
    ("spoilt", "left"),
    [
        ({"cursors": {"orders": {"head": "?"}, "labels_created": CURSOR.model_dump(mode="json", exclude_none=True)}},
         {"cursors": {"labels_created": CURSOR}}),
        ({"cursors": "?"}, {"cursors": {}}),
        ({"gaps": [{"stream": "orders"}]}, {"gaps": ()}),
        ({"last_poll_at": "soon"}, {"last_poll_at": None}),
        ({"gaps": 5}, {"gaps": ()}),
        ({"streams_left": 1}, {}),
        ({"streams_left": [["x"], 5]}, {}),
        ({"last_answered": [5]}, {}),
    ],
    ids=["a cursor", "all cursors", "a gap", "an instant", "all gaps", "lists left", "a list left", "answers"],
)  # fmt: skip
def test_what_of_a_position_cannot_be_read_is_read_anew_and_the_rest_goes_on(
    spoilt: dict[str, object], left: dict[str, object]
) -> None:
    table = MemoryTable()
    store, until = PositionStore(table), NOON + timedelta(minutes=3)
    taken = store.acquire(ACME, "a", now=NOON, until=until)
    assert taken is not None
    assert store.save(KNOWN.model_copy(update={"fence": taken.fence}))
    change(table, "reader#acme", "position", **spoilt)
    assert store.peek(ACME) == KNOWN.model_copy(update={"fence": taken.fence, **left})
    again = store.acquire(ACME, "b", now=until, until=until + timedelta(minutes=3))
    assert again is not None
    assert store.save(again)


def test_a_position_whose_fence_cannot_be_read_says_so() -> None:
    table = MemoryTable()
    store = PositionStore(table)
    store.acquire(ACME, "a", now=NOON, until=NOON)
    change(table, "reader#acme", "position", fence="?")
    with pytest.raises(Permanent) as caught:
        store.peek(ACME)
    assert caught.value.reason is Reason.LEDGER_ITEM


def test_beside_a_job_that_cannot_be_read_another_one_begins() -> None:
    table = MemoryTable()
    store, window = JobStore(table), Span(start=NOON, end=NOON)
    job = Job(job_id="j", connection=ACME, kind="backlog", lane="poll", window=window, unread={}, created_at=NOON)
    assert store.open(job) == store.open(job) == job
    change(table, "jobs#acme", "j", window="?")
    opened = store.open(job)
    assert opened == job.another()
    assert list(store.all(ACME)) == [opened]


@pytest.mark.parametrize("spoilt", ["?", 5, ["?"], {"?": 1}])
def test_an_order_whose_marks_cannot_be_read_is_sent_again(spoilt: object) -> None:
    table, shipment = MemoryTable(), a_shipment(order_id=500)
    key = f"order#acme#{shipment.order_key.digest}"
    table.put({PARTITION: key, SORT: STATE, "marks": spoilt, "order_ids": spoilt})
    assert OrderStore(table).unrecorded([shipment], lambda _: "place") == [shipment]
    assert OrderStore(table).holds({500: shipment.order_key}) == set()


@pytest.mark.parametrize("spoilt", ["?", 5, ["?"], {"L1": "?"}, {"L1": {"admission": "?"}}, {"L1": {}}])
def test_how_an_order_that_cannot_be_read_was_let_in_is_not_known(spoilt: object) -> None:
    table, shipment = MemoryTable(), a_shipment(order_id=500)
    table.put({PARTITION: f"order#acme#{shipment.order_key.digest}", SORT: STATE, "shipments": spoilt})
    assert OrderStore(table).admissions([shipment.order_key]) == {}


def test_a_request_budget_that_cannot_be_read_is_begun_anew() -> None:
    table = MemoryTable()
    store = BudgetStore(table)
    for number in (0, 1):
        assert store.store("key", BudgetState(theoretical_arrival_ms=number), store.load("key"))
    change(table, "budget#key", "gcra", theoretical_arrival_ms="?")
    seen = store.load("key")
    assert seen == BudgetState(theoretical_arrival_ms=0, revision=1)
    assert store.store("key", BudgetState(theoretical_arrival_ms=5), seen)


def change(table: MemoryTable, partition: str, sort: str, **spoilt: Any) -> None:
    table.put({**(table.get(partition, sort) or {}), **spoilt})
