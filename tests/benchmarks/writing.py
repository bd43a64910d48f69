"""Writing IFS: requests an order costs, edits that get lost, and what the pure path costs a core."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations_with_replacement
from random import Random
from typing import Any

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import admitted
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.deliver import Delivery, deliver
from functions.flows.to_ifs.earlier_version import Earlier
from functions.flows.to_ifs.examine import order_case
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.ownership import changes_of
from functions.flows.to_ifs.proposal import Remembered, propose
from functions.ledger.plans import PlanStore
from functions.model.audit import AuditEntry
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome
from functions.model.record_memory import RecordMemory
from functions.model.records import Candidate, FieldName, Line, Record, RecordKey
from functions.model.shipment import OrderKey
from functions.model.state import FieldOutcome, OrderRecord, OrderState
from functions.shipstation.reading.models import ShipStationShipment
from functions.shipstation.reading.normalise import normalised
from tests.benchmarks.row import Row
from tests.equipment.builders import a_shipment, work
from tests.equipment.delivery_fakes import (
    FakeAudit,
    FakeCircuits,
    FakeMemories,
    FakeOrders,
    FakeQueue,
    FakeShared,
)
from tests.equipment.ifs.tenant import Served
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.quiet_connection import SEED, START, a_connection, quiet_world, run, schedule
from tests.equipment.shipstation.account import Account
from tests.equipment.shipstation.views import View
from tests.equipment.tenant_fixture import Rig
from tests.equipment.world import Site, World

ORDERS = 1000
CONFLICTS = 50


def ifs_requests() -> Iterable[Row]:
    """Without tokens, the daily look at the metadata and the first look at how wide the pages of a set are: they cost
    the same for one order and for a million. They are printed beside.
    """
    pending = 0.0
    for told, is_delivered, goal in (("date pending", False, 1.3), ("with the date", True, 2.3)):
        world, site = quiet_world()
        _sell(site, ORDERS, is_delivered=is_delivered)
        requests = _delivered(world, site) / ORDERS
        pending = pending or requests
        yield Row("ifs_requests", requests, f"a new order, {told} ({_beside(site)})", goal, goal - 0.3, SEED)
        before = _requests(site)
        _read_again(world)
        yield Row("ifs_requests", _requests(site) - before, f"{ORDERS} unchanged orders, {told}", 0, 0, SEED)
    world, site = quiet_world()
    numbers = _sell(site, ORDERS, is_delivered=False)
    for number in numbers[:CONFLICTS]:
        site.tenant.edit_after_read(number, NoteText="mine")
    more = _delivered(world, site) - pending * ORDERS
    yield Row("ifs_requests", round(more / CONFLICTS, 2), "more for a conflict", 2, 2, SEED)


def _sell(site: Site, count: int, *, is_delivered: bool) -> list[int]:
    numbers = []
    for number in range(count):
        reference = f"P{number:05}"
        numbers.append(site.tenant.add_shipment([(reference, "BOLT", 1)]))
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
        if is_delivered:
            site.tenant.deliver(numbers[-1], at=START - timedelta(days=3))
    return numbers


def _delivered(world: World, site: Site) -> int:
    """Requests on records until every tracking number is there."""
    before = _requests(site)
    until = world.now() + timedelta(minutes=20)
    schedule(world, until, "poll")
    run(world, until)
    missing = [n for n in site.tenant.sets["ShipmentSet"] if not site.tenant.shipment(n[0])["ProNo"]]
    assert not missing, f"{len(missing)} orders are not delivered"
    return _requests(site) - before


def _requests(site: Site) -> int:
    return sum(".svc/" in r.path and "$metadata" not in r.path and not _measures(r) for r in site.tenant.requests)


def _beside(site: Site) -> str:
    served = site.tenant.requests
    metadata = sum("$metadata" in request.path for request in served)
    widths = sum(".svc/" in r.path and "$metadata" not in r.path and _measures(r) for r in served)
    return f"beside: {site.tenant.counts['tokens']} tokens, {metadata} of metadata, {widths} of page widths"


def _measures(request: Served) -> bool:
    return request.method == "GET" and not request.has_filter and not request.path.endswith(")")


def _read_again(world: World) -> None:
    table = world.tables["ledger"]
    position = table.get("reader#acme", "position")
    assert position is not None
    table.put({**position, "cursors": {}})
    until = world.now() + timedelta(hours=1)
    schedule(world, until, "poll")
    run(world, until)


# --- every interleaving of our write with a colleague's

FIELDS = {"ProNo": "TYPED", "ForwardAgentId": "DHL", "NoteText": "a note", "ActualShipDate": "2026-03-01T00:00:00Z"}
MOST_STEPS = 20


def lost_updates() -> Iterable[Row]:
    """A colleague opens the record before one of our requests and saves before another, in every pair of places; his
    save is refused as ours is, and then he saves again. Each of our requests takes a second, because IFS's record
    versions cannot tell two edits of one second apart.
    """
    lost = tried = 0
    for field in FIELDS:
        for is_delivered in (False, True):
            steps = _Meeting(field, is_delivered=is_delivered).play(None)
            for opened, saved in combinations_with_replacement(range(steps + 1), 2):
                meeting = _Meeting(field, is_delivered=is_delivered)
                meeting.play((opened, saved))
                lost += meeting.lost()
                tried += 1
    yield Row("lost_updates", lost, f"of {tried} interleavings", 0, 0, SEED)


class _Meeting:
    """One order, one colleague, one record."""

    def __init__(self, field: str, *, is_delivered: bool) -> None:
        self.rig = Rig()
        self.number = self.rig.tenant.add_shipment([("P1001", "BOLT", 2)])
        if is_delivered:
            self.rig.tenant.deliver(self.number, at=self.rig.at - timedelta(days=4))
        self.field, self.value = field, FIELDS[field]
        self.audit, self.orders, self.memories = FakeAudit(), FakeOrders(), FakeMemories()
        self.step, self.seen = 0, ""
        self.plan: tuple[int, int] | None = None
        self.saves = 0
        self.rig.wire.on_request = self._meanwhile

    def play(self, plan: tuple[int, int] | None) -> int:
        """How many requests we sent; the colleague acts before those of the plan, or after the last."""
        self.plan = plan
        shipment = a_shipment()
        batch: list[DeliverOrder] = [work(shipment)]
        deliver(batch, self._delivery())
        steps = self.step
        while plan and self.step <= max(plan) and self.step < MOST_STEPS:
            self._meanwhile()
        assert plan is None or self.saves == 1, "the colleague did not come to save"
        return steps

    def lost(self) -> int:
        """Writes of ours on top of something we had not read, and a colleague's value that is gone though we had to
        keep it.
        """
        landed = [entry for entry in self.audit.entries if entry.outcome is Outcome.WRITTEN]
        ours = [write for write in self.rig.tenant.writes if write.by == "api"]
        assert len(landed) == len(ours), "a write without its audit entry"
        blind = sum(_believed(entry) != write.before for entry, write in zip(landed, ours, strict=True))
        note_is_gone = self.field == "NoteText" and self.rig.tenant.shipment(self.number)["NoteText"] != self.value
        return blind + int(note_is_gone)

    def _meanwhile(self) -> None:
        self.rig.at += timedelta(seconds=1)
        if self.plan is not None:
            opened, saved = self.plan
            if self.step == opened:
                self.seen = self._etag()
            if self.step == saved:
                self._save()
        self.step += 1

    def _save(self) -> None:
        """Refused where somebody saved since he opened the record; then he looks, and saves again."""
        if self.seen != self._etag():
            self.seen = self._etag()
        self.rig.tenant.edit(self.number, **{self.field: self.value})
        self.saves += 1
        self.rig.at += timedelta(seconds=1)

    def _etag(self) -> str:
        return self.rig.tenant.record("ShipmentSet", (self.number,)).etag

    def _delivery(self) -> Delivery:
        lookup = Lookup(
            connection=self.rig.connection,
            ifs=lambda _: self.rig.targets,
            drift=lambda _: None,
            breaker=Breaker(FakeCircuits(), self.rig.connection.name, self.rig.now),
            memories=self.memories,
            audit=self.audit,
            earlier=Earlier(FakeShared(), self.audit, self.rig.now),
            now=self.rig.now,
            has_time=lambda: True,
        )
        return Delivery(
            lookup=lookup,
            ifs=lambda _: self.rig.targets,
            orders=self.orders,
            plans=PlanStore(MemoryTable()),
            audit=self.audit,
            queue=FakeQueue(),
            pause=lambda _: None,
        )


def _believed(entry: AuditEntry) -> dict[str, str | None]:
    return {change.attribute: change.before for change in entry.changes.values()}


# --- the pure path

SHIPMENTS = 2000
ROUNDS = 3
FEW, MANY = 500, 10_000


def core_rate() -> Iterable[Row]:
    """Decoded, assigned, compared and serialised, against `json.loads` of the same rows."""
    rows = _rows(SHIPMENTS)
    connection = a_connection(START - timedelta(days=1))
    alone = min(_seconds(lambda: [json.loads(row) for row in rows]) for _ in range(ROUNDS))
    whole = min(_seconds(lambda: [_settled(row, connection) for row in rows]) for _ in range(ROUNDS))
    yield Row("core_rate", round(alone / whole, 4), "of json.loads alone", 0.05, 1, SEED, ">=")
    yield Row("core_rate", round(SHIPMENTS / whole), "shipments a second on this core", 10, 1000, SEED, ">=")
    ratio = _peak(MANY, connection) / _peak(FEW, connection)
    yield Row("core_memory", round(ratio, 2), f"of the peak of {FEW} orders, for {MANY}", 1.2, 1, SEED)


def _rows(count: int) -> list[bytes]:
    account = Account(lambda: START, Random(SEED), keys={"k": "s"})
    view = View(account.wall)
    order = account.add_order("P1001", items=[{"sku": "BOLT", "quantity": 2}])
    label = account.shipments.current[account.ship(order, carrier_code="ups", is_silent=True)]
    row = view.shipment(label, with_items=True)
    return [json.dumps({**row, "shipmentId": n, "orderNumber": f"P{n}"}).encode() for n in range(count)]


def _settled(raw: bytes, connection: Connection) -> tuple[str, str]:
    row = ShipStationShipment.model_validate(json.loads(raw))
    shipment = normalised(row, None, connection, START)
    key = shipment.order_key
    state = admitted(OrderState(key=key), [work(shipment)], connection)
    case = replace(order_case(state, connection), candidates=(_record(key, connection),))
    placements = {key: case.placed()}
    (record,) = [placing.key for placing in placements[key].placed.values()]
    empty = RecordMemory(connection=connection.name, key=record)
    proposal = propose([case], placements, {record: Remembered(empty, empty)}, connection).records[record]
    decisions = proposal.decisions(proposal.record, proposal.memory)
    fields = {proposal.target.rules[name].attribute: decision.memory for name, decision in decisions.items()}
    outcomes = {str(n): FieldOutcome(outcome=d.memory.outcome, reason=d.memory.reason) for n, d in decisions.items()}
    memory = proposal.memory.remembering(fields)
    after = state.with_records([OrderRecord(key=record, fields=outcomes)], (), ())
    body = {name.value: value for name, value in changes_of(decisions, decisions).items()}
    dumped = (each.model_dump_json(exclude_none=True, exclude_defaults=True) for each in (after, memory))
    return json.dumps(body), "".join(dumped)


def _record(key: OrderKey, connection: Connection) -> Candidate:
    values: dict[FieldName, str | None] = dict.fromkeys(FieldName)
    place = connection.ifs.place_of(connection.ifs.targets[0])
    line = Line(order_reference=key.reference, part="BOLT", quantity=2)
    return Candidate(
        record=Record(key=RecordKey(place=place, id="42"), etag='W/"1"', values=values),
        lines=(line,),
        orders=(key.reference,),
    )


def _seconds(body: Any) -> float:
    began = time.perf_counter()
    body()
    return time.perf_counter() - began


def _peak(count: int, connection: Connection) -> int:
    rows: Sequence[bytes] = _rows(1)
    tracemalloc.start()
    for _ in range(count):
        _settled(rows[0], connection)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
