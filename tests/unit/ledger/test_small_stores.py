"""What is remembered beside orders and positions: order facts, jobs, parked things, tenants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.digests import DigestStore, Sent
from functions.ledger.facts import FactStore
from functions.ledger.items import NEWEST
from functions.ledger.jobs import JobStore
from functions.ledger.parked import ParkingStore
from functions.ledger.requests import RequestStore
from functions.ledger.tenants import TenantStore
from functions.model.cursors import Span, Stream
from functions.model.facts import OrderFacts
from functions.model.jobs import Job
from functions.model.key_expiry import KeyAlarm
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, Item
from functions.model.tenant import Circuit, Fitness
from tests.equipment.builders import NOON
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


def stored(table: MemoryTable, partition: str, sort: str) -> dict[str, Any]:
    return table.get(partition, sort) or {}


# --- facts


def test_facts_are_found_by_order_id_and_the_unknown_left_out() -> None:
    store = FactStore(MemoryTable(), lambda: NOON)
    known = facts(7, items=(Item(sku="BOLT", quantity=2),), merged=(8, 9), store_id=1, ifs_shipment="19")
    store.save(known)
    assert store.load(ACME, [7, 8]) == {7: known}
    assert store.load(OTHER, [7]) == {}
    assert store.load(ACME, []) == {}


def test_an_older_reading_of_an_order_never_replaces_a_newer_one() -> None:
    store = FactStore(MemoryTable(), lambda: NOON)
    store.save(facts(reference="new", modified_at=NOON + timedelta(seconds=1)))
    store.save(facts(reference="old"))
    assert store.load(ACME, [1])[1].reference == "new"
    store.save(facts(reference="newest", modified_at=NOON + timedelta(seconds=2)))
    assert store.load(ACME, [1])[1].reference == "newest"


def test_what_was_stamped_ahead_of_time_is_replaced_by_the_next_reading() -> None:
    store = FactStore(MemoryTable(), lambda: NOON)
    store.save(facts(reference="ahead", modified_at=NOON + timedelta(days=200)))
    store.save(facts(reference="now"))
    assert store.load(ACME, [1])[1].reference == "now"


def test_facts_that_cannot_be_read_are_passed_over_alone(caplog: pytest.LogCaptureFixture) -> None:
    table = MemoryTable()
    store = FactStore(table, lambda: NOON)
    for order_id in (1, 2):
        store.save(facts(order_id))
    table.put({**stored(table, "facts#acme#1", "facts"), "modified_at": "x"})
    assert set(store.load(ACME, [1, 2])) == {2}
    assert "ledger_item_passed_over" in caplog.messages
    store.save(facts(1, modified_at=NOON + timedelta(seconds=1)))
    assert set(store.load(ACME, [1, 2])) == {1, 2}


# --- jobs


@pytest.mark.parametrize("spoilt", [{"schema_version": NEWEST + 1}, {"lane": "x"}], ids=["newer version", "damaged"])
def test_a_job_that_cannot_be_read_keeps_no_other_waiting(spoilt: dict[str, Any]) -> None:
    table = MemoryTable()
    store = JobStore(table)
    for job_id in ("j1", "j2"):
        store.open(a_job(job_id))
    table.put({**stored(table, "jobs#acme", "j1"), **spoilt})
    assert [job.job_id for job in store.all(ACME)] == ["j2"]


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
        store.park(Parked(connection=ACME, subject=subject, reason=Reason.GAP, at=at))
    assert [(each.subject, each.at) for each in store.list(ACME)] == [
        ("order 3", NOON + timedelta(minutes=1)),
        ("row 7", NOON + timedelta(minutes=5)),
    ]
    assert store.list(OTHER) == []


def test_only_a_dead_letter_stores_a_body() -> None:
    table = MemoryTable()
    store = ParkingStore(table)
    plain = Parked(connection=ACME, subject="row 7", reason=Reason.GAP, at=NOON)
    letter = Parked(connection=ACME, subject="dead letter 1", reason=Reason.DEAD_LETTER, body="{}", at=NOON)
    for each in (plain, letter):
        store.park(each)
    assert {each.subject: each for each in store.list(ACME)} == {each.subject: each for each in (plain, letter)}
    assert ["body" in item for item in table.query("parked#acme")].count(True) == 1


# --- tenants


def test_a_circuit_is_closed_until_somebody_opens_it_and_only_the_faster_one_does() -> None:
    store = TenantStore(MemoryTable())
    seen = store.circuit(ACME)
    struck = seen.struck("write", Reason.IFS_UNAVAILABLE, NOON, unclear_subject="P1")
    opened = struck.struck("write", Reason.IFS_UNAVAILABLE, NOON).held(NOON + timedelta(seconds=120))
    assert (seen.is_open, store.save_circuit(opened), store.save_circuit(opened)) == (False, True, False)
    known = store.circuit(ACME)
    assert (known.is_open, known.reason, store.circuit(OTHER)) == (
        True,
        Reason.IFS_UNAVAILABLE,
        Circuit(connection=OTHER),
    )
    assert known == opened.model_copy(update={"revision": 1})
    assert store.save_circuit(known.served({"write"}))
    assert not store.circuit(ACME).is_open


def test_what_the_version_before_kept_beside_a_circuit_is_passed_over() -> None:
    table = MemoryTable()
    old = {"pk": "tenant#acme", "sk": "circuit", "schema_version": 1, "connection": "acme", "revision": 3}
    table.put({**old, "failures": 2, "opened_at": "2026-03-05T12:00:00Z", "reason": "ifs_unavailable"})
    circuit = TenantStore(table).circuit(ACME)
    assert (circuit.is_open, circuit.reason, circuit.revision) == (True, Reason.IFS_UNAVAILABLE, 3)
    assert not circuit.served({"search"}).is_open


def test_what_is_parked_with_a_reason_of_a_later_version_hides_nothing_else() -> None:
    table = MemoryTable()
    store = ParkingStore(table)
    store.park(Parked(connection=ACME, subject="order 1", reason=Reason.GAP, at=NOON))
    table.put({"pk": "parked#acme", "sk": "other", "subject": "order 2", "reason": "of_a_later_version"})
    assert [each.subject for each in store.list(ACME)] == ["order 1"]


def test_what_no_version_can_read_of_a_tenant_is_observed_anew() -> None:
    table, keys = MemoryTable(), {"pk": "tenant#acme", "connection": "acme", "revision": 3}
    table.put({**keys, "sk": "circuit", "opened_at": "2026-03-05T12:00:00Z", "reason": "of_a_later_version"})
    table.put({**keys, "sk": "rhythm", "deliveries": "many"})
    table.put({**keys, "sk": "fit#f1", "checked_at": "soon"})
    store = TenantStore(table)
    circuit, rhythm = store.circuit(ACME), store.rhythm(ACME)
    assert (circuit.is_open, store.fitness(ACME, "f1")) == (False, None)
    assert store.save_circuit(circuit)
    assert store.save_rhythm(rhythm)


def test_fitness_is_kept_by_the_configuration_it_was_found_for() -> None:
    store = TenantStore(MemoryTable())
    fitness = Fitness(connection=ACME, fingerprint="f1", checked_at=NOON, misfits=("ProNo is gone.",))
    store.save_fitness(fitness)
    assert (store.fitness(ACME, "f1"), store.fitness(ACME, "f2"), store.fitness(OTHER, "f1")) == (fitness, None, None)


# --- the message of a day


def test_what_was_told_and_what_rang_with_it_is_remembered_and_read_without_the_second() -> None:
    table = MemoryTable()
    store, day = DigestStore(table), NOON.date()
    assert store.last() is None
    sent = Sent(day=day, rung={"acme/ifs": KeyAlarm(expires_on=day, step=7)})
    store.save(sent)
    assert store.last() == sent
    assert stored(table, "digest", "sent")["day"] == str(day), "as the version before reads it"
    table.put({"pk": "digest", "sk": "sent", "day": str(day)})
    assert store.last() == Sent(day=day)
    assert store.listeners() is None


def test_who_hears_the_alarms_is_told_as_it_was_found_and_not_known_where_it_cannot_be_read() -> None:
    table = MemoryTable()
    store = DigestStore(table)
    assert store.listeners() is None
    store.save(Sent(day=NOON.date(), listeners=0))
    assert store.listeners() == 0
    table.put({"pk": "digest", "sk": "sent", "day": "no day"})
    assert store.listeners() is None


# --- requests under way


@pytest.mark.parametrize(("ahead", "is_held"), [(timedelta(minutes=15), True), (timedelta(days=365), False)], ids=str)
def test_a_request_that_was_begun_by_a_clock_far_ahead_is_begun_again(ahead: timedelta, *, is_held: bool) -> None:
    store, lease = RequestStore(MemoryTable()), timedelta(minutes=15)
    begun = NOON + ahead
    assert store.begin("digest", "first", now=begun, until=begun + lease) is None
    other = store.begin("digest", "second", now=NOON, until=NOON + timedelta(minutes=1))
    assert (other is not None) is is_held
    # Who was taken for dead ends nothing of whoever goes on.
    store.end("digest", "first", NOON)
    assert (store.begin("digest", "third", now=NOON, until=NOON + lease) is None) is is_held
