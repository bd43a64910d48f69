"""A ledger that is put back by a day, or moved without its audit: IFS gets what it would have got without that, nothing
twice and nothing less.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.console.restore_ledger import NOTE, hold
from functions.ledger.desks import DeskStore
from functions.ledger.orders import OrderStore
from functions.model.desk import Pause
from functions.model.outcomes import Reason
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.lost_day import PERSONS, Befalls, LostDay, live
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.order_desk import OrderDesk, OrderDeskV2
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.quiet_connection import START
from tests.equipment.webhooks_desk import ACME
from tests.equipment.world import LEDGER


@pytest.mark.parametrize("befalls", ["put back", "moved"])
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


@pytest.mark.parametrize("desk", [Desk, DeskV2, OrderDesk, OrderDeskV2])
def test_an_order_that_was_pushed_in_the_lost_time_is_not_made_again(desk: type[Desk]) -> None:
    pushing = desk(minutes=10, warehouses={"CHI": 4711})
    pushing.run(hours=1)
    ledger = pushing.world.tables[LEDGER]
    saved = [dict(item) for item in ledger.scan(prefix="")]
    pushing.enter("P1") if isinstance(pushing, OrderDesk) else pushing.ask("P1")
    pushing.run(hours=3)
    before = pushing.orders()
    assert len(before) == 1
    ledger.become(saved)
    hold(ledger, ["acme"], "kim", pushing.world.now())
    pushing.run(hours=3)
    assert [order.order_id for order in pushing.orders()] == [order.order_id for order in before]
