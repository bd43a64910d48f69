"""What carriers tell of parcels on their way: twice, late, in any order, not at all, and once the other way round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site
from tests.simulation.connection_files import ON_THE_WAY, ZONE
from tests.simulation.expectations import Bought, Fields, Plot
from tests.simulation.week import Week

ATTRIBUTES = ("Cf_Tracking_Status", "Cf_Delivered_At")
SWEPT = timedelta(hours=36)  # before the end, so that the sweep of a day after comes to it
SWEPT_LATER = timedelta(hours=60)  # that of two days after, which reads a day at once
WITHIN_A_DAY, WITHIN_TWO = 1100, 2000  # minutes
DELIVERED = "delivered"


class _Way:
    """One order of two parcels. `delivered` holds when the carrier handed over which label."""

    def __init__(self, week: Week, site: Site, at: datetime) -> None:
        self.week, self.site, self.at = week, site, at
        self.number = week.number()
        self.delivered: dict[int, datetime] = {}
        site.tenant.add_order(self.number)
        self.fields = Fields(site, "parcels on their way", self.read, self.expected)
        week.fields.append(self.fields)
        order = week.order(site, at, self.number, {"BOLT": 2}, advancedOptions={"storeId": ON_THE_WAY})
        one = {"quantities": {"BOLT": 1}}
        self.parcels = [week.label(site, at + week.later(0, 60), order, self.fields, **one) for _ in range(2)]

    def read(self) -> dict[str, Any]:
        order = self.site.tenant.order(self.number)
        return {name: order[name] for name in ATTRIBUTES}

    def expected(self, live: Sequence[Label]) -> dict[str, Any]:
        handed_over = [self.delivered[each.shipment_id] for each in live if each.shipment_id in self.delivered]
        is_all = bool(live) and len(handed_over) == len(live)
        troubled = any(each.tracking_status == "error" and each.shipment_id not in self.delivered for each in live)
        status = "error" if troubled else DELIVERED if is_all else "in_transit" if live else None
        last = f"{max(handed_over).astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M:%SZ}" if is_all else None
        return dict(zip(ATTRIBUTES, (status, last), strict=True))

    def tell(self, after: timedelta, parcel: Bought, status: str) -> None:
        self.week.at(self.at + after, partial(self._told, parcel, status))

    def _told(self, parcel: Bought, status: str) -> None:
        """What is said of a parcel that was handed over is said once more."""
        at = self.delivered.get(parcel[0], self.site.account.now())
        if status == DELIVERED:
            self.delivered[parcel[0]] = at
        self.site.account.track(parcel[0], status, at=at)

    def take_back(self) -> None:
        """The carrier calls a parcel that was handed over under way again, once IFS knows better."""
        first = self.parcels[0]

        def is_known() -> bool:
            return bool(self.read()["Cf_Tracking_Status"] == DELIVERED)

        self.week.once(self.at, is_known, lambda: self.site.account.track(first[0], "in_transit"))


def delivered(week: Week, site: Site, at: datetime) -> None:
    way = _Way(week, site, min(at, week.end - SWEPT))
    for parcel in way.parcels:
        way.tell(week.later(61, 200), parcel, week.random.choice(("in_transit", "error")))
        over = week.later(201, WITHIN_TWO if way.at < week.end - SWEPT_LATER else WITHIN_A_DAY)
        for again in range(1, week.random.randrange(2, 4)):
            way.tell(over + timedelta(seconds=7 * again), parcel, DELIVERED)
    way.take_back()


def not_all_delivered(week: Week, site: Site, at: datetime) -> None:
    way = _Way(week, site, min(at, week.end - SWEPT))
    way.tell(week.later(61, 900), way.parcels[0], DELIVERED)
    way.tell(week.later(61, 900), way.parcels[1], week.random.choice(("in_transit", "error")))


def voided_after_delivery(week: Week, site: Site, at: datetime) -> None:
    """What was delivered and is void is no delivery; the other parcel alone is."""
    way = _Way(week, site, min(at, week.end - SWEPT))
    for parcel in way.parcels[: week.random.choice((1, 2))]:
        way.tell(week.later(61, 300), parcel, DELIVERED)
    week.void(site, way.at + week.later(301, 900), way.parcels[0])


STORIES: dict[str, Callable[[Week, Site, datetime], None]] = {
    "delivered": delivered,
    "one parcel of two delivered": not_all_delivered,
    "void after a carrier's delivery": voided_after_delivery,
}


def delivery_stories(site: str | None) -> dict[str, Plot]:
    """None where no connection writes what carriers tell."""
    return {name: Plot(story, (site,), times=3) for name, story in STORIES.items()} if site else {}
