"""What a person pauses rests without a turn, and goes on when it is resumed; what is recalled is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from functions.errors import Retryable
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.recall import PAGES, Recalling
from functions.flows.to_ifs.release import CLAIM
from functions.ledger.desks import DeskStore
from functions.ledger.orders import OrderStore, shards
from functions.model.attention import ShardKind
from functions.model.desk import FORGOTTEN, Desk, MapEntry, MapName, Pause, PauseScope, Recall
from functions.model.dismissal import Dismissal
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName
from functions.model.state import OrderState
from tests.equipment.builders import (
    NOON,
    a_candidate,
    a_cause,
    a_connection,
    a_key,
    a_record,
    a_shipment,
    again,
    voided,
    work,
)
from tests.equipment.delivery_fakes import FakeIfs, FakeQueue, World
from tests.equipment.memory_aws.table import MemoryTable

CONNECTION = a_connection(carriers={"ups": "UPS"})
STORE, OTHER_STORE = 100001, 100002
RUN = timedelta(minutes=1)
RECALLED: tuple[ShardKind, ...] = ("due", "attention", "watch")


@dataclass
class Desked:
    """A delivery whose orders and desk stand in one table, and what release does beside it."""

    world: World
    table: MemoryTable = field(default_factory=MemoryTable)

    def __post_init__(self) -> None:
        self.orders, self.desks = OrderStore(self.table), DeskStore(self.table)

    @property
    def desk(self) -> Desk:
        return self.desks.load(CONNECTION.name)

    def pause(self, scope: PauseScope = "connection", of: str = "", until: datetime | None = None) -> None:
        pause = Pause(scope=scope, of=of, by="kim", note="stock-taking", at=self.world.at, until=until)
        self.desks.change(CONNECTION.name, lambda desk: desk.pausing(pause))

    def resume(self, name: str = "connection") -> None:
        self.desks.change(CONNECTION.name, lambda desk: desk.resuming(name, self.world.at))

    def recall(self, *reasons: Reason, kinds: tuple[ShardKind, ...] = RECALLED, store: int | None = None) -> None:
        left = shards(CONNECTION.name, kinds)
        recall = Recall(recall_id="r-1", reasons=reasons, store=store, by="kim", note="n", at=self.world.at, left=left)
        self.desks.change(CONNECTION.name, lambda desk: desk.recalling(recall))

    def deliver(self, *messages: DeliverOrder) -> None:
        self.world.connection = CONNECTION.operated(self.desk, self.world.at)
        deliver(messages, replace(self.world.delivery, orders=self.orders))

    def release(self, limit: int = 100) -> list[DeliverOrder]:
        """A minute later, and what was sent is delivered."""
        self.world.at += RUN
        queue = FakeQueue()
        recalling = Recalling(self.orders, self.desks, queue, self.world.at, "release-1")
        sent = recalling.run(self.desk, limit)
        assert sent == len(queue.sent)
        for message in queue.sent:
            self.deliver(message)
        return queue.take()

    def wait_long(self, reference: str = "P1001") -> None:
        """Looked at in vain until the next look is further away than what comes by itself."""
        while (self.state(reference).next_attempt_at or self.world.at) <= self.world.at + 2 * CLAIM:
            self.deliver(again(a_shipment(reference=reference).order_key))

    def state(self, reference: str = "P1001") -> OrderState:
        key = a_shipment(reference=reference).order_key
        return self.orders.load([key])[key]


def desked(*references: str, site: str = "1") -> Desked:
    names = references or ("P1001",)
    records = (a_record(f"4{n}", site=site) for n in range(len(names)))
    pairs = zip(records, names, strict=True)
    return Desked(World(FakeIfs(*(a_candidate(record, (name, "BOLT", 2)) for record, name in pairs))))


@pytest.mark.parametrize(("scope", "of"), [("connection", ""), ("store", str(STORE)), ("site", "1")])
def test_what_is_paused_is_not_written_and_has_no_turn(scope: PauseScope, of: str) -> None:
    with_desk = desked()
    with_desk.pause(scope, of)
    with_desk.deliver(work(a_shipment(store_id=STORE)))
    state = with_desk.state()
    assert (state.waiting_for, state.next_attempt_at, state.attention) == (Reason.PAUSED, None, None)
    assert [s.outcome for s in state.shipments.values()] == [Outcome.WAITING]
    assert with_desk.world.ifs.writes == []
    with_desk.resume(f"{scope} {of}".strip())
    assert [message.order.reference for message in with_desk.release()] == ["P1001"]
    assert [s.outcome for s in with_desk.state().shipments.values()] == [Outcome.WRITTEN]
    assert with_desk.state().paused_by == ""


@pytest.mark.parametrize(("scope", "of"), [("store", str(OTHER_STORE)), ("site", "2")])
def test_a_pause_of_another_holds_nothing(scope: PauseScope, of: str) -> None:
    with_desk = desked()
    with_desk.pause(scope, of)
    with_desk.deliver(work(a_shipment(store_id=STORE)))
    assert with_desk.world.ifs.writes


def test_a_pause_ends_by_itself_at_its_until() -> None:
    with_desk = desked()
    with_desk.pause(until=with_desk.world.at + timedelta(hours=1))
    with_desk.deliver(work(a_shipment()))
    assert with_desk.release() == []
    with_desk.world.at += timedelta(hours=1)
    assert len(with_desk.release()) == 1


def test_resumed_orders_go_at_the_given_rate_and_the_pause_is_gone_in_the_end() -> None:
    names = [f"P{n}" for n in range(1, 8)]
    with_desk = desked(*names)
    with_desk.pause()
    with_desk.deliver(*(work(a_shipment(n, reference=name)) for n, name in enumerate(names, start=1)))
    with_desk.resume()
    assert [len(with_desk.release(limit=3)) for _ in range(4)] == [3, 3, 1, 0]
    assert with_desk.desk.pauses, "a run that began before may still put an order there"
    with_desk.world.at += CLAIM
    with_desk.release()
    assert with_desk.desk.pauses == ()


def test_a_void_that_comes_while_paused_is_taken_back_afterwards() -> None:
    with_desk = desked()
    shipment = a_shipment()
    with_desk.deliver(work(shipment))
    with_desk.pause()
    with_desk.deliver(work(voided(shipment)))
    assert with_desk.world.ifs.values("40")[FieldName.TRACKING] is not None
    with_desk.resume()
    with_desk.release()
    assert with_desk.world.ifs.values("40")[FieldName.TRACKING] is None


def test_a_pause_makes_what_was_waited_for_no_younger() -> None:
    with_desk = Desked(World(FakeIfs()))
    with_desk.deliver(work(a_shipment()))
    since = with_desk.state().waits["find"]
    with_desk.pause()
    with_desk.deliver(again(a_shipment().order_key))
    assert with_desk.state().waits["find"] == since
    with_desk.resume()
    with_desk.release()
    assert (with_desk.state().waiting_for, with_desk.state().waits) == (Reason.NOT_IN_IFS_YET, {"find": since})


def test_a_pause_without_an_end_is_forgotten_after_a_day() -> None:
    with_desk = desked()
    with_desk.pause()
    (pause,) = with_desk.desk.pauses
    assert not pause.is_forgotten(pause.at + FORGOTTEN - RUN)
    assert pause.is_forgotten(pause.at + FORGOTTEN)


# --- recalls


def entry(table: MapName = "carriers", code: str = "fedex", value: str = "FEDEX") -> MapEntry:
    return MapEntry(table=table, code=code, value=value, by="kim", note="new carrier", at=datetime.now().astimezone())


def test_a_map_entry_fills_a_gap_of_the_file_and_what_lacked_it_is_recalled() -> None:
    with_desk = desked()
    with_desk.deliver(work(a_shipment(carrier_code="fedex", service_code="fedex_ground")))
    assert with_desk.state().attention is Reason.CARRIER_UNMAPPED
    with_desk.desks.change(CONNECTION.name, lambda desk: desk.mapping(entry()))
    with_desk.recall(Reason.CARRIER_UNMAPPED)
    sent = [message for _ in range(8) for message in with_desk.release()]
    assert [(message.cause.kind, message.cause.by) for message in sent] == [("control", "kim")]
    assert with_desk.state().attention is None
    assert with_desk.world.ifs.values("40")[FieldName.CARRIER] == "FEDEX"
    assert with_desk.desk.recalls == ()


@pytest.mark.parametrize("is_raced", [False, True], ids=["the ledger does not answer", "others save in between"])
def test_what_a_passing_fault_keeps_from_being_recalled_is_recalled_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch, *, is_raced: bool
) -> None:
    with_desk = desked()
    with_desk.deliver(work(a_shipment(carrier_code="fedex", service_code="fedex_ground")))
    with_desk.desks.change(CONNECTION.name, lambda desk: desk.mapping(entry()))
    with_desk.recall(Reason.CARRIER_UNMAPPED)

    def throttled(_: object) -> bool:
        raise Retryable(Reason.LEDGER_UNAVAILABLE, "throttled")

    with monkeypatch.context() as fault:
        fault.setattr(with_desk.orders, "save", (lambda _: False) if is_raced else throttled)
        assert [message for _ in range(8) for message in with_desk.release()] == []
    assert with_desk.desk.recalls
    sent = [message for _ in range(8) for message in with_desk.release()]
    assert len(sent) == 1
    assert with_desk.state().attention is None
    assert with_desk.desk.recalls == ()


def test_the_file_wins_where_it_has_an_entry_by_now() -> None:
    desk = Desk(connection=CONNECTION.name, entries=(entry(code="ups", value="OTHER"),))
    assert CONNECTION.operated(desk, datetime.now().astimezone()).carriers == {"ups": "UPS"}


def test_a_recall_takes_only_what_has_its_reason_and_store() -> None:
    with_desk = desked("P1", "P2", "P3")
    fedex = {"carrier_code": "fedex", "service_code": "fedex_ground"}
    with_desk.deliver(
        work(a_shipment(1, reference="P1", store_id=STORE, **fedex)),
        work(a_shipment(2, reference="P2", store_id=OTHER_STORE, **fedex)),
        work(a_shipment(3, reference="P9", store_id=STORE)),
    )
    with_desk.recall(Reason.CARRIER_UNMAPPED, store=STORE)
    sent = [message for _ in range(10) for message in with_desk.release()]
    assert [message.order.reference for message in sent] == ["P1"]


def test_each_order_of_a_recall_is_sent_once_although_it_comes_back() -> None:
    """What still fails is due again behind the place where the recall has come to."""
    with_desk = Desked(World(FakeIfs()))
    numbers = range(1, 8)
    for n in numbers:
        with_desk.deliver(work(a_shipment(n, reference=f"P{n}")))
    for n in numbers:
        with_desk.wait_long(f"P{n}")
    with_desk.recall(Reason.NOT_IN_IFS_YET)
    sent = [message.order.reference for _ in range(40) for message in with_desk.release(limit=2)]
    assert sorted(sent) == [f"P{n}" for n in numbers]
    assert with_desk.desk.recalls == ()


def test_a_recall_reads_pages_and_goes_on_in_the_next_run_where_few_fit() -> None:
    names = [f"P{n}" for n in range(1, 61)]
    with_desk = Desked(World(FakeIfs()))
    for n, name in enumerate(names, start=1):
        with_desk.deliver(work(a_shipment(n, reference=name, store_id=STORE if n == 60 else OTHER_STORE)))
    with_desk.recall(Reason.NOT_IN_IFS_YET, kinds=("due",), store=STORE)
    calls: list[str] = []
    with_desk.table._step = calls.append  # noqa: SLF001 # counts calls
    with_desk.release(limit=65)
    assert calls.count("query_page") <= PAGES


def test_what_was_seen_to_for_several_reasons_calls_for_none_of_them() -> None:
    with_desk = desked()
    shipment = a_shipment(tracking_number="X" * 60, carrier_code="fedex", service_code="fedex_ground")
    with_desk.deliver(work(shipment))
    state = with_desk.state()
    assert {Reason.CARRIER_UNMAPPED, Reason.TRACKING_DID_NOT_FIT} <= set(state.reasons)
    assert state.attention is not None
    seen = Dismissal(
        reason=state.attention, reasons=state.reasons, shipments=tuple(state.shipments), by="k", note="n", at=NOON
    )
    with_desk.orders.save(state.with_dismissal(seen))
    with_desk.deliver(again(state.key, "control"))
    assert with_desk.state().attention is None


def test_an_order_that_cannot_be_read_keeps_no_other_from_being_resumed() -> None:
    with_desk = desked("P1", "P2")
    with_desk.pause()
    with_desk.deliver(work(a_shipment(1, reference="P1")), work(a_shipment(2, reference="P2")))
    key = a_shipment(reference="P1").order_key
    partition = f"order#{key.connection}#{key.digest}"
    item = with_desk.table.get(partition, "state")
    assert item is not None
    with_desk.table.put({**item, "schema_version": 99})
    with_desk.resume()
    assert [message.order.reference for message in with_desk.release()] == ["P2"]


def test_a_persons_choice_stands_whatever_the_goods_say() -> None:
    one, other = a_record("40"), a_record("41")
    world = World(FakeIfs(a_candidate(one, ("P1001", "BOLT", 2)), a_candidate(other, ("P1001", "BOLT", 2))))
    with_desk = Desked(world)
    with_desk.deliver(work(a_shipment()))
    state = with_desk.state()
    assert state.attention is Reason.AMBIGUOUS_TARGET
    shipment = next(iter(state.shipments))
    with_desk.orders.save(state.placing_by_hand(shipment, a_key("41"), with_desk.world.at))
    with_desk.deliver(DeliverOrder(order=state.key, cause=a_cause("control")))
    assert [record for record, _ in world.ifs.writes][:1] == ["41"]
    assert with_desk.state().attention is None


def test_what_is_recalled_is_no_repetition_and_is_due_again_if_nobody_comes_round() -> None:
    with_desk = Desked(World(FakeIfs()))
    with_desk.deliver(work(a_shipment()))
    with_desk.wait_long()
    with_desk.recall(Reason.NOT_IN_IFS_YET, kinds=("due",))
    queue = FakeQueue()
    Recalling(with_desk.orders, with_desk.desks, queue, with_desk.world.at, "release-1").run(with_desk.desk, 9)
    assert [message.attempt for message in queue.sent] == ["r-1"]
    assert with_desk.state().next_attempt_at == with_desk.world.at + CLAIM


def test_a_recall_reads_as_many_pages_as_a_run_may() -> None:
    with_desk = Desked(World(FakeIfs()))
    left = shards(CONNECTION.name, ("due",)) * PAGES
    recall = Recall(recall_id="r-1", reasons=(), store=None, by="kim", note="n", at=NOON, left=left)
    with_desk.desks.change(CONNECTION.name, lambda desk: desk.recalling(recall))
    calls: list[str] = []
    with_desk.table._step = calls.append  # noqa: SLF001 # counts calls
    with_desk.release()
    assert calls.count("query_page") == PAGES
