"""How the ledger and the audit spell what the oracle reads there: the only place that knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.equipment.world import AUDIT, LEDGER, Site, World

Item = dict[str, Any]

ORDER, RECORD, ENTRY = "order#{}#", "record#{}#", "audit#{}#"
PUSHED, ORDER_ID, TRYING = "push#{}#", "order_id", "trying"
ORDER_NO = "order_no"
ALIGNED, FIELD, OTHER = "align#{}#", "field", "other"
KEY, SHIPMENT_ID, OF_SHIPSTATION = "key", "shipment_id", "shipstation/"
PARKED_SUBJECTS, DUE_LISTS = "parked#{}", ("due#", "watch#")
SHIPMENTS, SHIPMENT, OUTCOME, REASON, ATTENTION = "shipments", "shipment", "outcome", "reason", "attention"
DUE_SHARD, VOIDED_AT, STORE, CREATED_AT = "due_shard", "voided_at", "store_id", "created_at"
INTENT, REVISION = "intent", "revision"
REFUSED, RECORD_KEY, CHANGES, AFTER, ATTRIBUTE = "refused", "record", "changes", "after", "attribute"
CLAIMS, MAYBE = "written", "outcome_unknown"
PARKED, WAITS = "parked", frozenset({"waiting", "retry"})

# By the attribute that is written, the field that an entry of the audit names.
FIELDS = {
    "ProNo": "tracking",
    "Cf_Parcel_No": "tracking",
    "AirwayBillNo": "tracking",
    "SenderReference": "tracking",
    "Cf_Tracking_No": "tracking",
    "TrackingNo": "tracking",
    "ForwardAgentId": "carrier",
    "Cf_Carrier": "carrier",
    "ShipViaCode": "service",
    "ActualShipDate": "ship_date",
    "Cf_Ship_Date": "ship_date",
    "Status": "status",
    "Cf_Ship_Cost": "cost",
    "Cf_Ship_Currency": "currency",
    "Cf_Tracking_Status": "tracking_status",
    "Cf_Delivered_At": "delivered_at",
    "Objstate": "state",
}


def items(world: World, table: str, prefix: str, site: Site) -> Iterator[Item]:
    yield from world.tables[table].scan(prefix=prefix.format(site.connection.name))


def orders(world: World, site: Site) -> Iterator[Item]:
    yield from items(world, LEDGER, ORDER, site)


def shipments(world: World, site: Site) -> dict[str, list[Item]]:
    """By shipment key (`L12` a label, `F7` a fulfilment), as every order that holds it remembers it."""
    found: dict[str, list[Item]] = {}
    for order in orders(world, site):
        for key, state in order.get(SHIPMENTS, {}).items():
            found.setdefault(str(key), []).append(state)
    return found


def parked_subjects(world: World, site: Site) -> list[Item]:
    return list(items(world, LEDGER, PARKED_SUBJECTS, site))


def being_written(world: World, site: Site) -> set[str]:
    """The IFS keys of the records with an open intent."""
    return {item["key"]["id"] for item in items(world, LEDGER, RECORD, site) if item.get(INTENT)}


def open_intents(world: World, site: Site) -> list[str]:
    """The partition keys of the records with an open intent."""
    return [item["pk"] for item in items(world, LEDGER, RECORD, site) if item.get(INTENT)]


def entries(world: World, site: Site) -> Iterator[Item]:
    """Of IFS records."""
    yield from (each for each in items(world, AUDIT, ENTRY, site) if not _is_of_an_order(each))


def order_entries(world: World, site: Site) -> Iterator[Item]:
    """Of ShipStation orders."""
    yield from filter(_is_of_an_order, items(world, AUDIT, ENTRY, site))


def every_entry(world: World, site: Site) -> Iterator[Item]:
    yield from items(world, AUDIT, ENTRY, site)


def aligned(world: World, site: Site, profile: str) -> dict[str, Item]:
    """By what the leading system calls the record."""
    records = items(world, LEDGER, ALIGNED + profile, site)
    return {str(item[KEY]["id"]): item for item in records if KEY in item}


def _is_of_an_order(entry: Item) -> bool:
    return str(entry[RECORD_KEY]["place"]).startswith(OF_SHIPSTATION)


def pushed(world: World, site: Site) -> dict[int, Item]:
    """By IFS shipment."""
    return {int(item[KEY][SHIPMENT_ID]): item for item in items(world, LEDGER, PUSHED, site)}


def sold(world: World, site: Site) -> dict[str, list[Item]]:
    """By customer order, each of its parts."""
    found: dict[str, list[Item]] = {}
    for item in items(world, LEDGER, PUSHED, site):
        found.setdefault(str(item[KEY][ORDER_NO]), []).append(item)
    return found


def record_of(entry: Item) -> str:
    """The IFS key of the record that an entry is about."""
    return str(entry[RECORD_KEY]["id"]).partition("@")[0]


def values_of(entry: Item) -> Iterator[tuple[str, str]]:
    """Each field of an entry with the value that was written; not those that IFS refused or dropped."""
    taken = ((name, change) for name, change in entry.get(CHANGES, {}).items() if name not in entry.get(REFUSED, ()))
    for name, change in taken:
        field = FIELDS.get(change.get(ATTRIBUTE, ""), name)
        yield field, comparable(field, change.get(AFTER))


def comparable(field: str, value: object) -> str:
    text = "" if value is None or field == "state" else str(value)
    return text[:10] if field == "ship_date" else text


def created_at(state: Item) -> datetime:
    return datetime.fromisoformat(str(state[SHIPMENT][CREATED_AT]))


def as_text(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
