from __future__ import annotations

from typing import Any

import pytest

from functions.flows.preflight.named_stores import named_stores
from functions.model.sample import Store
from tests.equipment.builders import a_connection

WEB, SHOP, OLD = Store(store_id=100001, name="Web"), Store(store_id=100002, name=""), Store(store_id=9, name="Old")
ALL = (WEB, SHOP, OLD.model_copy(update={"is_active": False}))


def told(stores: Any, account: tuple[Store, ...] = ALL, **more: Any) -> list[str]:
    found = named_stores(account, a_connection(stores=stores, **more))
    return [f"{f.severity} {f.subject}: {f.sentence} {f.advice}".strip() for f in found]


def test_an_id_that_the_account_does_not_have_is_a_misfit_with_the_nearest_one() -> None:
    assert told({"include": [100001, 100002, 1000001]})[0] == (
        "misfit stores.include: The account has no store 1000001. Nearest: 100001. "
        "It has 100001 (Web), 100002, 9 (Old)."
    )


@pytest.mark.parametrize(
    ("stores", "key"),
    [
        ({"include": [5]}, "stores.include"),
        ({"exclude": [5]}, "stores.exclude"),
        ({"5": {"mode": "off"}}, "stores.5"),
    ],
    ids=["include", "exclude", "table"],
)
def test_the_key_that_names_the_store_is_told(stores: Any, key: str) -> None:
    assert told(stores)[0].startswith(f"misfit {key}: The account has no store 5.")


def test_a_store_with_a_table_is_told_once() -> None:
    assert sum("no store 5" in line for line in told({"include": [5], "5": {"mode": "off"}})) == 1


@pytest.mark.parametrize(
    ("stores", "fate"),
    [
        ({"include": [100001]}, "skipped as store_excluded: 100002."),
        ({"exclude": [100001]}, "written by the connection's own rules: 100002."),
        ({"100001": {"mode": "off"}}, "written by the connection's own rules: 100002."),
        ({}, "written by the connection's own rules: 100001 (Web), 100002."),
    ],
    ids=["include", "exclude", "table", "no store named"],
)
def test_a_store_that_the_file_does_not_name_is_told_with_its_fate(stores: Any, fate: str) -> None:
    assert told(stores) == [f"note stores: Not named in the file, and hence {fate} Name them in include or exclude."]


def test_an_account_with_one_store_needs_no_name() -> None:
    assert told({}, (WEB,)) == []


def test_nothing_is_said_where_no_store_is_listed() -> None:
    assert told({"include": [5]}, ()) == []


def test_an_inactive_store_is_told_where_it_is_ours() -> None:
    everything = {"include": [100001, 100002, 9]}
    assert told(everything) == [
        "note stores.include: Store 9 (Old) is inactive in ShipStation: nothing is shipped from it."
    ]
    assert told({"include": [100001, 100002], "exclude": [9]}) == []


PUSHING: dict[str, Any] = {
    "orders": {"store_id": 100003, "shipment_id_in": "custom_field_2"},
    "shipstation": {"shipment_id": {"source": "custom_field_2"}},
    "ifs": {
        "base_url": "https://ifs.example.com",
        "token_url": "https://ifs.example.com/token",
        "company": "10",
        "targets": [{"profile": "shipment_header", "find": ["shipment_id"]}],
    },
}


def test_the_store_of_new_orders_is_compared_too_and_gives_no_other_store_a_fate() -> None:
    lines = told({}, (WEB,), **PUSHING)
    assert lines == ["misfit orders.store_id: The account has no store 100003. Nearest: 100001. It has 100001 (Web)."]


def test_an_inactive_store_of_new_orders_is_told_under_its_own_key() -> None:
    closed = Store(store_id=100003, name="Push", is_active=False)
    stores = {"include": [100001, 100002, 100003]}
    lines = told(stores, (WEB, SHOP, closed), **PUSHING)
    assert [line.partition(":")[0] for line in lines] == ["note stores.include", "note orders.store_id"]
