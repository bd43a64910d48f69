"""How a shipment ends, from how the fields of its record ended: each row is one case."""

from __future__ import annotations

from itertools import combinations

import pytest

from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.shipment_outcome import shipment_outcome, unplaced, worst
from functions.model.outcomes import Outcome, Reason
from functions.model.records import RecordKey
from functions.model.state import FieldOutcome, Placing, ShipmentState
from tests.equipment.builders import a_key, a_shipment

# A person's first, then what comes again by itself, then what was done; what waits hides nothing that was done.
GRAVEST_FIRST = (
    Outcome.PARKED,
    Outcome.RETRY,
    Outcome.WOULD_WRITE,
    Outcome.WRITTEN,
    Outcome.KEPT,
    Outcome.UNCHANGED,
    Outcome.WAITING,
)
PAIRS = list(combinations(GRAVEST_FIRST, 2))
HERE = Placing(key=a_key("19"), by="goods")
STATE = ShipmentState(
    shipment=a_shipment(), outcome=Outcome.RETRY, reason=Reason.CONFLICTS, choices=("7",), placing=HERE
)
KEY = STATE.shipment.key


def field(outcome: Outcome, reason: Reason | None = None) -> FieldOutcome:
    return FieldOutcome(outcome=outcome, reason=reason)


def ended(placement: Placement, fields: dict[RecordKey, list[FieldOutcome]]) -> ShipmentState:
    return shipment_outcome(STATE, KEY, placement, fields)


@pytest.mark.parametrize(("grave", "light"), [pytest.param(*pair, id=f"{pair[0]} over {pair[1]}") for pair in PAIRS])
def test_a_shipment_shows_its_worst_field(grave: Outcome, light: Outcome) -> None:
    one, other = field(grave, Reason.VALUE_REFUSED), field(light, Reason.CARRIER_UNMAPPED)
    for fields in ([one, other], [other, one], [other, one, other]):
        assert worst(fields) == (grave, Reason.VALUE_REFUSED)


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        pytest.param([], Outcome.UNCHANGED, None, id="no field"),
        pytest.param([field(Outcome.SKIPPED)], Outcome.UNCHANGED, None, id="a field that was never decided"),
        pytest.param(
            [field(Outcome.SKIPPED, Reason.MODE_OFF)], Outcome.UNCHANGED, Reason.MODE_OFF, id="skipped for a reason"
        ),
        pytest.param([field(Outcome.SKIPPED), field(Outcome.WAITING)], Outcome.WAITING, None, id="skipped, waiting"),
        pytest.param([field(Outcome.WRITTEN)] * 3, Outcome.WRITTEN, None, id="all alike"),
        pytest.param(
            [field(Outcome.KEPT, Reason.TYPED_BY_A_PERSON), field(Outcome.KEPT, Reason.VOIDED)],
            Outcome.KEPT,
            Reason.TYPED_BY_A_PERSON,
            id="alike: the first one's reason",
        ),
        pytest.param(
            [field(Outcome.WRITTEN), field(Outcome.WAITING, Reason.NOT_DELIVERED_YET)],
            Outcome.WRITTEN,
            None,
            id="a date that waits hides no number",
        ),
    ],
)
def test_the_worst_of_special_cases(fields: list[FieldOutcome], outcome: Outcome, reason: Reason | None) -> None:
    assert worst(fields) == (outcome, reason)


@pytest.mark.parametrize(
    ("reason", "outcome", "said"),
    [
        pytest.param(None, Outcome.UNCHANGED, Reason.VOIDED, id="voided, never had a record"),
        pytest.param(Reason.NOT_IN_IFS_YET, Outcome.WAITING, Reason.NOT_IN_IFS_YET, id="not in IFS yet"),
        pytest.param(Reason.AMBIGUOUS_TARGET, Outcome.PARKED, Reason.AMBIGUOUS_TARGET, id="several fit"),
        pytest.param(Reason.WRONG_COMPANY, Outcome.PARKED, Reason.WRONG_COMPANY, id="another company"),
    ],
)
def test_a_shipment_without_a_record(reason: Reason | None, outcome: Outcome, said: Reason) -> None:
    assert unplaced(reason) == (outcome, said)
    after = ended(Placement(placed={}, unplaced={KEY: reason} if reason else {}), {a_key("19"): []})
    assert (after.outcome, after.reason, after.placing, after.choices) == (outcome, said, None, ())


def test_the_records_to_choose_from_are_told() -> None:
    choices = {KEY: ("19", "20"), a_shipment(2).key: ("21",)}
    after = ended(Placement(placed={}, unplaced={KEY: Reason.AMBIGUOUS_TARGET}, choices=choices), {})
    assert (after.outcome, after.choices) == (Outcome.PARKED, ("19", "20"))


def test_a_placed_shipment_shows_its_own_records_worst_field() -> None:
    fields = {
        a_key("19"): [field(Outcome.WRITTEN), field(Outcome.UNCHANGED)],
        a_key("20"): [field(Outcome.PARKED, Reason.VALUE_REFUSED)],
    }
    after = ended(Placement(placed={KEY: HERE}), fields)
    assert (after.outcome, after.reason, after.placing, after.choices) == (Outcome.WRITTEN, None, HERE, ())


def test_a_shipment_on_a_record_that_is_not_shown_waits_there() -> None:
    after = ended(Placement(placed={KEY: HERE}, unseen=frozenset({KEY})), {a_key("20"): [field(Outcome.WRITTEN)]})
    assert (after.outcome, after.reason) == (Outcome.WAITING, Reason.NOT_IN_IFS_YET)
    assert (after.placing, after.choices) == (HERE, ())


@pytest.mark.parametrize(
    ("reason", "choices"),
    [
        pytest.param(Reason.SHARED_TARGET, ("19",), id="shared: a person has to look at this record"),
        pytest.param(Reason.VALUE_REFUSED, (), id="parked otherwise"),
    ],
)
def test_a_shared_record_is_told_to_the_person_who_decides(reason: Reason, choices: tuple[str, ...]) -> None:
    after = ended(Placement(placed={KEY: HERE}), {a_key("19"): [field(Outcome.PARKED, reason)] * 2})
    assert (after.outcome, after.reason, after.placing, after.choices) == (Outcome.PARKED, reason, HERE, choices)


def test_an_outcome_belongs_to_the_decision_just_made() -> None:
    """Nothing of the earlier one is left: no reason, no choices, no record."""
    after = ended(Placement(placed={KEY: HERE}), {a_key("19"): [field(Outcome.UNCHANGED)]})
    assert (after.outcome, after.reason, after.choices) == (Outcome.UNCHANGED, None, ())
    assert after.shipment == STATE.shipment
