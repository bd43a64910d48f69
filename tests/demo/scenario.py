"""Some sixty customer orders and what happens to them, told to the simulated vendors only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import requests

from tests.equipment.pace import Patience
from tests.equipment.push_books import shipment_of
from tests.equipment.push_people import RECEIVER
from tests.equipment.shipstation import rows as made
from tests.equipment.system import GO_LIVE_DAYS_AGO, PUSH_SITE, V2_STORE, System, utc_now

ORDERS = 64
BATCH = 5  # labels bought in one go and announced by one webhook
TYPED = "TYPED BY HAND"
NOTE = "Call before delivery"
AN_HOUR = timedelta(minutes=65)
CARRIERS = (("stamps_com", "usps_priority_mail"), ("ups", "ups_ground"), ("fedex", "fedex_ground"))


@dataclass(eq=False)
class Order:
    """`kind` is what is special about it; `labelled_at` (monotonic seconds) is missing for labels made earlier."""

    order_no: str
    kind: str = "single"
    is_announced: bool = False
    order_id: int = 0
    ifs_shipments: list[int] = field(default_factory=list)
    labelled_at: float | None = None


EXCLUDED_STORE = 100_003
HAND_MARKED = "1ZHANDMARKED"
CHANGED, CANCELLED = "from IFS, changed", "from IFS, cancelled"
FROM_IFS = (CHANGED, CANCELLED)
NEW_STREET = "99 Beacon Hill"
THROUGH_V2 = "read through V2"
STORES = {"excluded store": EXCLUDED_STORE, THROUGH_V2: V2_STORE}

KINDS = {
    41: "two alike in IFS",
    42: "date after delivery",
    43: "excluded store",
    44: "two parcels",
    45: "two parcels",
    46: "two parcels",
    47: "two parcels",
    48: "two IFS shipments",
    49: "two IFS shipments",
    50: "two IFS shipments",
    51: "voided, re-labelled",
    52: "voided, re-labelled",
    53: "voided, re-labelled",
    54: "edited meanwhile",
    55: "typed by a colleague",
    56: "IFS learns late",
    57: "marked by hand",
    58: "voided",
    59: "before go-live",
    60: CHANGED,
    61: CANCELLED,
    62: THROUGH_V2,
    63: THROUGH_V2,
}


def seed(system: System) -> list[Order]:
    """All orders in both systems; every other one is to be announced by webhook."""
    orders = [
        Order(f"D{1001 + number}", KINDS.get(number, "single"), is_announced=number % 2 == 0)
        for number in range(ORDERS)
    ]
    for order in orders:
        items = [{"sku": part, "quantity": 2, "name": "Example part"} for part in _parts(order)]
        store = {"advancedOptions": {"storeId": STORES[order.kind]}} if order.kind in STORES else {}
        if order.kind not in FROM_IFS:
            order.order_id = system.account.add_order(order.order_no, items=items, fields=store)
        if order.kind != "IFS learns late":
            learn(system, order)
    return orders


def learn(system: System, order: Order) -> None:
    """The order and its shipments exist in IFS."""
    system.tenant.add_order(order.order_no)
    receiver = {"Contract": PUSH_SITE, **RECEIVER} if order.kind in FROM_IFS else {}
    for part in _parts(order) * (2 if order.kind == "two alike in IFS" else 1):
        order.ifs_shipments.append(system.tenant.add_shipment([(order.order_no, part, 2)], **receiver))
    if order.kind == "typed by a colleague":
        system.tenant.edit(order.ifs_shipments[0], ProNo=TYPED)
    if order.kind == "edited meanwhile":
        system.tenant.edit_after_read(order.ifs_shipments[0], NoteText=NOTE)


def _parts(order: Order) -> list[str]:
    return ["BOLT-8", "NUT-8"] if order.kind == "two IFS shipments" else ["BOLT-8"]


def push(system: System, orders: list[Order], *, seconds: float) -> bool:
    """IFS shipments become orders; then one goes elsewhere and the other is cancelled. Whether ShipStation follows."""
    own = [order for order in orders if order.kind in FROM_IFS]
    is_made = wait_until(
        lambda: all(len(made_of(system, order)) == 1 for order in own),
        seconds=seconds,
        between=lambda: system.tick("Pull"),
    )
    for order in own:
        order.order_id = made_of(system, order)[0].order_id if is_made else 0
        if order.kind == CHANGED:
            system.tenant.edit(order.ifs_shipments[0], ReceiverAddress1=NEW_STREET)
        else:
            system.tenant.set_state(order.ifs_shipments[0], "Cancelled")
    return is_made and wait_until(
        lambda: all(has_followed(system, order) for order in own), seconds=seconds, between=lambda: system.tick("Pull")
    )


def made_of(system: System, order: Order) -> list[made.Order]:
    """The ShipStation orders of its IFS shipment."""
    return [each for each in system.account.orders.current.values() if shipment_of(each) == order.ifs_shipments[0]]


def has_followed(system: System, order: Order) -> bool:
    """One order, as IFS wants it."""
    found = made_of(system, order)
    if order.kind == CANCELLED:
        return [each.status for each in found] == ["cancelled"]
    return [each.ship_to["street1"].split()[0] for each in found] == NEW_STREET.split()[:1]


def ship(system: System, orders: list[Order]) -> None:
    """Labels for everything: announced ones in batches, the others without a word."""
    for order in _of(orders, "marked by hand"):
        system.account.mark_shipped(order.order_id, carrier_code="ups", tracking_number=HAND_MARKED)
    before = timedelta(days=GO_LIVE_DAYS_AGO + 1)
    earlier = {"voided, re-labelled": AN_HOUR, "voided": AN_HOUR, "before go-live": before}
    for kind, ago in earlier.items():
        for order in _of(orders, kind):
            system.account.ship(order.order_id, at=utc_now() - ago, is_silent=True)
    today = [order for order in orders if order.kind not in {*earlier, "marked by hand", CANCELLED}]
    announced = [order for order in today if order.is_announced]
    for start in range(0, len(announced), BATCH):
        _label(system, announced[start : start + BATCH], is_silent=False)
    _label(system, [order for order in today if not order.is_announced], is_silent=True)


def _label(system: System, orders: list[Order], *, is_silent: bool) -> None:
    parcels = [{**parcel, "is_silent": is_silent} for order in orders for parcel in _parcels(order)]
    for order in orders:
        order.labelled_at = time.monotonic()
    system.account.ship_batch(parcels)


def _parcels(order: Order) -> list[dict[str, object]]:
    carrier, service = CARRIERS[order.order_id % len(CARRIERS)]
    label = {"order_id": order.order_id, "carrier_code": carrier, "service_code": service}
    if order.kind == "two parcels":
        return [{**label, "quantities": {"BOLT-8": 1}}] * 2
    if order.kind == "two IFS shipments":
        return [{**label, "quantities": {part: 2}} for part in _parts(order)]
    return [label]


def knock(system: System) -> list[int]:
    """Webhooks that must not get in: a wrong token, an unknown connection, a forged pointer, no JSON."""
    good, endpoint = system.webhook_url, system.webhook_url.rsplit("/", 2)[0]
    forged = {"resource_url": "https://ssapi.shipstation.com.example.org/orders", "resource_type": "SHIP_NOTIFY"}
    calls: list[tuple[str, object]] = [
        (f"{endpoint}/demo/wrong", forged),
        (f"{endpoint}/nobody/wrong", forged),
        (good, forged),
        (good, "text"),
    ]
    return [requests.post(url, json=body, timeout=30).status_code for url, body in calls]


def void_and_relabel(system: System, orders: list[Order]) -> None:
    for order in _of(orders, "voided, re-labelled"):
        number = _label_of(system, order)
        system.account.relabel(number, carrier_code="ups", service_code="ups_ground", is_silent=True)
    for order in _of(orders, "voided"):
        system.account.void(_label_of(system, order))


def _label_of(system: System, order: Order) -> int:
    labels = system.account.shipments.current.values()
    return next(label.shipment_id for label in labels if label.order_id == order.order_id)


def ifs_learns(system: System, orders: list[Order]) -> None:
    for order in _of(orders, "IFS learns late"):
        learn(system, order)


def ifs_delivers(system: System, orders: Iterable[Order]) -> None:
    """A day before the label, so that the connector has a ship date to correct."""
    for order in orders:
        for number in order.ifs_shipments if order.kind != CANCELLED else ():
            system.tenant.deliver(number, at=utc_now() - timedelta(days=1))


def wait_until(condition: Callable[[], bool], *, seconds: float, between: Callable[[], object]) -> bool:
    """`between` is what the schedules do meanwhile."""
    patience = Patience(seconds)
    while not condition():
        if patience.is_over():
            return False
        between()
        time.sleep(0.5)
    return True


def _of(orders: Iterable[Order], kind: str) -> list[Order]:
    return [order for order in orders if order.kind == kind]
