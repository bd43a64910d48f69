"""IFS, ShipStation, and the function that keeps their reference data alike. Wired as in AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from functions.ledger.alignment import AlignStore
from functions.model.alignment import Aligned
from functions.model.shipment import ConnectionName
from tests.equipment.ifs.sets import HOLDINGS
from tests.equipment.quiet_connection import quiet_world, run
from tests.equipment.shipstation.rows import Json

ACME = ConnectionName("acme")
ADDRESS = {
    "Address1": "12 Harbor Street",
    "City": "Chicago",
    "State": "IL",
    "ZipCode": "60601",
    "Country": "US",
}
ORIGIN = {
    "street1": "12 Harbor Street",
    "city": "Chicago",
    "state": "IL",
    "postalCode": "60601",
    "country": "US",
}
SETTINGS = {
    "profile": "warehouses",
    "mode": "write",
    "addresses": {"entity_set": "SiteAddressSet", "key": ["Contract", "AddressId"]},
}
CUSTOMERS = {
    "profile": "customers",
    "mode": "write",
    "match": ["code", "email"],
    "emails": {"projection": "CustomerHandling", "entity_set": "CommunicationMethods"},
    "template": {"customer": "WEB"},
}
TEMPLATE: dict[str, Any] = {"Name": "Template", "Address1": "Nowhere", "City": "Nowhere", "Country": "US"}
HOME = {"street1": "1 Elm Street", "city": "Boston", "state": "MA", "postalCode": "02110", "countryCode": "US"}


class AlignDesk:
    """`settings` override the file's table."""

    base: Mapping[str, Any] = SETTINGS
    api = "v1"

    def __init__(self, orders: dict[str, Any] | None = None, **settings: Any) -> None:
        self.profile = str(self.base["profile"])
        shipstation: dict[str, Any] = {"shipment_id": {"source": "custom_field_2"}} if orders else {}
        ifs = {"targets": [{"profile": "shipment_header", "find": ["shipment_id", "order_number"]}]} if orders else {}
        self.world, self.site = quiet_world(
            ifs=ifs, orders=orders, align=[{**self.base, **settings}], api=self.api, **shipstation
        )
        self.tenant, self.account = self.site.tenant, self.site.account

    def add_site(self, code: str = "CHI", name: str = "Chicago warehouse", **address: Any) -> None:
        self.tenant.add_site(code, "10", Description=name)
        self.tenant.add_site_address(code, **{**ADDRESS, **address})

    def look(self, **minutes: float) -> dict[str, Any]:
        """A scheduled run, and what it answered; empty where it died."""
        return self.ask(self.scheduled, **minutes)

    @property
    def scheduled(self) -> dict[str, Any]:
        return {"connection": "acme", "profile": self.profile, "is_scheduled": True}

    def dry_run(self) -> dict[str, Any]:
        return self.ask({"connection": "acme", "profile": self.profile})

    def apply(self, plan: str) -> dict[str, Any]:
        base = {"connection": "acme", "profile": self.profile}
        return self.ask({**base, "dry_run": False, "plan": plan, "by": "kim", "note": "a test"})

    def ask(self, event: dict[str, Any], minutes: float = 10) -> dict[str, Any]:
        answers: list[Any] = []
        self.world.functions["align"].invoke(event, lambda value, fault: answers.append(fault or value))
        run(self.world, self.world.now() + timedelta(minutes=minutes))
        return answers[0] if answers and isinstance(answers[0], dict) else {}

    def warehouses(self) -> list[Json]:
        return self.account.shown_warehouses()

    def warehouse(self, code: str = "CHI") -> Json:
        """The one that is remembered as the site's."""
        return self.account.warehouses[int(self.known(code).other)]

    def known(self, code: str = "CHI") -> Aligned:
        return AlignStore(self.world.tables["ledger"]).load(ACME, self.profile)[code]

    def map(self) -> dict[str, str]:
        return AlignStore(self.world.tables["ledger"]).map(ACME, "warehouses")

    def writes(self) -> int:
        return sum(request.method != "GET" for request in self.account.requests)

    def audited(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self.world.tables["audit"].scan(prefix="audit#")]


class CustomersDesk(AlignDesk):
    base = CUSTOMERS

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.tenant.add_customer("WEB", "Template", **TEMPLATE)

    def made(self) -> list[str]:
        """Every customer of IFS but the template."""
        return [each for each in self.tenant.customer_ids() if each != "WEB"]


STOCK = {"profile": "stock", "mode": "write", "locations": {"CHI": "se-7"}}


class StockDesk(AlignDesk):
    base = STOCK
    api = "v2"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.account.add_location("se-7")

    def hide(self, part: str) -> None:
        """IFS shows no row of it, not even one of zero."""
        rows = self.tenant.sets[HOLDINGS.name]
        for key in [key for key in rows if key[1] == part]:
            del rows[key]

    def reads_of_stock(self, act: Callable[[], object]) -> int:
        """How often IFS is asked for it meanwhile."""
        before = self._reads()
        act()
        return self._reads() - before

    def _reads(self) -> int:
        return sum(HOLDINGS.name in request.path for request in self.tenant.requests)

    def held(self, location: str = "se-7") -> dict[str, int]:
        return self.account.held(location)
