"""Divides a customer order into what goes from one site to one place: each part becomes one order of ShipStation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, DivisionByZero, InvalidOperation

from functions.connections.customer_orders import LineNames
from functions.connections.orders import Orders
from functions.ifs.addresses import NO_ADDRESS
from functions.ifs.contacts import Book, Reached
from functions.ifs.places import LINE_KEY, ORDER_NO, Found, Place, place_of_line, place_of_order
from functions.ifs.service import Row
from functions.ifs.values import as_instant, as_quantity, as_text
from functions.model.consignment import Consignment, ConsignmentLine, Fate

STATE, SITE = "Objstate", "Contract"
CANCELLED = "Cancelled"
DELIVERED = {"Delivered", "Invoiced", "Closed"}
MISSING, EXPIRED = "receiver address in IFS", "receiver address valid to"

GroupKey = tuple[str, str | Place]


@dataclass(frozen=True)
class OrderLine:
    """A line that is packed here. `reference` are its numbers within the order."""

    row: Mapping[str, object]
    reference: tuple[str, ...]
    state: str
    site: str
    place: Place

    @property
    def is_over(self) -> bool:
        return self.state in {CANCELLED, *DELIVERED}


@dataclass(frozen=True)
class Receivers:
    """What is known of those that goods go to."""

    addresses: Found
    contacts: Book


@dataclass(frozen=True)
class IfsOrder:
    """An order with what IFS shows of its lines. `lines` are those that are packed here, the first entered first, so
    that a later one never names a part of the order. `shown` are the keys of what is to be seen: lines of sites that
    the file leaves out are as good as hidden, and nothing is taken out for them.
    """

    row: Mapping[str, object]
    home: Place
    lines: tuple[OrderLine, ...]
    shown: frozenset[str]

    @property
    def state(self) -> str:
        return as_text(self.row.get(STATE))

    @property
    def site(self) -> str:
        return as_text(self.row.get(SITE))

    @property
    def needed(self) -> tuple[Place, ...]:
        """Those that have to be known before anything of the order is sent anywhere."""
        alive = [line.place for line in self.lines if not line.is_over]
        return (self.home, *alive) if alive else ()

    @property
    def places(self) -> tuple[Place, ...]:
        """A line that is over still says which part it was of: two places with one address are one."""
        return (self.home, *(line.place for line in self.lines)) if self.needed else ()


def ifs_order(row: Row, lines: Sequence[Row], orders: Orders) -> IfsOrder:
    names = orders.customer_orders
    packed = [
        OrderLine(
            row=line,
            reference=tuple(as_text(line.get(name)) for name in LINE_KEY[1:]),
            state=as_text(line.get(names.line.state)),
            site=as_text(line.get(names.line.site)),
            place=place_of_line(line, row, names),
        )
        for line in lines
        if _is_packed_here(line, orders)
    ]
    packed.sort(key=lambda line: [(len(part), part) for part in line.reference])
    shown = frozenset(line_key(line) for line in lines if not _is_elsewhere(line, orders))
    return IfsOrder(row=row, home=place_of_order(row, names), lines=tuple(packed), shown=shown)


def line_key(row: Row) -> str:
    return "-".join(as_text(row.get(name)) for name in LINE_KEY)


def parts(order: IfsOrder, receivers: Receivers, orders: Orders) -> list[Consignment]:
    """One for each site and address, named after the first line that goes there; the order's own site and address have
    no name. An order of which nothing is packed has that one alone.
    """
    found = receivers.addresses
    home: GroupKey = (order.site, _address(order.home, found))
    groups: dict[GroupKey, list[OrderLine]] = {} if order.lines else {home: []}
    for line in order.lines:
        groups.setdefault((line.site, _address(line.place, found)), []).append(line)
    return [
        _part(order, own, "" if key == home else "-".join(own[0].reference), receivers, orders)
        for key, own in groups.items()
    ]


def _address(place: Place, found: Found) -> str | Place:
    """Two places with one address are one, however it is spaced and capitalised."""
    if place not in found:
        return place
    parts = found[place].address.model_dump(exclude={"address"}).values()
    return "\n".join(" ".join(part.split()).casefold() for part in (*parts, *found[place].address.address))


def _part(order: IfsOrder, lines: Sequence[OrderLine], group: str, receivers: Receivers, orders: Orders) -> Consignment:
    names, row, found = orders.customer_orders, order.row, receivers.addresses
    fate = _fate(order, lines, orders)
    packed = [line for line in lines if _is_open(line, fate, orders)]
    site, place = (lines[0].site, lines[0].place) if lines else (order.site, order.home)
    customer = as_text(row.get(names.order.customer))
    reached = _reached(place, customer, receivers.contacts)
    return Consignment(
        order_no=as_text(row.get(ORDER_NO)),
        group=group,
        fate=fate,
        is_over=fate in {"cancel", "done"},
        site=site,
        created=as_instant(row.get(names.order.created)),
        ship_by=_ship_by(packed, names.line),
        receiver=customer,
        receiver_reference=as_text(row.get(names.order.contact)),
        phone=reached.phone,
        email=reached.email,
        unusable=_unusable(order, place, found),
        lines=tuple(_line(line, orders) for line in packed),
        shown=None if order.state == CANCELLED else order.shown,
        **(found[place].address if place in found else NO_ADDRESS).model_dump(),
    )


def _reached(place: Place, customer: str, contacts: Book) -> Reached:
    """An address that an order or a line has for itself has no contacts: those of the order's customer count."""
    return contacts.of(*place.id) if place.kind == "customer" else contacts.of(customer, "")


def _ship_by(packed: Sequence[OrderLine], names: LineNames) -> datetime | None:
    """The earliest of its lines."""
    days = [as_instant(line.row.get(names.ship_by)) for line in packed]
    return min(filter(None, days), default=None)


def _unusable(order: IfsOrder, place: Place, found: Found) -> str:
    """One address that IFS does not show keeps the whole order: its lines might belong to another part."""
    if any(each not in found for each in order.needed):
        return MISSING
    return EXPIRED if place in found and not found[place].is_valid else ""


def _fate(order: IfsOrder, lines: Sequence[OrderLine], orders: Orders) -> Fate:
    """By the states that IFS names, never by arithmetic: a line may be closed short."""
    if order.state == CANCELLED:
        return "cancel"
    return "done" if order.state in DELIVERED else _fate_by_lines(order, lines, orders)


def _fate_by_lines(order: IfsOrder, lines: Sequence[OrderLine], orders: Orders) -> Fate:
    """What is neither over nor packed is held: the order, or all that is left of a part, is blocked."""
    states = orders.customer_orders.states
    if _may_be_packed(order, orders) and any(line.state in states for line in lines):
        return "pack"
    return _fate_when_over(lines) if all(line.is_over for line in lines) else "hold"


def _may_be_packed(order: IfsOrder, orders: Orders) -> bool:
    names = orders.customer_orders
    blocked = names.order.blocked
    is_blocked = blocked is not None and as_text(order.row.get(blocked)) != ""
    return order.state in names.states and not is_blocked


def _fate_when_over(lines: Sequence[OrderLine]) -> Fate:
    """One line that was delivered keeps the part from being cancelled."""
    return "done" if any(line.state in DELIVERED for line in lines) else "cancel"


def _is_open(line: OrderLine, fate: Fate, orders: Orders) -> bool:
    if fate == "hold":
        return not line.is_over
    return fate == "pack" and line.state in orders.customer_orders.states


def _is_packed_here(row: Row, orders: Orders) -> bool:
    names = orders.customer_orders
    item = as_quantity(row.get("LineItemNo")) or Decimal(0)
    is_other_half = item > 0 if names.packages == "header" else item < 0
    is_from_supplier = as_text(row.get(names.line.supply)) in names.left_out_supply
    is_no_goods = as_text(row.get(names.line.type)) in names.left_out_types
    return not (is_other_half or is_from_supplier or is_no_goods or _is_elsewhere(row, orders))


def _is_elsewhere(row: Row, orders: Orders) -> bool:
    return bool(orders.sites) and as_text(row.get(orders.customer_orders.line.site)) not in orders.sites


def _line(line: OrderLine, orders: Orders) -> ConsignmentLine:
    names, row = orders.customer_orders.line, line.row
    sales, inventory = as_text(row.get(names.sales_part)), as_text(row.get(names.inventory_part))
    is_stock = orders.customer_orders.units == "inventory"
    left, delivered = _left(row, names), as_quantity(row.get(names.delivered)) or Decimal(0)
    return ConsignmentLine(
        line_key=line_key(row),
        order=as_text(row.get(ORDER_NO)),
        sku=(inventory or sales) if is_stock else (sales or inventory),
        name=as_text(row.get(names.description)),
        quantity=_in_stock(left, row, names) if is_stock and left is not None else left,
        delivered=_in_stock(delivered, row, names) if is_stock else delivered,
    )


def _left(row: Row, names: LineNames) -> Decimal | None:
    """In units of the sale; None where IFS names no number."""
    ordered, delivered = as_quantity(row.get(names.quantity)), as_quantity(row.get(names.delivered))
    return ordered if ordered is None or not delivered else max(ordered - delivered, Decimal(0))


def _in_stock(quantity: Decimal, row: Row, names: LineNames) -> Decimal | None:
    factor, inverted = (as_quantity(row.get(name)) for name in (names.factor, names.inverted_factor))
    try:
        return quantity * (Decimal(1) if factor is None else factor) / (Decimal(1) if inverted is None else inverted)
    except (DivisionByZero, InvalidOperation):
        return None
