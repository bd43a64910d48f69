"""Judges customer orders that became ShipStation orders, by both vendors' books and an arithmetic of its own: what is
to be packed stands in open orders or has left, once, where it goes, held while it must not be packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.equipment.push_books import CANCELLED, OPEN, Books
from tests.equipment.shipstation.rows import Order
from tests.equipment.world import Site, World
from tests.simulation import ledger_format as ledger
from tests.simulation.connection_files import PUSH_SITE, SECOND_PUSH_SITE
from tests.simulation.expectations import ANY_REASON, Sold
from tests.simulation.judge_pushes import of_writes
from tests.simulation.week import Week

SITES = {4711: PUSH_SITE, 4712: SECOND_PUSH_SITE}
PACKED = {"Released", "Reserved", "Picked", "PartiallyDelivered"}
LINES = "CustomerOrderLineSet"


def source_of(order: Order) -> str | None:
    """The part of a customer order that an order is for, without the generation."""
    return order.order_key.partition(":g")[0] if order.order_key.startswith("ifs:") else None


class Ordered:
    """The most pieces that IFS ever wanted of each line, by what its key says."""

    def __init__(self, site: Site) -> None:
        self._tenant = site.tenant

    def __call__(self, line: str) -> int:
        key = (*line.split("-")[:3], int(line.split("-")[3]))
        edits = (w for w in self._tenant.writes if w.entity == LINES and w.key == key and "BuyQtyDue" in w.changes)
        typed = [int(write.changes["BuyQtyDue"]) for write in edits]
        first = self._tenant.record(LINES, key).values["BuyQtyDue"]
        return max([*typed, int(first), FIRST_SOLD])


FIRST_SOLD = 6  # the most that a story sells before it changes its mind


def of_site(world: World, week: Week, site: Site) -> Iterator[str]:
    name = site.connection.name
    books = week.books.get(name)
    if books is None or books.ordered is None:
        return
    yield from (f"{name}: {fault}" for fault in books.faults)
    parts = ledger.sold(world, site)
    for sale in week.sold:
        own = parts.get(sale.number, [])
        yield from (f"{name}/{sale.number} ({sale.kind}): {fault}" for fault in _of(sale, books, own))
    yield from of_writes(world, site, books)
    pending = {source + _generation(item) for source, item in _keyed(name, parts) if item.get(ledger.TRYING)}
    entries = ((ledger.record_of(each), each[ledger.OUTCOME]) for each in ledger.order_entries(world, site))
    yield from (f"{name}: {fault}" for fault in books.unaudited(entries, pending))


def _keyed(name: str, parts: dict[str, list[ledger.Item]]) -> Iterator[tuple[str, ledger.Item]]:
    for number, items in parts.items():
        for item in items:
            group = item[ledger.KEY].get("group")
            yield f"ifs:{name}:o{number}" + (f":{group}" if group else ""), item


def _generation(item: ledger.Item) -> str:
    generation = int(item.get("generation", 1))
    return f":g{generation}" if generation > 1 else ""


def _of(sale: Sold, books: Books, parts: list[ledger.Item]) -> Iterator[str]:
    told = {str(part[ledger.ATTENTION]) for part in parts if part.get(ledger.ATTENTION)}
    yield from _told(sale, told)
    yield from unlike(sale, books)


def unlike(sale: Sold, books: Books) -> Iterator[str]:
    """What its orders say otherwise than IFS."""
    orders = [o for o in books.account.orders.current.values() if o.order_number == sale.number and source_of(o)]
    alive = [order for order in orders if not order.is_gone and order.status != CANCELLED]
    if ANY_REASON not in sale.may_tell:
        yield from _goods(sale, alive)
    for order in alive:
        if order.status in OPEN and not order.is_merged_or_split:
            yield from _order(sale, books, order)


def _told(sale: Sold, told: set[str]) -> Iterator[str]:
    allowed = {*sale.told, *sale.may_tell}
    if sale.told and not told & set(sale.told):
        yield f"nobody is told: {told or 'nothing'} instead of {sale.told}"
    if told - allowed and ANY_REASON not in allowed:
        yield f"a person is called for {', '.join(sorted(told))} without need"


def _lines(sale: Sold) -> dict[str, dict[str, Any]]:
    """By the key that stands in ShipStation."""
    records = (record.values for record in sale.site.tenant.sets[LINES].values())
    mine = [values for values in records if values["OrderNo"] == sale.number]
    return {f"{v['OrderNo']}-{v['LineNo']}-{v['RelNo']}-{v['LineItemNo']}": v for v in mine}


def _goods(sale: Sold, alive: list[Order]) -> Iterator[str]:
    """Each line has left or waits to, as often as it was sold; what was cancelled waits nowhere."""
    packed, waiting = Counter[str](), Counter[str]()
    for order in alive:
        if order.parent_id is None:
            counts = waiting if order.status in OPEN else packed
            counts.update({str(item.body["lineItemKey"]): item.quantity for item in order.items})
    state = sale.site.tenant.order(sale.number)["Objstate"]
    for key, line in _lines(sale).items():
        is_packed = state in PACKED and line["Objstate"] in PACKED
        if is_packed and not sale.told and packed[key] + waiting[key] != line["BuyQtyDue"]:
            yield f"{packed[key]} of {key} left, {waiting[key]} wait, {line['BuyQtyDue']} were sold"
        if "Cancelled" in {state, line["Objstate"]} and waiting[key]:
            yield f"{key} waits to be packed although cancelled"


def _order(sale: Sold, books: Books, order: Order) -> Iterator[str]:
    """An open order goes where its lines go, from their site, and is held while IFS says so."""
    now, typed, lines = books.row(order), books.typed.get(order.order_id, {}), _lines(sale)
    mine = [lines[key] for item in order.items if (key := str(item.body["lineItemKey"])) in lines]
    if "items" not in typed:
        streets = {_street(sale, line) for line in mine}
        if streets != {now["street"]} and "street" not in typed:
            yield f"{order.order_key} goes to another place than its lines"
        if {line["Contract"] for line in mine} != {SITES.get(order.body["advancedOptions"]["warehouseId"])}:
            yield f"{order.order_key} leaves from another site than its lines"
    state = sale.site.tenant.order(sale.number)["Objstate"]
    is_packed = state in PACKED and any(line["Objstate"] in PACKED for line in mine)
    if "held" not in typed and now["held"] == is_packed and not (ANY_REASON in sale.may_tell and now["held"]):
        yield f"{order.order_key} is {'held' if now['held'] else 'not held'}"


def _street(sale: Sold, line: dict[str, Any]) -> str:
    tenant, own = sale.site.tenant, (line["OrderNo"], line["LineNo"], line["RelNo"], line["LineItemNo"])
    place = ("CustOrderLineAddressSet", own) if line["AddrFlag"] else ("Reference_CustomerInfoAddress", _home(sale))
    return str(tenant.record(*place).values["Address1"]).split()[0]


def _home(sale: Sold) -> tuple[str, str]:
    return f"C{sale.number}", "1"
