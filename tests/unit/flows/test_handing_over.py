"""A run that would have to wait for the budget, or for the next look, ends and says when another one goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.flows.from_shipstation.collect import RUN
from functions.flows.from_shipstation.pace import LOOKS_APART
from functions.model.cursors import Cursor, ReadingPosition, Stream
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.reading_fakes import ACME, FakeSource, Setting, a_webhook, going_on, page

LABELS = Stream.LABELS_CREATED
FAR = 40.0


def far() -> Retryable:
    return Retryable(Reason.BUDGET_EXHAUSTED, "the next place is 40 s away", retry_after_seconds=FAR)


def polled(**pages: Any) -> Setting:
    """Every stream was polled just now, and is known up to noon."""
    setting = Setting(FakeSource(**pages))
    cursors = {stream.value: Cursor(head=NOON, settled=NOON) for stream in Stream}
    setting.positions.position = ReadingPosition(connection=ACME, last_poll_at=setting.at, cursors=cursors)
    return setting


def exhausted_during_the_next_walk(setting: Setting) -> None:
    setting.source.during = [lambda: setting.source.budget.append(far())]


def test_a_run_that_may_ask_for_nothing_takes_no_lease_and_notes_its_webhooks() -> None:
    setting = polled()
    setting.source.budget = [far()]
    report = setting.run(a_webhook())
    assert (report.goes_on_in, report.held, setting.positions.saves) == (FAR, False, 0)
    assert (setting.positions.position.fence, setting.source.walks, setting.slept) == (0, [], [])
    setting.run(going_on())
    assert [stream for stream, _, _ in setting.source.walks] == [LABELS]


def test_the_run_that_goes_on_finds_nothing_to_do_twice() -> None:
    setting = polled()
    setting.source.budget = [far()]
    setting.run(a_webhook())
    setting.run(going_on())
    setting.run(going_on())
    assert len(setting.source.walks) == 1


def test_between_two_pages_what_was_read_is_kept_and_the_stream_goes_on() -> None:
    reached = NOON + timedelta(minutes=115)
    first = page(a_shipment(1), reached=reached, complete=False)
    setting = polled(labels_created=[first, page(a_shipment(2), reached=NOON + timedelta(minutes=118))])
    exhausted_during_the_next_walk(setting)
    report = setting.run(*(a_webhook(number) for number in range(3)))
    assert (report.goes_on_in, report.pages, setting.cursor().head) == (FAR, 1, reached)
    assert setting.positions.position.streams_left == (LABELS,)
    setting.run()
    assert setting.source.walks[1][:2] == (LABELS, reached)
    assert not setting.positions.position.streams_left


@pytest.mark.parametrize("number", [2, 7])
def test_within_one_second_nothing_is_kept_and_so_it_is_waited_for(number: int) -> None:
    part = page(a_shipment(1), reached=NOON, complete=False, page=number)
    setting = polled(labels_created=[part, page(a_shipment(2), reached=NOON + timedelta(seconds=1))])
    exhausted_during_the_next_walk(setting)
    assert setting.run(*(a_webhook(number) for number in range(3))).goes_on_in is None
    assert setting.ledger.sent() == [1, 2]


def test_streams_that_a_poll_did_not_come_to_are_left_for_the_run_that_goes_on() -> None:
    setting = polled()
    setting.at += timedelta(minutes=10)
    exhausted_during_the_next_walk(setting)
    assert setting.run().goes_on_in == FAR
    assert [stream for stream, _, _ in setting.source.walks] == [Stream.ORDERS]
    setting.run()
    assert sorted(stream for stream, _, _ in setting.source.walks) == sorted(Stream)


def test_a_webhook_that_comes_too_soon_after_many_waits_in_the_ledger_and_not_in_the_run() -> None:
    setting = polled()
    for number in range(3):
        setting.run(a_webhook(number))
    saves = setting.positions.saves
    assert setting.run(a_webhook(4)).goes_on_in == LOOKS_APART.total_seconds()
    assert setting.positions.saves == saves


def test_one_that_comes_while_a_run_looks_is_handed_over_too() -> None:
    setting = polled()
    for number in range(2):
        setting.run(a_webhook(number))

    def another() -> None:
        setting.at += timedelta(seconds=1)
        setting.positions.note_webhook(ACME, Stream.ORDERS, setting.at)

    setting.source.during = [another]
    report = setting.run(*(a_webhook(number) for number in range(7, 10)))
    assert (report.goes_on_in, setting.slept) == (LOOKS_APART.total_seconds() - 1, [])
    setting.at += timedelta(seconds=19)
    setting.run(going_on())
    assert setting.source.walks[-1][0] is Stream.ORDERS


def test_a_look_at_one_page_stores_the_position_once() -> None:
    setting = polled(labels_created=[page(a_shipment(1), reached=NOON + timedelta(minutes=1))])
    setting.run(*(a_webhook(number) for number in range(3)))
    assert (setting.positions.saves, setting.cursor().head) == (1, NOON + timedelta(minutes=1))


def test_a_stream_that_moved_is_stored_before_the_next_one_is_read() -> None:
    setting = polled(orders=[page(reached=NOON + timedelta(minutes=1))])
    setting.at += timedelta(minutes=10)
    heads: list[Any] = []
    setting.source.during = [lambda: None, lambda: heads.append(setting.cursor(Stream.ORDERS).head)]
    setting.run()
    assert heads == [NOON + timedelta(minutes=1)]


def test_a_run_whose_time_is_over_goes_on_at_once_with_what_it_left() -> None:
    setting = polled(orders=[page(reached=NOON + timedelta(minutes=115), complete=False), page()])

    def slow() -> None:
        setting.at += RUN

    setting.at += timedelta(minutes=10)
    setting.source.during = [slow]
    report = setting.run()
    assert (report.goes_on_in, report.complete) == (0, False)
    assert set(setting.positions.position.streams_left) == set(Stream)
    setting.run()
    assert not setting.positions.position.streams_left


def test_a_run_that_ends_in_its_time_sends_for_no_other() -> None:
    assert polled(orders=[page()]).run(a_webhook()).goes_on_in is None
