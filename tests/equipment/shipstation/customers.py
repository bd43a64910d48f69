"""Customers as V1 shows them: a list by change, newest first where asked; no way to make or change one."""

from __future__ import annotations

import itertools
from typing import Any

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation.dates import long_form
from tests.equipment.shipstation.rows import Json
from tests.equipment.shipstation.store import in_turn
from tests.equipment.shipstation.warehouses import WarehouseDesk

PARTS = ("name", "company", "street1", "street2", "street3", "city", "state", "postalCode", "countryCode", "phone")
NO_ACTION = {"Message": "No HTTP resource was found that matches the request URI."}


class CustomerDesk(WarehouseDesk):
    def open_customer_desk(self) -> None:
        self.customers: dict[int, Json] = {}
        self._customer_numbers = itertools.count(501)

    @in_turn
    def add_customer(self, name: str, email: str | None = None, username: str | None = None, **address: Any) -> int:
        number, stamp = next(self._customer_numbers), long_form(self.wall(self.now()))
        usernames = [{"customerId": number, "marketplace": "Manual", "username": username}] if username else []
        whole = {**dict.fromkeys(PARTS), **address, "name": name, "email": email, "customerId": number}
        stamps = {"createDate": stamp, "modifyDate": stamp}
        self.customers[number] = {**whole, **stamps, "addressVerified": "Unverified", "marketplaceUsernames": usernames}
        return number

    @in_turn
    def edit_customer(self, number: int, **changes: Any) -> None:
        stamp = long_form(self.wall(self.now()))
        self.customers[number] = {**self.customers[number], **changes, "modifyDate": stamp}

    def customer_answer(self, request: Request, rest: list[str]) -> Response:
        match [request.method, *rest]:
            case ["GET"]:
                return json_response(200, self._page(request))
            case ["GET", number] if number.isdecimal() and int(number) in self.customers:
                return json_response(200, self.customers[int(number)])
        return json_response(404, NO_ACTION)

    def _page(self, request: Request) -> Json:
        column = {"ModifyDate": "modifyDate", "CreateDate": "createDate"}.get(request.param("sortBy"), "name")
        rows = sorted(self.customers.values(), key=lambda row: (row[column], row["customerId"]))
        rows = rows[::-1] if request.param("sortDir").upper() == "DESC" else rows
        size, page = min(int(request.param("pageSize", "100")), 500), int(request.param("page", "1"))
        shown = rows[(page - 1) * size : page * size]
        return {"customers": shown, "total": len(rows), "page": page, "pages": -(-len(rows) // size)}
