"""What an order of ours says in V2's words: the body that makes it, the body that replaces it, and how it stands.

Source: https://docs.shipstation.com/apis/shipstation-v2/openapi/shipments
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from functions.model.outbound import Address, OrderContent, OrderField, OutboundItem, loose_address, plain_address
from functions.model.pushed_order import CurrentOrder
from functions.shipstation.pushing import FAR_AHEAD, as_dict, hold_text, item_text, word
from functions.shipstation.v2 import rows
from functions.shipstation.v2.rows import PREFIX, bare
from functions.shipstation.v2.utc import pacific_day, parse_instant
from functions.shipstation.values import as_rows, as_text, as_whole

MIDNIGHT = "T00:00:00Z"
# As the description has it: readOnly.
READ_ONLY = frozenset(
    {"created_at", "modified_at", "shipment_status", "total_weight", "errors", "address_validation", "shipment_id"}
)
FROM_THERE = frozenset({"ship_from", "return_to"})  # addresses of the warehouse that an order was to leave
Marks = Mapping[OrderField, str]  # custom fields that say where an order came from


def made(order_key: str, content: OrderContent, marks: Marks, *, store: str, warehouse: str) -> dict[str, Any]:
    """The body that makes an order. Its address stays as it is sent."""
    values = dict(_values(content, {}))
    return {
        "external_shipment_id": order_key,
        "create_sales_order": True,
        "validate_address": "no_validation",
        "store_id": store,
        "warehouse_id": warehouse,
        **{name: value for name, value in values.items() if value is not None},
        "advanced_options": {name: getattr(content, field) for field, name in marks.items()},
    }


def replaced(current: CurrentOrder, content: OrderContent, ours: Sequence[OrderField], marks: Marks) -> dict[str, Any]:
    """The order as it stands, but for the fields that are `ours` to change; its warehouse as it is."""
    names = {_NAMES[field] for field in ours if field in _NAMES}
    changed = {name: value for name, value in _values(content, current.body) if name in names - {"ship_to"}}
    options = dict(as_dict(current.body.get("advanced_options")))
    options |= {name: getattr(content, field) for field, name in marks.items() if field in ours}
    kept = {name: value for name, value in current.body.items() if name not in READ_ONLY}
    address = _replaced_address(as_dict(current.body.get("ship_to")), content, ours)
    return {**kept, **changed, **identity(current), "ship_to": address, "advanced_options": options}


def _replaced_address(before: Mapping[str, Any], content: OrderContent, ours: Sequence[OrderField]) -> dict[str, Any]:
    """V2 holds the e-mail address in it, which is a field of its own."""
    address = _address(content.ship_to) if "ship_to" in ours else {}
    return {**before, **address, **({"email": content.email or None} if "email" in ours else {})}


def leaving(body: Mapping[str, Any], warehouse: str) -> dict[str, Any]:
    """The same from another warehouse, whose addresses are not those of the earlier one."""
    return {**{name: value for name, value in body.items() if name not in FROM_THERE}, "warehouse_id": warehouse}


def identity(current: CurrentOrder) -> dict[str, str]:
    """The key cannot change; the id names the order in the address of a request."""
    return {"external_shipment_id": current.order_key, "shipment_id": f"{PREFIX}{current.order_id}"}


def current_order(row: dict[str, Any], marks: Marks, now: datetime) -> CurrentOrder | None:
    """None for what is no order. Whether it was split, its own row does not say."""
    order_id, options = as_whole(bare(row.get("shipment_id"))), as_dict(row.get("advanced_options"))
    if order_id is None:
        return None
    ship_to = as_dict(row.get("ship_to"))
    address = _read_address(ship_to)
    return CurrentOrder(
        order_id=order_id,
        order_key=word(row.get("external_shipment_id")),
        status=word(rows.order_status(row)),
        is_split=False,
        is_verified=_is_rewritten(address),
        fields={
            "number": word(row.get("shipment_number")),
            "ship_by": _day(row.get("ship_by_date")),
            "ship_to": plain_address(address),
            "items": "\n".join(sorted(map(_line, as_rows(row.get("items"))))),
            "warehouse": str(as_whole(bare(row.get("warehouse_id"))) or ""),
            "email": word(ship_to.get("email")),
            "held": _held(row.get("hold_until_date"), now),
            **{field: word(options.get(name)) for field, name in marks.items()},
        },
        loose_address=loose_address(address),
        body=row,
    )


_NAMES: Mapping[OrderField, str] = {
    "number": "shipment_number",
    "ship_by": "ship_by_date",
    "ship_to": "ship_to",
    "items": "items",
    "held": "hold_until_date",
}
_ADDRESS = {
    "name": "name",
    "street1": "address_line1",
    "street2": "address_line2",
    "street3": "address_line3",
    "city": "city_locality",
    "state": "state_province",
    "postal_code": "postal_code",
    "country": "country_code",
    "phone": "phone",
}


def _values(content: OrderContent, before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an order says in V2's own names; of its lines what is not ours stays. V2 has no word for the day of the
    order and for the customer's number.
    """
    yield "shipment_number", content.number
    yield "ship_by_date", f"{content.ship_by}{MIDNIGHT}" if content.ship_by else None
    yield "ship_to", _new_address(content)
    yield "items", [_item(item, before) for item in content.items]
    yield "hold_until_date", f"{FAR_AHEAD}{MIDNIGHT}" if content.held else None


def _new_address(content: OrderContent) -> dict[str, Any]:
    told = {name: value for name, value in _address(content.ship_to).items() if value is not None}
    return {**told, **({"email": content.email} if content.email else {}), "address_residential_indicator": "unknown"}


def _address(address: Address) -> dict[str, str | None]:
    """Without a telephone where there is none: the warehouse may have added one."""
    made = {theirs: getattr(address, ours) or None for ours, theirs in _ADDRESS.items()}
    return made if address.phone else {name: value for name, value in made.items() if name != "phone"}


def _read_address(raw: Mapping[str, Any]) -> Address:
    return Address(**{ours: as_text(raw.get(theirs)) or "" for ours, theirs in _ADDRESS.items()})


def _is_rewritten(address: Address) -> bool:
    """V2 does not say that an address was checked, as V1 does those that it was sent: what the check makes of it is in
    capitals. Recorded: public answers of 2021.
    """
    return address.street1.isupper() and address.city.isupper()


def _item(item: OutboundItem, before: Mapping[str, Any]) -> dict[str, Any]:
    """What ShipStation knows of the line beside what we say of it: weight, location, options."""
    lines = {str(line.get("external_order_item_id")): line for line in as_rows(before.get("items"))}
    known: dict[str, Any] = lines.get(item.line_key, {})
    ours = {"external_order_item_id": item.line_key, "sku": item.sku, "name": item.name, "quantity": item.quantity}
    return {**known, **ours}


def _line(item: Mapping[str, Any]) -> str:
    return item_text(item.get("external_order_item_id"), item.get("sku"), item.get("quantity"))


def _held(until: object, now: datetime) -> str:
    """A date that is past may still stand there, and holds nothing."""
    with suppress(ValueError, OverflowError):
        at = parse_instant(as_text(until))
        if at is not None and at <= now:
            return ""
    return hold_text(until) if until else ""


def _day(raw: object) -> str:
    """A day that is none counts as none: it is only compared."""
    try:
        day = pacific_day(as_text(raw))
    except ValueError:
        return ""
    return day.isoformat() if isinstance(day, date) else ""
