"""Reference data in a simulated week: two connections in a world of their own, people who edit both systems, answers
that get lost, outages. One keeps sites and warehouses alike and finds or makes customers, the other tells its stock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from random import Random
from typing import Any

from functions.connections.connection import Connection
from tests.equipment.quiet_connection import a_connection
from tests.equipment.world import CANARY, Site, Trouble, World
from tests.simulation import ledger_format as ledger
from tests.simulation.alignment_books import FIELDS, AlignmentBooks
from tests.simulation.stock_books import StockBooks

LOOKS = timedelta(hours=3)
CALM = timedelta(days=1)
ACTS = 32
SITES = ("CHI", "DAL", "SEA")
PARTS = ("BOLT", "NUT")
LOCATION, STOCKED = "se-7", "stocked"
TEMPLATE: dict[str, Any] = {"Name": "Template", "Address1": "Nowhere", "City": "Nowhere", "Country": "US"}
WAREHOUSES = {
    "profile": "warehouses",
    "mode": "write",
    "direction": "both",
    "policies": {"city": "shipstation_wins", "name": "ask"},
    "addresses": {"entity_set": "SiteAddressSet", "key": ["Contract", "AddressId"]},
}
CUSTOMERS = {
    "profile": "customers",
    "mode": "write",
    "match": ["email"],
    "aliases": ["marketplace.example"],
    "emails": {"projection": "CustomerHandling", "entity_set": "CommunicationMethods"},
    "template": {"customer": "WEB"},
}
STOCK = {"profile": "stock", "mode": "write", "locations": {"CHI": LOCATION}}


class AlignedWeek:
    """`met` counts what people did, `shops` the ShipStation customers with their e-mail addresses."""

    def __init__(self, seed: int, start: datetime, days: float) -> None:
        self.random, self.met = Random(seed), Counter[str]()
        self.start, self.until = start, start + timedelta(days=days)
        self.world = World(seed, start)
        self.world.trouble = Trouble(until=self.until, kill=0.003, throttle=0.005, ambiguous=0.003)
        self.world.weather.rate = self.random.choice((0.0, 0.02, 0.05))
        self.shops: dict[int, str] = {}
        self.known_in_ifs: set[str] = {"WEB"}
        self.site = self._open("acme", "v1", WAREHOUSES, CUSTOMERS)
        self.stocked = self._open(STOCKED, "v2", STOCK)
        self.world.wire()
        self.books = AlignmentBooks(self.world.now, self.site)
        self.stock = StockBooks(self.stocked, "CHI", LOCATION)

    def _open(self, name: str, api: str, *align: dict[str, Any]) -> Site:
        made = a_connection(self.start - timedelta(hours=1), align=align, api=api)
        hosts = {"base_url": f"https://ss-{name}.example.com"}
        token_url = made.ifs.token_url.replace("//ifs.", f"//ifs-{name}.")
        ifs = {"base_url": f"https://ifs-{name}.example.com", "token_url": token_url}
        raw = made.model_dump(mode="json", exclude_defaults=True)
        raw |= {"name": name, "shipstation": {**raw["shipstation"], **hosts}, "ifs": {**raw["ifs"], **ifs}}
        return self.world.add_site(Connection.model_validate(raw))

    def play(self) -> None:
        self._furnish()
        acts = self._acts()
        self.met.update(dict.fromkeys(acts, 0))
        span = (self.until - self.start).total_seconds()
        for number in range(ACTS):
            at = self.start + timedelta(seconds=self.random.uniform(0.02, 1) * span)
            name = [*acts][number % len(acts)]
            self.world.clockwork.at(at, lambda name=name: self._do(name, acts[name]))  # type: ignore[misc] # bound
        self._darken()
        self.world.clockwork.at(self.until, lambda: setattr(self.world.weather, "rate", 0.0))
        self._look(self.start + timedelta(minutes=10))
        with redirect_stdout(self.world.logs):
            self.world.clockwork.run(self.until + CALM)

    def _do(self, name: str, act: Callable[[], object]) -> None:
        if act() is not False:
            self.met[name] += 1

    def _look(self, at: datetime) -> None:
        if at > self.until + CALM - LOOKS:
            return
        for index, (name, profile) in enumerate((("acme", "warehouses"), ("acme", "customers"), (STOCKED, "stock"))):
            event = {"connection": name, "profile": profile, "is_scheduled": True}
            moment = at + timedelta(minutes=10 * index)
            self.world.clockwork.at(moment, lambda event=event: self.world.functions["align"].invoke(event))  # type: ignore[misc] # bound
        self.world.clockwork.at(at, lambda: self._look(at + LOOKS))

    def _darken(self) -> None:
        dark = self.start + (self.until - self.start) * self.random.uniform(0.2, 0.6)
        vendor = self.random.choice(("shipstation", "ifs"))
        self.world.weather.dark = {vendor: (dark, dark + timedelta(hours=self.random.uniform(2, 10)))}

    def _furnish(self) -> None:
        tenant, account = self.site.tenant, self.site.account
        for code in SITES:
            tenant.add_site(code, "10", Description=f"Site {code}")
            address = {"Address1": f"{self._number()} Harbor Street", "City": "Chicago", "State": "IL"}
            tenant.add_site_address(code, **address, ZipCode="60601", Country="US")
        account.add_warehouse("DAL", street1="1 Old Road", city="Dallas", country="US")  # differs from the start
        account.add_warehouse("Elsewhere", street1="2 Old Road", city="Paris", country="US")  # of no site
        tenant.add_customer("WEB", "Template", **TEMPLATE)
        self.stocked.account.add_location(LOCATION)
        for part in (*PARTS, "RIVET"):  # of a site that shows nothing at all nothing is told
            self.stock.count(part, 10)
        self.books.see()

    def _number(self) -> int:
        return self.random.randrange(10, 999)

    # --- what people do

    def _acts(self) -> dict[str, Callable[[], object]]:
        return {
            "site edited": self._edit_site,
            "warehouse edited": self._edit_warehouse,
            "both edited": lambda: self._edit_site() or self._edit_warehouse(),
            "site renamed": lambda: self._type("ifs", "name", f"Site {self._number()}"),
            "warehouse renamed": lambda: self._type("shipstation", "name", f"Warehouse {self._number()}"),
            "warehouse deleted": self._delete,
            "customer": lambda: self._register(f"{CANARY}{self._number()}@example.com"),
            "twin e-mails": self._twins,
            "twin of an old one": self._twin,
            "known in IFS": self._known,
            "alias": lambda: self._register(f"x{self._number()}@marketplace.example"),
            "customer edited": self._edit_customer,
            "counted": lambda: self.stock.count(self.random.choice(PARTS), self._number()),
            "gone to zero": lambda: self.stock.count(self.random.choice(PARTS), 0),
            "shipped": self._ship,
            "delivered": self._deliver,
        }

    def _edit_site(self) -> object:
        return self._type("ifs", *self._edit())

    def _edit_warehouse(self) -> object:
        return self._type("shipstation", *self._edit())

    def _edit(self) -> tuple[str, str]:
        field = self.random.choice(("street1", "city"))
        return field, f"{self._number()} Lake Drive" if field == "street1" else f"City {self._number()}"

    def _type(self, side: str, field: str, text: str) -> object:
        """Where the site has a warehouse by now."""
        pairs = self.books.pairs()
        if not pairs:
            return False
        code = self.random.choice(sorted(pairs))
        self.books.typed(code, side, field, text)
        ifs, theirs = FIELDS[field]
        if side == "shipstation":
            row = {"name": text} if field == "name" else {theirs: text}
            self.site.account.edit_warehouse(pairs[code], **row)
        elif field == "name":
            self.site.tenant.edit_site(code, **{ifs: text})
        else:
            self.site.tenant.edit_site_address(code, **{ifs: text})
        self.books.see()
        return None

    def _delete(self) -> object:
        """Once in a week. Of one whose making was not answered nobody knows that it was there: it is made anew."""
        memories = ledger.aligned(self.world, self.site, "warehouses")
        pairs = {code: n for code, n in self.books.pairs().items() if memories.get(code, {}).get(ledger.OTHER)}
        if self.books.deleted or not pairs:
            return False
        code = self.random.choice(sorted(pairs))
        self.books.deleted.add(code)
        self.site.account.delete_warehouse(pairs[code])
        return None

    def _register(self, email: str) -> None:
        place = {"street1": f"1 {CANARY} Street", "city": "Boston", "postalCode": "02110", "countryCode": "US"}
        self.shops[self.site.account.add_customer(f"{CANARY} Kim", email, **place)] = email

    def _twins(self) -> None:
        email = f"{CANARY}twin{self._number()}@example.com"
        for each in (email, email.upper()):
            self._register(each)

    def _twin(self) -> object:
        if not self.shops:
            return False
        self._register(self.random.choice(list(self.shops.values())).upper())
        return None

    def _known(self) -> None:
        """IFS has a customer with this address, in another case."""
        number = f"C{len(self.known_in_ifs)}"
        email = f"{CANARY}{number}@example.com"
        self.known_in_ifs.add(number)
        self.site.tenant.add_customer(number, "Of old", email, **TEMPLATE)
        self._register(email.lower())

    def _edit_customer(self) -> object:
        if not self.shops:
            return False
        number = self.random.choice(list(self.shops))
        self.site.account.edit_customer(number, city=f"City {self._number()}")
        return None

    def _ship(self) -> bool:
        held = self.stock.held()
        if held:
            self.stock.ship(self.random.choice(sorted(held)))
        return bool(held)

    def _deliver(self) -> bool:
        """What left is off IFS's count too."""
        left = sorted(part for part, pieces in self.stock.taken.items() if pieces)
        if left:
            part = self.random.choice(left)
            self.stock.count(part, max(self.stock.counted()[part] - self.stock.taken[part], 0))
        return bool(left)
