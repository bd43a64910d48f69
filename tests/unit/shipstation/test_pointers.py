from __future__ import annotations

from typing import Any

import pytest

from functions.model.messages import Pointer
from functions.shipstation.v1.pointers import parse

HOST = "https://ssapi.shipstation.com"
BATCH = f"{HOST}/shipments?batchId=144015674"
GUID = "6c4f2d15-0b1c-4f2e-9a77-1f0a5d8e6b21"


@pytest.mark.parametrize(
    ("address", "kind", "number"),
    [
        pytest.param(f"{BATCH}&includeShipmentItems=False", "shipments_batch", "144015674", id="SHIP_NOTIFY"),
        pytest.param(f"{BATCH}&includeShipmentItems=True", "shipments_batch", "144015674", id="ITEM_SHIP_NOTIFY"),
        pytest.param(f"{HOST}/shipments?storeID=9&batchId=7", "shipments_batch", "7", id="capital storeID in front"),
        pytest.param(f"{BATCH}&storeID=9", "shipments_batch", "144015674", id="capital storeID behind"),
        pytest.param(f"{HOST}/Shipments/?BATCHID=7", "shipments_batch", "7", id="any case, trailing slash"),
        pytest.param("https://ssapi6.shipstation.com/shipments?batchId=7", "shipments_batch", "7", id="ssapi6"),
        pytest.param("https://ssapi13.shipstation.com/shipments?batchId=7", "shipments_batch", "7", id="ssapi13"),
        pytest.param(f"{HOST}:443/shipments?batchId=7", "shipments_batch", "7", id="the port of https"),
        pytest.param(f"{HOST}/orders?importBatch={GUID}", "orders_import", GUID, id="ORDER_NOTIFY"),
        pytest.param(f"{HOST}/orders?storeID=9&importBatch={GUID}", "orders_import", GUID, id="one store's orders"),
        pytest.param(f"{HOST}/orders/94113592", "order", "94113592", id="one order"),
        pytest.param(f"{HOST}/fulfillments?fulfillmentId=246310", "fulfilment", "246310", id="FULFILLMENT_SHIPPED"),
    ],
)
def test_an_address_is_reduced_to_what_it_names(address: str, kind: Any, number: str) -> None:
    assert parse(address, "SHIP_NOTIFY") == Pointer(kind=kind, id=number)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(HOST + "/shipments", id="no batch"),
        pytest.param(HOST + "/shipments?batchId=", id="empty batch"),
        pytest.param(HOST + "/shipments?batchId=7%26pageSize%3D1", id="a parameter smuggled in"),
        pytest.param(HOST + "/shipments?batchId=-7", id="not a number"),
        pytest.param(HOST + "/shipments?batchId=" + "7" * 20, id="beyond 64 bits"),
        pytest.param(HOST + "/shipments?batchId=%D9%A7", id="a digit of another script"),
        pytest.param(HOST + "/orders?importBatch=all", id="no GUID"),
        pytest.param(HOST + "/orders/createorder", id="an order without a number"),
        pytest.param(HOST + "/carriers", id="something new"),
        pytest.param(HOST + "/shipments?batchId=7,8", id="a list"),
        pytest.param(HOST + "/orders/7,8", id="a list of orders"),
        pytest.param(f"{BATCH}&x={'1' * 160}", id="longer than documented"),
    ],
)
def test_an_address_that_cannot_be_reduced_means_look(address: str) -> None:
    assert parse(address, "SHIP_NOTIFY") == Pointer(kind="anything")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="empty"),
        pytest.param("/shipments?batchId=7", id="no host"),
        pytest.param("//ssapi.shipstation.com/shipments?batchId=7", id="no scheme"),
        pytest.param("http://ssapi.shipstation.com/shipments?batchId=7", id="http"),
        pytest.param("HTTPS://ssapi.shipstation.com/shipments?batchId=7", id="capital scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("https://user:pw@ssapi.shipstation.com/shipments?batchId=7", id="user info"),
        pytest.param("https://ssapi.shipstation.com@evil.example/shipments?batchId=7", id="host as user info"),
        pytest.param("https://evil.example\\@ssapi.shipstation.com/shipments?batchId=7", id="backslash and user info"),
        pytest.param("https://ssapi.shipstation.com\\.evil.example/shipments?batchId=7", id="backslash"),
        pytest.param("https://ssapi.shipstation.com:8443/shipments?batchId=7", id="another port"),
        pytest.param("https://ssapi.shipstation.com:80/shipments?batchId=7", id="port 80"),
        pytest.param("https://ssapi.shipstation.com:/shipments?batchId=7", id="empty port"),
        pytest.param("https://ssapi.shipstation.com.evil.example/shipments?batchId=7", id="suffix host"),
        pytest.param("https://evil-ssapi.shipstation.com/shipments?batchId=7", id="prefix host"),
        pytest.param("https://ssapi.evil-shipstation.com/shipments?batchId=7", id="lookalike domain"),
        pytest.param("https://api.shipstation.com/shipments?batchId=7", id="another of its hosts"),
        pytest.param("https://ssapix.shipstation.com/shipments?batchId=7", id="letters behind ssapi"),
        pytest.param("https://ssapi12345.shipstation.com/shipments?batchId=7", id="too many digits"),
        pytest.param("https://ssapi%2eshipstation%2ecom/shipments?batchId=7", id="encoded dots"),
        pytest.param("https://ssapi.shipstation.com./shipments?batchId=7", id="trailing dot"),
        pytest.param("https://ssapixshipstation.com/shipments?batchId=7", id="a dot is a dot"),
        pytest.param("https://ssapi.shipstationxcom/shipments?batchId=7", id="so is the other"),
        pytest.param("https://ssapi.shipstation.com/..%2f/shipments?batchId=7", id="encoded slash"),
        pytest.param("https://ssapi.shipstation.com/../shipments?batchId=7", id="dots in the path"),
        pytest.param("https://ssapi.shipstation.com//evil.example/?batchId=7", id="double slash"),
        pytest.param("https://ssapi.shipstation.com\\shipments?batchId=7", id="backslash for a slash"),
        pytest.param("https://169.254.169.254/shipments?batchId=7", id="metadata address"),
        pytest.param("https://[::1]/shipments?batchId=7", id="IPv6"),
        pytest.param("https://2130706433/shipments?batchId=7", id="IP as a number"),
        pytest.param("https://localhost/shipments?batchId=7", id="localhost"),
        pytest.param("https://ssapi.shipstat\u0131on.com/shipments?batchId=7", id="dotless i"),
        pytest.param("https://ssapi\u3002shipstation.com/shipments?batchId=7", id="ideographic full stop"),
        pytest.param("https://ssapi\uff16.shipstation.com/shipments?batchId=7", id="full-width digit"),
        pytest.param("https://\u017fsapi.shipstation.com/shipments?batchId=7", id="long s"),
        pytest.param(f"{BATCH}#@evil.example", id="fragment"),
        pytest.param(f"{BATCH}?x", id="second question mark"),
        pytest.param(f"{BATCH}\n", id="line feed behind"),
        pytest.param(f" {BATCH}", id="blank in front"),
        pytest.param(f"https://ssapi.shipstation.com\r\nHost: evil.example/{BATCH}", id="header smuggling"),
        pytest.param(f"{BATCH}\x00", id="null byte"),
    ],
)
def test_an_address_that_is_not_shipstations_is_nothing(address: str) -> None:
    assert parse(address, "SHIP_NOTIFY") is None
