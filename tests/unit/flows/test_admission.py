from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.flows.to_ifs.admission import admitted, skip_reason, store_view
from functions.model.messages import Admission, DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment
from functions.model.state import OrderState, Placing, ShipmentState
from tests.equipment.builders import NOON, a_connection, a_key, a_shipment, voided, work

LATER = "2026-04-01T00:00:00Z"


@pytest.mark.parametrize(
    ("shipment", "connection", "reason"),
    [
        pytest.param({}, {}, None, id="ours"),
        pytest.param({"reference": None}, {}, Reason.NO_ORDER_REFERENCE, id="no reference"),
        pytest.param({"skip": Reason.RETURN_LABEL}, {}, Reason.RETURN_LABEL, id="a return"),
        pytest.param({}, {"go_live_at": LATER}, Reason.BEFORE_GO_LIVE, id="too old"),
        pytest.param({"store_id": 7}, {"stores": {"exclude": [7]}}, Reason.STORE_EXCLUDED, id="store left out"),
        pytest.param({}, {"stores": {"exclude": [7]}}, Reason.STORE_UNKNOWN, id="store unknown"),
        pytest.param({}, {"stores": {}}, None, id="store unknown where none is named"),
    ],
)
def test_what_is_none_of_our_business_says_why(
    shipment: dict[str, Any], connection: dict[str, Any], reason: Reason | None
) -> None:
    assert skip_reason(a_shipment(**shipment), a_connection(**connection)) is reason


@pytest.mark.parametrize(
    ("admission", "connection", "reason"),
    [
        pytest.param(None, {}, Reason.COMBINED_UNKNOWN, id="ours: a person has to look"),
        pytest.param(None, {"go_live_at": LATER}, Reason.BEFORE_GO_LIVE, id="too old"),
        pytest.param("named", {"go_live_at": LATER}, Reason.COMBINED_UNKNOWN, id="too old and asked for"),
        pytest.param(None, {"stores": {"exclude": [7]}}, Reason.STORE_EXCLUDED, id="store left out"),
        pytest.param("baseline", {}, Reason.BASELINE, id="a baseline"),
    ],
)
def test_a_combined_order_calls_nobody_for_what_would_not_be_written_anyway(
    admission: Admission | None, connection: dict[str, Any], reason: Reason
) -> None:
    shipment = a_shipment(reference=None, skip=Reason.COMBINED_UNKNOWN, store_id=7)
    assert skip_reason(shipment, a_connection(**connection), admission) is reason


@pytest.mark.parametrize(
    ("admission", "shipment", "reason"),
    [
        pytest.param("named", {}, None, id="named"),
        pytest.param("named", {"skip": Reason.RETURN_LABEL}, Reason.RETURN_LABEL, id="a named return"),
        pytest.param("named", {"store_id": 7}, Reason.STORE_EXCLUDED, id="named of a store left out"),
        pytest.param("baseline", {}, Reason.BASELINE, id="baseline"),
        pytest.param("baseline", {"skip": Reason.RETURN_LABEL}, Reason.BASELINE, id="a return in a baseline"),
    ],
)
def test_an_admission_lifts_go_live_alone_and_a_baseline_ends_everything(
    admission: Admission, shipment: dict[str, Any], reason: Reason | None
) -> None:
    connection = a_connection(go_live_at=LATER, stores={"exclude": [7]})
    assert skip_reason(a_shipment(**{"store_id": 8, **shipment}), connection, admission) is reason


# --- what is known already


def a_state(*shipments: Shipment) -> OrderState:
    state = OrderState(key=a_shipment().order_key)
    return admitted(state, [work(shipment) for shipment in shipments], a_connection())


def read(minutes: int, shipment: Shipment | None = None) -> Shipment:
    """The same shipment as of another reading."""
    given = shipment or a_shipment()
    return a_shipment(**{**given.model_dump(), "read_at": NOON + timedelta(hours=1, minutes=minutes)})


def withdrawal(minutes: int) -> DeliverOrder:
    shipment = read(minutes)
    return work(shipment, withdrawn_at=shipment.read_at)


def moved(minutes: int) -> DeliverOrder:
    """Here again, as the correction of a reference tells it."""
    return work(read(minutes), moved_at=read(minutes).read_at)


def story(*told: DeliverOrder) -> ShipmentState:
    state = OrderState(key=a_shipment().order_key)
    for message in told:
        state = admitted(state, [message], a_connection())
    return state.shipments[a_shipment().key]


def test_another_reading_of_the_same_content_leaves_everything_equal() -> None:
    state = a_state(a_shipment())
    assert admitted(state, [work(read(60)), work(read(-60))], a_connection()) == state


def test_a_newer_reading_counts_an_older_one_does_not() -> None:
    corrected = a_shipment(tracking_number="1Z9999")
    assert story(work(a_shipment()), work(read(1, corrected))).shipment.tracking_number == "1Z9999"
    assert story(work(a_shipment()), work(read(-1, corrected))).shipment.tracking_number == "1Z0001"


@pytest.mark.parametrize(("minutes", "is_voided"), [(59, True), (74, True), (75, False), (600, False)])
def test_a_void_is_taken_back_only_by_a_reading_that_is_clearly_later(minutes: int, *, is_voided: bool) -> None:
    void = voided(a_shipment())
    assert story(work(void), work(read(minutes))).shipment.is_voided is is_voided
    assert story(work(read(minutes)), work(void)).shipment.is_voided is is_voided


def test_a_withdrawn_shipment_is_out_of_scope_keeps_its_place_and_is_not_voided() -> None:
    placed = a_state(a_shipment()).shipments[a_shipment().key]
    placing = Placing(key=a_key(), by="goods")
    state = a_state(a_shipment()).with_shipments(
        {a_shipment().key: placed.ended(Outcome.WRITTEN, None, placing=placing)}
    )
    known = admitted(state, [withdrawal(5)], a_connection()).shipments[a_shipment().key]
    assert (known.outcome, known.reason, known.withdrawn_at) == (Outcome.SKIPPED, Reason.WITHDRAWN, read(5).read_at)
    assert (known.is_in_scope, known.shipment.is_voided, known.placing) == (False, False, placing)


@pytest.mark.parametrize(
    ("told", "is_here"),
    [
        pytest.param([work(read(0)), withdrawal(5)], False, id="placed, withdrawn"),
        pytest.param([withdrawal(5)], False, id="withdrawn before it was ever seen"),
        pytest.param([withdrawal(5), work(read(0))], False, id="an older placing comes late"),
        pytest.param([withdrawal(5), work(read(5))], False, id="a placing of the same reading"),
        pytest.param([withdrawal(5), work(read(9))], True, id="corrected back"),
        pytest.param([work(read(9)), withdrawal(5)], True, id="an older withdrawal comes late"),
        pytest.param([work(read(0)), withdrawal(5), work(read(9)), withdrawal(5)], True, id="told twice"),
        pytest.param([work(read(0)), moved(9), withdrawal(5)], True, id="corrected back before it was withdrawn"),
        pytest.param([withdrawal(5), work(read(9)), withdrawal(15)], False, id="corrected three times"),
        pytest.param([withdrawal(15), withdrawal(5), work(read(9))], False, id="withdrawals in the wrong order"),
    ],
)
def test_the_later_reading_says_whether_a_shipment_is_this_orders(told: list[DeliverOrder], *, is_here: bool) -> None:
    known = story(*told)
    assert known.is_in_scope is is_here
    assert (known.withdrawn_at is None) is is_here


def test_a_withdrawal_told_twice_changes_nothing() -> None:
    state = admitted(a_state(a_shipment()), [withdrawal(5)], a_connection())
    assert admitted(state, [withdrawal(5), withdrawal(3)], a_connection()) == state


def test_a_withdrawal_that_an_earlier_version_sent_as_a_void_is_one() -> None:
    message = read(5, a_shipment(voided_at=NOON + timedelta(hours=1, minutes=5)))
    known = story(work(read(0)), work(message))
    assert (known.withdrawn_at, known.shipment.is_voided) == (message.read_at, False)


def test_a_shipment_that_comes_back_is_judged_anew() -> None:
    """Named for its old order or not, go-live decides again."""
    old = a_connection(go_live_at=LATER)
    state = admitted(OrderState(key=a_shipment().order_key), [work(a_shipment(), admission="named")], old)
    state = admitted(state, [withdrawal(5)], old)
    known = admitted(state, [work(read(9))], old).shipments[a_shipment().key]
    assert (known.outcome, known.reason, known.admission) == (Outcome.SKIPPED, Reason.BEFORE_GO_LIVE, None)


def test_the_store_of_the_newest_shipment_in_scope_says_whose_rules_count() -> None:
    connection = a_connection(stores={"7": {"mode": "shadow"}})
    stores = {None: "write", 7: "shadow", 8: "write"}
    for store, mode in stores.items():
        assert store_view(a_state(a_shipment(1, store_id=8), a_shipment(2, store_id=store)), connection).mode == mode
