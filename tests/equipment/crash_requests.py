"""What people ask for, killed while it is done: whoever heard nothing asks again, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any

from tests.equipment.crash_points import Flow
from tests.equipment.crash_scenes import HOUR, MINUTE, WHO, Shop, an_unreadable_letter, type_beside
from tests.equipment.quiet_connection import START

SIGNED = {"by": "kim", "note": "why"}
DRY_RUN = {"connection": "acme", "select": {"outcome": "written"}, **SIGNED}
AFTERNOON = {"from": (START - HOUR).isoformat(), "until": (START + 3 * HOUR).isoformat()}
LATER: tuple[Any, ...] = ("poll", "release", "replay")


def settle(shop: Shop) -> None:
    shop.wait(50 * MINUTE, *LATER)


# --- plans


def numbers_taken_out() -> Shop:
    """Of two records that were written."""
    shop = Shop()
    shop.sell("P1")
    shop.sell("P2")
    shop.wait(10 * MINUTE)
    for record in shop.records:
        shop.site.tenant.edit(record, ProNo=None)
    return shop


def drawn() -> Shop:
    shop = numbers_taken_out()
    shop.ask("replay", **DRY_RUN)
    return shop


def applied() -> Shop:
    shop = drawn()
    shop.ask("replay", plan_id=shop.answer["plan_id"], apply=True, **SIGNED)
    shop.wait(10 * MINUTE, *LATER)
    return shop


def draw(shop: Shop) -> None:
    shop.ask("replay", **DRY_RUN)
    shop.wait(10 * MINUTE, *LATER)
    shop.ask("replay", plan_id=shop.answer["plan_id"])


def apply(shop: Shop) -> None:
    plan = shop.answer["plan_id"]
    shop.ask("replay", plan_id=plan, apply=True, **SIGNED)
    settle(shop)
    shop.ask("replay", plan_id=plan)


def drawn_over() -> Shop:
    """Two records over which a person typed, and the plan that writes over one field of them."""
    shop = numbers_taken_out()
    for record in shop.records:
        shop.site.tenant.edit(record, ProNo="TYPED")
    shop.wait(50 * MINUTE, *LATER)
    shop.ask("control", do="release", orders=["P1", "P2"], **WHO)
    shop.wait(10 * MINUTE)
    shop.ask("replay", connection="acme", select={"orders": ["P1", "P2"]}, overwrite=["tracking"], **SIGNED)
    assert shop.answer["would_change"] == 2, shop.answer
    return shop


def take_back(shop: Shop) -> None:
    drawn_back = shop.ask("replay", plan_id=shop.answer["plan_id"], revert=True, **SIGNED)
    shop.wait(10 * MINUTE, *LATER)
    plan = drawn_back.get("plan_id") or drawn_back["next"]["plan_id"]
    shop.answer = {"plan_id": plan}
    apply(shop)


def plan_of(shop: Shop) -> dict[str, Any]:
    told = ("state", "orders", "would_change", "sent", "settled", "left")
    return {name: shop.answer.get(name) for name in told}


# --- comparisons


def a_number_missing() -> Shop:
    shop = numbers_taken_out()
    shop.site.tenant.edit(shop.records[1], ProNo="TYPED")
    return shop


def compare(shop: Shop) -> None:
    asked = {"connection": "acme", "repair": True, **AFTERNOON, **SIGNED}
    shop.ask_once("reconcile", **asked)
    for _ in range(6):
        if shop.answer.get("state") == "done":
            break
        shop.ask("reconcile", connection="acme", is_scheduled=True)
    shop.ask("reconcile", connection="acme", status=True)
    settle(shop)


def found(shop: Shop) -> dict[str, Any]:
    return {name: shop.answer.get(name) for name in ("state", "shipments", "equal", "missing", "different", "extra")}


# --- a pilot


def five_sold() -> Shop:
    """Of a store that the account names: else the file does not fit, and nothing is written."""
    shop = Shop()
    shop.site.account.store_names = {100_001: "Web"}
    for number in range(1, 6):
        shop.sell(f"P{number}")
    return shop


def pilot(shop: Shop) -> None:
    with redirect_stdout(StringIO()):  # the report is printed too
        shop.ask("check", connection="acme", pilot="P1", **SIGNED)
    settle(shop)


# --- what a person changes


def unmapped() -> Shop:
    shop = Shop()
    shop.sell("P1", carrier="ontrac")
    shop.wait(10 * MINUTE)
    return shop


def mapped() -> Shop:
    shop = unmapped()
    shop.ask("control", do="map", table="carriers", code="ontrac", value="DHL", **WHO)
    shop.wait(10 * MINUTE)
    return shop


def typed_by_a_person() -> Shop:
    shop = Shop()
    shop.sell("P1")
    shop.site.tenant.edit(shop.records[0], ProNo="TYPED")
    shop.wait(10 * MINUTE)
    return shop


def two_candidates() -> Shop:
    shop = Shop()
    shop.records.append(shop.site.tenant.add_shipment([("P1", "BOLT", 1)]))
    shop.sell("P1")
    shop.site.tenant.deliver(shop.records[0])
    shop.wait(10 * MINUTE)
    return shop


def paused() -> Shop:
    shop = Shop()
    shop.ask("control", do="pause", scope="connection", **WHO)
    shop.sell("P1")
    shop.wait(10 * MINUTE)
    return shop


def not_read_yet() -> Shop:
    shop = Shop()
    shop.sell("P1")
    return shop


def parked() -> Shop:
    shop = an_unreadable_letter()
    shop.wait(10 * MINUTE)
    return shop


def asks(do: str, **more: Any) -> Callable[[Shop], None]:
    def go(shop: Shop) -> None:
        named = {"shipment": f"L{shop.labels[0]}", "record": str(shop.records[0])} if do == "place" else {}
        shop.ask("control", do=do, action_id="one", **more, **named, **WHO)
        settle(shop)

    return go


def change(do: str, prepare: Callable[[], Shop], **more: Any) -> Flow:
    story = f"{do} {' '.join(name for name in more if name in {'orders', 'subjects'})}".strip()
    return Flow("control", story, "control", prepare, asks(do, **more), type_beside)


QUARTER = timedelta(minutes=15)
ASKED = [
    Flow("replay", "a dry run", "replay", numbers_taken_out, draw, type_beside, plan_of, QUARTER),
    Flow("replay", "a plan is applied", "replay", drawn, apply, type_beside, plan_of, QUARTER),
    Flow("replay", "an overwrite is applied", "replay", drawn_over, apply, type_beside, plan_of, HOUR),
    Flow("replay", "a plan is taken back", "replay", applied, take_back, type_beside, plan_of, HOUR),
    Flow("reconcile", "with repair", "reconcile", a_number_missing, compare, type_beside, found, HOUR),
    Flow("check", "a pilot", "check", five_sold, pilot, type_beside),
    change("map", unmapped, table="carriers", code="ontrac", value="DHL"),
    change("unmap", mapped, table="carriers", code="ontrac"),
    change("release", unmapped, orders=["P1"]),
    change("dismiss", unmapped, orders=["P1"]),
    change("dismiss", parked, subjects=["message m-1"]),
    change("adopt", typed_by_a_person, order="P1", fields=["tracking"]),
    change("place", two_candidates, order="P1"),
    change("pause", not_read_yet, scope="connection"),
    change("resume", paused, scope="connection"),
]
