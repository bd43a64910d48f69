"""Eight-line stand-ins for what the reading flows need, so that their decisions are seen alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.flows.from_shipstation.collect import Collection as Run
from functions.flows.from_shipstation.collect import collect
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.live_streams import Report
from functions.model.cursors import Gap, Reading, ReadingPosition, Stream
from functions.model.facts import OrderFacts, OrderReading
from functions.model.jobs import Job, Lane
from functions.model.messages import Admission, DeliverOrder, Notification, Pointer
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey, Shipment, ShipmentKey
from tests.equipment.builders import NOON, a_connection

ACME = ConnectionName("acme")


def page(*shipments: Shipment, reached: datetime | None = None, complete: bool = True, **more: Any) -> Reading:
    return Reading(shipments=shipments, reached=reached, complete=complete, **more)


def a_webhook(number: int = 1, kind: Any = "shipments_batch") -> Notification:
    pointer = Pointer(kind=kind, id=str(number))
    return Notification(connection=ACME, event="SHIP_NOTIFY", pointer=pointer, received_at=NOON, correlation_id="c-1")


def going_on() -> Notification:
    """What a run that would have had to wait sends for."""
    return Notification(
        connection=ACME, event="GO_ON", pointer=Pointer(kind="go_on"), received_at=NOON, correlation_id="c-1"
    )


def an_order(order_id: int = 500, status: str = "awaiting_shipment", **facts: Any) -> OrderReading:
    values: dict[str, Any] = {
        "connection": ACME,
        "order_id": order_id,
        "company": "10",
        "reference": "P1001",
        "store_id": 7,
        "modified_at": NOON,
    }
    return OrderReading(facts=OrderFacts.model_validate({**values, **facts}), status=status)


class FakeSource:
    """Pages to serve per stream, then nothing; a fault stands for a page that failed. `during` runs once a walk."""

    def __init__(self, **pages: list[Reading | Exception]) -> None:
        self.pages = {Stream(name): list(readings) for name, readings in pages.items()}
        self.walks: list[tuple[Stream, datetime, Lane]] = []
        self.windows: list[tuple[Stream, datetime, datetime | None]] = []
        self.avoided: list[Sequence[Gap]] = []
        self.followed: list[Pointer] = []
        self.asked: list[int] = []
        self.probed: list[Stream] = []
        self.probe_fault: Exception | None = None
        self.of_order: dict[int, list[Shipment]] = {}
        self.during: list[Callable[[], None]] = []
        self.budget: list[Exception] = []

    def walk(
        self,
        stream: Stream,
        start: datetime,
        lane: Lane,
        end: datetime | None = None,
        avoid: Sequence[Gap] = (),
        *,
        page: int = 1,
    ) -> Iterator[Reading]:
        self.walks.append((stream, start, lane))
        self.windows.append((stream, start, end))
        self.avoided.append(avoid)
        if self.during:
            self.during.pop(0)()
        for served in self.pages.pop(stream, []):
            if isinstance(served, Exception):
                raise served
            yield served

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        self.followed.append(pointer)
        yield page()

    def probe(self, stream: Stream, lane: Lane) -> None:
        self.probed.append(stream)
        if self.probe_fault:
            raise self.probe_fault

    def check_budget(self) -> None:
        if self.budget:
            raise self.budget.pop(0)

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        self.asked.append(order_id)
        yield page(*self.of_order.get(order_id, []))


class FakePositions:
    def __init__(self) -> None:
        self.position = ReadingPosition(connection=ACME)
        self.webhooks: dict[Stream, datetime] = {}
        self.busy = False
        self.saves = 0

    def acquire(
        self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime
    ) -> ReadingPosition | None:
        if self.busy:
            return None
        self.position = self.position.model_copy(update={"fence": self.position.fence + 1, "holder": holder})
        return self.position

    def peek(self, connection: ConnectionName) -> ReadingPosition:
        return self.position

    def save(self, position: ReadingPosition) -> bool:
        self.saves += 1
        if position.fence != self.position.fence:
            return False
        self.position = position
        return True

    def note_webhook(self, connection: ConnectionName, stream: Stream, at: datetime) -> None:
        self.webhooks[stream] = at

    def last_webhook_at(self, connection: ConnectionName) -> dict[Stream, datetime]:
        return dict(self.webhooks)


class FakeLedger:
    """Marks, facts, queue and parking lot in one. `held` are ShipStation order ids by the reference they are under."""

    def __init__(self) -> None:
        self.work: list[DeliverOrder] = []
        self.known: set[int] = set()
        self.held: dict[int, str] = {}
        self.facts: dict[int, OrderFacts] = {}
        self.saves = 0
        self.parked: list[Parked] = []
        self.jobs: dict[str, Job] = {}
        self.fault: Exception | None = None
        self.rejudged: list[bool] = []
        self.admitted: dict[OrderKey, dict[ShipmentKey, Admission]] = {}

    def unrecorded(
        self, shipments: Sequence[Shipment], place: Callable[[Shipment], str], *, rejudge_skipped: bool = False
    ) -> list[Shipment]:
        self.rejudged.append(rejudge_skipped)
        return [shipment for shipment in shipments if shipment.shipment_id not in self.known]

    def holds(self, orders: Mapping[int, OrderKey]) -> set[int]:
        return {order_id for order_id, key in orders.items() if self.held.get(order_id) == key.reference}

    def admissions(self, orders: Collection[OrderKey]) -> dict[ShipmentKey, Admission]:
        return {key: how for order, own in self.admitted.items() if order in orders for key, how in own.items()}

    def load(self, connection: ConnectionName, order_ids: Collection[int]) -> dict[int, OrderFacts]:
        return {order_id: self.facts[order_id] for order_id in order_ids if order_id in self.facts}

    def save(self, facts: OrderFacts) -> None:
        self.saves += 1
        self.facts[facts.order_id] = facts

    def send(self, work: Iterable[DeliverOrder]) -> None:
        if self.fault:
            raise self.fault
        self.work += work

    def park(self, parked: Parked) -> None:
        self.parked.append(parked)

    def open(self, job: Job) -> Job:
        return self.jobs.setdefault(job.job_id, job)

    def all(self, connection: ConnectionName) -> list[Job]:
        return list(self.jobs.values())

    def sent(self) -> list[int]:
        return [work.shipment.shipment_id for work in self.work if work.shipment]


class Setting:
    """One connection's reading. `at` is the clock; `slept` are the waits, which move it."""

    def __init__(self, source: FakeSource | None = None, **connection: Any) -> None:
        self.at = NOON + timedelta(hours=2)
        self.source, self.positions, self.ledger = source or FakeSource(), FakePositions(), FakeLedger()
        self.slept: list[float] = []
        self.intake = Intake(
            a_connection(**connection), self.ledger, self.ledger, self.ledger, self.ledger, lambda: self.at
        )

    def run(self, *notifications: Notification) -> Report:
        run = Run(self.intake, self.source, self.positions, self.ledger, self.sleep, "me")
        return collect(run, [notification.pointer for notification in notifications], "c-1")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def cursor(self, stream: Stream = Stream.LABELS_CREATED) -> Any:
        return self.positions.position.cursors.get(stream)
