from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.errors import Permanent, Retryable
from functions.flows.from_shipstation import sweep
from functions.flows.from_shipstation.pace import LOOKS_APART, PROBES_APART, is_due
from functions.model.cursors import Cursor, Gap, Reading, ReadingPosition, Span, Stream
from functions.model.jobs import Job, Lane
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.equipment.reading_fakes import ACME, FakeSource, Setting, a_webhook, an_order, going_on, page

DOWN = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "503")
REFUSED = Permanent(Reason.SHIPSTATION_CREDENTIALS, "401")
LABELS = Stream.LABELS_CREATED


def test_a_first_run_reads_every_stream_from_go_live_orders_first_and_moves_the_cursor_last() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.run()
    assert [stream for stream, _, _ in setting.source.walks] == list(Stream)
    begins = a_connection().go_live_at
    assert [start for _, start, _ in setting.source.walks] == [begins - timedelta(days=7), begins, begins, begins]
    assert (setting.ledger.sent(), setting.cursor().head) == ([1], NOON)


def test_what_is_recorded_already_is_dropped() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(1), a_shipment(2), reached=NOON)]))
    setting.ledger.known = {1}
    assert setting.run().new_shipments == 1
    assert setting.ledger.sent() == [2]


def test_the_cursor_stands_still_while_the_queue_refuses() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.ledger.fault = Retryable(Reason.QUEUE_UNAVAILABLE, "SQS")
    with pytest.raises(Retryable):
        setting.run()
    assert (setting.cursor(), setting.positions.position.holder) == (None, "")


def test_pages_before_a_fault_count_and_the_other_streams_are_read_all_the_same() -> None:
    first = page(a_shipment(1), reached=NOON, complete=False)
    setting = Setting(FakeSource(labels_created=[first, DOWN], fulfilments=[page(a_shipment(2), reached=NOON)]))
    with pytest.raises(Retryable):
        setting.run()
    assert setting.cursor().head == NOON
    assert setting.ledger.sent() == [1, 2]


def test_what_came_late_is_looked_for_behind_what_is_new_and_once_per_margin() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.run()
    found = []
    for minutes in (1, 9, 1):
        setting.at += timedelta(minutes=minutes)
        setting.source.windows.clear()
        setting.source.pages[LABELS] = [page()]
        setting.run()
        found.append([(NOON - start, end) for stream, start, end in setting.source.windows if stream is LABELS])
    new, late = (timedelta(0), None), (timedelta(minutes=10), NOON)
    assert found == [[new], [new, late], [new, late]]


def test_a_stamp_from_the_future_does_not_drag_the_cursor_along() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(1), reached=NOON + timedelta(days=400))]))
    setting.run()
    assert setting.cursor().head == setting.at


def test_the_cursor_never_moves_backwards() -> None:
    setting = Setting(FakeSource(labels_created=[page(a_shipment(2), reached=NOON)]))
    setting.run()
    setting.source.pages[LABELS] = [page(a_shipment(1), reached=NOON - timedelta(hours=1))]
    setting.run()
    assert setting.cursor().head == NOON


def test_two_pointers_are_followed_and_more_are_one_look_at_their_stream() -> None:
    setting = Setting()
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    setting.run(a_webhook(1), a_webhook(2), a_webhook(2))
    assert (len(setting.source.followed), setting.source.walks) == (2, [])
    setting.run(a_webhook(1), a_webhook(2), a_webhook(3))
    assert (len(setting.source.followed), [stream for stream, _, _ in setting.source.walks]) == (2, [LABELS])


def test_a_ring_without_ids_is_a_look_at_whatever_a_webhook_can_announce() -> None:
    setting = Setting()
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    setting.run(a_webhook(kind="anything"))
    looked = [stream for stream, _, _ in setting.source.walks]
    assert looked == [Stream.ORDERS, LABELS, Stream.FULFILMENTS]


def test_who_does_not_get_the_lease_leaves_a_ring_for_its_stream() -> None:
    setting = Setting()
    setting.positions.busy = True
    assert setting.run(a_webhook(), a_webhook(kind="fulfilment")).held
    assert setting.positions.webhooks == {LABELS: setting.at, Stream.FULFILMENTS: setting.at}


def test_a_ring_during_the_look_makes_the_holder_look_again() -> None:
    setting = Setting()

    def webhook_comes() -> None:
        setting.at += timedelta(seconds=5)
        setting.positions.note_webhook(ACME, Stream.ORDERS, setting.at)

    setting.source.during.append(webhook_comes)
    setting.run()
    assert [stream for stream, _, _ in setting.source.walks] == [*Stream, Stream.ORDERS]


def test_while_webhooks_keep_ringing_looks_are_paced() -> None:
    setting = Setting()
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at)
    for _ in range(3):
        setting.run(a_webhook())
    held = [setting.run(a_webhook()).goes_on_in for _ in range(2)]
    assert (setting.slept, setting.source.walks, held) == ([], [], [LOOKS_APART.total_seconds()] * 2)
    setting.at += LOOKS_APART - timedelta(seconds=1)
    setting.run(going_on())
    assert setting.slept == [1.0]
    assert [stream for stream, _, _ in setting.source.walks] == [LABELS]


def test_a_shop_that_never_stops_ringing_keeps_no_stream_waiting() -> None:
    setting = Setting()
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at - timedelta(minutes=5))
    setting.run(a_webhook())
    assert [stream for stream, _, _ in setting.source.walks] == list(Stream)


def test_a_refused_key_opens_the_circuit_for_a_minute_and_a_replaced_one_closes_it() -> None:
    setting = Setting(FakeSource(orders=[REFUSED]))
    assert setting.run().refused
    since = setting.at
    assert setting.run().refused
    assert len(setting.source.walks) == 1
    setting.at += timedelta(minutes=1)
    setting.source.pages[Stream.ORDERS] = [page()]
    report = setting.run()
    assert (report.refused, len(setting.source.walks)) == (False, 1 + len(Stream))
    assert (setting.positions.position.refused_at, setting.positions.position.next_probe_at) == (None, None)
    assert since == setting.at - timedelta(minutes=1)


def test_a_key_that_stays_refused_keeps_its_first_date() -> None:
    setting = Setting(FakeSource(orders=[REFUSED]))
    setting.run()
    first = setting.positions.position.refused_at
    setting.at += timedelta(minutes=3)
    setting.source.pages[Stream.ORDERS] = [REFUSED]
    setting.run()
    assert setting.positions.position.refused_at == first
    assert setting.positions.position.next_probe_at == setting.at + PROBES_APART


@pytest.mark.parametrize(
    ("position", "due"),
    [
        pytest.param({}, True, id="never looked"),
        pytest.param({"last_poll_at": NOON - timedelta(minutes=4)}, False, id="looked lately"),
        pytest.param({"last_poll_at": NOON - timedelta(minutes=5)}, True, id="a period ago"),
        pytest.param({"last_poll_at": NOON + timedelta(days=7)}, True, id="the clock went back since"),
        pytest.param({"next_probe_at": NOON + timedelta(days=7)}, True, id="the clock went back since a probe"),
        pytest.param({"last_poll_at": NOON, "streams_left": (LABELS,)}, True, id="did not come to all"),
        pytest.param({"next_probe_at": NOON + timedelta(seconds=1)}, False, id="refused"),
        pytest.param({"last_poll_at": NOON, "next_probe_at": NOON}, True, id="a probe is due"),
    ],
)
def test_a_tick_looks_when_something_is_due(position: dict[str, object], *, due: bool) -> None:
    assert is_due(ReadingPosition.model_validate({"connection": ACME, **position}), 5, NOON) is due


def test_a_clock_that_went_back_holds_up_neither_polls_nor_probes_nor_settle_passes() -> None:
    setting = Setting()
    later = setting.at + timedelta(days=7)
    cursor = Cursor(head=NOON, settled=NOON - timedelta(hours=1), settled_at=later)
    setting.positions.position = ReadingPosition(
        connection=ACME, cursors={LABELS: cursor}, last_poll_at=later, silent_at=later, next_probe_at=later
    )
    assert not setting.run().silent
    starts = [start for stream, start, _ in setting.source.walks if stream is LABELS]
    assert starts == [cursor.head, cursor.settled]


def test_a_clock_that_went_back_neither_hides_a_webhook_nor_has_it_looked_for_again_and_again() -> None:
    setting = Setting()
    later, position = setting.at + timedelta(days=7), ReadingPosition(connection=ACME, last_poll_at=setting.at)
    setting.positions.position = position.answering(LABELS, later).paced_until(later)
    setting.positions.webhooks = {LABELS: setting.at, Stream.ORDERS: later}
    reports = [setting.run(going_on()) for _ in range(3)]
    assert [stream for stream, _, _ in setting.source.walks] == [LABELS]
    assert ([report.goes_on_in for report in reports], setting.slept) == ([None] * 3, [])


def test_a_holder_that_was_overtaken_stops_and_stores_nothing() -> None:
    setting = Setting(FakeSource(orders=[page(reached=NOON, complete=False), page(reached=NOON)]))

    def overtaken() -> None:
        setting.positions.position = setting.positions.position.model_copy(update={"fence": 99, "holder": "other"})

    setting.source.during.append(overtaken)
    setting.run()
    assert len(setting.source.walks) == 1
    assert (setting.positions.position.holder, setting.positions.position.cursors) == ("other", {})


def test_what_a_run_did_not_come_to_is_read_first_in_the_next() -> None:
    setting = Setting(FakeSource(orders=[page(reached=NOON)]))

    def tick() -> None:
        setting.at += timedelta(minutes=3)

    setting.source.during.append(tick)
    setting.run()
    assert setting.positions.position.streams_left == (Stream.LABELS_VOIDED, LABELS, Stream.FULFILMENTS)
    setting.source.walks.clear()
    setting.run()
    assert setting.source.walks[0][0] is Stream.LABELS_VOIDED
    assert list(setting.positions.position.streams_left) == []


def test_a_long_backlog_becomes_a_job_before_the_cursor_steps_over_it() -> None:
    start = a_connection().go_live_at
    reached = start + timedelta(hours=1)
    first: list[Reading | Exception] = [page(a_shipment(1), reached=reached, complete=False), DOWN]
    setting = Setting(FakeSource(labels_created=first))
    setting.run()
    (job,) = setting.ledger.jobs.values()
    end = setting.at - timedelta(minutes=10)
    assert (job.kind, job.window.start, job.window.end) == ("backlog", reached, end)
    assert job.unread == {LABELS: (job.window,)}
    assert setting.cursor().head == end
    assert [start for stream, start, _ in setting.source.walks if stream is LABELS] == [start, end]


def test_what_was_read_of_a_dense_second_is_no_backlog_and_no_step_back() -> None:
    """A page proves one second less than it shows, which may lie before the start."""
    setting = Setting(FakeSource())
    start = setting.at - timedelta(minutes=10, seconds=-2)
    setting.positions.position = setting.positions.position.read_to(LABELS, Cursor(head=start, settled=start))
    proven = page(a_shipment(1), reached=start - timedelta(seconds=1), complete=False)
    setting.source = FakeSource(labels_created=[proven, page(reached=start)])
    setting.run()
    assert (setting.ledger.jobs, setting.cursor().head) == ({}, start)


def test_a_hole_is_parked_remembered_and_avoided() -> None:
    gap = Gap(stream=LABELS, after=NOON, before=NOON + timedelta(minutes=1))
    setting = Setting(FakeSource(labels_created=[page(reached=NOON, gaps=(gap,))]))
    setting.run()
    assert [parked.reason for parked in setting.ledger.parked] == [Reason.GAP]
    setting.run()
    assert setting.source.avoided[-1] == (gap,)
    later = Setting(FakeSource(labels_created=[page(gaps=(gap.model_copy(update={"after": NOON}),))]))
    later.positions.position = setting.positions.position.model_copy(
        update={"gaps": (gap.model_copy(update={"after": NOON - timedelta(days=32)}),)}
    )
    later.run()
    assert later.positions.position.gaps == (gap,)


def test_a_hole_at_the_end_of_a_list_is_counted_once_until_it_grows() -> None:
    gap = Gap(stream=LABELS, after=NOON, before=None, rows=1)
    setting = Setting()

    def look(rows: int) -> int:
        met = gap.model_copy(update={"rows": rows})
        setting.source = FakeSource(labels_created=[page(reached=NOON, gaps=(met,))])
        return setting.run().gaps

    counted = [look(1), look(1), look(2), look(2)]
    setting.at += timedelta(days=32)
    counted += [look(2), look(2), look(2)]
    assert counted == [1, 0, 1, 0, 0, 0, 0]


def test_rows_nobody_can_read_are_parked_by_their_id() -> None:
    setting = Setting(FakeSource(fulfilments=[page(unreadable=(7, 0))]))
    setting.run()
    found = [(parked.subject, parked.reason) for parked in setting.ledger.parked]
    assert found == [
        ("fulfilments 7", Reason.UNREADABLE_ROW),
        ("fulfilments without an id", Reason.UNREADABLE_ROW),
    ]


def test_days_gone_by_are_swept_once_a_day_and_not_before_there_is_one() -> None:
    setting = Setting()
    setting.run()
    assert all(lane == "poll" for _, _, lane in setting.source.walks)
    setting.at += timedelta(days=1)
    setting.source.windows.clear()
    setting.run()
    swept = [window for window in setting.source.windows if window[2] is not None and window[1] != window[2]]
    spans = {(stream, (setting.at - end).days) for stream, _, end in swept if end and end < setting.at}
    assert {(LABELS, 1), (Stream.FULFILMENTS, 3), (LABELS, 7), (Stream.FULFILMENTS, 30)} <= spans


# --- what goes before what


def a_day_later(setting: Setting) -> None:
    """Two portions of the sweep are due."""
    started = setting.at - timedelta(days=1, hours=4)
    cursors = sweep.begun({}, sweep.TRACKS, started)
    position = setting.positions.position.with_cursors(cursors)
    setting.positions.position = position.model_copy(update={"last_poll_at": None})


def swept(setting: Setting) -> list[Stream]:
    return [stream for stream, _, lane in setting.source.walks if lane == "sweep"]


@pytest.mark.parametrize(
    "ended",
    [lambda job: job.cancelled(NOON), lambda job: job.failing(NOON, came_further=False)],
    ids=["cancelled", "in vain"],
)
def test_what_a_backlog_still_has_to_read_is_not_swept_meanwhile(ended: Callable[[Job], Job]) -> None:
    setting = Setting()
    a_day_later(setting)
    window = Span(start=NOON, end=NOON + timedelta(hours=1))
    job = Job(
        job_id="backlog-1",
        connection=ACME,
        kind="backlog",
        lane="poll",
        window=window,
        unread={LABELS: (window,)},
        created_at=NOON,
    )
    setting.ledger.jobs["backlog-1"] = job
    setting.run()
    assert swept(setting) == []
    setting.ledger.jobs["backlog-1"] = ended(job)
    a_day_later(setting)
    setting.run()
    assert set(swept(setting)) == {LABELS, Stream.FULFILMENTS}


def test_a_webhook_goes_before_what_was_read_once_already() -> None:
    setting = Setting()
    a_day_later(setting)
    at = NOON - timedelta(hours=1)

    def webhook_comes() -> None:
        if swept(setting):
            setting.at += timedelta(seconds=1)
            setting.positions.note_webhook(ACME, Stream.FULFILMENTS, setting.at)

    setting.source.during = [webhook_comes] * (len(Stream) + 1)
    pages = [page(reached=at + timedelta(minutes=number), complete=False) for number in range(3)]
    setting.source.pages = {}
    walk = setting.source.walk

    def walked(stream: Stream, start: datetime, lane: Lane, *rest: Any, **more: Any) -> Any:
        setting.source.pages[stream] = list(pages) if lane == "sweep" else []
        return walk(stream, start, lane, *rest, **more)

    setting.source.walk = walked  # type: ignore[method-assign] # a page after the other
    report = setting.run()
    lanes = [lane for _, _, lane in setting.source.walks]
    assert lanes[-2:] == ["sweep", "webhook"]
    assert report.pages == 1


def between_marks(setting: Setting, stream: Stream) -> None:
    """What lies between the two marks is due to be read a second time."""
    start = NOON - timedelta(days=1)
    cursor = Cursor(head=NOON, settled=start, settled_at=start)
    setting.positions.position = setting.positions.position.read_to(stream, cursor)


def test_a_settle_pass_stops_at_its_next_page_for_a_webhook() -> None:
    setting, settling = Setting(), list[Stream]()
    between_marks(setting, LABELS)
    walk = setting.source.walk

    def walked(
        stream: Stream, start: datetime, lane: Lane, end: datetime | None = None, *rest: Any, **more: Any
    ) -> Any:
        hours = (9, 8, 7)
        pages: list[Reading | Exception] = [page(reached=NOON - timedelta(hours=h), complete=False) for h in hours]
        setting.source.pages[stream] = pages if end is not None and lane == "poll" else []
        if end is not None and lane == "poll":
            settling.append(stream)
            setting.at += timedelta(seconds=1)
            setting.positions.note_webhook(ACME, Stream.ORDERS, setting.at)
        return walk(stream, start, lane, end, *rest, **more)

    setting.source.walk = walked  # type: ignore[method-assign] # a page after the other
    report = setting.run()
    assert (settling, report.pages, report.complete) == ([LABELS], 1, False)
    assert setting.source.walks[-1][2] == "webhook"


def test_orders_without_a_shipment_are_asked_for_after_a_webhook() -> None:
    setting = Setting(FakeSource(orders=[page(reached=NOON)]))
    between_marks(setting, Stream.ORDERS)
    shipped = tuple(an_order(number, status="shipped", modified_at=NOON) for number in range(3))
    walk, ask = setting.source.walk, setting.source.shipments_of

    def walked(
        stream: Stream, start: datetime, lane: Lane, end: datetime | None = None, *rest: Any, **more: Any
    ) -> Any:
        is_settling = stream is Stream.ORDERS and end is not None
        setting.source.pages[stream] = [page(reached=NOON, orders=shipped)] if is_settling else []
        return walk(stream, start, lane, end, *rest, **more)

    def asked(order_id: int, lane: Lane) -> Any:
        setting.at += timedelta(seconds=1)
        setting.positions.note_webhook(ACME, Stream.FULFILMENTS, setting.at)
        return ask(order_id, lane)

    setting.source.walk, setting.source.shipments_of = walked, asked  # type: ignore[method-assign] # a webhook comes meanwhile
    setting.run()
    assert setting.source.asked == [0]
