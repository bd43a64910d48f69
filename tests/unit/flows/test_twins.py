"""A fulfilment under two numbers is one; what differs in anything that tells fulfilments apart is another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.flows.to_ifs.admission import admitted
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder
from functions.model.shipment import Shipment
from functions.model.state import OrderState
from tests.equipment.builders import a_connection, a_shipment

CAUSE = Cause(kind="poll", correlation_id="poll-1")


def known(*shipments: Shipment) -> OrderState:
    state = OrderState(key=shipments[0].order_key)
    messages = [DeliverOrder(order=each.order_key, cause=CAUSE, shipment=each) for each in shipments]
    return admitted(state, messages, a_connection())


def by_hand(number: int, **told: Any) -> Shipment:
    shipment = a_shipment(1, order_id=7)
    return shipment.model_copy(update={"kind": "fulfilment", "shipment_id": number, **told})


def test_the_same_under_another_number_is_known_by_both() -> None:
    state = known(by_hand(1), by_hand(900), by_hand(900), by_hand(901))
    assert list(state.shipments) == ["F1"]
    assert state.shipments[by_hand(1).key].others == (900, 901)


def test_its_void_is_the_others() -> None:
    first = by_hand(1)
    gone = by_hand(900, voided_at=first.read_at, read_at=first.read_at + timedelta(hours=1))
    ((key, each),) = known(first, gone).shipments.items()
    assert (key, each.shipment.is_voided) == ("F1", True)


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "label"},
        {"order_id": 8},
        {"tracking_number": "another"},
        {"created_at": by_hand(1).created_at + timedelta(seconds=2)},
    ],
    ids=["a label", "of another order", "another number", "made later"],
)
def test_another_one_is_another_one(told: dict[str, Any]) -> None:
    assert len(known(by_hand(1), by_hand(900, **told)).shipments) == 2


@pytest.mark.parametrize("lacks", ["order_id", "tracking_number"])
def test_what_does_not_tell_them_apart_makes_none_of_two(lacks: str) -> None:
    assert len(known(by_hand(1, **{lacks: None}), by_hand(900, **{lacks: None})).shipments) == 2
