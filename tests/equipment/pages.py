"""Small pages, so that few rows make many."""

from __future__ import annotations

from dataclasses import replace

from functions.shipstation.reading.api import Listing
from functions.wiring import shipstation_account as wired


def shrink_pages(size: int) -> None:
    """For the rest of this process."""

    def small(listing: Listing) -> Listing:
        return replace(listing, fixed={**listing.fixed, listing.size_field: str(size)})

    for name, api in wired.APIS.items():
        labels, fulfilments, orders = small(api.labels), small(api.fulfilments), small(api.orders)
        wired.APIS[name] = replace(api, labels=labels, fulfilments=fulfilments, orders=orders)
