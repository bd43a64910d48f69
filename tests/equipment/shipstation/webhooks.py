"""Subscriptions and the thin, unsigned notifications that V1 sends to them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

EVENTS = (
    "ORDER_NOTIFY",
    "ITEM_ORDER_NOTIFY",
    "SHIP_NOTIFY",
    "ITEM_SHIP_NOTIFY",
    "FULFILLMENT_SHIPPED",
    "FULFILLMENT_REJECTED",
    "label_created_v2",
    "shipment_created_v2",
    "fulfillment_shipped_v2",
    "track_event_v2",
)
LONGEST_URL = 200
V2_EVENTS = {
    "SHIP_NOTIFY": "label_created_v2",
    "ORDER_NOTIFY": "shipment_created_v2",
    "FULFILLMENT_SHIPPED": "fulfillment_shipped_v2",
    "TRACK_EVENT": "track_event_v2",  # of V1 there is none
}
# What a carrier's event carries inline proves nothing: here it is always the same.
CLAIM = {"status_code": "DE", "actual_delivery_date": "2001-01-01T00:00:00Z", "events": []}
# What a pointer's list and filter are called in V2, and how its id begins there.
V2_POINTERS = {
    "shipments?batchId=": "labels?batch_id=se-",
    "orders?importBatch=": "shipments?import_batch_id=",
    "fulfillments?fulfillmentId=": "fulfillments?fulfillment_id=se-",
    "shipments/": "labels/se-",
}
_SELLER_ID = 2_335_513


@dataclass
class Notice:
    """One notification to one subscription. `status` is what the receiver answered, None before or without delivery."""

    at: datetime
    event: str
    url: str
    body: bytes
    status: int | None = None


@dataclass(frozen=True)
class Subscription:
    webhook_id: int
    target_url: str
    event: str
    store_id: int | None
    friendly_name: str | None


class Hooks:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = itertools.count(3189)
        self.subscriptions: dict[int, Subscription] = {}
        self.sent: list[Notice] = []

    def subscribe(self, target_url: str, event: str, store_id: int | None, friendly_name: str | None) -> int:
        if event not in EVENTS or not 0 < len(target_url) <= LONGEST_URL:
            raise ValueError("unknown event, or no target_url of at most 200 characters")
        webhook_id = next(self._ids)
        self.subscriptions[webhook_id] = Subscription(webhook_id, target_url, event, store_id, friendly_name)
        return webhook_id

    def notices(
        self, at: datetime, event: str, pointer: str, store_ids: set[int], hosts: Sequence[str]
    ) -> list[Notice]:
        found = [
            self._notice(at, subscription, pointer, hosts)
            for subscription in self.subscriptions.values()
            if subscription.event == event and subscription.store_id in {None, *store_ids}
        ]
        self.sent += found
        return found

    def _notice(self, at: datetime, subscription: Subscription, pointer: str, hosts: Sequence[str]) -> Notice:
        store = "" if subscription.store_id is None else f"&storeID={subscription.store_id}"
        url = f"https://{self._random.choice(hosts)}.shipstation.com/{pointer}{store}"
        if subscription.event in V2_EVENTS.values():
            url = f"https://api.shipstation.com/v2/{pointer}"
        inline = {"data": CLAIM} if subscription.event == "track_event_v2" else {}
        body = json.dumps({"resource_url": url, "resource_type": subscription.event.upper(), **inline}).encode()
        return Notice(at, subscription.event, subscription.target_url, body)

    def rows(self) -> list[dict[str, Any]]:
        return [_row(subscription) for subscription in self.subscriptions.values()]


def in_v2(event: str, pointer: str) -> tuple[str, str]:
    """The event and the pointer that V2 tells the same with; an event that V2 does not have is nobody's."""
    begin = next((each for each in V2_POINTERS if pointer.startswith(each)), "")
    number = pointer.removeprefix(begin).partition("&")[0]
    return V2_EVENTS.get(event, ""), V2_POINTERS.get(begin, "") + number


def _row(subscription: Subscription) -> dict[str, Any]:
    return {
        "IsLabelAPIHook": False,
        "WebHookID": subscription.webhook_id,
        "SellerID": _SELLER_ID,
        "StoreID": subscription.store_id,
        "HookType": subscription.event,
        "MessageFormat": "Json",
        "Url": subscription.target_url,
        "Name": subscription.friendly_name,
        "BulkCopyBatchID": None,
        "BulkCopyRecordID": None,
        "Active": True,
        "WebhookLogs": [],
        "Seller": None,
        "Store": None,
    }
