from __future__ import annotations

import itertools

import pytest

from functions.flows.to_ifs.place import assign
from functions.model.outcomes import Reason
from functions.model.shipment import Item, Shipment
from tests.equipment.builders import a_candidate, a_record, a_shipment, voided

ORDER = "P1001"


def label(number: int, *items: tuple[str, int]) -> Shipment:
    return a_shipment(number, items=tuple(Item(sku=sku, quantity=quantity) for sku, quantity in items))


BOLTS = a_candidate(a_record("s/1"), (ORDER, "BOLT", 2))
NUTS = a_candidate(a_record("s/2"), (ORDER, "NUT", 5))
MIXED = a_candidate(a_record("s/3"), (ORDER, "BOLT", 2), (ORDER, "NUT", 5))


def test_the_only_record_takes_every_shipment_whatever_it_holds() -> None:
    result = assign([label(1, ("OTHER", 9)), label(2)], [BOLTS], {})
    assert set(result.targets.values()) == {"s/1"}


def test_no_record_means_ifs_does_not_know_it_yet() -> None:
    assert assign([label(1)], [], {}).unplaced == {label(1).key: Reason.NOT_IN_IFS_YET}


def test_a_cancelled_record_is_no_record() -> None:
    cancelled = a_candidate(a_record("s/1", is_cancelled=True))
    assert assign([label(1)], [cancelled], {label(1).key: "s/1"}).unplaced == {label(1).key: Reason.NOT_IN_IFS_YET}


@pytest.mark.parametrize("order", list(itertools.permutations([label(1, ("BOLT", 2)), label(2, ("NUT", 5))])))
def test_goods_decide_between_records_in_any_order(order: tuple[Shipment, ...]) -> None:
    assert assign(order, [BOLTS, NUTS], {}).targets == {label(1).key: "s/1", label(2).key: "s/2"}


def test_an_exact_fit_beats_a_larger_record_and_frees_the_next() -> None:
    result = assign([label(1, ("BOLT", 2)), label(2, ("BOLT", 2), ("NUT", 5))], [BOLTS, MIXED], {})
    assert result.targets == {label(1).key: "s/1", label(2).key: "s/3"}


def test_two_records_alike_are_never_guessed_between() -> None:
    twin = a_candidate(a_record("s/9"), (ORDER, "BOLT", 2))
    assert assign([label(1, ("BOLT", 2))], [BOLTS, twin], {}).unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}


def test_a_label_without_items_is_never_guessed_between() -> None:
    assert assign([label(1)], [BOLTS, NUTS], {}).unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}


def test_a_remembered_record_is_kept_when_another_appears() -> None:
    result = assign([label(1, ("NUT", 5))], [BOLTS, NUTS], {label(1).key: "s/1"})
    assert result.targets == {label(1).key: "s/1"}


def test_goods_already_shipped_in_another_parcel_are_used_up() -> None:
    twin = a_candidate(a_record("s/9"), (ORDER, "BOLT", 2))
    first, second = label(1, ("BOLT", 2)), label(2, ("BOLT", 2))
    assert assign([first, second], [BOLTS, twin], {first.key: "s/1"}).targets[second.key] == "s/9"


def test_a_voided_label_keeps_its_record_and_frees_its_goods() -> None:
    old, new = voided(label(1, ("BOLT", 2))), label(2, ("BOLT", 2))
    result = assign([old, new], [BOLTS, NUTS], {old.key: "s/1"})
    assert result.targets == {old.key: "s/1", new.key: "s/1"}


def test_a_voided_label_never_placed_stays_unplaced_without_a_fault() -> None:
    result = assign([voided(label(1, ("BOLT", 2)))], [BOLTS, NUTS], {})
    assert (result.targets, result.unplaced) == ({}, {})


def test_a_record_that_carries_another_order_is_parked_as_shared() -> None:
    shared = a_candidate(a_record("s/1"), (ORDER, "BOLT", 2), ("P2002", "NUT", 1))
    assert assign([label(1, ("BOLT", 2))], [shared], {}).unplaced == {label(1).key: Reason.SHARED_TARGET}


def test_the_records_to_choose_from_are_told() -> None:
    twin = a_candidate(a_record("s/9"), (ORDER, "BOLT", 2))
    assert assign([label(1, ("BOLT", 2))], [BOLTS, twin], {}).choices == {label(1).key: ("s/1", "s/9")}


def test_a_shipment_that_names_its_record_goes_there_whatever_fits_better() -> None:
    named = NUTS.model_copy(update={"named_by": (label(1).key,)})
    result = assign([label(1, ("BOLT", 2)), label(2, ("BOLT", 2))], [BOLTS, named], {})
    assert result.targets == {label(1).key: "s/2", label(2).key: "s/1"}


def test_a_record_named_by_another_shipment_alone_is_nobody_elses() -> None:
    named = a_candidate(a_record("s/1"), (ORDER, "BOLT", 2)).model_copy(
        update={"orders": (), "named_by": (label(1).key,)}
    )
    result = assign([label(1), label(2)], [named], {})
    assert (result.targets, result.unplaced) == ({label(1).key: "s/1"}, {label(2).key: Reason.NOT_IN_IFS_YET})


def test_a_shipment_that_names_two_records_is_never_guessed() -> None:
    both = [c.model_copy(update={"orders": (), "named_by": (label(1).key,)}) for c in (BOLTS, NUTS)]
    result = assign([label(1)], both, {})
    assert result.unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}
    assert result.choices == {label(1).key: ("s/1", "s/2")}


def test_orders_of_one_reference_on_one_record_do_not_share_it() -> None:
    one = a_candidate(a_record("s/1"), ("P1", "BOLT", 2), ("P2", "NUT", 1)).model_copy(update={"orders": ("P1", "P2")})
    assert assign([label(1)], [one], {}).targets == {label(1).key: "s/1"}


def test_a_record_of_another_company_is_not_written() -> None:
    result = assign([label(1, ("BOLT", 2))], [BOLTS], {}, lambda record: record.site == "CHI2")
    assert result.unplaced == {label(1).key: Reason.WRONG_COMPANY}
