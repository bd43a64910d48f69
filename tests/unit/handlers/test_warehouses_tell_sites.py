"""The map of warehouses and sites, which the alignment keeps, in the way to IFS. Wired as in AWS."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.warehouses import sites_of_warehouses
from functions.ledger.alignment import AlignStore
from functions.ledger.desks import DeskStore
from functions.model.shipment import ConnectionName
from tests.equipment.align_desk import ACME, ORIGIN, SETTINGS, AlignDesk
from tests.equipment.push_desk import Desk
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import LEDGER, Site, World

CHI, DAL = 4711, 4712
LABELS = {CHI: "CHIPARCEL", DAL: "DALPARCEL"}


def shipped(aligned: dict[str, Any] | None, found: dict[str, str], **orders: Any) -> tuple[World, Site]:
    """One order at two sites with the same goods, a label from each of two warehouses."""
    world, site = quiet_world(align=[aligned] if aligned else [], **orders)
    AlignStore(world.tables["ledger"]).save_map(ACME, "warehouses", found)
    for code in ("CHI", "DAL"):
        site.tenant.add_shipment([("P1", "BOLT", 2)], Contract=code, NoteText=code)
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 4, "name": "Bolt"}])
    for warehouse, tracking in LABELS.items():
        site.account.ship(order, quantities={"BOLT": 2}, warehouse_id=warehouse, tracking_number=tracking)
    until = START + timedelta(minutes=20)
    schedule(world, until, "poll", "release")
    run(world, until)
    return world, site


def numbers(site: Site) -> dict[str, Any]:
    records = site.tenant.sets["ShipmentSet"].values()
    return {record.values["Contract"]: record.values.get("ProNo") for record in records}


def test_a_label_goes_to_the_record_of_the_site_that_its_warehouse_is(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, read = list[str](), AlignStore.map

    def counted(store: AlignStore, connection: ConnectionName, profile: str) -> dict[str, str]:
        calls.append(profile)
        return read(store, connection, profile)

    monkeypatch.setattr(AlignStore, "map", counted)
    world, site = shipped({**SETTINGS}, {"CHI": str(CHI), "DAL": str(DAL)})
    assert numbers(site) == {"CHI": "CHIPARCEL", "DAL": "DALPARCEL"}
    runs = world.logs.getvalue().count("order_delivered")
    assert 1 <= len(calls) - 1 <= runs, "once a run, beside the one of saving it"


@pytest.mark.parametrize(
    ("aligned", "found"),
    [
        pytest.param({**SETTINGS, "mode": "shadow"}, {"CHI": str(CHI), "DAL": str(DAL)}, id="in shadow"),
        pytest.param({**SETTINGS}, {}, id="nothing found yet"),
        pytest.param({**SETTINGS}, {"SEA": str(CHI), "SF": str(DAL)}, id="of other sites"),
        pytest.param(None, {"CHI": str(CHI), "DAL": str(DAL)}, id="not aligned any more"),
    ],
)
def test_an_unknown_warehouse_changes_nothing(aligned: dict[str, Any] | None, found: dict[str, str]) -> None:
    _, site = shipped(aligned, found)
    assert set(numbers(site).values()) == {None}


def connection(**align: Any) -> Connection:
    _, site = quiet_world(align=[{**SETTINGS, **align}])
    return site.connection


def test_what_the_file_names_goes_before_what_was_found() -> None:
    named = connection(links={"DAL": CHI})
    assert sites_of_warehouses(named, {"CHI": 4713, "DAL": DAL}) == {4713: "CHI", CHI: "DAL"}


def test_a_warehouse_of_two_sites_is_none_s() -> None:
    assert sites_of_warehouses(connection(), {"CHI": CHI, "DAL": CHI, "SEA/A1": DAL}) == {DAL: "SEA"}


# --- beside the file


WHO = {"connection": "acme", "by": "kim", "note": "a new warehouse"}


def mapped(world: World, warehouse: int, site: str) -> dict[str, Any]:
    asked_for = {"do": "map", "table": "warehouses", "code": str(warehouse), "value": site, **WHO}
    return asked(world, asked_for, "control")


def desk(world: World) -> dict[str, Any]:
    return asked(world, {"show": "desk", "connection": "acme"}, "inspect")


def go_on(world: World) -> None:
    until = world.now() + timedelta(minutes=20)
    schedule(world, until, "poll", "release")
    run(world, until)


PUSHING: dict[str, Any] = {
    "orders": {"store_id": 100001, "shipment_id_in": "custom_field_2"},
    "ifs": {"targets": [{"profile": "shipment_header", "find": ["shipment_id", "order_number"]}]},
    "shipment_id": {"source": "custom_field_2"},
}
PLACES: dict[str, tuple[dict[str, Any] | None, dict[str, Any], str]] = {
    "[[align]]": ({**SETTINGS, "mode": "shadow"}, {}, "[align.links]"),
    "[orders]": (None, PUSHING, "[orders.warehouses]"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_warehouse_that_a_person_maps_places_what_waited_for_it(place: str) -> None:
    aligned, more, table = PLACES[place]
    world, site = shipped(aligned, {}, **more)
    waits = asked(world, {"show": "attention", "connection": "acme"}, "inspect")["groups"]
    assert [group["reason"] for group in waits] == ["ambiguous_target"]
    (story,) = asked(world, {"show": "order", "connection": "acme", "order": "P1"}, "inspect")["stories"]
    assert {each["warehouse"] for each in story["shipments"]} == {CHI, DAL}
    for number, code in ((CHI, "CHI"), (DAL, "DAL")):
        assert mapped(world, number, code)["told"].startswith(f'warehouses.{number} is "{code}"')
    go_on(world)
    assert numbers(site) == {"CHI": "CHIPARCEL", "DAL": "DALPARCEL"}
    head, *lines = desk(world)["toml"].splitlines()
    assert (head.partition(" #")[0], lines) == (table, [f'"CHI" = {CHI}', f'"DAL" = {DAL}'])
    assert tomllib.loads(desk(world)["toml"])


def warehouse_of(pushing: Desk, shipment: int) -> int | None:
    warehouse: int | None = pushing.order(shipment).body["advancedOptions"].get("warehouseId")
    return warehouse


def test_what_is_mapped_is_the_warehouse_of_a_pushed_order_where_the_file_names_none() -> None:
    pushing = Desk(warehouses={"DAL": DAL})
    chicago, dallas = pushing.ask(Contract="CHI"), pushing.ask("P2", Contract="DAL")
    pushing.run(minutes=5)
    assert [warehouse_of(pushing, each) for each in (chicago, dallas)] == [None, DAL]
    assert "told" in mapped(pushing.world, CHI, "CHI")
    pushing.run(minutes=5)
    assert [warehouse_of(pushing, each) for each in (chicago, dallas)] == [CHI, DAL]


def test_a_warehouse_that_a_person_names_tells_the_alignment_which_of_two_it_is() -> None:
    aligned = AlignDesk()
    aligned.add_site()
    for _ in (CHI, DAL):
        aligned.account.add_warehouse("Chicago warehouse", **ORIGIN)
    aligned.look()
    assert aligned.known().reason == "ambiguous_match"
    assert "told" in mapped(aligned.world, DAL, "CHI")
    aligned.look()
    assert (aligned.known().other, aligned.map()) == (str(DAL), {"CHI": str(DAL)})


@pytest.mark.parametrize(
    ("links", "warehouse", "site", "told"),
    [
        ({"CHI": CHI}, DAL, "CHI", f"code: the connection file says align.links.CHI = {CHI}; change it there"),
        ({"CHI": CHI}, CHI, "DAL", f"code: the connection file says align.links.CHI = {CHI}; change it there"),
        ({}, "north", "CHI", "code: is the id of a ShipStation warehouse, a number"),
        ({}, "0", "CHI", "code: is the id of a ShipStation warehouse, a number"),
        ({}, 4713, "SEA", "value: SEA is warehouse 4714 beside the file; unmap that one first"),
    ],
)
def test_what_the_file_says_or_could_not_say_is_refused(links: Any, warehouse: Any, site: str, told: str) -> None:
    world, _ = quiet_world(align=[{**SETTINGS, "links": links}])
    mapped(world, 4714, "SEA")
    assert mapped(world, warehouse, site)["error"] == told


def test_a_file_without_a_place_for_it_is_told() -> None:
    world, _ = quiet_world()
    assert "neither [orders] nor an [[align]]" in mapped(world, CHI, "CHI")["error"]
    assert desk(world)["maps"] == ["carriers", "services"]


def later(world: World, **align: Any) -> None:
    """The file that is deployed next."""
    kept = world.sites[ACME]
    kept.connection = Connection.model_validate({**kept.connection.model_dump(exclude={"align"}), **align})


@pytest.mark.parametrize(
    ("align", "told"),
    [
        ({"align": [{**SETTINGS, "links": {"CHI": DAL}}]}, f"the file says align.links.CHI = {DAL}, which counts"),
        ({"align": [{**SETTINGS, "links": {"DAL": CHI}}]}, f"the file says align.links.DAL = {CHI}, which counts"),
        ({}, "the file has no place for it any more"),
        ({"align": [{**SETTINGS, "links": {"CHI": CHI}}]}, None),
        ({"align": [{**SETTINGS}]}, None),
    ],
)
def test_an_entry_that_a_later_file_contradicts_is_a_conflict_and_the_file_counts(
    align: dict[str, Any], told: str | None
) -> None:
    world, site = quiet_world(align=[{**SETTINGS}])
    mapped(world, CHI, "CHI")
    later(world, **align)
    found = desk(world)["conflicts"]
    assert [told and told in each for each in found] == ([True] if told else [])
    operated = site.connection.operated(DeskStore(world.tables[LEDGER]).load(ACME), world.now())
    named = site.connection.named_warehouses
    assert operated.named_warehouses == (named if told else {"CHI": CHI})


def test_an_entry_that_is_taken_out_counts_no_more() -> None:
    world, site = quiet_world(align=[{**SETTINGS}])
    mapped(world, CHI, "CHI")
    asked(world, {"do": "unmap", "table": "warehouses", "code": str(CHI), **WHO}, "control")
    assert desk(world)["toml"] == ""
    kept = DeskStore(world.tables[LEDGER]).load(ACME)
    assert site.connection.operated(kept, world.now()).named_warehouses == {}


def test_an_entry_that_is_corrected_says_what_stays() -> None:
    world, _ = quiet_world(align=[{**SETTINGS}])
    mapped(world, CHI, "DAL")
    assert mapped(world, CHI, "CHI")["next"] == f"what warehouse {CHI} brought to site DAL stays there"
    assert [(entry["code"], entry["value"]) for entry in desk(world)["entries"]] == [(str(CHI), "CHI")]
