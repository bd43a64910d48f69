"""The fit check over both simulated vendors, wired as in AWS, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from functions.connections.connection import Connection
from tests.equipment.quiet_connection import START, quiet_world
from tests.equipment.world import Site, World

HEADER = {"profile": "shipment_header"}
WHO = {"by": "kim", "note": "first write"}


def a_world(**ifs: Any) -> tuple[World, Site]:
    """Twenty orders of one store, shipped and known to both systems."""
    world, site = quiet_world()
    configure(site, ifs={"sites": ["CHI"], **ifs})
    site.tenant.add_site("CHI", "10")
    site.account.store_names = {100_001: "Web"}
    for event in ("SHIP_NOTIFY", "ORDER_NOTIFY", "FULFILLMENT_SHIPPED"):
        site.account.subscribe("https://example.com/hook", event)
    for number in range(20):
        sell(site, f"P{number}")
    return world, site


def configure(site: Site, **changes: Any) -> None:
    values = site.connection.model_dump(mode="json", exclude_unset=True)
    for table, own in changes.items():
        values[table] = {**(values.get(table) or {}), **own} if isinstance(own, dict) else own
    site.connection = Connection.model_validate(values)


def sell(site: Site, number: str, *, in_ifs: bool = True, **fields: Any) -> None:
    at = START - timedelta(hours=2)
    if in_ifs:
        site.tenant.add_order(number)
        site.tenant.add_shipment([(number, "BOLT", 1)])
    order = site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}], at=at, fields=fields)
    site.account.ship(order, at=at, carrier_code="ups", service_code="ups_ground", is_silent=True)


def check(world: World, **more: Any) -> dict[str, Any]:
    answers: list[Any] = []
    with redirect_stdout(StringIO()):
        world.functions["check"].invoke(
            {"connection": "acme", **more}, lambda value, fault: answers.append(fault or value)
        )
        world.clockwork.run(world.now() + timedelta(minutes=9))
    answer: dict[str, Any] = answers[0]
    return answer


def severities(answer: dict[str, Any]) -> dict[str, str]:
    return {finding["subject"]: finding["severity"] for finding in answer["report"]["findings"]}


def misfits(answer: dict[str, Any]) -> dict[str, str]:
    return {f["subject"]: f["sentence"] for f in answer["report"]["findings"] if f["severity"] == "misfit"}


def notes(answer: dict[str, Any]) -> dict[str, str]:
    return {f["subject"]: f["sentence"] for f in answer["report"]["findings"] if f["severity"] == "note"}


def test_two_systems_that_fit_are_told_to_and_nothing_is_written() -> None:
    world, site = a_world()
    answer = check(world)
    told = severities(answer)
    assert (answer["fits"], misfits(answer)) == (True, {})
    assert {told[name] for name in ("shipstation.key", "ifs.token", "ifs.clock", "ifs.sites.CHI", "stores.100001")} == {
        "fits"
    }
    assert told["ifs.update_grant"] == "unproven"
    assert not [write for write in site.tenant.writes if write.by == "api"]
    (store,) = answer["report"]["stores"]
    assert (store["store_name"], store["orders"], store["one"]) == ("Web", 20, 20)


def test_the_check_costs_few_requests() -> None:
    world, site = a_world()
    check(world)
    assert len(site.account.requests) <= 5
    assert len(site.tenant.requests) <= 18


def wrong_realm(_: Site) -> dict[str, Any]:
    return {"token_url": "https://ifs.example.com/auth/realms/nobody/protocol/openid-connect/token"}


def missing_site(site: Site) -> dict[str, Any]:
    site.tenant.sites = {"SF"}
    return {}


def hidden_site(site: Site) -> dict[str, Any]:
    site.tenant.add_site("SF", "10")
    site.tenant.sites = {"CHI"}
    return {"sites": ["CHI", "SF"]}


def other_company(site: Site) -> dict[str, Any]:
    site.tenant.add_site("SF", "20")
    return {"sites": ["CHI", "SF"]}


def misspelt(_: Site) -> dict[str, Any]:
    return {"targets": [{**HEADER, "tracking": {"attribute": "ProNoo"}}]}


def read_only(site: Site) -> dict[str, Any]:
    site.tenant.switches.is_annotating = True
    return {"targets": [{**HEADER, "tracking": {"attribute": "SourceRef1"}}]}


def wrong_tenant(site: Site) -> dict[str, Any]:
    for name in ("ShipmentLineSet", "ShipmentSet", "CustomerOrderSet"):
        site.tenant.sets[name].clear()
    site.tenant.add_shipment([("T1", "BOLT", 1)])
    return {}


def no_grant(site: Site) -> dict[str, Any]:
    site.tenant.grants.discard("ShipmentHandling")
    return {}


def no_more_than_needed(site: Site) -> dict[str, Any]:
    site.tenant.grants = {"ShipmentHandling"}
    return {}


def unknown_forwarder(site: Site) -> dict[str, Any]:
    configure(site, carriers={"ups": "UPSX"})
    return {}


def wrong_secret(site: Site) -> dict[str, Any]:
    site.tenant.clients.clear()
    return {}


def wrong_key(site: Site) -> dict[str, Any]:
    site.account.keys.clear()
    return {}


def foreign_tenant(site: Site) -> dict[str, Any]:
    site.tenant.add_fault("status", status=401, path="/ifsapplications/", times=-1)
    return {}


def login_page(site: Site) -> dict[str, Any]:
    site.tenant.add_fault("html", status=200, path="/ifsapplications/", times=-1)
    return {}


def clock(site: Site) -> dict[str, Any]:
    site.tenant.clock_skew_seconds = 300
    return {}


@pytest.mark.parametrize(
    ("cause", "subject", "said"),
    [
        (wrong_realm, "ifs.token", "the realm in token_url does not exist"),
        (wrong_secret, "ifs.token", "IFS refuses the client id, the secret or the token"),
        (foreign_tenant, "ifs.base_url", "base_url and token_url belong to different tenants"),
        (login_page, "ifs.base_url", "IFS did not answer"),
        (missing_site, "ifs.sites", "sees no record at all"),
        (hidden_site, "ifs.sites.SF", "sees nothing of site SF"),
        (other_company, "ifs.sites.SF", "belongs to company 20, the file says 10"),
        (misspelt, "ifs.targets.shipment_header.tracking", "ProNoo is no attribute of ShipmentSet"),
        (read_only, "ifs.targets.shipment_header.tracking", "SourceRef1 is published as read-only"),
        (wrong_tenant, "ifs.base_url", "None of 20 order references"),
        (no_grant, "ifs.targets.shipment_header", "may not use ShipmentHandling"),
        (unknown_forwarder, "carriers", "UPSX is no forwarder of this tenant"),
        (wrong_key, "shipstation.key", "ShipStation refused the API key"),
        (clock, "ifs.clock", "s apart"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_misfit_is_told_in_a_sentence_of_its_own(
    cause: Callable[[Site], dict[str, Any]], subject: str, said: str
) -> None:
    world, site = a_world()
    configure(site, ifs=cause(site))
    answer = check(world)
    assert not answer["fits"]
    assert said in misfits(answer)[subject]


def test_no_grant_is_asked_for_that_the_delivery_does_not_need() -> None:
    world, site = a_world()
    configure(site, ifs=no_more_than_needed(site))
    assert misfits(check(world)) == {}


def test_a_wrong_source_of_the_order_number_is_told_with_the_right_one() -> None:
    world, site = quiet_world()
    for number in range(10):
        site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        sell(site, f"WEB-{number}", in_ifs=False, advancedOptions={"customField1": f"P{number}"})
    answer = check(world)
    assert "custom_field_1 would find 10 of 10" in misfits(answer)["stores.100001"]


def test_an_order_whose_records_are_several_is_counted_apart() -> None:
    world, site = a_world()
    site.tenant.add_shipment([("P0", "BOLT", 1)])
    (store,) = check(world)["report"]["stores"]
    assert (store["one"], store["several"]) == (19, 1)


def test_the_map_names_what_ships_beside_the_forwarders_of_ifs() -> None:
    world, _ = a_world()
    text = check(world)["report"]["carrier_map"]
    assert '"ups" = "UPS"  # 20 shipments, by its name: please confirm' in text
    assert "# FEDEX = FEDEX Inc." in text


def test_a_store_of_the_file_that_the_account_does_not_have_is_a_misfit() -> None:
    world, site = a_world()
    configure(site, stores={"include": [100_001, 100_007]})
    assert misfits(check(world)) == {"stores.include": "The account has no store 100007."}


def test_a_warehouse_of_the_file_that_the_account_does_not_have_is_a_misfit_through_either_api() -> None:
    world, site = a_world()
    chicago, dallas = (
        site.account.add_warehouse("Chicago", country="US"),
        site.account.add_warehouse("Dallas", country="US"),
    )
    site.account.delete_warehouse(dallas)
    configure(
        site,
        shipstation={"shipment_id": {"source": "custom_field_2"}},
        ifs={"targets": [{**HEADER, "find": ["shipment_id", "order_number"]}]},
        orders={
            "store_id": 100_001,
            "shipment_id_in": "custom_field_2",
            "phone": "555",
            "warehouses": {"CHI": chicago, "DAL": dallas},
        },
    )
    found = {}
    for api in ("v1", "v2"):
        configure(site, shipstation={"api": api})
        found[api] = misfits(check(world))
    assert found["v1"] == found["v2"] == {"orders.warehouses.DAL": f"The account has no warehouse {dallas}."}


def test_a_location_of_the_file_that_the_inventory_does_not_have_is_a_misfit() -> None:
    world, site = a_world()
    for number in range(60):
        site.account.add_location(f"se-{number:02}")
    stock = {"profile": "stock", "locations": {"CHI": "se-59", "DAL": "se-60"}}
    configure(site, shipstation={"api": "v2"}, align=[stock])
    assert misfits(check(world))["align.locations.DAL"] == "The account has no inventory location se-60."
    assert "align.locations.CHI" not in severities(check(world))

    site.account.has_inventory = False
    assert severities(check(world))["align.locations"] == "unproven"


def test_a_store_that_the_file_does_not_name_is_told() -> None:
    world, site = a_world()
    site.account.store_names[100_002] = "Shop"
    assert severities(check(world))["stores"] == "note"


def test_a_start_far_ahead_is_a_misfit() -> None:
    world, site = a_world()
    configure(site, go_live_at=(START + timedelta(days=400)).isoformat())
    assert "days ahead" in misfits(check(world))["go_live_at"]


def test_goods_marked_as_shipped_elsewhere_are_counted_for_the_map() -> None:
    world, site = a_world()
    order = site.account.add_order("P100", items=[{"sku": "BOLT", "quantity": 1}], at=START - timedelta(hours=2))
    site.account.mark_shipped(order, carrier_code="Speedy", tracking_number="S1")
    assert '# "Speedy" = ""  # 1 shipment, not mapped' in check(world)["report"]["carrier_map"]


def test_a_carrier_without_an_entry_is_noted_and_no_misfit() -> None:
    world, site = a_world()
    assert severities(check(world))["carriers"] == "note"
    world, site = a_world()
    configure(site, carriers={"ups": "UPS"})
    assert "carriers" not in severities(check(world))


def test_the_report_reads_as_text_with_findings_stores_and_carriers() -> None:
    world, _ = a_world()
    lines = check(world)["text"]
    assert lines[0].startswith("acme fits (2026-06-01")
    assert ["100001", "Web", "20", "20", "0", "0", "0", "0"] in [line.split() for line in lines]
    assert ["ups", "ups_ground", "20", "-"] in [line.split() for line in lines]
    assert "[carriers]" in lines


# --- the pilot


def a_pilots_world() -> tuple[World, Site]:
    """Its labels are younger than go-live."""
    world, site = a_world()
    configure(site, go_live_at=(START - timedelta(days=1)).isoformat())
    return world, site


def test_a_pilot_writes_the_named_order_alone_and_reads_it_back() -> None:
    world, site = a_pilots_world()
    answer = check(world, pilot="P3", **WHO)
    assert severities(answer)["ifs.pilot.tracking"] == "fits"
    assert "ifs.update_grant" not in severities(answer)
    assert {write.key for write in site.tenant.writes if write.by == "api"} == {(22,)}
    assert len(list(world.tables["audit"].scan(prefix="audit#"))) == 1


def test_a_missing_update_grant_is_caught_by_the_pilot() -> None:
    world, site = a_pilots_world()
    site.tenant.update_grants = {"CustomerOrderHandling"}
    answer = check(world, pilot="P3", **WHO)
    assert "permission" in misfits(answer)["ifs.pilot.tracking"]


def test_a_field_that_ifs_silently_ignores_is_caught_by_the_pilot() -> None:
    world, site = a_pilots_world()
    site.tenant.switches.silently_ignored = {"ProNo"}
    answer = check(world, pilot="P3", **WHO)
    assert "not updatable" in misfits(answer)["ifs.pilot.tracking"]


def test_where_something_does_not_fit_no_pilot_is_written() -> None:
    world, site = a_pilots_world()
    configure(site, ifs=misspelt(site))
    check(world, pilot="P3", **WHO)
    assert not [write for write in site.tenant.writes if write.by == "api"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"go_live_at": START.isoformat()}, "older than the connection's go_live_at"),
        ({"stores": {"exclude": [100_001]}}, "leaves this store out"),
        ({"mode": "off"}, "mode is off"),
    ],
    ids=["before go-live", "an excluded store", "switched off"],
)
def test_a_pilot_of_what_would_not_be_written_is_refused_with_the_reason(changes: dict[str, Any], said: str) -> None:
    world, site = a_pilots_world()
    configure(site, **changes)
    assert said in misfits(check(world, pilot="P3", **WHO))["ifs.pilot"]
    assert not [write for write in site.tenant.writes if write.by == "api"]


def test_a_pilot_writes_in_shadow_mode_too() -> None:
    world, site = a_pilots_world()
    configure(site, mode="shadow")
    assert severities(check(world, pilot="P3", **WHO))["ifs.pilot.tracking"] == "fits"


def test_a_pilot_keeps_what_a_colleague_corrected() -> None:
    world, site = a_pilots_world()
    check(world, pilot="P3", **WHO)
    site.tenant.edit(22, ProNo="BY-HAND-7")
    answer = check(world, pilot="P3", **WHO)
    assert severities(answer)["ifs.pilot.tracking"] == "unproven"
    assert site.tenant.shipment(22)["ProNo"] == "BY-HAND-7"


def test_a_token_that_ifs_does_not_accept_is_told_as_one_of_another_tenant() -> None:
    world, site = a_world()
    body = {"error": {"code": "UNAUTHORIZED", "message": "Unauthorized"}}
    site.tenant.add_fault("status", status=401, body=body, times=-1, path="/ifsapplications/")
    assert "different tenants" in misfits(check(world))["ifs.base_url"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"pilto": "P3"}, "pilto"),
        ({"pilot": "P3"}, "by and note"),
        ({"connection": "nobody"}, "unknown"),
    ],
    ids=["a misspelt key", "nobody asks", "an unknown connection"],
)
def test_bad_input_is_answered_with_what_is_wrong(event: dict[str, Any], said: str) -> None:
    world, _ = a_world()
    assert said in check(world, **event)["error"]


def test_the_report_holds_neither_a_secret_nor_personal_data() -> None:
    world, site = a_world()
    text = json.dumps(check(world))
    assert [secret for secret in (*site.tenant.clients.values(), *site.account.keys.values()) if secret in text] == []


@pytest.mark.parametrize(("api", "belongs_to"), [("v1", "v2"), ("v2", "v1"), ("v1", None)])
def test_a_key_of_the_other_api_is_told_as_one(api: str, belongs_to: str | None) -> None:
    world, site = a_world()
    configure(site, shipstation={"api": api})
    keys, site.account.keys, site.account.v2_keys = site.account.keys, {}, set()
    if belongs_to == "v1":
        site.account.keys = keys
    elif belongs_to:
        site.account.v2_keys = set(keys)
    told = misfits(check(world))
    assert "ShipStation refused the API key" in told["shipstation.key"]
    assert ("shipstation.api" in told) == (belongs_to is not None)
    assert belongs_to is None or f"{belongs_to.upper()} accepts it" in told["shipstation.api"]


def test_what_a_move_would_lose_is_counted_in_what_was_read() -> None:
    world, site = a_world()
    order = site.account.add_order("P900", items=[{"sku": "BOLT", "quantity": 2}])
    for _ in range(2):
        site.account.ship(order, quantities={"BOLT": 1}, is_silent=True)
    configure(site, shipstation={"order_reference": {"source": "order_key"}})
    assert (
        "which goods each label holds (orders with several labels: 1); the order keys of stores"
        in notes(check(world))["shipstation.api"]
    )
    configure(site, shipstation={"api": "v2"})
    findings = check(world)["report"]["findings"]
    told = [each["sentence"].partition(":")[0] for each in findings if each["subject"] == "shipstation.api"]
    assert told == ["Orders with several labels", "Through V1"]


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_systems_that_fit_fit_through_either_api(api: str) -> None:
    world, site = a_world()
    configure(site, shipstation={"api": api})
    answer = check(world)
    assert (answer["fits"], misfits(answer)) == (True, {})


def test_what_carriers_tell_is_checked_with_its_event() -> None:
    world, site = a_world()
    fields = {name: {"attribute": f"Cf_{name.title()}"} for name in ("tracking_status", "delivered_at")}
    configure(site, shipstation={"api": "v2"}, ifs={"targets": [{**HEADER, **fields}]})
    for event in ("label_created_v2", "shipment_created_v2", "fulfillment_shipped_v2"):
        site.account.subscribe("https://example.com/hook", event)
    answer = check(world)
    assert misfits(answer) == {}
    assert "track_event_v2" in notes(answer)["shipstation.webhooks"]
    site.account.subscribe("https://example.com/hook", "track_event_v2")
    fields["delivered_at"] = {"attribute": "Cf_Delivered_Today"}
    configure(site, ifs={"targets": [{**HEADER, **fields}]})
    answer = check(world)
    assert "shipstation.webhooks" not in notes(answer)
    assert [text for text in misfits(answer).values() if "Cf_Delivered_Today" in text]
