"""The three connection files of a simulated week, and how a customer edits one and deploys it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from functions.connections.connection import Connection
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.world import World

Raw = dict[str, Any]

EXCLUDED, IN_SHADOW = 100_003, 100_004
BY_ORDER, BY_ROW, BY_ID, OFF = 100_005, 100_006, 100_007, 100_008
OF_OTHER_COMPANY, ORDERS_OF_OTHER_COMPANY = 100_009, 100_010
BY_PO, BY_FIELD, ACTING = 100_011, 100_012, 100_013
SERVICED, POLICED, SHADOWED, RENAMED = 100_014, 100_015, 100_016, 100_017
DROPPED, VANISHING, BY_LABELS_DAY = 100_018, 100_019, 100_020
PUSHED, PUSH_SITE, SECOND_PUSH_SITE = 100_021, "PSH", "PS2"
ON_THE_WAY = 100_022
ZONE = "America/Chicago"
SITE, OTHER_SITE, OTHER_COMPANY = "CHI", "SF", "20"
UNKNOWN, LATER = "ASENDIA", "LASER"  # mapped, and no forwarders of the tenant; the second becomes one in mid-week
DROPPED_ATTRIBUTE, VANISHING_ATTRIBUTE, NEW_ATTRIBUTE = "SenderReference", "AirwayBillNo", "Cf_Parcel_No"
SOLD = "WEB"  # the type of the orders that are sent
LIMIT = 12  # requests a minute: a small account's few labels press against it as a large one's against 40
PULL_MINUTES = 30
POLL_MINUTES, FIRST_SECONDS, LONGEST_SECONDS = 60, 300, 10_800
NOT_IN_IFS_DAYS = 4
COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"
CARRIERS = {"stamps_com": "USPS", "USPS": "USPS", "ups": "UPS", "fedex": "FEDEX"}
VIA = {"stamps_com": "AIR", "ups": "GND", "fedex": "GND"}
ORDER_FIELDS: Raw = {
    "profile": "order_header",
    "tracking": {"attribute": "Cf_Tracking_No"},
    "carrier": {"attribute": "Cf_Carrier", "on_void": "clear"},
    "ship_date": {"attribute": "Cf_Ship_Date", "type": "date", "on_void": "clear"},
    "cost": {"attribute": "Cf_Ship_Cost"},
    "currency": {"attribute": "Cf_Ship_Currency", "code": "USD"},
}
ON_THE_WAY_FIELDS: Raw = {
    **ORDER_FIELDS,
    "tracking_status": {"attribute": "Cf_Tracking_Status"},
    "delivered_at": {"attribute": "Cf_Delivered_At"},
}
ROW: Raw = {
    **EACH_A_ROW,
    "company_attribute": "Company",
    "tracking": {"attribute": "TrackingNo", "policy": "always", "on_void": "flag"},
    "status": {"attribute": "Status", "policy": "always"},
}
ONCE_DEPLOYED = timedelta(seconds=320)  # the longest run of a Lambda


def shipment_header(shared: str, **more: Any) -> Raw:
    return {"profile": "shipment_header", "shared": shared, **more}


def first_file(name: str, start: datetime, *, mode: str, source: str, shared: str, accepts_warnings: bool) -> Raw:
    reference = {"source": source, "pattern": r"(?P<reference>P\d+)", "ignore": ["AMZ-.*"]}
    return {
        "name": name,
        "mode": mode,
        "go_live_at": (start + timedelta(hours=1)).isoformat(),
        "poll_minutes": POLL_MINUTES,
        "patience": {
            "first_seconds": FIRST_SECONDS,
            "longest_seconds": LONGEST_SECONDS,
            "not_in_ifs_days": NOT_IN_IFS_DAYS,
        },
        "shipstation": {
            "base_url": f"https://ss-{name}.example.com",
            "order_reference": reference,
            "shipment_id": {"source": "custom_field_2"},
            "requests_per_minute": LIMIT - 2,  # one for the headers, one for clocks that differ by 20 s
        },
        "ifs": {
            "base_url": f"https://ifs-{name}.example.com",
            "token_url": f"https://ifs-{name}.example.com/auth/realms/acme1/protocol/openid-connect/token",
            "company": "10",
            "time_zone": ZONE,
            "sites": [SITE],
            "accept_warnings": accepts_warnings,
            "allow_state_actions": True,
            "targets": [shipment_header(shared)],
        },
        "carriers": {**CARRIERS, "asendia": UNKNOWN, "lasership": LATER},
        "services": VIA,
        "stores": _stores(shared),
    }


def _stores(shared: str) -> Raw:
    targets: dict[int, Raw] = {
        BY_ORDER: ORDER_FIELDS,
        BY_ROW: ROW,
        BY_ID: shipment_header(shared, find=["shipment_id", "order_number"]),
        BY_PO: shipment_header(shared, find=["order_number", "customer_po"]),
        BY_FIELD: {**ORDER_FIELDS, "find": ["custom_field"], "find_attribute": "Cf_Web_Order_No"},
        ACTING: shipment_header(shared, state_action={"action": COMPLETE, "from_state": "Preliminary"}),
        DROPPED: shipment_header(shared, tracking={"attribute": DROPPED_ATTRIBUTE}),
        BY_LABELS_DAY: shipment_header(shared, ship_date={"source": "label"}),
        VANISHING: shipment_header(shared, tracking={"attribute": VANISHING_ATTRIBUTE}),
    }
    return {
        "exclude": [EXCLUDED],
        str(IN_SHADOW): {"mode": "shadow"},
        str(OFF): {"mode": "off"},
        str(OF_OTHER_COMPANY): {"company": OTHER_COMPANY, "sites": [OTHER_SITE]},
        str(ORDERS_OF_OTHER_COMPANY): {"company": OTHER_COMPANY, "sites": [], "targets": [ORDER_FIELDS]},
        **{str(store): {"targets": [target]} for store, target in targets.items()},
    }


def with_orders(raw: Raw) -> Raw:
    """The shipments of one site become orders of one store."""
    shared, own = raw["ifs"]["targets"][0]["shared"], {"source": "order_number", "pattern": r"(?P<reference>P\d+)"}
    store = {
        "sites": [PUSH_SITE],
        "order_reference": own,
        "targets": [shipment_header(shared, find=["shipment_id", "order_number"])],
    }
    orders = {
        "mode": raw["mode"],
        "store_id": PUSHED,
        "shipment_id_in": "custom_field_2",
        "sites": [PUSH_SITE],
        "poll_minutes": PULL_MINUTES,
        "phone": "000-000-0000",
        "warehouses": {PUSH_SITE: 4711},
    }
    return {**raw, "orders": orders, "stores": {**raw["stores"], str(PUSHED): store}}


def selling(raw: Raw) -> Raw:
    """The customer orders of two sites become orders of one store."""
    sites = [PUSH_SITE, SECOND_PUSH_SITE]
    own = {"source": "order_number", "pattern": r"(?P<reference>P\d+)"}
    several = {**ORDER_FIELDS, "tracking": {**ORDER_FIELDS["tracking"], "max_length": 100}}
    store = {"sites": sites, "order_reference": own, "targets": [several]}
    orders = {
        "mode": raw["mode"],
        "source": "orders",
        "store_id": PUSHED,
        "group_in": "custom_field_3",
        "sites": sites,
        "poll_minutes": PULL_MINUTES,
        "warehouses": {PUSH_SITE: 4711, SECOND_PUSH_SITE: 4712},
        "customer_orders": {"types": [SOLD]},
    }
    return {**raw, "orders": orders, "stores": {**raw["stores"], str(PUSHED): store}}


def first_edit(raw: Raw) -> None:
    """In mid-week: a carrier gets its mapping, ship-via codes are written, a person's number may be overwritten, one
    store goes back to shadow, and one writes its numbers elsewhere.
    """
    shared = raw["ifs"]["targets"][0]["shared"]
    raw["carriers"] = {**raw["carriers"], "seko": "DHL"}
    stores = raw["stores"]
    stores[str(SERVICED)] = {"targets": [shipment_header(shared, service={"policy": "if_empty_or_ours"})]}
    stores[str(POLICED)] = {"targets": [shipment_header(shared, tracking={"policy": "always"})]}
    stores[str(RENAMED)] = {"targets": [shipment_header(shared, tracking={"attribute": NEW_ATTRIBUTE})]}
    stores[str(SHADOWED)] = {"mode": "shadow"}


def second_edit(raw: Raw) -> None:
    """The store writes again."""
    raw["stores"][str(SHADOWED)] = {"mode": raw["mode"]}


class ConnectionFiles:
    def __init__(self) -> None:
        self._raw: dict[str, Raw] = {}

    def add(self, raw: Raw) -> Connection:
        self._raw[raw["name"]] = raw
        return Connection.model_validate(raw)

    def deploy(self, world: World, name: str, edit: Callable[[Raw], None]) -> None:
        """What runs ends with the old file, and its environment is not used again."""
        raw = deepcopy(self._raw[name])
        edit(raw)
        world.sites[name].connection = self.add(raw)
        _redeploy(world)
        world.clockwork.after(ONCE_DEPLOYED.total_seconds(), lambda: _redeploy(world))


def _redeploy(world: World) -> None:
    for function in world.functions.values():
        function.redeploy()
