"""The `custom_entity` target: one row per ShipStation shipment in an entity of the tenant's own, made once.

A row is made only for a customer order that exists, and only after a look for it: whoever was faster, or an answer that
was lost, leaves a row that is found by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.connections.targets import CustomEntity
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.targets.order_lookup import CANCELLED, OrderLookup
from functions.ifs.targets.record_writer import Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Record, Sought, Written
from functions.model.shipment import OrderKey, Shipment

PROFILE = "custom_entity"


class CustomEntities:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: CustomEntity) -> None:
        self._target = target
        self._service = Service(client, target.endpoint, target.projection)
        self._orders = OrderLookup(client, target)
        self._fields = Fields(target)
        self._writer = Writer(self._service, target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """A record for every shipment of the orders that IFS knows: the row as it stands, or one still to be made."""
        orders = self._orders.orders_of(sought)
        ids = [shipment.key for each in sought if each.order in orders for shipment in each.shipments]
        rows = {record.key: record for record in self._rows(ids)}
        found = {
            each.order: list(_candidates(each.shipments, orders[each.order], rows))
            for each in sought
            if each.order in orders
        }
        return {order: own for order, own in found.items() if own}

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; rows that do not exist are left out."""
        return {record.key: record for record in self._rows(key.removeprefix(f"{PROFILE}/") for key in keys)}

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH these fields under the ETag of `record`, or make the row that does not exist yet."""
        if record.exists:
            return self._writer.written(self._writer.patch(record, record.address, changes), record)
        target = self._target
        body = {
            target.id_attribute: record.key.removeprefix(f"{PROFILE}/"),
            target.order_attribute: record.order_number,
        }
        if target.company_attribute:
            body[target.company_attribute] = record.company
        given = {name: value for name, value in self._fields.body(changes).items() if value is not None}
        path = f"{self._service.path}/{target.entity_set}"
        answer = self._service.client.post(path, {**body, **given}, target.entity_set)
        made = record.model_copy(update={"address": self._address(answer.body) if answer else ""})
        return self._writer.written(answer if made.address else None, made)

    def _rows(self, ids: Iterable[str]) -> Iterator[Record]:
        target = self._target
        select = (target.id_attribute, target.order_attribute, *self._fields.attributes)
        select = (*select, target.company_attribute) if target.company_attribute else select
        for filter_text in odata.any_of(target.id_attribute, sorted(map(odata.text, ids))):
            for row in self._service.rows(target.entity_set, select, filter_text, (target.key,)):
                yield self._record(row)

    def _record(self, row: Row) -> Record:
        company = self._target.company_attribute
        return Record(
            key=f"{PROFILE}/{row[self._target.id_attribute]}",
            etag=etag_of(row),
            values=self._fields.values(row),
            company=text_of(row.get(company)) if company else "",
            address=self._address(row),
            order_number=text_of(row.get(self._target.order_attribute)),
        )

    def _address(self, row: object) -> str:
        value = row.get(self._target.key) if isinstance(row, dict) else None
        return odata.key({self._target.key: odata.text(str(value))}) if value else ""


def _candidates(
    shipments: Sequence[Shipment], orders: Sequence[Row], rows: Mapping[str, Record]
) -> Iterator[Candidate]:
    """Where a reference stands for several orders, a shipment has a candidate for each: a person has to say which."""
    for shipment in shipments:
        for order in orders:
            number = str(order["OrderNo"])
            suffix = f"@{number}" if len(orders) > 1 else ""
            known = rows.get(f"{PROFILE}/{shipment.key}")
            record = known or Record(key=f"{PROFILE}/{shipment.key}{suffix}", etag="", values={}, exists=False)
            order_facts = {
                "order_number": number,
                "company": text_of(order.get("Company")),
                "site": text_of(order.get("Contract")),
                "is_cancelled": order.get("Objstate") == CANCELLED and known is None,
            }
            yield Candidate(record=record.model_copy(update=order_facts), named_by=(shipment.key,))
