"""Lists of reference data whose pages come over and over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.shipstation.v1.customers import PAGE, ShipStationCustomers
from functions.shipstation.v2.inventory import InventoryLevels
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON
from tests.equipment.http import json_response

LONG_AGO = NOON - timedelta(days=30)
AT = "2026-03-05T04:00:00"


def customers(number: int) -> list[dict[str, Any]]:
    return [{"customerId": n, "modifyDate": AT} for n in range(1, number + 1)]


def stock(number: int, page: int) -> dict[str, Any]:
    rows = [{"sku": f"P{n}", "on_hand": n} for n in range(number)]
    return {"inventory": rows, "links": {"next": {"href": f"https://api.shipstation.com/v2/inventory?page={page}"}}}


def test_customers_that_come_over_and_over_on_a_narrow_page_are_all_there_are() -> None:
    rig = Rig()
    rig.canned += [json_response(200, {"customers": customers(3)})] * 9
    assert [each.id for each in ShipStationCustomers(rig.client).changed_since(LONG_AGO)] == ["1", "2", "3"]
    assert len(rig.sent) == 2


def by_customers(rig: Rig) -> object:
    rig.canned += [json_response(200, {"customers": customers(PAGE)})] * 9
    return ShipStationCustomers(rig.client).changed_since(LONG_AGO)


def by_stock(rig: Rig) -> object:
    rig.canned += [json_response(200, stock(2, page)) for page in range(2, 11)]
    return InventoryLevels(rig.client).levels("se-7")


def by_empty_stock(rig: Rig) -> object:
    rig.canned += [json_response(200, stock(0, page)) for page in range(2, 11)]
    return InventoryLevels(rig.client).levels("se-7")


@pytest.mark.parametrize("read", [by_customers, by_stock, by_empty_stock])
def test_where_more_may_stand_behind_such_a_page_it_is_told_after_two(read: Callable[[Rig], object]) -> None:
    rig = Rig()
    with pytest.raises(Retryable, match="ignores which page is asked for"):
        read(rig)
    assert len(rig.sent) == 2
