"""What a comparison of both systems finds, and what it costs: a day of shipments with differences planted in both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import SEED, START, quiet_world
from tests.equipment.reconcile_desk import ask, compare
from tests.equipment.world import Site

DAY = 10_000
PLANTED = 25
REQUESTS = 3  # of ShipStation, for 1,000 shipments
TICKS = 20
Fault = Callable[[Site, int, int], None]  # of an IFS shipment, and of a label


def reconcile() -> Iterable[Row]:
    """Nothing was delivered by the connector and the ledger is empty: what differs is told, what agrees is not."""
    world, site = quiet_world()
    sold = dict(_sold(site))
    every = cycle(FAULTS)
    step = DAY // PLANTED
    planted = {reference: next(every) for reference in islice(sold, 0, None, step)}
    for reference, fault in planted.items():
        fault(site, *sold[reference])
    before = _requests(site)
    answer = compare(world)
    for _ in range(TICKS):
        if answer.get("state") == "done":
            break
        answer = ask(world, is_scheduled=True)
    asked = {vendor: count - before[vendor] for vendor, count in _requests(site).items()}
    told: list[dict[str, Any]] = json.loads(world.reports.documents[answer["report"]])["differences"]
    found = {each["order"] for each in told}
    print(f"{DAY} shipments: {asked} requests")
    yield Row("reconcile", len(found & planted.keys()), f"of {PLANTED} found", PLANTED, PLANTED, SEED, ">=")
    yield Row("reconcile_false", len(found - planted.keys()), f"false in {DAY} shipments", 0, 0, SEED)
    per_thousand = round(asked["ShipStation"] * 1000 / DAY, 2)
    yield Row("reconcile_requests", per_thousand, "ShipStation requests for 1,000 shipments", REQUESTS, 2, SEED)
    ifs = round(asked["IFS"] * 1000 / DAY, 2)
    yield Row("reconcile_requests_ifs", ifs, "IFS requests for 1,000 shipments", 10, 4, SEED)


def _sold(site: Site) -> Iterator[tuple[str, tuple[int, int]]]:
    """Labels of three hours, and IFS shipments that hold what they should."""
    for number in range(DAY):
        reference = f"P{number:05}"
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        at = START - timedelta(minutes=59) + timedelta(seconds=number * 0.3)
        bought = site.account.ship(order, at=at, is_silent=True)
        label = site.account.shipments.current[bought]
        values = {
            "ProNo": label.tracking_number,
            "ForwardAgentId": "USPS",
            "ActualShipDate": f"{label.ship_date.isoformat()}T00:00:00Z",
        }
        yield reference, (site.tenant.add_shipment([(reference, "BOLT", 1)], objstate="Completed", **values), bought)


def _without_number(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, ProNo=None)


def _other_number(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, ProNo="1Z-OTHER")


def _one_number_more(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, ProNo=f"{site.tenant.shipment(record)['ProNo']}, 1Z-MORE")


def _other_carrier(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, ForwardAgentId="DHL")


def _other_day(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, ActualShipDate="2026-01-01T00:00:00Z")


def _voided(site: Site, _: int, label: int) -> None:
    site.account.void(label)


def _second_parcel(site: Site, _: int, label: int) -> None:
    order = site.account.shipments.current[label].order_id
    site.account.ship(order, at=START - timedelta(seconds=1), is_silent=True)


def _cancelled(site: Site, record: int, _: int) -> None:
    site.tenant.edit(record, Objstate="Cancelled")


FAULTS: tuple[Fault, ...] = (
    _without_number,
    _other_number,
    _one_number_more,
    _other_carrier,
    _other_day,
    _voided,
    _second_parcel,
    _cancelled,
)


def _requests(site: Site) -> dict[str, int]:
    return {"ShipStation": site.account.counts["total"], "IFS": site.tenant.counts["total"]}
