"""Whose value stands in a field, and whether it may be written: a table of cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.connections.targets import FieldRule, ShipDateRule, TrackingRule
from functions.flows.to_ifs.desired import DesiredValue
from functions.flows.to_ifs.ownership import UNSEEN, Decision, FieldCase, own, unexplained
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName
from functions.model.same_value import same
from functions.model.shipment import ConnectionName
from tests.equipment.builders import a_connection, a_key, a_record

KEPT, UNCHANGED, WRITTEN, PARKED, WAITING = (
    Outcome.KEPT,
    Outcome.UNCHANGED,
    Outcome.WRITTEN,
    Outcome.PARKED,
    Outcome.WAITING,
)
TYPED = Reason.TYPED_BY_A_PERSON


def ours(value: str | None, theirs: str | None = None, **more: Any) -> FieldMemory:
    return FieldMemory.model_validate({"outcome": WRITTEN, "ours": value, "tried": value, "theirs": theirs, **more})


def refused(value: str, theirs: str | None = None) -> FieldMemory:
    return FieldMemory(outcome=PARKED, reason=Reason.UNKNOWN_IN_IFS, tried=value, theirs=theirs)


def a_case(
    want: str | None, current: str | None, past: FieldMemory = UNSEEN, *, reason: Reason | None = None, **rule: Any
) -> FieldCase:
    """A forwarder: nothing but the general rules."""
    settings = {"attribute": "ForwardAgentId", **rule}
    return FieldCase(
        name=FieldName.CARRIER,
        rule=FieldRule.model_validate(settings),
        want=DesiredValue(want, reason),
        past=past,
        current=current,
    )


def said(decision: Decision) -> tuple[bool, str | None, Outcome, Reason | None]:
    return decision.write, decision.value, decision.memory.outcome, decision.memory.reason


# --- a label wants a value


@pytest.mark.parametrize("policy", ["always", "if_empty", "if_empty_or_ours"])
@pytest.mark.parametrize(
    ("current", "past", "by_policy"),
    [
        pytest.param(None, UNSEEN, {}, id="empty"),
        pytest.param(None, ours("OLD"), {}, id="empty, ours was cleared by a person"),
        pytest.param(
            "DHL", UNSEEN, {"if_empty": (KEPT, TYPED), "if_empty_or_ours": (KEPT, TYPED)}, id="a person's, first look"
        ),
        pytest.param("OLD", ours("OLD"), {"if_empty": (KEPT, Reason.NOT_EMPTY)}, id="ours"),
        pytest.param("old ", ours("OLD"), {"if_empty": (KEPT, Reason.NOT_EMPTY)}, id="ours in another case"),
        pytest.param(
            "DHL",
            ours("OLD"),
            {"if_empty": (KEPT, TYPED), "if_empty_or_ours": (KEPT, TYPED)},
            id="a person changed ours",
        ),
        pytest.param(
            "DHL",
            ours("UPS"),
            dict.fromkeys(("always", "if_empty", "if_empty_or_ours"), (KEPT, TYPED)),
            id="a person corrected the very value",
        ),
        pytest.param(
            "UPS", UNSEEN, dict.fromkeys(("always", "if_empty", "if_empty_or_ours"), (UNCHANGED, None)), id="agrees"
        ),
        pytest.param(
            "ups",
            ours("UPS"),
            dict.fromkeys(("always", "if_empty", "if_empty_or_ours"), (WRITTEN, None)),
            id="ours agrees",
        ),
    ],
)
def test_policy_and_owner_say_whether_a_value_is_written(
    policy: str, current: str | None, past: FieldMemory, by_policy: dict[str, tuple[Outcome, Reason | None]]
) -> None:
    decision = own(a_case("UPS", current, past, policy=policy))
    expected = by_policy.get(policy)
    if expected is None:
        assert said(decision) == (True, "UPS", WRITTEN, None)
    else:
        assert said(decision) == (False, None, *expected)


def test_always_writes_over_another_value_once_for_each_value_it_wants() -> None:
    first = own(a_case("UPS", "DHL", policy="always"))
    assert first.write
    corrected = own(a_case("UPS", "DHL", first.memory, policy="always"))
    assert said(corrected) == (False, None, KEPT, TYPED)
    again = own(a_case("UPS", "DHL", corrected.memory, policy="always"))
    assert not again.write
    other = own(a_case("FEDEX", "DHL", again.memory, policy="always"))
    assert said(other) == (True, "FEDEX", WRITTEN, None)


def test_what_stood_there_before_us_is_remembered_while_we_write_over_our_own() -> None:
    first = own(a_case("UPS", "DHL", policy="always")).memory
    assert (first.ours, first.theirs, first.tried) == ("UPS", "DHL", "UPS")
    second = own(a_case("FEDEX", "UPS", first, policy="always")).memory
    assert (second.ours, second.theirs) == ("FEDEX", "DHL")
    over = own(a_case("UPS", "TNT", replace_ours(second), policy="always")).memory
    assert over.theirs == "TNT"


def replace_ours(memory: FieldMemory) -> FieldMemory:
    """As after a person's change."""
    return memory.somebodys("TNT")


def test_what_is_not_written_is_remembered_as_somebody_elses() -> None:
    kept = own(a_case("UPS", "DHL", ours("OLD", theirs="TNT"))).memory
    assert (kept.ours, kept.theirs) == (None, "DHL")
    emptied = own(a_case(None, None, ours("OLD", theirs="TNT"))).memory
    assert (emptied.ours, emptied.theirs) == (None, "TNT")


# --- what IFS refused


@pytest.mark.parametrize(
    ("want", "retries_parked", "is_written"),
    [("UPS", False, False), ("UPS", True, True), ("FEDEX", False, True)],
    ids=["the same", "the same, asked for", "another value"],
)
def test_a_refused_value_is_sent_again_only_when_asked_or_when_it_is_another(
    want: str, *, retries_parked: bool, is_written: bool
) -> None:
    decision = own(replace(a_case(want, None, refused("UPS")), retries_parked=retries_parked))
    assert decision.write is is_written
    if not is_written:
        assert said(decision) == (False, None, PARKED, Reason.UNKNOWN_IN_IFS)


def test_a_refused_value_that_somebody_typed_since_is_theirs() -> None:
    decision = own(a_case("UPS", "UPS", refused("UPS")))
    assert said(decision) == (False, None, UNCHANGED, None)
    assert decision.memory.ours is None
    assert not own(a_case(None, "UPS", decision.memory, on_void="clear")).write


def test_always_asks_again_for_what_was_refused_over_another_value() -> None:
    past = refused("UPS", theirs="DHL")
    assert own(a_case("UPS", "DHL", past, policy="always")).write


@pytest.mark.parametrize("policy", ["if_empty", "if_empty_or_ours"])
def test_a_refused_value_that_somebody_typed_another_over_is_no_trouble_any_more(policy: str) -> None:
    decision = own(replace(a_case("UPS", "DHL", refused("UPS"), policy=policy), retries_parked=False))
    assert said(decision) == (False, None, KEPT, TYPED)


# --- no label wants one


@pytest.mark.parametrize(
    ("on_void", "expected"),
    [
        ("clear", (True, None, WRITTEN, None)),
        ("restore", (True, "DHL", WRITTEN, None)),
        ("flag", (False, None, KEPT, Reason.VOIDED)),
    ],
)
def test_ours_is_taken_back_as_the_policy_says(on_void: str, expected: tuple[Any, ...]) -> None:
    assert said(own(a_case(None, "UPS", ours("UPS", theirs="DHL"), on_void=on_void))) == expected


@pytest.mark.parametrize("on_void", ["clear", "restore", "flag"])
@pytest.mark.parametrize("past", [UNSEEN, ours("OLD"), refused("DHL")], ids=["unseen", "changed since", "refused"])
def test_what_is_not_ours_is_never_taken_back(on_void: str, past: FieldMemory) -> None:
    assert said(own(a_case(None, "DHL", past, on_void=on_void))) == (False, None, UNCHANGED, None)


def test_an_empty_field_needs_no_taking_back() -> None:
    assert said(own(a_case(None, None, ours("UPS"), on_void="restore"))) == (False, None, UNCHANGED, None)


def test_restoring_nothing_clears() -> None:
    assert said(own(a_case(None, "UPS", ours("UPS"), on_void="restore"))) == (True, None, WRITTEN, None)


def test_after_a_restore_the_value_is_nobodys_claim_of_ours_to_take_back_twice() -> None:
    restored = own(a_case(None, "UPS", ours("UPS", theirs="DHL"), on_void="restore")).memory
    assert not own(a_case(None, "DHL", restored, on_void="restore")).write
    assert not own(a_case(None, "TNT", restored, on_void="restore")).write


def test_what_was_given_back_stays_when_the_file_says_clear_afterwards() -> None:
    restored = own(a_case(None, "UPS", ours("UPS", theirs="DHL"), on_void="restore"))
    assert (restored.memory.ours, restored.memory.theirs, restored.extended) == (None, "DHL", "DHL")
    assert not own(a_case(None, "DHL", restored.memory, on_void="clear")).write


def test_a_label_that_wants_what_stood_there_before_is_taken_back_like_any_other() -> None:
    again = own(a_case("DHL", "UPS", ours("UPS", theirs="DHL"))).memory
    assert said(own(a_case(None, "DHL", again, on_void="clear"))) == (True, None, WRITTEN, None)


def test_an_unmapped_carrier_takes_ours_back_and_says_why() -> None:
    case = a_case(None, "UPS", ours("UPS", theirs="DHL"), reason=Reason.CARRIER_UNMAPPED, on_void="restore")
    assert said(own(case)) == (True, "DHL", WRITTEN, Reason.CARRIER_UNMAPPED)
    flagged = a_case(None, "UPS", ours("UPS"), reason=Reason.CARRIER_UNMAPPED, on_void="flag")
    assert said(own(flagged)) == (False, None, KEPT, Reason.CARRIER_UNMAPPED)


# --- tracking


def a_number(
    want: str | None, current: str | None, past: FieldMemory = UNSEEN, *, placed: str = "", **rule: Any
) -> FieldCase:
    """`placed` are the numbers of all parcels placed there, live or not."""
    live = tuple((want or "").split(", ")) if want else ()
    known = frozenset(number.casefold() for number in (*live, *placed.split()))
    return FieldCase(
        name=FieldName.TRACKING,
        rule=TrackingRule.model_validate(rule),
        want=DesiredValue(want, None, live),
        past=past,
        current=current,
        numbers=known,
    )


@pytest.mark.parametrize("policy", ["always", "if_empty_or_ours"])
def test_a_second_parcel_is_appended_to_the_number_that_a_person_typed_for_the_first(policy: str) -> None:
    decision = own(a_number("1Z1, 1Z2", "1Z1", policy=policy))
    assert (decision.write, decision.value, decision.memory.extends) == (True, "1Z1, 1Z2", True)
    assert decision.memory.theirs == "1Z1"
    back = own(a_number("1Z1", "1Z1, 1Z2", decision.memory, placed="1Z2", policy=policy))
    assert (back.write, back.value, back.memory.ours) == (True, "1Z1", None)


@pytest.mark.parametrize("on_void", ["clear", "restore"])
def test_taking_our_number_back_leaves_what_a_person_began(on_void: str) -> None:
    began = own(a_number("1Z1, 1Z2", "1Z1", on_void=on_void)).memory
    back = own(a_number(None, "1Z1, 1Z2", began, placed="1Z1 1Z2", on_void=on_void))
    assert (back.write, back.value) == (True, "1Z1")


@pytest.mark.parametrize(
    ("current", "rule"),
    [
        pytest.param("1Z1", {"policy": "if_empty"}, id="only empty fields are written"),
        pytest.param("1Z1", {"parcels": "first"}, id="one number only"),
        pytest.param("1Z9", {}, id="a number of no parcel of ours"),
        pytest.param("1Z1, 1Z9", {}, id="one of ours and one that is not"),
        pytest.param("1Z1", {"max_length": 5}, id="no room"),
    ],
)
def test_nothing_is_appended_to(current: str, rule: dict[str, Any]) -> None:
    assert own(a_number("1Z1, 1Z2", current, **rule)).value in {None, "1Z1"}
    assert not own(a_number("1Z1, 1Z2", current, **rule)).write


def test_nothing_is_appended_where_we_wrote_before_and_a_person_changed_it() -> None:
    assert said(own(a_number("1Z1, 1Z2", "1Z1", ours("1Z2, 1Z1")))) == (False, None, KEPT, TYPED)


def test_our_number_typed_by_a_person_calls_for_judgement_once_its_label_is_voided() -> None:
    assert said(own(a_number(None, "1Z1", placed="1Z1"))) == (False, None, KEPT, Reason.VOIDED)
    assert said(own(a_number(None, "1Z9", placed="1Z1"))) == (False, None, UNCHANGED, None)


# --- the date


def a_date(want: str | None, current: str | None, past: FieldMemory = UNSEEN, **more: Any) -> FieldCase:
    is_delivered = more.pop("is_delivered", True)
    return FieldCase(
        name=FieldName.SHIP_DATE,
        rule=ShipDateRule.model_validate(more),
        want=DesiredValue(want),
        past=past,
        current=current,
        is_delivered=is_delivered,
    )


DAY, NEXT = "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"


def test_a_date_waits_for_the_delivery_unless_the_file_says_otherwise() -> None:
    assert said(own(a_date(DAY, None, is_delivered=False))) == (False, None, WAITING, Reason.NOT_DELIVERED_YET)
    assert own(a_date(DAY, None, is_delivered=False, when="at_once")).write
    assert own(a_date(DAY, NEXT)).write
    typed_already = own(a_date(DAY, DAY, is_delivered=False))
    assert said(typed_already) == (False, None, WAITING, Reason.NOT_DELIVERED_YET), "IFS writes its own by then"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (DAY, "2026-03-05T23:59:59Z", True),
        (DAY, "2026-03-05", True),
        (DAY, NEXT, False),
        (DAY, "2026-04-05T00:00:00Z", False),
        (None, None, True),
        (DAY, None, False),
    ],
)
def test_a_ship_date_is_the_day_that_its_text_names(one: str | None, other: str | None, *, is_same: bool) -> None:
    assert same(FieldName.SHIP_DATE, one, other) is is_same


def test_texts_are_compared_whole() -> None:
    assert not same(FieldName.TRACKING, "1Z1V152Y6827822501", "1Z1V152Y6827822502")


# --- what the audit is asked about


@pytest.mark.parametrize(
    ("past", "is_unexplained"),
    [
        pytest.param(None, True, id="nothing is remembered"),
        pytest.param(ours("1Z1"), False, id="ours"),
        pytest.param(ours("OLD"), True, id="ours was changed since, or the memory is the older one"),
        pytest.param(refused("1Z1"), True, id="it was refused"),
        pytest.param(FieldMemory(outcome=KEPT, reason=TYPED, theirs="1Z1"), False, id="a person's"),
        pytest.param(FieldMemory(outcome=Outcome.RETRY), True, id="a try that ended in a fault"),
        pytest.param(ours("1z1", outcome=Outcome.RETRY), False, id="ours, and another try ended in a fault"),
    ],
)
def test_a_value_is_unexplained_unless_it_is_known_whose_it_is(
    past: FieldMemory | None, *, is_unexplained: bool
) -> None:
    memory = RecordMemory(connection=ConnectionName("acme"), key=a_key(), fields={"ProNo": past} if past else {})
    found = unexplained(a_record(tracking="1Z1"), memory, a_connection().ifs.targets[0])
    assert found == ({"ProNo": "1Z1"} if is_unexplained else {})
