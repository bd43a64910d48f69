"""Which customer orders a reference stands for: its number, the customer's purchase order, or a custom field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from functions.connections.targets import AnyTarget, Finder
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.model.records import Sought
from functions.model.shipment import OrderKey

ORDER_FIELDS = ("OrderNo", "Company", "Contract", "Objstate")
CANCELLED = "Cancelled"


class OrderLookup:
    """Raises Retryable or Permanent. `fields` are read beside what every caller needs."""

    def __init__(self, client: IfsClient, target: AnyTarget, fields: Sequence[str] = ()) -> None:
        self._place = target.orders
        self._service = Service(client, self._place.endpoint, self._place.projection)
        self._fields = (*ORDER_FIELDS, *fields)
        self._attributes = {
            "order_number": "OrderNo",
            "customer_po": "CustomerPoNo",
            "custom_field": target.find_attribute or "",
        }
        self._type = target.find_type
        self._finders = target.find

    def orders_of(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Row]]:
        """The orders that each reference stands for, by the first way of finding that yields any."""
        found: dict[OrderKey, list[Row]] = {}
        for finder in self._finders:
            left = [each.order for each in sought if each.order not in found]
            rows = self.find(finder, (order.reference for order in left)) if left else {}
            found |= {order: own for order in left if (own := rows.get(order.reference))}
        return found

    def find(self, finder: Finder, references: Iterable[str]) -> dict[str, list[Row]]:
        """Order rows by reference, batched. A purchase order may name several; cancelled orders answer only to their
        own number.
        """
        attribute = self._attributes[finder]
        literals = [odata.literal(self._type if finder == "custom_field" else "text", text) for text in references]
        found: dict[str, list[Row]] = defaultdict(list)
        for filter_text in odata.any_of(attribute, filter(None, literals)):
            for row in self._service.rows(
                self._place.entity_set, (*self._fields, attribute), filter_text, ("OrderNo",)
            ):
                # A purchase order that was entered twice and cancelled once is that of the other.
                if finder == "order_number" or row.get("Objstate") != CANCELLED:
                    found[_reference(row.get(attribute))].append(row)
        return dict(found)


def _reference(value: object) -> str:
    text = str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text
