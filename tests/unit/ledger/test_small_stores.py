"""What is remembered beside orders and positions: order facts, jobs, parked things, tenants, shared records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.facts import FactStore
from functions.ledger.jobs import JobStore
from functions.ledger.parked import ParkingStore
from functions.ledger.shared import SharedStore
from functions.ledger.tenants import TenantStore
from functions.model.cursors import Span, Stream
from functions.model.facts import OrderFacts
from functions.model.jobs import Job
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shared import SharedTarget
from functions.model.shipment import ConnectionName, Item
from functions.model.tenant import Circuit, Fitness
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.memory_aws.table import MemoryTable

ACME, OTHER = ConnectionName("acme"), ConnectionName("other")
WINDOW = Span(start=NOON, end=NOON + timedelta(days=1))


def facts(order_id: int = 1, **overrides: Any) -> OrderFacts:
    values = {"connection": ACME, "order_id": order_id, "company": "10", "modified_at": NOON, "reference": "P1"}
    return OrderFacts.model_validate({**values, **overrides})


def a_job(job_id: str = "j1", **overrides: Any) -> Job:
    values: dict[str, Any] = {
        "job_id": job_id,
        "connection": ACME,
        "kind": "backlog",
        "lane": "poll",
        "window": WINDOW,
        "unread": {Stream.LABELS_CREATED: (WINDOW,)},
        "created_at": NOON,
    }
    return Job.model_validate({**values, **overrides})


# --- facts


def test_facts_are_found_by_order_id_and_the_unknown_left_out() -> None:
    store = FactStore(MemoryTable())
    known = facts(7, items=(Item(sku="BOLT", quantity=2),), merged=(8, 9), store_id=1, ifs_shipment="19")
    store.save(known)
    assert store.load(ACME, [7, 8]) == {7: known}
    assert store.load(OTHER, [7]) == {}
    assert store.load(ACME, []) == {}


def test_an_older_reading_of_an_order_never_replaces_a_newer_one() -> None:
    store = FactStore(MemoryTable())
    store.save(facts(reference="new", modified_at=NOON + timedelta(seconds=1)))
    store.save(facts(reference="old"))
    assert store.load(ACME, [1])[1].reference == "new"
    store.save(facts(reference="newest", modified_at=NOON + timedelta(seconds=2)))
    assert store.load(ACME, [1])[1].reference == "newest"


# --- jobs


def test_a_job_is_opened_once_and_found_by_its_connection() -> None:
    store = JobStore(MemoryTable())
    first = store.open(a_job())
    again = store.open(a_job(pages=5))
    assert (again.pages, [job.job_id for job in store.all(ACME)], list(store.all(OTHER))) == (0, ["j1"], [])
    assert store.get(ACME, "j1") == first


def test_one_holder_at_a_time_works_on_a_job_until_its_lease_is_over() -> None:
    store = JobStore(MemoryTable())
    job = store.open(a_job())
    taken = store.acquire(job, "a", now=NOON, until=NOON + timedelta(minutes=6))
    assert taken is not None
    assert store.acquire(taken, "b", now=NOON, until=NOON + timedelta(minutes=6)) is None
    assert store.acquire(job, "b", now=NOON, until=NOON + timedelta(minutes=6)) is None
    later = store.acquire(taken, "b", now=NOON + timedelta(minutes=7), until=NOON + timedelta(minutes=9))
    assert later is not None
    assert store.save(taken.model_copy(update={"pages": 9})) is False
    assert store.save(later.model_copy(update={"pages": 2})) is True


def test_a_cancelled_job_stops_whoever_works_on_it() -> None:
    store = JobStore(MemoryTable())
    taken = store.acquire(store.open(a_job()), "a", now=NOON, until=NOON + timedelta(minutes=6))
    assert taken is not None
    ended = store.cancel(ACME, "j1", NOON)
    assert ended is not None
    assert ended.is_cancelled
    assert store.save(taken) is False
    assert store.cancel(ACME, "nobody", NOON) is None


# --- parked


def test_what_is_parked_twice_stays_one_entry_and_the_oldest_comes_first() -> None:
    store = ParkingStore(MemoryTable())
    for minutes, subject in ((5, "row 7"), (1, "order 3"), (9, "row 7")):
        at = NOON + timedelta(minutes=minutes)
        store.park(Parked(connection=ACME, subject=subject, reason=Reason.POISON_ROW, at=at))
    assert [(each.subject, each.at) for each in store.list(ACME)] == [
        ("order 3", NOON + timedelta(minutes=1)),
        ("row 7", NOON + timedelta(minutes=5)),
    ]
    assert store.list(OTHER) == []


# --- tenants


def test_a_circuit_is_closed_until_somebody_opens_it_and_only_the_faster_one_does() -> None:
    store = TenantStore(MemoryTable())
    seen = store.circuit(ACME)
    opened = seen.model_copy(update={"failures": 2, "opened_at": NOON, "reason": Reason.IFS_UNAVAILABLE})
    assert (seen.is_open, store.save_circuit(opened), store.save_circuit(opened)) == (False, True, False)
    known = store.circuit(ACME)
    assert (known.is_open, known.reason, store.circuit(OTHER)) == (
        True,
        Reason.IFS_UNAVAILABLE,
        Circuit(connection=OTHER),
    )
    assert store.save_circuit(known.model_copy(update={"failures": 0, "opened_at": None, "reason": None}))
    assert not store.circuit(ACME).is_open


def test_fitness_is_kept_by_the_configuration_it_was_found_for() -> None:
    store = TenantStore(MemoryTable())
    fitness = Fitness(connection=ACME, fingerprint="f1", checked_at=NOON, misfits=("ProNo is gone.",))
    store.save_fitness(fitness)
    assert (store.fitness(ACME, "f1"), store.fitness(ACME, "f2"), store.fitness(OTHER, "f1")) == (fitness, None, None)


# --- shared records


def test_a_shared_record_remembers_every_order_and_refuses_a_stale_save() -> None:
    store = SharedStore(MemoryTable())
    empty = store.load(ACME, "shipment_header/42")
    assert empty == SharedTarget(connection=ACME, target="shipment_header/42")
    own = {a_shipment(reference=f"P{n}").order_key.digest: (a_shipment(n, reference=f"P{n}"),) for n in (2, 1)}
    full = empty.model_copy(update={"contributions": own, "held_until": NOON})
    assert (store.save(full), store.save(full)) == (True, False)
    known = store.load(ACME, "shipment_header/42")
    assert [s.shipment_id for s in known.shipments] == [1, 2]
    assert known.held_until == NOON
    assert store.load(OTHER, "shipment_header/42").contributions == {}


@pytest.mark.parametrize("key", ["shipment_header/42", "order_header/O'Brien #1", "custom_entity/L1"])
def test_any_record_can_be_shared(key: str) -> None:
    store = SharedStore(MemoryTable())
    assert store.save(store.load(ACME, key))
