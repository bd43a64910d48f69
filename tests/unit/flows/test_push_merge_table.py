"""Three-way: what IFS says, what we left, how the order stands. Each row is one meeting of the three."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from functions.flows.to_shipstation.merge import (
    OPEN,
    Decision,
    caught_up,
    decide,
    decide_to_cancel,
    is_as_left,
    is_typed_over,
    loose_after,
    written_after,
)
from functions.model.outbound import (
    CANCELLING,
    Address,
    OrderContent,
    Outbound,
    OutboundItem,
    OutboundKey,
    digests,
    loose_address,
    plain_address,
    texts,
)
from functions.model.pushed_order import CurrentOrder, PushedOrder
from functions.model.shipment import ConnectionName
from functions.model.text import digest
from tests.equipment.builders import NOON

KEY = OutboundKey(connection=ConnectionName("acme"), shipment_id="19")
HOME = Address(name="Kim Larsson", street1="12 Harbor Street", city="Boston", country="US", postal_code="02110")
AWAY = HOME.model_copy(update={"street1": "99 Beacon Hill"})
THEIRS = HOME.model_copy(update={"street1": "1 Other Road"})
# As recorded: capitals, abbreviations, ZIP+4.
HOME_CHECKED = HOME.model_copy(update={"street1": "12 HARBOR ST", "city": "BOSTON", "postal_code": "02110-0001"})
AWAY_CHECKED = AWAY.model_copy(update={"street1": "99 BEACON HL", "city": "BOSTON", "postal_code": "02110-0001"})
NUMBER = 7


def content(**more: Any) -> OrderContent:
    item = OutboundItem(line_key="P1-1-1-0", sku="BOLT", name="Bolt", quantity=2)
    given = {"number": "P1", "reference": "19", "ordered_on": date(2026, 6, 1), "ship_to": HOME, "items": (item,)}
    return OrderContent.model_validate({**given, **more})


def left(by: OrderContent, **more: Any) -> PushedOrder:
    """As a run left it that wrote all of it."""
    fields = digests(texts(by))
    given = {"asked": fields, "written": fields, "loose_address": loose_address(by.ship_to), "order_id": NUMBER}
    return PushedOrder.model_validate({"key": KEY, **given, **more})


def dying(before: PushedOrder, tried: OrderContent, *fields: str) -> PushedOrder:
    """As a run left it that was about to write these fields of it."""
    told = digests(texts(tried))
    trying = {name: told[name] for name in fields or told}
    return before.model_copy(update={"trying": trying, "trying_address": loose_address(tried.ship_to)})


def standing(says: OrderContent, **more: Any) -> CurrentOrder:
    """`ship_to` and other fields as somebody else left them; `checked` by ShipStation's address check."""
    address = more.pop("ship_to", says.ship_to)
    own = {name: more.pop(name) for name in list(more) if name in texts(says)}
    own |= {name: more.pop(name) for name in ("email",) if name in more}
    given = {"order_id": NUMBER, "order_key": KEY.order_key(1), "status": "awaiting_shipment", "is_split": False}
    return CurrentOrder.model_validate(
        {
            **given,
            "is_verified": more.pop("checked", False),
            "fields": {**texts(says), "ship_to": plain_address(address), **own},
            "loose_address": loose_address(address),
            "body": {},
            **more,
        }
    )


def judged(says: OrderContent, pushed: PushedOrder, current: CurrentOrder | None) -> Decision:
    return decide(says, caught_up(pushed, current) if current else pushed, current)


@dataclass
class Case:
    """`ifs`: what it says now; `last`: what it said when we dealt with it; `order`: how it stands."""

    expected: Decision
    ifs: OrderContent = field(default_factory=content)
    last: PushedOrder = field(default_factory=lambda: left(content()))
    order: CurrentOrder | None = field(default_factory=lambda: standing(content()))


AGREE, LEAVE, CREATE, FOLLOW = Decision("agree"), Decision("leave"), Decision("create"), Decision("follow")
NEW = PushedOrder(key=KEY)
SHIP_TO = Decision("update", ("ship_to",))
KEPT = Decision("agree", (), ("ship_to",))
MOVED = content(ship_to=AWAY)
MORE = content(items=(OutboundItem(line_key="P1-1-1-0", sku="BOLT", name="Bolt", quantity=3),))
IN_JULY = content(ship_by=date(2026, 7, 1))
HELD_NOW = content(held=True)
FREE = content(held=False)
ORDER_KEY = OutboundKey(connection=ConnectionName("acme"), order_no="P1")
LESS = content(items=(OutboundItem(line_key="P1-1-1-0", sku="BOLT", name="Bolt", quantity=1),))
HOLD = Decision("update", ("held",))
CASES = {
    # held in IFS
    "blocked": Case(HOLD, ifs=HELD_NOW, last=left(FREE), order=standing(FREE)),
    "blocked still": Case(
        AGREE, ifs=HELD_NOW, last=left(HELD_NOW), order=standing(HELD_NOW, status="on_hold", held="held")
    ),
    "released": Case(HOLD, ifs=FREE, last=left(HELD_NOW), order=standing(HELD_NOW, status="on_hold")),
    "blocked, and the warehouse holds it": Case(
        AGREE, ifs=HELD_NOW, last=left(FREE), order=standing(FREE, status="on_hold", held="held")
    ),
    "blocked, and the warehouse holds it to a day": Case(
        HOLD, ifs=HELD_NOW, last=left(FREE), order=standing(FREE, status="on_hold", held="until 2026-06-09")
    ),
    "blocked anew, and the warehouse had let go of it before": Case(
        HOLD, ifs=HELD_NOW, last=left(FREE, written=digests(texts(HELD_NOW))), order=standing(FREE)
    ),
    "released, and the hold is the warehouse's": Case(
        Decision("agree", (), ("held",)),
        ifs=FREE,
        last=left(HELD_NOW, written=digests(texts(FREE))),
        order=standing(HELD_NOW, status="on_hold"),
    ),
    "blocked still, and the warehouse released it": Case(
        AGREE, ifs=HELD_NOW, last=left(HELD_NOW), order=standing(FREE)
    ),
    "blocked, once shipped": Case(AGREE, ifs=HELD_NOW, last=left(FREE), order=standing(FREE, status="shipped")),
    "blocked, once split": Case(LEAVE, ifs=HELD_NOW, last=left(FREE), order=standing(FREE, is_split=True)),
    "a shipment says nothing of it": Case(AGREE, order=standing(content(), status="on_hold")),
    # what the file names since the order was made
    "said for the first time": Case(
        Decision("update", ("email",)), ifs=content(email="kim@example.com"), order=standing(content(), email="")
    ),
    "said for the first time, and the warehouse has said it": Case(
        AGREE, ifs=content(email="kim@example.com"), order=standing(content(), email="other@example.com")
    ),
    # what left and is delivered
    "an order of which a line is delivered in part": Case(
        LEAVE, ifs=LESS, last=left(content(), key=ORDER_KEY), order=standing(content(), status="shipped")
    ),
    "an order that wants more than left": Case(
        FOLLOW, ifs=MORE, last=left(content(), key=ORDER_KEY), order=standing(content(), status="shipped")
    ),
    "an order that wants less of what is packed": Case(
        Decision("update", ("items",)), ifs=LESS, last=left(content(), key=ORDER_KEY)
    ),
    "a shipment that holds less than left": Case(LEAVE, ifs=LESS, order=standing(content(), status="shipped")),
    "an order that wants another part than left": Case(
        LEAVE,
        ifs=content(items=(OutboundItem(line_key="P1-1-1-0", sku="NUT", name="Nut", quantity=1),)),
        last=left(content(), key=ORDER_KEY),
        order=standing(content(), status="shipped"),
    ),
    "an order of which a part is split off": Case(
        LEAVE, ifs=LESS, last=left(content(), key=ORDER_KEY), order=standing(content(), is_split=True)
    ),
    "an order whose lines nobody can read": Case(
        LEAVE,
        ifs=LESS,
        last=left(content(), key=ORDER_KEY, lines=("P1-1-1-0",)),
        order=standing(content(), status="shipped", items="\tGIFT\t"),
    ),
    # what is not there
    "new": Case(CREATE, last=NEW, order=None),
    "about to be made, and not there": Case(CREATE, last=dying(NEW, content()), order=None),
    "gone": Case(LEAVE, order=None),
    "gone, and IFS says otherwise": Case(LEAVE, ifs=MOVED, order=None),
    "cancelled for IFS, opened again": Case(
        CREATE, last=left(content(), is_cancelled=True), order=standing(content(), status="cancelled")
    ),
    "cancelled for IFS, deleted there, opened again": Case(CREATE, last=left(content(), is_cancelled=True), order=None),
    "cancelled for IFS, revived by hand, opened again": Case(AGREE, last=left(content(), is_cancelled=True)),
    "cancelled by hand": Case(LEAVE, order=standing(content(), status="cancelled")),
    "cancelled by hand while IFS had cancelled in vain": Case(
        LEAVE, last=left(content(), wish="cancel"), order=standing(content(), status="cancelled")
    ),
    # IFS or the warehouse
    "nobody": Case(AGREE),
    "IFS alone": Case(SHIP_TO, ifs=MOVED),
    "the warehouse alone": Case(AGREE, order=standing(content(), ship_to=THEIRS)),
    "both": Case(KEPT, ifs=MOVED, order=standing(content(), ship_to=THEIRS)),
    "both to the same": Case(AGREE, ifs=MOVED, order=standing(MOVED)),
    "both, different fields": Case(
        SHIP_TO, ifs=MOVED, order=standing(content(), customer="Kim", items="P1-1-1-0\tBOLT\t9")
    ),
    "both, one field of two": Case(
        Decision("update", ("items",), ("ship_to",)),
        ifs=content(ship_to=AWAY, items=MORE.items),
        order=standing(content(), ship_to=THEIRS),
    ),
    "IFS takes back what was kept": Case(
        KEPT,
        last=left(content()).model_copy(update={"asked": digests(texts(MOVED))}),
        order=standing(content(), ship_to=THEIRS),
    ),
    "the warehouse takes back its edit": Case(
        AGREE, ifs=MOVED, last=left(content()).model_copy(update={"asked": digests(texts(MOVED))})
    ),
    "the warehouse took it back, and IFS moves on": Case(
        SHIP_TO,
        ifs=content(ship_to=HOME.model_copy(update={"street1": "5 New Row"})),
        last=left(content()).model_copy(update={"asked": digests(texts(MOVED))}),
    ),
    "quantity": Case(Decision("update", ("items",)), ifs=MORE),
    "a line that the warehouse added": Case(
        Decision("agree", (), ("items",)), ifs=MORE, order=standing(content(), items="P1-1-1-0\tBOLT\t2\n\tGIFT\t1")
    ),
    "case and spacing": Case(AGREE, ifs=content(ship_to=HOME.model_copy(update={"city": " BOSTON "}))),
    # empty values
    "a date where none was": Case(Decision("update", ("ship_by",)), ifs=IN_JULY),
    "no date where one was": Case(Decision("update", ("ship_by",)), last=left(IN_JULY), order=standing(IN_JULY)),
    "no date, and the warehouse set one": Case(AGREE, order=standing(content(), ship_by="2026-07-09")),
    "a date, and the warehouse set another": Case(
        Decision("agree", (), ("ship_by",)), ifs=IN_JULY, order=standing(content(), ship_by="2026-07-09")
    ),
    "a date that the warehouse took away": Case(AGREE, ifs=IN_JULY, last=left(IN_JULY)),
    "the warehouse emptied the address": Case(
        KEPT, ifs=MOVED, order=standing(content(), ship_to=Address(name="", street1="", city="", country=""))
    ),
    # the warehouse's own place
    "no place of ours, the account's stands": Case(AGREE, order=standing(content(), warehouse="14265")),
    "a place now, over the account's: it may be by hand": Case(
        Decision("agree", (), ("warehouse",)),
        ifs=content(warehouse_id=4711),
        order=standing(content(), warehouse="14265"),
    ),
    "a place now, over none": Case(Decision("update", ("warehouse",)), ifs=content(warehouse_id=4711)),
    "another place": Case(
        Decision("update", ("warehouse",)),
        ifs=content(warehouse_id=4712),
        last=left(content(warehouse_id=4711)),
        order=standing(content(warehouse_id=4711)),
    ),
    # ShipStation's address check
    "checked": Case(AGREE, order=standing(content(), ship_to=HOME_CHECKED, checked=True)),
    "checked, and IFS moves": Case(SHIP_TO, ifs=MOVED, order=standing(content(), ship_to=HOME_CHECKED, checked=True)),
    "checked, then sent back unchecked, and IFS moves": Case(
        SHIP_TO,
        ifs=MOVED,
        last=caught_up(left(content()), standing(content(), ship_to=HOME_CHECKED, checked=True)),
        order=standing(content(), ship_to=HOME_CHECKED),
    ),
    "another name on a checked address is the warehouse's": Case(
        KEPT,
        ifs=MOVED,
        order=standing(content(), ship_to=HOME_CHECKED.model_copy(update={"name": "Bo Ek"}), checked=True),
    ),
    "another street of the same number is the warehouse's": Case(
        KEPT, ifs=MOVED, order=standing(content(), ship_to=HOME.model_copy(update={"street1": "12 Oak Street"}))
    ),
    "another spelling, unchecked, is the warehouse's": Case(
        KEPT, ifs=MOVED, order=standing(content(), ship_to=HOME.model_copy(update={"street1": "12 Harbour Street"}))
    ),
    "another city of the same code is the warehouse's": Case(
        KEPT,
        ifs=MOVED,
        order=standing(content(), ship_to=HOME_CHECKED.model_copy(update={"city": "Quincy"}), checked=True),
    ),
    # statuses
    "held": Case(SHIP_TO, ifs=MOVED, order=standing(content(), status="on_hold")),
    "awaiting payment": Case(SHIP_TO, ifs=MOVED, order=standing(content(), status="awaiting_payment")),
    "shipped, as IFS says": Case(AGREE, order=standing(content(), status="shipped")),
    "shipped elsewhere": Case(LEAVE, ifs=MOVED, order=standing(content(), status="shipped")),
    "shipped, and the warehouse had its own address": Case(
        AGREE, order=standing(content(), status="shipped", ship_to=THEIRS)
    ),
    "shipped, what no label shows": Case(AGREE, ifs=IN_JULY, order=standing(content(), status="shipped")),
    "at a fulfilment provider": Case(LEAVE, ifs=MOVED, order=standing(content(), status="pending_fulfillment")),
    "a status of tomorrow": Case(LEAVE, ifs=MOVED, order=standing(content(), status="")),
    "split": Case(LEAVE, ifs=MOVED, order=standing(content(), is_split=True)),
    "split, as IFS says": Case(AGREE, order=standing(content(), is_split=True, items="P1-1-1-0\tBOLT\t1")),
    # what a dead run has left
    "made by a dead run": Case(AGREE, last=dying(NEW, content())),
    "made by a dead run, and checked": Case(
        AGREE, last=dying(NEW, content()), order=standing(content(), ship_to=HOME_CHECKED, checked=True)
    ),
    "made by a dead run, and IFS moved": Case(SHIP_TO, ifs=MOVED, last=dying(NEW, content())),
    "made by a dead run, checked, and IFS moved": Case(
        SHIP_TO, ifs=MOVED, last=dying(NEW, content()), order=standing(content(), ship_to=HOME_CHECKED, checked=True)
    ),
    "made by a dead run, and edited": Case(
        AGREE, last=dying(NEW, content()), order=standing(content(), ship_to=THEIRS)
    ),
    "made by a dead run, edited, and IFS moved": Case(
        KEPT, ifs=MOVED, last=dying(NEW, content()), order=standing(content(), ship_to=THEIRS)
    ),
    "made by a dead run, the account's place": Case(
        AGREE, last=dying(NEW, content()), order=standing(content(), warehouse="14265")
    ),
    "changed by a dead run": Case(
        AGREE, ifs=MOVED, last=dying(left(content()), MOVED, "ship_to"), order=standing(MOVED)
    ),
    "not changed by a dead run": Case(SHIP_TO, ifs=MOVED, last=dying(left(content()), MOVED, "ship_to")),
    "changed by a dead run, and checked": Case(
        AGREE,
        ifs=MOVED,
        last=dying(left(content()), MOVED, "ship_to"),
        order=standing(MOVED, ship_to=AWAY_CHECKED, checked=True),
    ),
    "changed by a dead run, and IFS goes back": Case(
        SHIP_TO, last=dying(left(content()), MOVED, "ship_to"), order=standing(MOVED)
    ),
    "changed by a dead run, another field edited since": Case(
        AGREE,
        ifs=content(ship_to=AWAY, items=MORE.items),
        last=dying(left(content()), content(ship_to=AWAY, items=MORE.items), "ship_to", "items"),
        order=standing(MOVED, items="P1-1-1-0\tBOLT\t9"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_done(case: str) -> None:
    given = CASES[case]
    assert judged(given.ifs, given.last, given.order) == given.expected


@pytest.mark.parametrize("case", CASES)
def test_once_written_the_same_again_asks_for_nothing(case: str) -> None:
    """An echo: what was written is read back, and nothing is written, whatever was kept."""
    given = CASES[case]
    if given.expected.kind != "update" or given.order is None:
        return
    pushed, fields = caught_up(given.last, given.order), given.expected.fields
    held = pushed.holding(written_after(given.ifs, pushed, fields), loose_after(given.ifs, pushed, fields))
    after = held.ended(Outbound(key=KEY, wish="pack", read_at=NOON, content=given.ifs), "written")  # type: ignore[arg-type] # as the ledger has it
    now = {**given.order.fields, **{name: texts(given.ifs)[name] for name in fields}}
    stands = given.order.model_copy(update={"fields": now})
    assert judged(given.ifs, after, stands) == AGREE


@pytest.mark.parametrize(
    ("pushed", "order", "expected"),
    [
        pytest.param(left(content()), standing(content()), "cancel", id="awaiting shipment"),
        pytest.param(left(content()), standing(content(), status="on_hold"), "cancel", id="held"),
        pytest.param(left(content()), standing(content(), status="awaiting_payment"), "cancel", id="unpaid"),
        pytest.param(left(content()), standing(content(), status="shipped"), "leave", id="shipped"),
        pytest.param(left(content()), standing(content(), status="cancelled"), "agree", id="cancelled"),
        pytest.param(left(content()), standing(content(), status=""), "leave", id="a status of tomorrow"),
        pytest.param(left(content()), standing(content(), is_split=True), "leave", id="split"),
        pytest.param(left(content()), standing(content(), status="cancelled", is_split=True), "leave", id="a part"),
        pytest.param(left(content()), None, "leave", id="gone, perhaps combined"),
        pytest.param(dying(NEW, content()), standing(content()), "cancel", id="made by a dead run"),
        pytest.param(dying(NEW, content()), None, "agree", id="never made"),
    ],
)
def test_what_a_cancellation_does(pushed: PushedOrder, order: CurrentOrder | None, expected: str) -> None:
    assert decide_to_cancel(caught_up(pushed, order) if order else pushed, order).kind == expected


@pytest.mark.parametrize("status", sorted(OPEN | {"cancelled"}))
def test_a_cancellation_of_a_dead_run_is_known_by_the_status(status: str) -> None:
    pushed = left(content()).model_copy(update={"trying": {CANCELLING: ""}})
    assert caught_up(pushed, standing(content(), status=status)).is_cancelled == (status == "cancelled")


@pytest.mark.parametrize(
    ("ifs", "order", "expected"),
    [
        pytest.param(MOVED, standing(content()), True, id="as we left it"),
        pytest.param(MOVED, standing(content(), ship_to=HOME_CHECKED, checked=True), True, id="checked"),
        pytest.param(MOVED, standing(content(), ship_to=THEIRS), False, id="edited, or an old list"),
        pytest.param(content(), standing(content(), ship_to=THEIRS), True, id="edited where IFS is still"),
        pytest.param(None, standing(content(), ship_to=THEIRS), True, id="to be cancelled"),
    ],
)
def test_a_list_is_believed_where_it_shows_what_we_left(
    ifs: OrderContent | None,
    order: CurrentOrder,
    expected: bool,  # noqa: FBT001 # a column of the table
) -> None:
    assert is_as_left(ifs, caught_up(left(content()), order), order) is expected


TYPED_OVER = {
    "nobody tried anything": (left(content()), standing(content(), ship_to=THEIRS), False),
    "it stands there": (dying(left(content()), MOVED, "ship_to"), standing(MOVED), False),
    "as checked it stands there": (
        dying(left(content()), MOVED, "ship_to"),
        standing(content(), ship_to=AWAY_CHECKED, checked=True),
        False,
    ),
    "what was left there does": (dying(left(content()), MOVED, "ship_to"), standing(content()), False),
    "one of two was typed over": (dying(left(content()), MOVED, "ship_to", "items"), standing(MOVED, items="x"), False),
    "one of two stands as before": (
        dying(left(content()), MOVED, "ship_to", "ship_by"),
        standing(content(), ship_to=THEIRS),
        False,
    ),
    "typed over": (dying(left(content()), MOVED, "ship_to"), standing(content(), ship_to=THEIRS), True),
    "both typed over": (
        dying(left(content()), MOVED, "ship_to", "items"),
        standing(content(), ship_to=THEIRS, items="x"),
        True,
    ),
    "a cancellation is told by the status": (
        left(content(), trying={CANCELLING: ""}),
        standing(content(), ship_to=THEIRS),
        False,
    ),
    "that it was made is told by its standing there": (
        dying(PushedOrder(key=KEY), MOVED, "ship_to"),
        standing(content(), ship_to=THEIRS),
        False,
    ),
}


@pytest.mark.parametrize("case", TYPED_OVER)
def test_nothing_tells_whether_a_change_has_arrived(case: str) -> None:
    pushed, order, expected = TYPED_OVER[case]

    assert is_typed_over(pushed, order) is expected


def test_digests_tell_nothing_of_whom_they_are() -> None:
    text = left(content(), trying={"ship_to": digest(plain_address(HOME))}).model_dump_json()
    assert not any(word in text.casefold() for word in ("larsson", "harbor", "boston", "02110"))
