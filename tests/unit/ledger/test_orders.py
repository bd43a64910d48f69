from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import Permanent
from functions.ledger.items import SCHEMA_VERSION
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, Item, Shipment
from functions.model.state import FieldState, TargetState
from tests.equipment.builders import NOON, a_shipment
from tests.unit.ledger.states import a_state, a_store, waiting


def test_what_was_saved_comes_back_whole() -> None:
    fields = {"tracking": FieldState(outcome=Outcome.WRITTEN, touched=True, intended="1Z0001")}
    state = a_state(
        fingerprint="f",
        targets={"shipment_header/42": TargetState(fields=fields, etag='W/"1"')},
        attempts=3,
        waiting_for=Reason.NOT_DELIVERED_YET,
        next_attempt_at=NOON + timedelta(microseconds=1),
        audit_days=(NOON.date(),),
    )
    store, _ = a_store(state)
    assert store.load([state.key]) == {state.key: state.model_copy(update={"revision": 1})}


def test_an_unknown_order_is_left_out() -> None:
    store, _ = a_store()
    assert store.load([a_shipment().order_key]) == {}


@pytest.mark.parametrize("seen", [0, 1, 3], ids=["as if it were new", "outdated", "from the future"])
def test_a_save_over_another_revision_stores_nothing(seen: int) -> None:
    first = a_state()
    store, _ = a_store(first, first.model_copy(update={"revision": 1}))
    assert not store.save(first.model_copy(update={"revision": seen, "attempts": 9}))
    assert (store.load([first.key])[first.key].revision, store.load([first.key])[first.key].attempts) == (2, 0)


def test_the_first_save_of_a_deleted_order_is_no_second_one() -> None:
    store, table = a_store()
    assert not store.save(a_state(revision=4))
    assert table.everything() == ""


@pytest.mark.parametrize(
    ("shipment", "fingerprint", "is_recorded"),
    [
        pytest.param(a_shipment(1), "f", True, id="the same row"),
        pytest.param(a_shipment(1, read_at=NOON + timedelta(days=2)), "f", True, id="the same row read later"),
        pytest.param(a_shipment(1, tracking_number="1Z9"), "f", False, id="a changed row"),
        pytest.param(a_shipment(1), "g", False, id="another target"),
        pytest.param(a_shipment(2), "f", False, id="another shipment of the order"),
        pytest.param(a_shipment(1, reference="P2002"), "f", False, id="another order"),
    ],
)
def test_a_row_is_dropped_only_if_it_was_recorded_for_this_target(
    shipment: Shipment, fingerprint: str, *, is_recorded: bool
) -> None:
    store, _ = a_store(a_state(a_shipment(1), fingerprint="f"))
    assert store.news([shipment], lambda _: fingerprint) == ([] if is_recorded else [shipment])


def test_each_row_is_compared_with_the_target_of_its_own_store() -> None:
    own, other = a_shipment(1, store_id=7), a_shipment(2, store_id=8, reference="P2")
    store, _ = a_store(a_state(own, fingerprint="f7"), a_state(other, fingerprint="f8"))
    assert store.news([own, other], lambda s: f"f{s.store_id}") == []
    assert store.news([own, other], lambda _: "f7") == [other]


def test_a_parcel_of_two_orders_is_news_for_the_one_that_does_not_know_it() -> None:
    one, two = a_shipment(1, reference="P1"), a_shipment(1, reference="P2")
    store, _ = a_store(a_state(one, fingerprint="f"))
    assert store.news([one, two], lambda _: "f") == [two]


def test_the_ledger_knows_of_which_shipstation_orders_it_holds_a_shipment() -> None:
    first, second = (
        a_state(a_shipment(1, order_id=501), a_shipment(2, order_id=None)),
        a_state(a_shipment(reference="P2")),
    )
    store, _ = a_store(first, second)
    missing = a_shipment(reference="P3").order_key
    asked = {501: first.key, 502: first.key, 500: second.key, 503: missing}
    assert store.holds(asked) == {501, 500}
    assert store.holds({}) == set()


def test_shipstation_orders_are_listed_once_in_order_and_are_no_part_of_the_state() -> None:
    state = a_state(*(a_shipment(n, order_id=order) for n, order in enumerate((9, 3, None, 9))))
    store, table = a_store(state)
    (item,) = table.scan(prefix="order#")
    assert item["order_ids"] == [3, 9]
    assert store.load([state.key])[state.key].shipments == state.shipments


def test_an_order_saved_before_its_shipstation_orders_were_listed_holds_none() -> None:
    store, table = a_store(a_state(a_shipment(order_id=500)))
    (item,) = table.scan(prefix="order#")
    table.put({name: value for name, value in item.items() if name != "order_ids"})
    assert store.holds({500: a_shipment().order_key}) == set()


def test_a_scan_finds_every_order_of_its_own_connection() -> None:
    others = [waiting("P3", 1, connection=name) for name in ("acme2", "other")]
    store, _ = a_store(waiting("P1", 1), a_state(a_shipment(reference="P2")), *others)
    assert {state.key.reference for state in store.scan(ConnectionName("acme"))} == {"P1", "P2"}


def test_an_order_that_outgrows_an_item_is_a_persons_business() -> None:
    store, table = a_store()
    with pytest.raises(Permanent) as caught:
        store.save(a_state(a_shipment(items=(Item(sku="x" * 350_000, quantity=1),))))
    assert caught.value.reason is Reason.ORDER_TOO_LARGE
    assert table.everything() == ""


def test_an_order_saved_by_a_newer_version_is_refused() -> None:
    store, table = a_store(a_state())
    key = a_shipment().order_key
    (item,) = table.scan(prefix="order#")
    table.put({**item, "schema_version": SCHEMA_VERSION + 1})
    with pytest.raises(Permanent, match="newer version") as caught:
        store.load([key])
    assert caught.value.reason is Reason.LEDGER_VERSION
