"""A pause holds what is written to ShipStation, and reference data, as it holds what is written to IFS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.handlers import pull
from tests.equipment.align_desk import AlignDesk, StockDesk
from tests.equipment.push_desk import STORE, Desk
from tests.equipment.quiet_connection import asked
from tests.equipment.world import World

WHO = {"connection": "acme", "by": "kim", "note": "a restore"}
WHOLE: dict[str, Any] = {"scope": "connection"}
HELD = [WHOLE, {"scope": "store", "of": str(STORE)}]
NAMED = ["the connection", "the store of the orders"]


def decide(world: World, do: str, **scope: Any) -> None:
    answer = asked(world, {"do": do, **scope, **WHO}, "control")
    assert "error" not in answer, answer


@pytest.mark.parametrize("scope", HELD, ids=NAMED)
def test_orders_wait_for_its_end_and_are_then_pushed(scope: dict[str, Any]) -> None:
    desk = Desk(("pull",))
    decide(desk.world, "pause", **scope)
    desk.ask()
    desk.run(minutes=30)
    assert (desk.writes(), desk.orders()) == (0, [])
    assert desk.pull(again=True, by="kim", note="now") == {"sent": 0, "next": pull.RESTS}
    decide(desk.world, "resume", **scope)
    desk.run(minutes=10)
    assert [order.order_number for order in desk.orders()] == ["P1"]


@pytest.mark.parametrize("scope", HELD, ids=NAMED)
def test_what_was_on_its_way_before_it_is_let_go_and_sent_again(
    scope: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(("pull",))
    decide(desk.world, "pause", **scope)
    monkeypatch.setattr(pull, "is_paused", lambda *_: False)
    desk.ask()
    desk.run(minutes=30)
    assert (desk.writes(), desk.orders()) == (0, [])
    decide(desk.world, "resume", **scope)
    desk.run(minutes=10)
    assert [order.order_number for order in desk.orders()] == ["P1"]


@pytest.mark.parametrize(("mode", "is_asked"), [("off", False), ("shadow", True)])
def test_what_was_on_its_way_when_the_file_was_switched_off_asks_shipstation_nothing(
    mode: str, *, is_asked: bool
) -> None:
    desk = Desk(("pull",))
    desk.ask()
    desk.run(minutes=5)
    desk.deploy(mode=mode)
    message = json.loads(desk.site.orders.bodies[-1])
    (outbound,) = message["outbound"]
    outbound["read_at"] = desk.world.now().isoformat()
    outbound["content"]["customer"] = "somebody else"
    requests = len(desk.account.requests)
    desk.site.orders.add(json.dumps(message), "acme")
    desk.run(minutes=5)
    assert (len(desk.account.requests) > requests) == is_asked


def test_another_store_s_pause_holds_none_of_them() -> None:
    desk = Desk(("pull",))
    decide(desk.world, "pause", scope="store", of=str(STORE + 1))
    desk.ask()
    desk.run(minutes=10)
    assert len(desk.orders()) == 1


def test_reference_data_waits_for_its_end_and_is_shown_meanwhile() -> None:
    desk = AlignDesk()
    desk.add_site()
    decide(desk.world, "pause", **WHOLE)
    assert desk.look() == {"records": 0, "next": pull.RESTS}
    shown = desk.dry_run()
    assert shown["would_create"] == 1
    assert desk.apply(shown["plan"]) == {"records": 0, "next": pull.RESTS}
    assert desk.writes() == 0
    decide(desk.world, "resume", **WHOLE)
    desk.look()
    assert desk.writes() == 1


def test_stock_waits_for_its_end() -> None:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 5)
    decide(desk.world, "pause", **WHOLE)
    desk.look()
    assert desk.held() == {}
    decide(desk.world, "resume", **WHOLE)
    desk.look()
    assert desk.held() == {"BOLT": 5}


@pytest.mark.parametrize("name", ["PullSucceeded", "AlignSucceeded"])
def test_the_alarm_of_its_silence_does_not_ring(name: str) -> None:
    desk: Any = Desk(("pull",)) if name == "PullSucceeded" else AlignDesk()
    decide(desk.world, "pause", **WHOLE)
    desk.pull() if name == "PullSucceeded" else desk.look()
    beats = [line for line in desk.world.logs.getvalue().splitlines() if f'"{name}"' in line]
    assert beats
    assert all(f'"{name}":[1.0]' in line.replace(" ", "") for line in beats)
