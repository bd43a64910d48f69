"""The `custom_entity` target: one row per ShipStation shipment and customer order in an entity of the tenant's own.

A row is made only for a customer order that exists, and only after a look for it: whoever was faster, or an answer that
was lost, leaves a row that is found by its id.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from functions.connections.targets import CustomEntity
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.targets.order_lookup import CANCELLED, OrderLookup
from functions.ifs.targets.record_writer import CONFLICT, Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Place, Record, RecordKey, Sought, Written
from functions.model.shipment import OrderKey

PROFILE = "custom_entity"


class CustomEntities:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: CustomEntity, place: Place) -> None:
        self._target, self.place = target, place
        self._service = Service(client, target.endpoint, target.projection)
        self._orders = OrderLookup(client, target)
        self._fields = Fields(target)
        self._writer = Writer(self._service, target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """A record for every shipment of the orders that IFS knows, the row as it stands or one still to be made; and
        rows that are remembered.
        """
        orders = self._orders.orders_of([each for each in sought if each.shipments])
        ids = self._ids(sought, orders)
        rows = {record.key: record for record in self._rows(ids)} if ids else {}
        found = {each.order: [*self._candidates(each, orders.get(each.order, ()), rows)] for each in sought}
        return {order: own for order, own in found.items() if own}

    def _ids(self, sought: Sequence[Sought], orders: Container[OrderKey]) -> set[str]:
        own: set[str] = {shipment.key for each in sought if each.order in orders for shipment in each.shipments}
        remembered = (key for each in sought for key in each.remembered)
        return own | {_shipment_of(key) for key in remembered if key.place == self.place}

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings by record key, batched; rows that do not exist are left out."""
        wanted = set(keys)
        return {record.key: record for record in self._rows(map(_shipment_of, keys)) if record.key in wanted}

    def reread(self, record: Record) -> Record | None:
        """By its key, with the tag that a write checks; a row that was not there is looked for by its shipment."""
        # Its address is known once IFS has made it.
        if not record.address:
            return self.read([record.key]).get(record.key)
        row = self._writer.read(record.address, self._identity)
        return self._record(row) if row is not None else None

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH these fields under the ETag of `record`, or make the row that does not exist yet."""
        if record.exists:
            return self._writer.written(self._writer.patch(record, record.address, changes), record)
        target = self._target
        body = {target.id_attribute: _shipment_of(record.key), target.order_attribute: record.order_number}
        if target.company_attribute:
            body[target.company_attribute] = record.company
        # A new row holds nothing that could be cleared.
        given = {name: value for name, value in self._fields.body(changes, record).items() if value is not None}
        path = f"{self._service.path}/{target.entity_set}"
        answer = self._service.client.post(path, {**body, **given}, target.entity_set)
        if answer is None:
            return CONFLICT
        address = self._address(answer.body)
        return (
            self._writer.written(answer, record.at(address))
            if address
            else Written(http_status=answer.status, record=None)
        )

    def _candidates(self, each: Sought, orders: Sequence[Row], rows: Mapping[RecordKey, Record]) -> Iterator[Candidate]:
        """Where a reference stands for several orders, a shipment has a candidate for each: a person says which."""
        made: set[RecordKey] = set()
        for shipment in each.shipments if orders else ():
            for order in orders:
                key = self._key(shipment.key, str(order["OrderNo"]))
                made.add(key)
                # A row that is still to be made is a record like others: one protocol for both.
                record = rows.get(key) or Record(key=key, etag="", values={}, exists=False)
                yield Candidate(record=_of_order(record, order), is_own=False, named_by=(shipment.key,))
        yield from self._left(each, rows, made)

    def _left(self, each: Sought, rows: Mapping[RecordKey, Record], made: Container[RecordKey]) -> Iterator[Candidate]:
        """What is only remembered. Where a shipment left, its row may never have been made: the memory says which."""
        here = {shipment.key for shipment in each.shipments}
        for key in each.remembered:
            if key in rows and key not in made:
                yield Candidate(record=rows[key], is_own=False)
            elif key not in rows and key.place == self.place and _shipment_of(key) not in here:
                yield Candidate(record=Record(key=key, etag="", values={}, exists=False), is_own=False)

    @property
    def _identity(self) -> tuple[str, ...]:
        target = self._target
        own = (target.id_attribute, target.order_attribute, target.key)
        return (*own, target.company_attribute) if target.company_attribute else own

    def _rows(self, ids: Iterable[str]) -> Iterator[Record]:
        target = self._target
        select = (*self._identity, *self._fields.attributes)
        for filter_text in odata.any_of(target.id_attribute, sorted(map(odata.text, set(ids)))):
            for row in self._service.rows(target.entity_set, select, filter_text, (target.key,)):
                yield self._record(row)

    def _record(self, row: Row) -> Record:
        company = self._target.company_attribute
        shipment, order = text_of(row[self._target.id_attribute]), text_of(row.get(self._target.order_attribute))
        return Record(
            key=self._key(shipment, order),
            earlier_key=f"{PROFILE}/{shipment}",
            etag=etag_of(row),
            values=self._fields.values(row),
            company=text_of(row.get(company)) if company else "",
            address=self._address(row),
            order_number=order,
        )

    def _key(self, shipment: str, order: str) -> RecordKey:
        return RecordKey(place=self.place, id=f"{shipment}@{order}")

    def _address(self, row: object) -> str:
        value = row.get(self._target.key) if isinstance(row, dict) else None
        return odata.key({self._target.key: odata.text(str(value))}) if value else ""


def _shipment_of(key: RecordKey) -> str:
    """As `_key` made it: a shipment's id holds no @."""
    return key.id.partition("@")[0]


def _of_order(record: Record, order: Row) -> Record:
    """What the order's row tells of its shipments' rows."""
    return record.of_order(
        number=str(order["OrderNo"]),
        company=text_of(order.get("Company")),
        site=text_of(order.get("Contract")),
        is_cancelled=order.get("Objstate") == CANCELLED and not record.exists,
    )
