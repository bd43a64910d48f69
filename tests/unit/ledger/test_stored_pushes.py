"""What the version before customer orders stored of IFS shipments is read, and is still in agreement."""

from __future__ import annotations

import pytest

from functions.ledger.pushes import PushStore
from functions.model.outbound import OutboundKey, PushOrders
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName
from tests.equipment.push_desk import Desk
from tests.unit.ledger.stored import holding, stored

ACME = ConnectionName("acme")
ITEMS = [name for name in stored("pushes") if name != "a message"]
FOUND: dict[str, tuple[str, bool, int, Outcome | None, Reason | None]] = {
    "pushed": ("19", True, 1, Outcome.WRITTEN, None),
    "cancelled": ("19", False, 1, Outcome.WRITTEN, None),
    "opened again": ("19", True, 2, Outcome.WRITTEN, None),
    "parked": ("20", True, 1, Outcome.PARKED, Reason.FIELD_UNUSABLE),
    "changed by both": ("21", True, 1, Outcome.KEPT, Reason.CHANGED_IN_WAREHOUSE),
    "shown in shadow": ("19", True, 1, Outcome.WOULD_WRITE, None),
}


def read(name: str) -> PushedOrder:
    key = OutboundKey(connection=ACME, shipment_id=FOUND[name][0])
    return PushStore(holding("pushes", name)).load([key])[key]


@pytest.mark.parametrize("name", ITEMS)
def test_a_pushed_shipment_is_what_it_was(name: str) -> None:
    pushed = read(name)
    assert (
        pushed.key.shipment_id,
        pushed.is_open,
        pushed.generation,
        pushed.outcome,
        pushed.reason,
    ) == FOUND[name]
    assert pushed.order_key == f"ifs:acme:s{pushed.key.shipment_id}" + (":g2" if pushed.generation > 1 else "")
    assert PushStore(holding("pushes", name)).save(pushed)


def test_open_ones_are_found_together() -> None:
    assert [each.key.shipment_id for each in PushStore(holding("pushes", "parked")).open(ACME)] == ["20"]


def test_what_was_asked_of_a_shipment_is_asked_in_the_same_words_so_that_nothing_is_sent_again() -> None:
    desk = Desk()
    desk.account.switches.is_address_rewritten = False
    shipment = desk.ask()
    desk.run(minutes=3)
    now, before = desk.pushed(shipment), read("pushed")
    assert (now.asked, now.written, now.loose_address) == (before.asked, before.written, before.loose_address)


def test_a_message_on_its_way_is_read() -> None:
    message = PushOrders.model_validate_json(stored("pushes")["a message"])
    assert [(each.key.shipment_id, each.wish) for each in message.outbound] == [
        ("19", "pack"),
        ("20", "cancel"),
        ("21", "pack"),
    ]
    problem = message.outbound[2].problem
    assert problem is not None
    assert problem.field == "receiver country"
