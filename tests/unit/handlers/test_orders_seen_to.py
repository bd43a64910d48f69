"""A pushed order that asked for a person calls until he has seen to it, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.console.answers import order as as_text
from functions.ledger.orders import OrderStore
from functions.ledger.pushes import PushStore
from functions.model.outcomes import Reason
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import ACME, Desk
from tests.equipment.quiet_connection import asked

WHO = {"connection": "acme", "by": "kim", "note": "seen to"}


def listed(desk: Desk) -> list[tuple[str, Reason | None]]:
    return [
        (each.name, each.reason) for each in OrderStore(desk.world.tables["ledger"]).everything(ACME, ()) if each.calls
    ]


def reasons(desk: Desk, name: str) -> set[Reason | None]:
    return {reason for named, reason in listed(desk) if named == name}


def dismiss(desk: Desk, **named: list[str]) -> Any:
    return asked(desk.world, {"do": "dismiss", **named, **WHO}, "control")


def split() -> tuple[Desk, str]:
    """What IFS asks for cannot follow, and nobody will ever bring the two together again."""
    desk = Desk()
    shipment = desk.ask()
    desk.run(minutes=3)
    desk.account.split_order(desk.number(shipment), [{"P1-1-1-0": 1}])
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    return desk, str(shipment)


def parts() -> tuple[Desk, str]:
    desk = OrderDesk()
    desk.enter(lines=0)
    desk.tenant.add_order_line("P1", "1")
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.settled()
    for order in desk.orders():
        desk.account.ship(order.order_id)
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.settled()
    return desk, "P1"


@pytest.mark.parametrize("named", ["orders", "subjects"])
@pytest.mark.parametrize(("begin", "count"), [(split, 1), (parts, 2)], ids=["a shipment", "both parts of an order"])
def test_what_a_person_has_seen_to_calls_no_more(begin: Callable[[], tuple[Desk, str]], count: int, named: str) -> None:
    desk, number = begin()
    assert listed(desk) == [(number, Reason.ORDER_IMMUTABLE)] * count
    answer = dismiss(desk, **{named: [number]})
    assert (answer["concerned"], answer["left"]) == (1, {})
    desk.run(hours=3)
    assert listed(desk) == []
    told = [entry for entry in desk.audited() if entry.get("action") == "dismiss" and "attention" in entry["changes"]]
    assert [(entry["cause"]["by"], entry["changes"]["attention"]["before"]) for entry in told] == [
        ("kim", "order_immutable")
    ] * count


def test_what_ifs_says_afterwards_calls_again() -> None:
    desk, number = split()
    dismiss(desk, subjects=[number])
    desk.tenant.edit(int(number), ReceiverAddress1="1 Long Wharf")
    desk.run(minutes=3)
    assert listed(desk) == [(number, Reason.ORDER_IMMUTABLE)]


def test_what_asks_for_nobody_is_told() -> None:
    desk = Desk()
    shipment = str(desk.ask())
    desk.run(minutes=3)
    assert dismiss(desk, subjects=[shipment])["left"] == {shipment: "nothing of that name asks for a person"}


def test_an_order_that_bears_the_shipments_number_is_seen_to_alone() -> None:
    desk, number = split()
    order = desk.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}])
    desk.tenant.add_order(number)
    desk.tenant.add_shipment([(number, "BOLT", 1)])
    desk.account.ship(order, carrier_code="nobody maps it", is_silent=True)
    desk.run(minutes=10)
    assert reasons(desk, number) == {Reason.CARRIER_UNMAPPED, Reason.ORDER_IMMUTABLE}
    dismiss(desk, orders=[number])
    assert reasons(desk, number) == {Reason.ORDER_IMMUTABLE}
    dismiss(desk, subjects=[number])
    assert reasons(desk, number) == set()


def test_what_was_pushed_is_seen_to_although_the_file_pushes_nothing_any_more() -> None:
    desk, number = split()
    desk.site.connection = desk.site.connection.model_copy(update={"orders": None})
    for function in desk.world.functions.values():
        function.redeploy()
    assert dismiss(desk, subjects=[number])["concerned"] == 1
    assert listed(desk) == []


def test_a_part_that_asks_is_told_beside_the_story_of_its_labels() -> None:
    desk, number = parts()
    desk.run(minutes=30)
    answer = asked(desk.world, {"show": "order", "connection": "acme", "order": number}, "inspect")
    assert len(answer["stories"]) == 1
    assert [each["attention"] for each in answer["pushed"]] == ["order_immutable"] * 2
    assert as_text(answer).asks


def test_a_save_in_between_is_told_whatever_else_was_dismissed(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, number = split()
    monkeypatch.setattr(PushStore, "save", lambda *_: False)
    answer = dismiss(desk, subjects=[number])
    assert (answer["concerned"], list(answer["left"])) == (0, [number])
