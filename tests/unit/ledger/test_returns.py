from __future__ import annotations

from datetime import timedelta

from functions.ledger.returns import KEPT, ReturnStore
from functions.ledger.table import EXPIRES
from functions.model.dead_letters import Returns
from tests.equipment.builders import NOON, a_shipment
from tests.equipment.memory_aws.table import MemoryTable

ORDER = a_shipment().order_key


def test_order_that_never_came_back_has_no_rounds() -> None:
    assert ReturnStore(MemoryTable()).load(ORDER) == Returns(order=ORDER)


def test_rounds_are_remembered_and_the_later_of_two_saves_from_one_reading_is_refused() -> None:
    store = ReturnStore(MemoryTable())
    seen = store.load(ORDER)
    noted = seen.model_copy(update={"rounds": (NOON, NOON + timedelta(hours=2))})
    assert store.save(noted)
    assert not store.save(seen.model_copy(update={"rounds": (NOON,)}))
    assert store.load(ORDER) == noted.model_copy(update={"revision": 1})
    known = store.load(ORDER)
    assert store.save(known)
    assert not store.save(known)


def test_what_is_remembered_of_a_return_goes_by_itself() -> None:
    table = MemoryTable()
    ReturnStore(table).save(Returns(order=ORDER, rounds=(NOON,)))
    item = table.get(f"returns#acme#{ORDER.digest}", "returns")
    assert item is not None
    assert item[EXPIRES] == int((NOON + KEPT).timestamp())
