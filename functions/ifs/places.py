"""Where the lines of customer orders go. The header carries no address, only pointers, and a line may go elsewhere.

the line has an address of its own                      that one
the line points elsewhere                               an address of the customer that it is delivered to
it follows the header, which has an address of its own  that one
else                                                    the address of the customer that the header points to
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from functions.connections.customer_orders import CustomerOrders
from functions.ifs import odata
from functions.ifs.addresses import IfsAddress, address_of
from functions.ifs.service import Row, Service
from functions.ifs.values import as_text, covers, is_set
from functions.model.frozen import Frozen

ORDER_NO = "OrderNo"
LINE_KEY = (ORDER_NO, "LineNo", "RelNo", "LineItemNo")

Kind = Literal["customer", "order", "line"]


class Place(Frozen):
    """`id` is the key of the record that holds the address: a customer's, an order's or a line's."""

    kind: Kind
    id: tuple[str, ...]


class Delivery(Frozen):
    """`is_valid`: the address holds today."""

    address: IfsAddress
    is_valid: bool = True


Found = Mapping[Place, Delivery]


def place_of_order(order: Row, names: CustomerOrders) -> Place:
    if is_set(order.get(names.order.has_own_address)):
        return Place(kind="order", id=(as_text(order.get(ORDER_NO)),))
    return _pointed(order, names)


def place_of_line(line: Row, order: Row, names: CustomerOrders) -> Place:
    own, pointed = names.line, _pointed(order, names)
    receiver = as_text(line.get(own.customer)) or pointed.id[0]
    here = Place(kind="customer", id=(receiver, as_text(line.get(own.address)) or pointed.id[1]))
    flag = line.get(own.follows_order)
    follows = is_set(flag) if flag is not None else here == pointed
    if is_set(line.get(own.has_own_address)) and not is_set(flag):
        return Place(kind="line", id=tuple(as_text(line.get(name)) for name in LINE_KEY))
    return place_of_order(order, names) if follows and receiver == pointed.id[0] else here


def _pointed(order: Row, names: CustomerOrders) -> Place:
    """Where the header points to, whether or not the order has an address of its own."""
    own = names.order
    return Place(kind="customer", id=(as_text(order.get(own.customer)), as_text(order.get(own.address))))


class Places:
    """Reads addresses. Raises Retryable or Permanent; what IFS does not show is left out."""

    def __init__(self, orders: Service, customers: Service, names: CustomerOrders) -> None:
        self._orders, self._customers, self._names = orders, customers, names

    def read(self, places: Iterable[Place], today: date) -> dict[Place, Delivery]:
        ids: dict[Kind, set[tuple[str, ...]]] = {"order": set(), "line": set(), "customer": set()}
        for place in places:
            ids[place.kind].add(place.id)
        return {
            **self._own(self._names.order_addresses, (ORDER_NO,), "order", ids["order"]),
            **self._own(self._names.line_addresses, LINE_KEY, "line", ids["line"]),
            **self._of_customers(ids["customer"], today),
        }

    def _own(
        self, entity_set: str, key: Sequence[str], kind: Kind, ids: Iterable[tuple[str, ...]]
    ) -> dict[Place, Delivery]:
        """By the order's number: the lines of one order are few."""
        names = self._names.own_address
        filters = odata.any_of(ORDER_NO, sorted(odata.text(each[0]) for each in ids))
        rows = self._orders.rows_of_each(entity_set, tuple(names.model_dump().values()), filters, key)
        return _by_place(rows, key, kind, lambda row: Delivery(address=address_of(row, names)))

    def _of_customers(self, ids: Iterable[tuple[str, ...]], today: date) -> dict[Place, Delivery]:
        names = self._names.customer_address
        key = (names.customer, names.id)
        filters = odata.pairs(key, sorted(ids))
        fields = tuple(names.model_dump().values())
        rows = self._customers.rows_of_each(self._names.customer_addresses, fields, filters, key)

        def delivery(row: Row) -> Delivery:
            is_valid = covers(row.get(names.valid_from), row.get(names.valid_to), today)
            return Delivery(address=address_of(row, names), is_valid=is_valid)

        return _by_place(rows, key, "customer", delivery)


def _by_place(
    rows: Iterable[Row], key: Sequence[str], kind: Kind, read: Callable[[Row], Delivery]
) -> dict[Place, Delivery]:
    return {Place(kind=kind, id=tuple(as_text(row.get(name)) for name in key)): read(row) for row in rows}
