"""A connection that is moved from one ShipStation API to the other, and back, while shipments are under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.quiet_connection import START, a_connection, quiet_world, run, schedule
from tests.equipment.shipstation import v2_views
from tests.equipment.shipstation.rows import Fulfillment
from tests.equipment.world import CANARY, Site

HOUR = timedelta(hours=1)
LONGEST_RUN = 320.0  # seconds
FIELDS = [{"profile": "shipment_header"}]
ROW = {
    **EACH_A_ROW,
    "company_attribute": "Company",
    "tracking": {"attribute": "TrackingNo", "policy": "always", "on_void": "flag"},
    "status": {"attribute": "Status", "policy": "always"},
}


class Move:
    def __init__(self, begins_with: str, targets: list[dict[str, Any]]) -> None:
        self.ifs = {"targets": targets}
        self.world, self.site = quiet_world(ifs=self.ifs, api=begins_with)
        for event in ("SHIP_NOTIFY", "ORDER_NOTIFY", "label_created_v2", "shipment_created_v2"):
            self.site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", event)
        schedule(self.world, START + timedelta(days=3), "poll", "release")
        self.records: dict[str, int] = {}
        self.at = START

    def sold(self, number: str, pieces: int = 1) -> int:
        self.records[number] = self.site.tenant.add_shipment([(number, "BOLT", pieces)])
        self.site.tenant.add_order(number)
        return self.site.account.add_order(number, items=[{"sku": "BOLT", "quantity": pieces}])

    def go_on(self, time: timedelta) -> None:
        self.at += time
        run(self.world, self.at)

    def move(self, api: str) -> None:
        """What runs ends with the old file, and is not used again."""
        self.site.connection = a_connection(START - HOUR, self.ifs, api=api)
        for seconds in (0.0, LONGEST_RUN):
            self.world.clockwork.after(seconds, self._redeploy)

    def _redeploy(self) -> None:
        for function in self.world.functions.values():
            function.redeploy()

    def writes(self) -> int:
        sent = [r for r in self.site.tenant.requests if r.method in {"POST", "PATCH"}]
        return sum("/auth/" not in r.path and not r.path.endswith("$batch") for r in sent)


@pytest.mark.parametrize(
    ("first", "second", "targets"),
    [
        ("v1", "v2", FIELDS),
        pytest.param("v2", "v1", [ROW], marks=pytest.mark.nightly),
        pytest.param("v2", "v1", FIELDS, marks=pytest.mark.nightly),
        pytest.param("v1", "v2", [ROW], marks=pytest.mark.nightly),
    ],
    ids=["fields, to v2", "rows, to v1", "fields, to v1", "rows, to v2"],
)
def test_nothing_is_written_twice_and_nothing_is_lost(first: str, second: str, targets: list[dict[str, Any]]) -> None:
    move = Move(first, targets)
    account, tenant = move.site.account, move.site.tenant
    standing, voided, marked, just_read, under_way = (move.sold(f"P{number}") for number in range(1, 6))
    account.ship(standing)
    gone = account.ship(voided)
    account.mark_shipped(marked, carrier_code="usps", tracking_number="HAND1")
    for record in move.records.values():
        tenant.deliver(record)
    move.go_on(2 * HOUR)
    each, rest = divmod(move.writes(), 3)
    assert rest == 0

    account.ship(just_read)  # the settle pass reads it again
    move.go_on(timedelta(minutes=5))
    account.ship(under_way)  # read by whoever comes first
    move.move(second)
    move.go_on(2 * HOUR)
    assert move.writes() == 5 * each

    written = move.writes()
    move.go_on(30 * HOUR)  # the sweep reads everything again
    move.move(first)
    move.go_on(2 * HOUR)
    assert move.writes() == written
    asked = {request.path for request in account.requests}
    assert {"/shipments", "/v2/labels", "/orders", "/v2/shipments"} <= asked

    move.move(second)
    account.void(gone)
    move.go_on(2 * HOUR)
    move.move(first)
    move.go_on(2 * HOUR)
    values = _values(move.site, move.records, is_row=targets[0] is ROW)
    assert [value is not None for value in values] == [True, False, True, True, True]


@pytest.mark.parametrize(
    ("first", "second", "targets"),
    [("v1", "v2", [ROW]), ("v2", "v1", FIELDS)],
    ids=["rows, to v2", "fields, to v1"],
)
@pytest.mark.nightly
def test_a_fulfilment_that_bears_another_number_in_the_other_api_is_the_same(
    monkeypatch: pytest.MonkeyPatch, first: str, second: str, targets: list[dict[str, Any]]
) -> None:
    """That both APIs number fulfilments alike is nowhere said: order, tracking number and instant tell."""
    shown = v2_views.fulfillment

    def renumbered(row: Fulfillment) -> dict[str, Any]:
        return {**shown(row), "fulfillment_id": v2_views.se(row.fulfillment_id + 7_000_000)}

    monkeypatch.setattr(v2_views, "fulfillment", renumbered)
    move = Move(first, targets)
    account, tenant = move.site.account, move.site.tenant
    by_hand, taken_back = move.sold("P1", pieces=2), move.sold("P2")
    account.mark_shipped(by_hand, carrier_code="usps", tracking_number="HAND1")
    gone = account.mark_shipped(taken_back, carrier_code="usps", tracking_number="HAND2")
    for record in move.records.values():
        tenant.deliver(record)
    move.go_on(2 * HOUR)
    written = move.writes()

    move.move(second)
    move.go_on(8 * HOUR)
    assert move.writes() == written
    account.void_fulfillment(gone)
    move.go_on(30 * HOUR)  # the sweep reads everything again
    sent: list[None] = []
    move.site.shipments.on_send = lambda: sent.append(None)
    move.go_on(24 * HOUR)
    assert sent == []
    values = _values(move.site, move.records, is_row=targets[0] is ROW)
    assert values == ["HAND1", None]


def _values(site: Site, records: dict[str, int], *, is_row: bool) -> list[Any]:
    if is_row:
        rows = {row["OrderNo"]: row for row in site.tenant.trackings()}
        return [rows[number]["TrackingNo"] if rows[number]["Status"] == "shipped" else None for number in records]
    return [site.tenant.shipment(record)["ProNo"] for record in records.values()]
