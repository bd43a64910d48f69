"""A ledger that is put back by a day, or moved without its audit: IFS gets what it would have got without that, nothing
twice and nothing less.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.console.restore_ledger import NOTE, hold
from functions.ledger.desks import DeskStore
from functions.ledger.orders import OrderStore
from functions.ledger.pushes import PushStore
from functions.model.desk import Pause
from functions.model.outcomes import Outcome, Reason
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.lost_day import PERSONS, Befalls, LostDay, live
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.order_desk import OrderDesk, OrderDeskV2
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.quiet_connection import START, asked
from tests.equipment.webhooks_desk import ACME
from tests.equipment.world import LEDGER


@pytest.mark.parametrize("befalls", ["put back", pytest.param("moved", marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    "connection",
    [
        {},
        pytest.param({"api": "v2"}, marks=pytest.mark.nightly),
        pytest.param({"targets": [{**EACH_A_ROW, "tracking": {"attribute": "TrackingNo"}}]}, marks=pytest.mark.nightly),
    ],
    ids=["a record each shipment", "through V2", "a row each shipment"],
)
def test_nothing_is_doubled_nothing_is_lost_and_what_colleagues_typed_is_kept(
    connection: dict[str, Any], befalls: Befalls
) -> None:
    day, twin = LostDay(**connection), LostDay(**connection)
    doubled = live(day, befalls) - live(twin, "nothing")
    assert (doubled, day.shown()) == (0, twin.shown())


@pytest.mark.nightly
def test_a_stack_that_begins_anew_elsewhere_loses_no_label_writes_nothing_twice_and_asks_for_what_was_ours() -> None:
    """The region of the old one is gone with its tables. What is void by now is left, and a person is asked."""
    day, twin = LostDay(), LostDay()
    assert live(day, "gone") <= live(twin, "nothing")
    shown, wanted = day.shown(), twin.shown()
    lost = [letter for letter, number in wanted.items() if number and number not in shown[letter]]
    assert lost == []
    asked = {
        state.key.reference[1:]
        for state in OrderStore(day.world.tables[LEDGER]).scan(ACME)
        if state.attention is Reason.VOIDED
    }
    assert asked == {letter for letter, number in wanted.items() if number is None} == {*"AEI"}


def test_the_day_that_is_lost_holds_every_story() -> None:
    """Else nothing was proved."""
    day = LostDay()
    live(day, "put back")
    shown = day.shown()
    assert {letter for letter, number in shown.items() if str(number).startswith(PERSONS)} == {*"BFG"}
    assert {letter for letter, number in shown.items() if number is None} == {*"AEI"}


def test_a_pause_takes_the_place_of_a_persons_and_names_it_however_often() -> None:
    table, until = MemoryTable(), START + timedelta(days=2)
    persons = Pause(scope="connection", by="anna", note="IFS upgrade", at=START, until=until)
    DeskStore(table).change(ACME, lambda desk: desk.pausing(persons))
    assert hold(table, ["acme", "beta"], "kim", START) == {"acme": persons}
    hold(table, ["acme"], "robin", START)
    (pause,) = DeskStore(table).load(ACME).pauses
    assert (pause.by, pause.scope, pause.until) == ("robin", "connection", None)
    assert pause.note == f"{NOTE}; paused before by anna until {until:%Y-%m-%d %H:%M} UTC: IFS upgrade"


def test_a_pause_that_is_over_is_nobodys_any_more() -> None:
    table = MemoryTable()
    persons = Pause(scope="connection", by="anna", note="IFS upgrade", at=START, until=START)
    DeskStore(table).change(ACME, lambda desk: desk.pausing(persons))
    assert hold(table, ["acme"], "kim", START) == {}
    (pause,) = DeskStore(table).load(ACME).pauses
    assert pause.note == NOTE


def put_back(desk: Desk, act: Callable[[Desk], object]) -> None:
    """An order is pushed, something happens, and the ledger is that of before."""
    desk.run(hours=1)
    ledger = desk.world.tables[LEDGER]
    saved = [dict(item) for item in ledger.scan(prefix="")]
    desk.enter("P1") if isinstance(desk, OrderDesk) else desk.ask("P1")
    desk.run(hours=3)
    act(desk)
    ledger.become(saved)
    hold(ledger, ["acme"], "kim", desk.world.now())
    desk.run(hours=1)
    resume = {"do": "resume", "connection": "acme", "scope": "connection", "by": "kim", "note": "a test"}
    assert "error" not in asked(desk.world, resume, "control")
    desk.run(hours=3)


def number_of(desk: Desk) -> int:
    return int(desk.orders()[-1].order_id)


def cancel_and_open_again(desk: Desk) -> None:
    for state in ("Cancelled", "Released" if isinstance(desk, OrderDesk) else "Preliminary"):
        if isinstance(desk, OrderDesk):
            desk.tenant.edit_line(desk.line(), Objstate=state)
            desk.tenant.edit_order("P1", Objstate=state)
        else:
            desk.tenant.set_state(min(key[0] for key in desk.tenant.sets["ShipmentSet"]), state)
        desk.run(hours=1)


def move(desk: Desk) -> None:
    if isinstance(desk, OrderDesk):
        desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    else:
        desk.tenant.edit(min(key[0] for key in desk.tenant.sets["ShipmentSet"]), ReceiverAddress1="99 Beacon Hill")


def split(desk: Desk) -> None:
    desk.account.split_order(number_of(desk), [{"BOLT": 1}])


# What happens before the ledger is put back; then each order: its state, note, street, pieces.
MEANWHILE: dict[str, tuple[Callable[[Desk], object], list[tuple[str, str | None, str, int]]]] = {
    "nothing": (lambda _: None, [("awaiting_shipment", None, "12", 2)]),
    "a note": (
        lambda desk: desk.account.edit_order(number_of(desk), {"internalNotes": "glass"}),
        [("awaiting_shipment", "glass", "12", 2)],
    ),
    "held by the warehouse": (
        lambda desk: desk.account.hold_order(number_of(desk), START + timedelta(days=30)),
        [("on_hold", None, "12", 2)],
    ),
    "shipped": (lambda desk: desk.account.ship(number_of(desk)), [("shipped", None, "12", 2)]),
    "deleted": (lambda desk: desk.account.delete_order(number_of(desk)), []),
    "split": (split, [("awaiting_shipment", None, "12", 1)] * 2),
    "opened again": (
        cancel_and_open_again,
        [("cancelled", None, "12", 2), ("awaiting_shipment", None, "12", 2)],
    ),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize(
    "kind", [Desk, *(pytest.param(each, marks=pytest.mark.nightly) for each in (DeskV2, OrderDesk)), OrderDeskV2]
)
def test_an_order_that_was_pushed_in_the_lost_time_is_found_as_it_is_and_followed(
    kind: type[Desk], meanwhile: str
) -> None:
    act, expected = MEANWHILE[meanwhile]
    desk = kind(minutes=10, warehouses={"CHI": 4711})
    put_back(desk, act)
    found = [
        (
            order.status,
            order.body.get("internalNotes"),
            order.ship_to["street1"].split()[0],
            sum(item.quantity for item in order.items),
        )
        for order in desk.orders()
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "street", "told"),
    [(DeskV2, "99", None), (OrderDeskV2, "99", None)]
    + [(kind, "12", Reason.CHANGED_IN_WAREHOUSE) for kind in (Desk, OrderDesk)],
)
def test_what_ifs_changed_in_the_lost_time_follows_or_is_told_where_shipstation_has_rewritten_the_address(
    kind: type[Desk], street: str, told: Reason | None
) -> None:
    desk = kind(minutes=10, warehouses={"CHI": 4711})
    put_back(desk, move)
    (order,) = desk.orders()
    (pushed,) = PushStore(desk.world.tables[LEDGER]).open(ACME)
    assert (order.ship_to["street1"].split()[0], pushed.attention) == (street, told)


def test_an_order_that_is_gone_since_the_lost_time_is_told() -> None:
    desk = Desk(minutes=10)
    put_back(desk, lambda desk: desk.account.delete_order(number_of(desk)))
    (pushed,) = PushStore(desk.world.tables[LEDGER]).open(ACME)
    assert (pushed.outcome, pushed.attention) == (Outcome.KEPT, Reason.ORDER_IMMUTABLE)
    assert pushed.next_attempt_at is None
