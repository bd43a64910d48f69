"""The `order_header` target: fields of the customer order itself, for tenants that do not use shipments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.connections.targets import OrderHeader
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.targets.order_lookup import CANCELLED, ORDER_FIELDS, OrderLookup
from functions.ifs.targets.record_writer import Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Place, Record, RecordKey, Sought, Written
from functions.model.shipment import OrderKey

PROFILE = "order_header"
DELIVERED_STATES = {"PartiallyDelivered", "Delivered", "Invoiced"}


class OrderHeaders:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: OrderHeader, place: Place) -> None:
        self.place = place
        self._fields = Fields(target)
        self._orders = OrderLookup(client, target, self._fields.attributes)
        self._writer = Writer(Service(client, target.endpoint, target.projection), target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The orders that the references stand for, by the first way of finding that yields any, and those that are
        remembered.
        """
        rows = self._orders.orders_of(sought)
        own = {order: [self._candidate(row, several) for row in several] for order, several in rows.items()}
        remembered = self._remembered({each.order: self._unseen(each, own.get(each.order, [])) for each in sought})
        found = {each.order: [*own.get(each.order, ()), *remembered[each.order]] for each in sought}
        return {order: candidates for order, candidates in found.items() if candidates}

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""
        rows = self._orders.find("order_number", (key.id for key in keys))
        return {record.key: record for own in rows.values() for record in map(self._record, own)}

    def reread(self, record: Record) -> Record | None:
        """By its key, with the tag that a write checks; None where it is not there."""
        row = self._writer.read(odata.key({"OrderNo": odata.text(record.key.id)}), ORDER_FIELDS)
        return self._record(row) if row is not None else None

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""
        key = odata.key({"OrderNo": odata.text(record.key.id)})
        return self._writer.written(self._writer.patch(record, key, changes), record)

    def _remembered(self, keys: Mapping[OrderKey, Sequence[RecordKey]]) -> dict[OrderKey, list[Candidate]]:
        asked = [key for own in keys.values() for key in own]
        records = self.read(asked) if asked else {}
        return {
            order: [Candidate(record=records[key], is_own=False) for key in own if key in records]
            for order, own in keys.items()
        }

    def _unseen(self, each: Sought, found: Sequence[Candidate]) -> list[RecordKey]:
        seen = {candidate.record.key for candidate in found}
        return [key for key in each.remembered if key.place == self.place and key not in seen]

    def _candidate(self, row: Row, rows: Sequence[Row]) -> Candidate:
        return Candidate(record=self._record(row), orders=tuple(str(each["OrderNo"]) for each in rows))

    def _record(self, row: Row) -> Record:
        number, state = str(row["OrderNo"]), row.get("Objstate")
        return Record(
            key=RecordKey(place=self.place, id=number),
            earlier_key=f"{PROFILE}/{number}",
            etag=etag_of(row),
            values=self._fields.values(row),
            site=text_of(row.get("Contract")),
            company=text_of(row.get("Company")),
            is_delivered=state in DELIVERED_STATES,
            is_cancelled=state == CANCELLED,
            order_number=number,
        )
