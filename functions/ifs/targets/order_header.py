"""The `order_header` target: fields of the customer order itself, for tenants that do not use shipments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.connections.targets import OrderHeader
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.targets.order_lookup import CANCELLED, OrderLookup
from functions.ifs.targets.record_writer import Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Record, Sought, Written
from functions.model.shipment import OrderKey

PROFILE = "order_header"
DELIVERED_STATES = {"PartiallyDelivered", "Delivered", "Invoiced"}


class OrderHeaders:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: OrderHeader) -> None:
        self._fields = Fields(target)
        self._orders = OrderLookup(client, target, self._fields.attributes)
        self._writer = Writer(Service(client, target.endpoint, target.projection), target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The orders that the references stand for, by the first way of finding that yields any."""
        return {order: [self._candidate(row) for row in rows] for order, rows in self._orders.orders_of(sought).items()}

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""
        rows = self._orders.find("order_number", (key.removeprefix(f"{PROFILE}/") for key in keys))
        return {record.key: record for own in rows.values() for record in map(self._record, own)}

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""
        key = odata.key({"OrderNo": odata.text(record.order_number)})
        return self._writer.written(self._writer.patch(record, key, changes), record)

    def _candidate(self, row: Row) -> Candidate:
        return Candidate(record=self._record(row), orders=(str(row["OrderNo"]),))

    def _record(self, row: Row) -> Record:
        number, state = str(row["OrderNo"]), row.get("Objstate")
        return Record(
            key=f"{PROFILE}/{number}",
            etag=etag_of(row),
            values=self._fields.values(row),
            site=text_of(row.get("Contract")),
            company=text_of(row.get("Company")),
            is_delivered=state in DELIVERED_STATES,
            is_cancelled=state == CANCELLED,
            order_number=number,
        )
