"""What cursors and gaps pass over is read all the same."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.flows.from_shipstation.collect import RUN
from functions.flows.from_shipstation.live_streams import BACKLOG_PAGES, DENSE
from functions.ledger.positions import PositionStore
from functions.model.cursors import Cursor, Gap, Reading, ReadingPosition, Span, Stream
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.reading_fakes import ACME, FakeSource, Setting, a_webhook, page

LABELS = Stream.LABELS_CREATED
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Shop(Setting):
    """An account behind the shipping source, read to its end a moment ago."""

    def __init__(self, **shipstation: object) -> None:
        self.rig = Rig(at=NOON, **shipstation)
        super().__init__(self.rig.source, shipstation=shipstation)  # type: ignore[arg-type]
        self.account = self.rig.account
        cursors = {stream: Cursor(head=NOON, settled=NOON, settled_at=NOON) for stream in Stream}
        self.positions.position = ReadingPosition(connection=ACME, cursors=cursors)
        self.at = NOON

    def later(self, by: timedelta) -> list[int]:
        """The shipments that a run finds then."""
        self.at += by
        self.rig.at = self.at
        self.ledger.work.clear()
        self.run()
        return sorted(self.ledger.sent())


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_label_made_between_the_neighbours_of_a_void_that_cannot_be_shown_is_voided_all_the_same(api: str) -> None:
    shop = Shop(api=api)
    made = [shop.account.ship(None, at=NOON - n * DAY) for n in range(9, 0, -1)]
    for label in (made[0], made[3], made[7]):
        shop.account.void(label)
    shop.account.broken_rows.add(made[3])
    assert shop.later(20 * MINUTE) == [made[0], made[7]]
    for label in (made[1], made[5]):
        shop.account.void(label)
    assert {made[1], made[5]} <= set(shop.later(20 * MINUTE))


def test_a_label_that_is_listed_late_beside_one_that_cannot_be_shown_is_found_after_the_margin() -> None:
    shop = Shop()
    before, bad, behind = (shop.account.ship(None, at=NOON + n * MINUTE) for n in (1, 5, 9))
    shop.account.broken_rows.add(bad)
    assert shop.later(10 * MINUTE) == [before, behind]
    late = shop.account.ship(None, at=NOON + 7 * MINUTE)
    assert late in shop.later(11 * MINUTE)


def a_second_of_many_pages(at: datetime) -> list[Reading | Exception]:
    return [page(reached=at, complete=False, page=number) for number in range(2, BACKLOG_PAGES + 3)]


def test_a_look_that_leaves_a_second_to_a_job_settles_nothing_within_the_margin() -> None:
    setting = Setting()
    recent = setting.at - MINUTE
    begun = Cursor(head=recent, settled=recent, settled_at=NOON)
    setting.positions.position = ReadingPosition(connection=ACME, cursors={LABELS: begun})
    setting.source.pages[LABELS] = a_second_of_many_pages(recent)
    setting.run()
    assert [job.window.start for job in setting.ledger.jobs.values()] == [recent]
    assert (setting.cursor().head, setting.cursor().settled) == (recent + DENSE, recent)


def test_a_settle_pass_of_orders_leaves_no_second_within_the_margin_to_a_job_that_would_read_it_at_once() -> None:
    setting = Setting()
    recent, begun = setting.at - MINUTE, setting.at - timedelta(hours=3)
    cursor = Cursor(head=recent + DENSE, settled=begun, settled_at=begun)
    setting.positions.position = ReadingPosition(connection=ACME, cursors={Stream.ORDERS: cursor})

    def settle() -> None:
        setting.source.pages[Stream.ORDERS] = a_second_of_many_pages(recent)

    setting.source.during = [lambda: None, settle]
    setting.run()
    after = setting.cursor(Stream.ORDERS)
    assert (setting.ledger.jobs, after.settled_at) == ({}, setting.at)
    assert after.settled == after.head - timedelta(minutes=setting.intake.connection.shipstation.check_minutes)


def test_voids_that_one_run_cannot_read_to_their_end_become_one_job_up_to_the_margin() -> None:
    setting = Setting()
    cursors = {stream: Cursor(head=NOON, settled=NOON, settled_at=setting.at) for stream in Stream}
    setting.positions.position = ReadingPosition(connection=ACME, cursors=cursors)

    def last() -> None:
        setting.source.pages[Stream.LABELS_VOIDED] = [page(complete=False)] * 2
        setting.at += RUN

    setting.source.during = [lambda: None, last]
    setting.run()
    (job,) = setting.ledger.jobs.values()
    end = setting.at - 10 * MINUTE
    assert (job.window, setting.cursor(Stream.LABELS_VOIDED).head) == (Span(start=NOON, end=end), end)


def test_a_label_that_is_listed_late_beside_one_of_a_wrong_clock_is_found_after_the_margin() -> None:
    shop = Shop()
    shop.account.ship(None, at=NOON + 400 * DAY)
    shop.later(10 * MINUTE)
    late = shop.account.ship(None, at=NOON + 4 * MINUTE)
    found = [shipment for _ in range(4) for shipment in shop.later(5 * MINUTE)]
    assert late in found


def test_a_label_of_a_wrong_clock_hides_no_new_one_from_a_look() -> None:
    shop = Shop()
    shop.account.ship(None, at=NOON + 400 * DAY)
    shop.later(5 * MINUTE)
    new = shop.account.ship(None, at=shop.at + MINUTE)
    assert new in shop.later(5 * MINUTE)


def test_a_label_that_is_listed_late_before_an_outage_is_read_again_whoever_finds_the_backlog() -> None:
    setting = Setting(FakeSource(labels_created=[page(reached=NOON - 3 * HOUR, complete=False)] * 2))
    begun = Cursor(head=NOON - 4 * HOUR, settled=NOON - 4 * HOUR - 10 * MINUTE, settled_at=NOON - 4 * HOUR)
    setting.positions.position = ReadingPosition(connection=ACME, cursors={LABELS: begun}, last_poll_at=setting.at)
    setting.run(*(a_webhook(number) for number in range(3)))
    spans = [span for job in setting.ledger.jobs.values() for span in job.unread[LABELS]]
    assert min(span.start for span in spans) == begun.settled
    assert max(span.end for span in spans) == setting.at - 10 * MINUTE


def test_each_order_that_cannot_be_shown_at_the_beginning_of_a_look_is_told() -> None:
    shop = Shop()
    (good,) = shop.rig.sold()
    for number in range(1, 4):
        shop.rig.at = shop.at + 30 * MINUTE
        shop.account.broken_rows |= set(shop.rig.sold())
        shop.account.edit_order(good, {"internalNotes": f"{number}"}, at=shop.rig.at + MINUTE)
        shop.later(60 * MINUTE)
    assert len({each.subject for each in shop.ledger.parked}) == len(shop.account.broken_rows)


def test_rows_that_cannot_be_shown_every_few_minutes_of_a_month_fill_no_position() -> None:
    setting = Setting()
    for number in range(5000):
        after = NOON + number * MINUTE
        gap = Gap(stream=LABELS, after=after, before=after + MINUTE)
        setting.positions.position = setting.positions.position.with_gaps([gap], NOON)
    PositionStore(MemoryTable()).save(setting.positions.position)
    assert gap in setting.positions.position.gaps
