from __future__ import annotations

from typing import Any

import pytest

from functions.model.messages import Pointer
from functions.shipstation import pointers
from functions.shipstation.v2.pointers import parse

HOST = "https://api.shipstation.com"
LABELS = f"{HOST}/v2/labels?batch_id=se-144015674"
GUID = "6c4f2d15-0b1c-4f2e-9a77-1f0a5d8e6b21"
LONGEST = "9" * 19


@pytest.mark.parametrize(
    ("address", "kind", "number"),
    [
        pytest.param(LABELS, "shipments_batch", "144015674", id="LABEL_CREATED_V2"),
        pytest.param(f"{LABELS}&store_id=se-9", "shipments_batch", "144015674", id="one store's labels"),
        pytest.param(f"{HOST}/v2/labels?page=1&batch_id=se-7", "shipments_batch", "7", id="another parameter in front"),
        pytest.param(f"{HOST}/v2/Labels/?BATCH_ID=se-7", "shipments_batch", "7", id="any case, trailing slash"),
        pytest.param(f"{HOST}:443/v2/labels?batch_id=se-7", "shipments_batch", "7", id="the port of https"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se%2D7", "shipments_batch", "7", id="an encoded hyphen"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-{LONGEST}", "shipments_batch", LONGEST, id="64 bits"),
        pytest.param(f"{HOST}/v2/shipments?import_batch_id={GUID}", "orders_import", GUID, id="SHIPMENT_CREATED_V2"),
        pytest.param(f"{HOST}/v2/shipments/se-94113592", "order", "94113592", id="one shipment, V1's order"),
        pytest.param(
            f"{HOST}/v2/fulfillments?fulfillment_id=se-246310&shipment_id=se-8",
            "fulfilment",
            "246310",
            id="FULFILLMENT_SHIPPED_V2",
        ),
        pytest.param(f"{HOST}/v2/labels/se-7/track", "label", "7", id="TRACK_EVENT_V2"),
        pytest.param(f"{HOST}/v2/batches/se-1234567890", "shipments_batch", "1234567890", id="BATCH_PROCESSED_V2"),
    ],
)
def test_an_address_is_reduced_to_what_it_names(address: str, kind: Any, number: str) -> None:
    assert parse(address, "LABEL_CREATED_V2") == Pointer(kind=kind, id=number)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{HOST}/v2/labels", id="no batch"),
        pytest.param(f"{HOST}/v2/labels?batch_id=", id="empty batch"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-", id="a prefix alone"),
        pytest.param(f"{HOST}/v2/labels?batch_id=7", id="no prefix"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-se-7", id="the prefix twice"),
        pytest.param(f"{HOST}/v2/labels?batch_id=SE-7", id="a capital prefix"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7-8", id="a second group"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7a", id="letters"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se--7", id="a negative number"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-+7", id="a sign"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7%26page_size%3D1", id="a parameter smuggled in"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7&batch_id=se-8", id="two batches"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7&BATCH_ID=se-8", id="two batches, one in capitals"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7,se-8", id="a list"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7%0A", id="an encoded line feed"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-%D9%A7", id="a digit of another script"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-" + "7" * 20, id="beyond 64 bits"),
        pytest.param(f"{HOST}/v2/labels?batch_id=se-7;x", id="a semicolon"),
        pytest.param(f"{HOST}/v2/labels/se-7", id="one label"),
        pytest.param(f"{HOST}/v2/labels/7/track", id="a label's way without a prefix"),
        pytest.param(f"{HOST}/v2/labels/se-7/track/se-8", id="more behind a label's way"),
        pytest.param(f"{HOST}/v2/labels/se-7/void", id="what is done to a label"),
        pytest.param(f"{HOST}/v2/shipments?import_batch_id=all", id="no GUID"),
        pytest.param(f"{HOST}/v2/shipments?batch_id=se-7", id="shipments of a batch"),
        pytest.param(f"{HOST}/v2/shipments/94113592", id="a shipment without a prefix"),
        pytest.param(f"{HOST}/v2/shipments/se-1/cancel", id="an action"),
        pytest.param(f"{HOST}/v2/fulfillments?shipment_id=se-8", id="the fulfilments of a shipment"),
        pytest.param(f"{HOST}/v2/batches/se-1/errors", id="a batch's errors"),
        pytest.param(f"{HOST}/v2/batches", id="every batch"),
        pytest.param(f"{HOST}/v2/carriers", id="something new"),
    ],
)
def test_an_address_that_cannot_be_reduced_means_look(address: str) -> None:
    assert parse(address, "LABEL_CREATED_V2") == Pointer(kind="anything")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="empty"),
        pytest.param("/v2/labels?batch_id=se-7", id="no host"),
        pytest.param("//api.shipstation.com/v2/labels?batch_id=se-7", id="no scheme"),
        pytest.param("http://api.shipstation.com/v2/labels?batch_id=se-7", id="http"),
        pytest.param("HTTPS://api.shipstation.com/v2/labels?batch_id=se-7", id="capital scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("https://user:pw@api.shipstation.com/v2/labels?batch_id=se-7", id="user info"),
        pytest.param("https://api.shipstation.com@evil.example/v2/labels?batch_id=se-7", id="host as user info"),
        pytest.param("https://evil.example\\@api.shipstation.com/v2/labels", id="backslash and user info"),
        pytest.param("https://api.shipstation.com\\.evil.example/v2/labels", id="backslash"),
        pytest.param("https://api.shipstation.com\\v2\\labels", id="backslashes for slashes"),
        pytest.param("https://api.shipstation.com:8443/v2/labels?batch_id=se-7", id="another port"),
        pytest.param("https://api.shipstation.com:80/v2/labels?batch_id=se-7", id="port 80"),
        pytest.param("https://api.shipstation.com:/v2/labels?batch_id=se-7", id="empty port"),
        pytest.param("https://api.shipstation.com.evil.example/v2/labels?batch_id=se-7", id="suffix host"),
        pytest.param("https://evil-api.shipstation.com/v2/labels?batch_id=se-7", id="prefix host"),
        pytest.param("https://api.evil-shipstation.com/v2/labels?batch_id=se-7", id="lookalike domain"),
        pytest.param("https://api.shipengine.com/v2/labels?batch_id=se-7", id="the sister product's host"),
        pytest.param("https://ssapi.shipstation.com/v2/labels?batch_id=se-7", id="V1's host"),
        pytest.param("https://shipstation.com/v2/labels?batch_id=se-7", id="the domain alone"),
        pytest.param("https://api1.shipstation.com/v2/labels?batch_id=se-7", id="a digit behind api"),
        pytest.param("https://api%2eshipstation%2ecom/v2/labels", id="encoded dots"),
        pytest.param("https://api.shipstation.com./v2/labels?batch_id=se-7", id="trailing dot"),
        pytest.param("https://apixshipstation.com/v2/labels", id="a dot is a dot"),
        pytest.param("https://api.shipstationxcom/v2/labels", id="so is the other"),
        pytest.param(f"{HOST}/v1/labels?batch_id=se-7", id="another version"),
        pytest.param(f"{HOST}/labels?batch_id=se-7", id="no version"),
        pytest.param(f"{HOST}/v2", id="no path"),
        pytest.param(f"{HOST}/v2/..%2f/labels", id="encoded slash"),
        pytest.param(f"{HOST}/v2/../v1/labels", id="dots in the path"),
        pytest.param(f"{HOST}//v2/labels", id="double slash"),
        pytest.param(f"{HOST}/v2//labels", id="double slash behind"),
        pytest.param("https://169.254.169.254/v2/labels?batch_id=se-7", id="metadata address"),
        pytest.param("https://[::1]/v2/labels?batch_id=se-7", id="IPv6"),
        pytest.param("https://2130706433/v2/labels", id="IP as a number"),
        pytest.param("https://api.shipstat\u0131on.com/v2/labels", id="dotless i"),
        pytest.param("https://api\u3002shipstation.com/v2/labels", id="ideographic full stop"),
        pytest.param("https://\u0430pi.shipstation.com/v2/labels", id="Cyrillic a"),
        pytest.param("https://api.\u017fhipstation.com/v2/labels", id="long s"),
        pytest.param(f"{LABELS}#@evil.example", id="fragment"),
        pytest.param(f"{LABELS}?x", id="second question mark"),
        pytest.param(f"{LABELS}\n", id="line feed behind"),
        pytest.param(f" {LABELS}", id="blank in front"),
        pytest.param(f"https://api.shipstation.com\r\nHost: evil.example/{LABELS}", id="header smuggling"),
        pytest.param(f"{LABELS}\x00", id="null byte"),
        pytest.param(f"{LABELS}\ud800", id="half a character"),
        pytest.param(f"{LABELS}&x={'1' * 4000}", id="endless"),
    ],
)
def test_an_address_that_is_not_shipstations_is_nothing(address: str) -> None:
    assert parse(address, "LABEL_CREATED_V2") is None


V1 = "https://ssapi.shipstation.com/shipments?batchId=7"


@pytest.mark.parametrize(
    ("address", "event", "kind"),
    [
        (LABELS, "LABEL_CREATED_V2", "shipments_batch"),
        (LABELS, "SOMETHING_NEW_V2", "shipments_batch"),
        (f"{HOST}/v2/sales_orders", "API_SALES_ORDERS_IMPORTED", "anything"),
        (V1, "SHIP_NOTIFY", "shipments_batch"),
        (V1, "SOMETHING_NEW", "shipments_batch"),
        (V1, "", "shipments_batch"),
        (V1, "LABEL_CREATED_V2", None),
        (LABELS, "SHIP_NOTIFY", None),
        (LABELS, "", None),
    ],
)
def test_the_body_says_which_api_s_addresses_count(address: str, event: str, kind: Any) -> None:
    found = pointers.parse(address, event)
    assert (found and found.kind) == kind
