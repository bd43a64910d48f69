"""Reads IFS shipments that are to be packed, with their lines: whole lists, or by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.connections.orders import Orders
from functions.ifs import odata
from functions.ifs.addresses import address_of
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.values import as_instant, as_quantity, as_text
from functions.model.consignment import Consignment, ConsignmentLine, Fate

NUMBER, LINE = "ShipmentId", "ShipmentLineNo"
LINE_KEY = (NUMBER, LINE)
ENDPOINT = "main"
FIXED = ("Objstate", "Contract", "ShipmentCategory")
LINE_FIELDS = (
    "SourceRefType",
    "SourceRef1",
    "SourceRef2",
    "SourceRef3",
    "SourceRef4",
    "SourcePartNo",
    "SourcePartDescription",
    "InventoryPartNo",
    "InventoryQty",
)
CONSOLIDATED = "Consolidated"  # its children are packed
CUSTOMER_ORDER = "CustomerOrder"
CANCELLED = "Cancelled"
OVER = {"Completed", "Closed", CANCELLED}  # the goods have left, or never will


def header_fields(orders: Orders) -> tuple[str, ...]:
    """What a shipment is asked for beside its number."""
    return (*FIXED, orders.created, orders.ship_by, *orders.receiver.model_dump().values())


class OutboundShipments:
    """Raises Retryable or Permanent."""

    def __init__(self, client: IfsClient, orders: Orders) -> None:
        self._service, self._orders = Service(client, ENDPOINT, orders.projection), orders

    def to_pack(self) -> list[Consignment]:
        """Every shipment in one of the states and sites of the file."""
        return self._read([self._filter()])

    def by_number(self, numbers: Iterable[str]) -> list[Consignment]:
        """Those of them that IFS shows, whatever their state."""
        return self._read(odata.any_of(NUMBER, sorted(numbers)))

    def _read(self, filters: Iterable[str]) -> list[Consignment]:
        rows = self._service.rows_of_each(self._orders.shipments, header_fields(self._orders), filters, (NUMBER,))
        headers = [row for row in rows if row.get("ShipmentCategory") != CONSOLIDATED]
        numbers = [as_text(row.get(NUMBER)) for row in headers]
        lines = self._lines(number for number in numbers if number)
        return [self._shipment(row, lines.get(number, [])) for row, number in zip(headers, numbers, strict=True)]

    def _lines(self, numbers: Iterable[str]) -> dict[str, list[ConsignmentLine]]:
        found: dict[str, list[ConsignmentLine]] = {}
        for row in self._service.rows_of_each(self._orders.lines, LINE_FIELDS, odata.any_of(NUMBER, numbers), LINE_KEY):
            found.setdefault(as_text(row.get(NUMBER)), []).append(_line(row))
        return found

    def _filter(self) -> str:
        kind = f"IfsApp.{self._orders.projection}.ShipmentState"
        states = " or ".join(f"Objstate eq {kind}'{state}'" for state in self._orders.states)
        sites = " or ".join(f"Contract eq {odata.text(site)}" for site in self._orders.sites)
        return f"({states}) and ({sites})" if sites else f"({states})"

    def _shipment(self, row: Row, lines: Sequence[ConsignmentLine]) -> Consignment:
        receiver, orders, state = self._orders.receiver, self._orders, as_text(row.get("Objstate"))
        return Consignment(
            shipment_id=as_text(row.get(NUMBER)),
            fate=_fate(state, orders),
            is_over=state in OVER - set(orders.states),
            site=as_text(row.get("Contract")),
            created=as_instant(row.get(orders.created)),
            ship_by=as_instant(row.get(orders.ship_by)),
            receiver=as_text(row.get(receiver.id)),
            receiver_reference=as_text(row.get(receiver.reference)),
            **address_of(row, receiver).model_dump(),
            lines=tuple(lines),
        )


def _fate(state: str, orders: Orders) -> Fate:
    if state == CANCELLED:
        return "cancel"
    return "pack" if state in {*orders.states, *OVER} else "hold"


def _line(row: Row) -> ConsignmentLine:
    is_order = row.get("SourceRefType") == CUSTOMER_ORDER
    reference = [as_text(row.get(f"SourceRef{number}")) for number in (1, 2, 3, 4)]
    return ConsignmentLine(
        line_key="-".join(reference) if is_order else f"{as_text(row.get(NUMBER))}/{as_text(row.get(LINE))}",
        order=reference[0] if is_order else "",
        sku=as_text(row.get("InventoryPartNo")) or as_text(row.get("SourcePartNo")),
        name=as_text(row.get("SourcePartDescription")),
        quantity=as_quantity(row.get("InventoryQty")),
    )
