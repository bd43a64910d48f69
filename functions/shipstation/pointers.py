"""Which API a webhook is of, its body says: a connection that is being moved from one to the other takes both."""

from __future__ import annotations

from functions.model.notification import Pointer
from functions.shipstation.v1 import pointers as v1
from functions.shipstation.v2 import pointers as v2


def parse(resource_url: str, resource_type: str) -> Pointer | None:
    """None for an address that is not that API's. `API_…` are V2's older events."""
    is_v2 = resource_type.endswith("_V2") or resource_type.startswith("API_")
    return v2.parse(resource_url, resource_type) if is_v2 else v1.parse(resource_url, resource_type)
