"""Reads customer orders that are to be packed, with their lines and addresses: whole lists, or by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from functions.connections.orders import Orders
from functions.connections.vendors import IfsTenant
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.contacts import Contacts
from functions.ifs.order_parts import SITE, STATE, IfsOrder, Receivers, ifs_order, parts
from functions.ifs.places import LINE_KEY, ORDER_NO, Places
from functions.ifs.service import Row, Service
from functions.ifs.values import as_text
from functions.model.consignment import Consignment

ENDPOINT = "main"
COMPANY = "Company"


def header_fields(orders: Orders) -> tuple[str, ...]:
    return (STATE, SITE, COMPANY, *orders.customer_orders.order.model_dump(exclude_none=True).values())


def line_fields(orders: Orders) -> tuple[str, ...]:
    return tuple(orders.customer_orders.line.model_dump().values())


class CustomerOrdersToPack:
    """Raises Retryable or Permanent. `today` is the tenant's day: addresses hold for a time."""

    def __init__(self, client: IfsClient, tenant: IfsTenant, orders: Orders, today: Callable[[], date]) -> None:
        names = orders.customer_orders
        self._service = Service(client, ENDPOINT, names.projection)
        customers = Service(client, ENDPOINT, names.customers_projection)
        self._places, self._contacts = Places(self._service, customers, names), Contacts(customers, names.contact)
        self._tenant, self._orders, self._today = tenant, orders.within(tenant.sites), today

    def to_pack(self) -> list[Consignment]:
        """The parts of every order in one of the states of the file, and of its company."""
        return self._read([" and ".join(self._conditions())])

    def by_number(self, numbers: Iterable[str]) -> list[Consignment]:
        """The parts of those that IFS shows, whatever their state."""
        return self._read(odata.any_of(ORDER_NO, map(odata.text, sorted(numbers))))

    def _read(self, filters: Iterable[str]) -> list[Consignment]:
        found, today = list(self._found(filters)), self._today()
        addresses = self._places.read((place for order in found for place in order.places), today)
        customer = self._orders.customer_orders.order.customer
        receivers = {place.id[0] for order in found for place in order.places if place.kind == "customer"}
        contacts = self._contacts.read({*receivers, *(as_text(order.row.get(customer)) for order in found)}, today)
        known = Receivers(addresses, contacts)
        return [part for order in found for part in parts(order, known, self._orders)]

    def _found(self, filters: Iterable[str]) -> Iterator[IfsOrder]:
        orders = self._orders
        rows = self._service.rows_of_each(orders.customer_orders.orders, header_fields(orders), filters, (ORDER_NO,))
        numbered = {as_text(row.get(ORDER_NO)): row for row in rows}
        lines = self._lines(number for number in numbered if number)
        return (ifs_order(row, lines.get(number, []), orders) for number, row in numbered.items() if number)

    def _lines(self, numbers: Iterable[str]) -> dict[str, list[Row]]:
        filters = odata.any_of(ORDER_NO, map(odata.text, numbers))
        entity_set, found = self._orders.customer_orders.lines, dict[str, list[Row]]()
        for row in self._service.rows_of_each(entity_set, line_fields(self._orders), filters, LINE_KEY):
            found.setdefault(as_text(row.get(ORDER_NO)), []).append(row)
        return found

    def _conditions(self) -> Iterator[str]:
        names, tenant = self._orders.customer_orders, self._tenant
        kind = f"IfsApp.{names.projection}.CustomerOrderState"
        yield _one_of(STATE, (f"{kind}'{state}'" for state in names.states))
        yield f"{COMPANY} eq {odata.text(tenant.company)}"
        chosen = ((SITE, tenant.sites), (names.order.type, names.types), (names.order.customer, names.customers))
        yield from (_one_of(attribute, map(odata.text, values)) for attribute, values in chosen if values)


def _one_of(attribute: str, literals: Iterable[str]) -> str:
    return "(" + " or ".join(f"{attribute} eq {literal}" for literal in literals) + ")"
