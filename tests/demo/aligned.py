"""Sites and customers that both systems keep: told to the vendors, and compared by what each of them holds."""

from __future__ import annotations

from dataclasses import dataclass

from tests.equipment.system import NAME, PUSH_SITE, System

SITE, MOVED_TO, TEMPLATE = "CHI", "99 Lake Shore Drive", "WEB"
PROFILES = ("warehouses", "customers")
KNOWN, KNOWN_EMAIL, NEW_EMAIL = "C7", "Sam@example.com", "kim@example.com"


@dataclass(frozen=True)
class Pair:
    """What each system calls one record, and what it says of it."""

    kind: str
    shipstation: str
    there: str
    ifs: str
    here: str

    @property
    def is_equal(self) -> bool:
        return self.there == self.here != ""


def furnish(system: System) -> None:
    """One site has a warehouse at another address, the other has none; of two customers IFS knows one."""
    for code, street in ((SITE, "12 Harbor Street"), (PUSH_SITE, "3 Dock Road")):
        system.tenant.add_site(code, "10", Description=f"{code} plant")
        address = {"Address1": street, "City": "Chicago", "State": "IL", "ZipCode": "60601", "Country": "US"}
        system.tenant.add_site_address(code, **address)
    system.account.add_warehouse(SITE, street1="1 Old Road", city="Chicago", country="US")
    place = {"street1": "1 Elm Street", "city": "Boston", "postalCode": "02110", "countryCode": "US"}
    system.tenant.add_customer(TEMPLATE, "Template", Name="Template", Address1="Nowhere", City="Nowhere", Country="US")
    system.tenant.add_customer(KNOWN, "Sam Berg", KNOWN_EMAIL)
    for name, email in (("Kim Larsson", NEW_EMAIL), ("Sam B.", KNOWN_EMAIL.lower())):
        system.account.add_customer(name, email, **place)


def look(system: System) -> None:
    """What the schedules do."""
    for profile in PROFILES:
        system.invoke("Align", {"connection": NAME, "profile": profile, "is_scheduled": True})


def move(system: System) -> None:
    """IFS moves a site."""
    system.tenant.edit_site_address(SITE, Address1=MOVED_TO)


def compare(system: System) -> list[Pair]:
    return [*_places(system), *_customers(system)]


def _places(system: System) -> list[Pair]:
    rows = {row["originAddress"]["street1"]: row for row in system.account.shown_warehouses()}
    pairs = []
    for code in (SITE, PUSH_SITE):
        address = system.tenant.site_address(code)
        row = rows.get(address["Address1"])
        there = row["originAddress"]["street1"] if row else ""
        number = str(row["warehouseId"]) if row else "none"
        pairs.append(Pair("Sites", number, there, code, str(address["Address1"])))
    return pairs


def _customers(system: System) -> list[Pair]:
    """By e-mail address: a customer of each for every one of ShipStation's."""
    ids = [number for number in system.tenant.customer_ids() if number != TEMPLATE]
    emails = {email.lower(): number for number in ids for email in system.tenant.customer(number)["emails"]}
    is_once = len(emails) == len(ids)
    told = {number: str(row["email"]).lower() for number, row in system.account.customers.items()}
    found = {email: email for email in emails if is_once}
    return [
        Pair("Customers", str(number), email, emails.get(email, "none"), found.get(email, ""))
        for number, email in told.items()
    ]
