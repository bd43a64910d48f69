"""The comparison's own reading of the past, where pages are narrower than asked for and one row breaks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.model.cursors import Span
from functions.shipstation.client import Answer
from functions.shipstation.reading.api import Api, Listing
from functions.shipstation.reading.parcel_lists import MOST_BROKEN, ParcelLists
from functions.wiring.shipstation_account import APIS
from tests.equipment.account_fixture import Rig

ASKED = 6  # rows of a page


def small(listing: Listing) -> Listing:
    return replace(listing, fixed={**listing.fixed, listing.size_field: str(ASKED)})


def small_pages(api: Api) -> Api:
    return replace(api, labels=small(api.labels), fulfilments=small(api.fulfilments))


class Desk:
    def __init__(self, labels: int, *, cap: int = ASKED, total: str = "right") -> None:
        self.rig = Rig()
        self.rig.account.switches.largest_page, self.rig.account.switches.total = cap, total
        self.window = Span(start=self.rig.at - timedelta(hours=1), end=self.rig.at + timedelta(hours=1))
        self.labels = self.rig.shipped(self.rig.sold(labels))
        self.lists = ParcelLists(self.rig.client, small_pages(APIS["v1"]))

    def read(self) -> list[int]:
        return sorted(int(parcel.key[1:]) for parcel in self.lists.made(self.window))


@pytest.mark.parametrize("total", ["right", "zero", "text", "missing"])
@pytest.mark.parametrize("cap", [1, 2, 3, 4, 5, 6, 100])
@pytest.mark.parametrize("labels", [1, 5, 6, 7, 13])
def test_every_row_is_read_whatever_a_page_holds_and_the_counts_say(labels: int, cap: int, total: str) -> None:
    desk = Desk(labels, cap=cap, total=total)
    assert (desk.read(), desk.lists.unreadable) == (desk.labels, 0)


@pytest.mark.parametrize("empty", [1, 2, 3])
def test_an_empty_page_of_a_list_that_counts_more_is_asked_for_once_more(
    monkeypatch: pytest.MonkeyPatch, empty: int
) -> None:
    desk = Desk(13)
    get, asked = desk.rig.client.get, list[str]()

    def hollow(path: str, parameters: Mapping[str, str], *rest: Any, **more: Any) -> Answer | None:
        answer = get(path, parameters, *rest, **more)
        asked.append(path)
        if len(asked) == empty and answer is not None:
            return replace(answer, body={**answer.body, "shipments": []})
        return answer

    monkeypatch.setattr(desk.rig.client, "get", hollow)
    assert (desk.read(), desk.lists.unreadable) == (desk.labels, 0)


@pytest.mark.parametrize("total", ["right", "zero", "missing"])
@pytest.mark.parametrize("cap", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("broken", range(14))
def test_a_row_that_breaks_its_page_costs_the_comparison_that_row_alone(broken: int, cap: int, total: str) -> None:
    desk = Desk(14, cap=cap, total=total)
    desk.rig.account.broken_rows.add(desk.labels[broken])
    others = [label for label in desk.labels if label != desk.labels[broken]]
    assert (desk.read(), desk.lists.unreadable) == (others, 1)


@pytest.mark.parametrize("broken", [(0, 1), (0, 7), (5, 6), (12, 13), (1, 8, 13)], ids=str)
@pytest.mark.parametrize("cap", [1, 2, 3, 4, 6])
def test_so_do_several(broken: tuple[int, ...], cap: int) -> None:
    desk = Desk(14, cap=cap)
    desk.rig.account.broken_rows |= {desk.labels[place] for place in broken}
    others = [label for place, label in enumerate(desk.labels) if place not in broken]
    assert (desk.read(), desk.lists.unreadable) == (others, len(broken))


def test_where_it_cannot_be_told_how_many_they_are_the_comparison_waits() -> None:
    desk = Desk(14, cap=2)
    desk.rig.account.broken_rows |= {desk.labels[place] for place in (0, 3, 6, 9, 13)}
    with pytest.raises(Retryable, match="too many rows"):
        desk.read()


def test_more_of_them_are_an_outage() -> None:
    desk = Desk(14)
    desk.rig.account.broken_rows |= {*desk.labels[: MOST_BROKEN + 1]}
    with pytest.raises(Retryable, match="too many rows"):
        desk.read()
