"""The dashboard's pages and buttons over both vendors: what a click changes, what a second one does not."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from functions.handlers import act, reconcile, replay, view
from functions.page.compared_page import compared_page
from functions.page.plan_page import plan_page
from functions.page.widget_event import on_a_page
from functions.settings import ControlSettings, InspectSettings, ReconcileSettings, ReplaySettings
from functions.version import VERSION
from functions.wiring.runtime import Handler, Runtime
from tests.equipment.quiet_connection import asked, quiet_world, run, schedule
from tests.equipment.world import AUDIT, LEDGER, REPORTS

CALLED = ("view", "act", "replay", "reconcile")
ENDPOINTS = {name: f"arn:aws:lambda:us-east-1:000000000000:function:{name}" for name in CALLED}
WHO = {"by": "kim", "note": "the customer called"}


def replaying(runtime: Runtime, settings: ReplaySettings) -> Handler:
    """As the Lambda wires it."""
    handle = replay.build(runtime, settings)
    return lambda event, context: on_a_page(event, lambda asked_: handle(asked_, context), plan_page, VERSION)


def comparing(runtime: Runtime, settings: ReconcileSettings) -> Handler:
    """Likewise."""
    handle = reconcile.build(runtime, settings)
    return lambda event, context: on_a_page(event, lambda asked_: handle(asked_, context), compared_page, VERSION)


class Visitor:
    """A person at the dashboard of one connection, and what it shows."""

    def __init__(self, **file: Any) -> None:
        self.world, self.site = quiet_world(**file)
        tables = {"ledger_table": LEDGER, "audit_table": AUDIT}
        self.world.also("view", view.build, InspectSettings(**tables, shipstation_secrets={"acme": "ss-acme"}))
        self.world.also("act", act.build, ControlSettings(**tables, shipments={"acme": "s-acme"}))
        sends, asks = {"acme": "s-acme"}, {"acme": "ifs-acme"}
        self.world.also("replay", replaying, ReplaySettings(**tables, shipments=sends, ifs_secrets=asks))
        read = {"acme": "ss-acme"}
        settings = ReconcileSettings(
            ledger_table=LEDGER, reports_bucket=REPORTS, shipstation_secrets=read, ifs_secrets=asks
        )
        self.world.also("reconcile", comparing, settings)
        self.page = ""

    def sell(self, number: str, carrier: str = "stamps_com") -> None:
        self.site.tenant.add_shipment([(number, "BOLT", 1)])
        order = self.site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}])
        at = self.world.now() - timedelta(minutes=10)
        self.site.account.ship(order, carrier_code=carrier, at=at, is_silent=True)

    def wait(self) -> None:
        until = self.world.now() + timedelta(minutes=10)
        schedule(self.world, until, "poll", "release")
        run(self.world, until)

    def look(self, show: str, **more: str) -> None:
        self._call("view", {"ask": {"show": show, "connection": "acme", **more}}, {})
        assert f"Version {VERSION}" in self.page

    def click(self, label: str, *, page: str = "", **typed: str) -> None:
        """A button of the page that is shown, or of one that was shown before."""
        found = re.search(rf'>{label}</a><cwdb-action[^>]*function:(\w+)"[^>]*>([^<]*)<', page or self.page)
        assert found, f"no button {label}"
        self._call(found[1], json.loads(found[2]), {**WHO, **{n.replace("__", "."): v for n, v in typed.items()}})

    def _call(self, function: str, payload: dict[str, Any], typed: dict[str, str]) -> None:
        context = {"params": ENDPOINTS, "forms": {"all": typed}}
        self.page = str(asked(self.world, {**payload, "widgetContext": context}, function))

    def delivered(self, cause: str) -> int:
        lines = [json.loads(line) for line in self.world.logs.getvalue().splitlines() if '"order_delivered"' in line]
        return sum(line["cause"] == cause for line in lines)


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_carrier_is_mapped_from_the_story_and_once_however_often_it_is_clicked(visitor: Visitor) -> None:
    visitor.sell("P1", carrier="ontrac")
    visitor.wait()
    visitor.look("attention")
    visitor.click("P1")
    story = visitor.page
    assert 'name="map-carriers-0.code" value="ontrac"' in story
    for _ in range(2):
        visitor.click("map", page=story, **{"map-carriers-0__code": "ontrac", "map-carriers-0__value": "DHL"})
        assert "Done: map" in visitor.page
    visitor.click("desk")
    assert visitor.page.count("take it out") == 1
    assert visitor.page.count("carrier_unmapped") == 1
    visitor.wait()
    visitor.look("attention")
    assert "carrier_unmapped" not in visitor.page


def test_the_site_of_a_warehouse_is_mapped_from_the_story() -> None:
    visitor = Visitor(align=[{"profile": "warehouses", "mode": "shadow"}])
    for code in ("CHI", "DAL"):
        visitor.site.tenant.add_shipment([("P1", "BOLT", 1)], Contract=code)
    order = visitor.site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    visitor.site.account.ship(order, warehouse_id=4712, at=visitor.world.now(), is_silent=True)
    visitor.wait()
    visitor.look("order", order="P1")
    assert "warehouse 4712" in visitor.page
    visitor.click("map", **{"map-warehouses-0__code": "4712", "map-warehouses-0__value": "DAL"})
    assert "Done: map" in visitor.page
    visitor.wait()
    visitor.look("order", order="P1")
    assert "ambiguous_target" not in visitor.page
    written = {r.values["Contract"]: r.values.get("ProNo") for r in visitor.site.tenant.sets["ShipmentSet"].values()}
    assert (written["CHI"], bool(written["DAL"])) == (None, True)


def test_an_order_is_looked_at_once_however_often_it_is_clicked(visitor: Visitor) -> None:
    visitor.sell("P1")
    visitor.wait()
    visitor.look("order", order="P1")
    page = visitor.page
    for _ in range(3):
        visitor.click("look again now", page=page)
        assert "Done: release" in visitor.page
    visitor.wait()
    assert visitor.delivered("control") == 1
    visitor.click("back, and look again")
    visitor.click("look again now")
    visitor.wait()
    assert visitor.delivered("control") == 2


def test_a_kept_value_is_written_over_from_the_story(visitor: Visitor) -> None:
    visitor.sell("P1")
    (record,) = visitor.site.tenant.sets["ShipmentSet"]
    visitor.site.tenant.edit(record[0], ProNo="<b>BY HAND</b>")
    visitor.wait()
    visitor.look("order", order="P1")
    visitor.click("write ours over it\\?")
    assert "An overwrite of 1 order would change 1 (ready)" in visitor.page
    assert "&lt;b&gt;BY HAND&lt;/b&gt; →" in visitor.page
    shown = visitor.page
    visitor.click("apply")
    visitor.wait()
    assert visitor.site.tenant.shipment(record[0])["ProNo"] not in {None, "<b>BY HAND</b>"}
    visitor.site.tenant.edit(record[0], ProNo="AGAIN")
    visitor.click("apply", page=shown)
    visitor.wait()
    assert visitor.site.tenant.shipment(record[0])["ProNo"] == "AGAIN"


def test_everything_that_is_kept_for_one_reason_is_planned_and_the_plan_is_listed_with_how_far_it_is(
    visitor: Visitor,
) -> None:
    for number in range(3):
        visitor.sell(f"P{number}")
    for record in list(visitor.site.tenant.sets["ShipmentSet"]):
        visitor.site.tenant.deliver(record[0])
        visitor.site.tenant.edit(record[0], ProNo="BY HAND")
    visitor.wait()
    for record in list(visitor.site.tenant.sets["ShipmentSet"]):
        visitor.site.tenant.edit(record[0], ProNo=None)
    visitor.look("plans")
    assert "None in the last 30 days." in visitor.page
    visitor.look("attention")
    visitor.click("what would be written\\?")
    assert "A replay of 3 orders would change 3 (ready)" in visitor.page
    visitor.click("plans")
    assert "reason typed_by_a_person" in visitor.page
    assert "3 of 3 orders would change" in visitor.page
    visitor.click("look at it")
    visitor.click("apply")
    visitor.wait()
    visitor.click("plans")
    assert "3 of 3 orders would change; 3 of 3 sent" in visitor.page
    assert "applied by kim" in visitor.page


def test_a_comparison_is_begun_from_the_page_once_however_often_it_is_clicked(visitor: Visitor) -> None:
    visitor.sell("P1")
    visitor.wait()
    (record,) = visitor.site.tenant.sets["ShipmentSet"]
    visitor.site.tenant.edit(record[0], ProNo=None)
    visitor.look("reconcile")
    assert "Nothing was compared yet." in visitor.page
    page, window = visitor.page, {"compare__from": "2026-06-01T00:00Z", "compare__until": "2026-06-01T12:05Z"}
    for _ in range(2):
        visitor.click("and plan the repair", page=page, **window)
        assert "The systems disagree." in visitor.page
    assert visitor.world.logs.getvalue().count('"reconcile_begun"') == 1
    visitor.click("look at the plan that repairs it")
    visitor.click("comparison")
    assert "They disagree." in visitor.page
    assert "1 missing in IFS, 0 different, 0 only in IFS" in visitor.page
    visitor.click("what differs")
    assert "tracking missing in IFS" in visitor.page


def test_without_a_name_nothing_is_changed_and_the_page_says_so(visitor: Visitor) -> None:
    visitor.look("desk")
    visitor.click("pause all", by="", note="")
    assert "by: Field required" in visitor.page
    visitor.click("back, and look again")
    assert "Nothing." in visitor.page
    visitor.click("pause all")
    visitor.click("back, and look again")
    visitor.click("resume")
    assert "what waited for the whole connection goes on" in visitor.page


def test_a_word_that_nobody_knows_and_a_wrong_one_are_told(visitor: Visitor) -> None:
    visitor.look("order", order="P9")
    assert "Neither the ledger nor ShipStation knows it." in visitor.page
    visitor.look("order", shipment="what?")
    assert "shipment: String should match pattern" in visitor.page
    visitor.look("order")
    assert "Neither" not in visitor.page
    assert 'name="search.order"' in visitor.page


def test_what_the_log_tells_of_a_reading_and_a_delivery_is_what_the_graphs_count(visitor: Visitor) -> None:
    visitor.sell("P1")
    visitor.wait()
    lines = [json.loads(line) for line in visitor.world.logs.getvalue().splitlines()]
    (delivered,) = (line for line in lines if line.get("message") == "order_delivered" and line["cause"] == "poll")
    assert 600 <= delivered["label_age_seconds"] <= 900
    polled = [line for line in lines if line.get("message") == "poll_ended"]
    assert sum(line["pages"] for line in polled) > 0
    assert {*polled[-1]["seconds_behind"]} == {"orders", "labels_voided", "labels_created", "fulfilments"}
    assert 0 <= polled[-1]["seconds_behind"]["labels_created"] < 3600
