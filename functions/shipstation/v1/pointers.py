"""Reduces the address in a webhook to ids. The address itself is never contacted: requests go to our own base URL.

Source of the forms: https://docs.shipstation.com/apis/shipstation-v1/docs/models/webhook, and addresses seen in the
field with the hosts ssapi, ssapi6 and ssapi13, capitalised booleans and a capital `storeID`.
"""

from __future__ import annotations

import re

from functions.model.notification import Pointer
from functions.shipstation.parameters import QUERY, parts

LONGEST = 200  # documented limit of the address; a longer one is cut off somewhere

# One pattern for the whole address: anything it does not spell out (user info, ports, encoded characters in the path,
# backslashes, other hosts) does not match.
_ADDRESS = re.compile(
    r"https://ssapi[0-9]{0,4}\.shipstation\.com(?::443)?"
    r"/(?P<path>[A-Za-z]{1,30}(?:/[A-Za-z0-9,_-]{1,4000}){0,3})/?"
    f"{QUERY}",
    re.ASCII,
)
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_BATCH = re.compile(r"[0-9a-fA-F-]{1,64}", re.ASCII)


def parse(resource_url: str, resource_type: str) -> Pointer | None:
    """None for an address that is not ShipStation's. One of ShipStation's that we cannot reduce means: look."""
    del resource_type  # the path says it
    found = parts(_ADDRESS, resource_url)
    if found is None:
        return None
    if len(resource_url) > LONGEST:
        return Pointer(kind="anything")
    return _reduced(*found)


def _reduced(path: list[str], given: dict[str, str]) -> Pointer:
    match path:
        case ["shipments"] if _NUMBER.fullmatch(given.get("batchid", "")):
            return Pointer(kind="shipments_batch", id=given["batchid"])
        case ["orders"] if _BATCH.fullmatch(given.get("importbatch", "")):
            return Pointer(kind="orders_import", id=given["importbatch"])
        case ["orders", number] if _NUMBER.fullmatch(number):
            return Pointer(kind="order", id=number)
        case ["fulfillments"] if _NUMBER.fullmatch(given.get("fulfillmentid", "")):
            return Pointer(kind="fulfilment", id=given["fulfillmentid"])
    return Pointer(kind="anything")
