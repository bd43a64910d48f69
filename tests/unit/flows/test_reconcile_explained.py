"""What the ledger says of a difference: one row a case, over a ledger that is two dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.flows.operations.reconcile_cases import cases
from functions.flows.operations.reconcile_compare import compare
from functions.flows.operations.reconcile_explain import explain
from functions.flows.operations.reconcile_ledger import Ledger
from functions.flows.operations.reconcile_reading import addressed
from functions.model.dismissal import Dismissal
from functions.model.outcomes import Outcome, Reason
from functions.model.parked import Parked
from functions.model.reconciled import IfsRow, Orders, Parcel
from functions.model.record_memory import Contribution, FieldMemory, OrderContribution, RecordMemory
from functions.model.records import FieldName, Place, RecordKey
from functions.model.shipment import ConnectionName, OrderKey, ShipmentKey
from functions.model.state import FieldOutcome, OrderRecord, OrderState, Placing, ShipmentState
from tests.equipment.builders import NOON, PLACE, a_connection, a_key, a_shipment

T, C, D = FieldName.TRACKING, FieldName.CARRIER, FieldName.SHIP_DATE
ATTRIBUTES = {T: "ProNo", C: "ForwardAgentId", D: "ActualShipDate"}
AGREES: dict[FieldName, str | None] = {T: "1Z0001", C: "UPS", D: "2026-03-05T00:00:00Z"}
P1, P2 = (OrderKey(connection=ConnectionName("acme"), company="10", reference=name) for name in ("P1", "P2"))
GONE: dict[str, Any] = {"voided_at": NOON + timedelta(hours=2)}
TYPED = "typed by a person"
WRITTEN, UNCHANGED, KEPT, WAITING, PARKED = (
    Outcome.WRITTEN,
    Outcome.UNCHANGED,
    Outcome.KEPT,
    Outcome.WAITING,
    Outcome.PARKED,
)


class Orderly:
    def __init__(self, states: Sequence[OrderState]) -> None:
        self._states = {state.key: state for state in states}

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        return {key: self._states[key] for key in keys if key in self._states}


class Remembered:
    def __init__(self, memories: Sequence[RecordMemory]) -> None:
        self._memories = {memory.key: memory for memory in memories}

    def load(self, _: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]:
        return {key: self._memories[key] for key in keys if key in self._memories}


def a_parcel(number: int = 1, order: str = "P1", **overrides: Any) -> Parcel:
    told = a_shipment(number, reference=order)
    values: dict[str, Any] = {
        "key": told.key,
        "store_id": 1,
        "created_at": told.created_at,
        "texts": {"order_number": order, "order_key": f"k-{number}"},
        "tracking": told.tracking_number,
        "carrier": told.carrier_code,
        "ship_date": told.ship_date,
        "parts": {"BOLT"},
    }
    return Parcel.model_validate({**values, **overrides})


def a_row(values: Mapping[FieldName, str | None], number: str = "42", **overrides: Any) -> IfsRow:
    told: dict[str, Any] = {"place": PLACE, "id": number, "references": {"P1"}, "values": {**AGREES, **values}}
    return IfsRow.model_validate({**told, **overrides})


def a_state(
    outcome: Outcome = WRITTEN, reason: Reason | None = None, *, key: OrderKey = P1, number: int = 1, **more: Any
) -> OrderState:
    shipment = a_shipment(number, reference=key.reference, **more.pop("label", {}))
    placing = more.pop("placing", Placing(key=a_key("42"), by="only"))
    fields = more.pop("fields", {})
    known = ShipmentState(shipment=shipment, outcome=outcome, reason=reason, placing=placing)
    records = (OrderRecord(key=a_key("42"), fields=fields),) if fields else ()
    return OrderState(key=key, shipments={shipment.key: known}, records=records, **more)


def ended(outcome: Outcome, reason: Reason | None = None) -> FieldOutcome:
    return FieldOutcome(outcome=outcome, reason=reason)


def a_memory(field: FieldName, past: FieldMemory | None = None, *also: OrderContribution) -> RecordMemory:
    fields = {ATTRIBUTES[field]: past} if past else {}
    return RecordMemory(connection=ConnectionName("acme"), key=a_key("42"), fields=fields, contributions=also)


def past(outcome: Outcome, reason: Reason | None = None, **more: Any) -> FieldMemory:
    return FieldMemory(outcome=outcome, reason=reason, **more)


def placed(order: OrderKey, number: int) -> OrderContribution:
    share = Contribution(shipment=ShipmentKey(f"L{number}"), created_at=NOON, tracking=f"1Z{number:04}")
    return OrderContribution(company=order.company, reference=order.reference, shipments=(share,))


def seen_to(reason: Reason, *shipments: str) -> Dismissal:
    return Dismissal(reason=reason, shipments=tuple(map(ShipmentKey, shipments)), by="kim", note="knows", at=NOON)


def told(
    parcels: Sequence[Parcel],
    rows: Sequence[IfsRow],
    states: Sequence[OrderState] = (),
    memories: Sequence[RecordMemory] = (),
    ifs: dict[str, Any] | None = None,
    **ledger: Any,
) -> set[tuple[str, str, str | None]]:
    """Field, kind and reason, without what is equal."""
    connection, now = a_connection(**({"ifs": ifs} if ifs else {})), NOON + timedelta(hours=3)
    known = Ledger(Orderly(states), Remembered(memories), now, **ledger)
    every = cases(addressed(parcels, Orders(), connection), rows)
    found = [each for case in every for each in explain(case, compare(case), connection, known).checked]
    return {(each.field, each.kind, each.explained_by) for each in found if each.kind != "equal"}


EMPTY = dict.fromkeys(AGREES)
VOIDED = a_parcel(**GONE)
BARE: dict[FieldName, str | None] = {T: TYPED, C: None, D: None}
OURS = past(WRITTEN, ours="1Z0001", tried="1Z0001")


@pytest.mark.parametrize(
    ("parcel", "values", "states", "memories", "expected"),
    [
        pytest.param(
            VOIDED,
            BARE,
            [a_state(UNCHANGED, label=GONE, fields={T: ended(UNCHANGED)})],
            [],
            {(T, "extra", "typed_by_a_person")},
            id="nothing of ours ever stood there",
        ),
        pytest.param(
            VOIDED,
            BARE,
            [a_state(UNCHANGED, Reason.VOIDED, label=GONE, placing=None)],
            [],
            {(T, "extra", "typed_by_a_person")},
            id="no shipment was ever placed there",
        ),
        pytest.param(
            VOIDED,
            BARE,
            [a_state(UNCHANGED, label=GONE)],
            [a_memory(T, past(UNCHANGED, tried="1Z0001"))],
            {(T, "extra", "typed_by_a_person")},
            id="typed after ours was taken back",
        ),
        pytest.param(
            VOIDED,
            BARE,
            [a_state(KEPT, Reason.TYPED_BY_A_PERSON, label=GONE)],
            [a_memory(T, past(KEPT, Reason.TYPED_BY_A_PERSON, theirs="what stood before", tried="1Z0001"))],
            {(T, "extra", "typed_by_a_person")},
            id="typed once more over what was kept",
        ),
        pytest.param(VOIDED, BARE, [], [], {(T, "extra", None)}, id="nobody knows the order"),
        pytest.param(
            VOIDED,
            BARE,
            [a_state(label=GONE, fields={T: ended(WRITTEN)})],
            [],
            {(T, "extra", None)},
            id="written, and the record's memory is lost",
        ),
        pytest.param(
            VOIDED,
            {**BARE, T: "1Z0009"},
            [a_state(label=GONE)],
            [a_memory(T, past(WRITTEN, ours="1Z0009", tried="1Z0009"))],
            {(T, "extra", None)},
            id="a number of ours that no label says",
        ),
        pytest.param(
            VOIDED,
            {**BARE, T: "1Z0009"},
            [a_state(label=GONE)],
            [a_memory(T, past(UNCHANGED, tried="1Z0009"))],
            {(T, "extra", None)},
            id="a number that we sent, and nobody remembers that it is ours",
        ),
        pytest.param(
            a_parcel(),
            {T: "1Z0001, 1Z0009"},
            [a_state()],
            [a_memory(T, past(WRITTEN, ours="1Z0001, 1Z0009", tried="1Z0001, 1Z0009"))],
            {(T, "extra", None)},
            id="a number of ours too many beside the right one",
        ),
        pytest.param(
            a_parcel(),
            {T: "1Z0001, BY HAND"},
            [a_state()],
            [a_memory(T, OURS)],
            {(T, "extra", "typed_by_a_person")},
            id="a person's beside the right one",
        ),
        pytest.param(
            a_parcel(),
            {T: TYPED},
            [a_state()],
            [a_memory(T, OURS)],
            {(T, "different", "typed_by_a_person"), (T, "extra", "typed_by_a_person")},
            id="typed over ours",
        ),
        pytest.param(
            a_parcel(),
            {C: "DHL"},
            [a_state(fields={C: ended(UNCHANGED)})],
            [a_memory(C, past(UNCHANGED, theirs="UPS"))],
            {(C, "different", "typed_by_a_person")},
            id="typed over a right value that was never ours",
        ),
        pytest.param(
            a_parcel(),
            {C: "DHL"},
            [a_state(fields={C: ended(WRITTEN)})],
            [a_memory(C, past(WRITTEN, ours="DHL", tried="DHL"))],
            {(C, "different", None)},
            id="a wrong value of ours",
        ),
        pytest.param(
            a_parcel(),
            {C: "DHL"},
            [a_state(fields={C: ended(UNCHANGED)})],
            [a_memory(C, past(UNCHANGED, theirs="DHL"))],
            {(C, "different", None)},
            id="a wrong value that was taken for a right one",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(fields={T: ended(WRITTEN)})],
            [a_memory(T, OURS)],
            {(T, "missing", None)},
            id="emptied",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(KEPT, fields={T: ended(KEPT, Reason.TYPED_BY_A_PERSON)})],
            [a_memory(T, past(KEPT, Reason.TYPED_BY_A_PERSON, theirs=TYPED))],
            {(T, "missing", None)},
            id="typed, kept and emptied",
        ),
        pytest.param(
            a_parcel(),
            {T: "BEFORE"},
            [a_state(KEPT, Reason.REVERTED, fields={T: ended(KEPT, Reason.REVERTED)})],
            [a_memory(T, past(KEPT, Reason.REVERTED, theirs="BEFORE", reverted=(ShipmentKey("L1"),)))],
            {(T, "different", "reverted"), (T, "extra", "reverted")},
            id="reverted to what stood before",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(KEPT, Reason.REVERTED, fields={T: ended(KEPT, Reason.REVERTED)})],
            [a_memory(T, past(KEPT, Reason.REVERTED, reverted=(ShipmentKey("L1"),)))],
            {(T, "missing", "reverted")},
            id="reverted to nothing",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(KEPT, Reason.REVERTED, fields={T: ended(KEPT, Reason.REVERTED)})],
            [a_memory(T, past(KEPT, Reason.REVERTED, reverted=(ShipmentKey("L9"),)))],
            {(T, "missing", None)},
            id="reverted for another label",
        ),
        pytest.param(
            a_parcel(),
            EMPTY,
            [a_state(WAITING, Reason.PAUSED, fields={"record": ended(WAITING, Reason.PAUSED)}, paused_by="connection")],
            [],
            {(T, "missing", "paused"), (C, "missing", "paused"), (D, "missing", "paused")},
            id="paused",
        ),
        pytest.param(
            VOIDED,
            {T: "1Z0009", C: None, D: None},
            [a_state(WAITING, Reason.PAUSED, fields={"record": ended(WAITING, Reason.PAUSED)}, paused_by="site:1")],
            [a_memory(T, past(WRITTEN, ours="1Z0009", tried="1Z0009"))],
            {(T, "extra", "paused")},
            id="paused with a number that leaves when it goes on",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(WAITING, Reason.PAUSED, fields={"record": ended(WAITING, Reason.PAUSED)})],
            [],
            {(T, "missing", None)},
            id="waits for a pause that is over, and nothing brings it on",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(PARKED, fields={T: ended(PARKED, Reason.NOT_STORED)}, dismissed=seen_to(Reason.NOT_STORED, "L1"))],
            [],
            {(T, "missing", "dismissed")},
            id="dismissed",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(PARKED, fields={T: ended(PARKED, Reason.NOT_STORED)}, dismissed=seen_to(Reason.GAP, "L1"))],
            [],
            {(T, "missing", "not_stored")},
            id="dismissed for another reason",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(PARKED, fields={T: ended(PARKED, Reason.NOT_STORED)}, dismissed=seen_to(Reason.NOT_STORED))],
            [],
            {(T, "missing", "not_stored")},
            id="dismissed before this label came",
        ),
        pytest.param(
            a_parcel(),
            {T: None},
            [a_state(fields={T: ended(WRITTEN)}, dismissed=seen_to(Reason.NOT_STORED, "L1"))],
            [a_memory(T, OURS)],
            {(T, "missing", None)},
            id="emptied in an order that was dismissed",
        ),
        pytest.param(
            a_parcel(),
            {C: None},
            [a_state(fields={C: ended(WRITTEN, Reason.CARRIER_UNMAPPED)})],
            [a_memory(C, past(WRITTEN, Reason.CARRIER_UNMAPPED, tried="UPS"))],
            {(C, "missing", "carrier_unmapped")},
            id="the file maps the carrier since",
        ),
        pytest.param(
            a_parcel(),
            {C: None},
            [a_state(fields={C: ended(WRITTEN, Reason.CARRIER_UNMAPPED)})],
            [a_memory(C, past(WRITTEN, Reason.CARRIER_UNMAPPED, ours="UPS", tried="UPS"))],
            {(C, "missing", None)},
            id="emptied beside a parcel without a map entry",
        ),
        pytest.param(
            a_parcel(),
            {D: "2026-03-02T00:00:00Z"},
            [a_state(fields={D: ended(WAITING, Reason.NOT_DELIVERED_YET)}, next_attempt_at=NOON + timedelta(hours=4))],
            [a_memory(D, past(WAITING, Reason.NOT_DELIVERED_YET))],
            {(D, "different", "not_delivered_yet")},
            id="waits for its delivery",
        ),
        pytest.param(
            a_parcel(),
            {D: "2026-03-02T00:00:00Z"},
            [a_state(fields={D: ended(WAITING, Reason.NOT_DELIVERED_YET)})],
            [a_memory(D, past(WAITING, Reason.NOT_DELIVERED_YET))],
            {(D, "different", None)},
            id="waits for its delivery, and nothing ever asks for it",
        ),
    ],
)
def test_what_one_record_holds(
    parcel: Parcel,
    values: dict[FieldName, str | None],
    states: list[OrderState],
    memories: list[RecordMemory],
    expected: set[tuple[str, str, str | None]],
) -> None:
    assert told([parcel], [a_row(values)], states, memories) == expected


FULL: dict[str, Any] = {
    "base_url": "https://ifs.example.com",
    "token_url": "https://ifs.example.com/token",
    "company": "10",
    "targets": [{"profile": "shipment_header", "tracking": {"max_length": 14}}],
}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("1Z0001, 1Z0002", {(T, "different", "tracking_did_not_fit")}),
        ("1Z0002, 1Z0003", {(T, "different", "tracking_did_not_fit")}),
        ("1Z0001", {(T, "different", None), (T, "different", "tracking_did_not_fit")}),
        (None, {(T, "missing", None), (T, "missing", "tracking_did_not_fit")}),
        ("1Z0009", {(T, "different", None), (T, "different", "tracking_did_not_fit"), (T, "extra", None)}),
    ],
    ids=["two of three", "two others", "one alone", "none", "another one"],
)
def test_numbers_that_found_no_room_explain_none_that_had_it(
    held: str | None, expected: set[tuple[str, str, str | None]]
) -> None:
    parcels = [a_parcel(number) for number in (1, 2, 3)]
    ours = past(WRITTEN, Reason.TRACKING_DID_NOT_FIT, ours=held, tried=held)
    state = a_state(fields={T: ended(WRITTEN, Reason.TRACKING_DID_NOT_FIT)})
    assert told(parcels, [a_row({T: held})], [state], [a_memory(T, ours)], FULL) == expected


def test_a_record_of_the_order_that_the_parcel_does_not_go_to_is_a_persons() -> None:
    rows = [a_row({}, parts={"BOLT"}), a_row({**BARE}, "43", parts={"NUT"})]
    assert told([a_parcel()], rows, [a_state()]) == {(T, "extra", "typed_by_a_person")}


ENTITY = {
    "profile": "custom_entity",
    "projection": "Tracking",
    "entity_set": "TrackingSet",
    "id_attribute": "ShipstationId",
    "order_attribute": "OrderNo",
    "tracking": {"attribute": "TrackingNo"},
}
OWN = Place("ifs.example.com/Tracking/TrackingSet")


@pytest.mark.parametrize(
    ("states", "remembered", "expected"),
    [
        pytest.param([a_state()], [], "typed_by_a_person", id="a person's"),
        pytest.param([a_state()], ["L9@P1"], None, id="one that we made"),
        pytest.param(
            [a_state(), a_state(Outcome.SKIPPED, Reason.BASELINE, number=9)], [], None, id="of a label that we left out"
        ),
        pytest.param([], [], None, id="of an order that nobody knows"),
    ],
)
def test_a_row_too_many(states: list[OrderState], remembered: list[str], expected: str | None) -> None:
    memories = [RecordMemory(connection=ConnectionName("acme"), key=RecordKey(place=OWN, id=id_)) for id_ in remembered]
    merged = [states[0].with_shipments({k: v for s in states for k, v in s.shipments.items()})] if states else []
    ifs = {**a_connection().ifs.model_dump(exclude_defaults=True), "targets": [ENTITY]}
    rows = [
        IfsRow(place=OWN, id=f"{each}@P1", references=frozenset({"P1"}), parcel=each, values={T: "1Z0001"})
        for each in ("L1", "L9")
    ]
    assert told([a_parcel()], rows, merged, memories, ifs=ifs) == {("record", "extra", expected)}


LATER: dict[str, Any] = {"ship_date": "2026-03-08", "created_at": NOON + timedelta(days=3)}


@pytest.mark.parametrize("tracking", ["1Z0001, 1Z0002", "1Z0002, 1Z0001"])
def test_an_order_of_another_day_that_shares_the_record_counts(tracking: str) -> None:
    states = [a_state(), a_state(key=P2, number=2, label=LATER)]
    memory = a_memory(T, OURS, placed(P1, 1), placed(P2, 2))
    second = a_parcel(2, "P2", created_at=NOON + timedelta(days=3), ship_date="2026-03-08", carrier="fedex")
    row = a_row({T: tracking}, references={"P2"})
    assert told([second], [row], states, [memory]) == set()
    wrong = a_row({T: tracking, D: "2026-03-08T00:00:00Z"}, references={"P2"})
    assert told([second], [wrong], states, [memory]) == {(D, "different", None)}
    assert told([second], [row], states[1:], [memory]) == {
        (T, "extra", "outside_window"),
        (C, "different", None),
        (D, "different", None),
    }


def test_what_an_order_of_another_day_waits_for_is_told_of_its_own_number() -> None:
    states = [a_state(), a_state(key=P2, number=2, label=GONE)]
    rests = {"record": ended(WAITING, Reason.PAUSED)}
    resting = [states[0], a_state(WAITING, Reason.PAUSED, key=P2, number=2, label=GONE, fields=rests, paused_by="all")]
    both = "1Z0001, 1Z0002"
    memory = a_memory(T, past(WRITTEN, ours=both, tried=both), placed(P1, 1), placed(P2, 2))
    row = a_row({T: both})
    assert told([a_parcel()], [row], resting, [memory]) == {(T, "extra", "paused")}
    assert told([a_parcel()], [row], states, [memory]) == {(T, "extra", None)}


def test_what_was_read_is_believed_over_the_copy_of_a_combined_order() -> None:
    states = [a_state(), a_state(key=P2)]
    memory = a_memory(T, OURS, placed(P1, 1), placed(P2, 1))
    assert told([VOIDED], [a_row({C: None, D: None})], states, [memory]) == {(T, "extra", None)}


def test_what_another_order_placed_elsewhere_does_not_count_here() -> None:
    states = [a_state(), a_state(key=P2, number=2, label=LATER)]
    memory = a_memory(T, OURS, placed(P1, 1))
    second = a_parcel(2, "P2", created_at=NOON + timedelta(days=3), ship_date="2026-03-08")
    row = a_row({T: "1Z0002", D: "2026-03-05"}, references={"P2"})
    assert told([second], [row], states[1:], [memory.model_copy(update={"contributions": ()})]) == {
        (D, "different", None)
    }


BY_A_PERSON = Placing(key=a_key("43"), by="person")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param("1Z0001", {"placed_by_a_person"}, id="it stands where the person said"),
        pytest.param("1Z0009", {"placed_by_a_person", "typed_by_a_person", None}, id="something else stands there"),
    ],
)
def test_where_a_person_placed_it_counts_more_than_its_goods(held: str, expected: set[str | None]) -> None:
    rows = [a_row(EMPTY, parts={"BOLT"}), a_row({T: held}, "43", parts={"NUT"})]
    assert {why for _, _, why in told([a_parcel()], rows, [a_state(placing=BY_A_PERSON)])} == expected
    elsewhere = {(field, why) for field, _, why in told([a_parcel()], rows, [a_state()])}
    assert {(T, None), (C, None), (D, None)} <= elsewhere


def test_what_was_parked_until_a_person_saw_to_it_is_dismissed() -> None:
    entry = Parked(connection=ConnectionName("acme"), subject="label 1", reason=Reason.UNREADABLE_ROW, at=NOON)
    assert told([a_parcel()], [], parked=[entry]) == {("record", "missing", "unreadable_row")}
    assert told([a_parcel()], [], [a_state()], parked=[entry]) == {("record", "missing", None)}, "it came later"
    assert told([a_parcel()], [], dismissed=[entry]) == {("record", "missing", "dismissed")}


@pytest.mark.parametrize(
    ("rows", "placing", "expected"),
    [
        pytest.param([a_row({}, is_cancelled=True)], "42", {("record", "cancelled_in_ifs")}, id="where it was written"),
        pytest.param([a_row({}, is_cancelled=True)], "41", {("record", None)}, id="it was written elsewhere"),
        pytest.param(
            [a_row({}, is_cancelled=True), a_row(EMPTY, "43")],
            "42",
            {(T, None), (C, None), (D, None)},
            id="beside one where it belongs",
        ),
        pytest.param([a_row({})], "42", set(), id="it is not cancelled"),
    ],
)
def test_what_ifs_cancelled_holds_nothing(
    rows: list[IfsRow], placing: str, expected: set[tuple[str, str | None]]
) -> None:
    state = a_state(placing=Placing(key=a_key(placing), by="only"))
    assert {(field, why) for field, _, why in told([a_parcel()], rows, [state])} == expected
