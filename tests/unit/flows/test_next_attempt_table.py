"""When an order is looked at again, when patience ends, and when a person is called: each row is one case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.connections.patience import Patience
from functions.flows.to_ifs.next_attempt import next_attempt
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.state import FieldOutcome, OrderRecord, OrderState, ShipmentState, Wait
from tests.equipment.builders import NOON, a_key, a_shipment

PATIENCE = Patience()
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FIRST, SECOND_LABEL = a_shipment(1), a_shipment(2)
DOWN, FULL, LOCKED = Reason.IFS_UNAVAILABLE, Reason.CONFLICTS, Reason.RECORD_LOCKED
YET, LATER = Reason.NOT_IN_IFS_YET, Reason.NOT_DELIVERED_YET
RETRY, WAITING, WRITTEN, PARKED = Outcome.RETRY, Outcome.WAITING, Outcome.WRITTEN, Outcome.PARKED
Ending = tuple[Outcome, Reason | None]


def order(*endings: Ending, fields: dict[str, Ending] | None = None) -> OrderState:
    shipments = {
        shipment.key: ShipmentState(shipment=shipment, outcome=outcome, reason=reason)
        for shipment, (outcome, reason) in zip((FIRST, SECOND_LABEL), endings, strict=False)
    }
    held = {name: FieldOutcome(outcome=outcome, reason=reason) for name, (outcome, reason) in (fields or {}).items()}
    shown = {"tracking": FieldChange(after="1Z0001", attribute="ProNo")}
    records = (OrderRecord(key=a_key(), fields=held, shown=shown),) if fields else ()
    return OrderState(
        key=FIRST.order_key, shipments=shipments, records=records, debts=(a_key("7"),), past=(a_key("8"),)
    )


def waited(reason: Reason, attempts: int = 0, **since: datetime) -> OrderState:
    """What the ledger held: it waited for that, and since when."""
    every: tuple[Wait, ...] = ("find", "delivery", "fault", "lock", "answer")
    kinds = {kind: since[kind] for kind in every if kind in since}
    return order().scheduled(waiting_for=reason, waits=kinds, attempts=attempts, next_attempt_at=NOON, attention=None)


def looked(
    state: OrderState, before: OrderState | None = None, now: datetime = NOON, until: datetime | None = None
) -> OrderState:
    return next_attempt(before or order(), state, PATIENCE, now, until)


def test_what_is_settled_is_not_looked_at_again() -> None:
    before = waited(DOWN, 5, fault=NOON - DAY, find=NOON - DAY)
    after = looked(order((WRITTEN, None), fields={"tracking": (WRITTEN, None)}), before)
    assert (after.waiting_for, after.waits, after.attempts) == (None, {}, 0)
    assert (after.next_attempt_at, after.attention) == (None, None)


@pytest.mark.parametrize(
    ("before", "reason", "attempts", "seconds"),
    [
        pytest.param(order(), DOWN, 0, 60, id="the first time"),
        pytest.param(waited(DOWN, 0, fault=NOON), DOWN, 1, 120, id="the second"),
        pytest.param(waited(DOWN, 4, fault=NOON), DOWN, 5, 1920, id="the sixth"),
        pytest.param(waited(DOWN, 5, fault=NOON), DOWN, 6, 3600, id="the longest pause"),
        pytest.param(waited(DOWN, 5000, fault=NOON), DOWN, 5001, 3600, id="after any number"),
        pytest.param(waited(FULL, 5, fault=NOON), DOWN, 0, 60, id="another fault"),
        pytest.param(waited(Reason.OUTCOME_UNKNOWN, 2, answer=NOON), DOWN, 3, 480, id="a fault after a lost answer"),
        pytest.param(waited(DOWN, 2, fault=NOON), Reason.OUTCOME_UNKNOWN, 3, 480, id="a lost answer after a fault"),
        pytest.param(waited(YET, 2, find=NOON), Reason.OUTCOME_UNKNOWN, 0, 60, id="a lost answer after it was found"),
    ],
)
def test_pauses_double_up_to_the_longest(before: OrderState, reason: Reason, attempts: int, seconds: int) -> None:
    after = looked(order((RETRY, reason)), before)
    assert (after.waiting_for, after.attempts) == (reason, attempts)
    assert after.next_attempt_at == NOON + timedelta(seconds=seconds)


def test_a_stated_wait_is_kept_and_is_no_attempt() -> None:
    until = NOON + timedelta(minutes=3)
    after = looked(order((RETRY, FULL)), waited(FULL, 4, fault=NOON), until=until)
    assert (after.next_attempt_at, after.attempts) == (until, 4)
    assert looked(order((WRITTEN, None)), until=until).next_attempt_at is None


@pytest.mark.parametrize(
    ("before", "ending", "waits"),
    [
        pytest.param(order(), (RETRY, DOWN), {"fault": NOON}, id="a fault begins"),
        pytest.param(waited(FULL, fault=NOON - HOUR), (RETRY, DOWN), {"fault": NOON - HOUR}, id="whatever the reasons"),
        pytest.param(order(), (RETRY, LOCKED), {"fault": NOON, "lock": NOON}, id="a lock begins"),
        pytest.param(
            waited(DOWN, fault=NOON - DAY), (RETRY, LOCKED), {"fault": NOON - DAY, "lock": NOON}, id="down, then locked"
        ),
        pytest.param(
            waited(LOCKED, fault=NOON - DAY, lock=NOON - HOUR),
            (RETRY, DOWN),
            {"fault": NOON - DAY, "lock": NOON - HOUR},
            id="locked, then down",
        ),
        pytest.param(
            waited(LOCKED, fault=NOON - DAY, lock=NOON - HOUR), (WAITING, YET), {"find": NOON}, id="no lock any more"
        ),
        pytest.param(order(), (WAITING, YET), {"find": NOON}, id="a search begins"),
        pytest.param(waited(YET, find=NOON - DAY), (WAITING, YET), {"find": NOON - DAY}, id="a search goes on"),
        pytest.param(
            waited(YET, find=NOON - DAY), (RETRY, DOWN), {"find": NOON - DAY, "fault": NOON}, id="a fault in between"
        ),
        pytest.param(
            waited(DOWN, find=NOON - DAY, fault=NOON - HOUR),
            (WAITING, YET),
            {"find": NOON - DAY},
            id="the fault passed",
        ),
        pytest.param(waited(YET, find=NOON - DAY), (WAITING, LATER), {"delivery": NOON}, id="found, not delivered"),
        pytest.param(
            waited(DOWN, delivery=NOON - DAY, fault=NOON - HOUR),
            (WAITING, LATER),
            {"delivery": NOON - DAY},
            id="still not delivered",
        ),
    ],
)
def test_a_fault_in_between_makes_no_waiting_younger(
    before: OrderState, ending: Ending, waits: dict[Wait, datetime]
) -> None:
    assert looked(order(ending), before).waits == waits


def test_a_fault_that_may_pass_comes_before_patience() -> None:
    assert looked(order((WAITING, YET), (RETRY, DOWN))).waiting_for is DOWN
    assert looked(order((WAITING, YET), fields={"tracking": (RETRY, FULL)})).waiting_for is FULL


@pytest.mark.parametrize(
    ("before", "ending", "end", "given_up"),
    [
        pytest.param(waited(YET, find=NOON), (WAITING, YET), 14 * DAY, Reason.NEVER_FOUND, id="never found"),
        pytest.param(waited(LATER, delivery=NOON), (WAITING, LATER), 60 * DAY, Reason.NEVER_DELIVERED, id="delivered"),
        pytest.param(waited(LOCKED, lock=NOON), (RETRY, LOCKED), 7 * DAY, Reason.LOCKED_TOO_LONG, id="locked"),
        pytest.param(
            waited(DOWN, find=NOON, fault=NOON + 13 * DAY),
            (WAITING, YET),
            14 * DAY,
            Reason.NEVER_FOUND,
            id="faults in between",
        ),
        pytest.param(
            waited(DOWN, lock=NOON, fault=NOON), (RETRY, LOCKED), 7 * DAY, Reason.LOCKED_TOO_LONG, id="locked, and down"
        ),
        pytest.param(
            waited(LOCKED, fault=NOON - 30 * DAY, lock=NOON),
            (RETRY, LOCKED),
            7 * DAY,
            Reason.LOCKED_TOO_LONG,
            id="locked after IFS was down for long",
        ),
    ],
)
def test_patience_ends(before: OrderState, ending: Ending, end: timedelta, given_up: Reason) -> None:
    waiting = looked(order(ending), before, NOON + end - SECOND)
    assert (waiting.waiting_for, waiting.shipments[FIRST.key].outcome) == (ending[1], ending[0])
    parked = looked(order(ending, (WRITTEN, Reason.CARRIER_UNMAPPED)), before, NOON + end)
    assert (parked.shipments[FIRST.key].outcome, parked.shipments[FIRST.key].reason) == (PARKED, given_up)
    assert (parked.shipments[SECOND_LABEL.key].outcome, parked.attention) == (WRITTEN, given_up)
    assert (parked.waiting_for, parked.next_attempt_at, parked.waits) == (None, None, {})


def test_a_state_action_whose_answer_was_lost_is_given_up_and_a_write_is_asked_about_for_ever() -> None:
    lost = (RETRY, Reason.OUTCOME_UNKNOWN)
    before = waited(Reason.OUTCOME_UNKNOWN, 3, fault=NOON, answer=NOON)
    action = order((WRITTEN, None), fields={"state": lost})
    assert looked(action, before, NOON + 4 * HOUR - SECOND).waiting_for is Reason.OUTCOME_UNKNOWN
    given_up = looked(action, before, NOON + 4 * HOUR)
    assert (given_up.waiting_for, given_up.attention) == (None, Reason.NEVER_ANSWERED)
    assert given_up.records[0].fields["state"] == FieldOutcome(outcome=PARKED, reason=Reason.NEVER_ANSWERED)
    write = looked(order((WRITTEN, None), fields={"tracking": lost}), before, NOON + 40 * DAY)
    assert (write.waiting_for, write.attention) == (Reason.OUTCOME_UNKNOWN, Reason.OUTCOME_UNKNOWN)


def test_other_faults_are_never_given_up() -> None:
    after = looked(order((RETRY, DOWN)), waited(DOWN, 9, fault=NOON - 400 * DAY))
    assert (after.waiting_for, after.attention) == (DOWN, DOWN)


def test_a_date_that_is_given_up_leaves_the_rest_as_it_is() -> None:
    fields = {"tracking": (WRITTEN, None), "ship_date": (WAITING, LATER)}
    after = looked(order((WRITTEN, None), fields=fields), waited(LATER, delivery=NOON - 60 * DAY))
    (record,) = after.records
    assert record.fields["ship_date"] == FieldOutcome(outcome=PARKED, reason=Reason.NEVER_DELIVERED)
    assert record.fields["tracking"] == FieldOutcome(outcome=WRITTEN)
    assert (record.key, record.shown["tracking"].after) == (a_key(), "1Z0001")
    assert (after.debts, after.past, after.attention) == ((a_key("7"),), (a_key("8"),), Reason.NEVER_DELIVERED)


def test_what_else_it_waits_for_goes_on_once_one_thing_is_given_up() -> None:
    before = waited(YET, 9, find=NOON - 14 * DAY)
    after = looked(order((WAITING, YET), (WAITING, LATER)), before)
    assert (after.waiting_for, after.attempts) == (LATER, 0)
    assert after.waits == {"delivery": NOON, "find": NOON - 14 * DAY}, "what was given up does not begin anew"
    assert (after.next_attempt_at, after.attention) == (None, Reason.NEVER_FOUND)


@pytest.mark.parametrize(
    ("since", "attention"),
    [
        pytest.param(NOON - 4 * HOUR + SECOND, None, id="not yet"),
        pytest.param(NOON - 4 * HOUR, DOWN, id="after four hours"),
        pytest.param(NOON - 40 * HOUR, DOWN, id="long after"),
    ],
)
def test_an_old_fault_calls_a_person(since: datetime, attention: Reason | None) -> None:
    assert looked(order((RETRY, DOWN)), waited(FULL, fault=since)).attention is attention


def test_a_lock_calls_a_person_after_four_hours_whatever_came_before() -> None:
    before = waited(DOWN, fault=NOON - 4 * HOUR)
    assert looked(order((RETRY, LOCKED)), before).attention is LOCKED
    assert looked(order((RETRY, LOCKED)), waited(LOCKED, lock=NOON - HOUR, fault=NOON - HOUR)).attention is None


def test_waiting_for_ifs_calls_nobody_before_patience_ends() -> None:
    for reason, kind in ((YET, "find"), (LATER, "delivery")):
        before = waited(reason, 0, **{kind: NOON - 5 * HOUR})
        assert looked(order((WAITING, reason)), before).attention is None


@pytest.mark.parametrize(
    ("ending", "calls"),
    [
        pytest.param((PARKED, Reason.AMBIGUOUS_TARGET), True, id="parked"),
        pytest.param((WRITTEN, Reason.CARRIER_UNMAPPED), True, id="a gap in the map"),
        pytest.param((WRITTEN, Reason.SERVICE_UNMAPPED), True, id="a gap in the other map"),
        pytest.param((WRITTEN, Reason.TRACKING_DID_NOT_FIT), True, id="numbers that did not fit"),
        pytest.param((Outcome.KEPT, Reason.VOIDED), True, id="a void that a person judges"),
        pytest.param((RETRY, Reason.IFS_PERMISSION), True, id="a permission"),
        pytest.param((RETRY, Reason.IFS_CREDENTIALS), True, id="credentials"),
        pytest.param((RETRY, Reason.IFS_CONFIGURATION), True, id="a name in the file"),
        pytest.param((RETRY, Reason.TARGET_CHANGED), True, id="a changed target"),
        pytest.param((Outcome.KEPT, Reason.TYPED_BY_A_PERSON), False, id="a person's value"),
        pytest.param((Outcome.SKIPPED, Reason.BEFORE_GO_LIVE), False, id="skipped"),
        pytest.param((RETRY, DOWN), False, id="a fault that may pass"),
        pytest.param((WRITTEN, None), False, id="written"),
    ],
)
def test_what_a_person_should_see(*, ending: Ending, calls: bool) -> None:
    expected = ending[1] if calls else None
    assert looked(order(ending)).attention is expected
    assert looked(order((WRITTEN, None), fields={"tracking": ending})).attention is expected
