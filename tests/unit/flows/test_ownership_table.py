"""Whose value stands in a field, and what follows: each row is one case of the protocol of the record's memory."""

from __future__ import annotations

from typing import Any

import pytest

from functions.connections.targets import CarrierRule, FieldRule, ShipDateRule, ShipmentHeader, TrackingRule
from functions.flows.to_ifs.desired import DesiredValue
from functions.flows.to_ifs.ownership import UNSEEN, Decision, FieldCase, changes_of, decide, own, unexplained
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import Contribution, FieldMemory, OrderContribution, RecordMemory
from functions.model.records import FieldName
from functions.model.same_value import same
from functions.model.shipment import ConnectionName, ShipmentKey
from tests.equipment.builders import NOON, a_key, a_record, a_shipment, placed_by

NOT_SENT = "(not sent)"
WRITTEN, UNCHANGED, KEPT = Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.KEPT
PARKED, WAITING = Outcome.PARKED, Outcome.WAITING
TYPED, UNMAPPED, VOIDED = Reason.TYPED_BY_A_PERSON, Reason.CARRIER_UNMAPPED, Reason.VOIDED


def ours(value: str, theirs: str | None = None) -> FieldMemory:
    """We wrote it and read it back."""
    return FieldMemory(outcome=WRITTEN, ours=value, tried=value, theirs=theirs)


def lost(tried: str, theirs: str | None = None) -> FieldMemory:
    """We wrote it once; somebody changed it since, and we have seen that."""
    return FieldMemory(outcome=KEPT, reason=TYPED, tried=tried, theirs=theirs)


def refused(value: str) -> FieldMemory:
    return FieldMemory(outcome=PARKED, reason=Reason.VALUE_REFUSED, tried=value)


def tracking(stands: str | None, past: FieldMemory = UNSEEN, want: str | None = "1Z0002", **more: Any) -> FieldCase:
    rule = {name: more.pop(name) for name in list(more) if name in TrackingRule.model_fields}
    numbers = more.pop("labels", (want,) if want else ())
    value = DesiredValue(want, more.pop("reason", None), numbers)
    return FieldCase(
        name=FieldName.TRACKING,
        rule=TrackingRule.model_validate(rule),
        want=value,
        past=past,
        current=stands,
        numbers=frozenset(number.casefold() for number in (*numbers, *more.pop("explained", ()))),
        **more,
    )


def carrier(stands: str | None, past: FieldMemory = UNSEEN, want: str | None = None, **rule: Any) -> FieldCase:
    value = DesiredValue(want, rule.pop("reason", None))
    return FieldCase(
        name=FieldName.CARRIER, rule=CarrierRule.model_validate(rule), want=value, past=past, current=stands
    )


def shipped(
    stands: str | None, past: FieldMemory = UNSEEN, want: str | None = "2026-03-05T00:00:00Z", **more: Any
) -> FieldCase:
    is_delivered = more.pop("is_delivered", True)
    return FieldCase(
        name=FieldName.SHIP_DATE,
        rule=ShipDateRule.model_validate(more),
        want=DesiredValue(want),
        past=past,
        current=stands,
        is_delivered=is_delivered,
    )


def told(decision: Decision) -> tuple[str | None, Outcome, Reason | None]:
    assert decision.write or decision.value is None
    return decision.value if decision.write else NOT_SENT, decision.memory.outcome, decision.memory.reason


# --- a live label wants 1Z0002


@pytest.mark.parametrize(
    ("policy", "stands", "past", "sent", "outcome", "reason"),
    [
        pytest.param(policy, *row, id=f"{policy}: {name}")
        for policy, name, row in [
            ("always", "empty", (None, UNSEEN, "1Z0002", WRITTEN, None)),
            ("always", "ours, emptied since", (None, ours("1Z0001"), "1Z0002", WRITTEN, None)),
            ("always", "this value once, emptied since", (None, lost("1Z0002", "TYPED"), "1Z0002", WRITTEN, None)),
            ("always", "ours", ("1Z0001", ours("1Z0001"), "1Z0002", WRITTEN, None)),
            ("always", "ours and right", ("1Z0002", ours("1Z0002"), NOT_SENT, WRITTEN, None)),
            ("always", "ours over theirs", ("1Z0001", ours("1Z0001", "TYPED"), "1Z0002", WRITTEN, None)),
            ("always", "theirs", ("TYPED", UNSEEN, "1Z0002", WRITTEN, None)),
            ("always", "theirs, over this value", ("TYPED", ours("1Z0002"), NOT_SENT, KEPT, TYPED)),
            ("always", "theirs, over this value, seen", ("TYPED", lost("1Z0002"), NOT_SENT, KEPT, TYPED)),
            ("always", "theirs, over this value in another case", ("TYPED", lost("1z0002 "), NOT_SENT, KEPT, TYPED)),
            ("always", "theirs, over another value", ("TYPED", lost("1Z0001"), "1Z0002", WRITTEN, None)),
            ("always", "equal, never ours", ("1Z0002", UNSEEN, NOT_SENT, UNCHANGED, None)),
            ("if_empty", "empty", (None, UNSEEN, "1Z0002", WRITTEN, None)),
            ("if_empty", "ours, emptied since", (None, ours("1Z0002"), "1Z0002", WRITTEN, None)),
            ("if_empty", "ours", ("1Z0001", ours("1Z0001"), NOT_SENT, KEPT, Reason.NOT_EMPTY)),
            ("if_empty", "ours and right", ("1Z0002", ours("1Z0002"), NOT_SENT, WRITTEN, None)),
            ("if_empty", "theirs", ("TYPED", UNSEEN, NOT_SENT, KEPT, TYPED)),
            ("if_empty", "ours once, changed since", ("TYPED", ours("1Z0001"), NOT_SENT, KEPT, TYPED)),
            ("if_empty", "equal, never ours", ("1Z0002", UNSEEN, NOT_SENT, UNCHANGED, None)),
            ("if_empty_or_ours", "empty", (None, UNSEEN, "1Z0002", WRITTEN, None)),
            ("if_empty_or_ours", "ours, emptied since", (None, ours("1Z0001"), "1Z0002", WRITTEN, None)),
            ("if_empty_or_ours", "this value, emptied since", (None, ours("1Z0002"), "1Z0002", WRITTEN, None)),
            ("if_empty_or_ours", "ours", ("1Z0001", ours("1Z0001"), "1Z0002", WRITTEN, None)),
            ("if_empty_or_ours", "ours in another case", (" 1z0001", ours("1Z0001"), "1Z0002", WRITTEN, None)),
            ("if_empty_or_ours", "ours and right", ("1Z0002", ours("1Z0002"), NOT_SENT, WRITTEN, None)),
            ("if_empty_or_ours", "theirs", ("TYPED", UNSEEN, NOT_SENT, KEPT, TYPED)),
            ("if_empty_or_ours", "ours once, changed since", ("TYPED", ours("1Z0001"), NOT_SENT, KEPT, TYPED)),
            ("if_empty_or_ours", "theirs as before us", ("TYPED", ours("1Z0001", "TYPED"), NOT_SENT, KEPT, TYPED)),
            ("if_empty_or_ours", "equal, never ours", ("1Z0002", UNSEEN, NOT_SENT, UNCHANGED, None)),
            ("if_empty_or_ours", "equal in another case", (" 1z0002", UNSEEN, NOT_SENT, UNCHANGED, None)),
            ("if_empty_or_ours", "equal, once another's", ("1Z0002", lost("1Z0001"), NOT_SENT, UNCHANGED, None)),
        ]
    ],
)
def test_a_live_label(
    *, policy: str, stands: str | None, past: FieldMemory, sent: str | None, outcome: Outcome, reason: Reason | None
) -> None:
    assert told(own(tracking(stands, past, policy=policy))) == (sent, outcome, reason)


@pytest.mark.parametrize(
    ("policy", "stands", "past", "is_asked_again", "sent", "outcome"),
    [
        pytest.param("always", None, refused("1Z0002"), False, NOT_SENT, PARKED, id="empty"),
        pytest.param("always", None, refused("1z0002"), False, NOT_SENT, PARKED, id="empty, in another case"),
        pytest.param("always", "TYPED", refused("1Z0002"), False, NOT_SENT, PARKED, id="over theirs"),
        pytest.param("always", None, refused("1Z0002"), True, "1Z0002", WRITTEN, id="asked for again"),
        pytest.param("always", "TYPED", refused("1Z0002"), True, "1Z0002", WRITTEN, id="over theirs, asked again"),
        pytest.param("if_empty_or_ours", "TYPED", refused("1Z0002"), True, NOT_SENT, KEPT, id="theirs, asked again"),
        pytest.param("if_empty_or_ours", None, refused("1Z0001"), False, "1Z0002", WRITTEN, id="another value"),
        pytest.param("always", "TYPED", refused("1Z0001"), False, "1Z0002", WRITTEN, id="another value over theirs"),
        pytest.param("always", "1Z0002", refused("1Z0002"), False, NOT_SENT, UNCHANGED, id="a person typed the same"),
    ],
)
def test_what_ifs_refused_is_asked_for_again_by_a_person_or_by_something_new(
    *, policy: str, stands: str | None, past: FieldMemory, is_asked_again: bool, sent: str | None, outcome: Outcome
) -> None:
    case = tracking(stands, past, policy=policy, retries_parked=is_asked_again)
    assert told(own(case))[:2] == (sent, outcome)
    if outcome is PARKED:
        assert own(case).memory.reason is Reason.VALUE_REFUSED


def test_a_person_who_types_what_was_refused_keeps_it_when_the_label_is_voided() -> None:
    typed = own(tracking("1Z0002", refused("1Z0002"), retries_parked=False)).memory
    assert typed.ours is None
    assert told(own(carrier("1Z0002", typed, on_void="clear"))) == (NOT_SENT, UNCHANGED, None)


@pytest.mark.parametrize(
    ("case", "sent", "outcome"),
    [
        pytest.param(carrier(None, want="FEDEX", reason=UNMAPPED), "FEDEX", WRITTEN, id="empty"),
        pytest.param(carrier("UPS", ours("UPS"), "FEDEX", reason=UNMAPPED), "FEDEX", WRITTEN, id="ours"),
        pytest.param(carrier("DHL", want="FEDEX", reason=UNMAPPED), "FEDEX", WRITTEN, id="theirs"),
        pytest.param(carrier("FEDEX", ours("FEDEX"), "FEDEX", reason=UNMAPPED), NOT_SENT, WRITTEN, id="ours and right"),
        pytest.param(carrier("FEDEX", want="FEDEX", reason=UNMAPPED), NOT_SENT, UNCHANGED, id="equal, never ours"),
    ],
)
def test_a_gap_in_the_map_is_told_also_where_another_parcels_carrier_is_written(
    case: FieldCase, sent: str | None, outcome: Outcome
) -> None:
    assert told(own(case)) == (sent, outcome, UNMAPPED)


def test_numbers_that_do_not_fit_are_told_also_where_what_somebody_began_is_extended() -> None:
    numbers = ("1Z0001", "1Z0002", "1Z0003")
    case = tracking("1Z0001", want="1Z0001, 1Z0002", labels=numbers, max_length=14)
    assert told(own(case)) == ("1Z0001, 1Z0002", WRITTEN, Reason.TRACKING_DID_NOT_FIT)


# --- no label gives a value


@pytest.mark.parametrize(
    ("on_void", "stands", "past", "sent", "outcome", "reason"),
    [
        pytest.param("clear", "UPS", ours("UPS", "DHL"), None, WRITTEN, None, id="clear: ours"),
        pytest.param("clear", "ups ", ours("UPS"), None, WRITTEN, None, id="clear: ours in another case"),
        pytest.param("clear", None, ours("UPS", "DHL"), NOT_SENT, UNCHANGED, None, id="clear: empty"),
        pytest.param("clear", "FEDEX", ours("UPS", "DHL"), NOT_SENT, UNCHANGED, None, id="clear: changed since"),
        pytest.param("clear", "UPS", UNSEEN, NOT_SENT, UNCHANGED, None, id="clear: equal, never ours"),
        pytest.param("clear", "UPS", lost("UPS", "UPS"), NOT_SENT, UNCHANGED, None, id="clear: typed after ours left"),
        pytest.param("restore", "UPS", ours("UPS", "DHL"), "DHL", WRITTEN, None, id="restore: ours over theirs"),
        pytest.param("restore", "UPS", ours("UPS"), None, WRITTEN, None, id="restore: ours over nothing"),
        pytest.param("restore", "DHL", ours("UPS", "DHL"), NOT_SENT, UNCHANGED, None, id="restore: theirs is back"),
        pytest.param("restore", "FEDEX", ours("UPS", "DHL"), NOT_SENT, UNCHANGED, None, id="restore: changed since"),
        pytest.param("restore", None, ours("UPS", "DHL"), NOT_SENT, UNCHANGED, None, id="restore: emptied since"),
        pytest.param("restore", "UPS", ours("UPS", "ups"), NOT_SENT, UNCHANGED, None, id="restore: the same"),
        pytest.param("flag", "UPS", ours("UPS", "DHL"), NOT_SENT, KEPT, VOIDED, id="flag: ours"),
        pytest.param("flag", None, ours("UPS"), NOT_SENT, UNCHANGED, None, id="flag: empty"),
        pytest.param("flag", "DHL", ours("UPS"), NOT_SENT, UNCHANGED, None, id="flag: changed since"),
    ],
)
def test_after_a_void(
    *, on_void: str, stands: str | None, past: FieldMemory, sent: str | None, outcome: Outcome, reason: Reason | None
) -> None:
    for policy in ("always", "if_empty", "if_empty_or_ours"):
        assert told(own(carrier(stands, past, policy=policy, on_void=on_void))) == (sent, outcome, reason)


@pytest.mark.parametrize(
    ("on_void", "stands", "past", "sent", "outcome"),
    [
        pytest.param("clear", "UPS", ours("UPS"), None, WRITTEN, id="clear: ours"),
        pytest.param("restore", "UPS", ours("UPS", "DHL"), "DHL", WRITTEN, id="restore: ours"),
        pytest.param("restore", "UPS", ours("UPS", "UPS"), NOT_SENT, UNCHANGED, id="restore: the same"),
        pytest.param("flag", "UPS", ours("UPS"), NOT_SENT, KEPT, id="flag: ours"),
        pytest.param("restore", "DHL", UNSEEN, NOT_SENT, UNCHANGED, id="theirs"),
        pytest.param("restore", None, UNSEEN, NOT_SENT, UNCHANGED, id="empty"),
    ],
)
def test_a_carrier_without_a_mapping_leaves_as_after_a_void_and_says_so(
    *, on_void: str, stands: str | None, past: FieldMemory, sent: str | None, outcome: Outcome
) -> None:
    case = carrier(stands, past, on_void=on_void, reason=UNMAPPED)
    assert told(own(case)) == (sent, outcome, UNMAPPED)


@pytest.mark.parametrize(
    ("stands", "separator", "explained", "reason", "outcome", "said"),
    [
        pytest.param("1Z0001", ", ", ("1Z0001",), None, KEPT, VOIDED, id="our number"),
        pytest.param("1z0001", ", ", ("1Z0001",), None, KEPT, VOIDED, id="our number in another case"),
        pytest.param("1Z0001,1Z0002", ", ", ("1Z0001", "1Z0002"), None, KEPT, VOIDED, id="both, without the space"),
        pytest.param("1Z0001; 1Z0002", "; ", ("1Z0001", "1Z0002"), None, KEPT, VOIDED, id="both, the file's separator"),
        pytest.param("1Z0001 1Z0002", " ", ("1Z0001", "1Z0002"), None, KEPT, VOIDED, id="both, a space"),
        pytest.param("1Z0001, TYPED", ", ", ("1Z0001",), None, UNCHANGED, None, id="one of theirs beside it"),
        pytest.param("TYPED", ", ", ("1Z0001",), None, UNCHANGED, None, id="theirs"),
        pytest.param(
            "1Z0001", ", ", ("1Z0001",), Reason.TRACKING_DID_NOT_FIT, UNCHANGED, Reason.TRACKING_DID_NOT_FIT, id="long"
        ),
    ],
)
def test_a_voided_number_that_was_never_ours_stays_and_a_person_is_asked(
    *, stands: str, separator: str, explained: tuple[str, ...], reason: Reason | None, outcome: Outcome, said: Reason
) -> None:
    case = tracking(stands, want=None, separator=separator, explained=explained, reason=reason)
    assert told(own(case)) == (NOT_SENT, outcome, said)


# --- what somebody else began is extended


@pytest.mark.parametrize(
    ("stands", "labels", "rule", "sent", "outcome", "reason"),
    [
        pytest.param("1Z0001", "1 2", {}, "1Z0001, 1Z0002", WRITTEN, None, id="the second parcel"),
        pytest.param("1Z0002", "1 2", {}, "1Z0002, 1Z0001", WRITTEN, None, id="what stood there stays first"),
        pytest.param("1z0001", "1 2", {}, "1z0001, 1Z0002", WRITTEN, None, id="as it was typed"),
        pytest.param("1Z0001", "1 2 3", {}, "1Z0001, 1Z0002, 1Z0003", WRITTEN, None, id="two more"),
        pytest.param("1Z0001,1Z0002", "1 2 3", {}, "1Z0001, 1Z0002, 1Z0003", WRITTEN, None, id="two stand there"),
        pytest.param("1Z0001", "1 2", {"separator": "/"}, "1Z0001/1Z0002", WRITTEN, None, id="another separator"),
        pytest.param("1Z0001", "1 2", {"policy": "always"}, "1Z0001, 1Z0002", WRITTEN, None, id="always"),
        pytest.param("1Z0001", "1 2", {"policy": "if_empty"}, NOT_SENT, KEPT, TYPED, id="not under if_empty"),
        pytest.param("1Z0001", "1 2", {"max_length": 14}, "1Z0001, 1Z0002", WRITTEN, None, id="just fits"),
        pytest.param(
            "1Z0001", "1 2", {"max_length": 13}, NOT_SENT, UNCHANGED, Reason.TRACKING_DID_NOT_FIT, id="does not fit"
        ),
        pytest.param("1Z0001", "1", {}, NOT_SENT, UNCHANGED, None, id="one parcel only"),
        pytest.param("1Z0002, 1Z0001", "1 2", {}, NOT_SENT, UNCHANGED, None, id="both, the other way round"),
        pytest.param("1Z0002, 1Z0001", "1 2", {"policy": "if_empty"}, NOT_SENT, KEPT, TYPED, id="so under if_empty"),
        pytest.param("1Z0001, 1Z0009", "1 2", {}, NOT_SENT, KEPT, TYPED, id="a number that nobody explains"),
        pytest.param("1Z0001", "1 2", {"parcels": "first"}, NOT_SENT, UNCHANGED, None, id="only the first is wanted"),
    ],
)
def test_a_number_that_our_labels_explain_is_extended(
    *, stands: str, labels: str, rule: dict[str, Any], sent: str | None, outcome: Outcome, reason: Reason | None
) -> None:
    numbers = tuple(f"1Z000{label}" for label in labels.split())
    want = numbers[0] if rule.get("parcels") == "first" else rule.get("separator", ", ").join(numbers)
    assert told(own(tracking(stands, want=want, labels=numbers, **rule))) == (sent, outcome, reason)


def test_what_we_wrote_before_and_somebody_changed_is_not_extended() -> None:
    case = tracking("1Z0001", lost("1Z0009"), want="1Z0001, 1Z0002", labels=("1Z0001", "1Z0002"))
    assert told(own(case)) == (NOT_SENT, KEPT, TYPED)


@pytest.mark.parametrize("on_void", ["clear", "restore", "flag"])
def test_taking_ours_back_leaves_what_we_extended_whatever_on_void_says(on_void: str) -> None:
    extended = own(tracking("1Z0001", want="1Z0001, 1Z0002", labels=("1Z0001", "1Z0002"))).memory
    assert (extended.ours, extended.theirs, extended.extends) == ("1Z0001, 1Z0002", "1Z0001", True)
    for labels in ((), ("1Z0001",)):
        want = ", ".join(labels) or None
        given_back = own(tracking("1Z0001, 1Z0002", extended, want=want, labels=labels, on_void=on_void))
        assert told(given_back) == ("1Z0001", WRITTEN, None)
        assert (given_back.memory.ours, given_back.memory.theirs, given_back.memory.extends) == (None, "1Z0001", False)


@pytest.mark.parametrize(
    ("stands", "labels", "rule", "reason"),
    [
        pytest.param("1Z0001,1Z0002", "1 2", {"max_length": 13}, None, id="its own spelling fits, ours would not"),
        pytest.param("1Z0001, 1Z0002", "1 2", {"max_length": 10}, None, id="the file leaves room for one"),
        pytest.param("1Z0001,1Z0002", "1 2", {}, None, id="nothing is missing"),
        pytest.param(
            "1Z0001,1Z0002", "1 2 3", {"max_length": 13}, Reason.TRACKING_DID_NOT_FIT, id="no room for one more"
        ),
    ],
)
def test_numbers_that_somebody_typed_are_neither_cut_nor_respelt(
    *, stands: str, labels: str, rule: dict[str, Any], reason: Reason | None
) -> None:
    numbers = tuple(f"1Z000{label}" for label in labels.split())
    assert told(own(tracking(stands, want=numbers[0], labels=numbers, **rule))) == (NOT_SENT, UNCHANGED, reason)


@pytest.mark.parametrize(
    ("labels", "rule"), [("3", {"max_length": 10}), ("3", {"parcels": "first"}), ("", {"max_length": 10})], ids=str
)
def test_what_we_extended_stays_whole_under_a_file_that_leaves_less_room(labels: str, rule: dict[str, Any]) -> None:
    typed = "1Z0001,1Z0002"
    extended = FieldMemory(outcome=WRITTEN, ours="1Z0001, 1Z0002, 1Z0003", theirs=typed, tried="-", extends=True)
    numbers = tuple(f"1Z000{label}" for label in labels.split())
    decision = own(tracking(extended.ours, extended, want=numbers[0] if numbers else None, labels=numbers, **rule))
    assert (decision.value, decision.memory.ours, decision.memory.theirs) == (typed, None, typed)


def test_a_third_parcel_is_appended_to_what_we_extended() -> None:
    numbers = ("1Z0001", "1Z0002", "1Z0003")
    extended = own(tracking("1Z0001", want="1Z0001, 1Z0002", labels=numbers[:2])).memory
    third = own(tracking("1Z0001, 1Z0002", extended, want=", ".join(numbers), labels=numbers))
    assert third.value == "1Z0001, 1Z0002, 1Z0003"
    assert (third.memory.theirs, third.memory.extends) == ("1Z0001", True)


def test_what_we_extended_and_somebody_changed_since_is_theirs() -> None:
    extended = own(tracking("1Z0001", want="1Z0001, 1Z0002", labels=("1Z0001", "1Z0002"))).memory
    changed = own(tracking("TYPED", extended, want="1Z0001, 1Z0002", labels=("1Z0001", "1Z0002")))
    assert told(changed) == (NOT_SENT, KEPT, TYPED)
    assert (changed.memory.ours, changed.memory.theirs, changed.memory.extends) == (None, "TYPED", False)


# --- the ship date


@pytest.mark.parametrize(
    ("case", "sent", "outcome", "reason"),
    [
        pytest.param(shipped(None), "2026-03-05T00:00:00Z", WRITTEN, None, id="empty"),
        pytest.param(
            shipped(None, is_delivered=False), NOT_SENT, WAITING, Reason.NOT_DELIVERED_YET, id="not delivered"
        ),
        pytest.param(
            shipped("2026-03-09T00:00:00Z", is_delivered=False),
            NOT_SENT,
            WAITING,
            Reason.NOT_DELIVERED_YET,
            id="another day, not delivered",
        ),
        pytest.param(
            shipped("2026-03-04T00:00:00Z", ours("2026-03-04T00:00:00Z"), is_delivered=False),
            NOT_SENT,
            WAITING,
            Reason.NOT_DELIVERED_YET,
            id="ours of another day, not delivered",
        ),
        pytest.param(
            shipped(None, when="at_once", is_delivered=False), "2026-03-05T00:00:00Z", WRITTEN, None, id="at once"
        ),
        pytest.param(shipped("2026-03-07T00:00:00Z"), "2026-03-05T00:00:00Z", WRITTEN, None, id="the delivery's day"),
        pytest.param(shipped("2026-03-05T14:31:07Z"), NOT_SENT, UNCHANGED, None, id="another hour of the day"),
        pytest.param(shipped("2026-03-05"), NOT_SENT, UNCHANGED, None, id="a day without an hour"),
        pytest.param(
            shipped("2026-03-05T14:31:07Z", want="2026-03-05"), NOT_SENT, UNCHANGED, None, id="a date field's day"
        ),
        pytest.param(shipped("2026-03-05T23:30:00-06:00"), NOT_SENT, UNCHANGED, None, id="the day that its text names"),
        pytest.param(
            shipped("2026-03-04T23:30:00-06:00"), "2026-03-05T00:00:00Z", WRITTEN, None, id="the day, not the instant"
        ),
        pytest.param(
            shipped("2026-03-05T08:00:00Z", ours("2026-03-05T00:00:00Z")), NOT_SENT, WRITTEN, None, id="ours, shifted"
        ),
        pytest.param(
            shipped("2026-03-09T00:00:00Z", lost("2026-03-05T00:00:00Z")), NOT_SENT, KEPT, TYPED, id="a later edit"
        ),
        pytest.param(
            shipped("2026-03-09T00:00:00Z", lost("2026-03-05T09:00:00Z")), NOT_SENT, KEPT, TYPED, id="tried that day"
        ),
        pytest.param(
            shipped("2026-03-09T00:00:00Z", policy="if_empty_or_ours"), NOT_SENT, KEPT, TYPED, id="if_empty_or_ours"
        ),
        pytest.param(
            shipped("2026-03-05T08:00:00Z", ours("2026-03-05T00:00:00Z"), want=None), NOT_SENT, KEPT, VOIDED, id="void"
        ),
        pytest.param(
            shipped("2026-03-05T08:00:00Z", ours("2026-03-05"), want=None, on_void="clear", is_delivered=False),
            None,
            WRITTEN,
            None,
            id="void before the delivery, clear",
        ),
        pytest.param(shipped("2026-03-05T00:00:00Z", want=None), NOT_SENT, UNCHANGED, None, id="void, never ours"),
    ],
)
def test_the_ship_date(case: FieldCase, sent: str | None, outcome: Outcome, reason: Reason | None) -> None:
    assert told(own(case)) == (sent, outcome, reason)


@pytest.mark.parametrize(
    ("name", "one", "other", "is_same"),
    [
        pytest.param(FieldName.TRACKING, "1Z 0001", "1z  0001 ", True, id="case and spaces"),
        pytest.param(FieldName.TRACKING, "1Z0001", "1Z 0001", False, id="a space between"),
        pytest.param(FieldName.CARRIER, "STRASSE", "straße", True, id="case beyond A to Z"),
        pytest.param(FieldName.CARRIER, "", None, True, id="empty and none"),
        pytest.param(FieldName.CARRIER, "\tUPS\n", "UPS", True, id="white space of any kind"),
        pytest.param(FieldName.SHIP_DATE, "2026-03-05T23:59:59Z", "2026-03-05", True, id="one day"),
        pytest.param(FieldName.SHIP_DATE, "2026-03-05T23:59:59Z", "2026-03-06T00:00:00Z", False, id="a second apart"),
        pytest.param(FieldName.SHIP_DATE, "2026-03-05T00:00:00Z", "2026-03-15T00:00:00Z", False, id="ten days apart"),
        pytest.param(FieldName.SHIP_DATE, "2026-03-05", "2027-03-05", False, id="a year apart"),
        pytest.param(FieldName.SHIP_DATE, None, "2026-03-05", False, id="a day and none"),
        pytest.param(FieldName.SHIP_DATE, None, "", True, id="no day and none"),
        pytest.param(FieldName.TRACKING, "2026-03-05T01:00:00Z", "2026-03-05T02:00:00Z", False, id="no date field"),
    ],
)
def test_values_are_compared_by_what_they_mean(
    *, name: FieldName, one: str | None, other: str | None, is_same: bool
) -> None:
    assert same(name, one, other) is is_same
    assert same(name, other, one) is is_same


# --- what is remembered


@pytest.mark.parametrize(
    ("case", "memory"),
    [
        pytest.param(carrier(None, want="UPS"), ("UPS", None, "UPS"), id="written into an empty field"),
        pytest.param(carrier("DHL", want="UPS"), ("UPS", "DHL", "UPS"), id="written over theirs"),
        pytest.param(carrier("UPS", ours("UPS", "DHL"), want="FEDEX"), ("FEDEX", "DHL", "FEDEX"), id="over ours"),
        pytest.param(
            carrier("DHL2", ours("UPS", "DHL"), want="FEDEX"), ("FEDEX", "DHL2", "FEDEX"), id="over a later one"
        ),
        pytest.param(
            carrier(None, ours("UPS", "DHL"), want="UPS"), ("UPS", "DHL", "UPS"), id="emptied and filled again"
        ),
        pytest.param(carrier("DHL2", ours("UPS", "DHL"), want="UPS"), (None, "DHL2", "UPS"), id="kept"),
        pytest.param(carrier("UPS", want="UPS"), (None, "UPS", None), id="equal, never ours"),
        pytest.param(carrier("UPS", ours("UPS", "DHL"), want="UPS"), ("UPS", "DHL", "UPS"), id="ours and right"),
        pytest.param(carrier("UPS", ours("UPS", "DHL"), on_void="clear"), (None, "DHL", None), id="cleared"),
        pytest.param(carrier("UPS", ours("UPS", "DHL"), on_void="flag"), ("UPS", "DHL", "UPS"), id="flagged"),
        pytest.param(carrier(None, ours("UPS", "DHL")), (None, "DHL", "UPS"), id="emptied, then voided"),
    ],
)
def test_what_is_remembered_of_a_field(case: FieldCase, memory: tuple[str | None, str | None, str | None]) -> None:
    after = own(case).memory
    assert (after.ours, after.theirs, after.tried) == memory
    assert not after.extends


def test_what_came_back_is_the_last_value_that_was_not_ours() -> None:
    first = own(carrier("DHL", want="UPS")).memory
    again = own(carrier(None, first, want="UPS"))
    assert told(again) == ("UPS", WRITTEN, None)
    assert told(own(carrier("UPS", again.memory, on_void="restore"))) == ("DHL", WRITTEN, None)


# --- the whole record


def placed(number: int, **more: Any) -> Contribution:
    return Contribution(
        shipment=ShipmentKey(f"L{number}"),
        created_at=NOON.replace(minute=number),
        tracking=f"1Z000{number}",
        **{"carrier": "UPS", "day": "2026-03-05", **more},
    )


def remembered(*orders: tuple[Contribution, ...], **fields: FieldMemory) -> RecordMemory:
    contributions = tuple(
        OrderContribution(company="10", reference=f"P{number}", shipments=shipments)
        for number, shipments in enumerate(orders, start=1)
    )
    return RecordMemory(
        connection=ConnectionName("acme"), key=a_key(), revision=1, contributions=contributions, fields=fields
    )


def values(memory: RecordMemory, target: ShipmentHeader | None = None, **stands: Any) -> dict[str, str | None]:
    """What would be sent."""
    decisions = decide(a_record(is_delivered=True, **stands), memory, target or ShipmentHeader())
    return {str(name): value for name, value in changes_of(decisions, decisions).items()}


def test_all_shipments_of_all_orders_count_oldest_first() -> None:
    memory = remembered((placed(2, carrier="FEDEX", day="2026-03-04"),), (placed(1),))
    assert values(memory) == {"tracking": "1Z0001, 1Z0002", "carrier": "UPS", "ship_date": "2026-03-04T00:00:00Z"}


def test_a_field_that_is_off_is_not_decided() -> None:
    target = ShipmentHeader(carrier=CarrierRule(policy="never"))
    assert FieldName.CARRIER not in decide(a_record(), remembered((placed(1),)), target)


def test_memory_is_found_by_attribute_so_that_a_renamed_one_begins_anew() -> None:
    memory = remembered((placed(1),), ForwardAgentId=ours("DHL"), ProNo=ours("1Z0009"))
    elsewhere = ShipmentHeader(tracking=TrackingRule(attribute="Cf_Tracking"))
    stands: dict[str, Any] = {"tracking": "1Z0009", "carrier": "UPS", "ship_date": "2026-03-05"}
    assert values(memory, **stands) == {"tracking": "1Z0001"}
    assert values(memory, elsewhere, **stands) == {}


def test_numbers_of_voided_labels_and_of_a_baseline_explain_what_stands() -> None:
    memory = remembered((placed(1, voided_at=NOON), placed(2)))
    history = placed_by(a_shipment(reference="P1").order_key, *memory.shipments, explaining=("1Z0009",))
    decisions = decide(a_record(tracking="1Z0001, 1Z0009"), memory.entered(history), ShipmentHeader())
    assert decisions[FieldName.TRACKING].value == "1Z0001, 1Z0009, 1Z0002"
    unknown = decide(a_record(tracking="1Z0001, 1Z0009"), memory, ShipmentHeader())
    assert told(unknown[FieldName.TRACKING]) == (NOT_SENT, KEPT, TYPED)


def test_whether_refused_values_are_tried_again_is_handed_on() -> None:
    memory = remembered((placed(1),), ForwardAgentId=refused("UPS"))
    assert decide(a_record(), memory, ShipmentHeader())[FieldName.CARRIER].write
    for retries, is_sent in ((True, True), (False, False)):
        decisions = decide(a_record(), memory, ShipmentHeader(), retries_parked=retries)
        assert decisions[FieldName.CARRIER].write is is_sent


def test_the_delivery_is_handed_on() -> None:
    for is_delivered, outcome in ((True, WRITTEN), (False, WAITING)):
        decisions = decide(a_record(is_delivered=is_delivered), remembered((placed(1),)), ShipmentHeader())
        assert decisions[FieldName.SHIP_DATE].memory.outcome is outcome


def test_changes_are_those_of_the_fields_asked_for() -> None:
    decisions = decide(a_record(carrier="UPS"), remembered((placed(1),)), ShipmentHeader())
    names = (FieldName.CARRIER, FieldName.TRACKING, FieldName.STATUS)
    assert changes_of(decisions, names) == {FieldName.TRACKING: "1Z0001"}
    assert changes_of(decisions, ()) == {}


@pytest.mark.parametrize(
    ("stands", "past", "is_unexplained"),
    [
        pytest.param("DHL", None, True, id="nothing is remembered"),
        pytest.param("DHL", FieldMemory(outcome=Outcome.SKIPPED), True, id="never decided"),
        pytest.param("DHL", FieldMemory(outcome=Outcome.RETRY, ours="UPS"), True, id="a write that nobody saw end"),
        pytest.param("ups", FieldMemory(outcome=Outcome.RETRY, ours="UPS"), False, id="ours, while it is retried"),
        pytest.param("DHL", lost("UPS", "DHL"), False, id="called a person's before"),
        pytest.param("DHL", ours("UPS"), True, id="ours before, or the memory is older than the audit"),
        pytest.param(None, None, False, id="empty"),
    ],
)
def test_the_audit_is_asked_before_a_value_is_first_called_a_persons(
    *, stands: str | None, past: FieldMemory | None, is_unexplained: bool
) -> None:
    memory = remembered((placed(1),), **({"ForwardAgentId": past} if past else {}))
    found = unexplained(a_record(carrier=stands), memory, ShipmentHeader())
    assert found == ({"ForwardAgentId": stands} if is_unexplained else {})


def test_a_day_that_we_wrote_is_explained_at_any_hour() -> None:
    memory = remembered(ActualShipDate=FieldMemory(outcome=Outcome.RETRY, ours="2026-03-05T00:00:00Z"))
    assert unexplained(a_record(ship_date="2026-03-05T08:00:00Z"), memory, ShipmentHeader()) == {}


def test_only_tracking_numbers_are_joined() -> None:
    rule: FieldRule = CarrierRule(policy="if_empty_or_ours")
    case = FieldCase(FieldName.CARRIER, rule, DesiredValue("UPS", None, ("UPS",)), UNSEEN, "FEDEX")
    assert told(own(case)) == (NOT_SENT, KEPT, TYPED)
