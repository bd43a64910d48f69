"""What earlier versions stored beside the orders is read through the stores and models of this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.flows.from_shipstation.past_windows import next_job
from functions.ledger.budget import BudgetStore
from functions.ledger.facts import FactStore
from functions.ledger.jobs import JobStore
from functions.ledger.parked import ParkingStore
from functions.ledger.plans import PlanStore
from functions.ledger.positions import PositionStore
from functions.ledger.shared import EarlierSharedStore
from functions.ledger.tenants import TenantStore
from functions.model.budget import BudgetState
from functions.model.cursors import Cursor, Gap, ReadingPosition, Stream
from functions.model.earlier import EarlierShared
from functions.model.facts import OrderFacts
from functions.model.jobs import Job
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.plans import Plan, PlannedOrder
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName, Item
from functions.model.state import EARLIER_PLACE
from functions.model.tenant import Circuit, Fitness
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.unit.ledger.stored import holding, stored

ACME = ConnectionName("acme")
HEADER = "shipment_header/1042"
KEY_ID = "9f86d081884c7d65"
P1001, P2002 = a_shipment(1).order_key, a_shipment(2, reference="P2002").order_key


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-05T{clock}Z")


# --- records that several orders share

SHARED: dict[str, tuple[int, str, list[str], str | None]] = {
    "one contributor, held, nothing written yet": (1, "14:03:00", ["1Z0001"], None),
    "one contributor with memory": (2, "", ["1Z0001"], "1Z0001"),
    "two contributors with memory, held": (3, "14:04:00.600", ["1Z0001", "1Z0002"], "1Z0001"),
    "two contributors with memory": (4, "", ["1Z0001", "1Z0002"], "1Z0001, 1Z0002"),
    "two contributors, one voided": (6, "", ["1Z0001", "1Z0002"], "1Z0002"),
}


def shared(name: str) -> EarlierShared:
    found = EarlierSharedStore(holding("shared", name)).load(ACME, HEADER)
    assert found is not None
    return found


@pytest.mark.parametrize("name", stored("shared"))
def test_a_shared_record_knows_its_contributors_its_lease_and_what_was_written(name: str) -> None:
    revision, held_until, numbers, intended = SHARED[name]
    found = shared(name)
    tracking = found.memory.fields.get("tracking")
    assert (found.revision, found.held_until) == (revision, at(held_until) if held_until else None)
    assert [s.tracking_number for own in found.contributions.values() for s in own] == numbers
    assert list(found.contributions) == [P1001.digest, P2002.digest][: len(numbers)]
    assert (tracking and tracking.intended) == intended


def test_a_shared_record_remembers_who_voided_and_what_waits() -> None:
    found = shared("two contributors, one voided")
    assert [s.is_voided for own in found.contributions.values() for s in own] == [True, False]
    assert found.memory.etag == 'W/"4"'
    assert found.memory.fields["carrier"].touched
    assert found.memory.fields["ship_date"].reason is Reason.NOT_DELIVERED_YET


def test_a_record_that_nobody_shared_has_no_such_item() -> None:
    store = EarlierSharedStore(holding("shared", "two contributors with memory"))
    assert store.load(ACME, "shipment_header/1043") is None
    assert store.load(ConnectionName("other"), HEADER) is None


# --- replay plans

FEW, MANY = "5f0c" * 8, "a1b2" * 8
FIRST = "P1001 would_write shipment_header/1042 carrier=UPS tracking=1Z0001"
PLANS: dict[str, tuple[str, str | None, list[str]]] = {
    "a plan": (FEW, None, [FIRST]),
    "an applied plan": (FEW, "14:05:00.480", [FIRST]),
    "a plan of every kind of order": (
        MANY,
        None,
        [
            f"{FIRST} shipment_header/1043 carrier=UPS tracking=1Z0003",
            "P2002 parked ambiguous_target shipment_header/1050 shipment_header/1051",
            "P3003 unchanged",
            "P4004 waiting not_in_ifs_yet",
            "P5005 skipped before_go_live",
        ],
    ),
}


def planned(plan: Plan, order: PlannedOrder) -> str:
    """In the words of its orders; records go by the names that they had."""
    words: list[Any] = [order.order.reference, order.outcome, order.reason]
    changes = {record.key: record.changes for record in plan.records}
    for key in order.records:
        assert key.place == EARLIER_PLACE
        words += [key.id, *(f"{name}={changes[key][name].after}" for name in sorted(changes[key]))]
    return " ".join(str(word) for word in (*words, *order.choices) if word)


def plan(name: str) -> tuple[Plan, PlanStore]:
    store = PlanStore(holding("plans", name))
    found = store.get(PLANS[name][0])
    assert found is not None
    return found, store


@pytest.mark.parametrize("name", stored("plans"))
def test_a_plan_shows_what_it_showed_and_who_asked_for_it(name: str) -> None:
    _, applied_at, orders = PLANS[name]
    found, _ = plan(name)
    assert [planned(found, order) for order in found.orders] == orders
    assert found.applied_at == (at(applied_at) if applied_at else None)
    assert (found.connection, found.by, bool(found.note)) == (ACME, "kim", True)
    assert timedelta(0) <= found.made_at + timedelta(days=7) - found.expires_at < timedelta(seconds=1)


@pytest.mark.parametrize("name", stored("plans"))
def test_a_stored_plan_is_stored_as_todays_once_somebody_asks_for_it(name: str) -> None:
    found, store = plan(name)
    head = store.head(found.plan_id)
    assert head is not None
    assert (head.status, head.found) == ("applied" if name == "an applied plan" else "ready", len(found.orders))
    whole = store.get(found.plan_id)
    assert whole is not None
    assert {order.order for order in whole.orders} == {order.order for order in found.orders}
    assert (whole.applied_at, whole.expires_at, store.open(found)) == (found.applied_at, found.expires_at, None)


@pytest.mark.parametrize("name", stored("plans"))
def test_a_stored_plan_is_found_whole_by_each_of_its_orders(name: str) -> None:
    found, store = plan(name)
    for order in found.orders:
        own = store.get(found.plan_id, order.order)
        assert own is not None
        assert own.orders == (order,)
        assert {record.key for record in own.records} == set(order.records)


def test_a_record_of_a_stored_plan_is_recognised_by_the_name_it_had() -> None:
    found, _ = plan("a plan")
    key = RecordKey(place=Place("ifs.example.com/ShipmentHandling/ShipmentSet"), id="1042")
    record = Record(key=key, etag="e", values={}, earlier_key=HEADER)
    assert [planned.is_of(record) for planned in found.records] == [True]
    assert not found.records[0].is_of(record.model_copy(update={"earlier_key": "shipment_header/1043"}))


# --- what is parked and no order

PARKED: dict[str, tuple[str, Reason, str]] = {
    "shipped without a shipment": ("order 800", Reason.SHIPPED_WITHOUT_SHIPMENT, ""),
    "an unreadable row": ("labels_created 71", Reason.UNREADABLE_ROW, ""),
    "an unreadable row without an id": ("labels_created without an id", Reason.UNREADABLE_ROW, ""),
    "a poison row": (
        "fulfilments after 2026-03-05T12:00:00Z",
        Reason.GAP,
        "one row between 2026-03-05T12:00:00Z and 2026-03-05T12:03:00Z",
    ),
    "a poison row at the end": (
        "labels_created after 2026-03-05T12:00:00Z",
        Reason.GAP,
        "one row between 2026-03-05T12:00:00Z and the end",
    ),
}


@pytest.mark.parametrize("name", stored("parked"))
def test_what_was_parked_is_listed_and_stays_one_entry(name: str) -> None:
    subject, reason, detail = PARKED[name]
    entry = Parked(connection=ACME, subject=subject, reason=reason, detail=detail, at=at("14:00:00"))
    store = ParkingStore(holding("parked", name))
    assert store.list(ACME) == [entry]
    store.park(entry.model_copy(update={"at": NOON}))
    assert store.list(ACME) == [entry]


def test_everything_that_was_parked_is_listed_together() -> None:
    found = ParkingStore(holding("parked", *stored("parked"))).list(ACME)
    assert {each.subject for each in found} == {subject for subject, _, _ in PARKED.values()}


# --- jobs

BACKFILL = "0d1f2a3b4c5d"
JOBS: dict[str, tuple[str, str]] = {
    "a backlog of labels created": (
        "backlog-labels_created-20260101T010000",
        "backlog poll, labels_created from 01-01 01:00 to 03-05 13:50",
    ),
    "a backlog of orders": (
        "backlog-orders-20251226T000000",
        "backlog poll, orders from 12-26 00:00 to 03-05 13:00",
    ),
    "a check of orders": ("check-orders-20251225T000000", "crosscheck sweep, orders from 12-25 00:00 to 03-05 13:00"),
    "a backfill by name": (BACKFILL, "backfill backfill, {all} named kim January"),
    "a baseline": (BACKFILL, "backfill backfill, {all} baseline kim January"),
    "a cancelled baseline": (BACKFILL, "backfill backfill, {all} baseline kim January ended 14:03 cancelled fence 1"),
    "a backfill that is held": (BACKFILL, "backfill backfill, {all} named kim January run-1 until 14:06 fence 1"),
    "a backfill with a part read": (
        BACKFILL,
        "backfill backfill, {half} fulfilments {window} named kim January read 3 1 1 fence 1",
    ),
    "a backfill that ended": (BACKFILL, "backfill backfill, named kim January ended 14:06 read 5 1 1 fence 2"),
}
WINDOW = "from 02-03 12:00 to 03-05 12:00"
HALF = "labels_created from 02-18 12:00 to 03-05 12:00"
ALL = " ".join(f"{stream} {WINDOW}" for stream in ("orders", "labels_voided", "labels_created", "fulfilments"))


def job_words(job: Job) -> Iterator[Any]:
    yield from (job.kind, f"{job.lane},")
    for stream in Stream:
        for span in job.unread.get(stream, ()):
            yield f"{stream} from {span.start:%m-%d %H:%M} to {span.end:%m-%d %H:%M}"
    yield from (job.admission, job.by, job.note)
    yield job.held_until and f"{job.holder} until {job.held_until:%H:%M}"
    yield job.ended_at and f"ended {job.ended_at:%H:%M}"
    yield "cancelled" if job.is_cancelled else None
    yield f"read {job.pages} {job.rows} {job.new_shipments}" if job.pages else None
    yield f"fence {job.fence}" if job.fence else None


def job(name: str) -> tuple[Job, JobStore]:
    store = JobStore(holding("jobs", name))
    found = store.get(ACME, JOBS[name][0])
    assert found is not None
    return found, store


@pytest.mark.parametrize("name", stored("jobs"))
def test_a_job_stands_where_it_stood(name: str) -> None:
    found, store = job(name)
    told = " ".join(str(word) for word in job_words(found) if word)
    assert told == JOBS[name][1].format(all=ALL, half=HALF, window=WINDOW)
    assert list(store.all(ACME)) == [found]
    assert found.expected_rows == (4800 if found.kind == "backfill" else 0)


@pytest.mark.parametrize("name", stored("jobs"))
def test_a_stored_job_goes_on_under_a_new_fence_unless_somebody_holds_it(name: str) -> None:
    found, store = job(name)
    taken = store.acquire(found, "run-2", now=at("14:05:00"), until=at("14:11:00"))
    assert (taken is None) == (name == "a backfill that is held")
    assert taken is None or (taken.fence, store.save(taken)) == (found.fence + 1, True)


def test_stored_jobs_are_worked_on_in_their_order() -> None:
    names = ("a check of orders", "a backfill by name", "a backlog of orders")
    jobs = [job(name)[0] for name in (*names, "a cancelled baseline", "a backfill that ended")]
    found = next_job(jobs, at("14:05:00"), are_labels_first=False)
    assert found is not None
    assert found.job_id == "backlog-orders-20251226T000000"
    assert next_job(jobs[3:], at("14:05:00"), are_labels_first=False) is None


# --- order facts


def facts(order_id: int, reference: str | None = "P1001", store_id: int | None = 7, **more: Any) -> OrderFacts:
    return OrderFacts(
        connection=ACME,
        order_id=order_id,
        reference=reference,
        company="10",
        store_id=store_id,
        modified_at=NOON,
        **more,
    )


GOODS = (Item(sku="BOLT", quantity=2), Item(sku="NUT", quantity=5))
FACTS = {
    "an order's facts": facts(500),
    "facts with goods, merged orders and an IFS shipment": facts(
        600, "P2002", merged=(601, 602), items=GOODS, ifs_shipment="1042"
    ),
    "facts without a reference": facts(700, None, None),
    "facts that were checked": facts(800, "P4004", crosschecked=True),
}


@pytest.mark.parametrize("name", stored("facts"))
def test_an_orders_facts_come_back_whole_and_yield_to_newer_ones(name: str) -> None:
    known, store = FACTS[name], FactStore(holding("facts", name), lambda: NOON)
    newer = known.model_copy(update={"reference": "P9009", "modified_at": NOON + timedelta(seconds=1)})
    assert store.load(ACME, [known.order_id, 9999]) == {known.order_id: known}
    store.save(newer.model_copy(update={"modified_at": NOON - timedelta(seconds=1)}))
    assert store.load(ACME, [known.order_id]) == {known.order_id: known}
    store.save(newer)
    assert store.load(ACME, [known.order_id]) == {known.order_id: newer}


def test_what_was_cross_checked_is_remembered_under_either_name() -> None:
    store = FactStore(holding("facts", "facts that were checked"), lambda: NOON)
    newer = store.load(ACME, [800])[800].model_copy(update={"modified_at": NOON + timedelta(seconds=1)})
    store.save(newer)
    assert store.load(ACME, [800]) == {800: newer}
    assert newer.crosschecked


# --- reading positions

POSITIONS: dict[str, dict[str, Any]] = {
    "a position that is held": {"fence": 1, "holder": "run-1", "held_until": at("14:03:00"), "cursors": {}},
    "a position after backlogs were set aside": {"fence": 1, "holder": "", "last_poll_at": at("14:00:00")},
    "a position after a look at everything": {
        "fence": 1,
        "gaps": (Gap(stream=Stream.LABELS_CREATED, after=NOON, before=at("12:03:00")),),
        "last_answered": dict.fromkeys(Stream, at("14:00:00")),
        "answer_due": None,
    },
    "a position after webhooks": {
        "fence": 2,
        "last_answered": {**dict.fromkeys(Stream, at("14:00:00")), Stream.LABELS_CREATED: at("14:01:00")},
        "answer_due": at("14:01:20"),
    },
    "a position while the key is refused": {
        "refused_at": at("14:00:00"),
        "next_probe_at": at("14:01:00"),
        "cursors": {},
        "last_answered": {Stream.ORDERS: at("14:00:00")},
    },
    "a position that left streams for the next run": {
        "streams_left": (Stream.LABELS_VOIDED, Stream.LABELS_CREATED, Stream.FULFILMENTS),
        "held_until": None,
        "refused_at": None,
    },
}
WEBHOOKS = {
    "a ring for orders": Stream.ORDERS,
    "a ring for labels_created": Stream.LABELS_CREATED,
    "a ring for fulfilments": Stream.FULFILMENTS,
}
LABELS = {
    "a position after backlogs were set aside": Cursor(
        head=at("13:50:00"), settled=at("13:50:00"), settled_at=at("14:00:00")
    ),
    "a position after a look at everything": Cursor(
        head=at("13:50:00"), settled=at("13:40:00"), settled_at=at("14:00:00")
    ),
}


@pytest.mark.parametrize("name", POSITIONS)
def test_a_position_stands_where_reading_stopped(name: str) -> None:
    position = PositionStore(holding("readers", name)).peek(ACME)
    assert {key: getattr(position, key) for key in POSITIONS[name]} == POSITIONS[name]


@pytest.mark.parametrize("name", LABELS)
def test_a_position_knows_how_far_each_stream_and_each_sweep_was_read(name: str) -> None:
    cursors = PositionStore(holding("readers", name)).peek(ACME).cursors
    yesterday = at("14:00:00") - timedelta(days=1)
    assert cursors[Stream.LABELS_CREATED] == LABELS[name]
    assert cursors["labels_created@1d"] == Cursor(head=yesterday, settled=yesterday)
    assert {key.partition("@")[2] for key in cursors} == {"", "1d", "3d", "7d", "30d"}


@pytest.mark.parametrize("name", POSITIONS)
def test_a_stored_position_is_taken_over_once_its_lease_is_over(name: str) -> None:
    store = PositionStore(holding("readers", name))
    before = store.peek(ACME)
    held = store.acquire(ACME, "run-9", now=at("14:02:00"), until=at("14:05:00"))
    assert (held is None) == (name == "a position that is held")
    later = store.acquire(ACME, "run-9", now=at("15:00:00"), until=at("15:03:00"))
    assert isinstance(later, ReadingPosition)
    assert (later.fence, later.cursors, store.save(later)) == (
        before.fence + 1 + (held is not None),
        before.cursors,
        True,
    )


def test_a_position_is_saved_under_the_names_of_this_version_only() -> None:
    table = holding("readers", "a position while the key is refused")
    store = PositionStore(table)
    taken = store.acquire(ACME, "run-9", now=at("15:00:00"), until=at("15:03:00"))
    assert taken is not None
    item = table.get("reader#acme", "position") or {}
    assert {"last_poll_at", "last_answered", "next_probe_at", "streams_left", "gaps"} <= set(item)
    assert not {"looked_at", "answered", "probe_at", "left", "holes"} & set(item)
    assert store.peek(ACME) == taken


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_noted_webhook_is_found(name: str) -> None:
    store = PositionStore(holding("readers", name))
    assert store.last_webhook_at(ACME) == {WEBHOOKS[name]: at("14:01:00")}
    for clock, expected in (("14:00:00", "14:01:00"), ("14:02:00", "14:02:00"), ("14:01:30", "14:02:00")):
        store.note_webhook(ACME, WEBHOOKS[name], at(clock))
        assert store.last_webhook_at(ACME) == {WEBHOOKS[name]: at(expected)}


# --- budgets, circuits, fitness

SENT = (1772712000000, 1772712001539, 1772712003078, 1772712004617)
BUDGETS = {
    "a budget after its first request": BudgetState(theoretical_arrival_ms=1772712001539, sent_ms=SENT[:1]),
    "a budget in use": BudgetState(theoretical_arrival_ms=1772712006156, sent_ms=SENT, revision=3),
    "a budget that pauses": BudgetState(theoretical_arrival_ms=1772712036156, sent_ms=SENT, revision=4),
    "a budget that was paused before any request": BudgetState(theoretical_arrival_ms=1772712061539),
}
CIRCUITS = {
    "a closed circuit after one failure": Circuit(connection=ACME, reason=Reason.IFS_UNAVAILABLE, revision=1),
    "an open circuit": Circuit(
        connection=ACME, reason=Reason.IFS_UNAVAILABLE, opened_at=at("14:01:00.120"), revision=3
    ),
    "a circuit that closed again": Circuit(connection=ACME, revision=4),
}
FITNESS: dict[str, tuple[str, ...]] = {
    "fitness of a target that fits": (),
    "fitness with misfits": ("ProNo is no attribute of ShipmentSet.",),
}


@pytest.mark.parametrize("name", stored("budgets"))
def test_a_budget_goes_on_from_where_it_stood(name: str) -> None:
    store, seen = BudgetStore(holding("budgets", name)), BUDGETS[name]
    assert store.load(KEY_ID) == seen
    moved = seen.model_copy(update={"theoretical_arrival_ms": seen.theoretical_arrival_ms + 1539})
    assert store.store(KEY_ID, moved, seen)
    assert store.load(KEY_ID) == moved.model_copy(update={"revision": seen.revision + 1})


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_circuit_stands_as_it_stood_and_moves_on(name: str) -> None:
    store, known = TenantStore(holding("tenants", name)), CIRCUITS[name]
    assert (store.circuit(ACME), store.circuit(ACME).is_open) == (known, name == "an open circuit")
    assert (store.save_circuit(known), store.save_circuit(known)) == (True, False)


def test_a_circuit_that_was_open_closes_once_a_probe_is_served() -> None:
    circuit = TenantStore(holding("tenants", "an open circuit")).circuit(ACME)
    assert not circuit.served({"search"}).is_open


@pytest.mark.parametrize("name", FITNESS)
def test_fitness_is_found_by_the_fingerprint_of_the_same_connection(name: str) -> None:
    fingerprint = a_connection().delivery_place
    fitness = TenantStore(holding("tenants", name)).fitness(ACME, fingerprint)
    assert fitness == Fitness(connection=ACME, fingerprint=fingerprint, checked_at=NOON, misfits=FITNESS[name])


# --- all of it

EXPECTED: dict[str, set[str]] = {
    "shared": {*SHARED},
    "plans": {*PLANS},
    "parked": {*PARKED},
    "jobs": {*JOBS},
    "facts": {*FACTS},
    "readers": {*POSITIONS, *WEBHOOKS},
    "budgets": {*BUDGETS},
    "tenants": {*CIRCUITS, *FITNESS},
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_every_stored_item_has_its_expectation(kind: str) -> None:
    assert stored(kind).keys() == EXPECTED[kind]
