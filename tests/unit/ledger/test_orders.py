from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import Permanent
from functions.ledger.items import NEWEST
from functions.model.audit import FieldChange
from functions.model.earlier import EarlierMemory
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, Item, Shipment
from functions.model.state import FieldOutcome, OrderRecord, Placing, ShipmentState
from tests.equipment.builders import NOON, a_key, a_shipment
from tests.equipment.memory_aws.table import LARGEST_ITEM_BYTES
from tests.unit.ledger.states import a_state, a_store, waiting


def test_what_was_saved_comes_back_whole() -> None:
    outcome = FieldOutcome(outcome=Outcome.WRITTEN, reason=Reason.TRACKING_DID_NOT_FIT)
    here, gone, left = a_key("42"), a_key("43"), a_key("44")
    known = a_state().shipments[a_shipment().key]
    state = a_state(
        delivered_to="f",
        records=(OrderRecord(key=here, fields={"tracking": outcome}, shown={"carrier": FieldChange(after="UPS")}),),
        debts=(gone,),
        past=(left,),
        waits={"delivery": NOON},
        attempts=3,
        waiting_for=Reason.NOT_DELIVERED_YET,
        next_attempt_at=NOON + timedelta(microseconds=1),
        attention=Reason.TRACKING_DID_NOT_FIT,
        earlier=EarlierMemory(fingerprint="e", placed={a_shipment().key: "shipment_header/42"}),
        stub={a_shipment(9).key: "m"},
    ).with_shipments(
        {
            a_shipment().key: known.ended(Outcome.WRITTEN, None, placing=Placing(key=here, by="goods")),
            a_shipment(2).key: ShipmentState(
                shipment=a_shipment(2), outcome=Outcome.SKIPPED, reason=Reason.WITHDRAWN, withdrawn_at=NOON
            ),
        }
    )
    store, _ = a_store(state)
    assert store.load([state.key]) == {state.key: state.stored()}


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
    ("shipment", "place", "is_recorded"),
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
    shipment: Shipment, place: str, *, is_recorded: bool
) -> None:
    store, _ = a_store(a_state(a_shipment(1), delivered_to="f"))
    assert store.unrecorded([shipment], lambda _: place) == ([] if is_recorded else [shipment])


def test_each_row_is_compared_with_the_target_of_its_own_store() -> None:
    own, other = a_shipment(1, store_id=7), a_shipment(2, store_id=8, reference="P2")
    store, _ = a_store(a_state(own, delivered_to="f7"), a_state(other, delivered_to="f8"))
    assert store.unrecorded([own, other], lambda s: f"f{s.store_id}") == []
    assert store.unrecorded([own, other], lambda _: "f7") == [other]


def test_a_parcel_of_two_orders_is_news_for_the_one_that_does_not_know_it() -> None:
    one, two = a_shipment(1, reference="P1"), a_shipment(1, reference="P2")
    store, _ = a_store(a_state(one, delivered_to="f"))
    assert store.unrecorded([one, two], lambda _: "f") == [two]


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


def test_what_was_withdrawn_is_news_when_it_is_shown_here_again_whatever_it_says() -> None:
    state = a_state(delivered_to="f")
    withdrawn = state.shipments[a_shipment().key].withdrawn(NOON)
    store, _ = a_store(state.with_shipments({a_shipment().key: withdrawn}))
    assert store.unrecorded([a_shipment()], lambda _: "f") == [a_shipment()]


GOODS = tuple(Item(sku=f"SKU-{number:06}", quantity=number) for number in range(1, 501))


@pytest.mark.parametrize(
    ("shipments", "is_too_large"),
    [
        pytest.param([a_shipment()], False, id="one parcel"),
        pytest.param([a_shipment(n) for n in range(200)], False, id="200 parcels"),
        pytest.param([a_shipment(n) for n in range(1200)], True, id="1,200 parcels"),
        pytest.param([a_shipment(n, items=GOODS) for n in range(10)], False, id="10 parcels of 500 goods"),
        pytest.param([a_shipment(n, items=GOODS) for n in range(21)], True, id="21 parcels of 500 goods"),
        pytest.param([a_shipment(items=(Item(sku="x" * 350_000, quantity=1),))], True, id="one endless SKU"),
    ],
)
def test_an_order_that_outgrows_an_item_is_known_before_it_is_saved_and_fits_as_a_stub(
    shipments: list[Shipment], *, is_too_large: bool
) -> None:
    store, table = a_store()
    state = a_state(*shipments, delivered_to="f")
    assert store.is_too_large(state) is is_too_large
    kept = state.folded() if is_too_large else state
    assert store.save(kept)
    assert len(table.everything().encode()) < LARGEST_ITEM_BYTES
    assert store.unrecorded(shipments, lambda _: "f") == []


def test_an_order_that_is_too_large_calls_for_attention_and_is_never_due() -> None:
    state = a_state(next_attempt_at=NOON).folded()
    assert (state.attention, state.next_attempt_at, state.shipments) == (Reason.ORDER_TOO_LARGE, None, {})
    store, table = a_store(state)
    assert store.due(ConnectionName("acme"), now=NOON, limit=10) == []
    assert [item["due_shard"].partition("#")[0] for item in table.scan(prefix="order#")] == ["attention"]


def test_an_order_saved_by_a_newer_version_is_refused() -> None:
    store, table = a_store(a_state())
    key = a_shipment().order_key
    (item,) = table.scan(prefix="order#")
    table.put({**item, "schema_version": NEWEST + 1})
    with pytest.raises(Permanent, match="newer version") as caught:
        store.load([key])
    assert caught.value.reason is Reason.LEDGER_VERSION
