from __future__ import annotations

import itertools

import pytest

from functions.flows.to_ifs.place import Placement, place
from functions.model.outcomes import Reason
from functions.model.records import Candidate
from functions.model.shipment import Item, Shipment, ShipmentKey
from functions.model.state import PlacedBy, Placing
from tests.equipment.builders import a_candidate, a_key, a_record, a_shipment, voided

ORDER = "P1001"


def label(number: int, *items: tuple[str, int]) -> Shipment:
    return a_shipment(number, items=tuple(Item(sku=sku, quantity=quantity) for sku, quantity in items))


def on(record_id: str, *shipments: Shipment, by: PlacedBy = "goods") -> dict[ShipmentKey, Placing]:
    return {shipment.key: Placing(key=a_key(record_id), by=by) for shipment in shipments}


def records(placement: Placement) -> dict[ShipmentKey, str]:
    return {shipment: placing.key.id for shipment, placing in placement.placed.items()}


def foreign(candidate: Candidate) -> Candidate:
    """Read only because it is remembered: nothing of the order is on it."""
    return candidate.model_copy(update={"is_own": False})


BOLTS = a_candidate(a_record("1"), (ORDER, "BOLT", 2))
NUTS = a_candidate(a_record("2"), (ORDER, "NUT", 5))
MIXED = a_candidate(a_record("3"), (ORDER, "BOLT", 2), (ORDER, "NUT", 5))
TWIN = a_candidate(a_record("9"), (ORDER, "BOLT", 2))


# --- the only record


@pytest.mark.parametrize(
    "shipments",
    [
        pytest.param([label(1, ("BOLT", 2))], id="its goods"),
        pytest.param([label(1, ("bolt", 9))], id="more than there are, in another case"),
        pytest.param([label(1), label(2)], id="no goods"),
        pytest.param([label(1, ("OTHER", 9)), label(2)], id="goods that no record holds"),
        pytest.param([label(1, ("A", 1)), label(2, ("B", 1))], id="goods that tell nothing"),
        pytest.param([label(1, ("OTHER", 1), ("BOLT", 1)), label(2, ("BOLT", 1))], id="some of its goods"),
    ],
)
def test_the_only_record_takes_every_shipment_that_contradicts_nothing(shipments: list[Shipment]) -> None:
    assert set(records(place(shipments, [BOLTS], {})).values()) == {"1"}
    assert len(place(shipments, [BOLTS], {}).placed) == len(shipments)


def test_a_parcel_whose_goods_are_not_there_while_anothers_are_waits_for_a_record_of_its_own() -> None:
    bolt, nut = label(1, ("BOLT", 2)), label(2, ("NUT", 5))
    first = place([bolt, nut], [BOLTS], {})
    assert (records(first), first.unplaced) == ({bolt.key: "1"}, {nut.key: Reason.NOT_IN_IFS_YET})
    later = place([bolt, nut], [BOLTS, NUTS], first.placed)
    assert records(later) == {bolt.key: "1", nut.key: "2"}


def test_the_only_record_is_judged_anew_when_another_appears_that_holds_the_goods() -> None:
    nut = label(1, ("NUT", 5))
    first = place([nut], [BOLTS], {})
    assert first.placed == on("1", nut, by="only")
    assert records(place([nut], [BOLTS, NUTS], first.placed)) == {nut.key: "2"}


def test_a_record_is_not_the_only_one_while_a_remembered_one_is_hidden() -> None:
    known, new = label(1, ("NUT", 5)), label(2, ("BOLT", 9))
    result = place([known, new], [BOLTS], on("2", known))
    assert (records(result), result.unseen) == ({known.key: "2"}, frozenset({known.key}))
    assert result.unplaced == {new.key: Reason.NOT_IN_IFS_YET}


def test_a_record_of_one_of_several_orders_behind_the_reference_is_not_the_only_one() -> None:
    one = BOLTS.model_copy(update={"orders": (ORDER, "P2002")})
    other = label(1, ("NUT", 5))
    assert place([other], [one], {}).unplaced == {other.key: Reason.AMBIGUOUS_TARGET}
    assert records(place([label(1, ("BOLT", 2))], [one], {})) == {other.key: "1"}


def test_no_record_means_ifs_does_not_know_it_yet() -> None:
    assert place([label(1)], [], {}).unplaced == {label(1).key: Reason.NOT_IN_IFS_YET}


def test_a_cancelled_record_is_no_record_whether_it_is_remembered_or_not() -> None:
    cancelled = a_candidate(a_record("1", is_cancelled=True))
    for remembered in ({}, on("1", label(1))):
        result = place([label(1)], [cancelled], remembered)
        assert (result.placed, result.unplaced) == ({}, {label(1).key: Reason.NOT_IN_IFS_YET})


# --- goods


@pytest.mark.parametrize("order", list(itertools.permutations([label(1, ("BOLT", 2)), label(2, ("NUT", 5))])))
def test_goods_decide_between_records_in_any_order(order: tuple[Shipment, ...]) -> None:
    result = place(order, [BOLTS, NUTS], {})
    assert result.placed == {**on("1", label(1)), **on("2", label(2))}


def test_an_exact_fit_beats_a_larger_record_and_frees_the_next() -> None:
    result = place([label(1, ("BOLT", 2)), label(2, ("BOLT", 2), ("NUT", 5))], [BOLTS, MIXED], {})
    assert records(result) == {label(1).key: "1", label(2).key: "3"}


def test_two_records_alike_are_never_guessed_between() -> None:
    assert place([label(1, ("BOLT", 2))], [BOLTS, TWIN], {}).unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}


def test_a_label_without_items_is_never_guessed_between() -> None:
    assert place([label(1)], [BOLTS, NUTS], {}).unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}


def test_the_records_to_choose_from_are_told() -> None:
    assert place([label(1, ("BOLT", 2))], [BOLTS, TWIN], {}).choices == {label(1).key: ("1", "9")}


def test_goods_already_shipped_in_another_parcel_are_used_up() -> None:
    first, second = label(1, ("BOLT", 2)), label(2, ("BOLT", 2))
    assert records(place([first, second], [BOLTS, TWIN], on("1", first)))[second.key] == "9"


def test_another_orders_lines_are_not_the_shipments_goods() -> None:
    shared = a_candidate(a_record("2"), (ORDER, "NUT", 5), ("P2002", "BOLT", 2))
    result = place([label(1, ("BOLT", 2))], [a_candidate(a_record("1"), (ORDER, "BOLT", 4)), shared], {})
    assert records(result) == {label(1).key: "1"}


# --- what is remembered


def test_a_record_that_was_decided_by_goods_is_kept_when_another_like_it_appears() -> None:
    known = label(1, ("BOLT", 2))
    assert place([known], [BOLTS, TWIN], on("1", known)).placed == on("1", known)


def test_a_shipment_follows_its_goods_when_their_line_moves_to_another_record() -> None:
    nut = label(1, ("NUT", 5))
    assert records(place([nut], [BOLTS, NUTS], on("1", nut))) == {nut.key: "2"}


def test_a_record_that_is_the_orders_no_more_is_left() -> None:
    bolt = label(1, ("BOLT", 2))
    left = foreign(a_candidate(a_record("1"), ("P2002", "BOLT", 2)))
    assert records(place([bolt], [left, TWIN], on("1", bolt))) == {bolt.key: "9"}
    alone = place([bolt], [left], on("1", bolt))
    assert (alone.placed, alone.unplaced) == ({}, {bolt.key: Reason.NOT_IN_IFS_YET})


def test_what_ifs_hides_keeps_its_shipments_voided_or_not() -> None:
    for shipment in (label(1, ("BOLT", 2)), voided(label(1, ("BOLT", 2)))):
        result = place([shipment], [], on("1", shipment))
        assert (result.placed, result.unplaced, result.unseen) == (on("1", shipment), {}, frozenset({shipment.key}))


def test_a_record_of_whose_lines_ifs_shows_none_keeps_its_shipments_unless_they_belong_elsewhere() -> None:
    bare = foreign(a_candidate(a_record("1"))).model_copy(update={"lines": (), "is_bare": True})
    known = label(1, ("BOLT", 2))
    result = place([known], [bare], on("1", known))
    assert (result.placed, result.unplaced, result.unseen) == (on("1", known), {}, frozenset({known.key}))
    assert place([voided(known)], [bare], on("1", known)).placed == {}, "what is taken back is taken out"
    bolt = label(1, ("BOLT", 2))
    assert records(place([bolt], [bare, TWIN], on("1", bolt))) == {bolt.key: "9"}
    untold = label(1)  # of its goods, that is: the line that moved is all there is
    assert records(place([untold], [bare, TWIN], on("1", untold))) == {untold.key: "9"}


def test_a_shipment_of_a_hidden_record_whose_goods_are_with_certainty_on_another_goes_there() -> None:
    known = label(1, ("NUT", 5))
    result = place([known], [NUTS, BOLTS], on("1000", known))
    assert (records(result), result.unseen) == ({known.key: "2"}, frozenset())


def test_a_voided_label_keeps_its_record_and_frees_its_goods() -> None:
    old, new = voided(label(1, ("BOLT", 2))), label(2, ("BOLT", 2))
    result = place([old, new], [BOLTS, NUTS], on("1", old))
    assert records(result) == {old.key: "1", new.key: "1"}


def test_a_voided_label_never_placed_stays_unplaced_without_a_fault() -> None:
    result = place([voided(label(1, ("BOLT", 2)))], [BOLTS, NUTS], {})
    assert (result.placed, result.unplaced) == ({}, {})


# --- what is named


def named(candidate: Candidate, *shipments: Shipment) -> Candidate:
    return candidate.model_copy(update={"named_by": tuple(shipment.key for shipment in shipments)})


def test_a_shipment_that_names_its_record_goes_there_whatever_fits_better() -> None:
    result = place([label(1, ("BOLT", 2)), label(2, ("BOLT", 2))], [BOLTS, named(NUTS, label(1))], {})
    assert result.placed == {**on("2", label(1), by="named"), **on("1", label(2))}


def test_a_shipment_that_names_its_record_leaves_the_one_it_was_placed_on() -> None:
    result = place([label(1, ("BOLT", 2))], [BOLTS, named(NUTS, label(1))], on("1", label(1)))
    assert records(result) == {label(1).key: "2"}


def test_a_record_named_by_another_shipment_alone_is_nobody_elses() -> None:
    only = named(foreign(BOLTS), label(1))
    result = place([label(1), label(2)], [only], {})
    assert (records(result), result.unplaced) == ({label(1).key: "1"}, {label(2).key: Reason.NOT_IN_IFS_YET})


def test_a_shipment_that_names_two_records_is_never_guessed() -> None:
    both = [named(foreign(candidate), label(1)) for candidate in (BOLTS, NUTS)]
    result = place([label(1)], [*both, TWIN], {})
    assert result.unplaced == {label(1).key: Reason.AMBIGUOUS_TARGET}
    assert result.choices == {label(1).key: ("1", "2")}


# --- whose records they are


def test_orders_of_one_reference_on_one_record_do_not_share_it() -> None:
    one = a_candidate(a_record("1"), ("P1", "BOLT", 2), ("P2", "NUT", 1)).model_copy(update={"orders": ("P1", "P2")})
    assert not one.carries_others
    assert one.model_copy(update={"orders": ("P1",)}).carries_others


def test_a_record_that_is_only_named_is_shared_when_it_carries_several_orders_lines() -> None:
    two = a_candidate(a_record("1"), ("P8", "BOLT", 2), ("P9", "NUT", 1))
    one = a_candidate(a_record("1"), ("P9", "NUT", 1))
    assert [foreign(candidate).carries_others for candidate in (two, one)] == [True, False]


def test_a_record_of_another_company_is_not_written() -> None:
    result = place([label(1, ("BOLT", 2))], [BOLTS], {}, lambda record: record.site == "CHI2")
    assert result.unplaced == {label(1).key: Reason.WRONG_COMPANY}


def test_a_stated_record_of_another_company_is_not_written_and_no_other_is_taken_for_it() -> None:
    theirs = named(foreign(NUTS), label(1))
    result = place([label(1), label(2)], [BOLTS, theirs], {}, lambda record: record.key.id == "1")
    assert (records(result), result.unplaced) == ({label(2).key: "1"}, {label(1).key: Reason.WRONG_COMPANY})


# --- the site that a label leaves from

SITES = {7: "CHI", 8: "DAL"}
AT_CHI = a_candidate(a_record("1", site="CHI"), (ORDER, "BOLT", 2))
AT_DAL = a_candidate(a_record("2", site="DAL"), (ORDER, "BOLT", 2))


def from_warehouse(number: int, warehouse: int | None, *items: tuple[str, int]) -> Shipment:
    return label(number, *items).model_copy(update={"warehouse_id": warehouse})


def test_where_the_goods_tell_nothing_the_warehouse_of_the_label_tells_the_site() -> None:
    first, second = from_warehouse(1, 8, ("BOLT", 2)), from_warehouse(2, 7, ("BOLT", 2))
    placement = place([first, second], [AT_CHI, AT_DAL], {}, sites=SITES)
    assert placement.placed == {**on("2", first, by="site"), **on("1", second, by="site")}
    assert place([first, second], [AT_CHI, AT_DAL], placement.placed, sites={}).placed == placement.placed


@pytest.mark.parametrize(
    ("warehouse", "sites"),
    [
        pytest.param(9, SITES, id="a warehouse of no site"),
        pytest.param(None, SITES, id="no warehouse"),
        pytest.param(7, {}, id="nothing is aligned"),
        pytest.param(7, {7: "SEA"}, id="a site without a record"),
    ],
)
def test_an_unknown_site_leaves_the_choice_to_a_person(warehouse: int | None, sites: dict[int, str]) -> None:
    shipment = from_warehouse(1, warehouse, ("BOLT", 2))
    assert place([shipment], [AT_CHI, AT_DAL], {}, sites=sites).unplaced == {shipment.key: Reason.AMBIGUOUS_TARGET}


def test_two_records_of_one_site_are_not_told_apart_by_it() -> None:
    shipment = from_warehouse(1, 7, ("BOLT", 2))
    twin = a_candidate(a_record("9", site="CHI"), (ORDER, "BOLT", 2))
    assert not place([shipment], [AT_CHI, twin, AT_DAL], {}, sites=SITES).placed


def test_goods_say_more_than_the_warehouse() -> None:
    bolts, nuts = from_warehouse(1, 8, ("BOLT", 2)), from_warehouse(2, 8, ("NUT", 5))
    with_nuts = a_candidate(a_record("2", site="DAL"), (ORDER, "NUT", 5))
    assert records(place([bolts, nuts], [AT_CHI, with_nuts], {}, sites=SITES)) == {bolts.key: "1", nuts.key: "2"}
    elsewhere = from_warehouse(3, 8, ("BOLT", 9))
    assert not place([elsewhere], [AT_CHI, with_nuts], {}, sites=SITES).placed


def test_the_only_record_takes_a_label_of_another_site_s_warehouse() -> None:
    shipment = from_warehouse(1, 8, ("BOLT", 2))
    assert place([shipment], [AT_CHI], {}, sites=SITES).placed == on("1", shipment, by="only")


# --- what a person chose


def chosen(record_id: str, shipment: Shipment, *, instead_of: tuple[str, ...]) -> dict[ShipmentKey, Placing]:
    return {shipment.key: Placing(key=a_key(record_id), by="person", instead_of=instead_of)}


def test_what_a_person_chose_waits_out_of_sight_while_the_goods_fit_what_he_did_not_choose() -> None:
    bolt = label(1, ("BOLT", 2))
    result = place([bolt], [BOLTS], chosen("9", bolt, instead_of=("1",)))
    assert (records(result), result.unseen) == ({bolt.key: "9"}, frozenset({bolt.key}))


@pytest.mark.parametrize(
    ("shown", "instead_of"),
    [
        pytest.param([BOLTS], (), id="a record that he never saw"),
        pytest.param([BOLTS, a_candidate(a_record("9", is_cancelled=True))], ("1",), id="what he chose was cancelled"),
    ],
)
def test_what_a_person_chose_goes_where_its_goods_are_once_his_word_is_spent(
    shown: list[Candidate], instead_of: tuple[str, ...]
) -> None:
    bolt = label(1, ("BOLT", 2))
    assert records(place([bolt], shown, chosen("9", bolt, instead_of=instead_of))) == {bolt.key: "1"}


def test_what_a_person_denied_takes_no_goods_of_another_parcel() -> None:
    chosen_elsewhere, other = label(1, ("BOLT", 2)), label(2, ("BOLT", 2))
    result = place([chosen_elsewhere, other], [BOLTS], chosen("9", chosen_elsewhere, instead_of=("1",)))
    assert records(result) == {chosen_elsewhere.key: "9", other.key: "1"}


def test_a_person_may_choose_again_among_the_others() -> None:
    bolt = label(1, ("BOLT", 2))
    result = place([bolt], [BOLTS, TWIN, NUTS], chosen("9", bolt, instead_of=("1",)))
    assert (records(result), result.choices) == ({bolt.key: "9"}, {bolt.key: ("1", "2")})
