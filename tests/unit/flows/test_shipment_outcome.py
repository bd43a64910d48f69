from __future__ import annotations

import itertools

import pytest

from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.shipment_outcome import SEVERITY, shipment_outcome, unplaced, worst
from functions.model.outcomes import Outcome, Reason
from functions.model.state import FieldOutcome, Placing, ShipmentState
from tests.equipment.builders import a_key, a_shipment

HERE = Placing(key=a_key("42"), by="goods")
KEY = a_shipment().key
KNOWN = ShipmentState(
    shipment=a_shipment(), outcome=Outcome.PARKED, reason=Reason.AMBIGUOUS_TARGET, choices=("42", "43")
)

# The order in which a shipment shows its fields, the gravest first.
GRAVEST_FIRST = ["parked", "retry", "would_write", "written", "kept", "unchanged", "waiting", "skipped"]


def field(outcome: Outcome, reason: Reason | None = None) -> FieldOutcome:
    return FieldOutcome(outcome=outcome, reason=reason)


def test_every_outcome_has_its_place() -> None:
    assert [str(outcome) for outcome in SEVERITY] == GRAVEST_FIRST
    assert set(SEVERITY) == set(Outcome)


@pytest.mark.parametrize(("graver", "lighter"), list(itertools.pairwise(GRAVEST_FIRST)))
def test_a_shipment_shows_its_gravest_field_in_whatever_order_they_come(graver: str, lighter: str) -> None:
    fields = [field(Outcome(graver), Reason.VOIDED), field(Outcome(lighter), Reason.NOT_DELIVERED_YET)]
    for own in (fields, fields[::-1]):
        assert worst(own) == (Outcome(graver), Reason.VOIDED)


def test_a_record_of_which_no_field_was_touched_is_unchanged_and_says_why() -> None:
    assert worst([]) == (Outcome.UNCHANGED, None)
    skipped = field(Outcome.SKIPPED, Reason.CARRIER_UNMAPPED)
    assert worst([skipped]) == (Outcome.UNCHANGED, Reason.CARRIER_UNMAPPED)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, (Outcome.UNCHANGED, Reason.VOIDED)),
        (Reason.NOT_IN_IFS_YET, (Outcome.WAITING, Reason.NOT_IN_IFS_YET)),
        (Reason.AMBIGUOUS_TARGET, (Outcome.PARKED, Reason.AMBIGUOUS_TARGET)),
        (Reason.WRONG_COMPANY, (Outcome.PARKED, Reason.WRONG_COMPANY)),
    ],
)
def test_a_shipment_without_a_record_waits_or_is_parked(
    reason: Reason | None, expected: tuple[Outcome, Reason | None]
) -> None:
    assert unplaced(reason) == expected


def test_an_outcome_is_of_the_decision_just_made_and_never_of_an_earlier_one() -> None:
    placement = Placement(placed={KEY: HERE})
    ended = shipment_outcome(KNOWN, KEY, placement, {HERE.key: [field(Outcome.WRITTEN)]})
    assert (ended.outcome, ended.reason, ended.placing, ended.choices) == (Outcome.WRITTEN, None, HERE, ())


def test_a_shipment_of_a_record_that_is_not_shown_keeps_its_place_and_waits() -> None:
    ended = shipment_outcome(KNOWN, KEY, Placement(placed={KEY: HERE}), {})
    assert (ended.outcome, ended.reason, ended.placing) == (Outcome.WAITING, Reason.NOT_IN_IFS_YET, HERE)


def test_a_person_is_told_what_there_is_to_choose_from() -> None:
    torn = Placement(placed={}, unplaced={KEY: Reason.AMBIGUOUS_TARGET}, choices={KEY: ("42", "43")})
    assert shipment_outcome(KNOWN, KEY, torn, {}).choices == ("42", "43")
    shared = [field(Outcome.PARKED, Reason.SHARED_TARGET)]
    assert shipment_outcome(KNOWN, KEY, Placement(placed={KEY: HERE}), {HERE.key: shared}).choices == ("42",)
    anew = Placement(placed={KEY: HERE}, choices={KEY: ("41",)})
    assert shipment_outcome(KNOWN, KEY, anew, {HERE.key: shared}).choices == ("42", "41")


def test_a_shipment_shows_the_fields_of_its_own_record_alone() -> None:
    fields = {HERE.key: [field(Outcome.WRITTEN)], a_key("43"): [field(Outcome.PARKED, Reason.REFUSED_BY_IFS)]}
    assert shipment_outcome(KNOWN, KEY, Placement(placed={KEY: HERE}), fields).outcome is Outcome.WRITTEN
