"""What an order's writer does through either of ShipStation's APIs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.equipment.writer_desk import WRITERS, WriterDesk, remembered


@pytest.fixture(params=WRITERS)
def desk(request: pytest.FixtureRequest) -> WriterDesk:
    return WriterDesk(request.param)


def test_many_are_read_by_one_list_of_more_than_one_page(desk: WriterDesk) -> None:
    desk.account.switches.largest_page = 40
    pushed = desk.make(100)
    before = desk.sent("GET")
    found = desk.writer.read(pushed)
    assert {key: order and order.order_id for key, order in found.items()} == {
        each.order_key: each.order_id for each in pushed
    }
    assert desk.sent("GET") - before == 4  # three pages and the empty one


@pytest.mark.parametrize(
    ("api", "name"),
    [
        *(("v1", name) for name in ("createdatestart", "createdateend", "storeid", "sortby", "pagesize")),
        *(("v2", name) for name in ("created_at_start", "created_at_end", "store_id", "sort_by", "page_size")),
    ],
)
def test_a_filter_that_is_ignored_shows_more_and_never_others(api: str, name: str) -> None:
    desk = WriterDesk(api)
    pushed = desk.make(6)
    desk.account.add_order("OTHER", at=desk.rig.at - timedelta(days=30))
    desk.account.switches.ignored_filters = frozenset({name})
    found = desk.writer.read(pushed)
    assert {each.order_key for each in pushed} == set(found)
    assert None not in found.values()


def test_a_list_that_shows_one_page_over_and_over_is_asked_twice_and_proves_nothing(desk: WriterDesk) -> None:
    pushed = desk.make(6)
    desk.account.delete_order(int(pushed[2].order_id or 0))
    desk.account.switches.ignored_filters = frozenset({"page"})
    before = desk.sent("GET")
    assert set(desk.writer.read(pushed)) == {each.order_key for each in pushed} - {pushed[2].order_key}
    assert desk.sent("GET") - before == 2


def test_what_a_whole_list_does_not_show_is_not_there(desk: WriterDesk) -> None:
    pushed = desk.make(5)
    desk.account.delete_order(int(pushed[2].order_id or 0))
    assert [key for key, order in desk.writer.read(pushed).items() if order is None] == [pushed[2].order_key]
    assert desk.writer.read_one(pushed[2]) is None
    assert desk.writer.read_one(remembered(99)) is None
