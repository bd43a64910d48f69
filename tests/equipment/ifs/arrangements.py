"""What colleagues, administrators and long transactions do to records while somebody else works with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.ifs.sets import HOLDINGS, LINES, SHIPMENTS, SITE_ADDRESSES, SITES, EntitySet
from tests.equipment.ifs.store import Key, Record, RefusedError, Store, Values

COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"
SLOW_ACTION = timedelta(minutes=5)


@dataclass(frozen=True)
class Act:
    """One call of a state action that IFS began to work on, whatever it answered."""

    at: datetime
    key: Key
    action: str


class ArrangedStore(Store):
    """`hidden` are shipments that the service user does not see; `locks` say until when somebody holds one; every
    PATCH of one in `too_long` fails inside; `actions` says of one how its state action goes: "slow" or "refused".
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hidden: set[int] = set()
        self.locks: dict[int, datetime] = {}
        self.too_long: set[int] = set()
        self.actions: dict[int, str] = {}
        self.acts: list[Act] = []
        self.gone: set[str] = set()  # attributes that the release of the day does not have
        self._under_way: list[tuple[datetime, Key]] = []

    def lines(self, shipment_id: int) -> list[Values]:
        return [dict(record.values) for _, record in self._lines(shipment_id)]

    def add_line(self, shipment_id: int, order_no: str, part: str, quantity: int) -> None:
        with self.lock:
            numbers = [int(record.values["ShipmentLineNo"]) for _, record in self._lines(shipment_id)]
            self._add_line(shipment_id, max(numbers, default=0) + 1, order_no, part, quantity)

    def delete_lines(self, shipment_id: int, order_no: str | None = None) -> list[Values]:
        """Those of one order, or all; the answer tells what they were."""
        with self.lock:
            found = [(k, r) for k, r in self._lines(shipment_id) if order_no in {None, r.values["SourceRef1"]}]
            for key, _ in found:
                del self.sets[LINES.name][key]
        return [dict(record.values) for _, record in found]

    def move_lines(self, shipment_id: int, to: int, order_no: str | None = None) -> None:
        """An order's lines go to another shipment, as they are."""
        for line in self.delete_lines(shipment_id, order_no):
            self.add_line(to, line["SourceRef1"], line["SourcePartNo"], line["InventoryQty"])

    def delete_shipment(self, shipment_id: int) -> None:
        self.delete_lines(shipment_id)
        with self.lock:
            del self.sets[SHIPMENTS.name][(shipment_id,)]

    def has_shipment(self, shipment_id: int) -> bool:
        return (shipment_id,) in self.sets[SHIPMENTS.name]

    def add_site_address(self, contract: str, address_id: str = "1", **values: Any) -> None:
        self._insert(SITE_ADDRESSES, {"Contract": contract, "AddressId": address_id, **values})

    def edit_site(self, contract: str, **changes: Any) -> None:
        """A colleague types into the site."""
        self._commit(SITES, (contract,), changes, by="colleague", if_match=None)

    def edit_site_address(self, contract: str, address_id: str = "1", **changes: Any) -> None:
        self._commit(SITE_ADDRESSES, (contract, address_id), changes, by="colleague", if_match=None)

    def delete_site(self, contract: str) -> None:
        """Closed, or hidden from the service user."""
        with self.lock:
            del self.sets[SITES.name][(contract,)]

    def site(self, contract: str) -> Values:
        return dict(self.record(SITES.name, (contract,)).values)

    def site_address(self, contract: str, address_id: str = "1") -> Values:
        return dict(self.record(SITE_ADDRESSES.name, (contract, address_id)).values)

    def hold(self, contract: str, part: str, quantity: float, reserved: float = 0, **values: Any) -> None:
        """What lies at one location, in one lot; a row that was there says so from now on."""
        common = {
            "ConfigurationId": "*",
            "LocationNo": "A1",
            "LotBatchNo": "*",
            "SerialNo": "*",
            "EngChgLevel": "1",
            "WaivDevRejNo": "*",
            "ActivitySeq": 0,
            "HandlingUnitId": 0,
            "PartOwnershipDb": "COMPANY OWNED",
            "FreezeFlagDb": "N",
        }
        counts = {"QtyOnhand": quantity, "QtyReserved": reserved, "AvailableQty": quantity - reserved}
        self._insert(HOLDINGS, {**common, "Contract": contract, "PartNo": part, **counts, **values})

    def is_visible(self, record: Record) -> bool:
        """A record or a site that the service user may not see gives no error, only nothing; nor do its lines."""
        number = record.values.get("ShipmentId")
        header = self.sets[SHIPMENTS.name].get((number,)) if number is not None else None
        site = (header or record).values.get("Contract")
        is_of_site = self.sites is None or site is None or site in self.sites
        return is_of_site and (number is None or int(number) not in self.hidden)

    def patch(self, entity: EntitySet, key: Key, body: Values, if_match: str | None) -> Record:
        with self.lock:
            self._meet_obstacles(entity, key)
            return super().patch(entity, key, body, if_match)

    def act(self, entity: EntitySet, key: Key, action: str, if_match: str | None) -> None:
        """A call under a tag that fits is begun, and counted, whatever becomes of it."""
        with self.lock:
            self._meet_obstacles(entity, key)
            record = self.sets[entity.name].get(key)
            if record is not None and if_match == record.etag:
                self.acts.append(Act(self.clock(), key, action))
                self._begin(key)
            super().act(entity, key, action, if_match)

    def settle(self) -> None:
        """What was begun and takes its time is done now if it is due, and nobody else has done it meanwhile."""
        with self.lock:
            now = self.clock()
            due = [key for at, key in self._under_way if at <= now]
            self._under_way = [(at, key) for at, key in self._under_way if at > now]
            for key in (key for key in due if self.sets[SHIPMENTS.name][key].values["Objstate"] == "Preliminary"):
                self._commit(SHIPMENTS, key, {"Objstate": "Completed"}, by="api", if_match="action")

    def _begin(self, key: Key) -> None:
        how = self.actions.get(key[0])
        if how == "refused":
            raise RefusedError(500, "DATABASE_ERROR", "ORA-20112: ShipmentFreight.FND_RECORD_EXIST:")
        if how == "slow":
            self._under_way.append((self.clock() + SLOW_ACTION, key))
            raise RefusedError(504, "ODP_OPERATION_TIMEOUT")

    def _meet_obstacles(self, entity: EntitySet, key: Key) -> None:
        record = self.sets[entity.name].get(key)
        if record is not None and not self.is_visible(record):
            raise RefusedError(404, "ODP_RESOURCE_NOTFOUND")
        if entity.name != SHIPMENTS.name:
            return
        if key[0] in self.locks and self.clock() < self.locks[key[0]]:
            raise RefusedError(500, "DATABASE_ERROR", "ORA-00054:")
        if key[0] in self.too_long:
            raise RefusedError(500, "DATABASE_ERROR", "ORA-12899:")

    def _lines(self, shipment_id: int) -> Iterator[tuple[Key, Record]]:
        rows = self.sets[LINES.name]
        yield from ((key, record) for key, record in list(rows.items()) if key[0] == shipment_id)
