"""Subscriptions and the thin, unsigned notifications that V1 sends to them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subscription:
    """`headers` are V2's; one that is not `is_active` is listed and never called."""

    webhook_id: int
    target_url: str
    event: str
    store_id: int | None
    friendly_name: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = True


class TakenError(Exception):
    """There is one like it, and the account takes no second one."""


@dataclass
class HookSwitches:
    """What of subscriptions is not known of the real ones. `one_for_each`: which second one is refused with 409.
    `headers`: how V2 shows them. `list_shape`: bare as specified, or as clients have seen it. `refusal`: the status
    that answers a key that may not manage them. `is_query_dropped`: an address is kept without its query.
    """

    one_for_each: str = "address"  # and event; or "address alone", "event", "nothing"
    headers: str = "shown"  # or "hidden", "masked", "empty"
    list_shape: str = "bare"  # or "object"; "unknown" is one of either API that nobody has seen
    refusal: int | None = None
    is_query_dropped: bool = False


class Hooks:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = itertools.count(3189)
        self.subscriptions: dict[int, Subscription] = {}
        self.sent: list[Notice] = []
        self.switches = HookSwitches()

    def subscribe(
        self,
        target_url: str,
        event: str,
        store_id: int | None,
        friendly_name: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """V1 makes a second one of the same, V2 may refuse it."""
        if event not in EVENTS or not 0 < len(target_url) <= LONGEST_URL:
            raise ValueError("unknown event, or no target_url of at most 200 characters")
        made = Subscription(
            next(self._ids), self._kept(target_url), event, store_id, friendly_name, dict(headers or {})
        )
        self.subscriptions[made.webhook_id] = made
        return made.webhook_id

    def refuse_second(self, target_url: str, event: str) -> None:
        for each in self.subscriptions.values():
            is_event, is_address = each.event == event, each.target_url == self._kept(target_url)
            is_same = {"address": is_event and is_address, "address alone": is_address, "event": is_event}
            if is_same.get(self.switches.one_for_each, False):
                raise TakenError

    def change(self, webhook_id: int, target_url: str, headers: Mapping[str, str]) -> bool:
        before = self.subscriptions.get(webhook_id)
        if before is not None:
            self.subscriptions[webhook_id] = replace(before, target_url=self._kept(target_url), headers=dict(headers))
        return before is not None

    def deactivate(self, webhook_id: int) -> None:
        """Why and when ShipStation does that is not documented; its list has a field for it."""
        self.subscriptions[webhook_id] = replace(self.subscriptions[webhook_id], is_active=False)

    def _kept(self, target_url: str) -> str:
        return target_url.partition("?")[0] if self.switches.is_query_dropped else target_url

    def notices(
        self, at: datetime, event: str, pointer: str, store_ids: set[int], hosts: Sequence[str]
    ) -> list[Notice]:
        found = [
            self._notice(at, subscription, pointer, hosts)
            for subscription in self.subscriptions.values()
            if subscription.event == event and subscription.store_id in {None, *store_ids} and subscription.is_active
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
        return Notice(at, subscription.event, subscription.target_url, body, headers=subscription.headers)

    def rows(self) -> list[dict[str, Any]]:
        """V1's list; those of V2 are not among them."""
        return [_row(each) for each in self.subscriptions.values() if not each.event.endswith("_v2")]


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
        "Active": subscription.is_active,
        "WebhookLogs": [],
        "Seller": None,
        "Store": None,
    }
