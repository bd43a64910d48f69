from __future__ import annotations

import tomllib

from functions.connections.carriers import same_carrier
from functions.connections.connection import Connection
from functions.flows.preflight.carrier_map import carrier_map, carriers, map_findings
from functions.model.sample import Sample
from tests.equipment.builders import a_connection, a_shipment, voided

FORWARDERS = {"UPS": "United Parcel Service", "FEDEX": "FedEx Inc.", "DHL": "DHL Express"}
OWN = {"ups": "UPS", "UPS/ups_next_day_air": "UPSAIR", "FedEx": "FEDEX", "Müller Spedition": "MUE"}
SAMPLE = Sample(
    shipments=(
        a_shipment(1, service_code="ups_next_day_air"),
        a_shipment(2, service_code="ups_ground"),
        a_shipment(3, carrier_code="dhl_express"),
        voided(a_shipment(4, carrier_code="ontrac")),
    ),
    fulfilments=(
        a_shipment(1, kind="fulfilment", carrier_code="UPS"),
        a_shipment(2, kind="fulfilment", carrier_code="DHL_Express"),
        a_shipment(3, kind="fulfilment", carrier_code="Post"),
    ),
)


def suggestion(connection: Connection, sample: Sample = SAMPLE) -> str:
    return carrier_map(carriers(sample, connection), connection, FORWARDERS)


def test_fulfilments_are_counted_beside_labels() -> None:
    counts = {(c.carrier, c.service): c.shipments for c in carriers(SAMPLE, a_connection(carriers=OWN))}
    assert counts["UPS", ""] == counts["Post", ""] == 1
    assert "ontrac" not in {carrier for carrier, _ in counts}


def test_the_section_keeps_every_entry_of_the_file() -> None:
    connection = a_connection(carriers=OWN)
    kept = tomllib.loads(suggestion(connection))["carriers"]
    assert {same_carrier(key): kept[key] for key in kept}.items() >= connection.carriers.items()


def test_each_entry_tells_what_it_decides() -> None:
    lines = suggestion(a_connection(carriers=OWN)).splitlines()
    assert '"ups" = "UPS"  # 2 shipments' in lines
    assert '"ups/ups_next_day_air" = "UPSAIR"  # 1 shipment' in lines
    assert '"fedex" = "FEDEX"  # none of the newest shipments' in lines


def test_what_is_missing_stands_there_once_whatever_its_spelling() -> None:
    lines = suggestion(a_connection(carriers=OWN)).splitlines()
    assert [line for line in lines if "dhl" in line.lower() and "=" in line and "shipments" in line] == [
        '"dhl_express" = "DHL"  # 2 shipments, by its name: please confirm'
    ]
    assert '# "Post" = ""  # 1 shipment, not mapped' in lines


def test_the_section_is_a_valid_map() -> None:
    text = suggestion(a_connection(carriers=OWN))
    assert a_connection(carriers=tomllib.loads(text)["carriers"]).forwarder("dhl_express", None) == "DHL"


def test_an_entry_for_one_service_says_nothing_of_the_others() -> None:
    connection = a_connection(carriers={"ups/ups_next_day_air": "UPSAIR"})
    assert '"ups" = "UPS"  # 2 shipments, by its name: please confirm' in suggestion(connection).splitlines()


def advice(**own: str) -> str:
    connection = a_connection(carriers=own)
    found = list(map_findings(carriers(SAMPLE, connection), connection, FORWARDERS))
    return next(finding.advice for finding in found if finding.severity == "misfit")


def test_a_forwarder_that_ifs_does_not_have_is_told_with_the_nearest_one() -> None:
    assert advice(ups="UPSX") == "Nearest: UPS. Correct the map or add it in IFS."


def test_a_map_that_is_swapped_is_told() -> None:
    assert "stands on the left of the =" in advice(UPS="ups")
