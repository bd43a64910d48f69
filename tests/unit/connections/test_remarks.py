from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.remarks import neighbours, remarks
from tests.equipment.builders import NOON, a_connection

SITES = {**a_connection().ifs.model_dump(), "sites": ["CHI"], "site_time_zones": {"CHX": "America/Chicago"}}
CHICAGO = {**a_connection().ifs.model_dump(), "sites": ["CHI"]}
IFS = a_connection().ifs.model_dump()


def writing(**target: Any) -> dict[str, Any]:
    return {**IFS, "targets": [{"profile": "shipment_header", **target}]}


def shipping_from(*sites: str) -> dict[str, Any]:
    numbers = {site: 4711 + at for at, site in enumerate(sites)}
    return {"store_id": 7, "source": "orders", "phone": "000", "warehouses": numbers}


def stocking(*sites: str) -> dict[str, Any]:
    locations = {site: f"se-{at}" for at, site in enumerate(sites)}
    return {"shipstation": {"api": "v2"}, "align": [{"profile": "stock", "locations": locations}]}


def ignoring(*patterns: str) -> dict[str, Any]:
    return {"order_reference": {"ignore": patterns}}


SERVICE = writing(service={"policy": "always"})
MAP = {"ups/ups_ground": "GND"}
ELSEWHERE = {**a_connection().ifs.model_dump(), "token_url": "https://test.example.com/token"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"mode": "off"}, [("mode", "note")]),
        ({"go_live_at": NOON + timedelta(days=5)}, [("go_live_at", "note")]),
        ({"go_live_at": NOON + timedelta(days=365)}, [("go_live_at", "misfit")]),
        ({"ifs": ELSEWHERE}, [("ifs.token_url", "note")]),
        ({"ifs": SITES}, [("ifs.site_time_zones", "note")]),
        ({"ifs": SITES, "stores": {"7": {"sites": ["CHX"]}}}, []),
        ({"ifs": CHICAGO, "orders": shipping_from("CHI", "DAL")}, [("orders.warehouses", "note")]),
        ({"ifs": CHICAGO, "orders": {**shipping_from("CHI", "DAL"), "sites": ["CHI", "DAL"]}}, []),
        ({"ifs": CHICAGO, **stocking("CHI", "DAL")}, [("align.locations", "note")]),
        ({"orders": shipping_from("CHI"), **stocking("CHI", "DAL")}, []),
        ({"services": MAP}, [("services", "note")]),
        ({"ifs": SERVICE}, [("services", "note")]),
        ({"ifs": SERVICE, "services": MAP}, []),
        ({"services": MAP, "stores": {"7": {"targets": SERVICE["targets"]}}}, []),
        ({"carriers": {}}, [("carriers", "note")]),
        ({"ifs": writing(carrier={"policy": "never"})}, [("carriers", "note")]),
        ({"shipstation": ignoring("AMZ-*")}, [("shipstation.order_reference.ignore", "note")]),
        ({"stores": {"7": ignoring("amazon.com?")}}, [("stores.7.order_reference.ignore", "note")]),
        ({"shipstation": ignoring("AMZ-.*", r"T\d*", "[A-Z]*", "(AB)*", "X+", "TEST", r"A\*", "a.?")}, []),
        ({"go_live_at": "2002-01-01T00:00:00Z"}, [("go_live_at", "note")]),
        ({"stores": {"include": [7, 8, 7]}}, [("stores.include", "note")]),
        ({"stores": {"exclude": [7, 7, 7]}}, [("stores.exclude", "note")]),
        ({"ifs": writing(find=["order_number", "order_number"])}, [("ifs.targets.find", "note")]),
        ({"ifs": {**IFS, "sites": ["CHI", "CHI"]}}, [("ifs.sites", "note")]),
        ({"stores": {"7": {"sites": ["CHI", "CHI"]}}}, [("stores.7.sites", "note")]),
        ({"shipstation": {"webhook_signature": "require"}}, [("shipstation.webhook_signature", "note")]),
        ({"shipstation": {"webhook_signature": "require", "api": "v2"}}, []),
    ],
    ids=[
        "nothing",
        "off",
        "next week",
        "a wrong year",
        "two hosts",
        "a zone of no site",
        "a zone of a store's site",
        "a warehouse of no site",
        "a warehouse of a site whose orders are pushed",
        "stock of no site",
        "sites where the file names none",
        "services that nothing writes",
        "a service without a map",
        "a service with its map",
        "a service that one store writes",
        "no carriers",
        "carriers that nothing writes",
        "a file's wildcard",
        "a file's wildcard of a store",
        "regular expressions",
        "before ShipStation",
        "a store included twice",
        "a store excluded twice",
        "a finder twice",
        "a site twice",
        "a store's site twice",
        "signatures that V1 never has",
        "signatures of V2",
    ],
)
def test_what_is_hardly_meant_is_told(changes: dict[str, Any], told: list[tuple[str, str]]) -> None:
    found = remarks(a_connection(**changes), NOON)
    assert [(remark.subject, remark.severity) for remark in found] == told


def test_a_start_that_is_ahead_says_how_far() -> None:
    (remark,) = remarks(a_connection(go_live_at=NOON + timedelta(days=5)), NOON)
    assert remark.sentence == "go_live_at is 5 days ahead; until then every label is skipped as before_go_live."


def test_a_wildcard_is_told_as_a_regular_expression() -> None:
    (remark,) = remarks(a_connection(shipstation=ignoring("amazon.com-*")), NOON)
    assert remark.advice == r"Write 'amazon\.com-.*' if anything may stand there."


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({}, True),
        ({"ifs": {**IFS, "base_url": "https://IFS.example.com/"}}, True),
        ({"ifs": {**IFS, "company": "20"}}, False),
        ({"ifs": {**IFS, "company": "20"}, "stores": {"7": {"company": "10"}}}, True),
        ({"ifs": {**IFS, "base_url": "https://other.example.com"}}, False),
    ],
    ids=["the same", "spelt otherwise", "another company", "a store's company", "another tenant"],
)
def test_two_files_for_one_tenant_and_company_are_told(changes: dict[str, Any], *, is_told: bool) -> None:
    second = a_connection(name="beta", **changes)
    found = list(neighbours([a_connection(), second]))
    assert [(connection.name, remark.severity) for connection, remark in found] == [("beta", "note")] * is_told
    assert all("acme delivers to the same tenant" in remark.sentence for _, remark in found)
