from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.connections.patience import Patience
from functions.flows.to_ifs.next_attempt import next_attempt
from functions.model.outcomes import Outcome, Reason
from functions.model.state import FieldOutcome, OrderRecord, OrderState, Placing, ShipmentState
from tests.equipment.builders import NOON, a_key, a_shipment

PATIENCE = Patience()
Said = tuple[Outcome, Reason | None]
WAITING_FOR_IFS: Said = (Outcome.WAITING, Reason.NOT_IN_IFS_YET)
DATE_WAITS: Said = (Outcome.WAITING, Reason.NOT_DELIVERED_YET)
DOWN: Said = (Outcome.RETRY, Reason.IFS_UNAVAILABLE)
LOCKED: Said = (Outcome.RETRY, Reason.RECORD_LOCKED)
DONE: Said = (Outcome.WRITTEN, None)


def a_state(shipment: Said, **fields: Said) -> OrderState:
    outcomes = {name: FieldOutcome(outcome=outcome, reason=reason) for name, (outcome, reason) in fields.items()}
    known = ShipmentState(shipment=a_shipment(), outcome=shipment[0], reason=shipment[1])
    records = (OrderRecord(key=a_key(), fields=outcomes),) if outcomes else ()
    return OrderState(key=a_shipment().order_key, shipments={a_shipment().key: known}, records=records)


def story(*looks: tuple[float, Said]) -> OrderState:
    """Looks at an order, each after so many hours with how its shipment ended."""
    state = OrderState(key=a_shipment().order_key)
    for hours, said in looks:
        state = next_attempt(state, a_state(said), PATIENCE, after(hours))
    return state


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def days(number: float) -> float:
    return number * 24


# --- when it is looked at again


def test_pauses_double_up_to_the_longest() -> None:
    state = OrderState(key=a_shipment().order_key)
    pauses = []
    for _ in range(9):
        state = next_attempt(state, a_state(WAITING_FOR_IFS), PATIENCE, NOON)
        assert state.next_attempt_at is not None
        pauses.append((state.next_attempt_at - NOON).total_seconds())
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_another_reason_starts_the_pauses_anew() -> None:
    state = story((0, WAITING_FOR_IFS), (1, WAITING_FOR_IFS), (2, DOWN))
    assert (state.waiting_for, state.attempts, state.next_attempt_at) == (
        Reason.IFS_UNAVAILABLE,
        0,
        after(2) + timedelta(seconds=60),
    )


def test_a_stated_time_or_a_lease_is_waited_for_and_does_not_lengthen_the_pauses() -> None:
    before = story((0, DOWN), (1, DOWN))
    until = after(2) + timedelta(seconds=7)
    state = next_attempt(before, a_state(DOWN), PATIENCE, after(2), until)
    assert (state.next_attempt_at, state.attempts) == (until, before.attempts)


def test_an_outage_makes_the_pauses_no_longer_so_that_nothing_waits_beyond_its_end() -> None:
    state = OrderState(key=a_shipment().order_key)
    for hours in (0, 1, 2, 3):
        state = next_attempt(state, a_state(DOWN), PATIENCE, after(hours), is_outage=True)
    assert (state.attempts, state.next_attempt_at) == (0, after(3) + timedelta(seconds=PATIENCE.first_seconds))


def test_what_is_settled_is_due_no_more_and_remembers_no_waiting() -> None:
    state = story((0, DOWN), (1, DONE))
    assert (state.next_attempt_at, state.waiting_for, state.waits, state.attempts) == (None, None, {}, 0)


def test_a_fault_to_pass_comes_before_patience() -> None:
    state = next_attempt(a_state(DONE), a_state(DONE, tracking=DOWN, ship_date=DATE_WAITS), PATIENCE, NOON)
    assert state.waiting_for is Reason.IFS_UNAVAILABLE


# --- when it is given up


@pytest.mark.parametrize(
    ("said", "limit", "given_up"),
    [
        (WAITING_FOR_IFS, 14, Reason.NEVER_FOUND),
        (DATE_WAITS, 60, Reason.NEVER_DELIVERED),
        (LOCKED, 7, Reason.LOCKED_TOO_LONG),
    ],
)
def test_patience_ends_after_its_days_and_not_before(said: Said, limit: int, given_up: Reason) -> None:
    patient = story((0, said), (days(limit) - 0.01, said))
    assert (patient.waiting_for, patient.next_attempt_at is None) == (said[1], said is DATE_WAITS)
    state = story((0, said), (days(limit), said))
    known = state.shipments[a_shipment().key]
    assert (known.outcome, known.reason, state.attention) == (Outcome.PARKED, given_up, given_up)
    assert (state.next_attempt_at, state.waiting_for) == (None, None)


def test_a_fault_in_between_makes_what_is_waited_for_no_younger() -> None:
    nights = [(days(day) + hour, said) for day in range(14) for hour, said in ((0, WAITING_FOR_IFS), (1, DOWN))]
    assert story(*nights, (days(14), WAITING_FOR_IFS)).attention is Reason.NEVER_FOUND


def test_what_was_found_is_looked_for_anew_when_it_is_gone() -> None:
    state = story((0, WAITING_FOR_IFS), (days(13), DATE_WAITS), (days(15), WAITING_FOR_IFS))
    assert (state.waits, state.waiting_for) == ({"find": after(days(15))}, Reason.NOT_IN_IFS_YET)


def test_an_outage_is_no_part_of_the_patience_with_a_lock() -> None:
    state = story((0, DOWN), (days(8), LOCKED))
    assert (state.waiting_for, state.next_attempt_at is not None) == (Reason.RECORD_LOCKED, True)
    state = story((0, LOCKED), (days(1), DOWN), (days(7), LOCKED))
    assert state.attention is Reason.LOCKED_TOO_LONG


UNANSWERED: Said = (Outcome.RETRY, Reason.OUTCOME_UNKNOWN)


def test_a_state_action_that_nobody_answered_is_given_up_after_four_hours_of_silence() -> None:
    state = OrderState(key=a_shipment().order_key)
    for hours, said in ((0.0, DOWN), (9.0, UNANSWERED), (12.9, UNANSWERED)):
        state = next_attempt(state, a_state(DONE, state=said), PATIENCE, after(hours))
        assert state.waiting_for is said[1]
    state = next_attempt(state, a_state(DONE, state=UNANSWERED), PATIENCE, after(13))
    assert (state.waiting_for, state.attention) == (None, Reason.NEVER_ANSWERED)


def test_a_write_that_nobody_answered_is_asked_about_however_long_the_outage_before_it_was() -> None:
    state = next_attempt(story((0, DOWN)), a_state(UNANSWERED, record=UNANSWERED), PATIENCE, after(5))
    assert (state.waiting_for, state.next_attempt_at is not None) == (Reason.OUTCOME_UNKNOWN, True)


def on_two_records() -> OrderState:
    """A state action that nobody answered on one record, a write that nobody answered on the other."""
    unknown = FieldOutcome(outcome=Outcome.RETRY, reason=Reason.OUTCOME_UNKNOWN)
    records = (
        OrderRecord(key=a_key("1"), fields={"state": unknown}),
        OrderRecord(key=a_key("2"), fields={"record": unknown, "state": unknown}),
    )
    shipments = {
        a_shipment(n).key: ShipmentState(
            shipment=a_shipment(n),
            outcome=Outcome.RETRY,
            reason=Reason.OUTCOME_UNKNOWN,
            placing=Placing(key=a_key(str(n)), by="goods"),
        )
        for n in (1, 2)
    }
    return OrderState(key=a_shipment().order_key, shipments=shipments, records=records)


def test_a_state_action_that_is_given_up_ends_no_other_write_that_nobody_answered() -> None:
    state = OrderState(key=a_shipment().order_key)
    looked_at = on_two_records()
    for hours in (0, 5, 6):
        state = next_attempt(state, looked_at, PATIENCE, after(hours))
    first, second = state.shipments.values()
    assert (state.attention, state.waiting_for) == (Reason.NEVER_ANSWERED, Reason.OUTCOME_UNKNOWN)
    assert state.next_attempt_at is not None
    assert [(name, field.reason) for record in state.records for name, field in record.fields.items()] == [
        ("state", Reason.NEVER_ANSWERED),
        ("record", Reason.OUTCOME_UNKNOWN),
        ("state", Reason.NEVER_ANSWERED),
    ]
    assert (first.reason, second.reason) == (Reason.NEVER_ANSWERED, Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize("reason", [Reason.IFS_UNAVAILABLE, Reason.IFS_CREDENTIALS, Reason.CONFLICTS])
def test_a_fault_is_never_given_up(reason: Reason) -> None:
    said = (Outcome.RETRY, reason)
    state = story((0, said), (days(365), said))
    assert (state.waiting_for, state.next_attempt_at is not None) == (reason, True)


def test_a_date_that_is_given_up_leaves_the_shipment_as_it_is() -> None:
    state = OrderState(key=a_shipment().order_key)
    for hours in (0, days(60)):
        state = next_attempt(state, a_state(DONE, tracking=DONE, ship_date=DATE_WAITS), PATIENCE, after(hours))
    (record,) = state.records
    assert state.shipments[a_shipment().key].outcome is Outcome.WRITTEN
    assert (record.fields["ship_date"].outcome, record.fields["ship_date"].reason) == (
        Outcome.PARKED,
        Reason.NEVER_DELIVERED,
    )
    assert (record.fields["tracking"].outcome, state.attention) == (Outcome.WRITTEN, Reason.NEVER_DELIVERED)


# --- when a person should see it


@pytest.mark.parametrize("said", [DOWN, LOCKED], ids=str)
def test_a_fault_calls_for_attention_after_four_hours_whatever_it_is(said: Said) -> None:
    assert story((0, said), (3.99, said)).attention is None
    assert story((0, said), (4, said)).attention is said[1]


def test_the_age_of_trouble_counts_from_its_first_reason() -> None:
    assert story((0, DOWN), (2, LOCKED), (4, (Outcome.RETRY, Reason.CONFLICTS))).attention is Reason.CONFLICTS


def test_trouble_that_ended_is_forgotten() -> None:
    assert story((0, DOWN), (3, DONE), (5, DOWN)).attention is None
    assert story((0, DOWN), (3, WAITING_FOR_IFS), (5, DOWN)).attention is None


@pytest.mark.parametrize("said", [WAITING_FOR_IFS, DATE_WAITS], ids=str)
def test_waiting_for_ifs_calls_nobody_while_there_is_patience(said: Said) -> None:
    assert story((0, said), (days(13), said)).attention is None


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ((Outcome.PARKED, Reason.AMBIGUOUS_TARGET), True),
        ((Outcome.WRITTEN, Reason.CARRIER_UNMAPPED), True),
        ((Outcome.WRITTEN, Reason.SERVICE_UNMAPPED), True),
        ((Outcome.WRITTEN, Reason.TRACKING_DID_NOT_FIT), True),
        ((Outcome.KEPT, Reason.VOIDED), True),
        ((Outcome.RETRY, Reason.IFS_CREDENTIALS), True),
        ((Outcome.RETRY, Reason.IFS_PERMISSION), True),
        ((Outcome.RETRY, Reason.IFS_CONFIGURATION), True),
        ((Outcome.RETRY, Reason.TARGET_CHANGED), True),
        ((Outcome.KEPT, Reason.TYPED_BY_A_PERSON), False),
        ((Outcome.SKIPPED, Reason.BEFORE_GO_LIVE), False),
        ((Outcome.SKIPPED, Reason.MODE_OFF), False),
        ((Outcome.SKIPPED, Reason.WITHDRAWN), False),
        ((Outcome.RETRY, Reason.IFS_UNAVAILABLE), False),
        (DONE, False),
    ],
    ids=str,
)
def test_what_a_person_has_to_see_is_shown_at_once_and_nothing_else(said: Said, *, calls: bool) -> None:
    assert (story((0, said)).attention is not None) is calls
    if said != (Outcome.KEPT, Reason.VOIDED):
        field = next_attempt(a_state(DONE), a_state(DONE, carrier=said), PATIENCE, NOON)
        assert (field.attention is not None) is calls
