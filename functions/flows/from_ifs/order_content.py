"""What the ShipStation order of a consignment should say, or which field keeps it from being one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.model.consignment import Consignment, ConsignmentLine
from functions.model.outbound import (
    LATEST_GENERATION,
    Address,
    OrderContent,
    Outbound,
    OutboundItem,
    OutboundKey,
    Problem,
)
from functions.model.outcomes import Reason

# What ShipStation keeps of each text. Source: its import guides (help.shipstation.com, custom store schema).
LONGEST_NUMBER = 50
LONGEST_NAME, LONGEST_STREET, LONGEST_CODE, LONGEST_SKU, LONGEST_ITEM, LONGEST_LINE = 100, 200, 50, 100, 200, 50
LARGEST_QUANTITY = 99_999
NOISE, MOST_NOISE = Decimal("1e-6"), Decimal("1e-3")  # of a quantity, left over by conversion factors that were rounded
CUT = "…"  # stands where a text was cut, so that nobody takes it for whole
STREETS = 3
LARGEST_BYTES = 150_000  # of one order in a message
LETTERS = 2  # of a country


class _UnusableError(Exception):
    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def key_of(consignment: Consignment, connection: Connection) -> OutboundKey:
    return OutboundKey(
        connection=connection.name,
        shipment_id=consignment.shipment_id,
        order_no=consignment.order_no,
        group=consignment.group,
    )


def outbound(consignment: Consignment, connection: Connection, orders: Orders, now: datetime) -> Outbound:
    key = key_of(consignment, connection)
    if len(key.order_key(LATEST_GENERATION)) > LONGEST_NUMBER:
        return _problem(key, now, Reason.FIELD_UNUSABLE, "order number" if key.order_no else "shipment id")
    if consignment.fate == "cancel":
        return Outbound(key=key, wish="cancel", read_at=now)
    try:
        content = _content(consignment, connection, orders)
    except _UnusableError as unusable:
        is_to_hold = consignment.fate == "hold" and bool(key.order_no)  # a shipment's order is packed on
        reason = Reason.HELD_IN_IFS if is_to_hold else Reason.FIELD_UNUSABLE
        return _problem(key, now, reason, unusable.field)
    if len(content.model_dump_json().encode()) > LARGEST_BYTES:
        return _problem(key, now, Reason.FIELD_UNUSABLE, "lines")
    if not content.items:
        return _problem(key, now, Reason.NOTHING_TO_PACK, "lines")
    return Outbound(key=key, wish="pack", read_at=now, content=content)


def _problem(key: OutboundKey, now: datetime, reason: Reason, field: str) -> Outbound:
    return Outbound(key=key, wish="pack", read_at=now, problem=Problem(reason=reason, field=field))


def _content(consignment: Consignment, connection: Connection, orders: Orders) -> OrderContent:
    zone, is_order = connection.ifs.zone_of(consignment.site), bool(consignment.order_no)
    if consignment.unusable:
        raise _UnusableError(consignment.unusable)
    return OrderContent(
        number=_order_number(consignment, connection, orders) if is_order else _number(consignment),
        reference=consignment.number,
        ordered_on=_day(consignment.created, zone) or _missing("created"),
        ship_by=_day(consignment.ship_by, zone),
        customer=_cut(consignment.receiver, LONGEST_CODE),
        ship_to=_address(consignment, orders),
        items=tuple(_items(consignment, orders)),
        warehouse_id=orders.warehouses.get(consignment.site),
        group=f"{consignment.site} {consignment.group}".strip() if is_order else None,
        email=_whole(consignment.email, LONGEST_NAME, "e-mail") if consignment.email is not None else None,
        held=consignment.fate == "hold" if is_order else None,
    )


def _order_number(consignment: Consignment, connection: Connection, orders: Orders) -> str:
    """As the label's way back reads it."""
    number = consignment.order_no
    view = connection.at_store(orders.store_id)
    if len(number) > LONGEST_NUMBER or view.shipstation.order_reference.read(number) != number:
        raise _UnusableError("order number")
    return number


def _missing(field: str) -> date:
    raise _UnusableError(field)


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    """The site's. The first and the last day there are stand for none, and no zone can hold them."""
    with suppress(OverflowError):
        return at.astimezone(zone).date() if at else None
    return None


def _number(consignment: Consignment) -> str:
    """The IFS order that people look for; of several, the first. A shipment of no order goes by its own number."""
    numbers = sorted({line.order for line in consignment.lines if line.order})
    number = numbers[0] if numbers else consignment.shipment_id
    if len(number) > LONGEST_NUMBER:
        raise _UnusableError("order number")
    return number


def _address(consignment: Consignment, orders: Orders) -> Address:
    lines, name = list(consignment.address), consignment.name or consignment.receiver_reference
    streets = [*lines[: STREETS - 1], ", ".join(lines[STREETS - 1 :])]
    if not name:
        raise _UnusableError("receiver name")
    if not lines:
        raise _UnusableError("receiver address")
    if not consignment.city:
        raise _UnusableError("receiver city")
    return Address(
        name=_cut(name, LONGEST_NAME),
        street1=_cut(streets[0], LONGEST_STREET),
        street2=_cut(streets[1] if len(lines) > 1 else "", LONGEST_STREET),
        street3=_cut(streets[-1] if len(lines) >= STREETS else "", LONGEST_STREET),
        city=_cut(consignment.city, LONGEST_NAME),
        state=_cut(consignment.region, LONGEST_NAME),
        postal_code=_whole(consignment.postal_code, LONGEST_CODE, "receiver postal code"),
        country=_country(consignment.country, orders),
        phone=_cut(consignment.phone, LONGEST_CODE) or orders.phone,
    )


def _country(text: str, orders: Orders) -> str:
    """Two letters, or what the file makes of IFS's name for it; a country is never guessed."""
    mapped = {name.casefold(): code for name, code in orders.countries.items()}.get(text.casefold())
    if mapped:
        return mapped
    if len(text) == LETTERS and text.isascii() and text.isalpha():
        return text.upper()
    raise _UnusableError("receiver country")


def _items(consignment: Consignment, orders: Orders) -> Iterator[OutboundItem]:
    for line in consignment.lines:
        quantity = _quantity(line, orders)
        if quantity:
            sku = _whole(line.sku, LONGEST_SKU, f"{_named(line)} part number")
            name = _cut(line.name or line.sku, LONGEST_ITEM)
            if not name:
                raise _UnusableError(f"{_named(line)} part number")
            key = _whole(line.line_key, LONGEST_LINE, f"{_named(line)} key")
            yield OutboundItem(
                line_key=key, sku=sku, name=name, quantity=quantity, delivered=_whole_number(line.delivered)
            )


def _named(line: ConsignmentLine) -> str:
    return f"line {_cut(line.line_key, LONGEST_LINE)}"


def _quantity(line: ConsignmentLine, orders: Orders) -> int:
    """ShipStation counts pieces: a fraction is rounded up or asks a person, as the file says."""
    quantity = _unrounded(line.quantity) if line.quantity is not None else Decimal(-1)
    is_whole = quantity == quantity.to_integral_value()
    if not 0 <= quantity <= LARGEST_QUANTITY or not (is_whole or orders.fractions == "round_up"):
        raise _UnusableError(f"{_named(line)} quantity")
    return int(quantity.to_integral_value(ROUND_CEILING))


def _unrounded(quantity: Decimal) -> Decimal:
    """What a factor that was rounded leaves over is nothing: rounded up it would be a piece more."""
    nearest = quantity.to_integral_value()
    return nearest if 0 < abs(quantity - nearest) <= min(NOISE * abs(nearest), MOST_NOISE) else quantity


def _whole_number(quantity: Decimal | None) -> int | None:
    quantity = _unrounded(quantity) if quantity is not None else None
    is_whole = quantity is not None and 0 <= quantity <= LARGEST_QUANTITY and quantity == quantity.to_integral_value()
    return int(quantity) if is_whole and quantity is not None else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def _whole(text: str, longest: int, field: str) -> str:
    """What means nothing once it is cut."""
    if len(text) > longest:
        raise _UnusableError(field)
    return text
