"""What goes to ShipStation stands on the list of what waits where it waits for something, and never breaks it."""

from __future__ import annotations

from functions.ledger.orders import OrderStore
from functions.ledger.pushes import PushStore
from functions.model.outbound import OutboundKey
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
PARKED = {"outcome": Outcome.PARKED, "reason": Reason.FIELD_UNUSABLE, "attention": Reason.FIELD_UNUSABLE, "since": NOON}


def test_one_that_asks_for_a_person_is_listed_by_its_number_and_one_in_agreement_is_not() -> None:
    table = MemoryTable()
    store = PushStore(table)
    agreed = PushedOrder(key=OutboundKey(connection=ACME, shipment_id="19"), outcome=Outcome.WRITTEN, read_at=NOON)
    parked = PushedOrder(key=OutboundKey(connection=ACME, order_no="P7"), read_at=NOON, **PARKED)
    held = PushedOrder(key=OutboundKey(connection=ACME, order_no="P8"), read_at=NOON, reason=Reason.HELD_IN_IFS)
    for pushed in (agreed, parked, held):
        assert store.save(pushed)
    listed = {each.name: (each.reason, each.calls, each.began) for each in OrderStore(table).everything(ACME, ())}
    assert listed == {"P7": (Reason.FIELD_UNUSABLE, True, NOON), "P8": (Reason.HELD_IN_IFS, False, NOON)}
    assert store.load([parked.key])[parked.key].attention is Reason.FIELD_UNUSABLE
    assert len(store.open(ACME)) == 3
