"""The map of warehouses and sites, which the alignment keeps, in the way to IFS. Wired as in AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.warehouses import sites_of_warehouses
from functions.ledger.alignment import AlignStore
from functions.model.shipment import ConnectionName
from tests.equipment.align_desk import ACME, SETTINGS
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, World

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
    asked, read = list[str](), AlignStore.map

    def counted(store: AlignStore, connection: ConnectionName, profile: str) -> dict[str, str]:
        asked.append(profile)
        return read(store, connection, profile)

    monkeypatch.setattr(AlignStore, "map", counted)
    world, site = shipped({**SETTINGS}, {"CHI": str(CHI), "DAL": str(DAL)})
    assert numbers(site) == {"CHI": "CHIPARCEL", "DAL": "DALPARCEL"}
    runs = world.logs.getvalue().count("order_delivered")
    assert 1 <= len(asked) - 1 <= runs, "once a run, beside the one of saving it"


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
