"""Telephones and e-mail addresses of customers, where the file names the set that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from functions.connections.customer_orders import Contact
from functions.ifs import odata
from functions.ifs.service import Row, Service
from functions.ifs.values import as_text, covers, is_set
from functions.model.frozen import Frozen


class Reached(Frozen):
    phone: str = ""
    email: str | None = None  # None: nothing is asked


By = tuple[str, str]  # customer and address, the latter empty for the customer's own


class Contacts:
    """Raises Retryable or Permanent."""

    def __init__(self, service: Service, names: Contact) -> None:
        self._service, self._names = service, names

    def read(self, customers: Iterable[str], today: date) -> Book:
        """Of two that fit the preferred one counts, then the first."""
        names = self._names
        if names.set is None:
            return Book({}, asked=False)
        filters = odata.any_of(names.customer, map(odata.text, sorted({*customers} - {""})))
        rows = self._service.rows_of_each(names.set, fields(names), filters, (names.customer, names.key))
        valid = [row for row in rows if covers(row.get(names.valid_from), row.get(names.valid_to), today)]
        owners: dict[By, list[Row]] = {}
        for row in sorted(valid, key=lambda row: not is_set(row.get(names.preferred))):
            owner = (as_text(row.get(names.customer)), as_text(row.get(names.address)))
            owners.setdefault(owner, []).append(row)
        return Book({owner: self._reached(rows) for owner, rows in owners.items()}, asked=True)

    def _reached(self, rows: Sequence[Row]) -> Reached:
        return Reached(phone=self._first(rows, self._names.phones), email=self._first(rows, self._names.emails))

    def _first(self, rows: Sequence[Row], methods: Iterable[str]) -> str:
        """By the order of the file's words."""
        names = self._names
        wanted = [method.casefold() for method in methods]
        found = {as_text(row.get(names.method)).casefold(): as_text(row.get(names.value)) for row in reversed(rows)}
        return next((found[method] for method in wanted if found.get(method)), "")


class Book:
    def __init__(self, owners: Mapping[By, Reached], *, asked: bool) -> None:
        self._owners, self._nobody = owners, Reached(email="" if asked else None)

    def of(self, customer: str, address: str) -> Reached:
        """The address's own, and for what it lacks the customer's."""
        own, common = (self._owners.get((customer, part), self._nobody) for part in (address, ""))
        return Reached(phone=own.phone or common.phone, email=own.email or common.email)


def fields(names: Contact) -> tuple[str, ...]:
    return (names.address, names.method, names.value, names.preferred, names.valid_from, names.valid_to)
