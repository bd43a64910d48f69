"""Reduces the address in a V2 webhook to ids. The address itself is never contacted: requests go to our own base URL.

Sources: https://docs.shipstation.com/apis/docs/guides/webhooks-schemas, and bodies seen in the field. An id is a number
behind `se-`, the same that V1 shows without it.
"""

from __future__ import annotations

import re

from functions.model.notification import Kind, Pointer
from functions.shipstation.parameters import QUERY, parts

# One pattern for the whole address: anything it does not spell out (user info, ports, encoded characters in the path,
# backslashes, other hosts) does not match.
_ADDRESS = re.compile(
    r"https://api\.shipstation\.com(?::443)?"
    r"/v2/(?P<path>[A-Za-z_]{1,30}(?:/[A-Za-z0-9_-]{1,64}){0,3})/?"
    f"{QUERY}",
    re.ASCII,
)
_NUMBER = re.compile(r"se-([0-9]{1,19})", re.ASCII)
_BATCH = re.compile(r"[0-9a-fA-F-]{1,64}", re.ASCII)


def parse(resource_url: str, resource_type: str) -> Pointer | None:
    """None for an address that is not ShipStation's. One of ShipStation's that we cannot reduce means: look."""
    del resource_type  # the path says it
    found = parts(_ADDRESS, resource_url)
    return _reduced(*found) if found else None


def _reduced(path: list[str], given: dict[str, str]) -> Pointer:
    kind, found = _meant(path, given)
    return Pointer(kind=kind, id=found) if found else Pointer(kind="anything")


def _meant(path: list[str], given: dict[str, str]) -> tuple[Kind, str]:  # noqa: PLR0911 # one case a form
    """Without an id where the address holds none that is one."""
    match path:
        case ["labels"]:
            return "shipments_batch", _number(given.get("batch_id"))
        case ["labels", label, "track"]:
            return "label", _number(label)
        case ["batches", batch]:  # what was made of it are labels
            return "shipments_batch", _number(batch)
        case ["shipments"]:
            batch = given.get("import_batch_id", "")
            return "orders_import", batch if _BATCH.fullmatch(batch) else ""
        case ["shipments", shipment]:  # V1 calls it an order
            return "order", _number(shipment)
        case ["fulfillments"]:
            return "fulfilment", _number(given.get("fulfillment_id"))
    return "anything", ""


def _number(text: str | None) -> str:
    """Without its prefix; empty for an id that is no number behind it."""
    match = _NUMBER.fullmatch(text or "")
    return match[1] if match else ""
