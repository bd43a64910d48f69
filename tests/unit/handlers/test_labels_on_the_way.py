"""Carriers' events, from the webhook to IFS. In memory, wired as in AWS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import CANARY

FIELDS: dict[str, Any] = {
    "tracking_status": {"attribute": "Cf_Tracking_Status"},
    "delivered_at": {"attribute": "Cf_Delivered_At"},
}
AT = "2026-06-01T12:30:00Z"
HOOK = f"https://hooks.example.com/webhooks/acme/{CANARY}3acme"
LONG = pytest.mark.nightly


class Shop:
    """One order of so many parcels, written to IFS; half an hour is over."""

    def __init__(self, parcels: int = 1, *, events: bool = True, fields: dict[str, Any] = FIELDS) -> None:
        target = {"profile": "order_header", "tracking": {"attribute": "Cf_Tracking_No"}, **fields}
        self.world, self.site = quiet_world(ifs={"targets": [target]}, api="v2")
        self.account = self.site.account
        for event in ("label_created_v2", *(("track_event_v2",) if events else ())):
            self.account.subscribe(HOOK, event)
        schedule(self.world, START + timedelta(hours=7), "poll", "release")
        self.site.tenant.add_order("P1001")
        self.order = self.account.add_order("P1001", items=[{"sku": "BOLT", "quantity": parcels}])
        self.at = START
        self.labels = [self.account.ship(self.order, quantities={"BOLT": 1}) for _ in range(parcels)]
        self.go_on(minutes=30)

    def go_on(self, **time: float) -> None:
        self.at += timedelta(**time)
        run(self.world, self.at)

    def poll_hourly(self, days: float) -> None:
        until = START + timedelta(days=days)
        for function in ("poll", "release"):
            self.world.schedule(function, "acme", every=timedelta(hours=1), until=until)

    def told(self) -> tuple[Any, Any]:
        order = self.site.tenant.order("P1001")
        return order["Cf_Tracking_Status"], order["Cf_Delivered_At"]

    def asked(self) -> int:
        return len(self.account.requests)

    def ours(self) -> int:
        return sum(write.by == "api" for write in self.site.tenant.writes)


def test_a_carriers_event_has_its_label_read_and_what_it_claims_is_not_believed() -> None:
    shop = Shop()
    assert shop.told() == ("in_transit", None)
    shop.account.track(shop.labels[0], "error")
    shop.go_on(minutes=2)
    assert shop.told() == ("error", None)
    shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=30))
    shop.go_on(minutes=2)
    assert shop.told() == ("delivered", AT)


def test_a_record_is_delivered_with_its_last_parcel() -> None:
    shop = Shop(2)
    shop.account.track(shop.labels[1], "delivered")
    shop.go_on(minutes=2)
    assert shop.told() == ("in_transit", None)
    shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=32))
    shop.go_on(minutes=2)
    assert shop.told() == ("delivered", "2026-06-01T12:32:00Z")


def test_a_delivery_stays_until_its_label_is_voided() -> None:
    shop = Shop()
    shop.account.track(shop.labels[0], "delivered")
    shop.go_on(minutes=2)
    shop.account.track(shop.labels[0], "in_transit")
    shop.go_on(hours=3)
    assert shop.told() == ("delivered", AT)
    shop.account.void(shop.labels[0])
    shop.go_on(hours=3)
    assert shop.told() == (None, None)


@pytest.mark.parametrize("days", [pytest.param(each, marks=LONG) for each in (0.5, 4, 20)])
def test_what_no_event_told_is_found_in_the_days_after(days: float) -> None:
    shop = Shop(events=False)
    shop.poll_hourly(days + 10)
    shop.account.ship(None)  # the newest label is read at every look
    shop.go_on(days=days)
    shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=30))
    shop.go_on(hours=1)
    assert shop.told() == ("in_transit", None)
    shop.go_on(days=9.5)
    assert shop.told() == ("delivered", AT)


def test_an_event_that_comes_twice_is_one_write() -> None:
    shop = Shop()
    before = shop.ours()
    for _ in range(5):
        shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=30))
        shop.go_on(minutes=1)
    assert (shop.ours() - before, shop.told()) == (1, ("delivered", AT))


def test_where_no_target_writes_it_an_event_costs_no_request() -> None:
    shop = Shop(fields={})
    shop.go_on(seconds=90)
    before = shop.asked()
    for _ in range(10):
        shop.account.track(shop.labels[0], "delivered")
    shop.go_on(seconds=20)
    assert shop.asked() == before


def test_events_that_the_budget_has_no_place_for_are_answered_later() -> None:
    shop = Shop()
    (key,) = shop.account.keys
    shop.account.v2_limiter.spend(key, 200, shop.world.now())
    shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=30))
    shop.go_on(seconds=20)
    assert shop.told() == ("in_transit", None)
    shop.go_on(minutes=3)
    assert shop.told() == ("delivered", AT)
    lines = [json.loads(line) for line in shop.world.logs.getvalue().splitlines() if '"labels_looked_at"' in line]
    assert [line["labels"] for line in lines][-1] == 1


def test_a_silent_shipstation_is_not_asked_for_labels() -> None:
    shop = Shop()
    shop.account.add_fault("status", status=500, times=-1)
    shop.go_on(minutes=20)
    before = shop.asked()
    for _ in range(30):
        shop.account.track(shop.labels[0], "delivered", at=START + timedelta(minutes=30))
    shop.go_on(seconds=59)
    assert shop.asked() - before <= 2
    shop.account.lift_faults()
    shop.poll_hourly(3)
    shop.go_on(days=2.5)
    assert shop.told() == ("delivered", AT)
