from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.connections.file import ConnectionFileError, load
from functions.connections.targets import ShipmentHeader
from functions.connections.webhook_events import always_wanted, wanted_events
from functions.model.outcomes import Reason
from functions.wiring.aws import AwsRuntime
from tests.equipment.builders import a_connection

EXAMPLE = Path(__file__).parents[3] / "infra/connections/example.toml"
CERTIFICATE = Path(__file__).parents[3] / "docs/examples/rows-ca.pem"

OWN: dict[str, Any] = {
    "mode": "shadow",
    "company": "20",
    "order_reference": {"source": "custom_field_1", "pattern": r"(?P<reference>P\d+)", "ignore": ["AMZ-.*"]},
    "targets": [{"profile": "shipment_header", "tracking": {"attribute": "Cf_Tracking"}}],
}


OTHER = {"profile": "shipment_header", "carrier": {"policy": "if_empty"}}


def with_stores(**stores: Any) -> Connection:
    return a_connection(stores=stores)


def loaded(tmp_path: Path, text: str) -> Connection:
    path = tmp_path / "acme.toml"
    path.write_text(f"{EXAMPLE.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
    return load(path)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConnectionFileError) as fault:
        loaded(tmp_path, text)
    return str(fault.value)


def test_a_store_with_a_table_of_its_own_sees_its_own_connection() -> None:
    view = with_stores(**{"7": OWN}).at_store(7)
    assert (view.mode, view.ifs.company, view.ifs.targets[0].tracking.attribute) == ("shadow", "20", "Cf_Tracking")
    assert view.shipstation.order_reference.source == "custom_field_1"
    assert view.ifs.base_url == a_connection().ifs.base_url


@pytest.mark.parametrize("store", [8, None], ids=["another store", "no store"])
def test_a_store_without_a_table_sees_the_connection_itself(store: int | None) -> None:
    connection = with_stores(**{"7": OWN})
    assert connection.at_store(store) is connection


@pytest.mark.parametrize("key", OWN)
def test_what_a_store_leaves_out_is_the_connections(key: str) -> None:
    connection = with_stores(**{"7": {key: OWN[key]}})
    view = connection.at_store(7)
    told = {
        "mode": view.mode != connection.mode,
        "company": view.ifs.company != connection.ifs.company,
        "order_reference": view.shipstation.order_reference != connection.shipstation.order_reference,
        "targets": view.ifs.targets != connection.ifs.targets,
    }
    assert [name for name, differs in told.items() if differs] == [key]


@pytest.mark.parametrize(
    ("key", "other_target", "other_mapping"),
    [("mode", False, False), ("company", True, False), ("order_reference", False, True), ("targets", True, False)],
)
def test_delivery_place_and_mapping_version_are_those_of_the_view(
    key: str, *, other_target: bool, other_mapping: bool
) -> None:
    connection = with_stores(**{"7": {key: OWN[key]}})
    view = connection.at_store(7)
    assert (view.delivery_place != connection.delivery_place) is other_target
    assert (view.mapping_version != connection.mapping_version) is other_mapping


@pytest.mark.parametrize(
    ("changes", "is_elsewhere"),
    [
        ({"tracking": {"policy": "always", "max_length": 30, "parcels": "first"}}, False),
        ({"find": ["order_number", "customer_po"]}, False),
        ({"tracking": {"attribute": "AirwayBillNo"}}, True),
        ({"service": {"policy": "always"}}, True),
        ({"endpoint": "int"}, True),
    ],
    ids=["policy", "finding", "attribute", "another field", "endpoint"],
)
def test_everything_is_delivered_again_only_where_it_goes_elsewhere(
    changes: dict[str, object], *, is_elsewhere: bool
) -> None:
    ifs = {**a_connection().ifs.model_dump(), "targets": [{"profile": "shipment_header", **changes}]}
    assert (a_connection(ifs=ifs).delivery_place != a_connection().delivery_place) is is_elsewhere


def test_a_certificate_authority_of_the_customers_own_stands_beside_the_file(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("[ifs]\n", '[ifs]\nca_bundle = "own.pem"\n')
    path = tmp_path / "acme.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConnectionFileError, match=r"acme\.toml: ifs\.ca_bundle: there is no such file beside it"):
        load(path)
    (tmp_path / "own.pem").write_bytes(CERTIFICATE.read_bytes())
    runtime = AwsRuntime()
    runtime.connections_folder = tmp_path
    assert runtime.session(load(path).ifs.ca_bundle).verify == str(tmp_path / "own.pem")
    assert runtime.session().verify is True


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"profile": "order_header", "tracking": {}}, "tracking.attribute: has to be named"),
        ({"profile": "order_header"}, "writes no field"),
        ({"profile": "shipment_header", "tracking": {"type": "date"}}, "tracking.type must be text"),
        ({"profile": "shipment_header", "ship_date": {"type": "text"}}, "should be 'timestamp' or 'date'"),
        ({"profile": "shipment_header", "cost": {"attribute": "Cf_Cost", "type": "date"}}, "'number' or 'text'"),
        ({"profile": "shipment_header", "cost": {}}, "Field required"),
        (
            {"profile": "shipment_header", "currency": {"attribute": "Cf_Currency", "code": "USD"}},
            "beside the cost: cost is missing",
        ),
        (
            {"profile": "order_header", "cost": {"policy": "always"}, "tracking": {"attribute": "Cf_No"}},
            "cost.attribute: has to be named",
        ),
        ({"profile": "shipment_header", "carrier": {"attribute": "ProNo"}}, "ProNo is written by two fields"),
        ({"profile": "shipment_header", "find": ["custom_field"]}, "find_attribute belong together"),
        ({"profile": "shipment_header", "find": ["shipment_id"]}, "does not say where it stands"),
        ({"profile": "shipment_header", "status": {"shipped": "x" * 30}}, "status.max_length is too small"),
        ({"profile": "invoice"}, "does not match any of the expected tags"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_target_that_cannot_work_is_refused_with_the_reason(target: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_connection(ifs={**a_connection().ifs.model_dump(), "targets": [target]})


def test_a_profile_stands_there_once() -> None:
    twice = [{"profile": "shipment_header"}, {"profile": "shipment_header", "endpoint": "int"}]
    with pytest.raises(ValidationError, match="stands there twice"):
        a_connection(ifs={**a_connection().ifs.model_dump(), "targets": twice})


def test_a_store_cannot_be_on_while_the_connection_is_off() -> None:
    assert a_connection(mode="off", stores={"7": {"mode": "write"}}).at_store(7).mode == "off"
    assert a_connection(mode="shadow", stores={"7": {"mode": "write"}}).at_store(7).mode == "write"


def test_a_stores_targets_replace_the_connections_as_a_whole() -> None:
    target = {"profile": "shipment_header", "tracking": {"policy": "never"}}
    ifs = {**a_connection().ifs.model_dump(), "targets": [target]}
    view = a_connection(ifs=ifs, stores={"7": {"targets": [OTHER]}}).at_store(7)
    assert view.ifs.targets == (ShipmentHeader.model_validate(OTHER),)


@pytest.mark.parametrize(
    ("stores", "store", "reason"),
    [
        pytest.param({}, 7, None, id="none named, any store"),
        pytest.param({}, None, None, id="none named, unknown store"),
        pytest.param({"include": [7]}, 7, None, id="included"),
        pytest.param({"include": [7]}, 8, Reason.STORE_EXCLUDED, id="not included"),
        pytest.param({"include": [7]}, None, Reason.STORE_UNKNOWN, id="some included, unknown store"),
        pytest.param({"exclude": [7]}, 7, Reason.STORE_EXCLUDED, id="excluded"),
        pytest.param({"exclude": [7]}, 8, None, id="not excluded"),
        pytest.param({"exclude": [7]}, None, Reason.STORE_UNKNOWN, id="some excluded, unknown store"),
        pytest.param({"7": {"company": "20"}}, 7, None, id="overridden"),
        pytest.param({"7": {"company": "20"}}, 8, None, id="another one overridden"),
        pytest.param({"7": {"company": "20"}}, None, Reason.STORE_UNKNOWN, id="some overridden, unknown store"),
    ],
)
def test_a_store_is_our_business_or_the_reason_is_told(
    stores: dict[str, Any], store: int | None, reason: Reason | None
) -> None:
    connection = with_stores(**stores)
    assert connection.store_skip(store) is reason
    assert connection.names_stores is bool(stores)


def test_every_company_of_the_file_is_listed_once() -> None:
    own = {"7": {"company": "20"}, "8": {"company": "20"}, "9": {"company": "10"}, "10": {"mode": "off"}}
    assert with_stores(**own).companies == ("10", "20")


def test_stores_are_read_from_the_file(tmp_path: Path) -> None:
    text = """
    [stores]
    include = [100001, 100002]
    exclude = [100003]
    [stores.100002]
    company = "20"
    order_reference = { source = "custom_field_1", pattern = '(?P<reference>P\\d+)', ignore = ["AMZ-.*"] }
    """
    connection = loaded(tmp_path, text)
    assert connection.at_store(100002).ifs.company == "20"
    assert connection.store_skip(100003) is Reason.STORE_EXCLUDED
    assert connection.store_skip(100001) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[stores]\ninclude = [0]", "stores.include (entry 1): is out of range: above 0"),
        ("[stores]\nexclude = [-1]", "stores.exclude (entry 1): is out of range: above 0"),
        ('[stores]\ninclude = ["7"]', "stores.include (entry 1): is a whole number without quotes"),
        ("[stores]\ninclude = [true]", "stores.include (entry 1): is a whole number without quotes"),
        ("[stores]\nexclud = [7]", "stores.exclud: unknown key; did you mean exclude"),
        ("[stores.web]\nmode = 'off'", "stores.web: unknown key; known here are include, exclude, and tables named"),
        ("[stores.007]\nmode = 'off'", "stores.007: unknown key"),
        ("[stores]\n7 = 'off'", "stores.7: is one table: write [stores.7]"),
        ("[stores.7]\nmodus = 'off'", "stores.7.modus: unknown key"),
        ("[stores.7]\nmode = 'loud'", 'stores.7.mode: is one of "off", "shadow" or "write"'),
        (
            "[[stores.7.targets]]\nprofile = 'shipment_header'\ntracking = {policy = 'x'}",
            "stores.7.targets.tracking.policy (target 1): is one of",
        ),
        ("[stores.7.order_reference]\npattern = '('", "stores.7.order_reference.pattern: is not a regular expression"),
        ("[stores]\ninclude = [7]\nexclude = [7]", "stores: 7 is included and excluded"),
        ("[stores]\nexclude = [7]\n[stores.7]\nmode = 'off'", "stores: 7 has a table of its own and is excluded"),
        ("[stores]\ninclude = [8]\n[stores.7]\nmode = 'off'", "stores: 7 has a table of its own and is not in include"),
    ],
)
def test_a_wrong_store_names_file_key_and_reason(tmp_path: Path, text: str, told: str) -> None:
    fault = refused(tmp_path, text)
    assert fault.startswith("acme.toml: ")
    assert told in fault


@pytest.mark.parametrize(
    ("carrier", "service", "forwarder"),
    [
        ("stamps_com", None, "USPS"),
        ("USPS", None, "USPS"),
        (" dhl   express ", "any", "DHL"),
        ("UPS", "ups_ground", "UPS"),
        ("ups", "UPS_Next_Day_Air", "UPSAIR"),
        ("ontrac", "ups_ground", None),
        (None, "ups_ground", None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_carriers_are_found_whatever_their_case_and_spaces(
    carrier: str | None, service: str | None, forwarder: str | None
) -> None:
    carriers = {
        "stamps_com": "USPS",
        "usps": "USPS",
        "DHL Express": "DHL",
        "Ups": "UPS",
        "ups / ups_next_day_air": "UPSAIR",
    }
    assert a_connection(carriers=carriers).forwarder(carrier, service) == forwarder


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('Ontrac = "A"\nONTRAC = "B"', "carriers: ONTRAC stands there twice"),
        ('"ups/Ground" = "A"\n"UPS / ground" = "B"', "carriers: UPS / ground stands there twice"),
        ('" " = "A"', "carriers: a key names no carrier"),
        ('"/ground" = "A"', "carriers: a key names no carrier"),
    ],
)
def test_a_carrier_that_stands_there_twice_or_not_at_all_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("api", "fields", "more"),
    [
        ("v1", {}, ()),
        ("v2", {}, ()),
        ("v2", {"tracking_status": {"attribute": "Cf_Tracking_Status"}}, ("track_event_v2",)),
        ("v2", {"delivered_at": {"attribute": "Cf_Delivered_At"}}, ("track_event_v2",)),
    ],
)
def test_what_carriers_tell_is_wanted_where_it_is_written(
    api: str, fields: dict[str, Any], more: tuple[str, ...]
) -> None:
    target = {"profile": "order_header", "tracking": {"attribute": "Cf_Tracking_No"}, **fields}
    ifs = {**a_connection().ifs.model_dump(include={"base_url", "token_url", "company"}), "targets": [target]}
    connection = a_connection(shipstation={"api": api}, ifs=ifs)
    assert wanted_events(connection) == (*always_wanted(connection), *more)


def test_a_site_is_ifs_own_whatever_its_case_in_the_file() -> None:
    ifs = {"base_url": "https://ifs.example.com", "token_url": "https://ifs.example.com/token", "company": "10"}
    connection = a_connection(
        ifs={**ifs, "sites": ["chi"], "site_time_zones": {"chi": "America/Chicago"}},
        stores={"77": {"sites": ["dal"]}},
        orders={"store_id": 77, "source": "orders", "sites": ["chi"], "warehouses": {"chi": 4711}},
        align=[{"profile": "warehouses", "sites": ["chi"], "links": {"chi": 4711, "dal/w1": 4712}}],
    )
    orders, (warehouses,) = connection.orders, connection.align
    assert orders is not None
    assert (connection.ifs.sites, connection.at_store(77).ifs.sites, orders.sites) == (("CHI",), ("DAL",), ("CHI",))
    assert (str(connection.ifs.zone_of("CHI")), orders.warehouses) == ("America/Chicago", {"CHI": 4711})
    assert warehouses.model_dump(include={"sites", "links"}) == {
        "sites": ("CHI",),
        "links": {"CHI": 4711, "DAL/W1": 4712},
    }
