"""A stream, a pointer or an order that fails keeps nothing else from being read; every piece of work has an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.from_shipstation.collect import RUN
from functions.flows.from_shipstation.crosscheck import CrossCheck
from functions.flows.from_shipstation.live_streams import BACKLOG_PAGES, DENSE, POINTER_PAGES
from functions.flows.from_shipstation.pace import is_due
from functions.flows.from_shipstation.sweep import TRACKS
from functions.model.cursors import Cursor, Gap, Reading, ReadingPosition, Stream, Withheld
from functions.model.jobs import Lane
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON, a_cause, a_connection, a_shipment
from tests.equipment.http import Request, Response
from tests.equipment.reading_fakes import ACME, FakeSource, Setting, a_webhook, an_order, page

DOWN = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500")
REFUSED = Permanent(Reason.SHIPSTATION_REQUEST, "400")
LABELS = Stream.LABELS_CREATED
SOON = timedelta(minutes=1)


def swept(setting: Setting) -> Setting:
    """A day of every track is due."""
    start = setting.at - timedelta(days=32)
    cursors = {track.name: Cursor(head=start, settled=start) for track in TRACKS}
    setting.positions.position = ReadingPosition(connection=ACME, cursors=cursors)
    return setting


# --- streams and the sweep


@pytest.mark.parametrize("fault", [DOWN, REFUSED], ids=["500 for good", "refused"])
@pytest.mark.parametrize("stream", list(Stream))
def test_a_stream_that_fails_for_good_keeps_neither_the_others_nor_the_sweep_from_running(
    stream: Stream, fault: ConnectorError
) -> None:
    failing: list[Reading | Exception] = [fault]
    setting = swept(Setting(FakeSource(**{stream: failing})))
    with pytest.raises(type(fault)):
        setting.run()
    assert [each for each, _, _ in setting.source.walks[: len(Stream)]] == list(Stream)
    assert len(setting.source.walks) == len(Stream) + len(TRACKS)


class DeafSource(FakeSource):
    """One list answers 500, whoever asks."""

    def walk(self, stream: Stream, *given: Any, **named: Any) -> Iterator[Reading]:
        if stream is Stream.FULFILMENTS:
            raise DOWN
        return super().walk(stream, *given, **named)


def test_a_track_of_the_sweep_that_fails_keeps_the_others_from_nothing() -> None:
    setting = swept(Setting(DeafSource(labels_created=[page()])))
    with pytest.raises(Retryable):
        setting.run()
    swept_labels = [lane for stream, _, lane in setting.source.walks if stream is LABELS and lane == "sweep"]
    assert len(swept_labels) == len(TRACKS) / 2


def test_a_fault_of_the_ledger_or_the_budget_ends_the_run() -> None:
    setting = Setting(FakeSource(orders=[Retryable(Reason.BUDGET_EXHAUSTED, "the next place is far")]))
    assert setting.run().goes_on_in is not None
    assert len(setting.source.walks) == 1
    setting = Setting(FakeSource(orders=[Retryable(Reason.LEDGER_UNAVAILABLE, "throttled")]))
    with pytest.raises(Retryable):
        setting.run()
    assert len(setting.source.walks) == 1


class Exhausting(FakeSource):
    """The budget never has a place for one list."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.stream = stream

    def walk(self, stream: Stream, start: datetime, *given: Any, **named: Any) -> Iterator[Reading]:
        if stream is self.stream:
            raise Retryable(Reason.BUDGET_EXHAUSTED, "the next place is far")
        return super().walk(stream, start, *given, **named)


def test_a_run_that_ends_on_the_budget_leaves_what_it_did_not_come_to_to_the_next() -> None:
    setting = Setting(Exhausting(Stream.ORDERS))
    setting.run()
    assert is_due(setting.positions.position, 5, setting.at + SOON)
    setting.at += SOON
    setting.run()
    assert looked_at(setting) == [stream for stream in Stream if stream is not Stream.ORDERS]


@pytest.mark.parametrize("fault", [DOWN, Retryable(Reason.BUDGET_EXHAUSTED, "far")], ids=["500", "budget"])
def test_a_webhook_whose_look_failed_is_answered_by_the_next_run(fault: ConnectorError) -> None:
    setting = Setting(FakeSource(labels_created=[fault], orders=[page()]), poll_minutes=1440)
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    with suppress(Retryable):
        setting.run(a_webhook(1, "anything"))
    assert is_due(setting.positions.position, 1440, setting.at + SOON)
    setting.source.walks.clear()
    setting.at += SOON
    setting.run()
    assert looked_at(setting)[0] is LABELS
    assert setting.positions.position.streams_left == ()


def test_webhooks_of_a_dead_list_do_not_put_off_the_poll_of_the_others() -> None:
    setting = Setting(DeafSource(), poll_minutes=5)
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    for minute in range(12):
        setting.at += SOON
        with pytest.raises(Retryable):
            setting.run(*([a_webhook(minute, "anything")] if minute % 2 else []))
    assert looked_at(setting).count(Stream.LABELS_VOIDED) >= 2


# --- silence


class Silent(Setting):
    def __init__(self) -> None:
        super().__init__(FakeSource(orders=[DOWN]))
        self.source.probe_fault = DOWN

    def tick(self) -> None:
        self.at += SOON
        with pytest.raises(Retryable):
            self.run()


def test_a_shipstation_that_answers_nothing_is_probed_once_a_minute_and_by_nobody_else() -> None:
    silent = Silent()
    silent.tick()
    walks = len(silent.source.walks)
    silent.source.probed.clear()
    for _ in range(8):
        silent.tick()
        assert silent.run(a_webhook()).silent
    assert (len(silent.source.walks), len(silent.source.probed)) == (walks, 8)
    assert set(silent.source.probed) == set(Stream)


def test_the_probe_that_is_answered_reads_everything_at_once() -> None:
    silent = Silent()
    silent.tick()
    since = silent.positions.position.silent_at
    silent.tick()
    assert silent.positions.position.silent_at == since is not None
    silent.source.probe_fault = None
    silent.source.walks.clear()
    silent.at += SOON
    assert not silent.run().silent
    assert [stream for stream, _, _ in silent.source.walks] == list(Stream)
    assert silent.positions.position.next_probe_at is None


def test_one_list_that_answers_is_no_silence() -> None:
    setting = Setting(FakeSource(orders=[DOWN], labels_created=[page(a_shipment(1), reached=NOON)]))
    with pytest.raises(Retryable):
        setting.run()
    assert (setting.positions.position.next_probe_at, setting.ledger.sent()) == (None, [1])


class OneAnswers(FakeSource):
    """All lists but one are dead. Each probe takes two seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.takes: Callable[[], None] = lambda: None

    def probe(self, stream: Stream, lane: Lane) -> None:
        super().probe(stream, lane)
        self.takes()
        if stream is not Stream.FULFILMENTS:
            raise DOWN

    def walk(self, stream: Stream, start: datetime, *given: Any, **named: Any) -> Iterator[Reading]:
        if stream is not Stream.FULFILMENTS:
            raise DOWN
        return super().walk(stream, start, *given, **named)


def test_every_list_is_probed_tick_by_tick_whatever_minute_the_silence_began_in() -> None:
    setting = Setting(source := OneAnswers())
    start = setting.at

    def two_seconds() -> None:
        setting.at += timedelta(seconds=2)

    source.takes = two_seconds
    setting.positions.position = ReadingPosition(connection=ACME).silent(start - SOON, start).leaving(list(Stream))
    for minute in range(len(Stream)):
        setting.at = start + minute * SOON
        assert is_due(setting.positions.position, 5, setting.at)
        with pytest.raises(Retryable):
            setting.run()
    assert source.probed[: len(Stream)] == list(Stream)
    assert looked_at(setting) == [Stream.FULFILMENTS]


def test_one_dead_list_and_a_webhook_about_it_are_no_silence() -> None:
    setting = Setting(DeafSource(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    with pytest.raises(Retryable):
        setting.run(*(a_webhook(number, "fulfilment") for number in range(3)))
    assert (setting.positions.position.next_probe_at, setting.source.probed) == (None, [Stream.ORDERS])
    with pytest.raises(Retryable):  # the dead list once more, because its webhook is not answered
        setting.run(*(a_webhook(number) for number in range(3)))
    assert setting.ledger.sent() == [1]


def test_a_webhook_that_finds_every_list_dead_is_silence() -> None:
    setting = Setting(DeafSource())
    setting.source.probe_fault = DOWN
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    with pytest.raises(Retryable):
        setting.run(*(a_webhook(number, "fulfilment") for number in range(3)))
    assert setting.positions.position.next_probe_at is not None


class AllDead(FakeSource):
    """No list answers; who asks without an end is told."""

    def walk(self, stream: Stream, start: datetime, *given: Any, **named: Any) -> Iterator[Reading]:
        self.walks.append((stream, start, "poll"))
        assert len(self.walks) < 20
        raise DOWN


def test_a_refused_key_whose_probe_meets_an_outage_is_not_tried_again_at_once() -> None:
    setting = Setting(AllDead())
    setting.source.probe_fault = DOWN
    setting.positions.position = ReadingPosition(connection=ACME).refused(setting.at - SOON, setting.at)
    with pytest.raises(Retryable):
        setting.run()
    assert looked_at(setting) == [Stream.ORDERS]
    assert not is_due(setting.positions.position, 5, setting.at)


# --- pointers


class Pointing(FakeSource):
    """What each pointer leads to: readings, or a fault."""

    def __init__(self, **by_id: list[Reading] | ConnectorError) -> None:
        super().__init__()
        self.by_id = by_id
        self.served = 0

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        self.followed.append(pointer)
        leads_to = self.by_id[f"p{pointer.id}"]
        if isinstance(leads_to, ConnectorError):
            raise leads_to
        for reading in leads_to:
            self.served += 1
            yield reading


def looked_at(setting: Setting) -> list[Stream]:
    return [stream for stream, _, _ in setting.source.walks]


@pytest.mark.parametrize("fault", [DOWN, REFUSED], ids=["500", "403 or 400"])
def test_a_pointer_that_fails_is_answered_by_a_look_and_the_next_pointer_as_ever(fault: ConnectorError) -> None:
    setting = Setting(Pointing(p1=fault, p2=[page(a_shipment(2))]))
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    setting.run(a_webhook(1), a_webhook(2))
    assert (setting.ledger.sent(), looked_at(setting)) == ([2], [LABELS])


def test_an_import_of_100_000_orders_is_left_to_its_stream_after_some_pages() -> None:
    source = Pointing(p1=[page(complete=False, orders=(an_order(n),)) for n in range(200)])
    setting = Setting(source)
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    setting.run(a_webhook(1, "orders_import"))
    assert (source.served, looked_at(setting)) == (POINTER_PAGES, [Stream.ORDERS])
    assert len(setting.ledger.facts) == POINTER_PAGES


def test_a_pointer_ends_with_the_runs_time_and_what_it_brought_is_saved() -> None:
    setting = Setting()

    def slow() -> Iterator[Reading]:
        for number in count(1):
            setting.at += timedelta(seconds=50)
            yield page(complete=False, orders=(an_order(number),))

    source = Pointing(p1=slow())  # type: ignore[arg-type] # without an end
    setting.source = source
    started = setting.at
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    assert not setting.run(a_webhook(1, "orders_import")).complete
    assert setting.at - started <= RUN + timedelta(minutes=1)
    assert (set(setting.ledger.facts), setting.positions.position.holder) == ({1, 2}, "")


def test_a_second_with_more_rows_than_a_run_can_read_becomes_a_job_that_goes_on_at_its_page() -> None:
    pages = [page(reached=NOON, complete=False, page=number + 1) for number in range(1, 200)]
    setting = Setting(FakeSource(orders=list(pages)))
    setting.run()
    (job,) = (job for job in setting.ledger.jobs.values() if job.kind == "backlog")
    (span,) = job.unread[Stream.ORDERS]
    assert (span.start, span.end, span.page) == (NOON, NOON + DENSE, BACKLOG_PAGES + 1)
    assert setting.cursor(Stream.ORDERS).head == span.end


def _slow(setting: Setting) -> Callable[[], None]:
    def pass_time() -> None:
        setting.at += RUN

    return pass_time


def dense(setting: Setting) -> Reading:
    return page(reached=setting.cursor(Stream.ORDERS).head, complete=False)


def test_a_second_in_which_a_run_came_no_further_becomes_a_job_and_the_next_run_goes_on_behind_it() -> None:
    setting = Setting(FakeSource(orders=[page(reached=NOON)]))
    setting.run()
    setting.at += timedelta(minutes=10)
    setting.source.pages[Stream.ORDERS] = [dense(setting)] * 3
    setting.source.during = [_slow(setting)]
    report = setting.run()
    (job,) = (job for job in setting.ledger.jobs.values() if job.kind == "backlog")
    (span,) = job.unread[Stream.ORDERS]
    assert (span.start, span.end, span.page) == (NOON, NOON + DENSE, 1)
    assert (setting.cursor(Stream.ORDERS).head, report.complete, report.backlogs) == (span.end, False, 1)


def test_a_second_in_which_the_next_request_has_to_wait_becomes_a_job_too() -> None:
    setting = Setting(FakeSource(orders=[page(reached=NOON)]))
    setting.run()
    setting.at += timedelta(minutes=10)
    wait = Retryable(Reason.BUDGET_EXHAUSTED, "the next place is 30 s away", retry_after_seconds=30)
    setting.source.pages[Stream.ORDERS] = [dense(setting), wait]
    assert (setting.run().goes_on_in, setting.cursor(Stream.ORDERS).head) == (30, NOON + DENSE)


def settling(setting: Setting) -> Setting:
    """The settle pass of orders is due, from far more than a margin before the head."""
    cursor = Cursor(head=NOON, settled=NOON - timedelta(hours=3), settled_at=NOON)
    cursors = {stream: Cursor(head=NOON, settled=NOON, settled_at=setting.at) for stream in Stream}
    setting.positions.position = ReadingPosition(connection=ACME, cursors={**cursors, Stream.ORDERS: cursor})
    return setting


def settle_with(setting: Setting, *pages: Reading | Exception) -> Cursor:
    """The look at what is new finds nothing; the settle pass these."""
    setting.source.during = [lambda: None, lambda: setting.source.pages.update({Stream.ORDERS: list(pages)})]
    with suppress(ConnectorError):
        setting.run()
    settled: Cursor = setting.cursor(Stream.ORDERS)
    return settled


WAIT = Retryable(Reason.BUDGET_EXHAUSTED, "the next place is 30 s away", retry_after_seconds=30)


def test_a_settle_pass_that_has_to_wait_came_as_far_as_its_pages_prove() -> None:
    setting = settling(Setting())
    begun = setting.cursor(Stream.ORDERS).settled
    far = page(reached=begun + timedelta(minutes=1), complete=False)
    assert settle_with(setting, far, WAIT).settled == begun + timedelta(minutes=1)
    assert setting.ledger.jobs == {}


def test_a_settle_pass_that_is_stuck_behind_a_quiet_head_goes_on_behind_what_it_read() -> None:
    setting = Setting()
    margin = timedelta(minutes=a_connection().shipstation.check_minutes)
    cursor = Cursor(head=NOON, settled=NOON - margin, settled_at=NOON)
    setting.at = NOON + 3 * margin
    cursors = {stream: Cursor(head=NOON, settled=NOON, settled_at=setting.at) for stream in Stream}
    setting.positions.position = ReadingPosition(connection=ACME, cursors={**cursors, Stream.ORDERS: cursor})
    reached = NOON - timedelta(seconds=1)
    assert settle_with(setting, page(reached=reached, complete=False), WAIT).settled == reached + DENSE


def test_a_second_in_which_a_settle_pass_is_stuck_is_checked_by_a_job_of_its_own() -> None:
    setting = settling(Setting())
    begun = setting.cursor(Stream.ORDERS).settled
    assert settle_with(setting, page(reached=begun, complete=False), WAIT).settled == begun + DENSE
    (job,) = setting.ledger.jobs.values()
    assert (job.kind, job.unread[Stream.ORDERS][0].start) == ("crosscheck", begun)


def test_a_job_that_has_ended_is_not_taken_for_one_that_reads() -> None:
    setting = settling(Setting())
    begun = setting.cursor(Stream.ORDERS).settled
    settle_with(setting, page(reached=begun, complete=False), WAIT)
    (job,) = setting.ledger.jobs.values()
    setting.ledger.jobs[job.job_id] = job.cancelled(setting.at)
    settle_with(settling(setting), page(reached=begun, complete=False), WAIT)
    assert [each.ended_at is None for each in setting.ledger.jobs.values()] == [False, True]


def test_a_page_whose_orders_could_not_be_seen_to_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = settling(Setting())
    begun = setting.cursor(Stream.ORDERS).settled

    def unable(*_: Any, **__: Any) -> bool:
        raise WAIT

    monkeypatch.setattr(CrossCheck, "verify", unable)
    assert settle_with(setting, page(reached=begun, complete=False, orders=(an_order(1),))).settled == begun
    assert setting.ledger.jobs == {}


def test_not_within_the_margin_in_which_rows_may_still_appear() -> None:
    setting = Setting()
    recent = setting.at
    setting.source.pages[Stream.ORDERS] = [page(reached=recent)]
    setting.run()
    setting.at += timedelta(minutes=10)
    setting.source.pages[Stream.ORDERS] = [dense(setting)] * 3
    setting.source.during = [_slow(setting)]
    setting.run()
    assert (setting.cursor(Stream.ORDERS).head, setting.ledger.jobs) == (recent, {})


def swept_by_a_slow_run(came: timedelta) -> tuple[Setting, list[datetime]]:
    """The sweep of fulfilments reads a page that proves so much; then the run's time is over."""
    setting, reached = swept(Setting()), list[datetime]()

    def sweep() -> None:
        stream, start, lane = setting.source.walks[-1]
        if (stream, lane) == (Stream.FULFILMENTS, "sweep"):
            reached.append(start + came)
            setting.source.pages[stream] = [page(reached=start + came, complete=False)] * 3
            setting.at += RUN

    setting.source.during = [sweep] * (len(Stream) + len(TRACKS))
    setting.run()
    return setting, reached


def swept_to(setting: Setting) -> list[datetime]:
    return [cursor.head for name, cursor in setting.positions.position.cursors.items() if "@" in name]


def test_a_sweep_that_came_no_further_leaves_its_second_to_a_job() -> None:
    setting, (reached,) = swept_by_a_slow_run(timedelta(0))
    (job,) = setting.ledger.jobs.values()
    (span,) = job.unread[Stream.FULFILMENTS]
    assert (span.start, span.end) == (reached, reached + DENSE)
    assert span.end in swept_to(setting)


def test_one_that_came_further_goes_on_there() -> None:
    setting, (reached,) = swept_by_a_slow_run(SOON)
    assert (reached in swept_to(setting), setting.ledger.jobs) == (True, {})


# --- one row, one order


def test_what_cannot_be_placed_is_parked_with_its_number_and_the_cursor_passes() -> None:
    withheld = Withheld(order_id=77, reason=Reason.ORDER_UNREADABLE, detail="fulfilment 9, order number P1")
    reading = page(a_shipment(1), reached=NOON, unreadable=(5,), withheld=(withheld,))
    setting = Setting(FakeSource(fulfilments=[reading]))
    report = setting.run()
    parked = {(each.subject, each.reason, each.detail) for each in setting.ledger.parked}
    assert ("order 77", Reason.ORDER_UNREADABLE, withheld.detail) in parked
    assert (report.unreadable, setting.cursor(Stream.FULFILMENTS).head) == (2, NOON)


def test_two_rows_that_cannot_be_shown_are_parked_as_two() -> None:
    gap = Gap(stream=LABELS, after=NOON, before=NOON + SOON, rows=2)
    setting = Setting(FakeSource(labels_created=[page(reached=NOON, gaps=(gap,))]))
    setting.run()
    assert [each.detail.split(" between")[0] for each in setting.ledger.parked] == ["2 rows"]


def test_an_order_that_was_looked_up_is_remembered_and_not_cross_checked() -> None:
    order = an_order(status="shipped", modified_at=NOON - timedelta(days=1))
    setting = Setting(FakeSource(fulfilments=[page(a_shipment(1), reached=NOON, orders=(order,))]))
    setting.run()
    assert (setting.ledger.facts[500].reference, setting.source.asked) == ("P1001", [])


class Broken(FakeSource):
    """Shipments of the orders in `faults` cannot be asked for."""

    def __init__(self, **faults: ConnectorError) -> None:
        super().__init__()
        self.faults = faults

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        self.asked.append(order_id)
        if f"o{order_id}" in self.faults:
            raise self.faults[f"o{order_id}"]
        yield page(*self.of_order.get(order_id, []))


OWN = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500", scope=Scope.RECORD)


def checked(source: FakeSource) -> tuple[CrossCheck, Setting]:
    setting = Setting(source)
    return CrossCheck(source, setting.intake, lambda: True), setting


def test_an_order_whose_shipments_cannot_be_asked_for_is_parked_alone() -> None:
    source = Broken(o500=OWN)
    source.of_order[501] = [a_shipment(1)]
    check, setting = checked(source)
    orders = an_order(500, status="shipped"), an_order(501, status="shipped")
    assert check.verify(orders, NOON, a_cause(), "sweep")
    assert setting.ledger.sent() == [1]
    assert [(each.subject, each.reason) for each in setting.ledger.parked] == [("order 500", Reason.ORDER_UNREADABLE)]


def test_an_outage_of_the_cross_check_is_no_orders_own() -> None:
    check, setting = checked(Broken(o500=DOWN))
    with pytest.raises(Retryable):
        check.verify([an_order(500, status="shipped")], NOON, a_cause(), "sweep")
    assert setting.ledger.parked == []


def test_a_correction_that_could_not_be_carried_out_is_owed_until_it_is() -> None:
    source = Broken(o500=OWN)
    check, setting = checked(source)
    check.absorb([an_order(reference="WRONG")], a_cause(), "poll")
    check.absorb([an_order(status="shipped")], a_cause(), "poll")
    assert [key.reference for key in setting.ledger.facts[500].sent_to] == ["WRONG"]
    source.faults.clear()
    source.of_order[500] = [a_shipment(1)]
    check.absorb([an_order(status="shipped")], a_cause(), "poll")
    assert [(work.order.reference, work.withdrawn_at is None) for work in setting.ledger.work] == [
        ("P1001", True),
        ("WRONG", False),
    ]
    assert (setting.ledger.facts[500].sent_to, setting.ledger.facts[500].former) == ((), ("WRONG",))


def test_an_order_that_the_ledger_never_takes_is_parked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    check, setting = checked(FakeSource())
    save = setting.ledger.save

    def refusing(facts: Any) -> None:
        if facts.order_id == 500:
            raise Permanent(Reason.LEDGER_REFUSED, "over 400 KB")
        save(facts)

    monkeypatch.setattr(setting.ledger, "save", refusing)
    assert check.absorb([an_order(500), an_order(501)], a_cause(), "poll")
    assert (set(setting.ledger.facts), [each.subject for each in setting.ledger.parked]) == ({501}, ["order 500"])


class SlowOrder(Rig):
    """Whoever asks for the shipments of order 1 meets a gateway's time-out."""

    def _serve(self, request: Request) -> Response:
        return Response(504) if ("orderId", "1") in request.query else super()._serve(request)


class Correcting(FakeSource):
    """A page of one stream brings the corrected order 1 whose shipments `rig` does not show, and others beside it."""

    def __init__(self, rig: Rig, stream: Stream) -> None:
        super().__init__()
        self.rig, self.stream = rig, stream

    def walk(self, stream: Stream, *given: Any, **named: Any) -> Iterator[Reading]:
        corrected = an_order(1, reference="NEW"), an_order(2, reference="P2")
        served = [page(a_shipment(5), orders=corrected, reached=NOON)] if stream is self.stream else []
        self.pages[stream] = list(served)
        return super().walk(stream, *given, **named)

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        return self.rig.source.shipments_of(order_id, lane)


@pytest.mark.parametrize("stream", [Stream.ORDERS, LABELS])
def test_one_slow_order_stops_neither_the_orders_nor_the_labels_that_had_to_ask_for_it(stream: Stream) -> None:
    setting = Setting(Correcting(SlowOrder(), stream))
    setting.ledger.facts[1] = an_order(1, reference="OLD", modified_at=NOON - timedelta(days=1)).facts
    setting.run()
    assert (setting.cursor(stream).head, 2 in setting.ledger.facts, setting.ledger.sent()) == (NOON, True, [5])
    assert ("order 1", Reason.ORDER_UNREADABLE) in {(each.subject, each.reason) for each in setting.ledger.parked}


def test_labels_listed_far_out_of_order_hold_the_cursor_no_longer_than_they_are_apart() -> None:
    rig = Rig(at=NOON)
    rig.account.switches.largest_page = 100
    setting = Setting(rig.source)  # type: ignore[arg-type] # the shipping source
    setting.positions.position = ReadingPosition(connection=ACME, cursors={LABELS: Cursor(head=NOON, settled=NOON)})
    made = [rig.account.ship(None, at=NOON + minutes * SOON) for minutes in (0, 1, 2, 3, 4.5, 6, 7)]
    rig.account.swapped_rows[made[3]] = made[4]
    asked = 0
    for hour in range(1, 25):
        rig.at = setting.at = NOON + timedelta(hours=hour)
        made += [rig.account.ship(None, at=rig.at - (1 + n) * SOON) for n in range(40)]
        before = len(rig.asked("/shipments"))
        setting.run()
        asked = len(rig.asked("/shipments")) - before
    assert setting.cursor().head >= setting.at - 5 * SOON
    assert (set(setting.ledger.sent()), asked <= 10) == (set(made), True)


def test_only_a_stream_that_was_read_to_its_end_is_remembered_as_read() -> None:
    setting = Setting(Exhausting(Stream.ORDERS))
    setting.run()
    assert setting.positions.position.read_at == {}
    setting.at += SOON
    setting.run()
    assert setting.positions.position.read_at == {s: setting.at for s in Stream if s is not Stream.ORDERS}
    setting = Setting(DeafSource(labels_created=[page()]))
    with suppress(Retryable):
        setting.run()
    assert set(setting.positions.position.read_at) == {s for s in Stream if s is not Stream.FULFILMENTS}
