"""IFS customers: the sets below `CustomerHandling`, their addresses and e-mails, and the action that copies one."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

from tests.equipment.http import Request
from tests.equipment.ifs.arrangements import ArrangedStore
from tests.equipment.ifs.sets import CUSTOMER_ADDRESSES, CUSTOMERS, EMAILS, EntitySet
from tests.equipment.ifs.store import Record, RefusedError, Values

COPY = "CopyExistingCustomer"
_BELOW = re.compile(
    r"(?P<service>.*\.svc)/CustomerInfoSet\([^)]*\)/(?P<set>CustomerInfoAddresses|CommunicationMethods)"
)
LONGEST_ID = 20
DELIVERY = "1"


def direct(path: str) -> str:
    """A collection below a customer as the set that it is a part of."""
    return _BELOW.sub(r"\g<service>/\g<set>", path)


def below(request: Request, path: str) -> Request:
    """A list of what is below a customer is that customer's alone."""
    parent = re.search(r"/CustomerInfoSet\(CustomerId='((?:[^']|'')*)'\)/\w+$", path)
    if parent is None or request.method != "GET":
        return request
    asked, own = request.param("$filter"), f"CustomerId eq '{parent[1]}'"
    others = tuple(pair for pair in request.query if pair[0] != "$filter")
    return replace(request, query=(*others, ("$filter", f"({asked}) and {own}" if asked else own)))


class CustomerStore(ArrangedStore):
    """`sales` are the customers that an order can be entered on."""

    def open_customers(self) -> None:
        self.sales: set[str] = set()
        self.copies: list[Values] = []
        self._methods = itertools.count(1)

    def add_customer(
        self, customer_id: str, name: str, *emails: str, can_be_ordered_on: bool = True, **address: Any
    ) -> None:
        self._insert(CUSTOMERS, {"CustomerId": customer_id, "Name": name})
        if address:
            whole = {"CustomerId": customer_id, "AddressId": DELIVERY, **address}
            self._insert(CUSTOMER_ADDRESSES, whole)
        for email in emails:
            self._add_email(customer_id, email)
        if can_be_ordered_on:
            self.sales.add(customer_id)

    def customer(self, customer_id: str) -> Values:
        """With its address and its e-mails."""
        address = self.sets[CUSTOMER_ADDRESSES.name].get((customer_id, DELIVERY))
        emails = [r.values["Value"] for key, r in self.sets[EMAILS.name].items() if key[0] == customer_id]
        whole = dict(address.values) if address else {}
        return {**whole, **self.record(CUSTOMERS.name, (customer_id,)).values, "emails": sorted(emails)}

    def customer_ids(self) -> list[str]:
        return sorted(str(key[0]) for key in self.sets[CUSTOMERS.name])

    def copy_customer(self, body: Values) -> Values:
        """With the template's addresses, sales and invoice data."""
        template, new_id = str(body["CustomerId"]), str(body["NewId"])
        with self.lock:
            if (template,) not in self.sets[CUSTOMERS.name]:
                raise RefusedError(500, "DATABASE_ERROR", "ORA-20111: CustomerInfo.FND_RECORD_NOT_EXIST:")
            if (new_id,) in self.sets[CUSTOMERS.name]:
                raise RefusedError(500, "DATABASE_ERROR", "ORA-20112: CustomerInfo.FND_RECORD_EXIST:")
            if len(new_id) > LONGEST_ID:
                raise RefusedError(500, "DATABASE_ERROR", "ORA-20124: CustomerInfo.FND_VALUE_TOO_LONG:")
            self._insert(CUSTOMERS, {"CustomerId": new_id, "Name": body["NewName"]})
            for key, row in list(self.sets[CUSTOMER_ADDRESSES.name].items()):
                if key[0] == template:
                    self._insert(CUSTOMER_ADDRESSES, {**row.values, "CustomerId": new_id})
            self.sales |= {new_id} if template in self.sales else set()
            self.copies.append(dict(body))
        return {"CustomerId": new_id}

    def insert(self, entity: EntitySet, body: Values) -> Record:
        if entity is EMAILS:
            return self._add_email(body["CustomerId"], body["Value"], body.get("MethodId"))
        return super().insert(entity, body)

    def _add_email(self, customer_id: str, email: str, method: str | None = "EMail") -> Record:
        """Nothing keeps the same address from standing there twice."""
        row = {"CustomerId": customer_id, "CommId": next(self._methods), "MethodId": method, "Value": email}
        return self._insert(EMAILS, row)
